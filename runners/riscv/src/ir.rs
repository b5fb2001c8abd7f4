//! Programs as what they are made of: operations in blocks, from which [`crate::layout()`] makes an ELF file.
//!
//! Nothing in a program says where an instruction lies. So any op and any block can be taken away and the rest
//! still is a program; whether it still runs to its end is for an executor to say. As JSON, a program is
//!
//! | field | meaning |
//! |---|---|
//! | `version` | of this format: 1 |
//! | `xlen` | width of the registers: 64 or 32 |
//! | `generator`, `seed`, `index` | where the program comes from; means nothing to the layout |
//! | `text_base` | address of the first instruction |
//! | `segments` | data segments: `address`, `size`, `file_size` (the rest is zeros), `writable`, `bytes` (in hexadecimal; zeros at the end may be left out) |
//! | `registers` | initial values by register number; one that is absent is 0 |
//! | `frame` | what the layout uses for itself: two `registers` that no op names, not x0, t0, a0, a1, a2; the `address` of its own segment: saved registers, initial values, and the pool of constants |
//! | `blocks` | in the order of their addresses: `id`, ascending, and `ops` |
//! | `exit_code` | what the program halts with at the end |
//! | `publish` | what a checkpoint and the end publish: `registers` by number, and `windows` of memory: `address`, `size` in bytes |
//!
//! Addresses and 64-bit values are text, `"0x..."`; other numbers are numbers. A field that is 0 or absent by
//! default is left out. `to` is the id of a block: that block or, where it is gone, the next one that is left, or
//! else the end, where everything is published and the program halts. An op is a map whose `op` says which:
//!
//! | `op` | fields | meaning |
//! |---|---|---|
//! | `ins` | `name`, `rd`, `rs1`, `rs2`, `imm` | this instruction; the immediate of `lui` and `auipc` is in bytes: a multiple of 4096 |
//! | `set` | `rd`, `to` (a constant) | rd := constant |
//! | `access` | `name`, `reg`, `base`, `offset`, `at` (a constant) | base := constant, then load or store `reg` at base + offset |
//! | `masked` | `name`, `reg`, `base`, `offset`, `at` (a constant), `index`, `mask` | base := constant + (index & mask), then load or store |
//! | `branch` | `name`, `rs1`, `rs2`, `to` | a branch; where it is out of reach, the opposite one over a jump |
//! | `jump` | `rd`, `to`, `form`: `jal`, `far` (auipc and jalr), `computed` (jalr to a pool word); for the last two `base`; for the last one `offset`, `odd` (1: bit 0 of the target is set), `blend` | a jump or, with rd, a call |
//! | `switch` | `rd`, `base`, `index`, `to` (a list of 1, 2, 4, ... 256 ids) | a jump to the block in the place index modulo the length; base is overwritten |
//! | `return` | `rd`, `link`, `offset` | jalr rd, offset(link) |
//! | `loop_start` | `counter`, `times` | counter := times |
//! | `loop_end` | `counter`, `to` | counter -= 1; back to `to` while it is above 0, so that it ends whatever the counter holds |
//! | `pad` | `count` | so many instructions without effect, to put distance between others |
//! | `checkpoint` | | publish; all registers keep their values, apart from those of the frame |
//! | `write` | `address`, `length` | syscall WRITE of these bytes to the public values; changes t0, a0, a1, a2 |
//! | `hint_len` | | syscall HINT_LEN; its result is in t0 |
//! | `hint` | `address`, `length`, `into` (an address, a multiple of 8) | WRITE of these bytes to the input, HINT_LEN, and HINT_READ of as many bytes as it says to `into`: whole words of 8 bytes, one more than are filled; changes t0, a0, a1, a2 |
//! | `precompile` | `name`: `sha_extend`, `sha_compress`, `keccak_permute`; `a0`, `a1` (addresses) | that syscall; changes t0, a0, a1 |
//! | `word` | `word` | this word, whatever it is |
//!
//! A constant is a map: `value`; `form`: `build` (made of immediates) or `pool` (loaded from a word of the pool);
//! and for the latter, where the value is to depend on computed data, `blend`: `via` (a register), `held` (what it
//! held when the program was made), `with` (`add`, `sub`, `xor`). The pool word is then such that with `held` in
//! `via` the value comes out. The instructions are as many with a blend as without.

use std::collections::BTreeMap;

use rvref::{Op as Opcode, Xlen};
use serde::{Deserialize, Serialize};

use crate::hex::{self, Hex};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// [`VERSION`].
    pub version: u32,
    /// Width of the registers.
    #[serde(with = "width")]
    pub xlen: Xlen,
    /// Name of the generator.
    #[serde(default)]
    pub generator: String,
    /// Seed that the generator was given.
    #[serde(default)]
    pub seed: u64,
    /// Number of the program among those of this seed.
    #[serde(default)]
    pub index: u64,
    /// Address of the first instruction.
    pub text_base: Hex,
    /// Data segments, in any order.
    #[serde(default)]
    pub segments: Vec<Segment>,
    /// Initial values of registers.
    #[serde(default)]
    pub registers: BTreeMap<u8, Hex>,
    /// What the layout uses for itself.
    pub frame: Frame,
    /// The instructions, in the order of their addresses.
    #[serde(default)]
    pub blocks: Vec<Block>,
    /// What is published.
    #[serde(default)]
    pub publish: Publish,
    /// What the program halts with at its end.
    #[serde(default, skip_serializing_if = "zero")]
    pub exit_code: i32,
}

