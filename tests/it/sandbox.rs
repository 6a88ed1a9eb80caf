//! What a program may do outside of the machine: grants, denials, and tricks to get around them.

use std::fs;
use std::path::Path;

use hyp_bytecode::builtin::{Builtin, Capability};
use hyp_tests::capture;
use hyp_vm::{Cause, Grants, Scope};

use crate::process::{Scratch, command, exit, hypc, hypvm, stderr, stdout, text};

/// Runs a program with some paths granted for one capability.
fn with_paths(
    source: &str,
    capability: Capability,
    allow: &[&str],
    deny: &[&str],
) -> capture::Captured {
    let names = |paths: &[&str]| paths.iter().map(|p| (*p).to_owned()).collect();
    let mut grants = Grants::nothing();
    grants.get_mut(Capability::Read).allow = Scope::Nothing;
    grants.get_mut(capability).allow = Scope::Only(names(allow));
    if !deny.is_empty() {
        grants.get_mut(capability).deny = Scope::Only(names(deny));
    }
    capture::run(source, 2, |options| options.grants = grants, |_| {})
}

/// `"…"` of a path below a directory.
fn quoted(scratch: &Scratch, path: &str) -> String {
    format!("\"{}/{path}\"", text(&scratch.0))
}

#[track_caller]
fn is_denied(captured: &capture::Captured) {
    let cause = captured.error.as_ref().map(|error| error.cause);
    assert_eq!(cause, Some(Cause::Denied), "{captured:?}");
    assert_eq!(captured.exit_code, 6);
}

/// A directory tree: what lies in `open` may be granted, `secret` is not.
fn tree() -> Scratch {
    let scratch = Scratch::new();
    for directory in ["open/inner", "open/private", "secret"] {
        fs::create_dir_all(scratch.0.join(directory)).expect("a directory");
    }
    for file in ["open/a.txt", "open/inner/b.txt", "open/private/c.txt", "secret/key.txt"] {
        scratch.file(file, file);
    }
    scratch
}

#[test]
fn nothing_is_granted_to_an_executed_module() {
    let scratch = Scratch::new();
    let cases = [
        ("observe ReadFile(\"x\");", "ReadFile needs --allow-read"),
        ("WriteFile(\"x\", \"\");", "WriteFile needs --allow-write"),
        ("observe GetEnv(\"HOME\");", "GetEnv needs --allow-env"),
        ("observe GetHostname();", "GetHostname needs --allow-sys"),
    ];
    for (body, message) in cases {
        let module = scratch.module("denied", &format!("Focus {{ {body} }} Relax\n"));
        let output = hypvm([text(&module)]);
        assert_eq!(exit(&output), 6, "{body}: {}", stderr(&output));
        assert!(stderr(&output).starts_with("denied.hyp:1:"), "{body}: {}", stderr(&output));
        assert!(stderr(&output).contains(message), "{body}: {}", stderr(&output));
    }
}

#[test]
fn a_denial_can_be_caught() {
    let source = "Focus { try { ReadFile(\"x\"); } catch (e) { observe e.kind + \": \" + e.message; } } Relax";
    let captured = capture::run(source, 2, |o| o.grants = Grants::nothing(), |_| {});
    assert_eq!(captured.exit_code, 0, "{captured:?}");
    assert_eq!(captured.stdout, "access: Access denied: ReadFile needs --allow-read\n");
}

#[test]
fn builtins_without_a_capability_need_no_grant() {
    let source = "Focus { observe ArraySum([1, 2]) + Length(JoinPath(\"a\", \"b\")); } Relax";
    let captured = capture::run(source, 2, |o| o.grants = Grants::nothing(), |_| {});
    assert_eq!((captured.exit_code, captured.stdout.as_str()), (0, "6\n"));
}

