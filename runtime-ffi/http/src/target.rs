//! Where requests go.

use http::uri::{PathAndQuery, Scheme, Uri};

/// The target of a URL, with more of a query.
///
/// # Errors
/// It is no URL of HTTP, as a sentence with the name of the builtin before it.
pub(crate) fn read(url: &str, query: &str) -> Result<Uri, String> {
    // What comes behind `#` is for who reads the response.
    let url = url.split('#').next().unwrap_or("");
    let separator = match (query.is_empty(), url.contains('?')) {
        (true, _) => "",
        (false, false) => "?",
        (false, true) => "&",
    };
    let whole = format!("{url}{separator}{query}");
    let uri: Uri = whole.parse().map_err(|_| format!("cannot read the URL `{url}`"))?;
    check(uri)
}

fn check(uri: Uri) -> Result<Uri, String> {
    let is_http = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
    if !is_http {
        return Err(format!("needs a URL that begins with http:// or https://, not `{uri}`"));
    }
    let authority = uri.authority().map_or("", |a| a.as_str());
    if authority.contains('@') {
        return Err("takes user and password in `auth`, not in the URL".to_owned());
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(format!("finds no host in the URL `{uri}`"));
    }
    Ok(uri)
}

/// Host, in lower case, and port.
pub(crate) fn address(uri: &Uri) -> (String, u16) {
    let default = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let host = uri.host().unwrap_or("").trim_start_matches('[').trim_end_matches(']');
    (host.to_ascii_lowercase(), uri.port_u16().unwrap_or(default))
}

/// Where a redirect from `base` leads (RFC 3986, section 5.2).
///
/// # Errors
/// The location makes no sense.
pub(crate) fn join(base: &Uri, location: &str) -> Result<Uri, String> {
    let location = location.split('#').next().unwrap_or("");
    let wrong = || format!("a redirect leads to `{location}`");
    let scheme = base.scheme_str().unwrap_or("http");
    if location.contains("://") {
        return location.parse().map_err(|_| wrong()).and_then(check);
    }
    if let Some(rest) = location.strip_prefix("//") {
        return format!("{scheme}://{rest}").parse().map_err(|_| wrong()).and_then(check);
    }
    let path = match location {
        "" => base.path_and_query().map_or("/", PathAndQuery::as_str).to_owned(),
        query if query.starts_with('?') => format!("{}{query}", base.path()),
        path if path.starts_with('/') => without_dots(path),
        path => {
            let directory = base.path().rsplit_once('/').map_or("", |(directory, _)| directory);
            without_dots(&format!("{directory}/{path}"))
        }
    };
    let authority = base.authority().map_or("", |a| a.as_str());
    format!("{scheme}://{authority}{path}").parse().map_err(|_| wrong()).and_then(check)
}

/// A path whose `.` and `..` are resolved.
fn without_dots(path: &str) -> String {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (path, String::new()),
    };
    let mut parts: Vec<&str> = Vec::new();
    let n_parts = path.split('/').count();
    for (i, part) in path.split('/').enumerate().skip(1) {
        let is_last = i + 1 == n_parts;
        match part {
            "." if is_last => parts.push(""),
            "." => {}
            ".." => {
                parts.pop();
                if is_last {
                    parts.push("");
                }
            }
            part => parts.push(part),
        }
    }
    format!("/{}{query}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_resolved() {
        let base: Uri = "http://host:8080/a/b/c?q=1".parse().expect("a URL");
        let cases = [
            ("https://other/x", "https://other/x"),
            ("//other/x", "http://other/x"),
            ("/x/../y", "http://host:8080/y"),
            ("d", "http://host:8080/a/b/d"),
            ("../d?e=f", "http://host:8080/a/d?e=f"),
            ("..", "http://host:8080/a/"),
            ("../../../d", "http://host:8080/d"),
            (".", "http://host:8080/a/b/"),
            ("?r=2", "http://host:8080/a/b/c?r=2"),
            ("", "http://host:8080/a/b/c?q=1"),
            ("d#part", "http://host:8080/a/b/d"),
        ];
        for (location, expected) in cases {
            assert_eq!(join(&base, location).map(|uri| uri.to_string()).as_deref(), Ok(expected));
        }
        for location in ["ftp://host/", "http://", "http://user:secret@host/", "/a b"] {
            assert!(join(&base, location).is_err(), "{location}");
        }
    }
}
