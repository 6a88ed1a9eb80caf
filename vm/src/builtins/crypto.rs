//! Encryption, password hashes, random bytes. The algorithms are those of the RustCrypto project and
//! of `bcrypt`; nothing here is an implementation of one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::HashParts;
use hyp_bytecode::builtin::Builtin;
use sha2::Sha256;

use super::args::Args;
use super::encoding::{hex, unhex};
use crate::{Trap, Value, Vm};

/// Random bytes of the operating system.
pub(super) fn random_bytes(count: usize) -> Result<Vec<u8>, Trap> {
    let mut bytes = vec![0; count];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Trap::io(format!("Cannot get random bytes: {error}"))),
    }
}

fn random_hex(vm: &mut Vm, args: &Args<'_>) -> Result<Value, Trap> {
    let count = args.count(vm, 0)?;
    args.check_bytes(count.checked_mul(2))?;
    let text = hex(&random_bytes(count)?);
    vm.new_string(&text)
}

pub(super) fn generate_random_key(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    random_hex(vm, &Args::new(Builtin::GenerateRandomKey, args))
}

pub(super) fn generate_salt(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    random_hex(vm, &Args::new(Builtin::GenerateSalt, args))
}

/// A computation that a thread takes over.
type Job = Box<dyn FnOnce() + Send>;

/// Where threads for slow computations take their work from; as many as the machine has processors
/// are started at first use.
fn workshop() -> &'static Sender<Job> {
    static WORKSHOP: OnceLock<Sender<Job>> = OnceLock::new();
    WORKSHOP.get_or_init(|| {
        let (sender, receiver) = channel::<Job>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let receiver = Arc::clone(&receiver);
            let next = move || receiver.lock().ok()?.recv().ok();
            let body = move || {
                while let Some(job) = next() {
                    // A job that panics has told its machine when it was dropped.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            };
            // Without any thread, every job is dropped with the channel, which its machine is told.
            let _ = std::thread::Builder::new().name("password".to_owned()).spawn(body);
        }
        sender
    })
}

/// Has a slow computation, worth a number of steps of a script, done on another thread; other tasks
/// run meanwhile. An interrupted computation goes on until it is done or the process ends.
fn compute<T: Send + 'static>(
    vm: &mut Vm,
    steps: usize,
    job: impl FnOnce() -> T + Send + 'static,
    finish: impl FnOnce(&mut Vm, T) -> Result<Value, Trap> + Send + 'static,
) -> Result<Value, Trap> {
    vm.charge(steps)?;
    let (promise, ticket) = vm.begin_operation(|| {})?;
    let completion = vm.completion(ticket);
    let body = move || {
        let result = job();
        completion.post(move |vm| finish(vm, result));
    };
    // If nobody takes the job, dropping it fails the operation.
    let _ = workshop().send(Box::new(body));
    Err(Trap::Await(promise))
}

/// Most bytes that PBKDF2 derives.
const DERIVED_BYTES_MAX: usize = 1 << 16;

pub(super) fn pbkdf2(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::PBKDF2, args);
    let (password, salt) = (args.text(vm, 0)?.to_owned(), args.text(vm, 1)?.to_owned());
    let (rounds, length) = (args.count(vm, 2)?, args.count(vm, 3)?);
    let rounds = u32::try_from(rounds).ok().filter(|&n| n > 0);
    let rounds = rounds.ok_or_else(|| args.error("expected 1 to 4294967295 iterations"))?;
    if length == 0 || length > DERIVED_BYTES_MAX {
        return Err(args.error(&format!("expected a key length from 1 to {DERIVED_BYTES_MAX}")));
    }
    // Two hashes per round and block, each about fifteen steps of a script.
    let steps = (rounds as usize).saturating_mul(length.div_ceil(32)).saturating_mul(30);
    let derive = move || {
        let salt = unhex(&salt).unwrap_or(salt.into_bytes());
        let mut key = vec![0; length];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, rounds, &mut key);
        key
    };
    compute(vm, steps, derive, |vm, key| vm.new_string(&hex(&key)))
}

/// What a bcrypt hash is worth: about 50 microseconds for each of 2^cost rounds.
fn bcrypt_steps(cost: u32) -> usize {
    10_000_usize.saturating_mul(1_usize.checked_shl(cost).unwrap_or(usize::MAX))
}

