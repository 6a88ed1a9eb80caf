//! The command lines of `hypc` and `hypvm`: exit codes, streams, signals, bad input.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use hyp_tests::subject::root;
use hyp_tests::tool;

use crate::process::{Scratch, command, exit, hypc, hypvm, stderr, stdout, text};

const HELLO: &str = "Focus { observe \"hello\"; } Relax\n";

#[test]
fn build_and_execute() {
    let scratch = Scratch::new();
    let output = hypvm([text(&scratch.module("hello", HELLO))]);
    assert_eq!((exit(&output), stdout(&output).as_str()), (0, "hello\n"));
    assert!(output.stderr.is_empty());
}

#[test]
fn the_program_of_the_readme_summarises_its_file() {
    let scratch = Scratch::new();
    let source = fs::read_to_string(root().join("docs/examples/csv_summary.hyp")).expect("program");
    let module = scratch.module("csv_summary", &source);
    let data = root().join("docs/examples/data/sales.csv");
    let output = hypvm(["--allow-read", text(&module), "--", text(&data)]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).starts_with("7 rows, 5 columns\n"), "{}", stdout(&output));
    let readme = fs::read_to_string(root().join("README.md")).expect("readable");
    assert!(readme.contains(&stdout(&output)), "the README shows another output");
}

#[test]
fn the_program_of_the_readme_that_gives_a_taste_runs() {
    let scratch = Scratch::new();
    let readme = fs::read_to_string(root().join("README.md")).expect("readable");
    let source = readme.split("```text\n").find(|part| part.starts_with("Focus {"));
    let source =
        source.and_then(|part| part.split("```").next()).expect("the README has a program");
    let output = hypc(["run", text(&scratch.file("taste.hyp", source))]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), "1. Oslo freezes\n2. Cairo melts\nawake again\n");
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
}

#[test]
fn default_output_is_beside_the_program() {
    let scratch = Scratch::new();
    let program = scratch.file("here.hyp", HELLO);
    assert_eq!(exit(&hypc(["build", text(&program)])), 0);
    assert!(program.with_extension("hbc").is_file());
    let names: Vec<_> = fs::read_dir(&scratch.0).expect("readable").collect();
    assert_eq!(names.len(), 2, "a temporary file is left");
}

#[test]
fn help_and_version_go_to_standard_output() {
    for tool in ["hypc", "hypvm"] {
        for option in ["--help", "--version"] {
            let output = command(tool).arg(option).output().expect("starts");
            assert_eq!(exit(&output), 0);
            assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{tool} {option}");
        }
    }
    for name in ["build", "run", "check", "disasm", "builtins", "version"] {
        assert_eq!(exit(&hypc([name, "--help"])), 0, "{name}");
    }
    assert!(stdout(&hypc(["version"])).starts_with("hypc 0."));
}

#[test]
fn a_wrong_command_line_is_2() {
    for args in [&[][..], &["paint"], &["build"], &["run", "--paint", "x"], &["run", "-O7", "x"]] {
        let output = hypc(args.iter().copied());
        assert_eq!(exit(&output), 2, "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}");
    }
    assert_eq!(exit(&hypvm([])), 2);
    assert_eq!(exit(&hypvm(["--heap-max", "much", "x.hbc"])), 2);
}

