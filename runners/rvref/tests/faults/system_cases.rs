//! Programs for faults of control flow, of syscalls and of the host.

use super::common::*;
use super::{show, Case};

const RESULT: u32 = 20;
const ONES: u64 = u64::MAX;
const BEQ: u32 = 0;
const BNE: u32 = 1;
const BLT: u32 = 4;
const BGE: u32 = 5;
const BLTU: u32 = 6;
const BGEU: u32 = 7;

pub fn cases() -> Vec<Case> {
    [branches(), distances(), jumps(), blocks(), syscalls(), hashes(), commits()].concat()
}

fn plain(name: &'static str, parts: &[Vec<u32>]) -> Case {
    (name, [parts.concat(), halt(0)].concat(), (0..=255).cycle().take(4096).collect())
}

/// Whether a branch on two values is taken shows in the result.
fn branch(name: &'static str, funct3: u32, a: u64, b_value: u64) -> Case {
    let step = addi(RESULT, RESULT, 1);
    plain(name, &[li(S2, a), li(S3, b_value), vec![b(8, funct3, S2, S3), step, step], show(RESULT)])
}

fn branches() -> Vec<Case> {
    let step = addi(RESULT, RESULT, 1);
    let compare = vec![r(0, 3, 0x33, 21, S2, S3), b(8, BNE, 21, 0), step, step];
    vec![
        branch("bge-of-equal", BGE, 5, 5),
        branch("bgeu-of-equal", BGEU, 5, 5),
        branch("bltu-signed", BLTU, 1, ONES),
        branch("bgeu-signed", BGEU, ONES, 1),
        plain("blt-of-x0", &[li(S2, 1), vec![b(8, BLT, 0, S2), step, step], show(RESULT)]),
        branch("beq-lower-half", BEQ, 1 << 32, 0),
        plain("bne-same-register", &[vec![b(8, BNE, S2, S2), step, step], show(RESULT)]),
        plain("fused-compare-signed", &[li(S2, 1), li(S3, ONES), compare, show(RESULT)]),
    ]
}

/// A jump over `distance` bytes, back by a branch, and forward again behind it: what was passed is counted.
fn back(name: &'static str, distance: i32) -> Case {
    let filler = vec![addi(RESULT, RESULT, 1); distance as usize / 4 - 1];
    // Enough in front of it that too far back is still text.
    let text = [
        vec![addi(RESULT, 0, 0); 4],
        vec![j(distance, 0), j(distance, 0)],
        filler[1..].to_vec(),
        vec![b(-distance + 4, BEQ, 0, 0), addi(RESULT, RESULT, 3)],
        vec![addi(RESULT, RESULT, 5); 3],
        show(RESULT),
    ];
    plain(name, &text)
}

fn distances() -> Vec<Case> {
    let forward = |offset: i32| {
        let filler = vec![addi(RESULT, RESULT, 1); offset as usize / 4];
        [vec![b(offset, BEQ, 0, 0)], filler, show(RESULT)].concat()
    };
    // A loop of two instructions that begins on a line.
    let lead = vec![addi(RESULT, 0, 3); 16];
    let turn = vec![addi(RESULT, RESULT, -1), addi(21, 21, 1), b(-8, BNE, RESULT, 0)];
    vec![
        back("branch-least-offset", 4100),
        back("branch-far-back", 2052),
        plain("branch-largest-offset", &[forward(4092)]),
        plain("short-loop-at-line", &[lead, turn, show(21)]),
    ]
}

fn jumps() -> Vec<Case> {
    let step = addi(RESULT, RESULT, 1);
    // Where `auipc` is, in `s3`.
    let here = u(0, 0x17, S3);
    let show_link = |name, words: Vec<u32>| plain(name, &[words, vec![addi(RESULT, 1, 0)], show(RESULT)]);
    vec![
        plain("jalr-keeps-lowest-bit", &[vec![here, jalr(0, S3, 13), step], show(RESULT)]),
        plain("jalr-link-is-base", &[vec![here, jalr(S3, S3, 12), step, step], show(RESULT)]),
        plain(
            "jalr-unsigned-offset",
            &[vec![here, addi(S3, S3, 20), jalr(0, S3, -4), step, step], show(RESULT)],
        ),
        show_link("jal-link-backward", vec![j(12, 0), j(12, 0), step, j(-8, 1), step]),
        plain("call-loses-register", &[vec![addi(31, 0, 7), here, jalr(1, S3, 8)], show(31)]),
    ]
}

fn blocks() -> Vec<Case> {
    let step = addi(RESULT, RESULT, 1);
    // Fallen into with 1, and then entered by a branch with 2.
    let join = vec![
        addi(S2, 0, 1),
        addi(21, 0, 1),
        r(0, 0, 0x33, RESULT, RESULT, S2),
        b(16, BEQ, 21, 0),
        addi(S2, 0, 2),
        addi(21, 0, 0),
        b(-16, BEQ, 0, 0),
    ];
    vec![
        plain(
            "jump-into-block-skips",
            &[vec![u(0, 0x17, S3), jalr(0, S3, 16), step, step, step], show(RESULT)],
        ),
        plain("join-keeps-register", &[vec![b(4, BEQ, 0, 0)], join, show(RESULT)]),
    ]
}

fn syscalls() -> Vec<Case> {
    let t6 = [addi(31, 0, 7)].to_vec();
    let code = |name, value| (name, halt(value), Vec::new());
    vec![
        plain("write-of-nothing-halts", &[commit(DATA, 0), commit(DATA, 8)]),
        plain("write-cut-at-256", &[commit(DATA, 300)]),
        plain("write-rounds-pointer", &[commit(DATA + 3, 8)]),
        plain("write-odd-length", &[commit(DATA, 9)]),
        plain("write-clobbers-a0", &[commit(DATA, 8), show(A0)]),
        plain("write-clobbers-t6", &[t6, commit(DATA + 4090, 8), show(31)]),
        plain("hint-len-clobbers-ra", &[syscall(0xf0, &[]), show(1)]),
        code("halt-code-of-8-bits", 256),
        code("halt-code-lost", 2),
    ]
}

fn hashes() -> Vec<Case> {
    let end = DATA + 4096 - 96;
    vec![
        plain("sha-extend-last-word", &[syscall(0x30_0105, &[DATA, 0]), commit(DATA, 512)]),
        plain("sha-compress-last-word", &[syscall(0x1_0106, &[DATA, DATA + 512]), commit(DATA + 512, 64)]),
        plain("keccak-round-constant", &[syscall(0x1_0109, &[DATA, 0]), commit(DATA, 200)]),
        plain("keccak-over-page", &[syscall(0x1_0109, &[end, 0]), commit(end, 200)]),
    ]
}

fn commits() -> Vec<Case> {
    vec![
        plain("commit-loses-64th-byte", &[commit(DATA, 40), commit(DATA, 24)]),
        plain("commit-order-of-equals", &[commit(DATA, 8), commit(DATA + 8, 8)]),
        plain("commit-page-order", &[commit(DATA + 4090, 16)]),
        plain("commit-once", &[commit(DATA + 1, 9), commit(DATA + 1, 9)]),
        plain("commit-last-zero", &[commit(DATA + 5, 3), commit(DATA, 1)]),
    ]
}
