//! The command line: the service for the harness, and commands for people.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Instant;

use rvref::Stop;

use crate::generate::{generate, Made, Origin};
use crate::listing::listing;
use crate::{prerun, service};

/// A program that runs longer than this is not waited for.
const MEASURED_STEPS: u64 = 10_000_000;

const USAGE: &str = "usage: riscv-generator --requests FD --answers FD
       riscv-generator elf GENERATOR XLEN SEED INDEX FILE
       riscv-generator show GENERATOR XLEN SEED INDEX
       riscv-generator json GENERATOR XLEN SEED INDEX
       riscv-generator measure GENERATOR XLEN SEED COUNT
GENERATOR is riscv, riscv-negative or riscv-naive; XLEN is 64 or 32";

/// Do what the arguments say. The error is for whoever gave them.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    match *arguments {
        ["--requests", requests, "--answers", answers] | ["--answers", answers, "--requests", requests] => {
            service::serve(number(requests)?, number(answers)?).map_err(|error| error.to_string())
        }
        ["elf", generator, xlen, seed, index, file] => {
            let made = made(generator, xlen, seed, index)?;
            std::fs::write(file, made.layout.elf).map_err(|error| format!("{file}: {error}"))
        }
        ["show", generator, xlen, seed, index] => {
            let made = made(generator, xlen, seed, index)?;
            print(listing(&made.program, &made.layout).as_bytes())
        }
        ["json", generator, xlen, seed, index] => {
            let made = made(generator, xlen, seed, index)?;
            print(&[&made.program.to_json()[..], b"\n"].concat())
        }
        ["measure", generator, xlen, seed, count] => {
            measure(generator, number(xlen)?, number(seed)?, number(count)?)
        }
        _ => Err(USAGE.to_owned()),
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text} is not a number that can stand here"))
}

fn made(generator: &str, xlen: &str, seed: &str, index: &str) -> Result<Made, String> {
    generate(&Origin::new(generator, number(xlen)?, number(seed)?, number(index)?)?)
}

/// Whoever has closed standard output does not want the rest.
fn print(bytes: &[u8]) -> Result<(), String> {
    drop(std::io::stdout().write_all(bytes));
    Ok(())
}

/// How often each kind of something was seen.
type Counts = BTreeMap<String, u64>;

/// Print how fast programs are made, how large they are, and why some were made anew.
fn measure(generator: &str, xlen: u32, seed: u64, count: u64) -> Result<(), String> {
    let (mut elfs, mut bytes, mut instructions) = (Vec::new(), 0, 0);
    let mut rejects = Counts::new();
    let started = Instant::now();
    for index in 0..count {
        let made = generate(&Origin::new(generator, xlen, seed, index)?)?;
        bytes += made.layout.elf.len() as u64;
        instructions += u64::from(made.layout.instructions);
        made.rejects.iter().for_each(|reject| *rejects.entry(words(reject)).or_default() += 1);
        elfs.push(made.layout.elf);
    }
    let elapsed = started.elapsed();
    let (steps, ends) = run_all(&elfs, xlen)?;
    let middle = |part: usize| steps.get(steps.len() * part / 100).copied().unwrap_or_default();
    let average = |sum: u64| sum / count.max(1);
    let mut text = format!(
        "{count} programs, {:.0} a second, {} bytes each\ninstructions without the frame: {} on average\n",
        count as f64 / elapsed.as_secs_f64(),
        average(bytes),
        average(instructions)
    );
    text += &format!(
        "executed: {} on average, {} at 10 %, {} at 50 %, {} at 90 %\n",
        average(steps.iter().sum()),
        middle(10),
        middle(50),
        middle(90)
    );
    for (title, counts) in [("made anew", rejects), ("ended", ends)] {
        text += &format!("{title}: {}\n", counts.values().sum::<u64>());
        text.extend(counts.iter().map(|(kind, times)| format!("{times:>8} {kind}\n")));
    }
    print(text.as_bytes())
}

/// Run programs on the reference executor: their steps, in ascending order, and how they ended.
fn run_all(elfs: &[Vec<u8>], xlen: u32) -> Result<(Vec<u64>, Counts), String> {
    let mut ends = Counts::new();
    let mut steps = Vec::new();
    for elf in elfs {
        let (kind, taken) = match prerun::run(elf, crate::xlen(xlen)?, MEASURED_STEPS, &mut ()) {
            Ok(ran) => (end(&ran.stop), ran.steps),
            Err(message) => (format!("refused: {}", words(&message)), 0),
        };
        *ends.entry(kind).or_default() += 1;
        steps.push(taken);
    }
    steps.sort_unstable();
    Ok((steps, ends))
}

/// The kind of a run's end.
fn end(stop: &Stop) -> String {
    match stop {
        Stop::Halted(code) => format!("exit code {code}"),
        other => words(&other.to_string()),
    }
}

/// A message without its numbers, so that equal kinds of it are equal.
fn words(message: &str) -> String {
    let words = message.split(' ').filter(|word| !word.starts_with("0x"));
    words.collect::<Vec<_>>().join(" ")
}
