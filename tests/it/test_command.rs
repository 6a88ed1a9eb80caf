//! `hypc test`.

use std::fs;

use crate::process::{Scratch, command, exit, hypc, stderr, stdout, text};

const MATH: &str = "Focus {
    suggestion double(n: number): number { awaken n * 2; }
    suggestion testDouble() { AssertEqual(double(2), 4); }
    suggestion testWrong() {
        observe \"about to fail\";
        AssertEqual(double(2), 5);
    }
    suggestion testWithParameter(n) { throw \"not a test\"; }
    suggestion helper() { throw \"not a test\"; }
} Relax
";

fn project() -> Scratch {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.0.join("deep")).expect("a directory");
    scratch.file("math_test.hyp", MATH);
    scratch.file("deep/whole.test.hyp", "Focus { Assert(1 + 1 == 2); } Relax\n");
    scratch.file("test_exit.hyp", "Focus { Exit(3); } Relax\n");
    scratch.file("main.hyp", "Focus { throw \"not a test\"; } Relax\n");
    scratch
}

#[test]
fn tests_are_found_and_reported() {
    let scratch = project();
    let output = hypc(["test", text(&scratch.0)]);
    assert_eq!(exit(&output), 3, "{}{}", stdout(&output), stderr(&output));
    let report = stdout(&output);
    for part in [
        "math_test.hyp::testDouble … ok",
        "math_test.hyp::testWrong … FAILED",
        "whole.test.hyp … ok",
        "test_exit.hyp … FAILED",
        "about to fail\nmath_test.hyp:6:9: Assertion failed: ",
        "expected: 5",
        "the program ended with exit code 3",
        "❌ 1 assertion(s) failed:",
        "test result: FAILED. 2 passed; 2 failed; finished in ",
    ] {
        assert!(report.contains(part), "{part}\nis missing in\n{report}");
    }
    assert!(!report.contains("not a test"), "{report}");
}

#[test]
fn passing_tests_succeed_and_stay_quiet() {
    let scratch = project();
    let output = hypc(["test", "--filter", "testDouble", text(&scratch.0)]);
    assert_eq!(exit(&output), 0, "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("1 passed; 0 failed"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("about to fail"));
}

#[test]
fn tests_can_be_listed() {
    let scratch = project();
    let mut command = command("hypc");
    let output = command.args(["test", "--list"]).current_dir(&scratch.0).output().expect("starts");
    let expected = "./deep/whole.test.hyp\n./math_test.hyp::testDouble\n./math_test.hyp::testWrong\n./test_exit.hyp\n";
    assert_eq!(stdout(&output), expected);
}

#[test]
fn json_and_junit_reports_say_the_same() {
    let scratch = project();
    let output = hypc(["test", "--reporter", "json", text(&scratch.0)]);
    assert_eq!(exit(&output), 3);
    let lines: Vec<serde_json::Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[2]["result"], "failed");
    assert_eq!(lines[2]["error"]["line"], 6);
    assert_eq!(lines[2]["output"], "about to fail\n");
    assert_eq!(lines[4]["failed"], 2);
    let file = scratch.0.join("report.xml");
    let options = ["test", "--reporter", "junit", "--report-file", text(&file), text(&scratch.0)];
    let output = hypc(options);
    assert_eq!((exit(&output), stdout(&output).as_str()), (3, ""));
    let xml = fs::read_to_string(&file).expect("a report");
    assert!(xml.contains("tests=\"4\" failures=\"2\""), "{xml}");
    assert!(xml.contains("<failure type=\"assertion\" message=\""), "{xml}");
}

#[test]
fn a_test_that_does_not_end_is_stopped() {
    let scratch = Scratch::new();
    let file = scratch.file("slow_test.hyp", "Focus { while (true) { } } Relax\n");
    let output = hypc(["test", "--timeout", "100ms", text(&file)]);
    assert_eq!(exit(&output), 3);
    assert!(stdout(&output).contains("Time limit exceeded"), "{}", stdout(&output));
}

/// A project with a test file that does not compile.
fn broken_project() -> Scratch {
    let scratch = project();
    let source = "Focus {\n    suggestion testBroken() { induce = ; }\n} Relax\n";
    scratch.file("bad_test.hyp", source);
    scratch
}

#[test]
fn a_test_that_does_not_compile_fails_the_run() {
    let scratch = broken_project();
    let filters = [
        (None, 3),
        (Some("bad_test"), 3),
        (Some("testBroken"), 3),
        (Some("bad_test.hyp::testLost"), 3),
        (Some("whole"), 0),
        (Some("testDouble"), 0),
        (Some("math_test.hyp::testDouble"), 0),
        (Some("::testDouble"), 0),
    ];
    for (filter, code) in filters {
        let options = filter.map(|f| ["--filter", f]);
        let args = ["test"].into_iter().chain(options.into_iter().flatten());
        let output = hypc(args.chain([text(&scratch.0)]));
        let (report, said) = (stdout(&output), stderr(&output));
        assert_eq!(exit(&output), code, "{filter:?}: {report}{said}");
        assert_eq!(said.contains("bad_test.hyp:2:"), code == 3, "{filter:?}: {said}");
        assert_eq!(
            report.contains("some files did not compile"),
            code == 3,
            "{filter:?}: {report}"
        );
        let note = "bad_test.hyp: does not compile; no test of it matches the filter";
        assert_eq!(said.contains(note), code == 0, "{filter:?}: {said}");
    }
}

#[test]
fn reports_name_what_does_not_compile() {
    let scratch = broken_project();
    let output = hypc(["test", "--reporter", "json", text(&scratch.0)]);
    assert_eq!(exit(&output), 3);
    let lines: Vec<serde_json::Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    let broken: Vec<_> = lines.iter().filter(|l| l["result"] == "not compiled").collect();
    let [broken] = broken[..] else { panic!("{lines:?}") };
    assert_eq!(broken["event"], "file");
    let name = broken["file"].as_str().expect("a file");
    assert!(name.ends_with("bad_test.hyp"), "{name}");
    let first = &broken["diagnostics"][0];
    assert_eq!((&first["line"], &first["file"]), (&2.into(), &broken["file"]));
    assert!(first["code"].is_string() && first["message"].is_string(), "{first}");
    assert_eq!((&lines[5]["compiled"], &lines[5]["not_compiled"]), (&false.into(), &1.into()));

    let output = hypc(["test", "--reporter", "junit", text(&scratch.0)]);
    assert_eq!(exit(&output), 3);
    let xml = stdout(&output);
    assert_eq!(xml.matches("tests=\"5\" failures=\"2\" errors=\"1\"").count(), 2, "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), 5, "{xml}");
    let at = xml.find("<error type=\"compile\" message=\"").expect("an error");
    let case = &xml[xml[..at].rfind("<testcase ").expect("a test case")..];
    assert!(case.starts_with(&format!("<testcase classname=\"{name}\" name=\"{name}\"")), "{xml}");
    assert!(case.contains(&format!("{name}:2:")), "{xml}");
    assert!(case.contains("</error></testcase>"), "{xml}");

    // A filter that leaves the file out leaves it out of the reports.
    for reporter in ["json", "junit"] {
        let output = hypc(["test", "--filter", "whole", "--reporter", reporter, text(&scratch.0)]);
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        assert!(!stdout(&output).contains("bad_test"), "{}", stdout(&output));
    }
}

#[test]
fn no_tests_are_no_failure() {
    let scratch = Scratch::new();
    let output = hypc(["test", text(&scratch.0)]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    assert_eq!(exit(&hypc(["test", "nowhere"])), 4);
}
