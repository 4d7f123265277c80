"""Straight thin things that a map shows in pieces: where the picture shows the line between two of them, it comes back.

A map opens what is thinner than a few of its pixels: of a fence it keeps the knots. Two small pieces at one depth, and
between them a line in the picture of one colour, that of both pieces, which differs from what lies on its two sides:
that is a wire. A line of a texture, an edge, or a chance meeting is not alike along itself while both sides differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import FloatArray
from ..image.filters import opened
from ..image.regions import connected
from .edges import least_jump

PIECE_PX = 15
"""A piece of a thin thing is no longer or wider than this, in map pixels."""

ASIDE_PX = 1.5
"""What is beside a wire is looked at so many pixels beyond the widest that it may be."""

THIN_PX = 6.0
"""What is thinner than this, in map pixels, may be missing."""

REACH_SHARE = 0.15
"""Two pieces of one thing are no farther apart than this share of the picture's longer side."""

MOST_PIECES = 2000
"""More pieces than these are noise."""

NEIGHBOURS = 8
"""A piece is joined with some of so many that are nearest to it."""

SAMPLES = 32
"""Places along a line that are looked at."""

PARTS, PART_WIDTHS = (4, 2, 1), 2.4
"""A wire's colour may change between so many parts of it, each at least so many times as long as it is wide."""

OFFSETS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""Where a line may begin and end beside the middles of its pieces, in pixels of the guide."""

CLEAR, FAINT = (0.5, 0.06, 0.15), (0.8, 0.03, 0.2)
"""Along itself a wire differs from its colour by less than this share of what its sides do; its sides by at least
this, in (square root) light; and its ends by less than this. Fainter lines are believed where they continue others."""

STRAIGHT = 0.98
"""A wire goes straight on where the cosine of its turn is more."""

SAME_COLOUR = 0.2
"""A pixel whose colour differs by more is none of a wire."""

FREE = 0.8
"""Beside so much of a wire the map shows something farther."""

LEAST_CONTRAST = 0.03
"""Lines whose sides differ by less are compared as if they differed so much."""


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Small things before what is around them.

    Attributes
    ----------
    middle : float64 (N, 2)
        Row and column, in pixels of the guide.
    dioptres : float32 (N,)
    colour : float32 (N, 3)
    """

    middle: NDArray[np.float64]
    dioptres: FloatArray
    colour: FloatArray


@dataclass(frozen=True, eq=False)
class Wire:
    """A wire that is seen.

    Attributes
    ----------
    begin, end : float64 (2,)
        Row and column, in pixels of the guide.
    colour : float32 (SAMPLES, 3)
        Along it.
    dioptres : float (2,)
        Of its ends.
    """

    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    colour: FloatArray
    dioptres: NDArray[np.floating]

    def draw(self, depth: FloatArray, guide: FloatArray, half_px: float) -> None:
        """Give it its depth, in place: pixels near its line that look more like it than like what is beside.

        Parameters
        ----------
        depth : float32 (H, W)
            Dioptres at the photo's size.
        guide : float32 (H', W', 3)
            The photo, perceptual, and perhaps reduced.
        half_px : float
            Half of the width that it may have, in pixels of that.
        """
        scale = np.array(depth.shape) / np.array(guide.shape[:2])
        begin, end = ((e + 0.5) * scale - 0.5 for e in (self.begin, self.end))
        reach = half_px * float(scale.mean())
        top, left = np.maximum(np.floor(np.minimum(begin, end) - reach - 1), 0).astype(int)
        bottom, right = np.minimum(np.ceil(np.maximum(begin, end) + reach + 2), depth.shape).astype(int)
        y, x = np.mgrid[top:bottom, left:right].astype(np.float64)
        along = end - begin
        length = float(np.hypot(*along))
        unit = along / length
        t = ((y - begin[0]) * unit[0] + (x - begin[1]) * unit[1]) / length
        aside = -(y - begin[0]) * unit[1] + (x - begin[1]) * unit[0]
        near = (t > 0.0) & (t < 1.0) & (np.abs(aside) <= reach)
        y, x, t, aside = (v[near] for v in (y, x, t, aside))
        small = np.stack([(y + 0.5) / scale[0] - 0.5, (x + 0.5) / scale[1] - 0.5], axis=1)
        beyond = (
            np.stack([-unit[1], unit[0]])
            * (np.where(aside < 0.0, -1.0, 1.0) * (half_px + ASIDE_PX) - aside / scale.mean())[:, None]
        )
        here, beside = seen_at(guide, small), seen_at(guide, small + beyond)
        unlike = np.abs(here - self.colour[(t * SAMPLES).astype(np.intp)]).mean(axis=1)
        like = unlike < np.minimum(np.abs(here - beside).mean(axis=1), SAME_COLOUR)
        rows, columns = y[like].astype(int), x[like].astype(int)
        value = self.dioptres[0] + t[like] * (self.dioptres[1] - self.dioptres[0])
        depth[rows, columns] = np.maximum(depth[rows, columns], value)


