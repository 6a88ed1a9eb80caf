//! Math, number theory, statistics, random numbers.

use crate::expression::{Machine, check};

#[test]
fn elementary_functions() {
    check(
        r"
        Sin(0) => 0
        Cos(0) => 1
        Tan(inf) => NaN
        Sqrt(2) => 1.4142135623730951
        Sqrt(-1) => NaN
        Sqrt(-0) => -0
        Pow(0, 0) => 1
        Pow(-8, 0.5) => NaN
        Log(1) => 0
        Log(0) => -inf
        Log10(1000) => 3
        Log2(8) => 3
        LogBase(8, 2) => 3
        LogBase(1000, 10) => 3
        Exp(0) => 1
        Exp2(10) => 1024
        Exp10(3) => 1000
        Abs(-0) => 0
        Abs(-3.5) => 3.5
        Cbrt(-8) => -2
        Hypot(3, 4) => 5
        Asin(2) => NaN
        Acos(1) => 0
        Atan(0) => 0
        Atan2(0, -1) => 3.141592653589793
        Sinh(0) => 0
        Cosh(0) => 1
        Tanh(inf) => 1
        Asinh(0) => 0
        Acosh(0.5) => NaN
        Atanh(1) => inf
        DegreesToRadians(180) => 3.141592653589793
        RadiansToDegrees(0) => 0
        ToDegrees(0) => 0
        ",
    );
}

#[test]
fn rounding() {
    check(
        r"
        Floor(-2.5) => -3
        Ceil(-0.5) => -0
        Round(2.5) => 3
        Round(-2.5) => -3
        Round(0.49999999999999994) => 0
        Round(3.14159, 2) => 3.14
        Round(1.005, 2) => 1.01
        Round(1234, -2) => 1200
        Round(nan, 2) => NaN
        Round(inf, 2) => inf
        Round(2.5, null) => 3
        Trunc(-2.7) => -2
        Fract(-2.5) => -0.5
        ToInt(42.9) => 42
        ToInt(-5.2) => -5
        ToInt(nan) => 0
        ToInt(1e300) => 9223372036854776000
        ",
    );
}

#[test]
fn comparisons() {
    check(
        r"
        Min(2, 1) => 1
        Min(nan, 1) => 1
        Min(0, -0) => -0
        Min(1) => runtime: Builtin 'Min' expected argument at position 2
        Max(1, nan) => 1
        Max([3, 9, nan, 2]) => 9
        Max([]) => null
        Min([]) => null
        Clamp(5, 1, 3) => 3
        Clamp(5, 10, 1) => 10
        Clamp(nan, 1, 3) => NaN
        Sign(-3) => -1
        Sign(nan) => 0
        IsInRange(3, 1, 3) => true
        IsInRange(nan, 1, 3) => false
        IsEven(4) => true
        IsEven(2.5) => false
        IsEven(inf) => false
        Mod(-7, 3) => -1
        Mod(9223372036854775808, 10) => 8
        IsEven(9223372036854775808) => true
        Mod(7, 0) => NaN
        Div(15, 4) => 3
        Div(-7, 2) => -3
        Div(1, 0) => inf
        ",
    );
}

#[test]
fn number_theory() {
    check(
        r"
        Factorial(5) => 120
        Factorial(0) => 1
        Factorial(-1) => NaN
        Factorial(171) => inf
        Factorial(inf) => inf
        Gcd(12, 18) => 6
        GCD(0, 0) => 0
        Gcd(-12, 18) => 6
        Lcm(4, 6) => 12
        Lcm(0, 6) => 0
        Lcm(4294967296, 4294967295) => 18446744069414584000
        IsPrime(2.4) => true
        is_prime(97) => true
        IsPrime(-7) => false
        IsPrime(9007199254740881) => true
        Fibonacci(10) => 55
        Fibonacci(-3) => -3
        Fibonacci(78) => 8944394323791464
        Fibonacci(1e9) => inf
        NextPrime(17) => 19
        NextPrime(1) => 2
        NextPrime(-inf) => 2
        NextPrime(inf) => runtime: Builtin 'NextPrime' expected a number below 9007199254740881
        PrimeFactors(360) => [2, 2, 2, 3, 3, 5]
        PrimeFactors(1) => []
        PrimeFactors(2.5) => runtime: Builtin 'PrimeFactors' expected a whole number up to 2^53
        PrimeFactors(nan) => runtime: Builtin 'PrimeFactors' expected a whole number up to 2^53
        PrimeFactors(9007195909437503) => [94906247, 94906249]
        ",
    );
}

