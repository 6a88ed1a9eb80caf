//! Each limit trips exactly at its bound, ends the program with code 7, and cannot be caught.

use hyp_tests::capture::{Captured, run};
use hyp_vm::{Cause, Limit, RegexLimits, Vm, VmOptions};

use crate::process;

/// Runs at both optimisation levels.
fn both(source: &str, setup: impl Fn(&mut VmOptions), check: impl Fn(Captured)) {
    for level in [0, 2] {
        check(run(source, level, &setup, |_| {}));
    }
}

#[track_caller]
fn ended_by(limit: Limit, captured: &Captured) {
    let error = captured.error.as_ref().unwrap_or_else(|| panic!("no error: {captured:?}"));
    assert_eq!(error.cause, Cause::Limit(limit), "{error}");
    assert!(error.line > 0, "no place: {error}");
    assert_eq!(captured.exit_code, 7, "{error}");
}

#[test]
fn fuel_runs_out_exactly_at_its_bound() {
    let source = "Focus { induce i = 0; while (i < 20000) { i = i + 1; } observe i; } Relax";
    let fuel_used = |level| {
        let mut used = 0;
        // The loop's branches are all that counts; find the least fuel with which it ends.
        let (mut low, mut high) = (0_u64, 1_000_000_u64);
        while low < high {
            let middle = u64::midpoint(low, high);
            let ended = run(source, level, |o| o.fuel_max = Some(middle), |_| {}).exit_code == 0;
            (low, high) = if ended { (low, middle) } else { (middle + 1, high) };
            used = high;
        }
        used
    };
    for level in [0, 2] {
        let least = fuel_used(level);
        assert!((19_999..20_100).contains(&least), "{least}");
        let enough = run(source, level, |o| o.fuel_max = Some(least), |_| {});
        assert_eq!((enough.exit_code, enough.stdout.as_str()), (0, "20000\n"));
        ended_by(Limit::Fuel, &run(source, level, |o| o.fuel_max = Some(least - 1), |_| {}));
    }
}

#[test]
fn scripts_cannot_catch_the_end_of_the_fuel() {
    let source = "Focus {
        entrance { while (true) { try { while (true) { } } catch (e) { } finally { observe 1; } } }
        finale { observe 2; }
    } Relax";
    both(
        source,
        |o| o.fuel_max = Some(100_000),
        |captured| {
            ended_by(Limit::Fuel, &captured);
            assert_eq!(captured.stdout, "");
        },
    );
}

#[test]
fn every_kind_of_loop_uses_fuel() {
    let loops = [
        "while (true) { }",
        "loop { }",
        "suggestion f(n) { if (n > 0) { f(n - 1); f(n - 1); } } f(100);",
        "suggestion g() { throw 1; } while (true) { try { g(); } catch (e) { } }",
        "induce a = ArrayRange(0, 1000); while (true) { ArrayMap(a, suggestion(x) { awaken x; }); }",
        "induce a = ArrayRange(0, 1000); loop { ArraySort(a); }",
        "loop { ArraySort([3, 1, 2], suggestion(x, y) { awaken x - y; }); }",
        "induce s = Repeat(\"ab\", 1000); loop { LevenshteinDistance(s, s); }",
    ];
    for body in loops {
        let source = format!("Focus {{ {body} }} Relax");
        both(&source, |o| o.fuel_max = Some(50_000), |captured| ended_by(Limit::Fuel, &captured));
    }
}

#[test]
fn builtins_use_fuel_by_the_size_of_values() {
    let calls = [
        "CartesianProduct(ArrayRange(0, 999), ArrayRange(0, 99))",
        "LongestCommonSubstring(Repeat(\"ab\", 1000), Repeat(\"ba\", 1000))",
        "LongestCommonSubsequence(Repeat(\"ab\", 1000), Repeat(\"ba\", 1000))",
        "JaroDistance(Repeat(\"ab\", 2000), Repeat(\"cd\", 2000))",
        "MatchesPattern(Repeat(\"x\", 16000000), \"y\")",
        "Repeat(\"x\", 16000000)",
        "ArrayReverse(CreateArray(1000000, 0))",
        "Mean(CreateArray(1000000, 0))",
        "DictKeys(ParseJSON(\"{\" + Repeat(\"\\\"k\\\":0,\", 2000000) + \"\\\"k\\\":0}\"))",
    ];
    for call in calls {
        let source = format!("Focus {{ {call}; }} Relax");
        both(&source, |o| o.fuel_max = Some(50_000), |captured| ended_by(Limit::Fuel, &captured));
    }
}

