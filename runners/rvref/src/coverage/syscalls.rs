//! Axes of syscalls, as they are asked for: whether they are served is told by the endings.

use super::accesses::{Segments, KINDS};
use super::map::{Bin, Builder, NOWHERE};
use crate::alu::unsigned;
use crate::isa::Xlen;
use crate::machine::Cpu;
use crate::profile::Profile;
use crate::registers::number::{A0, A1, A2, T0};
use crate::syscalls::sp1::{self, NAMES};

const LENGTHS: [&str; 7] = ["0", "1", "2..7", "8", "9..63", "64..4095", "4096.."];
const ALIGNMENTS: [&str; 4] = ["1", "2", "4", "8"];
const DESCRIPTORS: [&str; 6] = ["stdout", "stderr", "commit", "hint", "hook", "other"];
const CODES: [&str; 5] = ["0", "1", "2..255", "256..", "negative"];
const WORDS: [&str; 9] = ["0", "1", "2", "3", "4", "5", "6", "7", "other"];
const PAGES: [&str; 2] = ["one page", "two pages"];
const HASHES: [(u32, &str, u64); 3] = [
    (sp1::SHA_EXTEND, "SHA_EXTEND", 512),
    (sp1::SHA_COMPRESS, "SHA_COMPRESS", 512),
    (sp1::KECCAK_PERMUTE, "KECCAK_PERMUTE", 200),
];

/// Numbers of the bins.
pub struct Syscalls {
    numbers: [Bin; NAMES.len()],
    unknown: Bin,
    /// By descriptor, length, alignment.
    writes: [[[Bin; ALIGNMENTS.len()]; LENGTHS.len()]; DESCRIPTORS.len()],
    codes: [Bin; CODES.len()],
    /// By length, alignment.
    hints: [[Bin; ALIGNMENTS.len()]; LENGTHS.len()],
    /// COMMIT and COMMIT_DEFERRED_PROOFS, by word.
    digests: [[Bin; WORDS.len()]; 2],
    /// By syscall, whether it crosses a page, kind of segment.
    hashes: [[[Bin; KINDS.len()]; PAGES.len()]; HASHES.len()],
    /// SHA_COMPRESS: where its state lies, as for `hashes`.
    states: [[Bin; KINDS.len()]; PAGES.len()],
    misaligned: [Bin; HASHES.len()],
    xlen: Xlen,
}

impl Syscalls {
    pub fn new(builder: &mut Builder, profile: &Profile) -> Self {
        builder.axis("syscall", "syscall");
        let numbers = NAMES.map(|(_, name)| builder.bin(&[name]));
        let unknown = builder.bin(&["unknown"]);
        builder.axis("write", "descriptor of WRITE, length in bytes, alignment of the address");
        let writes = DESCRIPTORS.map(|fd| LENGTHS.map(|length| builder.bins(&[fd, length], ALIGNMENTS)));
        builder.axis("halt", "exit code of HALT");
        let codes = builder.bins(&[], CODES);
        builder.axis("hint", "length of HINT_READ in bytes, alignment of the address");
        let hints = LENGTHS.map(|length| builder.bins(&[length], ALIGNMENTS));
        builder.axis("digest", "syscall, index of the word");
        let digests = ["COMMIT", "COMMIT_DEFERRED_PROOFS"].map(|name| builder.bins(&[name], WORDS));
        let mut new = Self {
            numbers,
            unknown,
            writes,
            codes,
            hints,
            digests,
            hashes: [[[NOWHERE; KINDS.len()]; PAGES.len()]; HASHES.len()],
            states: [[NOWHERE; KINDS.len()]; PAGES.len()],
            misaligned: [NOWHERE; HASHES.len()],
            xlen: profile.xlen,
        };
        if profile.xlen == Xlen::Rv64 {
            builder.axis("hash", "syscall, pages that its first operand is in, segment of it");
            new.hashes = HASHES.map(|(_, name, _)| PAGES.map(|pages| builder.bins(&[name, pages], KINDS)));
            new.misaligned = HASHES.map(|(_, name, _)| builder.bin(&[name, "misaligned", "any"]));
            builder.axis("sha state", "pages that the state of SHA_COMPRESS is in, segment of it");
            new.states = PAGES.map(|pages| builder.bins(&[pages], KINDS));
        }
        new
    }

    /// The bins of a syscall.
    pub fn visit(&self, cpu: &Cpu, segments: &Segments, hit: &mut impl FnMut(Bin)) {
        let id = cpu.x.get(T0) as u32;
        let value = |register| match self.xlen {
            Xlen::Rv32 => unsigned::<32>(cpu.x.get(register)),
            Xlen::Rv64 => cpu.x.get(register),
        };
        let (a0, a1, a2) = (value(A0), value(A1), value(A2));
        let known = NAMES.iter().position(|(number, _)| *number == id);
        hit(known.map_or(self.unknown, |place| self.numbers[place]));
        match id {
            sp1::WRITE => hit(self.writes[descriptor(a0 as u32)][length(a2)][alignment(a1)]),
            sp1::HALT => hit(self.codes[code(a0 as i32)]),
            sp1::HINT_READ => hit(self.hints[length(a1)][alignment(a0)]),
            sp1::COMMIT => hit(self.digests[0][a0.min(sp1::DIGEST_WORDS) as usize]),
            sp1::COMMIT_DEFERRED_PROOFS => hit(self.digests[1][a0.min(sp1::DIGEST_WORDS) as usize]),
            _ => {}
        }
        let hash = HASHES.iter().position(|(number, ..)| *number == id);
        let Some(place) = hash.filter(|_| self.xlen == Xlen::Rv64) else { return };
        if a0 % 8 != 0 {
            return hit(self.misaligned[place]);
        }
        hit(self.hashes[place][pages(a0, HASHES[place].2)][segments.kind(a0)]);
        if id == sp1::SHA_COMPRESS {
            hit(self.states[pages(a1, 64)][segments.kind(a1)]);
        }
    }
}

fn descriptor(fd: u32) -> usize {
    match fd {
        1 => 0,
        2 => 1,
        13 => 2,
        14 => 3,
        15..=21 => 4,
        _ => 5,
    }
}

fn length(length: u64) -> usize {
    match length {
        0 | 1 => length as usize,
        2..=7 => 2,
        8 => 3,
        9..=63 => 4,
        64..=4095 => 5,
        _ => 6,
    }
}

fn alignment(address: u64) -> usize {
    address.trailing_zeros().min(3) as usize
}

fn code(code: i32) -> usize {
    match code {
        0 | 1 => code as usize,
        2..=255 => 2,
        256.. => 3,
        _ => 4,
    }
}

/// Whether so many bytes are in two pages.
fn pages(address: u64, length: u64) -> usize {
    usize::from(address % 4096 + length > 4096)
}
