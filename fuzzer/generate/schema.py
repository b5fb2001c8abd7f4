"""A core's JSON Schema, `inputs/CORE.schema.json`, to the description of its one JSON buffer.

Served are `type` (and lists of types), `properties`, `required`, `additionalProperties`, `items`,
`prefixItems`, `minItems`, `maxItems`, `uniqueItems`, `enum`, `const`, the bounds of numbers, `multipleOf`,
the bounds of a string's length, simple patterns, `oneOf`, `anyOf`, `allOf` of one schema, and `$ref` within
the document. Everything else that would say what an input may be is refused with its place.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from math import inf
from typing import NoReturn
from urllib.parse import unquote

from fuzzer.errors import ConfigError, closest
from fuzzer.generate import json_text
from fuzzer.generate.height import height, heights
from fuzzer.generate.schema_leaves import (
    INTEGER_FORMATS,
    LeafError,
    integer_schema,
    length,
    number_schema,
    string_schema,
)
from fuzzer.generate.structure import (
    AnySchema,
    ArraySchema,
    BoolSchema,
    ChoiceSchema,
    ConstantSchema,
    Json,
    NullSchema,
    ObjectSchema,
    RefSchema,
    Schema,
)
from fuzzer.generate.tree import Literal, Obj

_Keywords = Mapping[str, object]

_ANNOTATIONS = frozenset(
    {
        *("$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default"),
        *("example", "examples", "deprecated", "readOnly", "writeOnly", "format", "contentEncoding"),
        *("contentMediaType"),
    }
)
_OF_TYPE = {
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "array": frozenset({"items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset({"properties", "required", "additionalProperties"}),
}
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
}
_PLAIN: Mapping[str, Schema] = {"any": AnySchema(), "null": NullSchema(), "boolean": BoolSchema()}
_COMBINERS = ("$ref", "allOf", "oneOf", "anyOf", "enum", "const")
_SERVED = frozenset({"type", *_COMBINERS, *_ANNOTATIONS}.union(*_OF_TYPE.values()))
_NOT_SERVED = frozenset(
    {
        *("not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies"),
        *("patternProperties", "propertyNames", "minProperties", "maxProperties", "contains"),
        *("minContains", "maxContains", "unevaluatedItems", "unevaluatedProperties", "$anchor"),
        *("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary"),
    }
)


def parse_schema(document: bytes, *, name: str) -> Json:
    """The description that a JSON Schema is; `name` is what errors call the file.

    Raises `ConfigError` with the JSON pointer of what cannot be served.
    """
    try:
        root = json.loads(document.decode(), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: broken JSON: {error}") from None
    return _Loader(root, name).load()


class _Loader:
    """Turns one document into nodes; a definition's name is the JSON pointer that leads to it."""

    def __init__(self, root: object, name: str) -> None:
        self.root = root
        self.name = name
        self.definitions: dict[str, Schema] = {}
        self.wanted: list[str] = []

    def load(self) -> Json:
        schema = self.schema(self.root, "")
        while self.wanted:
            pointer = self.wanted.pop()
            if pointer not in self.definitions:
                self.definitions[pointer] = AnySchema()  # holds the name's place while it is being read
                self.definitions[pointer] = self.schema(self.target(pointer), pointer)
        for pointer, definition in {"": schema, **self.definitions}.items():
            self.check_ends(pointer, definition)
        return Json(schema=schema, definitions=self.definitions)

    def refuse(self, pointer: str, what: str, hint: str = "") -> NoReturn:
        raise ConfigError(f"{self.name}: {pointer or 'the root'}: {what}", hint=hint)

    def check_ends(self, pointer: str, schema: Schema) -> None:
        if height(schema, heights(self.definitions)) == inf:
            self.refuse(
                pointer, "every value of it would have no end", "make a part of the recursion optional"
            )
        todo, passed = [schema], {pointer}
        while todo:
            node = todo.pop()
            if isinstance(node, ChoiceSchema):
                todo.extend(node.options)
            elif isinstance(node, RefSchema) and node.name == pointer:
                self.refuse(pointer, "refers to itself with nothing in between")
            elif isinstance(node, RefSchema) and node.name not in passed:
                passed.add(node.name)
                todo.append(self.definitions[node.name])

    def target(self, pointer: str) -> object:
        found = self.root
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                self.refuse(pointer, "`$ref` leads nowhere")
        return found

    def schema(self, node: object, pointer: str) -> Schema:
        """The node for one schema of the document."""
        if node is True:
            return AnySchema()
        if node is False:
            self.refuse(pointer, "no value is possible")
        if not isinstance(node, dict):
            self.refuse(pointer, "a schema is an object, `true` or `false`")
        self.check_keywords(node, pointer)
        for combiner in _COMBINERS:
            if combiner in node:
                return self.combined(combiner, node, pointer)
        types = self.types(node, pointer)
        options = tuple(self.typed(kind, node, pointer) for kind in types)
        return options[0] if len(options) == 1 else ChoiceSchema(options=options)

    def check_keywords(self, node: _Keywords, pointer: str) -> None:
        for keyword in node:
            if keyword in _NOT_SERVED:
                self.refuse(
                    f"{pointer}/{keyword}", f"`{keyword}` cannot be served", "describe the input without it"
                )
            if keyword not in _SERVED and not keyword.startswith("x-"):
                self.refuse(f"{pointer}/{keyword}", "unknown keyword", closest(keyword, _SERVED))

    def combined(self, combiner: str, node: _Keywords, pointer: str) -> Schema:
        others = node.keys() - _ANNOTATIONS - {combiner}
        may_stand_beside = {"type"} if combiner != "$ref" else set()
        if unfit := sorted(others - may_stand_beside):
            self.refuse(f"{pointer}/{unfit[0]}", f"`{unfit[0]}` beside `{combiner}` cannot be served")
        if combiner == "$ref":
            return self.reference(node["$ref"], f"{pointer}/$ref")
        if combiner in ("enum", "const"):
            return self.constants(combiner, node, pointer)
        options = self.list_at(node, combiner, pointer)
        if not options:
            self.refuse(f"{pointer}/{combiner}", "an empty list")
        if "type" in node and any(
            not isinstance(option, dict) or option.get("type", node["type"]) != node["type"]
            for option in options
        ):
            self.refuse(f"{pointer}/type", f"a `type` beside `{combiner}` that its schemas do not repeat")
        below = [
            self.schema(
                {"type": node["type"], **option} if "type" in node and isinstance(option, dict) else option,
                f"{pointer}/{combiner}/{index}",
            )
            for index, option in enumerate(options)
        ]
        if combiner == "allOf" and len(below) > 1:
            self.refuse(f"{pointer}/allOf", "`allOf` of several schemas cannot be served")
        return (
            below[0] if len(below) == 1 else ChoiceSchema(options=tuple(below), exclusive=combiner == "oneOf")
        )

    def reference(self, target: object, pointer: str) -> Schema:
        if not isinstance(target, str) or not target.startswith("#"):
            self.refuse(pointer, "only references within the document are served", "copy it under `$defs`")
        inner = unquote(target[1:])
        if inner and not inner.startswith("/"):
            self.refuse(pointer, "only JSON pointers are served", "write it as `#/$defs/NAME`")
        self.wanted.append(inner)
        return RefSchema(name=inner)

    def constants(self, combiner: str, node: _Keywords, pointer: str) -> Schema:
        values = [node["const"]] if combiner == "const" else self.list_at(node, "enum", pointer)
        kinds = self.types(node, pointer)
        fitting = [
            value
            for value in values
            if _kind(value) in kinds or (_kind(value) == "integer" and "number" in kinds)
        ]
        if not fitting:
            self.refuse(f"{pointer}/{combiner}", "no value is possible")
        return ConstantSchema(values=tuple(dict.fromkeys(json_text.text(_tree(value)) for value in fitting)))

    def types(self, node: _Keywords, pointer: str) -> tuple[str, ...]:
        """The types that a schema allows; those that its keywords are about where it names none."""
        if "type" not in node:
            implied = tuple(kind for kind, keywords in _OF_TYPE.items() if not keywords.isdisjoint(node))
            return implied or (("any",) if not {"enum", "const"} & node.keys() else _TYPES)
        named = node["type"]
        kinds = named if isinstance(named, list) else [named]
        for kind in kinds:
            if kind not in _TYPES:
                self.refuse(f"{pointer}/type", f"{kind!r} is no type", closest(str(kind), _TYPES))
        if not kinds:
            self.refuse(f"{pointer}/type", "an empty list")
        return tuple(dict.fromkeys(kinds))

    def typed(self, kind: str, node: _Keywords, pointer: str) -> Schema:
        if kind in ("integer", "number", "string"):
            whole = kind == "integer" or (kind == "number" and node.get("format") in INTEGER_FORMATS)
            make = string_schema if kind == "string" else integer_schema if whole else number_schema
            try:
                return make(node)
            except LeafError as error:
                self.refuse(f"{pointer}/{error.keyword}", str(error))
        if kind == "array":
            return self.array(node, pointer)
        if kind == "object":
            return self.mapping(node, pointer)
        return _PLAIN[kind]

    def array(self, node: _Keywords, pointer: str) -> ArraySchema:
        try:
            least, most = length(node, "minItems") or 0, length(node, "maxItems")
        except LeafError as error:
            self.refuse(f"{pointer}/{error.keyword}", str(error))
        first = "prefixItems" if "prefixItems" in node else "items"
        prefix: tuple[Schema, ...] = ()
        rest, rest_key = node.get("items", True), "items"
        if isinstance(node.get(first), list):  # before 2020, the list stood under `items`
            prefix = tuple(
                self.schema(item, f"{pointer}/{first}/{index}")
                for index, item in enumerate(self.list_at(node, first, pointer))
            )
            if first == "items":
                rest, rest_key = node.get("additionalItems", True), "additionalItems"
        items = None if rest is False else self.schema(rest, f"{pointer}/{rest_key}")
        if items is None:
            most = len(prefix) if most is None else min(most, len(prefix))
        if most is not None and least > most:
            self.refuse(f"{pointer}/minItems", f"no value is possible: at most {most} items")
        unique = node.get("uniqueItems", False) is True
        return ArraySchema(prefix=prefix, items=items, min_items=least, max_items=most, unique=unique)

    def mapping(self, node: _Keywords, pointer: str) -> ObjectSchema:
        properties = node.get("properties", {})
        if not isinstance(properties, dict):
            self.refuse(f"{pointer}/properties", "not an object")
        required = self.list_at(node, "required", pointer) if "required" in node else []
        rest = node.get("additionalProperties")
        additional: Schema | None = None
        if isinstance(rest, dict) or rest is True or (rest is None and not properties):
            additional = self.schema({} if rest is None else rest, f"{pointer}/additionalProperties")
        own = {
            key: self.schema(inner, f"{pointer}/properties/{key.replace('~', '~0').replace('/', '~1')}")
            for key, inner in properties.items()
            if inner is not False
        }
        for key in required:
            if not isinstance(key, str) or (key not in own and (rest is False or key in properties)):
                self.refuse(
                    f"{pointer}/required", f"no value is possible: {key!r} must be there and must not"
                )
        return ObjectSchema(
            properties=own, required=tuple(map(str, required)), additional=additional, closed=rest is False
        )

    def list_at(self, node: _Keywords, keyword: str, pointer: str) -> list[object]:
        found = node[keyword]
        if not isinstance(found, list):
            self.refuse(f"{pointer}/{keyword}", "not a list")
        return found


def _kind(value: object) -> str:
    """The type of a value, as a schema names it."""
    return _KINDS.get(type(value), "number")


def _tree(value: object) -> object:
    """A value of the document as a tree."""
    match value:
        case dict():
            return Obj([(key, _tree(inner)) for key, inner in value.items()])
        case list():
            return [_tree(inner) for inner in value]
        case Decimal():
            return Literal(str(value))
        case _:
            return value
