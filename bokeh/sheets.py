"""A photo -> a few sheets, near to far, each continued behind what hides it.

A sheet is a surface as the lens sees it: clean colour, coverage, and depth, also where something nearer stands in
front. Sheets are peeled off the picture from near to far: first what stands before the subject, then the subject by
its matte, then what lies behind, in slices of depth. What a sheet hid is filled from what lies beside it and farther.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .fill import fill
from .lens import ThinLens

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
Box = tuple[slice, slice]

SLICE_PX = 1.5
"""Two depths whose blur radii differ by less need not be told apart."""

MOST_SLICES = 12
"""Slices on either side of the subject; each costs a scatter of what lies in it."""

JUMP_PX = 1.0
"""Neighbouring pixels whose blur radii differ by more lie on two surfaces."""

GUESS_WEIGHT = 1e-3
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


@dataclass(frozen=True, eq=False)
class Remaining:
    """What is left of the picture when nearer sheets are taken off: complete colour and depth, and the matte."""

    rgb: FloatArray
    dioptres: FloatArray
    matte: FloatArray | None
    weight: FloatArray


@dataclass(frozen=True)
class SubjectRange:
    """Depths of the subject, in dioptres: `far` <= its bulk <= `near`; beyond `margin` from them it is not."""

    far: float
    near: float
    margin: float


def peel(rgb: FloatArray, dioptres: FloatArray, matte: FloatArray | None, lens: ThinLens) -> Iterator[Sheet]:
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

    Yields
    ------
    Sheet
        Near to far. The last one covers the whole picture.
    """
    rest = Remaining(rgb, dioptres, matte, np.ones(dioptres.shape, np.float32))
    subject = subject_range(dioptres, matte, lens)
    if subject is not None:
        front_from = subject.near + subject.margin
        for threshold in slice_thresholds(front_from, float(dioptres.max()), lens):
            sheet, rest = take_nearer(rest, threshold, lens)
            if sheet is not None:
                yield sheet
        sheet, rest = take_subject(rest, subject)
        yield sheet
    rest = replace(rest, matte=None)
    farthest = float(rest.dioptres.min())
    for threshold in slice_thresholds(farthest, float(rest.dioptres.max()), lens):
        if threshold > farthest:
            sheet, rest = take_nearer(rest, threshold, lens)
            if sheet is not None:
                yield sheet
    height, width = dioptres.shape
    yield Sheet(
        (slice(0, height), slice(0, width)), rest.rgb, np.ones((height, width), np.float32), rest.dioptres, rest.weight
    )


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


