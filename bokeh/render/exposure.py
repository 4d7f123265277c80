"""One lens before a layered scene: its slices, each made at its own size, composed near to far and coarse to fine."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from ..core.allocator import give_back_freed_memory
from ..core.arrays import FloatArray
from ..core.progress import Progress
from ..core.threads import LEAST_PIXELS, cores, each
from ..image.boxes import boxes_beside, boxes_of, common_part, even_boxes, grown
from ..image.regions import PixelBox
from .layer_stack import enlarged, nothing
from .observer import RenderObserver
from .parts import PictureParts
from .slice_light import SliceLight
from .sliced_scene import SlicedScene

TILE_PX = 384
"""Side of what a thread makes at a time; the picture does not depend on it."""

_NONE: FloatArray = np.empty((0, 0, 4), np.float32)


@dataclass(frozen=True, eq=False)
class Composed:
    """A level with all that is coarser.

    Attributes
    ----------
    front : float32 (h, w, 4)
        What stands before the finer levels' slices: colour that arrives, and the share of light that gets through.
    back : float32 (h, w, 4), or None
        What lies behind them; None where nothing finer comes between.
    """

    front: FloatArray
    back: FloatArray | None


@dataclass(frozen=True, eq=False)
class Exposure:
    """A lens before a scene.

    What stands in front of the finer levels' slices and what lies behind them are two pictures, as large as the level;
    the next finer level enlarges both and puts its own slices between.

    Attributes
    ----------
    light : SliceLight
        The scene's slices as the lens shows them.
    observer : RenderObserver or None
        Is shown every piece of a slice; None where nobody looks on.
    """

    light: SliceLight
    observer: RenderObserver | None = None

    @property
    def sliced(self) -> SlicedScene:
        """The scene as the lens cuts it."""
        return self.light.sliced

    def compose(self, progress: Progress, parts: PictureParts | None = None) -> FloatArray:
        """Compose the scene without its lights: float32 (H, W, 3), those parts first that are wanted first."""
        composed: Composed | None = None
        for level in reversed(self.sliced.levels[1:]):
            composed = self._level(level, composed, progress)
            progress("blur", 4.0**-level)
        picture = self._photo(composed, progress, parts)
        progress("blur", 1.0)
        if self.observer is not None:
            self.observer.all_pieces()
        return picture

    def _level(self, level: int, coarser: Composed | None, progress: Progress) -> Composed:
        """Put a level's slices between what stands before them and what lies behind."""
        size = self.sliced.scene.sizes[level]
        is_between = level <= self.sliced.finest
        front = np.empty((*size, 4), np.float32)
        back = None if is_between else np.empty((*size, 4), np.float32)

        def make(box: PixelBox) -> None:
            progress("blur", 4.0 ** -(level + 1))
            before, behind = self._tile(level, box, coarser, draws=self._drawn_part(level, box) is not None)
            front[box] = before
            if back is not None:
                back[box] = behind

        each(make, _tiles(size))
        return Composed(front, back)

    def _photo(self, coarser: Composed | None, progress: Progress, parts: PictureParts | None) -> FloatArray:
        """Make the photo's own size, and take what arrived for all there is."""
        from ...kernels.doubling import finish, show

        size = self.sliced.scene.sizes[0]
        picture = np.empty((*size, 3), np.float32)
        give_back_freed_memory(picture.nbytes)  # from here on a render holds most
        boxes = _tiles(size) if parts is None else parts.tiles(TILE_PX)
        begun = itertools.count()

        def make(box: PixelBox) -> None:
            progress("blur", max(0.25, next(begun) / len(boxes)))
            drawn = box if coarser is None else self._drawn_part(0, box)
            if drawn is not None:
                finish(self._tile(0, drawn, coarser, draws=True)[0], drawn[0].start, drawn[1].start, picture)
            if coarser is not None:
                back = _NONE if coarser.back is None else coarser.back
                for rows, columns in boxes_beside(box, drawn):
                    place = rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start
                    show(coarser.front, back, place, picture)
            if parts is not None:
                parts.made(picture, box)

        each(make, boxes)
        return picture

    def _tile(
        self, level: int, box: PixelBox, coarser: Composed | None, *, draws: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Make a tile of a level: what stands before the finer slices, and what lies behind; one where none are.

        `draws` says whether a slice of the level may be seen in it.
        """
        from ...kernels.composite import add
        from ...kernels.doubling import lay_behind

        before = enlarged(None if coarser is None else coarser.front, box)
        behind = before if level <= self.sliced.finest else nothing((before.shape[0], before.shape[1]))
        if draws:
            first_finer = next((n for n, one in enumerate(self.sliced.slices) if one.level < level), 0)
            window = self.sliced.window(level, grown(box, self._halo_px(level), self.sliced.scene.sizes[level]))
            for number in self.sliced.numbers_at(level):
                if not window.holds(number):
                    continue
                canvas = behind if number > first_finer else before
                drawn = self.light.arriving(window, number, box, canvas)
                if drawn is not None:
                    (rows, columns), arrived = drawn
                    add(canvas, arrived, rows.start, columns.start)
                if self.observer is not None:
                    self.observer.piece(window.piece(number, self.sliced.slices[number], box, drawn))
        if coarser is not None and coarser.back is not None:
            lay_behind(behind, coarser.back, box[0].start, box[1].start)
        return before, behind

    def _drawn_part(self, level: int, box: PixelBox) -> PixelBox | None:
        """Return the part of a box in which a slice of a level may be seen; None where none is."""
        size, reach = self.sliced.scene.sizes[level], self.light.reach_at(level)
        held = self.sliced.held_in(level, grown(box, reach, size))
        return None if held is None else common_part(box, grown(held, reach, size))

    def _halo_px(self, level: int) -> int:
        """How far beyond itself a tile looks: as far as light reaches, and as far again for what tells its radius."""
        return 2 * self.light.reach_at(level) + 1


def _tiles(size: tuple[int, int]) -> list[PixelBox]:
    """Cut a level into tiles: every core has one, unless it is hardly worth it."""
    tiles = boxes_of(size, TILE_PX)
    is_few = len(tiles) < cores() and size[0] * size[1] >= LEAST_PIXELS
    return even_boxes(size, TILE_PX, cores()) if is_few else tiles
