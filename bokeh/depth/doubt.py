"""A matte's doubt, told from coverage: hair and blur cover in part, in bands; a wide area in between is a guess.

What a network does not know it marks with something in between, often all over: a chair behind a neck, a bag, a pet.
Taken for coverage that turns solid things into glass. Where the depth map shows a surface of its own there, neither the
subject's nor what is around it, or where a matte of the hair finds none, what the matte says there is its level of
doubt: less than that is nothing of the subject.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import FloatArray
from ..image.filters import grown_within, highest, lowest, spread
from ..image.regions import connected, dilate
from ..image.resize import resize, resize_planes
from .align import subject_and_behind
from .edges import least_jump

SQUARE = np.ones((3, 3), bool)

LENGTH_PX = 768
"""Areas are looked at in a picture that is no longer: a phone's map."""

NOTHING, ALL = 0.04, 0.9
"""Coverage between these is in part."""

WIDE_SHARE = 0.006
"""An area in part is wide where it goes on so far to every side, as a share of the longer side."""

NO_HAIR = 0.05
"""A matte of the hair finds none below this."""

CALM = 0.15
"""A surface changes by less than this share of what is between subject and background within 5 x 5 pixels."""

SUBJECTS = 0.75
"""From here on, 0 = what is behind and 1 = the subject, a depth may be the subject's."""

NOISE = np.float32(1.2)
"""Doubt goes up and down: its level is higher than what it says by this factor."""

MOST = 0.85
"""A level of doubt is no higher: what is nearly all of the subject stays so."""


TAKEN = 0.25
"""Where a matte is less by this than it was, it was in doubt."""

SAID_SHARE = 0.01
"""Doubt in less of a picture is not spoken of."""


def doubted_share(matte: FloatArray, sure: FloatArray) -> float:
    """Share of the picture where a matte was in doubt: `sure` is what `without_doubt` made of it."""
    return 0.0 if sure is matte else float((matte - sure > TAKEN).mean())


def doubt_warnings(share: float) -> tuple[str, ...]:
    """Say how much of a picture was in doubt, and what is made of that, where it may be seen."""
    if share < SAID_SHARE:
        return ()
    return (
        f"the matte is unsure of {share:.0%} of the picture, which by its depth is no part of the subject: it is "
        "blurred as what is there; `matte` gives another",
    )


def without_doubt(matte: FloatArray, depth: FloatArray, hair: FloatArray | None = None) -> FloatArray:
    """Take from a matte what is only doubt.

    Parameters
    ----------
    matte : float32 (H, W)
        Coverage of the subject, 0..1.
    depth : float32 (h, w)
        Dioptres, of about the same shape; NaN = hole.
    hair : float32 (h', w'), optional
        Coverage by hair.

    Returns
    -------
    float32 (H, W)
        The matte itself where there is no wide area in between.
    """
    scale = min(1.0, LENGTH_PX / max(matte.shape))
    size = max(2, round(matte.shape[0] * scale)), max(2, round(matte.shape[1] * scale))
    covered = resize(matte, size)
    reach = max(2, round(WIDE_SHARE * max(size)))
    partial = (covered > NOTHING) & (covered < ALL)
    wide = _fits(partial, reach)
    if not wide.any():
        return matte
    wide = _grown(wide, reach, partial)
    depth = _without_holes(depth, size)
    sides = subject_and_behind(depth, covered)
    if sides is None:
        return matte
    doubt = _is_doubt(wide, depth, sides, hair)
    if not doubt.any():
        return matte
    # The rims of what is there are of it; a finger beside it, where the map shows the subject, is not.
    elsewhere = depth - sides[1] < SUBJECTS * (sides[0] - sides[1])
    doubt = _grown(doubt, reach, wide & elsewhere)
    level = np.where(doubt, NOISE * covered + np.float32(NOTHING), np.float32(0.0))
    # As far beyond as the matte rises to the subject, or fades.
    level = np.minimum(highest(level, 2 * reach + 1), np.float32(MOST))
    level = np.asarray(ndimage.uniform_filter(level, reach, mode="nearest"), np.float32)
    level = np.where(elsewhere, level, np.float32(0.0))
    full = matte.shape[0], matte.shape[1]
    rest, known = _above(covered, level), resize_planes(level[..., None], full)[0]
    kept = resize_planes(~_islands(rest, level > 0.0)[..., None], full)[0]
    return np.where(known > 0.0, kept * _above(matte, known), matte).astype(np.float32)


def _above(matte: FloatArray, level: FloatArray) -> FloatArray:
    """Take a level for nothing of the subject; all of it stays all."""
    return np.asarray(np.maximum(matte - level, 0.0) / (1.0 - level), np.float32)


def _islands(covered: FloatArray, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find pieces that lie wholly among doubt, with what is around them: the rims of what is no part of the subject."""
    there = covered > NOTHING
    regions = connected(there)
    pieces = np.zeros(covered.shape, np.int32)
    pieces[there] = regions.labels
    beyond = np.bincount(pieces[~among], minlength=regions.count + 1) > 0
    beyond[0] = True
    return dilate(~beyond[pieces], 2)


def _grown(area: NDArray[np.bool_], steps: int, within: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Grow an area step by step within another."""
    return grown_within(area, steps, within, corners=True)


def _fits(area: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Where a square that reaches so far to every side fits into an area; beyond the border is none of it."""
    within = np.zeros((area.shape[0] + 2, area.shape[1] + 2), bool)
    within[1:-1, 1:-1] = area
    spread(within, reach, np.logical_and)
    spread(within.T, reach, np.logical_and)
    return within[1:-1, 1:-1]


def _is_doubt(
    wide: NDArray[np.bool_], depth: FloatArray, sides: tuple[FloatArray, FloatArray], hair: FloatArray | None
) -> NDArray[np.bool_]:
    """Tell where a wide area in between is no part of the subject, all (h, w); `sides`: of it and behind, dioptres."""
    subject, behind = sides
    gap = subject - behind
    apart = gap > least_jump(depth, 0.0)
    height = (depth - behind) / np.where(apart, gap, 1.0)
    changes = highest(depth, 5) - lowest(depth, 5)
    calm = apart & (changes < CALM * gap) & (height < SUBJECTS)
    own = np.asarray(ndimage.binary_opening(wide & calm & (height > 1.0 - SUBJECTS), SQUARE), bool)
    if hair is not None:
        own |= wide & calm & (highest(resize(hair, (wide.shape[0], wide.shape[1])), 5) < NO_HAIR)
    return own


def _without_holes(depth: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Bring a map to a size; its holes take the nearest depth: they are asked for nothing."""
    holes = np.isnan(depth)
    if holes.any():
        nearest = ndimage.distance_transform_edt(holes, return_distances=False, return_indices=True)
        depth = depth[tuple(np.asarray(nearest))]
    return resize(depth, size)
