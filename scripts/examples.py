"""Writes docs/artifact_examples.md from what a run left, or compares it; see scripts/examples."""

import os
import re
import sys
import tomllib
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
instruction programs, an upgrade, and `fuzz triage mark`. `scripts/examples` makes these runs. Of a list of
parts the first one is shown, of a list of values the first three. What the fields mean is in
[artifacts.md](artifacts.md).
"""


class Example(msgspec.Struct, frozen=True):
    """A document as the page shows it."""

    text: str
    fields: frozenset[str]
    """The names at its top."""


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
        name for name, example in found.items() if name not in kept or example.fields != kept[name].fields
    )
    for name in other:
        sys.stdout.write(f"{name}: its fields are not those of its example: scripts/examples writes it\n")
    return int(bool(other))


def examples(artifacts: Path) -> Iterator[tuple[str, Example]]:
    """The first document of each kind, shortened, by the name of the kind; those in `inputs/`, too."""
    files: dict[str, tuple[DocumentKind, Path]] = {}
    for path in (*files_in(artifacts), *files_in(artifacts.parent / "inputs")):
        kind = kind_of(path.relative_to(artifacts.parent).as_posix())
        if kind and path.stat().st_size:
            files.setdefault(kind.name, (kind, path))
    for kind, path in files.values():
        # As it is where the demo makes its project by itself, in the checkout.
        checkout = f'"{os.path.relpath(ROOT, artifacts.resolve().parent)}/'.encode()
        yield kind.name, _example(kind, path.read_bytes().replace(checkout, b'"../'))


def _example(kind: DocumentKind, data: bytes) -> Example:
    if kind.form is Form.TOML:  # as it is: people read and edit it
        return _parsed(data.decode().rstrip("\n"), toml=True)
    document = msgspec.json.decode(data.splitlines()[0] if kind.form is Form.LINES else data, type=dict)
    short = {key: shortened(value) for key, value in document.items()}
    return _parsed(msgspec.json.format(msgspec.json.encode(short), indent=2).decode(), toml=False)


def _parsed(text: str, *, toml: bool) -> Example:
    fields = tomllib.loads(text) if toml else msgspec.json.decode(text, type=dict)
    return Example(text, frozenset(fields))


def shortened(value: object) -> object:
    """A value with the beginnings of its lists."""
    if isinstance(value, list):
        parts = any(isinstance(inner, dict | list) for inner in value)
        return [shortened(inner) for inner in value[: 1 if parts else MOST_ROWS]]
    if isinstance(value, dict):
        rows = list(value.items())
        return {key: shortened(inner) for key, inner in rows[: MOST_ROWS if len(rows) > MOST_KEYS else None]}
    return value


def page(found: Mapping[str, Example]) -> str:
    """The text of the page."""
    sections = [HEAD]
    for kind in KINDS:
        if kind.name in found:
            fence = "toml" if kind.form is Form.TOML else "json"
            sections.append(f"## {kind.name}\n\n`{kind.file}`\n\n```{fence}\n{found[kind.name].text}\n```\n")
    if missing := [kind.name for kind in KINDS if kind.name not in found]:
        sections.append(f"## Without an example\n\nThese runs leave none of: {', '.join(missing)}.\n")
    return "\n".join(sections)


def examples_of(text: str) -> dict[str, Example]:
    """The examples on a page, by the name of the kind."""
    found = {}
    for section in text.split("\n## ")[1:]:
        name, _, rest = section.partition("\n")
        if match := re.search(r"```(json|toml)\n(.*?)\n```", rest, re.DOTALL):
            found[name] = _parsed(match[2], toml=match[1] == "toml")
    return found


if __name__ == "__main__":
    sys.exit(main())
