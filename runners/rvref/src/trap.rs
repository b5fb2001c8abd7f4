//! Why a program cannot go on.

use std::fmt;

/// A kind of memory access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading data.
    Load,
    /// Writing data.
    Store,
    /// Reading an instruction.
    Fetch,
}

/// What the program did (chapter "Introduction": exceptions, traps).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// A word that is not an instruction of this machine.
    Illegal(u32),
    /// An address that is not a multiple of what the access demands.
    Misaligned(Access, u64),
    /// An address where nothing is, or where this kind of access is not allowed.
    Refused(Access, u64),
    /// EBREAK: there is no debugger.
    Breakpoint,
    /// A syscall number that the zkVM does not have.
    UnknownSyscall(u64),
    /// A syscall with arguments or at a time that the zkVM does not take: its name, and why.
    Syscall(&'static str, &'static str),
    /// A syscall that the zkVM has and this executor has not: its name.
    Unsupported(&'static str),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Access::Load => "load",
            Access::Store => "store",
            Access::Fetch => "jump",
        })
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Trap::Illegal(word) => write!(f, "illegal instruction {word:#010x}"),
            Trap::Misaligned(access, address) => write!(f, "misaligned {access} {address:#x}"),
            Trap::Refused(access, address) => {
                write!(f, "{access} {address:#x} is outside of what is allowed")
            }
            Trap::Breakpoint => f.write_str("ebreak"),
            Trap::UnknownSyscall(id) => write!(f, "unknown syscall {id:#x}"),
            Trap::Syscall(name, why) => write!(f, "{name}: {why}"),
            Trap::Unsupported(name) => write!(f, "{name} has no version in rvref"),
        }
    }
}
