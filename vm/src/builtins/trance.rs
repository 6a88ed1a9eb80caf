//! Spoken exercises and what they do to the trance: lines on standard output, English or German,
//! with pauses at the pace of `AccelerateTime`.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use super::hypnotic::wait;
use super::prompt::is_german;
use crate::{Trap, Value, Vm};

/// Limits of the trance's depth.
pub(super) const DEPTH_MIN: f64 = 1.0;
const DEPTH_MAX: f64 = 10.0;
/// From here on the safety check warns.
const DEPTH_WARNING: f64 = 9.0;

/// Pause after an ordinary line, in milliseconds.
const PAUSE: f64 = 1500.0;

/// A line in English and German; `{}` stands for what it is about.
type Line = [&'static str; 2];

/// A speaker of one language.
#[derive(Clone, Copy)]
struct Voice {
    german: bool,
}

impl Voice {
    /// The voice of the locale in an argument.
    fn of(vm: &Vm, args: &Args<'_>, locale: usize) -> Result<Voice, Trap> {
        Ok(Voice { german: is_german(args.text_or(vm, locale, "")?) })
    }

    fn choose(self, line: Line) -> &'static str {
        line[usize::from(self.german)]
    }

    fn say(self, vm: &mut Vm, line: Line, about: &str, pause_ms: f64) -> Result<(), Trap> {
        let line = self.choose(line).replace("{}", about) + "\n";
        vm.write_out(&line)?;
        wait(vm, pause_ms)
    }

    fn say_all(self, vm: &mut Vm, lines: &[Line], about: &str) -> Result<(), Trap> {
        lines.iter().try_for_each(|line| self.say(vm, *line, about, PAUSE))
    }
}

/// Makes the trance deeper, within its limits.
pub(super) fn deepen(vm: &mut Vm, by: f64) {
    let depth = vm.builtins.trance_depth + by;
    vm.builtins.trance_depth = depth.clamp(DEPTH_MIN, DEPTH_MAX);
}

/// A number between two limits; NaN gives the lower one.
fn limited(n: f64, min: f64, max: f64) -> f64 {
    if n.is_nan() { min } else { n.clamp(min, max) }
}

/// The position of the word of argument 0 among the possible ones.
fn action(vm: &Vm, args: &Args<'_>, actions: &[&str]) -> Result<usize, Trap> {
    let given = args.text(vm, 0)?;
    if let Some(at) = actions.iter().position(|action| given.eq_ignore_ascii_case(action)) {
        return Ok(at);
    }
    let given = super::args::brief(vm, args.value(0));
    Err(args.error(&format!("expected one of {} first, got {given}", actions.join(", "))))
}

/// The display form of an optional argument, or a default.
fn about(vm: &Vm, args: &Args<'_>, i: usize, default: &str) -> String {
    match args.optional(i) {
        Some(v) => {
            let name = vm.object_get_str(v, "name").unwrap_or(v);
            super::args::brief(vm, name)
        }
        None => default.to_owned(),
    }
}

/// A finding such as `{name: …, status: …}`.
fn finding(vm: &mut Vm, name: &str, status: &str) -> Result<Value, Trap> {
    let finding = vm.new_object()?;
    for (key, text) in [("name", name), ("status", status)] {
        let text = vm.new_string(text)?;
        vm.object_set_str(finding, key, text)?;
    }
    Ok(finding)
}

/// Notes in a finding what has happened to it, and returns it. Other values stay as they are.
fn with_status(vm: &mut Vm, v: Value, status: &str) -> Result<Value, Trap> {
    let status = vm.new_string(status)?;
    vm.object_set_str(v, "status", status)?;
    Ok(v)
}

pub(super) fn hypnotic_breathing(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HypnoticBreathing, args);
    let voice = Voice::of(vm, &args, 1)?;
    let cycles = if args.optional(0).is_some() { args.int(vm, 0)? } else { 5 };
    for _ in 0..cycles {
        voice.say(vm, ["Breathe in...", "Atme ein..."], "", 4000.0)?;
        voice.say(vm, ["Hold your breath...", "Halte den Atem..."], "", 2000.0)?;
        voice.say(vm, ["Breathe out...", "Atme aus..."], "", 4000.0)?;
    }
    voice.say(
        vm,
        ["Your breath is calm and even.", "Dein Atem ist ruhig und gleichmäßig."],
        "",
        0.0,
    )?;
    Ok(Value::NULL)
}

