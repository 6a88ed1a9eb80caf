//! Dictionaries and JSON.

use crate::expression::check;

#[test]
fn entries() {
    check(
        r#"
        DictCreate() => {}
        DictSet(DictCreate(), "a", 1) => {a: 1}
        d = {}; DictSet(d, "k", [1]); DictSet(d, "k", 2); d => {k: 2}
        DictGet({a: 1}, "a") => 1
        DictGet({a: 1}, "b") => null
        DictGet({"1": "text", 1: "number", true: "yes"}, 1) => number
        DictGet({"1": "text", 1: "number"}, "1") => text
        DictGet({0: "zero"}, -0) => zero
        DictGet({}, [1]) => type: Builtin 'DictGet' expected string, number or boolean argument at position 2, got [1]
        DictSet({}, null, 1) => type: Builtin 'DictSet' expected string, number or boolean argument at position 2, got null
        DictHasKey({a: null}, "a") => true
        HasKey({a: 1}, "b") => false
        DictKeys({b: 1, a: 2}) => [b, a]
        DictValues({b: 1, a: 2}) => [1, 2]
        DictSize({b: 1, a: 2}) => 2
        DictIsEmpty({}) => true
        d = {a: 1, b: 2}; DictRemove(d, "a"); d => {b: 2}
        DictRemove({}, "a") => {}
        d = {a: 1}; DictClear(d); d => {}
        DictMerge({a: 1, b: 2}, {b: 3, c: 4}) => {a: 1, b: 3, c: 4}
        d = {}; DictSet(d, "me", d); DictSize(d) => 1
        DictGet(5, "a") => type: Builtin 'DictGet' expected dictionary argument at position 1, got 5
        "#,
    );
}

#[test]
fn json_text_is_accepted() {
    check(
        r#"
        DictGet("{\"a\": [1, {\"b\": null}]}", "a") => [1, {b: null}]
        DictSet("{}", "a", 1) => {a: 1}
        DictKeys("{\"z\": 1, \"a\": 2}") => [z, a]
        DictKeys("[1]") => []
        DictSize("5") => 0
        DictGet("{", "a") => runtime: Invalid JSON: EOF while parsing an object at line 1 column 1
        "#,
    );
}

#[test]
fn json() {
    check(
        r#"
        ParseJSON("{\"b\": [1.5, true, null, \"ä\\u00e4\"], \"a\": {}}") => {b: [1.5, true, null, ää], a: {}}
        ParseJSON("1e400") => runtime: Invalid JSON: number out of range at line 1 column 5
        ParseJSON("[1,]") => runtime: Invalid JSON: trailing comma at line 1 column 4
        ParseJSON("") => runtime: Invalid JSON: EOF while parsing a value at line 1 column 0
        ParseJSON("{\"a\":1,\"a\":2}") => {a: 2}
        StringifyJSON({b: [1, nan, null], "q\"": "x\n", 1: true}) => {"b":[1,null,null],"q\"":"x\n","1":true}
        StringifyJSON("ä\t\\") => "ä\t\\"
        StringifyJSON(Concat("\0")) => "\u0000"
        StringifyJSON(Sqrt) => runtime: Builtin 'StringifyJSON' cannot write <function Sqrt> as JSON
        a = [1]; ArrayPush(a, a); StringifyJSON(a) => runtime: Builtin 'StringifyJSON' cannot write a value that contains itself as JSON
        a = [1]; ToJson([a, a]) => [[1],[1]]
        DictToJson({a: 1}) => {"a":1}
        DictToJson("{\"a\": 1}") => {"a":1}
        DictToJson([1]) => type: Builtin 'DictToJson' expected dictionary argument at position 1, got [1]
        DictFromJson("{\"a\": 1}") => {a: 1}
        DictFromJson("[1]") => {}
        DictFromJson({}) => type: Builtin 'DictFromJson' expected string argument at position 1, got {}
        "#,
    );
}

#[test]
fn deep_json_is_an_error() {
    let text = format!("ParseJSON(\"{}\")", "[".repeat(100_000));
    let expected = "runtime: Invalid JSON: recursion limit exceeded at line 1 column 128";
    check(&format!("{text} => {expected}"));
}
