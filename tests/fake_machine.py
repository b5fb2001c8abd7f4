"""A toy machine and the programs that it runs, for fakes that have to execute what they are given.

It has a few instructions of RISC-V, and two of its own: one sets a register to the 64 bits behind it, one
publishes a register. Fake processes import this module, so it knows nothing of the harness.
"""

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Document = dict[str, Any]

TEXT_BASE = 0x1000
READ_EXECUTE, READ_WRITE, READ = 5, 6, 4
PUBLISHED = (10, 11, 12, 13, 14)
MUL = "mul"
"""The instruction that spoiled machines get wrong."""

_STEPS = 1_000
_MASK = (1 << 64) - 1
_SET, _PUBLISH, _IMMEDIATE, _REGISTERS, _JUMP, _BRANCH, _HALT = 0x0B, 0x2B, 0x13, 0x33, 0x6F, 0x63, 0x73
_OPERATIONS = {(0, 0): "add", (0, 4): "xor", (1, 0): MUL}
"""Names by the two fields that tell them apart."""
_BRANCHES = {0: "beq", 1: "bne", 4: "blt"}
"""Names by the field that tells them apart."""
_NOP = _IMMEDIATE


class Part(NamedTuple):
    """A segment of an ELF file."""

    address: int
    data: bytes
    flags: int = READ_EXECUTE
    more: int = 0
    """Zeros in memory that the file leaves out."""


class Step(NamedTuple):
    """An instruction that was executed."""

    pc: int
    word: int

    @property
    def text(self) -> str:
        """Assembly language."""
        return _text(self.word)


class Ran(NamedTuple):
    """What became of a program."""

    status: str
    stream: bytes
    steps: list[Step]


def elf_file(parts: Sequence[Part], *, xlen: int = 64) -> bytes:
    """An executable for RISC-V (System V ABI, chapters 4 and 5)."""
    wide = xlen == 64
    ends = list(_offsets(parts, (64 + 56 * len(parts)) if wide else (52 + 32 * len(parts))))
    head = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    fields = (2, 243, 1, parts[0].address, 64 if wide else 52, 0, 0)
    sizes = (64, 56, len(parts), 0, 0, 0) if wide else (52, 32, len(parts), 0, 0, 0)
    head += struct.pack("<HHIQQQI" if wide else "<HHIIIII", *fields) + struct.pack("<6H", *sizes)
    for part, offset in zip(parts, ends, strict=True):
        address, size = part.address, len(part.data)
        if wide:
            where = (1, part.flags, offset, address, address, size, size + part.more, 1)
            head += struct.pack("<IIQQQQQQ", *where)
        else:
            where = (1, offset, address, address, size, size + part.more, part.flags, 1)
            head += struct.pack("<IIIIIIII", *where)
    return head + b"".join(part.data for part in parts)


def _offsets(parts: Sequence[Part], first: int) -> Iterator[int]:
    for part in parts:
        yield first
        first += len(part.data)


def lay_out(program: Document) -> Document:
    """The layout of a program, as the generator answers it; not all of its language is known here."""
    try:
        return _laid_out(program)
    except (KeyError, OverflowError, TypeError, struct.error) as error:
        empty = {"elf": b"", "text_base": 0, "dump": 0, "instructions": 0, "places": [], "listing": ""}
        return {**empty, "error": f"this does not fit: {error!r}"}


def _laid_out(program: Document) -> Document:
    words: list[int] = []
    for number, value in program["registers"].items():
        halves = divmod(int(value, 16), 1 << 32)
        words += [_SET | int(number) << 7, halves[1], halves[0]]
    publish = [_PUBLISH | number << 7 for number in program["publish"]["registers"]]
    places, begins, jumps = [], {}, {}
    for block_place, block in enumerate(program["blocks"]):
        begins[block["id"]] = len(words)
        for op_place, op in enumerate(block["ops"]):
            made = publish if op["op"] == "checkpoint" else _made(op)
            places.append((block_place, op_place, TEXT_BASE + 4 * len(words), len(made)))
            words += made
            if "to" in op:
                jumps[len(words) - 1] = op["to"]
    end = len(words)
    for place, to in jumps.items():
        target = min((begun for block, begun in begins.items() if block >= to), default=end)
        words[place] |= _distance(words[place] & 0x7F, 4 * (target - place))
    dump = TEXT_BASE + 4 * end
    words += [*publish, _HALT]
    lines = [f"{TEXT_BASE + 4 * place:#010x} {word:08x} {_text(word)}" for place, word in enumerate(words)]
    return {
        "elf": elf_file([Part(TEXT_BASE, struct.pack(f"<{len(words)}I", *words))]),
        "error": "",
        "text_base": TEXT_BASE,
        "dump": dump,
        "instructions": sum(count for *_, count in places),
        "places": places,
        "listing": "\n".join(lines),
    }


