"""A photo -> a few sheets, near to far, each continued behind what hides it.

A sheet is a surface as the lens sees it: clean colour, coverage, and depth, also where something nearer stands in
front. Sheets are peeled off the picture from near to far: first what stands before the subject, then the subject by
its matte, then what lies behind, in slices of depth. What a sheet hid is filled from what lies beside it and farther.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import BoolArray, FloatArray
from ..image.inpaint import fill
from ..image.regions import PixelBox, box_around, dilate
from ..image.tiles import cells, whole_cells
from ..optics.lens import ThinLens
from .inpaint_behind import inpaint_behind
from .slicing import ExtractionStep, SubjectRange
from .unmix import edge_band, mean_of_neighbours, mixing_share, unmix

JUMP_PX = 1.0
"""Neighbouring pixels whose blur radii differ by more lie on two surfaces."""

GUESS_WEIGHT = 1e-6
"""Weight of a filled pixel where the surface beside it is known to go on in the sheet above."""


@dataclass(frozen=True, eq=False)
class Layer:
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

    box: PixelBox
    rgb: FloatArray
    coverage: FloatArray
    dioptres: FloatArray
    weight: FloatArray


@dataclass(frozen=True, eq=False)
class ExtractedLayer:
    """What was taken off the picture, and what makes a sheet of it: most of the work, and only for what is drawn.

    Attributes
    ----------
    box, rgb, coverage, weight
        As of a Sheet.
    dioptres : float32 (h, w)
        What is known of its depth, and what lay beside it.
    own_depth : callable
        Returns where that is its own (bool (h, w)).
    """

    box: PixelBox
    rgb: FloatArray
    coverage: FloatArray
    dioptres: FloatArray
    weight: FloatArray
    own_depth: Callable[[], BoolArray]

    def sheet(self) -> Layer:
        """Continue its depth."""
        surface = fill(self.dioptres[..., None], self.own_depth())[..., 0]
        return Layer(self.box, self.rgb, self.coverage, surface, self.weight)


@dataclass(frozen=True, eq=False)
class MixedPixels:
    """The two surfaces that each pixel of a smaller picture shows.

    Attributes
    ----------
    near, far : float32 (H, W, 4)
        Colour and dioptres.
    share : float32 (H, W)
        How much of the pixel the nearer one covers.
    """

    near: FloatArray
    far: FloatArray
    share: FloatArray

    def part(self, box: PixelBox) -> MixedPixels:
        """Look at a box of it."""
        return MixedPixels(self.near[box], self.far[box], self.share[box])


@dataclass(eq=False)
class Residual:
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
    gap_px : int
        Width of a gap behind something narrow that is closed line by line.
    mixture : MixedPixels, or None
        What the pixels that are seen are made of, where that is known; else it is guessed from their colours.
    parted : MixedPixels, or None
        The subject and what lies behind it, where they were parted already.
    is_guide : bool
        Whether it only tells a larger picture what lies behind its sheets: at its size two surfaces look like one.
    """

    rgbd: FloatArray
    matte: FloatArray | None
    weight: FloatArray
    seen: BoolArray
    gap_px: int
    mixture: MixedPixels | None
    parted: MixedPixels | None
    is_guide: bool = False

    @classmethod
    def of(
        cls,
        rgbd: FloatArray,
        matte: FloatArray | None,
        gap_px: int,
        mixture: MixedPixels | None = None,
        parted: MixedPixels | None = None,
    ) -> Residual:
        """Begin with the whole of a picture; its arrays are changed."""
        shape = rgbd.shape[:2]
        return cls(rgbd, matte, np.ones(shape, np.float32), np.ones(shape, bool), gap_px, mixture, parted)


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
        What to take off; those that are drawn are made into sheets.
    subject : SubjectRange or None
        Where the subject is, if one of the steps is.
    lens : ThinLens
        For the picture's own pixels.
    behind : sequence of float32 (h, w, 4), optional
        For each step what is left behind it, in the same picture at a smaller size; see `fill.fill`.

    Yields
    ------
    Step, Sheet
        Near to far; what has nothing in this picture is left out.
    """
    for number, step in enumerate(steps):
        coarse = None if behind is None else behind[number]
        if step.is_last:
            taken = take_all(rest)
        elif step.cut.is_subject:
            assert subject is not None
            taken = take_subject(rest, subject, lens, coarse)
            rest.matte = None
        else:
            taken = take_nearer(rest, step.cut.threshold, lens, coarse)
        if taken is not None and step.drawn:
            yield step, taken.sheet()


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
    """Take off what is nearer than a depth, and continue what is farther behind it.

    Parameters
    ----------
    rest : Residual
        Changed in place.
    threshold : float
        Dioptres. Pixels of the subject (matte above one half) are never taken.
    lens : ThinLens
    coarse : float32 (h, w, 4), optional
        What is left behind, at a smaller size; see `fill.fill`.

    Returns
    -------
    ExtractedLayer or None
        None when nothing is nearer.
    """
    from ...kernels.sheet import settle

    near = rest.rgbd[..., 3] >= threshold
    split = None if rest.mixture is None else rest.seen & _split(rest.mixture, threshold)
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
    if rest.mixture is None or split is None:
        band = edge_band(near, behind[..., 3], jump)
        core, taken, beyond = near & ~band, near | band, ~near & ~band
    else:
        band = split[box] & near
        _use_mixture(rest.mixture.part(box), band, own, behind, coverage)
        # What such a pixel leaves of the farther surface is seen.
        core = taken = near & ~band
        beyond = ~core
    seen_depth = np.array(behind[..., 3])
    farther_seen = beyond & rest.seen[box]
    # Near the cut through one surface, what is below the sheet must show the rest of the surface alone, not the rest
    # and a guess of what the sheet shows already.
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
        # The surface's depth where it goes on: true on the same surface beyond the cut, else as beside the outline.
        return near | connected_to(near, farther_seen, dioptres, jump, 2.0 * radius_px + 3.0)

    taken_off = ExtractedLayer(box, own[..., :3], coverage, dioptres, np.array(weight), own_depth)
    weight[guess] = GUESS_WEIGHT
    rest.seen[box][taken] = False
    if rest.matte is not None:
        # Where something stands in front of the subject its matte is unknown, not zero.
        rest.matte[box] = fill(rest.matte[box][..., None], ~taken)[..., 0]
    return taken_off


def _split(mixture: MixedPixels, threshold: float) -> BoolArray:
    """Pixels that show something nearer than a depth, and something farther."""
    return (mixture.near[..., 3] >= threshold) & (mixture.far[..., 3] < threshold)


def _use_mixture(
    mixture: MixedPixels, mixed: BoolArray, own: FloatArray, behind: FloatArray, coverage: FloatArray
) -> None:
    """Give mixed pixels to their two surfaces, in place: what the nearer one leaves goes on as the farther one."""
    own[mixed], coverage[mixed] = mixture.near[mixed], mixture.share[mixed]
    behind[mixed] = mixture.near[mixed] = mixture.far[mixed]


def _unmix_band(core: BoolArray, band: BoolArray, own: FloatArray, behind: FloatArray, coverage: FloatArray) -> None:
    """Split the pixels of a band beside a sheet's core into its colour and the one behind, in place."""
    at = np.nonzero(band)
    front, has_front = mean_of_neighbours(core, own[..., :3], at)
    colour, share, farther = own[at][:, :3], coverage[at], behind[at][:, :3]
    share = np.where(has_front, mixing_share(colour, front, farther, share), share)
    front, back = unmix(colour, share, np.where(has_front[:, None], front, colour), farther)
    coverage[at], own[at[0], at[1], :3] = share, front
    behind[at[0], at[1], :3] = back


