"""Blur that is in a photo already: how wide it is at each depth, and what is missing to the blur of a lens.

A phone's portrait mode may have blurred the picture, another program may, and its own lens does close up. What is
blurred by b and shall be blurred by r must only be blurred by sqrt(r^2 - b^2): variances add.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .focus import FARTHEST_FOCUS_M
from .lens import Lens, ThinLens, mount
from .photo import Photo

FloatArray = NDArray[np.float32]

MEASURED_LENGTH = 2048
"""The picture is measured at this length at most: a blur that is not seen at this size does no harm."""

CELL_PX = 32
"""Side of the cells of which each tells its sharpest edge; also how many of the smallest scale fit into the largest."""

SCALES = 5
"""Edges are looked at through Gaussians of 1, 2, 4, ... pixels."""

SCALE_VARIANCE = 4.0 / 3.0
"""Variance of the finest scale: that of its Gaussian and of the central difference (a box of two pixels)."""

EDGE = 0.03
"""A fainter edge (steps in the square root of light, over sqrt(2 pi)) tells nothing: phones smooth these away."""

ABOVE_NOISE = 6.0
"""... nor does one that is not this many times the noise: the largest of a cell's thousand noisy pixels is near 4."""

WELL_TOLD = 2.0
"""A scale tells blur up to so many times its own width; a coarser one mistakes blurred texture for sharper edges."""

LEAST_RATIO = 1.06
"""Two scales that differ by less (in squared gradient) cannot tell how wide the blur is, only that it is wide."""

WIDEST_PX = 28.0
"""A softer edge is no blurred edge but shading."""

CLIPPED = 0.97
"""Clipping draws new edges, sharper than the blur."""

BINS = 10
SAME_DEPTH = 0.12
"""The range of depths is measured in this many bins; a cell belongs to one if its depths span this share of it."""

AROUND_PX = 16
"""So far beside an outline nothing is measured: phones' depth misses it by some pixels, and large scales see it."""

LEAST_CELLS, LEAST_BLURRED = 8, 32
"""Cells in which a bin must show edges to be believed, and that must be blurred on one side of the focus."""

SHARP_PX = 1.0
"""Standard deviation above which the edges of a bin count as blurred, and below half of which as sharp."""

SPREAD = 3.5
"""Blur is common to a bin: its usual edges are not this many times softer than its sharpest fifth, as shadows are."""

CONTRARY = 0.15
"""Share of the cells farther from focus that may be sharp: a wrong depth here and there."""

REMAP_STEPS = 4096