def take_nearer(rest: Remaining, threshold: float, lens: ThinLens) -> tuple[Sheet | None, Remaining]:
    """Take off what is nearer than a depth, and continue what is farther behind it.

    Parameters
    ----------
    rest : Remaining
    threshold : float
        Dioptres. Pixels of the subject (matte above one half) are never taken.
    lens : ThinLens

    Returns
    -------
    Sheet or None
        None when nothing is nearer.
    Remaining
    """
    near = rest.dioptres >= threshold
    if rest.matte is not None:
        near &= rest.matte < 0.5
    if not near.any():
        return None, rest
    radius_px = max(abs(lens.radius_px(threshold)), float(np.abs(lens.radius_px(rest.dioptres[near].max()))))
    box = _box_around(near, margin=int(4.0 * radius_px) + 10)
    rgb, dioptres, near = rest.rgb[box], rest.dioptres[box], near[box]

    band = _edge_band(near, dioptres, JUMP_PX / lens.px_per_dioptre)
    core, beyond = near & ~band, ~near & ~band
    behind = fill(np.dstack([rgb, dioptres]), beyond)
    behind_dioptres = np.minimum(behind[..., 3], np.float32(np.nextafter(np.float32(threshold), np.float32(-1))))

    coverage = near.astype(np.float32)
    front_rgb = np.array(rgb)
    back_rgb = np.where((near | band)[..., None], behind[..., :3], rgb)
    front_dioptres = np.maximum(dioptres, np.float32(threshold))
    at = np.nonzero(band)
    if len(at[0]):
        own, own_dioptres, has_own = _mean_of_neighbours(core, front_rgb, front_dioptres, at)
        colour, share = rgb[at], coverage[at]
        share = np.where(has_own, _mixing_share(colour, own, behind[at][:, :3], share), share)
        front, back = unmix(colour, share, np.where(has_own[:, None], own, colour), behind[at][:, :3])
        coverage[at], front_rgb[at], back_rgb[at] = share, front, back
        front_dioptres[at] = np.where(has_own & ~near[at], own_dioptres, front_dioptres[at])

    # A surface that goes on across the threshold is one surface: near the cut, what is below the sheet must show the
    # rest of the surface alone, not the rest and a guess of what the sheet shows already.
    guess = _continues(near & ~band, beyond, dioptres, JUMP_PX / lens.px_per_dioptre, abs(lens.radius_px(threshold)))
    taken = near | band
    new_rgb, new_dioptres = np.array(rest.rgb), np.array(rest.dioptres)
    new_rgb[box] = back_rgb
    new_dioptres[box] = np.where(taken, behind_dioptres, dioptres)
    matte = rest.matte
    if matte is not None:
        # Where something stands in front of the subject its matte is unknown, not zero.
        matte = np.array(matte)
        matte[box] = fill(matte[box][..., None], ~taken)[..., 0]
    weight = np.array(rest.weight)
    weight[box][guess] = GUESS_WEIGHT
    return Sheet(box, front_rgb, coverage, front_dioptres, rest.weight[box]), Remaining(
        new_rgb, new_dioptres, matte, weight
    )


def take_subject(rest: Remaining, subject: SubjectRange) -> tuple[Sheet, Remaining]:
    """Take off the subject by its matte, and continue what lies behind it.

    Parameters
    ----------
    rest : Remaining
        With a matte.
    subject : SubjectRange

    Returns
    -------
    Sheet
        The subject in one piece; its depth goes on smoothly beyond its outline.
    Remaining
    """
    assert rest.matte is not None
    # Codes next to 0 and 1 are the matte's noise.
    matte = np.clip((rest.matte - 0.004) / 0.992, 0.0, 1.0).astype(np.float32)
    rgb, dioptres = rest.rgb, rest.dioptres
    own_depth = (matte > 0.5) & (dioptres > subject.far - subject.margin)
    subject_dioptres = fill(dioptres[..., None], own_depth)[..., 0]

    touched = ndimage.binary_dilation(matte > 0.0, np.ones((3, 3), bool))
    beyond = ~touched & (dioptres <= subject.near + subject.margin)
    behind = fill(np.dstack([rgb, dioptres]), beyond)
    inside = fill(rgb, matte > 0.98)

    front_rgb, back_rgb = np.array(rgb), np.where((matte > 0.0)[..., None], behind[..., :3], rgb)
    at = np.nonzero((matte > 0.0) & (matte < 1.0))
    share = matte[at]
    front, back = unmix(rgb[at], share, inside[at], behind[at][:, :3])
    front_rgb[at] = front
    back_rgb[at] = back + share[:, None] * (behind[at][:, :3] - back)  # the less is seen of it, the less it says
    box = (slice(0, matte.shape[0]), slice(0, matte.shape[1]))
    sheet = Sheet(box, front_rgb, matte, subject_dioptres, rest.weight)
    return sheet, Remaining(back_rgb, np.where(beyond, dioptres, behind[..., 3]).astype(np.float32), None, rest.weight)


