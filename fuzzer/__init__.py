"""Differential fuzzing harness for zkVMs: one program, one input, several executors that must agree."""

__version__ = "0.1.0"