#[test]
fn compiling_patterns_uses_fuel() {
    let refused = "\"[^a]{90000}\" + i";
    for pattern in ["\"\\\\w{\" + (i + 1) + \"}\"", refused] {
        let source = format!(
            "Focus {{ for (induce i = 0; i < 20; i += 1) {{ Try(MatchesPattern(\"x\", {pattern}), 0); }} }} Relax"
        );
        both(&source, |o| o.fuel_max = Some(50_000), |captured| ended_by(Limit::Fuel, &captured));
    }
}

#[test]
fn builtins_that_ask_the_system_use_fuel() {
    let calls = [
        "GetNetworkInfo()",
        "GetSystemInfo()",
        "FileExists(\"/nowhere\")",
        "ListDirectory(\"/\")",
        "GetProcessInfo()",
    ];
    for call in calls {
        let source = format!("Focus {{ for (induce i = 0; i < 100; i += 1) {{ {call}; }} }} Relax");
        both(&source, |o| o.fuel_max = Some(5_000), |captured| ended_by(Limit::Fuel, &captured));
    }
}

#[test]
fn builtins_of_constant_time_use_no_fuel_for_sizes() {
    let source = "Focus {
        induce a = ArrayRange(1, 100000); induce s = Repeat(\"x\", 1000000);
        for (induce i = 0; i < 1000; i = i + 1) {
            ArrayPush(a, i); ArrayGet(a, i); ArrayPop(a); Length(s); CharAt(s, i); ArrayLength(a);
            ArrayTake(a, 3); Substring(s, i, i + 3);
        }
    } Relax";
    both(source, |o| o.fuel_max = Some(50_000), |captured| assert_eq!(captured.exit_code, 0));
}

#[test]
fn an_expired_program_stops_within_a_long_builtin() {
    let calls = [
        "CartesianProduct(ArrayRange(1, 4000), ArrayRange(1, 4000))",
        "LongestCommonSubstring(Repeat(\"ab\", 15000), Repeat(\"ba\", 15000))",
        "DamerauLevenshteinDistance(Repeat(\"ab\", 15000), Repeat(\"ba\", 15000))",
        "loop { ArrayReverse(CreateArray(1000000, 0)); }",
        "loop { Repeat(\"x\", 1000000); }",
    ];
    for call in calls {
        let source = format!("Focus {{ {call}; }} Relax");
        let expire = |vm: &mut Vm| vm.interrupt_handle().expire();
        ended_by(Limit::WallClock, &run(&source, 2, |_| {}, expire));
    }
}

#[test]
fn arrays_hold_two_to_the_24_elements_however_they_grow() {
    const MESSAGE: &str = "runtime: Array too large (limit 16777216 elements)";
    let source = "Focus {
        suggestion message(f) {
            try { f(); awaken \"fits\"; } catch (e) { awaken e.kind + \": \" + e.message; }
        }
        induce a = CreateArray(16777215, 0);
        observe message(() => ArrayInterleave(a, [1, 2]));
        observe message(() => ArrayPush(a, 1));
        observe message(() => ArrayPush(a, 2));
        observe message(() => ArrayInsert(a, 0, 2));
        observe message(() => CreateArray(16777217, 0));
        observe message(() => ArrayRange(0, 16777216));
        observe ArrayLength(a);
    } Relax";
    both(
        source,
        |_| {},
        |captured| {
            let lines: Vec<_> = captured.stdout.lines().collect();
            let [rows @ .., length] = lines.as_slice() else { panic!("{captured:?}") };
            assert_eq!(*length, "16777216", "{captured:?}");
            for (at, row) in rows.iter().enumerate() {
                assert_eq!(*row, if at == 1 { "fits" } else { MESSAGE }, "row {at}");
            }
        },
    );
}

#[test]
fn output_is_cut_exactly_at_its_bound() {
    let source = "Focus { observe \"12345\"; whisper \"678\"; } Relax";
    both(
        source,
        |o| o.output_bytes_max = Some(9),
        |captured| {
            assert_eq!((captured.exit_code, captured.stdout.as_str()), (0, "12345\n678"));
        },
    );
    both(
        source,
        |o| o.output_bytes_max = Some(8),
        |captured| {
            ended_by(Limit::Output, &captured);
            assert_eq!(captured.stdout, "12345\n67");
        },
    );
}

