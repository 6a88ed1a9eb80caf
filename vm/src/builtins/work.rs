//! What builtins cost beyond their call, in steps.
//!
//! Most builtins read each of their arguments once, so sizes tell the work before it is done. Those
//! that do more, like tables of two texts, charge for it where they do it.

use hyp_bytecode::builtin::{Builtin, BuiltinEffects, Category};

use crate::object::Kind;
use crate::{Trap, Value, Vm, dict, string};

/// Elements or entries that count as one step: short ones cost less than a loop of a script.
const ITEMS_PER_STEP: usize = 16;
/// Bytes of text that count as one step.
const BYTES_PER_STEP: usize = 256;
/// Steps of a call that asks the operating system: those take microseconds, some of them hundreds.
const SYSTEM_STEPS: usize = 64;

/// What the time of a call depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Not on sizes, or the body charges.
    Fixed,
    /// On the size of the result.
    Result,
    /// On the sizes of arguments and result.
    All,
    /// As `All`, and on what the operating system does for it.
    System,
}

impl Work {
    const fn of(builtin: Builtin, category: Category, effects: BuiltinEffects) -> Work {
        use Builtin::*;
        let outside = BuiltinEffects::SYSTEM.0
            | BuiltinEffects::FS_READ.0
            | BuiltinEffects::FS_WRITE.0
            | BuiltinEffects::PROC.0;
        match builtin {
            _ if effects.0 & outside != 0 => Work::System,
            ArrayRange | ArrayRepeat | ArraySkip | ArraySlice | ArrayTake | CreateArray
            | PadLeft | PadRight | RandomSample | Repeat | SubArray => Work::Result,
            ArrayGet | ArrayFirst | ArrayIsEmpty | ArrayLast | ArrayLength | ArrayPop
            | ArrayPush | ArraySet | CharAt | Concat | DictCreate | DictGet | DictHasKey
            | DictIsEmpty | DictRemove | DictSet | DictSize | EndsWith | IsEmpty | Length
            | SliceWithNegative | StartsWith | Substring | Truncate => Work::Fixed,
            // Each callback counts as a call.
            ArrayEvery | ArrayFilter | ArrayFind | ArrayFindIndex | ArrayMap | ArrayReduce
            | ArraySome => Work::Fixed,
            ArrayShuffle | DeepEquals | GenerateRandomString => Work::All,
            _ => match category {
                Category::Array
                | Category::Collection
                | Category::Data
                | Category::Dictionary
                | Category::Encoding
                | Category::Statistics
                | Category::String
                | Category::Validation => Work::All,
                _ => Work::Fixed,
            },
        }
    }
}

macro_rules! work_table {
    ($($(#[doc = $doc:literal])+ $name:ident [$($alias:ident),*] $cat:ident
        ($($p:ident : $($w:ident)+),*) -> $($r:ident)+
        $(/ ($($op:ident : $($ow:ident)+),*) -> $($or:ident)+)*
        {$($e:ident)*} = $f:ident;)+) => {
        /// The kinds of work by builtin number.
        static WORK: &[Work] = &[$(Work::of(
            Builtin::$name,
            Category::$cat,
            BuiltinEffects(0 $(| BuiltinEffects::$e.0)*),
        )),+];
    };
}

hyp_bytecode::for_each_builtin!(work_table);

/// Whether calls of it must be charged.
#[inline]
pub(crate) fn depends_on_sizes(builtin: Builtin) -> bool {
    WORK[builtin as usize] != Work::Fixed
}

/// What to charge for reading or making a value.
fn steps(v: Value) -> usize {
    if v.is_string() {
        return string::byte_len(v) / BYTES_PER_STEP;
    }
    match v.kind() {
        // SAFETY: the kind says what the live object is.
        Some(Kind::Array) => unsafe { (*crate::array::object(v)).len as usize / ITEMS_PER_STEP },
        // SAFETY: as above.
        Some(Kind::Object) => unsafe { (*dict::object(v)).len as usize / ITEMS_PER_STEP },
        _ => 0,
    }
}

impl Vm {
    /// Charges for the arguments of a call that begins.
    ///
    /// # Errors
    /// As [`Vm::charge`].
    pub(crate) fn charge_arguments(&mut self, b: Builtin, args: &[Value]) -> Result<(), Trap> {
        let fixed = match WORK[b as usize] {
            Work::All => 0,
            Work::System => SYSTEM_STEPS,
            Work::Fixed | Work::Result => return Ok(()),
        };
        self.charge_if_large(fixed + args.iter().map(|&v| steps(v)).sum::<usize>())
    }

    /// Charges for the result of a call.
    ///
    /// # Errors
    /// As [`Vm::charge`].
    pub(crate) fn charge_result(&mut self, result: Value) -> Result<(), Trap> {
        self.charge_if_large(steps(result))
    }

    #[inline]
    fn charge_if_large(&mut self, steps: usize) -> Result<(), Trap> {
        if steps == 0 { Ok(()) } else { self.charge(steps) }
    }
}
