//! Which words are instructions, and what their operands are.

mod common;

use common::{b, i, j, r, s, u};
use rvref::Xlen::{Rv32, Rv64};
use rvref::{decode, disassemble, Instruction, Op};

#[test]
fn operands_of_every_format() {
    let cases = [
        (r(0x20, 0, 0x33, 1, 2, 31), Op::Sub, 1, 2, 31, 0),
        (i(-2048, 0, 0x13, 1, 2), Op::Addi, 1, 2, 0, -2048),
        (i(2047, 7, 0x13, 31, 30), Op::Andi, 31, 30, 0, 2047),
        (i(-1, 2, 0x03, 1, 2), Op::Lw, 1, 2, 0, -1),
        (i(-4, 0, 0x67, 1, 2), Op::Jalr, 1, 2, 0, -4),
        (i(0x41f, 5, 0x13, 1, 2), Op::Srai, 1, 2, 0, 31),
        (s(-2048, 0, 1, 2), Op::Sb, 0, 1, 2, -2048),
        (s(2047, 2, 1, 2), Op::Sw, 0, 1, 2, 2047),
        (s(-1, 1, 31, 0), Op::Sh, 0, 31, 0, -1),
        (b(-4096, 0, 1, 2), Op::Beq, 0, 1, 2, -4096),
        (b(4094, 7, 1, 2), Op::Bgeu, 0, 1, 2, 4094),
        (b(-2, 4, 31, 0), Op::Blt, 0, 31, 0, -2),
        (b(2048, 1, 0, 31), Op::Bne, 0, 0, 31, 2048),
        (u(0x80000, 0x37, 5), Op::Lui, 5, 0, 0, i32::MIN),
        (u(0xfffff, 0x17, 5), Op::Auipc, 5, 0, 0, -4096),
        (j(-1_048_576, 1), Op::Jal, 1, 0, 0, -1_048_576),
        (j(1_048_574, 0), Op::Jal, 0, 0, 0, 1_048_574),
        (j(-2, 31), Op::Jal, 31, 0, 0, -2),
        (j(2048, 31), Op::Jal, 31, 0, 0, 2048),
        (0x0000_0073, Op::Ecall, 0, 0, 0, 0),
        (0x0010_0073, Op::Ebreak, 0, 0, 0, 0),
        (0x0ff0_000f, Op::Fence, 0, 0, 0, 0),
        (0x8330_000f, Op::Fence, 0, 0, 0, 0),
    ];
    for (word, op, rd, rs1, rs2, imm) in cases {
        for xlen in [Rv32, Rv64] {
            assert_eq!(decode(word, xlen), Some(Instruction { op, rd, rs1, rs2, imm }), "{word:#010x}");
        }
    }
    let wide = Instruction { op: Op::Srai, rd: 1, rs1: 2, rs2: 0, imm: 63 };
    assert_eq!(decode(i(0x43f, 5, 0x13, 1, 2), Rv64), Some(wide));
}

#[test]
fn illegal_in_both_widths() {
    let words = [
        0,
        u32::MAX,
        0x0001_0001,         // compressed
        0xc000_1073,         // csrrw, what `unimp` is
        0xc000_2573,         // csrrs
        0x0000_100f,         // fence.i
        0x1050_0073,         // wfi
        0x3020_0073,         // mret
        0x0000_00f3,         // ecall with a destination
        0x1005_25af,         // lr.w
        0x0000_0053,         // fadd.s
        i(0, 1, 0x67, 1, 1), // jalr with funct3
        i(0, 7, 0x03, 1, 1), // load
        s(0, 4, 1, 1),       // store
        b(0, 2, 1, 1),       // branches
        b(0, 3, 1, 1),
        r(0x02, 0, 0x33, 1, 1, 1),
        r(0x20, 1, 0x33, 1, 1, 1),
        r(0x20, 7, 0x33, 1, 1, 1),           // andn
        r(0x20, 0, 0x13, 1, 1, 1) | 1 << 12, // slli with 0x20
        r(0x10, 5, 0x13, 1, 1, 1),
        r(0x21, 0, 0x3b, 1, 1, 1),
        r(0x01, 1, 0x3b, 1, 1, 1),
        r(0x01, 1, 0x1b, 1, 1, 1), // slliw by 32
        r(0x01, 5, 0x1b, 1, 1, 1),
        i(0, 2, 0x1b, 1, 1),
    ];
    for word in words {
        assert_eq!(decode(word, Rv32), None, "{word:#010x}");
        assert_eq!(decode(word, Rv64), None, "{word:#010x}");
    }
}

#[test]
fn only_legal_in_rv64() {
    let words = [
        i(0, 3, 0x03, 1, 1),
        i(0, 6, 0x03, 1, 1),
        s(0, 3, 1, 1),
        i(32, 1, 0x13, 1, 1),
        i(32, 5, 0x13, 1, 1),
        i(0x420, 5, 0x13, 1, 1),
        i(0, 0, 0x1b, 1, 1),
        r(0, 0, 0x3b, 1, 1, 1),
        r(1, 7, 0x3b, 1, 1, 1),
    ];
    for word in words {
        assert_eq!(decode(word, Rv32), None, "{word:#010x}");
        assert!(decode(word, Rv64).is_some(), "{word:#010x}");
    }
}

/// Of all values of funct3, funct7 and the opcode, as many are legal as the tables of the manual have rows.
#[test]
fn number_of_legal_combinations() {
    let legal = |xlen| {
        let combinations = (0..1 << 17).map(|n: u32| r(n >> 10, n >> 7 & 7, n & 0x7f, 1, 2, 3));
        combinations.filter(|word| decode(*word, xlen).is_some()).count()
    };
    // Without funct3 and funct7: lui, auipc, jal. Without funct7: jalr, branches, loads, stores, fence, and
    // six operations with immediates. Then shifts by immediates, and operations on registers.
    assert_eq!(legal(Rv32), 128 * (3 * 8 + 1 + 6 + 5 + 3 + 1 + 6) + 3 + 18);
    // Further: ld, lwu, sd and addiw; one more bit of shift amount; three shifts and ten operations on words.
    assert_eq!(legal(Rv64), 128 * (3 * 8 + 1 + 6 + 7 + 4 + 1 + 6 + 1) + 6 + 18 + 3 + 10);
}

#[test]
fn assembly_language() {
    let cases = [
        (r(0, 0, 0x33, 1, 2, 10), "add ra, sp, a0"),
        (i(-1, 2, 0x03, 5, 8), "lw t0, -1(s0)"),
        (s(8, 3, 2, 1), "sd ra, 8(sp)"),
        (b(-8, 1, 10, 0), "bne a0, zero, 0xff8"),
        (u(0x12345, 0x37, 10), "lui a0, 0x12345"),
        (j(16, 0), "jal zero, 0x1010"),
        (0x73, "ecall"),
    ];
    for (word, text) in cases {
        assert_eq!(disassemble(decode(word, Rv64).unwrap(), 0x1000), text);
    }
}
