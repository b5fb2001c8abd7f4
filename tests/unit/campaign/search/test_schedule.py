"""What is next, and which runs are looked at closely."""

from collections import Counter

from fuzzer.campaign.search.schedule import GENERATED, SEEDS, Energy, Sampler, Turns, edited
from fuzzer.campaign.search.turns import rng_of


def chosen(energy: Energy, times: int = 400) -> Counter[int | None]:
    rng = rng_of("7")
    return Counter(energy.choose(rng) for _ in range(times))


def ran(energy: Energy, arm: int, cases: int, seconds: float) -> None:
    """A turn of this arm, whose cases take so long each."""
    energy.began(arm, cases)
    for _ in range(cases):
        energy.ended(arm, seconds)
    energy.spent(arm)


def test_energy_goes_to_what_promises_more() -> None:
    energy = Energy(generated=False)
    energy.add(0)
    energy.add(1, 0.5)
    assert chosen(energy)[1] > 300
    energy.promise(1, 0.0)
    energy.promise(0, 0.5)
    assert chosen(energy)[0] > 300


def test_what_takes_long_loses_energy() -> None:
    energy = Energy(generated=False)
    energy.add(0, 0.1)
    energy.add(1, 0.1)
    ran(energy, 0, 32, 5.0)
    ran(energy, 1, 32, 0.001)
    counts = chosen(energy)
    assert counts[1] > 50 * max(1, counts[0])


def test_what_finds_gains_and_fades() -> None:
    energy = Energy()
    energy.add(0)
    energy.add(1)
    energy.found(0, 5.0)
    assert energy.score(0) > 2 * energy.score(1)
    for _ in range(60):
        ran(energy, 0, 32, 0.01 / 32)
    assert energy.score(0) < energy.score(1)


def test_inputs_without_a_parent_keep_a_share_and_generators_can_be_left_out() -> None:
    energy = Energy()
    energy.add(0, 1e6)
    assert set(chosen(energy)) == {GENERATED}, "the first turn is theirs"
    ran(energy, GENERATED, 4, 0.001)
    assert 10 < chosen(energy, 2000)[GENERATED] < 200
    only = Energy(generated=False)
    only.add(0)
    assert chosen(only) == {0: 400}
    blind = Energy(mutated=False)
    blind.add(0, 1e6)
    assert chosen(blind) == {GENERATED: 400}


def test_few_cases_of_an_arm_begin_before_any_has_ended_and_then_ever_more() -> None:
    energy = Energy()
    energy.add(0, 0.1)
    ran(energy, SEEDS, 100, 0.001)
    assert (energy.most(0), energy.under_way_s) == (4, 0.0)
    energy.began(0, 3)
    assert (energy.most(0), energy.most(GENERATED), energy.most(edited(0))) == (1, 4, 4)
    energy.began(0, 1)
    assert set(chosen(energy)) == {GENERATED}, "the other one must wait"
    assert 0 < energy.under_way_s < 0.01
    energy.began(GENERATED, 4)
    assert set(chosen(energy)) == {None}
    energy.ended(0, 10.0)
    assert energy.most(0) == 1
    assert energy.under_way_s > 3, "what is begun may take as long"
    for _ in range(3):
        energy.ended(0, 0.001)
    ran(energy, 0, 4, 0.001)
    assert energy.most(0) == 8


def test_a_campaign_begins_with_few_cases_of_all_arms() -> None:
    energy = Energy()
    for number in range(10):
        energy.add(number, 0.1)
    energy.began(3, 4)
    assert set(chosen(energy)) == {None}
    energy.ended(3, 0.001)
    assert None not in chosen(energy)


def test_edits_of_an_entry_that_take_long_have_a_share_of_the_time_only() -> None:
    energy = Energy()
    ran(energy, SEEDS, 100, 0.01)
    ran(energy, edited(7), 1, 10.0)
    assert not energy.may_edit(7)
    assert energy.may_edit(8)
    ran(energy, GENERATED, 100, 0.7)
    assert energy.may_edit(7)
    energy.began(edited(7), 4)
    assert not energy.may_edit(7), "others of its edits are under way"


def test_new_endings_are_always_looked_at_and_others_within_the_share() -> None:
    sampler = Sampler()
    sampler.paid(1e6)
    assert sampler.wants(new_shape=True, new_path=False)
    assert not sampler.wants(new_shape=False, new_path=True)
    sampler = Sampler()
    looked = 0
    for _ in range(10_000):
        sampler.earned(0.001, 0.0)
        if sampler.wants(new_shape=False, new_path=True):
            looked += 1
            sampler.paid(0.004)
    assert 0.9 * 0.3 * 10 < looked * 0.004 < 0.3 * 10 + 1.1
    assert sampler.share(0.0) == 0.3
    assert sampler.share(1e9) == 0.05


def test_without_a_new_path_one_of_many_is_looked_at() -> None:
    sampler = Sampler()
    looked = sum(sampler.wants(new_shape=False, new_path=False) for _ in range(Sampler.OTHERS * 5))
    assert looked == 5


def test_cores_take_turns_by_time() -> None:
    turns, seconds = Turns(3), [0.0, 0.0, 0.0]
    for _ in range(3000):
        core = turns.next()
        turns.took(core, (0.1, 2.0, 5.0)[core])
        seconds[core] += (0.1, 2.0, 5.0)[core]
    assert max(seconds) - min(seconds) <= 5.0
    turns.took(0, -1e9)
    turns.took(1, 1e9)
    assert turns.next() in (0, 2), "a clock that jumps favours nobody for ever"
