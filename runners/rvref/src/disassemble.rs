//! An instruction as text.

use crate::isa::{Format, Instruction, Op};
use crate::registers::NAMES;

/// Assembly language for the instruction at `pc`; jumps and branches show the address that they go to.
pub fn disassemble(instruction: Instruction, pc: u64) -> String {
    let Instruction { op, rd, rs1, rs2, imm } = instruction;
    let name = op.name();
    let [rd, rs1, rs2] = [rd, rs1, rs2].map(|number| NAMES[usize::from(number)]);
    let target = pc.wrapping_add(imm as u64);
    match op.format() {
        Format::Register => format!("{name} {rd}, {rs1}, {rs2}"),
        Format::Immediate | Format::Shift => format!("{name} {rd}, {rs1}, {imm}"),
        Format::Load => format!("{name} {rd}, {imm}({rs1})"),
        Format::Store => format!("{name} {rs2}, {imm}({rs1})"),
        Format::Branch => format!("{name} {rs1}, {rs2}, {target:#x}"),
        Format::Upper => format!("{name} {rd}, {:#x}", imm as u32 >> 12),
        Format::Jump => format!("{name} {rd}, {target:#x}"),
        Format::Bare => name.to_owned(),
    }
}

impl Op {
    /// Whether an instruction with this operation writes a destination register.
    pub fn writes_register(self) -> bool {
        !matches!(self.format(), Format::Store | Format::Branch | Format::Bare)
    }
}
