"""The part of a finding's `README.md` that is about an instruction program. Pure."""

from collections.abc import Sequence

from fuzzer.store.program_record import Location, ProgramRecord


def render_program(record: ProgramRecord) -> list[str]:
    """The paragraphs: at which instruction executors part, and what the program is."""
    return [
        "## Where",
        *(_where(record.location, record.also) if record.location else [_NOWHERE]),
        "## Program",
        _size(record),
        "\n".join(f"    {line}" for line in record.listing.splitlines()),
        _FILES,
    ]


_FILES = (
    "`program.elf` is it, `program.json` what it is made of, `original.elf` and `original.json` the program "
    "as it was generated, and `guest/` the same as a guest crate in assembly language."
)
_NOWHERE = (
    "No prefix of the program shows the difference: it lies in how the program is loaded, in what it "
    "publishes, or in how it ends."
)


def _where(location: Location, also: Sequence[str]) -> list[str]:
    place = f"`{location.instruction}` ({location.word}, pc {location.pc})"
    others = f" So they do with {', '.join(also)} in its place." if also else ""
    return [
        f"The executors part at {place}, after {location.step:,} instructions.{others}",
        _registers(location),
        "What was executed up to there:",
        "\n".join(f"    {line}" for line in location.around),
    ]


def _registers(location: Location) -> str:
    names = list(dict.fromkeys(name for values in location.after.values() for name in values))
    if not names:
        return "No published register differs after it; see the outcomes below."
    head = ["register", "before", *(f"after, {target}" for target in location.after)]
    rows = [head, ["---"] * len(head)]
    for name in names:
        after = (values.get(name, "") for values in location.after.values())
        rows.append([name, location.before.get(name, "0x0"), *after])
    sources = ", ".join(f"{name}={value}" for name, value in location.before.items() if name not in names)
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{table}\n\nOther registers before it: {sources}." if sources else table


def _size(record: ProgramRecord) -> str:
    one = "1 instruction" if record.instructions == 1 else f"{record.instructions:,} instructions"
    where = f" The first checkpoint that differs is number {record.checkpoint}." if record.checkpoint else ""
    padding = f" and {record.padding:,} of padding that keep them apart" if record.padding else ""
    size = f"{one} of RV{record.xlen}IM{padding}, reduced from {record.original_instructions:,}"
    frame = f"sets registers up, publishes {record.published_bytes:,} bytes and halts"
    return f"{size}; not counted is the frame, which {frame}.{where}"
