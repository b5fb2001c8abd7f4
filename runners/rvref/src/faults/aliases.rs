//! Faults of registers: of `x0`, of operands that are the same, of instructions that follow each other.

use super::step::{Past, Scene, Step};
use super::{Fault, Hook};
use crate::alu;
use crate::isa::{Op, Xlen};
use crate::registers::DISCARD;

type Wrong = fn(&Step, &mut Past) -> Option<u64>;

const fn value(name: &'static str, description: &'static str, wrong: Wrong) -> Fault {
    Fault::new("registers", name, description, Hook::Value(wrong))
}

const fn effect(name: &'static str, description: &'static str, wrong: fn(&Step, &mut Scene)) -> Fault {
    Fault::new("registers", name, description, Hook::Effect(wrong))
}

pub static FAULTS: [Fault; 13] = [
    effect("x0-written-by-load", "a load to x0 changes x0", |s, scene| {
        write_zero(s, scene, s.is_load());
    }),
    effect("x0-written-by-jal", "a jal without a link changes x0", |s, scene| {
        write_zero(s, scene, s.is(Op::Jal));
    }),
    effect("x0-written-by-mulh", "mulh, mulhu and mulhsu to x0 change x0", |s, scene| {
        write_zero(s, scene, matches!(s.op(), Op::Mulh | Op::Mulhu | Op::Mulhsu));
    }),
    value("sub-same-register", "sub of a register from itself gives the register", |s, _| {
        (s.is(Op::Sub) && s.instruction.rs1 == s.instruction.rs2).then_some(s.a)
    }),
    value("sltu-same-register", "sltu of a register and itself gives 1", |s, _| {
        (s.is(Op::Sltu) && s.instruction.rs1 == s.instruction.rs2).then_some(1)
    }),
    value("sub-to-rs2", "sub to its second operand has the operands swapped", |s, _| {
        (s.is(Op::Sub) && to_rs2(s)).then(|| s.b.wrapping_sub(s.a))
    }),
    value("sll-to-rs2", "sll to its amount takes the number as the amount", |s, _| {
        (s.is(Op::Sll) && to_rs2(s)).then(|| match s.xlen {
            Xlen::Rv32 => alu::sll::<32>(s.a, s.a),
            Xlen::Rv64 => alu::sll::<64>(s.a, s.a),
        })
    }),
    value("remu-to-rs2", "remu to its divisor gives 0", |s, _| (s.is(Op::Remu) && to_rs2(s)).then_some(0)),
    value(
        "add-behind-load",
        "add right behind a load to its second operand uses the value before",
        |s, past| {
            let stale = past
                .previous
                .filter(|p| p.is_load() && p.writes() && p.instruction.rd == s.instruction.rs2)?;
            (s.is(Op::Add)).then(|| s.a.wrapping_add(stale.overwritten))
        },
    ),
    value(
        "addi-behind-lui",
        "addi of a negative number right behind the lui of its operand forgets it",
        |s, past| {
            let lui = past.previous.filter(|p| p.is(Op::Lui) && p.instruction.rd == s.instruction.rs1)?;
            (s.is(Op::Addi) && (s.imm as i64) < 0 && lui.writes()).then_some(s.a)
        },
    ),
    value(
        "two-writes-first-stays",
        "of two multiplications to one register the first one stays",
        |s, past| {
            let first = past
                .previous
                .filter(|p| p.writes() && p.is(Op::Mul) && p.instruction.rd == s.instruction.rd)?;
            s.is(Op::Mul).then_some(first.result)
        },
    ),
    value("x31-is-31-bits", "register 31 loses the highest bit of a logical result", |s, _| {
        let mask = if s.xlen == Xlen::Rv32 { i32::MAX as u64 } else { i64::MAX as u64 };
        (matches!(s.op(), Op::And | Op::Or | Op::Xor) && s.instruction.rd == 31).then_some(s.result & mask)
    }),
    value("result-behind-4096", "the instruction behind the 4096th has a wrong lowest bit", |s, _| {
        (s.number == 1 << 12).then_some(s.result ^ 1)
    }),
];

/// As if the result went to `x0`.
fn write_zero(step: &Step, scene: &mut Scene, applies: bool) {
    if applies && step.instruction.rd == DISCARD {
        scene.cpu.x.force(0, step.result);
    }
}

fn to_rs2(step: &Step) -> bool {
    let instruction = &step.instruction;
    instruction.rd == instruction.rs2 && instruction.rs1 != instruction.rs2
}
