"""Full renders, and the tiles of them that a page looks at."""

from __future__ import annotations

import secrets
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from math import hypot

from ..core.arrays import FloatArray
from ..core.progress import Progress
from .desk import FULL, Desk
from .errors import NotThereError, Superseded
from .view import TILE_QUALITY, Look, View, jpeg_of

TILE_PX = 1024

TileBox = tuple[int, int, int, int]
"""x0, y0, x1, y1."""


@dataclass(frozen=True, eq=False)
class FullRender:
    """A picture at the photo's own size, once it is made.

    Attributes
    ----------
    key : str
    tiles : list of TileBox
        Those first where somebody looks.
    picture : Future of (float32 (H, W, 3), float)
        And the seconds that it took.
    """

    key: str
    view: View
    tiles: list[TileBox]
    picture: Future[tuple[FloatArray, float]]

    def tile(self, box: TileBox, rgb: FloatArray) -> bytes:
        """Code a tile as a JPEG."""
        x0, y0, x1, y1 = box
        return jpeg_of(rgb[y0:y1, x0:x1], self.view.photo.profile, TILE_QUALITY)


class Renders:
    """The last full render of each page: they are large."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._lock = desk, threading.Lock()
        self._of_page: dict[str, FullRender] = {}

    def begin(self, page: str, view: View, look: Look, centre: tuple[float, float]) -> FullRender:
        """Have a picture made; the page's last one is dropped."""

        def work(progress: Progress) -> tuple[FloatArray, float]:
            begun = time.perf_counter()
            return view.full(look, progress), time.perf_counter() - begun

        with self._lock:
            for other in [one for one in self._of_page if one != page][: max(len(self._of_page) - 1, 0)]:
                self._drop(other)
            self._drop(page)
            picture = self._desk.submit(work, FULL, ("full", page))
            made = FullRender(secrets.token_hex(8), view, tiles_of(view.photo.size, centre), picture)
            self._of_page[page] = made
        return made

    def stop(self, page: str) -> None:
        """End what a page has asked for: it has moved on."""
        with self._lock:
            self._drop(page)

    def get(self, key: str) -> FullRender:
        """Return a render.

        Raises
        ------
        NotThereError, Superseded
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


def tiles_of(size: tuple[int, int], centre: tuple[float, float]) -> list[TileBox]:
    """Cut a picture (height, width) into tiles, those first that lie nearest to a point of it, in 0..1."""
    height, width = size
    boxes = [
        (x, y, min(x + TILE_PX, width), min(y + TILE_PX, height))
        for y in range(0, height, TILE_PX)
        for x in range(0, width, TILE_PX)
    ]
    at = centre[0] * width, centre[1] * height
    return sorted(boxes, key=lambda box: hypot((box[0] + box[2]) / 2 - at[0], (box[1] + box[3]) / 2 - at[1]))


def box_of(words: str, full: FullRender) -> TileBox:
    """Read the box of a tile, ``x0,y0,x1,y1``.

    Raises
    ------
    NotThereError
    """
    found = next((box for box in full.tiles if ",".join(map(str, box)) == words), None)
    if found is None:
        raise NotThereError(f"{words!r} is no tile of this picture")
    return found
