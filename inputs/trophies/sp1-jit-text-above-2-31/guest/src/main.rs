//! riscv: rvref, sp1-portable@6.8.0 | sp1@6.8.0: crash
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x010009ef  # jal s3, 0xffffffa8",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00101a17  # auipc s4, 0x101",
    ".word 0x4f0a0a13  # addi s4, s4, 1264",
    ".word 0x001a3023  # sd ra, 0(s4)",
    ".word 0x005a3423  # sd t0, 8(s4)",
    ".word 0x00aa3823  # sd a0, 16(s4)",
    ".word 0x00ba3c23  # sd a1, 24(s4)",
    ".word 0x02ca3023  # sd a2, 32(s4)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x000a0593  # addi a1, s4, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x008a3283  # ld t0, 8(s4)",
    ".word 0x010a3503  # ld a0, 16(s4)",
    ".word 0x018a3583  # ld a1, 24(s4)",
    ".word 0x020a3603  # ld a2, 32(s4)",
    ".word 0x00098067  # jalr zero, 0(s3)",
    ".section .program1, \"aw\"",
    ".zero 40",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
