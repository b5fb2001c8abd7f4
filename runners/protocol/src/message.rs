//! The messages, field by field as `docs/protocol.md` lists them. Bodies are MessagePack maps.

use serde::{Deserialize, Serialize};

/// Version of the protocol; both sides must have the same.
pub const PROTOCOL: u32 = 1;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The program ended by itself with exit code 0.
    Ok,
    /// The program ended by itself and says it failed: a panic, or another exit code.
    Panic,
    /// A signal, or a fault of the executor, ended the program.
    Crash,
    /// The wall limit ended it.
    Timeout,
    /// The output limit ended it.
    Limit,
    /// The memory limit ended it.
    Oom,
    /// The program asked for something that this target does not offer.
    Unsupported,
}

/// The first frame of every runner: who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// Name of the target, such as `sp1`.
    pub name: String,
    /// Version of the zkVM behind it, such as `6.10.0`.
    pub vm_version: String,
    /// What this runner can do beyond `run`: `load` (takes a program), `cycles`, `commits` (knows boundaries),
    /// `programs` (takes batches), `coverage` (says what a run covered), `comparisons` (says what it compared),
    /// `reads` (says what it read).
    pub capabilities: Vec<String>,
    /// The fault planted on purpose, or an empty string.
    pub planted: String,
}

/// Load this program; a runner without the capability `load` has its program built in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// The ELF file.
    #[serde(with = "serde_bytes")]
    pub program: Vec<u8>,
}

/// The program is loaded and translated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// How long that took, in nanoseconds.
    pub elapsed_ns: u64,
}

/// Run one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Comes back in the outcome.
    pub id: u64,
    /// What the guest reads, a buffer for each read.
    pub buffers: Vec<serde_bytes::ByteBuf>,
    /// Wall limit in milliseconds.
    pub wall_ms: u64,
    /// Limit of the resident size in bytes.
    pub memory_bytes: u64,
    /// Limit of the committed bytes.
    pub output_bytes: u64,
    /// Whether to say what the run covered; for runners with the capability `coverage`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub coverage: bool,
    /// Whether to say what the run compared, in the place of what it covered; for runners with the capability
    /// `comparisons`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub comparisons: bool,
    /// Whether to say what the run read; for runners with the capability `reads`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads: bool,
}

/// What one run did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The request's id.
    pub id: u64,
    /// How it ended.
    pub status: Status,
    /// The program's exit code, where it ended by itself.
    pub exit_code: Option<i32>,
    /// The signal that ended the process.
    pub signal: Option<i32>,
    /// All committed bytes.
    #[serde(with = "serde_bytes")]
    pub stream: Vec<u8>,
    /// Offset in `stream` at which each commit ends; absent where boundaries are not known.
    pub commit_ends: Option<Vec<u64>>,
    /// Panic message, fault, or the limit that was reached.
    pub message: String,
    /// What the guest printed on standard output, cut at 64 KiB.
    #[serde(with = "serde_bytes")]
    pub stdout: Vec<u8>,
    /// What the guest printed on standard error, cut at 64 KiB.
    #[serde(with = "serde_bytes")]
    pub stderr: Vec<u8>,
    /// Instructions executed, where the target counts them.
    pub cycles: Option<u64>,
    /// Wall time of the run, in nanoseconds.
    pub elapsed_ns: u64,
    /// Largest resident size of the child, in bytes.
    pub peak_memory: Option<u64>,
    /// What the run covered or compared, in the target's own form; empty where that was not asked for or is not known.
    #[serde(default, with = "serde_bytes", skip_serializing_if = "Vec::is_empty")]
    pub coverage: Vec<u8>,
    /// What each read of the program was to be, each in the target's own form; empty where that was not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<serde_bytes::ByteBuf>,
}

/// Run whole programs, one after the other; a runner with the capability `programs` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Comes back in the outcome.
    pub id: u64,
    /// The ELF files.
    pub programs: Vec<serde_bytes::ByteBuf>,
    /// Wall limit of each of them in milliseconds, loading included.
    pub wall_ms: u64,
    /// Limit of the resident size in bytes.
    pub memory_bytes: u64,
    /// Limit of the committed bytes of each of them.
    pub output_bytes: u64,
}

/// What the programs of a batch did, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchOutcome {
    /// The request's id.
    pub id: u64,
    /// A MessagePack list of [`ProgramOutcome`] values, each a list of its fields: equal bytes are equal outcomes.
    #[serde(with = "serde_bytes")]
    pub outcomes: Vec<u8>,
    /// Instructions executed by each, where the target counts them and it ended by itself.
    pub cycles: Vec<Option<u64>>,
    /// What the programs covered of the target's coverage map; empty where it has none.
    #[serde(with = "serde_bytes")]
    pub coverage: Vec<u8>,
}

/// How one program of a batch ended; the fields are those of [`Outcome`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramOutcome {
    /// How it ended.
    pub status: Status,
    /// Its exit code, where it ended by itself.
    pub exit_code: Option<i32>,
    /// The signal that ended the process.
    pub signal: Option<i32>,
    /// All committed bytes.
    #[serde(with = "serde_bytes")]
    pub stream: Vec<u8>,
    /// The fault, or the limit that was reached; empty when all went well.
    pub message: String,
}

/// What the harness sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Frame kind 2.
    Load(Load),
    /// Frame kind 4.
    Run(Run),
    /// Frame kind 7.
    Batch(Batch),
}

/// What a runner sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Frame kind 1.
    Hello(Hello),
    /// Frame kind 3.
    Loaded(Loaded),
    /// Frame kind 5.
    Outcome(Outcome),
    /// Frame kind 6: the request cannot be served, and why. The runner goes on.
    Failure(String),
    /// Frame kind 8.
    BatchOutcome(BatchOutcome),
}

impl Request {
    /// Decode a frame's kind and body; an error is one line for people.
    pub fn decode(kind: u8, body: &[u8]) -> Result<Self, String> {
        let parsed = match kind {
            2 => rmp_serde::from_slice(body).map(Self::Load),
            4 => rmp_serde::from_slice(body).map(Self::Run),
            7 => rmp_serde::from_slice(body).map(Self::Batch),
            other => return Err(format!("a request of unknown kind {other}")),
        };
        parsed.map_err(|error| format!("a request of kind {kind} does not parse: {error}"))
    }
}

impl Answer {
    /// The frame's kind and body.
    pub fn encode(&self) -> (u8, Vec<u8>) {
        let (kind, body) = match self {
            Self::Hello(body) => (1, rmp_serde::to_vec_named(body)),
            Self::Loaded(body) => (3, rmp_serde::to_vec_named(body)),
            Self::Outcome(body) => (5, rmp_serde::to_vec_named(body)),
            Self::Failure(message) => (6, rmp_serde::to_vec_named(message)),
            Self::BatchOutcome(body) => (8, rmp_serde::to_vec_named(body)),
        };
        (kind, body.expect("plain data encodes"))
    }
}
