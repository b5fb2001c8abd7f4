//! The runner of the target `rvref`.
//!
//! Beside the protocol it has commands for people: `trace` prints what a program executes, `count` how often
//! it executed each operation, and `loop` measures, as that of the SP1 runner does.

use std::io::{BufWriter, Write};
use std::process::ExitCode;
use std::time::Instant;

use runner_protocol::{serve, Options};
use rvref::{Hits, Host, Machine, Op, Output, Profile, Reference, Stream, Trace};

const PROFILE: &Profile = &Profile::SP1;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["loop", elf, count, ref inputs @ ..] => measure_loop(elf, count, inputs),
        ["count", elf, ref inputs @ ..] => count_operations(elf, inputs),
        ["trace", elf, "--limit", limit, ref inputs @ ..] => trace(elf, Some(limit), inputs),
        ["trace", elf, ref inputs @ ..] => trace(elf, None, inputs),
        _ => Options::parse(arguments.into_iter()).and_then(|options| {
            serve(&mut Reference::new(PROFILE), options).map_err(|error| error.to_string())
        }),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("rvref-runner: {message}");
            ExitCode::FAILURE
        }
    }
}

fn load(elf: &str, inputs: &[&str]) -> Result<(Machine, Vec<Vec<u8>>), String> {
    let read = |path: &str| std::fs::read(path).map_err(|error| format!("{path}: {error}"));
    let buffers = inputs.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let machine = Machine::load(&read(elf)?, PROFILE).map_err(|message| format!("{elf}: {message}"))?;
    Ok((machine, buffers))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

/// Run `count` times in this process, counting operations, and print cases and nanoseconds, without the time
/// to load the program.
fn measure_loop(elf: &str, count: &str, inputs: &[&str]) -> Result<(), String> {
    let count: u32 = number(count)?;
    let (loaded, buffers) = load(elf, inputs)?;
    let mut hits = Hits::new(loaded.text());
    let (mut committed, mut cycles) = (0, 0);
    let started = Instant::now();
    for _ in 0..count {
        let mut output = Vec::new();
        let mut machine = loaded.clone();
        machine.run(&mut Host::new(buffers.clone(), &mut output), &mut hits);
        committed += output.len();
        cycles += machine.cycles();
    }
    let elapsed = started.elapsed().as_nanos();
    println!(
        "{{\"cases\": {count}, \"elapsed_ns\": {elapsed}, \"committed\": {committed}, \"cycles\": {cycles}}}"
    );
    Ok(())
}

/// Print how often each operation was executed, the frequent ones first, and how the run ended.
fn count_operations(elf: &str, inputs: &[&str]) -> Result<(), String> {
    let (mut machine, buffers) = load(elf, inputs)?;
    let mut hits = Hits::new(machine.text());
    let stop = machine.run(&mut Host::new(buffers, &mut Console), &mut hits);
    let mut counts: Vec<(u64, &str)> =
        hits.by_op(machine.text()).into_iter().zip(Op::ALL.iter().map(|op| op.name())).collect();
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let lines: String = counts.iter().map(|(count, name)| format!("{count:>12} {name}\n")).collect();
    drop(std::io::stdout().write_all(format!("{lines}{stop}\n").as_bytes()));
    Ok(())
}

/// Print each instruction that is executed, and how the run ended. The program's own output is left out.
fn trace(elf: &str, limit: Option<&str>, inputs: &[&str]) -> Result<(), String> {
    let (mut machine, buffers) = load(elf, inputs)?;
    machine.step_limit = limit.map(number).transpose()?;
    let mut lines = BufWriter::new(std::io::stdout().lock());
    let mut observer = Trace::new(machine.text().clone(), &mut lines);
    let stop = machine.run(&mut Host::new(buffers, &mut Vec::new()), &mut observer);
    drop(writeln!(lines, "{stop}").and_then(|()| lines.flush()));
    Ok(())
}

/// Prints what the program prints on standard error, and loses commits.
struct Console;

impl Output for Console {
    fn commit(&mut self, _bytes: &[u8]) {}

    fn print(&mut self, _stream: Stream, bytes: &[u8]) {
        drop(std::io::stderr().write_all(bytes));
    }
}
