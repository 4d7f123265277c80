"""Wires of a fence that a map lost, where it holds three of its posts: they lie in the plane of those.

The dioptres of a plane are linear in the picture, and so posts of one fence that runs into the distance give that of
everything in it. Its wires run to one point, at which its dioptres are zero: lines of anything else that is seen
between the posts run elsewhere, or lie where a map says that they do. Where the picture shows many lines to that point
between posts, those are its wires; and where one goes from wire to wire as the posts do, that is one of it, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import BoolArray, FloatArray
from .edges import least_difference
from .fence_posts import GAP, FencePost, in_one_plane, posts_of
from .wires import ASIDE_PX, SAMPLES, THIN_PX, Wire, seen_at

Places = NDArray[np.float64]

ALIKE, CONTRAST = 0.5, 0.06
"""Along itself a wire differs by less than this share of what its sides do from it, and those by at least this."""

ROW_STEP, POINT_STEP, FEW, PARTS = 2, 8, 16, 4
"""Map pixels between lines that are tried, and between points; places at which each is looked at first; and parts of it
between which its colour may change."""

UPRIGHT_PARTS, AS_CLEAR = 8, 0.5
"""Parts of what crosses wires; and how clear it is at least, in the usual clearness of what crosses the same ones."""

LOST = 0.5
"""More than this share of a wire is nearer than what a map shows there."""

PERSISTS, NEAR_PX = 0.6, 2
"""A wire is seen in more than this share of the gaps that it passes, by their width; to so many map pixels."""

LEAST_WIRES, BETTER = 4, 2.0
"""So many wires a fence has between two posts, and they are so many times as clear as lines to any other point."""

APART_WIDTHS, APART_PX = 3.0, 4
"""Wires are no nearer to each other than so many times half the width that one may have; upright ones, in
map pixels."""


@dataclass(frozen=True, eq=False)
class _Lines:
    """Straight lines in a picture: rows, columns and dioptres of their ends, (N, 3)."""

    begin: Places
    end: Places

    def only(self, chosen: BoolArray | NDArray[np.intp]) -> _Lines:
        return _Lines(self.begin[chosen], self.end[chosen])

    def at(self, share: Places) -> Places:
        """Places at shares (N,) of their lengths."""
        return self.begin + share[:, None] * (self.end - self.begin)

    def part(self, first: Places, last: Places) -> _Lines:
        """Parts of them, between shares of their lengths."""
        return _Lines(self.at(first), self.at(last))

    def wires(self, colour: FloatArray) -> list[Wire]:
        """Take them for wires, whose colours along them are (N, SAMPLES, 3)."""
        return [
            Wire(begin[:2], end[:2], own, np.array([begin[2], end[2]]))
            for begin, end, own in zip(self.begin, self.end, colour, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class Fences:
    """The fence of which a map shows posts.

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
    def of(cls, coarse: FloatArray, colour: FloatArray, step: float) -> Fences:
        """Find it.

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
        jump = least_difference(coarse, step)
        posts = in_one_plane(posts_of(coarse, jump), coarse.shape[1])
        gaps = _gaps_between(posts, coarse) if posts else []
        if len(gaps) < 2:
            return cls([], colour, half_px)
        return cls(_Search(coarse, colour, gaps, half_px, jump).wires(), colour, half_px)

    def draw(self, depth: FloatArray) -> None:
        """Give its wires back to a depth, dioptres at the photo's size, float32 (H, W), in place."""
        for wire in self.wires:
            wire.draw(depth, self.colour, self.half_px)


@dataclass(frozen=True, eq=False)
class _Gap:
    """What lies between two posts of a fence that follow each other, and its width in map pixels."""

    near: FencePost
    far: FencePost
    width: float


def _gaps_between(posts: list[FencePost], coarse: FloatArray) -> list[_Gap]:
    """Return the gaps that are wide enough to see wires in, of posts from the nearest to the farthest."""
    gaps, near, middle = [], posts[0], 0.5 * coarse.shape[0]
    for far in posts[1:]:
        width = abs(float(far.column(middle) - near.column(middle)))
        if width >= GAP * coarse.shape[1]:
            gaps.append(_Gap(near, far, width))
            near = far
    return gaps


