"""Lights as sprites: each draws its own image of the aperture, cut by what stands between."""

import math

import numpy as np

from .jit import QUICK, jit
from .outline import USED, at_height, integral, unit_px
from .scatter import LEAST_STEP

# A light is drawn no smaller than its pixel.
LEAST_UNIT_PX = 0.5

# Below this radius one output pixel gathers rays from all over the pupil, and the light is shaded as a whole.
SHARP_RADIUS_PX = 2.0


@jit(inline="always", fastmath=QUICK)
def _clear(coverage, dioptres, inner, focus_dioptres, px_per_dioptre, x, y, ux, uy, behind_dioptres, ray_steps):
    """Share of a ray, arriving at point (x, y) of the piece from pupil point (ux, uy), that the piece lets through."""
    height, width = coverage.shape
    qx, qy = x, y
    column, row = 0, 0
    for _ in range(ray_steps):
        column = min(max(int(math.floor(qx + 0.5)), 0), width - 1)
        row = min(max(int(math.floor(qy + 0.5)), 0), height - 1)
        radius = (focus_dioptres - dioptres[row, column]) * px_per_dioptre
        qx, qy = x - ux * radius, y - uy * radius
    column, row = int(math.floor(qx + 0.5)), int(math.floor(qy + 0.5))
    if row < inner[0] or row >= inner[1] or column < inner[2] or column >= inner[3]:
        return np.float32(1.0)
    # Bilinear: a coarse piece would show its pixels.
    x0, y0 = int(math.floor(qx)), int(math.floor(qy))
    tx, ty = np.float32(qx - x0), np.float32(qy - y0)
    covered = np.float32(0.0)
    for j in range(2):
        row = min(max(y0 + j, 0), height - 1)
        wy = ty if j else np.float32(1.0) - ty
        for i in range(2):
            column = min(max(x0 + i, 0), width - 1)
            if dioptres[row, column] > behind_dioptres:
                covered += wy * (tx if i else np.float32(1.0) - tx) * coverage[row, column]
    return np.float32(1.0) - covered


@jit(fastmath=QUICK)
def shade(
    place, radius, behind, reach, start, chosen, ray_steps, pupil, coverage, dioptres, inner, top, left, scale, bounds,
    focus_dioptres, px_per_dioptre, transmitted,
):  # fmt: skip
    """Let a piece of one sheet cut the sprites that lie behind it, ray by ray.

    Parameters
    ----------
    place : float64 (B, 2)
        x, y of the middle of each bundle of lights in the picture.
    radius : float64 (B,)
        Their signed blur radius, pixels.
    behind : float64 (B,)
        A sheet's pixel cuts them when its dioptres exceed this.
    reach : int64 (B,)
        Pixels from the middle, rounded, to what their sprites may reach.
    start : int64 (B + 1,)
        Where each bundle begins in `transmitted`; it is a square of 2 * reach + 1 pixels a side.
    chosen : int64 (n,)
        The bundles to shade.
    ray_steps : int
        Steps of the fixed point below; 1 is exact where the piece's blur is the same all over.
    pupil : float64 (P, 2)
        Points evenly over the unit pupil, for lights too sharp to tell their rays apart.
    coverage, dioptres : float32 (h, w)
        The piece, and some of the sheet around it.
    inner : (int, int, int, int)
        First and last rows, then columns, of the piece itself; the ends are not part of it.
    top, left : int
        Where the arrays begin, in pixels of the piece's own level.
    scale : int
        Pixels of the picture for one of the level.
    bounds : (int, int, int, int)
        First and last rows, then columns, of the picture that the piece's blur reaches.
    focus_dioptres, px_per_dioptre : float
        The lens: radius = (focus_dioptres - dioptres) * px_per_dioptre, in pixels of the picture.
    transmitted : float32 (start[B],)
        Multiplied in place by what the piece lets through.

    Notes
    -----
    The ray through pupil point u lands at p + u r and crosses an occluder of radius r_o at that surface's pixel
    q = p + u (r - r_o(q)): a fixed point, since r_o depends on the pixel.
    """
    per_dioptre = px_per_dioptre / scale
    for n in range(chosen.size):
        light = chosen[n]
        r = radius[light]
        x, y = place[light, 0], place[light, 1]
        far = reach[light]
        side = 2 * far + 1
        if abs(r) < SHARP_RADIUS_PX:
            share = 0.0
            for k in range(pupil.shape[0]):
                ux, uy = pupil[k, 0], pupil[k, 1]
                share += _clear(
                    coverage, dioptres, inner, focus_dioptres, per_dioptre, (x + ux * r + 0.5) / scale - 0.5 - left,
                    (y + uy * r + 0.5) / scale - 0.5 - top, ux, uy, behind[light], ray_steps,
                )  # fmt: skip
            for k in range(start[light], start[light + 1]):
                transmitted[k] *= np.float32(share / pupil.shape[0])
            continue
        column0, row0 = int(math.floor(x + 0.5)) - far, int(math.floor(y + 0.5)) - far
        limit = float(far * far)
        for j in range(max(bounds[0] - row0, 0), min(bounds[1] - row0, side)):
            for i in range(max(bounds[2] - column0, 0), min(bounds[3] - column0, side)):
                dx, dy = column0 + i - x, row0 + j - y
                if dx * dx + dy * dy > limit:
                    continue
                k = start[light] + j * side + i
                if transmitted[k] > 0.0:
                    transmitted[k] *= _clear(
                        coverage, dioptres, inner, focus_dioptres, per_dioptre, (x + dx + 0.5) / scale - 0.5 - left,
                        (y + dy + 0.5) / scale - 0.5 - top, dx / r, dy / r, behind[light], ray_steps,
                    )  # fmt: skip


