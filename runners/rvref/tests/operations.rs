//! Every computational operation on boundary operands, through encodings and the machine. Expected values
//! were worked out by hand from the manual, for each width.

mod common;

use common::{i, li, r, register_after, u, S2, S3, TEXT};
use rvref::Xlen::{self, Rv32, Rv64};

const MIN: u64 = 1 << 63;
const MAX: u64 = MIN - 1;
/// -1, and what results are when all bits are set.
const ONES: u64 = u64::MAX;
const MIN_W: u64 = 0xffff_ffff_8000_0000;
const MAX_W: u64 = 0x7fff_ffff;

fn register_register(xlen: Xlen, (funct7, funct3, opcode): (u32, u32, u32), a: u64, b: u64) -> u64 {
    let text = [li(S2, a), li(S3, b), vec![r(funct7, funct3, opcode, 1, S2, S3)]].concat();
    register_after(xlen, &text, &[], 1)
}

fn register_immediate(xlen: Xlen, (imm, funct3, opcode): (i32, u32, u32), a: u64) -> u64 {
    let text = [li(S2, a), vec![i(imm, funct3, opcode, 1, S2)]].concat();
    register_after(xlen, &text, &[], 1)
}

type Code = (u32, u32, u32);
const ADD: Code = (0x00, 0, 0x33);
const SUB: Code = (0x20, 0, 0x33);
const SLL: Code = (0x00, 1, 0x33);
const SLT: Code = (0x00, 2, 0x33);
const SLTU: Code = (0x00, 3, 0x33);
const XOR: Code = (0x00, 4, 0x33);
const SRL: Code = (0x00, 5, 0x33);
const SRA: Code = (0x20, 5, 0x33);
const OR: Code = (0x00, 6, 0x33);
const AND: Code = (0x00, 7, 0x33);
const MUL: Code = (0x01, 0, 0x33);
const MULH: Code = (0x01, 1, 0x33);
const MULHSU: Code = (0x01, 2, 0x33);
const MULHU: Code = (0x01, 3, 0x33);
const DIV: Code = (0x01, 4, 0x33);
const DIVU: Code = (0x01, 5, 0x33);
const REM: Code = (0x01, 6, 0x33);
const REMU: Code = (0x01, 7, 0x33);
const ADDW: Code = (0x00, 0, 0x3b);
const SUBW: Code = (0x20, 0, 0x3b);
const SLLW: Code = (0x00, 1, 0x3b);
const SRLW: Code = (0x00, 5, 0x3b);
const SRAW: Code = (0x20, 5, 0x3b);
const MULW: Code = (0x01, 0, 0x3b);
const DIVW: Code = (0x01, 4, 0x3b);
const DIVUW: Code = (0x01, 5, 0x3b);
const REMW: Code = (0x01, 6, 0x3b);
const REMUW: Code = (0x01, 7, 0x3b);

#[track_caller]
fn check(xlen: Xlen, cases: &[(Code, u64, u64, u64)]) {
    for (code, a, b, expected) in cases {
        let actual = register_register(xlen, *code, *a, *b);
        assert_eq!(actual, *expected, "{code:x?} of {a:#x} and {b:#x}: {actual:#x}, not {expected:#x}");
    }
}

#[test]
fn rv64_register_register() {
    check(
        Rv64,
        &[
            (ADD, ONES, 1, 0),
            (ADD, MAX, 1, MIN),
            (ADD, MAX_W, 1, 0x8000_0000),
            (SUB, 0, 1, ONES),
            (SUB, MIN, 1, MAX),
            (SLT, MIN, MAX, 1),
            (SLT, MAX, MIN, 0),
            (SLT, ONES, 0, 1),
            (SLT, 5, 5, 0),
            (SLTU, MIN, MAX, 0),
            (SLTU, 0, ONES, 1),
            (SLTU, ONES, ONES, 0),
            (XOR, ONES, 0xff, !0xff),
            (OR, MIN, 1, MIN + 1),
            (AND, ONES, MIN_W, MIN_W),
            (SLL, 1, 63, MIN),
            (SLL, 3, 64, 3),
            (SLL, 1, 32, 1 << 32),
            (SLL, ONES, ONES, MIN),
            (SRL, MIN, 63, 1),
            (SRL, ONES, 32, 0xffff_ffff),
            (SRL, ONES, 31, 0x1_ffff_ffff),
            (SRL, ONES, 64, ONES),
            (SRA, MIN, 63, ONES),
            (SRA, MIN, 0, MIN),
            (SRA, MAX, 62, 1),
            (SRA, MIN, 32, MIN_W),
        ],
    );
}

