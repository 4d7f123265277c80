"""The oracle: defocus straight from its definition, in plain loops, slow and easy to check by eye.

It shares no code and no table with the library: the pupil comes from its closed form, a slice is scattered pixel by
pixel, slices are laid over each other by the rule "coverage adds within a surface and multiplies between surfaces", and
a light's image is cut by asking every pixel of every slice whether it stands in the way of the ray.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SHARPEST_PX = 0.5
"""A disc of half a pixel lies within its own pixel: nothing is drawn sharper."""


@dataclass(frozen=True)
class Iris:
    """The pupil's outline as an intersection of discs, one for each blade, in units of the blur radius.

    A blade's edge is the arc through two corners on the unit circle whose sagitta is `curvature` times that of the
    unit circle itself; for straight blades the disc becomes a half plane.
    """

    blades: int = 0
    curvature: float = 0.0
    rotation_deg: float = 0.0

    @property
    def is_circle(self) -> bool:
        return self.blades == 0 or self.curvature == 1.0

    @property
    def middles(self) -> Array:
        """Directions of the middles of the blades, radians counter-clockwise from the right."""
        return math.radians(self.rotation_deg) + 2 * math.pi * np.arange(self.blades) / self.blades

    @property
    def arc(self) -> tuple[float, float]:
        """Radius of a blade's arc and how far its centre lies out on the blade's axis (negative: beyond the middle)."""
        half = math.pi / self.blades
        sagitta = self.curvature * (1 - math.cos(half))
        if sagitta == 0:
            return math.inf, -math.inf
        radius = (math.sin(half) ** 2 + sagitta**2) / (2 * sagitta)
        return radius, math.cos(half) + sagitta - radius

    def area(self) -> float:
        if self.is_circle:
            return math.pi
        half = math.pi / self.blades
        triangles = self.blades * math.sin(half) * math.cos(half)
        radius, _ = self.arc
        if math.isinf(radius):
            return triangles
        opening = math.asin(math.sin(half) / radius)
        return triangles + self.blades * radius**2 * (opening - math.sin(opening) * math.cos(opening))

    def corners(self) -> Array:
        """Corner angles, radians counter-clockwise from the right, for a light behind focus."""
        return self.middles + math.pi / self.blades

    @cached_property
    def highest(self) -> float:
        """Height of the outline's highest point."""
        if self.is_circle:
            return 1.0
        heights = [math.sin(a) for a in self.corners()]
        radius, centre = self.arc
        for middle in self.middles if math.isfinite(radius) else ():
            opening = math.asin(math.sin(math.pi / self.blades) / radius)
            if abs(math.remainder(math.pi / 2 - middle, 2 * math.pi)) <= opening:
                heights.append(centre * math.sin(middle) + radius)
        return max(heights)

    @cached_property
    def lowest(self) -> float:
        """Height of the outline's lowest point."""
        return -Iris(self.blades, self.curvature, self.rotation_deg + 180).highest

    def edges(self, y: Array) -> tuple[Array, Array]:
        """Left and right edge at the heights `y` (upwards), which lie within the outline."""
        if self.is_circle:
            half = np.sqrt(np.maximum(1 - y**2, 0))
            return -half, half
        radius, centre = self.arc
        left, right = np.full_like(y, -2.0), np.full_like(y, 2.0)
        for middle in self.middles:
            c, s = math.cos(middle), math.sin(middle)
            if math.isfinite(radius):
                half = np.sqrt(np.maximum(radius**2 - (y - centre * s) ** 2, 0))
                left, right = np.maximum(left, centre * c - half), np.minimum(right, centre * c + half)
            elif abs(c) > 1e-9:  # x cos + y sin <= apothem
                bound = (math.cos(math.pi / self.blades) - y * s) / c
                left, right = (left, np.minimum(right, bound)) if c > 0 else (np.maximum(left, bound), right)
        return left, np.maximum(left, right)

    def mean_edges(self, top: float, bottom: float, behind: bool) -> tuple[float, float, float]:
        """Means of the left and the right edge over the part of a strip of picture rows that the outline covers.

        The strip goes from `top` to `bottom`, downwards, in units of the radius; the third number is the thickness of
        the covered part, 0 where there is none.
        """
        if not behind:  # turned by 180 degrees
            left, right, covered = self.mean_edges(-bottom, -top, True)
            return -right, -left, covered
        high, low = min(-top, self.highest), max(-bottom, self.lowest)
        if high <= low:
            return 0.0, 0.0, 0.0
        if self.is_circle:

            def half_area(y: float) -> float:
                return 0.5 * (y * math.sqrt(1 - y * y) + math.asin(y))

            half = (half_area(high) - half_area(low)) / (high - low)
            return -half, half, high - low
        parts = 400
        left, right = self.edges(low + (high - low) * (np.arange(parts) + 0.5) / parts)
        return float(left.mean()), float(right.mean()), high - low


