//! riscv: rvref, sp1-portable | sp1: crash at store is outside of what is allowed
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0xfff00b13  # addi s6, zero, -1",
    ".word 0x03fb1b13  # slli s6, s6, 63",
    ".word 0xcffb0b13  # addi s6, s6, -769",
    ".word 0x310b00a3  # sb a6, 769(s6)",
    ".word 0x01000cef  # jal s9, 0x78000020",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180997  # auipc s3, 0x180",
    ".word 0xfe098993  # addi s3, s3, -32",
    ".word 0x0019b023  # sd ra, 0(s3)",
    ".word 0x0059b423  # sd t0, 8(s3)",
    ".word 0x00a9b823  # sd a0, 16(s3)",
    ".word 0x00b9bc23  # sd a1, 24(s3)",
    ".word 0x02c9b023  # sd a2, 32(s3)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x00098593  # addi a1, s3, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x0089b283  # ld t0, 8(s3)",
    ".word 0x0109b503  # ld a0, 16(s3)",
    ".word 0x0189b583  # ld a1, 24(s3)",
    ".word 0x0209b603  # ld a2, 32(s3)",
    ".word 0x000c8067  # jalr zero, 0(s9)",
    ".section .program1, \"aw\"",
    ".zero 40",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
