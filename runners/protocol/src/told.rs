//! What a journal says when it is read back.

use std::time::Duration;

use crate::child::{End, Fate};
use crate::journal::{AGAIN, BYTES, COMMIT_END, COVERAGE, ENDED, FAULT, FULL, PANIC, READ, UNSUPPORTED};

/// What was written down of a run.
#[derive(Default)]
pub(crate) struct Told {
    pub stream: Vec<u8>,
    pub commit_ends: Vec<u64>,
    pub panic: Option<String>,
    pub fault: Option<String>,
    pub unsupported: Option<String>,
    pub full: bool,
    pub ended: Option<Ended>,
    pub again: bool,
    pub coverage: Vec<u8>,
    pub reads: Vec<Vec<u8>>,
}

/// The child's last record: the program ended by itself.
pub(crate) struct Ended {
    pub exit_code: i32,
    pub elapsed_ns: u64,
    pub cycles: Option<u64>,
}

impl Told {
    /// Add a record.
    pub(crate) fn take(&mut self, tag: u8, body: &[u8]) {
        match tag {
            BYTES => self.stream.extend_from_slice(body),
            COMMIT_END => self.commit_ends.push(self.stream.len() as u64),
            PANIC => self.panic = Some(text(body)),
            FAULT => self.fault = Some(text(body)),
            UNSUPPORTED => self.unsupported = Some(text(body)),
            FULL => self.full = true,
            ENDED => self.ended = ended(body),
            AGAIN => self.again = true,
            COVERAGE => self.coverage = body.to_vec(),
            READ => self.reads.push(body.to_vec()),
            _ => {}
        }
    }
}

/// One of several cases of a child.
pub(crate) struct ToldCase {
    pub told: Told,
    /// As if the case had been the child's only one; how long it took is `told`.
    pub fate: Fate,
}

impl ToldCase {
    /// From the records before a case's end, and that of the end.
    pub(crate) fn of(told: Told, body: &[u8]) -> Option<Self> {
        let peak_memory = u64::from_le_bytes(body.get(..8)?.try_into().ok()?);
        let printed = u32::from_le_bytes(body.get(8..12)?.try_into().ok()?);
        let (stdout, stderr) = body[12..].split_at_checked(printed as usize)?;
        let elapsed = Duration::from_nanos(told.ended.as_ref()?.elapsed_ns);
        let (stdout, stderr) = (stdout.to_vec(), stderr.to_vec());
        Some(Self { told, fate: Fate { end: End::Exited(0), stdout, stderr, elapsed, peak_memory } })
    }
}

fn ended(body: &[u8]) -> Option<Ended> {
    let exit_code = i32::from_le_bytes(body.get(..4)?.try_into().ok()?);
    let elapsed_ns = u64::from_le_bytes(body.get(4..12)?.try_into().ok()?);
    let cycles = u64::from_le_bytes(body.get(13..21)?.try_into().ok()?);
    Some(Ended { exit_code, elapsed_ns, cycles: (body[12] == 1).then_some(cycles) })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_by_itself_says_how() {
        let body = [&7i32.to_le_bytes()[..], &9u64.to_le_bytes(), &[1], &u64::MAX.to_le_bytes()].concat();
        let ended = ended(&body).unwrap();
        assert_eq!((ended.exit_code, ended.elapsed_ns, ended.cycles), (7, 9, Some(u64::MAX)));
        assert!(super::ended(&body[..20]).is_none());
    }
}
