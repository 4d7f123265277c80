"""Blur that is in a photo already: how wide it is at each depth, and what is missing to the blur of a lens.

A phone's portrait mode may have blurred the picture, another program may, and its own lens does close up. What is
blurred by b and shall be blurred by r must only be blurred by sqrt(r^2 - b^2): variances add.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..image.filters import highest, lowest
from ..optics.lens import Lens, ThinLens, mount
from ..photo.photo import Photo
from .autofocus import FARTHEST_FOCUS_M
from .depth_mapping import DepthMapping
from .edge_blur import in_cells, measure_edge_blur
from .perceptual import perceptual, reduced_by

CELL_PX, SMALL_CELL_PX, SMALL_PX = 32, 16, 1024
"""Side of the cells of which each tells its sharpest edge; that in a picture no longer than this."""

BINS = 10
SAME_DEPTH = 0.12
"""The range of depths is measured in this many bins; a cell belongs to one if its depths span this share of it."""

AROUND = 0.5
"""So many cells beside an outline nothing is measured: phones' depth misses it a little, and large scales see it."""

LEAST_CELLS, LEAST_BLURRED = 8, 32
"""Cells in which a bin must show edges to be believed, and that must be blurred on one side of the focus."""

SHARP_PX = 1.0
"""Standard deviation above which the edges of a bin count as blurred, and below half of which as sharp."""

SPREAD = 3.5
"""Blur is common to a bin: its usual edges are not this many times softer than its sharpest fifth, as shadows are."""

CONTRARY = 0.15
"""Share of the cells farther from focus that may be sharp: a wrong depth here and there."""

REMAP_STEPS = 4096

ADDS_NOTHING = 0.05
"""A lens that adds a smaller share of the variance that is there already does nothing that anybody sees."""

LEAST_F_NUMBER = 0.1
"""No lens is advised that opens wider."""

WORTH_IT = 5.0 / 3.0
"""A lens is worth while that blurs so many times wider than what is there."""


@dataclass(frozen=True)
class ExistingBlur:
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

    def warnings(
        self, lens: Lens, thin: ThinLens, photo: Photo, dioptres: FloatArray, *, adds_all: bool
    ) -> tuple[str, ...]:
        """Say what of a render will look wrong because of the blur that is there.

        Parameters
        ----------
        lens : Lens
        thin : ThinLens
            The same, mounted.
        photo : Photo
        dioptres : float32 (H, W)
            The photo's depth.
        adds_all : bool
            Whether all of the lens's blur is added, and not only what is missing.
        """
        if photo.meta.rendered is not None:
            how = f"rendered by rebokeh already, {photo.meta.rendered}"
        else:
            where = "" if photo.depth_kind == "unitless" else f", focused at {self.focus_m:.2g} m"
            # No f-number: what is measured at one size and at half of it differs by more than a stop.
            how = f"blurred already{where}"
        there = f"this photo is {how}"
        if adds_all:
            return (f"{there}; the lens's blur is added to it",)
        enough = self.worth_while(thin, dioptres)
        if enough is None:
            said = [f"{there}; only what is missing is added (`baked` ignore adds all)"]
        else:
            widest = lens.glass.f_number
            wider = (
                f"try f/{enough:.2g}" if widest is None or enough >= widest else "and this lens opens not wide enough"
            )
            said = [f"{there}; f/{lens.f_number:g} adds nothing to that, {wider} (`baked` ignore adds all)"]
        if lens.is_focused and self.is_blurred_at(thin.focus_dioptres):
            radius_px = float(self.radius_at(thin.focus_dioptres))
            said.append(f"what lies in focus is blurred by {radius_px:.0f} px in this photo, and cannot be made sharp")
        return tuple(said)

    def worth_while(self, lens: ThinLens, dioptres: FloatArray) -> float | None:
        """Return an f-number that is worth while, where this lens adds next to nothing; None where it adds something.

        Parameters
        ----------
        lens : ThinLens
        dioptres : float32 (H, W)
        """
        seen = _some_of(dioptres)
        there = self.radius_at(seen)
        added = np.asarray(lens.radius_px(self.without(seen, lens)), np.float64)
        if not there.any() or np.square(added).sum() > ADDS_NOTHING * np.square(there).sum():
            return None
        blurred = there > max(max(self.radius_px) / 8.0, 1.0)
        if not blurred.any():
            return None
        ratio = float(np.median(np.abs(lens.radius_px(seen[blurred])) / there[blurred]))
        return max(lens.f_number * ratio / WORTH_IT, LEAST_F_NUMBER)

    def without(self, dioptres: FloatArray, lens: ThinLens) -> FloatArray:
        """Move depths, float32 array, towards focus until a lens adds only what is missing to its blur."""
        ends = float(dioptres.min(initial=lens.focus_dioptres)), float(dioptres.max(initial=lens.focus_dioptres))
        return missing_blur(lens, ends, self)(dioptres)


