//! Calls, closures, sessions, records.

use super::{fails, prints};

const FIB: &str = "
source \"t.hyp\"
main @0
func @0 \"main\" {
  regs f64
  load_f64 r0, 20.0
  call r0, @1, (r0)
  print r0, 0
  ret_null
}
func @1 \"fib\" {
  params 1
  names \"n\"
  result f64
  regs f64 | f64*2
  jump_nlt_f64_k r0, recurse, 2.0
  ret r0
recurse:
  add_f64_k r1, r0, -1.0
  call r1, @1, (r1)
  add_f64_k r2, r0, -2.0
  call r2, @1, (r2)
  add_f64 r1, r1, r2
  ret r1
}
";

#[test]
fn functions_call_themselves() {
    prints(FIB, "6765");
}

const COUNTER: &str = "
source \"t.hyp\"
main @0
func @0 \"main\" {
  regs any*2 | f64
  call r0, @1, ()
  call_value r1, r0, ()
  call_value r1, r0, ()
  print r1, 0
  print r0, 0
  load_f64 r2, 1.0
  .line 4:8
  call_value r1, r0, (r2)
  ret_null
}
func @1 \"counter\" {
  regs cell, any | f64
  new_cell r0, r2
  make_closure r1, @2, (r0)
  ret r1
}
func @2 {
  upvalues cell
  regs cell, any
  get_upvalue r0, 0
  get_cell r1, r0
  add_any_k r1, r1, 1.0
  set_cell r0, r1
  ret r1
}
";

#[test]
fn closures_share_cells_and_check_arity() {
    let (output, outcome) = super::run(COUNTER);
    assert_eq!(output, "2\n<function anonymous>\n");
    let report = outcome.error.expect("one argument too many").to_string();
    assert_eq!(
        report,
        "t.hyp:4:8: Runtime error: Expected 0 arguments, received 1\n    at main (t.hyp:4:8)"
    );
}

const LAMP: &str = "
source \"t.hyp\"
desc d0 any
desc d1 number
global g0 \"made\" any
type %0 session \"Lamp\" {
  field \"lit\" any d0 private
  field \"size\" f64 d1
  method \"flip\" @2
  method \"count\" @3 static
  static \"made\" g0
  ctor @1
}
sites 8
main @0
func @0 \"main\" {
  regs any*4, f64, any
  load_f64 r4, 1.0
  set_global r4, g0
  load_session r0, %0
  load_imm r1, 2
  call_value r2, r0, (r1)
  call_method r3, \"flip\", s0, (r2)
  print r3, 0
  get_member r3, r2, \"flip\", s1
  print r3, 0
  call_value r3, r3, ()
  print r3, 0
  call_method r3, \"count\", s2, (r0)
  print r3, 0
  get_member r3, r2, \"made\", s3
  print r3, 0
  set_member r3, r2, r4, \"size\", s4
  set_member r3, r2, r4, \"size\", s4
  get_member r3, r2, \"size\", s5
  print r3, 0
  print r2, 0
  print r0, 0
BODY
  ret_null
}
func @1 \"Lamp\" {
  params 1
  names \"start\"
  result %0
  owner %0
  regs any, %0
  new_instance r1, %0
  set_field r1, 0, r0
  ret r1
}
func @2 \"flip\" {
  params 1 receiver
  names \"this\"
  owner %0
  regs %0, any | bool
  get_field r1, r0, 0
  truthy r2, r1
  not r2, r2
  box_bool r1, r2
  set_field r0, 0, r1
  ret r1
}
func @3 \"count\" {
  regs any
  get_global r0, g0
  ret r0
}
";

const LAMP_OUTPUT: &str =
    "false\n<function Lamp::flip>\ntrue\n1\n1\n1\n<session-instance Lamp>\n<session Lamp>";

#[test]
fn sessions_have_methods_statics_and_bound_methods() {
    prints(&LAMP.replace("BODY", ""), LAMP_OUTPUT);
}

