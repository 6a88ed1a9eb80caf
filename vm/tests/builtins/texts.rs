//! Strings and validation.

use crate::expression::check;

#[test]
fn positions_count_code_points() {
    check(
        r#"
        Length("Grüße 🌀") => 7
        Length([1, 2]) => 2
        Length(5) => type: Function 'Length' expects string or array argument, got 5
        IndexOf("äöü", "ü") => 2
        IndexOf("abc", "") => 0
        IndexOf("abc", "x") => -1
        LastIndexOf("äxäx", "x") => 3
        LastIndexOf("abc", "") => 3
        Substring("häuser", 1, 3) => äu
        Substring("hello", 2) => llo
        Substring("hello", 3, 99) => lo
        Substring("hello", 3, 1) =>
        Substring("hello", -1, 2) => type: Builtin 'Substring' expected non-negative number at position 2
        Substring("hello", nan, inf) => hello
        CharAt("äöü", 1) => ö
        CharAt("abc", 3) => null
        CharAt("abc", -1) => null
        CharAt("abc", inf) => null
        SliceWithNegative("hällo", -3, -1) => ll
        SliceWithNegative("hello", -99, 2) => he
        SliceWithNegative("hello", 1, 0) =>
        SliceWithNegative("hello", 1) => ello
        InsertAt("äb", 1, "-") => ä-b
        InsertAt("ab", 99, "-") => ab-
        RemoveAt("äöü", 1) => äü
        RemoveAt("abc", 7) => abc
        RemoveAt("abc", -1) => abc
        CountCharacters("Hallo Welt!") => 11
        "#,
    );
}

#[test]
fn case_and_trimming() {
    check(
        r#"
        ToUpper("straße") => STRASSE
        ToLowerCase("ÄÖ") => äö
        Capitalize("ßa") => SSa
        Capitalize("") =>
        TitleCase("hELLO  big world") => HELLO Big World
        Concat("[", Trim("  a b \n"), "]") => [a b]
        Concat("[", TrimStart("  a "), "]") => [a ]
        Concat("[", TrimEnd(" a  "), "]") => [ a]
        Concat("[", Trim("   "), "]") => []
        ReverseWords("  one two  three ") => three two one
        Reverse("häl") => läh
        Reverse([1, 2]) => [2, 1]
        EqualsIgnoreCase("ÄB", "äb") => true
        Compare("a", "b") => -1
        Compare("ä", "z") => 1
        Compare("x", "x") => 0
        "#,
    );
}

#[test]
fn searching_and_replacing() {
    check(
        r#"
        Contains("abc", "") => true
        Contains("abc", "bc") => true
        Contains([1, [2]], [2]) => true
        StartsWith("äb", "ä") => true
        EndsWith("äb", "b") => true
        Replace("aaa", "", "-") => -a-a-a-
        Replace("a.b.c", ".", "::") => a::b::c
        Replace("abc", "x", "y") => abc
        Replace("äöä", "ä", "") => ö
        ReplaceFirst("aXbX", "X", "-") => a-bX
        ReplaceFirst("ab", "", "-") => -ab
        CountOccurrences("aaaa", "aa") => 2
        CountOccurrences("aaaa", "") => 0
        IndexOf([1, 2], 2) => 1
        LastIndexOf([1, 2, 1], 1) => 2
        "#,
    );
}

#[test]
fn splitting_and_joining() {
    check(
        r#"
        Split("a,b,,c", ",") => [a, b, , c]
        Split("", ",") => []
        ArrayLength(Split("", ",")) => 1
        Split("äbc", "") => [ä, b, c]
        Split("a--b", "--") => [a, b]
        Split("a long piece of text that is shared|and another one", "|") => [a long piece of text that is shared, and another one]
        SplitLines("a\r\nb\nc\n") => [a, b, c]
        SplitWords("  a  b ") => [a, b]
        CountWords("a b  c") => 3
        CountLines("a\nb\n") => 2
        CountLines("") => 0
        WrapText("one two three four", 9) => [one two, three, four]
        WrapText("", 5) => []
        Concat(1, "a", [true, null]) => 1a[true, null]
        Concat() =>
        "#,
    );
}

