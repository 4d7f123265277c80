"""Lens files: a lens's iris, pupil and wavefront as TOML, by name from the package or by path.

The keys of a file are the fields of `LensFile` and of the dataclasses it is made of; their own checks say what is out
of range. docs/lens_files.md describes them.
"""

from __future__ import annotations

import difflib
import json
import math
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, replace
from importlib.resources import files
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from ..core.errors import UsageError
from ..core.toml import parsed, read_toml, shown
from .aperture import Aperture
from .elements import Glass, Pupil, Wavefront
from .lens import Lens

_WHAT, _HINT = "lens file", "rebokeh lens list shows the lenses by name, rebokeh lens show NAME prints a lens file"

_OF_READER = ("name", "where")  # what a lens file does not say itself


@dataclass(frozen=True)
class LensFile:
    """A lens as its file describes it.

    Parameters
    ----------
    name : str
        By which ``--lens`` finds it; of a file, its own without the ending.
    where : str
        Where its values come from, in words.
    title : str
        What lens it is.
    source : str
        Where its numbers come from: a reference, or the reason for an estimate.
    f_number : float
        Wide open, full-frame equivalent.
    starburst : float
        How strong diffraction is drawn around lights.
    iris : Aperture
    pupil : Pupil
    wavefront : Wavefront

    Raises
    ------
    UsageError
        When a value is out of its range.
    """

    name: str
    where: str
    title: str
    source: str
    f_number: float
    starburst: float = 1.0
    iris: Aperture = field(default_factory=Aperture)
    pupil: Pupil = field(default_factory=Pupil)
    wavefront: Wavefront = field(default_factory=Wavefront)

    def __post_init__(self) -> None:
        """Check the values and what belongs together."""
        for key in ("title", "source"):
            text = getattr(self, key)
            if not text or not text.isprintable():
                raise UsageError(f"{key} must be some words on one line, of characters that can be printed")
        self.lens()

    @property
    def glass(self) -> Glass:
        """All of the lens's character but the iris."""
        return Glass(f_number=self.f_number, pupil=self.pupil, wavefront=self.wavefront, name=self.name)

    def lens(self, **overrides: Any) -> Lens:
        """Make the lens to render with.

        Parameters
        ----------
        **overrides
            `blades`, `curvature` and `rotation_deg` of the iris, and any field of `Lens`. None, or left out: as the
            file says; the f-number, wide open.

        Raises
        ------
        UsageError
            When a value is out of its range, or the f-number is below the widest.
        """
        wide_open = Lens(self.f_number, aperture=self.iris, glass=self.glass, starburst=self.starburst)
        return overridden(wide_open, **overrides)


