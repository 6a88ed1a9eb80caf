//! Numbers, strings, containers, members.

use super::{fails, main_with, prints};

#[test]
fn doubles_print_in_positional_notation() {
    let code = "
        load_f64 r1, 10.0
        div_f64_k r2, r1, 4.0
        print r2, 0
        load_f64 r3, 0.1
        add_f64_k r3, r3, 0.2
        print r3, 0
        load_f64 r3, 1e21
        print r3, 0
        load_f64 r3, 1e-7
        print r3, 0
        neg_f64 r3, r3
        mul_f64_k r3, r3, 0.0
        print r3, 0
        load_f64 r3, 0.0
        rdiv_f64_k r2, r3, 1.0
        print r2, 0
        mod_f64 r2, r1, r3
        print r2, 0";
    prints(
        &main_with("any | f64*3", code),
        "2.5\n0.30000000000000004\n1000000000000000000000\n0.0000001\n-0\ninf\nNaN",
    );
}

#[test]
fn remainder_has_the_sign_of_the_dividend() {
    let code = "
        load_f64 r0, -7.0
        mod_f64_k r1, r0, 3.0
        print r1, 0
        load_f64 r0, 7.0
        mod_f64_k r1, r0, -3.0
        print r1, 0
        load_f64 r0, 1000000000000.0
        mod_f64_k r1, r0, 7.0
        print r1, 0
        load_f64 r0, 5.5
        mod_f64_k r1, r0, 2.0
        print r1, 0
        load_f64 r0, -4.0
        mod_f64_k r1, r0, 2.0
        print r1, 0";
    prints(&main_with("| f64*2", code), "-1\n1\n1\n1.5\n-0");
}

#[test]
fn equality_of_numbers_has_an_epsilon() {
    let code = "
        load_f64 r1, 0.1
        add_f64_k r1, r1, 0.2
        load_f64 r2, 0.3
        eq_f64 r3, r1, r2
        box_bool r0, r3
        print r0, 0
        lt_f64 r3, r2, r1
        box_bool r0, r3
        print r0, 0";
    prints(&main_with("any | f64*2, bool", code), "true\ntrue");
}

#[test]
fn plus_concatenates_when_either_side_is_a_string() {
    let code = "
        load_f64 r1, 3.0
        load_str r0, \"v\"
        add_any r2, r0, r1
        print r2, 0
        add_any r2, r1, r0
        print r2, 0
        load_imm r3, 0
        add_any r2, r0, r3
        print r2, 0
        load_imm r3, 2
        add_any r2, r3, r3
        print r2, 0";
    prints(&main_with("string, f64, any*2", code), "v3\n3v\nvnull\n2");
}

#[test]
fn coercion_errors_name_the_text() {
    let code = "
        .line 2:7
        load_str r0, \"abc\"
        .line 3:9
        mul_any r1, r0, r0";
    fails(
        &main_with("string | f64", code),
        "t.hyp:3:9: Type error: Cannot convert 'abc' to number\n    at main (t.hyp:3:9)",
    );
}

#[test]
fn arrays_are_indexed_from_zero_and_checked() {
    let code = "
        load_f64 r1, 1.0
        load_str r2, \"two\"
        new_array r0, (r1, r2)
        print r0, 0
        array_get r3, r0, r1
        print r3, 0
        array_push r0, r0, r0
        length r1, r0
        print r1, 0
        print r0, 0
        load_f64 r1, 0.0
        array_set r0, r1, r2
        print r0, 0
        .line 9:1
        load_f64 r1, 5.0
        array_get r3, r0, r1";
    let source = main_with("any, f64, string, any", code);
    let (output, outcome) = super::run(&source);
    assert_eq!(output, "[1, two]\ntwo\n3\n[1, two, [...]]\n[two, two, [...]]\n");
    let report = outcome.error.expect("index 5 is out of range").to_string();
    assert_eq!(report, "t.hyp:9:1: Runtime error: Index 5 out of bounds\n    at main (t.hyp:9:1)");
}

#[test]
fn arrays_of_booleans_become_general_where_they_are() {
    let code = "
        load_bool r4, 1
        load_bool r5, 0
        load_f64 r3, 1.0
        new_array r0, ()
        mov r1, r0
        array_push_bool r0, r0, r4
        array_push_bool r0, r0, r4
        array_set_bool r0, r3, r5
        array_get_bool r6, r0, r3
        box_bool r2, r6
        print r2, 0
        array_get r2, r1, r3
        print r2, 0
        print r1, 0
        array_set r0, r3, r3
        print r1, 0
        load_f64 r3, 0.0
        array_get_bool r6, r1, r3
        box_bool r2, r6
        print r2, 0
        array_set_bool r1, r3, r5
        array_push_bool r1, r1, r5
        print r0, 0
        .line 9:1
        load_f64 r3, 1.0
        .note \"variable 'b'\"
        array_get_bool r6, r1, r3";
    let source = main_with("any*3 | f64, bool*3", code);
    let (output, outcome) = super::run(&source);
    assert_eq!(output, "false\nfalse\n[true, false]\n[true, 1]\ntrue\n[false, 1, false]\n");
    let report = outcome.error.expect("element 1 is a number").to_string();
    let text = "t.hyp:9:1: Type error: expected boolean, got number (variable 'b')";
    assert_eq!(report.lines().next(), Some(text));
}

