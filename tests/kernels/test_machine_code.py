"""What is kept of a compiled loop is enough to run it, and no more."""

from __future__ import annotations

import ast
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

from rebokeh.kernels.ahead import listed
from rebokeh.kernels.cache import _NO_LOOPS, store

# It sorts, whose parts come from where numba looks for SciPy's linear algebra, and makes arrays.
LOOP = "bridge.best_of"
COMPILE = """
from rebokeh.kernels.ahead import compile_loop, listed
compile_loop(next(one for one in listed() if one.name == "bridge.best_of"))
"""
LOAD = """
import sys
from rebokeh.kernels.ahead import listed, load_kept
from rebokeh.kernels.bridge import best_of
load_kept(next(one for one in listed() if one.name == "bridge.best_of"))
assert sum(best_of.stats.cache_hits.values()) == 1 and len(best_of.overloads) == 1
print(*(name in sys.modules for name in ("scipy.linalg", "numba.np.arraymath", "numba.typed.typeddict")))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """Return a folder, as NUMBA_CACHE_DIR names it, in which the loop is kept."""
    folder = tmp_path_factory.mktemp("kept")
    run(COMPILE, folder)
    return folder


def run(code: str, folder: Path) -> str:
    variables = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_kept_loop_is_loaded_without_what_compiling_needs(kept):
    assert run(LOAD, kept) == "False False False"


def test_no_code_to_link_with_is_kept_of_what_nothing_calls(kept):
    sizes = {}
    for file in kept.rglob("*.nbc"):
        ((_, kind, (code, linked)), symbols, *_) = pickle.loads(file.read_bytes()[32:])
        assert kind == "object" and len(code) > 1000
        sizes[".".join(file.stem.split("-")[0].split(".")[:2])] = len(linked), len(symbols)
    assert sizes[LOOP][0] < 2000 and sizes[LOOP][1] > 3


def called_by_loops() -> set[str]:
    """Return the names of what is called in modules of loops, however it came there."""
    names = set()
    for file in (ROOT / "kernels").glob("*.py"):
        if file.stem in _NO_LOOPS:
            continue
        tree = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                names.add(node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
            if isinstance(node, ast.ImportFrom) and node.level:
                assert all(alias.asname is None for alias in node.names), f"{file.name}: a loop under another name"
    return names


def test_what_loops_call_is_known_to_be_called():
    names, sources = called_by_loops(), store()._sources
    called = {loop.name for loop in listed() if loop.name.split(".")[1] in names}
    assert called and {loop.name for loop in listed()} - called
    for loop in listed():
        module, name = loop.name.split(".")
        assert sources.call(f"rebokeh.kernels.{module}", name) == (loop.name in called), loop.name
    assert sources.call("elsewhere.loops", "total")
