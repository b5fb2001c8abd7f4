"""RISC-V instructions: their names, fields and words. Pure."""
