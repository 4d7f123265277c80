"""A Sphinx extension that writes the reference's tables out of the code, so that they cannot drift from it.

A line ``<!-- from code: NAME -->`` in a page becomes the Markdown that the function of that name in `TABLES` returns.
"""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
import typer.main

import rebokeh
from rebokeh.bokeh.app.guard import ENDINGS
from rebokeh.bokeh.core import errors
from rebokeh.bokeh.io.formats import FORMATS
from rebokeh.bokeh.optics.lens_file import lens_names, read_lens
from rebokeh.bokeh.settings.options import Options
from rebokeh.bokeh.settings.preset import When
from rebokeh.cli import app

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent
KINDS = {"tuple of str": "a pattern, or a list of them", "str": "a number, bound or range", "bool": "true or false"}
HEAD = ("option", "takes", "what it does", "default")
# What is said to whoever reads a page as it lies in the repository.
UNFILLED = re.compile(r"`make docs` fills in [^.;]*[.;]\s")
PLACE = re.compile(r"^<!-- from code: ([\w-]+) -->$", re.MULTILINE)


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Have Sphinx fill in the pages as it reads them."""
    sphinx.connect("source-read", _fill)
    return {"parallel_read_safe": True}


def _fill(_: Sphinx, __: str, source: list[str]) -> None:
    source[0] = filled(source[0])


def filled(page: str) -> str:
    """Put the tables into the text of a page.

    Raises
    ------
    KeyError
        When a page asks for a table that there is none of.
    """
    return PLACE.sub(lambda match: TABLES[match[1]](), UNFILLED.sub("", page))


def commands() -> str:
    """List every command with its options, under a heading each."""
    out = []
    for words, command in tree():
        context = typer.Context(command, info_name="rebokeh")
        out += [f"## `{' '.join(['rebokeh', *words]) if words != ('render',) else 'rebokeh PHOTO...'}`", ""]
        out += [_plain(inspect.cleandoc(command.help or "").split("\f")[0]), ""]
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
        if arguments:
            out += _table(("argument", "what it is"), (_row(one, context)[1:3] for one in arguments))
        if options:
            out += _table(HEAD, (_row(one, context) for one in options))
    return "\n".join(out)


def tree() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command that does something, with the words that call it; the render first."""
    root: Any = typer.main.get_command(app)
    for name in sorted(root.commands, key=lambda name: (name != "render", name)):
        command = root.commands[name]
        if hasattr(command, "commands"):
            yield from (((name, below), command.commands[below]) for below in sorted(command.commands))
        else:
            yield (name,), command


def _row(parameter: Any, context: typer.Context) -> tuple[str, str, str, str]:
    """Take a line of a command's help apart: names, what it takes, what it does, its default."""
    called, said = parameter.get_help_record(context)
    names = list(parameter.opts) if parameter.param_type_name == "option" else []
    takes = called.rpartition(names[-1])[2].strip() if names else called.partition(" ")[0]
    said, *marks = re.split(r"\s+\[(?=default: |required|[x\d])", said)
    default = "; ".join(mark.rstrip("]").removeprefix("default: ") for mark in marks)
    shown = ", ".join(f"`{name}`" for name in sorted(names, key=len))
    choices = ", ".join(f"`{word}`" for word in takes.strip("<>").split("|") if word)
    return shown, choices, _plain(said), _plain(default)


def exit_codes() -> str:
    """Say what each exit code means."""
    rows = [("0", "done; of several photos: all is done, or skipped with its reason", "")]
    kinds: dict[int, list[type]] = {}
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.RebokehError):
            kinds.setdefault(kind.exit_code, []).append(kind)
    said = {
        1: "some of several photos failed, a figure of `inspect --check` is out of range, or a full disk and the like",
        2: "the command makes no sense, or the output may not be written",
        3: "the photo holds no depth: give `--depth FILE`, or `--style gaussian` with a matte",
        4: "a file cannot be read, or is not what it should be",
    }
    for code in sorted(kinds):
        rows.append((str(code), said[code], ", ".join(f"`{kind.__name__}`" for kind in kinds[code])))
    rows += [(str(code), f"{word} ({number.name})", "") for number, (code, word) in ENDINGS.items()]
    return "\n".join(_table(("code", "meaning", "error of the Python package"), rows))