pub(super) fn hypnotic_anchoring(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HypnoticAnchoring, args);
    let voice = Voice::of(vm, &args, 2)?;
    let name = args.text(vm, 0)?.to_owned();
    let anchors = vm.registry("anchors")?;
    let (line, feeling): (Line, _) = if args.optional(1).is_some() {
        let feeling = args.string(vm, 1)?;
        vm.object_set(anchors, args.value(0), feeling)?;
        (
            ["The anchor \"@\" now holds {}.", "Der Anker \"@\" hält nun {} fest."],
            args.text(vm, 1)?.to_owned(),
        )
    } else if let Some(feeling) = vm.object_get(anchors, args.value(0)) {
        (
            [
                "You touch the anchor \"@\": {} returns.",
                "Du berührst den Anker \"@\": {} kehrt zurück.",
            ],
            vm.display(feeling),
        )
    } else {
        let calm = voice.choose(["calm", "Ruhe"]);
        let feeling = vm.new_string(calm)?;
        vm.object_set(anchors, args.value(0), feeling)?;
        (["The anchor \"@\" now holds {}.", "Der Anker \"@\" hält nun {} fest."], calm.to_owned())
    };
    let line = voice.choose(line).replace("{}", &feeling).replace('@', &name) + "\n";
    vm.write_out(&line)?;
    wait(vm, PAUSE)?;
    Ok(Value::NULL)
}

pub(super) fn hypnotic_regression(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HypnoticRegression, args);
    let voice = Voice::of(vm, &args, 1)?;
    voice.say_all(vm, &[["Time flows backwards...", "Die Zeit fließt rückwärts..."]], "")?;
    if args.optional(0).is_some() {
        let age = crate::number::display(args.whole(vm, 0)?.max(0.0));
        voice.say_all(vm, &[["You are {} years old.", "Du bist {} Jahre alt."]], &age)?;
    }
    voice.say_all(
        vm,
        &[
            ["You watch from a safe distance.", "Du siehst aus sicherer Entfernung zu."],
            ["You return to the present.", "Du kehrst in die Gegenwart zurück."],
        ],
        "",
    )?;
    Ok(Value::NULL)
}

pub(super) fn hypnotic_future_progression(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HypnoticFutureProgression, args);
    let voice = Voice::of(vm, &args, 1)?;
    let years = args.num_or(vm, 0, 1.0)?.round().max(0.0);
    let years = crate::number::display(years);
    voice.say_all(
        vm,
        &[
            ["You travel {} years ahead...", "Du reist {} Jahre voraus..."],
            ["You see what you have reached.", "Du siehst, was du erreicht hast."],
            ["You return to the present.", "Du kehrst in die Gegenwart zurück."],
        ],
        &years,
    )?;
    Ok(Value::NULL)
}

/// From the feet to the head.
const MUSCLE_GROUPS: [Line; 8] = [
    ["feet", "Füße"],
    ["legs", "Beine"],
    ["belly", "Bauchmuskeln"],
    ["hands", "Hände"],
    ["arms", "Arme"],
    ["shoulders", "Schultern"],
    ["neck muscles", "Nackenmuskeln"],
    ["eyes", "Augen"],
];

pub(super) fn progressive_relaxation(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ProgressiveRelaxation, args);
    let voice = Voice::of(vm, &args, 1)?;
    let pause = args.num_or(vm, 0, 3.0)? * 1000.0;
    for group in MUSCLE_GROUPS {
        let group = voice.choose(group);
        voice.say(vm, ["Relax your {}...", "Entspanne deine {}..."], group, pause)?;
    }
    let done: Line = ["Your whole body is relaxed.", "Dein ganzer Körper ist entspannt."];
    voice.say(vm, done, "", 0.0)?;
    Ok(Value::NULL)
}

pub(super) fn hypnotic_suggestion(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HypnoticSuggestion, args);
    let suggestion = args.text(vm, 0)?.to_owned();
    let count = if args.optional(1).is_some() { args.int(vm, 1)? } else { 1 };
    let voice = Voice::of(vm, &args, 2)?;
    for _ in 0..count {
        voice.say(vm, ["{}", "{}"], &suggestion, PAUSE)?;
    }
    Ok(Value::NULL)
}

pub(super) fn trance_deepening(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::TranceDeepening, args);
    let voice = Voice::of(vm, &args, 1)?;
    let level = limited(args.num_or(vm, 0, 1.0)?.round(), 1.0, 5.0) as usize;
    for _ in 0..level {
        deepen(vm, 1.0);
        voice.say(vm, ["Deeper and deeper...", "Tiefer und tiefer..."], "", PAUSE)?;
    }
    Ok(Value::NULL)
}

pub(super) fn ego_state_therapy(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::EgoStateTherapy, args);
    let chosen = action(vm, &args, &["identify", "communicate", "integrate"])?;
    let voice = Voice::of(vm, &args, 2)?;
    let state = about(vm, &args, 1, voice.choose(["the inner child", "das innere Kind"]));
    let (line, status): (Line, _) = match chosen {
        0 => (["You notice {}.", "Du bemerkst {}."], "identified"),
        1 => (["You talk with {}.", "Du sprichst mit {}."], "heard"),
        _ => (["{} becomes a part of you.", "{} wird ein Teil von dir."], "integrated"),
    };
    voice.say(vm, line, &state, PAUSE)?;
    if chosen == 0 { finding(vm, &state, status) } else { with_status(vm, args.value(1), status) }
}

