//! riscv: rvref, sp1-portable@6.2.0 | sp1@6.2.0: output at auipc
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x80000217  # auipc tp, 0x80000",
    ".word 0x010001ef  # jal gp, 0x78000014",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180817  # auipc a6, 0x180",
    ".word 0xfec80813  # addi a6, a6, -20",
    ".word 0x00483023  # sd tp, 0(a6)",
    ".word 0x00583423  # sd t0, 8(a6)",
    ".word 0x00a83823  # sd a0, 16(a6)",
    ".word 0x00b83c23  # sd a1, 24(a6)",
    ".word 0x02c83023  # sd a2, 32(a6)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x00080593  # addi a1, a6, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x00883283  # ld t0, 8(a6)",
    ".word 0x01083503  # ld a0, 16(a6)",
    ".word 0x01883583  # ld a1, 24(a6)",
    ".word 0x02083603  # ld a2, 32(a6)",
    ".word 0x00018067  # jalr zero, 0(gp)",
    ".section .program1, \"aw\"",
    ".zero 40",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
