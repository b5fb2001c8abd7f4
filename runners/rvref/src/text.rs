//! A program's instructions, decoded once.

use std::ops::Range;

use crate::decode::decode;
use crate::elf::Image;
use crate::isa::Instruction;
use crate::profile::Profile;
use crate::registers::DISCARD;

/// Whether a word is an instruction of the privileged architecture or of Zicsr, of which a zkVM has none: MRET,
/// WFI, and those that read or write a control register.
fn is_of_the_system(word: u32) -> bool {
    let (funct3, is_register) = (word >> 12 & 7, word & 0x7f == 0x73);
    is_register && (matches!(funct3, 1..=3 | 5..=7) || matches!(word, 0x3020_0073 | 0x1050_0073))
}

/// All executable segments. A *slot* is the place of an instruction among all of them.
///
/// A program cannot change its instructions: stores to the addresses of the text change data only.
#[derive(Debug)]
pub struct Text {
    parts: Vec<Part>,
    slots: Vec<Instruction>,
    words: Vec<u32>,
}

/// Instructions that follow each other in memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    start: u64,
    size: u64,
    first: usize,
}

impl Part {
    /// The slot at an address; `None` where this part has none.
    #[inline(always)]
    pub fn slot(&self, pc: u64) -> Option<usize> {
        let offset = pc.wrapping_sub(self.start);
        (offset < self.size).then_some(self.first + (offset / 4) as usize)
    }

    /// The address of a slot of this part, or of the slot behind its last one.
    #[inline(always)]
    pub fn pc(&self, slot: usize) -> u64 {
        self.start + 4 * (slot - self.first) as u64
    }

    /// The slots.
    pub fn slots(&self) -> Range<usize> {
        self.first..self.first + (self.size / 4) as usize
    }
}

impl Text {
    /// Decode the executable segments. The error is one line for people.
    pub fn new(image: &Image, profile: &Profile) -> Result<Self, String> {
        let mut text = Self { parts: Vec::new(), slots: Vec::new(), words: Vec::new() };
        for segment in image.segments.iter().filter(|segment| segment.execute) {
            let start = segment.range.start;
            if start % 4 != 0 {
                return Err(format!("the text at {start:#x} is misaligned"));
            }
            let words = segment.bytes.chunks_exact(4);
            text.parts.push(Part { start, size: words.len() as u64 * 4, first: text.slots.len() });
            for (word, pc) in words.zip((start..).step_by(4)) {
                let word = u32::from_le_bytes(word.try_into().expect("a chunk of 4"));
                let instruction = decode(word, profile.xlen);
                if instruction.is_none() && profile.whole_text && !is_of_the_system(word) {
                    return Err(format!("the text has an illegal instruction {word:#010x} at {pc:#x}"));
                }
                let instruction = instruction.filter(|instruction| !profile.lacks.contains(&instruction.op));
                text.slots.push(discarding(instruction.unwrap_or(Instruction::illegal(word))));
                text.words.push(word);
            }
        }
        if !image.entry.is_multiple_of(4) || text.part(image.entry).is_none() {
            return Err(format!("the program has no entry: there is no instruction at {:#x}", image.entry));
        }
        Ok(text)
    }

    /// The part with an instruction at this address.
    pub(crate) fn part(&self, pc: u64) -> Option<Part> {
        self.parts.iter().find(|part| part.slot(pc).is_some()).copied()
    }

    /// The slot of the instruction at an address, if there is one.
    pub fn slot(&self, pc: u64) -> Option<usize> {
        self.part(pc).filter(|_| pc.is_multiple_of(4)).and_then(|part| part.slot(pc))
    }

    /// The addresses of the instructions, in the order of their slots.
    pub fn addresses(&self) -> impl Iterator<Item = u64> + '_ {
        self.parts.iter().flat_map(|part| part.slots().map(|slot| part.pc(slot)))
    }

    /// The decoded instructions, by slot.
    pub fn slots(&self) -> &[Instruction] {
        &self.slots
    }

    /// The word of a slot.
    pub fn word(&self, slot: usize) -> u32 {
        self.words[slot]
    }
}

/// What is executed: a destination register `x0` is one that nobody reads.
fn discarding(instruction: Instruction) -> Instruction {
    match instruction.rd {
        0 => Instruction { rd: DISCARD, ..instruction },
        _ => instruction,
    }
}
