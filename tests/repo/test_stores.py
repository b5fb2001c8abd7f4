"""Every writer starts from one function, so that none goes past the object store."""

import ast
from pathlib import Path

from checkout import python_modules

STORE = Path("fuzzer/store")
MAKERS = {"LocalStore", "MirroredStore", "ObjectStore"}


def test_only_the_store_makes_stores() -> None:
    offences = [
        f"{path}:{node.lineno}"
        for path, tree in python_modules().items()
        if path.parts[0] == "fuzzer" and not path.is_relative_to(STORE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS
    ]
    assert offences == []
