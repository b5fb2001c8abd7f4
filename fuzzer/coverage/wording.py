"""What is known of the axes beyond the map: which matter most, and how their labels read in a sentence. Pure.

An axis that is not listed here still works: its labels are shown as they are, behind those of all others.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fuzzer.coverage.map import Axis


class Wording(msgspec.Struct, frozen=True):
    """How the bins of an axis are put into words."""

    phrases: tuple[str, ...] = ()
    """For each label in its order, what is said around it; further labels stand alone."""
    head: int = 1
    """How many labels in front say what the others are about."""
    operations: tuple[int, ...] = ()
    """Which labels name operations; a bin whose operation was never executed says nothing of its own."""

    def phrase(self, place: int, label: str) -> str:
        """A label with what is said around it."""
        return self.phrases[place].format(label) if place < len(self.phrases) else label


_WORDINGS = {
    "opcode": Wording(head=0),
    "alias": Wording(operations=(0,)),
    "immediate": Wording(("{}", "immediate {}"), operations=(0,)),
    "operands": Wording(("{}", "rs1 {}", "rs2 {}"), operations=(0,)),
    "access": Wording(
        ("{}", "width {}", "address {} mod 8", "{} of its page", "segment {}", "offset {}"),
        head=2,
    ),
    "forwarding": Wording(("{}", "then {}", "{}"), operations=(0, 1)),
    "branch": Wording(("{}", "{}", "{}", "distance {}"), operations=(0,)),
    "jump": Wording(("link {}", "{}", "distance {}")),
    "indirect": Wording(("link {}", "source {}", "{} sum", "target {}"), head=2),
    "trap": Wording(("{}", "by {}")),
    "syscall": Wording(head=0),
    "write": Wording(("{}", "length {}", "alignment {}")),
    "hint": Wording(("length {}", "alignment {}")),
    "halt": Wording(head=0),
    "digest": Wording(("{}", "word {}")),
    "hash": Wording(("{}", "{}", "segment {}")),
    "sha state": Wording(("{}", "segment {}")),
    "pair": Wording(("{}", "then {}", "hazard {}"), operations=(0, 1)),
    "ending": Wording(head=0),
    "cycles": Wording(head=0),
    "commits": Wording(head=0),
    "committed": Wording(head=0),
    "text": Wording(head=0),
}
"""By question, the most important first."""

_ORDER = {question: place for place, question in enumerate(_WORDINGS)}
_PLAIN = Wording()


def wording(axis: Axis) -> Wording:
    """How the bins of this axis are put into words."""
    return _WORDINGS.get(axis.question, _PLAIN)


def by_importance(axes: Iterable[Axis]) -> list[Axis]:
    """The axes with those first whose gaps matter most; axes of one kind stay in map order."""
    return sorted(axes, key=lambda axis: _ORDER.get(axis.question, len(_ORDER)))


def bin_text(axis: Axis, labels: Sequence[str]) -> str:
    """A bin in words: `mulhsu rs1 min rs2 -1`."""
    words = wording(axis)
    return " ".join(words.phrase(place, label) for place, label in enumerate(labels))


def shown_name(axis: Axis, axes: Iterable[Axis]) -> str:
    """The name of an axis among others: without its profile where they all have that one."""
    return axis.question if len({other.profile for other in axes}) == 1 else axis.name
