//! riscv: rvref, sp1 | sp1-portable: crash at load is outside of what is allowed
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x00180717  # auipc a4, 0x180",
    ".word 0x00070713  # addi a4, a4, 0",
    ".word 0x02873283  # ld t0, 40(a4)",
    ".word 0x03073503  # ld a0, 48(a4)",
    ".word 0x03873583  # ld a1, 56(a4)",
    ".word 0x04073603  # ld a2, 64(a4)",
    ".word 0x00000073  # ecall",
    ".word 0x01000a6f  # jal s4, 0x7800002c",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180717  # auipc a4, 0x180",
    ".word 0xfd470713  # addi a4, a4, -44",
    ".word 0x00173023  # sd ra, 0(a4)",
    ".word 0x00573423  # sd t0, 8(a4)",
    ".word 0x00a73823  # sd a0, 16(a4)",
    ".word 0x00b73c23  # sd a1, 24(a4)",
    ".word 0x02c73023  # sd a2, 32(a4)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x00070593  # addi a1, a4, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x00873283  # ld t0, 8(a4)",
    ".word 0x01073503  # ld a0, 16(a4)",
    ".word 0x01873583  # ld a1, 24(a4)",
    ".word 0x02073603  # ld a2, 32(a4)",
    ".word 0x000a0067  # jalr zero, 0(s4)",
    ".section .program1, \"aw\"",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff",
    ".byte 0x01",
    ".zero 7",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
