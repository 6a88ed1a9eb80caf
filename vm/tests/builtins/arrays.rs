//! Arrays and collections.

use crate::expression::check;

#[test]
fn access() {
    check(
        r#"
        ArrayLength([1, 2, 3]) => 3
        ArrayIsEmpty([]) => true
        ArrayGet([10, 20], 0.6) => 20
        ArrayGet([10, 20], nan) => 10
        ArrayGet([10, 20], 2) => null
        ArrayGet([10, 20], inf) => null
        ArrayGet([10, 20], -1) => type: Builtin 'ArrayGet' expected non-negative number at position 2
        ArrayGet("ab", 0) => type: Builtin 'ArrayGet' expected array argument at position 1, got ab
        ArrayFirst([]) => null
        First([7, 8]) => 7
        ArrayLast([7, 8]) => 8
        "#,
    );
}

#[test]
fn search_compares_deeply() {
    check(
        r#"
        ArrayIndexOf([[1], [2]], [2]) => 1
        ArrayIndexOf([0.3], 0.30000000000000004) => 0
        ArrayIndexOf([nan], nan) => -1
        ArrayIndexOf(["1"], 1) => -1
        ArrayLastIndexOf([1, 2, 1], 1) => 2
        ArrayContains([{a: [1]}], {a: [1]}) => true
        ArrayCount([1, "1", 1, true], 1) => 2
        ArraysEqual([1, [2, "x"]], [1, [2, "x"]]) => true
        ArraysEqual([1], [1, 2]) => false
        "#,
    );
}

#[test]
fn numbers() {
    check(
        r#"
        ArraySum([1, 2.5, "3", true]) => 7.5
        ArraySum([]) => 0
        Average([1, 2]) => 1.5
        ArrayAverage([]) => 0
        ArrayMin([3, nan, 1]) => 1
        ArrayMax([3, nan, 1]) => 3
        ArrayMax([]) => null
        ArraySum([1, [2]]) => type: Builtin 'ArraySum' expected numeric array element at position 2
        ArraySum(5) => type: Builtin 'ArraySum' expected array argument at position 1, got 5
        "#,
    );
}

#[test]
fn sorting() {
    check(
        r#"
        ArraySort([3, nan, -inf, 1]) => [-inf, 1, 3, NaN]
        ArraySort(["b", "ä", "a", "B"]) => [B, a, b, ä]
        ArraySort(["10", 9]) => [9, 10]
        Sort([]) => []
        ArraySort([1, [2]]) => type: Builtin 'ArraySort' expected numeric array element at position 2
        ArraySort(["b", "a", "c"], Compare) => [a, b, c]
        a = [2, 1]; b = ArraySort(a); a => [2, 1]
        "#,
    );
}

#[test]
fn parts_are_new_arrays() {
    check(
        r#"
        ArrayTake([1, 2, 3], 2) => [1, 2]
        ArrayTake([1], 1e300) => [1]
        ArrayTake([1], -1) => type: Builtin 'ArrayTake' expected non-negative number at position 2
        ArraySkip([1, 2, 3], 1) => [2, 3]
        ArraySkip([1], 5) => []
        ArraySlice([1, 2, 3, 4], 1, 3) => [2, 3]
        ArraySlice([1, 2, 3], 0.5) => [2, 3]
        ArraySlice([1, 2], 3, 1) => []
        SubArray([1, 2, 3, 4], 1, 2) => [2, 3]
        SubArray([1, 2], 1, inf) => [2]
        ArrayReverse([1, 2, 3]) => [3, 2, 1]
        a = [1]; b = ArrayTake(a, 1); ArrayPush(b, 2); a => [1]
        ArrayFlatten([1, [2, [3]], []]) => [1, 2, [3]]
        ArrayZip([1, 2], ["a"]) => [[1, a]]
        Unzip([[1, "a"], [2, "b"]]) => [[1, 2], [a, b]]
        Unzip([[1]]) => type: Builtin 'Unzip' expected array of pairs argument at position 1, got [[1]]
        ArrayChunk([1, 2, 3], 2) => [[1, 2], [3]]
        ArrayChunk([1, 2], 0) => []
        ArrayChunk([1, 2], inf) => [[1, 2]]
        ArrayWindows([1, 2, 3], 2) => [[1, 2], [2, 3]]
        ArrayWindows([1, 2], 3) => []
        ArrayWindows([1, 2], 0) => []
        ArrayRotateLeft([1, 2, 3], 4) => [2, 3, 1]
        ArrayRotateRight([1, 2, 3], 1) => [3, 1, 2]
        ArrayRotateLeft([], 4) => []
        ArrayInterleave([1, 2, 3], ["a"]) => [1, a, 2, 3]
        ArrayJoin([1, "a", [2, null]], "-") => 1-a-[2, null]
        ArrayJoin([], "-") =>
        ArrayJoin([1], 5) => type: Builtin 'ArrayJoin' expected string argument at position 2, got 5
        ArraySort(ArrayShuffle([1, 2, 3], 7)) => [1, 2, 3]
        ArraysEqual(ArrayShuffle([1, 2, 3, 4, 5], 7), ArrayShuffle([1, 2, 3, 4, 5], 7)) => true
        ArrayLength(ArrayShuffle([1, 2])) => 2
        "#,
    );
}

