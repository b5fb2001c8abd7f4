//! The operations of RV32IM and RV64IM, and a decoded instruction.

/// Width of the integer registers (chapter "Introduction": XLEN).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xlen {
    /// RV32: 32-bit registers and addresses.
    Rv32,
    /// RV64: 64-bit registers and addresses.
    Rv64,
}

/// Which operands an instruction has, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// R-type: `add rd, rs1, rs2`.
    Register,
    /// I-type: `addi rd, rs1, imm`.
    Immediate,
    /// I-type whose immediate is a shift amount: `slli rd, rs1, shamt`.
    Shift,
    /// I-type with an address: `lw rd, imm(rs1)`; `jalr` is written so, too.
    Load,
    /// S-type: `sw rs2, imm(rs1)`.
    Store,
    /// B-type: `beq rs1, rs2, target`.
    Branch,
    /// U-type: `lui rd, imm`.
    Upper,
    /// J-type: `jal rd, target`.
    Jump,
    /// Without operands: `ecall`.
    Bare,
}

macro_rules! operations {
    ($($op:ident $name:literal $format:ident,)*) => {
        /// An operation of the base instruction set or of the M extension.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Op {
            $(#[doc = concat!("`", $name, "`")] $op,)*
        }

        impl Op {
            /// All operations; the place of each is its number, `op as usize`.
            pub const ALL: &'static [Op] = &[$(Op::$op),*];

            /// The name in assembly language.
            pub fn name(self) -> &'static str {
                match self { $(Op::$op => $name),* }
            }

            /// The operands.
            pub fn format(self) -> Format {
                match self { $(Op::$op => Format::$format),* }
            }
        }
    };
}

operations! {
    // Not an operation: what stands for a word that is none.
    Illegal "illegal" Bare,
    // RV32I, "Integer Computational Instructions"
    Addi "addi" Immediate, Slti "slti" Immediate, Sltiu "sltiu" Immediate,
    Andi "andi" Immediate, Ori "ori" Immediate, Xori "xori" Immediate,
    Slli "slli" Shift, Srli "srli" Shift, Srai "srai" Shift,
    Lui "lui" Upper, Auipc "auipc" Upper,
    Add "add" Register, Sub "sub" Register, Slt "slt" Register, Sltu "sltu" Register,
    And "and" Register, Or "or" Register, Xor "xor" Register,
    Sll "sll" Register, Srl "srl" Register, Sra "sra" Register,
    // RV32I, "Control Transfer Instructions"
    Jal "jal" Jump, Jalr "jalr" Load,
    Beq "beq" Branch, Bne "bne" Branch, Blt "blt" Branch, Bge "bge" Branch,
    Bltu "bltu" Branch, Bgeu "bgeu" Branch,
    // RV32I and RV64I, "Load and Store Instructions"
    Lb "lb" Load, Lh "lh" Load, Lw "lw" Load, Ld "ld" Load, Lbu "lbu" Load, Lhu "lhu" Load, Lwu "lwu" Load,
    Sb "sb" Store, Sh "sh" Store, Sw "sw" Store, Sd "sd" Store,
    // RV32I, "Memory Ordering Instructions" and "Environment Call and Breakpoints"
    Fence "fence" Bare, Ecall "ecall" Bare, Ebreak "ebreak" Bare,
    // RV64I, "Integer Computational Instructions"
    Addiw "addiw" Immediate, Slliw "slliw" Shift, Srliw "srliw" Shift, Sraiw "sraiw" Shift,
    Addw "addw" Register, Subw "subw" Register,
    Sllw "sllw" Register, Srlw "srlw" Register, Sraw "sraw" Register,
    // M, "Multiplication Operations" and "Division Operations"
    Mul "mul" Register, Mulh "mulh" Register, Mulhsu "mulhsu" Register, Mulhu "mulhu" Register,
    Mulw "mulw" Register,
    Div "div" Register, Divu "divu" Register, Rem "rem" Register, Remu "remu" Register,
    Divw "divw" Register, Divuw "divuw" Register, Remw "remw" Register, Remuw "remuw" Register,
}

/// A decoded instruction. Operands that its format does not have are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What it does.
    pub op: Op,
    /// Number of the destination register.
    pub rd: u8,
    /// Number of the first source register.
    pub rs1: u8,
    /// Number of the second source register.
    pub rs2: u8,
    /// The immediate, sign-extended, or the shift amount.
    pub imm: i32,
}

impl Instruction {
    /// What stands for a word that is not an instruction; the immediate is the word.
    pub fn illegal(word: u32) -> Self {
        Self { op: Op::Illegal, rd: 0, rs1: 0, rs2: 0, imm: word as i32 }
    }
}
