"""Types as the Rust crate serde-reflection reports them, to descriptions of bincode-typed buffers.

A registry maps the names of structs and enums to their forms; a form or type is a word (`U32`, `UNIT`) or a
mapping of one word to what it holds (`SEQ: STR`). Its YAML and its JSON mean the same.
"""

import json
from collections.abc import Mapping, Sequence
from math import inf
from typing import NoReturn

from fuzzer.errors import InputError, closest
from fuzzer.generate.block_yaml import YamlError, parse_yaml
from fuzzer.generate.height import heights
from fuzzer.generate.structure import (
    ArrayType,
    Bincode,
    BoolType,
    BytesType,
    CharType,
    EnumType,
    EnumVariant,
    Field,
    FloatType,
    InputFormat,
    IntType,
    NamedType,
    OptionType,
    SequenceType,
    StructType,
    TextType,
    TupleType,
    Type,
    UnitType,
    map_type,
)

_BYTE = IntType(bits=8)
_WORDS: Mapping[str, Type] = {
    **{f"U{bits}": IntType(bits=bits) for bits in (8, 16, 32, 64, 128)},
    **{f"I{bits}": IntType(bits=bits, signed=True) for bits in (8, 16, 32, 64, 128)},
    **{f"F{bits}": FloatType(bits=bits) for bits in (32, 64)},
    "UNIT": UnitType(),
    "BOOL": BoolType(),
    "CHAR": CharType(),
    "STR": TextType(),
    "BYTES": BytesType(),
}
_NESTED = ("TYPENAME", "OPTION", "SEQ", "MAP", "TUPLE", "TUPLEARRAY")
_FORMS = ("UNITSTRUCT", "NEWTYPESTRUCT", "TUPLESTRUCT", "STRUCT", "ENUM")
_VARIANTS = ("UNIT", "NEWTYPE", "TUPLE", "STRUCT")


def parse_registry(document: str, *, name: str) -> "Registry":
    """The registry in a JSON or YAML document; raises `InputError` with what is unknown in it."""
    try:
        found = json.loads(document) if document.lstrip().startswith("{") else parse_yaml(document)
    except (YamlError, ValueError, RecursionError) as error:
        raise InputError(f"{name}: broken registry: {error}") from None
    if not isinstance(found, dict):
        raise InputError(f"{name}: a registry is a mapping from names to forms")
    return Registry(found, name=name)


class Registry:
    """Named types; `name` is what errors call the document."""

    def __init__(self, forms: Mapping[str, object], *, name: str = "registry") -> None:
        self._name = name
        self._known = frozenset(map(str, forms))
        self.definitions: Mapping[str, Type] = {
            str(key): self._form(form, str(key)) for key, form in forms.items()
        }
        endless = sorted(key for key, height in heights(self.definitions).items() if height == inf)
        if endless:
            self._refuse(endless[0], "every value of it would have no end")

    def input_format(self, reads: Sequence[object]) -> InputFormat:
        """What a core reads whose reads are of these types, in order, each as the registry spells types."""
        return InputFormat(
            buffers=tuple(self.bincode(kind, f"read {number}") for number, kind in enumerate(reads, 1))
        )

    def bincode(self, kind: object, where: str = "a read") -> Bincode:
        """The description of one buffer that holds a value of a type, such as `{"TYPENAME": "Order"}`."""
        return Bincode(root=self._type(kind, where), definitions=self.definitions)

    def _refuse(self, where: str, what: str, hint: str = "") -> NoReturn:
        raise InputError(f"{self._name}: {where}: {what}", hint=hint)

    def _type(self, node: object, where: str) -> Type:
        if isinstance(node, str):
            if node not in _WORDS:
                self._refuse(where, f"unknown type `{node}`", closest(node, [*_WORDS, *_NESTED]))
            return _WORDS[node]
        word, content = self._pair(node, where)
        inside = f"{where}: {word}"
        match word:
            case "TYPENAME":
                if content not in self._known:
                    self._refuse(where, f"no type is called `{content}`", closest(str(content), self._known))
                return NamedType(name=str(content))
            case "OPTION":
                return OptionType(of=self._type(content, inside))
            case "SEQ":
                of = self._type(content, inside)
                return BytesType() if of == _BYTE else SequenceType(of=of)
            case "MAP":
                key, value = self._keys(content, ("KEY", "VALUE"), inside)
                return map_type(self._type(key, inside), self._type(value, inside))
            case _:
                return self._fixed(word, content, where)

    def _fixed(self, word: str, content: object, where: str) -> Type:
        inside = f"{where}: {word}"
        if word == "TUPLE":
            return TupleType(items=tuple(self._type(item, inside) for item in self._list(content, inside)))
        if word != "TUPLEARRAY":
            self._refuse(where, f"unknown type `{word}`", closest(word, [*_WORDS, *_NESTED]))
        of, size = self._keys(content, ("CONTENT", "SIZE"), inside)
        inner = self._type(of, inside)
        if not isinstance(size, int) or size < 0:
            self._refuse(inside, "the size is no number")
        return BytesType(size=size) if inner == _BYTE else ArrayType(of=inner, size=size)

    def _form(self, node: object, name: str) -> Type:
        if node == "UNITSTRUCT":
            return UnitType()
        word, content = self._pair(node, name)
        match word:
            case "NEWTYPESTRUCT":
                return self._type(content, name)
            case "TUPLESTRUCT":
                return TupleType(items=tuple(self._type(item, name) for item in self._list(content, name)))
            case "STRUCT":
                return StructType(name=name, fields=self._fields(content, name))
            case "ENUM":
                return EnumType(name=name, variants=self._variants(content, name))
            case _:
                return self._refuse(name, f"unknown form `{word}`", closest(word, _FORMS))

    def _fields(self, node: object, where: str) -> tuple[Field, ...]:
        pairs = [self._pair(item, where) for item in self._list(node, where)]
        return tuple(Field(name, self._type(kind, f"{where}.{name}")) for name, kind in pairs)

    def _variants(self, node: object, where: str) -> tuple[EnumVariant, ...]:
        if not isinstance(node, dict) or not node:
            self._refuse(where, "an enum is a mapping from numbers to variants, and has one")
        found = []
        for index, variant in node.items():
            if not str(index).isdecimal():
                self._refuse(where, f"`{index}` is no number of a variant")
            name, content = self._pair(variant, where)
            found.append(EnumVariant(int(index), name, self._variant(content, f"{where}::{name}")))
        return tuple(found)

    def _variant(self, node: object, where: str) -> Type:
        if node == "UNIT":
            return UnitType()
        word, content = self._pair(node, where)
        match word:
            case "NEWTYPE":
                return self._type(content, where)
            case "TUPLE":
                return TupleType(items=tuple(self._type(item, where) for item in self._list(content, where)))
            case "STRUCT":
                return StructType(name=where, fields=self._fields(content, where))
            case _:
                return self._refuse(where, f"unknown form `{word}`", closest(word, _VARIANTS))

    def _pair(self, node: object, where: str) -> tuple[str, object]:
        if not isinstance(node, dict) or len(node) != 1:
            self._refuse(where, f"{json.dumps(node)[:60]} is no mapping of one word")
        ((word, content),) = node.items()
        return str(word), content

    def _keys(self, node: object, keys: tuple[str, str], where: str) -> tuple[object, object]:
        if not isinstance(node, dict) or set(node) != set(keys):
            self._refuse(where, f"not a mapping with {keys[0]} and {keys[1]}")
        return node[keys[0]], node[keys[1]]

    def _list(self, node: object, where: str) -> list[object]:
        if not isinstance(node, list):
            self._refuse(where, "not a list")
        return node
