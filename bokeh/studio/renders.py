"""Full renders, and the tiles of them that a page looks at, as large as it shows them."""

from __future__ import annotations

import math
import secrets
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from math import hypot

import numpy as np

from ..core.arrays import FloatArray
from ..core.progress import Progress
from ..image.boxes import common_part
from ..image.regions import PixelBox
from ..image.resize import resize
from ..render.parts import PictureParts
from .desk import FULL, Desk
from .errors import NotThereError, Superseded
from .view import TILE_QUALITY, Look, View, jpeg_of

TILE_PX, SHOWN_TILE_PX = 1024, 512
"""Side of a tile, of the picture and as it is shown; whichever holds more."""

MOST_REDUCED = 8

TileBox = tuple[int, int, int, int]
"""x0, y0, x1, y1."""

Arrived = tuple[FloatArray, float]
"""A picture, float32 (H, W, 3), of which at least what was waited for is finished, and the seconds that it took."""


class Arrivals:
    """The parts of a picture as they are finished, for whoever waits for some of them.

    Parameters
    ----------
    parts : list of (slice, slice)
    """

    def __init__(self, parts: list[PixelBox]) -> None:
        self._lock = threading.Lock()
        self._parts = parts
        self._waiting: list[tuple[PixelBox, Future[Arrived]]] = []
        self._end: Arrived | BaseException | None = None
        self.begin()

    def begin(self) -> None:
        """Make the picture, or make it anew: what has arrived stays with those who have it."""
        with self._lock:
            self._left = list(self._parts)
            self._picture: FloatArray | None = None
            self._begun = time.perf_counter()

    def finished(self, picture: FloatArray, part: PixelBox) -> None:
        """Tell that a part is finished; from any thread."""
        with self._lock:
            self._left.remove(part)
            self._picture = picture
            arrived = picture, time.perf_counter() - self._begun
            ready = [one for one in self._waiting if self._is_there(one[0])]
            self._waiting = [one for one in self._waiting if one not in ready]
        for _, future in ready:
            future.set_result(arrived)

    def end(self, picture: Future[FloatArray]) -> None:
        """Tell that all of it is, or that there will be no picture."""
        error = picture.exception()
        with self._lock:
            self._end = error or (picture.result(), time.perf_counter() - self._begun)
            ready, self._waiting = self._waiting, []
        for _, future in ready:
            self._settle(future)

    def wait(self, box: PixelBox) -> Future[Arrived]:
        """Wait until a box is finished."""
        future: Future[Arrived] = Future()
        future.set_running_or_notify_cancel()  # nobody ends it but the render
        with self._lock:
            if self._end is None and not self._is_there(box):
                self._waiting.append((box, future))
                return future
            arrived = None if self._picture is None else (self._picture, time.perf_counter() - self._begun)
        if self._end is not None:
            self._settle(future)
        elif arrived is not None:
            future.set_result(arrived)
        return future

    def _is_there(self, box: PixelBox) -> bool:
        return all(common_part(box, part) is None for part in self._left)

    def _settle(self, future: Future[Arrived]) -> None:
        if isinstance(self._end, BaseException):
            future.set_exception(self._end)
        elif self._end is not None:
            future.set_result(self._end)


@dataclass(frozen=True, eq=False)
class FullRender:
    """A picture at the photo's own size, while it is made and after.

    Attributes
    ----------
    key : str
    view : View
    arrivals : Arrivals
    """

    key: str
    view: View
    arrivals: Arrivals = field(repr=False)

    def tile(self, box: TileBox, by: int, rgb: FloatArray) -> bytes:
        """Code a tile as a JPEG, so many times smaller."""
        rows, columns = pixels_of(box)
        size = -(-(rows.stop - rows.start) // by), -(-(columns.stop - columns.start) // by)
        shown = resize(np.clip(rgb[rows, columns], 0.0, 1.0), size, "area")
        return jpeg_of(shown, self.view.photo.profile, TILE_QUALITY)


class Renders:
    """The last full render of each page: they are large."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._lock = desk, threading.Lock()
        self._of_page: dict[str, FullRender] = {}

    def begin(self, page: str, view: View, look: Look, tiles: list[TileBox]) -> FullRender:
        """Have a picture made, those tiles first that stand first; the page's last one is dropped."""
        parts = [pixels_of(tile) for tile in tiles]
        arrivals = Arrivals(parts)

        def work(progress: Progress) -> FloatArray:
            arrivals.begin()
            return view.full(look, progress, PictureParts(parts, arrivals.finished))

        with self._lock:
            for other in [one for one in self._of_page if one != page][: max(len(self._of_page) - 1, 0)]:
                self._drop(other)
            self._drop(page)
            made = FullRender(secrets.token_hex(8), view, arrivals)
            self._of_page[page] = made
            self._desk.submit(work, FULL, ("full", page)).add_done_callback(arrivals.end)
        return made

    def stop(self, page: str) -> None:
        """End what a page has asked for: it has moved on."""
        with self._lock:
            self._drop(page)

    def get(self, key: str) -> FullRender:
        """Return a render.

        Raises
        ------
        Superseded
            When there was none, or it is dropped.
        """
        with self._lock:
            found = next((one for one in self._of_page.values() if one.key == key), None)
        if found is None:
            raise Superseded
        return found

    def _drop(self, page: str) -> None:
        self._desk.supersede(("full", page))
        self._of_page.pop(page, None)


def reduction(photo_width: int, width: float) -> int:
    """Say how many times smaller a tile may be for a page that shows a photo so many pixels wide."""
    return min(2 ** math.floor(math.log2(max(photo_width / max(width, 1.0), 1.0))), MOST_REDUCED)


def tiles_of(size: tuple[int, int], centre: tuple[float, float], by: int = 1) -> list[TileBox]:
    """Cut a picture (height, width) into tiles, those first that lie nearest to a point of it, in 0..1.

    `by` says how many times smaller they are shown.
    """
    height, width = size
    side = max(TILE_PX, SHOWN_TILE_PX * by)
    boxes = [
        (x, y, min(x + side, width), min(y + side, height))
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]
    at = centre[0] * width, centre[1] * height
    return sorted(boxes, key=lambda box: hypot((box[0] + box[2]) / 2 - at[0], (box[1] + box[3]) / 2 - at[1]))


def pixels_of(box: TileBox) -> PixelBox:
    """Return the rows and columns of a tile."""
    return slice(box[1], box[3]), slice(box[0], box[2])


def box_of(words: str, by: int, full: FullRender) -> TileBox:
    """Read the box of a tile, ``x0,y0,x1,y1``.

    Raises
    ------
    NotThereError
    """
    tiles = tiles_of(full.view.photo.size, (0.5, 0.5), by) if 1 <= by <= MOST_REDUCED else []
    found = next((box for box in tiles if ",".join(map(str, box)) == words), None)
    if found is None:
        raise NotThereError(f"{words!r} is no tile of this picture")
    return found
