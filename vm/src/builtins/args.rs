//! Decoding of arguments, with the specified error texts.
//!
//! Positions in messages count from 1; indices here count from 0.

use hyp_bytecode::builtin::Builtin;

use crate::array::{LEN_MAX, too_large};
use crate::{Trap, Value, Vm};

/// Most bytes of a string that a single call may create.
pub(super) const STRING_BYTES_MAX: usize = 64 << 20;

/// The arguments of one call.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    builtin: Builtin,
    values: &'a [Value],
}

impl<'a> Args<'a> {
    /// The arguments of a call of a builtin.
    #[must_use]
    pub fn new(builtin: Builtin, values: &'a [Value]) -> Args<'a> {
        Args { builtin, values }
    }

    /// Canonical name of the called builtin.
    pub fn name(&self) -> &'static str {
        self.builtin.spec().name
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The argument, null if left out.
    #[inline]
    pub fn value(&self, i: usize) -> Value {
        self.values.get(i).copied().unwrap_or(Value::NULL)
    }

    /// The argument, `None` if left out or null.
    #[inline]
    pub fn optional(&self, i: usize) -> Option<Value> {
        self.values.get(i).copied().filter(|v| !v.is_null())
    }

    /// All arguments from `i` on.
    pub fn rest(&self, i: usize) -> &'a [Value] {
        self.values.get(i..).unwrap_or(&[])
    }

    /// A number by ToNumber.
    #[inline]
    pub fn num(&self, vm: &mut Vm, i: usize) -> Result<f64, Trap> {
        match self.value(i).as_num() {
            Some(n) => Ok(n),
            None => self.num_slow(vm, i),
        }
    }

    #[cold]
    fn num_slow(&self, vm: &mut Vm, i: usize) -> Result<f64, Trap> {
        vm.to_number(self.value(i)).map_err(|_| self.expected("numeric argument", i))
    }

    /// An optional number.
    pub fn num_or(&self, vm: &mut Vm, i: usize, default: f64) -> Result<f64, Trap> {
        if self.optional(i).is_some() { self.num(vm, i) } else { Ok(default) }
    }

    /// A whole number: rounded half away from zero, NaN gives 0, infinities stay.
    pub fn whole(&self, vm: &mut Vm, i: usize) -> Result<f64, Trap> {
        let n = self.num(vm, i)?;
        Ok(if n.is_nan() { 0.0 } else { n.round() })
    }

    /// A whole number that saturates at the limits of `i64`.
    pub fn int(&self, vm: &mut Vm, i: usize) -> Result<i64, Trap> {
        Ok(self.whole(vm, i)? as i64)
    }

    /// A count or position: a whole number, negative ones are errors, huge ones saturate.
    #[inline]
    pub fn count(&self, vm: &mut Vm, i: usize) -> Result<usize, Trap> {
        let n = self.num(vm, i)?;
        if n < 0.0 {
            return Err(self.expected("non-negative number", i));
        }
        Ok(n.round() as usize)
    }

    /// An optional count.
    pub fn count_or(&self, vm: &mut Vm, i: usize, default: usize) -> Result<usize, Trap> {
        if self.optional(i).is_some() { self.count(vm, i) } else { Ok(default) }
    }

    /// A count of elements to create, bounded by the length of an array.
    pub fn size(&self, vm: &mut Vm, i: usize) -> Result<usize, Trap> {
        let n = self.count(vm, i)?;
        self.check_size(n)?;
        Ok(n)
    }

    /// An error if a result would have more elements than an array may have.
    pub fn check_size(&self, n: usize) -> Result<(), Trap> {
        if n <= LEN_MAX { Ok(()) } else { Err(too_large()) }
    }

    /// An error if a result would have more than [`STRING_BYTES_MAX`] bytes.
    pub fn check_bytes(&self, n: Option<usize>) -> Result<(), Trap> {
        if n.is_some_and(|n| n <= STRING_BYTES_MAX) {
            return Ok(());
        }
        Err(self.error(&format!("would create a string of more than {STRING_BYTES_MAX} bytes")))
    }

