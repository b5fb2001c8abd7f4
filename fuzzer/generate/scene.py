"""What the operators on trees work with."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.rng import Rng
from fuzzer.generate.structure import Hint
from fuzzer.generate.tree import Places, Slot, held, resolve


class Scene(NamedTuple):
    """Chance, the dictionary, the places of a tree, and what makes new values for a hint."""

    rng: Rng
    dictionary: Dictionary
    places: Places
    definitions: Mapping[str, Hint]
    make: Callable[[Rng, Hint], object]
    typed: bool
    """Whether the values are bincode's: each must stay of its type."""

    def hint(self, slot: Slot) -> Hint | None:
        """What is known of the value in a slot, with names and choices worked out."""
        return resolve(slot[2], held(slot), self.definitions)


TreeOp = Callable[[Scene, Slot], bool]
"""Changes the value in a slot in place, or puts another there; says whether it did."""