#[test]
fn member_errors_follow_the_catalogue() {
    let cases = [
        (
            "get_member r3, r2, \"lit\", s6",
            "Access denied to private field 'lit' of session 'Lamp'",
        ),
        ("get_member r3, r2, \"off\", s6", "Session instance of 'Lamp' has no member 'off'"),
        ("set_member r3, r2, r4, \"off\", s6", "Session instance of 'Lamp' has no field 'off'"),
        ("set_member r3, r2, r4, \"flip\", s6", "Cannot assign to method 'flip'"),
        ("set_member r3, r2, r4, \"count\", s6", "Cannot assign to static method 'count'"),
        (
            "set_member r3, r2, r4, \"made\", s6",
            "Assign static field 'made' through session 'Lamp', not an instance",
        ),
        ("get_member r3, r0, \"off\", s6", "Session 'Lamp' has no static member 'off'"),
        ("set_member r3, r0, r4, \"off\", s6", "Session 'Lamp' has no static field 'off'"),
        (
            "load_imm r3, 0\n get_member r3, r3, \"m\", s6",
            "Cannot access member 'm' on value 'null'",
        ),
        ("set_member r3, r4, r4, \"m\", s6", "Assignment target is not a session member"),
        ("load_imm r3, 0\n call_value r3, r3, ()", "Cannot call null value"),
        ("call_value r3, r4, ()", "Value is not callable"),
        ("call_value r3, r0, ()", "Constructor for session 'Lamp' expects 1 arguments, received 0"),
    ];
    for (code, message) in cases {
        fails(
            &LAMP.replace("BODY", &format!("  .line 7:1\n{code}")),
            &format!("t.hyp:7:1: Runtime error: {message}\n    at main (t.hyp:7:1)"),
        );
    }
}

#[test]
fn typed_fields_check_dynamic_stores() {
    fails(
        &LAMP.replace("BODY", "  .line 7:1\n set_member r3, r2, r1, \"size\", s4"),
        "t.hyp:7:1: Type error: expected number, got boolean (field 'size' of 'Lamp')\n    at main (t.hyp:7:1)",
    );
}

const SPOT: &str = "
source \"t.hyp\"
desc d0 number
desc d1 %0
type %0 record \"Spot\" {
  field \"x\" f64 d0
  field \"y\" f64 d0
}
sites 4
main @0
func @0 \"main\" {
  regs %0, any*4, f64*2 | bool
  load_f64 r5, 1.0
  load_f64 r6, 2.0
  new_record r0, %0, (r5, r6)
  load_f64 r5, 5.0
  set_member r1, r0, r5, \"x\", s0
  get_field r5, r0, 0
  print r5, 0
  get_member r2, r1, \"x\", s1
  print r2, 0
  print r1, 0
  copy_record r2, r1
  eq_any r7, r1, r2
  box_bool r3, r7
  print r3, 0
  eq_any r7, r0, r2
  box_bool r3, r7
  print r3, 0
  load_str r3, \"x\"
  load_f64 r5, 3.0
  load_str r4, \"y\"
  new_object r1, (r3, r5, r4, r6)
  .note \"variable 'p'\"
  check_type r1, r1, d1
  print r1, 0
  get_index r2, r1, r4
  print r2, 0
  .line 6:3
  .note \"variable 'p'\"
  check_type r1, r4, d1
  ret_null
}
";

#[test]
fn records_are_values_and_objects_become_records() {
    let (output, outcome) = super::run(SPOT);
    assert_eq!(output, "1\n5\n<record Spot>\ntrue\nfalse\n<record Spot>\n2\n");
    let report = outcome.error.expect("a string is no Spot").to_string();
    assert_eq!(
        report,
        "t.hyp:6:3: Type error: expected Spot, got string (variable 'p')\n    at main (t.hyp:6:3)"
    );
}

const DEFAULTS: &str = "
source \"t.hyp\"
main @0
func @0 \"main\" {
  regs any*2, f64, string
  load_func r0, @1
  load_f64 r2, 4.0
  call_value r1, r0, (r2)
  print r1, 0
  call_value r1, r0, (r2, r2)
  print r1, 0
  load_str r3, \"no\"
  .line 3:3
  call_value r1, r0, (r3)
  ret_null
}
func @1 \"scale\" {
  params 2 required 1
  names \"n\", \"by\"
  regs f64, any | f64
  jump_passed r1, passed
  load_f64 r2, 10.0
  mov r1, r2
passed:
  mul_any r2, r0, r1
  ret r2
}
";

#[test]
fn missing_arguments_are_marked_and_typed_ones_checked() {
    let (output, outcome) = super::run(DEFAULTS);
    assert_eq!(output, "40\n16\n");
    let report = outcome.error.expect("a string is no number").to_string();
    let message = "expected number, got string (argument 'n' of 'scale')";
    assert_eq!(report, format!("t.hyp:3:3: Type error: {message}\n    at main (t.hyp:3:3)"));
}
