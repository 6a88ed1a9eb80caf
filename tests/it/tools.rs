//! The developer's commands: `fmt`, `explain`, `doc`, `completions`, `man`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::process::{Scratch, command, exit, hypc, stderr, stdout, text};

const UNTIDY: &str = "Focus{observe   1;// one\n}Relax";
const TIDY: &str = "Focus {\n    observe 1; // one\n} Relax\n";

#[test]
fn fmt_rewrites_files_and_directories() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.0.join("a/.hidden")).expect("a directory");
    fs::create_dir_all(scratch.0.join("trance_modules/p")).expect("a directory");
    let files = ["one.hyp", "a/two.hyp", "a/.hidden/three.hyp", "trance_modules/p/four.hyp"];
    let files = files.map(|name| scratch.file(name, UNTIDY));
    scratch.file("a/not.txt", UNTIDY);
    let output = hypc(["fmt", text(&scratch.0)]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    let read = files.each_ref().map(|path| fs::read_to_string(path).expect("readable"));
    assert_eq!(read, [TIDY, TIDY, UNTIDY, UNTIDY]);
    let output = hypc(["fmt", text(&files[3])]);
    assert_eq!(exit(&output), 0);
    assert_eq!(fs::read_to_string(&files[3]).expect("readable"), TIDY);
}

#[test]
fn fmt_check_shows_the_difference_and_changes_nothing() {
    let scratch = Scratch::new();
    let file = scratch.file("one.hyp", UNTIDY);
    let output = hypc(["fmt", "--check", text(&file)]);
    assert_eq!(exit(&output), 1);
    assert!(stdout(&output).contains("-Focus{observe   1;// one"), "{}", stdout(&output));
    assert!(stdout(&output).contains("+    observe 1; // one"), "{}", stdout(&output));
    assert_eq!(fs::read_to_string(&file).expect("readable"), UNTIDY);
    fs::write(&file, TIDY).expect("writable");
    let output = hypc(["fmt", "--check", text(&file)]);
    assert_eq!((exit(&output), stdout(&output).as_str()), (0, ""));
}

#[test]
fn fmt_formats_standard_input() {
    let mut command = command("hypc");
    command.args(["fmt", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("hypc starts");
    child.stdin.take().expect("a pipe").write_all(UNTIDY.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((exit(&output), stdout(&output).as_str()), (0, TIDY));
}

#[test]
fn fmt_leaves_programs_with_errors_alone() {
    let scratch = Scratch::new();
    let file = scratch.file("bad.hyp", "Focus { induce = ; } Relax");
    let output = hypc(["fmt", text(&file)]);
    assert_eq!(exit(&output), 1);
    assert!(stderr(&output).contains("bad.hyp:1:"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&file).expect("readable"), "Focus { induce = ; } Relax");
    assert_eq!(exit(&hypc(["fmt", "nowhere.hyp"])), 4);
}

#[test]
fn explain_describes_a_code() {
    let output = hypc(["explain", "e0201"]);
    assert_eq!(exit(&output), 0);
    assert!(stdout(&output).starts_with("E0201: undefined variable\n\nNo declaration"));
    assert!(stdout(&output).lines().all(|line| line.len() <= 80));
    assert!(stdout(&hypc(["explain"])).contains("E0201  undefined variable\n"));
    assert_eq!(exit(&hypc(["explain", "E9999"])), 2);
}

#[test]
fn doc_describes_what_a_module_exports() {
    let scratch = Scratch::new();
    let source = "// Depth of trances.\nFocus {\n\
        \x20   // How deep it goes.\n    expose suggestion depth(a: number,\n b = 2): number { awaken a; }\n\
        \x20   conceal suggestion hidden() { }\n\
        \x20   // A lamp.\n    expose session Lamp {\n        // Its name.\n        expose name: string = \"\";\n\
        \x20       conceal on = false;\n        expose suggestion dim(by: number) { }\n    }\n\
        \x20   expose tranceify Spot { x: number; y?: number; }\n    expose freeze MAX: number = 3;\n} Relax\n";
    let file = scratch.file("lamp.hyp", source);
    let output = hypc(["doc", text(&file)]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    let page = stdout(&output);
    for part in [
        "# lamp.hyp\n\nDepth of trances.\n",
        "## depth\n\n```hyp\nsuggestion depth(a: number, b = 2): number\n```\n\nHow deep it goes.\n",
        "## Lamp\n\n```hyp\nsession Lamp\n```\n\nA lamp.\n",
        "### name\n\n```hyp\nname: string = \"\"\n```\n\nIts name.\n",
        "tranceify Spot {\n    x: number;\n    y?: number;\n}",
        "freeze MAX: number = 3",
    ] {
        assert!(page.contains(part), "{part}\nis missing in\n{page}");
    }
    assert!(!page.contains("hidden") && !page.contains("conceal on"), "{page}");
    let all = stdout(&hypc(["doc", "--all", text(&file)]));
    assert!(all.contains("hidden") && all.contains("conceal on"), "{all}");
}

#[test]
fn completions_and_manual_pages_cover_both_tools() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        for tool in ["hypc", "hypvm"] {
            let output = hypc(["completions", shell, "--tool", tool]);
            assert_eq!(exit(&output), 0, "{}", stderr(&output));
            assert!(stdout(&output).contains("heap-max"), "{shell} {tool}");
        }
    }
    let scratch = Scratch::new();
    let output = hypc(["man", text(&scratch.0)]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    for page in ["hypc.1", "hypc-build.1", "hypc-fmt.1", "hypvm.1", "hypvm-verify.1"] {
        let text = fs::read_to_string(scratch.0.join(page)).expect(page);
        assert!(text.contains(".SH NAME"), "{page}");
    }
}
