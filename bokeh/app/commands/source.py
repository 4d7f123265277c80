"""The photo that a command is about, and what gives it depth and a matte: as the options say it, until it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from ...core.errors import UsageError
from ...settings.units import parse_anchor, parse_length_m
from .streams import stdin_bytes

if TYPE_CHECKING:
    from ...photo.photo import Photo
    from ...settings.recipe import Recipe


@dataclass(frozen=True)
class Source:
    """What is read, in the words of the command line.

    Raises
    ------
    UsageError
        When options contradict each other, or a length or an anchor makes no sense.
    """

    photo: str
    depth: str | None = None
    depth_unit: str | None = None
    depth_scale: float | None = None
    matte: str | None = None
    depth_model: str | None = None
    matte_model: str | None = None
    stereo: str | None = None
    baseline: str | None = None
    anchor: Sequence[str] | None = None

    @classmethod
    def of(cls, photo: str, given: Mapping[str, Any]) -> Source:
        """Take what a command was given of these."""
        return cls(photo, **{one.name: given[one.name] for one in fields(cls) if one.name in given})

    def __post_init__(self) -> None:
        """Refuse at once what needs no file to be seen wrong."""
        unit_of_nothing = self.depth_unit is not None and self.depth_model is None
        if self.depth is None and (self.depth_scale is not None or unit_of_nothing):
            raise UsageError("--depth-unit and --depth-scale speak of a depth map; name it with --depth")
        self._baseline_m()
        self._anchors()

    @property
    def files(self) -> list[str]:
        """All that must survive."""
        named = (self.photo, self.depth, self.matte, self.depth_model, self.matte_model, self.stereo)
        return [file for file in named if file]

    @property
    def content(self) -> str | bytes:
        """The photo's name, or its bytes from standard input if that is ``-``."""
        return stdin_bytes() if self.photo == "-" else self.photo

    @property
    def beside(self) -> dict[str, Any]:
        """The options of `load` that are this photo's own: all but the models."""
        from ...depth.calibrate import Anchor

        return {
            "depth": self.depth,
            "depth_unit": None if self.depth is None else self.depth_unit,
            "depth_scale": self.depth_scale,
            "matte": self.matte,
            "stereo": self.stereo,
            "baseline_m": self._baseline_m(),
            "anchors": [Anchor(*point) for point in self._anchors()],
        }

    @property
    def options(self) -> dict[str, Any]:
        """The options of `load`."""
        models = {"depth_model": self.depth_model, "matte_model": self.matte_model}
        return {**self.beside, **models, "depth_unit": self.depth_unit}

    def load(self) -> Photo:
        """Read the photo."""
        from ...load import load

        return load(self.content, **self.options)

    def before(self, recipe: Recipe) -> Recipe:
        """Return a preset's recipe without the models in whose place this photo has a map of its own."""
        if self.depth is not None or self.stereo is not None:
            recipe = replace(recipe, depth_model=None, depth_unit=None)
        return recipe if self.matte is None else replace(recipe, matte_model=None)

    def _baseline_m(self) -> float | None:
        return None if self.baseline is None else parse_length_m(self.baseline, "baseline")

    def _anchors(self) -> list[tuple[float, float, float]]:
        return [parse_anchor(text) for text in self.anchor or ()]
