//! From what a child wrote down, and its fate, to the outcome of its run.

use std::time::Duration;

use crate::child::{End, Fate};
use crate::message::{Outcome, Run, Status};
use crate::serve::Backend;
use crate::told::Told;

pub(crate) fn outcome_of(backend: &dyn Backend, run: &Run, told: Told, fate: Fate) -> Outcome {
    let (stdout, stderr) = backend.guest_output(fate.stdout, fate.stderr);
    let (status, exit_code, signal, message) = ending(run, &told, &fate.end, &stderr);
    let ended = told.ended.as_ref();
    Outcome {
        id: run.id,
        status,
        exit_code,
        signal,
        commit_ends: backend.capabilities().contains(&"commits").then_some(told.commit_ends),
        stream: told.stream,
        message,
        stdout,
        stderr,
        cycles: ended.and_then(|ended| ended.cycles),
        elapsed_ns: ended.map_or_else(|| nanoseconds(fate.elapsed), |ended| ended.elapsed_ns),
        peak_memory: Some(fate.peak_memory),
        coverage: told.coverage,
        reads: told.reads.into_iter().map(Into::into).collect(),
    }
}

pub(crate) type Ending = (Status, Option<i32>, Option<i32>, String);

/// From the journal and the child's fate to a status, an exit code, a signal and a message.
pub(crate) fn ending(run: &Run, told: &Told, end: &End, stderr: &[u8]) -> Ending {
    if let Some(what) = &told.unsupported {
        return (Status::Unsupported, None, None, what.clone());
    }
    if told.full || told.stream.len() as u64 > run.output_bytes {
        return (Status::Limit, None, None, format!("committed more than {} bytes", run.output_bytes));
    }
    match *end {
        End::Overtime => (Status::Timeout, None, None, format!("still running after {} ms", run.wall_ms)),
        End::Overmemory => {
            (Status::Oom, None, None, format!("used more than {} MiB", run.memory_bytes >> 20))
        }
        End::Signalled(libc::SIGKILL) => (
            Status::Oom,
            None,
            None,
            "killed from outside, as happens when the machine has no memory left".to_owned(),
        ),
        End::Signalled(signal) => {
            let message = told.fault.clone().unwrap_or_else(|| signalled(signal, stderr));
            (Status::Crash, None, Some(signal), message)
        }
        End::Exited(code) => exited(told, code, stderr),
    }
}

/// What Rust adds to its last words.
const BACKTRACE_NOTE: &str = "note: run with";

/// The signal, and the last words of whoever raised it.
fn signalled(signal: i32, stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    match text.lines().rfind(|line| !line.starts_with(BACKTRACE_NOTE)) {
        Some(words) => words.to_owned(),
        None => format!("ended by signal {signal}"),
    }
}

fn exited(told: &Told, code: i32, stderr: &[u8]) -> Ending {
    if let Some(fault) = &told.fault {
        return (Status::Crash, None, None, fault.clone());
    }
    if let Some(message) = &told.panic {
        return (Status::Panic, Some(1), None, message.clone());
    }
    let by_itself = told.ended.as_ref().map(|ended| ended.exit_code);
    match by_itself.unwrap_or(code) {
        0 => (Status::Ok, Some(0), None, String::new()),
        code if by_itself.is_none() => {
            (Status::Panic, Some(code), None, format!("the process exited with code {code}"))
        }
        code => (Status::Panic, Some(code), None, panic_message(stderr, code)),
    }
}

/// The message of a Rust panic as its default hook prints it: what follows the line `… panicked at PLACE:`.
fn panic_message(stderr: &[u8], code: i32) -> String {
    let text = String::from_utf8_lossy(stderr);
    let after = text.lines().skip_while(|line| !line.contains("panicked at ")).skip(1);
    let lines: Vec<&str> = after.take_while(|line| !line.starts_with(BACKTRACE_NOTE)).collect();
    if lines.is_empty() {
        return text.lines().last().map_or_else(|| format!("exit code {code}"), str::to_owned);
    }
    lines.join("\n").trim_end().to_owned()
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending_of(told: &Told, end: End, stderr: &str) -> Ending {
        let run = Run {
            id: 1,
            buffers: Vec::new(),
            wall_ms: 20,
            memory_bytes: 3 << 20,
            output_bytes: 4,
            coverage: false,
            comparisons: false,
            reads: false,
        };
        ending(&run, told, &end, stderr.as_bytes())
    }

    fn ending_by_signal(stderr: &str) -> String {
        let (status, exit_code, signal, message) = ending_of(&Told::default(), End::Signalled(6), stderr);
        assert_eq!((status, exit_code, signal), (Status::Crash, None, Some(6)));
        message
    }

    #[test]
    fn what_the_child_said_goes_before_how_it_ended() {
        let told = Told { unsupported: Some("a hook".to_owned()), full: true, ..Told::default() };
        assert_eq!(ending_of(&told, End::Overtime, "").0, Status::Unsupported);
        let told = Told { stream: vec![0; 5], ..Told::default() };
        assert_eq!(ending_of(&told, End::Overtime, "").0, Status::Limit);
        let told = Told { stream: vec![0; 4], panic: Some("boom".to_owned()), ..Told::default() };
        assert_eq!(ending_of(&told, End::Overmemory, "").0, Status::Oom);
        assert_eq!(ending_of(&told, End::Exited(1), ""), (Status::Panic, Some(1), None, "boom".to_owned()));
        let told =
            Told { fault: Some("broken".to_owned()), panic: Some("boom".to_owned()), ..Told::default() };
        assert_eq!(ending_of(&told, End::Exited(101), ""), (Status::Crash, None, None, "broken".to_owned()));
    }

    #[test]
    fn last_words_are_not_the_note_about_backtraces() {
        let stderr = "memory allocation of 9 bytes failed\nnote: run with `RUST_BACKTRACE=1` for more\n";
        assert!(ending_by_signal(stderr).ends_with("memory allocation of 9 bytes failed"));
        assert_eq!(ending_by_signal(""), "ended by signal 6");
    }

    #[test]
    fn panic_message_is_what_follows_the_place() {
        let stderr = "printed\nthread 'main' panicked at src/main.rs:1:2:\nfirst\nsecond\nnote: run with x\n";
        assert_eq!(panic_message(stderr.as_bytes(), 1), "first\nsecond");
        assert_eq!(panic_message(b"only this\n", 1), "only this");
        assert_eq!(panic_message(b"", 7), "exit code 7");
    }
}