pub(super) fn parts_work(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::PartsWork, args);
    let chosen = action(vm, &args, &["find", "communicate", "integrate"])?;
    let voice = Voice::of(vm, &args, 3)?;
    let part = about(vm, &args, 1, "");
    let (line, status): (Line, _) = match chosen {
        0 => (["You find the part: {}.", "Du findest den Anteil: {}."], "found"),
        1 => (["You talk with the part: {}.", "Du sprichst mit dem Anteil: {}."], "heard"),
        _ => (["The part joins you: {}.", "Der Anteil fügt sich ein: {}."], "integrated"),
    };
    voice.say(vm, line, &part, PAUSE)?;
    if args.optional(2).is_some() {
        let message = args.text(vm, 2)?.to_owned();
        voice.say(vm, ["You say: {}", "Du sagst: {}"], &message, PAUSE)?;
    }
    if chosen == 0 { finding(vm, &part, status) } else { with_status(vm, args.value(1), status) }
}

pub(super) fn timeline_therapy(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::TimelineTherapy, args);
    let chosen = action(vm, &args, &["create", "navigate", "heal"])?;
    let voice = Voice::of(vm, &args, 3)?;
    let place = about(vm, &args, 2, voice.choose(["the present", "der Gegenwart"]));
    let (line, status): (Line, _) = match chosen {
        0 => (["Your timeline lies before you.", "Deine Zeitlinie liegt vor dir."], "created"),
        1 => (["You float to {}.", "Du schwebst zu {}."], "visited"),
        _ => (["Light fills {}.", "Licht füllt den Ort: {}."], "healed"),
    };
    voice.say(vm, line, &place, PAUSE)?;
    let timeline = if chosen == 0 {
        finding(vm, &about(vm, &args, 1, "timeline"), status)?
    } else {
        with_status(vm, args.value(1), status)?
    };
    let location = vm.new_string(&place)?;
    vm.object_set_str(timeline, "location", location)?;
    Ok(timeline)
}

pub(super) fn hypnotic_pacing(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HypnoticPacing, args);
    let voice = Voice::of(vm, &args, 1)?;
    let statement = args.text(vm, 0)?.to_owned();
    voice.say(vm, ["You notice: {}", "Du bemerkst: {}"], &statement, PAUSE)?;
    Ok(Value::NULL)
}

pub(super) fn hypnotic_leading(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HypnoticLeading, args);
    let voice = Voice::of(vm, &args, 1)?;
    let statement = args.text(vm, 0)?.to_owned();
    voice.say(vm, ["And now: {}", "Und nun: {}"], &statement, PAUSE)?;
    Ok(Value::NULL)
}

pub(super) fn pain_management(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::PainManagement, args);
    let chosen = action(vm, &args, &["reduce", "relieve", "transform", "eliminate"])?;
    let voice = Voice::of(vm, &args, 3)?;
    let pain = args.text(vm, 1)?.to_owned();
    let line: Line = match chosen {
        0 | 1 => ["The feeling grows weaker: {}.", "Das Gefühl wird schwächer: {}."],
        2 => ["The feeling changes: {}.", "Das Gefühl verändert sich: {}."],
        _ => ["The feeling dissolves: {}.", "Das Gefühl löst sich auf: {}."],
    };
    voice.say(vm, line, &pain, PAUSE)?;
    if args.optional(2).is_some() {
        let becomes = args.text(vm, 2)?.to_owned();
        voice.say(vm, ["It becomes {}.", "Es wird zu {}."], &becomes, PAUSE)?;
    }
    Ok(Value::NULL)
}

/// A level from 0 to 1 as percent.
fn percent(vm: &mut Vm, args: &Args<'_>, i: usize, default: f64) -> Result<String, Trap> {
    let level = limited(args.num_or(vm, i, default)?, 0.0, 1.0);
    Ok(crate::number::display((level * 100.0).round()))
}

pub(super) fn anxiety_reduction(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AnxietyReduction, args);
    let kind = action(vm, &args, &["general", "social", "performance"])?;
    let level = percent(vm, &args, 1, 0.5)?;
    let voice = Voice::of(vm, &args, 2)?;
    let line: Line = match kind {
        0 => ["You are safe here.", "Du bist hier sicher."],
        1 => ["The others wish you well.", "Die anderen meinen es gut mit dir."],
        _ => ["You have prepared well.", "Du bist gut vorbereitet."],
    };
    voice.say(vm, line, "", PAUSE)?;
    let falls: Line = ["The tension falls by {} percent.", "Die Anspannung sinkt um {} Prozent."];
    voice.say(vm, falls, &level, PAUSE)?;
    Ok(Value::NULL)
}