#[test]
fn every_builtin_with_a_capability_is_refused_without_it() {
    for &builtin in Builtin::all() {
        let spec = builtin.spec();
        for capability in spec.capabilities() {
            let mut grants = Grants::everything();
            grants.get_mut(capability).deny = Scope::Everything;
            let args: Vec<&str> = spec.params.iter().map(|_| "\"\"").collect();
            let source = format!("Focus {{ {}({}); }} Relax", spec.name, args.join(", "));
            let captured = capture::run(&source, 2, |o| o.grants = grants, |_| {});
            let cause = captured.error.as_ref().map(|error| error.cause);
            assert_eq!(cause, Some(Cause::Denied), "{}: {captured:?}", spec.name);
        }
    }
}

#[test]
fn a_granted_directory_can_be_read() {
    let scratch = tree();
    let open = scratch.0.join("open");
    let (a, b) =
        (quoted(&scratch, "open/a.txt"), quoted(&scratch, "open/private/../inner/./b.txt"));
    let all = quoted(&scratch, "open");
    let source = format!(
        "Focus {{ observe ReadFile({a}); observe ReadFile({b}); observe FileExists({a}); \
         observe ListDirectory({all}); observe GetFileSize({a}); observe FileExists({all} + \"/no\"); }} Relax"
    );
    let captured = with_paths(&source, Capability::Read, &[text(&open)], &[]);
    assert_eq!(
        captured.stdout, "open/a.txt\nopen/inner/b.txt\ntrue\n[a.txt, inner, private]\n10\nfalse\n",
        "{captured:?}"
    );
}

#[test]
fn no_trick_leads_out_of_a_granted_directory() {
    let scratch = tree();
    let open = scratch.0.join("open");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("../secret", open.join("link")).expect("a link");
        symlink(scratch.0.join("secret/key.txt"), open.join("file_link")).expect("a link");
        symlink("/", open.join("root_link")).expect("a link");
    }
    let secret = text(&scratch.0);
    let tricks = [
        format!("{secret}/secret/key.txt"),
        format!("{secret}/open/../secret/key.txt"),
        format!("{secret}/open/inner/../../secret/key.txt"),
        format!("{secret}/open/link/key.txt"),
        format!("{secret}/open/file_link"),
        format!("{secret}/open/root_link{secret}/secret/key.txt"),
        format!("{secret}/open/link/../secret/key.txt"),
        format!("{secret}/openness/../secret/key.txt"),
        format!("/proc/self/cwd/{secret}/secret/key.txt"),
        format!("/proc/self/root{secret}/secret/key.txt"),
        "/proc/self/environ".to_owned(),
        "/etc/passwd".to_owned(),
        "/".to_owned(),
        String::new(),
    ];
    let calls =
        ["ReadFile", "ReadLines", "GetFileSize", "GetFileInfo", "FileExists", "ListDirectory"];
    for trick in &tricks {
        for call in calls {
            let source = format!("Focus {{ observe {call}(\"{trick}\"); }} Relax");
            let captured = with_paths(&source, Capability::Read, &[text(&open)], &[]);
            assert_eq!(captured.stdout, "", "{call} {trick}");
            is_denied(&captured);
        }
    }
}

#[test]
fn no_trick_writes_out_of_a_granted_directory() {
    let scratch = tree();
    let open = scratch.0.join("open");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret", open.join("link")).expect("a link");
    let secret = text(&scratch.0);
    let calls = [
        format!("WriteFile(\"{secret}/open/link/key.txt\", \"\")"),
        format!("WriteFile(\"{secret}/open/../secret/key.txt\", \"\")"),
        format!("WriteFile(\"{secret}/secret/new/deep/key.txt\", \"\")"),
        format!("AppendFile(\"{secret}/open/link/new.txt\", \"\")"),
        format!("DeleteFile(\"{secret}/open/link/key.txt\")"),
        format!("DeleteFile(\"{secret}/secret/key.txt\")"),
        format!("DeleteDirectory(\"{secret}/open/link/..\", true)"),
        format!("DeleteDirectory(\"{secret}/open/../secret\", true)"),
        format!("DeleteDirectory(\"{secret}\", true)"),
        format!("RenameFile(\"{secret}/secret/key.txt\", \"{secret}/open/mine.txt\")"),
        format!("RenameFile(\"{secret}/open/a.txt\", \"{secret}/secret/key.txt\")"),
        format!("RenameFile(\"{secret}/open/a.txt\", \"{secret}/open/link/key.txt\")"),
        format!("CreateDirectory(\"{secret}/open/link/sub\")"),
        format!("CreateDirectory(\"{secret}/other\")"),
    ];
    for call in calls {
        let source = format!("Focus {{ {call}; }} Relax");
        is_denied(&with_paths(&source, Capability::Write, &[text(&open)], &[]));
    }
    let key = fs::read_to_string(scratch.0.join("secret/key.txt"));
    assert_eq!(key.expect("the key is there"), "secret/key.txt");
    assert!(open.join("a.txt").is_file());
    assert!(!scratch.0.join("other").exists());
    assert_eq!(fs::read_dir(scratch.0.join("secret")).expect("readable").count(), 1);
}

