//! Modules and packages from the command line: templates, installation, integrity, places in
//! messages.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::process::{Scratch, command, exit, hypvm, stderr, stdout, text};

/// Runs `hypc` in a directory.
fn hypc_in<'a>(directory: &Path, args: impl IntoIterator<Item = &'a str>) -> Output {
    command("hypc").current_dir(directory).args(args).output().expect("hypc starts")
}

/// As [`hypc_in`]; it must succeed. Returns standard output.
#[track_caller]
fn done<'a>(directory: &Path, args: impl IntoIterator<Item = &'a str>) -> String {
    let output = hypc_in(directory, args);
    assert_eq!(exit(&output), 0, "{}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

/// As [`hypc_in`]; it must fail with this code. Returns standard error.
#[track_caller]
fn fails<'a>(directory: &Path, code: i32, args: impl IntoIterator<Item = &'a str>) -> String {
    let output = hypc_in(directory, args);
    assert_eq!(exit(&output), code, "{}{}", stdout(&output), stderr(&output));
    stderr(&output)
}

fn write(root: &Path, name: &str, content: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("a file in a directory")).expect("a directory");
    fs::write(path, content).expect("a file");
}

/// A package with one function that says its name and version.
fn package(root: &Path, name: &str, version: &str, more: &str) {
    let manifest = format!("{{ \"ritualName\": \"{name}\", \"mantra\": \"{version}\"{more} }}\n");
    write(root, "trance.json", &manifest);
    let short = name.rsplit('/').next().unwrap_or(name);
    let source =
        format!("Focus {{ suggestion {short}() {{ awaken \"{name} {version}\"; }} }} Relax\n");
    write(root, "src/lib.hyp", &source);
}

#[test]
fn every_template_is_a_package_whose_test_passes() {
    let scratch = Scratch::new();
    for template in ["cli", "library", "service"] {
        let report = done(&scratch.0, ["new", template, "--template", template]);
        assert!(report.contains("made src/"), "{report}");
        let root = scratch.0.join(template);
        assert!(done(&root, ["validate"]).ends_with("trance.json: valid\n"));
        let report = done(&root, ["run", "test"]);
        assert!(report.contains("test result: ok. 1 passed; 0 failed"), "{report}");
        done(&root, ["fmt", "--check"]);
        let checks = ["check", "tests/greeting_test.hyp"];
        if template == "cli" {
            assert!(hypc_in(&root, checks).stderr.is_empty());
        }
        let readme = fs::read_to_string(root.join("README.md")).expect("a page");
        assert!(readme.starts_with(&format!("# {template}\n")), "{readme}");
    }
}

#[test]
fn the_cli_template_greets() {
    let scratch = Scratch::new();
    done(&scratch.0, ["init", "--name", "hello"]);
    assert_eq!(done(&scratch.0, ["run", "focus"]), "Hello, World!\n");
    assert_eq!(
        done(&scratch.0, ["run", "focus", "ada", "Grace $HOME"]),
        "Hello, Ada!\nHello, Grace $HOME!\n"
    );
    done(&scratch.0, ["run", "build"]);
    let output = hypvm([text(&scratch.0.join("hello.hbc")), "--", "you"]);
    assert_eq!(stdout(&output), "Hello, You!\n");
    assert!(fails(&scratch.0, 4, ["init"]).contains("this is a package already"));
    assert!(fails(&scratch.0, 4, ["new", "src"]).contains("already exists"));
    assert!(fails(&scratch.0, 2, ["new", ".hidden"]).contains("choose one with `--name`"));
}

