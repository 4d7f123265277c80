"""A focus pull: one prepared scene, one lens, and focus that moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..colour.to_srgb import srgb_codes
from ..core.errors import UsageError
from ..core.progress import Progress, unseen
from ..core.text import printable
from ..image.resize import resize, size_within
from ..io.files.atomic import check_output, write_atomic
from ..optics.lens import Lens
from ..photo.photo import Photo
from ..render.pipeline import prepare_for, render_scene
from ..render.report import mount_on, warnings_of
from ..render.settings import RenderSettings
from ..scene.prepared import PreparedScene
from .animation import WRITERS, animation, check_can_write, frame_size

SUFFIXES = (".mp4", ".gif", ".apng")
"""APNG is written as ``.png`` too."""

MOST_FRAMES = 3600


@dataclass(frozen=True)
class Pull:
    """How focus moves.

    Parameters
    ----------
    from_m, to_m : float
        Distances in focus at the beginning and at the end, > 0; may be infinite.
    f_numbers : (float, float)
        At the beginning and at the end.
    seconds, fps : float
    size : int
        Longer side of the pictures in pixels, or the photo's, where that is less.

    Raises
    ------
    UsageError
        When a value is out of its range.
    """

    from_m: float
    to_m: float
    f_numbers: tuple[float, float] = (1.8, 1.8)
    seconds: float = 3.0
    fps: float = 24.0
    size: int = 1280

    def __post_init__(self) -> None:
        """Check the ranges."""
        for distance_m in (self.from_m, self.to_m):
            if not distance_m > 0:
                raise UsageError(f"focus is {distance_m:g} m; it must lie in front of the camera, like 2.1m")
        for what, value in (("seconds", self.seconds), ("fps", self.fps), *(("f-number", n) for n in self.f_numbers)):
            if not (math.isfinite(value) and value > 0):
                raise UsageError(f"{what} is {value:g}; it must be a number above 0")
        if not 2 <= self.frames <= MOST_FRAMES:
            raise UsageError(
                f"{self.seconds:g} s at {self.fps:g} frames a second make {self.frames} frames; 2 to {MOST_FRAMES} do"
            )
        if self.size < 16:
            raise UsageError(f"size is {self.size}; pictures have 16 pixels or more on their longer side")

    @property
    def frames(self) -> int:
        """How many pictures it takes."""
        return round(self.seconds * self.fps)

    def lenses(self, lens: Lens) -> Iterator[Lens]:
        """Yield each picture's lens: focus moves evenly in dioptres, as blur does, and the iris evenly in stops."""
        for t in np.linspace(0.0, 1.0, self.frames):
            dioptres = (1.0 - t) / self.from_m + t / self.to_m
            stops = (1.0 - t) * math.log2(self.f_numbers[0]) + t * math.log2(self.f_numbers[1])
            focus_m = 1.0 / dioptres if dioptres > 0 else math.inf
            yield replace(lens.focused_at(focus_m), f_number=float(2.0**stops))


def reduced(photo: Photo, size: int) -> Photo:
    """Reduce a photo to a longer side of so many pixels at most; light is averaged.

    Depth, mattes and gain map stay as they are: they have sizes of their own.
    """
    if size >= max(photo.size):
        return photo
    return replace(photo, rgb=resize(photo.rgb, size_within(photo.size, size), "area"))


def frames(
    scene: PreparedScene, settings: RenderSettings, pull: Pull, lens: Lens | None = None, progress: Progress = unseen
) -> Iterator[Photo]:
    """Render the pictures of a focus pull, one by one."""
    for number, each in enumerate(pull.lenses(lens or Lens())):
        progress("frames", number / pull.frames)
        yield render_scene(scene, each, settings)


def rack(
    photo: Photo,
    path: str | Path,
    pull: Pull,
    lens: Lens | None = None,
    settings: RenderSettings | None = None,
    *,
    overwrite: bool = False,
    progress: Progress = unseen,
) -> dict[str, Any]:
    """Write a focus pull as MP4 (H.264), GIF or APNG; the file appears whole or not at all.

    Parameters
    ----------
    photo : Photo
    path : str or Path
        Ends in .mp4, .gif, .apng or .png.
    pull : Pull
    lens : Lens, optional
        Its focus and f-number are the pull's.
    settings : RenderSettings, optional
    overwrite : bool
    progress : Progress, optional

    Returns
    -------
    dict
        What was written: size, frames, frames a second, focus and f-number at both ends; and warnings.

    Raises
    ------
    NoDepthError
        When the photo holds no depth.
    UsageError
        When the ending is another, the lens cannot focus there, or FFmpeg is missing.
    OutputError
        When the file exists or cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise UsageError(f"{printable(path)}: a focus pull is written as {' or '.join(SUFFIXES)}; name the file so")
    real = check_output(path, overwrite=overwrite, inputs=[photo.meta.path])
    check_can_write(suffix)
    settings = settings or RenderSettings()
    scene = prepare_for(reduced(photo, pull.size), settings, progress)
    size = frame_size(suffix, scene.photo.size)
    pull_frames = frames(scene, settings, pull, lens, progress)
    codes = (srgb_codes(frame.rgb, frame.profile, scene.photo.size) for frame in pull_frames)
    pictures = (picture[: size[0], : size[1]] for picture in codes)
    write_atomic(real, animation(suffix, pictures, pull.fps))
    begin, *_, end = pull.lenses(lens or Lens())
    warnings = [*photo.meta.warnings]
    for ends in (begin, end):
        warnings += warnings_of(scene, ends, mount_on(scene, ends, settings)[0], settings)
    return {
        "output": str(path), "width": size[1], "height": size[0], "frames": pull.frames, "fps": pull.fps,
        "from_m": pull.from_m, "to_m": pull.to_m, "f_numbers": list(pull.f_numbers),
        "warnings": list(dict.fromkeys(warnings)),
    }  # fmt: skip
