"""Searches over trees, JSON or typed: parts dropped or put in the place of the whole, then plainer leaves."""

from collections.abc import Callable

from fuzzer.generate.tree import Maybe, Obj, Variant, children, is_container, rebuilt
from fuzzer.reduce.leaf_search import leaf_search, plainest, text_search
from fuzzer.reduce.search import Search, mapped
from fuzzer.reduce.sequences import drop_parts
from fuzzer.reduce.tree_paths import Path, at, key_paths, leaf_paths, renamed, replaced

_MOST_VARIANTS = 16


def tree_search(root: object) -> Search[object]:
    """The smallest tree with the plainest leaves: nothing in it can be dropped or made plainer alone."""
    while True:
        before = root
        root = yield from _smaller(root)
        root = yield from _plainer_together(root)
        root = yield from _plainer_each(root)
        if root is before:
            return root


def _smaller(root: object) -> Search[object]:
    """Parts dropped and hoisted, from the root down, so that large ones go first."""
    todo: list[Path] = [()]
    for path in todo:  # grows while it is gone through
        root = yield from _drop(root, path)
        while True:
            value = at(root, path)
            options = [*children(value), *_other_variants(value)]
            taken = yield (replaced(root, path, option) for option in options)
            if taken is None:
                break
            root = replaced(root, path, options[taken])
            root = yield from _drop(root, path)
        todo += [
            (*path, index) for index, child in enumerate(children(at(root, path))) if is_container(child)
        ]
    return root


def _drop(root: object, path: Path) -> Search[object]:
    """Items dropped from one container, where its type leaves their number open."""
    value = at(root, path)
    if not isinstance(value, list) or type(value) not in (list, Obj, Maybe) or not value:
        return root
    items: tuple[object, ...] = tuple(value)

    def with_items(left: tuple[object, ...]) -> object:
        return replaced(root, path, rebuilt(value, list(left)))

    left = yield from mapped(drop_parts(items), with_items)
    return root if len(left) == len(items) else with_items(left)


def _other_variants(value: object) -> list[object]:
    """Variants with a smaller number: without anything in them, or with what this one holds."""
    if not isinstance(value, Variant):
        return []
    numbers = range(min(value.number, _MOST_VARIANTS))
    return [Variant(number, payload) for payload in (None, value[0]) for number in numbers]


def _plainer_together(root: object) -> Search[object]:
    """As many leaves as possible made the plainest of their kind at once."""
    paths = tuple(path for path, value in leaf_paths(root) if value != plainest(value))

    def with_kept(kept: tuple[object, ...]) -> object:
        return _plain_but(root, (), frozenset(kept), frozenset(paths))

    kept = yield from mapped(drop_parts(tuple[object, ...](paths)), with_kept)
    return root if len(kept) == len(paths) else with_kept(kept)


def _plain_but(value: object, path: Path, kept: frozenset[object], paths: frozenset[Path]) -> object:
    if not isinstance(value, list):
        return plainest(value) if path in paths and path not in kept else value
    inner = [_plain_but(child, (*path, index), kept, paths) for index, child in enumerate(children(value))]
    if isinstance(value, Obj):
        return Obj([(key, child) for (key, _), child in zip(value, inner, strict=True)])
    return rebuilt(value, inner)


def _plainer_each(root: object) -> Search[object]:
    """Each leaf, and each key, made plainer for itself."""
    for path, _ in list(leaf_paths(root)):
        value = at(root, path)
        new = yield from mapped(leaf_search(value), _placer(root, path))
        if new is not value:
            root = replaced(root, path, new)
    for path, _ in list(key_paths(root)):
        _, key = next((place, name) for place, name in key_paths(root) if place == path)
        new_key = yield from mapped(text_search(key), _key_placer(root, path))
        if new_key != key:
            root = renamed(root, path, new_key)
    return root


def _placer(root: object, path: Path) -> Callable[[object], object]:
    return lambda value: replaced(root, path, value)


def _key_placer(root: object, path: Path) -> Callable[[str], object]:
    return lambda key: renamed(root, path, key)
