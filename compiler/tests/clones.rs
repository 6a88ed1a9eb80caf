//! Clones of functions: which functions are compiled more than once, and what their code knows.

use hyp_bytecode::text::disassemble;
use hyp_compiler::driver::{Options, compile};

/// The listings of all functions of that name, or of those that have none and show `{` instead.
fn functions_with(body: &str, name: &str, options: &Options) -> Vec<String> {
    let source = format!("Focus {{\n{body}\n}} Relax");
    let compilation = compile("clones.hyp", source.as_bytes(), options);
    assert!(!compilation.has_errors(), "{:?}", compilation.diagnostics);
    let listing = disassemble(&compilation.module.expect("a module"));
    let functions = listing.split("\nfunc @").skip(1);
    let shown = if name == "{" { name.to_owned() } else { format!("\"{name}\"") };
    let is_named = |f: &&str| f.split_whitespace().nth(1) == Some(&shown);
    functions.filter(is_named).map(str::to_owned).collect()
}

fn functions(body: &str, name: &str) -> Vec<String> {
    functions_with(body, name, &Options::default())
}

fn count(functions: &[String], needle: &str) -> usize {
    functions.iter().filter(|f| f.contains(needle)).count()
}

const SUM: &str = "suggestion sum(n, s) {
    loop (induce i = 0; i < n; i = i + 1) { s = s + i; }
    awaken s;
}";

#[test]
fn numbers_and_texts_get_clones_with_typed_code() {
    let list = functions(&format!("{SUM} observe sum(9, 0); observe sum(9, \"\");"), "sum");
    assert_eq!(list.len(), 2, "{list:#?}");
    let typed = list.iter().find(|f| f.contains("result f64")).expect("a clone for numbers");
    assert!(typed.contains("add_f64") && !typed.contains("_any"), "{typed}");
    assert_eq!(count(&list, "concat") + count(&list, "add_any"), 1, "{list:#?}");
}

#[test]
fn equal_calls_share_the_function() {
    let list = functions(&format!("{SUM} observe sum(9, 0); observe sum(8, 1);"), "sum");
    assert_eq!(list.len(), 1);
    assert_eq!(count(&list, "result f64"), 1);
    let list = functions(&format!("{SUM} observe sum(9, true); observe sum(8, \"\");"), "sum");
    assert_eq!(list.len(), 1, "neither is typed: {list:#?}");
}

#[test]
fn a_value_keeps_a_function_for_any_argument() {
    let list =
        functions(&format!("{SUM} induce f = sum; observe sum(9, 0); observe f(1, \"\");"), "sum");
    assert_eq!(list.len(), 2, "{list:#?}");
    assert_eq!(count(&list, "result f64"), 1);
}

#[test]
fn recursion_stays_in_the_clone() {
    let body = "suggestion fib(n, one) {
            if (n < 2) { awaken one; }
            awaken fib(n - 1, one) + fib(n - 2, one);
        }
        observe fib(9, 1); observe fib(4, \"z\");";
    let list = functions(body, "fib");
    assert_eq!(list.len(), 2);
    let typed = list.iter().find(|f| f.contains("result f64")).expect("a clone for numbers");
    let number = typed.split(' ').next().expect("a number");
    assert_eq!(typed.matches(&format!(", @{number}, (")).count(), 2, "{typed}");
}

#[test]
fn instances_of_two_sessions_get_clones() {
    let body = "session A { expose v = 1; } session B { expose name = \"b\"; expose v = 2; }
        suggestion read(x) { awaken x.v + x.v; }
        suggestion sum(x, n) {
            induce s = 0;
            loop (induce i = 0; i < n; i = i + 1) { s = s + read(x); }
            awaken s;
        }
        observe sum(A(), 9); observe sum(B(), 9);";
    let list = functions(body, "read");
    assert_eq!(list.len(), 2, "a call inside of a clone is the clone's own");
    assert_eq!(count(&list, "get_field"), 2);
    assert_eq!(count(&list, "get_member"), 0);
}