#[test]
fn filling() {
    check(
        r#"
        Repeat("ab", 2.5) => ababab
        Repeat("ab", 0) =>
        Repeat("", 1e18) =>
        Repeat("ab", inf) => runtime: Builtin 'Repeat' would create a string of more than 67108864 bytes
        Repeat(7, 3) => [7, 7, 7]
        Repeat(null, 1e12) => runtime: Array too large (limit 16777216 elements)
        PadLeft("ä", 3, "*-") => **ä
        Concat(PadRight("ab", 4), "|") => ab  |
        PadLeft("abc", 2, "x") => abc
        PadLeft("a", 5, "") => type: Builtin 'PadLeft' expected non-empty string to derive character at position 3
        PadRight("a", inf, "x") => runtime: Builtin 'PadRight' would create a string of more than 67108864 bytes
        Truncate("hello world", 8) => hello...
        Truncate("äöüß", 3, "…") => äö…
        Truncate("abc", 3) => abc
        Truncate("abcdef", 2, "-----") => -----
        "#,
    );
}

#[test]
fn properties() {
    check(
        r#"
        IsEmpty("") => true
        IsEmpty([]) => true
        IsEmpty({}) => true
        IsEmpty({a: 1}) => false
        IsEmpty(5) => type: Builtin 'IsEmpty' expected string, array or dictionary argument at position 1, got 5
        IsWhitespace(" \t") => true
        IsWhitespace("") => true
        AreAnagrams("listen", "silent") => true
        AreAnagrams("Listen", "silent") => false
        IsPalindrome("A man, a plan, a canal: Panama") => true
        RemoveDuplicates("hello") => helo
        RemoveDuplicates([1, 1, 2]) => [1, 2]
        UniqueCharacters("banana") => ban
        IsAlphanumeric("aß9") => true
        IsAlphabetic("") => false
        IsNumeric("3.14") => true
        IsNumeric("-1") => true
        IsNumeric("1x") => false
        IsDigits("½9") => true
        IsDigits("3.14") => false
        IsLowercase("123") => true
        IsLowercase("aB") => false
        IsUppercase("A1!") => true
        IsUppercase("") => false
        IsValidEmail("a.b@c.de") => true
        IsValidUrl("https://x.y") => true
        IsValidPhoneNumber("+49 30-1234") => true
        MatchesPattern("abc123", "[0-9]+$") => true
        MatchesPattern("abc", "(") => false
        MatchesPattern("abc", "(?<=a)b") => false
        "#,
    );
}

#[test]
fn distances() {
    check(
        r#"
        LevenshteinDistance("kitten", "sitting") => 3
        DamerauLevenshteinDistance("ab", "ba") => 1
        JaroSimilarity("same", "same") => 1
        JaroWinklerDistance("", "x") => 0
        HammingDistance("äbc", "äxc") => 1
        HammingDistance("a", "ab") => null
        Soundex("Robert") => R163
        LongestCommonSubstring("xäbcy", "zäbcq") => äbc
        LongestCommonSubstring("a", "b") =>
        LongestCommonSubsequence("AGGTAB", "GXTXAYB") => 4
        SimilarityRatio("", "") => 1
        "#,
    );
}

#[test]
fn format_string() {
    check(
        r#"
        FormatString("{0} is {1}", "x", [1, 2]) => x is [1, 2]
        FormatString("{{{0}}}", 5) => {5}
        FormatString("{0:N0} {0:F1} {1:D3} {2:P0} {3:X4}", 1234567.89, 7, 0.5, 255) => 1,234,568 1234567.9 007 50% 00FF
        FormatString("{1}", 5) => runtime: Builtin 'FormatString' has no argument for '{1}'
        FormatString("{x}", 5) => runtime: Builtin 'FormatString' expected a position in '{x}'
        FormatString("{0", 5) => runtime: Builtin 'FormatString' found an unmatched '{' in the template
        FormatString("0}", 5) => runtime: Builtin 'FormatString' found an unmatched '}' in the template
        FormatString("{0:Q}", 5) => runtime: Builtin 'FormatString' does not know the format 'Q'
        FormatString("{0:F1}", "x") => type: Cannot convert 'x' to number
        FormatString("ä{0}ö", "ü") => äüö
        "#,
    );
}

#[test]
fn strings_are_strict() {
    check(
        r#"
        ToUpper(5) => type: Builtin 'ToUpper' expected string argument at position 1, got 5
        Contains("a", 5) => type: Builtin 'Contains' expected string argument at position 2, got 5
        Split("a", null) => type: Builtin 'Split' expected string argument at position 2, got null
        ToUpper() => runtime: Builtin 'ToUpper' expected argument at position 1
        "#,
    );
}
