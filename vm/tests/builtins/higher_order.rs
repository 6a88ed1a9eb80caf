//! Functions that call back. Builtins serve as callbacks; they collect before every call in the
//! second round.

use crate::expression::check;

#[test]
fn transformations() {
    check(
        r#"
        ArrayMap([1, 4, 9], Sqrt) => [1, 2, 3]
        Map(["a", "b"], ToUpper) => [A, B]
        ArrayMap([], Sqrt) => []
        ArrayFilter([1, 2, 3, 4], IsEven) => [2, 4]
        ArrayReduce([1, 2, 3], 0, Max) => 3
        ArrayReduce([1, 2, 3], Max, 0) => 3
        ArrayReduce(["a", "b"], "", Concat) => ab
        ArrayReduce([], 5, Max) => 5
        ArrayPartition([1, 2, 3, 4], IsEven) => [[2, 4], [1, 3]]
        ArrayUniqueBy(["aa", "b", "cc"], Length) => [aa, b]
        ArrayGroupBy(["aa", "b", "cc"], Length) => {2: [aa, cc], 1: [b]}
        ArraySortBy(["b", "c", "a"], Compare) => [a, b, c]
        ArraySortBy(["bb", "a", "cc", "d"], Compare) => [a, bb, cc, d]
        "#,
    );
}

#[test]
fn searches_stop_early() {
    check(
        r#"
        ArrayFind([1, 2, 4], IsEven) => 2
        ArrayFind([1], IsEven) => null
        ArrayFindIndex([1, 2, 4], IsEven) => 1
        ArrayFindIndex([1], IsEven) => -1
        ArrayEvery([2, 4], IsEven) => true
        ArrayEvery([], IsEven) => true
        ArrayEvery([1, "x"], IsEven) => false
        ArraySome([2, "x"], IsEven) => true
        ArraySome([], IsEven) => false
        "#,
    );
}

#[test]
fn fresh_results_survive_collections() {
    check(
        r#"
        ArrayMap([1, 2, 3], ToString) => [1, 2, 3]
        ArrayMap(Split("long piece number one|long piece number two", "|"), ToUpper) => [LONG PIECE NUMBER ONE, LONG PIECE NUMBER TWO]
        ArrayMap([["b", "a"], ["d", "c"]], ArraySort) => [[a, b], [c, d]]
        ArrayReduce(["x", "y", "z"], [], ArrayPush) => [x, y, z]
        ArrayGroupBy(["alpha beta", "gamma", "delta eps"], CountWords) => {2: [alpha beta, delta eps], 1: [gamma]}
        DictMap({a: "x", b: "y"}, Concat) => {a: ax, b: by}
        "#,
    );
}

#[test]
fn callbacks_may_change_the_array() {
    check(
        r#"
        a = [[1], [2], [3]]; ArrayPush(a, a); ArrayMap(a, ArrayClear) => [[], [], [], []]
        a = []; ArrayPush(a, a); ArrayPush(a, [1]); ArrayMap(a, ArrayClear) => [[]]
        a = []; ArrayPush(a, a); ArrayPush(a, [1]); ArrayFilter(a, ArrayClear) => []
        a = []; ArrayPush(a, a); ArrayPush(a, [1]); ArrayFind(a, ArrayPop) => [[...]]
        a = []; ArrayPush(a, a); ArrayPush(a, a); ArrayLength(ArrayMap(a, ArrayPop)) => 1
        a = []; ArrayPush(a, a); ArrayPush(a, a); ArrayReduce(a, 0, Max) => type: Builtin 'Max' expected numeric argument at position 2
        "#,
    );
}

#[test]
fn errors_of_callbacks_pass_through() {
    check(
        r#"
        ArrayMap([1, "x"], Sqrt) => type: Builtin 'Sqrt' expected numeric argument at position 1
        ArrayMap([1], Throw) => user: 1
        ArraySortBy([2, 1], Throw) => user: 2
        ArraySortBy([2, 1], Concat) => [1, 2]
        ArraySortBy([[2], 1], Concat) => type: Builtin 'ArraySortBy' expected function that returns a number at position 2
        ArrayMap([1], 5) => type: Builtin 'ArrayMap' expected function argument at position 2, got 5
        ArrayMap(5, Sqrt) => type: Builtin 'ArrayMap' expected array argument at position 1, got 5
        ArrayReduce([1], 0, 5) => type: Builtin 'ArrayReduce' expected function argument at position 3, got 5
        ArrayGroupBy([1], ToSet) => type: Builtin 'ToSet' expected array argument at position 1, got 1
        "#,
    );
}

#[test]
fn dictionaries() {
    check(
        r#"
        DictFilter({a: "x", b: ""}, Contains) => {b: }
        DictFilter({a: "xa", b: "b"}, EqualsIgnoreCase) => {b: b}
        DictMap({}, Concat) => {}
        DictMap({a: 1}, 5) => type: Builtin 'DictMap' expected function argument at position 2, got 5
        "#,
    );
}

#[test]
fn nesting_is_limited() {
    check("a = []; ArrayPush(a, 1); f = ArrayMap; ArrayMap([[1, 4]], ArraySum) => [5]");
}
