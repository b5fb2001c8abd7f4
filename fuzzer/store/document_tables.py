"""The fields of all documents as tables in Markdown, from their types and the texts under them. Pure."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum

import msgspec
from msgspec import inspect as types

from fuzzer.store.schemas import KINDS, DocumentKind, fields_schema

_HEAD = "| field | type | meaning |\n|---|---|---|"


def document_tables() -> str:
    """A section for each document, then one for each part that several of them or their fields have."""
    parts: dict[str, type] = {}
    for kind in KINDS:
        parts |= _classes(kind.type)
    roots = {kind.type for kind in KINDS}
    sections = ["## Documents", *map(_section, KINDS), "## Parts"]
    for name, cls in sorted(parts.items()):
        if cls not in roots:
            sections.append(_part(name, cls))
    return "\n\n".join(sections) + "\n"


def _section(kind: DocumentKind) -> str:
    where = f"`{kind.file}`, {kind.form}; schema `{kind.schema}`."
    heading = f"### {kind.name[:1].upper()}{kind.name[1:]}"
    return "\n\n".join([heading, where, f"`{kind.type.__name__}`: {_doc(kind.type)}", _table(kind.type)])


def _part(name: str, cls: type) -> str:
    body = _words(cls) if issubclass(cls, Enum) else _table(cls)
    return "\n\n".join([f"### {name}", _doc(cls), body])


def _doc(cls: type) -> str:
    return " ".join((inspect.getdoc(cls) or "").split())


def _table(cls: type) -> str:
    meanings = _meanings(cls)
    own = {field.encode_name: field.name for field in msgspec.structs.fields(cls)}
    rows = [
        f"| `{name}` | {_type(schema)} | {meanings.get(own[name], '')} |"
        for name, schema in fields_schema(cls).items()
    ]
    return "\n".join([_HEAD, *rows])


def _words(cls: type[Enum]) -> str:
    meanings = _meanings(cls)
    rows = [f"| `{member.value}` | {meanings.get(name, '')} |" for name, member in cls.__members__.items()]
    return "\n".join(["| word | meaning |\n|---|---|", *rows])


def _meanings(cls: type) -> dict[str, str]:
    """The text under each field of a class, on one line."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)  # noqa: S101 - what the source of a class is
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                found[name] = " ".join(words.split()).replace("|", "\\|")
    return found


def _type(schema: Mapping[str, object]) -> str:
    """What a field holds, in words."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case {"anyOf": list(options)}:
            return " or ".join(dict.fromkeys(map(_type, options)))
        case {"enum": list(words)}:
            return ", ".join(f"`{word}`" for word in words)
        case {"type": str(name)}:
            return _plain_type(name, schema)
    return "anything"


def _plain_type(name: str, schema: Mapping[str, object]) -> str:
    match schema:
        case {"prefixItems": list(items)}:
            return f"array of {', '.join(map(_type, items))}"
        case {"items": dict(item)}:
            return f"array of {_type(item)}"
        case {"additionalProperties": dict(value)}:
            return f"object of {_type(value)}"
        case {"format": str(form)}:
            return f"{name} ({form})"
    return name


def _classes(root: type) -> dict[str, type]:
    """The structs and enumerations that a type consists of, by name."""
    return {cls.__name__: cls for cls in _walk(types.type_info(root), set())}


def _walk(info: object, seen: set[type]) -> Iterator[type]:
    if isinstance(info, types.StructType | types.EnumType):
        if info.cls in seen:
            return
        seen.add(info.cls)
        yield info.cls
    if isinstance(info, types.Type | types.Field):
        for name in info.__struct_fields__:
            value = getattr(info, name)
            for inner in value if isinstance(value, tuple) else (value,):
                yield from _walk(inner, seen)
