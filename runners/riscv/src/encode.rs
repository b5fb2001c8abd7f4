//! From an instruction to its word (chapter "RV32/64G Instruction Set Listings").

use rvref::{Format, Instruction, Op, Xlen};

/// The word of an instruction. The error says what of it has no encoding.
pub fn encode(instruction: Instruction, xlen: Xlen) -> Result<u32, String> {
    let Instruction { op, rd, rs1, rs2, imm } = instruction;
    if !available(op, xlen) {
        return Err(format!("{} does not exist at this width", op.name()));
    }
    if rd > 31 || rs1 > 31 || rs2 > 31 {
        return Err(format!("{} with a register beyond x31", op.name()));
    }
    let [rd, rs1, rs2] = [rd, rs1, rs2].map(u32::from);
    let (opcode, funct3, funct7) = code(op);
    let base = opcode | funct3 << 12;
    let word = match op.format() {
        Format::Register => funct7 << 25 | rs2 << 20 | rs1 << 15 | rd << 7,
        Format::Immediate | Format::Load => immediate(imm, 12, 0)? << 20 | rs1 << 15 | rd << 7,
        Format::Shift => {
            let limit = if opcode == OP_IMM && xlen == Xlen::Rv64 { 64 } else { 32 };
            if !(0..limit).contains(&imm) {
                return Err(format!("{} by {imm}", op.name()));
            }
            funct7 << 25 | (imm as u32) << 20 | rs1 << 15 | rd << 7
        }
        Format::Store => {
            let imm = immediate(imm, 12, 0)?;
            imm >> 5 << 25 | rs2 << 20 | rs1 << 15 | (imm & 0x1f) << 7
        }
        Format::Branch => {
            let imm = immediate(imm, 13, 1)?;
            let high = (imm >> 12) << 6 | (imm >> 5 & 0x3f);
            let low = (imm >> 1 & 0xf) << 1 | (imm >> 11 & 1);
            high << 25 | rs2 << 20 | rs1 << 15 | low << 7
        }
        Format::Upper if imm & 0xfff != 0 => {
            return Err(format!("{} of {imm:#x}: its lowest 12 bits are not 0", op.name()))
        }
        Format::Upper => imm as u32 | rd << 7,
        Format::Jump => {
            let imm = immediate(imm, 21, 1)?;
            let field =
                (imm >> 20) << 19 | (imm >> 1 & 0x3ff) << 9 | (imm >> 11 & 1) << 8 | (imm >> 12 & 0xff);
            field << 12 | rd << 7
        }
        Format::Bare if op == Op::Illegal => return Ok(imm as u32),
        Format::Bare => funct7 << 20,
    };
    Ok(base | word)
}

/// Whether an operation exists at this width.
pub fn available(op: Op, xlen: Xlen) -> bool {
    xlen == Xlen::Rv64 || !(matches!(op, Op::Ld | Op::Lwu | Op::Sd) || is_word(op))
}

/// Whether this is an operation at 32 bits of RV64, the name of which ends in W.
pub fn is_word(op: Op) -> bool {
    matches!(code(op).0, OP_IMM_32 | OP_32)
}

const OP_IMM: u32 = 0x13;
const OP_IMM_32: u32 = 0x1b;
const OP: u32 = 0x33;
const OP_32: u32 = 0x3b;

/// Major opcode, funct3, funct7; of an operation without operands, what stands in place of the immediate.
fn code(op: Op) -> (u32, u32, u32) {
    match op {
        Op::Illegal => (0, 0, 0),
        Op::Addi => (OP_IMM, 0, 0),
        Op::Slti => (OP_IMM, 2, 0),
        Op::Sltiu => (OP_IMM, 3, 0),
        Op::Xori => (OP_IMM, 4, 0),
        Op::Ori => (OP_IMM, 6, 0),
        Op::Andi => (OP_IMM, 7, 0),
        Op::Slli => (OP_IMM, 1, 0),
        Op::Srli => (OP_IMM, 5, 0),
        Op::Srai => (OP_IMM, 5, 0x20),
        Op::Lui => (0x37, 0, 0),
        Op::Auipc => (0x17, 0, 0),
        Op::Add => (OP, 0, 0),
        Op::Sub => (OP, 0, 0x20),
        Op::Sll => (OP, 1, 0),
        Op::Slt => (OP, 2, 0),
        Op::Sltu => (OP, 3, 0),
        Op::Xor => (OP, 4, 0),
        Op::Srl => (OP, 5, 0),
        Op::Sra => (OP, 5, 0x20),
        Op::Or => (OP, 6, 0),
        Op::And => (OP, 7, 0),
        Op::Jal => (0x6f, 0, 0),
        Op::Jalr => (0x67, 0, 0),
        Op::Beq => (0x63, 0, 0),
        Op::Bne => (0x63, 1, 0),
        Op::Blt => (0x63, 4, 0),
        Op::Bge => (0x63, 5, 0),
        Op::Bltu => (0x63, 6, 0),
        Op::Bgeu => (0x63, 7, 0),
        Op::Lb => (0x03, 0, 0),
        Op::Lh => (0x03, 1, 0),
        Op::Lw => (0x03, 2, 0),
        Op::Ld => (0x03, 3, 0),
        Op::Lbu => (0x03, 4, 0),
        Op::Lhu => (0x03, 5, 0),
        Op::Lwu => (0x03, 6, 0),
        Op::Sb => (0x23, 0, 0),
        Op::Sh => (0x23, 1, 0),
        Op::Sw => (0x23, 2, 0),
        Op::Sd => (0x23, 3, 0),
        // A fence of everything against everything: predecessor and successor sets IORW.
        Op::Fence => (0x0f, 0, 0x0ff),
        Op::Ecall => (0x73, 0, 0),
        Op::Ebreak => (0x73, 0, 1),
        Op::Addiw => (OP_IMM_32, 0, 0),
        Op::Slliw => (OP_IMM_32, 1, 0),
        Op::Srliw => (OP_IMM_32, 5, 0),
        Op::Sraiw => (OP_IMM_32, 5, 0x20),
        Op::Addw => (OP_32, 0, 0),
        Op::Subw => (OP_32, 0, 0x20),
        Op::Sllw => (OP_32, 1, 0),
        Op::Srlw => (OP_32, 5, 0),
        Op::Sraw => (OP_32, 5, 0x20),
        Op::Mul => (OP, 0, 1),
        Op::Mulh => (OP, 1, 1),
        Op::Mulhsu => (OP, 2, 1),
        Op::Mulhu => (OP, 3, 1),
        Op::Div => (OP, 4, 1),
        Op::Divu => (OP, 5, 1),
        Op::Rem => (OP, 6, 1),
        Op::Remu => (OP, 7, 1),
        Op::Mulw => (OP_32, 0, 1),
        Op::Divw => (OP_32, 4, 1),
        Op::Divuw => (OP_32, 5, 1),
        Op::Remw => (OP_32, 6, 1),
        Op::Remuw => (OP_32, 7, 1),
    }
}

