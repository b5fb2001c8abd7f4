"""The folder `<run_id>/` of a run that is not equal: all it takes to read it and to run it again. Pure."""

import msgspec

from fuzzer.model import Case
from fuzzer.store.artifact_store import ArtifactFile
from fuzzer.store.finding_readme import render_readme
from fuzzer.store.input_copy import decode_input, encode_input
from fuzzer.store.repro_script import REPRO_SCRIPT
from fuzzer.store.run_log import RecordedCase, RunLog, encode_document

INPUT_NAME = "input.json"
ORIGINAL_NAME = "original_input.json"
"""The input before it was reduced, in the same form."""
RUN_LOG_NAME = "run_log.json"
REPRO_NAME = "repro.sh"
PROGRAM_NAME = "program.elf"
"""The program of a finding in an instruction program."""


def finding_files(recorded: RecordedCase, log: RunLog) -> list[ArtifactFile]:
    """The folder's files, the run log last: where it is, the others are."""
    folder = log.run_id
    input_copy = encode_input(recorded.result.case.buffers)
    readme = render_readme(log, input_text=input_copy.decode())
    outcomes = [recorded.result.reference, *(entry.outcome for entry in recorded.result.comparisons)]
    files = [ArtifactFile(f"{folder}/{INPUT_NAME}", input_copy, exact=True)]
    if recorded.original is not None:
        files.append(ArtifactFile(f"{folder}/{ORIGINAL_NAME}", encode_input(recorded.original), exact=True))
    if recorded.details:
        files += [
            msgspec.structs.replace(file, path=f"{folder}/{file.path}") for file in recorded.details.files
        ]
    for run, outcome in zip(log.targets, outcomes, strict=True):
        path = f"{folder}/outcomes/{run.target.name}"
        files.append(ArtifactFile(f"{path}.json", encode_document(run)))
        files.append(ArtifactFile(f"{path}.commits", outcome.stream, exact=True))
    return [
        *files,
        ArtifactFile(f"{folder}/README.md", readme.encode()),
        ArtifactFile(f"{folder}/{REPRO_NAME}", REPRO_SCRIPT.encode(), executable=True),
        ArtifactFile(f"{folder}/{RUN_LOG_NAME}", encode_document(log)),
    ]


def case_of(log: RunLog, input_copy: bytes) -> Case:
    """The case that a folder holds, from its run log and its `input.json`."""
    return Case(
        core=log.core.name,
        input_name=log.input.path,
        buffers=decode_input(input_copy, log.input.encoding, name=INPUT_NAME),
        provenance=log.provenance,
    )
