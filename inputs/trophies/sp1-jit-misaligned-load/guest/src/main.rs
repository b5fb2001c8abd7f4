//! riscv: rvref, sp1-portable | sp1: crash at misaligned load
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x083789b7  # lui s3, 0x8378",
    ".word 0x1499899b  # addiw s3, s3, 329",
    ".word 0x00c99993  # slli s3, s3, 12",
    ".word 0x20f98993  # addi s3, s3, 527",
    ".word 0x0009db83  # lhu s7, 0(s3)",
    ".word 0x01000a6f  # jal s4, 0x78000024",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180c97  # auipc s9, 0x180",
    ".word 0xfdcc8c93  # addi s9, s9, -36",
    ".word 0x001cb023  # sd ra, 0(s9)",
    ".word 0x005cb423  # sd t0, 8(s9)",
    ".word 0x00acb823  # sd a0, 16(s9)",
    ".word 0x00bcbc23  # sd a1, 24(s9)",
    ".word 0x02ccb023  # sd a2, 32(s9)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x000c8593  # addi a1, s9, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x008cb283  # ld t0, 8(s9)",
    ".word 0x010cb503  # ld a0, 16(s9)",
    ".word 0x018cb583  # ld a1, 24(s9)",
    ".word 0x020cb603  # ld a2, 32(s9)",
    ".word 0x000a0067  # jalr zero, 0(s4)",
    ".section .program1, \"aw\"",
    ".zero 40",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
