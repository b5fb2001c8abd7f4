//! Programs that end with exit code 0.

use super::builder::Builder;
use super::stretch::tune;
use super::swarm::Shape;
use super::sweep::Sweep;
use super::Origin;
use crate::ir::{Op, Program};
use crate::random::Random;

/// How deep branches and loops may be inside of each other.
const DEPTH: usize = 2;
/// Ops from one checkpoint to the next one, about.
const CHECKPOINT: u64 = 90;

/// One program out of so many has a text of a mebibyte.
const LONG: u64 = 4000;

/// A program. The error says why it is none.
pub(super) fn program(origin: &Origin, mut random: Random) -> Result<Program, String> {
    let long = random.chance(1, LONG);
    let mut builder = Builder::new(origin, random, long);
    let mut sweep = Sweep::new(&mut builder, turn(origin));
    sweep.first(&mut builder);
    builder.emit(Op::Checkpoint {});
    let long = long.then(|| builder.stretch());
    body(&mut builder);
    sweep.second(&mut builder);
    let mut program = builder.finish(origin);
    if let Some(long) = long {
        tune(&mut program, long)?;
    }
    Ok(program)
}

/// What sets one program apart from another: shapes of all kinds, with checkpoints between them.
fn body(builder: &mut Builder) {
    let length = length(&mut builder.random);
    let checkpoint = CHECKPOINT.max(length / 12);
    let end = builder.steps + length;
    let mut next =
        builder.steps + builder.random.between(checkpoint as i64 / 2, checkpoint as i64 * 3 / 2) as u64;
    // Of shapes that leave nothing behind there may be any number in a row, but not without an end.
    for _ in 0..10 * length {
        if builder.steps >= end {
            break;
        }
        if builder.steps >= next {
            builder.emit(Op::Checkpoint {});
            next =
                builder.steps + builder.random.between(checkpoint as i64 / 2, checkpoint as i64 * 2) as u64;
        }
        builder.shape(DEPTH);
    }
}

/// The program's number among all, counted from another one for each seed.
fn turn(origin: &Origin) -> u64 {
    u64::from(Random::new(&[origin.seed]).bits() as u32) + u64::from(origin.index as u32)
}

/// Steps that a program should take between the two halves of its sweep.
fn length(random: &mut Random) -> u64 {
    (match random.weighted(&[100, 850, 45, 5]) {
        0 => random.between(4, 20),
        1 => random.between(20, 90),
        2 => random.between(200, 1000),
        _ => random.between(1000, 8000),
    }) as u64
}

impl Builder {
    /// The next shape, with others inside down to a depth.
    pub fn shape(&mut self, depth: usize) {
        self.refresh();
        let shape = self.swarm.shape(&mut self.random);
        let deeper = depth.saturating_sub(1);
        match shape {
            Shape::Operands => self.operands(),
            Shape::Alias => self.alias(),
            Shape::Immediate => self.immediate(),
            Shape::Access => self.access(),
            Shape::Burst => self.burst(),
            Shape::Masked => self.masked(),
            Shape::Write => self.write(),
            Shape::Precompile => self.precompile(),
            Shape::Pair => self.pair(),
            Shape::Twins => self.twins(),
            Shape::Hint => self.hint(),
            Shape::If if depth > 0 => self.branch_over(deeper),
            Shape::IfElse if depth > 0 => self.branch_either(deeper),
            Shape::Jump if depth > 0 => self.jump_over(deeper),
            Shape::Switch if depth > 0 => self.switch(deeper),
            Shape::Call if depth > 0 => self.call(deeper),
            Shape::Loop if depth > 0 => self.repeat(deeper),
            Shape::Compare if depth > 0 => self.compare(deeper),
            Shape::Edge if depth > 0 => self.edge(),
            _ => self.plain(),
        }
    }
}
