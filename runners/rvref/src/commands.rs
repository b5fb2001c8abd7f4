//! What the runner offers to people: each command prints to standard output.

use std::io::{BufWriter, Write};

use rvref::{Coverage, Hits, Host, Image, Machine, Op, Output, Profile, Stream, Trace};

/// The bytes of a file.
pub fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{path}: {error}"))
}

fn read_all(paths: &[&str]) -> Result<Vec<Vec<u8>>, String> {
    paths.iter().map(|path| read(path)).collect()
}

/// A program, ready to run, and the buffers of its input.
pub fn load(elf: &str, inputs: &[&str]) -> Result<(Machine, Vec<Vec<u8>>), String> {
    let (program, buffers) = (read(elf)?, read_all(inputs)?);
    let machine =
        Machine::load(&program, Profile::of(&program)).map_err(|message| format!("{elf}: {message}"))?;
    Ok((machine, buffers))
}

/// The number that a word is.
pub fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

/// Print how often each operation was executed, the frequent ones first, and how the run ended.
pub fn count_operations(elf: &str, inputs: &[&str]) -> Result<(), String> {
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
pub fn trace(elf: &str, limit: Option<&str>, inputs: &[&str]) -> Result<(), String> {
    let (mut machine, buffers) = load(elf, inputs)?;
    machine.step_limit = limit.map(number).transpose()?;
    let mut lines = BufWriter::new(std::io::stdout().lock());
    let mut observer = Trace::new(machine.text().clone(), &mut lines);
    let stop = machine.run(&mut Host::new(buffers, &mut Vec::new()), &mut observer);
    drop(writeln!(lines, "{stop}").and_then(|()| lines.flush()));
    Ok(())
}

/// Print the numbering of the coverage bins as JSON.
pub fn bins() -> Result<(), String> {
    print(&format!("{}\n", Coverage::map().to_json()))
}

/// Print the bins that a run covers and their counts, as a JSON list of pairs.
pub fn cover(elf: &str, inputs: &[&str]) -> Result<(), String> {
    let (program, buffers) = (read(elf)?, read_all(inputs)?);
    let profile = Profile::of(&program);
    let loaded = Image::parse(&program, profile.xlen)
        .and_then(|image| Machine::with_image(&image, profile).map(|machine| (image, machine)));
    let (image, mut machine) = loaded.map_err(|message| format!("{elf}: {message}"))?;
    let mut coverage = Coverage::new();
    let mut watch = coverage.watch(&image, &machine);
    let stop = machine.run(&mut Host::new(buffers, &mut Vec::new()), &mut watch);
    watch.ended(&stop, &machine);
    let pairs: Vec<String> = coverage.covered().map(|(bin, count)| format!("[{bin},{count}]")).collect();
    print(&format!("[{}]\n", pairs.join(",")))
}

/// Print the faults that `--plant` takes, as JSON; a build without the feature `faults` has none of them.
pub fn faults() -> Result<(), String> {
    let mut lines: Vec<String> = Vec::new();
    #[cfg(feature = "faults")]
    lines.extend(rvref::faults::all().map(|fault| {
        let (name, group, description) = (fault.name, fault.group, fault.description);
        format!("{{\"name\":\"{name}\",\"group\":\"{group}\",\"description\":\"{description}\"}}")
    }));
    lines.sort();
    print(&format!("[{}]\n", lines.join(",\n")))
}

/// Someone who closes the pipe has read enough.
fn print(text: &str) -> Result<(), String> {
    drop(std::io::stdout().write_all(text.as_bytes()));
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