#[test]
fn tagged_booleans_go_into_arrays_of_booleans() {
    let code = "
        load_imm r1, 2
        load_imm r2, 1
        load_f64 r4, 1.0
        new_array r0, (r1, r1)
        array_set r0, r4, r2
        array_push r0, r0, r1
        print r0, 0
        get_index r3, r0, r4
        print r3, 0
        load_imm r2, 0
        array_push r0, r0, r2
        array_set r0, r4, r1
        get_index r3, r0, r4
        print r3, 0
        print r0, 0
        load_imm r2, 1
        array_push r0, r0, r2
        length r4, r0
        print r4, 0";
    let source = main_with("any*4 | f64", code);
    prints(&source, "[true, false, true]\nfalse\ntrue\n[true, true, true, null]\n5");
}

#[test]
fn strings_are_indexed_by_code_point() {
    let code = "
        load_str r0, \"häß\"
        load_f64 r1, 1.0
        get_index r2, r0, r1
        print r2, 0
        load_f64 r1, -1.0
        get_index_opt r2, r0, r1
        print r2, 0
        length r1, r0
        print r1, 0
        iter_new r3, r0
      next:
        iter_next r4, r3
        jump_false r4, done
        iter_key r2, r3
        print r2, 1
        iter_value r2, r3
        print r2, 1
        jump next
      done:
        print r0, 2";
    prints(&main_with("string, f64, any, iterator | bool", code), "ä\nnull\n3\n0h1ä2ßHÄSS");
}

#[test]
fn objects_keep_insertion_order() {
    let code = "
        load_str r0, \"b\"
        load_f64 r1, 1.0
        load_str r2, \"a\"
        load_imm r3, 2
        new_object r4, (r0, r1, r2, r3, r1, r2)
        print r4, 0
        set_member r5, r4, r3, \"c\", s0
        set_index r5, (r4, r0, r2)
        print r4, 0
        get_member r5, r4, \"b\", s1
        print r5, 0
        load_str r0, \"zz\"
        get_index r5, r4, r0
        print r5, 0
        .line 5:2
        get_member r5, r4, \"zz\", s2";
    let (output, outcome) = super::run(&main_with("string, f64, string, any*3", code));
    assert_eq!(output, "{b: 1, a: true, 1: a}\n{b: a, a: true, 1: a, c: true}\na\nnull\n");
    let report = outcome.error.expect("zz is missing").to_string();
    assert_eq!(
        report,
        "t.hyp:5:2: Runtime error: Object has no field 'zz'\n    at main (t.hyp:5:2)"
    );
}

#[test]
fn large_objects_use_their_index() {
    let code = "
        new_object r0, ()
        load_f64 r1, 0.0
      fill:
        mul_f64_k r2, r1, 7.5
        set_index r3, (r0, r2, r1)
        load_str r4, \"key\"
        add_any r3, r4, r1
        set_index r3, (r0, r3, r1)
        add_f64_k r1, r1, 1.0
        jump_lt_f64_k r1, fill, 500.0
        load_f64 r2, 3000.0
        get_index r3, r0, r2
        print r3, 0
        load_str r4, \"key499\"
        get_index r3, r0, r4
        print r3, 0
        load_str r4, \"key500\"
        get_index r3, r0, r4
        print r3, 0";
    prints(&main_with("any, f64*2, any, string", code), "400\n499\nnull");
}

#[test]
fn equality_is_structural() {
    let code = "
        load_f64 r1, 1.0
        new_array r0, (r1, r1)
        new_array r2, (r1, r1)
        new_array r3, (r0, r0)
        new_array r4, (r2, r0)
        eq_any r5, r3, r4
        box_bool r6, r5
        print r6, 0
        array_push r0, r0, r0
        array_push r2, r2, r2
        eq_any r5, r0, r2
        box_bool r6, r5
        print r6, 0
        array_push r2, r2, r1
        eq_any r5, r0, r2
        box_bool r6, r5
        print r6, 0
        snapshot r3, r2
        array_push r2, r2, r1
        print r3, 0";
    prints(
        &main_with(
            "any, f64, any*3, any, any | bool",
            &code.replace("r5,", "r7,").replace(", r5", ", r7"),
        ),
        "true\ntrue\nfalse\n[1, 1, [...], 1]",
    );
}
