//! Cryptographic hashes and keyed hashes.

use std::io::{self, Read};

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use hyp_bytecode::builtin::Builtin;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

use super::args::{Args, brief};
use super::encoding::{hex, unhex};
use crate::access::File;
use crate::{Trap, Value, Vm};

/// Bytes of text that cost as much as a step of a script.
const BYTES_PER_STEP: usize = 16;

/// Hex digest of a text.
macro_rules! digest {
    ($($name:ident = $row:ident $hash:ident;)+) => {
        $(pub(super) fn $name(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
            let text = Args::new(Builtin::$row, args).text(vm, 0)?;
            let (steps, digest) = (text.len() / BYTES_PER_STEP, $hash::digest(text));
            vm.charge(steps)?;
            vm.new_string(&hex(&digest))
        })+
    };
}

digest! {
    md5 = MD5 Md5;
    sha1 = SHA1 Sha1;
    sha256 = SHA256 Sha256;
    sha512 = SHA512 Sha512;
}

/// Hash functions by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    /// The algorithm that argument `i` names; case and hyphens do not count.
    fn argument(vm: &Vm, args: &Args<'_>, i: usize) -> Result<Algorithm, Trap> {
        let name = args.text(vm, i)?.replace('-', "").to_ascii_uppercase();
        Ok(match name.as_str() {
            "MD5" => Algorithm::Md5,
            "SHA1" => Algorithm::Sha1,
            "SHA256" => Algorithm::Sha256,
            "SHA512" => Algorithm::Sha512,
            _ => {
                let got = brief(vm, args.value(i));
                return Err(
                    args.error(&format!("expected MD5, SHA1, SHA256 or SHA512, got '{got}'"))
                );
            }
        })
    }
}

/// Calls a function that is generic over the hash function.
macro_rules! with_algorithm {
    ($algorithm:expr, $function:ident($($arg:expr),*)) => {
        match $algorithm {
            Algorithm::Md5 => $function::<Md5>($($arg),*),
            Algorithm::Sha1 => $function::<Sha1>($($arg),*),
            Algorithm::Sha256 => $function::<Sha256>($($arg),*),
            Algorithm::Sha512 => $function::<Sha512>($($arg),*),
        }
    };
}

fn mac<H: EagerHash>(key: &str, message: &str) -> Hmac<H> {
    let mac = <Hmac<H> as KeyInit>::new_from_slice(key.as_bytes());
    let mut mac = mac.expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac
}

fn mac_hex<H: EagerHash>(key: &str, message: &str) -> String {
    hex(&mac::<H>(key, message).finalize().into_bytes())
}

fn mac_matches<H: EagerHash>(key: &str, message: &str, expected: &[u8]) -> bool {
    mac::<H>(key, message).verify_slice(expected).is_ok()
}

pub(super) fn hmac(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HMAC, args);
    let (message, key) = (args.text(vm, 0)?, args.text(vm, 1)?);
    let algorithm = Algorithm::argument(vm, &args, 2)?;
    let text = with_algorithm!(algorithm, mac_hex(key, message));
    vm.new_string(&text)
}

pub(super) fn verify_hmac(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::VerifyHMAC, args);
    let (message, signature) = (args.text(vm, 0)?, args.text(vm, 1)?);
    let key = args.text(vm, 2)?;
    let algorithm = Algorithm::argument(vm, &args, 3)?;
    let Some(expected) = unhex(signature) else { return Ok(Value::FALSE) };
    Ok(Value::bool(with_algorithm!(algorithm, mac_matches(key, message, &expected))))
}

pub(super) fn verify_hash(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::VerifyHash, args);
    let (actual, expected) = (args.text(vm, 0)?, args.text(vm, 1)?);
    let (actual, expected) = (actual.to_ascii_lowercase(), expected.to_ascii_lowercase());
    Ok(Value::bool(actual.as_bytes().ct_eq(expected.as_bytes()).into()))
}

/// Hex digest of a file. The host can interrupt it.
fn file_hex<H: Digest>(vm: &mut Vm, mut file: File, path: &str) -> Result<String, Trap> {
    let mut hash = H::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        vm.charge(chunk.len() / BYTES_PER_STEP)?;
        match file.read(&mut chunk) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(n) => hash.update(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Trap::io(format!("Cannot read file '{path}': {e}"))),
        }
    }
}

pub(super) fn hash_file(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::HashFile, args);
    let path = args.text(vm, 0)?.to_owned();
    let algorithm = Algorithm::argument(vm, &args, 1)?;
    let place = vm.readable(&path)?;
    let file = place.open().map_err(|e| place.failed("read file", &e))?;
    let text = with_algorithm!(algorithm, file_hex(vm, file, &path))?;
    vm.new_string(&text)
}
