//! Compression of responses, for peers that take it.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};

use crate::response::Body;

/// Bytes below which compression saves nothing.
const BYTES_MIN: u64 = 1 << 10;
/// Bytes above which it would keep other requests waiting.
const BYTES_MAX: u64 = 4 << 20;
/// Types of text whose names do not begin with `text/`.
const TEXTS: &[&str] = &[
    "application/json",
    "application/problem+json",
    "application/javascript",
    "application/xml",
    "image/svg+xml",
];

/// Whether a request takes gzip (RFC 9110, section 12.5.3).
pub(super) fn is_accepted(headers: &HeaderMap) -> bool {
    let fields = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    let mut any = false;
    for coding in fields.flat_map(|field| field.split(',')) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        let is_wanted = weight.is_ok_and(|weight| weight > 0.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => return is_wanted,
            "*" => any = is_wanted,
            _ => {}
        }
    }
    any
}

/// Compresses a response if that is worth it and `takes_gzip`.
pub(super) fn compress(response: &mut Response<Body>, takes_gzip: bool) {
    use http_body::Body as _;
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("");
    let is_text = kind.starts_with("text/") || TEXTS.contains(&kind);
    let size = response.body().size_hint().lower();
    if !is_text
        || !(BYTES_MIN..=BYTES_MAX).contains(&size)
        || response.status() == StatusCode::PARTIAL_CONTENT
        || headers.contains_key(header::CONTENT_ENCODING)
    {
        return;
    }
    let varies = HeaderValue::from_name(header::ACCEPT_ENCODING);
    response.headers_mut().append(header::VARY, varies);
    if !takes_gzip {
        return;
    }
    let Some(plain) = response.body_mut().take_all(BYTES_MAX) else { return };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
    let Ok(packed) = packed else { return response.body_mut().set(plain) };
    response.body_mut().set(Bytes::from(packed));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(header::ACCEPT_RANGES);
    // Other bytes of the same content.
    let weak = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let weak = weak.filter(|tag| !tag.starts_with("W/")).map(|tag| format!("W/{tag}"));
    if let Some(weak) = weak.and_then(|weak| HeaderValue::from_str(&weak).ok()) {
        headers.insert(header::ETAG, weak);
    }
}