def overlap(left: float, right: float, columns: Array) -> Array:
    """Length of the span left..right within each pixel; pixel k goes from k - 0.5 to k + 0.5."""
    return np.maximum(np.minimum(right, columns + 0.5) - np.maximum(left, columns - 0.5), 0.0)


def aperture_image(
    iris: Iris, radius: float, place: tuple[float, float], size: tuple[int, int], strips: int = 1
) -> Array:
    """Share of one unit of light, spread evenly over the aperture's image, that falls into each pixel of a picture.

    Each picture row holds one span, from the mean left to the mean right edge, as dense as the share of the row that
    the outline covers; with more `strips` a row holds as many spans, and the result tends to the exact area.
    """
    r, behind = max(abs(radius), SHARPEST_PX), radius >= 0
    x, y = place
    columns = np.arange(size[1], dtype=np.float64)
    image = np.zeros(size)
    for row in range(max(math.floor(y - r), 0), min(math.ceil(y + r) + 1, size[0])):
        for k in range(strips):
            top = (row - 0.5 + k / strips - y) / r
            bottom = (row - 0.5 + (k + 1) / strips - y) / r
            left, right, covered = iris.mean_edges(top, bottom, behind)
            if right > left:
                image[row] += overlap(x + r * left, x + r * right, columns) * covered * r
    return image / (iris.area() * r * r)


def scatter(values: Array, radius: Array, active: NDArray[np.bool_], iris: Iris) -> Array:
    """Scatter (H, W, C) values, every pixel over its own aperture image."""
    height, width, _ = values.shape
    out = np.zeros(values.shape)
    for y in range(height):
        for x in range(width):
            if active[y, x]:
                image = aperture_image(iris, float(radius[y, x]), (x, y), (height, width))
                out += image[..., None] * values[y, x]
    return out


GOES_ON, GOES_ON_PX = 1.25, 0.5
"""A neighbour's own radius counts for a slice up to this much beyond its radii."""

LEAST_SURE, LEAST_WEIGHT = 1.0 / 256.0, 2e-4
"""What is hidden weighs no less; less light than this in all gives way to what lies behind."""

GHOST = 1.0 / 16.0
"""A pixel that shows nearer slices alone counts so much as one that does not show this one, beyond the next."""


def slice_number(slices: Sequence[Any], kind: int, dioptres: float) -> int:
    """Which slice of its class holds a depth; what is farther than the last is part of that."""
    own = [number for number, one in enumerate(slices) if one.kind == kind]
    return next((number for number in own if dioptres >= slices[number].far), own[-1])


