"""The lens that the options name, as every command that renders reads them."""

from __future__ import annotations

from dataclasses import fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import typer

from ...settings.options import Options
from ...settings.units import parse_focus, point_of_pixels

if TYPE_CHECKING:
    from ...optics.lens import Lens
    from ...settings.preset import Preset


def choose_preset(ctx: typer.Context, file: str | None, *, without: tuple[str, ...] = ()) -> Preset:
    """Read the preset, if one is named, with the flags that were given.

    Parameters
    ----------
    ctx : typer.Context
        Of a command whose parameters are called as `Options` are.
    file : str or None
        By ``--preset``.
    without : tuple of str
        Options that mean something else here.

    Raises
    ------
    UsageError, InputError
        When a value makes no sense, or a file cannot be read.
    """
    names = [one.name for one in fields(Options) if one.name in ctx.params and one.name not in without]
    given = {name: _plain(ctx.params[name]) for name in names if was_given(ctx, name)}
    flags = Options(**given)
    if file is None:
        flags.check()
    from ...settings.preset import Preset, read_preset

    return Preset(flags=flags) if file is None else read_preset(file, flags)


def was_given(ctx: typer.Context, name: str) -> bool:
    """Whether a parameter of a command stands on its command line."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return value.value if isinstance(value, Enum) else value


def choose_lens(**given: Any) -> tuple[Lens, str | None]:
    """Find the lens and where it comes from.

    Parameters
    ----------
    **given
        `Options` of these names, as they were given.

    Returns
    -------
    Lens, str or None

    Raises
    ------
    UsageError, InputError
        When a value makes no sense, or the lens file cannot be read.
    """
    return Options(**{name: _plain(value) for name, value in given.items()}).chosen_lens()


def focused(lens: Lens, focus: str, size: tuple[int, int]) -> Lens:
    """Focus a lens on the point that ``--focus`` names in pixels of a picture of this (height, width); else as it is.

    Raises
    ------
    UsageError
        When the point lies outside the picture.
    """
    point = parse_focus(point_of_pixels(focus, size)).point
    return lens if point is None else replace(lens, focus_point=point)
