//! What a program is made of more often than others: random weights, drawn for each program.
//!
//! With the same weights for all, every program would be a little of everything, and what takes many equal
//! things in a row would never come.

use rvref::{Format, Op, Xlen};

use crate::encode::{available, is_word};
use crate::random::Random;

/// What a program does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An operation on two registers with operands of drawn classes.
    Operands,
    /// An operation on registers of a drawn alias pattern.
    Alias,
    /// An operation with an immediate of a drawn class.
    Immediate,
    /// An operation on whatever there is.
    Plain,
    /// An access.
    Access,
    /// Some accesses to the same place, of different widths.
    Burst,
    /// An access at a place that depends on a register.
    Masked,
    /// A branch over something.
    If,
    /// A branch to one of two ways that meet again.
    IfElse,
    /// A jump over something.
    Jump,
    /// A jump through a table.
    Switch,
    /// A call.
    Call,
    /// A loop.
    Loop,
    /// A compare whose result decides a branch.
    Compare,
    /// A branch or jump that is as far as it can be.
    Edge,
    /// A syscall that commits a part of a window.
    Write,
    /// A hash syscall.
    Precompile,
    /// Two instructions that have to do with each other.
    Pair,
    /// A store, and a load from the same place of another page.
    Twins,
    /// What there is to read, or a part of a window that is given out and read again.
    Hint,
}

/// The weight of a shape that only some programs have, since it makes them long.
const FROM_TIME_TO_TIME: u32 = 0;

/// Each shape with the weight around which that of a program is drawn.
const SHAPES: [(Shape, u32); 20] = [
    (Shape::Operands, 48),
    (Shape::Alias, 24),
    (Shape::Immediate, 32),
    (Shape::Plain, 16),
    (Shape::Access, 20),
    (Shape::Burst, 6),
    (Shape::Masked, 5),
    (Shape::If, 10),
    (Shape::IfElse, 4),
    (Shape::Jump, 7),
    (Shape::Switch, 2),
    (Shape::Call, 4),
    (Shape::Loop, 4),
    (Shape::Compare, 5),
    (Shape::Edge, FROM_TIME_TO_TIME),
    (Shape::Write, 2),
    (Shape::Precompile, 1),
    (Shape::Pair, 16),
    (Shape::Twins, 3),
    (Shape::Hint, 2),
];

/// The place of [`Shape::Edge`].
const EDGE: usize = 14;
const _: () = assert!(matches!(SHAPES[EDGE].0, Shape::Edge));

/// The weights of a program.
pub struct Swarm {
    /// Of each shape.
    shapes: Vec<u32>,
    /// Operations on two registers, those drawn more often several times.
    pub register: Vec<Op>,
    /// Operations with an immediate, in the same way.
    pub immediate: Vec<Op>,
    /// Whether a constant comes from the pool, out of 4.
    pub pool: u64,
}

/// Operations of a kind, of which a program may have more or fewer.
fn family(op: Op) -> usize {
    match op {
        Op::Div | Op::Divu | Op::Rem | Op::Remu | Op::Divw | Op::Divuw | Op::Remw | Op::Remuw => 0,
        Op::Mul | Op::Mulh | Op::Mulhsu | Op::Mulhu | Op::Mulw => 1,
        Op::Sll | Op::Srl | Op::Sra | Op::Slli | Op::Srli | Op::Srai => 2,
        Op::Slt | Op::Sltu | Op::Slti | Op::Sltiu => 3,
        _ if is_word(op) => 4,
        _ => 5,
    }
}

impl Swarm {
    /// Draw the weights of a program.
    pub fn new(random: &mut Random, xlen: Xlen) -> Self {
        let edges = random.chance(1, 24);
        // A third of the programs are of everything alike.
        let even = random.chance(1, 3);
        let mut factor = |usual: u32| if even { usual } else { usual * random.pick(&[0, 1, 2, 4, 12]) };
        let mut shapes: Vec<u32> = SHAPES.iter().map(|(_, weight)| factor(*weight)).collect();
        if edges {
            shapes[EDGE] = 1 + shapes.iter().sum::<u32>() / 32;
        }
        if shapes.iter().sum::<u32>() == 0 {
            shapes = SHAPES.iter().map(|(_, weight)| *weight).collect();
        }
        let families: [u32; 6] = std::array::from_fn(|_| factor(1).min(4));
        let mut kinds = [Vec::new(), Vec::new()];
        for op in Op::ALL.iter().copied().filter(|op| available(*op, xlen)) {
            let kind = match op.format() {
                Format::Register => 0,
                Format::Immediate | Format::Shift | Format::Upper => 1,
                _ => continue,
            };
            // No operation is ever left out: what is rare shall not become impossible.
            let times = 1 + 4 * families[family(op)] as usize;
            kinds[kind].extend(std::iter::repeat_n(op, times));
        }
        let [register, immediate] = kinds;
        Self { shapes, register, immediate, pool: random.below(5) }
    }

    /// Whether a shape can come at all.
    pub fn has(&self, shape: Shape) -> bool {
        SHAPES.iter().zip(&self.shapes).any(|((one, _), weight)| *one == shape && *weight > 0)
    }

    /// What comes next.
    pub fn shape(&self, random: &mut Random) -> Shape {
        SHAPES[random.weighted(&self.shapes)].0
    }
}
