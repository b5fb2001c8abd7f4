"""What native runs tell of their reads (`docs/protocol.md`), to the description of a core's inputs. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from fuzzer.errors import InputError
from fuzzer.generate.infer import infer_buffer, infer_format
from fuzzer.generate.registry import Registry
from fuzzer.generate.structure import Bincode, InputFormat


class RawRead(msgspec.Struct, frozen=True, tag_field="kind", tag="raw"):
    """A buffer as it is."""


class TypedRead(msgspec.Struct, frozen=True, tag_field="kind", tag="typed"):
    """A value of a type; its form and those of the named types in it are spelled as serde-reflection does."""

    name: str
    format: object
    registry: dict[str, object]


class OpaqueRead(msgspec.Struct, frozen=True, tag_field="kind", tag="opaque"):
    """A value of a type whose form is not known, and why."""

    name: str
    why: str


class SameRead(msgspec.Struct, frozen=True, tag_field="kind", tag="same"):
    """A value of the type of an earlier read of the run."""

    read: int


Read = RawRead | TypedRead | OpaqueRead | SameRead
_decode = msgspec.msgpack.Decoder(Read).decode


class KnownReads(msgspec.Struct, frozen=True, kw_only=True):
    """What some runs of a core tell of its reads."""

    form: InputFormat
    unknown: tuple[str, ...] = ()
    """Types that are read and whose form is not known, with the reason, for people."""


def known_reads(runs: Sequence[Sequence[bytes]], inputs: Sequence[Sequence[bytes]]) -> KnownReads:
    """What the runs of some inputs tell of their reads.

    Where runs differ in what they read at a place, most of them are right. Where it is not known, the inputs
    show what is usual.
    """
    told = [list(_told(run)) for run in runs]
    unknown: dict[str, str] = {}
    found = [
        _typed([run[place] for run in told if place < len(run)], unknown) for place in range(_most(told))
    ]
    said = tuple(f"`{name}`: {why}" for name, why in unknown.items())
    if not any(found):
        return KnownReads(form=infer_format(inputs), unknown=said)
    found += [None] * (_most(inputs) - len(found))
    buffers = tuple(
        form or infer_buffer(one[place] for one in inputs if place < len(one))
        for place, form in enumerate(found)
    )
    return KnownReads(form=InputFormat(buffers=buffers), unknown=said)


def _most(lists: Sequence[Sequence[object]]) -> int:
    return max(map(len, lists), default=0)


def _told(run: Sequence[bytes]) -> Iterator[bytes]:
    """What is said of each read, that of an earlier one in the place of a pointer to it."""
    for said in run:
        try:
            read = _decode(said)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return  # what is behind it may be said of another place
        if not isinstance(read, SameRead):
            yield said
        elif 0 <= read.read < len(run):
            yield run[read.read]
        else:
            return


def _typed(told: Sequence[bytes], unknown: dict[str, str]) -> Bincode | None:
    """The form that most runs read at a place, the first one of them when there are several."""
    ((most, _),) = Counter(told).most_common(1)
    read = _decode(most)
    match read:
        case TypedRead():
            try:
                return Registry(read.registry, name=read.name).bincode(read.format)
            except (InputError, RecursionError) as error:
                unknown.setdefault(read.name, str(error) or "it is nested too deeply")
        case OpaqueRead():
            unknown.setdefault(read.name, read.why)
    return None
