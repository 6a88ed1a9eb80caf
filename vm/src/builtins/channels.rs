//! Named channels between tasks.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::task::channel::ChannelKind;
use crate::{Trap, Value, Vm};

/// Name and kind of a channel, from the first two arguments.
fn channel(vm: &mut Vm, args: &Args<'_>) -> Result<(String, ChannelKind), Trap> {
    let name = args.text(vm, 0)?.to_owned();
    let kind = ChannelKind::parse(args.text(vm, 1)?)?;
    Ok((name, kind))
}

pub(super) fn create_channel(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::createChannel, args);
    let (name, kind) = channel(vm, &args)?;
    let capacity = args.count_or(vm, 2, 0)?;
    vm.create_channel(kind, &name, capacity)?;
    vm.new_string(&format!("Created {} channel: {name}", kind.name()))
}

pub(super) fn channel_send(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::channelSend, args);
    let (name, kind) = channel(vm, &args)?;
    vm.send(kind, &name, args.value(2))
}

pub(super) fn channel_receive(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (name, kind) = channel(vm, &Args::new(Builtin::channelReceive, args))?;
    vm.receive(kind, &name)
}

pub(super) fn channel_subscribe(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let name = Args::new(Builtin::channelSubscribe, args).text(vm, 0)?.to_owned();
    vm.subscribe(&name).map(Value::bool)
}

pub(super) fn channel_current(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let name = Args::new(Builtin::channelCurrent, args).text(vm, 0)?.to_owned();
    vm.receive(ChannelKind::Watch, &name)
}

pub(super) fn channel_close(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (name, kind) = channel(vm, &Args::new(Builtin::channelClose, args))?;
    vm.close(kind, &name).map(Value::bool)
}

pub(super) fn channel_remove(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let (name, kind) = channel(vm, &Args::new(Builtin::channelRemove, args))?;
    vm.remove_channel(kind, &name).map(Value::bool)
}
