//! Input and output in every shape: typed and raw reads, many, empty and large commits.
//!
//! The first buffer is a `u32`, the number of commands. A command is a `u8` and the buffers that
//! it takes, so the reads of a run follow from the data. The last commits say how much was read.
#![no_main]
sp1_zkvm::entrypoint!(main);

use sp1_zkvm::io::{commit, commit_slice, read, read_vec};

/// FNV-1a over all that was read, and the amount of it.
struct Seen {
    hash: u64,
    bytes: u64,
}

impl Seen {
    const fn new() -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            bytes: 0,
        }
    }

    fn add(&mut self, data: &[u8]) {
        self.bytes += data.len() as u64;
        for byte in data {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// A raw buffer of any length, committed as it is.
fn echo(seen: &mut Seen) {
    let data = read_vec();
    seen.add(&data);
    commit_slice(&data);
}

/// A raw buffer that is read for its checksum only.
fn swallow(seen: &mut Seen) {
    seen.add(&read_vec());
    commit(&seen.hash);
}

/// Every integer width, one buffer each.
fn integers(seen: &mut Seen) {
    let (a, b, c) = (read::<u8>(), read::<u16>(), read::<u32>());
    let (d, e) = (read::<u64>(), read::<u128>());
    let (f, g, h) = (read::<i8>(), read::<i16>(), read::<i32>());
    let (i, j) = (read::<i64>(), read::<i128>());
    seen.add(&e.to_le_bytes());
    seen.add(&j.to_le_bytes());
    commit(&(a, b, c, d, e));
    commit(&f);
    commit(&g);
    commit(&h);
    commit(&i);
    commit(&j);
}

/// A `bool`, a `char`-wise reversed string and an optional tuple.
fn composites(seen: &mut Seen) {
    let flag = read::<bool>();
    let text = read::<String>();
    let pair = read::<Option<(u32, i64)>>();
    seen.add(text.as_bytes());
    commit(&flag);
    commit(&text.chars().rev().collect::<String>());
    commit(&pair);
}

/// A vector of numbers: sorted, and summed.
fn numbers(seen: &mut Seen) {
    let mut numbers = read::<Vec<u64>>();
    numbers.sort_unstable();
    seen.add(&(numbers.len() as u64).to_le_bytes());
    commit(&numbers);
    commit(&numbers.iter().fold(0u64, |sum, n| sum.wrapping_add(*n)));
}

/// Commits of no bytes at all.
fn nothing() {
    commit_slice(&[]);
    commit(&());
    commit(&[0u8; 0]);
}

/// Many small commits, of one to eight bytes.
fn burst(seen: &mut Seen) {
    let count = read::<u32>();
    for index in 0..count {
        let bytes = (seen.hash ^ u64::from(index)).to_le_bytes();
        commit_slice(&bytes[..1 + index as usize % 8]);
    }
}

/// One commit of any size.
fn large(seen: &mut Seen) {
    let length = read::<u32>();
    let bytes: Vec<u8> = (0..length)
        .map(|index| (u64::from(index) ^ seen.hash) as u8)
        .collect();
    seen.add(&bytes[..bytes.len().min(64)]);
    commit_slice(&bytes);
}

/// Text on both output streams: it is no part of what a guest commits.
fn print(seen: &Seen) {
    println!("read {} bytes", seen.bytes);
    eprintln!("hash {:016x}", seen.hash);
}

fn obey(command: u8, seen: &mut Seen) {
    match command {
        0 => echo(seen),
        1 => swallow(seen),
        2 => integers(seen),
        3 => composites(seen),
        4 => numbers(seen),
        5 => nothing(),
        6 => burst(seen),
        7 => large(seen),
        8 => print(seen),
        _ => panic!("command {command} is not one of 0 to 8"),
    }
}

pub fn main() {
    let count = read::<u32>();
    let mut seen = Seen::new();
    for _ in 0..count {
        let command = read::<u8>();
        obey(command, &mut seen);
    }
    commit(&seen.bytes);
    commit(&seen.hash);
}
