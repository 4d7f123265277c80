"""Depth slices: what a lens cuts a layered scene into, near to far, and at which pyramid level each is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..optics.lens import ThinLens
from .subject_range import SubjectRange

COARSE_RADIUS_PX = 3.0
"""A slice is made at half size as long as its smallest radius stays this large there."""

SLICE_RADII_PX = (2.0, 2.0 * COARSE_RADIUS_PX)
"""Blur radii at which a scene is cut, and from the last one on in a geometric series."""

SLICE_RATIO = math.sqrt(2.0)

MOST_CUT_PX = 1e5
"""What is blurred more is one slice: no picture shows the difference, and a slice's number takes one byte."""

FRONT, SUBJECT, BEHIND = 0, 1, 2
"""Classes: what stands before the subject, the subject, and what lies behind it (all, without a subject)."""

TABLE_DEPTHS = 16384


@dataclass(frozen=True)
class DepthSlice:
    """A slice of one class's depths.

    Attributes
    ----------
    kind : int
        FRONT, SUBJECT or BEHIND.
    near, far : float
        Dioptres; what is nearer than the first of a class, or farther than the last, is part of it too.
    least_px, most_px : float
        Smallest and largest blur radius in it, pixels of the photo.
    level : int
        Of the pyramid: it is made at the photo's size halved so often.
    halvings : int
        What is hidden weighs in it as at the photo's size halved so often.
    """

    kind: int
    near: float
    far: float
    least_px: float
    most_px: float
    level: int = 0
    halvings: int = 0


def plan_slices(
    far: float, near: float, subject: SubjectRange | None, lens: ThinLens, most_halvings: int, full_size: bool = False
) -> list[DepthSlice]:
    """Cut a scene into depth slices.

    Parameters
    ----------
    far, near : float
        Range of its depths, dioptres.
    subject : SubjectRange or None
    lens : ThinLens
        For the photo's own pixels.
    most_halvings : int
        0 = everything is made at the photo's own size.
    full_size : bool
        Everything is made there all the same; what is hidden weighs as it would at the smaller sizes.

    Returns
    -------
    list of DepthSlice
        Near to far, fewer than 255. Towards focus the sizes only grow, and beyond it they only shrink: a coarser
        picture is never between two finer ones.
    """
    slices: list[DepthSlice] = []
    if subject is not None:
        before = subject.near + subject.margin
        if near > before:
            slices += _slices_between(FRONT, before, near, lens)
        slices += _slices_between(
            SUBJECT, max(subject.far - subject.margin, far), min(before, max(near, subject.near)), lens
        )
        near = min(near, before)
    slices += _slices_between(BEHIND, far, max(near, far), lens)
    halvings = [_halvings(one.least_px, most_halvings) for one in slices]
    finest = halvings.index(min(halvings))
    halvings = [*accumulate(halvings[: finest + 1], min), *list(accumulate(halvings[:finest:-1], min))[::-1]]
    return [
        replace(one, level=0 if full_size else level, halvings=level)
        for one, level in zip(slices, halvings, strict=True)
    ]


def _slices_between(kind: int, far: float, near: float, lens: ThinLens) -> list[DepthSlice]:
    most = min(max(abs(lens.radius_px(near)), abs(lens.radius_px(far))), MOST_CUT_PX)
    radii = list(SLICE_RADII_PX)
    while radii[-1] < most:
        radii.append(radii[-1] * SLICE_RATIO)
    signed = [*(-r for r in reversed(radii)), *radii]
    cuts = [d for d in (lens.focus_dioptres - r / lens.px_per_dioptre for r in signed) if far < d < near]
    slices, above = [], near
    for below in [*cuts, far]:
        one, other = lens.radius_px(below), lens.radius_px(above)
        least = 0.0 if one * other <= 0.0 else min(abs(one), abs(other))
        slices.append(DepthSlice(kind, above, below, least, max(abs(one), abs(other))))
        above = below
    return slices


def _halvings(least_px: float, most: int) -> int:
    return int(np.clip(np.floor(np.log2(max(least_px, 1e-6) / COARSE_RADIUS_PX) + 1e-6), 0, most))


def lens_at_level(lens: ThinLens, level: int) -> ThinLens:
    """Return the lens for a picture halved so often."""
    return replace(lens, px_per_mm=lens.px_per_mm / 2**level)


@dataclass(frozen=True, eq=False)
class SliceTable:
    """The slice of every class and depth.

    Attributes
    ----------
    numbers : uint8 (3, TABLE_DEPTHS)
    depth : (float32, float32)
        Dioptres where it begins, and entries to a dioptre.
    """

    numbers: NDArray[np.uint8]
    depth: tuple[np.float32, np.float32]

    @classmethod
    def of(cls, slices: list[DepthSlice], depth_range: tuple[float, float]) -> SliceTable:
        """Tabulate slices over a range of depths, smallest and largest dioptres."""
        far, near = depth_range
        span = max(near - far, 1e-9)
        middle = far + (np.arange(TABLE_DEPTHS) + 0.5) * (span / TABLE_DEPTHS)
        numbers = np.zeros((3, TABLE_DEPTHS), np.uint8)
        for kind in range(3):
            own = [n for n, one in enumerate(slices) if one.kind == kind]
            if own:
                ends = np.array([slices[n].far for n in own[:-1]])
                numbers[kind] = own[0] + (middle[:, None] < ends).sum(axis=1)
        return cls(numbers, (np.float32(far), np.float32(TABLE_DEPTHS / span)))

    def number(self, kind: int, dioptres: FloatArray | np.float32) -> NDArray[np.int64]:
        """Return the slices of a class's depths, of any shape."""
        entries = np.clip((dioptres - self.depth[0]) * self.depth[1], 0, self.numbers.shape[1] - 1)
        return np.asarray(self.numbers[kind][entries.astype(np.int64)], np.int64)

    def may_hold(self, number: int, kind: int, far: float, near: float) -> bool:
        """Whether a class's depths in a range may lie in a slice."""
        first, final = (int(self.number(kind, np.float32(d))) for d in (near, far))
        return first <= number <= final
