"""Takes secrets out of what is written: values of secret variables and keys, credentials in URLs.

A JSON document is changed in its strings only, so that it stays one. What must keep every byte, such as
inputs and committed streams, is never changed; that a secret is in it is a warning.
"""

import html
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache

REDACTED = "[redacted]"
SHORTEST = 6
"""Characters; shorter values stand in every other text."""

_KEYS = ("api", "private", "access", "signing", "encryption")
_NAME = re.compile(
    rf"token(?!s)|secret|passw(?:or)?d|passphrase|credential|(?:{'|'.join(_KEYS)})[_-]?key", re.IGNORECASE
)
_WORDS = (b"token", b"secret", b"passw", b"passphrase", b"credential")
_KEY_WORDS = tuple(f"{kind}{joint}key".encode() for kind in _KEYS for joint in ("", "_", "-"))
"""One of them is in every name that the expression above finds; to look for them is much quicker."""
_USERINFO = re.compile(r"""(?<=://)[^/\s@"'<>|,\\]+(?=@)""")
_USERINFO_BYTES = re.compile(_USERINFO.pattern.encode())
_JSON = (".json", ".jsonl")


class SecretWarning(UserWarning):
    """A secret is in a file that must keep every byte."""


def is_secret_name(name: str) -> bool:
    """Whether a variable or a key of this name holds a secret."""
    return bool(_NAME.search(name))


class Redactor:
    """Knows the secrets of an environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        found = {
            part: name
            for name, value in environment.items()
            if is_secret_name(name)
            for part in (value, *map(str.strip, value.splitlines()))
            # A number stands in tables and counts; nobody could tell it from one of them.
            if len(part) >= SHORTEST and not part.isdecimal()
        }
        # The longest first, since one may be a part of another.
        self._values = sorted(found, key=len, reverse=True)
        self._names = found
        written = {form for value in self._values for form in _forms(value)}
        self._written = sorted(written, key=len, reverse=True)

    def names_in(self, data: bytes) -> list[str]:
        """The variables whose values stand in these bytes."""
        return sorted({self._names[value] for value in self._values if value.encode() in data})

    def clean(self, data: bytes, *, path: str) -> bytes:
        """The bytes of a text without secrets; the very same ones when there are none."""
        is_json = path.endswith(_JSON)
        has_values = any(form in data for form in self._written)
        has_urls = b"://" in data and _USERINFO_BYTES.search(data) is not None
        has_keys = is_json and _may_have_keys(data)
        if not (has_values or has_urls or has_keys):
            return data
        if is_json:
            return b"".join(map(self._clean_json, _documents(data, path)))
        return self._clean_bytes(data)

    def clean_record(self, data: bytes, *, names: frozenset[str]) -> bytes:
        """A JSON object without secrets under keys of these names; everything else keeps every byte."""
        if not any(form in data for form in self._written) and _USERINFO_BYTES.search(data) is None:
            return data
        document = json.loads(data)
        cleaned = self._clean_named(document, names)
        if cleaned == document:
            return data
        return json.dumps(cleaned, ensure_ascii=False, separators=(",", ":")).encode()

    def _clean_named(self, value: object, names: frozenset[str]) -> object:
        if isinstance(value, list):
            return [self._clean_named(inner, names) for inner in value]
        if isinstance(value, dict):
            return {
                key: self.clean_value(inner) if key in names else self._clean_named(inner, names)
                for key, inner in value.items()
            }
        return value

    def _clean_json(self, data: bytes) -> bytes:
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            return self._clean_bytes(data)
        cleaned = self.clean_value(document)
        if cleaned == document:
            return data
        lines = b"\n " in data
        text = json.dumps(
            cleaned,
            ensure_ascii=False,
            indent=2 if lines else None,
            separators=None if lines else (",", ":"),
        )
        return text.encode() + b"\n" * data.endswith(b"\n")

    def clean_value(self, value: object) -> object:
        """A value of a document without secrets."""
        if isinstance(value, str):
            return self._clean_text(value)
        if isinstance(value, list):
            return [self.clean_value(inner) for inner in value]
        if isinstance(value, tuple):
            return tuple(self.clean_value(inner) for inner in value)
        if isinstance(value, dict):
            return dict(self._clean_field(key, inner) for key, inner in value.items())
        return value

    def _clean_field(self, key: str, value: object) -> tuple[str, object]:
        if value and isinstance(value, str) and is_secret_name(key):
            return key, REDACTED
        # Names of fields stay, whatever somebody has for a password.
        return key if key.isidentifier() else self._clean_text(key), self.clean_value(value)

    def _clean_text(self, text: str) -> str:
        for value in self._values:
            text = text.replace(value, REDACTED)
        return _USERINFO.sub(REDACTED, text)

    def _clean_bytes(self, data: bytes) -> bytes:
        for form in self._written:
            data = data.replace(form, REDACTED.encode())
        return _USERINFO_BYTES.sub(REDACTED.encode(), data)


@cache
def redactor_of_process() -> Redactor:
    """The one of this process's environment as it is at the first call."""
    return Redactor(os.environ)


def _forms(value: str) -> Iterator[bytes]:
    """How a value stands in texts: as it is, in JSON, HTML, CSV, a Markdown table, on one line."""
    yield value.encode(errors="surrogateescape")
    for form in (
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(value)[1:-1],
        html.escape(value),
        value.replace('"', '""'),
        " ".join(value.split()).replace("|", "\\|"),
    ):
        yield form.encode(errors="replace")


def _may_have_keys(data: bytes) -> bool:
    lowered = data.lower()
    words = (*_WORDS, *_KEY_WORDS) if b"key" in lowered else _WORDS
    return any(word in lowered for word in words)


def _documents(data: bytes, path: str) -> list[bytes]:
    return data.splitlines(keepends=True) if path.endswith(".jsonl") else [data]
