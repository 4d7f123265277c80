"""Names mean one thing: no two public types of the package are called the same."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

import pytest
from support.paths import ROOT


def public_types(source: str) -> Iterator[str]:
    """Yield the names of a module's public classes, nested ones too, and of its aliases of types."""
    tree = ast.parse(source)
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for node in tree.body:
        # An alias is called in CamelCase; a constant, in capitals.
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Subscript, ast.BinOp)):
            names += [one.id for one in node.targets if isinstance(one, ast.Name) and not one.id.isupper()]
    yield from (name for name in names if name[0].isupper())


def test_no_two_public_types_have_one_name():
    places: dict[str, list[str]] = defaultdict(list)
    for room in ("bokeh", "kernels"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for name in public_types(path.read_text("utf-8")):
                places[name].append(str(path.relative_to(ROOT)))
    assert len(places) > 150
    assert not {name: found for name, found in places.items() if len(found) > 1}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("class Lens: ...", ["Lens"]),
        ("class Lens:\n    class Rim: ...", ["Lens", "Rim"]),
        ("class _Rows: ...", []),
        ("Array = NDArray[np.float64]", ["Array"]),
        ("Result = Developed | Failed", ["Result"]),
        ("SIZES = table[0]\nfirst = table[1]", []),
        ("def f():\n    Names = list[str]", []),
    ],
)
def test_public_types_are_found(source: str, found: list[str]):
    assert list(public_types(source)) == found
