"""Kernels stay short: one idea each, few parameters, and those told."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path
from typing import NamedTuple

import pytest

KERNELS = Path(__file__).resolve().parents[2] / "kernels"

LONGEST = 60
MEDIAN = 10
MOST_PARAMETERS = 10
TOLD_FROM = 5
"""A kernel of so many parameters has a section that tells of them."""


class Kernel(NamedTuple):
    """What counts of a jitted function."""

    where: str
    lines: int
    """After the docstring, without blank lines and comments."""
    parameters: int
    told: bool


def is_jitted(function: ast.FunctionDef) -> bool:
    decorators = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
    return any(ast.unparse(decorator).split(".")[-1] == "jit" for decorator in decorators)


def body_lines(function: ast.FunctionDef, source: list[str]) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    lines = (line.strip() for line in source[body[0].lineno - 1 : function.end_lineno])
    return sum(1 for line in lines if line and not line.startswith("#"))


def kernels_in(source: str, name: str) -> list[Kernel]:
    found = []
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef) and is_jitted(function):
            given = function.args
            parameters = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
            told = "Parameters\n----------\n" in (ast.get_docstring(function) or "")
            where = f"{name}: {function.name}"
            found.append(Kernel(where, body_lines(function, source.splitlines()), parameters, told))
    return found


def violations(kernels: list[Kernel]) -> list[str]:
    found = []
    for kernel in kernels:
        if kernel.lines > LONGEST:
            found.append(f"{kernel.where}: {kernel.lines} lines, more than {LONGEST}")
        if kernel.parameters > MOST_PARAMETERS:
            found.append(f"{kernel.where}: {kernel.parameters} parameters, more than {MOST_PARAMETERS}")
        if kernel.parameters >= TOLD_FROM and not kernel.told:
            found.append(f"{kernel.where}: {kernel.parameters} parameters, and no section that tells of them")
    if kernels and statistics.median(kernel.lines for kernel in kernels) > MEDIAN:
        found.append(f"half of the kernels have more than {MEDIAN} lines")
    return found


def test_kernels_are_short_and_told():
    kernels = [kernel for file in sorted(KERNELS.glob("*.py")) for kernel in kernels_in(file.read_text(), file.name)]
    assert len(kernels) > 50
    assert violations(kernels) == []


def jitted(parameters: int, lines: int, docstring: str = "", decorator: str = "@jit()") -> str:
    names = ", ".join(f"p{n}" for n in range(parameters))
    told = f'    """{docstring}"""\n' if docstring else ""
    return f"{decorator}\ndef f({names}):\n{told}" + "    # Not counted.\n\n    x = 1\n" * lines


TOLD = "Do it.\n\n    Parameters\n    ----------\n    p0 : int\n    "


@pytest.mark.parametrize(
    ("source", "count"),
    [
        (jitted(2, 10), 0),
        (jitted(2, 11), 1),  # the median
        (jitted(2, 61), 2),
        (jitted(4, 3, "Do it."), 0),
        (jitted(5, 3, "Do it."), 1),
        (jitted(5, 3), 1),
        (jitted(5, 3, "Parameters are told elsewhere."), 1),
        (jitted(10, 10, TOLD), 0),
        (jitted(11, 3, TOLD), 1),
        (jitted(5, 3, decorator="@jit(parallel=True)"), 1),
        (jitted(5, 3, decorator="@jit"), 1),
        (jitted(5, 3, decorator="@numba.jit()"), 1),
        (jitted(11, 61, decorator="@cache"), 0),
        ("class A:\n" + "".join(f"    {line}\n" for line in jitted(5, 3).splitlines()), 1),
    ],
)
def test_what_is_too_much_is_seen(source, count):
    assert len(violations(kernels_in(source, "x.py"))) == count
