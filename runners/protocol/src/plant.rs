//! Faults that are planted on purpose, to show and to test that the harness finds them.

use crate::message::{Outcome, ProgramOutcome, Run, Status};

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

    /// The same for a program of a batch.
    pub(crate) fn spoil_ended(self, ended: &mut ProgramOutcome) {
        let mut outcome = Outcome {
            id: 0,
            status: ended.status,
            exit_code: ended.exit_code,
            signal: None,
            stream: std::mem::take(&mut ended.stream),
            commit_ends: None,
            message: String::new(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            cycles: None,
            elapsed_ns: 0,
            peak_memory: None,
            coverage: Vec::new(),
            reads: Vec::new(),
        };
        self.spoil_outcome(&mut outcome);
        (ended.status, ended.exit_code, ended.stream) = (outcome.status, outcome.exit_code, outcome.stream);
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

#[cfg(test)]
mod tests {
    use serde_bytes::ByteBuf;

    use super::*;

    /// Three commits, one of them empty, by a program that panicked.
    fn outcome(commit_ends: Option<Vec<u64>>) -> Outcome {
        Outcome {
            id: 1,
            status: Status::Panic,
            exit_code: Some(1),
            signal: None,
            stream: (0..12).collect(),
            commit_ends,
            message: "boom".to_owned(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            cycles: None,
            elapsed_ns: 1,
            peak_memory: None,
            coverage: Vec::new(),
            reads: Vec::new(),
        }
    }

    fn spoiled(fault: Fault, commit_ends: Option<Vec<u64>>) -> Outcome {
        let mut outcome = outcome(commit_ends);
        fault.spoil_outcome(&mut outcome);
        outcome
    }

    #[test]
    fn names_lead_to_their_faults_and_back() {
        for (name, fault) in Fault::ALL {
            assert_eq!(Fault::named(name), Some(fault));
            assert_eq!(fault.name(), name);
        }
        assert_eq!(Fault::named("none"), None);
    }

    #[test]
    fn drop_commit_takes_the_last_commit_or_eight_bytes() {
        let known = spoiled(Fault::DropCommit, Some(vec![2, 2, 12]));
        assert_eq!((known.stream, known.commit_ends), (vec![0, 1], Some(vec![2, 2])));
        let unknown = spoiled(Fault::DropCommit, None);
        assert_eq!((unknown.stream, unknown.commit_ends), (vec![0, 1, 2, 3], None));
    }

    #[test]
    fn flip_bit_changes_one_bit_in_the_middle() {
        let mut expected = outcome(Some(vec![12]));
        expected.stream[6] ^= 1;
        assert_eq!(spoiled(Fault::FlipBit, Some(vec![12])), expected);
    }

    #[test]
    fn extra_commit_adds_a_zero_byte_with_its_end() {
        let spoiled = spoiled(Fault::ExtraCommit, Some(vec![12]));
        assert_eq!((spoiled.stream.len(), spoiled.stream[12]), (13, 0));
        assert_eq!(spoiled.commit_ends, Some(vec![12, 13]));
    }

    #[test]
    fn lose_exit_code_makes_a_panic_look_well_but_leaves_a_crash() {
        let spoiled = spoiled(Fault::LoseExitCode, None);
        assert_eq!((spoiled.status, spoiled.exit_code), (Status::Ok, Some(0)));
        let mut crash = Outcome { status: Status::Crash, exit_code: None, signal: Some(11), ..outcome(None) };
        let before = crash.clone();
        Fault::LoseExitCode.spoil_outcome(&mut crash);
        assert_eq!(crash, before);
    }

    #[test]
    fn short_read_takes_a_byte_of_the_last_buffer_that_has_one() {
        let buffers = [vec![1, 2], vec![3, 4], vec![]].map(ByteBuf::from).to_vec();
        let mut run = Run {
            id: 1,
            buffers,
            wall_ms: 1,
            memory_bytes: 1,
            output_bytes: 1,
            coverage: false,
            comparisons: false,
            reads: false,
        };
        Fault::ShortRead.spoil_request(&mut run);
        assert_eq!(run.buffers, [vec![1, 2], vec![3], vec![]]);
    }

    #[test]
    fn no_fault_trips_over_a_program_that_committed_nothing() {
        for (_, fault) in Fault::ALL {
            for ends in [None, Some(Vec::new())] {
                let mut outcome = Outcome { stream: Vec::new(), ..outcome(ends) };
                fault.spoil_outcome(&mut outcome);
            }
            fault.spoil_request(&mut Run {
                id: 0,
                buffers: vec![],
                wall_ms: 0,
                memory_bytes: 0,
                output_bytes: 0,
                coverage: false,
                comparisons: false,
                reads: false,
            });
        }
    }
}