#[test]
fn creation() {
    check(
        r"
        ArrayRange(1, 3) => [1, 2, 3]
        ArrayRange(3, 1) => []
        ArrayRange(3, 1, -1) => [3, 2, 1]
        ArrayRange(0, 1e9) => runtime: Array too large (limit 16777216 elements)
        ArrayRange(0, inf) => runtime: Builtin 'ArrayRange' expected finite bounds and a step that is not 0
        ArrayRepeat(null, 2) => [null, null]
        CreateArray(2) => [null, null]
        CreateArray(2, 7) => [7, 7]
        CreateArray(inf) => runtime: Array too large (limit 16777216 elements)
        ",
    );
}

#[test]
fn mutators_work_in_place() {
    check(
        r"
        a = [1]; b = ArrayPush(a, 2); ArrayPush(b, 3); a => [1, 2, 3]
        a = [1, 2, 3]; ArraySet(a, 1, 9) => [1, 9, 3]
        ArraySet([1], 1, 9) => index: Index 1 out of bounds
        ArraySet([1], -1, 9) => index: Index -1 out of bounds
        ArraySet([1], inf, 9) => index: Index inf out of bounds
        a = [1, 2]; b = ArrayPop(a); [a, b] => [[1], 2]
        ArrayPop([]) => null
        a = [1, 2]; b = ArrayShift(a); [a, b] => [[2], 1]
        ArrayShift([]) => null
        ArrayInsert([1, 3], 1, 2) => [1, 2, 3]
        ArrayInsert([1], 1, 2) => [1, 2]
        ArrayInsert([1], 0, 2) => [2, 1]
        ArrayInsert([1], 2, 2) => index: Index 2 out of bounds
        a = [1, 2, 3]; b = ArrayRemoveAt(a, 1); [a, b] => [[1, 3], 2]
        ArrayRemoveAt([], 0) => index: Index 0 out of bounds
        a = [1, 2]; b = ArrayClear(a); [a, b] => [[], []]
        a = []; ArrayPush(a, a) => [[...]]
        ",
    );
}

#[test]
fn distinct_values() {
    check(
        r#"
        ArrayDistinct([1, "1", 1, "1", true, true, null, null]) => [1, 1, true, null]
        ArrayDistinct([0.3, 0.30000000000000004, 0.31]) => [0.3, 0.31]
        ArrayDistinct([0, -0, 1e-17]) => [0]
        ArrayDistinct([nan, nan, inf, inf]) => [NaN, NaN, inf]
        ArrayDistinct([[5, "x"], [5, "x"], [6, "x"], {a: 1, b: [2]}, {b: [2], a: 1}]) => [[5, x], [6, x], {a: 1, b: [2]}]
        ArrayDistinct([[0.3], [0.30000000000000004], [0], [-0]]) => [[0.3], [0]]
        SetSize(CartesianProduct(ArrayRange(1, 100), ArrayRange(1, 100))) => 10000
        ArrayDistinct([[1], [1], {a: 1}, {a: 1}]) => [[1], {a: 1}]
        ArrayDistinct(["long enough for its own buffer", Concat("long enough ", "for its own buffer")]) => [long enough for its own buffer]
        "#,
    );
}

#[test]
fn collections() {
    check(
        r#"
        Union([1, 2, 2], [3, 1]) => [1, 2, 3]
        Intersection([3, 1, 2, 1], [1, 3]) => [3, 1]
        Difference([1, 2, 2, 3], [3]) => [1, 2]
        SymmetricDifference([1, 2], [2, 3]) => [1, 3]
        IsSubset([1, 1], [1, 2]) => true
        IsSubset([], []) => true
        IsSuperset([1, 2], [1]) => true
        IsDisjoint([1], [2]) => true
        IsDisjoint([1], [1]) => false
        Frequency(["a", "b", "a", 1, [2], [2]]) => {a: 2, b: 1, 1: 1, [2]: 2}
        MostCommon(["x", "y", "y", "z", "z"], 2) => [[y, 2], [z, 2]]
        LeastCommon(["x", "y", "y"], 1) => [[x, 1]]
        ToSet([2, 1, 2]) => [2, 1]
        SetSize([1, 1, "1"]) => 2
        CartesianProduct([1, 2], ["a", "b"]) => [[1, a], [1, b], [2, a], [2, b]]
        CartesianProduct(CreateArray(5000), CreateArray(5000)) => runtime: Array too large (limit 16777216 elements)
        "#,
    );
}
