"""The examples on docs/artifact_examples.md are documents as the types have them."""

import re
import tomllib

import jsonschema
import msgspec
from checkout import text_of

from fuzzer.store.schemas import KINDS, schema_text
from fuzzer.store.status import Status

PAGE = "docs/artifact_examples.md"


def examples() -> dict[str, dict[str, object]]:
    found = {}
    for section in text_of(PAGE).split("\n## ")[1:]:
        name, _, rest = section.partition("\n")
        if match := re.search(r"```(json|toml)\n(.*?)\n```", rest, re.DOTALL):
            decode = tomllib.loads if match[1] == "toml" else msgspec.json.decode
            found[name] = msgspec.to_builtins(decode(match[2]))
    return found


def test_every_document_has_an_example() -> None:
    assert list(examples()) == [kind.name for kind in KINDS]


def test_examples_validate_and_have_the_fields_of_their_types() -> None:
    kinds = {kind.name: kind for kind in KINDS}
    for name, document in examples().items():
        msgspec.convert(document, kinds[name].type)
        schema = msgspec.json.decode(schema_text(kinds[name]))
        jsonschema.Draft202012Validator(schema).validate(document)
        described = msgspec.structs.fields(kinds[name].type)
        fields = {field.encode_name for field in described}
        fields -= {field.encode_name for field in described if field.default is msgspec.UNSET} - set(document)
        config = kinds[name].type.__struct_config__
        # A status may mirror gates and metrics at the top, and leaves out what it does not have.
        if not config.omit_defaults and kinds[name].type is not Status:
            assert set(document) - ({config.tag_field} if config.tag else set()) == fields, name
