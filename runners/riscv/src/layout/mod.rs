//! From a program to an ELF file.
//!
//! The text is, in this order: the prologue, which loads initial registers; the blocks; and the tail, in which
//! everything is published. In a text too long to jump to its end from everywhere, the tail lies in the middle.
//! Behind the data segments' backs, the frame has a segment of its own: see [`frame`].

mod emit;
mod frame;
mod ops;

use rvref::Xlen;

use crate::elf::{self, Load};
use crate::ir::{Program, Segment};
use emit::{Addresses, Emitter, Targets};
use frame::FrameMap;

/// The longest text, in bytes: its middle can be reached from everywhere.
pub const MAX_TEXT: usize = 2 << 20;
/// A text up to this size has its tail at the end: `jal` reaches 1 MiB, and the tail itself takes some bytes.
const TAIL_IN_REACH: usize = (1 << 20) - (16 << 10);
/// The most bytes that a segment may have in the file.
const MAX_FILE_SIZE: u64 = 16 << 20;
/// After so many rounds, every branch gets its long form, so that branches which push each other out of reach
/// one at a time cost no more.
const PATIENCE: usize = 20;

/// A program in memory.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The ELF file.
    pub elf: Vec<u8>,
    /// Address of the first instruction.
    pub text_base: u64,
    /// The text.
    pub words: Vec<u32>,
    /// Whoever jumps here publishes everything and halts.
    pub dump: u64,
    /// Number of instructions that ops have become.
    pub instructions: u32,
    /// Where ops are, in the order of the program.
    pub places: Vec<Place>,
    /// Where the parts of the frame begin.
    pub marks: Vec<(u64, &'static str)>,
    /// Address of the first constant of the pool.
    pub pool_base: u64,
    /// The pool.
    pub pool: Vec<u64>,
}

/// Where an op is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The place of its block in the program's list.
    pub block: u32,
    /// Its place in the block.
    pub op: u32,
    /// Address of its first instruction.
    pub pc: u64,
    /// Number of its instructions; they follow each other.
    pub count: u32,
}

/// Lay a program out. The error is one line for people.
pub fn layout(program: &Program) -> Result<Layout, String> {
    let ids: Vec<u32> = program.blocks.iter().map(|block| block.id).collect();
    if !ids.is_sorted_by(|a, b| a < b) {
        return Err("the ids of the blocks do not ascend".to_owned());
    }
    let map = FrameMap::of(program)?;
    let ops = program.blocks.iter().map(|block| block.ops.len()).sum();
    let mut reach = vec![0; ops];
    let mut addresses = Addresses::default();
    let mut middle = None;
    for round in 0.. {
        let targets = Targets { ids: &ids, addresses: &addresses, known: round > 0 };
        let mut pass = Pass::new(program, &map, &targets, &mut reach, middle);
        pass.run()?;
        let Pass { emitter, addresses: found, places, marks, .. } = pass;
        let Emitter { words, pool, grown, .. } = emitter;
        if round > 0 && !grown && found == addresses {
            return finish(program, &map, Parts { words, pool, places, marks, dump: found.dump });
        }
        if middle.is_none() && words.len() * 4 > TAIL_IN_REACH {
            middle = Some(found.middle(words.len()));
        }
        addresses = found;
        if round > PATIENCE {
            reach.iter_mut().for_each(|reach| *reach = (*reach).max(1));
        }
    }
    unreachable!("rounds have no end")
}

/// What the last pass has found.
struct Parts {
    words: Vec<u32>,
    pool: Vec<u64>,
    places: Vec<Place>,
    marks: Vec<(u64, &'static str)>,
    dump: u64,
}

/// One way through the program, with the addresses that the last one found.
struct Pass<'a> {
    program: &'a Program,
    emitter: Emitter<'a>,
    middle: Option<usize>,
    addresses: Addresses,
    places: Vec<Place>,
    marks: Vec<(u64, &'static str)>,
}

impl<'a> Pass<'a> {
    fn new(
        program: &'a Program,
        map: &'a FrameMap,
        targets: &'a Targets<'a>,
        reach: &'a mut [u8],
        middle: Option<usize>,
    ) -> Self {
        let places = Vec::with_capacity(reach.len());
        let emitter = Emitter::new(program, map, targets, reach);
        Self { program, emitter, middle, addresses: Addresses::default(), places, marks: Vec::new() }
    }

