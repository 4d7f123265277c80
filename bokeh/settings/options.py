"""What flags and presets say of a render, in the words of the command line, and the recipe that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from ..core.errors import UsageError
from ..photo.load_options import NO_EDITS, LoadOptions, SharedOptions
from .units import (
    parse_f_number,
    parse_focal_mm,
    parse_focus,
    parse_grain,
    parse_highlights,
    parse_sensor_mm,
    parse_starburst,
)

if TYPE_CHECKING:
    from ..optics.lens import Lens
    from ..optics.lens_file import LensFile
    from ..render.settings import RenderSettings
    from .recipe import Recipe


@dataclass(frozen=True)
class Options(SharedOptions):
    """Options of a render; None = not said.

    Each is the flag of its name, and takes what the flag takes; `changes` is ``--with``.

    Raises
    ------
    UsageError
        When a number or a length cannot be read.
    """

    fstop: str | None = None
    focus: str | None = None
    focal: str | None = None
    sensor: str | None = None
    lens: str | None = None
    changes: tuple[str, ...] | None = None
    blades: int | None = None
    curvature: float | None = None
    rotation: float | None = None
    starburst: str | None = None
    highlights: str | None = None
    style: str | None = None
    quality: str | None = None
    baked: str | None = None
    grain: str | None = None
    format: str | None = None
    hdr: str | None = None
    save_quality: int | None = None
    strip: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Read the numbers, so that a wrong one is said where it stands."""
        self._of_lens()
        self._strengths()
        if self.edits not in (None, NO_EDITS):
            raise UsageError("`edits` is off, or left out, for more than one photo: each has its own beside it")

    def check(self) -> None:
        """Refuse what makes no sense without the lens that a preset may name.

        Raises
        ------
        UsageError
        """
        if self.lens is None and self.changes:
            raise UsageError("there is no lens for `changes` to change; name one with `lens`")

    @property
    def said(self) -> dict[str, Any]:
        """The options that are said, by name."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}

    def overridden(self, by: Options) -> Options:
        """Return these, with whatever others say in their place."""
        return replace(self, **by.said)

    def chosen_lens(self, read: Callable[[str], LensFile] | None = None) -> tuple[Lens, str | None]:
        """Find the lens, and where a named lens comes from.

        Parameters
        ----------
        read : callable, optional
            Gives the lens of a name or file; by default `read_lens`.

        Raises
        ------
        UsageError, InputError
            When a value makes no sense, or the lens file cannot be read.
        """
        given = self._of_lens()
        self.check()
        from ..optics.lens import Lens
        from ..optics.lens_file import overridden, read_lens, with_values

        if self.lens is None:
            return overridden(Lens(), **given), None
        lens_file = with_values((read or read_lens)(self.lens), self.changes or ())
        return lens_file.lens(**given), lens_file.where

    def _of_lens(self) -> dict[str, Any]:
        where = parse_focus(self.focus or "auto")
        return {
            "f_number": None if self.fstop is None else parse_f_number(self.fstop),
            "focus_m": where.metres,
            "focus_point": where.point,
            "focus_on": where.target,
            "focal_mm": None if self.focal is None else parse_focal_mm(self.focal),
            "sensor_mm": None if self.sensor is None else parse_sensor_mm(self.sensor),
            "blades": self.blades,
            "curvature": self.curvature,
            "rotation_deg": self.rotation,
            "starburst": None if self.starburst is None else parse_starburst(self.starburst),
        }

    def _strengths(self) -> dict[str, Any]:
        """Return what may be a word or a number; RenderSettings is not asked, so that NumPy need not be there yet."""
        read = {"highlights": parse_highlights, "grain": parse_grain}
        return {name: of(value) for name, of in read.items() if (value := getattr(self, name)) is not None}

    def render_settings(self) -> RenderSettings:
        """Make the settings that they say.

        Raises
        ------
        UsageError
            When a value makes no sense.
        """
        from ..render.settings import RenderSettings

        said = {one.name: getattr(self, one.name, None) for one in fields(RenderSettings)}
        words = {name: value for name, value in said.items() if value is not None}
        return RenderSettings(**words | self._strengths())

    def recipe(self, read: Callable[[str], LensFile] | None = None) -> Recipe:
        """Make the recipe; `read` as for `chosen_lens`.

        Raises
        ------
        UsageError, InputError
            When a value makes no sense, two contradict each other, or the lens file cannot be read.
        """
        lens, where = self.chosen_lens(read)
        from .recipe import Recipe

        said = self.said

        def of(names: Iterable[str]) -> dict[str, Any]:
            return {name: said[name] for name in names if name in said}

        return Recipe(
            lens,
            self.render_settings(),
            LoadOptions(**of(one.name for one in fields(SharedOptions))),
            lens_source=where,
            **of(("format", "hdr", "save_quality", "strip")),
        )
