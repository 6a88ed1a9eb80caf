//! Hard and soft keywords.

use crate::{check_body, check_clean, check_codes, wrap};
use hyp_grammar::keyword::{Keyword, KeywordKind};

#[test]
fn hard_keywords_are_never_names() {
    for &keyword in Keyword::ALL.iter().filter(|keyword| keyword.kind().is_hard()) {
        for spelling in std::iter::once(keyword.as_str()).chain(keyword.aliases().iter().copied()) {
            check_codes(&format!("induce {spelling} = 1;"), &["E0109"]);
            check_clean(&wrap(&format!("x.{spelling} = y?.{spelling};")));
            check_clean(&wrap(&format!("x = {{ {spelling}: 1 }};")));
            check_clean(&wrap(&format!("tranceify T {{ {spelling}: number; }}")));
            check_clean(&wrap(&format!("entrain x {{ when T {{ {spelling}: a }} => 1 }}")));
        }
    }
}

#[test]
fn soft_keywords_are_names() {
    for &keyword in Keyword::ALL.iter().filter(|keyword| !keyword.kind().is_hard()) {
        for word in std::iter::once(keyword.as_str()).chain(keyword.aliases().iter().copied()) {
            check_clean(&wrap(&format!("induce {word} = 1;")));
            check_clean(&wrap(&format!(
                "induce {word}; {word} = {word} + 1; f({word}, [{word}]);"
            )));
            check_clean(&wrap(&format!("suggestion f({word}: T, b) {{ awaken {word}; }}")));
            check_clean(&wrap(&format!("suggestion {word}() {{ }} x = {word}();")));
            check_clean(&wrap(&format!("tranceify {word} {{ {word}: number; }}")));
            check_clean(&wrap(&format!("x = a.{word} + b?.{word};")));
            check_clean(&wrap(&format!("session S {{ expose {word}: number; {word}2: T; }}")));
        }
    }
}

#[test]
fn reference_keywords_match_in_any_case() {
    check_body(
        "INDUCE x = 1; If (TRUE) { oBserve x; } eLse { AWAKEN x; }",
        "induce x = 1;\nif (true) {\n    observe x;\n} else {\n    awaken x;\n}",
    );
    check_clean("FOCUS { } RELAX");
}

#[test]
fn exact_words_match_only_as_written() {
    check_body("Null = This;", "Null = This;");
    check_body("Try(1); Throw(2); For(3);", "Try(1);\nThrow(2);\nFor(3);");
    for &keyword in Keyword::ALL.iter().filter(|k| k.kind() == KeywordKind::SoftExact) {
        let upper = keyword.as_str().to_ascii_uppercase();
        check_body(&format!("{upper} = 1;"), &format!("{upper} = 1;"));
    }
}

