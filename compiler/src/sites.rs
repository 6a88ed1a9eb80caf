//! Numbers of inline caches.
//!
//! Lowering numbers the caches before the passes remove dead code. When little code is left, the
//! numbers are made dense again, because a module may not ask for more caches than it has code.

use hyp_bytecode::module::Function;
use hyp_bytecode::op::{Insn, Kind, decode};

/// Renumbers the inline caches if there are more than code words; returns their number.
pub(crate) fn compact(functions: &mut [Function], n_sites: u32) -> u32 {
    let words: usize = functions.iter().map(|f| f.code.len()).sum();
    if n_sites as usize <= words {
        return n_sites;
    }
    let mut numbers: Vec<Option<u32>> = vec![None; n_sites as usize];
    let mut used = 0;
    for function in functions {
        let mut pc = 0;
        while let Ok(insn) = decode(&function.code, pc) {
            let next = insn.next;
            if let Some((site, at)) = site_operand(&insn)
                && let Some(number) = numbers.get_mut(site as usize)
            {
                let number = *number.get_or_insert_with(|| {
                    used += 1;
                    used - 1
                });
                if let Some(word) = function.code.get_mut(at) {
                    *word = number;
                }
            }
            pc = next;
        }
    }
    used
}

/// Number and code index of the instruction's inline cache.
fn site_operand(insn: &Insn<'_>) -> Option<(u32, usize)> {
    let site = insn.id(Kind::Site)?;
    let before = insn.operands().take_while(|(kind, _)| *kind != Kind::Site);
    let words: usize = before
        .map(|(kind, _)| if kind == Kind::K64 { 2 } else { usize::from(!kind.is_byte()) })
        .sum();
    Some((site, insn.pc + 1 + words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyp_bytecode::op::{Arg, Op, encode};

    #[test]
    fn numbers_become_dense_and_stay_apart() {
        let mut function = Function::default();
        for site in [70, 90, 70] {
            let args = [Arg::Reg(0), Arg::Reg(0), Arg::Id(5), Arg::Id(site)];
            encode(Op::GetMember, &args, &mut function.code).expect("it fits");
        }
        let mut functions = [function];
        assert_eq!(compact(&mut functions, 91), 2);
        let code = &functions[0].code;
        let sites: Vec<_> =
            [0, 3, 6].map(|pc| decode(code, pc).expect("valid").id(Kind::Site)).to_vec();
        assert_eq!(sites, [Some(0), Some(1), Some(0)]);
        assert_eq!(compact(&mut functions, 2), 2);
    }
}
