//! The requests of the harness: frames as in `docs/protocol.md`, of kinds of their own.
//!
//! | kind | name | body |
//! |---|---|---|
//! | 1 | hello | as that of a runner, with the name `riscv` |
//! | 20 | generate | `id`, `generator`, `xlen`, `seed`, `first`, `count` |
//! | 21 | generated | `id`, `programs`: ELF files |
//! | 22 | describe | `id`, `generator`, `xlen`, `seed`, `index` |
//! | 23 | described | `id`, `program`: JSON |
//! | 24 | layout | `id`, `programs`: JSON; `listing`: false leaves listings out |
//! | 25 | laid out | `id`, `layouts` |
//! | 6 | failure | the oldest unanswered request cannot be served: the reason, as a string |

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

use runner_protocol::{read_frame, write_frame, Answer, Hello, PROTOCOL};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::generate::{generate, Origin};
use crate::ir::Program;
use crate::layout::{layout, Layout};
use crate::listing::listing;

/// Answers gather up to this size while requests are waiting.
const SEND_AT: usize = 256 << 10;
/// The most programs that one request may ask for.
const MAX_COUNT: u32 = 1 << 16;

#[derive(Deserialize)]
struct Generate {
    id: u64,
    generator: String,
    xlen: u32,
    seed: u64,
    first: u64,
    count: u32,
}

#[derive(Serialize)]
struct Generated {
    id: u64,
    programs: Vec<ByteBuf>,
}

#[derive(Deserialize)]
struct Describe {
    id: u64,
    generator: String,
    xlen: u32,
    seed: u64,
    index: u64,
}

#[derive(Serialize)]
struct Described {
    id: u64,
    program: ByteBuf,
}

#[derive(Deserialize)]
struct LayOut {
    id: u64,
    programs: Vec<ByteBuf>,
    #[serde(default = "yes")]
    listing: bool,
}

fn yes() -> bool {
    true
}

#[derive(Serialize)]
struct LaidOut {
    id: u64,
    layouts: Vec<OneLayout>,
}

/// A layout, or why there is none.
#[derive(Default, Serialize)]
struct OneLayout {
    elf: ByteBuf,
    error: String,
    text_base: u64,
    dump: u64,
    instructions: u32,
    /// Block and op by their places in the lists, address, number of instructions.
    places: Vec<(u32, u32, u64, u32)>,
    listing: String,
}

/// Answer requests until their stream ends. An error means that the other side does not keep the protocol.
pub fn serve(requests: RawFd, answers: RawFd) -> io::Result<()> {
    // The harness has opened these for this process, and nobody else here has them.
    let mut requests = BufReader::with_capacity(64 << 10, unsafe { File::from_raw_fd(requests) });
    let mut answers = unsafe { File::from_raw_fd(answers) };
    let hello = Answer::Hello(Hello {
        protocol: PROTOCOL,
        name: "riscv".to_owned(),
        vm_version: env!("CARGO_PKG_VERSION").to_owned(),
        capabilities: Vec::new(),
        planted: String::new(),
    });
    let mut pending = Vec::new();
    let (kind, body) = hello.encode();
    write_frame(&mut pending, kind, &body)?;
    loop {
        let about_to_wait = requests.buffer().is_empty() && !readable(requests.get_ref().as_raw_fd());
        if about_to_wait || pending.len() >= SEND_AT {
            answers.write_all(&pending)?;
            pending.clear();
        }
        let Some((kind, body)) = read_frame(&mut requests)? else { break };
        let (kind, body) = answer(kind, &body).unwrap_or_else(|message| Answer::Failure(message).encode());
        write_frame(&mut pending, kind, &body)?;
    }
    answers.write_all(&pending)
}

fn readable(fd: RawFd) -> bool {
    let mut fds = [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }];
    unsafe { libc::poll(fds.as_mut_ptr(), 1, 0) > 0 }
}

/// The answer to a request: its kind and body. The error is one line for people.
pub fn answer(kind: u8, body: &[u8]) -> Result<(u8, Vec<u8>), String> {
    match kind {
        20 => generate_many(&parse(kind, body)?).map(|answer| (21, encode(&answer))),
        22 => describe(&parse(kind, body)?).map(|answer| (23, encode(&answer))),
        24 => Ok((25, encode(&lay_out(&parse(kind, body)?)))),
        other => Err(format!("a request of unknown kind {other}")),
    }
}

fn parse<T: DeserializeOwned>(kind: u8, body: &[u8]) -> Result<T, String> {
    rmp_serde::from_slice(body).map_err(|error| format!("a request of kind {kind} does not parse: {error}"))
}

fn encode<T: Serialize>(answer: &T) -> Vec<u8> {
    rmp_serde::to_vec_named(answer).expect("plain data encodes")
}

fn generate_many(request: &Generate) -> Result<Generated, String> {
    let Generate { id, ref generator, xlen, seed, first, count } = *request;
    if count > MAX_COUNT {
        return Err(format!("{count} programs at once; the most is {MAX_COUNT}"));
    }
    let one = |number: u32| {
        let origin = Origin::new(generator, xlen, seed, first.wrapping_add(number.into()))?;
        Ok(ByteBuf::from(generate(&origin)?.layout.elf))
    };
    Ok(Generated { id, programs: (0..count).map(one).collect::<Result<_, String>>()? })
}

fn describe(request: &Describe) -> Result<Described, String> {
    let Describe { id, ref generator, xlen, seed, index } = *request;
    let made = generate(&Origin::new(generator, xlen, seed, index)?)?;
    Ok(Described { id, program: ByteBuf::from(made.program.to_json()) })
}

fn lay_out(request: &LayOut) -> LaidOut {
    let one = |json: &ByteBuf| match parse_and_lay_out(json) {
        Ok((program, layout)) => {
            let listing = if request.listing { listing(&program, &layout) } else { String::new() };
            let Layout { elf, text_base, dump, instructions, places, .. } = layout;
            let places = places.iter().map(|place| (place.block, place.op, place.pc, place.count)).collect();
            let (elf, error) = (ByteBuf::from(elf), String::new());
            OneLayout { elf, error, text_base, dump, instructions, places, listing }
        }
        Err(error) => OneLayout { error, ..OneLayout::default() },
    };
    LaidOut { id: request.id, layouts: request.programs.iter().map(one).collect() }
}

fn parse_and_lay_out(json: &[u8]) -> Result<(Program, Layout), String> {
    let program = Program::from_json(json)?;
    let layout = layout(&program)?;
    Ok((program, layout))
}
