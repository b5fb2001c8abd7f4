"""Hypothesis strategies of JSON values that a schema describes, as trees."""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hypothesis import strategies as st

from fuzzer.generate import json_text
from fuzzer.generate.dictionary import Dictionary
from fuzzer.generate.fits import fits, is_in
from fuzzer.generate.height import height, heights
from fuzzer.generate.schema_leaves import candidates
from fuzzer.generate.schema_values import as_number
from fuzzer.generate.structure import (
    AnySchema,
    ArraySchema,
    BoolSchema,
    ChoiceSchema,
    ConstantSchema,
    IntegerSchema,
    Json,
    NullSchema,
    NumberSchema,
    ObjectSchema,
    Pattern,
    RefSchema,
    Schema,
    StringSchema,
)
from fuzzer.generate.tree import Obj
from fuzzer.library.type_strategies import Trees, or_known, plain_text, whole

_USUAL_MORE = 16
"""How much longer than it must be a part of a pattern gets, at most."""
_MOST_LEAVES = 20
_MOST_OTHERS = 8


def json_trees(form: Json, dictionary: Dictionary) -> Trees:
    """Trees of a JSON buffer; numbers, texts and keys of the dictionary come up too."""
    return _Schemas(form.definitions, dictionary).of(form.schema)


class _Schemas:
    """Makes strategies; one for each set of definitions and dictionary."""

    def __init__(self, definitions: Mapping[str, Schema], dictionary: Dictionary) -> None:
        self._definitions = definitions
        self._heights = heights(definitions)
        self._dictionary = dictionary
        self._named: dict[str, Trees] = {}

    def of(self, schema: Schema) -> Trees:
        return _OF[type(schema)](self, schema)

    def null(self, _schema: NullSchema) -> Trees:
        return st.none()

    def boolean(self, _schema: BoolSchema) -> Trees:
        return st.booleans()

    def constant(self, schema: ConstantSchema) -> Trees:
        return st.sampled_from(schema.values).map(
            lambda value: json_text.parse(value.encode(errors="surrogatepass"))
        )

    def reference(self, schema: RefSchema) -> Trees:
        if schema.name not in self._named:
            self._named[schema.name] = st.deferred(lambda: self.of(self._definitions[schema.name]))
        return self._named[schema.name]

    def integer(self, schema: IntegerSchema) -> Trees:
        low, high, step = schema.minimum, schema.maximum, schema.multiple_of
        least = None if low is None else -(-low // step)
        most = None if high is None else high // step
        known = [
            number
            for number in dict.fromkeys((*schema.seen, *self._dictionary.numbers))
            if fits(schema, number, {})
        ]
        return or_known(st.integers(least, most).map(lambda value: value * step), known)

    def number(self, schema: NumberSchema) -> Trees:
        known = [
            spelled
            for spelled in (*schema.seen, *self._dictionary.literals, *map(str, candidates(schema)))
            if is_in(schema, Decimal(spelled))
        ]
        made = self._multiples(schema) if schema.multiple_of is not None else _plain_numbers(schema)
        spelled = made.filter(lambda number: is_in(schema, Decimal(number)))
        return (spelled | st.sampled_from(known) if known else spelled).map(as_number)

    def _multiples(self, schema: NumberSchema) -> st.SearchStrategy[str]:
        step = schema.multiple_of or Decimal(1)
        lows = [bound for bound in (schema.minimum, schema.above) if bound is not None]
        highs = [bound for bound in (schema.maximum, schema.below) if bound is not None]
        low = int((max(lows) / step).to_integral_value(ROUND_CEILING)) if lows else None
        high = int((min(highs) / step).to_integral_value(ROUND_FLOOR)) if highs else None
        return st.integers(low, high).map(lambda times: str(times * step))

    def string(self, schema: StringSchema) -> Trees:
        least, most = schema.min_length, schema.max_length
        if schema.pattern is not None:
            return _matching(schema.pattern).filter(lambda text: fits(schema, text, {}))
        known = [text for text in whole((*schema.seen, *self._dictionary.texts)) if fits(schema, text, {})]
        plain = plain_text(least, most)
        return or_known(plain, known)

    def choice(self, schema: ChoiceSchema) -> Trees:
        # The least deep option first: that is what shrinking goes to.
        options = sorted(schema.options, key=lambda option: height(option, self._heights))
        made = st.one_of([self.of(option) for option in options])
        if not schema.exclusive:
            return made
        return made.filter(lambda value: fits(schema, value, self._definitions))

    def array(self, schema: ArraySchema) -> Trees:
        first = st.tuples(*map(self.of, schema.prefix))
        made = st.builds(lambda some, more: [*some, *more][: schema.max_items], first, self._rest(schema))
        return made.filter(lambda items: fits(schema, items, self._definitions)) if schema.unique else made

    def _rest(self, schema: ArraySchema) -> st.SearchStrategy[list[object]]:
        """The items behind those that have a schema of their own."""
        if schema.items is None:
            return st.builds(list[object])
        before, most = len(schema.prefix), schema.max_items
        return st.lists(
            self.of(schema.items),
            min_size=max(0, schema.min_items - before),
            max_size=None if most is None else max(0, most - before),
            unique_by=json_text.text if schema.unique else None,
        )

    def of_object(self, schema: ObjectSchema) -> Trees:
        properties = {key: self.of(own) for key, own in schema.properties.items()}
        extra = self.of(schema.additional or AnySchema())
        must = {key: properties.get(key, extra) for key in (*schema.properties, *schema.required)}
        named = st.fixed_dictionaries(
            {key: made for key, made in must.items() if key in schema.required},
            optional={key: made for key, made in must.items() if key not in schema.required},
        )
        if schema.additional is None:
            return named.map(lambda held: Obj(held.items()))
        others = st.dictionaries(self._keys, extra, max_size=_MOST_OTHERS)
        return st.builds(lambda own, more: Obj({**more, **own}.items()), named, others)

    @property
    def _keys(self) -> st.SearchStrategy[str]:
        known = whole(self._dictionary.keys)
        return plain_text() | st.sampled_from(known) if known else plain_text()

    def anything(self, _schema: AnySchema) -> Trees:
        texts = or_known(plain_text(), whole(self._dictionary.texts))
        floats = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: as_number(repr(value)))
        leaves: Trees = st.none() | st.booleans() | st.integers() | floats | texts
        keys = self._keys
        return st.recursive(
            leaves,
            lambda inner: st.lists(inner) | st.dictionaries(keys, inner).map(lambda held: Obj(held.items())),
            max_leaves=_MOST_LEAVES,
        )


