//! Programs of single RISC-V instructions: made at random from a seed, laid out, and listed.
//!
//! The way of a program: [`generate`](generate::generate) makes a [`Program`](ir::Program), that is ops in
//! blocks without addresses, and [`layout()`] makes an ELF file of it. A reducer takes ops and blocks away and
//! has the rest laid out again. [`serve`](service::serve) offers both to the harness.
#![deny(missing_docs)]

use rvref::Xlen;

pub mod commands;
pub mod elf;
pub mod encode;
pub mod generate;
pub mod hex;
pub mod ir;
pub mod layout;
pub mod listing;
pub mod prerun;
pub mod random;
pub mod service;

pub use layout::layout;

/// The width of registers in bits.
pub fn bits(xlen: Xlen) -> u32 {
    match xlen {
        Xlen::Rv32 => 32,
        Xlen::Rv64 => 64,
    }
}

/// The width of registers from a number of bits.
pub fn xlen(bits: u32) -> Result<Xlen, String> {
    match bits {
        32 => Ok(Xlen::Rv32),
        64 => Ok(Xlen::Rv64),
        _ => Err(format!("registers of {bits} bits; there are 32 and 64")),
    }
}
