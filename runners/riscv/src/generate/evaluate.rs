//! What an instruction computes, for the generator to know what registers probably hold.
//!
//! Nothing rests on this being right: programs are run on the reference executor before they are given out. What
//! is wrong here would make programs duller.

use rvref::{Op, Xlen};

use super::classes::fit;

/// The result of a computational instruction; `b` is the second register or the immediate.
pub fn evaluate(op: Op, a: u64, b: u64, pc: u64, xlen: Xlen) -> u64 {
    use Op::*;
    let word = crate::encode::is_word(op);
    let bits = if word { 32 } else { crate::bits(xlen) };
    let shift = (b & u64::from(bits - 1)) as u32;
    // Both as numbers of the operation's width.
    let (signed, other) = (narrow(a, bits), narrow(b, bits));
    let unsigned = |value: i64| (value as u64) << (64 - bits) >> (64 - bits);
    let (ua, ub) = (unsigned(signed), unsigned(other));
    let result = match op {
        Addi | Add | Addiw | Addw => a.wrapping_add(b),
        Sub | Subw => a.wrapping_sub(b),
        Slti | Slt => u64::from(signed < other),
        Sltiu | Sltu => u64::from(ua < ub),
        Andi | And => a & b,
        Ori | Or => a | b,
        Xori | Xor => a ^ b,
        Slli | Sll | Slliw | Sllw => a << shift,
        Srli | Srl | Srliw | Srlw => ua >> shift,
        Srai | Sra | Sraiw | Sraw => (signed >> shift) as u64,
        Lui => b,
        Auipc => pc.wrapping_add(b),
        Mul | Mulw => a.wrapping_mul(b),
        Mulh => ((i128::from(signed) * i128::from(other)) >> bits) as u64,
        Mulhsu => ((i128::from(signed) * i128::from(ub)) >> bits) as u64,
        Mulhu => ((u128::from(ua) * u128::from(ub)) >> bits) as u64,
        Div | Divw if other == 0 => u64::MAX,
        Div | Divw => signed.wrapping_div(other) as u64,
        Divu | Divuw => ua.checked_div(ub).unwrap_or(u64::MAX),
        Rem | Remw if other == 0 => signed as u64,
        Rem | Remw => signed.wrapping_rem(other) as u64,
        Remu | Remuw => ua.checked_rem(ub).unwrap_or(ua),
        _ => 0,
    };
    fit(if word { narrow(result, 32) as u64 } else { result }, xlen)
}

/// Whether a branch is taken.
pub fn taken(op: Op, a: u64, b: u64) -> bool {
    match op {
        Op::Beq => a == b,
        Op::Bne => a != b,
        Op::Blt => (a as i64) < b as i64,
        Op::Bge => a as i64 >= b as i64,
        Op::Bltu => a < b,
        _ => a >= b,
    }
}

fn narrow(value: u64, bits: u32) -> i64 {
    (value << (64 - bits)) as i64 >> (64 - bits)
}
