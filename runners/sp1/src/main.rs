//! The runner of the targets `sp1` (JIT) and `sp1-portable` (interpreter): one source, two builds.
//!
//! Beside the protocol it has two commands for measuring: `loop` is SP1's own in-process loop (reset, input,
//! run), `once` is one case in a process of its own.

#[cfg(not(feature = "portable"))]
mod fresh_memory;
mod machine;

use std::process::ExitCode;
use std::time::Instant;

use machine::Machine;
use runner_protocol::{serve, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["loop", elf, count, ref inputs @ ..] => measure_loop(elf, count, inputs),
        ["once", elf, ref inputs @ ..] => measure_loop(elf, "1", inputs),
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

/// Run `count` times in this process and print cases and nanoseconds, without the time to load the program.
fn measure_loop(elf: &str, count: &str, inputs: &[&str]) -> Result<(), String> {
    let read = |path: &str| std::fs::read(path).map_err(|error| format!("{path}: {error}"));
    let count: u32 = count.parse().map_err(|_| format!("{count} is not a number"))?;
    let buffers = inputs.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut machine = Machine::default();
    machine.load_elf(&read(elf)?)?;
    let mut committed = 0;
    let started = Instant::now();
    for _ in 0..count {
        committed += machine.reset_and_run(&buffers)?;
    }
    println!(
        "{{\"cases\": {count}, \"elapsed_ns\": {}, \"committed\": {committed}}}",
        started.elapsed().as_nanos()
    );
    Ok(())
}
