//! ELF files of programs: static executables for RISC-V, 32 or 64 bits wide. Strict, and safe for any bytes.
//!
//! After the *System V ABI, chapter 4 and 5* (headers, program headers) and the *RISC-V ELF psABI* (machine
//! number and flags). Sections and symbols are not looked at.

use std::ops::Range;

use crate::isa::Xlen;

const ET_EXEC: u64 = 2;
const EM_RISCV: u64 = 243;
const PT_LOAD: u64 = 1;
const PT_DYNAMIC: u64 = 2;
const PT_INTERP: u64 = 3;
const PF_X: u64 = 1;
const PF_W: u64 = 2;
const PF_R: u64 = 4;
/// Flags of the psABI that change what the text means: compressed instructions, the float ABI, RV32E.
const FOREIGN_FLAGS: u64 = 0x1 | 0x6 | 0x8;

/// What an ELF file puts into memory.
#[derive(Debug)]
pub struct Image<'a> {
    /// Address of the first instruction.
    pub entry: u64,
    /// In ascending order, without overlap, none of them empty.
    pub segments: Vec<Segment<'a>>,
}

/// A part of the memory image; it ends with zeros where `bytes` is shorter than `range`.
#[derive(Debug)]
pub struct Segment<'a> {
    /// Its addresses.
    pub range: Range<u64>,
    /// What the file has of it.
    pub bytes: &'a [u8],
    /// Flag R.
    pub read: bool,
    /// Flag W.
    pub write: bool,
    /// Flag X.
    pub execute: bool,
}

impl<'a> Image<'a> {
    /// Read an ELF file. The error is one line for people.
    pub fn parse(file: &'a [u8], xlen: Xlen) -> Result<Self, String> {
        let reader = Reader { file, wide: xlen == Xlen::Rv64 };
        reader.check_header()?;
        let entry = reader.address(0x18, 0x18)?;
        let headers = reader.address(0x1c, 0x20)?;
        let (size, count) = (reader.half(0x2a, 0x36)?, reader.half(0x2c, 0x38)?);
        if count > 0 && size != reader.header_size() {
            return Err(format!("the ELF file has program headers of {size} bytes"));
        }
        let mut segments = Vec::<Segment>::new();
        for number in 0..count {
            let header = headers.checked_add(number * size).ok_or("the program headers are out of range")?;
            let Some(segment) = reader.segment(header)? else { continue };
            if segments.last().is_some_and(|last| last.range.end > segment.range.start) {
                let at = segment.range.start;
                return Err(format!("the segment at {at:#x} overlaps another one or is out of order"));
            }
            segments.push(segment);
        }
        let image = Self { entry, segments };
        if !image.segments.iter().any(|segment| segment.execute && segment.range.contains(&entry)) {
            return Err(format!("the program has no entry: {entry:#x} is not in an executable segment"));
        }
        Ok(image)
    }
}

/// Numbers out of a file, little-endian. Offsets come in pairs: for 32 and for 64 bits.
struct Reader<'a> {
    file: &'a [u8],
    wide: bool,
}

impl<'a> Reader<'a> {
    fn bytes(&self, offset: u64, size: u64) -> Result<&'a [u8], String> {
        let bytes = usize::try_from(offset).ok().and_then(|at| self.file.get(at..)?.get(..size as usize));
        bytes.ok_or_else(|| format!("the ELF file is truncated: it has {} bytes", self.file.len()))
    }

    fn number(&self, offset: u64, size: u64) -> Result<u64, String> {
        let bytes = self.bytes(offset, size)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn half(&self, narrow: u64, wide: u64) -> Result<u64, String> {
        self.number(if self.wide { wide } else { narrow }, 2)
    }

    fn word(&self, narrow: u64, wide: u64) -> Result<u64, String> {
        self.number(if self.wide { wide } else { narrow }, 4)
    }

    fn address(&self, narrow: u64, wide: u64) -> Result<u64, String> {
        if self.wide {
            self.number(wide, 8)
        } else {
            self.number(narrow, 4)
        }
    }

    fn header_size(&self) -> u64 {
        if self.wide {
            56
        } else {
            32
        }
    }

    fn check_header(&self) -> Result<(), String> {
        if !self.file.starts_with(b"\x7fELF") {
            return Err("this is not an ELF file".to_owned());
        }
        let [class, data, version] = [self.number(4, 1)?, self.number(5, 1)?, self.number(6, 1)?];
        let (wanted, bits) = if self.wide { (2, 64) } else { (1, 32) };
        if class != wanted {
            return Err(format!("the ELF file is not one of {bits} bits"));
        }
        if data != 1 || version != 1 {
            return Err("the ELF file is not little-endian of version 1".to_owned());
        }
        let (kind, machine) = (self.half(0x10, 0x10)?, self.half(0x12, 0x12)?);
        if machine != EM_RISCV {
            return Err(format!("the ELF file is for machine {machine}, not for RISC-V ({EM_RISCV})"));
        }
        if kind != ET_EXEC {
            return Err(format!("the ELF file has type {kind}, not that of a static executable ({ET_EXEC})"));
        }
        let flags = self.word(0x24, 0x30)?;
        if flags & FOREIGN_FLAGS != 0 {
            return Err(format!("the ELF file has flags {flags:#x}: it wants more than RV32IM or RV64IM"));
        }
        Ok(())
    }

    /// The segment that the program header at `at` describes, if it is one to load.
    fn segment(&self, at: u64) -> Result<Option<Segment<'a>>, String> {
        self.bytes(at, self.header_size())?;
        match self.number(at, 4)? {
            PT_LOAD => {}
            PT_DYNAMIC | PT_INTERP => return Err("the program wants a dynamic linker".to_owned()),
            _ => return Ok(None),
        }
        let flags = self.word(at + 24, at + 4)?;
        let (offset, start) = (self.address(at + 4, at + 8)?, self.address(at + 8, at + 16)?);
        let (in_file, in_memory) = (self.address(at + 16, at + 32)?, self.address(at + 20, at + 40)?);
        if in_file > in_memory {
            return Err(format!("the segment at {start:#x} has more bytes in the file than in memory"));
        }
        let top = if self.wide { u64::MAX } else { 1 << 32 };
        let end = start.checked_add(in_memory).filter(|end| *end <= top);
        let end = end.ok_or_else(|| format!("the segment at {start:#x} has an absurd size"))?;
        let bytes = self.bytes(offset, in_file)?;
        let [read, write, execute] = [PF_R, PF_W, PF_X].map(|flag| flags & flag != 0);
        Ok((in_memory > 0).then_some(Segment { range: start..end, bytes, read, write, execute }))
    }
}