    fn run(&mut self) -> Result<(), String> {
        self.mark("prologue: initial registers");
        self.emitter.prologue(self.program)?;
        let mut ordinal = 0;
        for (position, block) in self.program.blocks.iter().enumerate() {
            if self.middle == Some(position) {
                self.tail_in_the_middle(position)?;
            }
            self.addresses.starts.push(self.emitter.pc());
            for (place, op) in block.ops.iter().enumerate() {
                let pc = self.emitter.pc();
                let before = self.emitter.words.len();
                self.emitter
                    .op(op, ordinal)
                    .map_err(|error| format!("block {}, op {place}: {error}", block.id))?;
                ordinal += 1;
                let count = (self.emitter.words.len() - before) as u32;
                self.places.push(Place { block: position as u32, op: place as u32, pc, count });
            }
        }
        if self.middle.is_none_or(|middle| middle >= self.program.blocks.len()) {
            return self.tail();
        }
        self.mark("the end: to the tail");
        self.emitter.jump_to_dump()
    }

    fn tail_in_the_middle(&mut self, position: usize) -> Result<(), String> {
        self.mark("over the tail");
        self.emitter.jump_over_tail(position)?;
        self.tail()
    }

    fn tail(&mut self) -> Result<(), String> {
        self.mark("the end: publish, halt");
        self.addresses.dump = self.emitter.pc();
        self.emitter.publish_and_halt(self.program.exit_code)?;
        self.mark("publish registers and windows, go back");
        self.addresses.publish = self.emitter.pc();
        self.emitter.publish_routine(self.program)
    }

    fn mark(&mut self, text: &'static str) {
        self.marks.push((self.emitter.pc(), text));
    }
}

fn finish(program: &Program, map: &FrameMap, parts: Parts) -> Result<Layout, String> {
    let Parts { words, pool, places, marks, dump } = parts;
    let text: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let frame = map.bytes(program, &pool);
    let data = program.segments.iter().map(file_bytes).collect::<Result<Vec<_>, _>>()?;
    let mut loads = vec![
        Load { address: program.text_base.0, size: text.len() as u64, bytes: &text, flags: 5 },
        Load { address: map.base, size: frame.len() as u64, bytes: &frame, flags: 6 },
    ];
    for (segment, bytes) in program.segments.iter().zip(&data) {
        let flags = if segment.writable { 6 } else { 4 };
        loads.push(Load { address: segment.address.0, size: segment.size, bytes, flags });
    }
    loads.retain(|load| load.size > 0);
    loads.sort_by_key(|load| load.address);
    check(program.xlen, &loads)?;
    Ok(Layout {
        elf: elf::write(program.xlen, program.text_base.0, &loads),
        text_base: program.text_base.0,
        words,
        dump,
        instructions: places.iter().map(|place| place.count).sum(),
        places,
        marks,
        pool_base: map.pool,
        pool,
    })
}

/// The bytes of a segment in the file.
fn file_bytes(segment: &Segment) -> Result<Vec<u8>, String> {
    let Segment { address, size, file_size, bytes, .. } = segment;
    if *file_size > MAX_FILE_SIZE || file_size > size || bytes.len() as u64 > *file_size {
        return Err(format!(
            "the segment at {:#x} has {} bytes, {file_size} in the file, {size} in memory",
            address.0,
            bytes.len()
        ));
    }
    let mut bytes = bytes.clone();
    bytes.resize(*file_size as usize, 0);
    Ok(bytes)
}

/// An error where segments, in ascending order, overlap or do not fit the address space.
fn check(xlen: Xlen, loads: &[Load]) -> Result<(), String> {
    let top = match xlen {
        Xlen::Rv32 => 1 << 32,
        Xlen::Rv64 => u64::MAX,
    };
    let mut free = 0;
    for load in loads {
        let end = load.address.checked_add(load.size).filter(|end| *end <= top);
        match end {
            Some(end) if load.address >= free => free = end,
            Some(_) => return Err(format!("the segment at {:#x} overlaps another one", load.address)),
            None => return Err(format!("the segment at {:#x} has no end", load.address)),
        }
    }
    Ok(())
}