@dataclass(frozen=True)
class Baked:
    """Blur that is in the photo already.

    Attributes
    ----------
    dioptres : tuple of float
        Depths at which it is known, ascending.
    radius_px : tuple of float
        Radius of the blur there, >= 0, pixels of the photo: that of the disc with the variance that was measured.
    focus_dioptres : float
        Where the photo is sharp.
    confidence : float
        Share of what was measured away from focus that shows the blur, 0..1.
    """

    dioptres: tuple[float, ...]
    radius_px: tuple[float, ...]
    focus_dioptres: float
    confidence: float

    def radius_at(self, dioptres: float | FloatArray | NDArray[np.float64]) -> NDArray[np.float64]:
        """Radius of the blur at a depth, pixels of the photo; beyond the depths that are known as at the last one."""
        return np.asarray(np.interp(dioptres, self.dioptres, self.radius_px), np.float64)

    @property
    def focus_m(self) -> float:
        """Where the photo is sharp, in metres."""
        return 1.0 / max(self.focus_dioptres, 1.0 / FARTHEST_FOCUS_M)

    def is_blurred_at(self, dioptres: float) -> bool:
        """Say whether the blur at a depth is an eighth of the largest, and seen."""
        return float(self.radius_at(dioptres)) > max(max(self.radius_px) / 8.0, 2.0)

    def warnings(self, lens: Lens, thin: ThinLens, photo: Photo, *, adds_all: bool) -> tuple[str, ...]:
        """Say what of a render will look wrong because of the blur that is there.

        Parameters
        ----------
        lens : Lens
        thin : ThinLens
            The same, mounted.
        photo : Photo
        adds_all : bool
            Whether all of the lens's blur is added, and not only what is missing.
        """
        where = "" if photo.depth_kind == "unitless" else f" focused at {self.focus_m:.2g} m"
        there = (
            f"this photo is blurred already, about as at f/{self.f_number(photo.size, photo.meta.f35_mm):.2g}{where}"
        )
        if adds_all:
            return (f"{there}; the lens's blur is added to it",)
        said = [f"{there}; only what is missing is added (--baked ignore adds all)"]
        if (lens.focus_m or lens.focus_point) and self.is_blurred_at(thin.focus_dioptres):
            radius_px = float(self.radius_at(thin.focus_dioptres))
            said.append(f"what lies in focus is blurred by {radius_px:.0f} px in this photo, and cannot be made sharp")
        return tuple(said)

    def f_number(self, size: tuple[int, int], f35_mm: float | None) -> float:
        """F-number (full-frame equivalent) that comes nearest to this blur in a photo of this (height, width)."""
        away = np.abs(np.asarray(self.dioptres) - self.focus_dioptres)
        radius = np.asarray(self.radius_px)
        px_per_dioptre = float(np.median(radius[radius > 0.0] / away[radius > 0.0]))
        whole = mount(Lens(f_number=1.0), size, f35_mm, self.focus_m)
        return whole.px_per_dioptre / px_per_dioptre

    def without(self, dioptres: FloatArray, lens: ThinLens) -> FloatArray:
        """Move depths towards focus until a lens adds only what is missing to its blur.

        Parameters
        ----------
        dioptres : float32 array
        lens : ThinLens

        Returns
        -------
        float32 array
            Same shape; what was nearer than something else is never farther, and nothing crosses the focus.

        Notes
        -----
        The radius is linear in dioptres, so that the depth whose radius is sqrt(r^2 - b^2) is known at once.
        """
        least, most = float(dioptres.min(initial=lens.focus_dioptres)), float(dioptres.max(initial=lens.focus_dioptres))
        nodes = np.union1d(np.linspace(least, most, REMAP_STEPS), [lens.focus_dioptres])
        radius = (lens.focus_dioptres - nodes) * lens.px_per_dioptre
        missing = np.sqrt(np.maximum(radius**2 - self.radius_at(nodes) ** 2, 0.0))
        focus = int(np.searchsorted(nodes, lens.focus_dioptres))
        # The blur that is there may grow faster with distance than the lens's: order is kept all the same.
        missing[focus:] = np.maximum.accumulate(missing[focus:])
        missing[: focus + 1] = np.maximum.accumulate(missing[focus::-1])[::-1]
        moved = lens.focus_dioptres - np.sign(radius) * missing / lens.px_per_dioptre
        out = np.empty(dioptres.shape, np.float32)
        for part, values in zip(np.array_split(out, 16), np.array_split(dioptres, 16), strict=True):
            part[...] = np.interp(values, nodes, moved)
        return out


