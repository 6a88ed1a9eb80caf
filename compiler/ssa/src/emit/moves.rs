//! Puts the simultaneous moves of an edge into an order.

/// Calls `emit(dst, src)` for moves that together have the effect of performing all of `moves`,
/// pairs of destination and source with distinct destinations, at once. `emit` gets registers;
/// `scratch` names a free register for values of the kind that a given register holds.
pub(super) fn sequence(
    moves: &mut Vec<(u32, u32)>,
    mut scratch: impl FnMut(u32) -> u32,
    mut emit: impl FnMut(u32, u32),
) {
    moves.retain(|&(dst, src)| dst != src);
    while !moves.is_empty() {
        let ready = (0..moves.len()).find(|&i| moves.iter().all(|&(_, src)| src != moves[i].0));
        match ready {
            Some(i) => {
                let (dst, src) = moves.remove(i);
                emit(dst, src);
            }
            None => {
                // Only cycles are left: set one register aside and read the copy from now on.
                let (dst, _) = moves[0];
                let copy = scratch(dst);
                emit(copy, dst);
                for (_, src) in moves.iter_mut().filter(|(_, src)| *src == dst) {
                    *src = copy;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sequence;

    fn run(moves: &[(u32, u32)]) -> Vec<(u32, u32)> {
        let mut out = Vec::new();
        sequence(&mut moves.to_vec(), |_| 99, |d, s| out.push((d, s)));
        let mut regs: Vec<u32> = (0..100).collect();
        for &(d, s) in &out {
            regs[d as usize] = regs[s as usize];
        }
        for &(d, s) in moves {
            assert_eq!(regs[d as usize], s, "{moves:?} gave {out:?}");
        }
        out
    }

    #[test]
    fn sequence_orders_chains_without_extra_moves() {
        assert_eq!(run(&[(1, 2), (2, 3), (3, 4), (5, 5)]).len(), 3);
        assert_eq!(run(&[(3, 4), (2, 3), (1, 2), (6, 2)]).len(), 4);
    }

    #[test]
    fn sequence_breaks_cycles_with_one_extra_move_each() {
        assert_eq!(run(&[(1, 2), (2, 1)]).len(), 3);
        assert_eq!(run(&[(1, 2), (2, 3), (3, 1), (4, 1)]).len(), 5);
    }
}
