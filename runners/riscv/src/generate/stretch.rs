//! Jumps as far as a jump can go: over two pads of half a mebibyte each.
//!
//! There are two pads because the layout puts the tail of a long text between blocks in its middle. How long
//! they must be exactly is found out by laying the program out.

use super::builder::Builder;
use crate::ir::{JumpForm, Op, Program};
use crate::layout::{layout, Layout};

/// Instructions of a pad at first.
const PAD: u32 = (1 << 17) - 64;
/// Rounds after which the pads have their length.
const ROUNDS: usize = 4;
/// How far `jal` reaches backward, in bytes; forward it is one instruction less.
const REACH: i64 = 1 << 20;

/// A long jump of a program.
#[derive(Clone, Copy)]
pub struct Stretch {
    backward: bool,
    /// From the jump to its target, in bytes.
    distance: i64,
}

impl Builder {
    /// A jump whose target is as far away as can be, or one instruction farther or nearer.
    pub fn stretch(&mut self) -> Stretch {
        let backward = self.random.chance(1, 2);
        let edge = if backward { -REACH } else { REACH - 4 };
        let distance = edge + 4 * self.random.between(-1, 1);
        let rd = if self.random.chance(1, 2) { 0 } else { self.target() };
        let (back, over, end) = (self.label(), self.label(), self.label());
        let base = self.target();
        let jump = |to, form, rd| Op::Jump { rd, to, form, base, offset: 0, odd: 0, blend: None };
        if backward {
            self.emit(jump(over, JumpForm::Far, 0));
            self.bind(back);
            self.emit(jump(end, JumpForm::Far, 0));
        } else {
            self.emit(jump(over, JumpForm::Jal, rd));
        }
        for _ in 0..2 {
            self.bound();
            self.emit(Op::Pad { count: PAD });
        }
        self.bind(over);
        if backward {
            self.emit(jump(back, JumpForm::Jal, rd));
        }
        self.bind(end);
        Stretch { backward, distance }
    }
}

/// Make the pads as long as they must be. The error says why the program cannot be laid out.
pub fn tune(program: &mut Program, stretch: Stretch) -> Result<(), String> {
    let is_pad = |op: &Op| matches!(op, Op::Pad { count } if *count == PAD);
    let pads = program.blocks.iter().enumerate().filter(|(_, block)| block.ops.iter().any(is_pad));
    let pads: Vec<usize> = pads.map(|(place, _)| place).collect();
    let [first, second] = pads[..] else { return Err("a long jump without its pads".to_owned()) };
    for _ in 0..ROUNDS {
        let Some(actual) = distance(&layout(program)?, first - 1, second + 1, stretch.backward) else {
            return Err("a long jump without its ends".to_owned());
        };
        let missing = (stretch.distance.abs() - actual.abs()) / 4;
        if missing == 0 {
            break;
        }
        for op in &mut program.blocks[second].ops {
            if let Op::Pad { count } = op {
                *count = count.saturating_add_signed(missing as i32);
            }
        }
    }
    Ok(())
}

/// The distance between the last op before the pads and the first one behind them, from where the jump is.
fn distance(layout: &Layout, before: usize, behind: usize, backward: bool) -> Option<i64> {
    let before = layout.places.iter().rfind(|place| place.block as usize == before)?;
    let behind = layout.places.iter().find(|place| place.block as usize >= behind)?;
    let distance = behind.pc.wrapping_sub(before.pc) as i64;
    Some(if backward { -distance } else { distance })
}
