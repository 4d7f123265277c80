"""The point spread functions of a lens before one picture: outlines by place and blur radius, traced when needed."""

from __future__ import annotations

import math
import threading
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...kernels.kept_stamps import KeptStamps
from ...kernels.outline import FIRST, HEADER, OutlineTables
from ..core.arrays import DoubleArray, FloatArray
from ..image.regions import PixelBox
from .lens import Lens
from .outlines import MOST_ROWS, coarse, even_outlines, trace
from .ray_model import RayModel
from .stamps import LARGEST_PX, scatter_stamps, stamps_of

CELLS = 28
"""Cells along the longer side of the picture in which all points share their outlines."""

KNEE_PX, PER_OCTAVE = 2.0, 10.0
"""Outlines are traced for radii that lie evenly up to the knee, and beyond it so many to each doubling."""

SMALL_ROWS = 48
"""Most rows for a picture in which what is blurred is made smaller."""

COLOURS = ((0, 4), (1, 3, 4), (2, 4))
"""Of red, green, blue, coverage and weight: what is spread with each colour. Coverage goes with the green."""

TOGETHER = (0, 1, 2, 3, 4)

KEPT_SLOTS, KEPT_STEPS = 1 << 15, 1 << 18
"""Places for stamps that a thread keeps at one size of the picture, and for their steps."""


@lru_cache(maxsize=4)
def psf_tables_of(lens: Lens, size: tuple[int, int], best: bool) -> PsfTables:
    """Return what a lens makes of the points of a picture (H, W), with all that was traced before.

    Parameters
    ----------
    lens : Lens
        Its focus, and the light that it scatters, are of no account: leave them out.
    size : (int, int)
    best : bool
        Whether everything is made at the picture's own size, exactly.
    """
    return PsfTables(RayModel(lens, size, math.hypot(*size)), MOST_ROWS if best else SMALL_ROWS, stamped=not best)


class _GrowingArray:
    """An array that grows; what is in it stays where it is for those who are reading it."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Begin empty."""
        self.used = 0
        self.rows: DoubleArray = np.empty((0, *shape))

    def add(self, more: DoubleArray) -> None:
        """Append rows."""
        needed = self.used + len(more)
        if needed > len(self.rows):
            rows = np.empty((2 * needed, *more.shape[1:]))
            rows[: self.used] = self.rows[: self.used]
            self.rows = rows
        self.rows[self.used : needed] = more
        self.used = needed