def overridden(lens: Lens, **overrides: Any) -> Lens:
    """Change single settings of a lens.

    Parameters
    ----------
    lens : Lens
    **overrides
        `blades`, `curvature` and `rotation_deg` of the iris, and any field of `Lens`; None leaves it as it is.

    Raises
    ------
    UsageError
        When a value is out of its range.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    of_iris = {one.name: given.pop(one.name) for one in fields(Aperture) if one.name in given}
    iris = replace(given.pop("aperture", lens.aperture), **of_iris)
    return replace(lens, aperture=iris, **given)


def lens_named(name: str | os.PathLike[str], values: Sequence[str] = (), **overrides: Any) -> Lens:
    """Make a lens by its name or from its file.

    Parameters
    ----------
    name : str or path
        Of a lens in the package, like ``petzval``, or of a file: with a folder in it, or ending in ``.toml``.
    values : sequence of str
        ``KEY=VALUE`` to change in it, like ``wavefront.spherical_um=2``.
    **overrides
        `blades`, `curvature` and `rotation_deg` of the iris, and any field of `Lens`: `f_number` (by default the
        lens's widest), `focus_m`, `focus_point`, `focus_on`, `focal_mm`, `sensor_mm`, `starburst`.

    Returns
    -------
    Lens

    Raises
    ------
    UsageError
        When there is no lens of this name, or a key or value is wrong.
    InputError
        When the file cannot be read, or is no TOML.

    Examples
    --------
    >>> import rebokeh as rk
    >>> lens = rk.lens_named("petzval", focus_m=2.1)
    >>> lens.focus_m, lens.f_number == lens.glass.f_number
    (2.1, True)
    """
    return with_values(read_lens(name), values).lens(**overrides)


def lens_names() -> list[str]:
    """List the lenses in the package, by name."""
    return sorted(file.name.removesuffix(".toml") for file in _packaged().iterdir() if file.name.endswith(".toml"))


def read_lens(name: str | os.PathLike[str]) -> LensFile:
    """Read a lens of the package by its name, or a lens file by its path; as `lens_named` does.

    Raises
    ------
    UsageError
        When there is no lens of this name, or a key or value in the file is wrong.
    InputError
        When the file cannot be read, or is no TOML.
    """
    word = os.fspath(name)
    separators = {os.sep, os.altsep} - {None}
    if not isinstance(name, str) or word.endswith(".toml") or any(mark in word for mark in separators):
        return _built(Path(word).stem, word, read_toml(word, _WHAT, _HINT))
    names = lens_names()
    if word not in names:
        close = difflib.get_close_matches(word.casefold(), names, n=3, cutoff=0.5)
        meant = f"did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(f"no lens is called {word!r}; {meant}rebokeh lens list shows them, a file ends in .toml")
    where = f"rebokeh/bokeh/optics/lenses/{word}.toml"
    return _built(word, where, parsed(where, (_packaged() / f"{word}.toml").read_bytes(), _WHAT, _HINT))


def with_values(lens_file: LensFile, values: Sequence[str]) -> LensFile:
    """Change values of a lens.

    Parameters
    ----------
    lens_file : LensFile
    values : sequence of str
        ``KEY=VALUE``: a key as `keys` lists it, a value as in a lens file.

    Returns
    -------
    LensFile

    Raises
    ------
    UsageError
        When one is not written so, or the key is unknown, or the value wrong.
    """
    if not values:
        return lens_file
    layout = table_of(lens_file)
    for item in values:
        key, equals, text = (side.strip() for side in item.partition("="))
        if not equals or not key or not text:
            raise UsageError(f"`changes`: {item!r} is not understood; expected KEY=VALUE, like pupil.squeeze=1.5")
        *tables, last = key.split(".")
        place = layout
        for depth, table in enumerate(tables, 1):
            place = place.setdefault(table, {})
            if not isinstance(place, dict):
                raise UsageError(f"`changes`: {'.'.join(tables[:depth])} is no table; it holds one value")
        place[last] = _value_of(text)
    changed = _built(lens_file.name, "`changes`", layout)
    return replace(changed, where=f"{lens_file.where}, with {', '.join(values)}")


def keys(kind: type = LensFile, prefix: str = "") -> Iterator[str]:
    """List all keys of a lens file, those in tables with dots: ``pupil.front.radius``."""
    for name, hint in _layout(kind).items():
        table = _table_in(hint)
        yield from [prefix + name] if table is None else keys(table, f"{prefix}{name}.")


def table_of(lens_file: LensFile) -> dict[str, Any]:
    """Lay a lens out as its file does, with all that the file left to its default."""

    def without_gaps(table: Mapping[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in table.items() if value is not None}
        return {key: without_gaps(value) if isinstance(value, dict) else value for key, value in kept.items()}

    return without_gaps({key: value for key, value in asdict(lens_file).items() if key not in _OF_READER})


def lines_of(lens_file: LensFile) -> list[str]:
    """Write a lens as the lines of a lens file, with all of its values."""

    def lines(table: Mapping[str, Any], prefix: str) -> Iterator[str]:
        for key, value in table.items():
            if isinstance(value, Mapping):
                yield from lines(value, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key} = {json.dumps(value, ensure_ascii=False)}"

    # JSON's strings, numbers and lists are TOML's too.
    return [f"# {lens_file.name}: {lens_file.where}", *lines(table_of(lens_file), "")]


def _packaged() -> Any:
    return files(__name__.rpartition(".")[0]) / "lenses"


def _built(name: str, where: str, table: Mapping[str, Any]) -> LensFile:
    try:
        return _made(LensFile, table, "", name=name, where=where)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def _made(kind: type, table: Mapping[str, Any], prefix: str, **more: str) -> Any:
    """Make a dataclass from a table of a lens file; `prefix` is how its keys begin."""
    layout = _layout(kind)
    for key in table:
        if key not in layout:
            raise UsageError(f"{prefix}{key} is unknown; {_instead(key, prefix, layout)}")
    for one in fields(kind):
        required = one.default is MISSING and one.default_factory is MISSING
        if required and one.name in layout and one.name not in table:
            raise UsageError(f"{prefix}{one.name} is missing; every lens file says its title, source and f_number")
    values = {key: _read(layout[key], value, prefix + key) for key, value in table.items()}
    try:
        return kind(**values, **more)
    except UsageError as error:
        raise UsageError(f"{prefix}{error}") from error


def _layout(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind) if not (kind is LensFile and one.name in _OF_READER)}


def _instead(key: str, prefix: str, layout: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, layout, n=1)
    if close:
        return f"did you mean {prefix}{close[0]}?"
    leaves = {known.rpartition(".")[2]: known for known in keys()}
    elsewhere = difflib.get_close_matches(key, leaves, n=1, cutoff=0.75)
    return f"did you mean {leaves[elsewhere[0]]}?" if elsewhere else f"known here: {', '.join(layout)}"


def _options(hint: Any) -> tuple[Any, ...]:
    return tuple(one for one in get_args(hint) if one is not NoneType) if isinstance(hint, UnionType) else (hint,)


def _table_in(hint: Any) -> type | None:
    return next((one for one in _options(hint) if is_dataclass(one)), None)  # pyright: ignore[reportReturnType]


def _read(hint: Any, value: Any, key: str) -> Any:
    """Take a value of a lens file for a field of this type."""
    table = _table_in(hint)
    if table is not None:
        if not isinstance(value, Mapping):
            raise UsageError(f"{key} is {shown(value)}; expected a table of {', '.join(_layout(table))}")
        return _made(table, value, f"{key}.")
    options = _options(hint)
    of_several = next((one for one in options if get_origin(one) is tuple), None)
    single = next((one for one in options if one is not of_several), None)
    if of_several is not None and (single is None or isinstance(value, (list, tuple))):
        return _several(of_several, value, key)
    return _single(single, value, key)


def _several(hint: Any, value: Any, key: str) -> tuple[Any, ...]:
    kinds = get_args(hint)
    any_number = kinds[-1] is Ellipsis
    if not isinstance(value, (list, tuple)) or not (any_number or len(value) == len(kinds)):
        count = "a list" if any_number else f"a list of {len(kinds)} numbers"
        raise UsageError(f"{key} is {shown(value)}; expected {count}")
    each = [kinds[0]] * len(value) if any_number else kinds
    return tuple(_read(kind, item, key) for kind, item in zip(each, value, strict=True))


def _single(kind: Any, value: Any, key: str) -> Any:
    if kind is str:
        if not isinstance(value, str):
            raise UsageError(f"{key} is {shown(value)}; expected words in quotes")
        return " ".join(value.split())
    expected = "a whole number" if kind is int else "a number"
    if isinstance(value, bool) or not isinstance(value, int if kind is int else (int, float)):
        raise UsageError(f"{key} is {shown(value)}; expected {expected}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UsageError(f"{key} is {number:g}; expected {expected} that is finite")
    return value if kind is int else number


def _value_of(text: str) -> Any:
    """Read what stands behind KEY= : TOML, a number as people type it (.5), or else words."""
    try:
        parsed = tomllib.loads(f"value = {text}")
        if set(parsed) == {"value"}:
            return parsed["value"]
    except (ValueError, RecursionError):
        pass
    try:
        return float(text)
    except ValueError:
        return text
