//! Faults of single computational instructions.

use super::step::{Past, Step};
use super::{Fault, Hook};
use crate::alu;
use crate::isa::{Op, Xlen};

type Wrong = fn(&Step, &mut Past) -> Option<u64>;

const fn value(name: &'static str, description: &'static str, wrong: Wrong) -> Fault {
    Fault::new("arithmetic", name, description, Hook::Value(wrong))
}

/// Bits of the immediate of an I-type, not sign-extended.
const IMMEDIATE: u64 = 0xfff;
const MIN: u64 = i64::MIN as u64;

pub static FAULTS: [Fault; 40] = [
    value("mulhsu-unsigned", "mulhsu takes a negative rs1 as unsigned", |s, _| {
        s.is(Op::Mulhsu).then(|| at(s, alu::mulhu::<32>, alu::mulhu::<64>))
    }),
    value("mulhsu-signed", "mulhsu takes a negative rs2 as signed", |s, _| {
        s.is(Op::Mulhsu).then(|| at(s, alu::mulh::<32>, alu::mulh::<64>))
    }),
    value("mulh-min-min", "mulh of the smallest number with itself is negative", |s, _| {
        let smallest = if s.xlen == Xlen::Rv32 { i32::MIN as u64 } else { MIN };
        (s.is(Op::Mulh) && s.a == smallest && s.b == smallest).then(|| s.result.wrapping_neg())
    }),
    value("mulhu-ones", "mulhu of two operands with all bits set loses a carry", |s, _| {
        (s.is(Op::Mulhu) && s.a == u64::MAX && s.b == u64::MAX).then(|| s.result.wrapping_add(1))
    }),
    value("mulw-zero-extended", "mulw does not sign-extend its result", |s, _| zero_extended(s, Op::Mulw)),
    value("div-by-zero-is-zero", "div by 0 gives 0", |s, _| (s.is(Op::Div) && s.b == 0).then_some(0)),
    value("divu-by-zero-is-dividend", "divu by 0 gives the dividend", |s, _| {
        (s.is(Op::Divu) && s.b == 0).then_some(s.a)
    }),
    value("div-overflow-is-max", "div of the smallest number by -1 gives the largest", |s, _| {
        let overflow = s.b == u64::MAX && s.a == s.result && s.a != 0;
        (s.is(Op::Div) && overflow).then(|| s.a.wrapping_sub(1))
    }),
    value("divw-overflow-positive", "divw of the smallest word by -1 is not sign-extended", |s, _| {
        let overflow = s.a as i32 == i32::MIN && s.b as i32 == -1;
        (s.is(Op::Divw) && overflow).then_some(0x8000_0000)
    }),
    value("divw-by-zero-is-word", "divw by 0 gives 2^32 - 1", |s, _| {
        (s.is(Op::Divw) && s.b as i32 == 0).then_some(0xffff_ffff)
    }),
    value("divuw-zero-extended", "divuw does not sign-extend its result", |s, _| zero_extended(s, Op::Divuw)),
    value("divuw-signed-operands", "divuw sign-extends its operands", |s, _| {
        (s.is(Op::Divuw)).then(|| alu::divu::<64>(s.a as i32 as u64, s.b as i32 as u64) as i32 as u64)
    }),
    value("rem-by-zero-is-zero", "rem by 0 gives 0", |s, _| (s.is(Op::Rem) && s.b == 0).then_some(0)),
    value("remu-by-zero-is-ones", "remu by 0 gives -1", |s, _| {
        (s.is(Op::Remu) && s.b == 0).then_some(u64::MAX)
    }),
    value("remw-by-zero-is-wide", "remw by 0 gives all 64 bits of the dividend", |s, _| {
        (s.is(Op::Remw) && s.b as i32 == 0).then_some(s.a)
    }),
    value(
        "rem-overflow-is-dividend",
        "rem of the smallest number by -1 gives the smallest number",
        |s, _| {
            let smallest = if s.xlen == Xlen::Rv32 { i32::MIN as u64 } else { MIN };
            (s.is(Op::Rem) && s.a == smallest && s.b == u64::MAX).then_some(s.a)
        },
    ),
    value("rem-sign-of-divisor", "rem has the sign of the divisor, not of the dividend", |s, _| {
        let (a, b) = (s.a as i64, s.b as i64);
        (s.is(Op::Rem) && b != 0 && s.result != 0 && (a < 0) != (b < 0)).then(|| s.result.wrapping_add(s.b))
    }),
    value("remw-unsigned-dividend", "remw takes a negative dividend as unsigned", |s, _| {
        let b = s.b as i32 as i64;
        (s.is(Op::Remw) && b != 0).then(|| (s.a as u32 as i64).wrapping_rem(b) as i32 as u64)
    }),
    value("remuw-zero-extended", "remuw does not sign-extend its result", |s, _| zero_extended(s, Op::Remuw)),
    value("sra-logical", "sra shifts zeros in", |s, _| {
        s.is(Op::Sra).then(|| at(s, alu::srl::<32>, alu::srl::<64>))
    }),
    value("srai-logical-from-32", "srai by 32 or more shifts zeros in", |s, _| {
        (s.is(Op::Srai) && s.imm >= 32).then(|| alu::srl::<64>(s.a, s.imm))
    }),
    value("sraw-sign-of-64-bits", "sraw takes bit 63 as the sign", |s, _| {
        let filled = (s.a & 0xffff_ffff) | (((s.a as i64 >> 63) as u64) << 32);
        s.is(Op::Sraw).then(|| alu::sra::<64>(filled, s.b & 31) as i32 as u64)
    }),
    value("sraiw-wide", "sraiw shifts all 64 bits", |s, _| {
        s.is(Op::Sraiw).then(|| alu::sra::<64>(s.a, s.imm) as i32 as u64)
    }),
    value("srlw-dirty-upper-half", "srlw shifts the upper half in", |s, _| {
        s.is(Op::Srlw).then(|| (s.a >> (s.b & 31)) as i32 as u64)
    }),
    value("srliw-zero-extended", "srliw by 0 does not sign-extend", |s, _| {
        (s.imm == 0).then(|| zero_extended(s, Op::Srliw)).flatten()
    }),
    value("sllw-amount-of-6-bits", "sllw looks at bit 5 of the amount", |s, _| {
        (s.is(Op::Sllw) && s.b & 32 != 0).then_some(0)
    }),
    value("slliw-zero-extended", "slliw does not sign-extend its result", |s, _| zero_extended(s, Op::Slliw)),
    value("sll-amount-of-5-bits", "sll looks at 5 bits of the amount", |s, _| {
        (s.is(Op::Sll) && s.xlen == Xlen::Rv64).then(|| s.a << (s.b & 31))
    }),
    value("srl-amount-unmasked", "srl by XLEN or more gives 0", |s, _| {
        let width = if s.xlen == Xlen::Rv32 { 32 } else { 64 };
        (s.is(Op::Srl) && s.b >= width).then_some(0)
    }),
    value("addiw-zero-extended", "addiw does not sign-extend its result", |s, _| zero_extended(s, Op::Addiw)),
    value("addiw-0-is-a-move", "addiw of 0 copies all 64 bits", |s, _| {
        (s.is(Op::Addiw) && s.imm == 0).then_some(s.a)
    }),
    value("addw-wide", "addw adds all 64 bits", |s, _| s.is(Op::Addw).then(|| s.a.wrapping_add(s.b))),
    value("subw-wide", "subw subtracts all 64 bits", |s, _| s.is(Op::Subw).then(|| s.a.wrapping_sub(s.b))),
    value("slti-unsigned-immediate", "slti zero-extends its immediate", |s, _| {
        s.is(Op::Slti).then(|| alu::slt(s.a, s.imm & IMMEDIATE))
    }),
    value("sltiu-unsigned-immediate", "sltiu zero-extends its immediate", |s, _| {
        s.is(Op::Sltiu).then(|| alu::sltu(s.a, s.imm & IMMEDIATE))
    }),
    value("sltu-signed", "sltu compares signed numbers", |s, _| s.is(Op::Sltu).then(|| alu::slt(s.a, s.b))),
    value("lui-zero-extended", "lui does not sign-extend", |s, _| zero_extended(s, Op::Lui)),
    value("auipc-lost-carry", "auipc forgets the carry out of the lower 16 bits", |s, _| {
        let lower = (s.pc & 0xffff) + (s.imm & 0xffff);
        (s.is(Op::Auipc) && lower > 0xffff).then(|| s.result.wrapping_sub(0x1_0000))
    }),
    value("xori-unsigned-immediate", "xori zero-extends its immediate", |s, _| {
        s.is(Op::Xori).then_some(s.a ^ (s.imm & IMMEDIATE))
    }),
    value("andi-unsigned-immediate", "andi zero-extends its immediate", |s, _| {
        s.is(Op::Andi).then_some(s.a & s.imm & IMMEDIATE)
    }),
];

type Function = fn(u64, u64) -> u64;

/// One of two functions of the operands, by width.
fn at(step: &Step, narrow: Function, wide: Function) -> u64 {
    match step.xlen {
        Xlen::Rv32 => narrow(step.a, step.b),
        Xlen::Rv64 => wide(step.a, step.b),
    }
}

/// The result of this operation as an unsigned word.
fn zero_extended(step: &Step, op: Op) -> Option<u64> {
    (step.is(op) && step.xlen == Xlen::Rv64).then_some(step.result & 0xffff_ffff)
}
