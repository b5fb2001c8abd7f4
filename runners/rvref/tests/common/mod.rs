//! A small assembler, ELF files of bare programs, and a machine to run them on.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::ops::ControlFlow;

use rvref::{Host, Machine, Observer, Profile, Retired, Stop, Xlen};

pub const TEXT: u64 = 0x7800_0000;
pub const DATA: u64 = 0x7810_0000;
pub const ECALL: u32 = 0x73;

pub const T0: u32 = 5;
pub const A0: u32 = 10;
pub const A1: u32 = 11;
pub const A2: u32 = 12;
pub const S2: u32 = 18;
pub const S3: u32 = 19;

// Encodings by format, written down from the tables of the manual and not from the decoder.

pub fn r(funct7: u32, funct3: u32, opcode: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

pub fn i(imm: i32, funct3: u32, opcode: u32, rd: u32, rs1: u32) -> u32 {
    (imm as u32 & 0xfff) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

pub fn s(imm: i32, funct3: u32, rs1: u32, rs2: u32) -> u32 {
    let imm = imm as u32;
    (imm >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (imm & 0x1f) << 7 | 0x23
}

pub fn b(imm: i32, funct3: u32, rs1: u32, rs2: u32) -> u32 {
    let imm = imm as u32;
    let high = (imm >> 12 & 1) << 6 | (imm >> 5 & 0x3f);
    let low = (imm >> 1 & 0xf) << 1 | (imm >> 11 & 1);
    high << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | low << 7 | 0x63
}

pub fn u(imm: u32, opcode: u32, rd: u32) -> u32 {
    imm << 12 | rd << 7 | opcode
}

pub fn j(imm: i32, rd: u32) -> u32 {
    let imm = imm as u32;
    let field = (imm >> 20 & 1) << 19 | (imm >> 1 & 0x3ff) << 9 | (imm >> 11 & 1) << 8 | (imm >> 12 & 0xff);
    field << 12 | rd << 7 | 0x6f
}

pub fn addi(rd: u32, rs1: u32, imm: i32) -> u32 {
    i(imm, 0, 0x13, rd, rs1)
}

pub fn jalr(rd: u32, rs1: u32, imm: i32) -> u32 {
    i(imm, 0, 0x67, rd, rs1)
}

/// Put any value into a register: eight times shift and add, in a form that fits both widths.
pub fn li(rd: u32, value: u64) -> Vec<u32> {
    let mut words = vec![addi(rd, 0, 0)];
    for byte in value.to_be_bytes() {
        words.push(i(8, 1, 0x13, rd, rd));
        words.push(i(byte.into(), 6, 0x13, rd, rd));
    }
    words
}

/// A syscall of SP1 with these arguments.
pub fn syscall(id: u64, arguments: &[u64]) -> Vec<u32> {
    let mut words = li(T0, id);
    for (register, argument) in (A0..).zip(arguments) {
        words.extend(li(register, *argument));
    }
    words.push(ECALL);
    words
}

pub fn halt(code: u64) -> Vec<u32> {
    syscall(0, &[code])
}

pub fn commit(address: u64, length: u64) -> Vec<u32> {
    syscall(2, &[13, address, length])
}

/// A segment for [`elf`]: flags, address, bytes, size in memory.
pub type Part<'a> = (u32, u64, &'a [u8], u64);

pub fn elf(xlen: Xlen, entry: u64, parts: &[Part]) -> Vec<u8> {
    let wide = xlen == Xlen::Rv64;
    let address = |value: u64| value.to_le_bytes()[..if wide { 8 } else { 4 }].to_vec();
    let (header, each) = if wide { (64, 56) } else { (52, 32) };
    let mut file = b"\x7fELF\x00\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0\x01\0\0\0".to_vec();
    file[4] = if wide { 2 } else { 1 };
    for value in [entry, header, 0] {
        file.extend(address(value));
    }
    file.extend([0; 4]);
    for value in [header as u16, each, parts.len() as u16, 0, 0, 0] {
        file.extend(value.to_le_bytes());
    }
    let mut offset = header + u64::from(each) * parts.len() as u64;
    for (flags, start, bytes, size) in parts {
        let flags = flags.to_le_bytes().to_vec();
        let numbers = [offset, *start, *start, bytes.len() as u64, *size, 4].map(address);
        let [at, virtual_address, physical, in_file, in_memory, align] = numbers;
        let kind = 1u32.to_le_bytes().to_vec();
        file.extend(if wide {
            [kind, flags, at, virtual_address, physical, in_file, in_memory, align].concat()
        } else {
            [kind, at, virtual_address, physical, in_file, in_memory, flags, align].concat()
        });
        offset += bytes.len() as u64;
    }
    parts.iter().for_each(|(_, _, bytes, _)| file.extend(*bytes));
    file
}

pub fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A program with its text at [`TEXT`] and 4 KiB of data at [`DATA`].
pub fn program(xlen: Xlen, text: &[u32], data: &[u8]) -> Vec<u8> {
    let text = bytes(text);
    elf(xlen, TEXT, &[(5, TEXT, &text, text.len() as u64), (6, DATA, data, 4096)])
}

/// SP1's profile for 32-bit programs, to test what depends on the width.
pub const NARROW: Profile = Profile { xlen: Xlen::Rv32, ..Profile::SP1 };

pub fn profile(xlen: Xlen) -> &'static Profile {
    match xlen {
        Xlen::Rv32 => const { &NARROW },
        Xlen::Rv64 => &Profile::SP1,
    }
}

pub fn load(xlen: Xlen, text: &[u32], data: &[u8]) -> Machine {
    Machine::load(&program(xlen, text, data), profile(xlen)).expect("the program loads")
}

/// How the program ends, and what it commits.
pub fn run_with(xlen: Xlen, text: &[u32], data: &[u8], buffers: &[&[u8]]) -> (Stop, Vec<u8>, u64) {
    let mut machine = load(xlen, text, data);
    let mut committed = Vec::new();
    let buffers = buffers.iter().map(|buffer| buffer.to_vec()).collect();
    let stop = machine.run(&mut Host::new(buffers, &mut committed), &mut ());
    (stop, committed, machine.cycles())
}

pub fn run(text: &[u32], data: &[u8]) -> (Stop, Vec<u8>) {
    let (stop, committed, _) = run_with(Xlen::Rv64, text, data, &[]);
    (stop, committed)
}

/// What a register holds when the program ends.
pub fn register_after(xlen: Xlen, text: &[u32], data: &[u8], register: u8) -> u64 {
    let mut machine = load(xlen, text, data);
    machine.run(&mut Host::new(Vec::new(), &mut Vec::new()), &mut ());
    machine.state().cpu.x.get(register)
}

/// Keeps everything that is retired.
#[derive(Default)]
pub struct Everything(pub Vec<Retired>);

impl Observer for Everything {
    const EACH: bool = true;

    fn retired(&mut self, retired: &Retired) -> ControlFlow<()> {
        self.0.push(*retired);
        ControlFlow::Continue(())
    }
}
