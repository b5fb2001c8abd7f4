"""Writes docs/artifact_examples.md from what a run left, or compares it; see scripts/examples."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from fuzzer.store.schemas import KINDS, DocumentKind, Form, kind_of
from fuzzer.store.validate import files_in

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "artifact_examples.md"
MOST_KEYS = 40
"""An object with more of them is no document's part but a table, of which the first rows are enough."""
MOST_ROWS = 3
HEAD = """\
# An example of each document

Each one was left by a real run: `scripts/demo`, from a planted fault to a signed gate, then a campaign of
instruction programs and an upgrade. `scripts/examples` makes these runs. Of a list of parts the first one is
shown, of a list of values the first three. What the fields mean is in [artifacts.md](artifacts.md).
"""


def main() -> int:
    """Write the page, or with `--check` say what has other fields now. The exit code."""
    *folders, check = [*sys.argv[1:], ""] if sys.argv[-1] != "--check" else sys.argv[1:]
    if len(folders) != 1 or not Path(folders[0]).is_dir():
        sys.stderr.write("usage: scripts/examples ARTIFACTS [--check]\n")
        return 2
    found = dict(examples(Path(folders[0])))
    if not check:
        PAGE.write_text(page(found), encoding="utf-8")
        return 0
    kept = examples_of(PAGE.read_text(encoding="utf-8"))
    other = sorted(
        name for name in {*found, *kept} if set(found.get(name) or ()) != set(kept.get(name) or ())
    )
    for name in other:
        sys.stdout.write(f"{name}: its fields are not those of its example: scripts/examples writes it\n")
    return int(bool(other))


def examples(artifacts: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The first document of each kind, shortened, by the name of the kind."""
    files: dict[str, tuple[DocumentKind, Path]] = {}
    for path in files_in(artifacts):
        kind = kind_of(path.relative_to(artifacts.parent).as_posix())
        if kind and kind.form is not Form.TOML and path.stat().st_size:
            files.setdefault(kind.name, (kind, path))
    for kind, path in files.values():
        # As it is where the demo makes its project by itself, in the checkout.
        checkout = f'"{os.path.relpath(ROOT, artifacts.resolve().parent)}/'.encode()
        data = path.read_bytes().replace(checkout, b'"../')
        first = data.splitlines()[0] if kind.form is Form.LINES else data
        yield (
            kind.name,
            {key: shortened(value) for key, value in msgspec.json.decode(first, type=dict).items()},
        )


def shortened(value: object) -> object:
    """A value with the beginnings of its lists."""
    if isinstance(value, list):
        parts = any(isinstance(inner, dict | list) for inner in value)
        return [shortened(inner) for inner in value[: 1 if parts else MOST_ROWS]]
    if isinstance(value, dict):
        rows = list(value.items())
        return {key: shortened(inner) for key, inner in rows[: MOST_ROWS if len(rows) > MOST_KEYS else None]}
    return value


def page(found: Mapping[str, Mapping[str, object]]) -> str:
    """The text of the page."""
    sections = [HEAD]
    for kind in KINDS:
        if kind.name in found:
            text = msgspec.json.format(msgspec.json.encode(found[kind.name]), indent=2).decode()
            sections.append(f"## {kind.name}\n\n`{kind.file}`\n\n```json\n{text}\n```\n")
    missing = [kind.name for kind in KINDS if kind.name not in found]
    sections.append(f"## Without an example\n\nThese runs leave none of: {', '.join(missing)}.\n")
    return "\n".join(sections)


def examples_of(text: str) -> dict[str, Mapping[str, object]]:
    """The examples on a page, by the name of the kind."""
    found: dict[str, Mapping[str, object]] = {}
    for section in text.split("\n## ")[1:]:
        name, _, rest = section.partition("\n")
        _, fence, rest = rest.partition("```json\n")
        if fence:
            found[name] = msgspec.json.decode(rest.partition("\n```")[0], type=dict)
    return found


if __name__ == "__main__":
    sys.exit(main())
