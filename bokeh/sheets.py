"""A photo -> a few sheets, near to far, each continued behind what hides it.

A sheet is a surface as the lens sees it: clean colour, coverage, and depth, also where something nearer stands in
front. Sheets are peeled off the picture from near to far: first what stands before the subject, then the subject by
its matte, then what lies behind, in slices of depth. What a sheet hid is filled from what lies beside it and farther.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fill import fill, fill_behind, widest_gap_px
from .lens import ThinLens
from .masks import Box, box_around, dilate
from .unmix import edge_band, mean_of_neighbours, mixing_share, unmix
from .watch import Watcher

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

SLICE_PX = 1.5
"""Two depths whose blur radii differ by less need not be told apart."""

MOST_SLICES = 12
"""Slices on either side of the subject; each costs a scatter of what lies in it."""

JUMP_PX = 1.0
"""Neighbouring pixels whose blur radii differ by more lie on two surfaces."""

GUESS_WEIGHT = 1e-6
"""Weight of a filled pixel where the surface beside it is known to go on in the sheet above."""

SUBJECT_SHARE = 0.002
"""A matte that covers less of the picture than this is no subject."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One surface, in its part of the picture.

    Attributes
    ----------
    box : (slice, slice)
        Rows and columns of the picture that the arrays stand for.
    rgb : float32 (h, w, 3)
        Clean colour, not premultiplied.
    coverage : float32 (h, w)
        0..1.
    dioptres : float32 (h, w)
        Defined everywhere, also where the coverage is 0: the surface goes on there.
    weight : float32 (h, w)
        1, or GUESS_WEIGHT where the pixel is a guess that only counts when nothing else is there.
    """

    box: Box
    rgb: FloatArray
    coverage: FloatArray
    dioptres: FloatArray
    weight: FloatArray


@dataclass(eq=False)
class Remaining:
    """What is left of the picture when nearer sheets are taken off; the arrays change in place.

    Attributes
    ----------
    rgbd : float32 (H, W, 4)
        Complete colour, and dioptres.
    matte : float32 (H, W), or None
    weight : float32 (H, W)
        As of a Sheet.
    seen : bool (H, W)
        Pixels that are as photographed, not filled.
    """

    rgbd: FloatArray
    matte: FloatArray | None
    weight: FloatArray
    seen: BoolArray


@dataclass(frozen=True)
class SubjectRange:
    """Depths of the subject, in dioptres: `far` <= its bulk <= `near`; beyond `margin` from them it is not."""

    far: float
    near: float
    margin: float


def peel(
    rgb: FloatArray, dioptres: FloatArray, matte: FloatArray | None, lens: ThinLens, watch: Watcher | None = None
) -> Iterator[Sheet]:
    """Take the picture apart, from near to far.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear, lights taken out.
    dioptres : float32 (H, W)
        Complete.
    matte : float32 (H, W), optional
        Coverage of the subject.
    lens : ThinLens
        Decides which depths need telling apart, and how far a sheet must go on behind another.
    watch : Watcher, optional
        Is shown what lies behind the subject.

    Yields
    ------
    Sheet
        Near to far. The last one covers the whole picture.
    """
    shape = dioptres.shape
    matte = None if matte is None else np.array(matte)
    rest = Remaining(np.dstack([rgb, dioptres]), matte, np.ones(shape, np.float32), np.ones(shape, bool))
    subject = subject_range(dioptres, matte, lens)
    if subject is not None:
        yield from _slices(rest, subject.near + subject.margin, lens)
        yield take_subject(rest, subject, lens)
        if watch is not None:
            watch.behind_subject(rest)
    rest.matte = None
    yield from _slices(rest, float(rest.rgbd[..., 3].min()), lens)
    whole = (slice(0, shape[0]), slice(0, shape[1]))
    yield Sheet(whole, rest.rgbd[..., :3], np.ones(shape, np.float32), rest.rgbd[..., 3], rest.weight)


def subject_range(dioptres: FloatArray, matte: FloatArray | None, lens: ThinLens) -> SubjectRange | None:
    """Find between which depths the subject stands; None without a matte, or with one of next to nothing."""
    if matte is None:
        return None
    core = matte > 0.95
    if core.mean() < SUBJECT_SHARE:
        return None
    # Robust against holes in the hair, whose depth is the background's.
    far, middle, near = (float(v) for v in np.percentile(dioptres[core][::7], [3.0, 50.0, 99.5]))
    return SubjectRange(far, near, max(2.0 / lens.px_per_dioptre, 0.05 * middle))


def slice_thresholds(far: float, near: float, lens: ThinLens) -> list[float]:
    """Depths, near to far and down to `far`, that cut the range into slices which the lens blurs about alike."""
    slices = int(np.clip(np.ceil((near - far) * lens.px_per_dioptre / SLICE_PX), 1, MOST_SLICES))
    return [float(v) for v in np.linspace(near, far, slices + 1)[1:]] if near > far else []


def _slices(rest: Remaining, far: float, lens: ThinLens) -> Iterator[Sheet]:
    """Take off, slice by slice, what is nearer than `far`; what is left of all else lies below."""
    lowest = float(rest.rgbd[..., 3].min())
    for threshold in slice_thresholds(far, float(rest.rgbd[..., 3].max()), lens):
        if threshold > lowest:
            sheet = take_nearer(rest, threshold, lens)
            if sheet is not None:
                yield sheet


def take_nearer(rest: Remaining, threshold: float, lens: ThinLens) -> Sheet | None:
    """Take off what is nearer than a depth, and continue what is farther behind it.

    Parameters
    ----------
    rest : Remaining
        Changed in place.
    threshold : float
        Dioptres. Pixels of the subject (matte above one half) are never taken.
    lens : ThinLens

    Returns
    -------
    Sheet or None
        None when nothing is nearer.
    """
    near = rest.rgbd[..., 3] >= threshold
    if rest.matte is not None:
        near &= rest.matte < 0.5
    if not near.any():
        return None
    nearest = float(rest.rgbd[..., 3][near].max())
    radius_px = max(abs(lens.radius_px(threshold)), abs(lens.radius_px(nearest)))
    box = box_around(near, margin=int(2.0 * radius_px) + 6)
    rgbd, weight, near = rest.rgbd[box], rest.weight[box], near[box]
    rgb, dioptres = np.array(rgbd[..., :3]), np.array(rgbd[..., 3])
    jump = JUMP_PX / lens.px_per_dioptre

    band = edge_band(near, dioptres, jump)
    core, taken, beyond = near & ~band, near | band, ~near & ~band
    farther_seen = beyond & rest.seen[box]
    # Near the cut through one surface, what is below the sheet must show the rest of the surface alone, not the rest
    # and a guess of what the sheet shows already.
    guess = connected_to(farther_seen, core, dioptres, jump, 2.0 * abs(lens.radius_px(threshold)) + 3.0)
    shows = taken & ~guess & dilate(beyond, int(radius_px) + 3)
    behind = fill_behind(rgbd, beyond, shows, lens, widest_gap_px(rest.seen.shape))
    just_beyond = np.nextafter(np.float32(threshold), np.float32(-1.0))
    np.minimum(behind[..., 3], just_beyond, out=behind[..., 3])

    # The surface's depth where it goes on: true on the same surface beyond the cut, else as beside the outline.
    collar = connected_to(near, farther_seen, dioptres, jump, 2.0 * radius_px + 3.0)
    surface = fill(dioptres[..., None], near | collar)[..., 0]
    behind[guess, 3] = just_beyond
    np.copyto(rgbd, behind, where=taken[..., None])

    coverage = near.astype(np.float32)
    at = np.nonzero(band)
    if len(at[0]):
        own, has_own = mean_of_neighbours(core, rgb, at)
        colour, share, farther = rgb[at], coverage[at], behind[at][:, :3]
        share = np.where(has_own, mixing_share(colour, own, farther, share), share)
        front, back = unmix(colour, share, np.where(has_own[:, None], own, colour), farther)
        coverage[at], rgb[at] = share, front
        rgbd[at[0], at[1], :3] = back

    sheet = Sheet(box, rgb, coverage, surface, np.array(weight))
    weight[guess] = GUESS_WEIGHT
    rest.seen[box][taken] = False
    if rest.matte is not None:
        # Where something stands in front of the subject its matte is unknown, not zero.
        rest.matte[box] = fill(rest.matte[box][..., None], ~taken)[..., 0]
    return sheet


def take_subject(rest: Remaining, subject: SubjectRange, lens: ThinLens) -> Sheet:
    """Take off the subject by its matte, and continue what lies behind it.

    Parameters
    ----------
    rest : Remaining
        With a matte; changed in place.
    subject : SubjectRange
    lens : ThinLens

    Returns
    -------
    Sheet
        The subject in one piece; its depth goes on smoothly beyond its outline.
    """
    assert rest.matte is not None
    # Codes next to 0 and 1 are the matte's noise.
    matte = np.clip((rest.matte - 0.004) / 0.992, 0.0, 1.0).astype(np.float32)
    rgb, dioptres = np.array(rest.rgbd[..., :3]), np.array(rest.rgbd[..., 3])
    own_depth = (matte > 0.5) & (dioptres > subject.far - subject.margin) & (dioptres < subject.near + subject.margin)
    subject_dioptres = fill(dioptres[..., None], own_depth)[..., 0]

    beyond = ~dilate(matte > 0.0, 1) & (dioptres <= subject.near + subject.margin)
    reach = int(max(abs(lens.radius_px(subject.far)), abs(lens.radius_px(subject.near)))) + 3
    shows = (matte > 0.0) & (dilate(beyond, reach) | (matte < 1.0))
    behind = fill_behind(rest.rgbd, beyond, shows, lens, widest_gap_px(matte.shape))
    inside = fill(rgb, matte > 0.98)

    rest.rgbd[..., 3] = np.where(beyond, dioptres, behind[..., 3])
    rest.seen &= beyond
    np.copyto(rest.rgbd[..., :3], behind[..., :3], where=(matte > 0.0)[..., None])
    at = np.nonzero((matte > 0.0) & (matte < 1.0))
    share, farther = matte[at], behind[at][:, :3]
    rgb[at], back = unmix(rgb[at], share, inside[at], farther)
    # The less is seen of what lies behind, the less the pixel says about it; but what stays sharp must come out as it
    # went in.
    doubt = share * np.clip(np.abs(lens.radius_px(behind[at][:, 3])) - 0.5, 0.0, 1.0)
    rest.rgbd[at[0], at[1], :3] = back + doubt[:, None] * (farther - back)
    return Sheet(
        (slice(0, matte.shape[0]), slice(0, matte.shape[1])), rgb, matte, subject_dioptres, np.array(rest.weight)
    )


def connected_to(start: BoolArray, within: BoolArray, dioptres: FloatArray, jump: float, reach_px: float) -> BoolArray:
    """Pixels of `within` that a walk from `start`, `reach_px` long at most, reaches without a jump in depth."""
    from ..kernels import surface

    distance = np.where(start, np.float32(0.0), np.float32(1e9))
    surface.walk(distance, dioptres, jump, reach_px)
    return (distance <= reach_px) & within
