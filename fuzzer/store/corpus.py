"""The inputs of a core that are kept between campaigns: `corpus/<core>/`, a file each and an index.

A file is called by the SHA-256 of what is in it, so that one which was edited or torn is known, and so that
two campaigns which keep the same input write the same file. The files are what counts, and the index says
where they come from: without it, or behind a damaged one, they are found again.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from fuzzer.errors import InputError, StoreError
from fuzzer.generate import stdin
from fuzzer.generate.hand_written import STDIN_SUFFIX
from fuzzer.model import SCHEMA_VERSION, Case, Generator, Provenance
from fuzzer.store.artifact_store import ArtifactFile, ArtifactStore
from fuzzer.store.document import decode_document, is_newer
from fuzzer.store.input_copy import InputEncoding, decode_input
from fuzzer.store.utc import utc_text

CORPUS = "corpus"
INDEX_NAME = "index.json"
LARGEST_ENTRY = 1 << 18
"""Bytes in all buffers of an input that is gone on from: the journal of a campaign keeps all of them."""
LARGEST_FILE = 4 * LARGEST_ENTRY
"""Bytes of a file: several buffers are a document in which a byte takes up to three."""
MOST_INPUTS = 10_000
MOST_BYTES = 16 << 20
"""Of the inputs of one core; the journal of a campaign begins with all of them."""
_RAW_SUFFIX = ".bin"
_NAME = re.compile(r"[0-9a-f]{64}(?:\.bin|\.stdin\.json)")


class KeptInput(msgspec.Struct, frozen=True, kw_only=True):
    """What the index says of an input."""

    file: str
    """Its name in the folder: the SHA-256 of its bytes, and how they are to be read."""
    bytes: int
    """In all buffers."""
    added_utc: str = ""
    """Empty where the index that said it was lost."""
    source: str = ""
    """The campaign that found it, `import`, or empty where that is not known."""
    generator: str = ""
    base_seed: str = ""
    """Where it was mutated: from which input."""
    mutation_ops: tuple[str, ...] = ()
    rng_seed: str = ""
    features: int = 0
    """How much it covered that nothing had covered before, when it was found."""


class CorpusIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The document `corpus/<core>/index.json`."""

    schema_version: int = SCHEMA_VERSION
    core: str
    covered: int = 0
    """Bins (`docs/protocol.md`) that the core's runs have covered, by the last campaign that added to it."""
    guest_elf_sha256: str = ""
    """The build of the core that this is said of."""
    inputs: tuple[KeptInput, ...] = ()


class CorpusRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds: all of it was looked at."""

    index: CorpusIndex
    """With the inputs that are as they should be, in the order in which they were added."""
    buffers: Mapping[str, tuple[bytes, ...]]
    """By file."""
    problems: tuple[str, ...] = ()
    """What was passed over, and why."""

    def cases(self, folder: str) -> list[Case]:
        """The inputs as cases, called by their path behind `folder`."""
        return [
            Case(
                core=self.index.core,
                input_name=f"{folder}/{kept.file}",
                buffers=self.buffers[kept.file],
                provenance=Provenance(
                    generator=kept.generator or Generator.MUTATED,
                    base_seed=kept.base_seed,
                    mutation_ops=kept.mutation_ops,
                ),
            )
            for kept in self.index.inputs
        ]


class KeptCorpus:
    """The folder of one core."""

    def __init__(self, store: ArtifactStore, core: str) -> None:
        self._store = store
        self.core = core
        self.path = f"{CORPUS}/{core}"

    def read(self) -> CorpusRead:
        """Look at all of it; what is not as it should be is told and passed over.

        Raises:
            StoreError: the index is of a newer version.
        """
        index, problems = self._index()
        found, further = self._checked(index.inputs)
        unlisted, others = self._checked(self._unlisted(index))
        index = msgspec.structs.replace(index, inputs=(*(kept for kept, _ in (*found, *unlisted)),))
        return CorpusRead(
            index=index,
            buffers={kept.file: buffers for kept, buffers in (*found, *unlisted)},
            problems=(*problems, *further, *others),
        )

    def exported(self, read: CorpusRead) -> dict[str, bytes]:
        """The files of a folder that holds what was read: the inputs byte for byte, and the index."""
        files = {kept.file: self._store.get(f"{self.path}/{kept.file}") for kept in read.index.inputs}
        return {**files, INDEX_NAME: encode_index(read.index)}

    def add(
        self,
        offered: Iterable[tuple[KeptInput, bytes]],
        *,
        covered: int | None = None,
        guest_elf_sha256: str = "",
    ) -> int:
        """Keep further inputs beside those that are there, whoever else adds some; how many were new.

        Each comes as `kept_input` makes it. Beyond the most that is kept, what showed least goes.

        Raises:
            StoreError: the index is of a newer version, or it cannot be written.
        """
        with self._store.lock():
            index, _ = self._index()
            names = set(self._store.list(self.path))
            unlisted, _ = self._checked(self._unlisted(index))
            here = [kept for kept in index.inputs if kept.file in names] + [kept for kept, _ in unlisted]
            listed = {kept.file for kept in here}
            # A file that was edited or torn is written again when somebody has its input.
            given = {kept.file: (kept, data) for kept, data in offered}
            new = [one for file, one in given.items() if file not in listed or not self._is_whole(file)]
            inputs = bounded([*here, *(kept for kept, _ in new if kept.file not in listed)])
            staying = {kept.file for kept in inputs}
            changed = msgspec.structs.replace(index, inputs=tuple(inputs))
            if covered is not None:
                changed = msgspec.structs.replace(changed, covered=covered, guest_elf_sha256=guest_elf_sha256)
            files = [(kept.file, data) for kept, data in new if kept.file in staying]
            self._write(changed, files)
            for file in listed - staying:
                self._store.delete(f"{self.path}/{file}")
        return len(files)

    def remove(self, files: Collection[str], *, covered: int, guest_elf_sha256: str) -> None:
        """Remove inputs; what others have added meanwhile stays. `covered` is what was measured.

        Raises:
            StoreError: the index is of a newer version, or it cannot be written.
        """
        with self._store.lock():
            index, _ = self._index()
            unlisted, _ = self._checked(self._unlisted(index))
            inputs = (*index.inputs, *(kept for kept, _ in unlisted))
            staying = tuple(kept for kept in inputs if kept.file not in files)
            changed = msgspec.structs.replace(
                index, inputs=staying, covered=covered, guest_elf_sha256=guest_elf_sha256
            )
            # The index last: whoever is killed in between leaves names of files that are not there.
            for file in files:
                self._store.delete(f"{self.path}/{file}")
            self._write(changed, [])

    def _write(self, index: CorpusIndex, files: Sequence[tuple[str, bytes]]) -> None:
        """The files first: whoever is killed in between leaves files that are found without an index.

        What a power cut tears of them is seen by its name, and the campaign's own journal has it too.
        """
        inputs = [ArtifactFile(f"{self.path}/{name}", data, exact=True) for name, data in files]
        self._store.put(inputs, durable=False)
        self._store.put([ArtifactFile(f"{self.path}/{INDEX_NAME}", encode_index(index))])

    def _index(self) -> tuple[CorpusIndex, list[str]]:
        """The index, empty where it cannot be read, and what is to be said of it."""
        path = f"{self.path}/{INDEX_NAME}"
        if not self._store.exists(path):
            return CorpusIndex(core=self.core), []
        data = b""
        try:
            data = self._store.get(path)
            index = decode_document(data, CorpusIndex, name=path, what="the index of a corpus")
        except StoreError as error:
            if is_newer(data):
                raise
            lost = "the inputs are taken from their files, without where they come from"
            return CorpusIndex(core=self.core), [f"{error.message}; {lost}"]
        listed = {kept.file: kept for kept in index.inputs if _NAME.fullmatch(kept.file)}
        wrong = [kept.file for kept in index.inputs if not _NAME.fullmatch(kept.file)]
        problems = [f"{path} names {file!r}, which is no name of an input" for file in wrong]
        return msgspec.structs.replace(index, core=self.core, inputs=tuple(listed.values())), problems

    def _unlisted(self, index: CorpusIndex) -> list[KeptInput]:
        """Inputs that the index does not have: its writer was killed, or it was damaged."""
        listed = {kept.file for kept in index.inputs}
        names = (name for name in self._store.list(self.path) if _NAME.fullmatch(name))
        return [KeptInput(file=name, bytes=0) for name in names if name not in listed]

    def _checked(
        self, inputs: Iterable[KeptInput]
    ) -> tuple[list[tuple[KeptInput, tuple[bytes, ...]]], list[str]]:
        """Those whose files are as they should be, with their buffers, and what is wrong with the others."""
        found, problems = [], []
        for kept in inputs:
            try:
                buffers = self._buffers(kept.file)
            except (StoreError, InputError) as error:
                problems.append(f"{self.path}/{kept.file}: {error.message}")
            else:
                found.append((msgspec.structs.replace(kept, bytes=_size(buffers)), buffers))
        return found, problems

    def _is_whole(self, file: str) -> bool:
        found, _ = self._checked([KeptInput(file=file, bytes=0)])
        return bool(found)

    def _buffers(self, file: str) -> tuple[bytes, ...]:
        """The buffers of a file that is as its name says.

        Raises:
            StoreError: it is not, or it cannot be read.
            InputError: it is no document of buffers.
        """
        data = self._store.get(f"{self.path}/{file}", length=LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise StoreError(f"it has more than {LARGEST_FILE:,} bytes")
        if hashlib.sha256(data).hexdigest() != file.partition(".")[0]:
            raise StoreError("what is in it is not what its name says: it was edited or torn")
        return decode_kept(file, data)


def kept_input(
    case: Case, *, now: datetime, source: str, features: int = 0
) -> tuple[KeptInput, bytes] | None:
    """What is kept of a case: its entry in the index and its file; None where it is too large."""
    size = _size(case.buffers)
    data = file_of(case.buffers)
    if size > LARGEST_ENTRY or len(data) > LARGEST_FILE:
        return None
    suffix = _RAW_SUFFIX if len(case.buffers) == 1 else STDIN_SUFFIX
    made = case.provenance
    kept = KeptInput(
        file=hashlib.sha256(data).hexdigest() + suffix,
        bytes=size,
        added_utc=utc_text(now),
        source=source,
        generator=made.generator,
        base_seed=made.base_seed,
        mutation_ops=made.mutation_ops,
        rng_seed=made.rng_seed,
        features=features,
    )
    return kept, data


def file_of(buffers: Sequence[bytes]) -> bytes:
    """The bytes of a file that holds these buffers."""
    return buffers[0] if len(buffers) == 1 else stdin.encode(buffers)


def encode_index(index: CorpusIndex) -> bytes:
    """The text of an index."""
    return msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"


def has_kept_name(name: str) -> bool:
    """Whether a file is called as inputs that are kept are."""
    return _NAME.fullmatch(name) is not None


def decode_kept(file: str, data: bytes) -> tuple[bytes, ...]:
    """The buffers in the bytes of a file of this name.

    Raises:
        InputError: it is no document of buffers.
    """
    if not file.endswith(STDIN_SUFFIX):
        return (data,)
    return decode_input(data, InputEncoding.STDIN, name=file)


def bounded(inputs: Sequence[KeptInput]) -> list[KeptInput]:
    """Those that are kept, in the same order: where they are too many, those that showed least go."""
    count, size = 0, 0
    staying = set[str]()
    for kept in sorted(inputs, key=lambda one: (-one.features, one.bytes)):
        if count < MOST_INPUTS and size + kept.bytes <= MOST_BYTES:
            staying.add(kept.file)
            count, size = count + 1, size + kept.bytes
    return [kept for kept in inputs if kept.file in staying]


def _size(buffers: Sequence[bytes]) -> int:
    return sum(map(len, buffers))