/// The lowest `bits` bits of a signed immediate; `even` is 1 where its lowest bit is not stored and must be 0.
fn immediate(imm: i32, bits: u32, even: i32) -> Result<u32, String> {
    let half = 1 << (bits - 1);
    if !(-half..half).contains(&imm) || imm & even != 0 {
        return Err(format!("{imm} does not fit an immediate of {bits} bits"));
    }
    Ok(imm as u32 & ((1 << bits) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rvref::decode;

    /// Every combination of extreme fields that the format has.
    fn extremes(op: Op, xlen: Xlen) -> Vec<Instruction> {
        let shift_end = if xlen == Xlen::Rv64 && !is_word(op) { 63 } else { 31 };
        let (fields, immediates): (u8, Vec<i32>) = match op.format() {
            Format::Register => (7, vec![0]),
            Format::Immediate | Format::Load => (3, vec![0, 1, -1, 2047, -2048, 0x555]),
            Format::Shift => (3, (0..=shift_end).collect()),
            Format::Store => (6, vec![0, 1, -1, 2047, -2048, 31, 32, -32]),
            Format::Branch => (6, vec![0, 2, -2, 4094, -4096, 2048, -2048, 30, 32]),
            Format::Upper => (1, vec![0, 0x1000, -0x1000, i32::MIN, 0x7fff_f000]),
            Format::Jump => (1, vec![0, 2, -2, 0xf_fffe, -0x10_0000, 2048, 0x800, 0x1000, 0xff000]),
            Format::Bare => (0, vec![0]),
        };
        let numbers = |bit: u8| if fields & bit != 0 { vec![0, 1, 15, 16, 31] } else { vec![0] };
        let mut all = Vec::new();
        for rd in numbers(1) {
            for rs1 in numbers(2) {
                for rs2 in numbers(4) {
                    all.extend(immediates.iter().map(|imm| Instruction { op, rd, rs1, rs2, imm: *imm }));
                }
            }
        }
        all
    }

    #[test]
    fn every_instruction_decodes_to_itself() {
        for xlen in [Xlen::Rv32, Xlen::Rv64] {
            for op in Op::ALL.iter().filter(|op| **op != Op::Illegal) {
                for instruction in extremes(*op, xlen) {
                    match encode(instruction, xlen) {
                        Ok(word) => assert_eq!(decode(word, xlen), Some(instruction), "{word:#010x}"),
                        Err(_) => assert!(!available(*op, xlen), "{instruction:?}"),
                    }
                }
            }
        }
    }

    #[test]
    fn what_has_no_encoding_is_an_error() {
        let none = Instruction { op: Op::Addi, rd: 0, rs1: 0, rs2: 0, imm: 0 };
        let bad = [
            Instruction { imm: 2048, ..none },
            Instruction { imm: -2049, ..none },
            Instruction { rd: 32, ..none },
            Instruction { op: Op::Beq, imm: 1, ..none },
            Instruction { op: Op::Beq, imm: 4096, ..none },
            Instruction { op: Op::Jal, imm: 1 << 20, ..none },
            Instruction { op: Op::Lui, imm: 1, ..none },
            Instruction { op: Op::Slli, imm: 64, ..none },
            Instruction { op: Op::Slliw, imm: 32, ..none },
            Instruction { op: Op::Srai, imm: -1, ..none },
        ];
        assert!(bad.iter().all(|instruction| encode(*instruction, Xlen::Rv64).is_err()));
        assert!(encode(Instruction { op: Op::Slli, imm: 32, ..none }, Xlen::Rv32).is_err());
        assert!(encode(Instruction { op: Op::Ld, ..none }, Xlen::Rv32).is_err());
    }
}
