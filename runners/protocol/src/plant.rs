//! Faults that are planted on purpose, to show and to test that the harness finds them.

use crate::message::{Outcome, Run, Status};

/// A way for a runner to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The last commit is lost (the last 8 bytes where boundaries are not known).
    DropCommit,
    /// The lowest bit of the byte in the middle of the stream is inverted.
    FlipBit,
    /// A commit of one zero byte is added at the end.
    ExtraCommit,
    /// The exit code is always 0, so a panic looks like success.
    LoseExitCode,
    /// The last buffer that is not empty lacks its last byte.
    ShortRead,
}

impl Fault {
    /// Every fault with its name on the command line.
    pub const ALL: [(&'static str, Self); 5] = [
        ("drop-commit", Self::DropCommit),
        ("flip-bit", Self::FlipBit),
        ("extra-commit", Self::ExtraCommit),
        ("lose-exit-code", Self::LoseExitCode),
        ("short-read", Self::ShortRead),
    ];

    /// The fault of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault)
    }

    /// This fault's name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, fault)| *fault == self).map_or("", |(name, _)| name)
    }

    pub(crate) fn spoil_request(self, run: &mut Run) {
        if self == Self::ShortRead {
            if let Some(buffer) = run.buffers.iter_mut().rev().find(|buffer| !buffer.is_empty()) {
                buffer.pop();
            }
        }
    }

    pub(crate) fn spoil_outcome(self, outcome: &mut Outcome) {
        match self {
            Self::DropCommit => {
                let mut keep = outcome.stream.len().saturating_sub(8);
                if let Some(ends) = &mut outcome.commit_ends {
                    ends.pop();
                    keep = ends.last().map_or(0, |end| *end as usize);
                }
                outcome.stream.truncate(keep);
            }
            Self::FlipBit => {
                let middle = outcome.stream.len() / 2;
                if let Some(byte) = outcome.stream.get_mut(middle) {
                    *byte ^= 1;
                }
            }
            Self::ExtraCommit => {
                outcome.stream.push(0);
                if let Some(ends) = &mut outcome.commit_ends {
                    ends.push(outcome.stream.len() as u64);
                }
            }
            Self::LoseExitCode if outcome.exit_code.is_some() => {
                outcome.exit_code = Some(0);
                if outcome.status == Status::Panic {
                    outcome.status = Status::Ok;
                }
            }
            Self::LoseExitCode | Self::ShortRead => {}
        }
    }
}
