//! What one run of a compiled program covers: which ways its branches and jumps went, and which operations it
//! executed, each with a rough count. A search for inputs is led by what is new among them.

use std::ops::Range;
use std::rc::Rc;

use runner_protocol::feature;

use crate::isa::{Format, Op};
use crate::observe::{Hits, Observer};
use crate::registers::DISCARD;
use crate::text::Text;

/// Bins of jumps whose target is computed; which one a jump has is a hash of where it is and where it goes.
const COMPUTED: usize = 1 << 14;
/// The bin of the first operation, and of the first branch.
const FIRST_OP: usize = COMPUTED;
pub(super) const FIRST_BRANCH: usize = 1 << 15;
/// Counts are told as one of so many.
const BUCKETS: u32 = 8;
const RA: u8 = 1;

/// The edges of a run. An edge counts when it is taken: what lies between two of them is executed as a whole.
///
/// The bins of a program are `COMPUTED` for computed jumps other than returns, one for each operation, and from
/// `FIRST_BRANCH` on two for each slot of its text: for a branch that goes on behind it, and for one that is taken.
pub struct Edges {
    text: Rc<Text>,
    hits: Hits,
    /// How often a jump from each slot was taken.
    taken: Vec<u32>,
    computed: Vec<u32>,
    /// The slot of a computed jump that was taken last.
    from: Option<usize>,
}

impl Edges {
    /// Nothing has been executed.
    pub fn new(text: Rc<Text>) -> Self {
        let slots = text.slots().len();
        Self { hits: Hits::new(&text), taken: vec![0; slots], computed: vec![0; COMPUTED], from: None, text }
    }

    /// What was covered: for each bin that was hit its number times 8 and the bucket of its count, as `u32` in
    /// little endian, in ascending order.
    pub fn features(&self) -> Vec<u8> {
        let mut features = Vec::new();
        let mut tell = |feature: u32| features.extend(feature.to_le_bytes());
        let slots = self.text.slots();
        let mut operations = [0u64; Op::ALL.len()];
        for (place, count) in self.computed.iter().enumerate().filter(|(_, count)| **count > 0) {
            tell(feature(place, u64::from(*count)));
        }
        for (instruction, executed) in slots.iter().zip(self.hits.by_slot()) {
            operations[instruction.op as usize] += executed;
        }
        for (op, count) in operations.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            tell((FIRST_OP + op) as u32 * BUCKETS + many(count));
        }
        for (slot, (instruction, executed)) in slots.iter().zip(self.hits.by_slot()).enumerate() {
            if executed == 0 || instruction.op.format() != Format::Branch {
                continue;
            }
            let taken = u64::from(self.taken[slot]);
            for (way, count) in [executed.saturating_sub(taken), taken].into_iter().enumerate() {
                if count > 0 {
                    tell(feature(FIRST_BRANCH + 2 * slot + way, count));
                }
            }
        }
        features
    }
}

impl Observer for Edges {
    #[inline(always)]
    fn run(&mut self, slots: Range<usize>) {
        let Some(last) = slots.end.checked_sub(1).filter(|_| !slots.is_empty()) else { return };
        if let Some(from) = self.from.take() {
            let hash =
                (from as u64 ^ (slots.start as u64).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let counter = &mut self.computed[(hash >> 50) as usize];
            *counter = counter.saturating_add(1);
        }
        let counter = &mut self.taken[last];
        *counter = counter.saturating_add(1);
        let instruction = &self.text.slots()[last];
        // A return goes where its call was, which has been counted on the way there.
        let returns = instruction.rd == DISCARD && instruction.rs1 == RA;
        if instruction.op == Op::Jalr && !returns {
            self.from = Some(last);
        }
        self.hits.run(slots);
    }
}

/// The bucket of a count that is mostly large: each begins at 16 times the one before.
fn many(count: u64) -> u32 {
    (count.max(1).ilog2() / 4).min(BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_operations_fall_into_eight_buckets() {
        assert_eq!([1, 15, 16, 255, 256, 1 << 28, u64::MAX].map(many), [0, 0, 1, 1, 2, 7, 7]);
    }
}
