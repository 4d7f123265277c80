"""What is asked of a photo beyond its file: another depth map or matte, models, known distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..anchor import Anchor
from ..errors import UsageError


@dataclass(frozen=True, eq=False)
class Asked:
    """The options of `load` of the same names, in one.

    Raises
    ------
    UsageError
        When they contradict each other; nothing is read for that.
    """

    depth: str | Path | bytes | None = None
    depth_unit: str | None = None
    depth_scale: float | None = None
    matte: str | Path | bytes | None = None
    anchors: Sequence[Anchor] = ()
    depth_model: str | Path | None = None
    matte_model: str | Path | None = None
    stereo: str | Path | bytes | None = None
    baseline_m: float | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        maps = (("--depth", self.depth), ("--depth-model", self.depth_model), ("--stereo", self.stereo))
        flags = [flag for flag, value in maps if value is not None]
        if len(flags) > 1:
            raise UsageError(f"{' and '.join(flags)} both give the depth; give one")
        if self.matte is not None and self.matte_model is not None:
            raise UsageError("--matte and --matte-model both give the matte; give one")
        unit_of_nothing = self.depth_unit is not None and self.depth_model is None
        if self.depth is None and (self.depth_scale is not None or unit_of_nothing):
            raise UsageError("a depth unit or scale needs a depth map to speak of; give --depth too")
        if (self.stereo is None) != (self.baseline_m is None):
            raise UsageError(
                "--stereo and --baseline go together: the other picture, and how far apart they were taken"
            )

    @property
    def words(self) -> dict[str, Any]:
        """What says itself in a word or a number, by name: all but the pictures."""
        words = {
            "depth_unit": self.depth_unit,
            "depth_scale": self.depth_scale,
            "anchors": [asdict(anchor) for anchor in self.anchors],
            "depth_model": None if self.depth_model is None else str(self.depth_model),
            "matte_model": None if self.matte_model is None else str(self.matte_model),
            "baseline_m": self.baseline_m,
        }
        return {key: value for key, value in words.items() if value not in (None, [])}