@dataclass(frozen=True, eq=False)
class Wires:
    """The wires of which a map shows pieces.

    Attributes
    ----------
    wires : list of Wire
    colour : float32 (H', W', 3)
        The photo, perceptual, and perhaps reduced.
    half_px : float
        Half of the width that one may have, in pixels of that.
    """

    wires: list[Wire]
    colour: FloatArray
    half_px: float

    @classmethod
    def of(cls, coarse: FloatArray, colour: FloatArray, step: float) -> Wires:
        """Find them.

        Parameters
        ----------
        coarse : float32 (h, w)
            The map, laid onto the photo.
        colour : float32 (H', W', 3)
            The photo, perceptual, and perhaps reduced.
        step : float
            Size of one code in dioptres.
        """
        half_px = 0.5 * THIN_PX * colour.shape[1] / coarse.shape[1]
        jump = float(least_jump(coarse, step))
        pieces = _pieces_of(coarse, colour, jump)
        if pieces is None:
            return cls([], colour, half_px)
        pairs = _pairs_of(pieces, REACH_SHARE * max(colour.shape[:2]), jump)
        found = [_line_between(pieces, pair, colour, half_px + ASIDE_PX) for pair in pairs]
        clear = [line for line in found if line is not None and _is_free(line, pieces, coarse, colour, jump)]
        wires = [
            Wire(line.begin, line.end, line.colour, pieces.dioptres[list(line.pieces)]) for line in _that_go_on(clear)
        ]
        return cls(wires, colour, half_px)

    def draw(self, depth: FloatArray) -> None:
        """Give them back to a depth, dioptres at the photo's size, float32 (H, W), in place."""
        for wire in self.wires:
            wire.draw(depth, self.colour, self.half_px)


def _pieces_of(coarse: FloatArray, colour: FloatArray, jump: float) -> _Pieces | None:
    """Find the small pieces of a map; None where there are none to join."""
    raised = coarse - opened(coarse, PIECE_PX)
    mask = raised > jump
    if not mask.any():
        return None
    regions = connected(mask)
    rows, columns = np.nonzero(mask)
    labels = regions.labels
    number = np.arange(1, regions.count + 1)
    size = np.maximum(
        ndimage.maximum(rows, labels, number) - ndimage.minimum(rows, labels, number),
        ndimage.maximum(columns, labels, number) - ndimage.minimum(columns, labels, number),
    )
    small = (size < PIECE_PX) & (regions.pixels[1:] >= 4)
    if not 2 <= np.count_nonzero(small) <= MOST_PIECES:
        return None
    number = number[small]
    weight = raised[mask]
    total = ndimage.sum(weight, labels, number)
    scale = np.array(colour.shape[:2]) / np.array(coarse.shape)
    middle = np.stack([ndimage.sum(weight * at, labels, number) / total for at in (rows, columns)], axis=1)
    middle = (middle + 0.5) * scale - 0.5
    dioptres = np.asarray(ndimage.maximum(coarse[mask], labels, number), np.float32)
    return _Pieces(middle, dioptres, seen_at(colour, middle))


def _pairs_of(pieces: _Pieces, reach_px: float, jump: float) -> NDArray[np.intp]:
    """Pairs of near pieces at about one depth, (P, 2)."""
    count = min(NEIGHBOURS + 1, len(pieces.middle))
    other, far = np.empty((len(pieces.middle), count), np.intp), np.empty((len(pieces.middle), count))
    for n, middle in enumerate(pieces.middle):
        away = np.square(pieces.middle - middle).sum(axis=1)
        other[n] = np.argsort(away, kind="stable")[:count]
        far[n] = away[other[n]]
    one = np.broadcast_to(np.arange(len(other))[:, None], other.shape)
    known = (far < reach_px * reach_px) & (one < other)
    pairs = np.stack([one[known], other[known]], axis=1)
    unlike = np.abs(pieces.dioptres[pairs[:, 0]] - pieces.dioptres[pairs[:, 1]])
    return pairs[unlike < jump]


