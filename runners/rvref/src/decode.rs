//! From a 32-bit word to an instruction (chapter "RV32/64G Instruction Set Listings").
//!
//! Everything that is not an instruction of RV32IM or RV64IM is none: compressed and longer encodings, other
//! extensions (Zifencei and Zicsr among them), and values that the manual reserves.

use crate::isa::{Format, Instruction, Op, Xlen};

/// The instruction that a word encodes.
pub fn decode(word: u32, xlen: Xlen) -> Option<Instruction> {
    let op = operation(word, xlen)?;
    let (rd, rs1, rs2) = (register(word, 7), register(word, 15), register(word, 20));
    let none = Instruction { op, rd: 0, rs1: 0, rs2: 0, imm: 0 };
    Some(match op.format() {
        Format::Register => Instruction { rd, rs1, rs2, ..none },
        Format::Immediate | Format::Load => Instruction { rd, rs1, imm: immediate_i(word), ..none },
        // The operation was told by the bits above the shift amount: what is left of them is 0.
        Format::Shift => Instruction { rd, rs1, imm: (word >> 20 & 0x3f) as i32, ..none },
        Format::Store => Instruction { rs1, rs2, imm: immediate_s(word), ..none },
        Format::Branch => Instruction { rs1, rs2, imm: immediate_b(word), ..none },
        Format::Upper => Instruction { rd, imm: (word & 0xffff_f000) as i32, ..none },
        Format::Jump => Instruction { rd, imm: immediate_j(word), ..none },
        Format::Bare => none,
    })
}

/// The operation, by major opcode (table "RISC-V base opcode map").
fn operation(word: u32, xlen: Xlen) -> Option<Op> {
    let (funct3, funct7) = (word >> 12 & 7, word >> 25);
    let op = match word & 0x7f {
        0x37 => Op::Lui,
        0x17 => Op::Auipc,
        0x6f => Op::Jal,
        0x67 if funct3 == 0 => Op::Jalr,
        0x63 => branch(funct3)?,
        0x03 => load(funct3)?,
        0x23 => store(funct3)?,
        0x13 => op_imm(funct3, funct7, xlen)?,
        0x33 => op(funct3, funct7)?,
        0x1b => op_imm_32(funct3, funct7)?,
        0x3b => op_32(funct3, funct7)?,
        // "Memory Ordering Instructions": the other fields are for finer fences and shall be ignored.
        0x0f if funct3 == 0 => Op::Fence,
        0x73 if word == 0x0000_0073 => Op::Ecall,
        0x73 if word == 0x0010_0073 => Op::Ebreak,
        _ => return None,
    };
    (xlen == Xlen::Rv64 || !only_rv64(op)).then_some(op)
}

/// Whether RV32 does not have it.
pub(crate) fn only_rv64(op: Op) -> bool {
    use Op::*;
    let words = [Addiw, Slliw, Srliw, Sraiw, Addw, Subw, Sllw, Srlw, Sraw, Mulw, Divw, Divuw, Remw, Remuw];
    matches!(op, Ld | Lwu | Sd) || words.contains(&op)
}

fn branch(funct3: u32) -> Option<Op> {
    Some(match funct3 {
        0 => Op::Beq,
        1 => Op::Bne,
        4 => Op::Blt,
        5 => Op::Bge,
        6 => Op::Bltu,
        7 => Op::Bgeu,
        _ => return None,
    })
}

fn load(funct3: u32) -> Option<Op> {
    [Op::Lb, Op::Lh, Op::Lw, Op::Ld, Op::Lbu, Op::Lhu, Op::Lwu].get(funct3 as usize).copied()
}

fn store(funct3: u32) -> Option<Op> {
    [Op::Sb, Op::Sh, Op::Sw, Op::Sd].get(funct3 as usize).copied()
}

fn op_imm(funct3: u32, funct7: u32, xlen: Xlen) -> Option<Op> {
    // A shift amount of RV64 has 6 bits: its highest one lies in what is funct7 in RV32.
    let kind = if xlen == Xlen::Rv64 { funct7 & !1 } else { funct7 };
    Some(match (funct3, kind) {
        (0, _) => Op::Addi,
        (2, _) => Op::Slti,
        (3, _) => Op::Sltiu,
        (4, _) => Op::Xori,
        (6, _) => Op::Ori,
        (7, _) => Op::Andi,
        (1, 0x00) => Op::Slli,
        (5, 0x00) => Op::Srli,
        (5, 0x20) => Op::Srai,
        _ => return None,
    })
}

fn op(funct3: u32, funct7: u32) -> Option<Op> {
    use Op::*;
    let row = match funct7 {
        0x00 => [Add, Sll, Slt, Sltu, Xor, Srl, Or, And],
        0x01 => [Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu],
        0x20 if funct3 == 0 => return Some(Sub),
        0x20 if funct3 == 5 => return Some(Sra),
        _ => return None,
    };
    Some(row[funct3 as usize])
}

fn op_imm_32(funct3: u32, funct7: u32) -> Option<Op> {
    Some(match (funct3, funct7) {
        (0, _) => Op::Addiw,
        (1, 0x00) => Op::Slliw,
        (5, 0x00) => Op::Srliw,
        (5, 0x20) => Op::Sraiw,
        _ => return None,
    })
}

fn op_32(funct3: u32, funct7: u32) -> Option<Op> {
    Some(match (funct3, funct7) {
        (0, 0x00) => Op::Addw,
        (0, 0x20) => Op::Subw,
        (1, 0x00) => Op::Sllw,
        (5, 0x00) => Op::Srlw,
        (5, 0x20) => Op::Sraw,
        (0, 0x01) => Op::Mulw,
        (4, 0x01) => Op::Divw,
        (5, 0x01) => Op::Divuw,
        (6, 0x01) => Op::Remw,
        (7, 0x01) => Op::Remuw,
        _ => return None,
    })
}

fn register(word: u32, at: u32) -> u8 {
    (word >> at & 0x1f) as u8
}

// Section "Immediate Encoding Variants": the sign is always bit 31 of the word.

fn immediate_i(word: u32) -> i32 {
    word as i32 >> 20
}

fn immediate_s(word: u32) -> i32 {
    (word as i32 >> 25 << 5) | (word >> 7 & 0x1f) as i32
}

fn immediate_b(word: u32) -> i32 {
    let [bit_11, bits_10_5, bits_4_1] = [word >> 7 & 1, word >> 25 & 0x3f, word >> 8 & 0xf];
    (word as i32 >> 31 << 12) | (bit_11 << 11 | bits_10_5 << 5 | bits_4_1 << 1) as i32
}

fn immediate_j(word: u32) -> i32 {
    let [bits_19_12, bit_11, bits_10_1] = [word >> 12 & 0xff, word >> 20 & 1, word >> 21 & 0x3ff];
    (word as i32 >> 31 << 20) | (bits_19_12 << 12 | bit_11 << 11 | bits_10_1 << 1) as i32
}
