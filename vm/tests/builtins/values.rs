//! Conversions and type tests.

use crate::expression::{Machine, check};

#[test]
fn conversions() {
    check(
        r#"
        ToDouble("1e3") => 1000
        ToDouble("inf") => inf
        ToDouble("") => runtime: Cannot convert '' to number
        ToDouble(" 1") => runtime: Cannot convert ' 1' to number
        ToDouble(5) => type: Builtin 'ToDouble' expected string argument at position 1, got 5
        ToString([1, "a", null]) => [1, a, null]
        ToString() => null
        ToString(-0) => -0
        ToString(1e21) => 1000000000000000000000
        ToBoolean("YES") => true
        ToBoolean(" true") => false
        ToBoolean(1) => true
        ToBoolean([]) => false
        ToNumber(" 42 ") => 42
        ToNumber(true) => 1
        ToNumber("x") => type: Cannot convert 'x' to number
        ToNumber(null) => type: Cannot convert to number
        ToInt("x") => type: Builtin 'ToInt' expected numeric argument at position 1
        "#,
    );
}

#[test]
fn type_tests() {
    check(
        r#"
        TypeOf(null) => null
        TypeOf(1) => number
        TypeOf("") => string
        TypeOf(true) => boolean
        TypeOf([]) => array
        TypeOf({}) => object
        TypeOf(Sin) => function
        IsNull(null) => true
        IsNull() => true
        IsDefined(0) => true
        IsNumber(nan) => true
        IsNumber("1") => false
        IsString("") => true
        IsBoolean(0) => false
        IsArray([]) => true
        IsObject({}) => true
        isRecord([]) => false
        IsNullOrEmpty("") => true
        IsNullOrEmpty({}) => true
        IsNullOrEmpty(0) => false
        "#,
    );
}

#[test]
fn deep_equality_is_exact() {
    check(
        r#"
        DeepEquals([1, {a: [2]}], [1, {a: [2]}]) => true
        DeepEquals(0.3, 0.30000000000000004) => false
        DeepEquals(nan, nan) => true
        DeepEquals(0, -0) => true
        DeepEquals({a: 1, b: 2}, {b: 2, a: 1}) => true
        DeepEquals({a: 1}, {b: 1}) => false
        DeepEquals([], {}) => false
        DeepEquals("ab", Concat("a", "b")) => true
        DeepEquals(Sin, Sin) => true
        DeepEquals(Sin, Cos) => false
        a = [1]; ArrayPush(a, a); b = [1]; ArrayPush(b, b); DeepEquals(a, b) => true
        "#,
    );
}

#[test]
fn throw_and_exit() {
    check(
        r#"
        Throw("bad") => user: bad
        Throw([1]) => user: [1]
        Exit(2.5) => Exit(3)
        Exit() => Exit(0)
        Exit(nan) => Exit(0)
        Exit(-1) => Exit(-1)
        "#,
    );
}

#[test]
fn shared_elements_do_not_make_endless_text() {
    let mut machine = Machine::new(false, "");
    machine.eval("a = [1]").expect("an array");
    for _ in 0..60 {
        machine.eval("b = [a, a]; a = b").expect("an array");
    }
    let shown = machine.show("ToString(a)");
    assert!(shown.starts_with("runtime: "), "{}", &shown[..shown.len().min(100)]);
    let shown = machine.show("StringifyJSON(a)");
    assert!(shown.contains("more than 67108864 bytes"), "{}", &shown[..shown.len().min(100)]);
    assert_eq!(machine.show("DeepEquals(a, [b, b])"), "false");
}
