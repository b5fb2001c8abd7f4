"""What of a program is the core's own, by the symbols of its functions."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fuzzer.campaign.search.own_code import FIRST_BRANCH, load_own_code, own_code

TEXT = 0x1000
OWN = "_RNvCs94Iy_9my_ledger6settle"
OF_OWN_TYPES = "_RINvNtCsif_10serde_json2de10from_traitNtCs94Iy_9my_ledger8DocumentEB17_"
INSTANTIATED_FOR_IT = "_RINvNtCsjU_4core3ptr13drop_in_placeNtCsif_10serde_json5ErrorECs94Iy_9my_ledger"
LEGACY = "_ZN9my_ledger5prime17h0123456789abcdefE"
OTHERS = "_RNvCsjU_4core5slice"


def elf(functions: Mapping[str, tuple[int, int]], *, text: int = 64) -> bytes:
    """An ELF file with a text of so many bytes and these functions: their first slot and number of slots."""
    names, symbols = b"\0", b""
    for name, (slot, count) in functions.items():
        symbols += struct.pack("<IBBHQQ", len(names), 2, 0, 1, TEXT + 4 * slot, 4 * count)
        names += name.encode() + b"\0"
    program, at = struct.pack("<IIQQQQQQ", 1, 5, 0, TEXT, TEXT, text, text, 4), 64 + 56
    sections = struct.pack("<IIQQQQIIQQ", 0, 2, 0, 0, at, len(symbols), 1, 0, 8, 24)
    sections += struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, at + len(symbols), len(names), 0, 0, 1, 0)
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 2, 243, 1, TEXT, 64, at + len(symbols) + len(names), 0, 64, 56, 1, 64, 2, 0
    )
    return head + program + symbols + names + sections


def owned(*functions: str, crates: tuple[str, ...] = ("my-ledger",)) -> list[bool]:
    """For each function whether it is the core's own."""
    code = own_code(elf({name: (2 * at, 2) for at, name in enumerate(functions)}), crates)
    return [code.has(FIRST_BRANCH + 2 * (2 * at + 1)) for at in range(len(functions))]


def test_functions_of_the_crate_and_those_for_its_types_are_its_own() -> None:
    assert owned(OWN, OF_OWN_TYPES, LEGACY, "main") == [True] * 4
    assert owned(OTHERS, INSTANTIATED_FOR_IT, INSTANTIATED_FOR_IT + ".llvm.12") == [False] * 3
    assert owned(OWN, OTHERS, crates=("other",)) == [False, False]


def test_many_bins_are_asked_for_at_once_and_those_before_the_branches_are_nobodys() -> None:
    code = own_code(elf({OWN: (3, 2)}), ["my_ledger"])
    bins = np.array([5, FIRST_BRANCH + 4, FIRST_BRANCH + 6, FIRST_BRANCH + 9, FIRST_BRANCH + 10, 1 << 20])
    assert code.among(bins.astype(np.uint32)).tolist() == [False, False, True, True, False, False]


def test_a_program_without_symbols_has_nothing_of_its_own() -> None:
    assert not own_code(elf({}), ["my-ledger"]).is_known
    assert not own_code(b"no program", ["my-ledger"]).is_known
    assert not own_code(elf({OWN: (0, 1)})[:-90], ["my-ledger"]).is_known


def test_crates_are_all_that_have_a_manifest_in_the_copy_of_the_sources(tmp_path: Path) -> None:
    for name in ("program", "lib"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Cargo.toml").write_text(f'[package]\nname = "my-{name}"\n')
    binary = tmp_path / "guest.elf"
    binary.write_bytes(elf({"_RNvCs1_6my_lib3add": (0, 2)}))
    assert load_own_code(binary, tmp_path).is_known
    assert not load_own_code(binary, tmp_path / "program").is_known
    assert not load_own_code(tmp_path / "missing", tmp_path).is_known
    assert not load_own_code(None, tmp_path).is_known
