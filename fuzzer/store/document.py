"""Reading a document that somebody else may have written: what is wrong with it is said by its name."""

from typing import TypeVar

import msgspec

from fuzzer.errors import StoreError
from fuzzer.model import SCHEMA_VERSION

Document = TypeVar("Document", bound=msgspec.Struct)


class _Version(msgspec.Struct):
    """What every version of every document has; one of a foreign tool may lack it."""

    schema_version: int = SCHEMA_VERSION


def decode_document(data: bytes, kind: type[Document], *, name: str, what: str) -> Document:
    """The document in these bytes; `name` is what errors call it, `what` is what it should be.

    Raises:
        StoreError: it is damaged, is something else, or is of a newer version.
    """
    try:
        # First of all, since a newer document may have another form.
        version = msgspec.json.decode(data, type=_Version).schema_version
        if version <= SCHEMA_VERSION:
            return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StoreError(f"{name} is not {what}: {error}", hint="it may be damaged or cut off") from None
    raise StoreError(
        f"{name} has schema version {version}, this `fuzz` reads up to {SCHEMA_VERSION}",
        hint="use the `fuzz` that wrote it, or a newer one",
    )


def is_newer(data: bytes) -> bool:
    """Whether these bytes are a document of a newer version than this `fuzz` reads."""
    try:
        return msgspec.json.decode(data, type=_Version).schema_version > SCHEMA_VERSION
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