def _plain_numbers(schema: NumberSchema) -> st.SearchStrategy[str]:
    """Spelled integers and floats between the bounds, as far as floats tell those."""
    lows = [bound for bound in (schema.minimum, schema.above) if bound is not None]
    highs = [bound for bound in (schema.maximum, schema.below) if bound is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    floats = st.floats(
        None if low is None else float(low),
        None if high is None else float(high),
        allow_nan=False,
        allow_infinity=False,
    ).map(repr)
    least = None if low is None else int(low.to_integral_value(ROUND_CEILING))
    most = None if high is None else int(high.to_integral_value(ROUND_FLOOR))
    if least is not None and most is not None and least > most:
        return floats
    return st.integers(least, most).map(str) | floats


def _matching(parts: Pattern) -> st.SearchStrategy[str]:
    """Texts that match a simple pattern."""
    return st.tuples(
        *(
            st.text(part.chars, min_size=part.least, max_size=min(part.most, part.least + _USUAL_MORE))
            for part in parts.parts
        )
    ).map("".join)


_OF: Mapping[type, Callable[..., Trees]] = {
    AnySchema: _Schemas.anything,
    NullSchema: _Schemas.null,
    BoolSchema: _Schemas.boolean,
    IntegerSchema: _Schemas.integer,
    NumberSchema: _Schemas.number,
    StringSchema: _Schemas.string,
    ArraySchema: _Schemas.array,
    ObjectSchema: _Schemas.of_object,
    ConstantSchema: _Schemas.constant,
    ChoiceSchema: _Schemas.choice,
    RefSchema: _Schemas.reference,
}
