"""The cases of turns: the same ones whatever was made before, in this process or in one that was killed."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_program import ECHO, fake_program
from fake_runner import fake_runner
from fake_search import COVERS_ITS_LENGTH, plan, searched, searching

from fuzzer.campaign.search.corpus import Corpus
from fuzzer.campaign.search.journal import Remembered, remember
from fuzzer.campaign.search.turns import CaseMaker, CoreInputs, Turn, decode_inputs
from fuzzer.generate.comparisons import Comparison
from fuzzer.generate.dictionary import build
from fuzzer.generate.infer import infer_format
from fuzzer.model import Case
from fuzzer.store.journal import read_journal

COMPARES = COVERS_ITS_LENGTH.replace(
    "        send(5, told)",
    """        length = sum(map(len, run["buffers"]))
        if run.get("comparisons"):
            told["coverage"] = b"".join(
                struct.pack("<IBQQ", (1 << 15) + 2 * length + 1024 * value, 8, value, 7_000 + length)
                for value in range(24)
            )
        send(5, told)""",
)
"""Covers its length, and compares small numbers with one that follows from it."""


def _corpus(entries: int) -> Corpus:
    """Each entry has edits of its own."""
    seeds = [(f"inputs/{n}", (f'{{"amount":{n},"names":["ann"]}}'.encode(),)) for n in range(entries)]
    corpus = Corpus(seeds)
    corpus.compared = {n: (Comparison(1 << 15, n, 1_000 + n),) for n in range(entries)}
    return corpus


def _inputs(corpus: Corpus) -> CoreInputs:
    buffers = [entry.buffers for entry in corpus.entries]
    form = infer_format(buffers)
    return CoreInputs(core="core", form=form, dictionary=build(buffers, form))


def _edited(number: int, index: int) -> Turn:
    return Turn(core="core", worker=0, first=index, count=1, parent=number, edits=0)


def test_what_a_maker_made_before_changes_no_case() -> None:
    corpus = _corpus(50)
    inputs = _inputs(corpus)
    maker = CaseMaker(inputs, seed=7)
    chance = random.Random(7)  # noqa: S311 -- an order
    for index in range(500):
        turn = _edited(chance.randrange(50), index)
        assert maker.case(turn, index, corpus) == CaseMaker(inputs, seed=7).case(turn, index, corpus)


def test_edits_follow_what_is_known_now_of_what_an_entry_compares() -> None:
    corpus = _corpus(2)
    maker = CaseMaker(_inputs(corpus), seed=7)
    told = corpus.compared.pop(1)
    assert maker.edits(corpus, 1) == []
    corpus.compared[1] = told
    assert b'"amount":1001' in maker.case(_edited(1, 0), 0, corpus).buffers[0]
    corpus.compared[1] = (Comparison(1 << 15, 1, 55),)
    assert b'"amount":55' in maker.case(_edited(1, 1), 1, corpus).buffers[0]
    other = Corpus([("inputs/8", (b'{"names":[]}',))] * 2)
    other.compared = corpus.compared
    assert maker.edits(other, 1) == [], "the other corpus has another entry of this number"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[int, Case]:
    """Every case that searches in this process have made, by index; a second one there must be the same."""
    known: dict[int, Case] = {}
    real = CaseMaker.cases

    def cases(maker: CaseMaker, turn: Turn, corpus: Corpus) -> Iterator[Case]:
        for index, case in enumerate(real(maker, turn, corpus), turn.first):
            assert known.setdefault(index, case) == case, f"another case at {index}"
            yield case

    monkeypatch.setattr(CaseMaker, "cases", cases)
    return known


def _of(path: Path) -> Remembered:
    remembered = remember(read_journal(path))
    assert remembered is not None
    return remembered


def _edited_in(path: Path) -> set[Turn]:
    """The turns of a campaign that are edits."""
    return {turn for turn in _of(path).turns if turn.edits is not None}


def _from_journal(path: Path) -> dict[int, Case]:
    """What a process that knows only the journal makes, the latest turn first."""
    known = _of(path)
    maker = CaseMaker(decode_inputs(known.begun.cores[0].inputs), seed=known.begun.seed)
    return {
        index: maker.case(turn, index, known.corpora["core"])
        for turn in reversed(known.turns)
        for index in range(turn.first, turn.first + turn.count)
    }


@pytest.mark.slow
def test_a_killed_campaign_makes_the_same_cases_as_one_that_was_not(
    tmp_path: Path, made: dict[int, Case]
) -> None:
    path = tmp_path / "journal.jsonl"
    program = fake_program(tmp_path, ECHO, sp1=ECHO)
    core = searched(program, probe=fake_runner(tmp_path, COMPARES, target="probe"))
    for _ in searching(path, [core], plan(1_000)):
        pass
    unbroken, lines = dict(made), path.read_bytes().splitlines(keepends=True)
    assert _from_journal(path) == unbroken
    assert len(_of(path).corpora["core"].compared) > 32, "many more than are remembered"
    again = edited = 0
    for at in range(len(lines) // 8, len(lines), len(lines) // 4):
        killed = tmp_path / f"killed-{at}.jsonl"
        killed.write_bytes(b"".join(lines[:at]))
        before = _of(killed)
        opened = {index for turn in before.open.values() for index in unbroken if index in turn}
        made.clear()
        made.update((index, unbroken[index]) for index in opened)
        for _ in searching(killed, [core], plan(len(opened) + 200)):
            pass
        counted = {index: case for index, case in unbroken.items() if index < before.next_index}
        assert not (counted.keys() - opened) & made.keys(), "none is made again that was counted"
        # What comes behind is scheduled by the time that cases take, and so may be something else.
        assert _from_journal(killed) == {**counted, **made}
        again += len(opened)
        edited += len(_edited_in(killed) - _edited_in(path))
    assert again
    assert edited
