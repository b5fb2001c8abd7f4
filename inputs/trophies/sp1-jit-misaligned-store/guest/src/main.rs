//! riscv: rvref, sp1-portable | sp1: crash at misaligned store
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x7814b1b7  # lui gp, 0x7814b",
    ".word 0x85d1819b  # addiw gp, gp, -1955",
    ".word 0x00f1a023  # sw a5, 0(gp)",
    ".word 0x0100086f  # jal a6, 0x7800001c",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180097  # auipc ra, 0x180",
    ".word 0xfe408093  # addi ra, ra, -28",
    ".word 0x0020b023  # sd sp, 0(ra)",
    ".word 0x0050b423  # sd t0, 8(ra)",
    ".word 0x00a0b823  # sd a0, 16(ra)",
    ".word 0x00b0bc23  # sd a1, 24(ra)",
    ".word 0x02c0b023  # sd a2, 32(ra)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x00008593  # addi a1, ra, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x0080b283  # ld t0, 8(ra)",
    ".word 0x0100b503  # ld a0, 16(ra)",
    ".word 0x0180b583  # ld a1, 24(ra)",
    ".word 0x0200b603  # ld a2, 32(ra)",
    ".word 0x00080067  # jalr zero, 0(a6)",
    ".section .program1, \"aw\"",
    ".zero 40",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