#[test]
fn the_service_template_answers() {
    let scratch = Scratch::new();
    done(&scratch.0, ["new", "shop", "--template", "service"]);
    let mut child = command("hypc")
        .current_dir(scratch.0.join("shop"))
        .args(["run", "focus"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("hypc starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"add tea 3\nadd milk 2\ntotal\n").expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(stdout(&output), "added tea\nadded milk\ntotal: 5\n");
}

#[test]
fn run_prefers_files_and_passes_exit_codes_on() {
    let scratch = Scratch::new();
    let manifest = r#"{ "ritualName": "p", "mantra": "1.0.0",
        "suggestions": { "fall": "exit 7", "both": "echo suggestion", "say": "printf '%s|'" },
        "triggers": { "preFocus": "before.hyp", "postRelax": "echo after" } }"#;
    write(&scratch.0, "trance.json", manifest);
    write(&scratch.0, "before.hyp", "Focus { observe \"before\"; } Relax\n");
    write(&scratch.0, "both", "Focus { observe \"file\"; } Relax\n");
    write(&scratch.0, "sub/x.hyp", "Focus { observe \"x\"; } Relax\n");
    assert_eq!(done(&scratch.0, ["run", "both"]), "file\n");
    let output = hypc_in(&scratch.0, ["run", "fall"]);
    assert_eq!((exit(&output), stdout(&output)), (7, "before\nafter\n".to_owned()));
    assert_eq!(done(&scratch.0.join("sub"), ["run", "say", "a b", "*"]), "before\na b|*|after\n");
    let complaint = fails(&scratch.0, 2, ["run", "nothing"]);
    assert!(complaint.contains("suggestions: fall, both, say"), "{complaint}");
    assert_eq!(done(&scratch.0, ["exec", "sub/x.hyp"]), "x\n");
    write(&scratch.0, "before.hyp", "Focus { Exit(3); } Relax\n");
    assert_eq!(exit(&hypc_in(&scratch.0, ["run", "fall"])), 3);
}

#[test]
fn suggestions_that_run_themselves_are_refused() {
    let scratch = Scratch::new();
    let manifest = r#"{ "ritualName": "p", "mantra": "1.0.0",
        "suggestions": { "loop": "hypc run loop", "there": "hypc run back", "back": "hypc run there",
            "twice": "hypc run once && hypc run once", "once": "echo once" } }"#;
    write(&scratch.0, "trance.json", manifest);
    let said = fails(&scratch.0, 1, ["run", "loop"]);
    assert!(
        said.contains("suggestion `loop` of ") && said.contains("runs itself: loop → loop"),
        "{said}"
    );
    let said = fails(&scratch.0, 1, ["run", "there"]);
    assert!(said.contains("runs itself: there → back → there"), "{said}");
    assert_eq!(done(&scratch.0, ["run", "twice"]), "once\nonce\n");
    let triggered = manifest.replace(
        "\"suggestions\"",
        "\"triggers\": { \"preFocus\": \"hypc run once\" }, \"suggestions\"",
    );
    write(&scratch.0, "trance.json", &triggered);
    assert!(fails(&scratch.0, 1, ["run", "once"]).contains("runs itself: once → once"));
}

#[test]
fn add_and_remove_keep_what_they_do_not_know() {
    let scratch = Scratch::new();
    let manifest = "{\n  \"zebra\": [\n    1,\n    2.5\n  ],\n  \"ritualName\": \"p\",\n  \
        \"mantra\": \"1.0.0\",\n  \"anchors\": {\n    \"b\": \"^1.0.0\"\n  },\n  \"apple\": null\n}\n";
    write(&scratch.0, "trance.json", manifest);
    done(&scratch.0, ["add", "a", "--version", ">=2.0.0"]);
    done(&scratch.0, ["add", "@s/c", "--version", "~1.2.3", "--dev"]);
    let text = fs::read_to_string(scratch.0.join("trance.json")).expect("a manifest");
    let expected = manifest
        .replace("\"^1.0.0\"", "\"^1.0.0\",\n    \"a\": \">=2.0.0\"")
        .replace("null\n", "null,\n  \"deepAnchors\": {\n    \"@s/c\": \"~1.2.3\"\n  }\n");
    assert_eq!(text, expected);
    let list = done(&scratch.0, ["list"]);
    assert!(list.contains("@s/c ~1.2.3 (development): not installed"), "{list}");
    assert!(done(&scratch.0, ["add", "a", "--version", "1.0.0"]).starts_with("changed a"));
    done(&scratch.0, ["remove", "a"]);
    done(&scratch.0, ["remove", "@s/c"]);
    let text = fs::read_to_string(scratch.0.join("trance.json")).expect("a manifest");
    assert_eq!(text, manifest.replace("null\n", "null,\n  \"deepAnchors\": {}\n"));
    assert!(fails(&scratch.0, 1, ["remove", "a"]).contains("there is no anchor `a`"));
    assert!(
        fails(&scratch.0, 2, ["add", "../x", "--version", "1.0.0"]).contains("not a package name")
    );
    assert!(fails(&scratch.0, 2, ["add", "x", "--version", "new"]).contains("not a range"));
}

#[test]
fn install_takes_the_highest_version_that_fits_and_locks_it() {
    let scratch = Scratch::new();
    let app = scratch.0.join("app");
    package(
        &app,
        "app",
        "1.0.0",
        ", \"anchors\": { \"waves\": \"^1.0.0\", \"lamps\": \"path:../lamps\" }",
    );
    write(
        &app,
        "main.hyp",
        "mindLink \"waves\";\nmindLink \"lamps\";\nFocus { observe waves() + \", \" + lamps(); } Relax\n",
    );
    package(&scratch.0.join("lamps"), "lamps", "0.3.0", ", \"anchors\": { \"waves\": \"<1.5.0\" }");
    for version in ["0.9.0", "1.2.0", "1.4.1", "1.5.0", "2.0.0"] {
        package(&scratch.0.join("store/waves").join(version), "waves", version, "");
    }
    assert!(fails(&app, 1, ["install"]).contains("no version of package `waves` fits"));
    let report = done(&app, ["install", "--source", "../store"]);
    assert_eq!(
        report,
        "installed lamps 0.3.0 (path:../lamps)\ninstalled waves 1.4.1 (directory:../store)\n"
    );
    assert_eq!(done(&app, ["run", "main.hyp"]), "waves 1.4.1, lamps 0.3.0\n");
    let lock = fs::read_to_string(app.join("trance-lock.json")).expect("a lock file");
    let lock: Value = serde_json::from_str(&lock).expect("JSON");
    assert_eq!(lock["lockVersion"], "1.0.0");
    let locked = &lock["lockedAnchors"]["lamps"];
    assert_eq!(locked["version"], "0.3.0");
    assert_eq!(locked["dependencies"]["waves"], "1.4.1");
    let integrity = locked["integrity"].as_str().expect("a hash");
    assert_eq!((integrity.len(), &integrity[..7]), (71, "sha256-"));
    // Without the source it stays, and the lock file stays as it is.
    assert!(done(&app, ["install"]).contains("kept waves 1.4.1 (directory:../store)"));
    done(&app, ["install", "--locked"]);
    assert!(done(&app, ["validate"]).ends_with("valid\n"));
    assert!(done(&app, ["list"]).contains("waves ^1.0.0: installed 1.4.1"));
}

#[test]
fn a_changed_package_is_refused_until_it_is_installed_again() {
    let scratch = Scratch::new();
    let app = scratch.0.join("app");
    package(&app, "app", "1.0.0", ", \"anchors\": { \"lamps\": \"path:../lamps\" }");
    write(&app, "main.hyp", "mindLink \"lamps\";\nFocus { observe lamps(); } Relax\n");
    package(&scratch.0.join("lamps"), "lamps", "0.3.0", "");
    done(&app, ["install"]);
    done(&app, ["check", "main.hyp"]);
    write(&app, "trance_modules/lamps/src/extra.hyp", "Focus { } Relax\n");
    let complaint = fails(&app, 1, ["build", "main.hyp"]);
    assert!(complaint.contains("package `lamps` is not what was locked"), "{complaint}");
    assert!(fails(&app, 1, ["validate"]).contains("not what was locked"));
    assert!(fails(&app, 1, ["install", "--locked"]).contains("not installed as its source has it"));
    assert!(done(&app, ["install"]).contains("installed lamps 0.3.0"));
    done(&app, ["check", "main.hyp"]);
    assert!(!app.join("trance_modules/lamps/src/extra.hyp").exists());
    package(&scratch.0.join("lamps"), "lamps", "0.4.0", "");
    done(&app, ["install"]);
    assert_eq!(done(&app, ["run", "main.hyp"]), "lamps 0.4.0\n");
}

#[test]
fn contradictory_requirements_are_named() {
    let scratch = Scratch::new();
    let app = scratch.0.join("app");
    package(&app, "app", "1.0.0", ", \"anchors\": { \"a\": \"path:../a\", \"c\": \"^1.0.0\" }");
    package(&scratch.0.join("a"), "a", "1.0.0", ", \"anchors\": { \"c\": \"^2.0.0\" }");
    for version in ["1.0.0", "2.0.0"] {
        package(&scratch.0.join("store/c").join(version), "c", version, "");
    }
    let complaint = fails(&app, 1, ["install", "--source", "../store"]);
    assert!(complaint.contains("this package wants ^1.0.0, `a` wants ^2.0.0"), "{complaint}");
    assert!(!app.join("trance_modules").exists());
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_a_dependency() {
    let scratch = Scratch::new();
    let app = scratch.0.join("app");
    package(&app, "app", "1.0.0", ", \"anchors\": { \"lamps\": \"*\" }");
    write(&app, "main.hyp", "mindLink \"lamps/secret\" as S;\nFocus { observe S.x; } Relax\n");
    write(&scratch.0, "secret.hyp", "Focus { freeze x = 1; } Relax\n");
    let lamps = app.join("trance_modules/lamps");
    package(&lamps, "lamps", "1.0.0", "");
    std::os::unix::fs::symlink(scratch.0.join("secret.hyp"), lamps.join("secret.hyp"))
        .expect("a link");
    let complaint = fails(&app, 1, ["run", "main.hyp"]);
    assert!(complaint.contains("it lies outside of the package `lamps`"), "{complaint}");
    assert!(fails(&app, 1, ["install"]).contains("must not contain links"));
    // The whole package may be a link, for development.
    fs::remove_dir_all(&lamps).expect("removed");
    package(&scratch.0.join("lamps"), "lamps", "1.0.0", "");
    write(
        &scratch.0.join("lamps"),
        "secret.hyp",
        "mindLink \"../secret.hyp\";\nFocus { freeze x = 2; } Relax\n",
    );
    std::os::unix::fs::symlink(scratch.0.join("lamps"), &lamps).expect("a link");
    let complaint = fails(&app, 1, ["run", "main.hyp"]);
    assert!(complaint.contains("trance_modules/lamps/secret.hyp:1:10"), "{complaint}");
    write(&scratch.0.join("lamps"), "secret.hyp", "Focus { freeze x = 2; } Relax\n");
    assert_eq!(done(&app, ["run", "main.hyp"]), "2\n");
}

#[test]
fn builds_do_not_depend_on_the_place() {
    let (here, there) = (Scratch::new(), Scratch::new());
    let mut modules = Vec::new();
    for (root, from) in [(&here.0, ""), (&there.0.join("deep/er"), "src/")] {
        package(root, "app", "1.0.0", ", \"anchors\": { \"lamps\": \"*\" }");
        package(&root.join("trance_modules/lamps"), "lamps", "1.0.0", "");
        let main = "mindLink \"../lib/a.hyp\";\nmindLink \"lamps\";\nFocus { observe a() + lamps(); } Relax\n";
        write(root, "src/main.hyp", main);
        write(root, "lib/a.hyp", "Focus { suggestion a() { awaken [1][9]; } } Relax\n");
        let directory = if from.is_empty() { root.join("src") } else { root.clone() };
        done(&directory, ["build", &format!("{from}main.hyp"), "-o", "out.hbc"]);
        modules.push(fs::read(directory.join("out.hbc")).expect("a module"));
        let output = hypvm([text(&directory.join("out.hbc"))]);
        assert!(stderr(&output).starts_with("../lib/a.hyp:1:"), "{}", stderr(&output));
    }
    assert!(modules[0] == modules[1], "the modules differ");
    let listing = String::from_utf8_lossy(&modules[0]);
    assert!(
        !listing.contains(text(&here.0)) && listing.contains("../trance_modules/lamps/src/lib.hyp")
    );
}

#[test]
fn diagnostics_say_where_the_file_is() {
    let scratch = Scratch::new();
    write(
        &scratch.0,
        "src/main.hyp",
        "mindLink \"../lib/a.hyp\" as A;\nFocus { A.n = 1; } Relax\n",
    );
    write(&scratch.0, "lib/a.hyp", "Focus {\n  expose induce n: number = \"\";\n} Relax\n");
    let human = fails(&scratch.0, 1, ["check", "src/main.hyp"]);
    for place in [" --> lib/a.hyp:2:29", " --> src/main.hyp:2:9", "::: lib/a.hyp:2:17"] {
        assert!(human.contains(place), "{place} is missing:\n{human}");
    }
    let json = fails(&scratch.0, 1, ["--message-format", "json", "check", "src/main.hyp"]);
    let lines: Vec<Value> = json.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(lines.len(), 2, "{json}");
    let assigned = lines.iter().find(|l| l["code"] == "E0215").expect("the assignment");
    assert_eq!(assigned["file"], "src/main.hyp");
    assert_eq!(assigned["primary"]["start"]["byte"], 38);
    assert_eq!(assigned["labels"][0]["file"], "lib/a.hyp");
    assert_eq!(assigned["labels"][0]["start"]["line"], 2);
}

#[test]
fn what_is_no_text_is_a_located_error() {
    let scratch = Scratch::new();
    write(&scratch.0, "huge.hyp", &" ".repeat((16 << 20) + 1));
    fs::write(scratch.0.join("binary.hyp"), [0xFF, 0, 0xC3, 0x28]).expect("a file");
    fs::create_dir_all(scratch.0.join("dir.hyp")).expect("a directory");
    for (name, reason) in [
        ("huge.hyp", "it has more than 16777216 bytes"),
        ("binary.hyp", "is not valid UTF-8"),
        ("dir.hyp", "it is a directory without"),
        ("missing.hyp", "there is no such file"),
        ("/dev/zero", "there is no such file"),
        ("", "it is not a path"),
    ] {
        write(&scratch.0, "main.hyp", &format!("mindLink \"{name}\";\nFocus {{ }} Relax\n"));
        let complaint = fails(&scratch.0, 1, ["check", "main.hyp"]);
        assert!(complaint.contains(reason), "{name}: {complaint}");
        assert!(complaint.contains("main.hyp:1:10"), "{name}: {complaint}");
    }
}

#[test]
fn broken_manifests_are_explained() {
    let scratch = Scratch::new();
    write(&scratch.0, "main.hyp", "mindLink \"a\";\nFocus { } Relax\n");
    write(&scratch.0, "trance.json", "{ \"ritualName\": \n");
    let complaint = fails(&scratch.0, 1, ["check", "main.hyp"]);
    assert!(complaint.contains("Cannot mindLink 'a': trance.json: not JSON"), "{complaint}");
    let complaint = fails(&scratch.0, 1, ["list"]);
    assert!(complaint.contains("trance.json: not JSON"), "{complaint}");
    let manifest = r#"{ "ritualName": "..", "mantra": "one", "intent": 3, "hypnotists": {},
        "suggestions": { "a": 1 }, "anchors": { "x y": "1.0.0", "b": "?" },
        "induction": { "entryScript": "none.hyp" }, "channels": { "entry": "c" },
        "layers": [{ "name": "top" }] }"#;
    write(&scratch.0, "trance.json", manifest);
    let complaint = fails(&scratch.0, 1, ["validate"]);
    for part in [
        "`..` is not a package name",
        "`mantra` is not a version",
        "`intent` must be a string",
        "`hypnotists` must be a list",
        "`suggestions.a` must be a string",
        "`x y` is not a package name",
        "`b`: `?` is not a range",
        "there is no file none.hyp",
        "there is no suggestion `c`",
        "layer `top` needs `modules`",
    ] {
        assert!(complaint.contains(part), "{part} is missing:\n{complaint}");
    }
}

#[test]
fn a_thousand_modules_are_one_program() {
    let scratch = Scratch::new();
    for n in 0..1000 {
        let imports: String =
            (n + 1..(n + 4).min(1000)).map(|m| format!("mindLink \"./m{m}.hyp\";\n")).collect();
        let next = if n < 999 { format!("f{}(x + 1)", n + 1) } else { "x".to_owned() };
        let source = format!(
            "{imports}Focus {{ suggestion f{n}(x: number): number {{ awaken {next}; }} }} Relax\n"
        );
        write(&scratch.0, &format!("m{n}.hyp"), &source);
    }
    write(&scratch.0, "main.hyp", "mindLink \"./m0.hyp\";\nFocus { observe f0(1); } Relax\n");
    assert_eq!(done(&scratch.0, ["run", "main.hyp"]), "1000\n");
}
