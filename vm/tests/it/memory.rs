//! Strings as ropes and slices; collections.

use super::{main_with, prints, run_with};

#[test]
fn appending_in_a_loop_is_linear() {
    let code = "
        load_str r0, \"\"
        load_f64 r1, 0.0
        load_str r2, \"0123456789abcdef\"
      next:
        add_any r0, r0, r2
        length r3, r0
        add_f64_k r1, r1, 1.0
        jump_lt_f64_k r1, next, 200000.0
        print r3, 0
        get_index r4, r0, r1
        print r4, 0";
    let source = main_with("any, f64, string, f64, any", code);
    let (output, outcome) = run_with(&source, |_| {});
    assert_eq!((output.as_str(), outcome.exit_code), ("3200000\n0\n", 0));
}

#[test]
fn reading_every_step_of_an_append_loop_is_linear() {
    let code = "
        load_str r0, \"\"
        load_f64 r1, 0.0
        load_str r2, \"0123456789ab\"
      next:
        add_any r0, r0, r2
        get_index r4, r0, r1
        add_f64_k r1, r1, 1.0
        jump_lt_f64_k r1, next, 100000.0
        print r4, 0";
    let source = main_with("any, f64, string, f64, any", code);
    let (output, outcome) = run_with(&source, |_| {});
    assert_eq!((output.as_str(), outcome.exit_code), ("3\n", 0));
}

#[test]
fn ropes_in_any_shape_flatten() {
    let code = "
        load_str r0, \"left half of thirty-two bytes ..\"
        load_str r1, \"right half, also long enough: ..\"
        add_any r2, r0, r1
        add_any r3, r1, r2
        add_any r4, r3, r3
        add_any r4, r2, r4
        print r4, 0
        eq_any r5, r4, r4
        load_f64 r6, 33.0
        get_index r0, r4, r6
        print r0, 0";
    let left = "left half of thirty-two bytes ..";
    let right = "right half, also long enough: ..";
    let expected = format!("{left}{right}{right}{left}{right}{right}{left}{right}\ni");
    prints(&main_with("any*5 | bool, f64", code), &expected);
}

#[test]
fn garbage_is_reclaimed() {
    let code = "
        load_f64 r1, 0.0
      next:
        new_array r0, (r1, r1, r1)
        new_array r2, (r0, r2)
        array_push r0, r0, r1
        new_object r3, (r1, r0)
        load_imm r2, 0
        add_f64_k r1, r1, 1.0
        jump_lt_f64_k r1, next, 300000.0
        print r3, 0";
    let source = main_with("any, f64, any*2", code);
    let (output, outcome) = run_with(&source, |o| o.heap_bytes_max = 16 << 20);
    assert_eq!(
        (output.as_str(), outcome.exit_code),
        ("{299999: [299999, 299999, 299999, 299999]}\n", 0)
    );
}

#[test]
fn deep_structures_are_marked_printed_and_compared_without_recursion() {
    let code = "
        load_f64 r1, 0.0
      next:
        new_array r0, (r0)
        add_f64_k r1, r1, 1.0
        jump_lt_f64_k r1, next, 100000.0
        snapshot r2, r0
        eq_any r3, r0, r2
        box_bool r2, r3
        print r2, 0";
    let source = main_with("any, f64, any | bool", code);
    let (output, outcome) = run_with(&source, |_| {});
    assert_eq!((output.as_str(), outcome.exit_code), ("true\n", 0));
}

/// Runs a program; gives its output, exit code and the heap's figures.
fn run_measured(source: &str, heap_bytes_max: usize) -> (String, i32, hyp_vm::HeapStats) {
    let mut stats = None;
    let (output, outcome) = super::run_observed(
        source,
        |o| o.heap_bytes_max = heap_bytes_max,
        |vm| stats = Some(vm.heap_stats()),
    );
    (output, outcome.exit_code, stats.expect("the machine was looked at"))
}

/// Allocates short-lived arrays while 200,000 elements of an old array and dictionary are replaced.
const OLD_AND_YOUNG: &str = "
        new_array r0, ()
        new_object r1, ()
        load_f64 r4, 0.0
      fill:
        new_array r2, (r4)
        array_push r0, r0, r2
        set_index r1, (r1, r4, r2)
        add_f64_k r4, r4, 1.0
        jump_lt_f64_k r4, fill, 20000.0
        load_f64 r5, 0.0
      next:
        mod_f64_k r4, r5, 20000.0
        new_array r2, (r5)
        array_set r0, r4, r2
        new_array r2, (r4, r5)
        set_index r1, (r1, r4, r2)
        add_f64_k r5, r5, 1.0
        jump_lt_f64_k r5, next, 200000.0
        load_f64 r4, 19999.0
        get_index r2, r0, r4
        print r2, 0
        get_index r2, r1, r4
        print r2, 0";

