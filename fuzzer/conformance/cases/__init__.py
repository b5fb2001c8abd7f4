"""The directed cases: which operands, registers and immediates each opcode is tried with. Pure."""
