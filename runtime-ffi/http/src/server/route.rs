//! Which handler answers a request.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use ahash::AHashMap;
use http::Method;
use hyp_bytecode::builtin::Builtin;
use hyp_vm::builtins::Args;
use hyp_vm::{Trap, Value, Vm};
use percent_encoding::percent_decode_str;

use super::events::Streams;
use super::files::Files;
use super::limits::Limits;
use crate::fault::Fault;
use crate::options::Options;

/// What answers requests.
#[derive(Clone)]
pub(crate) enum Action {
    /// A callable value; the machine keeps it.
    Handler(Value),
    /// The files of a directory.
    Files(Rc<Files>),
    /// A callable value that sends events; the machine keeps it.
    Events(Value, Rc<Streams>),
}

/// What answers requests, and its limits.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) action: Action,
    pub(crate) body_bytes: usize,
    pub(crate) time: Duration,
}

impl Route {
    pub(super) fn read(vm: &mut Vm, args: &Args<'_>, limits: &Limits) -> Result<Route, Trap> {
        let builtin = Builtin::HttpRoute;
        let handler = args.function(vm, 3)?;
        if vm.arity(handler).is_some_and(|(least, most)| least > 1 || most < 1) {
            return Err(Fault::Argument.raise(builtin, "a handler takes one argument, the request"));
        }
        let options = Options::read(vm, builtin, args.value(4), &["timeoutMs", "bodyMax"])?;
        let body_bytes = options.count(vm, "bodyMax", 64 << 20)?;
        let time_ms = options.count(vm, "timeoutMs", 24 * 60 * 60 * 1000)?;
        Ok(Route {
            action: Action::Handler(handler),
            body_bytes: body_bytes.map_or(limits.body_bytes, |n| n as usize),
            time: time_ms.map_or(limits.request, Duration::from_millis),
        })
    }
}

/// The routes of one path.
#[derive(Default)]
struct Methods {
    list: Vec<(Method, Route)>,
    any: Option<Route>,
}

/// The routes of a server.
#[derive(Default)]
pub(crate) struct Routes {
    router: matchit::Router<usize>,
    paths: Vec<Methods>,
    by_pattern: AHashMap<String, usize>,
}

/// What the routes say about a request.
pub(crate) enum Found {
    /// A handler, and the parts of the path that have names.
    Route(Route, Vec<(String, String)>),
    /// The path takes other methods only.
    Methods(String),
    Nothing,
}

/// The path with `{name}` for `:name`.
fn pattern(path: &str) -> Cow<'_, str> {
    if !path.contains("/:") {
        return Cow::Borrowed(path);
    }
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => part.to_owned(),
    });
    Cow::Owned(parts.collect::<Vec<_>>().join("/"))
}

impl Routes {
    pub(super) fn add(&mut self, method: &str, path: &str, route: Route) -> Result<(), Trap> {
        let wrong = |what: String| Fault::Argument.raise(Builtin::HttpRoute, what);
        if !path.starts_with('/') {
            return Err(wrong(format!("a path begins with `/`, not as `{path}`")));
        }
        let pattern = pattern(path);
        let index = match self.by_pattern.get(&*pattern) {
            Some(&index) => index,
            None => {
                let index = self.paths.len();
                let inserted = self.router.insert(&*pattern, index);
                inserted
                    .map_err(|error| wrong(format!("cannot add the path `{path}`: {error}")))?;
                self.by_pattern.insert(pattern.into_owned(), index);
                self.paths.push(Methods::default());
                index
            }
        };
        let methods = &mut self.paths[index];
        if method == "*" {
            if methods.any.replace(route).is_some() {
                return Err(wrong(format!("`* {path}` has a handler already")));
            }
            return Ok(());
        }
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
            .map_err(|_| wrong(format!("`{method}` is no method")))?;
        if methods.list.iter().any(|(known, _)| *known == method) {
            return Err(wrong(format!("`{method} {path}` has a handler already")));
        }
        methods.list.push((method, route));
        Ok(())
    }

    pub(super) fn find(&self, method: &Method, path: &str) -> Found {
        let Ok(found) = self.router.at(path) else { return Found::Nothing };
        let methods = &self.paths[*found.value];
        let of = |method: &Method| {
            let own = methods.list.iter().find(|(known, _)| known == method);
            own.map(|(_, route)| route.clone())
        };
        let route = of(method).or_else(|| methods.any.clone()).or_else(|| match *method {
            Method::HEAD => of(&Method::GET),
            _ => None,
        });
        let Some(route) = route else {
            let mut allowed: Vec<&str> = methods.list.iter().map(|(m, _)| m.as_str()).collect();
            if allowed.contains(&"GET") && !allowed.contains(&"HEAD") {
                allowed.push("HEAD");
            }
            allowed.push("OPTIONS");
            return Found::Methods(allowed.join(", "));
        };
        let text = |v: &str| percent_decode_str(v).decode_utf8_lossy().into_owned();
        let params = found.params.iter().map(|(name, v)| (name.to_owned(), text(v)));
        Found::Route(route, params.collect())
    }
}