def unmix(colour: FloatArray, share: FloatArray, front: FloatArray, back: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Split a mixed pixel into the two colours it is made of.

    Parameters
    ----------
    colour : float32 (N, 3)
        What the pixel shows.
    share : float32 (N,)
        Coverage of the front.
    front, back : float32 (N, 3)
        What the two colours are expected to be.

    Returns
    -------
    front, back : float32 (N, 3)
        The nearest pair, in the least-squares sense, with share * front + (1 - share) * back = colour, not negative.
    """
    error = colour - share[:, None] * front - (1.0 - share[:, None]) * back
    scale = 1.0 / np.maximum(share**2 + (1.0 - share) ** 2, 1e-6)
    return (
        np.maximum(front + (share * scale)[:, None] * error, 0.0).astype(np.float32),
        np.maximum(back + ((1.0 - share) * scale)[:, None] * error, 0.0).astype(np.float32),
    )


def _mixing_share(colour: FloatArray, front: FloatArray, back: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Coverage that explains a colour best as a mixture of two; `otherwise` where the two are alike."""
    difference = front - back
    length = (difference**2).sum(axis=1)
    share = ((colour - back) * difference).sum(axis=1) / np.maximum(length, 1e-6)
    return np.where(length > 1e-3, np.clip(share, 0.0, 1.0), otherwise).astype(np.float32)


def _edge_band(near: BoolArray, dioptres: FloatArray, jump: float) -> BoolArray:
    """Pixels on either side of the outline of `near` where depth jumps: they may show both surfaces."""
    square = np.ones((3, 3), bool)
    outline = ndimage.binary_dilation(near, square) & ndimage.binary_dilation(~near, square)
    ys, xs = np.nonzero(outline)
    lowest, highest = np.full(len(ys), np.inf, np.float32), np.full(len(ys), -np.inf, np.float32)
    for window in _neighbours(ys, xs, near.shape, 1):
        lowest, highest = np.minimum(lowest, dioptres[window]), np.maximum(highest, dioptres[window])
    jumps = highest - lowest > jump
    band = np.zeros(near.shape, bool)
    band[ys[jumps], xs[jumps]] = True
    return band


def _mean_of_neighbours(
    known: BoolArray, rgb: FloatArray, dioptres: FloatArray, at: tuple[NDArray, ...]
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Mean colour and depth of the known pixels in the 5 x 5 around each pixel of `at`, and whether there are any."""
    colour, depth, count = np.zeros((len(at[0]), 3), np.float32), np.zeros(len(at[0]), np.float32), 0.0
    for window in _neighbours(at[0], at[1], known.shape, 2):
        weight = known[window].astype(np.float32)
        colour += weight[:, None] * rgb[window]
        depth += weight * dioptres[window]
        count = count + weight
    scale = 1.0 / np.maximum(count, 1.0)
    return colour * scale[:, None], depth * scale, count > 0


def _neighbours(ys: NDArray, xs: NDArray, shape: tuple[int, ...], reach: int) -> Iterator[tuple[NDArray, NDArray]]:
    """Indices of every pixel of the window around the pixels (ys, xs); the border repeats."""
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            yield np.clip(ys + dy, 0, shape[0] - 1), np.clip(xs + dx, 0, shape[1] - 1)


def _continues(near: BoolArray, beyond: BoolArray, dioptres: FloatArray, jump: float, radius_px: float) -> BoolArray:
    """Pixels of `near` that a walk along the surface reaches from `beyond` within the blur of both, without a jump."""
    from ..kernels import surface

    reach = 2.0 * radius_px + 3.0
    distance = np.where(beyond, np.float32(0.0), np.float32(1e9))
    surface.walk(distance, dioptres, jump, reach)
    return (distance <= reach) & near


def dilate(mask: BoolArray, reach: int) -> BoolArray:
    """Grow a mask by a square of `reach` pixels to every side."""
    size = 2 * reach + 1
    grown = ndimage.maximum_filter1d(mask.view(np.uint8), size, axis=0, mode="constant")
    return ndimage.maximum_filter1d(grown, size, axis=1, mode="constant").view(bool)


def _box_around(mask: BoolArray, margin: int) -> Box:
    """Smallest box around a mask, with a margin, within the picture."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(int(rows[0]) - margin, 0), min(int(rows[-1]) + 1 + margin, mask.shape[0])),
        slice(max(int(columns[0]) - margin, 0), min(int(columns[-1]) + 1 + margin, mask.shape[1])),
    )
