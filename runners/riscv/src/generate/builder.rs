//! A program while it is made: blocks, labels, and what is known of the place that has been reached.

use rvref::number::{A0, A1, A2, T0};
use rvref::Xlen;

use super::classes::{fit, Class};
use super::scene::Scene;
use super::state::State;
use super::swarm::{Shape, Swarm};
use super::Origin;
use crate::hex::Hex;
use crate::ir::{Block, Constant, Form, Frame, JumpForm, Op, Program, Publish, Window};
use crate::random::Random;

/// The label of the end.
pub const END: u32 = u32::MAX;
/// Loops may be this deep: two in the main part, one in functions.
pub const LEVELS: usize = 3;
/// How many functions a program may have.
const FUNCTIONS: usize = 3;
/// From the frame's address on: memory of the frame's room that nobody uses.
const NOTHING: u64 = 1 << 17;

/// Code that is called.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its first block.
    pub label: u32,
    /// The register with the way back; nothing but calls writes to it.
    pub link: u8,
    /// What it writes to.
    pub written: u64,
    /// Steps of one call.
    pub steps: u64,
}

/// A program while it is made.
pub struct Builder {
    /// Where everything comes from.
    pub random: Random,
    /// Width of the registers.
    pub xlen: Xlen,
    /// What the program is made of.
    pub swarm: Swarm,
    /// Its addresses.
    pub scene: Scene,
    /// What is known here.
    pub state: State,
    /// Registers that count, by depth of the loop; nothing else writes to them.
    pub counters: [u8; LEVELS],
    /// Depth of loops here.
    pub level: usize,
    /// How often this place is reached, if it is reached at all.
    pub times: u64,
    /// Whether it is reached, as far as is known.
    pub live: bool,
    /// Steps of the program so far, about.
    pub steps: u64,
    /// The same, if every place were reached.
    pub work: u64,
    /// Functions that are complete.
    pub functions: Vec<Function>,
    /// How many functions are being written.
    pub pending: usize,
    /// Their ways back, and those of the ones to come.
    pub links: Vec<u8>,
    /// Registers that ops may write to.
    general: Vec<u8>,
    /// Registers that ops may read: those, x0, counters and links.
    readable: Vec<u8>,
    frame: [u8; 2],
    initial: Vec<(u8, u64)>,
    /// The part that is being written.
    blocks: Vec<Block>,
    /// Complete parts that lie behind the main one.
    parts: Vec<Vec<Block>>,
    labels: u32,
    /// Instructions so far, about.
    written: u64,
}

impl Builder {
    /// An empty program with registers and addresses drawn.
    pub fn new(origin: &Origin, mut random: Random, long: bool) -> Self {
        let xlen = origin.xlen;
        let swarm = Swarm::new(&mut random, xlen);
        let hashes = xlen == Xlen::Rv64 && swarm.has(Shape::Precompile) && random.chance(1, 2);
        let scene = Scene::new(&mut random, xlen, hashes, long);
        // Syscalls take some registers; none of these is reserved.
        let mut general: Vec<u8> = (1..32).filter(|r| ![T0, A0, A1, A2].contains(r)).collect();
        let mut take = || general.swap_remove(random.below(general.len() as u64) as usize);
        let frame = [take(), take()];
        let counters = [take(), take(), take()];
        let functions = if swarm.has(Shape::Call) { FUNCTIONS } else { 0 };
        let links = (0..functions).map(|_| take()).collect::<Vec<_>>();
        general.extend([T0, A0, A1, A2]);
        let mut readable = [&general[..], &counters, &links, &[0]].concat();
        if !swarm.has(Shape::Loop) {
            general.extend(counters);
        }
        readable.sort_unstable();
        let mut state = State::new(&scene, xlen);
        let mut initial = Vec::new();
        for register in &general {
            if random.chance(5, 6) {
                let value = random.pick(&Class::ALL).value(&mut random, xlen);
                state.set(*register, value, true);
                initial.push((*register, value));
            }
        }
        state.fresh = 0;
        Self {
            random,
            xlen,
            swarm,
            scene,
            state,
            counters,
            level: 0,
            times: 1,
            live: true,
            steps: 0,
            work: 0,
            functions: Vec::new(),
            pending: 0,
            links,
            general,
            readable,
            frame,
            initial,
            blocks: vec![Block { id: 0, ops: Vec::new() }],
            parts: Vec::new(),
            labels: 1,
            written: 0,
        }
    }