#[test]
fn rv32_register_register() {
    check(
        Rv32,
        &[
            (ADD, MAX_W, 1, MIN_W),
            (ADD, ONES, 1, 0),
            (SUB, MIN_W, 1, MAX_W),
            (SLT, MIN_W, MAX_W, 1),
            (SLTU, MIN_W, MAX_W, 0),
            (SLTU, MAX_W, MIN_W, 1),
            (XOR, ONES, MAX_W, MIN_W),
            (SLL, 1, 31, MIN_W),
            (SLL, 1, 32, 1),
            (SLL, 1, 63, MIN_W),
            (SRL, MIN_W, 31, 1),
            (SRL, ONES, 0, ONES),
            (SRL, ONES, 1, MAX_W),
            (SRA, MIN_W, 31, ONES),
            (SRA, MAX_W, 30, 1),
            (SRA, MIN_W, 32, MIN_W),
        ],
    );
}

#[test]
fn rv64_multiplication() {
    check(
        Rv64,
        &[
            (MUL, ONES, ONES, 1),
            (MUL, 1 << 32, 1 << 32, 0),
            (MUL, MIN, 3, MIN),
            (MULH, ONES, ONES, 0),
            (MULH, ONES, 1, ONES),
            (MULH, MIN, MIN, 1 << 62),
            (MULH, MIN, MAX, 0xc000_0000_0000_0000),
            (MULH, 1 << 32, 1 << 32, 1),
            (MULHSU, ONES, ONES, ONES),
            (MULHSU, 1, ONES, 0),
            (MULHSU, MIN, ONES, MIN),
            (MULHSU, MIN, MIN, 0xc000_0000_0000_0000),
            (MULHSU, MAX, ONES, MAX - 1),
            (MULHU, ONES, ONES, ONES - 1),
            (MULHU, MIN, MIN, 1 << 62),
            (MULHU, MIN, 2, 1),
        ],
    );
}

#[test]
fn rv32_multiplication() {
    check(
        Rv32,
        &[
            (MUL, ONES, ONES, 1),
            (MUL, 0x1_0001, 0x1_0001, 0x2_0001),
            (MUL, MIN_W, 3, MIN_W),
            (MULH, ONES, ONES, 0),
            (MULH, MIN_W, MIN_W, 1 << 30),
            (MULH, MIN_W, MAX_W, 0xffff_ffff_c000_0000),
            (MULHSU, ONES, ONES, ONES),
            (MULHSU, MIN_W, ONES, MIN_W),
            (MULHSU, MAX_W, ONES, MAX_W - 1),
            (MULHU, ONES, ONES, ONES - 1),
            (MULHU, MIN_W, MIN_W, 1 << 30),
        ],
    );
}

#[test]
fn rv64_division() {
    check(
        Rv64,
        &[
            (DIV, 7, 2, 3),
            (DIV, 7u64.wrapping_neg(), 2, 3u64.wrapping_neg()),
            (DIV, 7, 2u64.wrapping_neg(), 3u64.wrapping_neg()),
            (DIV, 5, 0, ONES),
            (DIV, MIN, 0, ONES),
            (DIV, MIN, ONES, MIN),
            (DIVU, ONES, 2, MAX),
            (DIVU, 5, 0, ONES),
            (DIVU, MIN, ONES, 0),
            (REM, 7u64.wrapping_neg(), 2, ONES),
            (REM, 7, 2u64.wrapping_neg(), 1),
            (REM, MIN, 0, MIN),
            (REM, MIN, ONES, 0),
            (REMU, ONES, 10, 5),
            (REMU, ONES, 0, ONES),
            (REMU, MIN, ONES, MIN),
        ],
    );
}

#[test]
fn rv32_division() {
    check(
        Rv32,
        &[
            (DIV, MIN_W, ONES, MIN_W),
            (DIV, 5, 0, ONES),
            (DIV, 7u64.wrapping_neg(), 2, 3u64.wrapping_neg()),
            (DIVU, ONES, 2, MAX_W),
            (DIVU, MIN_W, 1, MIN_W),
            (DIVU, MIN_W, 0, ONES),
            (REM, MIN_W, ONES, 0),
            (REM, MIN_W, 0, MIN_W),
            (REM, 7u64.wrapping_neg(), 2, ONES),
            (REMU, ONES, 10, 5),
            (REMU, MIN_W, 0, MIN_W),
        ],
    );
}