#[test]
fn writing_beneath_a_grant_works() {
    let scratch = tree();
    let open = text(&scratch.0).to_owned() + "/open";
    let source = format!(
        "Focus {{ WriteFile(\"{open}/new/deep/x.txt\", \"one\"); \
         AppendFile(\"{open}/new/deep/x.txt\", \"two\"); WriteFile(\"{open}/a.txt\", \"3\"); \
         RenameFile(\"{open}/new/deep/x.txt\", \"{open}/y.txt\"); DeleteFile(\"{open}/inner/b.txt\"); \
         CreateDirectory(\"{open}/more/dirs\"); DeleteDirectory(\"{open}/private\", true); }} Relax"
    );
    let captured = with_paths(&source, Capability::Write, &[&open], &[]);
    assert_eq!(captured.exit_code, 0, "{captured:?}");
    let read = |name: &str| fs::read_to_string(Path::new(&open).join(name)).expect("readable");
    assert_eq!((read("y.txt"), read("a.txt")), ("onetwo".to_owned(), "3".to_owned()));
    assert!(Path::new(&open).join("more/dirs").is_dir());
    assert!(!Path::new(&open).join("private").exists());
    assert!(!Path::new(&open).join("inner/b.txt").exists());
}

#[test]
fn a_granted_file_grants_no_neighbour() {
    let scratch = tree();
    let file = scratch.0.join("open/a.txt");
    let read =
        |path: &str| format!("Focus {{ observe ReadFile({}); }} Relax", quoted(&scratch, path));
    let allowed = with_paths(&read("open/a.txt"), Capability::Read, &[text(&file)], &[]);
    assert_eq!(allowed.stdout, "open/a.txt\n", "{allowed:?}");
    for other in ["open/inner/b.txt", "open/private/c.txt", "open"] {
        is_denied(&with_paths(&read(other), Capability::Read, &[text(&file)], &[]));
    }
}

#[test]
fn a_file_that_does_not_exist_yet_can_be_granted() {
    let scratch = tree();
    let file = scratch.0.join("open/out.txt");
    let write =
        |path: &str| format!("Focus {{ WriteFile({}, \"x\"); }} Relax", quoted(&scratch, path));
    let allowed = with_paths(&write("open/out.txt"), Capability::Write, &[text(&file)], &[]);
    assert_eq!(allowed.exit_code, 0, "{allowed:?}");
    assert_eq!(fs::read_to_string(&file).expect("written"), "x");
    is_denied(&with_paths(&write("open/a.txt"), Capability::Write, &[text(&file)], &[]));
    is_denied(&with_paths(&write("open/out.txt2"), Capability::Write, &[text(&file)], &[]));
}

