"""What a model sees of a photo, and what it says about it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...colour.to_srgb import srgb_codes
from ...core.arrays import FloatArray
from ...core.errors import DepthError, InputError
from ...core.text import printable
from ...image.resize import resize, size_within
from ...photo.metadata import DepthKind
from ...photo.photo import Photo

MOST_STRETCHED = 4
"""A panorama is shown to a model at most this much longer than high: its work grows with the square of the length."""

RANGE = (1e-4, 1e4)
"""Metres that are believed; beyond lies infinity, or a mistake."""


@dataclass
class Prediction:
    """Depth by a model.

    Attributes
    ----------
    dioptres : float32 (h, w)
        At the model's resolution, the photo's aspect; NaN = hole.
    kind : {"absolute", "relative", "unitless"}
    source : str
        Which model, in words.
    notes : list of str
        What was assumed.
    f35_mm : float, optional
        35 mm equivalent focal length that the model sees.
    """

    dioptres: FloatArray
    kind: DepthKind
    source: str
    notes: list[str] = field(default_factory=list)
    f35_mm: float | None = None


@dataclass(frozen=True)
class Intake:
    """How a model wants to be shown a photo.

    Attributes
    ----------
    size : (int, int)
        Height and width in pixels; with `multiple`, the shorter side's.
    mean, std : (float, float, float)
        What is taken off each channel, 0..1, and what the rest is divided by.
    multiple : int, optional
        The photo keeps its aspect, each side a multiple of this; None = it is squeezed into `size`.
    """

    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    multiple: int | None = None

    def size_of(self, photo: tuple[int, int]) -> tuple[int, int]:
        """(height, width) at which a photo of this height and width is shown."""
        if self.multiple is None:
            return self.size
        scale = min(self.size) / min(photo)
        longest = MOST_STRETCHED * min(self.size)
        height, width = (max(round(min(side * scale, longest) / self.multiple), 1) * self.multiple for side in photo)
        return height, width

    def tensor(self, photo: Photo) -> FloatArray:
        """Return the photo as a model is shown it: float32 (1, 3, h, w)."""
        codes = srgb_codes(photo.rgb, photo.profile, self.size_of(photo.size)).astype(np.float32) / np.float32(255)
        planes = (codes - np.asarray(self.mean, np.float32)) / np.asarray(self.std, np.float32)
        return np.ascontiguousarray(planes.transpose(2, 0, 1)[None])

    def as_said_in(self, folder: Path) -> Intake:
        """Return this with what the folder's ``preprocessor_config.json`` says otherwise."""
        path = folder / "preprocessor_config.json"
        if not path.is_file():
            return self
        try:
            said = json.loads(path.read_bytes())
            size = said.get("size") or {"height": self.size[0], "width": self.size[1]}
            mean, std = (
                tuple(np.broadcast_to(np.asarray(said.get(key, own), np.float64), 3).tolist())
                for key, own in (("image_mean", self.mean), ("image_std", self.std))
            )
            keeps = said.get("keep_aspect_ratio", self.multiple is not None)
            multiple = int(said.get("ensure_multiple_of", self.multiple or 1)) if keeps else None
            intake = Intake((int(size["height"]), int(size["width"])), mean, std, multiple)
        except (ValueError, TypeError, KeyError, AttributeError, OSError) as err:
            raise InputError(f"{printable(path)}: not what the model wants ({err}); get a fresh copy of it") from err
        if not (1 <= min(intake.size) and max(intake.size) <= 8192 and all(s > 0 for s in std) and multiple != 0):
            raise InputError(f"{printable(path)}: no usable sizes or deviations; get a fresh copy of it")
        return intake


def unsqueezed(plane: NDArray, photo: tuple[int, int]) -> FloatArray:
    """Bring a model's map (h, w) to the aspect of a photo of this height and width, its longer side as it was."""
    return resize(plane, size_within(photo, max(plane.shape), least_px=2))


def from_metres(metres: NDArray) -> FloatArray:
    """Dioptres of metres; what is not finite or not above zero is a hole."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((metres > RANGE[0]) & (metres < np.inf), 1.0 / metres, np.nan).astype(np.float32)


def from_dioptres(values: NDArray) -> FloatArray:
    """Dioptres as they stand; what is negative, too large or not finite is a hole."""
    with np.errstate(invalid="ignore"):
        return np.where((values >= 0) & (values <= RANGE[1]), values, np.nan).astype(np.float32)


def apply(photo: Photo, found: Prediction) -> Photo:
    """Give a photo the depth that a model predicts, and its focal length where the file names none.

    Raises
    ------
    DepthError
        When nothing of the depth is usable.
    """
    if not np.isfinite(found.dioptres).any():
        raise DepthError(f"{found.source}: the model returns no usable depth for this photo; use another")
    notes = list(photo.meta.notes)
    if photo.depth is not None:
        notes.append("the file's own depth is not used: a model was asked for")
    height, width = found.dioptres.shape
    notes += [f"depth: {found.source}, {width}x{height}, {found.kind}", *found.notes]
    meta = replace(
        photo.meta,
        depth_source=f"{found.source}, {width}x{height}, {found.kind}",
        f35_mm=photo.meta.f35_mm or found.f35_mm,
        notes=tuple(notes),
    )
    return replace(photo, depth=found.dioptres, depth_kind=found.kind, meta=meta)
