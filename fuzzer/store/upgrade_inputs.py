"""The cases of an upgrade as files that go with it. Pure."""

import hashlib

from fuzzer.model import Case
from fuzzer.store.input_copy import encode_input
from fuzzer.store.upgrade import CorpusCase


def corpus_case(case_id: str, case: Case, elf: bytes | None) -> tuple[CorpusCase, bytes]:
    """A case as the corpus lists it, and the bytes of its file: the program, or its input's buffers."""
    data = encode_input(case.buffers) if elf is None else elf
    record = CorpusCase(
        case_id=case_id,
        core=case.core,
        input=case.input_name,
        href=f"assets/{case_id}.{'input.json' if elf is None else 'elf'}",
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return record, data
