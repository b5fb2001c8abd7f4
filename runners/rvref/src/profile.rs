//! What differs between zkVMs: everything that the ISA manual leaves to the execution environment.

use std::ops::Range;

use crate::host::Host;
use crate::isa::{Op, Xlen};
use crate::machine::State;
use crate::memory::{Alignment, Region};
use crate::syscalls::sp1;
use crate::trap::Trap;

/// How a program goes on after a syscall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At [`crate::Cpu::pc`]: behind the ECALL, unless the syscall has set it.
    Continue,
    /// Not at all: the program ends with this exit code.
    Halt(i32),
}

/// A zkVM, as the programs see it.
#[derive(Debug)]
pub struct Profile {
    /// Name of the zkVM's target.
    pub name: &'static str,
    /// Width of its registers.
    pub xlen: Xlen,
    /// Where an ELF segment may lie.
    pub image: Range<u64>,
    /// What an ELF segment's address must be a multiple of.
    pub segment_alignment: u64,
    /// Whether a segment may be writable and executable at once.
    pub writable_text: bool,
    /// Whether the flags of the ELF segments take access away from what `memory` allows.
    pub protected_segments: bool,
    /// Memory that the program may use, whether or not an ELF segment lies there; sorted.
    pub memory: &'static [Region],
    /// What becomes of misaligned loads and stores.
    pub alignment: Alignment,
    /// Whether every word of the text must be an instruction when the program is loaded. Some of the
    /// privileged architecture and of Zicsr pass, too, and are illegal when they are executed.
    pub whole_text: bool,
    /// Operations of the ISA that it does not have: they load, and are illegal when they are executed.
    pub lacks: &'static [Op],
    /// What ECALL does.
    pub ecall: fn(&mut State, &mut Host) -> Result<Next, Trap>,
    /// The largest number of instructions that a run may have.
    pub step_limit: Option<u64>,
}

impl Profile {
    /// SP1 6: RV64IM, one flat memory, syscall number in `t0`.
    pub const SP1: Profile = Profile {
        name: "sp1",
        xlen: Xlen::Rv64,
        image: sp1::STACK_TOP..sp1::MEMORY_END,
        segment_alignment: 4,
        writable_text: false,
        protected_segments: false,
        memory: &[Region { range: 0..sp1::MEMORY_END, read: true, write: true }],
        alignment: Alignment::Natural,
        whole_text: true,
        lacks: &[Op::Fence],
        ecall: sp1::ecall,
        step_limit: None,
    };

    /// RV32IM for programs of the generator: SP1's conventions at half the width. No zkVM is quite like it.
    pub const RV32: Profile = Profile {
        name: "rv32",
        xlen: Xlen::Rv32,
        image: sp1::STACK_TOP..sp1::MEMORY_END_32,
        memory: &[Region { range: 0..sp1::MEMORY_END_32, read: true, write: true }],
        ecall: sp1::ecall_32,
        ..Profile::SP1
    };

    /// All profiles.
    pub const ALL: &'static [Profile] = &[Profile::SP1, Profile::RV32];

    /// The profile of a zkVM.
    pub fn named(name: &str) -> Option<&'static Profile> {
        Self::ALL.iter().find(|profile| profile.name == name)
    }

    /// The profile that a program is meant for, by the class of its ELF file (byte `EI_CLASS`): 1 is 32 bits.
    pub fn of(elf: &[u8]) -> &'static Profile {
        match elf.get(4) {
            Some(1) => &Profile::RV32,
            _ => &Profile::SP1,
        }
    }
}
