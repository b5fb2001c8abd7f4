//! The transcripts in `tests/golden/protocol/`, which the harness's tests read too.

use std::collections::BTreeSet;
use std::path::Path;

use runner_protocol::{
    read_frame, write_frame, Answer, Batch, BatchOutcome, Hello, Load, Loaded, Outcome, Request, Run,
};
use serde::Deserialize;
use serde_json::{json, Value};

#[derive(Deserialize)]
struct Entry {
    direction: String,
    kind: u8,
    frame: String,
    message: Value,
}

/// Every entry with the place where it stands, for messages.
fn transcripts() -> Vec<(String, Entry)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/protocol");
    let mut entries = Vec::new();
    for file in std::fs::read_dir(folder).expect("the transcripts are in the repository") {
        let path = file.unwrap().path();
        let parsed: Vec<Entry> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        entries
            .extend(parsed.into_iter().enumerate().map(|(at, entry)| (format!("{name} #{}", at + 1), entry)));
    }
    entries
}

fn parse_answer(kind: u8, body: &[u8]) -> Answer {
    match kind {
        1 => Answer::Hello(rmp_serde::from_slice::<Hello>(body).unwrap()),
        3 => Answer::Loaded(rmp_serde::from_slice::<Loaded>(body).unwrap()),
        5 => Answer::Outcome(rmp_serde::from_slice::<Outcome>(body).unwrap()),
        6 => Answer::Failure(rmp_serde::from_slice::<String>(body).unwrap()),
        8 => Answer::BatchOutcome(rmp_serde::from_slice::<BatchOutcome>(body).unwrap()),
        other => panic!("kind {other} is no answer"),
    }
}

fn shown_answer(answer: &Answer) -> Value {
    match answer {
        Answer::Hello(hello) => serde_json::to_value(hello).unwrap(),
        Answer::Loaded(loaded) => serde_json::to_value(loaded).unwrap(),
        Answer::Outcome(outcome) => {
            let mut shown = serde_json::to_value(outcome).unwrap();
            shown["stream"] = hex(&outcome.stream).into();
            shown["stdout"] = hex(&outcome.stdout).into();
            shown["stderr"] = hex(&outcome.stderr).into();
            if !outcome.coverage.is_empty() {
                shown["coverage"] = hex(&outcome.coverage).into();
            }
            if !outcome.reads.is_empty() {
                shown["reads"] = outcome.reads.iter().map(|read| hex(read)).collect();
            }
            shown
        }
        Answer::Failure(message) => message.as_str().into(),
        Answer::BatchOutcome(outcome) => {
            let mut shown = serde_json::to_value(outcome).unwrap();
            shown["outcomes"] = hex(&outcome.outcomes).into();
            shown["coverage"] = hex(&outcome.coverage).into();
            shown
        }
    }
}

fn shown_request(request: &Request) -> Value {
    match request {
        Request::Load(Load { program }) => json!({ "program": hex(program) }),
        Request::Run(Run {
            id,
            buffers,
            wall_ms,
            memory_bytes,
            output_bytes,
            coverage,
            comparisons,
            reads,
        }) => {
            let mut shown = json!({
                "id": id,
                "buffers": buffers.iter().map(|buffer| hex(buffer)).collect::<Vec<_>>(),
                "wall_ms": wall_ms,
                "memory_bytes": memory_bytes,
                "output_bytes": output_bytes,
            });
            if *coverage {
                shown["coverage"] = true.into();
            }
            if *comparisons {
                shown["comparisons"] = true.into();
            }
            if *reads {
                shown["reads"] = true.into();
            }
            shown
        }
        Request::Batch(Batch { id, programs, wall_ms, memory_bytes, output_bytes }) => json!({
            "id": id,
            "programs": programs.iter().map(|program| hex(program)).collect::<Vec<_>>(),
            "wall_ms": wall_ms,
            "memory_bytes": memory_bytes,
            "output_bytes": output_bytes,
        }),
    }
}

#[test]
fn requests_of_the_harness_are_understood() {
    let mut kinds = BTreeSet::new();
    for (place, entry) in transcripts().into_iter().filter(|(_, entry)| entry.direction == "to runner") {
        let (kind, body) = single_frame(&place, &entry);
        let request = Request::decode(kind, &body).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(shown_request(&request), entry.message, "{place}");
        kinds.insert(kind);
    }
    assert_eq!(kinds, BTreeSet::from([2, 4, 7]));
}

#[test]
fn answers_are_written_byte_for_byte() {
    let mut kinds = BTreeSet::new();
    let mut statuses = BTreeSet::new();
    for (place, entry) in transcripts().into_iter().filter(|(_, entry)| entry.direction == "to harness") {
        let (kind, body) = single_frame(&place, &entry);
        let answer = parse_answer(kind, &body);
        assert_eq!(shown_answer(&answer), entry.message, "{place}");
        let (kind, body) = answer.encode();
        let mut written = Vec::new();
        write_frame(&mut written, kind, &body).unwrap();
        assert_eq!(hex(&written), entry.frame, "{place}");
        kinds.insert(kind);
        if let Answer::Outcome(outcome) = answer {
            statuses.insert(format!("{:?}", outcome.status));
        }
    }
    assert_eq!(kinds, BTreeSet::from([1, 3, 5, 6, 8]));
    assert_eq!(statuses.len(), 7, "a transcript for each status: {statuses:?}");
}

#[test]
fn garbage_is_refused_with_a_line_for_people() {
    assert_eq!(Request::decode(9, &[]).unwrap_err(), "a request of unknown kind 9");
    let error = Request::decode(4, b"\xc1").unwrap_err();
    assert!(error.starts_with("a request of kind 4 does not parse: "), "{error}");
}

/// The only frame that an entry holds.
fn single_frame(place: &str, entry: &Entry) -> (u8, Vec<u8>) {
    let bytes = unhex(&entry.frame);
    let mut rest = bytes.as_slice();
    let (kind, body) = read_frame(&mut rest).unwrap().expect(place);
    assert!(rest.is_empty(), "{place}: bytes after the frame");
    assert_eq!(kind, entry.kind, "{place}");
    (kind, body)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}
