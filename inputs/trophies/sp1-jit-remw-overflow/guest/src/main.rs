//! riscv: rvref, sp1-portable@6.2.0 | sp1@6.2.0: output at remw
//!
//! Built by `cargo prove build`. It publishes registers through WRITE and ends with HALT; `program.txt`
//! beside this crate explains it line by line.
#![no_std]
#![no_main]

core::arch::global_asm!(
    ".section .program0, \"ax\"",
    ".globl _start",
    "_start:",
    ".word 0x00180217  # auipc tp, 0x180",
    ".word 0x00020213  # addi tp, tp, 0",
    ".word 0x02823783  # ld a5, 40(tp)",
    ".word 0x03023a03  # ld s4, 48(tp)",
    ".word 0x0347edbb  # remw s11, a5, s4",
    ".word 0x0100086f  # jal a6, 0x78000024",
    ".word 0x00000293  # addi t0, zero, 0",
    ".word 0x00000513  # addi a0, zero, 0",
    ".word 0x00000073  # ecall",
    ".word 0x00180217  # auipc tp, 0x180",
    ".word 0xfdc20213  # addi tp, tp, -36",
    ".word 0x01b23023  # sd s11, 0(tp)",
    ".word 0x00523423  # sd t0, 8(tp)",
    ".word 0x00a23823  # sd a0, 16(tp)",
    ".word 0x00b23c23  # sd a1, 24(tp)",
    ".word 0x02c23023  # sd a2, 32(tp)",
    ".word 0x00200293  # addi t0, zero, 2",
    ".word 0x00d00513  # addi a0, zero, 13",
    ".word 0x00020593  # addi a1, tp, 0",
    ".word 0x00800613  # addi a2, zero, 8",
    ".word 0x00000073  # ecall",
    ".word 0x00823283  # ld t0, 8(tp)",
    ".word 0x01023503  # ld a0, 16(tp)",
    ".word 0x01823583  # ld a1, 24(tp)",
    ".word 0x02023603  # ld a2, 32(tp)",
    ".word 0x00080067  # jalr zero, 0(a6)",
    ".section .program1, \"aw\"",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00",
    ".byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00",
    ".byte 0xff, 0xff, 0xff, 0xff",
    ".zero 4",
);

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