#[test]
fn word_operations_ignore_upper_halves_and_extend_the_sign() {
    const DIRTY: u64 = 0xdead_beef_0000_0000;
    check(
        Rv64,
        &[
            (ADDW, DIRTY | MAX_W, 1, MIN_W),
            (ADDW, 0xffff_ffff, 1, 0),
            (SUBW, DIRTY, 1, ONES),
            (SUBW, 0x8000_0000, 1, MAX_W),
            (SLLW, DIRTY | 1, 31, MIN_W),
            (SLLW, 1, 32, 1),
            (SLLW, 3, 63, MIN_W),
            (SRLW, DIRTY | 0x8000_0000, 31, 1),
            (SRLW, DIRTY | 0x8000_0000, 0, MIN_W),
            (SRLW, DIRTY | 0x8000_0000, 32, MIN_W),
            (SRAW, DIRTY | 0x8000_0000, 31, ONES),
            (SRAW, DIRTY | 0x4000_0000, 30, 1),
            (MULW, DIRTY | 0x1_0001, 0x8000, 0xffff_ffff_8000_8000),
            (MULW, ONES, ONES, 1),
            (DIVW, DIRTY | 0x8000_0000, ONES, MIN_W),
            (DIVW, 7, DIRTY, ONES),
            (DIVW, DIRTY | 0xffff_fff9, 2, 3u64.wrapping_neg()),
            (DIVUW, DIRTY | 0xffff_ffff, 1, ONES),
            (DIVUW, DIRTY | 0xffff_ffff, 2, MAX_W),
            (DIVUW, 7, DIRTY, ONES),
            (REMW, DIRTY | 0x8000_0000, ONES, 0),
            (REMW, 0x8000_0000, DIRTY, MIN_W),
            (REMW, DIRTY | 0xffff_fff9, 2, ONES),
            (REMUW, DIRTY | 0xffff_ffff, 0x10, 15),
            (REMUW, 0x8000_0000, DIRTY, MIN_W),
        ],
    );
}

/// Widths, immediate with funct3 and opcode, operand, result.
type Immediate = (&'static [Xlen], (i32, u32, u32), u64, u64);

#[test]
fn register_immediate_operations() {
    const BOTH: &[Xlen] = &[Rv32, Rv64];
    const WIDE: &[Xlen] = &[Rv64];
    const NARROW: &[Xlen] = &[Rv32];
    let cases: &[Immediate] = &[
        (BOTH, (-2048, 0, 0x13), 0, 2048u64.wrapping_neg()),
        (BOTH, (2047, 0, 0x13), 1, 2048),
        (BOTH, (-1, 2, 0x13), ONES, 0),
        (BOTH, (-1, 2, 0x13), ONES - 1, 1),
        // "the immediate is first sign-extended and then treated as an unsigned number"
        (BOTH, (-1, 3, 0x13), 5, 1),
        (BOTH, (1, 3, 0x13), 0, 1),
        (BOTH, (-1, 4, 0x13), 0, ONES),
        (BOTH, (-2048, 6, 0x13), 1, ONES - 2046),
        (BOTH, (-16, 7, 0x13), 0xff, 0xf0),
        (BOTH, (0, 1, 0x13), ONES, ONES),
        (WIDE, (63, 1, 0x13), 1, MIN),
        (NARROW, (31, 1, 0x13), 1, MIN_W),
        (WIDE, (32, 5, 0x13), MIN, MAX_W + 1),
        (NARROW, (31, 5, 0x13), MIN_W, 1),
        (WIDE, (63 | 0x400, 5, 0x13), MIN, ONES),
        (NARROW, (31 | 0x400, 5, 0x13), MIN_W, ONES),
        (WIDE, (1, 0, 0x1b), MAX_W, MIN_W),
        (WIDE, (0, 0, 0x1b), 0xdead_beef_0000_0001, 1),
        (WIDE, (31, 1, 0x1b), 1, MIN_W),
        (WIDE, (31, 5, 0x1b), 0xdead_beef_8000_0000, 1),
        (WIDE, (31 | 0x400, 5, 0x1b), 0x8000_0000, ONES),
    ];
    for (widths, code, a, expected) in cases {
        for xlen in *widths {
            let actual = register_immediate(*xlen, *code, *a);
            assert_eq!(actual, *expected, "{xlen:?} {code:x?} of {a:#x}: {actual:#x}, not {expected:#x}");
        }
    }
}

#[test]
fn upper_immediates() {
    for xlen in [Rv32, Rv64] {
        assert_eq!(register_after(xlen, &[u(0x80000, 0x37, 1)], &[], 1), MIN_W);
        assert_eq!(register_after(xlen, &[u(0x7ffff, 0x37, 1)], &[], 1), 0x7fff_f000);
        assert_eq!(register_after(xlen, &[u(1, 0x17, 1)], &[], 1), TEXT + 0x1000);
        assert_eq!(register_after(xlen, &[u(0xfffff, 0x17, 1)], &[], 1), TEXT - 0x1000);
    }
    assert_eq!(register_after(Rv64, &[u(0x7ffff, 0x17, 1)], &[], 1), TEXT + 0x7fff_f000);
    assert_eq!(register_after(Rv32, &[u(0x7ffff, 0x17, 1)], &[], 1), 0xffff_ffff_f7ff_f000);
}

#[test]
fn x0_stays_0() {
    let text =
        [li(S2, 5), vec![r(0, 0, 0x33, 0, S2, S2), i(0, 3, 0x03, 0, 0), r(0, 0, 0x33, 1, 0, 0)]].concat();
    assert_eq!(register_after(Rv64, &text, &[], 1), 0);
    assert_eq!(register_after(Rv64, &text, &[], 0), 0);
}