@jit(fastmath=QUICK)
def deposit(
    place,
    radius,
    energy,
    bundle,
    corner,
    start,
    transmitted,
    which,
    tables,
    frames,
    strips,
    channel,
    end,
    top,
    bottom,
    out,
):
    """Add the sprites to some rows of the picture.

    Parameters
    ----------
    place : float64 (L, 2)
        x, y of each light in the picture.
    radius : float64 (L,)
        Signed blur radius of each light, pixels.
    energy : float64 (L, 3)
        Radiance times pixels of each light.
    bundle : int64 (L,)
        The bundle that each light belongs to.
    corner : int64 (B, 3)
        First row and column of each bundle in the picture, and how many pixels it is wide.
    start, transmitted
        As in `shade`.
    which : int64 (L,)
        Each light's outline.
    tables : float64 (R, E, 2)
    frames : float64 (K, FRAME)
        See outline.
    strips : int
        A row of pixels is drawn as so many: with one, a level edge would be off by up to half a pixel.
    channel, end : int
        The channels from the one to before the other are drawn.
    top, bottom : int
        First and last row to add to; the last is not part of it.
    out : float32 (H, W, 3)
        Added to.
    """
    width = out.shape[1]
    above = np.empty((tables.shape[1], 2))
    for light in range(place.shape[0]):
        x, y = place[light, 0], place[light, 1]
        frame = frames[which[light]]
        unit = max(unit_px(frame, radius[light], 1.0), LEAST_UNIT_PX)
        reach = int(math.ceil(unit)) + 1
        side = 2 * reach + 1
        column0, row0 = int(math.floor(x + 0.5)) - reach, int(math.floor(y + 0.5)) - reach
        if row0 + side <= top or row0 >= bottom or column0 >= width or column0 + side <= 0:
            continue
        per_unit, edges = 1.0 / unit, int(frame[USED])
        own = bundle[light]
        line = np.zeros(side + 1)
        for row in range(max(row0, top), min(row0 + side, bottom)):
            first_of_row = start[own] + (row - corner[own, 0]) * corner[own, 2] - corner[own, 1]
            line[:] = 0.0
            before, t = at_height(frame, (row - 0.5 - y) * per_unit)
            for edge in range(edges):
                above[edge, 0] = integral(tables, before, t, edge, 0)
                above[edge, 1] = integral(tables, before, t, edge, 1)
            for strip in range(strips):
                before, t = at_height(frame, (row - 0.5 + (strip + 1) / strips - y) * per_unit)
                for edge in range(edges):
                    sum_below = integral(tables, before, t, edge, 0)
                    moment_below = integral(tables, before, t, edge, 1)
                    step, moment = sum_below - above[edge, 0], moment_below - above[edge, 1]
                    above[edge, 0], above[edge, 1] = sum_below, moment_below
                    if abs(step) < LEAST_STEP:
                        continue
                    position = min(max(x + moment / step * unit + 0.5 - column0, 0.0), side - 1e-9)
                    column = int(position)
                    after = step * (position - column)
                    line[column] += step - after
                    line[column + 1] += after
            share = 0.0
            for column in range(side):
                share += line[column]
                there = column0 + column
                if there < 0 or there >= width:
                    continue
                seen = max(share, 0.0) * per_unit * transmitted[first_of_row + there]
                for c in range(channel, end):
                    out[row, there, c] += seen * energy[light, c]