def missing_blur(
    lens: ThinLens,
    depth_range: tuple[float, float],
    there: ExistingBlur | None,
    least: ExistingBlur | None = None,
) -> DepthMapping:
    """Say where depths move until a lens adds only what is missing to its blur.

    Parameters
    ----------
    lens : ThinLens
    depth_range : (float, float)
        Smallest and largest dioptres.
    there : ExistingBlur, optional
        In the photo.
    least : ExistingBlur, optional
        Blur that the picture shall have where the lens makes less; none of it at the focus.

    Notes
    -----
    The radius is linear in dioptres, so that the depth whose radius is sqrt(r^2 - b^2) is known at once.
    """
    low, high = min(depth_range[0], lens.focus_dioptres), max(depth_range[1], lens.focus_dioptres)
    nodes = np.union1d(np.linspace(low, high, REMAP_STEPS), [lens.focus_dioptres])
    radius = (lens.focus_dioptres - nodes) * lens.px_per_dioptre
    wanted = np.abs(radius)
    if least is not None:
        wanted = np.maximum(wanted, least.radius_at(nodes) - least.radius_at(lens.focus_dioptres))
    missing = wanted if there is None else np.sqrt(np.maximum(wanted**2 - there.radius_at(nodes) ** 2, 0.0))
    focus = int(np.searchsorted(nodes, lens.focus_dioptres))
    # The blur that is there may grow faster with distance than the lens's: order is kept all the same.
    missing[focus:] = np.maximum.accumulate(missing[focus:])
    missing[: focus + 1] = np.maximum.accumulate(missing[focus::-1])[::-1]
    return DepthMapping(nodes, lens.focus_dioptres - np.sign(radius) * missing / lens.px_per_dioptre)


def exceeds(least: ExistingBlur, lens: ThinLens, dioptres: FloatArray) -> bool:
    """Whether a blur is seen to be wider than a lens's, on the whole, at depths (H, W)."""
    seen = _some_of(dioptres)
    own = np.square(lens.radius_px(seen).astype(np.float64))
    return float(np.maximum(least.radius_at(seen) ** 2, own).mean()) > (1.0 + ADDS_NOTHING) * float(own.mean())


def _some_of(dioptres: FloatArray) -> FloatArray:
    """Take every fourth row and column of depths (H, W): enough to tell how much of a photo is blurred."""
    every = 4 if min(dioptres.shape) > 64 else 1
    return dioptres[::every, ::every]


@dataclass(frozen=True, eq=False)
class CellBlur:
    """How soft a photo's edges are, cell by cell: what its picture alone tells of the blur in it.

    Attributes
    ----------
    by : int
        It was measured in the picture reduced by this.
    cell : int
        Side of a cell, pixels of the reduced picture.
    blur_px : float64 (h, w)
        As of `measure_edge_blur`.
    """

    by: int
    cell: int
    blur_px: NDArray[np.float64]

    @classmethod
    def of(cls, rgb: FloatArray, picture: Callable[[], FloatArray] | None = None) -> CellBlur | None:
        """Measure a picture, float32 (H, W, 3), scene-linear; None where it is too small.

        `picture` gives its `perceptual`, if that is at hand.
        """
        by = reduced_by(rgb.shape)
        cell = CELL_PX if max(rgb.shape[:2]) // by > SMALL_PX else SMALL_CELL_PX
        if min(rgb.shape[:2]) // by // cell < 2:
            return None
        return cls(by, cell, measure_edge_blur(perceptual(rgb) if picture is None else picture(), cell))

    @classmethod
    def asked_of(cls, photo: Photo, picture: Callable[[], FloatArray] | None = None) -> CellBlur | None:
        """Measure a photo, where `existing_blur_of` asks for it; as `of`."""
        return None if photo.meta.is_cg or photo.meta.rendered is not None else cls.of(photo.rgb, picture)


def existing_blur_of(photo: Photo, dioptres: FloatArray, seen: CellBlur | None) -> ExistingBlur | None:
    """Say what blur is in a photo: as rebokeh's mark says, else as it is measured.

    A renderer's picture has none: what is soft in it is so.

    Parameters
    ----------
    photo : Photo
    dioptres : float32 (H, W)
        Its depth at its resolution.
    seen : CellBlur, or None
        As `CellBlur.asked_of` the photo.
    """
    mark = photo.meta.rendered
    if mark is None:
        return None if seen is None else blur_by_depth(seen, dioptres)
    if photo.meta.is_cg:
        return None
    lens = mount(Lens(f_number=mark.f_number), photo.size, photo.meta.f35_mm, mark.focus_m)
    nodes = sorted({float(dioptres.min()), lens.focus_dioptres, float(dioptres.max())})
    radii = tuple(abs(lens.radius_px(node)) for node in nodes)
    return ExistingBlur(tuple(nodes), radii, lens.focus_dioptres, 1.0)


def find_existing_blur(rgb: FloatArray, dioptres: FloatArray) -> ExistingBlur | None:
    """Find out whether a photo is blurred the more, the farther something is from focus.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    dioptres : float32 (H, W)
        Without holes.

    Returns
    -------
    ExistingBlur or None
        As of `blur_by_depth`.
    """
    seen = CellBlur.of(rgb)
    return None if seen is None else blur_by_depth(seen, dioptres)