@dataclass(frozen=True, eq=False)
class _Search:
    """What wires are sought in.

    Attributes
    ----------
    coarse : float32 (h, w)
        The map, laid onto the photo.
    colour : float32 (H', W', 3)
        The photo, perceptual, and perhaps reduced: all rows and columns are in its pixels.
    gaps : list of _Gap
        From the nearest to the farthest.
    half_px, jump : float
        As of `Fences.of`.
    """

    coarse: FloatArray
    colour: FloatArray
    gaps: list[_Gap]
    half_px: float
    jump: float

    @property
    def scale(self) -> NDArray[np.float64]:
        """Pixels of the guide per map pixel, down and across."""
        return np.array(self.colour.shape[:2]) / np.array(self.coarse.shape)

    @property
    def map_px(self) -> float:
        """Size of a map pixel, in pixels of the guide."""
        return 2.0 * self.half_px / THIN_PX

    def wires(self) -> list[Wire]:
        """Find the wires of the fence: those from post to post, and those that go from one of them to another."""
        height = self.colour.shape[0]
        step = POINT_STEP * self.map_px
        points = np.arange(0.0, height, step)
        clear = np.array([self._clear_lines_to(point) for point in points])
        best = float(points[clear.argmax()])
        elsewhere = clear[np.abs(points - best) > 0.1 * height]
        if clear.max() <= BETTER * elsewhere.max(initial=0.0):
            return []
        near = best + step * np.arange(-0.75, 1.0, 0.25)
        point = float(near[np.argmax([self._clear_lines_to(other) for other in near])])
        rows = np.arange(-0.5 * height, 1.5 * height)
        beside = round(NEAR_PX * self.map_px)
        whole, each = self._clear(rows, point, SAMPLES, beside)
        chosen = _peaks(whole, round(APART_WIDTHS * self.half_px))
        wires = []
        for gap, found in zip(self.gaps, each, strict=True):
            around = found[np.clip(chosen[:, None] + np.arange(-beside, beside + 1), 0, len(rows) - 1)]
            own = rows[(chosen + around.argmax(axis=1) - beside)[around.max(axis=1) > 0.0]]
            if len(own) >= LEAST_WIRES:
                lines = self._lines(gap, own, point)
                wires += lines.wires(self._seen(lines, SAMPLES, PARTS)[1])
                wires += self._upright(gap, lines)
        return wires

    def _clear_lines_to(self, point: float) -> float:
        """Say how clear all lines to a point are that could be wires."""
        height = self.colour.shape[0]
        step = ROW_STEP * self.map_px
        whole, _ = self._clear(np.arange(-0.5 * height, 1.5 * height, step), point, FEW, 1)
        return float(whole[_peaks(whole, round(APART_WIDTHS * self.half_px / step))].sum())

    def _clear(self, rows: Places, point: float, samples: int, near: int) -> tuple[FloatArray, FloatArray]:
        """Say how clear lines to a point are that pass a fence's nearest post at rows (N,): (N,), and per gap (G, N).

        As a whole a line is none that is not seen in most of the gaps that it passes, itself or so many beside it.
        """
        each = np.stack([self._clear_in(gap, rows, point, samples) for gap in self.gaps])
        known = np.isfinite(each)
        each = np.where(known, each, np.float32(0.0))
        about = ndimage.maximum_filter1d(each, 2 * near + 1, axis=1)
        width = np.array([[gap.width] for gap in self.gaps])
        share = (width * (about > 0.0)).sum(axis=0) / np.maximum((width * known).sum(axis=0), 1.0)
        persists = (share > PERSISTS) & (np.count_nonzero(about, axis=0) > 1)
        return np.where(persists, (width * (about + each)).sum(axis=0) / (2.0 * width.sum()), 0.0), each

    def _lines(self, gap: _Gap, rows: Places, point: float) -> _Lines:
        """Lines to a point between the axes of two posts, of those that pass the nearest post at rows (N,)."""
        begin, end = (self._on_axis(post, rows, point) for post in (gap.near, gap.far))
        # What comes from outside the picture is seen from its border on.
        limit = np.clip(begin[:, 0], 0.0, self.colour.shape[0] - 1.0)
        fall = end[:, 0] - begin[:, 0]
        share = np.divide(limit - begin[:, 0], fall, out=np.zeros(len(rows)), where=limit != begin[:, 0])
        return _Lines(begin + share[:, None] * (end - begin), end)

    def _on_axis(self, post: FencePost, rows: Places, point: float) -> Places:
        """Where lines to a point meet the axis of a post, of those that pass the nearest post at rows (N,): (N, 3)."""
        # Along anything straight its distance from where it vanishes is as its dioptres are.
        row = point + post.dioptres / self.gaps[0].near.dioptres * (rows - point)
        column = (post.column((row + 0.5) / self.scale[0] - 0.5) + 0.5) * self.scale[1] - 0.5
        return np.stack([row, column, np.full(len(rows), post.dioptres)], axis=1)

    def _row(self, row: Places | float) -> Places:
        """Return rows of the map in pixels of the guide, within the picture."""
        return np.clip((np.asarray(row) + 0.5) * self.scale[0] - 0.5, 0.0, self.colour.shape[0] - 1.0)

    def _clear_in(self, gap: _Gap, rows: Places, point: float, samples: int) -> FloatArray:
        """Say how clear lines are in a gap (N,): 0 where there is none, NaN where they do not pass it."""
        lines = self._lines(gap, rows, point)
        width = np.abs(lines.end[:, 1] - lines.begin[:, 1])
        at = lines.end[:, 0]
        passes = (at > self._row(gap.far.top - APART_PX)) & (at < self._row(gap.far.bottom + APART_PX))
        passes &= width > 0.5 * GAP * self.colour.shape[1]
        found = np.full(len(rows), np.nan, np.float32)
        if passes.any():
            near, far = (0.5 * post.wide * self.scale[1] / width[passes] for post in (gap.near, gap.far))
            found[passes] = self._seen(lines.only(passes).part(near, 1.0 - far), samples, PARTS)[0]
        return found

    def _seen(self, lines: _Lines, samples: int, parts: int) -> tuple[FloatArray, FloatArray]:
        """Say how clear lines are, 0 where there is none (N,), and their colours along them (N, samples, 3)."""
        t = (np.arange(samples) + 0.5) / samples
        along = lines.end - lines.begin
        points = lines.begin[:, None] + t[:, None] * along[:, None]
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.hypot(along[:, 0], along[:, 1])[:, None]
        side = (self.half_px + ASIDE_PX) * normal[:, None]
        middle, one, other = (seen_at(self.colour, points[..., :2] + s * side) for s in (0.0, 1.0, -1.0))
        own = np.median(middle.reshape(len(along), parts, samples // parts, 3), axis=2).repeat(samples // parts, axis=1)
        inner, left, right = (np.abs(seen - own).mean(axis=2) for seen in (middle, one, other))
        # Both halves must be seen: what ends on the way to a post is none of the fence.
        halves = (len(along), 2, samples // 2)
        inner, outer = (np.median(v.reshape(halves), axis=2) for v in (inner, np.minimum(left, right)))
        held = seen_at(self.coarse, (points[..., :2] + 0.5) / self.scale - 0.5)
        is_lost = (held < points[..., 2] - self.jump).mean(axis=1) > LOST
        is_wire = is_lost & ((inner < ALIKE * outer) & (outer > CONTRAST)).all(axis=1)
        return np.where(is_wire, (outer - inner / ALIKE).mean(axis=1), np.float32(0.0)), own

    def _upright(self, gap: _Gap, lines: _Lines) -> list[Wire]:
        """Find what crosses the wires of a gap as its posts do."""
        whole = lines.only(lines.begin[:, 2] == gap.near.dioptres)
        if len(whole.begin) < 2:
            return []
        pair = whole.begin[:, 0].argmin(), whole.begin[:, 0].argmax()
        first, last = (_Lines(whole.begin[[n]], whole.end[[n]]) for n in pair)
        width = float(np.abs(first.end - first.begin)[0, 1])
        near, far = (0.5 * post.wide * self.scale[1] + self.half_px for post in (gap.near, gap.far))
        share = np.arange(near, width - far) / width
        if not len(share):
            return []
        between = _Lines(first.at(share), last.at(share))
        clear, own = self._seen(between, SAMPLES, UPRIGHT_PARTS)
        found = _peaks(clear, round(APART_PX * self.map_px))
        found = found[clear[found] > AS_CLEAR * np.median(clear[found])] if len(found) else found
        share, between = share[found], between.only(found)
        wires = between.wires(own[found])
        along = between.end - between.begin
        for limits, sign in (((gap.near.top, gap.far.top), -1.0), ((gap.near.bottom, gap.far.bottom), 1.0)):
            limit = self._row(limits[0] + share * (limits[1] - limits[0]))
            to = (limit - between.begin[:, 0]) / along[:, 0]
            beyond = np.where(sign < 0.0, -to, to - 1.0) * along[:, 0] > 2.0 * APART_PX * self.map_px
            more = between.part(np.full(len(to), float(sign > 0.0)), to).only(beyond)
            clear, own = self._seen(more, SAMPLES, 2)
            wires += more.only(clear > 0.0).wires(own[clear > 0.0])
        return wires


def _peaks(clear: FloatArray, apart: int) -> NDArray[np.intp]:
    """Places (K,) of the most along a line (N,), in order and farther than `apart` from each other."""
    left, found = clear.copy(), []
    while left.max(initial=0.0) > 0.0:
        at = int(left.argmax())
        found.append(at)
        left[max(at - apart, 0) : at + apart + 1] = 0.0
    return np.array(sorted(found), np.intp)
