//! Files as responses: RFC 9110, conditional requests and ranges.

use std::path::{Component, Path};
use std::time::{Duration, SystemTime};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use hyp_bytecode::builtin::Builtin;
use hyp_vm::builtins::Args;
use hyp_vm::{File, Trap, Vm};

use crate::options::Options;
use crate::response::{Body, plain_status};

/// Name of the part of a route's path that says which file.
pub(super) const PATH: &str = "path";
const INDEX: &str = "index.html";
const AGE_S_MAX: u64 = 365 * 24 * 60 * 60;

/// The files of a directory.
pub(crate) struct Files {
    directory: String,
    cache_control: HeaderValue,
}

/// What decides whether a peer's copy is current.
struct Validators {
    tag: String,
    /// To the second, as headers have it.
    modified: Option<SystemTime>,
}

impl Files {
    pub(super) fn read(vm: &mut Vm, args: &Args<'_>) -> Result<Files, Trap> {
        let options = Options::read(vm, Builtin::HttpStatic, args.value(3), &["maxAge"])?;
        let age_s = options.count(vm, "maxAge", AGE_S_MAX)?.unwrap_or(0);
        let text = if age_s == 0 { "no-cache".to_owned() } else { format!("max-age={age_s}") };
        let cache_control = HeaderValue::from_str(&text);
        let directory = args.text(vm, 2)?.to_owned();
        // Whether it may be read is asked now, not at the first request.
        vm.open_file(&directory)?;
        Ok(Files {
            directory,
            cache_control: cache_control.map_err(|_| options.wrong("cannot send `maxAge`"))?,
        })
    }