#[test]
fn missing_or_unreadable_input_is_4() {
    let scratch = Scratch::new();
    let missing = scratch.0.join("missing");
    let missing = text(&missing);
    let directory = text(&scratch.0);
    for args in [["run", missing], ["build", missing], ["check", missing], ["run", directory]] {
        let output = hypc(args);
        assert_eq!(exit(&output), 4, "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("cannot read"), "{}", stderr(&output));
    }
    assert_eq!(exit(&hypvm([missing])), 4);
    assert_eq!(exit(&hypvm([directory])), 4);
    assert_eq!(exit(&hypvm(["verify", missing])), 4);
}

#[test]
fn unwritable_output_is_4() {
    let scratch = Scratch::new();
    let program = scratch.file("hello.hyp", HELLO);
    let target = scratch.0.join("no/such/directory.hbc");
    let output = hypc(["build", text(&program), "-o", text(&target)]);
    assert_eq!(exit(&output), 4, "{}", stderr(&output));
}

#[test]
fn diagnostics_are_1_and_write_no_module() {
    let scratch = Scratch::new();
    let program = scratch.file("bad.hyp", "Focus { induce = 3; } Relax\n");
    for verb in ["build", "check", "run"] {
        let output = hypc([verb, text(&program)]);
        assert_eq!(exit(&output), 1, "{verb}: {}", stderr(&output));
        assert!(stderr(&output).contains("bad.hyp:1:"), "{verb}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
    assert!(!program.with_extension("hbc").exists());
}

#[test]
fn a_type_error_stops_build_and_raises_in_run() {
    let scratch = Scratch::new();
    let source = "Focus { observe \"first\"; induce n: number = \"x\"; } Relax\n";
    let program = scratch.file("typed.hyp", source);
    assert_eq!(exit(&hypc(["build", text(&program)])), 1);
    let output = hypc(["run", text(&program)]);
    assert_eq!((exit(&output), stdout(&output).as_str()), (1, "first\n"));
    assert!(stderr(&output).contains("Type error: expected number, got string"));
    let module = program.with_extension("hbc");
    assert_eq!(exit(&hypc(["build", "--allow-type-errors", text(&program)])), 0);
    assert_eq!(exit(&hypvm([text(&module)])), 1);
}

#[test]
fn strict_null_refuses_null_at_run_time() {
    let scratch = Scratch::new();
    let prelude = "session Lamp { expose name: string = \"\"; }\n\
        suggestion show(s: string) { observe s; }\n\
        suggestion light(l: Lamp) { observe TypeOf(l); }\n\
        suggestion unknown(x) { awaken x; }\n\
        suggestion result(x): array { awaken x; }\n";
    let uses = [
        ("show(unknown(null));", "(argument 's' of 'show')"),
        ("light(unknown(null));", "(argument 'l' of 'light')"),
        ("induce f = light; f(unknown(null));", "(argument 'l' of 'light')"),
        ("induce s: string = unknown(null);", "(variable 's')"),
        ("induce u: string | number = unknown(null);", "(variable 'u')"),
        ("result(null);", "(result of 'result')"),
        ("induce l = Lamp(); l.name = unknown(null);", "(field 'name' of 'Lamp')"),
        ("suggestion set(l) { l.name = unknown(null); } set(Lamp());", "(field 'name' of 'Lamp')"),
    ];
    for (at, (line, place)) in uses.into_iter().enumerate() {
        let source = format!("Focus {{\n{prelude}{line}\n}} Relax\n");
        let program = scratch.file(&format!("null{at}.hyp"), &source);
        for level in ["-O0", "-O2"] {
            assert_eq!(exit(&hypc(["run", level, text(&program)])), 0, "{line}");
            let output = hypc(["run", level, "--strict-null", text(&program)]);
            assert_eq!(exit(&output), 1, "{line}");
            assert!(stderr(&output).contains(place), "{line}: {}", stderr(&output));
        }
    }
    let nullable = "Focus { induce s: string? = null; observe s ?? \"none\"; } Relax\n";
    let program = scratch.file("nullable.hyp", nullable);
    assert_eq!(stdout(&hypc(["run", "--strict-null", text(&program)])), "none\n");
    let wrong = scratch.file("wrong.hyp", "Focus { induce s: string = null; observe s; } Relax\n");
    assert_eq!(exit(&hypc(["check", text(&wrong)])), 0);
    let refused = hypc(["check", "--strict-null", text(&wrong)]);
    assert_eq!(exit(&refused), 1);
    assert!(stderr(&refused).starts_with("error[E0314]: null for"), "{}", stderr(&refused));
}

#[test]
fn an_uncaught_error_is_1_with_place_and_calls() {
    let scratch = Scratch::new();
    let source = "Focus {\n    suggestion f(a) { awaken a[3]; }\n    f([1]);\n} Relax\n";
    let output = hypvm([text(&scratch.module("index", source))]);
    assert_eq!(exit(&output), 1);
    let report = stderr(&output);
    assert!(report.contains("index.hyp:2:"), "{report}");
    assert!(report.contains("Index 3 out of bounds"), "{report}");
    assert!(report.lines().count() >= 2, "there is no call stack: {report}");
}

#[test]
fn exit_passes_through_after_the_finale() {
    let scratch = Scratch::new();
    let source = "Focus { finale { observe \"last\"; } Exit(7); observe \"never\"; } Relax\n";
    let module = scratch.module("exit", source);
    let output = hypvm([text(&module)]);
    assert_eq!((exit(&output), stdout(&output).as_str()), (7, "last\n"));
    let output = hypc(["run", text(&module.with_extension("hyp"))]);
    assert_eq!((exit(&output), stdout(&output).as_str()), (7, "last\n"));
}

#[test]
fn arguments_reach_the_program() {
    let scratch = Scratch::new();
    let source = "Focus { entrance (args: string[]) { observe args; } } Relax\n";
    let module = scratch.module("args", source);
    let program = module.with_extension("hyp");
    for output in [
        hypvm([text(&module), "--", "a", "--jit=off", "ö"]),
        hypc(["run", text(&program), "--", "a", "--jit=off", "ö"]),
    ] {
        assert_eq!(stdout(&output), "[a, --jit=off, ö]\n", "{}", stderr(&output));
    }
}

#[test]
fn damaged_modules_are_5() {
    let scratch = Scratch::new();
    let good = fs::read(scratch.module("hello", HELLO)).expect("a module");
    let mut flipped = good.clone();
    flipped[40] ^= 1;
    let cases = [
        ("empty.hbc", &b""[..]),
        ("text.hbc", b"Focus { } Relax"),
        ("short.hbc", &good[..good.len() - 1]),
        ("head.hbc", &good[..12]),
        ("flipped.hbc", &flipped),
    ];
    for (name, bytes) in cases {
        let path = scratch.file(name, bytes);
        for args in [vec![text(&path)], vec!["verify", text(&path)], vec!["inspect", text(&path)]] {
            let output = hypvm(args.iter().copied());
            assert_eq!(exit(&output), 5, "{args:?}: {}", stderr(&output));
            assert!(stderr(&output).contains("not a valid HypnoScript module"), "{args:?}");
        }
    }
    assert_eq!(exit(&hypc(["disasm", text(&scratch.0.join("short.hbc"))])), 5);
}

#[test]
fn any_bytes_as_source_are_1() {
    let scratch = Scratch::new();
    let deep = format!("Focus {{ observe {}1; }} Relax", "(".repeat(100_000));
    let cases: [(&str, &[u8]); 7] = [
        ("empty.hyp", b""),
        ("zeros.hyp", &[0; 64]),
        ("latin1.hyp", b"Focus { observe \"\xe4\"; } Relax"),
        ("half.hyp", b"\xff\xfeF"),
        ("comment.hyp", b"Focus { /* "),
        ("string.hyp", b"Focus { observe \"abc"),
        ("deep.hyp", deep.as_bytes()),
    ];
    for (name, bytes) in cases {
        let output = hypc(["check", text(&scratch.file(name, bytes))]);
        assert_eq!(exit(&output), 1, "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains(name), "{name}: {}", stderr(&output));
    }
}

#[test]
fn the_heap_limit_is_7() {
    let scratch = Scratch::new();
    let source = "Focus { induce a = []; while (true) { ArrayPush(a, [1, 2, 3]); } } Relax\n";
    let module = scratch.module("heap", source);
    let output = hypvm(["--heap-max", "8M", text(&module)]);
    assert_eq!(exit(&output), 7, "{}", stderr(&output));
}

#[test]
fn deep_recursion_is_an_error_of_the_program() {
    let scratch = Scratch::new();
    let source = "Focus { suggestion f(n) { awaken f(n + 1) + 1; } f(0); } Relax\n";
    let output = hypvm([text(&scratch.module("deep", source))]);
    assert_eq!(exit(&output), 1);
    assert!(stderr(&output).contains("Trance too deep"), "{}", stderr(&output));
}

#[test]
fn json_diagnostics_are_one_object_per_line() {
    let scratch = Scratch::new();
    let program =
        scratch.file("bad.hyp", "Focus {\n observe missng;\n induce n: number = \"\";\n} Relax\n");
    let output = hypc(["check", "--message-format", "json", text(&program)]);
    assert_eq!(exit(&output), 1);
    let lines = stderr(&output);
    assert!(lines.lines().count() >= 1, "{lines}");
    for line in lines.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        for key in ["code", "severity", "message"] {
            assert!(value.get(key).is_some(), "{key} is missing: {line}");
        }
    }
}

#[test]
fn colour_obeys_option_and_environment() {
    let scratch = Scratch::new();
    let program = scratch.file("bad.hyp", "Focus { observe 1 +; } Relax\n");
    let run = |args: &[&str], environment: &[(&str, &str)]| {
        let mut command = command("hypc");
        command.args(args).arg(&program).envs(environment.iter().copied());
        let output = command.output().expect("hypc starts");
        stderr(&output).contains('\x1b')
    };
    assert!(!run(&["check"], &[]), "standard error is no terminal here");
    assert!(run(&["check", "--color", "always"], &[]));
    assert!(run(&["check"], &[("FORCE_COLOR", "1")]));
    assert!(!run(&["check"], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!run(&["check", "--color", "never"], &[("FORCE_COLOR", "1")]));
}

#[test]
fn a_program_on_standard_input() {
    let scratch = Scratch::new();
    let module = fs::read(scratch.module("hello", HELLO)).expect("a module");
    let feed = |tool: &str, args: &[&str], bytes: &[u8]| {
        let mut child = command(tool)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        child.stdin.take().expect("a pipe").write_all(bytes).expect("it reads its input");
        stdout(&child.wait_with_output().expect("ends"))
    };
    assert_eq!(feed("hypc", &["run", "-"], HELLO.as_bytes()), "hello\n");
    assert_eq!(feed("hypvm", &["-"], &module), "hello\n");
    let listing = feed("hypc", &["disasm", "-"], HELLO.as_bytes());
    assert!(listing.contains("string \"hello\""), "{listing}");
    let listing = feed("hypc", &["disasm", "-"], &module);
    assert!(
        listing.contains("string \"hello\""),
        "a module is known by its first bytes: {listing}"
    );
}

#[test]
fn documentation_of_a_builtin_is_plain_text() {
    let output = hypc(["builtins", "Drift"]);
    assert_eq!(exit(&output), 0);
    let text = stdout(&output);
    let (text, example) = text.split_once("example:\n").expect("an example");
    assert!(example.starts_with("    Drift("), "{example}");
    for line in text.lines() {
        assert_eq!(line, line.trim(), "indented as in the table");
    }
}

#[test]
fn the_same_source_gives_the_same_bytes_anywhere() {
    let source = fs::read_to_string(root().join("docs/examples/tour.hyp")).expect("program");
    let (here, there) = (Scratch::new(), Scratch::new());
    let bytes = |scratch: &Scratch, locale: &str| {
        let program = scratch.file("tour.hyp", &source);
        let mut command = command("hypc");
        command.current_dir(&scratch.0).env("LC_ALL", locale).env("TZ", "Asia/Tokyo");
        let status = command.args(["build", "tour.hyp"]).status().expect("hypc starts");
        assert!(status.success());
        fs::read(program.with_extension("hbc")).expect("a module")
    };
    let first = bytes(&here, "C");
    assert_eq!(first, bytes(&there, "de_DE.UTF-8"));
    let directory = text(&here.0).as_bytes();
    assert!(!first.windows(directory.len()).any(|w| w == directory), "the module holds a path");
}

#[test]
fn intermediate_forms_are_printed() {
    let program = root().join("docs/examples/queens.hyp");
    for form in ["tokens", "ast", "ssa", "bytecode", "clif", "asm"] {
        let output = hypc(["build", "--emit", form, text(&program)]);
        assert_eq!(exit(&output), 0, "{form}: {}", stderr(&output));
        assert!(output.stdout.len() > 100, "{form}");
    }
    assert!(!program.with_extension("hbc").exists());
}

#[test]
fn modules_can_be_inspected() {
    let scratch = Scratch::new();
    let module = scratch.module("hello", HELLO);
    for verb in ["inspect", "verify", "disasm"] {
        let output = hypvm([verb, text(&module)]);
        assert_eq!(exit(&output), 0, "{verb}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{verb}");
    }
    assert_eq!(stdout(&hypc(["disasm", text(&module)])), stdout(&hypvm(["disasm", text(&module)])));
    let native = hypvm(["disasm", "--native", text(&module)]);
    assert_eq!(exit(&native), 0);
    assert!(stdout(&native).contains("block0:"), "{}", stdout(&native));
}

#[test]
fn builtins_are_documented() {
    assert!(stdout(&hypc(["builtins"])).lines().count() > 100);
    let push = stdout(&hypc(["builtins", "ArrayPush"]));
    for part in ["ArrayPush(", "effects: changes an argument", "example:"] {
        assert!(push.contains(part), "{push}");
    }
    assert!(stdout(&hypc(["builtins", "copyfile"])).contains("needs: read, write"));
    assert!(stdout(&hypc(["builtins", "PI"])).contains("3.14159"));
    assert_eq!(exit(&hypc(["builtins", "NoSuchThing"])), 1);
    for line in stdout(&hypc(["builtins", "--json"])).lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        for text in ["doc", "example"] {
            assert!(row[text].as_str().is_some_and(|text| !text.is_empty()), "{line}");
        }
        assert!(row["effects"].is_array() && row["capabilities"].is_array(), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_quiet() {
    let scratch = Scratch::new();
    let source = "Focus { loop (induce i = 0; i < 1000000; i = i + 1) { observe i; } } Relax\n";
    let module = scratch.module("many", source);
    let script = "\"$0\" \"$1\" | head -n 1; echo \"${PIPESTATUS[0]}\"";
    let output = Command::new("bash")
        .args(["-c", script])
        .args([&tool::path("hypvm"), &module])
        .output()
        .expect("bash starts");
    assert_eq!(stdout(&output), "0\n0\n");
    assert_eq!(stderr(&output), "");
}

/// Command lines of both tools that print to standard output, with what they need in `scratch`.
#[cfg(unix)]
fn printing_command_lines(scratch: &Scratch) -> Vec<(&'static str, Vec<String>)> {
    let source = "Focus { observe 1; } Relax\n";
    let module = scratch.module("program", source);
    let program = scratch.file("program.hyp", source);
    let untidy = scratch.file("untidy.hyp", "Focus{observe 1;}Relax\n");
    scratch.file("test_program.hyp", source);
    scratch.file("trance.json", r#"{"ritualName": "printing", "mantra": "1.0.0"}"#);
    let lines = [
        "run PROGRAM",
        "exec PROGRAM",
        "version",
        "--version",
        "--help",
        "help build",
        "builtins",
        "builtins --json",
        "builtins Sin",
        "explain",
        "explain E0201",
        "doc PROGRAM",
        "completions bash",
        "disasm PROGRAM",
        "disasm MODULE",
        "build --emit tokens PROGRAM",
        "build --emit ast PROGRAM",
        "build --emit ssa PROGRAM",
        "build --emit bytecode PROGRAM",
        "fmt --check UNTIDY",
        "fmt -",
        "test",
        "test --list",
        "test --reporter json",
        "repl",
        "list",
        "validate",
        "new made",
        "@MODULE",
        "@inspect MODULE",
        "@verify MODULE",
        "@disasm MODULE",
        "@--version",
        "@--help",
    ];
    let places = [("PROGRAM", &program), ("MODULE", &module), ("UNTIDY", &untidy)];
    let words = |line: &'static str| {
        let tool = if line.starts_with('@') { "hypvm" } else { "hypc" };
        let words = line.trim_start_matches('@').split(' ').map(|word| {
            let place = places.iter().find(|(name, _)| *name == word);
            place.map_or(word, |(_, path)| text(path)).to_owned()
        });
        (tool, words.collect())
    };
    lines.into_iter().map(words).collect()
}

/// The exit code and the complaints of a command with this standard output.
#[cfg(unix)]
fn with_stdout(scratch: &Scratch, tool: &str, args: &[String], stdout: Stdio) -> (i32, String) {
    let mut command = command(tool);
    command.args(args).current_dir(&scratch.0).stdin(Stdio::piped()).stdout(stdout);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let is_format = args.iter().any(|arg| arg == "fmt");
    let input = if is_format { "Focus { observe 1; } Relax\n" } else { "1 + 1\n" };
    // For those that read their input; others may be gone.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    (exit(&output), stderr(&output))
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_4_and_said() {
    let scratch = Scratch::new();
    for (tool, args) in printing_command_lines(&scratch) {
        let full = fs::File::options().write(true).open("/dev/full").expect("a full device");
        let (code, said) = with_stdout(&scratch, tool, &args, full.into());
        assert_eq!(code, 4, "{tool} {args:?}: {said}");
        let complaints =
            said.to_lowercase().matches("error: cannot write to standard output").count();
        assert_eq!(complaints, 1, "{tool} {args:?}: {said}");
        let _ = fs::remove_dir_all(scratch.0.join("made"));
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_quiet_for_every_command() {
    let scratch = Scratch::new();
    for (tool, args) in printing_command_lines(&scratch) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let (code, said) = with_stdout(&scratch, tool, &args, writer.into());
        let is_check = args.iter().any(|arg| arg == "--check");
        assert_eq!((code, said.as_str()), (i32::from(is_check), ""), "{tool} {args:?}");
        let _ = fs::remove_dir_all(scratch.0.join("made"));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_runs_the_finale_and_is_130() {
    let scratch = Scratch::new();
    let source = "Focus { finale { observe \"cleaned up\"; }\n\
                  command \"started\"; induce n = 0;\n\
                  while (true) { n = n + 1; if (n % 1000000 == 0) { observe n; } } } Relax\n";
    let module = scratch.module("endless", source);
    let mut command = command("hypvm");
    let child = command.arg(&module).stdout(Stdio::piped()).spawn().expect("hypvm starts");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill starts").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(exit(&output), 130);
    assert!(stdout(&output).ends_with("cleaned up\n"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_waiting_for_input() {
    let scratch = Scratch::new();
    let source =
        "Focus { finale { observe \"cleaned up\"; } observe InputProvider(\"? \"); } Relax\n";
    let module = scratch.module("waiting", source);
    let mut command = command("hypvm");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.arg(&module).spawn().expect("hypvm starts");
    let input = child.stdin.take();
    std::thread::sleep(std::time::Duration::from_millis(500));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill starts").success());
    let output = child.wait_with_output().expect("it ends");
    drop(input);
    assert_eq!(exit(&output), 130);
    assert_eq!(stdout(&output), "? cleaned up\n");
}

#[test]
fn a_build_never_replaces_its_program() {
    let scratch = Scratch::new();
    let source = "Focus { observe 1; } Relax\n";
    let program = scratch.file("same.hyp", source);
    let output = hypc(["build", text(&program), "-o", text(&program)]);
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("would replace the program"));
    let module_name = scratch.file("same.hbc", source);
    assert_eq!(exit(&hypc(["build", text(&module_name)])), 2);
    assert_eq!(fs::read_to_string(&program).expect("the program is there"), source);
    assert_eq!(fs::read_to_string(&module_name).expect("the program is there"), source);
}

#[test]
fn the_heap_limit_is_located_and_leaves_room_for_the_finale() {
    let scratch = Scratch::new();
    let source = "Focus { finale { observe \"finale\"; } induce a = [];\n\
                  try { loop { ArrayPush(a, [1]); } } catch (e) { observe e.kind; }\n\
                  loop { ArrayPush(a, [1]); } } Relax\n";
    let module = scratch.module("greedy", source);
    let output = hypvm(["--heap-max", "16M", text(&module)]);
    assert_eq!(exit(&output), 7);
    assert_eq!(stdout(&output), "runtime\nfinale\n");
    assert!(stderr(&output).starts_with("greedy.hyp:3:"), "{}", stderr(&output));
}

#[test]
fn limits_of_the_command_line_end_the_program_with_7() {
    let scratch = Scratch::new();
    let endless = scratch.module("endless", "Focus {\n while (true) { }\n} Relax\n");
    let noisy = scratch.module("noisy", "Focus { while (true) { observe \"noise\"; } } Relax\n");
    let tasks =
        "Focus { mesmerize suggestion t() { await asyncDelay(9); } t(); t(); t(); } Relax\n";
    let output = hypvm(["--tasks-max", "2", text(&scratch.module("tasks", tasks))]);
    assert_eq!(exit(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("tasks"), "{}", stderr(&output));
    let cases: [(&[&str], _, _); 5] = [
        (&["--fuel", "1000"], &endless, "endless.hyp:2:2: Runtime error: Fuel limit exceeded"),
        (&["--timeout", "50ms"], &endless, "Time limit exceeded"),
        (&["--sandbox", "--fuel", "9"], &endless, "Fuel limit exceeded"),
        (&["--output-max", "1K"], &noisy, "Output limit exceeded"),
        (&["--sandbox", "--output-max", "1"], &noisy, "Output limit exceeded"),
    ];
    for (options, module, message) in cases {
        let output = hypvm(options.iter().copied().chain([text(module)]));
        assert_eq!(exit(&output), 7, "{options:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(message), "{options:?}: {}", stderr(&output));
    }
    for wrong in
        [["--timeout", "soon"], ["--timeout", "5 s"], ["--fuel", "-1"], ["--depth-max", "0"]]
    {
        assert_eq!(exit(&hypvm(wrong.into_iter().chain([text(&endless)]))), 2, "{wrong:?}");
    }
    for none in ["0", "0s", "0ms", "000h"] {
        let output = hypvm(["--timeout", none, text(&endless)]);
        assert_eq!(exit(&output), 2, "{none}: {}", stderr(&output));
        let message = "leaves no time to run; leave `--timeout` out for no limit";
        assert!(stderr(&output).contains(message), "{none}: {}", stderr(&output));
    }
}

#[test]
fn limits_end_slow_password_hashes() {
    let scratch = Scratch::new();
    let slow = [
        "observe BCrypt(\"password\", 31);",
        "observe VerifyBCrypt(\"p\", \"$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\");",
        "observe PBKDF2(\"password\", \"salt\", 4294967295, 65536);",
    ];
    for source in slow {
        let module = scratch.module("slow", &format!("Focus {{ {source} }} Relax\n"));
        for (option, message) in
            [("--timeout=100ms", "Time limit"), ("--fuel=1000000", "Fuel limit")]
        {
            let output = hypvm([option, text(&module)]);
            assert_eq!(exit(&output), 7, "{source}: {}", stderr(&output));
            assert!(stderr(&output).contains(message), "{source}: {}", stderr(&output));
        }
    }
}

#[test]
fn a_seed_repeats_random_numbers() {
    let scratch = Scratch::new();
    let source = "Focus { observe [Random(), RandomInt(1, 1000000), ArrayShuffle([1, 2, 3, 4, 5])]; \
                  observe UuidV4(); } Relax\n";
    let module = scratch.module("random", source);
    let lines = |seed: &str| {
        let output = stdout(&hypvm(["--seed", seed, text(&module)]));
        output.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, again, other) = (lines("7"), lines("7"), lines("8"));
    assert_eq!(first[0], again[0]);
    assert_ne!(first[0], other[0]);
    assert_ne!(first[1], again[1], "identifiers do not depend on the seed");
    assert_eq!(exit(&hypvm(["--seed", "-1", text(&module)])), 2);
}

#[test]
fn a_time_limit_ends_waiting_for_input() {
    let scratch = Scratch::new();
    let module = scratch.module("waiting", "Focus { observe InputProvider(\"? \"); } Relax\n");
    let mut command = command("hypvm");
    command.args(["--timeout", "100ms", text(&module)]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let input = child.stdin.take();
    let output = child.wait_with_output().expect("it ends");
    drop(input);
    assert_eq!(exit(&output), 7, "{}", stderr(&output));
}

#[test]
fn debug_output_is_written_on_request() {
    let scratch = Scratch::new();
    let source = "Focus {\nsuggestion f() { DebugPrint([1]); DebugPrintType(\"x\"); Trace(\"here\"); }\n\
                  f(); DebugPrintStackTrace(); DebugPrintMemory(); DebugPrintEnvironment();\n\
                  observe \"out\"; } Relax\n";
    let path = scratch.file("debugged.hyp", source);
    let quiet = hypc(["run", text(&path)]);
    assert_eq!((stdout(&quiet).as_str(), stderr(&quiet).as_str()), ("out\n", ""));
    let output = hypc(["run", "--debug", text(&path)]);
    assert_eq!(stdout(&output), "out\n");
    for expected in [
        "[DEBUG] [1]\n[DEBUG] type: string\n[TRACE] debugged.hyp:2:",
        ": here\n[DEBUG] calls:\nat main (debugged.hyp:3:",
        "[DEBUG] heap: ",
        "[DEBUG] HypnoScript ",
        "[DEBUG] arguments: []",
    ] {
        assert!(stderr(&output).contains(expected), "{expected} in {}", stderr(&output));
    }
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_commands_of_the_program() {
    let scratch = Scratch::new();
    let marker = scratch.0.join("marker");
    let source = format!(
        "Focus {{ ExecuteCommandAsync(\"sleep 3; touch {m}1\"); observe \"started\"; \
         ExecuteCommand(\"sleep 3; touch {m}2\"); }} Relax\n",
        m = text(&marker)
    );
    let module = scratch.module("commands", &source);
    let mut command = command("hypvm");
    command.stdout(Stdio::piped());
    let started = std::time::Instant::now();
    let child = command.args(["--allow-run", text(&module)]).spawn().expect("hypvm starts");
    std::thread::sleep(std::time::Duration::from_millis(800));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill starts").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(exit(&output), 130);
    let rest = std::time::Duration::from_millis(4500).saturating_sub(started.elapsed());
    std::thread::sleep(rest);
    for part in ["marker1", "marker2"] {
        assert!(!scratch.0.join(part).exists(), "{part}: the command went on");
    }
}

#[test]
fn every_setting_of_the_native_tier_gives_the_same_and_is_traced() {
    let scratch = Scratch::new();
    let source = "Focus { suggestion sum(n) { induce s = 0; \
        loop (induce i = 0; i < n; i = i + 1) { s = s + i; } awaken s; } observe sum(200000); } Relax\n";
    let module = scratch.module("sum", source);
    let program = scratch.file("sum.hyp", source);
    for mode in [None, Some("--jit=off"), Some("--jit=auto"), Some("--jit=always")] {
        for trace in [false, true] {
            let options = || mode.into_iter().chain(trace.then_some("--trace-jit"));
            for output in [
                hypvm(options().chain([text(&module)])),
                hypc(["run"].into_iter().chain(options()).chain([text(&program)])),
            ] {
                let said = stderr(&output);
                assert_eq!((exit(&output), stdout(&output).as_str()), (0, "19999900000\n"));
                let is_traced = said.lines().any(|line| line.starts_with("[jit] "));
                match mode {
                    Some("--jit=always") => assert_eq!(is_traced, trace, "{said}"),
                    Some("--jit=off") => assert_eq!(said, ""),
                    // Whether the thread has compiled before the end is up to the system.
                    _ => assert!(trace || !is_traced, "{said}"),
                }
            }
        }
    }
    assert_eq!(exit(&hypvm(["--jit=sometimes", text(&module)])), 2);
}

#[test]
fn collections_are_traced_on_standard_error() {
    let scratch = Scratch::new();
    let source = "Focus { induce kept = []; loop (induce i = 0; i < 200000; i = i + 1) { \
        kept = [i, \"t\" + i]; } observe kept[0]; } Relax\n";
    let module = scratch.module("garbage", source);
    let quiet = hypvm([text(&module)]);
    assert_eq!((stdout(&quiet).as_str(), stderr(&quiet).as_str()), ("199999\n", ""));
    let traced = hypvm(["--trace-gc", text(&module)]);
    let said = stderr(&traced);
    assert_eq!((exit(&traced), stdout(&traced).as_str()), (0, "199999\n"));
    let first = said.lines().next().unwrap_or_default();
    assert!(first.starts_with("gc 1: ") && first.contains(" KiB of "), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.contains(" KiB committed, at most "), "{said}");
}