def preset_keys() -> str:
    """List the keys of a preset, with the help of the flag that each is."""
    (render,) = (command for words, command in tree() if words == ("render",))
    flags = {name.lstrip("-"): one for one in render.params for name in one.opts}
    context = typer.Context(render, info_name="rebokeh")
    rows = []
    for one in fields(Options):
        key = {"changes": "with"}.get(one.name, one.name)
        option = flags[key.replace("_", "-")]
        rows.append((f"`{key}`", *_row(option, context)[1:]))
    return "\n".join(_table(("key", *HEAD[1:]), rows))


def preset_conditions() -> str:
    """List what `when` of a preset's rule may ask, out of the docstring of `When`."""
    described = inspect.getdoc(When) or ""
    rows = []
    for names, kind, text in re.findall(r"^([\w, ]+) : ([^\n]+)\n((?:    [^\n]+\n?)+)", described, re.MULTILINE):
        said = " ".join(line.strip() for line in text.splitlines()).replace("``", "`")
        rows += [(f"`{name}`", _plain(KINDS[kind.partition(",")[0]]), said) for name in names.split(", ")]
    assert {row[0].strip("`") for row in rows} == {one.name for one in fields(When)}
    return "\n".join(_table(("condition", "takes", "holds of"), rows))


def lenses() -> str:
    """List the lenses that have a name."""
    rows = []
    for name in lens_names():
        lens = read_lens(name)
        rows.append((f"`{name}`", f"f/{lens.f_number:g}", _plain(lens.title), _plain(lens.source)))
    return "\n".join(_table(("name", "widest", "what it is", "where its numbers come from"), rows))


def formats() -> str:
    """List what is read and written, with what each can hold."""
    rows = []
    for name, row in FORMATS.items():
        written = bool(row.bit_depths)
        rows.append(
            (
                name.upper(),
                ", ".join(f"`{ending}`" for ending in row.suffixes),
                "yes",
                ", ".join(map(str, row.bit_depths)) if written else "no",
                ", ".join(f"`{kind}`" for kind in row.hdr) or "-",
                str(row.quality) if row.quality is not None else "-",
            )
        )
    head = ("format", "endings", "read", "written with bits", "light above white", "default quality")
    return "\n".join(_table(head, rows))


def extras() -> str:
    """List what can be installed beside the package, and what that brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = [
        (f"`{name}`", ", ".join(f"`{one}`" for one in brings))
        for name, brings in project["optional-dependencies"].items()
        if name != "dev"
    ]
    return "\n".join(_table(("extra", "brings"), rows))


def api() -> str:
    """Document every public name, by what it is."""
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Errors and warnings": []}
    for name in rebokeh.__all__:
        public = getattr(rebokeh, name)
        if isinstance(public, type) and issubclass(public, (Exception, Warning)):
            kinds["Errors and warnings"].append(f".. autoexception:: rebokeh.{name}\n   :show-inheritance:\n")
        elif isinstance(public, type):
            kinds["Classes"].append(f".. autoclass:: rebokeh.{name}\n   :members:\n")
        elif callable(public):
            kinds["Functions"].append(f".. autofunction:: rebokeh.{name}\n")
    out = []
    for title, entries in kinds.items():
        out += [f"## {title}", "", "```{eval-rst}", *entries, "```", ""]
    return "\n".join(out)


def _plain(text: str) -> str:
    """Escape what Markdown takes for its own in words that are meant as they stand."""
    return re.sub(r"([|*_`<>\[\]])", r"\\\1", text.replace("``", "").strip())


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    head = list(head)
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows:
        # Within code a bar ends a cell too, unless it is escaped.
        cells = [re.sub(r"(?<!\\)\|", r"\\|", cell).replace("\n", " ") for cell in row]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


TABLES: dict[str, Callable[[], str]] = {
    "api": api,
    "commands": commands,
    "exit-codes": exit_codes,
    "extras": extras,
    "formats": formats,
    "lenses": lenses,
    "preset-conditions": preset_conditions,
    "preset-keys": preset_keys,
}

if __name__ == "__main__":  # to look at one without Sphinx: python docs/from_code.py commands
    print(TABLES[sys.argv[1]]())
