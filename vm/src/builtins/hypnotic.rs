//! Lines on standard output with pauses between them.

use std::time::Duration;

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::task::whole_ms;
use crate::{Trap, Value, Vm};

/// Waits at the program's pace; negative times and NaN count as 0.
pub(super) fn wait(vm: &mut Vm, ms: f64) -> Result<(), Trap> {
    vm.sleep(Duration::from_millis(whole_ms(ms / vm.builtins.pace)))
}

fn say(vm: &mut Vm, line: &str, pause_ms: f64) -> Result<(), Trap> {
    vm.write_out(line)?;
    vm.write_out("\n")?;
    vm.sleep(Duration::from_millis(whole_ms(pause_ms)))
}

pub(super) fn deep_trance(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let ms = Args::new(Builtin::DeepTrance, args).num(vm, 0)?;
    say(vm, "Entering deep trance...", ms)?;
    vm.write_out("Emerging from trance...\n")?;
    super::trance::deepen(vm, 1.0);
    Ok(Value::NULL)
}

pub(super) fn hypnotic_countdown(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let from = Args::new(Builtin::HypnoticCountdown, args).int(vm, 0)?;
    for n in (1..=from).rev() {
        say(vm, &format!("You are feeling very sleepy... {n}"), 1000.0)?;
    }
    vm.write_out("You are now in a deep hypnotic state.\n")?;
    Ok(Value::NULL)
}

pub(super) fn trance_induction(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let subject = Args::new(Builtin::TranceInduction, args).text(vm, 0)?;
    let welcome = format!("Welcome {subject}, you are about to enter a deep trance...");
    say(vm, &welcome, 2000.0)?;
    say(vm, "Take a deep breath and relax...", 1500.0)?;
    say(vm, "With each breath, you feel more and more relaxed...", 1500.0)?;
    say(vm, "Your mind is becoming clear and focused...", 1000.0)?;
    Ok(Value::NULL)
}

pub(super) fn hypnotic_visualization(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HypnoticVisualization, args);
    // The pauses keep their proportion of 3 : 3 : 2.
    let share_ms = args.num_or(vm, 1, 4.0)? * 1000.0 / 8.0;
    let imagine = format!("Imagine yourself in {}...", args.text(vm, 0)?);
    say(vm, &imagine, 3.0 * share_ms)?;
    say(vm, "The colors are vivid, the sounds are clear...", 3.0 * share_ms)?;
    say(vm, "You feel completely at peace in this place...", 2.0 * share_ms)?;
    Ok(Value::NULL)
}
