//! The runner of the targets `sp1` (JIT) and `sp1-portable` (interpreter): one source, two builds for each release.
//!
//! Beside the protocol it has commands for measuring: `loop ELF COUNT INPUT...` is SP1's own in-process loop (reset,
//! input, run), `once ELF INPUT...` is one case in a process of its own, `programs COUNT ELF...` parses, translates
//! and runs whole programs in turn.

#[cfg(feature = "portable")]
mod arena;
mod executor;
#[cfg(not(feature = "portable"))]
mod fresh_memory;
mod machine;
mod measure;
mod programs;

use std::process::ExitCode;

use machine::Machine;
use runner_protocol::{serve, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["loop", elf, count, ref inputs @ ..] => measure::cases(elf, count, inputs),
        ["once", elf, ref inputs @ ..] => measure::cases(elf, "1", inputs),
        ["programs", count, ref elfs @ ..] => measure::whole_programs(count, elfs),
        _ => Options::parse(arguments.into_iter())
            .and_then(|options| serve(&mut Machine::default(), options).map_err(|error| error.to_string())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("sp1-runner: {message}");
            ExitCode::FAILURE
        }
    }
}
