"""Fragments of a layered depth image: what a pixel shows first, and what lies behind it; dense, and listed sparsely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray
from ..core.scratch import Empty
from ..depth.depth_mapping import DepthMapping
from ..image.regions import PixelBox

if TYPE_CHECKING:
    from ...kernels.fragments import BackArrays, FragmentArrays, ListedRows, SeenRows


_NO_MATTE: FloatArray = np.empty((0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class Fragments:
    """The two fragments of each pixel of a box; it shows alpha * front + (1 - alpha) * back.

    Attributes
    ----------
    front : float32 (h, w, 4)
        Colour (not premultiplied) and dioptres of what is seen first.
    alpha : float32 (h, w)
        How much of the pixel it covers, above 0 and up to 1.
    back : float32 (h, w, 4)
        Of what lies behind it, complete; of no meaning where the weight is 0.
    weight : float32 (h, w)
        How well the back is known: by what is seen of it, 0.5 or less where it is hidden, 0 = not known.
    kinds : uint8 (h, w)
        Class of the front, and four times that of the back: 0 before the subject, 1 subject, 2 behind it. Without a
        subject all is behind it.
    """

    front: FloatArray
    alpha: FloatArray
    back: FloatArray
    weight: FloatArray
    kinds: NDArray[np.uint8]

    @classmethod
    def empty(cls, size: tuple[int, ...]) -> Fragments:
        """Make room for the fragments of (h, w) pixels, or of (N,)."""
        front, back = (np.empty((*size, 4), np.float32) for _ in range(2))
        alpha, weight = (np.empty(size, np.float32) for _ in range(2))
        return cls(front, alpha, back, weight, np.empty(size, np.uint8))

    @classmethod
    def plain(
        cls,
        rgbd: FloatArray,
        dioptres: FloatArray,
        matte: FloatArray | None,
        before: np.float32,
        corner: tuple[int, int],
        empty: Empty = np.empty,
    ) -> Fragments:
        """Take each pixel of a box for a single surface, behind which nothing is known.

        Parameters
        ----------
        rgbd : float32 (h, w, 4)
            Becomes the front.
        dioptres : float32 (H, W)
            Of the whole photo, before they were moved: they say the classes.
        matte : float32 (H, W), optional
            Of the whole photo.
        before : float32
            Where the subject's depths end, dioptres.
        corner : (int, int)
            Where the box begins.
        empty : callable, optional
            Makes arrays.
        """
        from ...kernels.fragments import begin

        size = rgbd.shape[0], rgbd.shape[1]
        alpha, weight = empty(size, np.float32), empty(size, np.float32)
        found = cls(rgbd, alpha, empty((*size, 4), np.float32), weight, empty(size, np.uint8))
        begin(dioptres, _NO_MATTE if matte is None else matte, before, *corner, found.arrays)
        return found

    def crop(self, box: PixelBox) -> Fragments:
        """Look at a box of them."""
        return Fragments(self.front[box], self.alpha[box], self.back[box], self.weight[box], self.kinds[box])

    def copy(self) -> Fragments:
        """Copy them."""
        front, alpha, back, weight = (np.array(one) for one in (self.front, self.alpha, self.back, self.weight))
        return Fragments(front, alpha, back, weight, np.array(self.kinds))

    @property
    def arrays(self) -> FragmentArrays:
        """As the kernels take them."""
        from ...kernels.fragments import FragmentArrays

        return FragmentArrays(self.front, self.alpha, self.back, self.weight, self.kinds)

    def listed(self, chosen: BoolArray) -> ListedFragments:
        """List some of the pixels: bool (h, w)."""
        from ...kernels.fragments import take_pixels

        rows = _list(chosen)
        pixels = Fragments.empty(rows.columns.shape).arrays
        take_pixels(rows, self.arrays, pixels)
        return ListedFragments(rows, pixels)


@dataclass(frozen=True, eq=False)
class ListedFragments:
    """The fragments of some pixels of some rows.

    Attributes
    ----------
    rows : ListedRows
        Which pixels.
    pixels : FragmentArrays, (N,)
    """

    rows: ListedRows
    pixels: FragmentArrays

    def place(self, row: int, column: int, depths: DepthMapping, box: Fragments) -> None:
        """Write them, at other depths, where they fall into a box.

        It begins at a row of the list (it may be negative) and a column.
        """
        from ...kernels.fragments import place_pixels

        place_pixels(self.rows, self.pixels, (row, column), depths.table, box.arrays)

    @property
    def bytes(self) -> int:
        """What they take."""
        return sum(one.nbytes for one in (*self.rows, *self.pixels))


@dataclass(frozen=True, eq=False)
class ListedBacks:
    """What lies behind some pixels of some rows, which show one surface.

    Attributes
    ----------
    rows : ListedRows
        Which pixels.
    backs : BackArrays, (N,)
    """

    rows: ListedRows
    backs: BackArrays

    def place(self, row: int, column: int, depths: DepthMapping, box: Fragments) -> None:
        """Write it where it falls into a box, as `ListedFragments.place`."""
        from ...kernels.fragments import place_backs

        place_backs(self.rows, self.backs, (row, column), depths.table, box.arrays)

    @classmethod
    def behind(
        cls,
        coarse: Fragments,
        top: int,
        jump: np.float32,
        least: np.float32,
        seen: SeenRows,
        empty: Empty = np.empty,
    ) -> ListedBacks:
        """List what lies behind some rows of a photo, as `kernels.hidden.hide` finds it.

        Parameters
        ----------
        coarse : Fragments
            The photo at half size.
        top : int
            The first row.
        jump, least
            As of `hide`.
        seen : SeenRows
            What is seen first.
        empty : callable, optional
            Makes arrays: with room for all pixels, most of which is not written to.
        """
        from ...kernels.fragments import BackArrays, ListedRows
        from ...kernels.hidden import list_hidden

        # One more, which is not kept, is written at the end.
        room = seen.kinds.size + 1
        rows = ListedRows(np.empty(len(seen.kinds) + 1, np.int64), empty((room,), np.int32))
        found = BackArrays(empty((room, 4), np.float32), empty((room,), np.float32), empty((room,), np.uint8))
        list_hidden(coarse.arrays, top, jump, least, seen, rows, found)
        count = int(rows.starts[-1])
        backs = BackArrays(np.array(found.back[:count]), np.array(found.weight[:count]), np.array(found.kinds[:count]))
        return cls(ListedRows(rows.starts, np.array(rows.columns[:count])), backs)

    @classmethod
    def none(cls, rows: int) -> ListedBacks:
        """List nothing in some rows."""
        from ...kernels.fragments import ListedRows

        return cls(ListedRows(np.zeros(rows + 1, np.int64), np.empty(0, np.int32)), _room_for(0))

    def known(
        self, least: float, window: tuple[int, int, int, int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], BackArrays]:
        """Take what is known better than with a weight in a window, as of `extent`; places count from its corner."""
        from ...kernels.fragments import count_known, take_known

        weight = np.float32(least)
        count = count_known(self.rows, self.backs.weight, weight, window)
        ys, xs = np.empty(count, np.int64), np.empty(count, np.int64)
        taken = _room_for(count)
        take_known(self.rows, self.backs, weight, window, ys, xs, taken)
        return ys, xs, taken

    def extent(self, least: float, window: tuple[int, int, int, int]) -> tuple[int, int, int, int] | None:
        """Find where, in a window of the list, something is known better than with a weight.

        Parameters
        ----------
        least : float
            The weight.
        window : (int, int, int, int)
            First row, row after the last, first column, column after the last.

        Returns
        -------
        (int, int, int, int), or None
            The same of what is known; None where nothing is.
        """
        from ...kernels.fragments import extent_of_known

        found = extent_of_known(self.rows, self.backs.weight, np.float32(least), window)
        return found if found[1] > 0 else None

    def replace(self, rows: NDArray[np.intp], columns: NDArray[np.intp], back: FloatArray) -> None:
        """Replace colour and depth of some of them, float32 (N, 4), by the row of the list, and the column."""
        from ...kernels.fragments import replace_backs

        replace_backs(self.rows, self.backs, rows, columns, back)

    @property
    def bytes(self) -> int:
        """What it takes."""
        return sum(one.nbytes for one in (*self.rows, *self.backs))


def _room_for(count: int) -> BackArrays:
    """Make room for what lies behind so many pixels."""
    from ...kernels.fragments import BackArrays

    return BackArrays(np.empty((count, 4), np.float32), np.empty(count, np.float32), np.empty(count, np.uint8))


def _list(chosen: BoolArray) -> ListedRows:
    """List the pixels of a mask."""
    from ...kernels.fragments import ListedRows, count_listed, list_columns

    starts = np.empty(len(chosen) + 1, np.int64)
    count_listed(chosen, starts)
    rows = ListedRows(starts, np.empty(starts[-1], np.int32))
    list_columns(chosen, rows)
    return rows
