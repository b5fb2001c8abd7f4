"""All cases by group; a group is a file in `inputs/conformance/` for each width."""

from collections.abc import Callable, Iterator

import msgspec

from fuzzer.conformance.case import Case, Value
from fuzzer.conformance.cases.arithmetic import immediate_cases, register_cases, upper_cases
from fuzzer.conformance.cases.control import branch_cases, jal_cases, jalr_cases
from fuzzer.conformance.cases.memory import load_cases, store_cases
from fuzzer.conformance.cases.system import ecall_cases
from fuzzer.isa.opcodes import Format, Opcode, opcodes

Builder = Callable[[Opcode, int], Iterator[Case]]

WIDTHS = (32, 64)
_MULDIV = 0x01
_BUILDERS: dict[Format, tuple[str, Builder]] = {
    Format.REGISTER: ("register", register_cases),
    Format.IMMEDIATE: ("immediate", immediate_cases),
    Format.SHIFT: ("immediate", immediate_cases),
    Format.SHIFT_WORD: ("immediate", immediate_cases),
    Format.UPPER: ("immediate", upper_cases),
    Format.BRANCH: ("control", branch_cases),
    Format.JUMP: ("control", jal_cases),
    Format.LOAD: ("memory", load_cases),
    Format.STORE: ("memory", store_cases),
    Format.BARE: ("system", ecall_cases),
}


def _builder(opcode: Opcode) -> tuple[str, Builder]:
    if opcode.name == "jalr":  # written as a load is
        return "control", jalr_cases
    if opcode.format is Format.REGISTER and opcode.funct7 == _MULDIV:
        return "muldiv", register_cases
    return _BUILDERS[opcode.format]


def groups(xlen: int) -> dict[str, list[Case]]:
    """The cases of a width, by group and in it by opcode, each of them once."""
    found: dict[str, dict[Case, None]] = {}
    for opcode in opcodes(xlen):
        group, build = _builder(opcode)
        found.setdefault(group, {}).update(dict.fromkeys(build(opcode, xlen)))
    return {group: [_canonical(case, xlen) for case in cases] for group, cases in found.items()}


def _canonical(case: Case, xlen: int) -> Case:
    """The same with its numbers in the range that files have: those that count from an address are signed."""
    top = 1 << xlen - 1

    def canonical(value: Value) -> Value:
        least = -top if value.base else 0
        return Value((value.number - least) % (2 * top) + least, value.base)

    inputs = tuple((register, canonical(value)) for register, value in case.inputs)
    return msgspec.structs.replace(case, inputs=inputs)
