//! riscv: rvref | sp1, sp1-portable: crash at misaligned jump
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x00007763  # bgeu zero, zero, 0x7800000e",
    ".word 0x01000b6f  # jal s6, 0x78000014",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180497  # auipc s1, 0x180",
    ".word 0xfec48493  # addi s1, s1, -20",
    ".word 0x0014b023  # sd ra, 0(s1)",
    ".word 0x0054b423  # sd t0, 8(s1)",
    ".word 0x00a4b823  # sd a0, 16(s1)",
    ".word 0x00b4bc23  # sd a1, 24(s1)",
    ".word 0x02c4b023  # sd a2, 32(s1)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x00048593  # addi a1, s1, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x0084b283  # ld t0, 8(s1)",
    ".word 0x0104b503  # ld a0, 16(s1)",
    ".word 0x0184b583  # ld a1, 24(s1)",
    ".word 0x0204b603  # ld a2, 32(s1)",
    ".word 0x000b0067  # jalr zero, 0(s6)",
    ".section .program1, \"aw\"",
    ".zero 40",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
