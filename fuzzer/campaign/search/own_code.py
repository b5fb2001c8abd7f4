"""Which branches of a core's program are of its own code, and not of the libraries that it is linked with.

A search looks for faults in what the user wrote first: libraries have far more branches, and most of them
are other people's checks that nothing can fail. It is told by the symbols of functions; a program without
symbols has nothing of its own.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fuzzer.generate.elf import functions_of, segments_of

FIRST_BRANCH = 1 << 15
"""The first of the bins for branches (`docs/protocol.md`); the two ways of one differ in the last bit."""

Bins = npt.NDArray[np.uint32]

_ENTRY = re.compile(rb"main|__main|user_main")


class OwnCode:
    """The bins of a program's own branches."""

    def __init__(self, slots: npt.NDArray[np.bool_] | None = None) -> None:
        self._slots = np.zeros(0, np.bool_) if slots is None else slots
        self.is_known = bool(self._slots.any())
        """Whether there are any."""

    def has(self, branch: int) -> bool:
        """Whether a bin is of its own code."""
        slot = (branch - FIRST_BRANCH) // 2
        return 0 <= slot < self._slots.size and bool(self._slots[slot])

    def among(self, bins: Bins) -> npt.NDArray[np.bool_]:
        """For each of some bins, whether it is."""
        slots = (bins.astype(np.int64) - FIRST_BRANCH) // 2
        inside = (slots >= 0) & (slots < self._slots.size)
        found = np.zeros(bins.size, np.bool_)
        found[inside] = self._slots[slots[inside]]
        return found


def own_code(elf: bytes, crates: Sequence[str]) -> OwnCode:
    """What of a program is of these crates, or an instance of a library's code for their types."""
    names = b"|".join(re.escape(crate.replace("-", "_").encode()) for crate in crates)
    if not names:
        return OwnCode()
    # The crate that a library's function was instantiated in stands at the end of its symbol (mangling v0).
    instantiated = re.compile(rb"Cs[0-9a-zA-Z]*_\d+(?:" + names + rb")(?:\.llvm\.\d+)?$")
    mentions = re.compile(rb"(?<=\d)(?:" + names + rb")")
    spans = [
        (function.address, function.address + function.size)
        for function in functions_of(elf)
        if _ENTRY.fullmatch(function.name) or mentions.search(instantiated.sub(b"", function.name))
    ]
    parts = []
    for segment in segments_of(elf):
        if segment.executable:
            own = np.zeros(segment.size // 4, np.bool_)
            for start, end in spans:
                own[max(0, start - segment.address) // 4 : max(0, end - segment.address) // 4] = True
            parts.append(own)
    return OwnCode(np.concatenate(parts)) if parts else OwnCode()


def load_own_code(elf: Path | None, sources: Path | None) -> OwnCode:
    """The same of a program's file and a copy of what it is built from; nothing where either is not there."""
    if elf is None or sources is None:
        return OwnCode()
    names = []
    try:
        for manifest in sorted(sources.rglob("Cargo.toml")):
            package = tomllib.loads(manifest.read_text(encoding="utf-8")).get("package", {})
            names.append(str(package.get("name", "")))
        return own_code(elf.read_bytes(), [name for name in names if name])
    except (OSError, ValueError, AttributeError):
        return OwnCode()
