"""The checkout as the tests of this folder see it: its files, its modules, the tables of its documents."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import fuzzer

ROOT = Path(fuzzer.__file__).resolve().parents[1]
_RULE = re.compile(r"\|[\s:|-]+\|")


@cache
def tracked() -> tuple[Path, ...]:
    """Files that git tracks, and new ones that it does not ignore, relative to the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def text_of(path: Path | str) -> str:
    """A file's text; bytes that are no UTF-8 are replaced."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@cache
def python_modules() -> dict[Path, ast.Module]:
    """Every Python file of the checkout, parsed."""
    return {path: ast.parse(text_of(path)) for path in tracked() if path.suffix == ".py"}


def section(document: str, heading: str) -> str:
    """What stands under a heading, up to the next one of the same level or above."""
    level, _, _ = heading.partition(" ")
    start = f"\n{document}".index(f"\n{heading}\n") + len(heading) + 1
    rest = document[start:]
    following = re.search(rf"^#{{1,{len(level)}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(text: str) -> list[list[str]]:
    """The cells of the first table in a text, without its head; code marks are taken off."""
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if _RULE.fullmatch(line)) + 1
    table = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip().replace("`", "") for cell in line.strip("|").split("|")])
    return table
