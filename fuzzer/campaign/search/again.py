"""Makes cases of a campaign again from what its journal says. Pure."""

import msgspec

from fuzzer.campaign.search.corpus import Entry
from fuzzer.campaign.search.journal import Remembered
from fuzzer.campaign.search.turns import CaseMaker, Turn, decode_inputs, parse_case_id
from fuzzer.errors import InputError
from fuzzer.generate.structure import InputFormat
from fuzzer.model import Case


class MadeAgain(msgspec.Struct, frozen=True, kw_only=True):
    """A case, and what it was made with."""

    case: Case
    case_id: str
    """Worker and index."""
    turn: Turn
    form: InputFormat
    parent: Entry | None
    """The entry of the corpus that was mutated."""


def make_again(remembered: Remembered, name: str) -> MadeAgain:
    """A case of the campaign once more.

    Raises:
        InputError: the campaign has no such case.
    """
    worker, index = parse_case_id(name)
    turn = next((turn for turn in remembered.turns if turn.worker == worker and index in turn), None)
    if turn is None:
        raise InputError(f"the campaign has no case {worker}:{index}", hint=_known(remembered))
    inputs = decode_inputs(next(core.inputs for core in remembered.begun.cores if core.name == turn.core))
    corpus = remembered.corpora[turn.core]
    return MadeAgain(
        case=CaseMaker(inputs, seed=remembered.begun.seed).case(turn, index, corpus),
        case_id=f"{worker}:{index}",
        turn=turn,
        form=inputs.form,
        parent=None if turn.parent is None else corpus.entries[turn.parent],
    )


def regenerate(remembered: Remembered, name: str) -> Case:
    """The case alone; see `make_again`."""
    return make_again(remembered, name).case


def _known(remembered: Remembered) -> str:
    worker = remembered.begun.worker
    if not remembered.turns:
        return "it has run no inputs; instruction programs are named like riscv-64/7/12"
    return f"its cases are {worker}:0 to {worker}:{remembered.next_index - 1}"
