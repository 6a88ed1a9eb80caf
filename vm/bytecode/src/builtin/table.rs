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
//! 6. `.hbc` files store row numbers, so a row inserted anywhere changes what older files mean; the
//!    generated documentation keeps this order within each category.

/// Declares every builtin exactly once.
#[macro_export]
macro_rules! for_each_builtin {
    ($mac:ident) => {
        $mac! {
            // ---- Core: output, input, conversion, type tests, errors ----

            /// Waits `ms` milliseconds, truncated to whole ones; negative values and NaN count as 0.
            /// Standard output is flushed first. `AccelerateTime` changes the pace.
            Drift [drift, Sleep, pauseReality] Core (ms: Number) -> Null {OUT SLEEP THROWS} = drift;
            /// Makes all later waits of `Drift` `factor` times shorter. Factors of several calls
            /// multiply. The factor must be positive and finite.
            AccelerateTime [accelerateTime] Core (factor: Number) -> Null {SLEEP THROWS} = accelerate_time;
            /// Makes all later waits of `Drift` `factor` times longer. Factors of several calls
            /// multiply. The factor must be positive and finite.
            DecelerateTime [decelerateTime] Core (factor: Number) -> Null {SLEEP THROWS} = decelerate_time;
            /// Writes `prompt` and reads one line from standard input, without its line break.
            /// Null at the end of the input.
            InputProvider [Input] Core (prompt: opt Any) -> String Null {OUT IN THROWS} = input_provider;
            /// Clears the terminal; does nothing when standard output is not one.
            ClearScreen [] Core () -> Null {OUT} = clear_screen;
            /// Truncates toward zero. NaN gives 0, magnitudes saturate at about 9.22e18.
            ToInt [] Core (value: Number) -> Number {THROWS} = to_int;
            /// Parses a number: sign, digits, fraction, exponent, `inf`, `nan`; no surrounding spaces.
            /// Other text raises an error.
            ToDouble [] Core (text: String) -> Number {THROWS} = to_double;
            /// Display form of a value, as `observe` prints it.
            ToString [] Core (value: opt Any) -> String {READS} = to_string;
            /// For strings, true exactly for `true`, `1` and `yes` in any case; other values by truthiness.
            ToBoolean [] Core (value: Any) -> Boolean {READS THROWS} = to_boolean;
            /// Number of a value: strings are trimmed and parsed, booleans give 1 or 0.
            /// Raises a type error for anything else.
            ToNumber [] Core (value: Any) -> Number {THROWS} = to_number;
            /// Kind name of a value: `null`, `boolean`, `number`, `string`, `array`, `object`, `record`,
            /// `function`, `session`, `error` or `promise`.
            TypeOf [] Core (value: Any) -> String {THROWS} = type_of;
            /// Whether the value is null.
            IsNull [] Core (value: opt Any) -> Boolean {} = is_null;
            /// Whether the value is not null.
            IsDefined [] Core (value: opt Any) -> Boolean {} = is_defined;
            /// Whether the value is a number, NaN and infinities included; false for numeric strings.
            IsNumber [] Core (value: Any) -> Boolean {THROWS} = is_number;
            /// Whether the value is a string.
            IsString [] Core (value: Any) -> Boolean {THROWS} = is_string;
            /// Whether the value is true or false.
            IsBoolean [] Core (value: Any) -> Boolean {THROWS} = is_boolean;
            /// Whether the value is an array.
            IsArray [] Core (value: Any) -> Boolean {THROWS} = is_array;
            /// Whether the value is a record or a dictionary.
            IsObject [isRecord] Core (value: Any) -> Boolean {THROWS} = is_object;
            /// Whether the value is null or an empty string, array or dictionary.
            IsNullOrEmpty [] Core (value: opt Any) -> Boolean {READS} = is_null_or_empty;
            /// Whether two values have the same structure. Numbers compare exactly (NaN equals NaN),
            /// functions and session instances by identity.
            DeepEquals [] Core (a: Any, b: Any) -> Boolean {READS THROWS} = deep_equals;
            /// Raises an error of kind `user` with the display form of `message`.
            Throw [] Core (message: Any) -> Null {NO_RETURN THROWS} = throw;
            /// Value of JSON text; objects become dictionaries in the order of the text.
            /// Invalid text raises an error with its line and column.
            ParseJSON [] Core (text: String) -> Any {THROWS} = parse_json;
            /// Compact JSON text of a value; NaN and infinities become null.
            /// Functions, session instances and cycles raise an error.
            StringifyJSON [ToJson] Core (value: Any) -> String {READS THROWS} = stringify_json;

            // ---- Math ----

            /// Sine of an angle in radians; infinities and NaN give NaN.
            Sin [sin] Math (x: Number) -> Number {THROWS} = sin;
            /// Cosine of an angle in radians; infinities and NaN give NaN.
            Cos [cos] Math (x: Number) -> Number {THROWS} = cos;
            /// Tangent of an angle in radians; infinities and NaN give NaN.
            Tan [tan] Math (x: Number) -> Number {THROWS} = tan;
            /// Square root; a negative argument gives NaN.
            Sqrt [sqrt] Math (x: Number) -> Number {THROWS} = sqrt;
            /// `base` raised to `exponent`; a negative base with a fractional exponent gives NaN.
            Pow [pow] Math (base: Number, exponent: Number) -> Number {THROWS} = pow;
            /// Natural logarithm; 0 gives -inf, negative numbers NaN.
            /// `Log(level, message)` with text as level writes `[LEVEL] message` to standard error instead.
            Log [log] Math (x: Number String, message: opt Any) -> Number Null
                / (x: Number) -> Number / (level: String, message: Any) -> Null {OUT THROWS} = log;
            /// Logarithm to base 10; 0 gives -inf, negative numbers NaN.
            Log10 [log10] Math (x: Number) -> Number {THROWS} = log10;
            /// Absolute value; -0 becomes 0.
            Abs [abs] Math (x: Number) -> Number {THROWS} = abs;
            /// Largest whole number that is not greater.
            Floor [floor] Math (x: Number) -> Number {THROWS} = floor;
            /// Smallest whole number that is not less.
            Ceil [ceil] Math (x: Number) -> Number {THROWS} = ceil;
            /// Rounds to `digits` decimals (default 0, negative ones round before the point), halves
            /// away from zero.
            Round [round] Math (x: Number, digits: opt Number) -> Number {THROWS} = round;
            /// Smaller of two numbers, NaN ignored, -0 less than 0. With an array: as `ArrayMin`.
            Min [min] Math (a: Number Array, b: opt Number) -> Number Null
                / (a: Number, b: Number) -> Number / (arr: Array) -> Number Null {READS THROWS} = min;
            /// Larger of two numbers, NaN ignored, -0 less than 0. With an array: as `ArrayMax`.
            Max [max] Math (a: Number Array, b: opt Number) -> Number Null
                / (a: Number, b: Number) -> Number / (arr: Array) -> Number Null {READS THROWS} = max;
            /// `min` when the value is below it, else `max` when it is above that, else the value.
            Clamp [clamp] Math (value: Number, min: Number, max: Number) -> Number {THROWS} = clamp;
            /// Factorial of a whole number; inf above 170, NaN for negative numbers.
            Factorial [factorial] Math (n: Number) -> Number {THROWS} = factorial;
            /// Greatest common divisor of two whole numbers, never negative; `Gcd(0, 0)` is 0.
            Gcd [gcd, GCD] Math (a: Number, b: Number) -> Number {THROWS} = gcd;
            /// Least common multiple of two whole numbers; 0 if either is 0.
            Lcm [lcm, LCM] Math (a: Number, b: Number) -> Number {THROWS} = lcm;
            /// Whether a whole number is prime; false for 1 and below.
            IsPrime [is_prime] Math (n: Number) -> Boolean {THROWS} = is_prime;
            /// Fibonacci number with F(0) = 0 and F(1) = 1, exact to n = 78; n itself below 2.
            Fibonacci [fibonacci] Math (n: Number) -> Number {THROWS} = fibonacci;
            /// Arc sine in radians, in [-PI/2, PI/2]; NaN outside [-1, 1].
            Asin [] Math (x: Number) -> Number {THROWS} = asin;
            /// Arc cosine in radians, in [0, PI]; NaN outside [-1, 1].
            Acos [] Math (x: Number) -> Number {THROWS} = acos;
            /// Arc tangent in radians, in [-PI/2, PI/2].
            Atan [] Math (x: Number) -> Number {THROWS} = atan;
            /// Angle of the point (x, y) in radians, in [-PI, PI]; `y` comes first.
            Atan2 [] Math (y: Number, x: Number) -> Number {THROWS} = atan2;
            /// Hyperbolic sine.
            Sinh [] Math (x: Number) -> Number {THROWS} = sinh;
            /// Hyperbolic cosine.
            Cosh [] Math (x: Number) -> Number {THROWS} = cosh;
            /// Hyperbolic tangent.
            Tanh [] Math (x: Number) -> Number {THROWS} = tanh;
            /// Inverse hyperbolic sine.
            Asinh [] Math (x: Number) -> Number {THROWS} = asinh;
            /// Inverse hyperbolic cosine; NaN below 1.
            Acosh [] Math (x: Number) -> Number {THROWS} = acosh;
            /// Inverse hyperbolic tangent; ±inf at ±1, NaN beyond.
            Atanh [] Math (x: Number) -> Number {THROWS} = atanh;
            /// Real cube root, also of negative numbers.
            Cbrt [] Math (x: Number) -> Number {THROWS} = cbrt;
            /// Logarithm to base 2; 0 gives -inf, negative numbers NaN.
            Log2 [] Math (x: Number) -> Number {THROWS} = log2;
            /// Logarithm to any base; exact for powers of 2 and 10.
            LogBase [] Math (x: Number, base: Number) -> Number {THROWS} = log_base;
            /// e to the power `x`.
            Exp [] Math (x: Number) -> Number {THROWS} = exp;
            /// 2 to the power `x`.
            Exp2 [] Math (x: Number) -> Number {THROWS} = exp2;
            /// 10 to the power `x`.
            Exp10 [] Math (x: Number) -> Number {THROWS} = exp10;
            /// Length of the hypotenuse, without intermediate overflow.
            Hypot [] Math (x: Number, y: Number) -> Number {THROWS} = hypot;
            /// Degrees to radians.
            DegreesToRadians [ToRadians] Math (degrees: Number) -> Number {THROWS} = degrees_to_radians;
            /// Radians to degrees.
            RadiansToDegrees [ToDegrees] Math (radians: Number) -> Number {THROWS} = radians_to_degrees;
            /// -1, 0 or 1; NaN and both zeros give 0.
            Sign [] Math (x: Number) -> Number {THROWS} = sign;
            /// Drops the fraction.
            Trunc [] Math (x: Number) -> Number {THROWS} = trunc;
            /// The fraction, with the sign of `x`.
            Fract [] Math (x: Number) -> Number {THROWS} = fract;
            /// Remainder with the sign of the dividend, as `%`; divisor 0 gives NaN.
            Mod [] Math (dividend: Number, divisor: Number) -> Number {THROWS} = modulo;
            /// Quotient truncated toward zero, to pair with `Mod`; divisor 0 gives ±inf or NaN.
            Div [] Math (dividend: Number, divisor: Number) -> Number {THROWS} = div;
            /// Whether the number is whole and divisible by 2.
            IsEven [] Math (n: Number) -> Boolean {THROWS} = is_even;
            /// Smallest prime greater than `n`. Raises an error from 9007199254740881 on.
            NextPrime [] Math (n: Number) -> Number {THROWS} = next_prime;
            /// Prime factors in ascending order with multiplicity; empty below 2.
            /// Raises an error for fractions and above 2^53.
            PrimeFactors [] Math (n: Number) -> Numbers {THROWS} = prime_factors;
            /// Whether `min <= value <= max`; false with any NaN.
            IsInRange [] Math (value: Number, min: Number, max: Number) -> Boolean {THROWS} = is_in_range;
            /// One step of a fixed 64-bit linear congruential generator on a whole, non-negative seed:
            /// the same seed always gives the same number, from 0 to 2^64.
            SimpleRandom [] Math (seed: Number) -> Number {THROWS} = simple_random;
            /// Random number in [0, 1).
            Random [] Math () -> Number {RANDOM} = random;
            /// Random number from `min` to `max`: a whole number, both ends included, when both bounds
            /// are whole, otherwise any number between. Raises an error if `min > max`.
            RandomRange [] Math (min: Number, max: Number) -> Number {RANDOM THROWS} = random_range;
            /// Random whole number from `min` to `max`, both included. Raises an error if `min > max`.
            RandomInt [] Math (min: Number, max: Number) -> Number {RANDOM THROWS} = random_int;
            /// One random element; null for an empty array.
            RandomChoice [] Math (arr: Array) -> Any {READS RANDOM THROWS} = random_choice;
            /// New array of `count` different elements in random order, at most the array's length.
            RandomSample [Sample] Math (arr: Array, count: Number) -> Array {READS RANDOM THROWS} = random_sample;

            // ---- String: positions, lengths and widths count code points ----

            /// Code points of a string, or elements of an array.
            Length [StringLength] String (value: String Array) -> Number {READS THROWS} = length;
            /// Upper case of all letters by Unicode rules; `ß` becomes `SS`.
            ToUpper [ToUpperCase] String (s: String) -> String {THROWS} = to_upper;
            /// Lower case of all letters by Unicode rules.
            ToLower [ToLowerCase] String (s: String) -> String {THROWS} = to_lower;
            /// Without white space at both ends.
            Trim [] String (s: String) -> String {THROWS} = trim;
            /// Position of the first match, -1 without one. With an array: as `ArrayIndexOf`.
            IndexOf [] String (s: String Array, pattern: Any) -> Number
                / (s: String, pattern: String) -> Number / (arr: Array, element: Any) -> Number
                {READS THROWS} = index_of;
            /// Every occurrence of `from` replaced by `to`; an empty `from` inserts `to` everywhere.
            Replace [ReplaceAll] String (s: String, from: String, to: String) -> String {THROWS} = replace;
            /// Code points in reverse order. With an array: as `ArrayReverse`.
            Reverse [] String (s: String Array) -> String Array
                / (s: String) -> String / (arr: Array) -> Array {READS THROWS} = reverse;
            /// First letter in upper case, the rest unchanged.
            Capitalize [] String (s: String) -> String {THROWS} = capitalize;
            /// Whether the string starts with `prefix`; the empty one always does.
            StartsWith [] String (s: String, prefix: String) -> Boolean {THROWS} = starts_with;
            /// Whether the string ends with `suffix`; the empty one always does.
            EndsWith [] String (s: String, suffix: String) -> Boolean {THROWS} = ends_with;
            /// Whether `pattern` occurs. With an array: as `ArrayContains`.
            Contains [] String (s: String Array, pattern: Any) -> Boolean
                / (s: String, pattern: String) -> Boolean / (arr: Array, element: Any) -> Boolean
                {READS THROWS} = contains;
            /// Pieces between the delimiters, empty ones included; an empty delimiter gives the
            /// single characters.
            Split [] String (s: String, delimiter: String) -> Strings {THROWS} = split;
            /// Characters from `start` up to, not including, `end` (default: the length), both clamped;
            /// empty if they cross. Negative positions raise an error.
            Substring [] String (s: String, start: Number, end: opt Number) -> String {THROWS} = substring;
            /// The string repeated `times` times; other values give an array as `ArrayRepeat`.
            /// Negative or huge counts raise an error.
            Repeat [] String (value: Any, times: Number) -> String Array
                / (s: String, times: Number) -> String {THROWS} = repeat;
            /// Fills up on the left to `width` characters with the first character of `pad`
            /// (default a space).
            PadLeft [] String (s: String, width: Number, pad: opt String) -> String {THROWS} = pad_left;
            /// Fills up on the right to `width` characters with the first character of `pad`
            /// (default a space).
            PadRight [] String (s: String, width: Number, pad: opt String) -> String {THROWS} = pad_right;
            /// Whether a string, array or dictionary is empty.
            IsEmpty [] String (value: String Array Object) -> Boolean {READS THROWS} = is_empty;
            /// Whether all characters are white space; true for the empty string.
            IsWhitespace [] String (s: String) -> Boolean {THROWS} = is_whitespace;
            /// Whether both strings consist of the same characters, counted exactly.
            AreAnagrams [] String (a: String, b: String) -> Boolean {THROWS} = are_anagrams;
            /// Whether letters and digits read the same backwards, ignoring case.
            IsPalindrome [] String (s: String) -> Boolean {THROWS} = is_palindrome;
            /// Occurrences that do not overlap; 0 for an empty pattern.
            CountOccurrences [CountSubstring] String (text: String, pattern: String) -> Number {THROWS} = count_occurrences;
            /// First occurrence of every character, in order. With an array: as `ArrayDistinct`.
            RemoveDuplicates [] String (s: String Array) -> String Array
                / (s: String) -> String / (arr: Array) -> Array {READS THROWS} = remove_duplicates;
            /// First occurrence of every character, in order.
            UniqueCharacters [] String (s: String) -> String {THROWS} = unique_characters;
            /// Words in reverse order, joined by single spaces.
            ReverseWords [] String (s: String) -> String {THROWS} = reverse_words;
            /// Every word with an upper-case first letter, joined by single spaces.
            TitleCase [] String (s: String) -> String {THROWS} = title_case;
            /// Without white space at the start.
            TrimStart [] String (s: String) -> String {THROWS} = trim_start;
            /// Without white space at the end.
            TrimEnd [] String (s: String) -> String {THROWS} = trim_end;
            /// Position of the last match, -1 without one, the length for an empty pattern.
            /// With an array: as `ArrayLastIndexOf`.
            LastIndexOf [] String (s: String Array, pattern: Any) -> Number
                / (s: String, pattern: String) -> Number / (arr: Array, element: Any) -> Number
                {READS THROWS} = last_index_of;
            /// Only the first occurrence of `from` replaced by `to`.
            ReplaceFirst [] String (s: String, from: String, to: String) -> String {THROWS} = replace_first;
            /// The character at a position; null outside the string.
            CharAt [] String (s: String, index: Number) -> String Null {THROWS} = char_at;
            /// Display forms of all arguments, joined.
            Concat [] String (parts: rest Any) -> String {READS} = concat;
            /// Characters from `start` up to, not including, `end` (default: the length). Negative
            /// positions count from the end; empty if they cross.
            SliceWithNegative [StringSlice] String (s: String, start: Number, end: opt Number) -> String {THROWS} = slice_with_negative;
            /// `insert` placed before a position; at or past the end it is appended.
            InsertAt [] String (s: String, index: Number, insert: String) -> String {THROWS} = insert_at;
            /// Without the character at a position; unchanged outside the string.
            RemoveAt [] String (s: String, index: Number) -> String {THROWS} = remove_at;
            /// At most `maxLength` characters, `suffix` (default `...`) included when it was cut.
            Truncate [] String (s: String, maxLength: Number, suffix: opt String) -> String {THROWS} = truncate;
            /// Lines of at most `width` characters, broken between words; longer words stay whole.
            /// Width 0 gives one line, blank text none.
            WrapText [] String (s: String, width: Number) -> Strings {THROWS} = wrap_text;
            /// The template with `{0}`, `{1}`, … replaced by the following arguments. `{0:F2}` gives
            /// fixed decimals, `{0:N2}` also groups thousands, `{0:D3}` pads a whole number with zeros,
            /// `{0:P1}` is percent, `{0:X4}` hexadecimal. `{{` and `}}` stand for braces. A missing
            /// argument or unknown format raises an error.
            FormatString [] String (template: String, args: rest Any) -> String {READS THROWS} = format_string;
            /// Lines of the text, without line breaks; a final line break adds no empty line.
            SplitLines [] String (s: String) -> Strings {THROWS} = split_lines;
            /// Words between white space.
            SplitWords [] String (s: String) -> Strings {THROWS} = split_words;
            /// Number of words between white space.
            CountWords [] String (s: String) -> Number {THROWS} = count_words;
            /// Number of code points, as `Length`.
            CountCharacters [] String (s: String) -> Number {THROWS} = count_characters;
            /// Number of lines, as `SplitLines` would give; 0 for the empty string.
            CountLines [] String (s: String) -> Number {THROWS} = count_lines;
            /// -1, 0 or 1 by code point order.
            Compare [] String (a: String, b: String) -> Number {THROWS} = compare;
            /// Whether the lower-case forms are equal.
            EqualsIgnoreCase [] String (a: String, b: String) -> Boolean {THROWS} = equals_ignore_case;
            /// Fewest insertions, deletions and substitutions that turn `a` into `b`.
            /// Raises an error when the product of the lengths exceeds 10^9.
            LevenshteinDistance [] String (a: String, b: String) -> Number {THROWS} = levenshtein_distance;
            /// As `LevenshteinDistance`, and neighbours may be swapped (optimal string alignment).
            DamerauLevenshteinDistance [] String (a: String, b: String) -> Number {THROWS} = damerau_levenshtein_distance;
            /// Jaro similarity from 0 (nothing in common) to 1 (equal).
            JaroDistance [JaroSimilarity] String (a: String, b: String) -> Number {THROWS} = jaro_distance;
            /// Jaro similarity with a bonus of `prefixScale` (default 0.1) for each of up to 4 equal
            /// first characters, from a similarity of 0.7 on.
            JaroWinklerDistance [JaroWinklerSimilarity] String (a: String, b: String, prefixScale: opt Number) -> Number {THROWS} = jaro_winkler_distance;
            /// Number of positions with different characters; null when the lengths differ.
            HammingDistance [] String (a: String, b: String) -> Number Null {THROWS} = hamming_distance;
            /// Four-character Soundex code; `0000` without ASCII letters.
            Soundex [] String (s: String) -> String {THROWS} = soundex;
            /// Longest run of characters in both, the first in `a` on ties.
            LongestCommonSubstring [] String (a: String, b: String) -> String {THROWS} = longest_common_substring;
            /// Length of the longest common subsequence.
            LongestCommonSubsequence [] String (a: String, b: String) -> Number {THROWS} = longest_common_subsequence;
            /// 1 minus Levenshtein distance over the longer length; 1 for two empty strings.
            SimilarityRatio [] String (a: String, b: String) -> Number {THROWS} = similarity_ratio;

            // ---- Validation ----

            /// Whether the text looks like `local@domain.tld` in ASCII, with a top level of 2 letters
            /// or more.
            IsValidEmail [] Validation (s: String) -> Boolean {THROWS} = is_valid_email;
            /// Whether the text starts with `http://` or `https://`, a host character and at least one
            /// more character.
            IsValidUrl [] Validation (s: String) -> Boolean {THROWS} = is_valid_url;
            /// Whether the text is 2 to 15 digits not starting with 0, optionally after `+`; spaces,
            /// hyphens and parentheses are ignored.
            IsValidPhoneNumber [] Validation (s: String) -> Boolean {THROWS} = is_valid_phone_number;
            /// Whether the text is not empty and all characters are letters or numbers.
            IsAlphanumeric [] Validation (s: String) -> Boolean {THROWS} = is_alphanumeric;
            /// Whether the text is not empty and all characters are letters.
            IsAlphabetic [IsAlpha] Validation (s: String) -> Boolean {THROWS} = is_alphabetic;
            /// Whether the text is a number in the sense of `ToDouble`.
            IsNumeric [] Validation (s: String) -> Boolean {THROWS} = is_numeric;
            /// Whether the text is not empty and all characters are numeric.
            IsDigits [] Validation (s: String) -> Boolean {THROWS} = is_digits;
            /// Whether the text is not empty and has no letter that is not lower-case.
            IsLowercase [] Validation (s: String) -> Boolean {THROWS} = is_lowercase;
            /// Whether the text is not empty and has no letter that is not upper-case.
            IsUppercase [] Validation (s: String) -> Boolean {THROWS} = is_uppercase;
            /// Whether the regular expression matches anywhere in the text. No look-around and no
            /// back-references; an invalid pattern, or one above 1 KiB, gives false.
            MatchesPattern [] Validation (text: String, pattern: String) -> Boolean {THROWS} = matches_pattern;

            // ---- Array: elements compare deeply, numbers within 2.2e-16 ----

            /// Number of elements.
            ArrayLength [] Array (arr: Array) -> Number {READS THROWS} = array_length;
            /// Whether there are no elements.
            ArrayIsEmpty [] Array (arr: Array) -> Boolean {READS THROWS} = array_is_empty;
            /// Element at a whole index; null outside the array. A negative index raises an error.
            ArrayGet [Get] Array (arr: Array, index: Number) -> Any {READS THROWS} = array_get;
            /// First index of an equal element, -1 without one.
            ArrayIndexOf [] Array (arr: Array, element: Any) -> Number {READS THROWS} = array_index_of;
            /// Last index of an equal element, -1 without one.
            ArrayLastIndexOf [] Array (arr: Array, element: Any) -> Number {READS THROWS} = array_last_index_of;
            /// Whether an equal element occurs.
            ArrayContains [] Array (arr: Array, element: Any) -> Boolean {READS THROWS} = array_contains;
            /// New array in reverse order.
            ArrayReverse [ReverseArray] Array (arr: Array) -> Array {READS THROWS} = array_reverse;
            /// Sum from left to right; 0 when empty.
            ArraySum [Sum] Array (arr: Numbers) -> Number {READS THROWS} = array_sum;
            /// Sum divided by the count; 0 when empty.
            ArrayAverage [AverageArray, Average] Array (arr: Numbers) -> Number {READS THROWS} = array_average;
            /// Smallest number, NaN ignored; null when empty.
            ArrayMin [MinArray] Array (arr: Numbers) -> Number Null {READS THROWS} = array_min;
            /// Largest number, NaN ignored; null when empty.
            ArrayMax [MaxArray] Array (arr: Numbers) -> Number Null {READS THROWS} = array_max;
            /// New sorted array, stable: numbers ascending with NaN last, or strings by code point.
            /// With `compare`: as `ArraySortBy`.
            ArraySort [Sort] Array (arr: Array, compare: opt Function) -> Array
                / (arr: Numbers) -> Numbers / (arr: Strings) -> Strings {READS CALLBACK THROWS} = array_sort;
            /// First element; null when empty.
            ArrayFirst [First] Array (arr: Array) -> Any {READS THROWS} = array_first;
            /// Last element; null when empty.
            ArrayLast [Last] Array (arr: Array) -> Any {READS THROWS} = array_last;
            /// New array of the first `n` elements, all when `n` is larger.
            ArrayTake [Take] Array (arr: Array, n: Number) -> Array {READS THROWS} = array_take;
            /// New array without the first `n` elements.
            ArraySkip [Skip] Array (arr: Array, n: Number) -> Array {READS THROWS} = array_skip;
            /// New array of the elements from `start` up to, not including, `end` (default: the length),
            /// both clamped. Negative positions raise an error.
            ArraySlice [Slice] Array (arr: Array, start: Number, end: opt Number) -> Array {READS THROWS} = array_slice;
            /// Display forms of the elements joined by `separator`.
            ArrayJoin [Join] Array (arr: Array, separator: String) -> String {READS THROWS} = array_join;
            /// Number of equal elements.
            ArrayCount [Count] Array (arr: Array, element: Any) -> Number {READS THROWS} = array_count;
            /// New array of the first occurrence of every element.
            ArrayDistinct [Distinct, Unique] Array (arr: Array) -> Array {READS THROWS} = array_distinct;
            /// New array of `fn(element)`.
            ArrayMap [Map, MapArray] Array (arr: Array, fn: Function) -> Array {READS CALLBACK THROWS} = array_map;
            /// New array of the elements with a truthy `pred(element)`.
            ArrayFilter [Filter, FilterArray] Array (arr: Array, pred: Function) -> Array {READS CALLBACK THROWS} = array_filter;
            /// `fn(accumulator, element)` from the left, starting with `initial`. The last two arguments
            /// may also be given in the other order.
            ArrayReduce [Reduce] Array (arr: Array, initial: Any, fn: Any) -> Any {READS CALLBACK THROWS} = array_reduce;
            /// First element with a truthy `pred(element)`; null without one.
            ArrayFind [Find] Array (arr: Array, pred: Function) -> Any {READS CALLBACK THROWS} = array_find;
            /// Index of the first element with a truthy `pred(element)`; -1 without one.
            ArrayFindIndex [FindIndex] Array (arr: Array, pred: Function) -> Number {READS CALLBACK THROWS} = array_find_index;
            /// Whether `pred(element)` is truthy for all elements; stops at the first that is not.
            ArrayEvery [Every] Array (arr: Array, pred: Function) -> Boolean {READS CALLBACK THROWS} = array_every;
            /// Whether `pred(element)` is truthy for any element; stops at the first.
            ArraySome [Some] Array (arr: Array, pred: Function) -> Boolean {READS CALLBACK THROWS} = array_some;
            /// New array with the elements of inner arrays in their place, one level; others stay.
            ArrayFlatten [Flatten, FlattenArray] Array (arr: Array) -> Array {READS THROWS} = array_flatten;
            /// Array of pairs `[a[i], b[i]]`, as many as the shorter array has elements.
            ArrayZip [Zip] Array (a: Array, b: Array) -> Array {READS THROWS} = array_zip;
            /// Consecutive blocks of `size` elements, the last may be shorter; size 0 gives none.
            ArrayChunk [Chunk, ChunkArray] Array (arr: Array, size: Number) -> Array {READS THROWS} = array_chunk;
            /// New array in random order; the same for the same non-negative whole `seed`.
            ArrayShuffle [Shuffle, ShuffleArray] Array (arr: Array, seed: opt Number) -> Array {READS RANDOM THROWS} = array_shuffle;
            /// Two new arrays: the elements with a truthy `pred(element)`, and the others.
            ArrayPartition [Partition] Array (arr: Array, pred: Function) -> Array {READS CALLBACK THROWS} = array_partition;
            /// New array of the first element for every different `key(element)`.
            ArrayUniqueBy [UniqueBy] Array (arr: Array, key: Function) -> Array {READS CALLBACK THROWS} = array_unique_by;
            /// Dictionary from `key(element)` to the array of its elements, in order of first occurrence.
            /// Keys must be strings, numbers or booleans.
            ArrayGroupBy [GroupBy] Array (arr: Array, key: Function) -> Object {READS CALLBACK THROWS} = array_group_by;
            /// New array rotated left by `n`, modulo the length.
            ArrayRotateLeft [RotateLeft] Array (arr: Array, n: Number) -> Array {READS THROWS} = array_rotate_left;
            /// New array rotated right by `n`, modulo the length.
            ArrayRotateRight [RotateRight] Array (arr: Array, n: Number) -> Array {READS THROWS} = array_rotate_right;
            /// New array that alternates the elements of `a` and `b`; the longer tail follows.
            ArrayInterleave [Interleave] Array (a: Array, b: Array) -> Array {READS THROWS} = array_interleave;
            /// All runs of `size` neighbouring elements; none for size 0 or above the length.
            ArrayWindows [Windows] Array (arr: Array, size: Number) -> Array {READS THROWS} = array_windows;
            /// Replaces the element at `index` in place and returns the same array.
            /// Raises an index error outside the array.
            ArraySet [] Array (arr: Array, index: Number, value: Any) -> Array {READS WRITES THROWS} = array_set;
            /// Appends `value` in place and returns the same array.
            ArrayPush [] Array (arr: Array, value: Any) -> Array {READS WRITES THROWS} = array_push;
            /// Removes and returns the last element, in place; null when empty.
            ArrayPop [] Array (arr: Array) -> Any {READS WRITES THROWS} = array_pop;
            /// Removes and returns the first element, in place; null when empty.
            ArrayShift [] Array (arr: Array) -> Any {READS WRITES THROWS} = array_shift;
            /// Inserts `value` before `index` (the length appends) in place and returns the same array.
            /// Raises an index error outside.
            ArrayInsert [] Array (arr: Array, index: Number, value: Any) -> Array {READS WRITES THROWS} = array_insert;
            /// Removes and returns the element at `index`, in place. Raises an index error outside.
            ArrayRemoveAt [] Array (arr: Array, index: Number) -> Any {READS WRITES THROWS} = array_remove_at;
            /// Removes all elements in place and returns the same array.
            ArrayClear [] Array (arr: Array) -> Array {READS WRITES THROWS} = array_clear;
            /// Whether both arrays have the same length and pairwise equal elements.
            ArraysEqual [] Array (a: Array, b: Array) -> Boolean {READS THROWS} = arrays_equal;
            /// Numbers from `start` to `end`, both included, in steps of `step` (default 1; negative
            /// counts down). Step 0 and more than 2^24 elements raise an error.
            ArrayRange [] Array (start: Number, end: Number, step: opt Number) -> Numbers {THROWS} = array_range;
            /// Array of `count` times the same value. More than 2^24 raise an error.
            ArrayRepeat [] Array (value: Any, count: Number) -> Array {THROWS} = array_repeat;
            /// Array of `size` elements, each `default` (null if left out). More than 2^24 raise an error.
            CreateArray [] Array (size: Number, default: opt Any) -> Array {THROWS} = create_array;
            /// Two arrays: the first and the second elements of an array of pairs.
            Unzip [ArrayUnzip] Array (pairs: Array) -> Array {READS THROWS} = unzip;
            /// New array in the order of `compare(a, b)`: negative when `a` comes first, positive when
            /// `b` does. Stable.
            ArraySortBy [SortBy] Array (arr: Array, compare: Function) -> Array {READS CALLBACK THROWS} = array_sort_by;
            /// New array of `count` elements from `start`, both clamped.
            SubArray [] Array (arr: Array, start: Number, count: Number) -> Array {READS THROWS} = sub_array;

            // ---- Collection: arrays as sets; results in order of first occurrence ----

            /// Different elements of both arrays.
            Union [ArrayUnion] Collection (a: Array, b: Array) -> Array {READS THROWS} = union;
            /// Different elements of `a` that occur in `b`.
            Intersection [ArrayIntersection] Collection (a: Array, b: Array) -> Array {READS THROWS} = intersection;
            /// Different elements of `a` that do not occur in `b`.
            Difference [] Collection (a: Array, b: Array) -> Array {READS THROWS} = difference;
            /// Different elements that occur in only one of the arrays.
            SymmetricDifference [] Collection (a: Array, b: Array) -> Array {READS THROWS} = symmetric_difference;
            /// Whether every element of `a` occurs in `b`.
            IsSubset [] Collection (a: Array, b: Array) -> Boolean {READS THROWS} = is_subset;
            /// Whether every element of `b` occurs in `a`.
            IsSuperset [] Collection (a: Array, b: Array) -> Boolean {READS THROWS} = is_superset;
            /// Whether the arrays share no element.
            IsDisjoint [] Collection (a: Array, b: Array) -> Boolean {READS THROWS} = is_disjoint;
            /// Dictionary from every different element (strings, numbers, booleans; others by display
            /// form) to its number of occurrences.
            Frequency [] Collection (arr: Array) -> Object {READS THROWS} = frequency;
            /// The `n` most frequent elements as pairs `[element, count]`, first occurrence first on ties.
            MostCommon [] Collection (arr: Array, n: Number) -> Array {READS THROWS} = most_common;
            /// The `n` least frequent elements as pairs `[element, count]`, first occurrence first on ties.
            LeastCommon [] Collection (arr: Array, n: Number) -> Array {READS THROWS} = least_common;
            /// Different elements of the array.
            ToSet [] Collection (arr: Array) -> Array {READS THROWS} = to_set;
            /// Number of different elements.
            SetSize [] Collection (arr: Array) -> Number {READS THROWS} = set_size;
            /// All pairs `[x, y]` with `x` from `a` and `y` from `b`, by `a` first.
            /// More than 2^24 pairs raise an error.
            CartesianProduct [] Collection (a: Array, b: Array) -> Array {READS THROWS} = cartesian_product;

            // ---- Statistics: elements are converted by ToNumber ----

            /// Arithmetic mean; 0 when empty.
            Mean [CalculateMean] Statistics (arr: Numbers) -> Number {READS THROWS} = mean;
            /// Middle of the sorted numbers, mean of the two middles for an even count, NaN last;
            /// 0 when empty.
            Median [CalculateMedian, ArrayMedian] Statistics (arr: Numbers) -> Number {READS THROWS} = median;
            /// Most frequent number, the first seen on ties; 0 when empty.
            Mode [CalculateMode] Statistics (arr: Numbers) -> Number {READS THROWS} = mode;
            /// Sample standard deviation (n - 1); 0 below two elements.
            StandardDeviation [CalculateStandardDeviation, ArrayStandardDeviation] Statistics (arr: Numbers) -> Number {READS THROWS} = standard_deviation;
            /// Sample variance (n - 1); 0 below two elements.
            Variance [CalculateVariance, ArrayVariance] Statistics (arr: Numbers) -> Number {READS THROWS} = variance;
            /// Largest minus smallest number, NaN ignored; 0 when empty.
            /// `Range(start, end, step)` is `ArrayRange`.
            Range [CalculateRange] Statistics (arr: Array Number, end: opt Number, step: opt Number) -> Number Numbers
                / (arr: Array) -> Number / (start: Number, end: Number, step: opt Number) -> Numbers
                {READS THROWS} = range;
            /// Element at `p` percent (0 to 100) of the sorted numbers, nearest rank, no interpolation;
            /// 0 when empty or `p` is out of range.
            Percentile [CalculatePercentile] Statistics (arr: Numbers, p: Number) -> Number {READS THROWS} = percentile;
            /// Pearson correlation, from -1 to 1; 0 for unequal lengths, no elements or no variance.
            Correlation [CalculateCorrelation] Statistics (x: Numbers, y: Numbers) -> Number {READS THROWS} = correlation;
            /// Least squares line as `[slope, intercept]`; `[0, 0]` for unequal lengths or no elements,
            /// slope 0 for constant `x`.
            LinearRegression [] Statistics (x: Numbers, y: Numbers) -> Numbers {READS THROWS} = linear_regression;

            // ---- Dictionary: insertion-ordered; keys are strings, numbers or booleans, distinct by kind.
            //      JSON text of an object is accepted in place of a dictionary. ----

            /// New empty dictionary.
            DictCreate [] Dictionary () -> Object {} = dict_create;
            /// Value of a key; null when missing.
            DictGet [] Dictionary (dict: Object, key: String Number Boolean) -> Any {READS THROWS} = dict_get;
            /// Sets the value of a key in place and returns the same dictionary.
            DictSet [] Dictionary (dict: Object, key: String Number Boolean, value: Any) -> Object {READS WRITES THROWS} = dict_set;
            /// Whether a key is present; also answers for the fields of records.
            DictHasKey [HasKey] Dictionary (dict: Object, key: String Number Boolean) -> Boolean {READS THROWS} = dict_has_key;
            /// Array of the keys in insertion order.
            DictKeys [] Dictionary (dict: Object) -> Array {READS THROWS} = dict_keys;
            /// Array of the values in insertion order.
            DictValues [] Dictionary (dict: Object) -> Array {READS THROWS} = dict_values;
            /// Number of entries.
            DictSize [] Dictionary (dict: Object) -> Number {READS THROWS} = dict_size;
            /// Whether there are no entries.
            DictIsEmpty [] Dictionary (dict: Object) -> Boolean {READS THROWS} = dict_is_empty;
            /// Removes a key in place, if present, and returns the same dictionary.
            DictRemove [] Dictionary (dict: Object, key: String Number Boolean) -> Object {READS WRITES THROWS} = dict_remove;
            /// Removes all entries in place and returns the same dictionary.
            DictClear [] Dictionary (dict: Object) -> Object {READS WRITES THROWS} = dict_clear;
            /// New dictionary of the entries of both; `b` wins.
            DictMerge [] Dictionary (a: Object, b: Object) -> Object {READS THROWS} = dict_merge;
            /// Compact JSON text; keys become strings, NaN and infinities null.
            DictToJson [] Dictionary (dict: Object) -> String {READS THROWS} = dict_to_json;
            /// Dictionary of the JSON text of an object; empty for other JSON values.
            /// Invalid text raises an error with its line and column.
            DictFromJson [] Dictionary (json: String) -> Object {THROWS} = dict_from_json;
            /// New dictionary of the entries with a truthy `pred(key, value)`.
            DictFilter [] Dictionary (dict: Object, pred: Function) -> Object {READS CALLBACK THROWS} = dict_filter;
            /// New dictionary with every value replaced by `fn(key, value)`.
            DictMap [] Dictionary (dict: Object, fn: Function) -> Object {READS CALLBACK THROWS} = dict_map;

            // ---- Time: local time zone unless stated ----

            /// Whole seconds since 1970-01-01 UTC.
            CurrentTimestamp [GetCurrentTime, Timestamp] Time () -> Number {CLOCK} = current_timestamp;
            /// Date as `YYYY-MM-DD`.
            CurrentDate [GetCurrentDate] Time () -> String {CLOCK} = current_date;
            /// Time of day as `HH:MM:SS`.
            CurrentTime [GetCurrentTimeString] Time () -> String {CLOCK} = current_time;
            /// Date and time as `YYYY-MM-DD HH:MM:SS`.
            CurrentDateTime [GetCurrentDateTime] Time () -> String {CLOCK} = current_date_time;
            /// Formats now, or `timestamp` in seconds since 1970, by strftime codes such as `%Y-%m-%d`.
            /// An unknown code raises an error.
            FormatDateTime [] Time (format: String, timestamp: opt Number) -> String {CLOCK THROWS} = format_date_time;
            /// Day of the week, 0 (Sunday) to 6 (Saturday).
            DayOfWeek [GetDayOfWeek] Time () -> Number {CLOCK} = day_of_week;
            /// Day of the year, 1 to 366.
            DayOfYear [GetDayOfYear] Time () -> Number {CLOCK} = day_of_year;
            /// Whether a year has 366 days in the Gregorian calendar.
            IsLeapYear [] Time (year: Number) -> Boolean {THROWS} = is_leap_year;
            /// Days of a month (1 to 12); null for any other month.
            DaysInMonth [GetDaysInMonth] Time (year: Number, month: Number) -> Number Null {THROWS} = days_in_month;
            /// Current year.
            CurrentYear [GetYear] Time () -> Number {CLOCK} = current_year;
            /// Current month, 1 to 12.
            CurrentMonth [GetMonth] Time () -> Number {CLOCK} = current_month;
            /// Current day of the month, 1 to 31.
            CurrentDay [GetDay] Time () -> Number {CLOCK} = current_day;
            /// Current hour, 0 to 23.
            CurrentHour [GetHour] Time () -> Number {CLOCK} = current_hour;
            /// Current minute, 0 to 59.
            CurrentMinute [GetMinute] Time () -> Number {CLOCK} = current_minute;
            /// Current second, 0 to 59.
            CurrentSecond [GetSecond] Time () -> Number {CLOCK} = current_second;
            /// Now in UTC as ISO 8601 text such as `2026-03-01T12:00:00Z`.
            Now [] Time () -> String {CLOCK} = now;
            /// Milliseconds since the program started, with fraction, on a steady clock.
            GetExecutionTime [] Time () -> Number {CLOCK} = get_execution_time;

            // ---- System ----

            /// Working directory of the process; `.` if unavailable.
            GetCurrentDirectory [] System () -> String {ENV_READ} = get_current_directory;
            /// Value of an environment variable; null when unset.
            GetEnv [GetEnvVar, GetEnvironmentVariable] System (name: String) -> String Null {ENV_READ THROWS} = get_env;
            /// Sets an environment variable for this program. A name that is empty or contains `=`, and
            /// NUL characters, raise an error.
            SetEnv [SetEnvVar, SetEnvironmentVariable] System (name: String, value: String) -> Null {ENV_WRITE THROWS} = set_env;
            /// Dictionary of all environment variables, by name.
            GetAllEnvironmentVariables [] System () -> Object {ENV_READ} = get_all_environment_variables;
            /// Operating system: `linux`, `macos`, `windows`, …
            GetOperatingSystem [] System () -> String {ENV_READ} = get_operating_system;
            /// Processor architecture: `x86_64`, `aarch64`, …
            GetArchitecture [] System () -> String {ENV_READ} = get_architecture;
            /// Logical processors available to the process.
            GetCpuCount [GetProcessorCount, cpuCount] System () -> Number {ENV_READ} = get_cpu_count;
            /// Host name; `unknown` if it cannot be found.
            GetHostname [GetMachineName] System () -> String {ENV_READ} = get_hostname;
            /// Name of the user from `USER` or `USERNAME`; `unknown` without them.
            GetUsername [] System () -> String {ENV_READ} = get_username;
            /// Home directory from `HOME` or `USERPROFILE`; `.` without them.
            GetHomeDirectory [] System () -> String {ENV_READ} = get_home_directory;
            /// Directory for temporary files.
            GetTempDirectory [] System () -> String {ENV_READ} = get_temp_directory;
            /// Arguments given to the script.
            GetArgs [] System () -> Strings {ENV_READ} = get_args;
            /// Ends the program with a whole exit code. Open `finally` blocks and `finale` run; `catch`
            /// does not see it.
            Exit [] System (code: opt Number) -> Null {NO_RETURN THROWS} = exit;
            /// Changes the working directory of the process. Raises an error if it does not exist.
            ChangeDirectory [] System (path: String) -> Null {ENV_WRITE THROWS} = change_directory;
            /// Number of the running process.
            GetCurrentProcessId [] System () -> Number {ENV_READ} = get_current_process_id;

            // ---- File: failures raise an error of kind `io` ----

            /// Whole file as UTF-8 text.
            ReadFile [] File (path: String) -> String {FS_READ THROWS} = read_file;
            /// Creates or replaces a file, missing parent directories included.
            WriteFile [] File (path: String, content: String) -> Null {FS_WRITE THROWS} = write_file;
            /// Appends to a file, created with its parent directories when missing; adds no line break.
            AppendFile [] File (path: String, content: String) -> Null {FS_WRITE THROWS} = append_file;
            /// Whether a file or directory exists.
            FileExists [] File (path: String) -> Boolean {FS_READ THROWS} = file_exists;
            /// Whether the path is a regular file.
            IsFile [] File (path: String) -> Boolean {FS_READ THROWS} = is_file;
            /// Whether the path is a directory.
            IsDirectory [DirectoryExists] File (path: String) -> Boolean {FS_READ THROWS} = is_directory;
            /// Removes a file.
            DeleteFile [] File (path: String) -> Null {FS_WRITE THROWS} = delete_file;
            /// Creates a directory and its missing parents; an existing one is fine.
            CreateDirectory [] File (path: String) -> Null {FS_WRITE THROWS} = create_directory;
            /// Sorted names of the entries of a directory.
            ListDirectory [] File (path: String) -> Strings {FS_READ THROWS} = list_directory;
            /// Size of a file in bytes.
            GetFileSize [] File (path: String) -> Number {FS_READ THROWS} = get_file_size;
            /// Copies a file over the target and returns the bytes copied.
            CopyFile [] File (from: String, to: String) -> Number {FS_READ FS_WRITE THROWS} = copy_file;
            /// Renames a file or directory.
            RenameFile [MoveFile] File (from: String, to: String) -> Null {FS_WRITE THROWS} = rename_file;
            /// Last extension of a path, without the dot; null without one. Does not touch the file.
            GetFileExtension [] File (path: String) -> String Null {THROWS} = get_file_extension;
            /// File name of a path without its last extension; null for a root.
            GetFileName [GetFileStem] File (path: String) -> String Null {THROWS} = get_file_name;
            /// File name of a path with extension; null for a root.
            GetBaseName [] File (path: String) -> String Null {THROWS} = get_base_name;
            /// Parent of a path, empty for a bare name; null for a root.
            GetParentDirectory [] File (path: String) -> String Null {THROWS} = get_parent_directory;
            /// Lines of a UTF-8 file, without line breaks; a final line break adds no empty line.
            ReadLines [] File (path: String) -> Strings {FS_READ THROWS} = read_lines;
            /// Writes lines joined by line feeds, without a final one; creates parent directories.
            WriteLines [] File (path: String, lines: Array) -> Null {READS FS_WRITE THROWS} = write_lines;
            /// Copies a directory and everything in it into the target.
            CopyDirectoryRecursive [] File (from: String, to: String) -> Null {FS_READ FS_WRITE THROWS} = copy_directory_recursive;
            /// Joins path parts; an absolute part starts over.
            JoinPath [] File (parts: rest String) -> String {THROWS} = join_path;
            /// Dictionary of `size` in bytes and `created` and `modified` in seconds since 1970 (null if
            /// unknown).
            GetFileInfo [] File (path: String) -> Object {FS_READ THROWS} = get_file_info;
            /// Sorted names of the files in a directory.
            ListFiles [] File (path: String) -> Strings {FS_READ THROWS} = list_files;
            /// Sorted names of the directories in a directory.
            ListDirectories [] File (path: String) -> Strings {FS_READ THROWS} = list_directories;
            /// Removes a directory; with `recursive` (default false) also everything in it.
            DeleteDirectory [] File (path: String, recursive: opt Boolean) -> Null {FS_WRITE THROWS} = delete_directory;

            // ---- Hashing ----

            /// 53-bit FNV-1a hash of the UTF-8 bytes; the same on every machine and in every version.
            HashString [] Hashing (s: String) -> Number {THROWS} = hash_string;
            /// 53-bit FNV-1a hash of the number's IEEE 754 bits; 0 and -0 differ.
            HashNumber [] Hashing (n: Number) -> Number {THROWS} = hash_number;

            // ---- Hypnotic: lines on standard output with pauses between them ----

            /// Announces a deep trance, waits `ms` milliseconds and announces the return.
            DeepTrance [] Hypnotic (ms: Number) -> Null {OUT SLEEP THROWS} = deep_trance;
            /// Counts from a whole number down to 1, one line a second, then a closing line.
            HypnoticCountdown [] Hypnotic (from: Number) -> Null {OUT SLEEP THROWS} = hypnotic_countdown;
            /// Four lines of an induction that names the subject, over six seconds.
            TranceInduction [] Hypnotic (subjectName: String) -> Null {OUT SLEEP THROWS} = trance_induction;
            /// Three lines that describe a scene, over `seconds` (default 4).
            HypnoticVisualization [] Hypnotic (scene: String, seconds: opt Number) -> Null {OUT SLEEP THROWS} = hypnotic_visualization;
        }
    };
}
