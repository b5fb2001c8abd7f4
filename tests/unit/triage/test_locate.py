"""Prefixes of programs, and what their streams say of registers."""

import struct
from collections.abc import Sequence

import pytest
from fake_machine import READ_WRITE, Part, elf_file, execute, lay_out, program
from hypothesis import given
from hypothesis import strategies as st

from fuzzer.triage.locate import Prefix, peeks, prefixes, published_registers

TEXT = 0x1000
WORDS = tuple(0x1111_0000 + place for place in range(8))
PATH = tuple(TEXT + 4 * place for place in range(8))
REACH = 1 << 20


def elf_of(
    words: Sequence[int] = WORDS, *, xlen: int = 64, base: int = TEXT, data_first: bool = False
) -> bytes:
    text = Part(base, struct.pack(f"<{len(words)}I", *words))
    data = Part(0x10, b"data", READ_WRITE)
    return elf_file([data, text] if data_first else [text, data], xlen=xlen)


def found(
    path: Sequence[int], *, dump: int = PATH[7], body: Sequence[int] = PATH[:7], elf: bytes = b""
) -> list[Prefix]:
    return list(prefixes(elf or elf_of(), dump=dump, path=path, body=body))


def distance_of(word: int) -> int:
    """Where `jal x0` goes, by the fields of the J-immediate."""
    assert word & 0xFFF == 0x6F, "jal with x0"
    value = (
        (word >> 31 & 1) << 20
        | (word >> 12 & 0xFF) << 12
        | (word >> 20 & 1) << 11
        | (word >> 21 & 0x3FF) << 1
    )
    return value - (1 << 21) if value >> 20 else value


@pytest.mark.parametrize("data_first", [False, True])
@pytest.mark.parametrize("xlen", [64, 32])
def test_prefix_is_the_program_with_one_word_that_jumps_to_the_publishing_routine(
    xlen: int, *, data_first: bool
) -> None:
    elf = elf_of(xlen=xlen, data_first=data_first)
    for prefix in found(PATH, elf=elf):
        assert len(prefix.elf) == len(elf)
        start = elf.index(struct.pack("<I", WORDS[prefix.step]))
        changed = [place for place in range(len(elf)) if elf[place] != prefix.elf[place]]
        assert changed
        assert set(changed) <= set(range(start, start + 4))
        (word,) = struct.unpack_from("<I", prefix.elf, start)
        assert PATH[prefix.step] + distance_of(word) == PATH[7]


def test_every_instruction_of_the_body_has_a_prefix_and_no_other_one_has() -> None:
    assert [prefix.step for prefix in found(PATH, body=PATH[2:5])] == [2, 3, 4]
    assert found(PATH, body=[]) == []
    assert found([], body=PATH) == []


def test_loop_stops_at_its_first_round_only() -> None:
    looping = [PATH[0], PATH[1], PATH[2], PATH[1], PATH[2], PATH[3]]
    assert [prefix.step for prefix in found(looping)] == [0, 1, 2, 5]


def test_steps_count_what_was_executed_not_what_lies_in_front() -> None:
    backwards = [PATH[6], PATH[4], PATH[2]]
    prefixed = found(backwards)
    assert [prefix.step for prefix in prefixed] == [0, 1, 2]
    elf = elf_of()
    for prefix, place in zip(prefixed, (6, 4, 2), strict=True):
        assert elf.index(struct.pack("<I", WORDS[place])) == next(
            at for at in range(len(elf)) if elf[at] != prefix.elf[at]
        )


@pytest.mark.parametrize(
    ("distance", "reached"),
    [
        (4, True),
        (-4, True),
        (REACH - 4, True),
        (REACH, False),
        (-REACH, True),
        (-REACH - 4, False),
        (0x800, True),
        (-0x800, True),
        (0xFF000, True),
    ],
)
def test_jump_reaches_as_far_as_the_instruction_set_says(distance: int, *, reached: bool) -> None:
    base = 0x40_0000
    elf = elf_of([WORDS[0]], base=base)
    stops = found([base], dump=base + distance, body=[base], elf=elf)
    assert len(stops) == reached
    for stop in stops:
        place = elf.index(struct.pack("<I", WORDS[0]))
        assert distance_of(struct.unpack_from("<I", stop.elf, place)[0]) == distance