/// A million booleans, the last replaced by what is in `r2`.
const BOOLEANS: &str = "
source \"t.hyp\"
main @0
func @0 \"main\" {
  regs any*3 | f64, bool
  new_array r0, ()
  load_bool r4, 1
  load_f64 r3, 0.0
fill:
  array_push_bool r0, r0, r4
  add_f64_k r3, r3, 1.0
  jump_lt_f64_k r3, fill, 1000000.0
  load_imm r2, VALUE
  load_f64 r3, 999999.0
try:
  array_set r0, r3, r2
  jump done
end:
caught:
  print r2, 0
done:
  array_get r1, r0, r3
  print r1, 0
  length r3, r0
  print r3, 0
  ret_null
  .handler try, end, caught, r2
}
";

#[test]
fn booleans_take_a_byte_each_until_something_else_is_stored() {
    let (output, exit_code, stats) = run_measured(&BOOLEANS.replace("VALUE", "1"), 1 << 30);
    assert_eq!((output.as_str(), exit_code), ("false\n1000000\n", 0));
    assert!(stats.committed_max < 3 << 20, "{stats}");
    let (output, exit_code, stats) = run_measured(&BOOLEANS.replace("VALUE", "0"), 1 << 30);
    assert_eq!((output.as_str(), exit_code), ("null\n1000000\n", 0));
    assert!(stats.committed_max > 8_000_000, "{stats}");
}

#[test]
fn an_array_of_booleans_stays_as_it_is_if_there_is_no_room_for_values() {
    let (output, exit_code, stats) = run_measured(&BOOLEANS.replace("VALUE", "0"), 4 << 20);
    let expected = "Heap limit of 4194304 bytes exceeded\ntrue\n1000000\n";
    assert_eq!((output.as_str(), exit_code), (expected, 0));
    assert!(stats.committed_max < 4 << 20, "{stats}");
}

/// Old arrays of booleans become general ones that hold the only references to young objects.
const BOOLEANS_OLD_AND_YOUNG: &str = "
        new_array r0, ()
        load_bool r5, 1
        load_f64 r3, 0.0
      fill:
        new_array r1, ()
        array_push_bool r1, r1, r5
        array_push_bool r1, r1, r5
        array_push r0, r0, r1
        add_f64_k r3, r3, 1.0
        jump_lt_f64_k r3, fill, 20000.0
        load_f64 r3, 0.0
      next:
        array_get r1, r0, r3
        new_array r2, (r3)
        load_f64 r4, 1.0
        array_set r1, r4, r2
        new_array r2, (r3, r4)
        new_array r2, (r3, r4)
        add_f64_k r3, r3, 1.0
        jump_lt_f64_k r3, next, 20000.0
        load_f64 r3, 0.0
      read:
        array_get r1, r0, r3
        load_f64 r4, 1.0
        array_get r2, r1, r4
        load_f64 r4, 0.0
        array_get_f64 r4, r2, r4
        jump_eq_f64 r4, r3, fine
        print r1, 0
      fine:
        add_f64_k r3, r3, 1.0
        jump_lt_f64_k r3, read, 20000.0
        print r1, 0";

#[test]
fn old_arrays_of_booleans_may_be_given_references() {
    let source = main_with("any*3 | f64*2, bool", BOOLEANS_OLD_AND_YOUNG);
    let (output, exit_code, stats) = run_measured(&source, 1 << 30);
    assert_eq!((output.as_str(), exit_code), ("[true, [19999]]\n", 0));
    assert!(stats.minor > 0, "{stats}");
}

#[test]
fn stores_into_old_objects_keep_young_ones_alive() {
    let source = main_with("any*4 | f64*2", OLD_AND_YOUNG);
    let (output, exit_code, stats) = run_measured(&source, 1 << 30);
    assert_eq!((output.as_str(), exit_code), ("[199999]\n[19999, 199999]\n", 0));
    assert!(stats.minor > 1, "{stats}");
}

#[test]
fn near_the_limit_everything_is_collected() {
    let source = main_with("any*4 | f64*2", OLD_AND_YOUNG);
    let (output, exit_code, stats) = run_measured(&source, 6 << 20);
    assert_eq!((output.as_str(), exit_code), ("[199999]\n[19999, 199999]\n", 0));
    assert!(stats.major > 0 && stats.committed_max <= 6 << 20, "{stats}");
}
