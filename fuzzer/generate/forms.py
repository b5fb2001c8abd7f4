"""What is known of a core's inputs: the files that people put beside them, and what the seeds show.

Both files are named like inputs, before the first dot: `inputs/fib.schema.json` and `inputs/fib.dict`.
"""

from collections.abc import Sequence
from pathlib import Path

from fuzzer.errors import ConfigError
from fuzzer.generate.dictionary import Dictionary, build, parse_entries
from fuzzer.generate.hand_written import DICTIONARY_SUFFIX, SCHEMA_SUFFIX, input_prefix
from fuzzer.generate.infer import infer_format
from fuzzer.generate.schema import parse_schema
from fuzzer.generate.structure import InputFormat


def load_format(folder: Path, core: str, seeds: Sequence[Sequence[bytes]]) -> InputFormat:
    """The description of a core's inputs: its JSON Schema where there is one, else what its seeds show.

    Raises `ConfigError` for a schema that cannot be read or served, with the part of it.
    """
    return load_schema(folder, core) or infer_format(seeds)


def load_schema(folder: Path, core: str) -> InputFormat | None:
    """The description that a core's JSON Schema is; None where it has none.

    Raises `ConfigError` for a schema that cannot be read or served, with the part of it.
    """
    path = folder / f"{input_prefix(core)}{SCHEMA_SUFFIX}"
    document = _read(path)
    return None if document is None else InputFormat(buffers=(parse_schema(document, name=path.name),))


def load_dictionary(
    folder: Path, core: str, seeds: Sequence[Sequence[bytes]], form: InputFormat
) -> Dictionary:
    """The dictionary of a core: its file where there is one, and its seeds, read as `form` says.

    Raises `ConfigError` for a file that cannot be read, and `InputError` for one with a broken line.
    """
    path = folder / f"{input_prefix(core)}{DICTIONARY_SUFFIX}"
    document = _read(path)
    entries = () if document is None else parse_entries(document, name=path.name)
    return build(seeds, form, entries)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"{path.name} cannot be read: {error.strerror}", hint="check its permissions"
        ) from None