@given(st.integers(-REACH // 4, REACH // 4 - 1).map(lambda words: words * 4))
def test_jump_goes_where_it_should(distance: int) -> None:
    base = 0x40_0000
    elf = elf_of([WORDS[0]], base=base)
    (stop,) = found([base], dump=base + distance, body=[base], elf=elf)
    place = elf.index(struct.pack("<I", WORDS[0]))
    assert distance_of(struct.unpack_from("<I", stop.elf, place)[0]) == distance


def test_address_outside_of_the_text_has_no_prefix() -> None:
    outside = [TEXT - 4, TEXT + 4 * len(WORDS), 0x10]
    (prefix,) = found([*outside, PATH[0]], body=[*outside, *PATH])
    assert prefix.step == 3


@pytest.mark.parametrize("elf", [b"\0", b"not an ELF file", bytes(100), elf_of()[:70]])
def test_garbage_has_no_prefix(elf: bytes) -> None:
    assert found(PATH, elf=elf) == []


def test_prefixes_show_each_state_that_the_whole_program_went_through() -> None:
    ops = [{"op": "ins", "name": "addi", "rd": 10, "rs1": 10, "imm": 1} for _ in range(4)]
    layout = lay_out(program(ops, registers={10: 7}))
    body = [address for _, _, address, _ in layout["places"]]
    path = [step.pc for step in execute(layout["elf"]).steps]
    shown = [
        execute(prefix.elf).stream[:8]
        for prefix in prefixes(layout["elf"], dump=layout["dump"], path=path, body=body)
    ]
    assert [int.from_bytes(value, "little") for value in shown] == [7, 8, 9, 10]


def record(*values: int, width: int) -> bytes:
    return b"".join(value.to_bytes(width, "little") for value in values)


@pytest.mark.parametrize(("xlen", "width"), [(64, 8), (32, 4)])
def test_registers_are_those_of_the_last_checkpoint(xlen: int, width: int) -> None:
    window = b"memory"
    last = record(3, 2**xlen - 1, width=width) + window
    stream = record(1, 2, width=width) + window + last
    held = published_registers(stream, [5, 31], record_bytes=len(last), xlen=xlen)
    assert held == {5: 3, 31: 2**xlen - 1}


def test_stream_that_is_cut_off_says_nothing() -> None:
    whole = record(1, 2, width=8)
    assert published_registers(whole[:-1], [5, 6], record_bytes=16, xlen=64) == {}
    assert published_registers(b"", [5], record_bytes=8, xlen=64) == {}
    assert published_registers(whole, [5, 6], record_bytes=16, xlen=64) == {5: 1, 6: 2}


def test_nothing_published_is_nothing_known() -> None:
    assert published_registers(b"anything", [], record_bytes=0, xlen=64) == {}


FRAME = (16, 30)
ADDI_TO_FRAME, ADDI, BRANCH = 0x0010_0F13, 0x0010_0293, 0x0000_0463
"""`addi x30, x0, 1`, `addi x5, x0, 1`, `beq x0, x0, 8`."""


def peeked(words: Sequence[int], *, path: Sequence[int] | None = None, shown: int = 5) -> list[Prefix]:
    places = range(len(words)) if path is None else path
    executed = [(PATH[place], words[place]) for place in places]
    return list(
        peeks(elf_of(words), dump=PATH[7], path=executed, body=set(PATH[:6]), frame=FRAME, shown=shown)
    )


def words_of(prefix: Prefix, words: Sequence[int]) -> list[int]:
    start = prefix.elf.index(struct.pack("<I", words[0]))
    return list(struct.unpack_from(f"<{len(words)}I", prefix.elf, start))


def test_behind_a_branch_a_prefix_ends_without_publishing() -> None:
    words = [ADDI, BRANCH, ADDI, ADDI]
    (prefix,) = peeked(words)
    assert (prefix.step, prefix.is_silent, prefix.register) == (2, True, 0)
    changed = words_of(prefix, words)
    assert changed[:2] + changed[3:] == words[:2] + words[3:]
    assert PATH[2] + distance_of(changed[2]) == PATH[7] + 4, "one instruction behind the one that publishes"


def test_register_of_the_layout_is_shown_in_the_place_of_another_one() -> None:
    words = [ADDI_TO_FRAME, ADDI, ADDI, ADDI]
    (prefix,) = peeked(words)
    assert (prefix.step, prefix.is_silent, prefix.register) == (1, False, 30)
    changed = words_of(prefix, words)
    assert changed[1] == 30 << 15 | 5 << 7 | 0x13
    assert PATH[2] + distance_of(changed[2]) == PATH[7]


def test_nothing_is_shown_where_nothing_is_published() -> None:
    assert peeked([ADDI_TO_FRAME, ADDI, ADDI], shown=0) == []


def test_what_was_executed_before_is_not_overwritten() -> None:
    words = [ADDI, ADDI_TO_FRAME, ADDI, ADDI]
    assert [prefix.step for prefix in peeked(words)] == [2]
    assert peeked(words, path=[3, 1, 2]) == []
