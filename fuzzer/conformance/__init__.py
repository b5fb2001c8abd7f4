"""Directed cases for every opcode, their frozen values, and the references that must agree on them."""
