//! The runner of the target `rvref`.
//!
//! Beside the protocol it has commands for people: `trace` prints what a program executes, `count` how often
//! it executed each operation, `loop` and `programs` measure, as those of the SP1 runner do, `bins` prints the
//! coverage map, `cover` what of it a program covers, and `faults` what can be planted.

mod commands;
mod measure;

use std::process::ExitCode;

use commands::{bins, count_operations, cover, faults, trace};
use runner_protocol::{serve, Options};
use rvref::Reference;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["loop", elf, count, ref inputs @ ..] => measure::cases(elf, count, inputs),
        ["programs", count, ref elfs @ ..] => measure::whole_programs(count, elfs),
        ["count", elf, ref inputs @ ..] => count_operations(elf, inputs),
        ["trace", elf, "--limit", limit, ref inputs @ ..] => trace(elf, Some(limit), inputs),
        ["trace", elf, ref inputs @ ..] => trace(elf, None, inputs),
        ["bins"] => bins(),
        ["faults"] => faults(),
        ["cover", elf, ref inputs @ ..] => cover(elf, inputs),
        _ => Options::parse(arguments.into_iter())
            .and_then(|options| serve(&mut Reference::new(), options).map_err(|error| error.to_string())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("rvref-runner: {message}");
            ExitCode::FAILURE
        }
    }
}