class PsfTables:
    """What a lens makes of the points of a picture.

    Outlines are traced when they are first needed, and kept: any thread may ask. Colours, and the picture's smaller
    sizes, share them: what differs is the blur radius, the place and the scale.

    Parameters
    ----------
    ray_model : RayModel
        The lens before the whole picture.
    most_rows : int
        No table has more rows; one to a pixel of the size that it is drawn at is enough.
    stamped : bool
        Whether small blur radii may be rounded, to so many to a pixel; see `kernels.stamps`.
    """

    def __init__(self, ray_model: RayModel, most_rows: int, stamped: bool = False) -> None:
        """Begin with none; those of a lens that makes the same of all points are there at once."""
        self.ray_model, self.most_rows = ray_model, most_rows
        self.cell_px = max(ray_model.size) / CELLS if ray_model.varies else 2.0 * max(ray_model.size)
        self.across, self.down = (math.ceil(n / self.cell_px) for n in ray_model.size[::-1])
        largest = 16.0 * max(ray_model.size)
        self.most = math.ceil(PER_OCTAVE * math.log2(1.0 + largest / KNEE_PX)) if ray_model.has_flaws else 0
        self.channels = COLOURS if len(ray_model.colours) == 3 else (TOGETHER,)
        self.fineness = coarse(ray_model)
        edges = 2 if ray_model.is_even else self.fineness.edges
        self.slots = np.full(self.across * self.down * (2 * self.most + 2), -1, np.int32)
        self.tables, self.psf_headers = _GrowingArray((edges, 2)), _GrowingArray((HEADER,))
        self._lock = threading.Lock()
        if ray_model.is_even:
            self._keep(np.arange(2), *even_outlines(ray_model.aperture, ray_model.lens.glass.pupil.squeeze))
        self.stamps, self._keeps = None, stamped
        self._kept: dict[float, list[KeptStamps]] = {}
        if stamped and ray_model.is_thin and ray_model.is_even:
            self.stamps = stamps_of(ray_model.aperture, ray_model.lens.glass.pupil.squeeze)

    def scatter(
        self,
        values: FloatArray,
        radius: FloatArray,
        active: NDArray[np.bool_],
        at: tuple[int, int],
        box: PixelBox,
        level: int = 0,
        largest: float = np.inf,
    ) -> FloatArray:
        """Spread the light of some pixels.

        Parameters
        ----------
        values : float32 (h, w, 5)
            Premultiplied colour, coverage, weight.
        radius : float32 (h, w)
            Signed blur radius, pixels.
        active : bool (h, w)
            Pixels to spread.
        at : (int, int)
            Row and column of the picture where the arrays begin.
        box : (slice, slice)
            Rows and columns of the arrays that are wanted.
        level : int
            The pixels are those of the picture halved so often.
        largest : float
            No blur radius is larger, pixels.

        Returns
        -------
        float32 (h', w', 4)
            Colour and coverage there, divided by the weight.
        """
        from ...kernels.scatter import scatter

        out = np.empty((box[0].stop - box[0].start, box[1].stop - box[1].start, 4), np.float32)
        if self.stamps is not None and largest <= LARGEST_PX:
            scatter_stamps(values, radius, active, self.stamps, largest, (box[0].start, box[1].start), out)
            return out
        scale = 2.0**level
        keeps = self._keeps and largest + self.ray_model.flaws_px / scale <= LARGEST_PX
        middle_y, middle_x = ((n / scale - 1.0) / 2.0 - first for n, first in zip(self.ray_model.size, at, strict=True))
        for colour, channels in zip(self.ray_model.colours, self.channels, strict=True):
            defocused, which = self._which(radius, active, at, scale, colour)
            magnified = middle_y, middle_x, self.ray_model.magnification(colour)
            tables = OutlineTables(self.tables.rows, self.psf_headers.rows)
            place, zeros = (box[0].start, box[1].start), (0.0,) * len(channels)
            if keeps:
                self._stamp(values, defocused, which, tables, scale, magnified, place, (channels, zeros), out)
            else:
                scatter(values, defocused, which, tables, scale, magnified, place, channels, zeros, out)
        return out

    def _stamp(
        self,
        values: FloatArray,
        radius: FloatArray,
        which: NDArray[np.int32],
        tables: OutlineTables,
        scale: float,
        magnified: tuple[float, float, float],
        origin: tuple[int, int],
        channels: tuple[tuple[int, ...], tuple[float, ...]],
        out: FloatArray,
    ) -> None:
        """Spread the light of some pixels by stamps, which are kept; as `kernels.scatter.scatter`."""
        from ...kernels.kept_stamps import add_kept, largest_unit
        from ...kernels.scatter import add_up

        unit = float(largest_unit(radius, which, tables.psf_headers, scale))
        shift = abs(magnified[2]) * max(
            abs(at - middle) for n, middle in zip(radius.shape, magnified[:2], strict=True) for at in (0, n - 1)
        )
        margin = math.ceil(unit + shift) + 4
        height, width = (n + 2 * margin for n in radius.shape)
        steps = np.zeros(height * width * len(channels[0]))
        kept = self._lent(scale, unit)
        add_kept(values, radius, which, tables, scale, magnified, channels, margin, kept, steps)
        self._kept[scale].append(kept)
        add_up(steps, width, (origin[0] + margin, origin[1] + margin), channels[0], out)

    def _lent(self, scale: float, unit: float) -> KeptStamps:
        """Lend stamps of a scale to a thread, with room for one of a unit."""
        room = (2 * math.ceil(unit) + 8) ** 2
        free = self._kept.setdefault(scale, [])
        try:
            kept = free.pop()
        except IndexError:  # another thread has it
            kept = None
        if kept is None or len(kept.step) < room:
            count = max(KEPT_STEPS, room)
            kept = KeptStamps(
                np.full(KEPT_SLOTS, -1), np.empty((KEPT_SLOTS, 2), np.int64), np.empty((count, 2), np.int32),
                np.empty(count), np.zeros(2 * math.ceil(unit) + 16), np.zeros(2, np.int64),
            )  # fmt: skip
        if len(kept.line) < 2 * math.ceil(unit) + 16:
            kept = kept._replace(line=np.zeros(2 * math.ceil(unit) + 16))
        return kept

    def _which(
        self, radius: FloatArray, active: NDArray[np.bool_], at: tuple[int, int], scale: float, colour: int
    ) -> tuple[FloatArray, NDArray[np.int32]]:
        """Each pixel's blur radius in a colour, and its outline; -1 where it is not active."""
        from ...kernels.choice import choose

        defocused, which = np.empty_like(radius), np.empty(radius.shape, np.int32)
        wanted = np.zeros(len(self.slots), bool)
        everywhere, curved = (taken / scale for taken in self.ray_model.defocus_px(colour))
        middle = ((n / scale - 1.0) / 2.0 for n in self.ray_model.size)
        lens = (*middle, (self.ray_model.diagonal_px / scale / 2.0) ** 2, everywhere, curved)
        cells = self.cell_px / scale, self.across, self.down
        steps = PER_OCTAVE if self.most else 0.0, KNEE_PX / scale, self.most
        choice = (radius, active, at, lens, cells, steps, self.slots, wanted, defocused, which)
        if choose(*choice):
            self._trace(np.flatnonzero(wanted))
            choose(*choice)
        return defocused, which

    def _trace(self, keys: NDArray[np.intp]) -> None:
        """Make the outlines of some cells and radii."""
        cell, step = np.divmod(keys, 2 * self.most + 2)
        if self.most:
            signed = step - self.most
            radius_px = np.sign(signed) * KNEE_PX * (2.0 ** (np.abs(signed) / PER_OCTAVE) - 1.0)
        else:
            radius_px = np.where(step == 0, KNEE_PX, -KNEE_PX)
        field_position = np.zeros((len(keys), 2))
        if self.ray_model.varies:
            row, column = np.divmod(cell, self.across)
            middle = [(place + 0.5) * self.cell_px - 0.5 for place in (column, row)]
            field_position = self.ray_model.field_position(*middle)
        self._keep(keys, *trace(self.ray_model, radius_px, field_position, self.fineness, self.most_rows))

    def _keep(self, keys: NDArray, tables: DoubleArray, psf_headers: DoubleArray) -> None:
        with self._lock:
            first = self.psf_headers.used
            psf_headers = np.array(psf_headers)
            psf_headers[:, FIRST] += self.tables.used
            self.tables.add(tables)
            self.psf_headers.add(psf_headers)
            self.slots[keys] = np.arange(first, first + len(keys))
