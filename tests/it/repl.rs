//! `hypc repl`, with its input piped.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use crate::process::{Scratch, command, exit, stderr, stdout, text};

fn repl(args: &[&str], input: &str) -> Output {
    let mut command = command("hypc");
    command.arg("repl").args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("hypc starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[track_caller]
fn check(input: &str, expected: &str) {
    let output = repl(&[], input);
    assert_eq!(stdout(&output), expected, "{}", stderr(&output));
    assert_eq!((exit(&output), stderr(&output).as_str()), (0, ""));
}

#[test]
fn expressions_are_shown_and_kept() {
    check("1 + 2\n_ * 2;\n\"a\\tb\"\n[1, 2]\nnull\n", "3\n6\n\"a\\tb\"\n[1, 2]\n");
}

#[test]
fn variables_functions_and_types_stay() {
    check(
        "induce x = 1\nx = x + 1;\nx\n\
         suggestion twice(n) { awaken n * 2; }\ntwice(x)\n\
         session Lamp { expose on: number = 3; expose dominant made: number = 0; constructor() { Lamp.made = Lamp.made + 1; } }\n\
         induce lamp = Lamp();\nlamp.on\nLamp.made\nLamp();\nLamp.made\n\
         tranceify Spot { x: number; }\ninduce s = Spot { x: 5 };\ns.x = 6;\ns.x\n",
        "2\n4\n3\n1\n<session-instance Lamp>\n2\n6\n",
    );
}

#[test]
fn statements_run_once() {
    check(
        "observe \"once\";\ninduce a = [1];\nArrayPush(a, 2);\na\na\n",
        "once\n[1, 2]\n[1, 2]\n[1, 2]\n",
    );
}

#[test]
fn closures_keep_what_they_captured() {
    check(
        "suggestion counter() { induce n = 0; awaken suggestion() { n = n + 1; awaken n; }; }\n\
         induce next = counter();\nnext()\nnext()\nsuggestion other(a) { awaken a; }\nnext()\n",
        "1\n2\n3\n",
    );
}

#[test]
fn functions_can_be_replaced_by_assignment() {
    check(
        "suggestion f() { awaken 1; }\nsuggestion g() { awaken f(); }\ng()\nf = suggestion() { awaken 2; };\ng()\n",
        "1\n2\n",
    );
}

#[test]
fn input_goes_on_while_brackets_are_open() {
    check("if (true) {\n    observe 1;\n}\n[1,\n2]\n", "1\n[1, 2]\n");
}

#[test]
fn errors_leave_the_session_as_it_was() {
    let output = repl(&[], "induce x = 1\nthrow \"oh\";\ninduce = ;\nx + y\nx\nExit(4)\nx\n");
    assert_eq!((exit(&output), stdout(&output).as_str()), (4, "1\n"), "{}", stderr(&output));
    for part in ["Uncaught: oh", "E0", "undefined variable `y`"] {
        assert!(stderr(&output).contains(part), "{part}\nis missing in\n{}", stderr(&output));
    }
}

#[test]
fn a_file_can_be_loaded_and_a_session_saved() {
    let scratch = Scratch::new();
    let program = scratch.file(
        "start.hyp",
        "Focus { induce base = 40; observe \"loaded\"; finale { observe \"bye\"; } } Relax\n",
    );
    let saved = scratch.0.join("saved.hyp");
    let input = format!("base + 2\n:save {}\n:nonsense\n:quit\nbase\n", text(&saved));
    let output = repl(&[text(&program)], &input);
    assert_eq!(
        (exit(&output), stdout(&output).as_str()),
        (0, "loaded\n42\nbye\n"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains(":nonsense"));
    let source = fs::read_to_string(&saved).expect("saved");
    assert!(source.contains("induce _ = (base + 2);"), "{source}");
}

#[test]
fn reset_forgets() {
    let output = repl(&[], "induce x = 1\n:reset\nx\n");
    assert!(stderr(&output).contains("E0201"));
    assert_eq!(stdout(&output), "");
}