def blur_by_depth(seen: CellBlur, dioptres: FloatArray) -> ExistingBlur | None:
    """Find out whether what is farther from focus is blurred the more.

    Parameters
    ----------
    seen : CellBlur
        Of a photo.
    dioptres : float32 (H, W)
        Without holes.

    Returns
    -------
    ExistingBlur or None
        None when it is sharp at all depths, equally soft at all, or shows too little to tell.

    Notes
    -----
    A photo counts as blurred when the edges of some depths are sharp (their sharpest fifth below half of `SHARP_PX`),
    those of others are not (their sharpest fifth above `SHARP_PX`, their median not `SPREAD` times that), and nothing
    is sharp that is farther from focus than these. Something soft in front alone may have moved: only a blur that grows
    counts there. Lengths are pixels of the picture as it is measured, reduced.
    """
    by, blur_px = seen.by, seen.blur_px
    nearest, farthest = _depths_of_cells(dioptres, by, seen.cell, (blur_px.shape[0], blur_px.shape[1]))
    least, most = (float(v) for v in np.quantile(dioptres[:: 8 * by, :: 8 * by], (0.01, 0.99)))
    told = np.isfinite(blur_px) & (nearest - farthest < SAME_DEPTH * (most - least))
    bins = _bins(blur_px[told], (0.5 * (nearest + farthest))[told])
    return _decide(bins, by)


def _depths_of_cells(dioptres: FloatArray, by: int, cell: int, size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Nearest and farthest of each cell and of what lies around it (h, w)."""
    every = 4
    small = dioptres[:: every * by, :: every * by]
    side = cell // every
    reach = 2 * round(AROUND * side) + 1
    nearest = in_cells(highest(small, reach), side, size).max(axis=(1, 3))
    farthest = in_cells(lowest(small, reach), side, size).min(axis=(1, 3))
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


def _bins(blur_px: NDArray[np.float64], dioptres: FloatArray) -> list[_Bin]:
    """Gather cells by depth, far to near; bins of too few are left out."""
    if not blur_px.size:
        return []
    edges = np.linspace(float(dioptres.min()), float(dioptres.max()), BINS + 1)
    number = np.clip(np.searchsorted(edges, dioptres, side="right") - 1, 0, BINS - 1)
    bins = []
    for n in range(BINS):
        own = blur_px[number == n]
        if own.size >= LEAST_CELLS:
            sharpest, usual = (float(v) for v in np.quantile(own, (0.2, 0.5)))
            bins.append(_Bin(own.size, float(np.median(dioptres[number == n])), sharpest, usual))
    return bins


def _decide(bins: Sequence[_Bin], by: int) -> ExistingBlur | None:
    sharp = [b for b in bins if b.is_sharp]
    if not sharp:
        return None
    focus = float(np.average([b.dioptres for b in sharp], weights=[b.cells for b in sharp]))
    own = float(np.average([b.usual for b in sharp], weights=[b.cells for b in sharp]))
    nodes, confidence = {focus: 0.0}, 0.0
    # From focus outwards; to the far side first.
    for side in ([b for b in reversed(bins) if b.dioptres < focus], [b for b in bins if b.dioptres > focus]):
        share = _share_blurred(side)
        if not share or not (confidence or side[0].dioptres < focus or _grows(side)):
            continue
        confidence = max(confidence, share)
        first = next(n for n, b in enumerate(side) if b.is_blurred)
        known = [b for n, b in enumerate(side) if b.is_blurred or (b.is_sharp and n < first)]
        # A disc of radius r has the variance r^2/4; what is in focus is not softer than it can be.
        radii = [2.0 * by * np.sqrt(max(b.usual**2 - own**2, 0.0)) for b in known]
        nodes.update(zip((b.dioptres for b in known), _growing(radii), strict=True))
    if not confidence:
        return None
    depths = tuple(sorted(nodes))
    return ExistingBlur(depths, tuple(float(nodes[d]) for d in depths), focus, confidence)


def _share_blurred(side: Sequence[_Bin]) -> float:
    """Say which share of the cells is blurred, from the first bin on that is; 0 when too few are, or some are sharp."""
    first = next((n for n, b in enumerate(side) if b.is_blurred), len(side))
    beyond = side[first:]
    blurred = sum(b.cells for b in beyond if b.is_blurred)
    sharp = sum(b.cells for b in beyond if b.is_sharp)
    if blurred < LEAST_BLURRED or sharp > CONTRARY * (blurred + sharp):
        return 0.0
    return blurred / sum(b.cells for b in beyond)


def _grows(side: Sequence[_Bin]) -> bool:
    """Tell a lens's blur in front of focus from a near thing that moved, or is soft by nature as skin and cloth are."""
    blurred = [b.usual for b in side if b.is_blurred]
    return len(blurred) > 2 and blurred[-1] > 2.0 * blurred[0]


def _growing(values: Sequence[float]) -> list[float]:
    """Return the largest sequence that never falls and is nowhere above the values.

    Blur grows from focus outwards. What is smooth by nature, as cloth is, looks softer than it is blurred; nothing
    looks sharper: what is farther out bounds what is nearer to focus.
    """
    return [min(values[n:]) for n in range(len(values))]