def find_baked(rgb: FloatArray, dioptres: FloatArray) -> Baked | None:
    """Find out whether a photo is blurred the more, the farther something is from focus.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    dioptres : float32 (H, W)
        Without holes.

    Returns
    -------
    Baked or None
        None when it is sharp at all depths, equally soft at all, or shows too little to tell.

    Notes
    -----
    A photo counts as blurred when the edges of some depths are sharp (their sharpest fifth below half of `SHARP_PX`),
    those of others are not (their sharpest fifth above `SHARP_PX`, their median not `SPREAD` times that), and nothing
    is sharp that is farther from focus than these. Lengths are pixels of the picture at `MEASURED_LENGTH` at most.
    """
    by = -(-max(dioptres.shape) // MEASURED_LENGTH)
    size = dioptres.shape[0] // by // CELL_PX, dioptres.shape[1] // by // CELL_PX
    if min(size) < 2:
        return None
    softness = edge_softness(rgb, by)
    nearest, farthest = _depths_of_cells(dioptres, by, size)
    least, most = (float(v) for v in np.quantile(dioptres[:: 8 * by, :: 8 * by], (0.01, 0.99)))
    told = np.isfinite(softness) & (nearest - farthest < SAME_DEPTH * (most - least))
    bins = _bins(softness[told], (0.5 * (nearest + farthest))[told])
    return _decide(bins, by)


def edge_softness(rgb: FloatArray, by: int) -> NDArray[np.float64]:
    """Measure how soft the strongest edge of each cell is.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    by : int
        The picture is reduced by this first.

    Returns
    -------
    float64 (h, w)
        Standard deviation of the blur in pixels of the reduced picture, cells of `CELL_PX` of them; NaN where there is
        no edge.

    Notes
    -----
    Seen through a Gaussian of variance s^2, an edge blurred by b has the slope a / sqrt(2 pi (s^2 + b^2)): the slopes
    at two scales tell b (Zhuo & Sim 2011). The scales are chosen for each cell: the finest that is above the noise, and
    coarser ones as long as the blur is wider than they are.
    """
    from ..kernels.edges import perceive
    from ..kernels.softness import grey

    guide = np.empty((rgb.shape[0] // by, rgb.shape[1] // by, 3), np.float32)
    perceive(rgb, guide)
    size = guide.shape[0] // CELL_PX, guide.shape[1] // CELL_PX
    luma, brightest = np.empty(guide.shape[:2], np.float32), np.empty(size, np.float32)
    grey(guide, CELL_PX, luma, brightest)
    noise = _noise(luma, size)
    slopes = _steepest(luma, size)
    softness = np.full(size, np.nan)
    for level in range(SCALES - 1):
        variance = SCALE_VARIANCE * 4.0**level
        fine, coarse = slopes[level], slopes[level + 1]
        floor = ABOVE_NOISE**2 * noise**2 / (4.0 * np.pi * variance**2)
        seen = (fine > floor) & (coarse * 4.0 * variance > EDGE**2)
        ratio = np.maximum(fine, LEAST_RATIO * coarse) / np.maximum(coarse, 1e-20)
        found = np.sqrt(np.maximum(variance * (4.0 - ratio) / (ratio - 1.0), 0.0))
        found[fine < LEAST_RATIO * coarse] = np.inf
        wanted = seen & ~(softness <= WELL_TOLD * np.sqrt(variance))
        softness[wanted] = found[wanted]
    softness[(softness > WIDEST_PX) | (brightest > CLIPPED**0.5)] = np.nan
    return softness


def _steepest(luma: FloatArray, size: tuple[int, int]) -> list[FloatArray]:
    """Largest squared gradient of each cell (h, w), per pixel of the picture, at each scale."""
    from ..kernels.softness import smooth, steepest

    slopes = []
    # From the picture to a Gaussian of one pixel; then from one pixel of a level to one of the next.
    sigma_px, every = 1.0, 1
    for level in range(SCALES):
        seen = np.empty(tuple(-(-side // every) for side in luma.shape), np.float32)
        smooth(luma, _gaussian(sigma_px), every, seen)
        slope = np.empty(size, np.float32)
        steepest(seen, CELL_PX >> level, slope)
        slopes.append(slope / np.float32(4**level))
        luma, sigma_px, every = seen, 3.0**0.5, 2
    return slopes


def _gaussian(sigma_px: float) -> FloatArray:
    reach = int(np.ceil(3.0 * sigma_px))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    return (taps / taps.sum()).astype(np.float32)


def _noise(luma: FloatArray, size: tuple[int, int]) -> float:
    """Measure the standard deviation of the noise in the quietest cells."""
    flat = luma[1:-1, 1:-1] - 0.25 * (luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:])
    cells = _cells(np.abs(flat[: size[0] * CELL_PX : 4]), CELL_PX // 4, (size[0] - 1, size[1] - 1), CELL_PX)
    return float(np.quantile(np.median(cells, axis=(1, 3)), 0.1)) / 0.6745 / 1.25**0.5


def _cells(values: NDArray, side: int, size: tuple[int, int], across: int = 0) -> FloatArray:
    """Cut a picture into cells: (h, side, w, across)."""
    height, width = size
    across = across or side
    return values[: height * side, : width * across].reshape(height, side, width, across)


def _depths_of_cells(dioptres: FloatArray, by: int, size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Nearest and farthest of each cell and of what lies around it (h, w)."""
    every = 4
    small = dioptres[:: every * by, :: every * by]
    reach = 2 * (AROUND_PX // every) + 1
    side = CELL_PX // every
    nearest = _cells(ndimage.maximum_filter(small, reach, mode="nearest"), side, size).max(axis=(1, 3))
    farthest = _cells(ndimage.minimum_filter(small, reach, mode="nearest"), side, size).min(axis=(1, 3))
    return nearest, farthest


@dataclass(frozen=True)
class _Bin:
    """Cells of one depth: how many, where they are (dioptres), and how soft are their sharpest fifth and the median."""

    cells: int
    dioptres: float
    sharpest: float
    usual: float

    @property
    def is_sharp(self) -> bool:
        return self.sharpest < 0.5 * SHARP_PX

    @property
    def is_blurred(self) -> bool:
        return self.sharpest > SHARP_PX and self.usual < SPREAD * self.sharpest


def _bins(softness: NDArray[np.float64], dioptres: FloatArray) -> list[_Bin]:
    """Gather cells by depth, far to near; bins of too few are left out."""
    if not softness.size:
        return []
    edges = np.linspace(float(dioptres.min()), float(dioptres.max()), BINS + 1)
    number = np.clip(np.searchsorted(edges, dioptres, side="right") - 1, 0, BINS - 1)
    bins = []
    for n in range(BINS):
        own = softness[number == n]
        if own.size >= LEAST_CELLS:
            sharpest, usual = (float(v) for v in np.quantile(own, (0.2, 0.5)))
            bins.append(_Bin(own.size, float(np.median(dioptres[number == n])), sharpest, usual))
    return bins


def _decide(bins: Sequence[_Bin], by: int) -> Baked | None:
    sharp = [b for b in bins if b.is_sharp]
    if not sharp:
        return None
    focus = float(np.average([b.dioptres for b in sharp], weights=[b.cells for b in sharp]))
    own = float(np.average([b.usual for b in sharp], weights=[b.cells for b in sharp]))
    nodes, confidence = {focus: 0.0}, 0.0
    for side in ([b for b in reversed(bins) if b.dioptres < focus], [b for b in bins if b.dioptres > focus]):
        # From focus outwards.
        first = next((n for n, b in enumerate(side) if b.is_blurred), len(side))
        beyond = side[first:]
        told = sum(b.cells for b in beyond if b.is_blurred or b.is_sharp)
        blurred = sum(b.cells for b in beyond if b.is_blurred)
        if blurred < LEAST_BLURRED or blurred < (1.0 - CONTRARY) * told:
            continue
        confidence = max(confidence, blurred / sum(b.cells for b in beyond))
        known = [b for b in side if b.is_sharp or b.is_blurred]
        # A disc of radius r has the variance r^2/4; what is in focus is not softer than it can be.
        radii = [2.0 * by * np.sqrt(max(b.usual**2 - own**2, 0.0)) for b in known]
        nodes.update(zip((b.dioptres for b in known), _growing(radii), strict=True))
    if not confidence:
        return None
    depths = tuple(sorted(nodes))
    return Baked(depths, tuple(float(nodes[d]) for d in depths), focus, confidence)


def _growing(values: Sequence[float]) -> list[float]:
    """Return the sequence nearest to the values that never falls: neighbours that do are averaged."""
    groups: list[tuple[float, int]] = []
    for value in values:
        groups.append((value, 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (a, many), (b, more) = groups[-2:]
            groups[-2:] = [((a * many + b * more) / (many + more), many + more)]
    return [value for value, count in groups for _ in range(count)]
