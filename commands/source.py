"""The photo that a command is about, and what gives it depth and a matte: as the options say it, until it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..bokeh.errors import UsageError
from ..bokeh.units import parse_anchor, parse_length_m
from .streams import stdin_bytes

if TYPE_CHECKING:
    from ..bokeh.photo import Photo


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
    anchors: Sequence[str] = ()

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

    def load(self) -> Photo:
        """Read the photo, from standard input if it is ``-``."""
        from ..bokeh.anchor import Anchor
        from ..bokeh.io import load

        return load(
            stdin_bytes() if self.photo == "-" else self.photo,
            depth=self.depth,
            depth_unit=self.depth_unit,
            depth_scale=self.depth_scale,
            matte=self.matte,
            depth_model=self.depth_model,
            matte_model=self.matte_model,
            stereo=self.stereo,
            baseline_m=self._baseline_m(),
            anchors=[Anchor(*point) for point in self._anchors()],
        )

    def _baseline_m(self) -> float | None:
        return None if self.baseline is None else parse_length_m(self.baseline, "baseline")

    def _anchors(self) -> list[tuple[float, float, float]]:
        return [parse_anchor(text) for text in self.anchors]
