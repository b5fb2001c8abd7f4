//! A program as text for people: a line for each instruction.

use std::fmt::Write;

use rvref::{decode, disassemble, Xlen};

use crate::ir::{Program, Segment};
use crate::layout::Layout;

/// Bytes of data on a line.
const ROW: usize = 32;
/// So many rows of a segment are shown.
const ROWS: usize = 32;

/// Assembly language of a program and the state that it begins with.
pub fn listing(program: &Program, layout: &Layout) -> String {
    // A line has some 50 bytes.
    let mut text = String::with_capacity(64 * (layout.words.len() + 64));
    header(&mut text, program, layout);
    let mut labels = labels(program, layout);
    // At the same address, the frame's mark ends a part and a block's label begins one.
    labels.sort_by_key(|(pc, _)| *pc);
    let mut labels = labels.into_iter().peekable();
    for (place, word) in layout.words.iter().enumerate() {
        let pc = layout.text_base.wrapping_add(4 * place as u64);
        while let Some((_, label)) = labels.next_if(|(at, _)| *at <= pc) {
            let _ = writeln!(text, "{label}");
        }
        instruction(&mut text, pc, *word, program.xlen);
    }
    labels.for_each(|(_, label)| {
        let _ = writeln!(text, "{label}");
    });
    pool(&mut text, program, layout);
    text
}

fn header(text: &mut String, program: &Program, layout: &Layout) {
    let Program { generator, seed, index, xlen, .. } = program;
    let bits = crate::bits(*xlen);
    let _ = writeln!(text, "# {generator}, {bits} bits, seed {seed}, index {index}");
    let _ = writeln!(text, "# {} instructions without the frame", layout.instructions);
    let [address, link] = program.frame.registers;
    let _ = writeln!(text, "# frame: x{address} and x{link}, segment at {:#x}", program.frame.address.0);
    for (register, value) in &program.registers {
        let _ = writeln!(text, "# x{register} = {:#x}", value.0);
    }
    program.segments.iter().for_each(|segment| data(text, segment));
    if program.exit_code != 0 {
        let _ = writeln!(text, "# exit code: {}", program.exit_code);
    }
    let _ = writeln!(text, "# published: registers {:?}", program.publish.registers);
    for window in &program.publish.windows {
        let _ = writeln!(text, "# published: {} bytes at {:#x}", window.size, window.address.0);
    }
}

fn data(text: &mut String, segment: &Segment) {
    let Segment { address, size, file_size, writable, bytes } = segment;
    let flags = if *writable { "writable" } else { "read-only" };
    let _ = writeln!(text, "# segment at {:#x}: {size} bytes, {file_size} in the file, {flags}", address.0);
    for (row, bytes) in bytes.chunks(ROW).enumerate().take(ROWS) {
        let at = address.0.wrapping_add((ROW * row) as u64);
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(text, "#   {at:#x} {digits}");
    }
    if bytes.len() > ROW * ROWS {
        let _ = writeln!(text, "#   and {} bytes more", bytes.len() - ROW * ROWS);
    }
}

fn labels(program: &Program, layout: &Layout) -> Vec<(u64, String)> {
    let mut labels: Vec<(u64, String)> =
        layout.marks.iter().map(|(pc, text)| (*pc, format!("# {text}"))).collect();
    let mut places = layout.places.iter().peekable();
    for (position, block) in program.blocks.iter().enumerate() {
        if let Some(first) = places.peek().filter(|place| place.block == position as u32) {
            labels.push((first.pc, format!("block_{}:", block.id)));
        }
        while places.next_if(|place| place.block == position as u32).is_some() {}
    }
    labels
}

fn instruction(text: &mut String, pc: u64, word: u32, xlen: Xlen) {
    let _ = match decode(word, xlen) {
        Some(instruction) => writeln!(text, "{pc:#010x} {word:08x} {}", disassemble(instruction, pc)),
        None => writeln!(text, "{pc:#010x} {word:08x} .word {word:#010x}"),
    };
}

fn pool(text: &mut String, program: &Program, layout: &Layout) {
    let slot = u64::from(crate::bits(program.xlen) / 8);
    if !layout.pool.is_empty() {
        let _ = writeln!(text, "# pool");
    }
    for (place, word) in layout.pool.iter().enumerate() {
        let word = if slot == 4 { u64::from(*word as u32) } else { *word };
        let _ = writeln!(text, "# {:#010x} {word:#x}", layout.pool_base.wrapping_add(slot * place as u64));
    }
}