#[test]
fn a_denial_wins_within_a_grant() {
    let scratch = tree();
    let (open, private) = (scratch.0.join("open"), scratch.0.join("open/private"));
    #[cfg(unix)]
    std::os::unix::fs::symlink("../private", open.join("inner/link")).expect("a link");
    let mut paths = vec!["open/private/c.txt", "open/inner/../private/c.txt", "open/private"];
    if cfg!(unix) {
        paths.push("open/inner/link/c.txt");
    }
    for path in paths {
        for call in ["ReadFile", "GetFileSize", "ListDirectory", "FileExists"] {
            let source = format!("Focus {{ observe {call}({}); }} Relax", quoted(&scratch, path));
            let captured = with_paths(&source, Capability::Read, &[text(&open)], &[text(&private)]);
            assert_eq!(captured.stdout, "", "{call} {path}");
            assert_eq!(captured.exit_code, 6, "{call} {path}: {captured:?}");
        }
    }
    let remove = format!("Focus {{ DeleteDirectory({}, true); }} Relax", quoted(&scratch, "open"));
    is_denied(&with_paths(&remove, Capability::Write, &[text(&scratch.0)], &[text(&private)]));
    assert!(private.join("c.txt").is_file());
}

/// Runs a program that may read and write the directory `open` of a tree.
fn within_open(
    scratch: &Scratch,
    source: &str,
    deny: &[(Capability, &str)],
    read: Option<&str>,
) -> capture::Captured {
    let path = |name: &str| format!("{}/{name}", text(&scratch.0));
    let mut grants = Grants::nothing();
    for capability in [Capability::Read, Capability::Write] {
        let name = read.filter(|_| capability == Capability::Read).unwrap_or("open");
        grants.get_mut(capability).allow = Scope::Only(vec![path(name)]);
    }
    for (capability, name) in deny {
        grants.get_mut(*capability).deny = Scope::Only(vec![path(name)]);
    }
    capture::run(source, 2, |options| options.grants = grants, |_| {})
}

#[test]
fn renaming_does_not_lead_around_a_denial() {
    const DENIED: &str = "open/deep/private";
    let renames = [
        // A directory above it, it, and what lies in it.
        ("open/deep", "open/moved"),
        (DENIED, "open/moved"),
        ("open/deep/private/c.txt", "open/moved"),
        ("open/inner/../deep", "open/moved"),
        // What would come to lie in it, or take its place.
        ("open/a.txt", "open/deep/private/new.txt"),
        ("open/inner", DENIED),
    ];
    for capability in [Capability::Read, Capability::Write] {
        for (from, to) in renames {
            let scratch = tree();
            fs::create_dir(scratch.0.join("open/deep")).expect("a directory");
            fs::rename(scratch.0.join("open/private"), scratch.0.join(DENIED)).expect("moved");
            let (from, to) = (quoted(&scratch, from), quoted(&scratch, to));
            let source = format!("Focus {{ RenameFile({from}, {to}); }} Relax");
            let captured = within_open(&scratch, &source, &[(capability, DENIED)], None);
            is_denied(&captured);
            let message = &captured.error.as_ref().expect("an error").message;
            let flag = format!("--allow-{}=", capability.name());
            assert!(message.contains(&flag), "{message}");
            assert!(scratch.0.join(DENIED).join("c.txt").is_file(), "{from} {to}");

            // Also where writing is granted everywhere.
            let mut grants = Grants::everything();
            let denied = scratch.0.join(DENIED);
            grants.get_mut(capability).deny = Scope::Only(vec![text(&denied).to_owned()]);
            is_denied(&capture::run(&source, 2, |options| options.grants = grants, |_| {}));
        }
    }
}

#[test]
fn renaming_makes_nothing_readable() {
    let scratch = tree();
    let (from, to) = (quoted(&scratch, "open/private/c.txt"), quoted(&scratch, "open/inner/c"));
    let rename = |from: &str, to: &str| format!("Focus {{ RenameFile({from}, {to}); }} Relax");
    is_denied(&within_open(&scratch, &rename(&from, &to), &[], Some("open/inner")));
    // Nor by putting a directory where a granted one was.
    let (above, inner) = (quoted(&scratch, "open/private"), quoted(&scratch, "open/inner"));
    let aside = quoted(&scratch, "open/aside");
    let swap = format!(
        "Focus {{ RenameFile({inner}, {aside}); RenameFile({above}, {inner}); \
         observe ReadFile({inner} + \"/c.txt\"); }} Relax"
    );
    is_denied(&within_open(&scratch, &swap, &[], Some("open/inner")));
    // Elsewhere it is free, as is what nothing denies.
    let (a, b) = (quoted(&scratch, "open/a.txt"), quoted(&scratch, "open/b.txt"));
    let captured = within_open(&scratch, &rename(&a, &b), &[], Some("secret"));
    assert_eq!(captured.exit_code, 0, "{captured:?}");
    let deny = [(Capability::Read, "open/private"), (Capability::Write, "open/private")];
    let captured = within_open(&scratch, &rename(&b, &a), &deny, None);
    assert_eq!(captured.exit_code, 0, "{captured:?}");
}

