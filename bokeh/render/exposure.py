"""One lens before a layered scene: its depth slices, each made at its own pyramid level, composed near to far."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.progress import Progress
from ..core.threads import each
from ..image.regions import PixelBox, box_around
from ..image.tiles import Tile
from ..optics.lens import ThinLens
from ..optics.psf_tables import PsfTables
from ..scene.fragments import Fragments
from ..scene.layered import LayeredScene
from ..scene.slices import DepthSlice, SliceTable, lens_at_level
from .light_sprites import AROUND_PX, LightCells, Occluder, PointLights
from .observer import Piece, RenderObserver

SHARP_PX = 0.5
"""What is spread by less stays in its pixel."""

TILE_PX = 256

GOES_ON, GOES_ON_PX = 1.25, 0.5
"""A slice's surface may go on in its neighbours up to this much more blur."""


Drawn = tuple[PixelBox, FloatArray]
"""Rows and columns of a tile, and what arrives there: float32 (h, w, 4), premultiplied colour and coverage."""


@dataclass(frozen=True, eq=False)
class Window:
    """A box of a level: its fragments, and the slice that each of them lies in.

    Attributes
    ----------
    box : (slice, slice)
        Of the level.
    fragments : tuple of arrays
        As of `scene.fragments.Fragments`.
    numbers : (uint8 (h, w), uint8 (h, w))
        Slices of front and back.
    support : int64 (S, 4)
        Rows and columns of the window that each slice lies in.
    """

    box: PixelBox
    fragments: tuple[NDArray, ...]
    numbers: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    support: NDArray[np.int64]
    depths: NDArray[np.float32]

    @classmethod
    def of(cls, fragments: Fragments, box: PixelBox, table: SliceTable) -> Window:
        from ...kernels.slices import number_fragments

        arrays = fragments.front, fragments.alpha, fragments.back, fragments.weight, fragments.kinds
        numbers = np.empty(fragments.kinds.shape, np.uint8), np.empty(fragments.kinds.shape, np.uint8)
        support = np.empty((256, 4), np.int64)
        support[:, ::2], support[:, 1::2] = np.iinfo(np.int64).max, -1
        depths = np.empty((256, 2), np.float32)
        depths[:, 0], depths[:, 1] = np.inf, -np.inf
        number_fragments(arrays, table.numbers, table.depth, numbers, support, depths)
        return cls(box, arrays, numbers, support, depths)

    def piece(self, number: int, one: DepthSlice, box: PixelBox, drawn: Drawn | None) -> Piece:
        """Tell an observer what a box of the level shows of a slice."""
        rows, columns = (slice(b.start - w.start, b.stop - w.start) for b, w in zip(box, self.box, strict=True))
        front, alpha, back, weight, _ = (values[rows, columns] for values in self.fragments)
        first, behind = (numbers[rows, columns] == number for numbers in self.numbers)
        own = np.where(first[..., None], front, np.float32(0.0))
        np.copyto(own, back, where=(behind & ~first)[..., None])
        both = first & behind
        share = alpha[both, None]
        own[both] = share * front[both] + (np.float32(1.0) - share) * back[both]
        there = None
        if drawn is not None:
            there = tuple(slice(t.start + d.start, t.start + d.stop) for t, d in zip(box, drawn[0], strict=True))
        return Piece(
            number, one.kind, one.level, box, own[..., :3],
            np.where(first & ~behind, alpha, (first | behind).astype(np.float32)),
            np.where(first, np.float32(1.0), np.where(behind, weight, np.float32(0.0))),
            own[..., 3], (alpha < 1.0) & (first ^ behind), there, None if drawn is None else drawn[1],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Exposure:
    scene: LayeredScene
    slices: list[DepthSlice]
    lens: ThinLens
    psf_tables: PsfTables
    observer: RenderObserver | None = None

    def compose(self, progress: Progress) -> FloatArray:
        table = SliceTable.of(self.slices, self.scene.depth_range)
        finest = min(one.level for one in self.slices)
        coarsest = max(one.level for one in self.slices)
        front: FloatArray | None = None
        back: FloatArray | None = None
        for level in range(coarsest, -1, -1):
            front, back = self._level(level, level > finest, table, front, back)
            progress("blur", 4.0**-level)
        if self.observer is not None:
            self.observer.all_pieces()
        return front

    def _level(self, level, around, table, front, back):
        from ...kernels.doubling import finish, lay_behind, show
        from .layer_stack import enlarged, nothing

        size = self.scene.sizes[level]
        own = [number for number, one in enumerate(self.slices) if one.level == level]
        first_finer = min((n for n, one in enumerate(self.slices) if one.level < level), default=0)
        reach = {n: self._reach_px(self.slices[n], level) for n in own}
        halo = 2 * max(reach.values(), default=0) + 1
        out = np.empty((*size, 4 if level else 3), np.float32)
        behind_out = np.empty((*size, 4), np.float32) if around else None

        def make(box: PixelBox) -> None:
            corner = box[0].start, box[1].start
            holds = bool(own) and self._holds(level, box, halo, own, table)
            if level == 0 and front is not None and not holds:
                show(front, _NONE if back is None else back, *corner, out[box])
                return
            light = enlarged(front, box)
            behind = nothing(light.shape[:2]) if around else light
            if holds:
                outer = tuple(slice(max(b.start - halo, 0), min(b.stop + halo, n)) for b, n in zip(box, size))
                window = self._window(level, outer, table)
                for number in own:
                    canvas = behind if around and number > first_finer else light
                    drawn = self._draw(window, number, reach[number], level, box, canvas)
                    if self.observer is not None and window.support[number, 1] > 0:
                        self.observer.piece(window.piece(number, self.slices[number], box, drawn))
            if back is not None:
                lay_behind(behind, back, *corner)
            if behind_out is not None:
                behind_out[box] = behind
            if level:
                out[box] = light
            else:
                finish(light, out[box])

        each(make, boxes_of(size, TILE_PX))
        return out, behind_out

    def occluders(self, lights: PointLights) -> list[Occluder]:
        """Find what of the slices may stand before lights, near to far.

        Parameters
        ----------
        lights : PointLights

        Returns
        -------
        list of Occluder
            Only where some light's ray may come through.
        """
        table = SliceTable.of(self.slices, self.scene.depth_range)
        cells = LightCells.of_lights(lights, self.lens, self.psf_tables.ray_model)
        crossed = [self._crossed(number, cells) for number in range(len(self.slices))]
        jobs = []
        for level in sorted({one.level for one in self.slices}):
            own = [number for number, one in enumerate(self.slices) if one.level == level]
            for box in boxes_of(self.scene.sizes[level], TILE_PX):
                square = box[0].start // TILE_PX, box[1].start // TILE_PX
                numbers = [number for number in own if crossed[number][square]]
                if numbers:
                    jobs.append((level, box, numbers))
        found = [one for some in each(lambda job: self._pieces(*job, table), jobs) for one in some]
        return sorted(found, key=lambda o: (o.number, o.tile.inner[0].start, o.tile.inner[1].start))

    def _crossed(self, number: int, cells: LightCells) -> NDArray[np.bool_]:
        """Tiles of a slice's level in which rays of some lights may cross it."""
        one, kinds = self.slices[number], [each_one.kind for each_one in self.slices]
        # What is beyond the first and last slices of a class is part of them.
        first, last = kinds.index(one.kind) == number, number + 1 == len(kinds) or kinds[number + 1] != one.kind
        far, near = self.scene.depth_range
        depths = max(near, one.near) if first else one.near, min(far, one.far) if last else one.far
        side = TILE_PX * 2**one.level
        size = tuple(n * 2**one.level for n in self.scene.sizes[one.level])
        return cells.crossed(*depths, self.lens, size, side)

    def _pieces(self, level: int, box: PixelBox, own: list[int], table: SliceTable) -> list[Occluder]:
        """Find the pieces of some of a level's slices in a box."""
        from ...kernels.slices import silhouette

        if not self._holds(level, box, 0, own, table):
            return []
        size = self.scene.sizes[level]
        outer = tuple(
            slice(max(b.start - AROUND_PX, 0), min(b.stop + AROUND_PX, n)) for b, n in zip(box, size, strict=True)
        )
        window = self._window(level, outer, table)
        found = []
        for number in own:
            top, bottom, left, right = (int(v) for v in window.support[number])
            if top >= bottom:
                continue
            one = self.slices[number]
            depths = np.float32(one.far), np.float32(one.near)
            crop = (
                slice(max(top - AROUND_PX, 0), bottom + AROUND_PX),
                slice(max(left - AROUND_PX, 0), right + AROUND_PX),
            )
            fragments = tuple(np.ascontiguousarray(values[crop]) for values in window.fragments)
            numbers = np.ascontiguousarray(window.numbers[0][crop]), np.ascontiguousarray(window.numbers[1][crop])
            coverage, whole, dioptres = (np.empty(numbers[0].shape, np.float32) for _ in range(3))
            if not silhouette(fragments, numbers, number, depths, coverage, whole, dioptres):
                continue
            seen = tuple(
                slice(o.start + c.start, min(o.start + c.stop, o.stop)) for o, c in zip(outer, crop, strict=True)
            )
            inner = tuple(slice(max(b.start, s.start), min(b.stop, s.stop)) for b, s in zip(box, seen, strict=True))
            if inner[0].start >= inner[0].stop or inner[1].start >= inner[1].stop:
                continue
            piece = Occluder(self.lens, level, number, Tile(inner, seen, AROUND_PX), coverage, whole, dioptres)
            if piece.nearest > -np.inf:
                found.append(piece)
        return found

    def _holds(self, level, box, halo, own, table) -> bool:
        """Whether a slice of this level may lie in a box and what is around it."""
        from ..scene.layered import CELL

        low, high = self.scene.cells(level)
        cells = tuple(slice(max(b.start - halo, 0) // CELL, (b.stop + halo - 1) // CELL + 1) for b in box)
        for kind in range(3):
            least, most = low[kind][cells].min(), high[kind][cells].max()
            if least > most:
                continue
            for number in own:
                one = self.slices[number]
                if one.kind == kind and table.may_hold(number, kind, float(least), float(most)):
                    return True
        return False

    def _window(self, level: int, box: PixelBox, table: SliceTable) -> Window:
        """Look at a box of a level, as this lens cuts it into slices."""
        from ...kernels.slices import adopt

        window = Window.of(self.scene.window(level, box), box, table)
        for first, last, depths, coarser in self._cuts(level):
            halvings = coarser - level
            seen = tuple(
                slice(b.start >> halvings, min((b.stop - 1 >> halvings) + 1, n))
                for b, n in zip(box, self.scene.sizes[coarser], strict=True)
            )
            coarse = Window.of(self.scene.window(coarser, seen), seen, table)
            place = box[0].start, box[1].start, seen[0].start, seen[1].start, halvings
            adopt(
                window.fragments, window.numbers, coarse.fragments, coarse.numbers, place, (first, last), depths,
                window.support, window.depths,
            )  # fmt: skip
        return window

    def _cuts(self, level: int) -> list[tuple[int, int, tuple[np.float32, np.float32], int]]:
        """List where a level's slices lie beside a coarser level's: bounds and depths of `adopt`, and that level."""
        here = [number for number, one in enumerate(self.slices) if one.level <= level]
        first, last, cuts = self.slices[here[0]], self.slices[here[-1]], []

        def beyond(one: DepthSlice) -> float:
            return ((GOES_ON - 1.0) * one.most_px + GOES_ON_PX * 2**level) / self.lens.px_per_dioptre

        if here[0] > 0 and first.level == level:
            depths = np.float32(first.far), np.float32(first.near + beyond(first))
            cuts.append((here[0], len(self.slices), depths, self.slices[here[0] - 1].level))
        if here[-1] + 1 < len(self.slices) and last.level == level:
            depths = np.float32(last.far - beyond(last)), np.float32(last.near)
            cuts.append((-1, here[-1], depths, self.slices[here[-1] + 1].level))
        return cuts

    def _stays_sharp(self, window: Window, number: int, lens: ThinLens, level: int) -> bool:
        """Whether nothing in a window that a slice's coverage is reckoned from is spread beyond its pixel."""
        there = window.support[:, 0] < window.support[:, 1]
        radii = np.abs(lens.radius_px(window.depths[there].astype(np.float64)))
        numbers = np.flatnonzero(there)
        if radii[numbers == number].max() >= SHARP_PX:
            return False
        goes_on = GOES_ON * self.slices[number].most_px / 2**level + GOES_ON_PX
        behind = radii[numbers > number]
        signs = window.depths[there][numbers > number] - lens.focus_dioptres
        least = np.where(signs[:, 0] * signs[:, 1] < 0.0, 0.0, behind.min(axis=1))
        return not bool(((least <= goes_on) & (behind.max(axis=1) >= SHARP_PX)).any())

    def _reach_px(self, one: DepthSlice, level: int) -> int:
        """Pixels of the level that the light of a slice's pixels, and of its neighbours', may go."""
        most = GOES_ON * one.most_px + GOES_ON_PX * 2**level
        return math.ceil(self.psf_tables.ray_model.reach_px(most) / 2**level) + 1

    def _draw(
        self, window: Window, number: int, reach: int, level: int, box: PixelBox, canvas: FloatArray
    ) -> Drawn | None:
        from ...kernels.composite import HIDDEN, add
        from ...kernels.slices import NONE, full_values, sharp_light, slice_values, sum_radii

        top, bottom, left, right = (int(v) for v in window.support[number])
        if top >= bottom:
            return None
        origin = box[0].start - window.box[0].start, box[1].start - window.box[1].start
        # Rows and columns of the tile that the slice reaches and light still gets through to.
        first = max(top - reach - origin[0], 0), max(left - reach - origin[1], 0)
        last = min(bottom + reach - origin[0], canvas.shape[0]), min(right + reach - origin[1], canvas.shape[1])
        if first[0] >= last[0] or first[1] >= last[1]:
            return None
        clear = canvas[first[0] : last[0], first[1] : last[1], 3] > HIDDEN
        if not clear.any():
            return None
        rows, columns = box_around(clear)
        lens = lens_at_level(self.lens, level)
        if self.psf_tables.ray_model.is_thin and self._stays_sharp(window, number, lens, level):
            corner = origin[0] + first[0] + rows.start, origin[1] + first[1] + columns.start
            arrived = np.empty((rows.stop - rows.start, columns.stop - columns.start, 4), np.float32)
            sharp_light(window.fragments, window.numbers, number, corner, arrived)
            add(canvas, arrived, first[0] + rows.start, first[1] + columns.start)
            return _placed(arrived, first[0] + rows.start, first[1] + columns.start)
        drawn = tuple(slice(o + f + b.start, o + f + b.stop) for o, f, b in zip(origin, first, (rows, columns)))
        height, width = window.numbers[0].shape
        # ... pixels of the window that reach it, and around those the slice that tells their radii
        lit = (
            slice(max(drawn[0].start - reach, top - reach, 0), min(drawn[0].stop + reach, bottom + reach, height)),
            slice(max(drawn[1].start - reach, left - reach, 0), min(drawn[1].stop + reach, right + reach, width)),
        )
        seen = tuple(slice(max(b.start - reach, 0), min(b.stop + reach, n)) for b, n in zip(lit, (height, width)))
        if lit[0].start >= lit[0].stop or lit[1].start >= lit[1].stop:
            return None
        thin = np.float32(lens.focus_dioptres), np.float32(lens.px_per_dioptre)
        shape = lit[0].stop - lit[0].start, lit[1].stop - lit[1].start
        corner = lit[0].start, lit[1].start
        one = self.slices[number]
        most = np.float32(one.least_px / 2**level), np.float32(one.most_px / 2**level)
        values, radius = np.empty((*shape, 5), np.float32), np.empty(shape, np.float32)
        if (window.numbers[0][lit] == number).all() and (window.numbers[1][lit] == NONE).all():
            active = np.ones(shape, bool)
            full_values(window.fragments, thin, most, corner, values, radius)
        else:
            active = np.empty(shape, bool)
            sums = np.empty((seen[0].stop - seen[0].start + 1, seen[1].stop - seen[1].start + 1, 2))
            sum_radii(window.fragments, window.numbers, number, thin, (seen[0].start, seen[1].start), sums)
            around = sums, (lit[0].start - seen[0].start, lit[1].start - seen[1].start), reach
            slice_values(window.fragments, window.numbers, number, thin, most, corner, around, values, radius, active)
        wanted = tuple(slice(d.start - l.start, d.stop - l.start) for d, l in zip(drawn, lit))
        at = window.box[0].start + lit[0].start, window.box[1].start + lit[1].start
        largest = GOES_ON * one.most_px / 2**level + GOES_ON_PX
        arrived = self.psf_tables.scatter(values, radius, active, at, wanted, level, largest)
        add(canvas, arrived, drawn[0].start - origin[0], drawn[1].start - origin[1])
        return _placed(arrived, drawn[0].start - origin[0], drawn[1].start - origin[1])


def _placed(arrived: FloatArray, top: int, left: int) -> Drawn:
    """Say where in a tile something arrives."""
    return (slice(top, top + arrived.shape[0]), slice(left, left + arrived.shape[1])), arrived


_NONE: FloatArray = np.empty((0, 0, 4), np.float32)


def boxes_of(size: tuple[int, int], side: int) -> list[PixelBox]:
    """Cut a picture (H, W) into boxes."""
    height, width = size
    return [
        (slice(top, min(top + side, height)), slice(left, min(left + side, width)))
        for top in range(0, height, side)
        for left in range(0, width, side)
    ]
