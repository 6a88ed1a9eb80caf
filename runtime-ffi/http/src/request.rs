//! Requests as script values.

use std::cell::RefCell;

use ahash::AHashMap;
use bytes::Bytes;
use http::header::{self, HeaderName};
use http::request::Parts;
use hyp_vm::{Trap, Value, Vm};

/// Names of header fields that are kept.
const FIELD_NAMES_MAX: usize = 256;

/// Keys of the dictionaries that requests are; the machine keeps the strings.
pub(crate) struct Names {
    method: Value,
    path: Value,
    params: Value,
    query: Value,
    headers: Value,
    body: Value,
    json: Value,
    form: Value,
    cookies: Value,
    id: Value,
    remote: Value,
    empty: Value,
    /// Methods and names of header fields that have been seen.
    seen: RefCell<AHashMap<Box<str>, Value>>,
}

/// What a request's dictionary is made of.
pub(crate) struct Head<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) id: &'a str,
    pub(crate) peer: &'a str,
}

impl Names {
    pub(crate) fn new(vm: &mut Vm) -> Result<Names, Trap> {
        let mut name = |text: &str| {
            let name = vm.new_string(text)?;
            vm.keep(name);
            Ok::<_, Trap>(name)
        };
        Ok(Names {
            method: name("method")?,
            path: name("path")?,
            params: name("params")?,
            query: name("query")?,
            headers: name("headers")?,
            body: name("body")?,
            json: name("json")?,
            form: name("form")?,
            cookies: name("cookies")?,
            id: name("id")?,
            remote: name("remote")?,
            empty: name("")?,
            seen: RefCell::default(),
        })
    }

    /// The string of a word that many requests have.
    fn word(&self, vm: &mut Vm, word: &str) -> Result<Value, Trap> {
        if let Some(&known) = self.seen.borrow().get(word) {
            return Ok(known);
        }
        let string = vm.new_string(word)?;
        let mut seen = self.seen.borrow_mut();
        if seen.len() < FIELD_NAMES_MAX {
            vm.keep(string);
            seen.insert(word.into(), string);
        }
        Ok(string)
    }
}

/// The dictionary of a request.
pub(crate) fn value(vm: &mut Vm, names: &Names, head: Head<'_>) -> Result<Value, Trap> {
    let Head { parts, params, body, id, peer } = head;
    let request = vm.new_object()?;
    let method = names.word(vm, parts.method.as_str())?;
    vm.object_set(request, names.method, method)?;
    let path = vm.new_string(parts.uri.path())?;
    vm.object_set(request, names.path, path)?;
    let pairs = vm.new_object()?;
    for (name, text) in params {
        let (name, text) = (names.word(vm, &name)?, vm.new_string(&text)?);
        vm.object_set(pairs, name, text)?;
    }
    vm.object_set(request, names.params, pairs)?;
    let query = form(vm, parts.uri.query().unwrap_or("").as_bytes())?;
    vm.object_set(request, names.query, query)?;
    let headers = fields(vm, names, parts)?;
    vm.object_set(request, names.headers, headers)?;
    set_body(vm, names, request, parts, &body)?;
    let cookies = cookies(vm, names, parts)?;
    vm.object_set(request, names.cookies, cookies)?;
    let id = vm.new_string(id)?;
    vm.object_set(request, names.id, id)?;
    let peer = names.word(vm, peer)?;
    vm.object_set(request, names.remote, peer)?;
    Ok(request)
}

/// The header fields; several of one name are joined, as RFC 9110 has it.
fn fields(vm: &mut Vm, names: &Names, parts: &Parts) -> Result<Value, Trap> {
    let headers = vm.new_object()?;
    for name in parts.headers.keys() {
        let mut all = parts.headers.get_all(name).iter();
        let first = all.next().map(|v| String::from_utf8_lossy(v.as_bytes()));
        let mut text = first.unwrap_or_default();
        for more in all {
            let separator = if *name == header::COOKIE { "; " } else { ", " };
            let text = text.to_mut();
            text.push_str(separator);
            text.push_str(&String::from_utf8_lossy(more.as_bytes()));
        }
        let (name, text) = (names.word(vm, name.as_str())?, vm.new_string(&text)?);
        vm.object_set(headers, name, text)?;
    }
    Ok(headers)
}

/// The cookies; of several with one name the first one counts, which is the most specific.
fn cookies(vm: &mut Vm, names: &Names, parts: &Parts) -> Result<Value, Trap> {
    let cookies = vm.new_object()?;
    for field in parts.headers.get_all(header::COOKIE) {
        let field = String::from_utf8_lossy(field.as_bytes());
        for (name, text) in field.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            let name = names.word(vm, name.trim_end())?;
            if vm.object_get(cookies, name).is_none() {
                let text = vm.new_string(text.trim().trim_matches('"'))?;
                vm.object_set(cookies, name, text)?;
            }
        }
    }
    Ok(cookies)
}

/// The body as text, and what its type says that it is.
fn set_body(
    vm: &mut Vm,
    names: &Names,
    request: Value,
    parts: &Parts,
    body: &Bytes,
) -> Result<(), Trap> {
    if body.is_empty() {
        return vm.object_set(request, names.body, names.empty);
    }
    let text = vm.new_string(&String::from_utf8_lossy(body))?;
    vm.object_set(request, names.body, text)?;
    let reader = vm.new_json_reader(text)?;
    vm.object_set(request, names.json, reader)?;
    if is_type(parts, header::CONTENT_TYPE, "application/x-www-form-urlencoded") {
        let form = form(vm, body)?;
        vm.object_set(request, names.form, form)?;
    }
    Ok(())
}

fn is_type(parts: &Parts, name: HeaderName, wanted: &str) -> bool {
    let value = parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
    value.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case(wanted)
}

/// The pairs of a query or a form; of several with one name the last one counts.
fn form(vm: &mut Vm, text: &[u8]) -> Result<Value, Trap> {
    let pairs = vm.new_object()?;
    if !text.is_empty() {
        for (name, text) in form_urlencoded::parse(text) {
            let text = vm.new_string(&text)?;
            vm.object_set_str(pairs, &name, text)?;
        }
    }
    Ok(pairs)
}
