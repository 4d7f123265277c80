"""Presets: the options of a render in a file, and rules that change them for some photos.

::

    fstop = 1.8
    format = "jpeg"

    [[rule]]
    when = { camera = "*iPhone 13*", f35_mm = ">=50" }
    fstop = 1.4

Keys are the names of the flags. Of rules that match, the later ones win; a flag that is given wins over everything.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import fnmatchcase
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from ..core.errors import UsageError
from ..core.toml import read_toml, shown
from ..photo.load_options import SharedOptions
from .options import Options
from .units import point_of_pixels

if TYPE_CHECKING:
    from ..optics.lens_file import LensFile
    from ..photo.load_options import LoadOptions
    from ..photo.photo import Photo
    from .recipe import Recipe

_WHAT = "preset"
_HINT = 'a preset has lines like fstop = 1.8, and [[rule]] with when = { camera = "*iPhone*" }'
_FLAGS = {"with": "changes"}  # a flag whose name is no name in Python
# The lens first: that is what a message lists first, too.
_NAMES = sorted((one.name for one in fields(Options)), key=lambda name: name in vars(SharedOptions()))
_KEYS = {next((flag for flag, name in _FLAGS.items() if name == own), own): own for own in _NAMES}
_BOUND = re.compile(r"(<=|>=|<|>|=)?\s*(\d+\.?\d*|\.\d+)(?:\s*\.\.\s*(\d+\.?\d*|\.\d+))?")
_WITHIN = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


@dataclass(frozen=True)
class When:
    """Which photos a rule is for: those that all of its conditions hold for; None = whatever it is.

    Parameters
    ----------
    camera, lens, format : tuple of str, optional
        Patterns with ``*`` and ``?``, upper and lower case alike, one of which matches; the camera's with or without
        its make.
    f35_mm, megapixels : str, optional
        A number, a bound like ``>=50``, or a range like ``24..35``. What the photo does not say matches none.
    people, depth : bool, optional
        Whether the file holds a matte, or faces that the phone found; whether it holds depth.
    """

    camera: tuple[str, ...] | None = None
    lens: tuple[str, ...] | None = None
    format: tuple[str, ...] | None = None
    f35_mm: str | None = None
    megapixels: str | None = None
    people: bool | None = None
    depth: bool | None = None

    def __post_init__(self) -> None:
        """Read the bounds."""
        for name in ("f35_mm", "megapixels"):
            text = getattr(self, name)
            if text is not None:
                _bounds(name, text)

    def matches(self, photo: Photo) -> bool:
        """Whether a photo, as its file is, is one of them."""
        meta, (height, width) = photo.meta, photo.size
        words = {"camera": (meta.camera, meta.camera.partition(" ")[2]), "lens": (meta.lens,), "format": (meta.format,)}
        numbers = {"f35_mm": meta.f35_mm, "megapixels": height * width / 1e6}
        facts = {
            "people": photo.matte is not None or bool(photo.mattes) or bool(meta.faces),
            "depth": photo.depth is not None,
        }
        return (
            all(_is_like(texts, getattr(self, name)) for name, texts in words.items())
            and all(_is_within(name, value, getattr(self, name)) for name, value in numbers.items())
            and all(getattr(self, name) in (None, value) for name, value in facts.items())
        )


@dataclass(frozen=True)
class Rule:
    """What is done otherwise with some photos."""

    when: When
    options: Options


@dataclass(frozen=True)
class Preset:
    """Says the recipe of each photo; plain values only, the lens files' among them, so that it can be sent anywhere.

    Parameters
    ----------
    top : Options
        For all photos.
    rules : tuple of Rule
    flags : Options
        Given on the command line: they win.
    lenses : mapping of str to LensFile
        The lenses that options name, as they were when the preset was read.

    Raises
    ------
    UsageError, InputError
        When a value makes no sense, two contradict each other, or a lens file cannot be read.
    """

    top: Options = field(default_factory=Options)
    rules: tuple[Rule, ...] = ()
    flags: Options = field(default_factory=Options)
    lenses: Mapping[str, LensFile] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the lenses and try the options, so that what is wrong is said before the first photo."""
        from ..optics.lens_file import read_lens

        every = [self.top, self.flags, *(rule.options for rule in self.rules)]
        named = {options.lens for options in every if options.lens is not None}
        found = {name: self.lenses.get(name) or read_lens(name) for name in sorted(named)}
        object.__setattr__(self, "lenses", found)
        self._recipe(self._merged(()))
        for number, rule in enumerate(self.rules, 1):
            try:
                self._recipe(self._merged((rule,)))
            except UsageError as error:
                raise UsageError(f"rule {number}: {error}") from error
            if _opening(self._merged((rule,))) != _opening(self._merged(())):
                raise UsageError(
                    f"rule {number}: `layer`, `depth_channel` and what its numbers are cannot change from photo to "
                    "photo, nor `edits`, for rules look at the opened photo; say them at the top"
                )

    def recipe_for(self, photo: Photo) -> Recipe:
        """Return what is done to a photo, shown as its file is."""
        options = self._merged(tuple(rule for rule in self.rules if rule.when.matches(photo)))
        if options.focus is not None:
            options = replace(options, focus=point_of_pixels(options.focus, photo.size))
        return self._recipe(options)

    @property
    def load_options(self) -> LoadOptions:
        """What is asked of every photo that no rule is for: an EXR is opened by it."""
        return self.usual.load_options

    @property
    def usual(self) -> Recipe:
        """What is done to a photo that no rule is for."""
        return self._recipe(self._merged(()))

    @property
    def format(self) -> str | None:
        """What is written; None = as each photo. Rules do not say it."""
        return self._merged(()).format

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of all that is said, whatever the names of the files that say it."""
        from ..io.metadata.render_mark import digest

        flags = self.flags.said
        rules = [
            {"when": asdict(rule.when), "options": {k: v for k, v in rule.options.said.items() if k not in flags}}
            for rule in self.rules
        ]
        lenses = {name: {**asdict(lens), "where": ""} for name, lens in self.lenses.items()}
        return digest({"top": self._merged(()).said, "rules": rules, "lenses": lenses})

    def _merged(self, rules: tuple[Rule, ...]) -> Options:
        options = self.top
        for rule in rules:
            options = options.overridden(rule.options)
        return options.overridden(self.flags)

    def _recipe(self, options: Options) -> Recipe:
        return options.recipe(self.lenses.__getitem__)


def read_preset(path: str | os.PathLike[str], flags: Options | None = None) -> Preset:
    """Read a preset.

    Parameters
    ----------
    path : str or path
        A TOML file.
    flags : Options, optional
        Given beside it: they win.

    Returns
    -------
    Preset

    Raises
    ------
    UsageError
        When a key or a value in it is wrong.
    InputError
        When it cannot be read, or is no TOML; or a lens file that it names.
    """
    where = os.fspath(path)
    table = read_toml(where, _WHAT, _HINT)
    try:
        rules = table.pop("rule", [])
        if not (isinstance(rules, list) and all(isinstance(one, Mapping) for one in rules)):
            raise UsageError("rule is no list of tables; write each as [[rule]]")
        top = options_of(table)
        preset = Preset(top, tuple(_rule(number, one) for number, one in enumerate(rules, 1)))
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
    return replace(preset, flags=flags or Options())


def options_of(table: Mapping[str, Any]) -> Options:
    """Take the options of a table by their keys in a preset: ``{"fstop": 1.8, "lens": "petzval"}``.

    Raises
    ------
    UsageError
        When a key or a value in it is wrong.
    """
    return Options(**_read(Options, table, _KEYS))


def lines_of(options: Options) -> list[str]:
    """Write options as the lines of a preset."""
    keys = {own: key for key, own in _KEYS.items()}
    # JSON's strings, numbers and lists are TOML's too.
    said = {keys[name]: list(value) if isinstance(value, tuple) else value for name, value in options.said.items()}
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in said.items()]


def _opening(options: Options) -> tuple[object, ...]:
    """Pick what says how a photo is opened."""
    of_channel = options.depth_unit if options.depth_channel is not None else None
    return options.layer, options.depth_channel, options.depth_near, of_channel, options.edits


def _rule(number: int, table: Mapping[str, Any]) -> Rule:
    try:
        given = dict(table)
        when = given.pop("when", {})
        if not isinstance(when, Mapping) or not when:
            raise UsageError('it says not for which photos; write when = { camera = "*iPhone*" }')
        if "format" in given:
            raise UsageError("format cannot change from photo to photo, for outputs are named by it; say it at the top")
        keys = {one.name: one.name for one in fields(When)}
        return Rule(When(**_read(When, when, keys)), Options(**_read(Options, given, _KEYS)))
    except UsageError as error:
        raise UsageError(f"rule {number}: {error}") from error


def _read(kind: type, table: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Take the values of a table for the fields of a dataclass; `names` gives the field of each key."""
    hints = get_type_hints(kind)
    for key in table:
        if key not in names:
            close = difflib.get_close_matches(key.replace("-", "_"), names, n=1)
            meant = f"did you mean {close[0]}? " if close else ""
            raise UsageError(f"{key} is unknown; {meant}Known are {', '.join(names)}")
    return {names[key]: _value(key, value, hints[names[key]]) for key, value in table.items()}


