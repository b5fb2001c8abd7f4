r"""The simple patterns of a JSON Schema: characters or classes of them, each with a count, in a row.

Served are literals, `.`, `[a-z_]`, `[^"]`, `\d`, `\w`, `\s`, escaped punctuation, the counts `*`, `+`, `?`,
`{2}`, `{2,}` and `{2,5}`, and the anchors `^` and `$` at the ends. Groups and alternatives are not.
"""

import re

from fuzzer.generate.rng import Rng, below, pick
from fuzzer.generate.structure import Pattern, Repeat

_UNBOUNDED = 1 << 16
_USUAL_MORE = 16
"""How much longer than it must be a part is made, at most, where its count has no end."""
_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_CLASSES = {"d": _DIGITS, "w": _LETTERS + _DIGITS + "_", "s": " \t\n\r"}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}
_ATOM = re.compile(
    r"\\(?P<escape>.)|\[(?P<class>\^?(?:\\.|[^\]\\])+)\]|(?P<plain>[^\\\[\]()|^$*+?{}])", re.DOTALL
)
_COUNT = re.compile(r"\{(\d{1,4})(,?)(\d{0,4})\}|[*+?]")
_MEMBER = re.compile(r"(?:\\(.)|(.))(?:-(?:\\(.)|([^\]])))?", re.DOTALL)


def parse(pattern: str) -> Pattern:
    """The parts of a pattern; raises ValueError that says what is not served."""
    start, end = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    body = pattern[start : len(pattern) - end]
    parts: list[Repeat] = [] if start else [Repeat(_LETTERS, 0, _USUAL_MORE)]
    at = 0
    while at < len(body):
        atom = _ATOM.match(body, at)
        if atom is None:
            raise ValueError(f"`{body[at:]}` is more than a simple pattern")
        at = atom.end()
        least, most = 1, 1
        if count := _COUNT.match(body, at):
            at = count.end()
            least, most = _count(count)
        parts.append(Repeat(_chars(atom), least, most))
    if not end:
        parts.append(Repeat(_LETTERS, 0, _USUAL_MORE))
    return Pattern(parts=tuple(parts))


def shortest(pattern: Pattern) -> int:
    """The length of the shortest text that the pattern makes."""
    return sum(part.least for part in pattern.parts)


def longest(pattern: Pattern) -> int:
    """The length of the longest text that the pattern makes."""
    return sum(part.most for part in pattern.parts)


def draw(rng: Rng, pattern: Pattern, low: int, high: int | None) -> str:
    """A text that matches, of `low` to `high` characters where the pattern makes such texts."""
    room = (high if high is not None else _UNBOUNDED) - shortest(pattern)
    counts = [part.least for part in pattern.parts]
    for index, part in enumerate(pattern.parts):
        more = below(rng, min(part.most - part.least, _USUAL_MORE, max(room, 0)) + 1)
        counts[index] += more
        room -= more
    for index, part in enumerate(pattern.parts):
        counts[index] += max(0, min(part.most - counts[index], low - sum(counts)))
    return "".join(
        pick(rng, part.chars) for part, count in zip(pattern.parts, counts, strict=True) for _ in range(count)
    )


def _count(match: re.Match[str]) -> tuple[int, int]:
    if match[0] in ("*", "+", "?"):
        return int(match[0] == "+"), 1 if match[0] == "?" else _UNBOUNDED
    least = int(match[1])
    most = (int(match[3]) if match[3] else _UNBOUNDED) if match[2] else least
    if most < least:
        raise ValueError(f"`{match[0]}` ends before it starts")
    return least, most


def _chars(atom: re.Match[str]) -> str:
    if escape := atom["escape"]:
        return _escaped(escape)
    if members := atom["class"]:
        inside = "".join(map(_range, _MEMBER.finditer(members.removeprefix("^"))))
        if not members.startswith("^"):
            return inside
        return "".join(char for char in _PRINTABLE if char not in inside) or "é"
    return _PRINTABLE if atom["plain"] == "." else atom["plain"]


def _escaped(char: str) -> str:
    if char in _CLASSES:
        return _CLASSES[char]
    if char in _CONTROLS:
        return _CONTROLS[char]
    if char.isalnum():
        raise ValueError(f"`\\{char}` is more than a simple pattern")
    return char


def _range(match: re.Match[str]) -> str:
    first = _escaped(match[1]) if match[1] else match[2]
    last = (_escaped(match[3]) if match[3] else match[4]) or first
    if first == last:
        return first
    if len(first) != 1 or len(last) != 1 or last < first:
        raise ValueError(f"`{match[0]}` is no range")
    return "".join(map(chr, range(ord(first), ord(last) + 1)))
