//! Running a program on the reference executor, for what generation wants to know of it.

use std::ops::ControlFlow;

use rvref::{Host, Machine, Observer, Profile, Retired, Stop, Xlen};

/// The reference executor's profile for programs of this width.
pub fn profile(xlen: Xlen) -> &'static Profile {
    match xlen {
        Xlen::Rv64 => &Profile::SP1,
        Xlen::Rv32 => &Profile::RV32,
    }
}

/// How a run ended, what it published, and how many instructions it took.
pub struct Ran {
    /// How it ended.
    pub stop: Stop,
    /// The public values.
    pub published: Vec<u8>,
    /// Instructions executed.
    pub steps: u64,
}

/// Run a program for at most `limit` steps. The error says why it does not load.
pub fn run<O: Observer>(elf: &[u8], xlen: Xlen, limit: u64, observer: &mut O) -> Result<Ran, String> {
    let mut machine = Machine::load(elf, profile(xlen))?;
    machine.step_limit = Some(limit);
    let mut published = Vec::new();
    let stop = machine.run(&mut Host::new(Vec::new(), &mut published), observer);
    Ok(Ran { stop, published, steps: machine.state().cpu.steps })
}

/// What registers held at some instructions, each time that they were executed.
///
/// It is told of results only and keeps registers of its own, which is right as long as syscalls change none.
pub struct Snapshots {
    text_base: u64,
    registers: [u64; 32],
    /// By instruction of the text: number of the snapshot and 1 more, 0 for none.
    wanted: Vec<u32>,
    /// What registers held, and a bit for each that always held it.
    taken: Vec<Snapshot>,
}

/// What registers held at an instruction.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// How often the instruction was executed.
    pub times: u32,
    /// The registers, when it was executed first.
    pub registers: [u64; 32],
    /// A bit for each register that held the same each time.
    pub constant: u32,
}

impl Snapshots {
    /// Look at the instructions at these addresses, of a text of so many words.
    pub fn at(text_base: u64, words: usize, addresses: impl Iterator<Item = u64>) -> Self {
        let mut wanted = vec![0; words];
        let mut taken = Vec::new();
        for address in addresses {
            taken.push(Snapshot { times: 0, registers: [0; 32], constant: u32::MAX });
            if let Some(place) = wanted.get_mut((address.wrapping_sub(text_base) / 4) as usize) {
                *place = taken.len() as u32;
            }
        }
        Self { text_base, registers: [0; 32], wanted, taken }
    }

    /// The snapshots, in the order of the addresses.
    pub fn taken(&self) -> &[Snapshot] {
        &self.taken
    }
}

impl Observer for Snapshots {
    const EACH: bool = true;

    fn retired(&mut self, retired: &Retired) -> ControlFlow<()> {
        let place = (retired.pc.wrapping_sub(self.text_base) / 4) as usize;
        if let Some(number @ 1..) = self.wanted.get(place).copied() {
            let snapshot = &mut self.taken[number as usize - 1];
            if snapshot.times == 0 {
                snapshot.registers = self.registers;
            }
            for (register, (first, now)) in snapshot.registers.iter().zip(&self.registers).enumerate() {
                snapshot.constant &= !(u32::from(first != now) << register);
            }
            snapshot.times += 1;
        }
        // Writes to x0 are told as ones to a register beyond the others.
        if let Some(register) = self.registers.get_mut(usize::from(retired.instruction.rd)) {
            *register = retired.result;
        }
        self.registers[0] = 0;
        ControlFlow::Continue(())
    }
}
