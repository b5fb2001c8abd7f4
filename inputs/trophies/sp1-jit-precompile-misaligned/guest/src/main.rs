//! riscv: rvref, sp1-portable | sp1: crash at KECCAK_PERMUTE: the address is not a multiple of 8
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x00180c17  # auipc s8, 0x180",
    ".word 0x000c0c13  # addi s8, s8, 0",
    ".word 0x028c3283  # ld t0, 40(s8)",
    ".word 0x030c3503  # ld a0, 48(s8)",
    ".word 0x00000073  # ecall",
    ".word 0x0100086f  # jal a6, 0x78000024",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180c17  # auipc s8, 0x180",
    ".word 0xfdcc0c13  # addi s8, s8, -36",
    ".word 0x001c3023  # sd ra, 0(s8)",
    ".word 0x005c3423  # sd t0, 8(s8)",
    ".word 0x00ac3823  # sd a0, 16(s8)",
    ".word 0x00bc3c23  # sd a1, 24(s8)",
    ".word 0x02cc3023  # sd a2, 32(s8)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x000c0593  # addi a1, s8, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x008c3283  # ld t0, 8(s8)",
    ".word 0x010c3503  # ld a0, 16(s8)",
    ".word 0x018c3583  # ld a1, 24(s8)",
    ".word 0x020c3603  # ld a2, 32(s8)",
    ".word 0x00080067  # jalr zero, 0(a6)",
    ".section .program1, \"aw\"",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x01",
    ".zero 7",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