#[test]
fn number_arguments_are_converted() {
    check(
        r#"
        Sqrt("16") => 4
        Sqrt(true) => 1
        Sqrt(" 16") => type: Builtin 'Sqrt' expected numeric argument at position 1
        Sqrt(null) => type: Builtin 'Sqrt' expected numeric argument at position 1
        Sqrt() => runtime: Builtin 'Sqrt' expected argument at position 1
        Pow(2) => runtime: Builtin 'Pow' expected argument at position 2
        Pow(2, []) => type: Builtin 'Pow' expected numeric argument at position 2
        Sqrt(4, 9, 16) => 2
        "#,
    );
}

#[test]
fn statistics() {
    check(
        r#"
        Mean([1, 2, 3, 4]) => 2.5
        Mean([]) => 0
        Median([5, 1, 3]) => 3
        Median([4, 1, 3, 2]) => 2.5
        Median([nan, 1, 2]) => 2
        Median([]) => 0
        Mode([1, 3, 3, 1, 2]) => 1
        Mode([nan]) => NaN
        StandardDeviation([2, 4, 4, 4, 5, 5, 7, 9]) => 2.138089935299395
        Variance([5]) => 0
        Range([4, nan, 9, 1]) => 8
        Range([]) => 0
        Range([nan]) => NaN
        Range(1, 5) => [1, 2, 3, 4, 5]
        Range(5, 1, -2) => [5, 3, 1]
        Range(0, 0.3, 0.1) => [0, 0.1, 0.2, 0.30000000000000004]
        Range(1, 5, 0) => runtime: Builtin 'Range' expected finite bounds and a step that is not 0
        Range("x") => type: Builtin 'Range' expected array argument at position 1, got x
        Percentile([10, 20], 50) => 20
        Percentile([3, nan, 1], 0) => 1
        Percentile([1], 101) => 0
        Percentile([1], nan) => 0
        Correlation([1, 2, 3], [2, 4, 6]) => 1
        Correlation([1, 2], [1]) => 0
        LinearRegression([1, 2, 3], [3, 5, 7]) => [2, 1]
        LinearRegression([1, 1], [3, 5]) => [0, 4]
        LinearRegression([], []) => [0, 0]
        Mean(["1", true]) => 1
        Mean([1, "x"]) => type: Builtin 'Mean' expected numeric array element at position 2
        CalculateMedian([1]) => 1
        "#,
    );
}

#[test]
fn random_numbers_stay_in_range() {
    let mut machine = Machine::new(false, "");
    for _ in 0..200 {
        assert_eq!(machine.show("IsInRange(Random(), 0, 1)"), "true");
        assert_eq!(machine.show("ArrayContains([1, 2, 3], RandomRange(1, 3))"), "true");
        assert_eq!(machine.show("IsInRange(RandomRange(0.5, 0.75), 0.5, 0.75)"), "true");
        assert_eq!(machine.show("ArrayContains([7, 8], RandomChoice([7, 8]))"), "true");
    }
    check(
        r"
        RandomInt(3, 3) => 3
        RandomInt(3, 2) => runtime: Builtin 'RandomInt' expected finite bounds with min <= max
        RandomRange(nan, 1) => runtime: Builtin 'RandomRange' expected finite bounds with min <= max
        IsInRange(RandomRange(-1e308, 1e308), -1e308, 1e308) => true
        RandomChoice([]) => null
        ArrayLength(RandomSample([1, 2, 3], 2)) => 2
        ArraySort(RandomSample([3, 1, 2], 99)) => [1, 2, 3]
        SimpleRandom(1) => 7806831264735756000
        SimpleRandom(-1) => type: Builtin 'SimpleRandom' expected non-negative number at position 1
        ",
    );
}

#[test]
fn hashes_are_stable() {
    check(
        r#"
        HashString("ä") => 582774299301250
        HashNumber(1) => 4900738773425592
        ArraysEqual([HashNumber(0)], [HashNumber(-0)]) => false
        "#,
    );
}