pub(super) fn bcrypt(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    /// Bytes of a password that count; the algorithm ignores more.
    const PASSWORD_BYTES_MAX: usize = 72;
    let args = Args::new(Builtin::BCrypt, args);
    let password = args.text(vm, 0)?.to_owned();
    let cost = args.count(vm, 1)?;
    let cost = u32::try_from(cost).ok().filter(|cost| (4..=31).contains(cost));
    let cost = cost.ok_or_else(|| args.error("expected a work factor from 4 to 31"))?;
    if password.len() > PASSWORD_BYTES_MAX {
        let text = format!("expected a password of at most {PASSWORD_BYTES_MAX} bytes");
        return Err(args.error(&text));
    }
    let hash = move || bcrypt::hash(password, cost);
    compute(vm, bcrypt_steps(cost), hash, |vm, hash| match hash {
        Ok(hash) => vm.new_string(&hash),
        Err(error) => Err(Trap::io(format!("Cannot hash the password: {error}"))),
    })
}

pub(super) fn verify_bcrypt(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::VerifyBCrypt, args);
    let (password, hash) = (args.text(vm, 0)?.to_owned(), args.text(vm, 1)?.to_owned());
    let Ok(parts) = hash.parse::<HashParts>() else { return Ok(Value::FALSE) };
    let steps = bcrypt_steps(parts.get_cost());
    let verify = move || bcrypt::verify(password, &hash);
    compute(vm, steps, verify, |_, matches| Ok(Value::bool(matches.unwrap_or(false))))
}

const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// The cipher of the key in argument 1.
fn cipher(vm: &Vm, args: &Args<'_>) -> Result<Aes256Gcm, Trap> {
    let key = args.text(vm, 1)?;
    let bytes = if key.len() == 64 { unhex(key) } else { Some(key.as_bytes().to_vec()) };
    bytes
        .and_then(|bytes| Aes256Gcm::new_from_slice(&bytes).ok())
        .ok_or_else(|| args.error("expected a key of 32 bytes or 64 hexadecimal digits"))
}

pub(super) fn aes_encrypt(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AESEncrypt, args);
    let plain = args.text(vm, 0)?;
    let cipher = cipher(vm, &args)?;
    args.check_bytes(base64::encoded_len(plain.len() + NONCE_BYTES + TAG_BYTES, true))?;
    let mut sealed = random_bytes(NONCE_BYTES)?;
    let nonce = sealed.as_slice().try_into().expect("the nonce has its length");
    let body = cipher.encrypt(nonce, plain.as_bytes());
    sealed.extend(body.map_err(|_| args.error("cannot encrypt"))?);
    let text = STANDARD.encode(sealed);
    vm.new_string(&text)
}

pub(super) fn aes_decrypt(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let args = Args::new(Builtin::AESDecrypt, args);
    let sealed = STANDARD.decode(args.text(vm, 0)?);
    let cipher = cipher(vm, &args)?;
    // One message for every reason: telling them apart would help an attacker.
    let failed = || args.error("cannot decrypt: wrong key or damaged text");
    let sealed = sealed.map_err(|_| failed())?;
    let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(failed)?;
    let nonce = nonce.try_into().expect("the nonce has its length");
    let plain = cipher.decrypt(nonce, body).map_err(|_| failed())?;
    let text = String::from_utf8(plain).map_err(|_| failed())?;
    vm.new_string(&text)
}

/// Random letters and digits, all equally likely.
pub(super) fn generate_random_string(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    /// Bytes from here on are drawn again: they would make some characters likelier.
    const LIMIT: u8 = 4 * ALPHABET.len() as u8;
    let args = Args::new(Builtin::GenerateRandomString, args);
    let length = args.count(vm, 0)?;
    args.check_bytes(Some(length))?;
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let drawn = random_bytes(length - text.len())?.into_iter().filter(|&b| b < LIMIT);
        text.extend(drawn.map(|b| char::from(ALPHABET[usize::from(b) % ALPHABET.len()])));
    }
    vm.new_string(&text)
}

/// `8-4-4-4-12` hexadecimal digits.
fn uuid(bytes: &[u8]) -> String {
    let digits = hex(bytes);
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    groups.map(|range| &digits[range]).join("-")
}

pub(super) fn uuid_v4(vm: &mut Vm, _args: &[Value]) -> Result<Value, Trap> {
    let mut bytes = random_bytes(16)?;
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    vm.new_string(&uuid(&bytes))
}

pub(super) fn uuid_from_seed(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let seed = Args::new(Builtin::UuidFromSeed, args).count(vm, 0)? as u64;
    vm.new_string(&uuid(&[seed.to_le_bytes(); 2].concat()))
}