#[test]
fn arrays_and_functions_of_different_calls_are_kept_apart() {
    let body = "suggestion mapped(items, f) {
            induce out = [];
            loop (induce i = 0; i < Length(items); i = i + 1) { ArrayPush(out, f(items[i])); }
            awaken out;
        }
        suggestion total(items, s) {
            loop (induce i = 0; i < Length(items); i = i + 1) { s = s + items[i]; }
            awaken s;
        }
        observe total(mapped([1, 2], (x) => x * 2), 0);
        observe total(mapped([\"a\"], (x) => x + \"!\"), \"\");";
    assert_eq!(count(&functions(body, "mapped"), "array_get_f64"), 1);
    assert_eq!(count(&functions(body, "total"), "array_get_f64"), 1);
}

#[test]
fn arrays_are_kept_apart_through_inner_calls() {
    let body = "suggestion total(items, s) {
            loop (induce i = 0; i < Length(items); i = i + 1) { s = s + items[i]; }
            awaken s;
        }
        suggestion scan(items, n, s) {
            loop (induce i = 0; i < n; i = i + 1) { s = s + total(items, s); }
            awaken s;
        }
        observe scan([1, 2], 3, 0); observe scan([\"a\"], 3, \"\");";
    assert_eq!(count(&functions(body, "total"), "array_get_f64"), 1);
    assert_eq!(count(&functions(body, "scan"), "result f64"), 1);
}

#[test]
fn functions_inside_exist_once_if_they_capture_nothing() {
    let body = "suggestion made(n) {
            loop (induce i = 0; i < 1; i = i + 1) { awaken [suggestion(x) { awaken x; }, () => n + n]; }
            awaken null;
        }
        observe made(1)[1](); observe made(\"a\")[1]();";
    assert_eq!(functions(body, "made").len(), 2);
    let plain = functions(body, "{");
    assert_eq!(count(&plain, "names \"x\""), 1, "{plain:#?}");
    assert_eq!(plain.len(), 4, "main, the one without captures, and two with them: {plain:#?}");
    assert_eq!(count(&plain, "add_f64"), 1, "{plain:#?}");
}

#[test]
fn growth_is_bounded() {
    let sessions: String = (0..9)
        .map(|i| format!("session S{i} {{ expose v = {i}; }} observe read(S{i}(), 3);"))
        .collect();
    let body = format!(
        "suggestion read(x, n) {{
            induce s = 0;
            loop (induce i = 0; i < n; i = i + 1) {{ s = s + x.v; }}
            awaken s;
        }} {sessions}"
    );
    let list = functions(&body, "read");
    assert_eq!(list.len(), 5, "four clones and the function");
    assert_eq!(count(&list, "get_member"), 1);
    // Nothing is gained where nothing repeats.
    let body =
        "suggestion shown(x) { awaken \"<\" + x + \">\"; } observe shown(1); observe shown(\"a\");";
    assert_eq!(functions(body, "shown").len(), 1);
}

#[test]
fn what_clones_may_cost_is_a_part_of_the_program() {
    // Each of these functions would get a clone, and they are all the program has.
    let text: String = (0..200)
        .map(|i| {
            let call = format!("observe f{i}(9, 0); observe f{i}(9, \"\");");
            SUM.replace("sum", &format!("f{i}")) + &call
        })
        .collect();
    let source = format!("Focus {{\n{text}\n}} Relax");
    let module = compile("clones.hyp", source.as_bytes(), &Options::default()).module;
    // Besides them there is the main function.
    let n_functions = module.expect("a module").functions.len() - 1;
    assert!((250..=301).contains(&n_functions), "{n_functions}");
}

#[test]
fn clones_can_be_switched_off() {
    let body = format!("{SUM} observe sum(9, 0); observe sum(9, \"\");");
    let options = Options { disabled_passes: vec!["clone".to_owned()], ..Options::default() };
    assert_eq!(functions_with(&body, "sum", &options).len(), 1);
    let options = Options { opt_level: 0, ..Options::default() };
    assert_eq!(functions_with(&body, "sum", &options).len(), 1);
}
