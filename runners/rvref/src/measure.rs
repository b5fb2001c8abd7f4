//! Commands for measuring the executor alone, without the protocol and without a process for each case.

use std::time::Instant;

use rvref::{Hits, Host, Machine, Profile, Stop};

use crate::commands::{load, number, read};

/// Run `count` times in this process, counting operations, and print cases and nanoseconds, without the time
/// to load the program.
pub fn cases(elf: &str, count: &str, inputs: &[&str]) -> Result<(), String> {
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

/// Parse, decode and run programs in turn in this process, `count` in all, and print programs, nanoseconds,
/// committed bytes and instructions; also how many did not end with exit code 0.
pub fn whole_programs(count: &str, elfs: &[&str]) -> Result<(), String> {
    let count: usize = number(count)?;
    let elfs = elfs.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    if elfs.is_empty() {
        return Err("no program is given".to_owned());
    }
    let (mut committed, mut cycles, mut failed) = (0, 0, 0);
    let started = Instant::now();
    for elf in elfs.iter().cycle().take(count) {
        let mut output = Vec::new();
        let mut machine = Machine::load(elf, Profile::of(elf))?;
        let stop = machine.run(&mut Host::new(Vec::new(), &mut output), &mut ());
        committed += output.len();
        cycles += machine.cycles();
        failed += usize::from(stop != Stop::Halted(0));
    }
    let elapsed = started.elapsed().as_nanos();
    println!(
        "{{\"programs\": {count}, \"elapsed_ns\": {elapsed}, \"committed\": {committed}, \"cycles\": {cycles}, \"failed\": {failed}}}"
    );
    Ok(())
}
