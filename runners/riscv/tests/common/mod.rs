//! What the tests of this crate share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use riscv_generator::generate::{generate, Kind, Made, Origin};
use riscv_generator::ir::{Op, Program};
use riscv_generator::layout::Layout;
use riscv_generator::prerun::{self, Ran};
use rvref::{Image, Xlen};

pub const STEPS: u64 = 2_000_000;
pub const WIDTHS: [Xlen; 2] = [Xlen::Rv64, Xlen::Rv32];

pub fn make(kind: Kind, xlen: Xlen, seed: u64, index: u64) -> Made {
    generate(&Origin { kind, xlen, seed, index }).unwrap()
}

pub fn run(program: &Program, layout: &Layout) -> Result<Ran, String> {
    prerun::run(&layout.elf, program.xlen, STEPS, &mut ())
}

/// The program's file with the instruction at `pc` replaced by another word.
pub fn patched(layout: &Layout, xlen: Xlen, pc: u64, word: u32) -> Vec<u8> {
    let image = Image::parse(&layout.elf, xlen).unwrap();
    let text = image.segments.iter().find(|segment| segment.execute).unwrap();
    let offset = text.bytes.as_ptr() as usize - layout.elf.as_ptr() as usize;
    let at = offset + (pc - layout.text_base) as usize;
    let mut elf = layout.elf.clone();
    elf[at..at + 4].copy_from_slice(&word.to_le_bytes());
    elf
}

pub fn count(program: &Program, like: impl Fn(&Op) -> bool) -> usize {
    program.blocks.iter().flat_map(|block| &block.ops).filter(|op| like(op)).count()
}

/// FNV-1a, 64 bits: enough to see that something has changed.
pub fn digest(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}
