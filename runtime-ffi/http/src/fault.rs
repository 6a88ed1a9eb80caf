//! Errors of this service, as scripts see them.

use std::fmt::Display;

use hyp_bytecode::builtin::Builtin;
use hyp_vm::{ServiceFault, Trap};

/// What went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The time is over.
    Timeout,
    /// The arguments make no sense.
    Argument,
    /// The server is closed.
    Closed,
    /// The host has no address.
    Dns,
    /// Nobody answers, or the connection broke.
    Connect,
    /// The certificate or the handshake.
    Tls,
    /// The other side does not speak HTTP.
    Protocol,
    /// The body is larger than allowed.
    BodyLimit,
}

impl Fault {
    fn code(self) -> &'static str {
        match self {
            Fault::Timeout => "HS5001",
            Fault::Argument => "HS5006",
            Fault::Closed => "HS5007",
            Fault::Dns => "HS5401",
            Fault::Connect => "HS5402",
            Fault::Tls => "HS5403",
            Fault::Protocol => "HS5404",
            Fault::BodyLimit => "HS5406",
        }
    }

    /// The error that a builtin raises.
    pub(crate) fn raise(self, builtin: Builtin, message: impl Display) -> Trap {
        let fault = ServiceFault {
            code: self.code(),
            service: "http",
            operation: builtin.spec().name,
            is_retryable: matches!(self, Fault::Timeout | Fault::Dns | Fault::Connect),
        };
        Trap::fault(fault, message)
    }
}
