"""Makes inputs from what is known of their form, without a parent."""

from collections.abc import Callable

from fuzzer.generate import codec
from fuzzer.generate.codec import Parsed
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.rng import Rng, chance, few, pick
from fuzzer.generate.schema_values import SchemaValues
from fuzzer.generate.structure import Bincode, Format, InputFormat, Json
from fuzzer.generate.type_values import TypeValues, blob

_MOST_PIECES = 12


class InputGenerator:
    """Makes inputs of one core. It has no state: one serves any number of workers."""

    def __init__(self, form: InputFormat, dictionary: Dictionary | None = None) -> None:
        known = dictionary if dictionary is not None else Dictionary()
        self._parts = [_part(one, known) for one in form.buffers]

    def generate(self, rng: Rng) -> tuple[bytes, ...]:
        """An input of the described form, mostly of values at which programs go wrong."""
        return tuple(part(rng) for part in self._parts)


def _part(form: Format, dictionary: Dictionary) -> Callable[[Rng], bytes]:
    """What makes one buffer."""
    if isinstance(form, Json):
        values = SchemaValues(form.definitions, dictionary)
        return lambda rng: codec.encode(form, Parsed(values.value(rng, form.schema), b""))
    if isinstance(form, Bincode):
        typed = TypeValues(form.definitions, dictionary)
        return lambda rng: codec.encode(form, Parsed(typed.value(rng, form.root), b""))
    return lambda rng: _raw(rng, dictionary)


def _raw(rng: Rng, dictionary: Dictionary) -> bytes:
    """Bytes of any kind, or pieces of the dictionary with bytes between them."""
    if not dictionary.tokens or chance(rng, 0.5):
        return blob(rng, None)
    pieces = (
        pick(rng, dictionary.tokens) if chance(rng, 0.7) else blob(rng, None)[:16]
        for _ in range(few(rng, _MOST_PIECES))
    )
    return b"".join(pieces)