    /// A label for a block that comes later.
    pub fn label(&mut self) -> u32 {
        self.labels += 1;
        self.labels - 1
    }

    /// Begin the block of a label.
    pub fn bind(&mut self, label: u32) {
        self.blocks.push(Block { id: label, ops: Vec::new() });
    }

    /// Begin a block and give it a label.
    pub fn bound(&mut self) -> u32 {
        let label = self.label();
        self.bind(label);
        label
    }

    /// Write an op.
    pub fn emit(&mut self, op: Op) {
        let size = size(&op, self.xlen);
        // Pads are there to be jumped over.
        let work = if matches!(op, Op::Pad { .. }) { 0 } else { size * self.times };
        self.work += work;
        self.steps += if self.live { work } else { 0 };
        self.state.track(&op, self.scene.text.wrapping_add(4 * self.written));
        self.written += size;
        if let Some(block) = self.blocks.last_mut() {
            block.ops.push(op);
        }
    }

    /// Write a part that lies elsewhere: begin it, and later go back with what this gave.
    pub fn elsewhere(&mut self) -> Vec<Block> {
        std::mem::take(&mut self.blocks)
    }

    /// The part is complete: go back to the one before.
    pub fn back(&mut self, before: Vec<Block>) {
        self.parts.push(std::mem::replace(&mut self.blocks, before));
    }

    /// A register to read: rather one that nobody has read, rather not one that is 0.
    pub fn source(&mut self) -> u8 {
        let fresh = self.random.chance(1, 2);
        let mut register = self.random.pick(&self.readable);
        for _ in 0..3 {
            let zero = self.state.x[usize::from(register)] == 0;
            if !zero && (!fresh || self.state.fresh >> register & 1 == 1) {
                break;
            }
            register = self.random.pick(&self.readable);
        }
        register
    }

    /// A register to write to: rather one whose value has been of use.
    pub fn target(&mut self) -> u8 {
        let mut register = self.random.pick(&self.general);
        for _ in 0..3 {
            if self.state.fresh >> register & 1 == 0 {
                break;
            }
            register = self.random.pick(&self.general);
        }
        register
    }

    /// The same, or x0.
    pub fn destination(&mut self) -> u8 {
        if self.random.chance(1, 24) {
            0
        } else {
            self.target()
        }
    }

    /// A register to write to, other than these.
    pub fn target_but(&mut self, others: &[u8]) -> u8 {
        loop {
            let register = self.target();
            if !others.contains(&register) {
                return register;
            }
        }
    }

    /// Whether ops may write to a register.
    pub fn is_general(&self, register: u8) -> bool {
        self.general.contains(&register)
    }

    /// A value in one of the forms.
    pub fn constant(&mut self, value: u64) -> Constant {
        let pool = self.random.chance(self.swarm.pool, 4);
        Constant { value: Hex(value), form: if pool { Form::Pool } else { Form::Build }, blend: None }
    }

    /// A register with a value of this class: one that has such a value, or one other than `keep` that gets it.
    pub fn with_class(&mut self, class: Class, keep: &[u8]) -> u8 {
        if let Some(register) = self.find(|builder, r| Class::of(builder.state.x[r], builder.xlen) == class) {
            return register;
        }
        let value = class.value(&mut self.random, self.xlen);
        self.set_some(value, keep)
    }

    /// A register with this value, in the same way.
    pub fn with_value(&mut self, value: u64, keep: &[u8]) -> u8 {
        let value = fit(value, self.xlen);
        match self.find(|builder, register| builder.state.x[register] == value) {
            Some(register) => register,
            None => self.set_some(value, keep),
        }
    }

