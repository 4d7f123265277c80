"""One lens before one scene: the cuts it needs, each made at its own size, from the coarsest to the finest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .composite import Over, enlarged, nothing
from .cores import each
from .lens import ThinLens
from .levels import Levels, at_level
from .masks import box_around, dilate
from .outline import Outlines
from .plan import Cut, Step, SubjectRange, steps_at
from .progress import Progress
from .sheets import peel, take_all
from .spread import HIDDEN, spread
from .sprites import Silhouette
from .tiles import GUIDE_LEVELS, Tile, cells_of, moved, tiles
from .watch import Piece, Watcher

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Guide:
    """What a level's steps leave, seen at a size at which the whole picture is one tile.

    Attributes
    ----------
    behind : list of float32 (h, w, 4)
        For each step, what is left behind it, a cell a pixel.
    drawn : bool (h', w')
        Where one of the drawn steps has something that may be seen, at the guide's size.
    reach_px : int
        How far that is spread at the level itself.
    """

    behind: list[FloatArray]
    drawn: BoolArray
    reach_px: int


@dataclass(eq=False)
class Exposure:
    """A scene as one lens sees it, composed from the coarsest level to the finest.

    What stands in front of the finer levels' pieces and what lies behind them are two pictures, as large as the level;
    the next finer level enlarges both and puts its own pieces between.

    Attributes
    ----------
    levels : Levels
    cuts : list of Cut
    subject : SubjectRange or None
    lens : ThinLens
    outlines : Outlines
        What the lens makes of a point of light.
    watch : Watcher or None
        Is shown every piece; None where nobody watches.
    silhouettes : list of Silhouette
        What may stand before a light; collected when there are any.
    """

    levels: Levels
    cuts: list[Cut]
    subject: SubjectRange | None
    lens: ThinLens
    outlines: Outlines
    watch: Watcher | None = None
    silhouettes: list[Silhouette] = field(default_factory=list)

    def picture(self, progress: Progress) -> FloatArray:
        """Compose the scene without its lights: float32 (H, W, 3)."""
        front: FloatArray | None = None
        back: FloatArray | None = None
        finest = min(cut.level for cut in self.cuts)
        coarsest = max(cut.level for cut in self.cuts)
        progress("halve", 0.0)
        if coarsest > 0:
            self.levels.make()
        progress("blur", 0.0)
        for level in range(coarsest, finest, -1):
            front, back = self._around(level, front, back)
            progress("blur", 4.0**-level)
        for level in range(finest, -1, -1):
            # Nothing is seen through what is complete, and the photo's own size needs no share of light.
            front, back = self._between(level, front, back, 4 if level else 3), None
            progress("blur", 4.0**-level)
        assert front is not None
        if self.watch is not None:
            self._show_rest(self.watch)
            self.watch.all_pieces()
        return front

    def _around(
        self, level: int, front: FloatArray | None, back: FloatArray | None
    ) -> tuple[FloatArray | None, FloatArray | None]:
        """Add a level's pieces to what stands before the finer ones, and to what lies behind them."""
        size = self.levels.sizes[level]
        first_finer = min(n for n, cut in enumerate(self.cuts) if cut.level < level)
        both = [np.empty((*size, 4), np.float32) for _ in range(2)]

        def make(tile: Tile, steps: list[Step], guide: Guide | None) -> None:
            before, behind = Over(enlarged(front, tile.inner)), Over(nothing(tile.size))
            self._lay(level, tile, steps, guide, (before, behind), lambda step: int(step.number > first_finer))
            behind.end(enlarged(back, tile.inner))
            both[0][tile.inner], both[1][tile.inner] = before.light, behind.light

        self._each_tile(level, make)
        return both[0], both[1]

    def _between(self, level: int, front: FloatArray | None, back: FloatArray | None, channels: int) -> FloatArray:
        """Put the finest pieces between what stands before them and what lies behind."""
        out = np.empty((*self.levels.sizes[level], channels), np.float32)

        def make(tile: Tile, steps: list[Step], guide: Guide | None) -> None:
            over = Over(enlarged(front, tile.inner))
            self._lay(level, tile, steps, guide, (over,), lambda step: 0)
            if over.clear.any():
                over.end(enlarged(back, tile.inner))
            out[tile.inner] = over.light[..., :channels]

        self._each_tile(level, make)
        return out

    def _each_tile(self, level: int, make: Callable[[Tile, list[Step], Guide | None], None]) -> None:
        drawn = [cut.most_px for cut in self.cuts if cut.level == level]
        steps = steps_at(self.cuts, level) if drawn else []
        reach = self.outlines.optics.reach_px(max(drawn)) / 2**level if drawn else 0.0
        parts = list(tiles(self.levels.sizes[level], 3.0 * reach + 10.0))
        guide = self._guide(level, steps, reach) if steps and len(parts) > 1 else None
        each(lambda tile: make(tile, steps, guide), parts)

    def _guide(self, level: int, steps: list[Step], reach: float) -> Guide:
        """Take the steps at a cell a pixel."""
        coarse = level + GUIDE_LEVELS
        lens = at_level(self.lens, coarse)
        size = self.levels.sizes[coarse]
        rest = self.levels.part(coarse, (slice(0, size[0]), slice(0, size[1])))
        rest.is_guide = True
        behind: list[FloatArray] = []
        drawn = np.zeros(size, bool)
        for step in steps:
            for _, sheet in peel(rest, [step], self.subject, lens):
                drawn[sheet.box] |= sheet.coverage > 0.0
            behind.append(cells_of(rest.rgbd))
        reach_px = int(reach) + 4
        return Guide(behind, dilate(drawn, 1 + (reach_px >> GUIDE_LEVELS)), reach_px)

    def _lay(
        self,
        level: int,
        tile: Tile,
        steps: list[Step],
        guide: Guide | None,
        canvases: tuple[Over, ...],
        which: Callable[[Step], int],
    ) -> None:
        """Lay a tile's own pieces behind each other, each on one of the canvases that show the tile."""
        behind = None
        part = tile
        if guide is not None:
            part = self._part_with(level, tile, steps, guide)
            if part is None:
                return
            behind = [values[part.cells] for values in guide.behind]
        here = part.inside(tile)
        parts = [Over(np.ascontiguousarray(canvas.light[here])) for canvas in canvases]
        lens = at_level(self.lens, level)
        rest = self.levels.part(level, part.outer)
        whole = None if self.watch is None else np.array(rest.rgbd[..., :3])
        for step, sheet in peel(rest, steps, self.subject, lens, behind):
            canvas = parts[which(step)]
            if self.levels.lights is not None:
                piece = Silhouette.of(sheet, level, step.number, part, self.lens)
                if piece is not None:
                    self.silhouettes.append(piece)
            at = part.outer[0].start, part.outer[1].start
            drawn = spread(sheet, lens, self.outlines, level, at, canvas.clear, part.within)
            if drawn is not None:
                canvas.add(drawn)
            if self.watch is not None and whole is not None:
                self.watch.piece(Piece.of(step.number, level, part, sheet, whole, drawn))
            if canvas.clear.max() <= HIDDEN:
                break
        for canvas, done in zip(canvases, parts, strict=True):
            canvas.light[here] = done.light

    def _show_rest(self, watch: Watcher) -> None:
        """Show what is taken apart, and what is left behind the subject at the finest level that took it off."""
        height, width = self.levels.sizes[0]
        watch.without_lights(self.levels.part(0, (slice(0, height), slice(0, width))).rgbd[..., :3])
        number = next((n for n, cut in enumerate(self.cuts) if cut.is_subject), None)
        if number is None:
            return
        level = min(cut.level for cut in self.cuts[number:])

        def show(tile: Tile, steps: list[Step], guide: Guide | None) -> None:
            behind = None if guide is None else [values[tile.cells] for values in guide.behind]
            rest = self.levels.part(level, tile.outer)
            whole = np.array(rest.rgbd[..., :3])
            taken = [step for step in steps if step.number <= number]
            for _ in peel(rest, taken, self.subject, at_level(self.lens, level), behind):
                pass
            watch.behind_subject(Piece.of(number, level, tile, take_all(rest).sheet(), whole, None))

        self._each_tile(level, show)

    def _part_with(self, level: int, tile: Tile, steps: list[Step], guide: Guide) -> Tile | None:
        """Cut a tile to where something of the drawn steps may be seen; what is too thin for the guide is, too."""
        dioptres, matte = self.levels.depth_and_matte(level, tile.outer)
        there = np.zeros(dioptres.shape, bool)
        above = np.float32(np.inf)
        for step in steps:
            if step.cut.is_subject:
                if step.drawn and matte is not None:
                    there |= matte > 0.0
                continue
            if step.drawn:
                there |= (dioptres >= (0.0 if step.is_last else step.cut.threshold)) & (dioptres < above)
            above = np.float32(step.cut.threshold)
        boxes = []
        if there.any():
            rows, columns = box_around(there, guide.reach_px)
            boxes.append(moved((rows, columns), tile.outer))
        coarse = guide.drawn[tile.guide]
        if coarse.any():
            rows, columns = (slice(b.start << GUIDE_LEVELS, b.stop << GUIDE_LEVELS) for b in box_around(coarse))
            boxes.append(moved((rows, columns), tile.outer))
        return tile.cut(boxes, self.levels.sizes[level])