#[test]
fn copying_a_directory_copies_nothing_denied() {
    let scratch = tree();
    let (open, copy) = (quoted(&scratch, "open"), quoted(&scratch, "open/copy"));
    let source = format!("Focus {{ CopyDirectoryRecursive({open}, {copy}); }} Relax");
    is_denied(&within_open(&scratch, &source, &[(Capability::Read, "open/private")], None));
    is_denied(&within_open(&scratch, &source, &[(Capability::Write, "open/copy/private")], None));
    assert!(!scratch.0.join("open/copy/private/c.txt").exists());
}

#[test]
fn environment_variables_are_granted_by_name() {
    let scratch = Scratch::new();
    let source = "Focus { observe GetEnv(\"HYP_OPEN\"); \
                  observe DictHasKey(GetAllEnvironmentVariables(), \"HYP_CLOSED\"); \
                  try { GetEnv(\"HYP_CLOSED\"); } catch (e) { observe e.message; } \
                  try { SetEnv(\"HYP_CLOSED\", \"\"); } catch (e) { observe e.kind; } } Relax\n";
    let module = scratch.module("env", source);
    let mut command = command("hypvm");
    command.env("HYP_OPEN", "yes").env("HYP_CLOSED", "no");
    let output = command.args(["--allow-env=HYP_OPEN", text(&module)]).output().expect("starts");
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    let message = "Access denied: using the variable 'HYP_CLOSED' needs --allow-env=HYP_CLOSED";
    assert_eq!(stdout(&output), format!("yes\nfalse\n{message}\naccess\n"));
}

#[test]
fn options_grant_and_deny() {
    let scratch = tree();
    let source = "Focus { observe ReadFile(GetArgs()[0]); } Relax\n";
    let module = scratch.module("read", source);
    let file = scratch.0.join("open/a.txt");
    let (module, file, open) = (text(&module), text(&file), text(&scratch.0).to_owned() + "/open");
    let (allow, deny) = (format!("--allow-read={open}"), format!("--deny-read={open}"));
    let both = format!("--allow-read=/nowhere,{open}");
    let cases: [(&[&str], i32); 9] = [
        (&[], 6),
        (&["--allow-read"], 0),
        (&["-A"], 0),
        (&[&allow], 0),
        (&[&both], 0),
        (&["--allow-read=/nowhere", &allow], 0),
        (&["--allow-read", &deny], 6),
        (&["-A", "--deny-read"], 6),
        (&["--allow-write", "--allow-env"], 6),
    ];
    for (options, code) in cases {
        let output = hypvm(options.iter().copied().chain([module, "--", file]));
        assert_eq!(exit(&output), code, "{options:?}: {}", stderr(&output));
    }
    for empty in ["--allow-read=", "--allow-read=,/tmp", "--allow-env=", "--deny-write="] {
        let output = hypvm([empty, module, "--", file]);
        assert_eq!(exit(&output), 2, "{empty}: {}", stderr(&output));
    }
    let program = scratch.0.join("read.hyp");
    let cases: [(&[&str], i32); 4] =
        [(&[], 0), (&["--deny-read"], 6), (&["--allow-env"], 6), (&["--sandbox"], 6)];
    for (options, code) in cases {
        let args = ["run"].into_iter().chain(options.iter().copied());
        let output = hypc(args.chain([text(&program), "--", file]));
        assert_eq!(exit(&output), code, "hypc {options:?}: {}", stderr(&output));
    }
}