    /// A register that can be read and is like this, if there is one.
    pub fn find(&mut self, like: impl Fn(&Self, usize) -> bool) -> Option<u8> {
        let count = self.readable.len();
        let first = self.random.below(count as u64) as usize;
        let all = self.readable[first..].iter().chain(&self.readable[..first]);
        all.copied().find(|register| like(self, usize::from(*register)))
    }

    fn set_some(&mut self, value: u64, keep: &[u8]) -> u8 {
        let rd = self.target_but(keep);
        let to = self.constant(value);
        self.emit(Op::Set { rd, to });
        rd
    }

    /// The program.
    pub fn finish(mut self, origin: &Origin) -> Program {
        if !self.parts.is_empty() {
            // Over the functions.
            let jump = JumpForm::Jal;
            self.emit(Op::Jump { rd: 0, to: END, form: jump, base: 0, offset: 0, odd: 0, blend: None });
        }
        let mut program = origin.empty();
        program.text_base = Hex(self.scene.text);
        program.frame = Frame { registers: self.frame, address: Hex(self.scene.frame) };
        program.registers = self.initial.iter().map(|(r, value)| (*r, Hex(*value))).collect();
        program.segments = self.scene.segments;
        program.segments.sort_by_key(|segment| segment.address);
        let mut blocks: Vec<Block> = self.blocks;
        blocks.extend(self.parts.into_iter().flatten());
        let mut ids = vec![END; self.labels as usize];
        for (place, block) in blocks.iter().enumerate() {
            ids[block.id as usize] = place as u32;
        }
        let id = |label: &mut u32| *label = ids.get(*label as usize).copied().unwrap_or(END);
        for block in &mut blocks {
            id(&mut block.id);
            block.ops.iter_mut().for_each(|op| match op {
                Op::Branch { to, .. } | Op::Jump { to, .. } | Op::LoopEnd { to, .. } => id(to),
                Op::Switch { to, .. } => to.iter_mut().for_each(id),
                _ => {}
            });
        }
        program.blocks = blocks;
        let registers = (1..32).filter(|register| !self.frame.contains(register)).collect();
        let windows = self.scene.areas.iter().filter(|area| area.writable);
        let mut windows: Vec<Window> =
            windows.map(|a| Window { address: Hex(a.address), size: a.bytes.len() as u64 }).collect();
        if self.random.chance(1, 16) {
            // The last thing that is published is a single zero.
            windows.push(Window { address: Hex(self.scene.frame + NOTHING), size: 1 });
        }
        program.publish = Publish { registers, windows };
        if self.random.chance(1, 8) {
            let any = self.random.bits() as i32;
            program.exit_code = self.random.pick(&[1, 2, 101, 255, 256, 257, i32::MAX, i32::MIN, -1, any]);
        }
        program
    }
}

/// How many instructions an op becomes, about.
fn size(op: &Op, xlen: Xlen) -> u64 {
    let constant = |constant: &Constant| match constant.form {
        Form::Pool => 3,
        Form::Build if constant.value.0 as i32 as u64 == constant.value.0 || xlen == Xlen::Rv32 => 2,
        Form::Build => 6,
    };
    match op {
        Op::Ins { .. } | Op::Branch { .. } | Op::Return { .. } | Op::Word { .. } | Op::Checkpoint {} => 1,
        Op::Set { to, .. } => constant(to),
        Op::Access { at, .. } => 1 + constant(at),
        Op::Masked { at, .. } => 3 + constant(at),
        Op::Jump { .. } | Op::LoopStart { .. } | Op::LoopEnd { .. } => 2,
        Op::Switch { .. } => 6,
        Op::Pad { count } => (*count).into(),
        Op::Write { .. } | Op::Precompile { .. } => 6,
        Op::HintLen {} => 3,
        Op::Hint { .. } => 14,
    }
}
