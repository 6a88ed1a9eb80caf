//! Output, input, clock, environment.

use crate::expression::{Machine, check};

#[test]
fn input_comes_from_standard_input() {
    let mut machine = Machine::new(false, "one\r\ntwo");
    assert_eq!(machine.show("InputProvider(\"? \")"), "one");
    assert_eq!(machine.out.text(), "? ");
    assert_eq!(machine.show("Input()"), "two");
    assert_eq!(machine.show("Input()"), "null");
}

#[test]
fn waiting_writes_output_through() {
    let mut machine = Machine::new(false, "");
    assert_eq!(machine.show("DeepTrance(1)"), "null");
    assert_eq!(machine.out.text(), "Entering deep trance...\n");
    assert_eq!(machine.show("HypnoticCountdown(0)"), "null");
    assert_eq!(machine.show("HypnoticVisualization(\"a garden\", 0.008)"), "null");
    assert_eq!(machine.show("Drift(nan)"), "null");
    assert_eq!(machine.show("Drift(-5)"), "null");
    assert!(machine.out.text().ends_with(
        "Emerging from trance...\nYou are now in a deep hypnotic state.\n\
         Imagine yourself in a garden...\nThe colors are vivid, the sounds are clear...\n\
         You feel completely at peace in this place...\n"
    ));
}

#[test]
fn log_with_a_level_goes_to_standard_error() {
    let mut machine = Machine::new(false, "");
    assert_eq!(machine.show("Log(\"warn\", [1])"), "null");
    assert_eq!(machine.err.text(), "[WARN] [1]\n");
}

#[test]
fn clock() {
    check(
        r#"
        MatchesPattern(CurrentDate(), "^[0-9]{4}-[0-9]{2}-[0-9]{2}$") => true
        MatchesPattern(CurrentTime(), "^[0-9]{2}:[0-9]{2}:[0-9]{2}$") => true
        MatchesPattern(CurrentDateTime(), "^[0-9]{4}-[0-9-]{5} [0-9:]{8}$") => true
        MatchesPattern(Now(), "^[0-9]{4}-[0-9-]{5}T[0-9:]{8}Z$") => true
        IsInRange(GetCurrentTime(), 1700000000, 99999999999) => true
        IsInRange(CurrentYear(), 2024, 9999) => true
        IsInRange(CurrentMonth(), 1, 12) => true
        IsInRange(CurrentDay(), 1, 31) => true
        IsInRange(CurrentHour(), 0, 23) => true
        IsInRange(CurrentMinute(), 0, 59) => true
        IsInRange(CurrentSecond(), 0, 59) => true
        IsInRange(DayOfWeek(), 0, 6) => true
        IsInRange(DayOfYear(), 1, 366) => true
        IsInRange(GetExecutionTime(), 0, 60000) => true
        "#,
    );
}

#[test]
fn calendar() {
    check(
        r#"
        IsLeapYear(2000) => true
        IsLeapYear(1900) => false
        IsLeapYear(-4) => true
        IsLeapYear(1e300) => false
        DaysInMonth(2024, 2) => 29
        DaysInMonth(2023, 2) => 28
        DaysInMonth(2023, 13) => null
        DaysInMonth(inf, 1) => null
        DaysInMonth(2023, -1) => type: Builtin 'DaysInMonth' expected non-negative number at position 2
        FormatDateTime("no codes") => no codes
        FormatDateTime("%Y", 172800) => 1970
        FormatDateTime("%Y", 1e18) => runtime: Builtin 'FormatDateTime' expected a timestamp between the years -9999 and 9999
        FormatDateTime("%Y", nan) => runtime: Builtin 'FormatDateTime' expected a timestamp between the years -9999 and 9999
        "#,
    );
    let mut machine = Machine::new(false, "");
    for bad in ["%", "%J", "%!", "%Q", "%:Q"] {
        let shown = machine.show(&format!("FormatDateTime(\"{bad}\")"));
        assert!(shown.starts_with("runtime: Cannot format the time as"), "{bad}: {shown}");
    }
}

#[test]
fn environment() {
    check(
        r#"
        GetArgs() => [first, zweites ö]
        SetEnv("HYP_TEST_A", "ä"); GetEnv("HYP_TEST_A") => ä
        SetEnv("HYP_TEST_A", "x"); DictGet(GetAllEnvironmentVariables(), "HYP_TEST_A") => x
        GetEnv("HYP_TEST_UNSET") => null
        GetEnv("") => null
        GetEnv("A=B") => null
        GetEnv("a\0b") => null
        SetEnv("A=B", "x") => runtime: Builtin 'SetEnv' expected a name without '=' and no NUL characters
        SetEnv("", "x") => runtime: Builtin 'SetEnv' expected a name without '=' and no NUL characters
        SetEnv("A", "x\0") => runtime: Builtin 'SetEnv' expected a name without '=' and no NUL characters
        SetEnv("HOME", "/somewhere"); GetHomeDirectory() => /somewhere
        SetEnv("USER", "me"); GetUsername() => me
        IsString(GetCurrentDirectory()) => true
        IsEmpty(GetOperatingSystem()) => false
        IsEmpty(GetArchitecture()) => false
        IsEmpty(GetHostname()) => false
        IsEmpty(GetTempDirectory()) => false
        IsInRange(GetCpuCount(), 1, 100000) => true
        IsInRange(GetCurrentProcessId(), 1, 1e10) => true
        "#,
    );
}
