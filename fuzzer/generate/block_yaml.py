"""The little of YAML that serde_yaml writes for a registry: block mappings and lists, words, numbers, tags.

A list may stand at the column of the key that holds it. `!WORD content` is read as the mapping
`WORD: content`, which is how serde_yaml 0.9 writes enums. Anything else (anchors, flow style other than `[]`
and `{}`, texts over several lines) is an error.
"""

import re
from typing import NamedTuple, NoReturn

_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#&*!|>%@`\[\]{},-][^:#]*?)\s*:(?:\s+|$)"""
)
_WORD = re.compile(r"[\w.:<>$ -]+")


class YamlError(ValueError):
    """The document is not of the form that is read here."""


class _Line(NamedTuple):
    number: int
    indent: int
    text: str


def parse_yaml(document: str) -> object:
    """The mappings, lists, words and numbers of a document; raises `YamlError` with the line."""
    lines = [
        _Line(number, len(raw) - len(raw.lstrip(" ")), raw.strip())
        for number, raw in enumerate(document.splitlines(), 1)
        if raw.strip() and not raw.lstrip().startswith("#") and raw.strip() != "---"
    ]
    if not lines:
        return None
    reader = _Blocks(lines)
    found = reader.block(lines[0].indent)
    if reader.lines:
        _refuse(reader.lines[0], "not indented like what it belongs to")
    return found


class _Blocks:
    """Takes lines from the front; a line whose start was used is put back with its rest, further in."""

    def __init__(self, lines: list[_Line]) -> None:
        self.lines = lines

    def block(self, indent: int) -> object:
        first = self.lines[0]
        if _is_item(first):
            return self.items(indent)
        if _KEY.match(first.text):
            return self.pairs(indent)
        self.lines.pop(0)
        return self.inline(first, indent)

    def items(self, indent: int) -> list[object]:
        found: list[object] = []
        while self.lines and self.lines[0].indent == indent and _is_item(self.lines[0]):
            line = self.lines.pop(0)
            rest = line.text[1:].lstrip()
            if rest:
                inner = indent + len(line.text) - len(rest)
                self.lines.insert(0, _Line(line.number, inner, rest))
                found.append(self.block(inner))
            else:
                found.append(self.below(line, indent))
        return found

    def pairs(self, indent: int) -> dict[object, object]:
        found: dict[object, object] = {}
        while self.lines and self.lines[0].indent == indent and not _is_item(self.lines[0]):
            line = self.lines.pop(0)
            match = _KEY.match(line.text)
            if match is None:
                _refuse(line, "no `key: value`")
            key = _scalar(line, match["key"])
            if key in found:
                _refuse(line, f"`{key}` stands there twice")
            rest = line.text[match.end() :]
            found[key] = (
                self.inline(_Line(line.number, indent, rest), indent) if rest else self.below(line, indent)
            )
        return found

    def below(self, line: _Line, indent: int) -> object:
        """What stands in the lines after a key or a dash."""
        following = self.lines[0] if self.lines else None
        if following and (following.indent > indent or (following.indent == indent and _is_item(following))):
            return self.block(following.indent)
        return _scalar(line, "null")

    def inline(self, line: _Line, indent: int) -> object:
        """What stands behind a key or a dash in the same line."""
        if line.text.startswith("!"):
            tag, _, rest = line.text[1:].partition(" ")
            inner = _Line(line.number, indent, rest.strip())
            return {tag: self.inline(inner, indent) if inner.text else self.below(line, indent)}
        return _scalar(line, line.text)


def _is_item(line: _Line) -> bool:
    return line.text == "-" or line.text.startswith("- ")


def _scalar(line: _Line, text: str) -> object:
    if text in ("[]", "{}"):
        return [] if text == "[]" else {}
    if text in ("~", "null"):
        return None
    if text[:1] in "\"'":
        inside = text[1:-1]
        if len(text) > 1 and text[-1] == text[0] and "\\" not in inside:
            return inside.replace("''", "'") if text[0] == "'" else inside
        _refuse(line, "a quoted text with escapes or without an end")
    if text.isdecimal():
        return int(text)
    if not _WORD.fullmatch(text):
        _refuse(line, f"`{text}` is more than a word")
    return text


def _refuse(line: _Line, what: str) -> NoReturn:
    raise YamlError(f"line {line.number}: {what}")
