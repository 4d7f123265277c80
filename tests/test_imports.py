"""Imports run one way, cli -> commands -> bokeh -> kernels."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rebokeh

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    [
        ROOT / "__init__.py",
        ROOT / "cli.py",
        *(f for room in ("commands", "bokeh", "kernels") for f in (ROOT / room).rglob("*.py")),
    ]
)
KERNELS_MAY_IMPORT = {"__future__", "collections", "math", "numba", "numpy", "typing"}
# How loops are compiled and kept is no loop: it reads and writes files.
KEEPS_COMPILED_LOOPS = ROOT / "kernels" / "cache.py"


def imports_of(path: Path, code: str | None = None) -> Iterator[tuple[int, str, bool]]:
    """Yield (line, absolute dotted name, whether it was written relatively) of every import, nested ones too."""
    package = ["rebokeh", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(code if code is not None else path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, False
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = [*base, *(node.module or "").split(".")] if node.module else base
            for alias in node.names:
                yield node.lineno, ".".join([*stem, alias.name]), node.level > 0


def within(name: str, *modules: str) -> bool:
    """Whether a dotted name is one of the modules or lies in one."""
    return any(name == module or name.startswith(module + ".") for module in modules)


def violations(path: Path, code: str | None = None) -> list[str]:
    """Say what in a file's imports breaks the rules."""
    found = []
    layer = path.relative_to(ROOT).parts[0]
    for line, name, relative in imports_of(path, code):
        where = f"{path.relative_to(ROOT)}:{line}: {name}"
        own = within(name, "rebokeh")
        if own and not relative:
            found.append(f"{where}: write it as a relative import")
        if name.split(".")[0] in ("bokeh", "kernels", "cli", "commands"):
            found.append(f"{where}: these names belong to other distributions at the top level")
        if within(name, "rebokeh.cli"):
            found.append(f"{where}: nobody imports the command line")
        if layer == "kernels":
            if own and not within(name, "rebokeh.kernels"):
                found.append(f"{where}: kernels import kernels only")
            allowed = KERNELS_MAY_IMPORT | (sys.stdlib_module_names if path == KEEPS_COMPILED_LOOPS else set())
            if not own and name.split(".")[0] not in allowed:
                found.append(f"{where}: loops import math, numpy and numba only")
        if layer == "bokeh" and own and not within(name, "rebokeh.bokeh", "rebokeh.kernels"):
            found.append(f"{where}: bokeh imports bokeh and kernels only")
        if layer in ("cli.py", "commands", "__init__.py") and within(name, "rebokeh.kernels"):
            found.append(f"{where}: only bokeh calls kernels")
    return found


@pytest.mark.parametrize("path", FILES, ids=[str(f.relative_to(ROOT)) for f in FILES])
def test_imports_run_one_way(path):
    assert violations(path) == []


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("bokeh/x.py", "from .. import cli"),
        ("bokeh/x.py", "from ..cli import app"),
        ("bokeh/x.py", "def f():\n    import rebokeh.kernels"),
        ("bokeh/x.py", "from .. import load"),
        ("bokeh/io/x.py", "from ...cli import app"),
        ("bokeh/x.py", "import bokeh.plotting"),
        ("kernels/x.py", "import scipy"),
        ("kernels/x.py", "from ..bokeh import lens"),
        ("kernels/x.py", "import os"),
        ("kernels/cache.py", "import scipy"),
        ("kernels/cache.py", "from ..bokeh import lens"),
        ("cli.py", "from .kernels import scatter"),
        ("__init__.py", "from .cli import app"),
        ("bokeh/x.py", "from ..commands.lens import lens_app"),
        ("commands/x.py", "from ..cli import app"),
        ("commands/x.py", "from ..kernels import scatter"),
    ],
)
def test_the_guard_sees(where, code):
    assert violations(ROOT / where, code)


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("bokeh/x.py", "from ..kernels.scatter import scatter\nfrom .lens import Lens\nimport scipy.ndimage"),
        ("bokeh/io/x.py", "from ..photo import Photo\nfrom . import boxes"),
        ("kernels/x.py", "import math\nimport numba\nimport numpy as np\nfrom . import other"),
        ("kernels/cache.py", "import os\nimport pickle"),
        ("cli.py", "from .bokeh.io import load\nfrom . import __version__"),
    ],
)
def test_the_guard_lets_pass(where, code):
    assert violations(ROOT / where, code) == []


def test_front_door():
    assert set(rebokeh.__all__) <= set(dir(rebokeh))
    for name in rebokeh.__all__:
        assert getattr(rebokeh, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        rebokeh.nonsense  # noqa: B018 # pyright: ignore[reportAttributeAccessIssue]
