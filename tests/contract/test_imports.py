"""Imports run down only: cli -> app -> batch -> develop, api -> ... -> core; annotations count. No circle anywhere."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.paths import ROOT

import rebokeh

FILES = sorted(
    [
        *(ROOT / name for name in ("__init__.py", "__main__.py", "cli.py")),
        *(f for room in ("bokeh", "kernels") for f in (ROOT / room).rglob("*.py")),
    ]
)
ORDER = (
    ("cli", "__init__"),
    ("app",),
    ("studio",),
    ("batch",),
    ("develop", "warmup"),
    ("api",),
    ("tools",),
    ("settings",),
    ("load",),
    ("render",),
    ("scene", "io"),
    ("hdr",),
    ("depth",),
    ("photo",),
    ("optics",),
    ("colour",),
    ("image",),
    ("core",),
)
"""The rooms from top to bottom. A room imports those of the lines below it only, never one beside it."""
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
KERNELS_MAY_IMPORT = {"__future__", "collections", "math", "numba", "numpy", "typing"}
# How loops are compiled and kept is no loop: that reads and writes files, and starts processes.
KEEP_COMPILED_LOOPS = tuple(ROOT / "kernels" / f"{name}.py" for name in ("cache", "ahead", "machine_code"))


def module_name(path: Path) -> str:
    """Return the dotted name of a file."""
    parts = ["rebokeh", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


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


def room_of(name: str) -> str | None:
    """Return the room of a module or of a name in it; None for kernels and for what is not ours."""
    parts = name.split(".")
    if parts[0] != "rebokeh":
        return None
    if parts[1:2] == ["bokeh"]:
        return parts[2] if len(parts) > 2 else None
    return parts[1] if parts[1:2] == ["cli"] else None


def violations(path: Path, code: str | None = None) -> list[str]:
    """Say what in a file's imports breaks the rules."""
    found = []
    layer = path.relative_to(ROOT).parts[0]
    own_room = "__init__" if layer == "__init__.py" else room_of(module_name(path))
    for line, name, relative in imports_of(path, code):
        where = f"{path.relative_to(ROOT)}:{line}: {name}"
        own = within(name, "rebokeh")
        if own and not relative:
            found.append(f"{where}: write it as a relative import")
        if name.split(".")[0] in ("bokeh", "kernels", "cli"):
            found.append(f"{where}: these names belong to other distributions at the top level")
        if within(name, "rebokeh.cli") and layer != "__main__.py":
            found.append(f"{where}: nobody imports the command line")
        if layer == "kernels":
            if own and not within(name, "rebokeh.kernels"):
                found.append(f"{where}: kernels import kernels only")
            allowed = KERNELS_MAY_IMPORT | (
                sys.stdlib_module_names | {"llvmlite"} if path in KEEP_COMPILED_LOOPS else set()
            )
            if not own and name.split(".")[0] not in allowed:
                found.append(f"{where}: loops import math, numpy and numba only")
        if layer == "bokeh" and own and not within(name, "rebokeh.bokeh", "rebokeh.kernels"):
            found.append(f"{where}: bokeh imports bokeh and kernels only")
        if layer in ("cli.py", "__init__.py", "__main__.py") and within(name, "rebokeh.kernels"):
            found.append(f"{where}: only bokeh calls kernels")
        there = room_of(name)
        if own_room is not None and there is not None and there != own_room:
            if there not in RANK or own_room not in RANK:
                found.append(f"{where}: {own_room} and {there} have no place in the order of the rooms")
            elif RANK[there] <= RANK[own_room]:
                found.append(f"{where}: {own_room} does not import {there}, which stands beside or above it")
    return found


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or around a corner (Tarjan's components)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        number[module] = lowest[module] = len(number)
        open_.append(module)
        for other in imports.get(module, ()):
            if other not in number:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in open_:
                lowest[module] = min(lowest[module], number[other])
        if lowest[module] == number[module]:
            group = open_[open_.index(module) :]
            del open_[open_.index(module) :]
            if len(group) > 1:
                found.append(sorted(group))

    for module in imports:
        if module not in number:
            visit(module)
    return found


def imported_modules(path: Path) -> set[str]:
    """Return the modules of ours that a file imports, whole or a name of them."""
    names = (name for _, name, _ in imports_of(path))
    held = (name if name in MODULES else name.rpartition(".")[0] for name in names)
    return {name for name in held if name in MODULES} - {module_name(path)}


@pytest.mark.parametrize("path", FILES, ids=[str(f.relative_to(ROOT)) for f in FILES])
def test_imports_run_down(path):
    assert violations(path) == []


def test_nothing_imports_in_a_circle():
    assert circles({name: imported_modules(path) for name, path in MODULES.items()}) == []


def test_no_two_folders_of_a_room_import_each_other():
    """Folders within a room have no order of their own, but an order they have."""
    folders: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        folder = folder_of(name)
        if folder:
            folders.setdefault(folder, set()).update(filter(None, map(folder_of, imported_modules(path))))
    assert len(folders) > 10
    assert circles({name: others - {name} for name, others in folders.items()}) == []


def folder_of(name: str) -> str | None:
    """Return the folder of a room that a module lies in, as rebokeh.bokeh.tools.check; None beside folders."""
    parts = (name + ".__init__" if MODULES[name].name == "__init__.py" else name).split(".")
    return ".".join(parts[:4]) if len(parts) > 4 else None


def test_the_guard_sees_a_circle():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_every_room_has_its_place():
    rooms = {path.name.removesuffix(".py") for path in (ROOT / "bokeh").iterdir() if not path.name.startswith("__")}
    assert rooms == set(RANK) - {"cli", "__init__"}


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("bokeh/load.py", "from .. import cli"),
        ("bokeh/load.py", "from ..cli import app"),
        ("bokeh/load.py", "def f():\n    import rebokeh.kernels"),
        ("bokeh/load.py", "from .. import load"),
        ("bokeh/io/x.py", "from ...cli import app"),
        ("bokeh/io/x.py", "from ..depth import matting\nfrom ..scene import layers"),
        (
            "bokeh/io/x.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..render.pipeline import render_scene",
        ),
        ("bokeh/scene/x.py", "from ..io import encode"),
        ("bokeh/core/x.py", "from ..photo.photo import Photo"),
        ("bokeh/nowhere/x.py", "from ..photo.photo import Photo"),
        ("bokeh/load.py", "import bokeh.plotting"),
        ("kernels/x.py", "import scipy"),
        ("kernels/x.py", "from ..bokeh.optics import lens"),
        ("kernels/x.py", "import os"),
        ("kernels/cache.py", "import scipy"),
        ("kernels/cache.py", "from ..bokeh.optics import lens"),
        ("cli.py", "from .kernels import scatter"),
        ("__init__.py", "from .cli import app"),
        ("bokeh/tools/x.py", "from ..app.commands.lens import lens_app"),
        ("bokeh/app/x.py", "from ...cli import app"),
    ],
)
def test_the_guard_sees(where, code):
    assert violations(ROOT / where, code)


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("bokeh/render/x.py", "from ...kernels.scatter import scatter\nfrom ..optics.lens import Lens\nimport scipy"),
        ("bokeh/io/x.py", "from ..photo.photo import Photo\nfrom . import heif"),
        ("kernels/x.py", "import math\nimport numba\nimport numpy as np\nfrom . import other"),
        ("kernels/cache.py", "import os\nimport pickle"),
        ("cli.py", "from .bokeh.load import load\nfrom . import __version__"),
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
