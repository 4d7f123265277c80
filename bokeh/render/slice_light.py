"""The light of one slice through the lens: what its fragments scatter, divided by what all from there on would."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.arrays import BoolArray, FloatArray
from ..core.scratch import Empty
from ..image.boxes import common_part, grown, within
from ..image.regions import PixelBox
from ..optics.outlines import SHARP_PX
from ..optics.psf_tables import PsfTables
from .sliced_scene import Drawn, SlicedScene, Window


@dataclass(frozen=True, eq=False)
class SliceLight:
    """Slices as a lens shows them.

    Attributes
    ----------
    sliced : SlicedScene
    psf_tables : PsfTables
        What the lens makes of a point of light.
    """

    sliced: SlicedScene
    psf_tables: PsfTables

    def reach_px(self, number: int) -> int:
        """Pixels of its level that the light of a slice's pixels, and of its neighbours', may go."""
        return self._reaches[number]

    def reach_at(self, level: int) -> int:
        """How far the light of a level's slices goes."""
        return max((self._reaches[number] for number in self.sliced.numbers_at(level)), default=0)

    @cached_property
    def _reaches(self) -> list[int]:
        return [self._reach_of(number) for number in range(len(self.sliced.slices))]

    def _reach_of(self, number: int) -> int:
        scale = 2.0 ** self.sliced.slices[number].level
        bridge = self.sliced.bridge_to_nearer(number)
        beyond = 1 if bridge is None else 1 + bridge[3]
        return math.ceil(self.psf_tables.ray_model.reach_px(self.sliced.largest_px(number) * scale) / scale) + beyond

    def arriving(
        self, window: Window, number: int, box: PixelBox, light: FloatArray, empty: Empty = np.empty
    ) -> Drawn | None:
        """Find what arrives of a slice in a box of its level.

        Parameters
        ----------
        window : Window
            Around the box: twice as far as the slice's light reaches.
        number : int
        box : (slice, slice)
            Of the level.
        light : float32 (h, w, 4)
            What arrives of nearer slices in the box, and the share of light that gets through them.
        empty : callable, optional
            Makes arrays.

        Returns
        -------
        Drawn or None
            None where nothing of it is seen.

        Notes
        -----
        A pixel scatters what it shows of the slice with its own radius; and, into a second sum over the same places,
        what it shows of the slice and of all behind it. Coverage is their quotient: exactly 1 inside a surface,
        however its radius changes. What nearer slices took already is no part of either.
        """
        from ...kernels.composite import clear_extent

        if not window.holds(number):
            return None
        reach = self.reach_px(number)
        top, bottom, left, right = window.support[number].tolist()
        support = slice(top, bottom), slice(left, right)
        size = window.numbers[0].shape
        inner = within(box, window.box)
        reached = common_part(inner, (slice(top - reach, bottom + reach), slice(left - reach, right + reach)))
        if reached is None:
            return None
        rows, columns = within(reached, inner)
        first, last, left, right = clear_extent(light, (rows.start, rows.stop, columns.start, columns.stop))
        if first >= last:
            return None
        clear = slice(first, last), slice(left, right)
        drawn = (
            slice(inner[0].start + first, inner[0].start + last),
            slice(inner[1].start + left, inner[1].start + right),
        )
        if self.psf_tables.ray_model.is_thin and self._stays_sharp(window, number):
            return clear, _sharp(window, number, drawn, empty)
        # Pixels that reach what is drawn; the slice around them tells how far those scatter that show none of it.
        lit = common_part(grown(drawn, reach, size), grown(support, reach, size))
        return None if lit is None else (clear, self._scattered(window, number, drawn, lit, reach, empty))

    def _stays_sharp(self, window: Window, number: int) -> bool:
        """Whether nothing in a window that a slice's coverage is reckoned from is spread beyond its pixel."""
        lens = self.sliced.lens_at(self.sliced.slices[number].level)
        if np.abs(lens.radius_px(window.depths[number])).max() >= SHARP_PX:
            return False
        depths = window.depths[[n for n in sorted(window.numbers_here) if n > number]]
        radii = np.abs(lens.radius_px(depths))
        aside = depths - lens.focus_dioptres
        least = np.where(aside[:, 0] * aside[:, 1] < 0.0, 0.0, radii.min(axis=1, initial=np.inf))
        spread = radii.max(axis=1, initial=0.0) >= SHARP_PX
        _, most, jump = self.sliced.radii_at(number)
        goes_on = max(self.sliced.largest_px(number), float(most + jump))
        return not bool(((least <= goes_on) & spread).any())

    def _scattered(
        self, window: Window, number: int, drawn: PixelBox, lit: PixelBox, reach: int, empty: Empty
    ) -> FloatArray:
        """Scatter some pixels of a window (`lit`) into a box of it (`drawn`)."""
        from ...kernels.slice_values import bridge_levels, full_values, slice_values, sum_radii, weigh_hidden

        level = self.sliced.slices[number].level
        lens = self.sliced.lens_at(level)
        thin = np.float32(lens.focus_dioptres), np.float32(lens.px_per_dioptre)
        radii = self.sliced.radii_at(number)
        corner = lit[0].start, lit[1].start
        shape = lit[0].stop - lit[0].start, lit[1].stop - lit[1].start
        values, radius, active = empty((*shape, 5), np.float32), empty(shape, np.float32), empty(shape, np.bool_)
        if window.is_all(number, lit):
            active[:] = True
            full_values(window.fragments, thin, radii, corner, values, radius)
        else:
            seen = grown(lit, reach, window.numbers[0].shape)
            sums = empty((seen[0].stop - seen[0].start + 1, seen[1].stop - seen[1].start + 1, 2), np.float64)
            sum_radii(window.fragments, window.numbers, number, thin, (seen[0].start, seen[1].start), sums)
            around = sums, (corner[0] - seen[0].start, corner[1] - seen[1].start), reach
            slice_values(window.fragments, window.numbers, number, thin, radii, corner, around, values, radius, active)
            one = self.sliced.slices[number]
            if one.halvings > one.level:
                weigh_hidden(window.fragments, window.numbers, number, one.halvings - one.level, corner, values)
            bridge = self.sliced.bridge_to_nearer(number)
            if bridge is not None:
                bridge_levels(
                    window.fragments, window.numbers, bridge, thin, radii, corner, around, values, radius, active
                )
        self._less_border(values, active, window.box, lit, level)
        at = window.box[0].start + corner[0], window.box[1].start + corner[1]
        largest = self.sliced.largest_px(number)
        return self.psf_tables.scatter(values, radius, active, at, within(drawn, lit), level, largest, empty)

    def _less_border(self, values: FloatArray, active: BoolArray, whole: PixelBox, lit: PixelBox, level: int) -> None:
        """Take from values, in place, what of the level's last row and column lies beyond the photo."""
        sizes = self.sliced.scene.sizes
        for axis, (border, used) in enumerate(((values[-1:], active[-1:]), (values[:, -1:], active[:, -1:]))):
            inside = sizes[0][axis] / 2**level - (sizes[level][axis] - 1)
            if inside < 1.0 and whole[axis].start + lit[axis].stop == sizes[level][axis]:
                np.multiply(border, np.float32(inside), out=border, where=used[..., None])


def _sharp(window: Window, number: int, drawn: PixelBox, empty: Empty) -> FloatArray:
    """Show a slice that is in focus in a box of a window."""
    from ...kernels.slice_values import sharp_light

    arrived = empty((drawn[0].stop - drawn[0].start, drawn[1].stop - drawn[1].start, 4), np.float32)
    sharp_light(window.fragments, window.numbers, number, (drawn[0].start, drawn[1].start), arrived)
    return arrived
