//! A loaded program and its state.

use std::fmt;
use std::rc::Rc;

use crate::elf::Image;
use crate::memory::{Memory, Region};
use crate::profile::Profile;
use crate::registers::Registers;
use crate::text::Text;
use crate::trap::Trap;

/// Registers and counters.
#[derive(Clone, Debug)]
pub struct Cpu {
    /// The integer registers.
    pub x: Registers,
    /// Address of the next instruction.
    pub pc: u64,
    /// Instructions executed, in undone blocks too, and with one that could not be.
    pub steps: u64,
    /// Of them, those that do not count as cycles: they were undone.
    pub undone: u64,
}

/// Everything that a program changes.
#[derive(Clone)]
pub struct State {
    /// Registers and counters.
    pub cpu: Cpu,
    /// Memory.
    pub memory: Memory,
    /// Inside a block whose effects will be undone: the registers to go back to.
    pub(crate) before_block: Option<Cpu>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// By itself, with an exit code.
    Halted(i32),
    /// By what the program did at `pc`.
    Fault {
        /// What it did.
        trap: Trap,
        /// The address of the instruction.
        pc: u64,
    },
    /// By the step limit.
    StepLimit(u64),
    /// By the observer.
    Observer,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Stop::Halted(code) => write!(f, "exit code {code}"),
            Stop::Fault { trap, pc } => write!(f, "{trap} at pc {pc:#x}"),
            Stop::StepLimit(limit) => write!(f, "more than {limit} instructions"),
            Stop::Observer => f.write_str("ended by the observer"),
        }
    }
}

/// A program on the machine of a profile. A clone runs on its own.
#[derive(Clone)]
pub struct Machine {
    pub(crate) profile: &'static Profile,
    pub(crate) text: Rc<Text>,
    pub(crate) state: State,
    /// The largest number of instructions; at first that of the profile.
    pub step_limit: Option<u64>,
    #[cfg(feature = "faults")]
    pub(crate) fault: Option<&'static crate::faults::Fault>,
}

impl Machine {
    /// Load an ELF file. The error is one line for people.
    pub fn load(elf: &[u8], profile: &'static Profile) -> Result<Self, String> {
        Self::with_image(&Image::parse(elf, profile.xlen)?, profile)
    }

    /// Load what an ELF file puts into memory. The error is one line for people.
    pub fn with_image(image: &Image, profile: &'static Profile) -> Result<Self, String> {
        check_segments(image, profile)?;
        let text = Rc::new(Text::new(image, profile)?);
        let mut memory = Memory::new(regions(image, profile), profile.alignment);
        image.segments.iter().for_each(|segment| memory.place(segment.range.start, segment.bytes));
        let cpu = Cpu { x: Registers::new(), pc: image.entry, steps: 0, undone: 0 };
        let state = State { cpu, memory, before_block: None };
        Ok(Self {
            profile,
            text,
            state,
            step_limit: profile.step_limit,
            #[cfg(feature = "faults")]
            fault: None,
        })
    }

    /// From now on the machine has this fault.
    #[cfg(feature = "faults")]
    pub fn plant(&mut self, fault: &'static crate::faults::Fault) {
        self.fault = Some(fault);
    }

    /// The decoded program.
    pub fn text(&self) -> &Rc<Text> {
        &self.text
    }

    /// The present state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Instructions executed so far, without those in undone blocks: the zkVM's count.
    pub fn cycles(&self) -> u64 {
        self.state.cpu.steps - self.state.cpu.undone
    }
}

fn check_segments(image: &Image, profile: &Profile) -> Result<(), String> {
    for segment in &image.segments {
        let start = segment.range.start;
        let problem = if start < profile.image.start || segment.range.end > profile.image.end {
            "is out of the program's memory"
        } else if start % profile.segment_alignment != 0 {
            "is misaligned"
        } else if !segment.read {
            "is not readable"
        } else if segment.write && segment.execute && !profile.writable_text {
            "is both writable and executable"
        } else {
            continue;
        };
        return Err(format!("the segment at {start:#x} {problem}"));
    }
    Ok(())
}

/// The profile's memory, in which segments may have permissions of their own.
fn regions(image: &Image, profile: &Profile) -> Vec<Region> {
    if !profile.protected_segments {
        return profile.memory.to_vec();
    }
    let mut regions: Vec<Region> = image
        .segments
        .iter()
        .map(|s| Region { range: s.range.clone(), read: s.read, write: s.write })
        .collect();
    for region in profile.memory {
        let mut start = region.range.start;
        for segment in &image.segments {
            let gap = start..segment.range.start.min(region.range.end);
            if !gap.is_empty() {
                regions.push(Region { range: gap, ..region.clone() });
            }
            start = start.max(segment.range.end);
        }
        if start < region.range.end {
            regions.push(Region { range: start..region.range.end, ..region.clone() });
        }
    }
    regions.sort_by_key(|region| region.range.start);
    regions
}
