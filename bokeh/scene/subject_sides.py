"""The subject alone, and what lies behind it: both continued smoothly to where the matte mixes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import FloatArray
from ..core.threads import each
from ..image.inpaint import inpaint_in_place
from ..image.regions import PixelBox
from .glow import Glow
from .light_energy import SceneLight

if TYPE_CHECKING:
    from ...kernels.subject import SubjectDepths

BAND_ROWS = 64
"""Rows of the photo that are looked at together; the result does not depend on it."""

MARGIN_PX = 64
"""So far around the subject is looked for what lies behind it."""


@dataclass(frozen=True, eq=False)
class SubjectSides:
    """Two complete surfaces at half the photo's size.

    Attributes
    ----------
    corner : (int, int)
        Row and column, of half size, that they begin at.
    front, back : float32 (h, w, 4)
        Colour and dioptres of the subject, and of what lies behind it.
    """

    corner: tuple[int, int]
    front: FloatArray
    back: FloatArray

    @classmethod
    def of(cls, light: SceneLight, depths: SubjectDepths, glow: Glow | None = None) -> SubjectSides:
        """Find both sides of a subject, and continue each by push-pull.

        Parameters
        ----------
        light : SceneLight
            With a matte.
        depths : SubjectDepths
            Where the subject stands.
        glow : Glow, optional
            What is taken off what lies behind.
        """
        from ...kernels.subject import SideArrays, find_sides

        assert light.matte is not None
        matte = light.matte
        rows, columns = _box_of_subject(matte)
        size = (rows.stop - rows.start + 1) // 2, (columns.stop - columns.start + 1) // 2
        front, back = (SideArrays(np.empty((*size, 4), np.float32), np.empty(size, np.float32)) for _ in range(2))

        def band(top: int) -> None:
            # A row more above and below: what is behind must be clear of the subject.
            stop = min(top + BAND_ROWS, rows.stop)
            first, last = max(top - 1, rows.start), min(stop + 1, rows.stop)
            around = np.array(matte[first:last, columns], order="C")
            half = slice((top - rows.start) // 2, (stop - rows.start + 1) // 2)
            sides = (SideArrays(side.rgbd[half], side.weight[half]) for side in (front, back))
            rgbd = light.rgbd((slice(top, stop), columns))
            if glow is not None:
                glow.take_off(rgbd, np.array(around[top - first : stop - first]), (top, columns.start))
            find_sides(rgbd, around, top - first, depths, *sides)

        each(band, range(rows.start, rows.stop, BAND_ROWS))
        for side, other in ((front, back), (back, front)):
            if not side.weight.any():
                # None of it is seen alone; it is taken to look as the other does.
                side.rgbd[:], side.weight[:] = other.rgbd, other.weight
        each(lambda side: inpaint_in_place(side.rgbd, side.weight), (front, back))
        return cls((rows.start // 2, columns.start // 2), front.rgbd, back.rgbd)


def _box_of_subject(matte: FloatArray) -> PixelBox:
    """Box around the subject, with a margin; its corner is even."""
    from ...kernels.splitting import TRACE

    tops = range(0, matte.shape[0], BAND_ROWS)
    found = each(lambda top: _extent(matte[top : top + BAND_ROWS], top, float(TRACE)), tops)
    ends = np.array([one for one in found if one is not None])
    top, left = ends[:, 0].min() - MARGIN_PX, ends[:, 2].min() - MARGIN_PX
    return (
        slice(max(int(top), 0) // 2 * 2, min(int(ends[:, 1].max()) + MARGIN_PX, matte.shape[0])),
        slice(max(int(left), 0) // 2 * 2, min(int(ends[:, 3].max()) + MARGIN_PX, matte.shape[1])),
    )


def _extent(matte: FloatArray, top: int, least: float) -> tuple[int, int, int, int] | None:
    """First row, row after the last, first column, column after the last of what is above a coverage."""
    rows, columns = np.flatnonzero(matte.max(axis=1) > least), np.flatnonzero(matte.max(axis=0) > least)
    if not len(rows):
        return None
    return top + int(rows[0]), top + int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