def _made(op: Document) -> list[int]:
    """The instructions of an op; where a jump goes to is left open."""
    match op["op"]:
        case "pad":
            return [_NOP] * op["count"]
        case "jump":
            return [_JUMP]
        case "branch":
            return [_branch(op["name"], op["rs1"], op["rs2"])]
        case "loop_end":
            counter = op["counter"]
            return [_encoded("ins", "addi", rd=counter, rs1=counter, imm=-1), _branch("blt", 0, counter)]
        case _:
            return [_encoded(**op)]


def _branch(name: str, rs1: int, rs2: int) -> int:
    (low,) = (field for field, known in _BRANCHES.items() if known == name)
    return rs2 << 20 | rs1 << 15 | low << 12 | _BRANCH


def _distance(opcode: int, distance: int) -> int:
    """Where a jump goes to, as its immediate."""
    if opcode == _JUMP:
        sign, high = distance >> 20 & 1, distance >> 12 & 0xFF
        return sign << 31 | (distance >> 1 & 0x3FF) << 21 | (distance >> 11 & 1) << 20 | high << 12
    sign, high = distance >> 12 & 1, distance >> 5 & 0x3F
    return sign << 31 | high << 25 | (distance >> 1 & 0xF) << 8 | (distance >> 11 & 1) << 7


def _encoded(op: str, name: str, *, rd: int = 0, rs1: int = 0, rs2: int = 0, imm: int = 0) -> int:
    if op == "ins" and name == "addi":
        return (imm & 0xFFF) << 20 | rs1 << 15 | rd << 7 | _IMMEDIATE
    high, low = {known: fields for fields, known in _OPERATIONS.items()}[name]
    return high << 25 | rs2 << 20 | rs1 << 15 | low << 12 | rd << 7 | _REGISTERS


def execute(elf: bytes, *, spoils: str = "", above: int = -1) -> Ran:
    """Run a program to its end.

    A machine that `spoils` an instruction is off by one there, when the result is `above` a number; a branch
    goes the other way.
    """
    _, _, offset, base, _, size, *_ = struct.unpack_from("<IIQQQQ", elf, 64)
    text = struct.unpack_from(f"<{size // 4}I", elf, offset)
    registers = [0] * 32
    stream, place = b"", 0
    steps: list[Step] = []
    while 0 <= place < len(text) and len(steps) < _STEPS:
        word = text[place]
        opcode, rd = word & 0x7F, word >> 7 & 31
        steps.append(Step(base + 4 * place, word))
        place += 1
        if opcode == _HALT:
            return Ran("ok", stream, steps)
        if opcode == _PUBLISH:
            stream += registers[rd].to_bytes(8, "little")
        elif opcode == _SET:
            registers[rd] = text[place] | text[place + 1] << 32
            place += 2
        elif opcode == _JUMP:
            place += _jump_distance(word) // 4 - 1
        elif opcode == _BRANCH:
            if _is_taken(word, registers) != (_name(word) == spoils):
                place += _branch_distance(word) // 4 - 1
        elif opcode in (_IMMEDIATE, _REGISTERS):
            value = _computed(word, registers)
            value += _name(word) == spoils and value > above
            registers[rd] = value & _MASK if rd else 0
        else:
            return Ran("crash", stream, steps)
    return Ran("timeout" if len(steps) == _STEPS else "crash", stream, steps)