def _value(key: str, value: Any, hint: Any) -> Any:
    wanted = next(one for one in get_args(hint) if one is not NoneType)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if get_origin(wanted) is tuple:
        several = value if isinstance(value, list) else [value]
        if several and all(isinstance(one, str) for one in several):
            return tuple(several)
        raise UsageError(f"{key} is {shown(value)}; expected words in quotes, or a list of them")
    if wanted is str and (isinstance(value, str) or number):
        return value if isinstance(value, str) else f"{value:.15g}"
    if wanted is float and number:
        return float(value)
    if wanted in (int, bool) and type(value) is wanted:
        return value
    expected = {str: "a number or words in quotes", float: "a number", int: "a whole number", bool: "true or false"}
    raise UsageError(f"{key} is {shown(value)}; expected {expected[wanted]}")


def _is_like(texts: tuple[str, ...], patterns: tuple[str, ...] | None) -> bool:
    pairs = ((text.casefold(), pattern.casefold()) for text in texts for pattern in patterns or ())
    return patterns is None or any(fnmatchcase(text, pattern) for text, pattern in pairs)


def _is_within(name: str, value: float | None, text: str | None) -> bool:
    if text is None:
        return True
    return value is not None and all(_WITHIN[sign](value, bound) for sign, bound in _bounds(name, text))


def _bounds(name: str, text: str) -> list[tuple[str, float]]:
    """Read ``24``, ``>=50`` or ``24..35``; a number alone is what rounds to it."""
    found = _BOUND.fullmatch(text.strip())
    if found is None or (found[1] and found[3]):
        raise UsageError(f"{name} is {text!r}; expected a number, a bound like '>=50' or a range like '24..35'")
    sign, low, high = found[1] or "=", float(found[2]), found[3]
    if high is not None:
        return [(">=", low), ("<=", float(high))]
    return [(">=", low - 0.5), ("<", low + 0.5)] if sign == "=" else [(sign, low)]
