//! Integer algorithms behind the math builtins.

/// Greatest common divisor; `gcd(0, 0)` is 0.
pub(super) fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn multiply_mod(a: u64, b: u64, modulus: u64) -> u64 {
    // The remainder is below `modulus`, so it fits.
    (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64
}

fn power_mod(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let mut result = 1;
    base %= modulus;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply_mod(result, base, modulus);
        }
        base = multiply_mod(base, base, modulus);
        exponent >>= 1;
    }
    result
}

/// Deterministic Miller-Rabin: these bases decide every 64-bit number.
pub(super) fn is_prime(n: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if n < 2 {
        return false;
    }
    for p in BASES {
        if n.is_multiple_of(p) {
            return n == p;
        }
    }
    let twos = (n - 1).trailing_zeros();
    let odd = (n - 1) >> twos;
    BASES.iter().all(|&base| {
        let mut x = power_mod(base, odd, n);
        if x == 1 || x == n - 1 {
            return true;
        }
        (1..twos).any(|_| {
            x = multiply_mod(x, x, n);
            x == n - 1
        })
    })
}

/// Prime factors in ascending order with multiplicity; empty for 0 and 1.
pub(super) fn prime_factors(mut n: u64) -> Vec<u64> {
    let mut factors = Vec::new();
    if n < 2 {
        return factors;
    }
    for p in 2..1000 {
        while n.is_multiple_of(p) {
            factors.push(p);
            n /= p;
        }
    }
    split(n, &mut factors);
    factors.sort_unstable();
    factors
}

fn split(n: u64, factors: &mut Vec<u64>) {
    if n < 2 {
        return;
    }
    if is_prime(n) {
        factors.push(n);
        return;
    }
    let divisor = find_divisor(n);
    split(divisor, factors);
    split(n / divisor, factors);
}

/// Pollard's rho. `n` is composite and has no factor below 1000, so a walk finds a divisor after
/// about the square root of the smallest factor.
fn find_divisor(n: u64) -> u64 {
    let step = |x: u64, c: u64| (u128::from(x) * u128::from(x) + u128::from(c)) % u128::from(n);
    for c in 1..n {
        let (mut slow, mut fast) = (2u64, 2u64);
        loop {
            slow = step(slow, c) as u64;
            fast = step(step(fast, c) as u64, c) as u64;
            let divisor = gcd(slow.abs_diff(fast), n);
            if divisor == n {
                break;
            }
            if divisor > 1 {
                return divisor;
            }
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes() {
        let small: Vec<u64> = (0..30).filter(|&n| is_prime(n)).collect();
        assert_eq!(small, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert!(is_prime(9_007_199_254_740_881));
        assert!(!is_prime(3_215_031_751));
        assert!(!is_prime(u64::MAX));
    }

    #[test]
    fn factors() {
        assert_eq!(prime_factors(360), [2, 2, 2, 3, 3, 5]);
        assert_eq!(prime_factors(1), [] as [u64; 0]);
        assert_eq!(prime_factors(94_906_249 * 94_906_249), [94_906_249, 94_906_249]);
        assert_eq!(prime_factors(1 << 53), [2; 53]);
    }
}
