"""What a page asks for: its settings as the options of a render, the command that does the same, where it is saved."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import OutputError, UsageError
from ..optics.lens_file import lens_names
from ..settings.flags import flag_of
from ..settings.options import Options
from ..settings.outputs import plan_output, tag
from ..settings.preset import Preset, options_of

LOOK = frozenset({
    "fstop", "focus", "focal", "sensor", "lens", "with", "blades", "curvature", "rotation", "starburst", "highlights",
    "style", "quality", "baked", "grain",
})  # fmt: skip
"""Keys of what a page may ask of a render: nothing that names a file."""

SAVING = frozenset({"format", "hdr", "save_quality", "strip"})
"""Keys of what it may ask of a file."""

USUAL = {
    "focus": "auto", "highlights": "auto", "style": "lens", "quality": "fast", "baked": "auto", "grain": "off",
    "hdr": "auto",
}  # fmt: skip
"""What is so when nothing is said; not said in a command or a file's name either."""


def look_of(table: object) -> Options:
    """Read what a page asks of a render.

    Raises
    ------
    UsageError
        When a key is unknown, a value makes no sense, or the lens is none of ours.
    """
    return _options(table, LOOK)


def saving_of(table: object) -> tuple[Options, str, bool]:
    """Read how a page wants a picture saved: options of the file, its name or "", whether it may replace another.

    Raises
    ------
    UsageError
    """
    given = dict(_table(table))
    name, overwrite = given.pop("name", None) or "", given.pop("overwrite", None) or False
    if not isinstance(name, str) or not isinstance(overwrite, bool):
        raise UsageError("`name` is text, and `overwrite` true or false")
    return _options({key: value for key, value in given.items() if value != ""}, SAVING), name, overwrite


def _options(table: object, allowed: frozenset[str]) -> Options:
    said = {key: value for key, value in _table(table).items() if value is not None and value != USUAL.get(key)}
    for key in said:
        if key not in allowed:
            raise UsageError(f"{key} is nothing that a page can ask for")
    options = options_of(said)
    if options.lens is not None and options.lens not in lens_names():
        raise UsageError(f"lens {options.lens!r} is none of those that come with rebokeh")
    options.check()
    return options


def _table(table: object) -> Mapping[str, Any]:
    if table is None:
        return {}
    if not isinstance(table, Mapping):
        raise UsageError("what is asked for must be an object of options by their names")
    return table


def words_of(options: Options) -> list[str]:
    """Return options as the words of a command line."""
    words: list[str] = []
    for name, value in options.said.items():
        for one in value if isinstance(value, tuple) else (value,):
            words += [flag_of(name), f"{one:.15g}" if isinstance(one, float) else str(one)]
    return words


def command_of(photo: str, options: Options, out: str = "", overwrite: bool = False) -> str:
    """Write the command that does the same, for a shell."""
    words = ["rebokeh", f"./{photo}" if photo.startswith("-") else photo, *words_of(options)]
    words += [*(["-o", out] if out else []), *(["--overwrite"] if overwrite else [])]
    return shlex.join(words)


def output_of(photo: Path, folder: Path, options: Options, source_format: str, name: str = "") -> tuple[Path, str]:
    """Say where the picture of a photo goes, and in which format: as the command names it, or as the page does.

    Parameters
    ----------
    photo : Path
    folder : Path
        Where it goes: nothing else is written to.
    options : Options
    source_format : str
        Format of the photo.
    name : str
        A file's name alone, or "".

    Raises
    ------
    UsageError, OutputError
        When the name leads out of the folder, or names another format than is asked for.
    """
    recipe = Preset(flags=options).usual
    named = tag(recipe.lens.f_number, recipe.settings.style, recipe.lens.glass.name, said=options.said)
    if name:
        path = folder / plain_name(name)
        output = plan_output(photo, str(path), recipe.format, source_format=source_format, tag=named)
    else:
        output = plan_output(photo, f"{folder}{os.sep}", recipe.format, source_format=source_format, tag=named)
    assert output.path is not None
    return inside(output.path, folder), output.format


def plain_name(name: str) -> str:
    """Return a file's name that leads nowhere else.

    Raises
    ------
    OutputError
    """
    if name != os.path.basename(name) or "/" in name or "\\" in name or name.startswith(".") or not name.isprintable():
        raise OutputError(f"{name!r} is no plain file name; name a file without folders")
    return name


def inside(path: Path, folder: Path) -> Path:
    """Refuse a file that a link has led out of a folder.

    Raises
    ------
    OutputError
    """
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise OutputError(f"{path.name}: a link leads this out of its folder; choose another name")
    return path
