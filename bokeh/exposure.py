"""One lens before one scene: the cuts it needs, each made at its own size, from the coarsest to the finest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .aperture import Aperture
from .composite import Over, enlarged, nothing
from .cores import each
from .lens import ThinLens
from .levels import Levels, at_level
from .masks import dilate
from .plan import Cut, Step, SubjectRange, steps_at
from .progress import Progress
from .sheets import peel, take_all
from .spread import HIDDEN, spread
from .sprites import Silhouette
from .tiles import GUIDE_LEVELS, Tile, cells_of, tiles
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
        Where one of the drawn steps has something, at the guide's size.
    """

    behind: list[FloatArray]
    drawn: BoolArray


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
    aperture : Aperture
    watch : Watcher or None
        Is shown every piece; None where nobody watches.
    silhouettes : list of Silhouette
        What may stand before a light; collected when there are any.
    """

    levels: Levels
    cuts: list[Cut]
    subject: SubjectRange | None
    lens: ThinLens
    aperture: Aperture
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
        for level in range(coarsest, -1, -1):
            if level > finest:
                front, back = self._around(level, front, back)
            else:
                front, back = self._between(level, front, back), None
            progress("blur", 4.0**-level)
        assert front is not None
        if self.watch is not None:
            self._show_rest(self.watch)
            self.watch.all_pieces()
        return front[..., :3]

    def _around(
        self, level: int, front: FloatArray | None, back: FloatArray | None
    ) -> tuple[FloatArray | None, FloatArray | None]:
        """Add a level's pieces to what stands before the finer ones, and to what lies behind them."""
        size = self.levels.sizes[level]
        first_finer = min(n for n, cut in enumerate(self.cuts) if cut.level < level)
        both = [np.empty((*size, 4), np.float32) for _ in range(2)]

        def make(tile: Tile, steps: list[Step], guide: Guide | None) -> None:
            before, behind = Over(enlarged(front, tile.inner)), Over(nothing(tile.size))
            self._lay(level, tile, steps, guide, lambda step: before if step.number < first_finer else behind)
            behind.end(enlarged(back, tile.inner))
            both[0][tile.inner], both[1][tile.inner] = before.light, behind.light

        self._each_tile(level, make)
        return both[0], both[1]

    def _between(self, level: int, front: FloatArray | None, back: FloatArray | None) -> FloatArray:
        """Put the finest pieces between what stands before them and what lies behind."""
        out = np.empty((*self.levels.sizes[level], 4), np.float32)

        def make(tile: Tile, steps: list[Step], guide: Guide | None) -> None:
            over = Over(enlarged(front, tile.inner))
            self._lay(level, tile, steps, guide, lambda step: over)
            over.end(enlarged(back, tile.inner))
            out[tile.inner] = over.light

        self._each_tile(level, make)
        return out

    def _each_tile(self, level: int, make: Callable[[Tile, list[Step], Guide | None], None]) -> None:
        drawn = [cut.most_px for cut in self.cuts if cut.level == level]
        steps = steps_at(self.cuts, level) if drawn else []
        reach = 3.0 * max(drawn, default=0.0) / 2**level + 10.0
        parts = list(tiles(self.levels.sizes[level], reach))
        guide = self._guide(level, steps, reach) if steps and len(parts) > 1 else None
        each(lambda tile: make(tile, steps, guide), parts)

    def _guide(self, level: int, steps: list[Step], reach: float) -> Guide:
        """Take the steps at a cell a pixel."""
        coarse = level + GUIDE_LEVELS
        lens = at_level(self.lens, coarse)
        size = self.levels.sizes[coarse]
        rest = self.levels.part(coarse, (slice(0, size[0]), slice(0, size[1])), self.lens)
        behind: list[FloatArray] = []
        drawn = np.zeros(size, bool)
        for step in steps:
            for _, sheet in peel(rest, [step], self.subject, lens):
                drawn[sheet.box] |= sheet.coverage > 0.0
            behind.append(cells_of(rest.rgbd))
        return Guide(behind, dilate(drawn, 1 + int(reach / 3.0) // 2**GUIDE_LEVELS))

    def _lay(
        self, level: int, tile: Tile, steps: list[Step], guide: Guide | None, over: Callable[[Step], Over]
    ) -> None:
        """Lay a tile's own pieces behind each other."""
        behind = None
        if guide is not None:
            if not guide.drawn[tile.guide].any() and not self._has(level, tile, steps):
                return
            behind = [values[tile.cells] for values in guide.behind]
        lens = at_level(self.lens, level)
        rest = self.levels.part(level, tile.outer, self.lens)
        whole = None if self.watch is None else np.array(rest.rgbd[..., :3])
        for step, sheet in peel(rest, steps, self.subject, lens, behind):
            canvas = over(step)
            if self.levels.lights is not None:
                piece = Silhouette.of(sheet, level, step.number, tile)
                if piece is not None:
                    self.silhouettes.append(piece)
            drawn = spread(sheet, lens, self.aperture, canvas.clear, tile.within)
            if drawn is not None:
                canvas.add(drawn)
            if self.watch is not None and whole is not None:
                self.watch.piece(Piece.of(step.number, level, tile, sheet, whole, drawn))
            if canvas.clear.max() <= HIDDEN:
                break

    def _show_rest(self, watch: Watcher) -> None:
        """Show what is taken apart, and what is left behind the subject at the finest level that took it off."""
        height, width = self.levels.sizes[0]
        watch.without_lights(self.levels.part(0, (slice(0, height), slice(0, width)), self.lens).rgbd[..., :3])
        number = next((n for n, cut in enumerate(self.cuts) if cut.is_subject), None)
        if number is None:
            return
        level = min(cut.level for cut in self.cuts[number:])

        def show(tile: Tile, steps: list[Step], guide: Guide | None) -> None:
            behind = None if guide is None else [values[tile.cells] for values in guide.behind]
            rest = self.levels.part(level, tile.outer, self.lens)
            whole = np.array(rest.rgbd[..., :3])
            taken = [step for step in steps if step.number <= number]
            for _ in peel(rest, taken, self.subject, at_level(self.lens, level), behind):
                pass
            watch.behind_subject(Piece.of(number, level, tile, take_all(rest).sheet(), whole, None))

        self._each_tile(level, show)

    def _has(self, level: int, tile: Tile, steps: list[Step]) -> bool:
        """Whether something of the drawn steps is seen in or around a tile; what is too thin for the guide is."""
        dioptres, matte = self.levels.depth_and_matte(level, tile.outer)
        above = np.inf
        for step in steps:
            if step.drawn and step.cut.is_subject and (matte is None or bool((matte > 0.004).any())):
                return True
            if step.drawn and not step.cut.is_subject:
                if bool(((dioptres >= step.cut.threshold) & (dioptres < above)).any()) or (
                    step.is_last and bool((dioptres < above).any())
                ):
                    return True
            if not step.cut.is_subject:
                above = step.cut.threshold
        return False