/// The look-ahead table for words at the start of a statement: a keyword reading and a name.
#[test]
fn words_at_the_start_of_a_statement() {
    for (source, printed) in [
        ("observe x;", "observe x;"),
        ("observe = x;", "observe = x;"),
        ("observe.a = x;", "observe.a = x;"),
        ("observe?.a;", "observe?.a;"),
        ("command (x);", "command (x);"),
        ("command [1];", "command [1];"),
        ("whisper -1;", "whisper -1;"),
        ("murmur observe;", "murmur observe;"),
        ("command command + session;", "command command + session;"),
        ("session S { }", "session S {}"),
        ("session = 1;", "session = 1;"),
        ("record R { }", "tranceify R {}"),
        ("record(1);", "record(1);"),
        ("trigger t = suggestion() { };", "trigger t = suggestion() {};"),
        ("trigger(t);", "trigger(t);"),
        ("anchor a = 1;", "anchor a = 1;"),
        ("anchor = 1;", "anchor = 1;"),
        ("label l;", "label l;"),
        ("label = 1;", "label = 1;"),
        (
            "loop { snap; break; sink; continue; }",
            "loop {\n    snap;\n    snap;\n    sink;\n    sink;\n}",
        ),
        ("snap = 1;", "snap = 1;"),
        ("sink(1);", "sink(1);"),
        ("sinkTo l;", "sinkTo l;"),
        ("sinkTo = 1;", "sinkTo = 1;"),
        ("oscillate x;", "oscillate x;"),
        ("oscillate this.x;", "oscillate this.x;"),
        ("oscillate = 1;", "oscillate = 1;"),
        ("suspend;", "suspend;"),
        ("suspend(1);", "suspend(1);"),
        ("entrance { }", "entrance {}"),
        ("entrance(1);", "entrance(1);"),
        ("finale = 1;", "finale = 1;"),
        ("try { } finally { }", "try {} finally {}"),
        ("try(1);", "try(1);"),
        ("deepFocus { }", "deepFocus {}"),
        ("deepFocus (x) { }", "deepFocus (x) {}"),
        ("deepFocus = 1;", "deepFocus = 1;"),
        ("sharedTrance x;", "sharedTrance x;"),
        ("sharedTrance x: number = 1;", "sharedTrance x: number = 1;"),
        ("sharedTrance freeze x = 1;", "sharedTrance freeze x = 1;"),
        ("sharedTrance = 1;", "sharedTrance = 1;"),
        ("mesmerize suggestion f() { }", "mesmerize suggestion f() {}"),
        ("mesmerize(1);", "mesmerize(1);"),
        ("imperative suggestion f() { }", "imperative suggestion f() {}"),
        ("imperativeSuggestion f() { }", "imperative suggestion f() {}"),
        ("imperative = 1;", "imperative = 1;"),
        ("dominant suggestion f() { }", "dominant suggestion f() {}"),
        ("dominantSuggestion f() { }", "dominant suggestion f() {}"),
        ("dominant = 1;", "dominant = 1;"),
        ("call f();", "f();"),
        ("call = 1;", "call = 1;"),
        ("assert x;", "assert x;"),
        ("assert = 1;", "assert = 1;"),
        ("throw x;", "throw x;"),
        ("throw = 1;", "throw = 1;"),
        ("expose suggestion f() { }", "expose suggestion f() {}"),
        ("expose = 1;", "expose = 1;"),
        ("mindLink \"a\";", "mindLink \"a\";"),
        ("import A as B;", "mindLink A as B;"),
        ("import = 1;", "import = 1;"),
        ("for (;;) { }", "for (;;) {}"),
        ("for = 1;", "for = 1;"),
        ("function f() { }", "suggestion f() {}"),
        ("function = 1;", "function = 1;"),
        ("x = function(a) { };", "x = suggestion(a) {};"),
        ("var x = 1;", "var x = 1;"),
        ("var = 1;", "var = 1;"),
        ("jolt x;", "jolt x;"),
        ("jolt = 1;", "jolt = 1;"),
        ("plunge { } settle { }", "plunge {} settle {}"),
        ("plunge = 1;", "plunge = 1;"),
        ("deepen x;", "deepen x;"),
        ("deepen = 1;", "deepen = 1;"),
        ("lighten x.y by 2;", "lighten x.y by 2;"),
        ("descend { } while (x);", "descend {} while (x);"),
        ("descend = 1;", "descend = 1;"),
        ("x = drawn a toward b else c;", "x = drawn a toward b else c;"),
        ("x = drawn * toward;", "x = drawn * toward;"),
        ("x = a upTo b by c;", "x = a upTo b by c;"),
        ("x = upTo + until + downTo + by;", "x = upTo + until + downTo + by;"),
        ("x = r with { a: 1 };", "x = r with { a: 1 };"),
        ("x = with + 1;", "x = with + 1;"),
        ("loop (induce x within xs) { }", "loop (induce x within xs) {}"),
        ("within = 1;", "within = 1;"),
        ("induce x: number from external;", "induce x: number from external;"),
        ("from = external;", "from = external;"),
        ("lucid = 1;", "lucid = 1;"),
        ("observe: loop { }", "observe:\nloop {}"),
    ] {
        check_body(source, printed);
    }
}

#[test]
fn words_unknown_to_the_reference_are_names_where_declared() {
    check_body("suggestion for(x) { } for(1);", "suggestion for(x) {}\ncall for(1);");
    check_body("induce with = 1; x = with;", "induce with = 1;\nx = with;");
    check_body(
        "suggestion f(throw) { throw (1); }",
        "suggestion f(throw) {\n    call throw(1);\n}",
    );
    check_body("induce bitNot = f; x = bitNot (1);", "induce bitNot = f;\nx = bitNot(1);");
    check_body("suggestion drawn(x) { } drawn (1);", "suggestion drawn(x) {}\ndrawn(1);");
}

#[test]
fn a_suggestion_named_like_a_statement_word_can_be_called() {
    check_body(
        "suggestion Observe(x) { } Observe(1); observe(1);",
        "suggestion Observe(x) {}\ncall Observe(1);\nobserve (1);",
    );
    check_body("Assert(a, \"m\");", "assert a, \"m\";");
}

#[test]
fn declaring_null_is_ignored_and_this_is_refused() {
    check_codes("induce null;", &["W0605"]);
    check_codes("induce null = 1;", &["E0109"]);
    check_codes("induce this = 1;", &["E0109"]);
    check_codes("suggestion f(null) { }", &["E0109"]);
    check_codes("suggestion this() { }", &["E0109"]);
}

#[test]
fn operator_synonyms_match_in_any_case() {
    for (synonym, symbol) in [
        ("youAreFeelingVerySleepy", "=="),
        ("YOUCANNOTRESIST", "!="),
        ("lookatthewatch", ">"),
        ("fallUnderMySpell", "<"),
        ("yourEyesAreGettingHeavy", ">="),
        ("goingDeeper", "<="),
        ("underMyControl", "&&"),
        ("resistanceIsFutile", "||"),
        ("lucidFallback", "??"),
    ] {
        check_body(&format!("x = a {synonym} b;"), &format!("x = a {symbol} b;"));
    }
    check_body("x = a dreamReach b dreamReach[c] dreamReach(d);", "x = a?.b?.[c]?.(d);");
    check_codes("x = a notSoDeep b; y = a deeplyLess b; z = a deeplyGreater b;", &["W0604"; 3]);
}
