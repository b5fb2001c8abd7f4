//! A reference executor for RV32IM and RV64IM programs of zkVMs, as a library and as a runner.
//!
//! It is written from *The RISC-V Instruction Set Manual, Volume I: Unprivileged ISA*, whose chapters and
//! sections the modules cite, and shares no code with any zkVM or emulator. What the manual leaves to the
//! environment (memory map, alignment, syscalls) is a [`Profile`] for each zkVM, after its documentation and
//! what it was seen to do.
//!
//! The way of a program: [`Image::parse`] reads the ELF file, [`Machine::load`] holds it against the profile
//! and decodes its text, [`Machine::run`] executes it with a [`Host`] on the other side of its syscalls and
//! an [`Observer`] that counts or traces. [`Coverage`] is what programs have exercised, in numbered bins;
//! with the feature `faults`, a machine can be given one of many faults.
#![deny(missing_docs)]

mod alu;
mod backend;
mod coverage;
mod decode;
mod disassemble;
mod elf;
mod execute;
#[cfg(feature = "faults")]
pub mod faults;
mod host;
mod isa;
mod machine;
mod memory;
mod observe;
mod profile;
mod registers;
mod syscalls;
mod text;
mod trap;

pub use backend::Reference;
pub use coverage::{Axis, Bin, Comparisons, Coverage, Edges, Map, Watch};
pub use decode::decode;
pub use disassemble::disassemble;
pub use elf::{Image, Segment};
pub use host::{Host, Output, Stream};
pub use isa::{Format, Instruction, Op, Xlen};
pub use machine::{Cpu, Machine, State, Stop};
pub use memory::{Alignment, Memory, Region};
pub use observe::{Hits, Observer, Retired, Trace};
pub use profile::{Next, Profile};
pub use registers::{number, Registers};
pub use text::Text;
pub use trap::{Access, Trap};
