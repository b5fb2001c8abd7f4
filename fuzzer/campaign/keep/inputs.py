"""Keeps what a campaign has admitted for the campaigns after it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from fuzzer.campaign.events import Checkpoint, Event, NewBehaviour
from fuzzer.campaign.search.journal import Admitted
from fuzzer.errors import StoreError
from fuzzer.model import Case, Generator, Provenance
from fuzzer.store.artifact_store import ArtifactStore
from fuzzer.store.corpus import KeptCorpus, KeptInput, kept_input

_EVERY_S = 30.0
"""How often; what a kill loses of it is in the campaign's journal, and `--resume` keeps it."""


class KeptInputs:
    """A handler that adds to the kept corpus of each core what covered something new."""

    def __init__(
        self,
        store: ArtifactStore,
        campaign_id: str,
        *,
        builds: Mapping[str, str],
        admitted: Mapping[str, list[Admitted]],
        clock: Callable[[], float],
        now: Callable[[], datetime],
        warn: Callable[[str], None],
    ) -> None:
        """`builds` has the digest of each core's guest; `admitted` is what was before a `--resume`."""
        self._warn = warn
        self._store = store
        self._campaign = campaign_id
        self._builds = builds
        self._clock = clock
        self._now = now
        self._kept_at = clock()
        self._new = dict[str, list[tuple[KeptInput, bytes]]]()
        self._covered = dict[str, int]()
        for core, records in admitted.items():
            for record in records:
                self._offer(core, admitted_case(core, record), record.features)

    def take(self, event: Event) -> None:
        """See `Handler.take`."""
        match event:
            case NewBehaviour():
                self._covered[event.core] = event.bins
                self._offer(event.core, event.case, event.features)
            case Checkpoint() if not 0 <= self._clock() - self._kept_at < _EVERY_S:
                self._keep()
            case _:
                pass

    def close(self) -> None:
        """See `Handler.close`."""
        self._keep()

    def _offer(self, core: str, case: Case, features: int) -> None:
        """An input that only ended in a new way, or got where few do, adds nothing to what is covered."""
        if features and (kept := kept_input(case, now=self._now(), source=self._campaign, features=features)):
            self._new.setdefault(core, []).append(kept)

    def _keep(self) -> None:
        """Keep what is new; what cannot be kept now is tried again, and a campaign goes on without it."""
        self._kept_at = self._clock()
        for core, offered in list(self._new.items()):
            covered, build = self._covered.get(core), self._builds[core]
            try:
                KeptCorpus(self._store, core).add(offered, covered=covered, guest_elf_sha256=build)
            except StoreError as error:
                self._warn(f"new inputs of {core} are not kept yet: {error.message}")
                return
            del self._new[core]


def admitted_case(core: str, record: Admitted) -> Case:
    """The case that was admitted, as far as the journal of its campaign tells without making it again."""
    entry = record.entry
    generator = Generator.GENERATED if entry.parent is None else Generator.MUTATED
    return Case(
        core=core,
        input_name=entry.case,
        buffers=entry.buffers,
        provenance=Provenance(generator=generator, base_seed=entry.seed),
    )