    /// A string, not converted.
    #[inline]
    pub fn string(&self, vm: &mut Vm, i: usize) -> Result<Value, Trap> {
        let v = self.value(i);
        if v.is_string() { Ok(v) } else { Err(self.expected_got("string", vm, i)) }
    }

    /// The text of a string argument.
    #[inline]
    pub fn text<'v>(&self, vm: &'v Vm, i: usize) -> Result<&'v str, Trap> {
        match vm.str(self.value(i)) {
            Some(text) => Ok(text),
            None => Err(self.expected_got("string", vm, i)),
        }
    }

    /// The text of an optional string argument.
    pub fn text_or<'v>(
        &self,
        vm: &'v Vm,
        i: usize,
        default: &'static str,
    ) -> Result<&'v str, Trap> {
        if self.optional(i).is_some() { self.text(vm, i) } else { Ok(default) }
    }

    /// An array.
    #[inline]
    pub fn array(&self, vm: &Vm, i: usize) -> Result<Value, Trap> {
        let v = self.value(i);
        if v.is_array() { Ok(v) } else { Err(self.expected_got("array", vm, i)) }
    }

    /// A dictionary key.
    pub fn key(&self, vm: &Vm, i: usize) -> Result<Value, Trap> {
        let v = self.value(i);
        if v.is_string() || v.is_num() || v.is_bool() {
            Ok(v)
        } else {
            Err(self.expected_got("string, number or boolean", vm, i))
        }
    }

    /// A callable value.
    pub fn function(&self, vm: &Vm, i: usize) -> Result<Value, Trap> {
        let v = self.value(i);
        if v.is_callable() { Ok(v) } else { Err(self.expected_got("function", vm, i)) }
    }

    /// The elements of a number array, each converted by ToNumber.
    pub fn numbers(&self, vm: &mut Vm, i: usize) -> Result<Vec<f64>, Trap> {
        let arr = self.array(vm, i)?;
        let n = vm.array_len(arr);
        let mut out = Vec::with_capacity(n);
        for at in 0..n {
            let item = vm.array_get(arr, at).unwrap_or(Value::NULL);
            out.push(match item.as_num() {
                Some(n) => n,
                None => {
                    vm.to_number(item).map_err(|_| self.expected("numeric array element", at))?
                }
            });
        }
        Ok(out)
    }

    /// `Builtin 'F' expected argument at position k`, for arguments that only some calls need.
    #[cold]
    pub fn missing(&self, i: usize) -> Trap {
        Trap::runtime(format!("Builtin '{}' expected argument at position {}", self.name(), i + 1))
    }

    /// `Type error: Builtin 'F' expected WHAT at position k`.
    #[cold]
    pub fn expected(&self, what: &str, i: usize) -> Trap {
        Trap::type_error(format!("Builtin '{}' expected {what} at position {}", self.name(), i + 1))
    }

    /// `Type error: Builtin 'F' expected WHAT argument at position k, got VALUE`.
    #[cold]
    pub fn expected_got(&self, what: &str, vm: &Vm, i: usize) -> Trap {
        let got = brief(vm, self.value(i));
        Trap::type_error(format!(
            "Builtin '{}' expected {what} argument at position {}, got {got}",
            self.name(),
            i + 1
        ))
    }

    /// `Runtime error: Builtin 'F' MESSAGE`.
    #[cold]
    pub fn error(&self, message: &str) -> Trap {
        Trap::runtime(format!("Builtin '{}' {message}", self.name()))
    }
}

/// Display form for a message: long ones are cut.
pub(super) fn brief(vm: &Vm, v: Value) -> String {
    const CHARS_MAX: usize = 80;
    let text = vm.display(v);
    match text.char_indices().nth(CHARS_MAX) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}
