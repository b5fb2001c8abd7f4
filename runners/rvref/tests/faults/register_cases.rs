//! Programs for faults of computational instructions and of registers.

use super::common::*;
use super::{show, Case};

const MIN: u64 = 1 << 63;
const MAX: u64 = MIN - 1;
const ONES: u64 = u64::MAX;
const MIN_W: u64 = 0xffff_ffff_8000_0000;

const RESULT: u32 = 20;
const OP: u32 = 0x33;
const OP_32: u32 = 0x3b;
const OP_IMM: u32 = 0x13;
const OP_IMM_32: u32 = 0x1b;

/// An R-type on two values.
fn register(name: &'static str, funct7: u32, funct3: u32, opcode: u32, a: u64, b: u64) -> Case {
    let text = [li(S2, a), li(S3, b), vec![r(funct7, funct3, opcode, RESULT, S2, S3)], show(RESULT), halt(0)];
    (name, text.concat(), Vec::new())
}

/// An I-type on a value.
fn immediate(name: &'static str, imm: i32, funct3: u32, opcode: u32, a: u64) -> Case {
    plain(name, &[li(S2, a), vec![i(imm, funct3, opcode, RESULT, S2)], show(RESULT)])
}

fn plain(name: &'static str, parts: &[Vec<u32>]) -> Case {
    (name, [parts.concat(), halt(0)].concat(), Vec::new())
}

pub fn cases() -> Vec<Case> {
    [multiplications(), divisions(), shifts(), others(), aliases()].concat()
}

fn multiplications() -> Vec<Case> {
    vec![
        register("mulhsu-unsigned", 1, 2, OP, ONES, 2),
        register("mulhsu-signed", 1, 2, OP, 2, ONES),
        register("mulh-min-min", 1, 1, OP, MIN, MIN),
        register("mulhu-ones", 1, 3, OP, ONES, ONES),
        register("mulw-zero-extended", 1, 0, OP_32, 0x4000_0000, 2),
    ]
}

fn divisions() -> Vec<Case> {
    vec![
        register("div-by-zero-is-zero", 1, 4, OP, 7, 0),
        register("divu-by-zero-is-dividend", 1, 5, OP, 7, 0),
        register("div-overflow-is-max", 1, 4, OP, MIN, ONES),
        register("divw-overflow-positive", 1, 4, OP_32, MIN_W, ONES),
        register("divw-by-zero-is-word", 1, 4, OP_32, 7, 0),
        register("divuw-zero-extended", 1, 5, OP_32, MIN_W, 1),
        register("divuw-signed-operands", 1, 5, OP_32, MIN_W, 2),
        register("rem-by-zero-is-zero", 1, 6, OP, 7, 0),
        register("remu-by-zero-is-ones", 1, 7, OP, 7, 0),
        register("remw-by-zero-is-wide", 1, 6, OP_32, 1 << 40 | 7, 0),
        register("rem-overflow-is-dividend", 1, 6, OP, MIN, ONES),
        register("rem-sign-of-divisor", 1, 6, OP, 7, ONES - 2),
        register("remw-unsigned-dividend", 1, 6, OP_32, ONES - 6, 4),
        register("remuw-zero-extended", 1, 7, OP_32, MIN_W, 0),
    ]
}

fn shifts() -> Vec<Case> {
    vec![
        register("sra-logical", 0x20, 5, OP, MIN, 3),
        immediate("srai-logical-from-32", 0x400 | 40, 5, OP_IMM, MIN),
        register("sraw-sign-of-64-bits", 0x20, 5, OP_32, 0x8000_0000, 3),
        immediate("sraiw-wide", 0x400 | 4, 5, OP_IMM_32, 0xf_0000_0000),
        register("srlw-dirty-upper-half", 0, 5, OP_32, 0xf_0000_0000, 4),
        immediate("srliw-zero-extended", 0, 5, OP_IMM_32, MIN_W),
        register("sllw-amount-of-6-bits", 0, 1, OP_32, 1, 33),
        immediate("slliw-zero-extended", 31, 1, OP_IMM_32, 1),
        register("sll-amount-of-5-bits", 0, 1, OP, 1, 33),
        register("srl-amount-unmasked", 0, 5, OP, MIN, 65),
    ]
}

fn others() -> Vec<Case> {
    vec![
        immediate("addiw-zero-extended", 1, 0, OP_IMM_32, 0x7fff_ffff),
        immediate("addiw-0-is-a-move", 0, 0, OP_IMM_32, 1 << 40),
        register("addw-wide", 0, 0, OP_32, 0x7fff_ffff, 1),
        register("subw-wide", 0x20, 0, OP_32, MIN_W, 1),
        immediate("slti-unsigned-immediate", -1, 2, OP_IMM, 7),
        immediate("sltiu-unsigned-immediate", -1, 3, OP_IMM, 1 << 20),
        register("sltu-signed", 0, 3, OP, 1, ONES),
        plain("lui-zero-extended", &[vec![u(0x80000, 0x37, RESULT)], show(RESULT)]),
        plain("auipc-lost-carry", &[far(), vec![u(0xf, 0x17, RESULT)], show(RESULT)]),
        immediate("xori-unsigned-immediate", -1, 4, OP_IMM, 7),
        immediate("andi-unsigned-immediate", -16, 7, OP_IMM, MAX),
    ]
}

/// So much that what follows is beyond the first 4096 bytes of the text.
fn far() -> Vec<u32> {
    vec![addi(RESULT, RESULT, 1); 1100]
}

fn aliases() -> Vec<Case> {
    let two = |a, b| [li(RESULT, a), li(S3, b)].concat();
    let values = |words: &[u32]| [two(40, 3), words.to_vec(), show(RESULT)].concat();
    let zero = [vec![r(0, 0, OP, RESULT, 0, 0)], show(RESULT)].concat();
    vec![
        plain("x0-written-by-load", &[li(S2, DATA), vec![s(0, 3, S2, S2), i(0, 3, 3, 0, S2)], zero.clone()]),
        plain("x0-written-by-jal", &[vec![j(4, 0)], zero.clone()]),
        plain("x0-written-by-mulh", &[two(ONES, ONES), vec![r(1, 3, OP, 0, RESULT, S3)], zero]),
        plain("sub-same-register", &[values(&[r(0x20, 0, OP, RESULT, S3, S3)])]),
        plain("sltu-same-register", &[values(&[r(0, 3, OP, RESULT, S3, S3)])]),
        plain("sub-to-rs2", &[values(&[r(0x20, 0, OP, RESULT, S3, RESULT)])]),
        plain("sll-to-rs2", &[values(&[r(0, 1, OP, RESULT, S3, RESULT)])]),
        plain("remu-to-rs2", &[values(&[r(1, 7, OP, RESULT, S3, RESULT)])]),
        plain(
            "add-behind-load",
            &[
                li(S2, DATA),
                values(&[s(8, 3, S2, S3), i(8, 3, 3, RESULT, S2), r(0, 0, OP, RESULT, S3, RESULT)]),
            ],
        ),
        plain("addi-behind-lui", &[vec![u(5, 0x37, RESULT), addi(RESULT, RESULT, -3)], show(RESULT)]),
        plain(
            "two-writes-first-stays",
            &[values(&[r(1, 0, OP, RESULT, S3, S3), r(1, 0, OP, RESULT, S3, 0)])],
        ),
        plain("x31-is-31-bits", &[li(S2, ONES), vec![r(0, 6, OP, 31, S2, 0)], show(31)]),
        plain("result-behind-4096", &[vec![addi(RESULT, RESULT, 2); 4200], show(RESULT)]),
    ]
}
