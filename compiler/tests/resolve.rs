//! Where variables live and what functions capture.

use bumpalo::Bump;
use hyp_compiler::resolve::{Resolution, Storage, VarInfo, VarKind, resolve};
use hyp_grammar::intern::Interner;

/// Resolves a `Focus` body and describes its variables: `name storage [const] [set-again] [unset]`,
/// then the captures of every function that has some.
fn describe(body: &str) -> String {
    let source = format!("Focus {{\n{body}\n}} Relax");
    let (arena, mut interner, mut diagnostics) = (Bump::new(), Interner::new(), Vec::new());
    let (program, found) = hyp_grammar::parse(&arena, &mut interner, &source);
    assert!(found.iter().all(|d| !d.is_error()), "{body}: {found:?}");
    let program = program.expect("a program");
    let resolution = resolve(&program, &interner, &mut diagnostics);
    let mut lines: Vec<String> =
        resolution.vars.iter().filter(|v| is_value(v)).map(|v| line(v, &interner)).collect();
    lines.extend(captures(&resolution, &interner));
    lines.join("; ")
}

fn is_value(var: &VarInfo) -> bool {
    matches!(var.kind, VarKind::Variable | VarKind::Parameter | VarKind::Catch)
}

fn line(var: &VarInfo, interner: &Interner) -> String {
    let storage = match var.storage {
        Storage::Local => "local",
        Storage::Slot => "slot",
        Storage::Cell => "cell",
        Storage::Global => "global",
    };
    let mut line = format!("{} {storage}", interner.resolve(var.name));
    for (flag, word) in [
        (var.is_constant, " const"),
        (var.is_reassigned, " set-again"),
        (var.may_be_unset, " unset"),
    ] {
        if flag {
            line.push_str(word);
        }
    }
    line
}

fn captures(resolution: &Resolution<'_>, interner: &Interner) -> Vec<String> {
    let mut lines = Vec::new();
    for (info, node) in resolution.functions.iter().zip(&resolution.function_nodes) {
        if info.captures.is_empty() {
            continue;
        }
        let name = node.and_then(|n| n.name).map_or("lambda", |n| interner.resolve(n.name));
        let captured: Vec<&str> =
            info.captures.iter().map(|v| interner.resolve(resolution.var(*v).name)).collect();
        lines.push(format!("{name} captures {}", captured.join(" ")));
    }
    lines
}

macro_rules! storage_tests {
    ($($name:ident: $source:literal => $expected:literal;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(describe($source), $expected);
        }
    )*};
}

storage_tests! {
    a_module_variable_of_the_body_only_is_local:
        "induce x = 1; x = x + 1; observe x;" => "x local set-again";
    a_module_variable_of_a_function_is_global:
        "induce x = 1; suggestion f() { awaken x; } observe f();" => "x global";
    a_global_declared_after_a_call_may_be_unset:
        "suggestion f() { awaken x; } f(); induce x = 1;" => "x global unset";
    a_global_of_a_finale_may_be_unset:
        "induce x = 1; finale { observe x; }" => "x global unset";
    a_capture_that_never_changes_is_by_value:
        "suggestion f(n) { awaken () => n; } observe f(1);" => "n local; lambda captures n";
    a_capture_that_changes_is_a_cell:
        "suggestion f() { induce c = 0; awaken () => { c = c + 1; awaken c; }; } observe f();"
        => "c cell set-again; lambda captures c";
    a_capture_through_a_function_is_captured_by_both:
        "suggestion f(n) { awaken () => () => n; } observe f(1);"
        => "n local; lambda captures n; lambda captures n";
    a_hoisted_function_captures_by_cell_what_its_block_declares:
        "suggestion f() { induce c = 1; suggestion g() { awaken c; } awaken g; } observe f();"
        => "c cell unset; g captures c";
    a_hoisted_function_captures_parameters_by_value:
        "suggestion f(n) { suggestion g() { awaken n; } awaken g; } observe f(1);"
        => "n local; g captures n";
    functions_without_captures_are_constants:
        "suggestion f(n) { suggestion even(k) { awaken odd(k); } suggestion odd(k) { awaken even(k); } awaken even(n); } observe f(1);"
        => "n local; k local; k local";
    a_loop_variable_that_is_captured_is_a_cell:
        "loop (induce k = 0; k < 3; k = k + 1) { observe () => k; }"
        => "k cell set-again; lambda captures k";
    an_element_variable_is_fresh_in_every_round:
        "loop (induce x within [1]) { observe () => x; }" => "x local; lambda captures x";
    an_assignment_in_try_needs_a_slot:
        "induce x = 0; try { x = 1; } catch (e) { observe x; }" => "x slot set-again; e local";
    a_variable_of_the_try_itself_does_not:
        "try { induce x = 0; x = 1; observe x; } catch { }" => "x local set-again";
    an_assignment_in_catch_with_finally_needs_a_slot:
        "induce x = 0; try { } catch (e) { x = 1; } finally { observe x; }"
        => "x slot set-again; e local";
    an_inner_induce_assigns:
        "induce best = 1; if (true) { induce best = 9; } observe best;" => "best local set-again";
    an_inner_freeze_declares:
        "induce best = 1; if (true) { freeze best = 9; observe best; } observe best;"
        => "best local; best local const";
    an_induce_in_a_function_declares:
        "induce x = 1; suggestion f() { induce x = 2; awaken x; } observe f() + x;"
        => "x local; x local";
    a_loop_header_declares:
        "induce i = 100; loop (induce i = 0; i < 3; i = i + 1) { } observe i;"
        => "i local; i local set-again";
    a_leaked_variable_is_found:
        "if (true) { induce word = 1; } observe word;" => "word local unset";
    a_leaked_variable_of_a_function_is_global:
        "if (true) { induce word = 1; } suggestion f() { awaken word; } observe f();"
        => "word global unset";
    an_assignment_creates_a_variable_of_the_function:
        "suggestion f() { if (true) { x = 1; } awaken x; } observe f();"
        => "x local set-again unset";
    a_shared_variable_is_global_and_below_lexical_ones:
        "sharedTrance induce x = 1; suggestion f() { induce x = 2; awaken x; } suggestion g() { awaken x; } observe f() + g();"
        => "x global unset; x local";
    a_store_to_a_member_of_a_record_changes_the_variable:
        "tranceify Spot { x: number; } suggestion f(p) { awaken () => { p.x = 2; awaken p; }; } observe f(1);"
        => "p cell set-again; lambda captures p";
    without_records_it_does_not:
        "suggestion f(p) { awaken () => { p.x = 2; awaken p; }; } observe f(1);"
        => "p local; lambda captures p";
    methods_lift_captures_into_the_module:
        "suggestion f(n) { session S { suggestion get() { awaken n; } } awaken S(); } observe f(1);"
        => "n global unset";
    jumps_make_captures_cells:
        "suggestion f() { again: induce x = 1; induce g = () => x; if (g() > 1) { sinkTo again; } awaken g; } observe f();"
        => "x cell unset; g local unset; lambda captures x";
    alternatives_bind_one_variable:
        "observe entrain [1] { when [x] | [x, _] => x otherwise => 0 };" => "x local";
}
