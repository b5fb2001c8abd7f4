//! What the computational instructions compute: small pure functions over register values.
//!
//! A register value is XLEN bits wide and is kept *sign-extended* in 64 bits. So both signed and unsigned
//! order of the 64-bit values are those of the XLEN-bit values, and the W operations of RV64 ("operate on the
//! lower 32 bits and sign-extend the result") are the same functions at width 32. Operands may have anything
//! above the width; results never have.

/// The lowest XLEN bits, sign-extended: how a register keeps a value.
#[inline(always)]
pub const fn fit<const XLEN: u32>(value: u64) -> u64 {
    if XLEN == 32 {
        value as i32 as u64
    } else {
        value
    }
}

/// The lowest XLEN bits, zero-extended: the value as an unsigned number, or as an address.
#[inline(always)]
pub const fn unsigned<const XLEN: u32>(value: u64) -> u64 {
    if XLEN == 32 {
        value as u32 as u64
    } else {
        value
    }
}

const fn signed<const XLEN: u32>(value: u64) -> i64 {
    fit::<XLEN>(value) as i64
}

// RV32I, "Integer Computational Instructions": overflow is ignored, shifts use the lowest log2(XLEN) bits.

#[inline(always)]
pub fn add<const XLEN: u32>(a: u64, b: u64) -> u64 {
    fit::<XLEN>(a.wrapping_add(b))
}

#[inline(always)]
pub fn sub<const XLEN: u32>(a: u64, b: u64) -> u64 {
    fit::<XLEN>(a.wrapping_sub(b))
}

#[inline(always)]
pub fn slt(a: u64, b: u64) -> u64 {
    u64::from((a as i64) < b as i64)
}

#[inline(always)]
pub fn sltu(a: u64, b: u64) -> u64 {
    u64::from(a < b)
}

#[inline(always)]
pub fn sll<const XLEN: u32>(a: u64, b: u64) -> u64 {
    fit::<XLEN>(a << (b & u64::from(XLEN - 1)))
}

#[inline(always)]
pub fn srl<const XLEN: u32>(a: u64, b: u64) -> u64 {
    fit::<XLEN>(unsigned::<XLEN>(a) >> (b & u64::from(XLEN - 1)))
}

#[inline(always)]
pub fn sra<const XLEN: u32>(a: u64, b: u64) -> u64 {
    (signed::<XLEN>(a) >> (b & u64::from(XLEN - 1))) as u64
}

// M, "Multiplication Operations": the low half is the same for all signs, the high halves differ.

#[inline(always)]
pub fn mul<const XLEN: u32>(a: u64, b: u64) -> u64 {
    fit::<XLEN>(a.wrapping_mul(b))
}

#[inline(always)]
pub fn mulh<const XLEN: u32>(a: u64, b: u64) -> u64 {
    let product = i128::from(signed::<XLEN>(a)) * i128::from(signed::<XLEN>(b));
    fit::<XLEN>((product >> XLEN) as u64)
}

#[inline(always)]
pub fn mulhsu<const XLEN: u32>(a: u64, b: u64) -> u64 {
    let product = i128::from(signed::<XLEN>(a)) * i128::from(unsigned::<XLEN>(b));
    fit::<XLEN>((product >> XLEN) as u64)
}

#[inline(always)]
pub fn mulhu<const XLEN: u32>(a: u64, b: u64) -> u64 {
    let product = u128::from(unsigned::<XLEN>(a)) * u128::from(unsigned::<XLEN>(b));
    fit::<XLEN>((product >> XLEN) as u64)
}

// M, "Division Operations": rounds towards zero; the table "Semantics for division by zero and division
// overflow" gives a quotient of all ones and the dividend as remainder, and for overflow the dividend and 0.

#[inline(always)]
pub fn div<const XLEN: u32>(a: u64, b: u64) -> u64 {
    match (signed::<XLEN>(a), signed::<XLEN>(b)) {
        (_, 0) => u64::MAX,
        (a, b) => fit::<XLEN>(a.wrapping_div(b) as u64),
    }
}

#[inline(always)]
pub fn divu<const XLEN: u32>(a: u64, b: u64) -> u64 {
    match (unsigned::<XLEN>(a), unsigned::<XLEN>(b)) {
        (_, 0) => u64::MAX,
        (a, b) => fit::<XLEN>(a / b),
    }
}

#[inline(always)]
pub fn rem<const XLEN: u32>(a: u64, b: u64) -> u64 {
    match (signed::<XLEN>(a), signed::<XLEN>(b)) {
        (a, 0) => a as u64,
        (a, b) => a.wrapping_rem(b) as u64,
    }
}

#[inline(always)]
pub fn remu<const XLEN: u32>(a: u64, b: u64) -> u64 {
    match (unsigned::<XLEN>(a), unsigned::<XLEN>(b)) {
        (a, 0) => fit::<XLEN>(a),
        (a, b) => fit::<XLEN>(a % b),
    }
}