def _computed(word: int, registers: Sequence[int]) -> int:
    left, right = registers[word >> 15 & 31], registers[word >> 20 & 31]
    match _name(word):
        case "addi":
            return left + _signed(word >> 20, 12)
        case "add":
            return left + right
        case "xor":
            return left ^ right
        case _:
            return left * right


def _is_taken(word: int, registers: Sequence[int]) -> bool:
    left, right = (_signed(registers[word >> at & 31], 64) for at in (15, 20))
    match _name(word):
        case "beq":
            return left == right
        case "bne":
            return left != right
        case _:
            return left < right


def _name(word: int) -> str:
    if word & 0x7F == _IMMEDIATE:
        return "addi"
    if word & 0x7F == _BRANCH:
        return _BRANCHES.get(word >> 12 & 7, "?")
    return _OPERATIONS.get((word >> 25, word >> 12 & 7), "?")


def _jump_distance(word: int) -> int:
    bits = (word >> 31) << 20 | (word >> 21 & 0x3FF) << 1 | (word >> 20 & 1) << 11 | (word >> 12 & 0xFF) << 12
    return _signed(bits, 21)


def _branch_distance(word: int) -> int:
    bits = (word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 0x3F) << 5 | (word >> 8 & 0xF) << 1
    return _signed(bits, 13)


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _text(word: int) -> str:
    """Assembly language."""
    rd, rs1, rs2 = word >> 7 & 31, word >> 15 & 31, word >> 20 & 31
    texts = {
        _IMMEDIATE: f"addi x{rd}, x{rs1}, {_signed(word >> 20, 12)}",
        _REGISTERS: f"{_name(word)} x{rd}, x{rs1}, x{rs2}",
        _JUMP: f"jal x{rd}, {_jump_distance(word)}",
        _BRANCH: f"{_name(word)} x{rs1}, x{rs2}, {_branch_distance(word)}",
        _PUBLISH: f"publish x{rd}",
        _SET: f"set x{rd}",
        _HALT: "ecall",
    }
    return texts.get(word & 0x7F, f".word {word:#010x}")


def trace_text(elf: bytes) -> str:
    """What the command `trace` prints."""
    ran = execute(elf)
    lines = [f"{step.pc:#010x} {step.word:08x} {step.text:<32} result=0x0" for step in ran.steps]
    return "\n".join([*lines, "halt 0", ""])


def described(index: int, *, multiplies: Sequence[int]) -> Document:
    """The program of an index; those in `multiplies` have one multiplication among their ops."""
    adds = [{"op": "ins", "name": "addi", "rd": 12, "rs1": 10, "imm": index % 100 + 1}]
    more = [{"op": "ins", "name": "xor", "rd": 14, "rs1": 12, "rs2": 11}]
    product = [{"op": "ins", "name": MUL, "rd": 13, "rs1": 12, "rs2": 11}] if index in multiplies else []
    return program([*adds, *more, *product, *more, *adds], registers={10: 3, 11: 5})


def program(*blocks: Sequence[Document], registers: Mapping[int, int]) -> Document:
    """A program of blocks, which are numbered from 0."""
    return {
        "version": 1,
        "xlen": 64,
        "text_base": hex(TEXT_BASE),
        "segments": [],
        "registers": {str(number): hex(value) for number, value in registers.items()},
        "frame": {"registers": [30, 31], "address": "0x8000"},
        "blocks": [{"id": number, "ops": list(ops)} for number, ops in enumerate(blocks)],
        "publish": {"registers": list(PUBLISHED), "windows": []},
    }


def generator_answer(kind: int, body: Document, *, multiplies: Sequence[int]) -> tuple[int, Document]:
    """What the generator says to a request, with the kind of the answer."""
    if kind == 20:
        wanted = range(body["first"], body["first"] + body["count"])
        return 21, {"programs": [lay_out(described(n, multiplies=multiplies))["elf"] for n in wanted]}
    if kind == 22:
        return 23, {"program": json.dumps(described(body["index"], multiplies=multiplies)).encode()}
    return 25, {"layouts": [lay_out(json.loads(document)) for document in body["programs"]]}
