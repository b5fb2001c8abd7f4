//! What the guest reads: each read with the form of its type, for a harness that asks for it.
//!
//! A type is traced in a process of its own, so that one whose deserialization panics, hangs or goes on for ever
//! costs nothing but its form. Runs that are not asked look at one flag for each read.

mod access;
mod forms;
mod tracer;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use runner_protocol::Journal;
use serde::de::DeserializeOwned;
use serde::Serialize;

use forms::{Form, Format};

/// Reads of one run that are told.
const MOST_READS: usize = 64;
/// Bytes of the description of one type; a larger one is not told.
const LARGEST: usize = 64 << 10;
/// Bytes of a type's name where it is told alone.
const LONGEST_NAME: usize = 200;
/// Seconds that a type may take.
const TRACE_S: u32 = 2;

static WANTED: AtomicBool = AtomicBool::new(false);
static STATE: Mutex<Option<State>> = Mutex::new(None);

struct State {
    journal: Journal,
    told: usize,
    /// The next buffer is that of a typed read.
    typed: bool,
    /// By the function that traces a type: the read that told it.
    known: HashMap<usize, usize>,
}

/// One read, as a MessagePack map.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Read<'a> {
    /// A buffer as it is.
    Raw,
    /// A typed value of a form, spelled as serde-reflection spells it.
    Typed { name: &'a str, format: Format, registry: BTreeMap<String, Form> },
    /// A typed value whose form could not be found out.
    Opaque { name: &'a str, why: &'a str },
    /// The same type as that of an earlier read of this run.
    Same { read: usize },
}

/// Tell what this process reads.
pub(crate) fn tell(journal: Journal) {
    *state() = Some(State { journal, told: 0, typed: false, known: HashMap::new() });
    WANTED.store(true, Ordering::Relaxed);
}

fn state() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The guest is about to read a value of this type.
#[inline]
pub(crate) fn typed<T: DeserializeOwned>() {
    if WANTED.load(Ordering::Relaxed) {
        tell_type(std::any::type_name::<T>(), tracer::trace::<T>);
    }
}

/// The guest takes a buffer: that of a typed read, or a raw one.
#[inline]
pub(crate) fn taken() {
    if WANTED.load(Ordering::Relaxed) {
        if let Some(state) = &mut *state() {
            if !std::mem::take(&mut state.typed) {
                state.tell(&Read::Raw);
            }
        }
    }
}

fn tell_type(name: &str, trace: fn() -> Result<tracer::Traced, String>) {
    let mut state = state();
    let Some(state) = &mut *state else { return };
    state.typed = true;
    let read = state.told;
    match *state.known.entry(trace as usize).or_insert(read) {
        known if known < read => state.tell(&Read::Same { read: known }),
        _ => match in_a_process_of_its_own(|| state.journal.read(&described(name, trace))) {
            true => state.one_more(),
            false => state.tell(&Read::Opaque { name, why: "its deserialization panics or has no end" }),
        },
    }
}

fn described(name: &str, trace: fn() -> Result<tracer::Traced, String>) -> Vec<u8> {
    let encoded = match trace() {
        Ok(traced) => encode(&Read::Typed { name, format: traced.format, registry: traced.registry }),
        Err(why) => encode(&Read::Opaque { name, why: &why }),
    };
    match encoded.len() {
        0..=LARGEST => encoded,
        _ => encode(&Read::Opaque {
            name: name.get(..LONGEST_NAME).unwrap_or(name),
            why: "its form is too large",
        }),
    }
}

fn encode(read: &Read) -> Vec<u8> {
    rmp_serde::to_vec_named(read).expect("plain data encodes")
}

impl State {
    /// Tell a read; after one that has no room, nothing is told: what is told has no gaps.
    fn tell(&mut self, read: &Read) {
        match self.journal.read(&encode(read)) {
            true => self.one_more(),
            false => WANTED.store(false, Ordering::Relaxed),
        }
    }

    fn one_more(&mut self) {
        self.told += 1;
        if self.told == MOST_READS {
            WANTED.store(false, Ordering::Relaxed);
        }
    }
}

/// Whether `body` has come to its end in a fork of this process, and succeeded.
fn in_a_process_of_its_own(body: impl FnOnce() -> bool) -> bool {
    unsafe {
        let pid = libc::fork();
        if pid == 0 {
            libc::alarm(TRACE_S);
            // Not the hook of the run: nothing of this is the guest's doing.
            std::panic::set_hook(Box::new(|_| libc::_exit(1)));
            libc::_exit(i32::from(!body()));
        }
        let mut status = 0;
        while pid > 0 && libc::waitpid(pid, &mut status, 0) < 0 {
            if std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted {
                return false;
            }
        }
        pid > 0 && libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
    }
}

#[cfg(test)]
mod tests;