/// A data segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Segment {
    /// Its first address.
    pub address: Hex,
    /// Bytes in memory.
    pub size: u64,
    /// Bytes in the file.
    pub file_size: u64,
    /// Whether its flags say that it may be written to.
    pub writable: bool,
    /// What it holds at first; zeros follow.
    #[serde(with = "hex::bytes")]
    pub bytes: Vec<u8>,
}

/// What the layout uses for itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Two registers that no op names.
    pub registers: [u8; 2],
    /// The address of its segment.
    pub address: Hex,
}

/// Ops that are executed one after the other. Jumps go to blocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// What `to` names; ascending.
    pub id: u32,
    /// Its ops.
    #[serde(default)]
    pub ops: Vec<Op>,
}

/// What a checkpoint and the end publish.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publish {
    /// Registers, by number.
    pub registers: Vec<u8>,
    /// Ranges of memory.
    pub windows: Vec<Window>,
}

/// A range of memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Its first address.
    pub address: Hex,
    /// Its size in bytes.
    pub size: u64,
}

/// A value, and how a register gets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// The value; of 32-bit registers the lowest 32 bits.
    pub value: Hex,
    /// How it is made.
    pub form: Form,
    /// What it depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blend: Option<Blend>,
}

/// How a constant is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Of immediates.
    Build,
    /// Loaded from the pool.
    Pool,
}

/// A live register that goes into a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blend {
    /// The register.
    pub via: u8,
    /// What it held when the program was made.
    pub held: Hex,
    /// How pool word and register make the value.
    pub with: With,
}

/// How a pool word and a register make a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum With {
    /// word + register
    Add,
    /// word - register
    Sub,
    /// word ^ register
    Xor,
}

/// How a jump gets to its target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JumpForm {
    /// jal
    #[default]
    Jal,
    /// auipc and jalr
    Far,
    /// A word of the pool and jalr
    Computed,
}

/// A hash syscall of SP1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hash {
    /// The message schedule of SHA-256 at a0: 64 words of 8 bytes.
    ShaExtend,
    /// The rounds of SHA-256: schedule at a0, state of 8 words of 8 bytes at a1.
    ShaCompress,
    /// Keccak-f\[1600\] at a0: 25 words of 8 bytes.
    KeccakPermute,
}

/// What a block is made of; see the table of the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the table of the module has all fields")]
pub enum Op {
    Ins {
        #[serde(with = "opcode")]
        name: Opcode,
        #[serde(default, skip_serializing_if = "zero")]
        rd: u8,
        #[serde(default, skip_serializing_if = "zero")]
        rs1: u8,
        #[serde(default, skip_serializing_if = "zero")]
        rs2: u8,
        #[serde(default, skip_serializing_if = "zero")]
        imm: i32,
    },
    Set {
        rd: u8,
        to: Constant,
    },
    Access {
        #[serde(with = "opcode")]
        name: Opcode,
        reg: u8,
        base: u8,
        #[serde(default, skip_serializing_if = "zero")]
        offset: i32,
        at: Constant,
    },
    Masked {
        #[serde(with = "opcode")]
        name: Opcode,
        reg: u8,
        base: u8,
        #[serde(default, skip_serializing_if = "zero")]
        offset: i32,
        at: Constant,
        index: u8,
        mask: i32,
    },
    Branch {
        #[serde(with = "opcode")]
        name: Opcode,
        rs1: u8,
        rs2: u8,
        to: u32,
    },
    Jump {
        #[serde(default, skip_serializing_if = "zero")]
        rd: u8,
        to: u32,
        #[serde(default)]
        form: JumpForm,
        #[serde(default, skip_serializing_if = "zero")]
        base: u8,
        #[serde(default, skip_serializing_if = "zero")]
        offset: i32,
        #[serde(default, skip_serializing_if = "zero")]
        odd: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blend: Option<Blend>,
    },
    Switch {
        #[serde(default, skip_serializing_if = "zero")]
        rd: u8,
        base: u8,
        index: u8,
        to: Vec<u32>,
    },
    Return {
        #[serde(default, skip_serializing_if = "zero")]
        rd: u8,
        link: u8,
        #[serde(default, skip_serializing_if = "zero")]
        offset: i32,
    },
    LoopStart {
        counter: u8,
        times: u32,
    },
    LoopEnd {
        counter: u8,
        to: u32,
    },
    Pad {
        count: u32,
    },
    Checkpoint {},
    Write {
        address: Hex,
        length: u64,
    },
    HintLen {},
    Hint {
        address: Hex,
        length: u64,
        into: Hex,
    },
    Precompile {
        name: Hash,
        a0: Hex,
        #[serde(default)]
        a1: Hex,
    },
    Word {
        word: u32,
    },
}

fn zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

impl Program {
    /// Read a program. The error is one line for people.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let program: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if program.version != VERSION {
            return Err(format!("a program of version {}, not {VERSION}", program.version));
        }
        Ok(program)
    }

    /// As compact JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain data encodes")
    }
}

/// An opcode by its name in assembly language.
mod opcode {
    use super::*;
    use serde::{de::Error, Deserializer, Serializer};
    use std::borrow::Cow;

    pub fn serialize<S: Serializer>(op: &Opcode, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(op.name())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Opcode, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        let op = Opcode::ALL.iter().find(|op| op.name() == name && **op != Opcode::Illegal);
        op.copied().ok_or_else(|| D::Error::custom(format_args!("no instruction is named {name:?}")))
    }
}

/// The width of registers as a number of bits.
mod width {
    use super::*;
    use serde::{de::Error, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(xlen: &Xlen, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(crate::bits(*xlen))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Xlen, D::Error> {
        crate::xlen(u32::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
