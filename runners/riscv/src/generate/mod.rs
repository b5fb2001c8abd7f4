//! Programs out of random numbers.
//!
//! Every byte of a program follows from its [`Origin`]. A program that should run to its end is run on the
//! reference executor before it is given out; one that does not is made anew from further random numbers, and
//! counted.

mod accesses;
mod adjacent;
mod arithmetic;
mod builder;
pub mod classes;
mod control;
mod entangle;
mod evaluate;
mod naive;
mod negative;
mod positive;
mod scene;
mod state;
mod stretch;
mod swarm;
mod sweep;

use rvref::{Stop, Xlen};

use crate::ir::{Program, VERSION};
use crate::layout::{layout as lay_out, Layout};
use crate::prerun;
use crate::random::Random;

/// After so many programs that were rejected, something is wrong with the generator.
const ATTEMPTS: u64 = 50;
/// More steps than any program is meant to take.
const STEP_LIMIT: u64 = 2_000_000;

/// A generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Programs that end with exit code 0 on every machine that keeps to the manual.
    Positive,
    /// Programs with something forbidden in them.
    Negative,
    /// Random instructions without knowledge of their operands, to measure the others against.
    Naive,
}

impl Kind {
    /// All generators.
    pub const ALL: [Kind; 3] = [Kind::Positive, Kind::Negative, Kind::Naive];

    /// The name that the harness uses.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Positive => "riscv",
            Kind::Negative => "riscv-negative",
            Kind::Naive => "riscv-naive",
        }
    }
}

/// What a program is made from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The generator.
    pub kind: Kind,
    /// Width of the registers.
    pub xlen: Xlen,
    /// The seed.
    pub seed: u64,
    /// Number of the program among those of this seed.
    pub index: u64,
}

impl Origin {
    /// An origin by the generator's name and the width in bits.
    pub fn new(generator: &str, bits: u32, seed: u64, index: u64) -> Result<Self, String> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == generator);
        let kind = kind.ok_or_else(|| format!("no generator is named {generator:?}"))?;
        Ok(Self { kind, xlen: crate::xlen(bits)?, seed, index })
    }

    fn random(&self, attempt: u64) -> Random {
        Random::new(&[self.kind as u64, crate::bits(self.xlen).into(), self.seed, self.index, attempt])
    }

    /// A program without content.
    fn empty(&self) -> Program {
        Program {
            version: VERSION,
            xlen: self.xlen,
            generator: self.kind.name().to_owned(),
            seed: self.seed,
            index: self.index,
            text_base: Default::default(),
            segments: Default::default(),
            registers: Default::default(),
            frame: Default::default(),
            blocks: Default::default(),
            publish: Default::default(),
            exit_code: 0,
        }
    }
}

/// A program that was made.
#[derive(Debug)]
pub struct Made {
    /// The program.
    pub program: Program,
    /// Its layout.
    pub layout: Layout,
    /// Why others were not taken before.
    pub rejects: Vec<String>,
}

/// Make a program. An error means that the generator is at fault.
pub fn generate(origin: &Origin) -> Result<Made, String> {
    let mut rejects = Vec::new();
    for attempt in 0..ATTEMPTS {
        match once(origin, attempt) {
            Ok((program, layout)) => return Ok(Made { program, layout, rejects }),
            Err(reason) => rejects.push(reason),
        }
    }
    Err(format!(
        "{origin:?}: {ATTEMPTS} programs were rejected, the last one because of {:?}",
        rejects.last()
    ))
}

fn once(origin: &Origin, attempt: u64) -> Result<(Program, Layout), String> {
    let random = origin.random(attempt);
    let mut program = match origin.kind {
        Kind::Positive => positive::program(origin, random)?,
        Kind::Negative => negative::program(origin, random),
        Kind::Naive => naive::program(origin, random),
    };
    let mut layout = lay_out(&program)?;
    if origin.kind == Kind::Positive {
        entangle::entangle(&mut program, &layout, STEP_LIMIT, &mut origin.random(attempt + ATTEMPTS))?;
        layout = lay_out(&program)?;
    }
    match prerun::run(&layout.elf, origin.xlen, STEP_LIMIT, &mut ()).map(|ran| ran.stop) {
        Ok(Stop::StepLimit(limit)) => Err(format!("more than {limit} instructions")),
        Ok(Stop::Halted(code)) if code == program.exit_code => Ok((program, layout)),
        _ if origin.kind == Kind::Negative => Ok((program, layout)),
        Ok(stop) => Err(stop.to_string()),
        Err(message) => Err(message),
    }
}
