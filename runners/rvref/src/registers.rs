//! The integer registers (chapter "RV32I": "Programmers' Model for Base Integer ISA").

/// Where writes to `x0` go, which is "hardwired with all bits equal to 0". Nobody reads it.
pub(crate) const DISCARD: u8 = 32;

/// The registers, each sign-extended to 64 bits.
///
/// The first 32 are the program's. There is a place for every `u8`, so that the instruction loop needs no
/// check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers([u64; 256]);

impl Registers {
    /// All of them 0.
    pub fn new() -> Self {
        Self([0; 256])
    }

    /// The value of a register.
    #[inline(always)]
    pub fn get(&self, number: u8) -> u64 {
        self.0[usize::from(number)]
    }

    /// Change a register, other than `x0`.
    #[inline(always)]
    pub(crate) fn set(&mut self, number: u8, value: u64) {
        debug_assert_ne!(number, 0, "writes to x0 are discarded when the text is decoded");
        self.0[usize::from(number)] = value;
    }

    /// Change any register, even `x0`.
    #[cfg(feature = "faults")]
    pub(crate) fn force(&mut self, number: u8, value: u64) {
        self.0[usize::from(number)] = value;
    }
}

impl Default for Registers {
    fn default() -> Self {
        Self::new()
    }
}

/// Numbers of the registers that syscalls use.
pub mod number {
    /// `t0`
    pub const T0: u8 = 5;
    /// `a0`
    pub const A0: u8 = 10;
    /// `a1`
    pub const A1: u8 = 11;
    /// `a2`
    pub const A2: u8 = 12;
}

/// Names of the calling convention, by number; the last one is of the place where writes to `x0` go.
pub(crate) const NAMES: [&str; 33] = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6",
    "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "zero",
];
