//! Stable, non-cryptographic hashes.

use hyp_bytecode::builtin::Builtin;

use super::args::Args;
use crate::{Trap, Value, Vm};

/// 64-bit FNV-1a cut to the 53 bits that a number holds exactly.
fn hash(bytes: &[u8]) -> f64 {
    const OFFSET: u64 = 0xCBF2_9CE4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01B3;
    let hash = bytes.iter().fold(OFFSET, |h, &b| (h ^ u64::from(b)).wrapping_mul(PRIME));
    (hash & ((1 << 53) - 1)) as f64
}

pub(super) fn hash_string(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let text = Args::new(Builtin::HashString, args).text(vm, 0)?;
    Ok(Value::num(hash(text.as_bytes())))
}

pub(super) fn hash_number(vm: &mut Vm, args: &[Value]) -> Result<Value, Trap> {
    let n = Args::new(Builtin::HashNumber, args).num(vm, 0)?;
    Ok(Value::num(hash(&n.to_bits().to_le_bytes())))
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn hash_is_fnv() {
        assert_eq!(hash(b""), (0xCBF2_9CE4_8422_2325_u64 & ((1 << 53) - 1)) as f64);
        assert_eq!(hash(b"a"), (0xAF63_DC4C_8601_EC8C_u64 & ((1 << 53) - 1)) as f64);
    }
}