pub(super) fn confidence_building(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::ConfidenceBuilding, args);
    let voice = Voice::of(vm, &args, 2)?;
    let area = args.text_or(vm, 0, voice.choose(["yourself", "dich selbst"]))?.to_owned();
    let level = percent(vm, &args, 1, 0.5)?;
    voice.say(vm, ["You trust in {}.", "Du vertraust auf {}."], &area, PAUSE)?;
    let grows: Line =
        ["Your confidence grows by {} percent.", "Deine Zuversicht wächst um {} Prozent."];
    voice.say(vm, grows, &level, PAUSE)?;
    Ok(Value::NULL)
}

pub(super) fn habit_change(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HabitChange, args);
    let chosen = action(vm, &args, &["identify", "modify", "eliminate"])?;
    let voice = Voice::of(vm, &args, 3)?;
    let habit = about(vm, &args, 1, "");
    let (line, status): (Line, _) = match chosen {
        0 => (["You recognise the habit: {}.", "Du erkennst die Gewohnheit: {}."], "identified"),
        1 => (["The habit changes: {}.", "Die Gewohnheit ändert sich: {}."], "modified"),
        _ => (["The habit fades: {}.", "Die Gewohnheit verblasst: {}."], "eliminated"),
    };
    voice.say(vm, line, &habit, PAUSE)?;
    if args.optional(2).is_some() {
        let instead = args.text(vm, 2)?.to_owned();
        voice.say(vm, ["Instead: {}.", "Stattdessen: {}."], &instead, PAUSE)?;
    }
    if chosen == 0 { finding(vm, &habit, status) } else { with_status(vm, args.value(1), status) }
}

pub(super) fn trance_depth(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(vm.builtins.trance_depth))
}

pub(super) fn hypnotic_responsiveness(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    Ok(Value::num(vm.builtins.trance_depth * 100.0 / DEPTH_MAX))
}

pub(super) fn suggestion_acceptance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let text = Args::new(Builtin::SuggestionAcceptance, args).text(vm, 0)?;
    let is_empty = text.trim().is_empty();
    let percent = vm.builtins.trance_depth * 100.0 / DEPTH_MAX;
    Ok(Value::num(if is_empty { 0.0 } else { percent }))
}

pub(super) fn safety_check(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let voice = Voice::of(vm, &Args::new(Builtin::SafetyCheck, args), 0)?;
    let is_safe = vm.builtins.trance_depth < DEPTH_WARNING;
    let warning = if is_safe {
        ""
    } else {
        voice.choose(["The trance is very deep.", "Die Trance ist sehr tief."])
    };
    let result = vm.new_object()?;
    vm.object_set_str(result, "isSafe", Value::bool(is_safe))?;
    let warning = vm.new_string(warning)?;
    vm.object_set_str(result, "warning", warning)?;
    Ok(result)
}

pub(super) fn emergency_exit(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::EmergencyExit, args);
    let is_gentle = args.optional(0).is_some() && action(vm, &args, &["immediate", "gentle"])? == 1;
    let voice = Voice::of(vm, &args, 1)?;
    if is_gentle {
        for n in ["3", "2", "1"] {
            voice.say(vm, ["You are coming back... {}", "Du kommst zurück... {}"], n, 1000.0)?;
        }
    }
    vm.builtins.trance_depth = DEPTH_MIN;
    voice.say(vm, ["You are wide awake.", "Du bist hellwach."], "", 0.0)?;
    Ok(Value::NULL)
}

pub(super) fn grounding(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::Grounding, args);
    let method = match args.optional(0) {
        Some(_) => action(vm, &args, &["physical", "visual", "mental"])?,
        None => 0,
    };
    let pause = args.num_or(vm, 1, 3.0)? * 1000.0;
    let voice = Voice::of(vm, &args, 2)?;
    let line: Line = match method {
        0 => ["Feel the ground under your feet.", "Spüre den Boden unter deinen Füßen."],
        1 => ["Look at five things around you.", "Sieh dir fünf Dinge um dich herum an."],
        _ => ["Count backwards from ten.", "Zähle rückwärts von zehn."],
    };
    voice.say(vm, line, "", pause)?;
    voice.say(vm, ["You are here.", "Du bist hier."], "", 0.0)?;
    Ok(Value::NULL)
}

pub(super) fn check_contraindications(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let result = vm.new_object()?;
    for name in ["hasPsychosis", "hasEpilepsy"] {
        vm.object_set_str(result, name, Value::FALSE)?;
    }
    Ok(result)
}