def expose(pixels: Any, slices: Sequence[Any], lens: Any, iris: Iris, jump: float) -> tuple[Array, Array]:
    """Picture of the fragments of a layered scene, slice by slice from near to far, and what light found nothing.

    A slice covers the share, of all that is not taken by nearer slices, that is its own; both sums go over the same
    footprints. Where a slice ends and others begin, these are spread as they are themselves, as far as they may be the
    same surface; else as the slice is around there. What is hidden counts less where what hides it may itself go on in
    its slice. Within a surface depths jump by no more than `jump`, dioptres.
    """
    size = pixels.alpha.shape
    place = {}
    for y, x in np.ndindex(size):
        kind = int(pixels.kinds[y, x])
        first = slice_number(slices, kind & 3, pixels.front[y, x, 3])
        behind = slice_number(slices, kind >> 2, pixels.back[y, x, 3]) if pixels.weight[y, x] > 0 else None
        place[y, x] = first, behind

    def radius_of(surface: Any, y: int, x: int) -> float:
        return (1 / lens.focus_m - float(surface[y, x, 3])) * lens.px_per_dioptre

    picture, clear = np.zeros((*size, 3)), np.ones(size)
    for number, one in enumerate(slices):
        values, radius, active = np.zeros((*size, 5)), np.zeros(size), np.zeros(size, bool)
        own = {
            (y, x): radius_of(pixels.front if first == number else pixels.back, y, x)
            for (y, x), (first, behind) in place.items()
            if number in (first, behind)
        }
        most = GOES_ON * one.most_px + GOES_ON_PX
        reach, step = math.ceil(most) + 1, jump * lens.px_per_dioptre
        for (y, x), (first, behind) in place.items():
            alpha, weight = float(pixels.alpha[y, x]), max(float(pixels.weight[y, x]), LEAST_SURE)
            front = pixels.front[y, x, :3].astype(np.float64)
            back = pixels.back[y, x, :3].astype(np.float64) if behind is not None else front
            if first == number:
                both = behind == number
                share, whole = (1.0 if both else alpha), 1.0
                colour = alpha * front + (1 - alpha) * back if both and alpha < 1 else front
            elif behind == number:
                if first < number and alpha == 1.0:
                    hides = radius_of(pixels.front, y, x)
                    gap = max(abs(hides) - one.most_px, one.least_px - abs(hides), 0.0)
                    apart = gap / max((GOES_ON - 1.0) * abs(hides) + GOES_ON_PX, step)
                    if hides * own[y, x] >= 0:
                        weight = max(weight * min(apart, 1.0), LEAST_SURE)
                share, whole, colour = (0.0, 1.0, back) if first > number else (weight, weight, back)
            else:
                still = first > number or (behind is not None and behind > number and alpha < 1)
                share, whole, colour = 0.0, (0.0 if not still else 1.0 if first > number else 1 - alpha), front
                if first < number and (behind is None or behind < number):
                    whole = GHOST if number > max(first, -1 if behind is None else behind) + 1 else 0.0
            if whole == 0.0:
                continue
            if (y, x) in own:
                here = own[y, x]
            else:
                around = [r for (v, u), r in own.items() if max(abs(v - y), abs(u - x)) <= reach]
                if not around:
                    continue
                here = radius_of(pixels.front if first > number else pixels.back, y, x)
                mean = sum(around) / len(around)
                if (
                    whole == GHOST
                    or here * mean < 0
                    or abs(here) > max(most, one.most_px + step)
                    or max(GOES_ON * abs(here) + GOES_ON_PX, abs(here) + step) < one.least_px
                ):
                    here = mean
            values[y, x] = (*(share * colour), share, whole)
            # What a slice holds beyond its own depths is spread no farther than its surface may go on.
            radius[y, x], active[y, x] = min(max(here, -most), most), True
        spread = scatter(values, radius, active, iris)
        # What is hardly sure gives way to what lies behind it.
        arrived = spread[..., :4] / np.maximum(spread[..., 4:], LEAST_WEIGHT)
        picture += clear[..., None] * arrived[..., :3]
        clear *= 1 - arrived[..., 3]
    return picture / np.maximum(1 - clear, 1e-3)[..., None], clear


def ray_mask(
    place: tuple[float, float], radius: float, dioptres: float, layers: Sequence[Any], lens: Any, size: tuple[int, int]
) -> Array:
    """Share of each pixel's ray from a light that the layers let through.

    The ray that lands at pixel p + u r came through pupil point u; it crosses a layer at p + u (r - r_q), where r_q is
    the radius of the pixel q that this point falls into; the coverage there lies between those of the pixels around.
    A layer's pixels cut only what lies more than a pixel of blur behind them.
    """
    x, y = place
    mask = np.ones(size)
    for row in range(size[0]):
        for column in range(size[1]):
            ux, uy = (column - x) / radius, (row - y) / radius
            if math.hypot(ux * radius, uy * radius) > abs(radius) + 1:
                continue
            for layer in layers:
                r_q = (1 / lens.focus_m - layer.dioptres.astype(np.float64)) * lens.px_per_dioptre
                rows, columns = np.mgrid[layer.tile.outer]
                crossing_x, crossing_y = x + ux * (radius - r_q), y + uy * (radius - r_q)
                off = np.maximum(np.abs(crossing_x - columns), np.abs(crossing_y - rows))
                q = np.unravel_index(np.argmin(off), off.shape)
                if off[q] <= 0.5:
                    cuts = layer.coverage * (layer.dioptres > dioptres + 1.0 / lens.px_per_dioptre)
                    at = crossing_y[q] - layer.tile.outer[0].start, crossing_x[q] - layer.tile.outer[1].start
                    mask[row, column] *= 1 - between(cuts, *at)
    return mask


def between(values: Array, y: float, x: float) -> float:
    """Value at a point between four pixels, bilinearly; the border goes on."""
    total = 0.0
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            clamped = min(max(row, 0), values.shape[0] - 1), min(max(column, 0), values.shape[1] - 1)
            total += (1 - abs(y - row)) * (1 - abs(x - column)) * float(values[clamped])
    return total
