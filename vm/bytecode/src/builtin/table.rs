//! The rows of the builtin table.
//!
//! Row: `/// doc` lines, then
//! `Name [alias, …] Category (param: Word …) -> Word … / (param: Word …) -> Word … {EFFECT …} = rust_name;`
//!
//! 1. The first signature covers every accepted call. The ones after `/` are narrower cases of it,
//!    tried in order when the argument types are known (see `BuiltinSpec::resolve`).
//! 2. `opt` first makes a parameter optional (null counts as left out), `rest` makes it variadic.
//! 3. Arguments beyond the last parameter are ignored.
//! 4. `Number` arguments are converted by ToNumber; *whole* numbers then round half away from zero
//!    and NaN counts as 0; strings, arrays and functions are taken strictly.
//! 5. `THROWS` also covers the type error for an argument of the wrong kind.
//! 6. The last `///` lines, marked with `>`, are the example; every row has one, and it runs as a test.
//!    `> EXPRESSION → TEXT` observes the expression and prints TEXT. A line that ends in `;` or `}`
//!    before the arrow is a statement that prints TEXT, a line without an arrow prints nothing, and
//!    `> → TEXT` is a further line of output. Where the result is not the same everywhere, the
//!    example shows a property of it. Examples wait no longer than some milliseconds
//!    (`AccelerateTime(1000000);`), get no input and leave nothing behind but files below
//!    `GetTempDirectory()`.
//! 7. `.hbc` files store row numbers, so a row inserted anywhere changes what older files mean; the
//!    generated documentation keeps this order within each category.

