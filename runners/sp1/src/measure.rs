//! Commands for measuring the executors alone, without the protocol and without a process for each case.

use std::time::Instant;

use runner_protocol::Status;

use crate::machine::Machine;
use crate::programs;

/// Run a program `count` times in this process with these input files, by SP1's own way to start over, and print
/// cases and nanoseconds, without the time to load the program.
pub fn cases(elf: &str, count: &str, inputs: &[&str]) -> Result<(), String> {
    let count = number(count)?;
    let buffers = inputs.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let mut machine = Machine::default();
    machine.load_elf(&read(elf)?)?;
    let mut committed = 0;
    let started = Instant::now();
    for _ in 0..count {
        committed += machine.reset_and_run(&buffers)?;
    }
    let elapsed = started.elapsed().as_nanos();
    println!("{{\"cases\": {count}, \"elapsed_ns\": {elapsed}, \"committed\": {committed}}}");
    Ok(())
}

/// Parse, translate and run programs in turn in this process, `count` in all, and print programs, nanoseconds and
/// committed bytes; also how many did not end with exit code 0.
pub fn whole_programs(count: &str, elfs: &[&str]) -> Result<(), String> {
    let count = number(count)?;
    let elfs = elfs.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    if elfs.is_empty() {
        return Err("no program is given".to_owned());
    }
    programs::prepare();
    let (mut committed, mut failed) = (0, 0);
    let started = Instant::now();
    for elf in elfs.iter().cycle().take(count) {
        let ended = programs::run(elf).ended;
        committed += ended.stream.len();
        failed += usize::from(ended.status != Status::Ok);
    }
    let elapsed = started.elapsed().as_nanos();
    println!(
        "{{\"programs\": {count}, \"elapsed_ns\": {elapsed}, \"committed\": {committed}, \"failed\": {failed}}}"
    );
    Ok(())
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{path}: {error}"))
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}