#[test]
fn standard_error_counts_as_output() {
    let source = "Focus { Log(\"info\", \"12345678\"); observe 1; } Relax";
    both(
        source,
        |o| o.output_bytes_max = Some(10),
        |captured| {
            ended_by(Limit::Output, &captured);
            assert_eq!((captured.stdout.as_str(), captured.stderr.as_str()), ("", "[INFO] 123"));
        },
    );
}

#[test]
fn endless_output_ends() {
    let source = "Focus { try { while (true) { observe \"again\"; } } catch (e) { } } Relax";
    both(
        source,
        |o| o.output_bytes_max = Some(1 << 20),
        |captured| {
            ended_by(Limit::Output, &captured);
            assert_eq!(captured.stdout.len(), 1 << 20);
        },
    );
}

#[test]
fn an_expired_program_stops_without_its_finales() {
    let source = "Focus { while (true) { } finale { observe 1; } } Relax";
    for level in [0, 2] {
        let expire = |vm: &mut Vm| {
            let handle = vm.interrupt_handle();
            std::thread::spawn(move || handle.expire());
        };
        let captured = run(source, level, |_| {}, expire);
        ended_by(Limit::WallClock, &captured);
        assert_eq!(captured.stdout, "");
    }
}

#[test]
fn an_expired_program_stops_waiting() {
    let source = "Focus { drift(600000); } Relax";
    let captured = run(source, 2, |_| {}, |vm| vm.interrupt_handle().expire());
    ended_by(Limit::WallClock, &captured);
}

#[test]
fn the_call_depth_is_exact_and_catchable() {
    let source = "Focus {
        suggestion depth(n) { awaken n == 0 ? 0 : 1 + depth(n - 1); }
        try { observe depth(98); } catch (e) { observe e.kind; }
        try { observe depth(99); } catch (e) { observe e.kind; }
    } Relax";
    both(
        source,
        |o| o.call_depth_max = 100,
        |captured| {
            assert_eq!((captured.exit_code, captured.stdout.as_str()), (0, "98\nstack\n"));
        },
    );
}

#[test]
fn the_heap_limit_is_catchable_once() {
    let source = "Focus {
        induce a = [];
        suggestion fill() { while (true) { ArrayPush(a, [1, 2, 3]); } }
        try { fill(); } catch (e) { observe e.message; }
        try { fill(); } catch (e) { observe \"again\"; }
    } Relax";
    both(
        source,
        |o| o.heap_bytes_max = 8 << 20,
        |captured| {
            ended_by(Limit::Heap, &captured);
            assert_eq!(captured.stdout, "Heap limit of 8388608 bytes exceeded\n");
        },
    );
}

