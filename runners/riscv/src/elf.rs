//! ELF files: static executables for RISC-V, 32 or 64 bits wide, with program headers only.
//!
//! After the *System V ABI*, chapters 4 and 5, and the *RISC-V ELF psABI* (machine number).

use rvref::Xlen;

/// What goes into memory.
pub struct Load<'a> {
    /// The first address.
    pub address: u64,
    /// Bytes in memory; zeros follow those of the file.
    pub size: u64,
    /// Bytes in the file.
    pub bytes: &'a [u8],
    /// Flags of the segment: 4 to read, 2 to write, 1 to execute.
    pub flags: u32,
}

const ET_EXEC: u16 = 2;
const EM_RISCV: u16 = 243;
const PT_LOAD: u32 = 1;

/// The file, with segments in the order given.
pub fn write(xlen: Xlen, entry: u64, loads: &[Load]) -> Vec<u8> {
    let wide = xlen == Xlen::Rv64;
    let (header_size, entry_size): (u16, u16) = if wide { (64, 56) } else { (52, 32) };
    let mut offset = u64::from(header_size) + u64::from(entry_size) * loads.len() as u64;
    let bytes: usize = loads.iter().map(|load| load.bytes.len()).sum();
    let mut file = Writer { wide, bytes: Vec::with_capacity(offset as usize + bytes) };
    file.bytes.extend(b"\x7fELF");
    file.bytes.extend([if wide { 2 } else { 1 }, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.half(ET_EXEC);
    file.half(EM_RISCV);
    file.word(1);
    file.address(entry);
    file.address(header_size.into());
    file.address(0);
    file.word(0);
    for half in [header_size, entry_size, loads.len() as u16, 0, 0, 0] {
        file.half(half);
    }
    for load in loads {
        file.word(PT_LOAD);
        if wide {
            file.word(load.flags);
        }
        for address in [offset, load.address, load.address, load.bytes.len() as u64, load.size] {
            file.address(address);
        }
        if !wide {
            file.word(load.flags);
        }
        file.address(ALIGNMENT);
        offset += load.bytes.len() as u64;
    }
    loads.iter().for_each(|load| file.bytes.extend_from_slice(load.bytes));
    file.bytes
}

/// What the headers say of addresses and offsets; nothing is promised about pages.
const ALIGNMENT: u64 = 1;

struct Writer {
    wide: bool,
    bytes: Vec<u8>,
}

impl Writer {
    fn half(&mut self, half: u16) {
        self.bytes.extend(half.to_le_bytes());
    }

    fn word(&mut self, word: u32) {
        self.bytes.extend(word.to_le_bytes());
    }

    fn address(&mut self, address: u64) {
        let size = if self.wide { 8 } else { 4 };
        self.bytes.extend(&address.to_le_bytes()[..size]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rvref::Image;

    #[test]
    fn what_is_written_is_read() {
        for xlen in [Xlen::Rv32, Xlen::Rv64] {
            let loads = [
                Load { address: 0x1000, size: 4, bytes: &[1, 2, 3, 4], flags: 5 },
                Load { address: 0x2001, size: 9, bytes: &[5], flags: 6 },
            ];
            let file = write(xlen, 0x1000, &loads);
            let image = Image::parse(&file, xlen).unwrap();
            assert_eq!((image.entry, image.segments.len()), (0x1000, 2));
            for (segment, load) in image.segments.iter().zip(&loads) {
                assert_eq!(segment.range, load.address..load.address + load.size);
                assert_eq!(segment.bytes, load.bytes);
                assert_eq!((segment.read, segment.write), (true, load.flags & 2 != 0));
                assert_eq!(segment.execute, load.flags & 1 != 0);
            }
        }
    }
}
