"""A picture -> layers, near to far, each inpainted behind what hides it (a layered depth image).

First comes what stands before the subject, then the subject by its matte, then what lies behind, in slices of depth.
What a layer hid is inpainted from what lies beside it and farther.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..core.arrays import BoolArray, FloatArray
from ..image.inpaint import inpaint
from ..image.regions import box_around, dilate
from ..image.tiles import cells, whole_cells
from ..optics.lens import ThinLens
from .inpaint_behind import inpaint_behind
from .layers import GUESS_WEIGHT, ExtractedLayer, Layer, MixedPixels, Residual
from .slicing import ExtractionStep, SubjectRange
from .unmix import edge_band, mean_of_neighbours, mixing_share, unmix

JUMP_PX = 1.0
"""Neighbouring pixels whose blur radii differ by more lie on two surfaces."""


def extract_layers(
    rest: Residual,
    steps: Sequence[ExtractionStep],
    subject: SubjectRange | None,
    lens: ThinLens,
    behind: Sequence[FloatArray] | None = None,
) -> Iterator[tuple[ExtractionStep, Layer]]:
    """Take a picture apart, from near to far.

    Parameters
    ----------
    rest : Residual
        The picture; changed in place, to what is left behind the step that was yielded last.
    steps : sequence of ExtractionStep
        What to take off; those that are drawn are made into layers.
    subject : SubjectRange or None
        Where the subject is, if one of the steps is.
    lens : ThinLens
        For the picture's own pixels.
    behind : sequence of float32 (h, w, 4), optional
        For each step what is left behind it, in the same picture at a smaller size; see `image.inpaint.inpaint`.

    Yields
    ------
    ExtractionStep, Layer
        Near to far; what has nothing in this picture is left out.
    """
    for number, step in enumerate(steps):
        coarse = None if behind is None else behind[number]
        if step.is_last:
            taken = take_all(rest)
        elif step.depth_slice.is_subject:
            assert subject is not None
            taken = take_subject(rest, subject, lens, coarse)
            rest.matte = None
        else:
            taken = take_nearer(rest, step.depth_slice.threshold, lens, coarse)
        if taken is not None and step.drawn:
            yield step, taken.layer()


def take_all(rest: Residual) -> ExtractedLayer:
    """Take all that is left; it covers the whole picture."""
    shape = rest.weight.shape
    whole = (slice(0, shape[0]), slice(0, shape[1]))
    everywhere = np.ones(shape, bool)
    return ExtractedLayer(
        whole, rest.rgbd[..., :3], np.ones(shape, np.float32), rest.rgbd[..., 3], rest.weight, lambda: everywhere
    )


def take_nearer(
    rest: Residual, threshold: float, lens: ThinLens, coarse: FloatArray | None = None
) -> ExtractedLayer | None:
    """Take off what is nearer than a depth, and inpaint what is farther behind it.

    Parameters
    ----------
    rest : Residual
        Changed in place.
    threshold : float
        Dioptres. Pixels of the subject (matte above one half) are never taken.
    lens : ThinLens
    coarse : float32 (h, w, 4), optional
        What is left behind, at a smaller size; see `image.inpaint.inpaint`.

    Returns
    -------
    ExtractedLayer or None
        None when nothing is nearer.
    """
    from ...kernels.layer import settle

    near = rest.rgbd[..., 3] >= threshold
    split = None if rest.mixed is None else rest.seen & _spans(rest.mixed, threshold)
    if split is not None:
        near |= split
    if rest.matte is not None:
        near &= rest.matte < 0.5
    if not near.any():
        return None
    nearest = float(rest.rgbd[..., 3][near].max())
    radius_px = max(abs(lens.radius_px(threshold)), abs(lens.radius_px(nearest)))
    box = whole_cells(box_around(near, margin=int(2.0 * radius_px) + 6), near.shape)
    weight, near = rest.weight[box], np.ascontiguousarray(near[box])
    own, behind, coverage = np.array(rest.rgbd[box]), np.array(rest.rgbd[box]), near.astype(np.float32)
    jump = JUMP_PX / lens.px_per_dioptre
    if rest.mixed is None or split is None:
        band = edge_band(near, behind[..., 3], jump)
        core, taken, beyond = near & ~band, near | band, ~near & ~band
    else:
        band = split[box] & near
        _use_mixed(rest.mixed.crop(box), band, own, behind, coverage)
        # What such a pixel leaves of the farther surface is seen.
        core = taken = near & ~band
        beyond = ~core
    seen_depth = np.array(behind[..., 3])
    farther_seen = beyond & rest.seen[box]
    # Near the threshold through one surface, what is below the layer must show the rest of the surface alone, not
    # the rest and a guess of what the layer shows already.
    guess = np.zeros_like(taken)
    if not rest.is_guide:
        guess = connected_to(farther_seen, core, seen_depth, jump, 2.0 * abs(lens.radius_px(threshold)) + 8.0)
    shows = taken & ~guess & dilate(beyond, int(radius_px) + 3)
    inpaint_behind(behind, beyond, shows, lens, rest.gap_px, None if coarse is None else coarse[cells(box)])
    settle(behind, own, taken, guess, np.nextafter(np.float32(threshold), np.float32(-1.0)))
    if split is None:
        _unmix_band(core, band, own, behind, coverage)
    dioptres = np.array(own[..., 3])
    rest.rgbd[box] = behind

    def own_depth() -> BoolArray:
        # Its depth where it goes on: true on the same surface beyond the threshold, else as beside the outline.
        return near | connected_to(near, farther_seen, dioptres, jump, 2.0 * radius_px + 3.0)

    taken_off = ExtractedLayer(box, own[..., :3], coverage, dioptres, np.array(weight), own_depth)
    weight[guess] = GUESS_WEIGHT
    rest.seen[box][taken] = False
    if rest.matte is not None:
        # Where something stands in front of the subject its matte is unknown, not zero.
        rest.matte[box] = inpaint(rest.matte[box][..., None], ~taken)[..., 0]
    return taken_off


def _spans(mixed: MixedPixels, threshold: float) -> BoolArray:
    """Pixels that show something nearer than a depth, and something farther."""
    return (mixed.front[..., 3] >= threshold) & (mixed.back[..., 3] < threshold)


def _use_mixed(mixed: MixedPixels, at: BoolArray, own: FloatArray, behind: FloatArray, coverage: FloatArray) -> None:
    """Give mixed pixels to their two surfaces, in place: what the nearer one leaves goes on as the farther one."""
    own[at], coverage[at] = mixed.front[at], mixed.alpha[at]
    behind[at] = mixed.front[at] = mixed.back[at]


def _unmix_band(core: BoolArray, band: BoolArray, own: FloatArray, behind: FloatArray, coverage: FloatArray) -> None:
    """Split the pixels of a band beside a layer's core into its colour and the one behind, in place."""
    at = np.nonzero(band)
    front, has_front = mean_of_neighbours(core, own[..., :3], at)
    colour, alpha, farther = own[at][:, :3], coverage[at], behind[at][:, :3]
    alpha = np.where(has_front, mixing_share(colour, front, farther, alpha), alpha)
    front, back = unmix(colour, alpha, np.where(has_front[:, None], front, colour), farther)
    coverage[at], own[at[0], at[1], :3] = alpha, front
    behind[at[0], at[1], :3] = back


