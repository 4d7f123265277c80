"""The subject alone, and what lies behind it: both continued smoothly to where the matte mixes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from ..core.arrays import FloatArray
from ..core.scratch import Empty, Scratch
from ..core.threads import beside, each
from ..image.inpaint import inpaint_in_place
from ..image.regions import PixelBox
from ..image.resize import resize
from .glow import Glow
from .light_energy import SceneLight

if TYPE_CHECKING:
    from ...kernels.sides import SubjectDepths

BAND_ROWS = 64
"""Rows of the photo that are looked at together; the result does not depend on it."""

MARGIN_PX = 64
"""So far around the subject is looked for what lies behind it."""

FAR_SHARE = 0.0035
"""Farther than this share of the photo's longer side from where it is seen, what lies behind is hardly known."""

LEAST_KNOWN = 0.1
"""What is known less well says nothing of what is around it."""


@dataclass(frozen=True, eq=False)
class SubjectSides:
    """Two complete surfaces at half the photo's size.

    Attributes
    ----------
    corner : (int, int)
        Row and column, of half size, that they begin at.
    front, back : float32 (h, w, 4)
        Colour and dioptres of the subject, and of what lies behind it.
    far : float32 (h, w)
        How far what lies behind is continued to here: 0 near to where it is seen, 1 where it is not known.
    """

    corner: tuple[int, int]
    front: FloatArray
    back: FloatArray
    far: FloatArray

    @classmethod
    def of(
        cls, light: SceneLight, depths: SubjectDepths, glow: Glow | None = None, scratch: Scratch | None = None
    ) -> SubjectSides:
        """Find both sides of a subject, and continue each by push-pull.

        Parameters
        ----------
        light : SceneLight
            With a matte.
        depths : SubjectDepths
            Where the subject stands.
        glow : Glow, optional
            What is taken off what lies behind.
        scratch : Scratch, optional
            Lends the memory that bands are made in.
        """
        from ...kernels.sides import SideArrays, add_mixed, find_sides

        assert light.matte is not None
        matte = light.matte
        rows, columns = _box_of_subject(matte)
        size = (rows.stop - rows.start + 1) // 2, (columns.stop - columns.start + 1) // 2
        front, back = (SideArrays(np.empty((*size, 4), np.float32), np.empty(size, np.float32)) for _ in range(2))

        scratch = Scratch() if scratch is None else scratch

        def seen(top: int, empty: Empty) -> tuple[FloatArray, FloatArray, int, slice]:
            # A row more above and below: what is behind must be clear of the subject.
            stop = min(top + BAND_ROWS, rows.stop)
            first, last = max(top - 1, rows.start), min(stop + 1, rows.stop)
            around = np.ascontiguousarray(matte[first:last, columns])
            rgbd = light.rgbd((slice(top, stop), columns), empty)
            if glow is not None:
                glow.take_off(rgbd, around[top - first : stop - first], (top, columns.start))
            return rgbd, around, top - first, slice((top - rows.start) // 2, (stop - rows.start + 1) // 2)

        def part(side: SideArrays, half: slice) -> SideArrays:
            return SideArrays(side.rgbd[half], side.weight[half])

        def band(top: int) -> None:
            with scratch.room() as room:
                rgbd, around, inner, half = seen(top, room.empty)
                find_sides(rgbd, around, inner, depths, part(front, half), part(back, half))

        each(band, range(rows.start, rows.stop, BAND_ROWS))
        for side, other in ((front, back), (back, front)):
            if not side.weight.any():
                # None of it is seen alone; it is taken to look as the other does.
                side.rgbd[:], side.weight[:] = other.rgbd, other.weight
        with beside(lambda: _far_from(back.weight, FAR_SHARE * max(matte.shape) / 2.0)) as found:
            inpaint_in_place(front.rgbd, front.weight)
            far = found()

        def mixed(top: int) -> None:
            with scratch.room() as room:
                rgbd, around, inner, half = seen(top, room.empty)
                own = around[inner : inner + len(rgbd)]
                add_mixed(rgbd, own, top - rows.start, depths, (front.rgbd, far), part(back, half))

        each(mixed, range(rows.start, rows.stop, BAND_ROWS))
        inpaint_in_place(back.rgbd, back.weight)
        return cls((rows.start // 2, columns.start // 2), front.rgbd, back.rgbd, far)


def _far_from(known: FloatArray, reach: float) -> FloatArray:
    """Tell how far pixels lie from what is known.

    Parameters
    ----------
    known : float32 (H, W)
        How well each is known.
    reach : float
        Pixels that are still near.

    Returns
    -------
    float32 (H, W)
        0 near, 1 from twice as far on.
    """
    side = max(1, int(reach / 2.0))
    height, width = known.shape
    blocks = np.zeros((-(-height // side), side, -(-width // side), side), bool)
    blocks.reshape(blocks.shape[0] * side, -1)[:height, :width] = known > LEAST_KNOWN
    if not blocks.any():
        return np.ones(known.shape, np.float32)
    distance = np.asarray(ndimage.distance_transform_edt(~blocks.any(axis=(1, 3))), np.float32)
    far = np.clip(side * distance / reach - 1.0, 0.0, 1.0).astype(np.float32)
    whole = resize(far, (len(far) * side, far.shape[1] * side)) if side > 1 else far
    return np.ascontiguousarray(whole[:height, :width])


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
