//! Every way in which a guest can end badly, one per input.
//!
//! Some bytes are committed first: a place that runs guests must keep them, name what happened
//! and stay alive. `none` and `print` end well.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde::Deserialize;
use std::hint::black_box;
use std::mem::MaybeUninit;

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Deed {
    None,
    Panic { message: String },
    Index { length: usize, at: usize },
    Print { lines: u32 },
    Loop,
    Allocate { block: usize },
    OverflowStack,
    Abort,
    Exit { code: i32 },
}

const PAGE: usize = 4096;
/// Words in one stack frame: 64 KiB.
const FRAME: usize = 8192;

fn panic_with(message: &str) {
    panic!("{message}");
}

fn index(length: usize, at: usize) {
    let items = vec![7u8; length];
    sp1_zkvm::io::commit(&black_box(&items)[at]);
}

fn print(lines: u32) {
    for line in 0..lines {
        println!("line {line} on stdout");
        eprintln!("line {line} on stderr");
    }
    print!("no newline at the end of stdout");
    eprint!("no newline at the end of stderr");
}

fn loop_for_ever() -> ! {
    let mut round = 0u64;
    loop {
        round = black_box(round).wrapping_add(1);
    }
}

/// Allocates blocks and writes to each page of them, for as long as there is memory.
fn allocate(block: usize) -> ! {
    let mut blocks = Vec::new();
    loop {
        let mut pages = vec![0u8; block];
        pages.iter_mut().step_by(PAGE).for_each(|byte| *byte = 1);
        blocks.push(black_box(pages));
    }
}

/// Recursion without an end. A frame is large and hardly written to, so that the stack ends before
/// the memory does; the sum keeps the compiler from making a loop of it.
#[inline(never)]
fn overflow_stack(depth: u64) -> u64 {
    let mut frame = [const { MaybeUninit::<u64>::uninit() }; FRAME];
    let last = black_box(FRAME - 1);
    let written = *frame[last].write(depth);
    black_box(&frame);
    if black_box(false) {
        return written;
    }
    overflow_stack(depth + 1).wrapping_add(written)
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    let deed: Deed = serde_json::from_slice(&bytes).expect("input is JSON like {\"do\": \"none\"}");

    sp1_zkvm::io::commit_slice(b"before");
    sp1_zkvm::io::commit(&(bytes.len() as u64));
    match deed {
        Deed::None => {}
        Deed::Panic { message } => panic_with(&message),
        Deed::Index { length, at } => index(length, at),
        Deed::Print { lines } => print(lines),
        Deed::Loop => loop_for_ever(),
        Deed::Allocate { block } => allocate(block),
        Deed::OverflowStack => sp1_zkvm::io::commit(&overflow_stack(0)),
        Deed::Abort => std::process::abort(),
        Deed::Exit { code } => std::process::exit(code),
    }
    sp1_zkvm::io::commit_slice(b"after");
}