#[test]
fn regular_expressions_are_refused_beyond_their_limits() {
    let match_of = |pattern: &str| {
        format!(
            "Focus {{
                try {{ observe MatchesPattern(\"aaa\", {pattern}); }} catch (e) {{ observe e.message; }}
            }} Relax"
        )
    };
    let limits = RegexLimits { pattern_bytes: 40, program_bytes: 20_000, nesting: 3 };
    let refused = "Builtin 'MatchesPattern' refuses a pattern";
    let longer = format!("{refused} of more than 40 bytes");
    let larger = format!("{refused} that compiles to more than 20000 bytes");
    let deeper = format!("{refused} nested more than 3 levels deep");
    for (pattern, expected) in [
        ("Repeat(\"a|\", 20)", "true"),
        ("Repeat(\"a|\", 20) + \"a\"", &longer),
        ("\"a{3}\"", "true"),
        ("\"\\\\w{3}\"", &larger),
        ("\"(((a)))\"", "true"),
        ("\"((((a))))\"", &deeper),
    ] {
        both(
            &match_of(pattern),
            |o| o.regex = limits,
            |captured| assert_eq!(captured.stdout.trim_end(), expected, "{pattern}"),
        );
        let default = run(&match_of(pattern), 2, |_| {}, |_| {});
        assert!(!default.stdout.contains("refuses"), "{pattern}: {}", default.stdout);
    }
}

#[test]
fn channels_and_messages_are_limited() {
    let source = "Focus {
        suggestion attempt(action) { try { action(); observe true; } catch (e) { observe e.message; } }
        induce made = 0;
        loop (induce i = 0; i < 65536; i = i + 1) { createChannel(\"c\" + i, \"mpsc\", 0); made = i + 1; }
        observe made;
        attempt(() => createChannel(\"one more\", \"mpsc\", 0));
        loop (induce i = 0; i < 9; i = i + 1) { channelSend(\"c\" + i, \"mpsc\", i); }
        attempt(() => channelSend(\"c0\", \"mpsc\", 9));
        attempt(() => channelSend(\"c1\", \"mpsc\", 10));
    } Relax";
    both(
        source,
        |o| o.tasks.messages = 10,
        |captured| {
            let expected = "65536\nToo many channels (limit 65536)\ntrue\n\
                            Too many queued channel messages (limit 10)\n";
            assert_eq!(captured.stdout, expected);
        },
    );
}

#[test]
fn each_limit_of_tasks_is_exact_and_catchable() {
    let source = "Focus {
        suggestion attempt(action) { try { awaken action(); } catch (e) { awaken e.message; } }
        suggestion times(n, action) { loop (induce i = 0; i < n; i = i + 1) { action(i); } }
        createChannel(\"gate\", \"mpsc\", 1);
        suggestion wait() { channelReceive(\"gate\", \"mpsc\"); }
        mesmerize suggestion inside() { ArraySort([2, 1], suggestion(a, b) { wait(); awaken a - b; }); }
        mesmerize suggestion plain() { wait(); }
        suggestion nest(n) {
            induce inner = 0;
            if (n > 0) {
                ArraySort([2, 1], suggestion(a, b) { inner = 1 + nest(n - 1); awaken a - b; });
            }
            awaken inner;
        }

        times(5, i => asyncDelay(1));
        observe attempt(() => asyncDelay(1));
        times(3, i => inside());
        induce refused = null;
        try { await inside(); } catch (e) { refused = e.message; }
        observe refused;
        times(4, i => plain());
        observe attempt(() => plain());
        observe attempt(() => createChannel(\"two\", \"mpsc\", 1));
        observe attempt(() => createChannel(\"three\", \"mpsc\", 1));
        observe attempt(() => nest(18));
        observe attempt(() => nest(30));
        Exit(0);
    } Relax";
    both(
        source,
        |o| {
            o.tasks.timers = 5;
            o.tasks.native_stacks = 3;
            o.tasks.tasks = 7;
            o.tasks.channels = 2;
            o.native_depth_max = 20;
        },
        |captured| {
            let expected = "Too many timers (limit 5)\n\
                            Too many tasks wait inside builtin functions (limit 3)\n\
                            Too many tasks (limit 7)\n\
                            Created MPSC channel: two\nToo many channels (limit 2)\n\
                            18\nTrance too deep (20 nested callbacks of builtins)\n";
            assert_eq!(captured.stdout, expected, "{captured:?}");
        },
    );
}

#[test]
fn strings_hold_64_mib_however_they_grow() {
    let source = "Focus {
        suggestion attempt(f) { try { awaken Length(f()); } catch (e) { awaken e.kind + \": \" + e.message; } }
        induce s = Repeat(\"x\", 67108864);
        induce half = Repeat(\"y\", 33554432);
        observe Length(s);
        observe attempt(() => Repeat(\"x\", 67108865));
        observe attempt(() => half + half);
        observe attempt(() => Join([half, half, \"z\"], \"\"));
        observe attempt(() => Replace(half, \"y\", \"yyy\"));
        observe attempt(() => StringifyJSON([half, half]));
        observe attempt(() => PadLeft(\"x\", 67108865, \" \"));
    } Relax";
    both(
        source,
        |_| {},
        |captured| {
            let lines: Vec<_> = captured.stdout.lines().collect();
            let refused = |name: &str| {
                format!(
                    "runtime: Builtin '{name}' would create a string of more than 67108864 bytes"
                )
            };
            let expected = [
                "67108864".to_owned(),
                refused("Repeat"),
                "67108864".to_owned(),
                refused("ArrayJoin"),
                refused("Replace"),
                refused("StringifyJSON"),
                refused("PadLeft"),
            ];
            assert_eq!(lines, expected, "{:?}", captured.error);
        },
    );
}

#[test]
fn every_limit_of_a_run_has_an_option() {
    let scratch = process::Scratch::new();
    let cases = [
        (
            "--timers-max=2",
            "asyncDelay(1); asyncDelay(1); asyncDelay(1);",
            "Too many timers (limit 2)",
        ),
        (
            "--tasks-max=2",
            "loop (induce i = 0; i < 3; i = i + 1) { asyncDelay(1); }",
            "Too many timers (limit 2)",
        ),
        (
            "--native-stacks-max=0",
            "mesmerize suggestion f() { ArraySort([2, 1], suggestion(a, b) { drift(1); awaken a - b; }); } await f();",
            "Too many tasks wait inside builtin functions (limit 0)",
        ),
        ("--channels-max=0", "createChannel(\"c\", \"mpsc\", 1);", "Too many channels (limit 0)"),
        (
            "--messages-max=1",
            "createChannel(\"c\", \"mpsc\", 0); channelSend(\"c\", \"mpsc\", 1); channelSend(\"c\", \"mpsc\", 2);",
            "Too many queued channel messages (limit 1)",
        ),
        (
            "--callbacks-max=1",
            "ArraySort([2, 1], suggestion(a, b) { ArraySort([2, 1], (c, d) => c - d); awaken a - b; });",
            "Trance too deep (1 nested callbacks of builtins)",
        ),
        (
            "--depth-max=5",
            "suggestion f(n) { awaken n == 0 ? 0 : 1 + f(n - 1); } f(5);",
            "Trance too deep (call stack limit 5 exceeded)",
        ),
        (
            "--regex-pattern-max=3",
            "MatchesPattern(\"x\", \"aaaa\");",
            "refuses a pattern of more than 3 bytes",
        ),
        (
            "--regex-max=20000",
            "MatchesPattern(\"x\", \"\\\\w{3}\");",
            "refuses a pattern that compiles to more than 20000 bytes",
        ),
        (
            "--regex-nest-max=1",
            "MatchesPattern(\"x\", \"((a))\");",
            "refuses a pattern nested more than 1 levels deep",
        ),
    ];
    for (at, (option, body, message)) in cases.into_iter().enumerate() {
        let module = scratch.module(&format!("limit{at}"), &format!("Focus {{ {body} }} Relax"));
        assert_eq!(process::exit(&process::hypvm([process::text(&module)])), 0, "{body}");
        let output = process::hypvm([option, process::text(&module)]);
        let said = process::stderr(&output);
        assert!(process::exit(&output) == 1 && said.contains(message), "{option}: {said}");
        let caught =
            format!("Focus {{ try {{ {body} }} catch (e) {{ observe e.message; }} }} Relax");
        let module = scratch.module(&format!("caught{at}"), &caught);
        let output = process::hypvm([option, process::text(&module)]);
        assert!(process::stdout(&output).contains(message), "{option}: {output:?}");
    }
}

/// The executable, because the peak of a process counts everything: frames of tasks that wait lie
/// outside of the script's heap.
#[cfg(target_os = "linux")]
#[test]
fn a_hundred_thousand_live_tasks_take_little_memory() {
    let scratch = process::Scratch::new();
    let module = scratch.module(
        "tasks",
        "Focus {
            createChannel(\"gate\", \"mpsc\", 1);
            mesmerize suggestion opened() { channelReceive(\"gate\", \"mpsc\"); }
            induce gate = opened();
            induce waiting = 0;
            mesmerize suggestion task(i) { waiting = waiting + 1; await gate; awaken i; }
            induce all = [];
            loop (induce i = 0; i < 100000; i = i + 1) { ArrayPush(all, task(i)); }
            observe waiting;
            channelSend(\"gate\", \"mpsc\", 1);
            observe ArraySum(await promiseAll(all));
            observe ReadFile(\"/proc/self/status\");
        } Relax",
    );
    let output = process::hypvm(["--allow-read", process::text(&module)]);
    let printed = process::stdout(&output);
    let mut lines = printed.lines();
    assert_eq!((lines.next(), lines.next()), (Some("100000"), Some("4999950000")), "{printed}");
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    let kib: u64 = peak.expect("a peak").trim().parse().expect("a number");
    assert!(kib < 128 << 10, "{kib} KiB");
}

#[test]
fn virtual_time_passes_at_once_and_in_order() {
    let source = "Focus {
        mesmerize suggestion later(ms) { drift(ms); observe ms; }
        induce all = [later(9000000), later(3000000), later(6000000)];
        drift(4000000);
        observe \"body\";
        await promiseAll(all);
    } Relax";
    both(
        source,
        |options| options.virtual_time = true,
        |captured| assert_eq!(captured.stdout, "3000000\nbody\n6000000\n9000000\n"),
    );
}
