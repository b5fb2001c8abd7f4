"""Makes JSON trees that a schema describes, mostly from values at which programs go wrong."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal

from fuzzer.generate import boundary, json_text, pattern
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.fits import fits, is_in
from fuzzer.generate.height import height, heights
from fuzzer.generate.rng import Rng, below, between, chance, few, pick
from fuzzer.generate.schema_leaves import candidates
from fuzzer.generate.structure import (
    AnySchema,
    ArraySchema,
    BoolSchema,
    ChoiceSchema,
    ConstantSchema,
    IntegerSchema,
    NullSchema,
    NumberSchema,
    ObjectSchema,
    RefSchema,
    Schema,
    StringSchema,
)
from fuzzer.generate.tree import Obj

USUAL_DEPTH = 6
"""Levels below which only what must be there is made."""
FAR_DEPTH = 40
_ROOM = 400
"""Values in a tree, beyond which only what must be there is made."""
_TRIES = 12
_EXACT_DIGITS = 40
_SIZES = (0, 1, 1, 2, 2, 3, 4, 5, 8, 17, 33)
_NESTS = (1, 2, 3, 3, 8, 60, 126, 127, 128, 129)
"""Levels; serde_json reads 127."""
_NAMES = ("", "a", "b", "id", "key", "value", "type", "x\0", "é", "__proto__", "0")


class SchemaValues:
    """Makes values; one for each schema and dictionary, without a state of its own."""

    def __init__(self, definitions: Mapping[str, Schema], dictionary: Dictionary) -> None:
        self._definitions = definitions
        self._heights = heights(definitions)
        self._dictionary = dictionary

    def value(self, rng: Rng, schema: Schema) -> object:
        """A value that the schema describes."""
        depth = FAR_DEPTH if chance(rng, 1 / 16) else USUAL_DEPTH
        return _Making(self._definitions, self._heights, self._dictionary, rng).value(schema, depth)


class _Making:
    """One value in the making; `room` is how many more parts it may get."""

    def __init__(
        self, definitions: Mapping[str, Schema], known: Mapping[str, float], dictionary: Dictionary, rng: Rng
    ) -> None:
        self.definitions = definitions
        self.heights = known
        self.dictionary = dictionary
        self.rng = rng
        self.room = _ROOM

    def value(self, schema: Schema, depth: int) -> object:
        self.room -= 1
        return _MAKE[type(schema)](self, schema, depth if self.room > 0 else 0)

    def of_null(self, _schema: NullSchema, _depth: int) -> None:
        return None

    def boolean(self, _schema: BoolSchema, _depth: int) -> bool:
        return chance(self.rng, 0.5)

    def constant(self, schema: ConstantSchema, _depth: int) -> object:
        return json_text.parse(pick(self.rng, schema.values).encode(errors="surrogatepass"))

    def reference(self, schema: RefSchema, depth: int) -> object:
        return self.value(self.definitions[schema.name], depth - 1)

    def integer(self, schema: IntegerSchema, _depth: int) -> int:
        low, high, step = schema.minimum, schema.maximum, schema.multiple_of
        likely: Sequence[int] = (*schema.seen, *self.dictionary.numbers[:32])
        if schema.seen and chance(self.rng, 0.6):
            found = self.usual(schema)
        else:
            found = boundary.integer(self.rng, low, high, likely)
        found -= found % step
        if low is not None and found < low:
            found += -(-(low - found) // step) * step
        return found

    def usual(self, schema: IntegerSchema) -> int:
        """A value like those of seeds."""
        first, last = schema.seen[0], schema.seen[-1]
        if chance(self.rng, 0.5):
            return pick(self.rng, schema.seen)
        return boundary.integer(self.rng, first, max(last, first + 1), schema.seen)

    def number(self, schema: NumberSchema, _depth: int) -> object:
        for _ in range(_TRIES):
            spelled = self.spelled_number(schema)
            number = Decimal(spelled)
            if schema.multiple_of is not None and abs(number.adjusted()) < _EXACT_DIGITS:
                number = (number / schema.multiple_of).to_integral_value(ROUND_FLOOR) * schema.multiple_of
                spelled = str(number)
            if is_in(schema, number):
                return as_number(spelled)
        return as_number(str(next(number for number in candidates(schema) if is_in(schema, number))))

    def spelled_number(self, schema: NumberSchema) -> str:
        rng, known = self.rng, (*schema.seen, *self.dictionary.literals)
        if known and chance(rng, 0.4):
            return pick(rng, known)
        match below(rng, 4):
            case 0:
                return pick(rng, boundary.LITERALS)
            case 1:
                return str(boundary.integer(rng, None, None))
            case 2:
                return str(pick(rng, candidates(schema)))
            case _:
                near = pick(rng, candidates(schema))
                return str(near + Decimal(between(rng, -1000, 1000)).scaleb(-below(rng, 5)))

    def string(self, schema: StringSchema, _depth: int) -> str:
        low, high = schema.min_length, schema.max_length
        if schema.pattern is not None:
            return pattern.draw(self.rng, schema.pattern, low, high)
        if schema.seen and chance(self.rng, 0.6):
            found = pick(self.rng, schema.seen)
        else:
            found = boundary.text(self.rng, (*schema.seen, *self.dictionary.texts))
        if high is not None and len(found) > high:
            found = found[: max(low, below(self.rng, high + 1))]
        return found + boundary.chars(self.rng, max(0, low - len(found)))

    def choice(self, schema: ChoiceSchema, depth: int) -> object:
        found: object = None
        for _ in range(_TRIES):
            options = schema.options
            if depth <= 0:
                least = min(height(option, self.heights) for option in options)
                options = tuple(option for option in options if height(option, self.heights) <= least)
            found = self.value(pick(self.rng, options), depth)
            if not schema.exclusive or fits(schema, found, self.definitions):
                break
        return found

    def array(self, schema: ArraySchema, depth: int) -> list[object]:
        size = self.size(schema) if depth > 0 else schema.min_items
        found: list[object] = []
        texts: set[str] = set()
        for index in range(size):
            own = schema.prefix[index] if index < len(schema.prefix) else schema.items
            if own is None or (self.room <= 0 and index >= schema.min_items):
                break
            item = self.value(own, depth - 1)
            if schema.unique:
                for _ in range(_TRIES):
                    if json_text.text(item) not in texts:
                        break
                    item = self.value(own, depth - 1)
                if json_text.text(item) in texts and index >= schema.min_items:
                    continue
                texts.add(json_text.text(item))
            elif found and index >= len(schema.prefix) and chance(self.rng, 0.1):
                item = found[-1]
            found.append(item)
        return found

    def size(self, schema: ArraySchema) -> int:
        """How many items to make."""
        most = schema.max_items if schema.max_items is not None else 1 << 16
        if schema.prefix and chance(self.rng, 0.8):
            found = len(schema.prefix)
        elif schema.seen and chance(self.rng, 0.7):
            found = pick(self.rng, schema.seen)
        elif schema.max_items is not None and schema.max_items <= _ROOM and chance(self.rng, 0.2):
            found = schema.max_items
        else:
            found = pick(self.rng, _SIZES)
        return min(max(found, schema.min_items), most)

    def of_object(self, schema: ObjectSchema, depth: int) -> Obj:
        found = Obj()
        for key, own in schema.properties.items():
            if key in schema.required or (depth > 0 and chance(self.rng, 0.7)):
                found.append((key, self.value(own, depth - 1)))
        for key in schema.required:
            if key not in schema.properties:
                found.append((key, self.value(schema.additional or AnySchema(), depth - 1)))
        if schema.additional is not None and depth > 0:
            for key in dict.fromkeys(self.key() for _ in range(pick(self.rng, _SIZES[:8]))):
                if key not in schema.properties and key not in schema.required:
                    found.append((key, self.value(schema.additional, depth - 1)))
        return found

    def key(self) -> str:
        known = self.dictionary.keys
        return pick(self.rng, known) if known and chance(self.rng, 0.5) else pick(self.rng, _NAMES)

    def anything(self, schema: AnySchema, depth: int) -> object:
        rng = self.rng
        found: object = None
        match below(rng, 12 if depth > 0 else 8):
            case 0:
                pass
            case 1:
                found = chance(rng, 0.5)
            case 2 | 3 | 4:
                found = boundary.integer(rng, None, None, self.dictionary.numbers)
            case 5:
                found = as_number(pick(rng, boundary.LITERALS))
            case 6 | 7:
                found = boundary.text(rng, self.dictionary.texts)
            case 8 | 9:
                found = [self.value(schema, depth - 2) for _ in range(few(rng, 5) - 1)]
            case 10 if chance(rng, 0.1):
                found = nested(rng, self.value(schema, 0))
            case _:
                found = Obj([(self.key(), self.value(schema, depth - 2)) for _ in range(few(rng, 5) - 1)])
        return found


def as_number(spelled: str) -> object:
    """The tree of a JSON number."""
    return json_text.parse(spelled.encode())


def nested(rng: Rng, value: object) -> object:
    """A value with many arrays or objects around it."""
    levels, key = pick(rng, _NESTS), pick(rng, _NAMES)
    for _ in range(levels):
        value = Obj([(key, value)]) if key else [value]
    return value


_MAKE: Mapping[type, Callable[..., object]] = {
    AnySchema: _Making.anything,
    NullSchema: _Making.of_null,
    BoolSchema: _Making.boolean,
    IntegerSchema: _Making.integer,
    NumberSchema: _Making.number,
    StringSchema: _Making.string,
    ArraySchema: _Making.array,
    ObjectSchema: _Making.of_object,
    ConstantSchema: _Making.constant,
    ChoiceSchema: _Making.choice,
    RefSchema: _Making.reference,
}
