"""Where tests lie: in the room of what they test; what they share has a name, and no part of it is a benchmark."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.paths import ROOT

TESTS = ROOT / "tests"
ROOMS = {path.name for path in (ROOT / "bokeh").iterdir() if (path / "__init__.py").exists()} | {"kernels"}
BESIDE = {"contract", "reference", "support"}
SCRIPTS = sorted(
    path
    for folder in ("tests", "benchmarks", "samples")
    for path in (ROOT / folder).rglob("*.py")
    if path.resolve().is_relative_to(ROOT / folder)
)


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the first word of each name that a file imports, but for what lies beside it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def edits_of_the_path(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that change `sys.path`, or have pytest change it."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            changed = node.value if isinstance(node, ast.Subscript) else node
            if ast.unparse(changed) == "sys.path":
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if ast.unparse(node.func.value) == "sys.path" or node.func.attr == "syspath_prepend":
                yield node.lineno


def test_tests_mirror_the_packages():
    assert {path.name for path in TESTS.glob("*.py")} == {"conftest.py"}
    folders = {path.name for path in TESTS.iterdir() if any(path.glob("**/test_*.py"))}
    assert folders <= ROOMS | BESIDE
    assert not [path for room in ("reference", "support") for path in (TESTS / room).glob("test_*.py")]


def test_tests_import_nothing_of_the_benchmarks():
    theirs = {path.stem for path in (ROOT / "benchmarks").glob("*/*.py")} | {"benchmarks"}
    theirs -= {path.stem for path in (ROOT / "benchmarks" / "tests").glob("*.py")}
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in TESTS.rglob("*.py")
        for name in set(imported(ast.parse(path.read_text("utf-8")))) & theirs
    }
    assert not found


@pytest.mark.parametrize("path", SCRIPTS, ids=[str(path.relative_to(ROOT)) for path in SCRIPTS])
def test_the_import_path_is_edited_nowhere(path: Path):
    assert not list(edits_of_the_path(ast.parse(path.read_text("utf-8"))))


@pytest.mark.parametrize(
    "code",
    ["sys.path.insert(0, 'x')", "sys.path[:0] = ['x']", "sys.path = []", "del sys.path[0]", "m.syspath_prepend('x')"],
)
def test_an_edit_is_told(code):
    assert list(edits_of_the_path(ast.parse(code)))
