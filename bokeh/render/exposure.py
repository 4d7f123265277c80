"""One lens before a layered scene: its slices, each made at its own size, composed near to far and coarse to fine."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..core.allocator import give_back_freed_memory
from ..core.arrays import BoolArray, FloatArray
from ..core.progress import Progress
from ..core.scratch import Room, Scratch
from ..core.threads import LEAST_PIXELS, cores, each
from ..image.boxes import boxes_beside, boxes_of, common_part, even_boxes, grown
from ..image.regions import PixelBox, marked_part
from ..scene.light_energy import CELL_PX
from .layer_stack import enlarged, nothing
from .observer import RenderObserver
from .parts import PictureParts
from .slice_light import SliceLight
from .sliced_scene import SlicedScene

TILE_PX = 384
"""Side of what a thread makes at a time; the picture does not depend on it."""

AROUND_STRIP = 4
"""Rows of the level next to the photo's own that are made beyond what a strip is for: enlarging looks around."""

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
    top : int
        Row of the level that they begin at.
    """

    front: FloatArray
    back: FloatArray | None
    top: int = 0

    def finer_row(self, row: int) -> int:
        """Count a row of the next finer level from where they begin."""
        return row - 2 * self.top


class _Strip:
    """Rows of the level next to the photo's own, made by several threads and let go once the photo has shown them.

    Parameters
    ----------
    blank : callable
        Makes room for them.
    parts, readers : int
        How many parts they are made in, and how often they are read.
    """

    def __init__(self, blank: Callable[[], Composed], parts: int, readers: int) -> None:
        self._blank, self._parts, self._readers = blank, parts, readers
        self._composed: Composed | None = None
        self._changed = threading.Condition()

    @contextmanager
    def part(self) -> Iterator[Composed]:
        """Lend them to whoever makes a part."""
        try:
            with self._changed:
                made = self._composed = self._composed or self._blank()
            yield made
        finally:  # after an error, too: others would wait for ever
            with self._changed:
                self._parts -= 1
                self._changed.notify_all()

    @contextmanager
    def whole(self) -> Iterator[Composed]:
        """Wait until all parts are made, and lend them to a reader."""
        with self._changed:
            self._changed.wait_for(lambda: self._parts == 0)
            made = self._composed
        assert made is not None
        yield made
        with self._changed:
            self._readers -= 1
            if self._readers == 0:
                self._composed = None


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
    changing : bool (h, w), or None
        Cells of `light_energy.CELL_PX` pixels of the photo that are made. What lies in no such cell is left undefined:
        the photo's own pixels are shown there. None for all, which who looks on needs.
    """

    light: SliceLight
    observer: RenderObserver | None = None
    changing: BoolArray | None = None
    _scratch: Scratch = field(default_factory=Scratch, init=False, repr=False)

    @property
    def sliced(self) -> SlicedScene:
        """The scene as the lens cuts it."""
        return self.light.sliced

    def compose(self, progress: Progress, parts: PictureParts | None = None) -> FloatArray:
        """Compose the scene without its lights: float32 (H, W, 3), those parts first that are wanted first."""
        levels = self.sliced.levels
        # Who looks on is shown every piece once, and parts may be wanted in any order.
        in_strips = len(levels) > 1 and parts is None and self.observer is None
        composed: Composed | None = None
        for level in reversed(levels[2:] if in_strips else levels[1:]):
            composed = self._level(level, composed, progress)
            progress("blur", 4.0**-level)
        picture = np.empty((*self.sliced.scene.sizes[0], 3), np.float32)
        give_back_freed_memory(picture.nbytes)  # from here on a render holds most
        if in_strips:
            self._show_strips(composed, progress, picture)
        else:
            self._show_all(composed, progress, parts, picture)
        progress("blur", 1.0)
        if self.observer is not None:
            self.observer.all_pieces()
        return picture

    def _level(self, level: int, coarser: Composed | None, progress: Progress) -> Composed:
        """Put a level's slices between what stands before them and what lies behind."""
        size = self.sliced.scene.sizes[level]
        made = self._blank(level, slice(0, size[0]))

        def fill(box: PixelBox) -> None:
            progress("blur", 4.0 ** -(level + 1))
            self._fill(level, box, coarser, made)

        each(fill, _tiles(size))
        return made

    def _blank(self, level: int, rows: slice) -> Composed:
        """Make room for rows of a level."""
        size = rows.stop - rows.start, self.sliced.scene.sizes[level][1], 4
        is_between = level <= self.sliced.finest
        return Composed(np.empty(size, np.float32), None if is_between else np.empty(size, np.float32), rows.start)

    def _fill(self, level: int, box: PixelBox, coarser: Composed | None, made: Composed) -> None:
        """Make a box of a level."""
        own = slice(box[0].start - made.top, box[0].stop - made.top), box[1]
        with self._scratch.room() as room:
            draws = self._drawn_part(level, box) is not None
            made.front[own], behind = self._tile(level, box, coarser, room, draws=draws)
            if made.back is not None:
                made.back[own] = behind

    def _show_strips(self, coarser: Composed | None, progress: Progress, picture: FloatArray) -> None:
        """Make the photo's own size from top to bottom, and the level next to it only a little ahead: it is large."""
        size, begun = self.sliced.scene.sizes[1], itertools.count()
        jobs: list[Callable[[], None]] = []
        shown: list[Callable[[], None]] = []

        def fill(strip: _Strip, box: PixelBox) -> None:
            with strip.part() as made:
                self._fill(1, box, coarser, made)

        def show(strip: _Strip, box: PixelBox) -> None:
            progress("blur", max(0.25, next(begun) / len(boxes)))
            with strip.whole() as made:
                self._show(box, made, picture)

        boxes = boxes_of(self.sliced.scene.sizes[0], TILE_PX)
        for top in range(0, size[0], TILE_PX):
            rows = slice(max(top - AROUND_STRIP, 0), min(top + TILE_PX + AROUND_STRIP, size[0]))
            own = [box for box in boxes if 2 * top <= box[0].start < 2 * (top + TILE_PX)]
            across = [columns for _, columns in boxes_of((1, size[1]), TILE_PX)]
            strip = _Strip(partial(self._blank, 1, rows), len(across), len(own))
            # A strip is begun before the photo's tiles of the one above: nobody waits for long.
            jobs += [*(partial(fill, strip, (rows, columns)) for columns in across), *shown]
            shown = [partial(show, strip, box) for box in own]
        each(lambda job: job(), [*jobs, *shown])

    def _show_all(
        self, coarser: Composed | None, progress: Progress, parts: PictureParts | None, picture: FloatArray
    ) -> None:
        """Make the photo's own size of the whole level next to it."""
        boxes = _tiles(self.sliced.scene.sizes[0]) if parts is None else parts.tiles(TILE_PX)
        begun = itertools.count()

        def make(box: PixelBox) -> None:
            progress("blur", max(0.25, next(begun) / len(boxes)))
            self._show(box, coarser, picture)
            if parts is not None:
                parts.made(picture, box)

        each(make, boxes)

    def _show(self, box: PixelBox, coarser: Composed | None, picture: FloatArray) -> None:
        """Make of a box of the photo's own size what changes, and take what arrived for all there is."""
        from ...kernels.doubling import finish, show

        if self.changing is not None:
            changing = marked_part(self.changing, CELL_PX, box)
            if changing is None or (common := common_part(box, changing)) is None:
                return
            box = common
        drawn = box if coarser is None else self._drawn_part(0, box)
        if drawn is not None:
            with self._scratch.room() as room:
                light = self._tile(0, drawn, coarser, room, draws=True)[0]
                finish(light, drawn[0].start, drawn[1].start, picture)
        if coarser is not None:
            back = _NONE if coarser.back is None else coarser.back
            for rows, columns in boxes_beside(box, drawn):
                first = coarser.finer_row(rows.start)
                place = first, columns.start, rows.stop - rows.start, columns.stop - columns.start
                show(coarser.front, back, place, picture[rows.start - first :])

    def _tile(
        self, level: int, box: PixelBox, coarser: Composed | None, room: Room, *, draws: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Make a tile of a level: what stands before the finer slices, and what lies behind; one where none are.

        `draws` says whether a slice of the level may be seen in it.
        """
        from ...kernels.composite import add
        from ...kernels.doubling import lay_behind

        size, first = (box[0].stop - box[0].start, box[1].stop - box[1].start), box[0].start
        if coarser is not None:
            first = coarser.finer_row(first)
        seen_through = slice(first, first + size[0]), box[1]
        before = enlarged(None if coarser is None else coarser.front, seen_through, room.empty)
        behind = before if level <= self.sliced.finest else nothing(size, room.empty)
        if draws:
            first_finer = next((n for n, one in enumerate(self.sliced.slices) if one.level < level), 0)
            seen = grown(box, self._halo_px(level), self.sliced.scene.sizes[level])
            window = self.sliced.window(level, seen, room.empty)
            for number in self.sliced.numbers_at(level):
                if not window.holds(number):
                    continue
                canvas = behind if number > first_finer else before
                with room.passing():
                    drawn = self.light.arriving(window, number, box, canvas, room.empty)
                    if drawn is not None:
                        (rows, columns), arrived = drawn
                        add(canvas, arrived, rows.start, columns.start)
                    if self.observer is not None:
                        self.observer.piece(window.piece(number, self.sliced.slices[number], box, drawn))
        if coarser is not None and coarser.back is not None:
            lay_behind(behind, coarser.back, first, box[1].start)
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