def take_subject(
    rest: Residual, subject: SubjectRange, lens: ThinLens, coarse: FloatArray | None = None
) -> ExtractedLayer | None:
    """Take off the subject by its matte, and inpaint what lies behind it.

    Parameters
    ----------
    rest : Residual
        With a matte; changed in place.
    subject : SubjectRange
    lens : ThinLens
    coarse : float32 (h, w, 4), optional
        What is left behind, at a smaller size; see `image.inpaint.inpaint`.

    Returns
    -------
    ExtractedLayer or None
        The subject in one piece; its depth goes on smoothly beyond its outline. None when nothing of it is here.
    """
    assert rest.matte is not None
    # Codes next to 0 and 1 are the matte's noise.
    matte = np.clip((rest.matte - 0.004) / 0.992, 0.0, 1.0).astype(np.float32)
    if not matte.any():
        return None
    whole = (slice(0, matte.shape[0]), slice(0, matte.shape[1]))
    own, dioptres = np.array(rest.rgbd), np.array(rest.rgbd[..., 3])
    own_depth = (matte > 0.5) & (dioptres > subject.far - subject.margin) & (dioptres < subject.near + subject.margin)
    taken = ExtractedLayer(whole, own[..., :3], matte, dioptres, np.array(rest.weight), lambda: own_depth)
    if rest.subject_split is not None:
        covered = matte > 0.0
        np.copyto(own, rest.subject_split.front, where=(covered & rest.seen)[..., None])
        np.copyto(rest.rgbd, rest.subject_split.back, where=covered[..., None])
        rest.seen &= ~covered
        return taken

    beyond = ~dilate(matte > 0.0, 1) & (dioptres <= subject.near + subject.margin)
    reach = int(max(abs(lens.radius_px(subject.far)), abs(lens.radius_px(subject.near)))) + 3
    shows = (matte > 0.0) & (dilate(beyond, reach) | (matte < 1.0))
    inpaint_behind(rest.rgbd, beyond, shows, lens, rest.gap_px, coarse)
    inside = inpaint(own, matte > 0.98)
    rest.seen &= beyond
    # Beside the outline the picture is what lies behind, and no guess is needed.
    beside = (matte == 0.0) & ~beyond
    rest.rgbd[beside, :3] = own[beside, :3]
    at = np.nonzero((matte > 0.0) & (matte < 1.0))
    alpha, farther = matte[at], rest.rgbd[at]
    front, back = unmix(own[at][:, :3], alpha, inside[at][:, :3], farther[:, :3])
    own[at[0], at[1], :3] = front
    # The less is seen of what lies behind, the less the pixel says about it; but what stays sharp must come out as it
    # went in.
    doubt = alpha * np.clip(np.abs(lens.radius_px(farther[:, 3])) - 0.5, 0.0, 1.0)
    rest.rgbd[at[0], at[1], :3] = back + doubt[:, None] * (farther[:, :3] - back)
    return taken


def connected_to(start: BoolArray, within: BoolArray, dioptres: FloatArray, jump: float, reach_px: float) -> BoolArray:
    """Pixels of `within` that a walk from `start`, `reach_px` long at most, reaches without a jump in depth."""
    from ...kernels import surface

    reached = np.array(start)
    surface.walk(reached, dioptres, jump, int(np.ceil(reach_px)))
    return reached & within
