"""Ways through a tree, and trees with one value replaced. Trees are not changed here: what differs is new."""

from collections.abc import Iterator

from fuzzer.generate.tree import Obj, children, is_container, rebuilt

Path = tuple[int, ...]
"""The way to a value: an index for each container on it."""


def at(root: object, path: Path) -> object:
    """The value that a path leads to."""
    for index in path:
        root = children(root)[index]
    return root


def replaced(root: object, path: Path, value: object) -> object:
    """The tree with another value at a path; what is not on the way is shared."""
    if not path:
        return value
    assert isinstance(root, list)  # noqa: S101 -- paths lead through containers
    index, rest = path[0], path[1:]
    if isinstance(root, Obj):
        key, old = root[index]
        return Obj([*root[:index], (key, replaced(old, rest, value)), *root[index + 1 :]])
    return rebuilt(root, [*root[:index], replaced(root[index], rest, value), *root[index + 1 :]])


def leaf_paths(root: object) -> Iterator[tuple[Path, object]]:
    """Every value that holds no others, with the way to it, in order."""
    todo: list[tuple[Path, object]] = [((), root)]
    while todo:
        path, value = todo.pop()
        if is_container(value):
            todo += [((*path, index), child) for index, child in enumerate(children(value))][::-1]
        else:
            yield path, value


def key_paths(root: object) -> Iterator[tuple[Path, str]]:
    """Every key, with the way to its value, in order."""
    todo: list[tuple[Path, object]] = [((), root)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, Obj):
            yield from (((*path, index), key) for index, (key, _) in enumerate(value))
        todo += [((*path, index), child) for index, child in enumerate(children(value))][::-1]


def renamed(root: object, path: Path, key: str) -> object:
    """The tree with another key for the value at a path."""
    owner = at(root, path[:-1])
    assert isinstance(owner, Obj)  # noqa: S101 -- paths of keys end in objects
    pairs = [*owner]
    pairs[path[-1]] = (key, pairs[path[-1]][1])
    return replaced(root, path[:-1], Obj(pairs))