def take_subject(
    rest: Residual, subject: SubjectRange, lens: ThinLens, coarse: FloatArray | None = None
) -> ExtractedLayer | None:
    """Take off the subject by its matte, and continue what lies behind it.

    Parameters
    ----------
    rest : Residual
        With a matte; changed in place.
    subject : SubjectRange
    lens : ThinLens
    coarse : float32 (h, w, 4), optional
        What is left behind, at a smaller size; see `fill.fill`.

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
    if rest.parted is not None:
        covered = matte > 0.0
        np.copyto(own, rest.parted.near, where=(covered & rest.seen)[..., None])
        np.copyto(rest.rgbd, rest.parted.far, where=covered[..., None])
        rest.seen &= ~covered
        return taken

    beyond = ~dilate(matte > 0.0, 1) & (dioptres <= subject.near + subject.margin)
    reach = int(max(abs(lens.radius_px(subject.far)), abs(lens.radius_px(subject.near)))) + 3
    shows = (matte > 0.0) & (dilate(beyond, reach) | (matte < 1.0))
    inpaint_behind(rest.rgbd, beyond, shows, lens, rest.gap_px, coarse)
    inside = fill(own, matte > 0.98)
    rest.seen &= beyond
    # Beside the outline the picture is what lies behind, and no guess is needed.
    beside = (matte == 0.0) & ~beyond
    rest.rgbd[beside, :3] = own[beside, :3]
    at = np.nonzero((matte > 0.0) & (matte < 1.0))
    share, farther = matte[at], rest.rgbd[at]
    front, back = unmix(own[at][:, :3], share, inside[at][:, :3], farther[:, :3])
    own[at[0], at[1], :3] = front
    # The less is seen of what lies behind, the less the pixel says about it; but what stays sharp must come out as it
    # went in.
    doubt = share * np.clip(np.abs(lens.radius_px(farther[:, 3])) - 0.5, 0.0, 1.0)
    rest.rgbd[at[0], at[1], :3] = back + doubt[:, None] * (farther[:, :3] - back)
    return taken


def connected_to(start: BoolArray, within: BoolArray, dioptres: FloatArray, jump: float, reach_px: float) -> BoolArray:
    """Pixels of `within` that a walk from `start`, `reach_px` long at most, reaches without a jump in depth."""
    from ...kernels import surface

    reached = np.array(start)
    surface.walk(reached, dioptres, jump, int(np.ceil(reach_px)))
    return reached & within
