"""An input that shows what is in it: what Hypothesis prints of a failing example is read by people."""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from fuzzer.generate.tree import Bits32, Bits64, Literal, Maybe, Obj, Variant


class Rendered(NamedTuple):
    """A buffer, and the tree that it was made from; the buffer itself where it is raw."""

    buffer: bytes
    tree: object


class Input(tuple[bytes, ...]):  # noqa: SLOT001 -- a tuple can have no slots of its own
    """The buffers of an input."""

    trees: tuple[object, ...] = ()
    """What the buffers were made from, for people."""

    def __repr__(self) -> str:
        """The values in the buffers."""
        return f"Input({', '.join(map(shown, self.trees))})"


def joined(buffers: Iterable[Rendered]) -> Input:
    """The input of some buffers."""
    parts = tuple(buffers)
    made = Input(part.buffer for part in parts)
    made.trees = tuple(part.tree for part in parts)
    return made


def shown(tree: object) -> str:
    """A tree as people read it: floats as numbers, options as values, an enum's variant by its number."""
    match tree:
        case Obj():
            text = f"{{{', '.join(f'{key!r}: {shown(value)}' for key, value in tree)}}}"
        case Maybe():
            text = f"Some({shown(tree[0])})" if tree else "None"
        case Variant():
            text = f"variant {tree.number}({shown(tree[0])})"
        case list():
            text = f"[{', '.join(map(shown, tree))}]"
        case Bits32():
            text = repr(struct.unpack("<f", tree.to_bytes(4, "little"))[0])
        case Bits64():
            text = repr(struct.unpack("<d", tree.to_bytes(8, "little"))[0])
        case Literal():
            text = str(tree)
        case _:
            text = repr(tree)
    return text
