//! riscv: rvref, sp1-portable@6.0.0 | sp1@6.0.0: output at jalr
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x00180e97  # auipc t4, 0x180",
    ".word 0x028ebe83  # ld t4, 40(t4)",
    ".word 0x000e8eb3  # add t4, t4, zero",
    ".word 0x000e8767  # jalr a4, 0(t4)",
    ".word 0x01000bef  # jal s7, 0x78000020",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180c97  # auipc s9, 0x180",
    ".word 0xfe0c8c93  # addi s9, s9, -32",
    ".word 0x00ecb023  # sd a4, 0(s9)",
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
    ".word 0x000b8067  # jalr zero, 0(s7)",
    ".section .program1, \"aw\"",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x11, 0x00, 0x00, 0x78",
    ".zero 4",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