@dataclass(frozen=True, eq=False)
class _Line:
    """A line between two pieces.

    Attributes
    ----------
    pieces : (int, int)
    begin, end : float64 (2,)
        Row and column, in pixels of the guide.
    colour : float32 (SAMPLES, 3)
        Along it.
    is_clear : bool
        Whether it is seen by itself, and not only as part of a longer one.
    """

    pieces: tuple[int, int]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    colour: FloatArray
    is_clear: bool

    def leaves(self, piece: int) -> NDArray[np.float64]:
        """Direction in which it leaves one of its pieces, of length 1."""
        along = self.end - self.begin if piece == self.pieces[0] else self.begin - self.end
        return along / np.hypot(*along)


def _line_between(pieces: _Pieces, pair: NDArray[np.intp], colour: FloatArray, side_px: float) -> _Line | None:
    """Find the line of one colour, with others on both sides, between two pieces; None where there is none."""
    a, b = (int(n) for n in pair)
    along = pieces.middle[b] - pieces.middle[a]
    length = float(np.hypot(*along))
    if length < 2.0 * side_px:
        return None
    normal = np.array([-along[1], along[0]]) / length
    begins, ends = (pieces.middle[n] + np.multiply.outer(OFFSETS, normal) for n in (a, b))
    t = ((np.arange(SAMPLES) + 0.5) / SAMPLES)[:, None]
    lines = begins[:, None, None] + t * (ends[None, :, None] - begins[:, None, None])
    middle, left, right = (seen_at(colour, lines + s * normal) for s in (0.0, side_px, -side_px))
    shortest = PART_WIDTHS * 2.0 * (side_px - ASIDE_PX)
    parts = next(n for n in PARTS if n == 1 or length >= n * shortest)
    own = np.median(middle.reshape(*middle.shape[:2], parts, -1, 3), axis=3).repeat(SAMPLES // parts, axis=2)
    inner, one, other = (np.abs(seen - own).mean(axis=(2, 3)) for seen in (middle, left, right))
    outer = np.minimum(one, other)
    p, q = np.unravel_index(np.argmin(inner / np.maximum(outer, LEAST_CONTRAST)), inner.shape)
    unlike = np.abs(pieces.colour[[a, b]] - np.median(own[p, q], axis=0)).mean(axis=1)
    is_clear, may_be = (
        bool(outer[p, q] > contrast and inner[p, q] < alike * outer[p, q] and unlike.max() < same)
        for alike, contrast, same in (CLEAR, FAINT)
    )
    return _Line((a, b), begins[p], ends[q], own[p, q], is_clear) if may_be else None


def _is_free(line: _Line, pieces: _Pieces, coarse: FloatArray, colour: FloatArray, jump: float) -> bool:
    """Whether a map shows both sides of a line behind it: not so along the border of something large."""
    scale = np.array(coarse.shape) / np.array(colour.shape[:2])
    begin, end = ((at + 0.5) * scale - 0.5 for at in (line.begin, line.end))
    along = end - begin
    aside = THIN_PX * np.array([-along[1], along[0]]) / np.hypot(*along)
    t = ((np.arange(SAMPLES) + 0.5) / SAMPLES)[:, None]
    least = float(pieces.dioptres[list(line.pieces)].min()) - jump
    return all(bool((seen_at(coarse, begin + t * along + side) < least).mean() > FREE) for side in (aside, -aside))


def _that_go_on(lines: list[_Line]) -> list[_Line]:
    """Keep the lines that another one continues, and of fainter ones those that continue them."""
    at: dict[int, list[_Line]] = {}
    for line in lines:
        for piece in line.pieces:
            at.setdefault(piece, []).append(line)

    def next_to(line: _Line) -> list[_Line]:
        return [
            other
            for piece in line.pieces
            for other in at[piece]
            if float(line.leaves(piece) @ other.leaves(piece)) < -STRAIGHT
        ]

    kept = [line for line in lines if line.is_clear and any(other.is_clear for other in next_to(line))]
    found, known = list(kept), {line.pieces for line in kept}
    while found:
        more = [line for line in next_to(found.pop()) if line.pieces not in known]
        known |= {line.pieces for line in more}
        found += more
        kept += more
    return kept


def seen_at(colour: FloatArray, places: NDArray[np.float64]) -> FloatArray:
    """Colours at places, rows and columns (..., 2)."""
    rows = np.clip(np.rint(places[..., 0]).astype(np.intp), 0, colour.shape[0] - 1)
    columns = np.clip(np.rint(places[..., 1]).astype(np.intp), 0, colour.shape[1] - 1)
    return colour[rows, columns]
