"""A finding's folder, and the program in it ready to run again."""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from fuzzer.build.plan import Built
from fuzzer.build.runners import parse_target
from fuzzer.build.sources import CoreRequest
from fuzzer.campaign.program import Program, program_targets, programs
from fuzzer.campaign.selection import KnownCore
from fuzzer.errors import InputError, StoreError, UsageError
from fuzzer.home import Home
from fuzzer.model import NATIVE
from fuzzer.store.finding import INPUT_NAME, PROGRAM_NAME, RUN_LOG_NAME, case_of
from fuzzer.store.run_log import RunLog, decode_log
from fuzzer.store.snapshot import SNAPSHOT_NAME, unpack


class Workshop(Protocol):
    """Where what a finding needs is built, and who is told of it."""

    @property
    def home(self) -> Home:
        """The checkout with its cache."""

    @property
    def project_root(self) -> Path:
        """The user's project."""

    def built(self, cores: Sequence[KnownCore], targets: Sequence[str]) -> Built:
        """What cores and targets need, built where it is not there yet."""

    def note(self, text: str) -> None:
        """Say something that is worth knowing."""


class RecordedFinding:
    """What a finding's folder holds.

    Raises:
        InputError: the folder is none of a finding, or not whole.
        StoreError: its run log is damaged, or a file is not the one that was recorded.
    """

    def __init__(self, workshop: Workshop, folder: Path) -> None:
        self._workshop = workshop
        self._folder = folder
        self.log: RunLog = read_log(folder)
        self.case = case_of(self.log, _read(folder / INPUT_NAME))
        # Another input may agree, which would say nothing of the finding.
        self._check_hash(INPUT_NAME, b"".join(self.case.buffers), self.log.input.sha256)

    @property
    def targets(self) -> list[str]:
        """The targets of the record, the reference first."""
        return [run.target.name for run in self.log.targets]

    def log_of(self, *targets: str) -> RunLog:
        """The record as if these targets alone had been held against the reference."""
        comparisons = tuple(entry for entry in self.log.comparisons if entry.target in targets)
        runs = (
            self.log.targets[0],
            *(run for run in self.log.targets[1:] if run.target.name in targets),
        )
        return msgspec.structs.replace(self.log, comparisons=comparisons, targets=runs)

    def program(
        self,
        runs_on: Mapping[str, str],
        *,
        planted: bool = True,
        plants: Mapping[str, str] | None = None,
    ) -> Program:
        """The program with its runners, built where they are not there yet.

        Args:
            runs_on: What stands for each target of the record: itself, or another release of it.
            planted: Whether the faults that were planted on purpose are planted again.
            plants: Faults to plant by target, in place of those.
        """
        specs = {name: spec for name, spec in runs_on.items() if name != NATIVE}
        self._check(specs)
        if plants is None:
            plants = {run.target.name: run.target.planted for run in self.log.targets if planted}
        if self.log.program:
            elf = self._folder / PROGRAM_NAME
            if not elf.is_file():
                raise InputError(f"{self._folder.name} holds no {PROGRAM_NAME}", hint="copy the whole folder")
            data = _read(elf)
            self._check_hash(PROGRAM_NAME, data, self.log.core.guest_elf_sha256)
            return program_targets(self._built([], specs), plants=plants).program(data)
        built = self._built([self._core()], specs)
        program = programs(built, project=self._workshop.project_root, plants=plants)[0]
        if program.core.guest_elf_sha256 != self.log.core.guest_elf_sha256:
            self._workshop.note(
                "the guest program is not byte for byte the one that was recorded: other sources or tools"
            )
        return program

    def _built(self, cores: list[KnownCore], specs: Mapping[str, str]) -> Built:
        """What was built, each runner under the name that the record knows it by."""
        built = self._workshop.built(cores, list(specs.values()))
        runners = tuple(
            msgspec.structs.replace(runner, target=name)
            for name, runner in zip(specs, built.runners, strict=True)
        )
        return msgspec.structs.replace(built, runners=runners)

    def foreign_sources(self, program: Program) -> str:
        """What is wrong with the sources in the folder; empty if they are those of the record.

        A core without a lock file has one in its copy: then what is built from it decides.
        """
        core, recorded = program.core, self.log.core
        same = core.sources_sha256 == recorded.sources_sha256
        if same or core.guest_elf_sha256 == recorded.guest_elf_sha256:
            return ""
        return f"{self._folder.name}/{SNAPSHOT_NAME} holds other sources than were recorded"

    def _check_hash(self, name: str, data: bytes, recorded: str) -> None:
        if hashlib.sha256(data).hexdigest() != recorded:
            raise StoreError(
                f"{self._folder.name}/{name} has another SHA-256 than {RUN_LOG_NAME} says",
                hint="copy the finding's folder again; `fuzz run --input FILE` runs another input",
            )

    def _check(self, specs: Mapping[str, str]) -> None:
        for spec in specs.values():
            try:
                parse_target(self._workshop.home, spec)
            except UsageError as error:
                raise InputError(
                    f"this `fuzz` has {error.message}", hint="use the one that recorded it, or a newer one"
                ) from None

    def _core(self) -> KnownCore:
        """The core as the folder keeps it. Its key is the original's: nothing is built twice."""
        archive = self._folder / SNAPSHOT_NAME
        if not archive.is_file():
            raise InputError(
                f"{self._folder.name} holds no {SNAPSHOT_NAME}",
                hint="copy the whole folder, not only some of its files",
            )
        core = self.log.core
        packed = _read(archive)
        # By what the archive is, not by what the record says of it: another one must not take its place.
        place = self._workshop.home.cache / "repro" / hashlib.sha256(packed).hexdigest()[:16]
        if not place.is_dir():
            _unpack_to(place, packed)
        request = CoreRequest(name=core.name, path=place / core.crate, bin=core.bin, features=core.features)
        return KnownCore(request=request, inputs=self._folder, shared_inputs=False)


def read_log(folder: Path) -> RunLog:
    """The run log of a finding's folder.

    Raises:
        InputError: there is none.
        StoreError: it is damaged.
    """
    return decode_log(_read(folder / RUN_LOG_NAME), name=f"{folder.name}/{RUN_LOG_NAME}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}",
            hint="name the folder of a finding, artifacts/<run_id>",
        ) from None


def _unpack_to(place: Path, archive: bytes) -> None:
    """Unpack beside its place and rename: another process may do the same at the same time."""
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        unpack(archive, draft)
        draft.rename(place)
    except OSError as error:
        if not place.is_dir():  # else the other process was faster, with the same files
            raise StoreError(
                f"`{place.parent}` cannot be written: {error.strerror}", hint="sources are unpacked there"
            ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