/// Declares every builtin exactly once.
#[macro_export]
macro_rules! for_each_builtin {
    ($mac:ident) => {
        $mac! {
            // ---- Core: output, input, conversion, type tests, errors ----

            /// Waits `ms` milliseconds, truncated to whole ones; negative values and NaN count as 0.
            /// Standard output is flushed first. `AccelerateTime` changes the pace.
            /// > Drift(5);
            /// > GetExecutionTime() >= 5 → true
            Drift [drift, Sleep, pauseReality] Core (ms: Number) -> Null {OUT SLEEP TASKS THROWS} = drift;
            /// Makes all later waits of `Drift`, of actions and of spoken exercises `factor` times shorter.
            /// Factors of several calls multiply. The factor must be positive and finite.
            /// > AccelerateTime(1000);
            /// > Drift(2000); // waits two milliseconds
            /// > GetExecutionTime() < 1500 → true
            AccelerateTime [accelerateTime] Core (factor: Number) -> Null {SLEEP THROWS} = accelerate_time;
            /// Makes all later waits of `Drift`, of actions and of spoken exercises `factor` times longer.
            /// Factors of several calls multiply. The factor must be positive and finite.
            /// > AccelerateTime(100);
            /// > DecelerateTime(10);
            /// > Drift(20); // waits two milliseconds
            /// > GetExecutionTime() >= 2 → true
            DecelerateTime [decelerateTime] Core (factor: Number) -> Null {SLEEP THROWS} = decelerate_time;
            /// Writes `prompt` and reads one line from standard input, without its line break.
            /// Null at the end of the input.
            /// > InputProvider("Your name? ") ?? "nobody" → Your name? nobody
            InputProvider [Input] Core (prompt: opt Any) -> String Null {OUT IN THROWS} = input_provider;
            /// Writes the display form of a value and a line break, as the statement `observe` does. As a
            /// statement, `Observe(x);` is `observe x;`.
            /// > ArrayMap(["deep", "deeper"], Observe); → deep
            /// > → deeper
            Observe [observe] Core (value: opt Any) -> Null {READS OUT} = observe;
            /// Writes the display form of a value, as the statement `whisper` does.
            /// > ArrayMap([1, 2], Whisper);
            /// > "!" → 12!
            Whisper [whisper] Core (value: opt Any) -> Null {READS OUT} = whisper;
            /// Writes the display form of a value in upper case and a line break, as the statement `command`
            /// does.
            /// > ArrayMap(["sleep"], Command); → SLEEP
            Command [command] Core (value: opt Any) -> Null {READS OUT} = command;
            /// Writes `[DEBUG] ` and the display form of a value, as the statement `murmur` does.
            /// > ArrayMap(["x"], Murmur);
            /// > "!" → [DEBUG] x!
            Murmur [murmur] Core (value: opt Any) -> Null {READS OUT} = murmur;
            /// Clears the terminal; does nothing when standard output is not one.
            /// > ClearScreen(); // standard output is no terminal here
            /// > IsNull(ClearScreen()) → true
            ClearScreen [] Core () -> Null {OUT} = clear_screen;
            /// Truncates toward zero. NaN gives 0, magnitudes saturate at about 9.22e18.
            /// > ToInt(-2.9) → -2
            ToInt [] Core (value: Number) -> Number {THROWS} = to_int;
            /// Parses a number: sign, digits, fraction, exponent, `inf`, `nan`; no surrounding spaces.
            /// Other text raises an error.
            /// > ToDouble("2.5e3") → 2500
            ToDouble [] Core (text: String) -> Number {THROWS} = to_double;
            /// Display form of a value, as `observe` prints it.
            /// > ToString([1, "a", null]) → [1, a, null]
            ToString [] Core (value: opt Any) -> String {READS} = to_string;
            /// For strings, true exactly for `true`, `1` and `yes` in any case; other values by truthiness.
            /// > ToBoolean("Yes") → true
            /// > ToBoolean("on") → false
            ToBoolean [] Core (value: Any) -> Boolean {READS THROWS} = to_boolean;
            /// Number of a value: strings are trimmed and parsed, booleans give 1 or 0.
            /// Raises a type error for anything else.
            /// > ToNumber(" 42 ") + 1 → 43
            ToNumber [] Core (value: Any) -> Number {THROWS} = to_number;
            /// Kind name of a value: `null`, `boolean`, `number`, `string`, `array`, `object`, `record`,
            /// `function`, `session`, `error` or `promise`.
            /// > TypeOf([1, 2]) → array
            TypeOf [] Core (value: Any) -> String {THROWS} = type_of;
            /// Whether the value is null.
            /// > IsNull(null) → true
            IsNull [] Core (value: opt Any) -> Boolean {} = is_null;
            /// Whether the value is not null.
            /// > IsDefined(0) → true
            IsDefined [] Core (value: opt Any) -> Boolean {} = is_defined;
            /// Whether the value is a number, NaN and infinities included; false for numeric strings.
            /// > IsNumber("42") → false
            IsNumber [] Core (value: Any) -> Boolean {THROWS} = is_number;
            /// Whether the value is a string.
            /// > IsString("42") → true
            IsString [] Core (value: Any) -> Boolean {THROWS} = is_string;
            /// Whether the value is true or false.
            /// > IsBoolean(1) → false
            IsBoolean [] Core (value: Any) -> Boolean {THROWS} = is_boolean;
            /// Whether the value is an array.
            /// > IsArray([]) → true
            IsArray [] Core (value: Any) -> Boolean {THROWS} = is_array;
            /// Whether the value is a record or a dictionary.
            /// > IsObject({a: 1}) → true
            IsObject [isRecord] Core (value: Any) -> Boolean {THROWS} = is_object;
            /// Whether the value is null or an empty string, array or dictionary.
            /// > IsNullOrEmpty("") → true
            IsNullOrEmpty [] Core (value: opt Any) -> Boolean {READS} = is_null_or_empty;
            /// Whether two values have the same structure. Numbers compare exactly (NaN equals NaN),
            /// functions and session instances by identity.
            /// > DeepEquals({a: [1, 2]}, {a: [1, 2]}) → true
            DeepEquals [] Core (a: Any, b: Any) -> Boolean {READS THROWS} = deep_equals;
            /// Raises an error of kind `user` with the display form of `message`.
            /// > try { Throw("too deep"); } catch (e) { observe e.message; } → too deep
            Throw [] Core (message: Any) -> Null {NO_RETURN THROWS} = throw;

            // ---- Math ----

            /// Sine of an angle in radians; infinities and NaN give NaN.
            /// > Sin(PI / 2) → 1
            Sin [sin] Math (x: Number) -> Number {THROWS} = sin;
            /// Cosine of an angle in radians; infinities and NaN give NaN.
            /// > Cos(0) → 1
            Cos [cos] Math (x: Number) -> Number {THROWS} = cos;
            /// Tangent of an angle in radians; infinities and NaN give NaN.
            /// > Round(Tan(PI / 4), 9) → 1
            Tan [tan] Math (x: Number) -> Number {THROWS} = tan;
            /// Square root; a negative argument gives NaN.
            /// > Sqrt(2) → 1.4142135623730951
            Sqrt [sqrt] Math (x: Number) -> Number {THROWS} = sqrt;
            /// `base` raised to `exponent`; a negative base with a fractional exponent gives NaN.
            /// > Pow(2, 10) → 1024
            Pow [pow] Math (base: Number, exponent: Number) -> Number {THROWS} = pow;
            /// Natural logarithm; 0 gives -inf, negative numbers NaN.
            /// `Log(level, message)` with text as level writes `[LEVEL] message` to standard error instead.
            /// > Log(E) → 1
            Log [log] Math (x: Number String, message: opt Any) -> Number Null
                / (x: Number) -> Number / (level: String, message: Any) -> Null {OUT THROWS} = log;
            /// Logarithm to base 10; 0 gives -inf, negative numbers NaN.
            /// > Log10(1000) → 3
            Log10 [log10] Math (x: Number) -> Number {THROWS} = log10;
            /// Absolute value; -0 becomes 0.
            /// > Abs(-3.5) → 3.5
            Abs [abs] Math (x: Number) -> Number {THROWS} = abs;
            /// Largest whole number that is not greater.
            /// > Floor(-2.5) → -3
            Floor [floor] Math (x: Number) -> Number {THROWS} = floor;
            /// Smallest whole number that is not less.
            /// > Ceil(2.1) → 3
            Ceil [ceil] Math (x: Number) -> Number {THROWS} = ceil;
            /// Rounds to `digits` decimals (default 0, negative ones round before the point), halves
            /// away from zero.
            /// > Round(2.5) → 3
            /// > Round(3.14159, 2) → 3.14
            Round [round] Math (x: Number, digits: opt Number) -> Number {THROWS} = round;
            /// Smaller of two numbers, NaN ignored, -0 less than 0. With an array: as `ArrayMin`.
            /// > Min(3, 2) → 2
            /// > Min([5, 4, 6]) → 4
            Min [min] Math (a: Number Array, b: opt Number) -> Number Null
                / (a: Number, b: Number) -> Number / (arr: Array) -> Number Null {READS THROWS} = min;
            /// Larger of two numbers, NaN ignored, -0 less than 0. With an array: as `ArrayMax`.
            /// > Max(3, 2) → 3
            /// > Max([5, 4, 6]) → 6
            Max [max] Math (a: Number Array, b: opt Number) -> Number Null
                / (a: Number, b: Number) -> Number / (arr: Array) -> Number Null {READS THROWS} = max;
            /// `min` when the value is below it, else `max` when it is above that, else the value.
            /// > Clamp(11, 0, 10) → 10
            Clamp [clamp] Math (value: Number, min: Number, max: Number) -> Number {THROWS} = clamp;
            /// Factorial of a whole number; inf above 170, NaN for negative numbers.
            /// > Factorial(5) → 120
            Factorial [factorial] Math (n: Number) -> Number {THROWS} = factorial;
            /// Greatest common divisor of two whole numbers, never negative; `Gcd(0, 0)` is 0.
            /// > Gcd(12, 18) → 6
            Gcd [gcd, GCD] Math (a: Number, b: Number) -> Number {THROWS} = gcd;
            /// Least common multiple of two whole numbers; 0 if either is 0.
            /// > Lcm(4, 6) → 12
            Lcm [lcm, LCM] Math (a: Number, b: Number) -> Number {THROWS} = lcm;
            /// Whether a whole number is prime; false for 1 and below.
            /// > IsPrime(97) → true
            IsPrime [is_prime] Math (n: Number) -> Boolean {THROWS} = is_prime;
            /// Fibonacci number with F(0) = 0 and F(1) = 1, exact to n = 78; n itself below 2.
            /// > Fibonacci(10) → 55
            Fibonacci [fibonacci] Math (n: Number) -> Number {THROWS} = fibonacci;
            /// Arc sine in radians, in [-PI/2, PI/2]; NaN outside [-1, 1].
            /// > Asin(1) == PI / 2 → true
            Asin [] Math (x: Number) -> Number {THROWS} = asin;
            /// Arc cosine in radians, in [0, PI]; NaN outside [-1, 1].
            /// > Acos(1) → 0
            Acos [] Math (x: Number) -> Number {THROWS} = acos;
            /// Arc tangent in radians, in [-PI/2, PI/2].
            /// > Atan(1) == PI / 4 → true
            Atan [] Math (x: Number) -> Number {THROWS} = atan;
            /// Angle of the point (x, y) in radians, in [-PI, PI]; `y` comes first.
            /// > Atan2(1, -1) == 3 * PI / 4 → true
            Atan2 [] Math (y: Number, x: Number) -> Number {THROWS} = atan2;
            /// Hyperbolic sine.
            /// > Sinh(0) → 0
            Sinh [] Math (x: Number) -> Number {THROWS} = sinh;
            /// Hyperbolic cosine.
            /// > Cosh(0) → 1
            Cosh [] Math (x: Number) -> Number {THROWS} = cosh;
            /// Hyperbolic tangent.
            /// > Tanh(100) → 1
            Tanh [] Math (x: Number) -> Number {THROWS} = tanh;
            /// Inverse hyperbolic sine.
            /// > Asinh(0) → 0
            Asinh [] Math (x: Number) -> Number {THROWS} = asinh;
            /// Inverse hyperbolic cosine; NaN below 1.
            /// > Acosh(1) → 0
            Acosh [] Math (x: Number) -> Number {THROWS} = acosh;
            /// Inverse hyperbolic tangent; ±inf at ±1, NaN beyond.
            /// > Atanh(0) → 0
            Atanh [] Math (x: Number) -> Number {THROWS} = atanh;
            /// Real cube root, also of negative numbers.
            /// > Cbrt(-8) → -2
            Cbrt [] Math (x: Number) -> Number {THROWS} = cbrt;
            /// Logarithm to base 2; 0 gives -inf, negative numbers NaN.
            /// > Log2(8) → 3
            Log2 [] Math (x: Number) -> Number {THROWS} = log2;
            /// Logarithm to any base; exact for powers of 2 and 10.
            /// > LogBase(1000, 10) → 3
            LogBase [] Math (x: Number, base: Number) -> Number {THROWS} = log_base;
            /// e to the power `x`.
            /// > Exp(1) == E → true
            Exp [] Math (x: Number) -> Number {THROWS} = exp;
            /// 2 to the power `x`.
            /// > Exp2(10) → 1024
            Exp2 [] Math (x: Number) -> Number {THROWS} = exp2;
            /// 10 to the power `x`.
            /// > Exp10(3) → 1000
            Exp10 [] Math (x: Number) -> Number {THROWS} = exp10;
            /// Length of the hypotenuse, without intermediate overflow.
            /// > Hypot(3, 4) → 5
            Hypot [] Math (x: Number, y: Number) -> Number {THROWS} = hypot;
            /// Degrees to radians.
            /// > DegreesToRadians(180) == PI → true
            DegreesToRadians [ToRadians] Math (degrees: Number) -> Number {THROWS} = degrees_to_radians;
            /// Radians to degrees.
            /// > RadiansToDegrees(PI) → 180
            RadiansToDegrees [ToDegrees] Math (radians: Number) -> Number {THROWS} = radians_to_degrees;
            /// -1, 0 or 1; NaN and both zeros give 0.
            /// > Sign(-12) → -1
            Sign [] Math (x: Number) -> Number {THROWS} = sign;
            /// Drops the fraction.
            /// > Trunc(-2.9) → -2
            Trunc [] Math (x: Number) -> Number {THROWS} = trunc;
            /// The fraction, with the sign of `x`.
            /// > Fract(-2.75) → -0.75
            Fract [] Math (x: Number) -> Number {THROWS} = fract;
            /// Remainder with the sign of the dividend, as `%`; divisor 0 gives NaN.
            /// > Mod(-7, 3) → -1
            Mod [] Math (dividend: Number, divisor: Number) -> Number {THROWS} = modulo;
            /// Quotient truncated toward zero, to pair with `Mod`; divisor 0 gives ±inf or NaN.
            /// > Div(15, 4) → 3
            Div [] Math (dividend: Number, divisor: Number) -> Number {THROWS} = div;
            /// Whether the number is whole and divisible by 2.
            /// > IsEven(10) → true
            IsEven [] Math (n: Number) -> Boolean {THROWS} = is_even;
            /// Smallest prime greater than `n`. Raises an error from 9007199254740881 on.
            /// > NextPrime(17) → 19
            NextPrime [] Math (n: Number) -> Number {THROWS} = next_prime;
            /// Prime factors in ascending order with multiplicity; empty below 2.
            /// Raises an error for fractions and above 2^53.
            /// > PrimeFactors(60) → [2, 2, 3, 5]
            PrimeFactors [] Math (n: Number) -> Numbers {THROWS} = prime_factors;
            /// Whether `min <= value <= max`; false with any NaN.
            /// > IsInRange(10, 1, 10) → true
            IsInRange [] Math (value: Number, min: Number, max: Number) -> Boolean {THROWS} = is_in_range;

            // ---- String: positions, lengths and widths count code points ----

            /// Code points of a string, or elements of an array.
            /// > Length("träume") → 6
            /// > Length([1, 2, 3]) → 3
            Length [StringLength] String (value: String Array) -> Number {READS THROWS} = length;
            /// Upper case of all letters by Unicode rules; `ß` becomes `SS`.
            /// > ToUpper("straße") → STRASSE
            ToUpper [ToUpperCase] String (s: String) -> String {THROWS} = to_upper;
            /// Lower case of all letters by Unicode rules.
            /// > ToLower("ÄÖÜ") → äöü
            ToLower [ToLowerCase] String (s: String) -> String {THROWS} = to_lower;
            /// Without white space at both ends.
            /// > Trim("  calm ") → calm
            Trim [] String (s: String) -> String {THROWS} = trim;
            /// Position of the first match, -1 without one. With an array: as `ArrayIndexOf`.
            /// > IndexOf("hypnosis", "no") → 3
            IndexOf [] String (s: String Array, pattern: Any) -> Number
                / (s: String, pattern: String) -> Number / (arr: Array, element: Any) -> Number
                {READS THROWS} = index_of;
            /// Every occurrence of `from` replaced by `to`; an empty `from` inserts `to` everywhere.
            /// > Replace("a-b-c", "-", "+") → a+b+c
            Replace [ReplaceAll] String (s: String, from: String, to: String) -> String {THROWS} = replace;
            /// Code points in reverse order. With an array: as `ArrayReverse`.
            /// > Reverse("abc") → cba
            /// > Reverse([1, 2, 3]) → [3, 2, 1]
            Reverse [] String (s: String Array) -> String Array
                / (s: String) -> String / (arr: Array) -> Array {READS THROWS} = reverse;
            /// First letter in upper case, the rest unchanged.
            /// > Capitalize("deep trance") → Deep trance
            Capitalize [] String (s: String) -> String {THROWS} = capitalize;
            /// Whether the string starts with `prefix`; the empty one always does.
            /// > StartsWith("hypnosis", "hyp") → true
            StartsWith [] String (s: String, prefix: String) -> Boolean {THROWS} = starts_with;
            /// Whether the string ends with `suffix`; the empty one always does.
            /// > EndsWith("hypnosis", "sis") → true
            EndsWith [] String (s: String, suffix: String) -> Boolean {THROWS} = ends_with;
            /// Whether `pattern` occurs. With an array: as `ArrayContains`.
            /// > Contains("hypnosis", "no") → true
            /// > Contains([1, 2, 3], 4) → false
            Contains [] String (s: String Array, pattern: Any) -> Boolean
                / (s: String, pattern: String) -> Boolean / (arr: Array, element: Any) -> Boolean
                {READS THROWS} = contains;
            /// Pieces between the delimiters, empty ones included; an empty delimiter gives the
            /// single characters.
            /// > Split("a,b,,c", ",") → [a, b, , c]
            Split [] String (s: String, delimiter: String) -> Strings {THROWS} = split;
            /// Characters from `start` up to, not including, `end` (default: the length), both clamped;
            /// empty if they cross. Negative positions raise an error.
            /// > Substring("hypnosis", 3, 5) → no
            Substring [] String (s: String, start: Number, end: opt Number) -> String {THROWS} = substring;
            /// The string repeated `times` times; other values give an array as `ArrayRepeat`.
            /// Negative or huge counts raise an error.
            /// > Repeat("ab", 3) → ababab
            Repeat [] String (value: Any, times: Number) -> String Array
                / (s: String, times: Number) -> String {THROWS} = repeat;
            /// Fills up on the left to `width` characters with the first character of `pad`
            /// (default a space).
            /// > PadLeft("7", 3, "0") → 007
            PadLeft [] String (s: String, width: Number, pad: opt String) -> String {THROWS} = pad_left;
            /// Fills up on the right to `width` characters with the first character of `pad`
            /// (default a space).
            /// > PadRight("ab", 5, ".") → ab...
            PadRight [] String (s: String, width: Number, pad: opt String) -> String {THROWS} = pad_right;
            /// Whether a string, array or dictionary is empty.
            /// > IsEmpty("") → true
            IsEmpty [] String (value: String Array Object) -> Boolean {READS THROWS} = is_empty;
            /// Whether all characters are white space; true for the empty string.
            /// > IsWhitespace("  \t") → true
            IsWhitespace [] String (s: String) -> Boolean {THROWS} = is_whitespace;
            /// Whether both strings consist of the same characters, counted exactly.
            /// > AreAnagrams("listen", "silent") → true
            AreAnagrams [] String (a: String, b: String) -> Boolean {THROWS} = are_anagrams;
            /// Whether letters and digits read the same backwards, ignoring case.
            /// > IsPalindrome("A man, a plan, a canal: Panama") → true
            IsPalindrome [] String (s: String) -> Boolean {THROWS} = is_palindrome;
            /// Occurrences that do not overlap; 0 for an empty pattern.
            /// > CountOccurrences("banana", "an") → 2
            CountOccurrences [CountSubstring] String (text: String, pattern: String) -> Number {THROWS} = count_occurrences;
            /// First occurrence of every character, in order. With an array: as `ArrayDistinct`.
            /// > RemoveDuplicates("banana") → ban
            /// > RemoveDuplicates([1, 2, 1]) → [1, 2]
            RemoveDuplicates [] String (s: String Array) -> String Array
                / (s: String) -> String / (arr: Array) -> Array {READS THROWS} = remove_duplicates;
            /// First occurrence of every character, in order.
            /// > UniqueCharacters("banana") → ban
            UniqueCharacters [] String (s: String) -> String {THROWS} = unique_characters;
            /// Words in reverse order, joined by single spaces.
            /// > ReverseWords("deep and calm") → calm and deep
            ReverseWords [] String (s: String) -> String {THROWS} = reverse_words;
            /// Every word with an upper-case first letter, joined by single spaces.
            /// > TitleCase("deep and calm") → Deep And Calm
            TitleCase [] String (s: String) -> String {THROWS} = title_case;
            /// Without white space at the start.
            /// > TrimStart("  calm") → calm
            TrimStart [] String (s: String) -> String {THROWS} = trim_start;
            /// Without white space at the end.
            /// > TrimEnd("calm  ") + "." → calm.
            TrimEnd [] String (s: String) -> String {THROWS} = trim_end;
            /// Position of the last match, -1 without one, the length for an empty pattern.
            /// With an array: as `ArrayLastIndexOf`.
            /// > LastIndexOf("banana", "an") → 3
            LastIndexOf [] String (s: String Array, pattern: Any) -> Number
                / (s: String, pattern: String) -> Number / (arr: Array, element: Any) -> Number
                {READS THROWS} = last_index_of;
            /// Only the first occurrence of `from` replaced by `to`.
            /// > ReplaceFirst("a-b-c", "-", "+") → a+b-c
            ReplaceFirst [] String (s: String, from: String, to: String) -> String {THROWS} = replace_first;
            /// The character at a position; null outside the string.
            /// > CharAt("träume", 2) → ä
            CharAt [] String (s: String, index: Number) -> String Null {THROWS} = char_at;
            /// Display forms of all arguments, joined.
            /// > Concat("a", 1, true) → a1true
            Concat [] String (parts: rest Any) -> String {READS} = concat;
            /// Characters from `start` up to, not including, `end` (default: the length). Negative
            /// positions count from the end; empty if they cross.
            /// > SliceWithNegative("hypnosis", -3) → sis
            SliceWithNegative [StringSlice] String (s: String, start: Number, end: opt Number) -> String {THROWS} = slice_with_negative;
            /// `insert` placed before a position; at or past the end it is appended.
            /// > InsertAt("hyposis", 3, "n") → hypnosis
            InsertAt [] String (s: String, index: Number, insert: String) -> String {THROWS} = insert_at;
            /// Without the character at a position; unchanged outside the string.
            /// > RemoveAt("hypnnosis", 3) → hypnosis
            RemoveAt [] String (s: String, index: Number) -> String {THROWS} = remove_at;
            /// At most `maxLength` characters, `suffix` (default `...`) included when it was cut; a longer
            /// suffix stays whole.
            /// > Truncate("deep relaxation", 8) → deep ...
            Truncate [] String (s: String, maxLength: Number, suffix: opt String) -> String {THROWS} = truncate;
            /// Lines of at most `width` characters, broken between words; longer words stay whole.
            /// Width 0 gives one line, blank text none.
            /// > WrapText("breathe in and out", 10) → [breathe in, and out]
            WrapText [] String (s: String, width: Number) -> Strings {THROWS} = wrap_text;
            /// The template with `{0}`, `{1}`, … replaced by the following arguments. `{0:F2}` gives
            /// fixed decimals, `{0:N2}` also groups thousands, `{0:D3}` pads a whole number with zeros,
            /// `{0:P1}` is percent, `{0:X4}` hexadecimal. `{{` and `}}` stand for braces. A missing
            /// argument or unknown format raises an error.
            /// > FormatString("{0} is {1:F2}", "pi", PI) → pi is 3.14
            FormatString [] String (template: String, args: rest Any) -> String {READS THROWS} = format_string;
            /// Lines of the text, without line breaks; a final line break adds no empty line.
            /// > SplitLines("one\ntwo\n") → [one, two]
            SplitLines [] String (s: String) -> Strings {THROWS} = split_lines;
            /// Words between white space.
            /// > SplitWords("  deep   calm ") → [deep, calm]
            SplitWords [] String (s: String) -> Strings {THROWS} = split_words;
            /// Number of words between white space.
            /// > CountWords("deep and calm") → 3
            CountWords [] String (s: String) -> Number {THROWS} = count_words;
            /// Number of code points, as `Length`.
            /// > CountCharacters("träume") → 6
            CountCharacters [] String (s: String) -> Number {THROWS} = count_characters;
            /// Number of lines, as `SplitLines` would give; 0 for the empty string.
            /// > CountLines("one\ntwo\n") → 2
            CountLines [] String (s: String) -> Number {THROWS} = count_lines;
            /// -1, 0 or 1 by code point order.
            /// > Compare("apple", "banana") → -1
            Compare [] String (a: String, b: String) -> Number {THROWS} = compare;
            /// Whether the lower-case forms are equal.
            /// > EqualsIgnoreCase("CALM", "calm") → true
            EqualsIgnoreCase [] String (a: String, b: String) -> Boolean {THROWS} = equals_ignore_case;
            /// Fewest insertions, deletions and substitutions that turn `a` into `b`.
            /// Raises an error when the product of the lengths exceeds 10^9.
            /// > LevenshteinDistance("kitten", "sitting") → 3
            LevenshteinDistance [] String (a: String, b: String) -> Number {THROWS} = levenshtein_distance;
            /// As `LevenshteinDistance`, and neighbours may be swapped (optimal string alignment).
            /// > DamerauLevenshteinDistance("ab", "ba") → 1
            DamerauLevenshteinDistance [] String (a: String, b: String) -> Number {THROWS} = damerau_levenshtein_distance;
            /// Jaro similarity from 0 (nothing in common) to 1 (equal).
            /// > Round(JaroDistance("martha", "marhta"), 3) → 0.944
            JaroDistance [JaroSimilarity] String (a: String, b: String) -> Number {THROWS} = jaro_distance;
            /// Jaro similarity with a bonus of `prefixScale` (default 0.1) for each of up to 4 equal
            /// first characters, from a similarity of 0.7 on.
            /// > Round(JaroWinklerDistance("martha", "marhta"), 3) → 0.961
            JaroWinklerDistance [JaroWinklerSimilarity] String (a: String, b: String, prefixScale: opt Number) -> Number {THROWS} = jaro_winkler_distance;
            /// Number of positions with different characters; null when the lengths differ.
            /// > HammingDistance("karolin", "kathrin") → 3
            HammingDistance [] String (a: String, b: String) -> Number Null {THROWS} = hamming_distance;
            /// Four-character Soundex code; `0000` without ASCII letters.
            /// > Soundex("Robert") → R163
            Soundex [] String (s: String) -> String {THROWS} = soundex;
            /// Longest run of characters in both, the first in `a` on ties.
            /// > LongestCommonSubstring("hypnosis", "diagnosis") → nosis
            LongestCommonSubstring [] String (a: String, b: String) -> String {THROWS} = longest_common_substring;
            /// Length of the longest common subsequence.
            /// > LongestCommonSubsequence("ABCBDAB", "BDCABA") → 4
            LongestCommonSubsequence [] String (a: String, b: String) -> Number {THROWS} = longest_common_subsequence;
            /// 1 minus Levenshtein distance over the longer length; 1 for two empty strings.
            /// > SimilarityRatio("calm", "cold") → 0.5
            SimilarityRatio [] String (a: String, b: String) -> Number {THROWS} = similarity_ratio;

            // ---- Validation ----

            /// Whether the text looks like `local@domain.tld` in ASCII, with a top level of 2 letters
            /// or more.
            /// > IsValidEmail("ada@example.org") → true
            IsValidEmail [] Validation (s: String) -> Boolean {THROWS} = is_valid_email;
            /// Whether the text starts with `http://` or `https://`, a host character and at least one
            /// more character.
            /// > IsValidUrl("https://example.org") → true
            IsValidUrl [] Validation (s: String) -> Boolean {THROWS} = is_valid_url;
            /// Whether the text is 2 to 15 digits not starting with 0, optionally after `+`; spaces,
            /// hyphens and parentheses are ignored.
            /// > IsValidPhoneNumber("+49 (30) 123-4567") → true
            IsValidPhoneNumber [] Validation (s: String) -> Boolean {THROWS} = is_valid_phone_number;
            /// Whether the text is not empty and all characters are letters or numbers.
            /// > IsAlphanumeric("abc123") → true
            IsAlphanumeric [IsAlphaNumeric] Validation (s: String) -> Boolean {THROWS} = is_alphanumeric;
            /// Whether the text is not empty and all characters are letters.
            /// > IsAlphabetic("abc1") → false
            IsAlphabetic [IsAlpha] Validation (s: String) -> Boolean {THROWS} = is_alphabetic;
            /// Whether the text is a number in the sense of `ToDouble`.
            /// > IsNumeric("-3.14") → true
            IsNumeric [] Validation (s: String) -> Boolean {THROWS} = is_numeric;
            /// Whether the text is not empty and all characters are numeric.
            /// > IsDigits("2024") → true
            IsDigits [] Validation (s: String) -> Boolean {THROWS} = is_digits;
            /// Whether the text is not empty and has no letter that is not lower-case.
            /// > IsLowercase("calm1") → true
            IsLowercase [] Validation (s: String) -> Boolean {THROWS} = is_lowercase;
            /// Whether the text is not empty and has no letter that is not upper-case.
            /// > IsUppercase("CALM") → true
            IsUppercase [] Validation (s: String) -> Boolean {THROWS} = is_uppercase;
            /// Whether the regular expression matches anywhere in the text. No look-around and no
            /// back-references; an invalid pattern gives false. A pattern of more than 1 KiB, more than 50
            /// levels or a compiled size above 1 MiB raises an error, unless options change these limits.
            /// > MatchesPattern("order 66", "[0-9]+") → true
            MatchesPattern [] Validation (text: String, pattern: String) -> Boolean {THROWS} = matches_pattern;

            // ---- Array: elements compare deeply, numbers within 2.2e-16 ----

            /// Number of elements.
            /// > ArrayLength([1, 2, 3]) → 3
            ArrayLength [] Array (arr: Array) -> Number {READS THROWS} = array_length;
            /// Whether there are no elements.
            /// > ArrayIsEmpty([]) → true
            ArrayIsEmpty [] Array (arr: Array) -> Boolean {READS THROWS} = array_is_empty;
            /// Element at a whole index; null outside the array. A negative index raises an error.
            /// > ArrayGet(["a", "b"], 1) → b
            /// > ArrayGet(["a", "b"], 5) → null
            ArrayGet [Get] Array (arr: Array, index: Number) -> Any {READS THROWS} = array_get;
            /// First index of an equal element, -1 without one.
            /// > ArrayIndexOf([5, 6, 7], 6) → 1
            ArrayIndexOf [] Array (arr: Array, element: Any) -> Number {READS THROWS} = array_index_of;
            /// Last index of an equal element, -1 without one.
            /// > ArrayLastIndexOf([5, 6, 5], 5) → 2
            ArrayLastIndexOf [] Array (arr: Array, element: Any) -> Number {READS THROWS} = array_last_index_of;
            /// Whether an equal element occurs.
            /// > ArrayContains([[1], [2]], [2]) → true
            ArrayContains [] Array (arr: Array, element: Any) -> Boolean {READS THROWS} = array_contains;
            /// New array in reverse order.
            /// > ArrayReverse([1, 2, 3]) → [3, 2, 1]
            ArrayReverse [ReverseArray] Array (arr: Array) -> Array {READS THROWS} = array_reverse;
            /// Sum from left to right; 0 when empty.
            /// > ArraySum([1, 2, 3.5]) → 6.5
            ArraySum [Sum] Array (arr: Numbers) -> Number {READS THROWS} = array_sum;
            /// Sum divided by the count; 0 when empty.
            /// > ArrayAverage([1, 2, 6]) → 3
            ArrayAverage [AverageArray, Average] Array (arr: Numbers) -> Number {READS THROWS} = array_average;
            /// Smallest number, NaN ignored; null when there is none.
            /// > ArrayMin([4, 2, 8]) → 2
            /// > ArrayMin([]) → null
            ArrayMin [MinArray] Array (arr: Numbers) -> Number Null {READS THROWS} = array_min;
            /// Largest number, NaN ignored; null when there is none.
            /// > ArrayMax([4, 2, 8]) → 8
            ArrayMax [MaxArray] Array (arr: Numbers) -> Number Null {READS THROWS} = array_max;
            /// New sorted array, stable: numbers ascending with NaN last, or strings by code point.
            /// With `compare`: as `ArraySortBy`.
            /// > ArraySort([10, 9, 1]) → [1, 9, 10]
            ArraySort [Sort] Array (arr: Array, compare: opt Function) -> Array
                / (arr: Numbers) -> Numbers / (arr: Strings) -> Strings {READS CALLBACK THROWS} = array_sort;
            /// First element; null when empty.
            /// > ArrayFirst([4, 2, 8]) → 4
            ArrayFirst [First] Array (arr: Array) -> Any {READS THROWS} = array_first;
            /// Last element; null when empty.
            /// > ArrayLast([4, 2, 8]) → 8
            ArrayLast [Last] Array (arr: Array) -> Any {READS THROWS} = array_last;
            /// New array of the first `n` elements, all when `n` is larger.
            /// > ArrayTake([4, 2, 8], 2) → [4, 2]
            ArrayTake [Take] Array (arr: Array, n: Number) -> Array {READS THROWS} = array_take;
            /// New array without the first `n` elements.
            /// > ArraySkip([4, 2, 8], 2) → [8]
            ArraySkip [Skip] Array (arr: Array, n: Number) -> Array {READS THROWS} = array_skip;
            /// New array of the elements from `start` up to, not including, `end` (default: the length),
            /// both clamped. Negative positions raise an error.
            /// > ArraySlice([1, 2, 3, 4], 1, 3) → [2, 3]
            ArraySlice [Slice] Array (arr: Array, start: Number, end: opt Number) -> Array {READS THROWS} = array_slice;
            /// Display forms of the elements joined by `separator`.
            /// > ArrayJoin([1, "a", true], "-") → 1-a-true
            ArrayJoin [Join] Array (arr: Array, separator: String) -> String {READS THROWS} = array_join;
            /// Number of equal elements.
            /// > ArrayCount([1, 2, 1], 1) → 2
            ArrayCount [Count] Array (arr: Array, element: Any) -> Number {READS THROWS} = array_count;
            /// New array of the first occurrence of every element.
            /// > ArrayDistinct([1, 2, 1]) → [1, 2]
            ArrayDistinct [Distinct, Unique] Array (arr: Array) -> Array {READS THROWS} = array_distinct;
            /// New array of `fn(element)`.
            /// > ArrayMap([1, 2, 3], x => x * x) → [1, 4, 9]
            ArrayMap [Map, MapArray] Array (arr: Array, fn: Function) -> Array {READS CALLBACK THROWS} = array_map;
            /// New array of the elements with a truthy `pred(element)`.
            /// > ArrayFilter([1, 2, 3, 4], x => x % 2 == 0) → [2, 4]
            ArrayFilter [Filter, FilterArray] Array (arr: Array, pred: Function) -> Array {READS CALLBACK THROWS} = array_filter;
            /// `fn(accumulator, element)` from the left, starting with `initial`. The last two arguments
            /// may also be given in the other order.
            /// > ArrayReduce([1, 2, 3], 10, (sum, x) => sum + x) → 16
            ArrayReduce [Reduce] Array (arr: Array, initial: Any, fn: Any) -> Any {READS CALLBACK THROWS} = array_reduce;
            /// First element with a truthy `pred(element)`; null without one.
            /// > ArrayFind([1, 5, 8], x => x > 3) → 5
            ArrayFind [Find] Array (arr: Array, pred: Function) -> Any {READS CALLBACK THROWS} = array_find;
            /// Index of the first element with a truthy `pred(element)`; -1 without one.
            /// > ArrayFindIndex([1, 5, 8], x => x > 3) → 1
            ArrayFindIndex [FindIndex] Array (arr: Array, pred: Function) -> Number {READS CALLBACK THROWS} = array_find_index;
            /// Whether `pred(element)` is truthy for all elements; stops at the first that is not.
            /// > ArrayEvery([2, 4], IsEven) → true
            ArrayEvery [Every] Array (arr: Array, pred: Function) -> Boolean {READS CALLBACK THROWS} = array_every;
            /// Whether `pred(element)` is truthy for any element; stops at the first.
            /// > ArraySome([1, 3], IsEven) → false
            ArraySome [Some] Array (arr: Array, pred: Function) -> Boolean {READS CALLBACK THROWS} = array_some;
            /// New array with the elements of inner arrays in their place, one level; others stay.
            /// > ArrayFlatten([[1, 2], 3, [[4]]]) → [1, 2, 3, [4]]
            ArrayFlatten [Flatten, FlattenArray] Array (arr: Array) -> Array {READS THROWS} = array_flatten;
            /// Array of pairs `[a[i], b[i]]`, as many as the shorter array has elements.
            /// > ArrayZip([1, 2], ["a", "b"]) → [[1, a], [2, b]]
            ArrayZip [Zip] Array (a: Array, b: Array) -> Array {READS THROWS} = array_zip;
            /// Consecutive blocks of `size` elements, the last may be shorter; size 0 gives none.
            /// > ArrayChunk([1, 2, 3, 4, 5], 2) → [[1, 2], [3, 4], [5]]
            ArrayChunk [Chunk, ChunkArray] Array (arr: Array, size: Number) -> Array {READS THROWS} = array_chunk;
            /// New array in random order; the same for the same non-negative whole `seed`.
            /// > ArraySort(ArrayShuffle([3, 1, 2])) → [1, 2, 3]
            ArrayShuffle [Shuffle, ShuffleArray] Array (arr: Array, seed: opt Number) -> Array {READS RANDOM THROWS} = array_shuffle;
            /// Two new arrays: the elements with a truthy `pred(element)`, and the others.
            /// > ArrayPartition([1, 2, 3, 4], IsEven) → [[2, 4], [1, 3]]
            ArrayPartition [Partition] Array (arr: Array, pred: Function) -> Array {READS CALLBACK THROWS} = array_partition;
            /// New array of the first element for every different `key(element)`.
            /// > ArrayUniqueBy(["deep", "calm", "rest", "sleep"], Length) → [deep, sleep]
            ArrayUniqueBy [UniqueBy] Array (arr: Array, key: Function) -> Array {READS CALLBACK THROWS} = array_unique_by;
            /// Dictionary from `key(element)` to the array of its elements, in order of first occurrence.
            /// Keys must be strings, numbers or booleans.
            /// > ArrayGroupBy([1, 2, 3], x => x % 2 == 0 ? "even" : "odd") → {odd: [1, 3], even: [2]}
            ArrayGroupBy [GroupBy] Array (arr: Array, key: Function) -> Object {READS CALLBACK THROWS} = array_group_by;
            /// New array rotated left by `n`, modulo the length.
            /// > ArrayRotateLeft([1, 2, 3], 1) → [2, 3, 1]
            ArrayRotateLeft [RotateLeft] Array (arr: Array, n: Number) -> Array {READS THROWS} = array_rotate_left;
            /// New array rotated right by `n`, modulo the length.
            /// > ArrayRotateRight([1, 2, 3], 1) → [3, 1, 2]
            ArrayRotateRight [RotateRight] Array (arr: Array, n: Number) -> Array {READS THROWS} = array_rotate_right;
            /// New array that alternates the elements of `a` and `b`; the longer tail follows.
            /// > ArrayInterleave([1, 2, 3], [8, 9]) → [1, 8, 2, 9, 3]
            ArrayInterleave [Interleave] Array (a: Array, b: Array) -> Array {READS THROWS} = array_interleave;
            /// All runs of `size` neighbouring elements; none for size 0 or above the length.
            /// > ArrayWindows([1, 2, 3], 2) → [[1, 2], [2, 3]]
            ArrayWindows [Windows] Array (arr: Array, size: Number) -> Array {READS THROWS} = array_windows;
            /// Replaces the element at `index` in place and returns the same array.
            /// Raises an index error outside the array.
            /// > induce depths = [1, 2, 3];
            /// > ArraySet(depths, 1, 9);
            /// > depths → [1, 9, 3]
            ArraySet [] Array (arr: Array, index: Number, value: Any) -> Array {READS WRITES THROWS} = array_set;
            /// Appends `value` in place and returns the same array.
            /// > induce depths = [1];
            /// > ArrayPush(depths, 2);
            /// > depths → [1, 2]
            ArrayPush [] Array (arr: Array, value: Any) -> Array {READS WRITES THROWS} = array_push;
            /// Removes and returns the last element, in place; null when empty.
            /// > induce depths = [1, 2];
            /// > ArrayPop(depths) → 2
            /// > depths → [1]
            ArrayPop [] Array (arr: Array) -> Any {READS WRITES THROWS} = array_pop;
            /// Removes and returns the first element, in place; null when empty.
            /// > induce depths = [1, 2];
            /// > ArrayShift(depths) → 1
            /// > depths → [2]
            ArrayShift [] Array (arr: Array) -> Any {READS WRITES THROWS} = array_shift;
            /// Inserts `value` before `index` (the length appends) in place and returns the same array.
            /// Raises an index error outside.
            /// > ArrayInsert([1, 3], 1, 2) → [1, 2, 3]
            ArrayInsert [] Array (arr: Array, index: Number, value: Any) -> Array {READS WRITES THROWS} = array_insert;
            /// Removes and returns the element at `index`, in place. Raises an index error outside.
            /// > induce depths = [1, 2, 3];
            /// > ArrayRemoveAt(depths, 1) → 2
            /// > depths → [1, 3]
            ArrayRemoveAt [] Array (arr: Array, index: Number) -> Any {READS WRITES THROWS} = array_remove_at;
            /// Removes all elements in place and returns the same array.
            /// > ArrayClear([1, 2]) → []
            ArrayClear [] Array (arr: Array) -> Array {READS WRITES THROWS} = array_clear;
            /// Whether both arrays have the same length and pairwise equal elements.
            /// > ArraysEqual([1, [2]], [1, [2]]) → true
            ArraysEqual [] Array (a: Array, b: Array) -> Boolean {READS THROWS} = arrays_equal;
            /// Numbers from `start` to `end`, both included, in steps of `step` (default 1; negative
            /// counts down). Step 0 and more than 2^24 elements raise an error.
            /// > ArrayRange(1, 9, 2) → [1, 3, 5, 7, 9]
            ArrayRange [] Array (start: Number, end: Number, step: opt Number) -> Numbers {THROWS} = array_range;
            /// Array of `count` times the same value. More than 2^24 raise an error.
            /// > ArrayRepeat("A", 3) → [A, A, A]
            ArrayRepeat [] Array (value: Any, count: Number) -> Array {THROWS} = array_repeat;
            /// Array of `size` elements, each `default` (null if left out). More than 2^24 raise an error.
            /// > CreateArray(3, 0) → [0, 0, 0]
            CreateArray [] Array (size: Number, default: opt Any) -> Array {THROWS} = create_array;
            /// Two arrays: the first and the second elements of an array of pairs.
            /// > Unzip([[1, "a"], [2, "b"]]) → [[1, 2], [a, b]]
            Unzip [ArrayUnzip] Array (pairs: Array) -> Array {READS THROWS} = unzip;
            /// New array in the order of `compare(a, b)`: negative when `a` comes first, positive when
            /// `b` does. Stable.
            /// > ArraySortBy([1, 3, 2], (a, b) => b - a) → [3, 2, 1]
            ArraySortBy [SortBy] Array (arr: Array, compare: Function) -> Array {READS CALLBACK THROWS} = array_sort_by;
            /// New array of `count` elements from `start`, both clamped.
            /// > SubArray([1, 2, 3, 4], 1, 2) → [2, 3]
            SubArray [] Array (arr: Array, start: Number, count: Number) -> Array {READS THROWS} = sub_array;

            // ---- Collection: arrays as sets; results in order of first occurrence ----

            /// Different elements of both arrays.
            /// > Union([1, 2], [2, 3]) → [1, 2, 3]
            Union [ArrayUnion] Collection (a: Array, b: Array) -> Array {READS THROWS} = union;
            /// Different elements of `a` that occur in `b`.
            /// > Intersection([1, 2, 3], [3, 2]) → [2, 3]
            Intersection [ArrayIntersection] Collection (a: Array, b: Array) -> Array {READS THROWS} = intersection;
            /// Different elements of `a` that do not occur in `b`.
            /// > Difference([1, 2, 3], [2]) → [1, 3]
            Difference [] Collection (a: Array, b: Array) -> Array {READS THROWS} = difference;
            /// Different elements that occur in only one of the arrays.
            /// > SymmetricDifference([1, 2], [2, 3]) → [1, 3]
            SymmetricDifference [] Collection (a: Array, b: Array) -> Array {READS THROWS} = symmetric_difference;
            /// Whether every element of `a` occurs in `b`.
            /// > IsSubset([1, 2], [3, 2, 1]) → true
            IsSubset [] Collection (a: Array, b: Array) -> Boolean {READS THROWS} = is_subset;
            /// Whether every element of `b` occurs in `a`.
            /// > IsSuperset([3, 2, 1], [1, 2]) → true
            IsSuperset [] Collection (a: Array, b: Array) -> Boolean {READS THROWS} = is_superset;
            /// Whether the arrays share no element.
            /// > IsDisjoint([1, 2], [3]) → true
            IsDisjoint [] Collection (a: Array, b: Array) -> Boolean {READS THROWS} = is_disjoint;
            /// Dictionary from every different element (strings, numbers, booleans; others by display
            /// form) to its number of occurrences.
            /// > Frequency(["a", "b", "a"]) → {a: 2, b: 1}
            Frequency [] Collection (arr: Array) -> Object {READS THROWS} = frequency;
            /// The `n` most frequent elements as pairs `[element, count]`, first occurrence first on ties.
            /// > MostCommon(["a", "b", "a"], 1) → [[a, 2]]
            MostCommon [] Collection (arr: Array, n: Number) -> Array {READS THROWS} = most_common;
            /// The `n` least frequent elements as pairs `[element, count]`, first occurrence first on ties.
            /// > LeastCommon(["a", "b", "a"], 1) → [[b, 1]]
            LeastCommon [] Collection (arr: Array, n: Number) -> Array {READS THROWS} = least_common;
            /// Different elements of the array.
            /// > ToSet([1, 2, 1]) → [1, 2]
            ToSet [] Collection (arr: Array) -> Array {READS THROWS} = to_set;
            /// Number of different elements.
            /// > SetSize([1, 2, 1]) → 2
            SetSize [] Collection (arr: Array) -> Number {READS THROWS} = set_size;
            /// All pairs `[x, y]` with `x` from `a` and `y` from `b`, by `a` first.
            /// More than 2^24 pairs raise an error.
            /// > CartesianProduct([1, 2], ["a", "b"]) → [[1, a], [1, b], [2, a], [2, b]]
            CartesianProduct [] Collection (a: Array, b: Array) -> Array {READS THROWS} = cartesian_product;

            // ---- Statistics: elements are converted by ToNumber ----

            /// Arithmetic mean; 0 when empty.
            /// > Mean([1, 2, 6]) → 3
            Mean [CalculateMean] Statistics (arr: Numbers) -> Number {READS THROWS} = mean;
            /// Middle of the sorted numbers, mean of the two middles for an even count, NaN last;
            /// 0 when empty.
            /// > Median([5, 1, 3]) → 3
            Median [CalculateMedian, ArrayMedian] Statistics (arr: Numbers) -> Number {READS THROWS} = median;
            /// Most frequent number, the first seen on ties; 0 when empty. NaN counts as one number, 0 and
            /// -0 as two.
            /// > Mode([1, 2, 2, 3]) → 2
            Mode [CalculateMode] Statistics (arr: Numbers) -> Number {READS THROWS} = mode;
            /// Sample standard deviation (n - 1); 0 below two elements.
            /// > StandardDeviation([1, 3, 5]) → 2
            StandardDeviation [CalculateStandardDeviation, ArrayStandardDeviation] Statistics (arr: Numbers) -> Number {READS THROWS} = standard_deviation;
            /// Sample variance (n - 1); 0 below two elements.
            /// > Variance([1, 3, 5]) → 4
            Variance [CalculateVariance, ArrayVariance] Statistics (arr: Numbers) -> Number {READS THROWS} = variance;
            /// Largest minus smallest number, NaN ignored; 0 when empty.
            /// `Range(start, end, step)` is `ArrayRange`.
            /// > Range([4, 1, 9]) → 8
            /// > Range(1, 3) → [1, 2, 3]
            Range [CalculateRange] Statistics (arr: Array Number, end: opt Number, step: opt Number) -> Number Numbers
                / (arr: Array) -> Number / (start: Number, end: Number, step: opt Number) -> Numbers
                {READS THROWS} = range;
            /// Element at `p` percent (0 to 100) of the sorted numbers, nearest rank, no interpolation;
            /// 0 when empty or `p` is out of range.
            /// > Percentile([10, 20, 30, 40, 50], 50) → 30
            Percentile [CalculatePercentile] Statistics (arr: Numbers, p: Number) -> Number {READS THROWS} = percentile;
            /// Pearson correlation, from -1 to 1; 0 for unequal lengths, no elements or no variance.
            /// > Correlation([1, 2, 3], [2, 4, 6]) → 1
            Correlation [CalculateCorrelation] Statistics (x: Numbers, y: Numbers) -> Number {READS THROWS} = correlation;
            /// Least squares line as `[slope, intercept]`; `[0, 0]` for unequal lengths or no elements,
            /// slope 0 for constant `x`.
            /// > LinearRegression([0, 1, 2], [1, 3, 5]) → [2, 1]
            LinearRegression [] Statistics (x: Numbers, y: Numbers) -> Numbers {READS THROWS} = linear_regression;

            // ---- Dictionary: insertion-ordered; keys are strings, numbers or booleans, distinct by kind.
            //      JSON text of an object is accepted in place of a dictionary. ----

            /// New empty dictionary.
            /// > DictCreate() → {}
            DictCreate [] Dictionary () -> Object {} = dict_create;
            /// Value of a key; null when missing.
            /// > DictGet({depth: 7}, "depth") → 7
            /// > DictGet({depth: 7}, "mood") → null
            DictGet [] Dictionary (dict: Object, key: String Number Boolean) -> Any {READS THROWS} = dict_get;
            /// Sets the value of a key in place and returns the same dictionary.
            /// > DictSet({a: 1}, "b", 2) → {a: 1, b: 2}
            DictSet [] Dictionary (dict: Object, key: String Number Boolean, value: Any) -> Object {READS WRITES THROWS} = dict_set;
            /// Whether a key is present; also answers for the fields of records.
            /// > DictHasKey({a: 1}, "a") → true
            DictHasKey [HasKey] Dictionary (dict: Object, key: String Number Boolean) -> Boolean {READS THROWS} = dict_has_key;
            /// Array of the keys in insertion order.
            /// > DictKeys({a: 1, b: 2}) → [a, b]
            DictKeys [] Dictionary (dict: Object) -> Array {READS THROWS} = dict_keys;
            /// Array of the values in insertion order.
            /// > DictValues({a: 1, b: 2}) → [1, 2]
            DictValues [] Dictionary (dict: Object) -> Array {READS THROWS} = dict_values;
            /// Number of entries.
            /// > DictSize({a: 1, b: 2}) → 2
            DictSize [] Dictionary (dict: Object) -> Number {READS THROWS} = dict_size;
            /// Whether there are no entries.
            /// > DictIsEmpty({}) → true
            DictIsEmpty [] Dictionary (dict: Object) -> Boolean {READS THROWS} = dict_is_empty;
            /// Removes a key in place, if present, and returns the same dictionary.
            /// > DictRemove({a: 1, b: 2}, "a") → {b: 2}
            DictRemove [] Dictionary (dict: Object, key: String Number Boolean) -> Object {READS WRITES THROWS} = dict_remove;
            /// Removes all entries in place and returns the same dictionary.
            /// > DictClear({a: 1}) → {}
            DictClear [] Dictionary (dict: Object) -> Object {READS WRITES THROWS} = dict_clear;
            /// New dictionary of the entries of both; `b` wins.
            /// > DictMerge({a: 1, b: 2}, {b: 3}) → {a: 1, b: 3}
            DictMerge [] Dictionary (a: Object, b: Object) -> Object {READS THROWS} = dict_merge;
            /// Compact JSON text; keys become strings, NaN and infinities null.
            /// > DictToJson({a: 1, b: [true]}) → {"a":1,"b":[true]}
            DictToJson [] Dictionary (dict: Object) -> String {READS THROWS} = dict_to_json;
            /// Dictionary of the JSON text of an object; empty for other JSON values.
            /// Invalid text raises an error with its line and column.
            /// > DictFromJson('{"a": 1}') → {a: 1}
            DictFromJson [] Dictionary (json: String) -> Object {THROWS} = dict_from_json;
            /// New dictionary of the entries with a truthy `pred(key, value)`.
            /// > DictFilter({a: 1, b: 2}, (key, value) => value > 1) → {b: 2}
            DictFilter [] Dictionary (dict: Object, pred: Function) -> Object {READS CALLBACK THROWS} = dict_filter;
            /// New dictionary with every value replaced by `fn(key, value)`.
            /// > DictMap({a: 1, b: 2}, (key, value) => value * 10) → {a: 10, b: 20}
            DictMap [] Dictionary (dict: Object, fn: Function) -> Object {READS CALLBACK THROWS} = dict_map;

            // ---- Time: local time zone unless stated ----

            /// Whole seconds since 1970-01-01 UTC.
            /// > CurrentTimestamp() > 1700000000 → true
            CurrentTimestamp [GetCurrentTime, Timestamp] Time () -> Number {CLOCK} = current_timestamp;
            /// Date as `YYYY-MM-DD`.
            /// > MatchesPattern(CurrentDate(), "^\\d{4}-\\d\\d-\\d\\d$") → true
            CurrentDate [GetCurrentDate] Time () -> String {CLOCK} = current_date;
            /// Time of day as `HH:MM:SS`.
            /// > MatchesPattern(CurrentTime(), "^\\d\\d:\\d\\d:\\d\\d$") → true
            CurrentTime [GetCurrentTimeString] Time () -> String {CLOCK} = current_time;
            /// Date and time as `YYYY-MM-DD HH:MM:SS`.
            /// > Length(CurrentDateTime()) → 19
            CurrentDateTime [GetCurrentDateTime] Time () -> String {CLOCK} = current_date_time;
            /// Formats now, or `timestamp` in seconds since 1970, by strftime codes such as `%Y-%m-%d`.
            /// An unknown code raises an error.
            /// > FormatDateTime("Year %Y", 950000000) → Year 2000
            FormatDateTime [] Time (format: String, timestamp: opt Number) -> String {CLOCK THROWS} = format_date_time;
            /// Day of the week, 0 (Sunday) to 6 (Saturday).
            /// > IsInRange(DayOfWeek(), 0, 6) → true
            DayOfWeek [GetDayOfWeek] Time () -> Number {CLOCK} = day_of_week;
            /// Day of the year, 1 to 366.
            /// > IsInRange(DayOfYear(), 1, 366) → true
            DayOfYear [GetDayOfYear] Time () -> Number {CLOCK} = day_of_year;
            /// Whether a year has 366 days in the Gregorian calendar.
            /// > IsLeapYear(2024) → true
            IsLeapYear [] Time (year: Number) -> Boolean {THROWS} = is_leap_year;
            /// Days of a month (1 to 12); null for any other month.
            /// > DaysInMonth(2024, 2) → 29
            DaysInMonth [GetDaysInMonth] Time (year: Number, month: Number) -> Number Null {THROWS} = days_in_month;
            /// Current year.
            /// > CurrentYear() >= 2024 → true
            CurrentYear [GetYear] Time () -> Number {CLOCK} = current_year;
            /// Current month, 1 to 12.
            /// > IsInRange(CurrentMonth(), 1, 12) → true
            CurrentMonth [GetMonth] Time () -> Number {CLOCK} = current_month;
            /// Current day of the month, 1 to 31.
            /// > IsInRange(CurrentDay(), 1, 31) → true
            CurrentDay [GetDay] Time () -> Number {CLOCK} = current_day;
            /// Current hour, 0 to 23.
            /// > IsInRange(CurrentHour(), 0, 23) → true
            CurrentHour [GetHour] Time () -> Number {CLOCK} = current_hour;
            /// Current minute, 0 to 59.
            /// > IsInRange(CurrentMinute(), 0, 59) → true
            CurrentMinute [GetMinute] Time () -> Number {CLOCK} = current_minute;
            /// Current second, 0 to 59.
            /// > IsInRange(CurrentSecond(), 0, 59) → true
            CurrentSecond [GetSecond] Time () -> Number {CLOCK} = current_second;
            /// Now in UTC as ISO 8601 text such as `2026-03-01T12:00:00Z`.
            /// > EndsWith(Now(), "Z") → true
            Now [] Time () -> String {CLOCK} = now;
            /// Milliseconds since the program started, with fraction, on a steady clock.
            /// > GetExecutionTime() >= 0 → true
            GetExecutionTime [] Time () -> Number {CLOCK} = get_execution_time;

            // ---- System ----

            /// Working directory of the process; `.` if unavailable.
            /// > IsDirectory(GetCurrentDirectory()) → true
            GetCurrentDirectory [] System () -> String {SYSTEM} = get_current_directory;
            /// Value of an environment variable; null when unset.
            /// > SetEnv("MOOD", "calm");
            /// > GetEnv("MOOD") → calm
            /// > GetEnv("NO SUCH NAME") → null
            GetEnv [GetEnvVar, GetEnvironmentVariable] System (name: String) -> String Null {ENV_READ THROWS} = get_env;
            /// Sets an environment variable for this program. A name that is empty or contains `=`, and
            /// NUL characters, raise an error.
            /// > SetEnv("MOOD", "calm");
            /// > GetEnv("MOOD") → calm
            SetEnv [SetEnvVar, SetEnvironmentVariable] System (name: String, value: String) -> Null {ENV_WRITE THROWS} = set_env;
            /// Dictionary of all environment variables, by name.
            /// > SetEnv("MOOD", "calm");
            /// > GetAllEnvironmentVariables().MOOD → calm
            GetAllEnvironmentVariables [] System () -> Object {ENV_READ} = get_all_environment_variables;
            /// Operating system: `linux`, `macos`, `windows`, …
            /// > IsEmpty(GetOperatingSystem()) → false
            GetOperatingSystem [] System () -> String {SYSTEM} = get_operating_system;
            /// Processor architecture: `x86_64`, `aarch64`, …
            /// > IsEmpty(GetArchitecture()) → false
            GetArchitecture [] System () -> String {SYSTEM} = get_architecture;
            /// Logical processors available to the process.
            /// > GetCpuCount() >= 1 → true
            GetCpuCount [GetProcessorCount, cpuCount] System () -> Number {SYSTEM} = get_cpu_count;
            /// Host name; `unknown` if it cannot be found.
            /// > IsEmpty(GetHostname()) → false
            GetHostname [GetMachineName] System () -> String {SYSTEM} = get_hostname;
            /// Name of the user from `USER` or `USERNAME`; `unknown` without them.
            /// > IsEmpty(GetUsername()) → false
            GetUsername [] System () -> String {SYSTEM} = get_username;
            /// Home directory from `HOME` or `USERPROFILE`; `.` without them.
            /// > IsEmpty(GetHomeDirectory()) → false
            GetHomeDirectory [] System () -> String {SYSTEM} = get_home_directory;
            /// Directory for temporary files.
            /// > IsDirectory(GetTempDirectory()) → true
            GetTempDirectory [] System () -> String {SYSTEM} = get_temp_directory;
            /// Arguments given to the script.
            /// > GetArgs() → []
            GetArgs [] System () -> Strings {ARGS} = get_args;
            /// Ends the program with a whole exit code, of which systems keep the lowest 8 bits: 256 is a
            /// success. Open `finally` blocks and `finale` run; `catch` does not see it.
            /// > observe "going under"; → going under
            /// > Exit(0);
            /// > observe "never reached";
            Exit [] System (code: opt Number) -> Null {NO_RETURN THROWS} = exit;
            /// Changes the working directory of the process. Raises an error if it does not exist.
            /// > ChangeDirectory(GetTempDirectory());
            /// > WriteFile("here.txt", "calm");
            /// > FileExists(JoinPath(GetTempDirectory(), "here.txt")) → true
            ChangeDirectory [] System (path: String) -> Null {FS_READ ENV_WRITE THROWS} = change_directory;
            /// Number of the running process.
            /// > GetCurrentProcessId() > 0 → true
            GetCurrentProcessId [] System () -> Number {SYSTEM} = get_current_process_id;

            // ---- File: failures raise an error of kind `io` ----

            /// Whole file as UTF-8 text.
            /// > induce path = JoinPath(GetTempDirectory(), "read.txt");
            /// > WriteFile(path, "deep calm");
            /// > ReadFile(path) → deep calm
            ReadFile [] File (path: String) -> String {FS_READ THROWS} = read_file;
            /// Creates or replaces a file, missing parent directories included. If writing fails, a part of
            /// the text may have been written.
            /// > induce path = JoinPath(GetTempDirectory(), "new", "note.txt");
            /// > WriteFile(path, "calm");
            /// > ReadFile(path) → calm
            WriteFile [] File (path: String, content: String) -> Null {FS_WRITE THROWS} = write_file;
            /// Appends to a file, created with its parent directories when missing; adds no line break.
            /// > induce path = JoinPath(GetTempDirectory(), "append.txt");
            /// > WriteFile(path, "deep");
            /// > AppendFile(path, "er");
            /// > ReadFile(path) → deeper
            AppendFile [] File (path: String, content: String) -> Null {FS_WRITE THROWS} = append_file;
            /// Whether a file or directory exists; false if that cannot be found out.
            /// > FileExists(GetTempDirectory()) → true
            /// > FileExists(JoinPath(GetTempDirectory(), "missing")) → false
            FileExists [] File (path: String) -> Boolean {FS_READ THROWS} = file_exists;
            /// Whether the path is a regular file.
            /// > IsFile(GetTempDirectory()) → false
            IsFile [] File (path: String) -> Boolean {FS_READ THROWS} = is_file;
            /// Whether the path is a directory.
            /// > IsDirectory(GetTempDirectory()) → true
            IsDirectory [DirectoryExists] File (path: String) -> Boolean {FS_READ THROWS} = is_directory;
            /// Removes a file.
            /// > induce path = JoinPath(GetTempDirectory(), "old.txt");
            /// > WriteFile(path, "");
            /// > DeleteFile(path);
            /// > FileExists(path) → false
            DeleteFile [] File (path: String) -> Null {FS_WRITE THROWS} = delete_file;
            /// Creates a directory and its missing parents; an existing one is fine.
            /// > induce path = JoinPath(GetTempDirectory(), "a", "b");
            /// > CreateDirectory(path);
            /// > IsDirectory(path) → true
            CreateDirectory [] File (path: String) -> Null {FS_WRITE THROWS} = create_directory;
            /// Sorted names of the entries of a directory.
            /// > induce path = JoinPath(GetTempDirectory(), "list");
            /// > WriteFile(JoinPath(path, "b.txt"), "");
            /// > CreateDirectory(JoinPath(path, "a"));
            /// > ListDirectory(path) → [a, b.txt]
            ListDirectory [] File (path: String) -> Strings {FS_READ THROWS} = list_directory;
            /// Size of a file in bytes.
            /// > induce path = JoinPath(GetTempDirectory(), "size.txt");
            /// > WriteFile(path, "träume");
            /// > GetFileSize(path) → 7
            GetFileSize [] File (path: String) -> Number {FS_READ THROWS} = get_file_size;
            /// Copies a file over the target and returns the bytes copied.
            /// > induce path = JoinPath(GetTempDirectory(), "from.txt");
            /// > WriteFile(path, "calm");
            /// > CopyFile(path, path + ".copy") → 4
            CopyFile [] File (from: String, to: String) -> Number {FS_READ FS_WRITE THROWS} = copy_file;
            /// Renames a file or directory.
            /// > induce path = JoinPath(GetTempDirectory(), "name.txt");
            /// > WriteFile(path, "calm");
            /// > RenameFile(path, path + ".new");
            /// > FileExists(path) → false
            RenameFile [MoveFile] File (from: String, to: String) -> Null {FS_WRITE THROWS} = rename_file;
            /// Last extension of a path, without the dot; null without one. Does not touch the file.
            /// > GetFileExtension("notes/trance.tar.gz") → gz
            GetFileExtension [] File (path: String) -> String Null {THROWS} = get_file_extension;
            /// File name of a path without its last extension; null for a root.
            /// > GetFileName("notes/trance.txt") → trance
            GetFileName [GetFileStem] File (path: String) -> String Null {THROWS} = get_file_name;
            /// File name of a path with extension; null for a root.
            /// > GetBaseName("notes/trance.txt") → trance.txt
            GetBaseName [] File (path: String) -> String Null {THROWS} = get_base_name;
            /// Parent of a path, empty for a bare name; null for a root.
            /// > GetParentDirectory("notes/trance.txt") → notes
            GetParentDirectory [] File (path: String) -> String Null {THROWS} = get_parent_directory;
            /// Lines of a UTF-8 file, without line breaks; a final line break adds no empty line.
            /// > induce path = JoinPath(GetTempDirectory(), "lines.txt");
            /// > WriteFile(path, "one\ntwo\n");
            /// > ReadLines(path) → [one, two]
            ReadLines [] File (path: String) -> Strings {FS_READ THROWS} = read_lines;
            /// Writes lines joined by line feeds, without a final one; creates parent directories.
            /// > induce path = JoinPath(GetTempDirectory(), "written.txt");
            /// > WriteLines(path, ["one", "two"]);
            /// > ReadLines(path) → [one, two]
            WriteLines [] File (path: String, lines: Array) -> Null {READS FS_WRITE THROWS} = write_lines;
            /// Copies a directory and everything in it into the target: first all directories, then the files
            /// by name. It stops at the first that it cannot copy; what it has copied until then stays.
            /// > induce path = JoinPath(GetTempDirectory(), "tree");
            /// > WriteFile(JoinPath(path, "sub", "leaf.txt"), "calm");
            /// > CopyDirectoryRecursive(path, path + "2");
            /// > ReadFile(JoinPath(path + "2", "sub", "leaf.txt")) → calm
            CopyDirectoryRecursive [] File (from: String, to: String) -> Null {FS_READ FS_WRITE THROWS} = copy_directory_recursive;
            /// Joins path parts; an absolute part starts over.
            /// > GetBaseName(JoinPath("notes", "trance.txt")) → trance.txt
            JoinPath [] File (parts: rest String) -> String {THROWS} = join_path;
            /// Dictionary of `size` in bytes and `created` and `modified` in seconds since 1970 (null if
            /// unknown).
            /// > induce path = JoinPath(GetTempDirectory(), "info.txt");
            /// > WriteFile(path, "calm");
            /// > GetFileInfo(path).size → 4
            GetFileInfo [] File (path: String) -> Object {FS_READ THROWS} = get_file_info;
            /// Sorted names of the files in a directory.
            /// > induce path = JoinPath(GetTempDirectory(), "files");
            /// > WriteFile(JoinPath(path, "b.txt"), "");
            /// > CreateDirectory(JoinPath(path, "a"));
            /// > ListFiles(path) → [b.txt]
            ListFiles [] File (path: String) -> Strings {FS_READ THROWS} = list_files;
            /// Sorted names of the directories in a directory.
            /// > induce path = JoinPath(GetTempDirectory(), "folders");
            /// > WriteFile(JoinPath(path, "b.txt"), "");
            /// > CreateDirectory(JoinPath(path, "a"));
            /// > ListDirectories(path) → [a]
            ListDirectories [] File (path: String) -> Strings {FS_READ THROWS} = list_directories;
            /// Removes a directory; with `recursive` (default false) also everything in it.
            /// > induce path = JoinPath(GetTempDirectory(), "gone");
            /// > WriteFile(JoinPath(path, "b.txt"), "");
            /// > DeleteDirectory(path, true);
            /// > FileExists(path) → false
            DeleteDirectory [] File (path: String, recursive: opt Boolean) -> Null {FS_WRITE THROWS} = delete_directory;

            // ---- Random ----

            /// One step of a fixed 64-bit linear congruential generator on a whole, non-negative seed:
            /// the same seed always gives the same number, from 0 to 2^64.
            /// > SimpleRandom(1) == SimpleRandom(1) → true
            SimpleRandom [] Random (seed: Number) -> Number {THROWS} = simple_random;
            /// Random number in [0, 1). `hypc run --seed` makes random numbers the same in every run.
            /// > induce r = Random();
            /// > r >= 0 && r < 1 → true
            Random [] Random () -> Number {RANDOM} = random;
            /// Random number from `min` to `max`: a whole number, both ends included, when both bounds
            /// are whole, otherwise any number between. Raises an error if `min > max`.
            /// > induce r = RandomRange(0.5, 1.5);
            /// > r >= 0.5 && r <= 1.5 → true
            RandomRange [] Random (min: Number, max: Number) -> Number {RANDOM THROWS} = random_range;
            /// Random whole number from `min` to `max`, both included. Raises an error if `min > max`.
            /// > ArrayContains([1, 2, 3, 4, 5, 6], RandomInt(1, 6)) → true
            RandomInt [] Random (min: Number, max: Number) -> Number {RANDOM THROWS} = random_int;
            /// One random element; null for an empty array.
            /// > Contains("abc", RandomChoice(["a", "b", "c"])) → true
            RandomChoice [] Random (arr: Array) -> Any {READS RANDOM THROWS} = random_choice;
            /// New array of `count` different elements in random order, at most the array's length.
            /// > ArraySort(RandomSample([3, 1, 2], 3)) → [1, 2, 3]
            RandomSample [Sample] Random (arr: Array, count: Number) -> Array {READS RANDOM THROWS} = random_sample;
            /// Random ASCII letters and digits from the operating system's generator, `length` of them.
            /// > MatchesPattern(GenerateRandomString(12), "^[A-Za-z0-9]{12}$") → true
            GenerateRandomString [] Random (length: Number) -> String {RANDOM THROWS} = generate_random_string;
            /// Random UUID of version 4 in lower case.
            /// > UuidV4() == UuidV4() → false
            /// > Length(UuidV4()) → 36
            UuidV4 [GenerateUUID] Random () -> String {RANDOM THROWS} = uuid_v4;
            /// The same UUID for the same whole, non-negative `seed`: its 8 bytes, lowest first, twice. Version and
            /// variant are not set.
            /// > UuidFromSeed(1) → 01000000-0000-0000-0100-000000000000
            UuidFromSeed [] Random (seed: Number) -> String {THROWS} = uuid_from_seed;

            // ---- Data: JSON and comma-separated values ----

            /// Value of JSON text; objects become dictionaries in the order of the text.
            /// Invalid text, and nesting deeper than 127 levels, raise an error with its line and column.
            /// > ParseJSON('{"depth": 7}').depth → 7
            ParseJSON [] Data (text: String) -> Any {THROWS} = parse_json;
            /// Compact JSON text of a value; NaN and infinities become null.
            /// Functions, session instances, cycles and nesting deeper than 127 levels raise an error.
            /// > StringifyJSON({name: "Ada", depths: [1, 2.5]}) → {"name":"Ada","depths":[1,2.5]}
            StringifyJSON [ToJson] Data (value: Any) -> String {READS THROWS} = stringify_json;
            /// JSON text laid out in lines, two blanks per level, with keys in ascending order.
            /// > JsonPretty('{"b": [], "a": 1}') → {
            /// > →   "a": 1,
            /// > →   "b": []
            /// > → }
            JsonPretty [] Data (json: String) -> String {THROWS} = json_pretty;
            /// The part of JSON text at a path of keys and `[index]`es: strings as they are, anything else as
            /// compact JSON text. A missing part gives `default`, a blank path the whole document. Keys with dots
            /// cannot be reached.
            /// > JsonQuery('{"items": [{"name": "Ada"}]}', "items[0].name") → Ada
            /// > JsonQuery('{"depth": 7}', "mood", "calm") → calm
            JsonQuery [] Data (json: String, path: String, default: opt String) -> String Null {THROWS} = json_query;
            /// Compact JSON text of both: objects are merged, arrays concatenated, otherwise `b` wins. Keys are in
            /// ascending order.
            /// > JsonMerge('{"b": [1], "a": 1}', '{"b": [2], "a": 2}') → {"a":2,"b":[1,2]}
            JsonMerge [] Data (a: String, b: String) -> String {THROWS} = json_merge;
            /// Dictionary of `headers` and `rows`, arrays of strings, from comma-separated text with quotes as in
            /// RFC 4180. Blank lines are skipped. With `hasHeader` false (default true) there are no headers. The
            /// delimiter is one ASCII character (default `,`). Lines with different numbers of cells raise an error.
            /// > induce table = ParseCsv("name,depth\nAda,7\n\"B, C\",3");
            /// > table.headers → [name, depth]
            /// > table.rows[1][0] → B, C
            ParseCsv [] Data (text: String, delimiter: opt String, hasHeader: opt Boolean) -> Object {THROWS} = parse_csv;
            /// Comma-separated text of a table as `ParseCsv` returns it, with quotes where they are needed. The
            /// headers come first unless they are empty or `hasHeader` is false. Rows of different lengths raise an
            /// error.
            /// > CsvToString({headers: ["name", "depth"], rows: [["B, C", 3]]}) → name,depth
            /// > → "B, C",3
            /// > →
            CsvToString [] Data (table: Object, delimiter: opt String, hasHeader: opt Boolean) -> String {READS THROWS} = csv_to_string;
            /// Table with only the named columns, in that order; unknown names are left out. A table without
            /// headers is returned as it is. `table` may be text; `options` then are a dictionary of `delimiter` and
            /// `hasHeader`, as for `ParseCsv`.
            /// > CsvSelectColumns("name,depth,mood\nAda,7,calm", ["mood", "name"]).rows → [[calm, Ada]]
            CsvSelectColumns [] Data (table: String Object, columns: Strings, options: opt Object) -> Object {READS THROWS} = csv_select_columns;

            // ---- Encoding ----

            /// Base64 with the standard alphabet and padding.
            /// > Base64Encode("träume") → dHLDpHVtZQ==
            Base64Encode [] Encoding (s: String) -> String {THROWS} = base64_encode;
            /// Text of strict, padded Base64. Anything else, or a result that is not UTF-8, raises an error.
            /// > Base64Decode("dHLDpHVtZQ==") → träume
            Base64Decode [] Encoding (s: String) -> String {THROWS} = base64_decode;
            /// Text for the query of a URL: letters, digits and `-_.~` stay, a blank becomes `+`, every other byte
            /// `%XX`.
            /// > URLEncode("deep & träume") → deep+%26+tr%C3%A4ume
            URLEncode [] Encoding (s: String) -> String {THROWS} = url_encode;
            /// Inverse of `URLEncode`. An incomplete escape, or a result that is not UTF-8, raises an error.
            /// > URLDecode("deep+%26+tr%C3%A4ume") → deep & träume
            URLDecode [] Encoding (s: String) -> String {THROWS} = url_decode;
            /// Lower-case hexadecimal digits.
            /// > HexEncode("calm") → 63616c6d
            HexEncode [] Encoding (s: String) -> String {THROWS} = hex_encode;
            /// Text of hexadecimal digits in any case. Anything else, or a result that is not UTF-8, raises an error.
            /// > HexDecode("63616C6D") → calm
            HexDecode [] Encoding (s: String) -> String {THROWS} = hex_decode;
            /// `&`, `<`, `>`, quotes and apostrophes as entities.
            /// > HTMLEncode("<b>calm & 'deep'</b>") → &lt;b&gt;calm &amp; &#39;deep&#39;&lt;/b&gt;
            HTMLEncode [] Encoding (s: String) -> String {THROWS} = html_encode;
            /// Inverse of `HTMLEncode`; also knows `&apos;` and entities by decimal or hexadecimal number. Other
            /// entities stay.
            /// > HTMLDecode("&lt;b&gt; &#228; &#xE4; &nbsp;") → <b> ä ä &nbsp;
            HTMLDecode [] Encoding (s: String) -> String {THROWS} = html_decode;

            // ---- Hashing ----

            /// 53-bit FNV-1a hash of the UTF-8 bytes; the same on every machine and in every version.
            /// > HashString("calm") == HashString("calm") → true
            HashString [] Hashing (s: String) -> Number {THROWS} = hash_string;
            /// 53-bit FNV-1a hash of the number's IEEE 754 bits; 0 and -0 differ.
            /// > HashNumber(0) == HashNumber(-0) → false
            HashNumber [] Hashing (n: Number) -> Number {THROWS} = hash_number;
            /// MD5 digest. Broken: for checksums only.
            /// > MD5("hello world") → 5eb63bbbe01eeed093cb22bb8f5acdc3
            MD5 [] Hashing (s: String) -> String {THROWS} = md5;
            /// SHA-1 digest. Broken: for checksums only.
            /// > SHA1("hello world") → 2aae6c35c94fcfb415dbe95f408b9ce91ee846ed
            SHA1 [] Hashing (s: String) -> String {THROWS} = sha1;
            /// SHA-256 digest.
            /// > SHA256("calm") == SHA256("Calm") → false
            SHA256 [] Hashing (s: String) -> String {THROWS} = sha256;
            /// SHA-512 digest.
            /// > Length(SHA512("calm")) → 128
            SHA512 [] Hashing (s: String) -> String {THROWS} = sha512;
            /// Keyed hash of `message`. The algorithm is `MD5`, `SHA1`, `SHA256` or `SHA512`; case and hyphens do
            /// not count.
            /// > HMAC("what do ya want for nothing?", "Jefe", "MD5") → 750c783e6ab0b503eaa86e310a5db738
            HMAC [] Hashing (message: String, key: String, algorithm: String) -> String {THROWS} = hmac;
            /// Whether `signature` is the `HMAC` of the message, compared in constant time.
            /// > VerifyHMAC("calm", HMAC("calm", "secret", "SHA256"), "secret", "SHA256") → true
            VerifyHMAC [] Hashing (message: String, signature: String, key: String, algorithm: String) -> Boolean {THROWS} = verify_hmac;
            /// Whether two hexadecimal digests are equal, ignoring case, compared in constant time.
            /// > VerifyHash(MD5("calm"), ToUpper(MD5("calm"))) → true
            VerifyHash [] Hashing (actual: String, expected: String) -> Boolean {THROWS} = verify_hash;
            /// Digest of a file's bytes; algorithms as for `HMAC`.
            /// > induce path = JoinPath(GetTempDirectory(), "hash.txt");
            /// > WriteFile(path, "calm");
            /// > HashFile(path, "SHA256") == SHA256("calm") → true
            HashFile [] Hashing (path: String, algorithm: String) -> String {FS_READ THROWS} = hash_file;

            // ---- Encryption ----

            /// Key of `keyLength` bytes (at most 65536), in hexadecimal digits, derived by PBKDF2 with HMAC-SHA256.
            /// A salt of pairs of hexadecimal digits stands for those bytes, other salts for their UTF-8 bytes.
            /// > PBKDF2("password", "salt", 2, 8) → ae4d0c95af6b46d3
            PBKDF2 [] Crypto (password: String, salt: String, iterations: Number, keyLength: Number) -> String {TASKS THROWS} = pbkdf2;
            /// Password hash by bcrypt with a random salt. Each step of the work factor (4 to 31) doubles the time.
            /// Passwords of more than 72 bytes raise an error, because bcrypt would ignore the rest.
            /// > VerifyBCrypt("deep secret", BCrypt("deep secret", 4)) → true
            BCrypt [] Crypto (password: String, workFactor: Number) -> String {RANDOM TASKS THROWS} = bcrypt;
            /// Whether a password has this bcrypt hash; false for text that is no bcrypt hash. Only the first 72
            /// bytes of the password count.
            /// > VerifyBCrypt("guess", "no hash") → false
            VerifyBCrypt [] Crypto (password: String, hash: String) -> Boolean {TASKS THROWS} = verify_bcrypt;
            /// Encrypts and authenticates text by AES-256-GCM. The key is text of 32 bytes or 64 hexadecimal digits.
            /// The result is Base64 of a random nonce (12 bytes), the encrypted text and the tag (16 bytes).
            /// > induce key = GenerateRandomKey(32);
            /// > AESDecrypt(AESEncrypt("deep secret", key), key) → deep secret
            AESEncrypt [Encrypt] Crypto (plaintext: String, key: String) -> String {RANDOM THROWS} = aes_encrypt;
            /// Inverse of `AESEncrypt`. A wrong key or text that was changed raises an error.
            /// > induce key = GenerateRandomKey(32);
            /// > try { AESDecrypt("bm90IGVuY3J5cHRlZA==", key); } catch (e) { observe "refused"; } → refused
            AESDecrypt [Decrypt] Crypto (encrypted: String, key: String) -> String {THROWS} = aes_decrypt;
            /// `length` random bytes in hexadecimal digits; 32 make a key for `AESEncrypt`.
            /// > Length(GenerateRandomKey(32)) → 64
            GenerateRandomKey [GenerateEncryptionKey] Crypto (length: Number) -> String {RANDOM THROWS} = generate_random_key;
            /// `length` random bytes in hexadecimal digits, for `PBKDF2`.
            /// > Length(GenerateSalt(16)) → 32
            GenerateSalt [] Crypto (length: Number) -> String {RANDOM THROWS} = generate_salt;

            // ---- Hypnotic: lines on standard output with pauses between them ----

            /// Announces a deep trance, waits `ms` milliseconds and announces the return.
            /// > AccelerateTime(1000000);
            /// > DeepTrance(1000); → Entering deep trance...
            /// > → Emerging from trance...
            DeepTrance [] Hypnotic (ms: Number) -> Null {OUT SLEEP STATE THROWS} = deep_trance;
            /// Counts from a whole number down to 1, one line a second, then a closing line.
            /// > AccelerateTime(1000000);
            /// > HypnoticCountdown(2); → You are feeling very sleepy... 2
            /// > → You are feeling very sleepy... 1
            /// > → You are now in a deep hypnotic state.
            HypnoticCountdown [] Hypnotic (from: Number) -> Null {OUT SLEEP THROWS} = hypnotic_countdown;
            /// Four lines of an induction that names the subject, over six seconds.
            /// > AccelerateTime(1000000);
            /// > TranceInduction("Ada"); → Welcome Ada, you are about to enter a deep trance...
            /// > → Take a deep breath and relax...
            /// > → With each breath, you feel more and more relaxed...
            /// > → Your mind is becoming clear and focused...
            TranceInduction [] Hypnotic (subjectName: String) -> Null {OUT SLEEP THROWS} = trance_induction;
            /// Three lines that describe a scene, over `seconds` (default 4).
            /// > AccelerateTime(1000000);
            /// > HypnoticVisualization("a quiet lake"); → Imagine yourself in a quiet lake...
            /// > → The colors are vivid, the sounds are clear...
            /// > → You feel completely at peace in this place...
            HypnoticVisualization [] Hypnotic (scene: String, seconds: opt Number) -> Null {OUT SLEEP THROWS} = hypnotic_visualization;

            // Exercises in English, or in German if `locale` begins with `de`.

            /// Speaks a breathing exercise of `cycles` (default 5) breaths of ten seconds.
            /// > AccelerateTime(1000000);
            /// > HypnoticBreathing(0); → Your breath is calm and even.
            HypnoticBreathing [] Hypnotic (cycles: opt Number, locale: opt String) -> Null {OUT SLEEP THROWS} = hypnotic_breathing;
            /// Creates an anchor for a feeling. Without a feeling it recalls the one of that anchor, or
            /// creates an anchor for calm.
            /// > AccelerateTime(1000000);
            /// > HypnoticAnchoring("ring", "joy"); → The anchor "ring" now holds joy.
            /// > HypnoticAnchoring("ring"); → You touch the anchor "ring": joy returns.
            HypnoticAnchoring [] Hypnotic (anchorName: String, feeling: opt String, locale: opt String) -> Null {OUT SLEEP STATE THROWS} = hypnotic_anchoring;
            /// Speaks a journey into the past, to an age if it is given.
            /// > AccelerateTime(1000000);
            /// > HypnoticRegression(7); → Time flows backwards...
            /// > → You are 7 years old.
            /// > → You watch from a safe distance.
            /// > → You return to the present.
            HypnoticRegression [] Hypnotic (targetAge: opt Number, locale: opt String) -> Null {OUT SLEEP THROWS} = hypnotic_regression;
            /// Speaks a journey some years (default 1) into the future.
            /// > AccelerateTime(1000000);
            /// > HypnoticFutureProgression(3); → You travel 3 years ahead...
            /// > → You see what you have reached.
            /// > → You return to the present.
            HypnoticFutureProgression [] Hypnotic (yearsAhead: opt Number, locale: opt String) -> Null {OUT SLEEP THROWS} = hypnotic_future_progression;
            /// Relaxes eight groups of muscles from the feet to the head, `durationPerGroupSec` (default 3)
            /// seconds each.
            /// > AccelerateTime(1000000);
            /// > ProgressiveRelaxation(1); → Relax your feet...
            /// > → Relax your legs...
            /// > → Relax your belly...
            /// > → Relax your hands...
            /// > → Relax your arms...
            /// > → Relax your shoulders...
            /// > → Relax your neck muscles...
            /// > → Relax your eyes...
            /// > → Your whole body is relaxed.
            ProgressiveRelaxation [] Hypnotic (durationPerGroupSec: opt Number, locale: opt String) -> Null {OUT SLEEP THROWS} = progressive_relaxation;
            /// Speaks a suggestion, `repetitions` (default 1) times.
            /// > AccelerateTime(1000000);
            /// > HypnoticSuggestion("You are calm.", 2); → You are calm.
            /// > → You are calm.
            HypnoticSuggestion [] Hypnotic (suggestion: String, repetitions: opt Number, locale: opt String) -> Null {OUT SLEEP THROWS} = hypnotic_suggestion;
            /// Deepens the trance by a level from 1 (the default) to 5; see `TranceDepth`.
            /// > AccelerateTime(1000000);
            /// > TranceDeepening(2); → Deeper and deeper...
            /// > → Deeper and deeper...
            /// > TranceDepth() → 3
            TranceDeepening [] Hypnotic (level: opt Number, locale: opt String) -> Null {OUT SLEEP STATE THROWS} = trance_deepening;
            /// `identify` returns an inner state as `{name: …, status: …}`; `communicate` and `integrate`
            /// take one, note that as its status, and return it.
            /// > AccelerateTime(1000000);
            /// > EgoStateTherapy("identify", "the critic").status → You notice the critic.
            /// > → identified
            EgoStateTherapy [] Hypnotic (action: String, state: opt Any, locale: opt String) -> Any {OUT SLEEP WRITES THROWS} = ego_state_therapy;
            /// `find` returns a part as `{name: …, status: …}`; `communicate`, with a message, and
            /// `integrate` take one, note that as its status, and return it.
            /// > AccelerateTime(1000000);
            /// > PartsWork("find", "the guard").name → You find the part: the guard.
            /// > → the guard
            PartsWork [] Hypnotic (action: String, part: Any, message: opt String, locale: opt String) -> Any {OUT SLEEP WRITES THROWS} = parts_work;
            /// `create` returns a timeline as `{name: …, status: …, location: …}`; `navigate` and `heal` take
            /// one and a location, note that, and return it.
            /// > AccelerateTime(1000000);
            /// > TimelineTherapy("create").status → Your timeline lies before you.
            /// > → created
            TimelineTherapy [] Hypnotic (action: String, timeline: opt Any, location: opt String, locale: opt String) -> Any {OUT SLEEP WRITES THROWS} = timeline_therapy;
            /// Speaks a statement about what is.
            /// > AccelerateTime(1000000);
            /// > HypnoticPacing("You sit."); → You notice: You sit.
            HypnoticPacing [] Hypnotic (statement: String, locale: opt String) -> Null {OUT SLEEP THROWS} = hypnotic_pacing;
            /// Speaks a statement about what is to be.
            /// > AccelerateTime(1000000);
            /// > HypnoticLeading("You relax."); → And now: You relax.
            HypnoticLeading [] Hypnotic (statement: String, locale: opt String) -> Null {OUT SLEEP THROWS} = hypnotic_leading;
            /// Speaks about a pain: `reduce` (or `relieve`), `transform` or `eliminate`.
            /// > AccelerateTime(1000000);
            /// > PainManagement("transform", "headache", "warmth"); → The feeling changes: headache.
            /// > → It becomes warmth.
            PainManagement [] Hypnotic (action: String, painType: String, transformation: opt String, locale: opt String) -> Null {OUT SLEEP THROWS} = pain_management;
            /// Speaks against `general`, `social` or `performance` anxiety, with a level from 0 to 1 (default
            /// 0.5).
            /// > AccelerateTime(1000000);
            /// > AnxietyReduction("social", 0.8); → The others wish you well.
            /// > → The tension falls by 80 percent.
            AnxietyReduction [] Hypnotic (type: String, level: opt Number, locale: opt String) -> Null {OUT SLEEP THROWS} = anxiety_reduction;
            /// Speaks for confidence in an area, with a level from 0 to 1 (default 0.5).
            /// > AccelerateTime(1000000);
            /// > ConfidenceBuilding("your voice"); → You trust in your voice.
            /// > → Your confidence grows by 50 percent.
            ConfidenceBuilding [] Hypnotic (area: opt String, level: opt Number, locale: opt String) -> Null {OUT SLEEP THROWS} = confidence_building;
            /// `identify` returns a habit as `{name: …, status: …}`; `modify` and `eliminate` take one, with a
            /// replacement, note that as its status, and return it.
            /// > AccelerateTime(1000000);
            /// > HabitChange("identify", "haste").name → You recognise the habit: haste.
            /// > → haste
            HabitChange [] Hypnotic (action: String, habit: Any, replacement: opt String, locale: opt String) -> Any {OUT SLEEP WRITES THROWS} = habit_change;
            /// Depth of the trance from 1 to 10. `DeepTrance` deepens it by one, `TranceDeepening` by its
            /// level; `EmergencyExit` ends it.
            /// > TranceDepth() → 1
            TranceDepth [] Hypnotic () -> Number {STATE} = trance_depth;
            /// Responsiveness in percent: ten times the depth of the trance.
            /// > HypnoticResponsiveness() → 10
            HypnoticResponsiveness [] Hypnotic () -> Number {STATE} = hypnotic_responsiveness;
            /// How far a suggestion is accepted, in percent: ten times the depth of the trance, 0 for an
            /// empty one.
            /// > SuggestionAcceptance("You are calm.") → 10
            SuggestionAcceptance [] Hypnotic (suggestion: String) -> Number {STATE THROWS} = suggestion_acceptance;
            /// Dictionary of `isSafe` and `warning`: a trance is safe below depth 9.
            /// > SafetyCheck().isSafe → true
            SafetyCheck [] Hypnotic (locale: opt String) -> Object {STATE THROWS} = safety_check;
            /// Ends the trance, not the program: `immediate` (the default) or `gentle`, over three seconds.
            /// > EmergencyExit(); → You are wide awake.
            EmergencyExit [] Hypnotic (mode: opt String, locale: opt String) -> Null {OUT SLEEP STATE THROWS} = emergency_exit;
            /// Speaks a grounding: `physical` (the default), `visual` or `mental`, with a pause of
            /// `durationSec` (default 3) seconds.
            /// > AccelerateTime(1000000);
            /// > Grounding("visual", 1); → Look at five things around you.
            /// > → You are here.
            Grounding [] Hypnotic (method: opt String, durationSec: opt Number, locale: opt String) -> Null {OUT SLEEP THROWS} = grounding;
            /// Dictionary of `hasPsychosis` and `hasEpilepsy`, both false: a program knows of neither.
            /// > CheckContraindications().hasEpilepsy → false
            CheckContraindications [] Hypnotic () -> Object {} = check_contraindications;

            // ---- Flow: control flow as functions ----

            /// Calls `action` `times` times; a negative count calls it not at all. `times` and `action`
            /// may change places. With `intervalMs` it waits that long between two calls, at the pace of
            /// `AccelerateTime`.
            /// > induce n = 0;
            /// > RepeatAction(3, suggestion() { n = n + 1; });
            /// > n → 3
            RepeatAction [repeatAction] Flow (times: Number Function, action: Function Number, intervalMs: opt Number) -> Null
                {CALLBACK OUT SLEEP THROWS} = repeat_action;
            /// Waits `delayMs` milliseconds at the pace of `AccelerateTime`, then calls `action` once with
            /// the remaining arguments.
            /// > DelayedSuggestion(suggestion(name) { observe "Sleep, " + name; }, 2, "Ada"); → Sleep, Ada
            DelayedSuggestion [delayedSuggestion] Flow (action: Function, delayMs: Number, args: rest Any) -> Null
                {CALLBACK OUT SLEEP THROWS} = delayed_suggestion;
            /// Calls `then` if the condition holds, else `otherwise`, and returns what it returned; null
            /// without `otherwise`.
            /// > IfTranced(2 > 1, () => "deep", () => "awake") → deep
            IfTranced [ifTranced] Flow (condition: Any, then: Function, otherwise: opt Function) -> Any
                {CALLBACK THROWS} = if_tranced;
            /// A function that computes `f(g(x))`. It takes the arguments of `g`.
            /// > Compose(Sqrt, Abs)(-16) → 4
            Compose [compose] Flow (f: Function, g: Function) -> Function {THROWS} = compose;
            /// A function that computes `g(f(x))`. It takes the arguments of `f`.
            /// > Pipe(Abs, Sqrt)(-16) → 4
            Pipe [pipe] Flow (f: Function, g: Function) -> Function {THROWS} = pipe;
            /// Calls `action`, then `condition`, and starts over until the condition holds: the action runs
            /// at least once.
            /// > induce n = 0;
            /// > RepeatUntil(suggestion() { n = n + 2; }, () => n > 4);
            /// > n → 6
            RepeatUntil [repeatUntil] Flow (action: Function, condition: Function) -> Null {CALLBACK THROWS} = repeat_until;
            /// Calls `condition` and, while it holds, `action`.
            /// > induce n = 9;
            /// > RepeatWhile(() => n > 4, suggestion() { n = n - 2; });
            /// > n → 3
            RepeatWhile [repeatWhile] Flow (condition: Function, action: Function) -> Null {CALLBACK THROWS} = repeat_while;
            /// Calls the functions of an array in order. An error ends the sequence.
            /// > SequentialTrance([() => Observe("in"), () => Observe("out")]); → in
            /// > → out
            SequentialTrance [sequentialTrance] Flow (actions: Array) -> Null {READS CALLBACK THROWS} = sequential_trance;
            /// Calls `attempt`. If it raises an error or returns `Err(message)`, `rescue` is called with the
            /// message.
            /// > TryOrAwaken(() => [1][4], suggestion(why) { observe why; }); → Index 4 out of bounds
            TryOrAwaken [tryOrAwaken] Flow (attempt: Function, rescue: Function) -> Null {CALLBACK THROWS} = try_or_awaken;
            /// Calls `main` and then, however `main` ended, `cleanup`; an error of `main` goes on after that.
            /// > try { EnsureAwakening(() => Throw("lost"), () => Observe("awake")); } catch (e) { observe e; } → awake
            /// > → lost
            EnsureAwakening [ensureAwakening] Flow (main: Function, cleanup: Function) -> Null {CALLBACK THROWS} = ensure_awakening;
            /// Calls `action` and returns how long that took, in whole milliseconds.
            /// > MeasureTranceDepth(() => Drift(3)) >= 3 → true
            MeasureTranceDepth [] Flow (action: Function) -> Number {CALLBACK CLOCK THROWS} = measure_trance_depth;
            /// A function that computes `f` and remembers the results of the last 1,024 different argument
            /// lists. Arguments count as the same if they have the same structure; functions, session
            /// instances and errors only if they are identical. Errors and calls with very large arguments
            /// are not remembered.
            /// > induce calls = 0;
            /// > induce square = Memoize(suggestion(x) { calls = calls + 1; awaken x * x; });
            /// > square(4) + square(4) → 32
            /// > calls → 1
            Memoize [memoize] Flow (f: Function) -> Function {THROWS} = memoize;
            /// The dictionary `{ok: true, value: …}`: a success, for `TryOrAwaken`.
            /// > Ok(3).value → 3
            Ok [] Flow (value: opt Any) -> Object {} = ok_result;
            /// The dictionary `{ok: false, error: message}`: a failure, for `TryOrAwaken`.
            /// > TryOrAwaken(() => Err("too light"), suggestion(why) { observe why; }); → too light
            Err [] Flow (message: Any) -> Object {THROWS} = err_result;
            /// The value of the expression `value`, or that of `fallback` if evaluating it raises an error.
            /// The fallback is evaluated only then. Called through a variable, `Try` gets values that are
            /// already evaluated and returns the first one.
            /// > Try([1, 2][7], "nothing there") → nothing there
            Try [] Flow (value: Any, fallback: opt Any) -> Any {THROWS} = try_value;

            // ---- CommandLine: questions and options ----

            /// Writes `message (default: …): `, reads a line and trims it. An empty line or the end of the
            /// input gives the default; without one it gives an empty text if `allowEmpty`, else an error.
            /// The words are German if `locale` begins with `de`.
            /// > CliPrompt("Name", "Ada") → Name (default: Ada): Ada
            CliPrompt [] CommandLine (message: String, default: opt String, allowEmpty: opt Boolean, locale: opt String) -> String
                {OUT IN THROWS} = cli_prompt;
            /// Asks until the answer is `y`, `yes`, `n` or `no` (`j`, `ja`, `n` or `nein` if `locale` begins
            /// with `de`). An empty line or the end of the input gives the default.
            /// > CliConfirm("Go deeper?", true) → Go deeper? [Y/n] true
            CliConfirm [] CommandLine (message: String, default: Boolean, locale: opt String) -> Boolean
                {OUT IN THROWS} = cli_confirm;
            /// Splits command line arguments into `{flags: …, positional: […]}`. `--k=v`, `-k=v` and `--k v`
            /// give a flag its value, unless `v` begins with `-`; `-abc` is three flags; a flag without
            /// value is null. Later duplicates win. Everything after `--` is positional.
            /// > ParseArguments(["--depth", "3", "-v", "in.txt"]) → {flags: {depth: 3, v: null}, positional: [in.txt]}
            ParseArguments [] CommandLine (args: Strings) -> Object {READS THROWS} = parse_arguments;
            /// Whether `ParseArguments` finds the flag, which is written without dashes.
            /// > HasFlag(["-vq"], "q") → true
            HasFlag [] CommandLine (args: Strings, flag: String) -> Boolean {READS THROWS} = has_flag;
            /// The value that `ParseArguments` finds for the flag; null if it is absent or has none.
            /// > FlagValue(["--depth=3"], "depth") → 3
            FlagValue [] CommandLine (args: Strings, flag: String) -> String Null {READS THROWS} = flag_value;

            // ---- Store: named stores of a program ----

            /// A store for `SessionSet` and `SessionGet`. A `shared` store is the same one for every
            /// `CreateSession` of that name; a `persistent` one gives its values to the next
            /// `CreateSession` of that name even after `SessionDelete`. Stores end with the program.
            /// > induce s = CreateSession("evening");
            /// > SessionSet(s, "depth", 7);
            /// > SessionGet(s, "depth") → 7
            CreateSession [Session] Store (name: String, persistent: opt Boolean, shared: opt Boolean) -> Object {STATE THROWS} = create_session;
            /// Stores a value under a key.
            /// > induce s = CreateSession("evening");
            /// > SessionSet(s, "mood", "calm");
            /// > SessionGet(s, "mood") → calm
            SessionSet [] Store (session: Object, key: String, value: Any) -> Null {WRITES STATE THROWS} = session_set;
            /// The value of a key; null if it is missing.
            /// > SessionGet(CreateSession("evening"), "mood") ?? "none" → none
            SessionGet [] Store (session: Object, key: String) -> Any {READS STATE THROWS} = session_get;
            /// Frees a store; using it afterwards raises an error.
            /// > induce s = CreateSession("evening");
            /// > SessionDelete(s);
            /// > Try(SessionGet(s, "mood"), "gone") → gone
            SessionDelete [] Store (session: Object) -> Null {WRITES STATE THROWS} = session_delete;

            // ---- Process: commands and processes ----

            /// Runs a command, waits for its end and returns what it wrote to standard output. Without
            /// `args` the command is a line for the system's shell; with `args` it is a program that gets
            /// exactly these arguments, and no shell reads them. Standard input is empty and standard error
            /// is passed on. A command that cannot be started raises an error of kind `io`; its exit
            /// status does not matter otherwise. More than 64 MiB of output end it with an error.
            /// > ExecuteCommand("echo deep") → deep
            /// > →
            ExecuteCommand [] Process (command: String, args: opt Strings) -> String {PROC OUT SLEEP STATE THROWS} = execute_command;
            /// Starts a command as `ExecuteCommand` does, but without waiting for it, and returns
            /// `{pid: …, command: …}`. What it writes is discarded. A program has at most 64 such commands at
            /// a time; those that still run when the program ends go on, but an interrupt (Ctrl-C) ends them.
            /// > induce child = ExecuteCommandAsync("sleep 5");
            /// > KillProcess(child.pid);
            /// > child.command → sleep 5
            ExecuteCommandAsync [] Process (command: String, args: opt Strings) -> Object {PROC STATE THROWS} = execute_command_async;
            /// Ends a command that `ExecuteCommandAsync` started, and the processes that it started. Other
            /// processes are refused with an error; a command that has ended already is fine.
            /// > Try(KillProcess(1), "not mine") → not mine
            KillProcess [] Process (pid: Number) -> Null {PROC STATE THROWS} = kill_process;
            /// The running processes as dictionaries of `name`, `id` and `memory` in MB, by ascending id.
            /// > ArrayLength(GetProcessList()) > 0 → true
            GetProcessList [] Process () -> Array {PROC THROWS} = get_process_list;
            /// Dictionary of this process: `processId`, `workingSet` in MB, `cpuTime` in milliseconds.
            /// > GetProcessInfo().processId == GetCurrentProcessId() → true
            GetProcessInfo [] Process () -> Object {SYSTEM THROWS} = get_process_info;

            // ---- System: the machine, its events and the Windows registry ----

            /// Dictionary of `os`, `architecture`, `processors` and `frameworkVersion`, the version of
            /// HypnoScript.
            /// > GetSystemInfo().os == GetOperatingSystem() → true
            GetSystemInfo [] System () -> Object {SYSTEM THROWS} = get_system_info;
            /// Dictionary of the machine's memory in MB: `total`, `available`, `used`.
            /// > GetMemoryInfo().total > 0 → true
            GetMemoryInfo [] System () -> Object {SYSTEM THROWS} = get_memory_info;
            /// The mounted disks as dictionaries of `drive` (the mount point), `total` and `free` in GB.
            /// > IsArray(GetDiskInfo()) → true
            GetDiskInfo [] System () -> Array {SYSTEM THROWS} = get_disk_info;
            /// Dictionary of `hostname` and `ipAddress`: the first address of the machine that is not
            /// local to it, IPv4 before IPv6; null without one.
            /// > GetNetworkInfo().hostname == GetHostname() → true
            GetNetworkInfo [] System () -> Object {SYSTEM ENV_READ THROWS} = get_network_info;
            /// Registers a handler for the events of a name. Events come from `TriggerSystemEvent` of the
            /// same program; the system itself raises none.
            /// > OnSystemEvent("deeper", suggestion(level) { observe "level " + level; });
            /// > TriggerSystemEvent("deeper", 3); → level 3
            OnSystemEvent [] System (eventType: String, callback: Function) -> Null {STATE THROWS} = on_system_event;
            /// Calls the handlers of an event with `data`, in the order in which they were registered.
            /// > induce heard = [];
            /// > OnSystemEvent("bell", suggestion(tone) { ArrayPush(heard, tone); });
            /// > TriggerSystemEvent("bell", "c");
            /// > heard → [c]
            TriggerSystemEvent [] System (eventType: String, data: opt Any) -> Null {CALLBACK STATE THROWS} = trigger_system_event;
            /// A value of the Windows registry: text, a number, an array of strings, or an array of bytes;
            /// null if it does not exist. The key begins with its root, such as `HKEY_CURRENT_USER\\Software`.
            /// Other systems raise an error.
            /// > IsNull(Try(ReadRegistryValue("HKEY_CURRENT_USER\\HypnoScriptNone", "x"), null)) → true
            ReadRegistryValue [] System (key: String, valueName: String) -> Any {SYSTEM THROWS} = read_registry_value;
            /// Sets a value of the Windows registry and creates its key: whole numbers become 32-bit or
            /// 64-bit numbers, arrays lists of text, everything else text. Other systems raise an error.
            /// > Try(WriteRegistryValue("NOWHERE", "x", 1), "refused") → refused
            WriteRegistryValue [] System (key: String, valueName: String, value: Any) -> Null {SYSTEM ENV_WRITE THROWS} = write_registry_value;
            /// Deletes a value of the Windows registry. Other systems raise an error.
            /// > Try(DeleteRegistryValue("NOWHERE", "x"), "refused") → refused
            DeleteRegistryValue [] System (key: String, valueName: String) -> Null {SYSTEM ENV_WRITE THROWS} = delete_registry_value;

            // ---- Debug: for finding mistakes ----

            /// Writes `[DEBUG] ` and the value to standard error, if the program runs with `--debug`.
            /// > DebugPrint([1, 2]); // nothing without --debug
            /// > IsNull(DebugPrint(1)) → true
            DebugPrint [] Debug (value: Any) -> Null {READS OUT THROWS} = debug_print;
            /// Writes the type of a value to standard error, if the program runs with `--debug`.
            /// > IsNull(DebugPrintType(1)) → true
            DebugPrintType [] Debug (value: Any) -> Null {OUT THROWS} = debug_print_type;
            /// Writes figures of the heap to standard error, if the program runs with `--debug`.
            /// > IsNull(DebugPrintMemory()) → true
            DebugPrintMemory [] Debug () -> Null {OUT STATE THROWS} = debug_print_memory;
            /// Writes the active calls to standard error, if the program runs with `--debug`.
            /// > IsNull(DebugPrintStackTrace()) → true
            DebugPrintStackTrace [] Debug () -> Null {OUT THROWS} = debug_print_stack_trace;
            /// Writes version, system, working directory and arguments to standard error, if the program
            /// runs with `--debug`.
            /// > IsNull(DebugPrintEnvironment()) → true
            DebugPrintEnvironment [] Debug () -> Null {OUT SYSTEM ARGS THROWS} = debug_print_environment;
            /// Writes `[LEVEL] message` to standard error, as `Log(level, message)` does.
            /// > IsNull(LogMessage("info", "ready")) → true
            LogMessage [] Debug (level: String, message: Any) -> Null {READS OUT THROWS} = log_message;
            /// Writes `[TRACE] file:line:column: message` to standard error, if the program runs with
            /// `--debug`.
            /// > IsNull(Trace("here")) → true
            Trace [] Debug (message: Any) -> Null {READS OUT THROWS} = trace;
            /// Kind, message, place and calls of a caught error; the display form of other values.
            /// > try { observe [1][4]; } catch (e) { observe StartsWith(GetExceptionInfo(e), "index: Index 4 out of bounds"); } → true
            GetExceptionInfo [] Debug (error: Any) -> String {READS THROWS} = get_exception_info;
            /// The active calls, innermost first, one per line: `at NAME (FILE:LINE:COLUMN)`.
            /// > StartsWith(GetCallStack(), "at main (") → true
            GetCallStack [] Debug () -> String {STATE THROWS} = get_call_stack;
            /// Raises an error: this host provides no plugins.
            /// > Try(LoadPlugin("deeper"), "no plugins") → no plugins
            LoadPlugin [] Debug (name: String) -> Null {THROWS} = load_plugin;

            // ---- Performance: measuring ----

            /// Calls a function `iterations` times (at least once) and returns the mean time of a call in
            /// milliseconds.
            /// > Benchmark(() => Drift(2), 2) >= 2 → true
            Benchmark [] Performance (fn: Function, iterations: opt Number) -> Number {CALLBACK CLOCK THROWS} = benchmark;
            /// Dictionary of `cpuUsage` in percent, `memoryUsage` and `availableMemory` in MB; see
            /// `GetCPUUsage`, `GetMemoryUsage`, `GetAvailableMemory`.
            /// > DictKeys(GetPerformanceMetrics()) → [cpuUsage, memoryUsage, availableMemory]
            GetPerformanceMetrics [] Performance () -> Object {SYSTEM SLEEP STATE THROWS} = get_performance_metrics;
            /// Memory of this process in MB (1,048,576 bytes).
            /// > GetMemoryUsage() > 0 → true
            GetMemoryUsage [] Performance () -> Number {SYSTEM} = get_memory_usage;
            /// Free memory of the machine in MB.
            /// > GetAvailableMemory() > 0 → true
            GetAvailableMemory [] Performance () -> Number {SYSTEM} = get_available_memory;
            /// Collects garbage now.
            /// > IsNull(ForceGarbageCollection()) → true
            ForceGarbageCollection [CollectGarbage] Performance () -> Null {STATE} = force_garbage_collection;
            /// Load of all processors in percent since the last call. The first call measures for a fifth of
            /// a second.
            /// > GetCPUUsage() >= 0 → true
            GetCPUUsage [] Performance () -> Number {SYSTEM SLEEP STATE THROWS} = get_cpu_usage;
            /// Begins to count calls and time under a name; ends the profile that is active.
            /// > StartProfiling("work");
            /// > StopProfiling();
            /// > DictKeys(GetProfileData("work")) → [functionCalls, executionTime]
            StartProfiling [] Performance (name: String) -> Null {CLOCK STATE THROWS} = start_profiling;
            /// Ends the active profile; without one it does nothing.
            /// > IsNull(StopProfiling()) → true
            StopProfiling [] Performance () -> Null {CLOCK STATE} = stop_profiling;
            /// Dictionary of `functionCalls` and `executionTime` in milliseconds, of all profiles of that
            /// name; null if there was none. The calls are those of suggestions that the engine carried
            /// out: calls that the optimiser has replaced by the body are not among them.
            /// > IsNull(GetProfileData("nothing")) → true
            GetProfileData [] Performance (name: String) -> Object Null {CLOCK STATE THROWS} = get_profile_data;
            /// A hint that memory matters now: collects garbage.
            /// > IsNull(OptimizeMemory()) → true
            OptimizeMemory [] Performance () -> Null {STATE} = optimize_memory;
            /// Does nothing: the engine always works as fast as it can.
            /// > IsNull(OptimizeCPU()) → true
            OptimizeCPU [] Performance () -> Null {} = optimize_cpu;
            /// Begins to measure processor load and memory of this process every `intervalMs`
            /// milliseconds (at least 10) in the background, from nothing.
            /// > StartMonitoring(10);
            /// > Drift(60);
            /// > StopMonitoring();
            /// > GetMonitoringData().maxMemoryUsage > 0 → true
            StartMonitoring [] Performance (intervalMs: Number) -> Null {SYSTEM CLOCK STATE THROWS} = start_monitoring;
            /// Ends the background measurements; their results stay.
            /// > IsNull(StopMonitoring()) → true
            StopMonitoring [] Performance () -> Null {STATE} = stop_monitoring;
            /// Dictionary of the background measurements: `avgCpuUsage` of this process in percent of one
            /// processor, `maxMemoryUsage` in MB, and `samples`, their number.
            /// > GetMonitoringData().samples → 0
            GetMonitoringData [] Performance () -> Object {STATE} = get_monitoring_data;

            // ---- Testing: assertions, fixtures, mocks ----

            /// Raises an assertion error unless the condition holds.
            /// > try { Assert(1 > 2, "order"); } catch (e) { observe e; } → Assertion failed: order
            Assert [] Testing (condition: Any, message: opt Any) -> Null {READS THROWS} = assert_condition;
            /// Raises an assertion error that shows the differences unless `actual == expected`.
            /// > try { AssertEqual(1 + 1, 3); } catch (e) { observe Replace(e.message, "\n", ";"); } → Assertion failed: not equal;  expected: 3;  actual:   2
            AssertEqual [] Testing (actual: Any, expected: Any) -> Null {READS THROWS} = assert_equal;
            /// Raises an assertion error if `actual == unexpected`.
            /// > Try(AssertNotEqual(2, 2), "equal") → equal
            AssertNotEqual [] Testing (actual: Any, unexpected: Any) -> Null {READS THROWS} = assert_not_equal;
            /// Raises an assertion error unless the value is `true`.
            /// > Try(AssertTrue(1), "not true") → not true
            AssertTrue [] Testing (value: Any) -> Null {READS THROWS} = assert_true;
            /// Raises an assertion error unless the value is `false`.
            /// > Try(AssertFalse(true), "not false") → not false
            AssertFalse [] Testing (value: Any) -> Null {READS THROWS} = assert_false;
            /// Raises an assertion error unless the value is null.
            /// > Try(AssertNull(0), "not null") → not null
            AssertNull [] Testing (value: Any) -> Null {READS THROWS} = assert_null;
            /// Raises an assertion error if the value is null.
            /// > Try(AssertNotNull(null), "null") → null
            AssertNotNull [] Testing (value: Any) -> Null {READS THROWS} = assert_not_null;
            /// Raises an assertion error unless the string, array or dictionary is empty.
            /// > Try(AssertEmpty([1]), "not empty") → not empty
            AssertEmpty [] Testing (value: String Array Object) -> Null {READS THROWS} = assert_empty;
            /// Raises an assertion error if the string, array or dictionary is empty.
            /// > Try(AssertNotEmpty(""), "empty") → empty
            AssertNotEmpty [] Testing (value: String Array Object) -> Null {READS THROWS} = assert_not_empty;
            /// Raises an assertion error unless the array has the element.
            /// > Try(AssertArrayContains([1, 2], 3), "missing") → missing
            AssertArrayContains [] Testing (arr: Array, element: Any) -> Null {READS THROWS} = assert_array_contains;
            /// Raises an assertion error if the array has the element.
            /// > Try(AssertArrayNotContains([1, 2], 2), "there") → there
            AssertArrayNotContains [] Testing (arr: Array, element: Any) -> Null {READS THROWS} = assert_array_not_contains;
            /// Raises an assertion error unless the array has exactly that many elements.
            /// > Try(AssertArrayLength([1, 2], 3), "too short") → too short
            AssertArrayLength [] Testing (arr: Array, length: Number) -> Null {READS THROWS} = assert_array_length;
            /// Raises an assertion error unless the text contains the part.
            /// > Try(AssertStringContains("trance", "x"), "missing") → missing
            AssertStringContains [] Testing (s: String, part: String) -> Null {THROWS} = assert_string_contains;
            /// Raises an assertion error unless the text begins so.
            /// > Try(AssertStringStartsWith("trance", "x"), "no") → no
            AssertStringStartsWith [] Testing (s: String, prefix: String) -> Null {THROWS} = assert_string_starts_with;
            /// Raises an assertion error unless the text ends so.
            /// > Try(AssertStringEndsWith("trance", "x"), "no") → no
            AssertStringEndsWith [] Testing (s: String, suffix: String) -> Null {THROWS} = assert_string_ends_with;
            /// Raises an assertion error unless `a > b`.
            /// > Try(AssertGreaterThan(2, 2), "no") → no
            AssertGreaterThan [] Testing (a: Number, b: Number) -> Null {THROWS} = assert_greater_than;
            /// Raises an assertion error unless `a < b`.
            /// > Try(AssertLessThan(2, 2), "no") → no
            AssertLessThan [] Testing (a: Number, b: Number) -> Null {THROWS} = assert_less_than;
            /// Raises an assertion error unless `a >= b`.
            /// > Try(AssertGreaterThanOrEqual(1, 2), "no") → no
            AssertGreaterThanOrEqual [] Testing (a: Number, b: Number) -> Null {THROWS} = assert_greater_than_or_equal;
            /// Raises an assertion error unless `a <= b`.
            /// > Try(AssertLessThanOrEqual(3, 2), "no") → no
            AssertLessThanOrEqual [] Testing (a: Number, b: Number) -> Null {THROWS} = assert_less_than_or_equal;
            /// Raises an assertion error unless the numbers are at most `tolerance` apart. Equal infinities
            /// are; NaN never is.
            /// > Try(AssertFloatEqual(1, 1.2, 0.1), "too far") → too far
            AssertFloatEqual [] Testing (actual: Number, expected: Number, tolerance: Number) -> Null {THROWS} = assert_float_equal;
            /// Raises an assertion error unless calling the function raises an error.
            /// > Try(AssertThrows(() => 1), "calm") → calm
            AssertThrows [] Testing (fn: Function) -> Null {CALLBACK THROWS} = assert_throws;
            /// Raises an assertion error if calling the function raises an error.
            /// > Try(AssertDoesNotThrow(() => [1][4]), "it threw") → it threw
            AssertDoesNotThrow [] Testing (fn: Function) -> Null {CALLBACK THROWS} = assert_does_not_throw;
            /// Raises an assertion error unless calling the function raises an error with exactly this
            /// message.
            /// > Try(AssertThrowsWithMessage(() => Throw("a"), "b"), "another one") → another one
            AssertThrowsWithMessage [] Testing (fn: Function, message: String) -> Null {CALLBACK THROWS} = assert_throws_with_message;
            /// Stores a value for all later tests of the run.
            /// > SetGlobalFixture("depth", 7);
            /// > GetGlobalFixture("depth") → 7
            SetGlobalFixture [] Testing (name: String, value: Any) -> Null {STATE THROWS} = set_global_fixture;
            /// The value that `SetGlobalFixture` stored; null if there is none.
            /// > IsNull(GetGlobalFixture("none")) → true
            GetGlobalFixture [] Testing (name: String) -> Any {STATE THROWS} = get_global_fixture;
            /// The fixture that the test runner made for this test; null outside of one.
            /// > IsNull(GetFixture()) → true
            GetFixture [] Testing () -> Any {STATE} = get_fixture;
            /// The row of a parameterised test; empty outside of one.
            /// > GetTestParameters() → []
            GetTestParameters [] Testing () -> Array {STATE} = get_test_parameters;
            /// Stores a value until the test ends.
            /// > SetTestData("user", "Ada");
            /// > GetTestData("user") → Ada
            SetTestData [] Testing (name: String, value: Any) -> Null {STATE THROWS} = set_test_data;
            /// The value that `SetTestData` stored, null if there is none. Without a name, the row that the
            /// test runner took from a data source; null outside of one.
            /// > IsNull(GetTestData()) → true
            GetTestData [] Testing (name: opt String) -> Any {STATE THROWS} = get_test_data;
            /// Adds a figure to the report of the test runner.
            /// > IsNull(RecordMetric("depth", 7)) → true
            RecordMetric [] Testing (name: String, value: Number) -> Null {STATE THROWS} = record_metric;
            /// Replaces the suggestion, trigger or builtin of a name by `fn` until `UnmockFunction`, for the
            /// whole program. A literal name means what it means where the call stands, and every call of
            /// that suggestion sees the replacement. Any other name can only be that of a builtin, and slows
            /// the builtin calls of the whole program down.
            /// > MockFunction("Now", () => "midnight");
            /// > Now() → midnight
            MockFunction [] Testing (name: String, fn: Function) -> Function Null {STATE THROWS} = mock_function;
            /// Undoes all `MockFunction` of a name.
            /// > MockFunction("Abs", (x) => "mocked");
            /// > UnmockFunction("Abs");
            /// > Abs(-2) → 2
            UnmockFunction [] Testing (name: String) -> Any {STATE THROWS} = unmock_function;
            // ---- Tasks ----

            /// A promise that is fulfilled with null after `ms` milliseconds; negative values and NaN
            /// count as 0.
            /// > await asyncDelay(2);
            /// > GetExecutionTime() >= 2 → true
            asyncDelay [] Task (ms: Number) -> Promise {CLOCK TASKS THROWS} = async_delay;
            /// A promise that is fulfilled with `value` after `ms` milliseconds.
            /// > await delayedValue(1, "ready") → ready
            delayedValue [] Task (ms: Number, value: Any) -> Promise {CLOCK TASKS THROWS} = delayed_value;
            /// What `operation` gives, if it is settled within `ms` milliseconds; otherwise rejected with
            /// `Operation timed out`, and the operation is cancelled if it is a task. A function is
            /// started as a task.
            /// > await withTimeout(1000, delayedValue(1, "in time")) → in time
            /// > try { await withTimeout(1, asyncDelay(1000)); } catch (e) { observe e; } → Operation timed out
            withTimeout [] Task (ms: Number, operation: Any) -> Promise {CLOCK CALLBACK TASKS THROWS} = with_timeout;
            /// Starts a function without parameters as a task and gives the promise of its result. It runs
            /// at once, until it first waits.
            /// > induce task = spawnTask(suggestion() { drift(1); awaken "done"; });
            /// > task → <promise pending>
            /// > await task → done
            spawnTask [] Task (action: Function) -> Promise {CALLBACK TASKS THROWS} = spawn_task;
            /// Waits for a task and gives its result, as `await` does.
            /// > awaitTask(spawnTask(suggestion() { awaken 6 * 7; })) → 42
            awaitTask [] Task (task: Any) -> Any {TASKS THROWS} = await_task;
            /// Asks a task to end. What it waits for ends with a cancellation that `catch` does not take;
            /// its `finally` blocks run, and its promise is rejected with `Task cancelled`. Tasks that only
            /// it waits for are cancelled too. Gives whether the task had not ended yet.
            /// > induce task = spawnTask(suggestion() { try { drift(1000); } finally { observe "cleaned up"; } });
            /// > cancelTask(task) → true
            /// > try { await task; } catch (e) { observe e; } → cleaned up
            /// > → Task cancelled
            cancelTask [] Task (task: Promise) -> Boolean {TASKS THROWS} = cancel_task;
            /// A promise of all results in order, or of the first rejection. Values that are no promises
            /// count as results.
            /// > await promiseAll([delayedValue(2, "a"), "b", delayedValue(1, "c")]) → [a, b, c]
            promiseAll [] Task (promises: Array) -> Promise {READS TASKS THROWS} = promise_all;
            /// A promise of whatever is settled first; of an empty array it is rejected with
            /// `No promises provided`.
            /// > await promiseRace([asyncDelay(1000), delayedValue(1, "fast")]) → fast
            promiseRace [] Task (promises: Array) -> Promise {READS TASKS THROWS} = promise_race;
            /// A promise of the first result; if all are rejected, it is rejected with
            /// `All promises rejected` and their reasons.
            /// > await promiseAny([spawnTask(suggestion() { throw "no"; }), delayedValue(1, "yes")]) → yes
            promiseAny [] Task (promises: Array) -> Promise {READS TASKS THROWS} = promise_any;
            /// A promise of all outcomes in order, each `{status: "fulfilled", value}` or
            /// `{status: "rejected", reason}`. It is never rejected.
            /// > await promiseAllSettled([1, spawnTask(suggestion() { throw "no"; })]) → [{status: fulfilled, value: 1}, {status: rejected, reason: no}]
            promiseAllSettled [] Task (promises: Array) -> Promise {READS TASKS THROWS} = promise_all_settled;
            /// Starts functions without parameters as tasks, in order, and gives the promise of their
            /// results, as `promiseAll`.
            /// > await parallel([suggestion() { drift(2); awaken 1; }, suggestion() { awaken 2; }]) → [1, 2]
            parallel [] Task (actions: Array) -> Promise {CALLBACK READS TASKS THROWS} = parallel;
            /// Lets every other task that is ready run first.
            /// > spawnTask(suggestion() { yieldTask(); observe "task"; });
            /// > yieldTask(); → task
            /// > observe "body"; → body
            yieldTask [] Task () -> Null {TASKS} = yield_task;

            // ---- Channels ----

            /// Makes a channel. `kind` is `mpsc` (each message goes to one receiver), `broadcast` (each
            /// goes to every subscriber) or `watch` (only the latest counts). `capacity` bounds the
            /// waiting messages; 0, the default, does not. Each kind has its own names.
            /// > createChannel("jobs", "mpsc", 8) → Created MPSC channel: jobs
            createChannel [] Channel (name: String, kind: String, capacity: opt Number) -> String {TASKS THROWS} = create_channel;
            /// Sends a message and gives true. A full `mpsc` channel makes the sender wait for room; a full
            /// subscription of a `broadcast` channel loses its oldest message. Sending to a closed channel,
            /// or to a `broadcast` channel that nobody has subscribed to, raises an error.
            /// > createChannel("jobs", "mpsc");
            /// > channelSend("jobs", "mpsc", "wash") → true
            channelSend [] Channel (name: String, kind: String, message: Any) -> Boolean {TASKS THROWS} = channel_send;
            /// The next message of an `mpsc` channel, or of the running task's subscription of a `broadcast`
            /// channel, which the first call makes; waits for one, and gives null when the channel is
            /// closed and empty. The latest message of a `watch` channel, or null.
            /// > createChannel("jobs", "mpsc");
            /// > spawnTask(suggestion() { drift(1); channelSend("jobs", "mpsc", "wash"); });
            /// > channelReceive("jobs", "mpsc") → wash
            channelReceive [] Channel (name: String, kind: String) -> Any {TASKS THROWS} = channel_receive;
            /// Subscribes the running task to a `broadcast` channel: it gets what is sent from now on. False
            /// if it has done so before. The subscription ends with the task.
            /// > createChannel("news", "broadcast");
            /// > channelSubscribe("news") → true
            /// > channelSend("news", "broadcast", "rain");
            /// > channelReceive("news", "broadcast") → rain
            channelSubscribe [] Channel (name: String) -> Boolean {TASKS THROWS} = channel_subscribe;
            /// The latest message of a `watch` channel; null before the first one.
            /// > createChannel("depth", "watch");
            /// > channelSend("depth", "watch", 3);
            /// > channelCurrent("depth") → 3
            channelCurrent [] Channel (name: String) -> Any {TASKS THROWS} = channel_current;
            /// Closes a channel: it takes no more messages, those that it has can still be received, and
            /// waiting receivers get null. False if it was closed already.
            /// > createChannel("jobs", "mpsc");
            /// > channelClose("jobs", "mpsc") → true
            /// > channelReceive("jobs", "mpsc") → null
            channelClose [] Channel (name: String, kind: String) -> Boolean {TASKS THROWS} = channel_close;
            /// Closes a channel and forgets it with its messages. False if there is none.
            /// > createChannel("jobs", "mpsc");
            /// > channelRemove("jobs", "mpsc") → true
            /// > channelRemove("jobs", "mpsc") → false
            channelRemove [] Channel (name: String, kind: String) -> Boolean {TASKS THROWS} = channel_remove;

            // ---- Network ----

            /// Opens an HTTP server and gives it as a dictionary of `url`, `host` and `port`. Requests are
            /// served whenever the program waits, and after its body until `Close`. Options: `port` (0, the
            /// default, takes a free one), `host` (`"127.0.0.1"`), `tls: {cert, key}` (paths of PEM files),
            /// `accessLog` (false), `compress` (false; text to peers that take gzip), and the limits `bodyMax` (bytes of a request's body, 1 MiB), `headersMax`
            /// (bytes of its head, 16 KiB), `connectionsMax` (10000), `headerTimeoutMs` (10 s),
            /// `bodyTimeoutMs` (30 s), `requestTimeoutMs` (30 s), `idleTimeoutMs` (75 s), `writeTimeoutMs` (30 s).
            /// > induce server = HttpServe({});
            /// > HttpRoute(server, "GET", "/", suggestion(request) { awaken "deep"; });
            /// > HttpGet(server.url + "/") → deep
            /// > Close(server);
            HttpServe [] Network (options: Object) -> Object {NET TASKS STATE THROWS} = http_serve;
            /// Has a function answer the requests of a method (`"*"`: all) and path. In the path, `:name` or
            /// `{name}` stands for one part and `{*name}` for all that follow. Each request is a task. It gets a
            /// dictionary of `method`, `path`, `params`, `query`, `headers` (names in lower case), `body`,
            /// `json()`, `form`, `cookies`, `id`, `remote`, and gives text, a value that becomes JSON, null (204)
            /// or `Respond(…)`. An error that it raises becomes a response of status 500 with the request's id;
            /// a response that it throws is sent. Options: `timeoutMs`, `bodyMax`.
            /// > induce server = HttpServe({});
            /// > HttpRoute(server, "GET", "/users/:id", suggestion(request) { awaken {id: request.params.id}; });
            /// > HttpGet(server.url + "/users/7") → {"id":"7"}
            /// > Close(server);
            HttpRoute [] Network (server: Object, method: String, path: String, handler: Function, options: opt Object) -> Null {STATE THROWS} = http_route;
            /// Answers GET and HEAD requests of paths that begin with a prefix with the files of a directory: with
            /// entity tags, times and ranges, `index.html` for directories, and no hidden files. Options:
            /// `maxAge` (seconds for which a file may be kept, 0).
            /// > WriteFile(JoinPath(GetTempDirectory(), "site", "a.txt"), "calm");
            /// > induce server = HttpServe({});
            /// > HttpStatic(server, "/files", JoinPath(GetTempDirectory(), "site"));
            /// > HttpGet(server.url + "/files/a.txt") → calm
            /// > Close(server);
            HttpStatic [] Network (server: Object, prefix: String, directory: String, options: opt Object) -> Null {FS_READ STATE THROWS} = http_static;
            /// Answers GET requests of a path with events (`text/event-stream`). The function gets the request and
            /// a stream for `StreamSend`; the response ends when it ends, and it is cancelled when the peer goes.
            /// > induce server = HttpServe({});
            /// > HttpSse(server, "/ticks", suggestion(request, stream) { StreamSend(stream, "deep"); });
            /// > HttpGet(server.url + "/ticks") + "." → data: deep
            /// > →
            /// > → .
            /// > Close(server);
            HttpSse [] Network (server: Object, path: String, handler: Function) -> Null {STATE THROWS} = http_sse;
            /// Sends an event; data that is no text goes as JSON. Waits while the peer has many events to take.
            /// False if the peer has gone.
            /// > induce server = HttpServe({});
            /// > HttpSse(server, "/", suggestion(request, stream) { observe StreamSend(stream, {depth: 3}, "level"); });
            /// > observe Trim(HttpGet(server.url + "/")); → true
            /// > → event: level
            /// > → data: {"depth":3}
            /// > Close(server);
            StreamSend [] Network (stream: Object, data: Any, event: opt String) -> Boolean {READS TASKS THROWS} = stream_send;
            /// A response. A body that is no text becomes JSON; null is an empty body. A header whose value is
            /// an array is sent once for each element.
            /// > Respond(201, {id: 7}, {location: "/users/7"}) → {status: 201, headers: {location: /users/7}, body: {id: 7}}
            Respond [] Network (status: Number, body: opt Any, headers: opt Object) -> Object {THROWS} = respond;
            /// A response that describes an error, as RFC 9457 has it (`application/problem+json`).
            /// > Problem(404, "user.unknown", "no such user").body.title → no such user
            Problem [] Network (status: Number, code: String, message: String, details: opt Object) -> Object {READS THROWS} = problem;
            /// Closes a server: it takes no further requests, and those that it has are answered. False if it was
            /// closed already.
            /// > Close(HttpServe({})) → true
            Close [] Network (handle: Object) -> Boolean {NET TASKS STATE THROWS} = close;
            /// Sends a request and waits for the response, a dictionary of `status`, `headers` (names in lower
            /// case), `body`, `elapsedMs` and `url`. The request has `url`, and may have `method` (`"GET"`),
            /// `headers`, `query` (a dictionary), `body` (what is no text is sent as JSON), `auth` (`{bearer}`,
            /// `{user, password}` or `{apiKey, header}`), `timeoutMs` (15 s), `redirectsMax` (10), `bodyMax`
            /// (64 MiB), `retries` (0; for methods that can be repeated, with growing pauses from `retryMs`),
            /// `encoding: "base64"` for a body that is no text, and `caFile` (a PEM file of further certificate
            /// authorities). Every status is a response. Errors have a `code`: `HS5001` time is over, `HS5006` the
            /// request makes no sense, `HS5401` no address, `HS5402` no connection, `HS5403` TLS, `HS5404`
            /// protocol, `HS5406` body too large.
            /// > induce server = HttpServe({});
            /// > HttpRoute(server, "POST", "/add", suggestion(request) { awaken request.json().a + 1; });
            /// > HttpSend({method: "POST", url: server.url + "/add", body: {a: 1}}).body → 2
            /// > HttpSend({url: server.url + "/nowhere"}).status → 404
            /// > Close(server);
            HttpSend [] Network (request: Object) -> Object {NET TASKS READS THROWS} = http_send;
            /// The body of what a URL gives, whatever the status.
            /// > induce server = HttpServe({});
            /// > HttpRoute(server, "GET", "/", suggestion(request) { awaken "calm"; });
            /// > HttpGet(server.url + "/") → calm
            /// > Close(server);
            HttpGet [] Network (url: String) -> String {NET TASKS THROWS} = http_get;
            /// Posts text and gives the body of the response, whatever its status.
            /// > induce server = HttpServe({});
            /// > HttpRoute(server, "POST", "/", suggestion(request) { awaken ToUpper(request.body); });
            /// > HttpPost(server.url + "/", "calm") → CALM
            /// > Close(server);
            HttpPost [] Network (url: String, data: String) -> String {NET TASKS THROWS} = http_post;
            /// The JSON value that a URL gives, whatever the status.
            /// > induce server = HttpServe({});
            /// > HttpRoute(server, "GET", "/", suggestion(request) { awaken {depth: 3}; });
            /// > HttpGetJson(server.url + "/").depth → 3
            /// > Close(server);
            HttpGetJson [] Network (url: String) -> Any {NET TASKS THROWS} = http_get_json;
            /// Posts a value as JSON and gives the JSON value of the response, whatever its status.
            /// > induce server = HttpServe({});
            /// > HttpRoute(server, "POST", "/", suggestion(request) { awaken [request.json(), 2]; });
            /// > HttpPostJson(server.url + "/", 1) → [1, 2]
            /// > Close(server);
            HttpPostJson [] Network (url: String, payload: Any) -> Any {NET TASKS READS THROWS} = http_post_json;
            /// Whether a URL answers with a status. No answer is an error.
            /// > induce server = HttpServe({});
            /// > HttpHealthCheck(server.url + "/", 404) → true
            /// > Close(server);
            HttpHealthCheck [] Network (url: String, expectedStatus: Number) -> Boolean {NET TASKS THROWS} = http_health_check;
        }
    };
}
