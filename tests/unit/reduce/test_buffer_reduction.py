"""Cases of several buffers, each reduced as its description says."""

import struct

from fuzzer.generate import bincode
from fuzzer.generate.bincode import UnfitError
from fuzzer.generate.structure import (
    RAW,
    Bincode,
    BytesType,
    CharType,
    EnumType,
    EnumVariant,
    FloatType,
    InputFormat,
    IntType,
    Json,
    OptionType,
    SequenceType,
    TextType,
    TupleType,
    Type,
    UnitType,
)
from fuzzer.generate.tree import Bits64, Block, Char, Fixed, Maybe, Variant
from fuzzer.reduce.buffers import buffer_search, reduce_buffers
from fuzzer.reduce.search import Reduction, run

U64 = IntType(bits=64)
KIND = EnumType(
    variants=(EnumVariant(0, "A", UnitType()), EnumVariant(1, "B", U64), EnumVariant(2, "C", TextType()))
)


def reduced(kind: Type, value: object, check: object, rest: bytes = b"") -> tuple[object, bytes]:
    """What is left of a typed value under a check of its tree."""
    form = Bincode(root=kind)

    def still_fails(data: bytes) -> bool:
        try:
            return bool(check(*bincode.decode(form, data)))  # type: ignore[operator]
        except UnfitError:
            raise AssertionError(data) from None

    start = bincode.encode(form, value) + rest
    return bincode.decode(form, run(Reduction(start, buffer_search(start, form), key=bytes), still_fails))


def test_typed_values_stay_of_their_type() -> None:
    kind = TupleType(
        items=(
            SequenceType(of=U64),
            OptionType(of=TextType()),
            BytesType(size=3),
            KIND,
            CharType(),
            BytesType(),
            FloatType(bits=64),
        )
    )
    value = Fixed(
        [
            [1, 500, 3],
            Maybe(["hello"]),
            Block(b"abc"),
            Variant(2, "xyz"),
            Char("ü"),
            b"blob",
            Bits64(0x40F << 52),
        ]
    )
    left, rest = reduced(kind, value, lambda tree, _: any(item > 99 for item in tree[0]), b"more")
    plain = [[100], Maybe(), Block(bytes(3)), Variant(0, None), Char("0"), b"", Bits64(0)]
    assert (left, rest) == (Fixed(plain), b"")


def test_what_follows_a_value_is_kept_where_it_matters() -> None:
    left, rest = reduced(U64, 7, lambda _, rest: b"x" in rest, b"abxcd")
    assert (left, rest) == (0, b"x")


def test_variants_and_floats() -> None:
    assert reduced(KIND, Variant(2, "abc"), lambda tree, _: tree.number > 0)[0] == Variant(2, "")
    bits = struct.unpack("<Q", struct.pack("<d", 1234.56))[0]
    left, _ = reduced(FloatType(bits=64), Bits64(bits), lambda tree, _: struct.pack("<Q", tree)[-1] == 0x40)
    assert struct.unpack("<d", struct.pack("<Q", left)) == (1234.0,)


def test_buffers_are_dropped_and_the_rest_reduced() -> None:
    form = InputFormat(buffers=(Json(), RAW, Bincode(root=SequenceType(of=U64))))
    start = (b'{"a": [1, 2, "needle"]}', b"raw \xff bytes", bincode.encode(Bincode(root=U64), 0), b"further")

    def still_fails(buffers: tuple[bytes, ...]) -> bool:
        whole = b"|".join(buffers)
        return b'"needle"' in whole and b"\xff" in whole

    assert run(reduce_buffers(start, form), still_fails) == (b'"needle"', b"\xff")


def test_the_number_of_buffers_may_matter() -> None:
    start = (b"aa", b"bb", b"cc")
    reduction = reduce_buffers(start, InputFormat(buffers=()))
    assert run(reduction, lambda buffers: len(buffers) == 3 and b"b" in buffers[1]) == (b"", b"b", b"")


def test_without_buffers_there_is_nothing_to_do() -> None:
    assert run(reduce_buffers((), InputFormat(buffers=())), lambda _: True) == ()
