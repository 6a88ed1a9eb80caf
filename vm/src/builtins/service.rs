//! Builtins of services, which the host of the machine carries out.

use hyp_bytecode::builtin::Builtin;

use crate::{ServiceFault, Trap, Value, Vm};

/// Has the host carry out a builtin.
fn call(vm: &mut Vm, builtin: Builtin, args: &[Value]) -> Result<Value, Trap> {
    if let Some(host) = vm.host() {
        return host.call(vm, builtin, args);
    }
    let operation = builtin.spec().name;
    let fault = ServiceFault { code: "HS5005", service: "http", operation, is_retryable: false };
    Err(Trap::fault(fault, format!("{operation} needs a service that this host does not have")))
}

/// Row: `name = Builtin;`
macro_rules! declare_service_builtins {
    ($($name:ident = $builtin:ident;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            call(vm, Builtin::$builtin, args)
        })+
    };
}

declare_service_builtins! {
    http_serve = HttpServe;
    http_route = HttpRoute;
    http_static = HttpStatic;
    http_sse = HttpSse;
    stream_send = StreamSend;
    respond = Respond;
    problem = Problem;
    close = Close;
    http_send = HttpSend;
    http_get = HttpGet;
    http_post = HttpPost;
    http_get_json = HttpGetJson;
    http_post_json = HttpPostJson;
    http_health_check = HttpHealthCheck;
}
