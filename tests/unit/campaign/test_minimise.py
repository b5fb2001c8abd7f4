"""Which inputs of a corpus are enough."""

import random
import struct
from collections.abc import Sequence

from fuzzer.campaign.minimise import Measured, smallest_cover


def measured(file: str, features: Sequence[int], *, size: int = 1) -> Measured:
    return Measured(file=file, size=size, coverage=struct.pack(f"<{len(features)}I", *sorted(features)))


def test_the_input_that_adds_most_is_first_and_what_adds_nothing_goes() -> None:
    inputs = [measured("a", [1, 2]), measured("b", [1, 2, 3]), measured("c", [4]), measured("d", [3, 4])]
    cover = smallest_cover(inputs, [])
    assert cover.staying == {"b", "c"}
    assert (cover.features, cover.bins, cover.unknown) == (4, 1, 0)


def test_of_several_the_smaller_one_stays() -> None:
    assert smallest_cover([measured("a", [1], size=9), measured("b", [1], size=8)], []).staying == {"b"}


def test_what_input_files_cover_needs_no_input() -> None:
    seeds = [measured("", [1, 2]).coverage]
    assert smallest_cover([measured("a", [1, 2]), measured("b", [2, 9])], seeds).staying == {"b"}


def test_an_input_of_which_nothing_is_known_stays() -> None:
    cover = smallest_cover([measured("a", []), measured("b", [1]), measured("c", [1])], [])
    assert cover.staying == {"a", "b"}
    assert cover.unknown == 1
    assert smallest_cover([], []).staying == frozenset()


def test_nothing_that_is_covered_is_lost() -> None:
    for seed in range(50):
        chance = random.Random(seed)  # noqa: S311 -- which features
        sets = {
            f"{number}": chance.sample(range(60), chance.randint(0, 12))
            for number in range(chance.randint(1, 40))
        }
        inputs = [measured(name, features, size=chance.randint(0, 9)) for name, features in sets.items()]
        cover = smallest_cover(inputs, [])
        staying = {feature for name in cover.staying for feature in sets[name]}
        assert staying == {feature for features in sets.values() for feature in features}
        assert cover.features == len(staying)
        needed = {name for name in cover.staying if sets[name]}
        alone = {
            name for name in needed if not set(sets[name]) - {f for one in needed - {name} for f in sets[one]}
        }
        assert len(alone) < len(needed) or not needed