    /// The response to a request for a file.
    pub(super) fn respond(&self, vm: &mut Vm, parts: &Parts, path: &str) -> Response<Body> {
        let not_found = || plain_status(StatusCode::NOT_FOUND);
        let Some(name) = self.name(path) else { return not_found() };
        match vm.open_file(&name) {
            Ok(Some(file)) => respond_with(file, &name, &parts.headers, &self.cache_control)
                .unwrap_or_else(|_| plain_status(StatusCode::INTERNAL_SERVER_ERROR)),
            Ok(None) | Err(Trap::Error(_)) => {
                let index = format!("{name}/{INDEX}");
                let is_directory = !path.is_empty() && !path.ends_with('/');
                if is_directory && matches!(vm.open_file(&index), Ok(Some(_))) {
                    return to_directory(parts.uri.path());
                }
                not_found()
            }
            Err(_) => plain_status(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// The name of the file that a path means; `None` for hidden ones and for paths that lead away.
    fn name(&self, path: &str) -> Option<String> {
        if path.contains(['\\', '\0', ':']) {
            return None;
        }
        let mut name = self.directory.clone();
        for part in Path::new(path).components() {
            match part {
                Component::Normal(part) => {
                    let part = part.to_str().filter(|part| !part.starts_with('.'))?;
                    name.push('/');
                    name.push_str(part);
                }
                _ => return None,
            }
        }
        if path.is_empty() || path.ends_with('/') {
            name.push('/');
            name.push_str(INDEX);
        }
        Some(name)
    }
}

/// The same path as that of a directory.
fn to_directory(path: &str) -> Response<Body> {
    let mut response = plain_status(StatusCode::MOVED_PERMANENTLY);
    // Two slashes at the beginning would name a host.
    let path = path.trim_start_matches('/');
    if let Ok(location) = HeaderValue::from_str(&format!("/{path}/")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn respond_with(
    mut file: File,
    name: &str,
    asked: &HeaderMap,
    cache_control: &HeaderValue,
) -> std::io::Result<Response<Body>> {
    let info = file.metadata()?;
    let length = info.len();
    let validators = Validators::new(info.modified().ok(), length);
    let mut response = Response::new(Body::default());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, cache_control.clone());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    validators.describe(headers);
    if validators.is_current(asked) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let kind = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
    let is_text = kind.starts_with("text/") || kind == "application/javascript";
    let kind = if is_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    set(response.headers_mut(), header::CONTENT_TYPE, &kind);
    match range(asked, &validators, length) {
        Range::Whole => *response.body_mut() = Body::of_file(file, length),
        Range::Part(first, last) => {
            file.go_to(first)?;
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let part = format!("bytes {first}-{last}/{length}");
            set(response.headers_mut(), header::CONTENT_RANGE, &part);
            *response.body_mut() = Body::of_file(file, last - first + 1);
        }
        Range::Outside => {
            response = plain_status(StatusCode::RANGE_NOT_SATISFIABLE);
            set(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{length}"));
        }
    }
    Ok(response)
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

impl Validators {
    fn new(modified: Option<SystemTime>, length: u64) -> Validators {
        let since = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        let ns = since.map_or(0, |since| since.as_nanos());
        let seconds = since.map(|since| Duration::from_secs(since.as_secs()));
        Validators {
            tag: format!("\"{ns:x}-{length:x}\""),
            modified: seconds.map(|seconds| SystemTime::UNIX_EPOCH + seconds),
        }
    }

    fn describe(&self, headers: &mut HeaderMap) {
        set(headers, header::ETAG, &self.tag);
        if let Some(modified) = self.modified {
            set(headers, header::LAST_MODIFIED, &httpdate::fmt_http_date(modified));
        }
    }

    /// Whether the peer's copy is current (section 13.2.2): the tag counts before the time.
    fn is_current(&self, asked: &HeaderMap) -> bool {
        if let Some(tags) = text(asked, header::IF_NONE_MATCH) {
            let own = |tag: &str| tag.trim().trim_start_matches("W/") == self.tag;
            return tags.trim() == "*" || tags.split(',').any(own);
        }
        let since = text(asked, header::IF_MODIFIED_SINCE);
        let since = since.and_then(|since| httpdate::parse_http_date(since).ok());
        self.modified.zip(since).is_some_and(|(modified, since)| modified <= since)
    }

    /// Whether `If-Range` allows a part (section 13.1.5).
    fn allows_part(&self, asked: &HeaderMap) -> bool {
        let Some(condition) = text(asked, header::IF_RANGE) else { return true };
        if condition.starts_with('"') {
            return condition == self.tag;
        }
        let time = httpdate::parse_http_date(condition).ok();
        time.is_some() && time == self.modified
    }
}

/// What a request wants of a file.
#[derive(PartialEq, Eq, Debug)]
enum Range {
    Whole,
    /// From the first byte to the last one.
    Part(u64, u64),
    Outside,
}

/// The range of a request. Several ranges, and those that make no sense, mean the whole file, as
/// section 14.2 allows.
fn range(asked: &HeaderMap, validators: &Validators, length: u64) -> Range {
    let spec = text(asked, header::RANGE).and_then(|range| range.trim().strip_prefix("bytes="));
    match spec {
        Some(spec) if validators.allows_part(asked) => part(spec, length),
        _ => Range::Whole,
    }
}

fn part(spec: &str, length: u64) -> Range {
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let Some((first, last)) = spec.split_once('-') else { return Range::Whole };
    let (first, last) = (first.trim(), last.trim());
    match (number(first), number(last)) {
        (None, Some(n)) if first.is_empty() => match n.min(length) {
            0 => Range::Outside,
            n => Range::Part(length - n, length - 1),
        },
        (Some(first), None) if last.is_empty() => match first < length {
            true => Range::Part(first, length - 1),
            false => Range::Outside,
        },
        (Some(first), Some(last)) if first <= last => match first < length {
            true => Range::Part(first, last.min(length - 1)),
            false => Range::Outside,
        },
        _ => Range::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_standard() {
        let cases = [
            ("0-4", Range::Part(0, 4)),
            ("5-", Range::Part(5, 9)),
            ("-3", Range::Part(7, 9)),
            ("-30", Range::Part(0, 9)),
            ("0-99", Range::Part(0, 9)),
            ("9-9", Range::Part(9, 9)),
            ("10-", Range::Outside),
            ("10-12", Range::Outside),
            ("-0", Range::Outside),
            ("99999999999999999999-", Range::Outside),
            ("4-3", Range::Whole),
            ("-", Range::Whole),
            ("a-b", Range::Whole),
            ("0-1,3-4", Range::Whole),
            ("+1-2", Range::Whole),
            ("", Range::Whole),
        ];
        for (spec, expected) in cases {
            assert_eq!(part(spec, 10), expected, "{spec}");
        }
        assert_eq!(part("0-", 0), Range::Outside);
    }
}
