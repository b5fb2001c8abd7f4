//! The runner's side of the runner protocol (`docs/protocol.md`).
//!
//! A runner is a process that holds one loaded program and runs cases on it. It [`serve`]s requests that arrive
//! on one file descriptor and answers on another; standard input, output and error belong to the guest. Cases
//! run in forked children, so that whatever the guest does, the loaded program stays as it was, and a child's
//! fate is the outcome of the case that it was at.
#![deny(missing_docs)]

mod batch;
mod child;
mod ending;
mod features;
mod frame;
mod freeze;
mod journal;
mod message;
mod plant;
mod serve;
mod several;
mod told;

pub use batch::Ran;
pub use features::feature;
pub use frame::{read_frame, write_frame, MAX_FRAME};
pub use freeze::freeze_private_memory;
pub use journal::Journal;
pub use message::{
    Answer, Batch, BatchOutcome, Hello, Load, Loaded, Outcome, ProgramOutcome, Request, Run, Status, PROTOCOL,
};
pub use plant::Fault;
pub use serve::{serve, Backend, Options};
