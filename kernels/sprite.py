"""Lights as sprites: each draws its own image of the aperture, cut by what stands between."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit
from .outline import LEAST_STEP, USED, at_height, begin_at, step_down, unit_px

# A light is drawn no smaller than its pixel.
LEAST_UNIT_PX = 0.5

# Below this radius one output pixel gathers rays from all over the pupil, and the light is shaded as a whole.
SHARP_RADIUS_PX = 2.0


class BundleArrays(NamedTuple):
    """Lights so close together that the same surfaces cut them alike.

    Attributes
    ----------
    place : float64 (B, 2)
        x, y of the middle of each bundle in the picture.
    radius : float64 (B,)
        Signed blur radius, pixels.
    behind : float64 (B,)
        A surface's pixel cuts them when its dioptres exceed this.
    reach : int64 (B,)
        Pixels from the middle, rounded, to what their sprites may reach.
    start : int64 (B + 1,)
        Where each bundle begins in `transmitted`; it is a square of 2 * reach + 1 pixels a side.
    """

    place: NDArray[np.float64]
    radius: NDArray[np.float64]
    behind: NDArray[np.float64]
    reach: NDArray[np.int64]
    start: NDArray[np.int64]


class OccluderArrays(NamedTuple):
    """A piece of a surface that stands before lights.

    Attributes
    ----------
    coverage, dioptres : float32 (h, w)
        The piece, and some of the surface around it.
    inner : (int, int, int, int)
        First and last rows, then columns, of the piece itself; it ends before the last.
    origin : (int, int)
        Row and column where the arrays begin, in pixels of the piece's own level.
    scale : int
        Pixels of the picture for one of the level.
    bounds : (int, int, int, int)
        First and last rows, then columns, of the picture that the piece's blur reaches.
    ray_steps : int
        Steps to where a ray crosses the piece; 1 is exact where its blur is the same all over.
    """

    coverage: NDArray[np.float32]
    whole: NDArray[np.float32]
    dioptres: NDArray[np.float32]
    inner: tuple[int, int, int, int]
    origin: tuple[int, int]
    scale: int
    bounds: tuple[int, int, int, int]
    ray_steps: int


class LightArrays(NamedTuple):
    """Lights to draw.

    Attributes
    ----------
    place : float64 (L, 2)
        x, y in the picture.
    radius : float64 (L,)
        Signed blur radius, pixels.
    energy : float64 (L, 3)
        Radiance times pixels.
    bundle : int64 (L,)
        The bundle that each belongs to.
    which : int64 (L,)
        Each light's outline.
    """

    place: NDArray[np.float64]
    radius: NDArray[np.float64]
    energy: NDArray[np.float64]
    bundle: NDArray[np.int64]
    which: NDArray[np.int64]


class Masks(NamedTuple):
    """What of each bundle's sprite gets through.

    Attributes
    ----------
    corner : int64 (B, 3)
        First row and column of each bundle in the picture, and how many pixels it is wide.
    start : int64 (B + 1,)
        Where each begins in `transmitted`.
    transmitted : float32 (start[B],)
    """

    corner: NDArray[np.int64]
    start: NDArray[np.int64]
    transmitted: NDArray[np.float32]


@jit(inline="always", fastmath=QUICK)
def _nearest(q, size):
    """Index of the pixel nearest to a place, of so many."""
    return min(max(int(math.floor(q + 0.5)), 0), size - 1)


@jit(inline="always", fastmath=QUICK)
def _crossing(piece, lens, point, ux, uy):
    """Place (x, y) at which the ray through pupil point (ux, uy) to a point (x, y) of the piece crosses the piece.

    Parameters
    ----------
    piece : OccluderArrays
    lens : (float, float)
        Focus in dioptres; pixels of the piece's level per dioptre.
    point : (float, float)
        x, y in pixels of the arrays.
    ux, uy : float
        In units of the pupil's radius.

    Returns
    -------
    (float, float)
    """
    height, width = piece.coverage.shape
    x, y = point
    qx, qy = x, y
    for _ in range(piece.ray_steps):
        radius = (lens[0] - piece.dioptres[_nearest(qy, height), _nearest(qx, width)]) * lens[1]
        qx, qy = x - ux * radius, y - uy * radius
    return qx, qy


@jit(inline="always", fastmath=QUICK)
def _lies_in(bounds, x, y):
    """Whether the pixel nearest to a place lies within first and last rows, then columns."""
    column, row = int(math.floor(x + 0.5)), int(math.floor(y + 0.5))
    return bounds[0] <= row < bounds[1] and bounds[2] <= column < bounds[3]


@jit(inline="always", fastmath=QUICK)
def _covered(piece, x, y, behind_dioptres):
    """Coverage at a place by what is nearer than a depth; bilinear: a coarse piece would show its pixels."""
    height, width = piece.coverage.shape
    x0, y0 = int(math.floor(x)), int(math.floor(y))
    tx, ty = np.float32(x - x0), np.float32(y - y0)
    covered = whole = np.float32(0.0)
    for j in range(2):
        row = min(max(y0 + j, 0), height - 1)
        wy = ty if j else np.float32(1.0) - ty
        for i in range(2):
            column = min(max(x0 + i, 0), width - 1)
            share = wy * (tx if i else np.float32(1.0) - tx)
            whole += share * piece.whole[row, column]
            if piece.dioptres[row, column] > behind_dioptres:
                covered += share * piece.coverage[row, column]
    return covered / whole if whole > 1e-6 else np.float32(0.0)


@jit(inline="always", fastmath=QUICK)
def _transmittance(piece, lens, point, ux, uy, behind_dioptres):
    """Share of a ray that the piece lets through.

    Parameters
    ----------
    piece : OccluderArrays
    lens : (float, float)
        Focus in dioptres; pixels of the piece's level per dioptre.
    point : (float, float)
        x, y of the picture where the ray arrives, pixels.
    ux, uy : float
        Where it comes through the pupil, in units of its radius.
    behind_dioptres : float
        Only what is nearer cuts it.

    Returns
    -------
    float32
    """
    x = (point[0] + 0.5) / piece.scale - 0.5 - piece.origin[1]
    y = (point[1] + 0.5) / piece.scale - 0.5 - piece.origin[0]
    qx, qy = _crossing(piece, lens, (x, y), ux, uy)
    if not _lies_in(piece.inner, qx, qy):
        return np.float32(1.0)
    return np.float32(1.0) - _covered(piece, qx, qy, behind_dioptres)


@jit(inline="always", fastmath=QUICK)
def _shade_whole(bundles, light, piece, lens, pupil, transmitted):
    """Cut a light that is too sharp to tell its rays apart by their mean.

    Parameters
    ----------
    bundles, piece, pupil, transmitted
        As in `shade`.
    light : int
        Which of the bundles.
    lens : (float, float)
        Focus in dioptres; pixels of the piece's level per dioptre.
    """
    x, y, r = bundles.place[light, 0], bundles.place[light, 1], bundles.radius[light]
    share = 0.0
    for k in range(pupil.shape[0]):
        ux, uy = pupil[k, 0], pupil[k, 1]
        share += _transmittance(piece, lens, (x + ux * r, y + uy * r), ux, uy, bundles.behind[light])
    for k in range(bundles.start[light], bundles.start[light + 1]):
        transmitted[k] *= np.float32(share / pupil.shape[0])


@jit(inline="always", fastmath=QUICK)
def _shade_rays(bundles, light, piece, lens, transmitted):
    """Cut a light's sprite pixel by pixel: each is one ray.

    Parameters
    ----------
    bundles, piece, transmitted
        As in `shade`.
    light : int
        Which of the bundles.
    lens : (float, float)
        Focus in dioptres; pixels of the piece's level per dioptre.
    """
    x, y, r, far = bundles.place[light, 0], bundles.place[light, 1], bundles.radius[light], bundles.reach[light]
    side = 2 * far + 1
    column0, row0 = int(math.floor(x + 0.5)) - far, int(math.floor(y + 0.5)) - far
    limit = float(far * far)
    for j in range(max(piece.bounds[0] - row0, 0), min(piece.bounds[1] - row0, side)):
        for i in range(max(piece.bounds[2] - column0, 0), min(piece.bounds[3] - column0, side)):
            dx, dy = column0 + i - x, row0 + j - y
            k = bundles.start[light] + j * side + i
            if dx * dx + dy * dy <= limit and transmitted[k] > 0.0:
                point = x + dx, y + dy
                transmitted[k] *= _transmittance(piece, lens, point, dx / r, dy / r, bundles.behind[light])


@jit(fastmath=QUICK)
def shade(bundles, chosen, piece, lens, pupil, transmitted):
    """Let a piece of one surface cut the sprites that lie behind it, ray by ray.

    Parameters
    ----------
    bundles : BundleArrays
    chosen : int64 (n,)
        The bundles to shade.
    piece : OccluderArrays
    lens : (float, float)
        Focus in dioptres, and pixels of the picture per dioptre: radius = (focus - dioptres) * pixels.
    pupil : float64 (P, 2)
        Points evenly over the unit pupil, for lights too sharp to tell their rays apart.
    transmitted : float32 (start[B],)
        Multiplied in place by what the piece lets through.

    Notes
    -----
    The ray through pupil point u lands at p + u r and crosses an occluder of radius r_o at that surface's pixel
    q = p + u (r - r_o(q)): a fixed point, since r_o depends on the pixel.
    """
    level_lens = lens[0], lens[1] / piece.scale
    for n in range(chosen.size):
        light = chosen[n]
        if abs(bundles.radius[light]) < SHARP_RADIUS_PX:
            _shade_whole(bundles, light, piece, level_lens, pupil, transmitted)
        else:
            _shade_rays(bundles, light, piece, level_lens, transmitted)


@jit(inline="always", fastmath=QUICK)
def _add_strip(tables, place, used, above, x, unit, column0, line):
    """Add one strip of an outline to a row of a sprite.

    Parameters
    ----------
    tables : float64 (R, E, 2)
    place : (int, float)
        The strip's lower end, found by `at_height`.
    used : int
        Steps of the outline.
    above : float64 (E, 2)
        Integrals down to the strip's upper end; overwritten by those to its lower.
    x, unit : float
        The outline's middle in the picture, and its unit, pixels.
    column0 : int
        Column of the picture where `line` begins.
    line : float64 (side + 1,)
        Steps from pixel to pixel, added to.
    """
    side = line.size - 1
    for edge in range(used):
        step, moment = step_down(tables, place, edge, above)
        if abs(step) < LEAST_STEP:
            continue
        position = min(max(x + moment / step * unit + 0.5 - column0, 0.0), side - 1e-9)
        column = int(position)
        after = step * (position - column)
        line[column] += step - after
        line[column + 1] += after


@jit(inline="always", fastmath=QUICK)
def _add_line(line, per_unit, lights, light, masks, channels, row, column0, out):
    """Add a row of a sprite to the picture.

    Parameters
    ----------
    line : float64 (side + 1,)
        Steps from pixel to pixel, in units of the light in one row of the outline's unit.
    per_unit : float
        1 / pixels.
    lights, masks, channels, out
        As in `deposit`.
    light : int
        Which of the lights.
    row, column0 : int
        Row of the picture, and the column where `line` begins.
    """
    own = lights.bundle[light]
    first_of_row = masks.start[own] + (row - masks.corner[own, 0]) * masks.corner[own, 2] - masks.corner[own, 1]
    share = 0.0
    for column in range(line.size - 1):
        share += line[column]
        there = column0 + column
        if there < 0 or there >= out.shape[1]:
            continue
        seen = max(share, 0.0) * per_unit * masks.transmitted[first_of_row + there]
        for c in range(channels[0], channels[1]):
            out[row, there, c] += seen * lights.energy[light, c]


@jit(fastmath=QUICK)
def deposit(lights, masks, outlines, strips, channels, rows, out):
    """Add the sprites to some rows of the picture.

    Parameters
    ----------
    lights : LightArrays
    masks : Masks
    outlines : OutlineTables
    strips : int
        A row of pixels is drawn as so many: with one, a level edge would be off by up to half a pixel.
    channels : (int, int)
        The channels from the one to before the other are drawn.
    rows : (int, int)
        The rows from the one to before the other are added to.
    out : float32 (H, W, 3)
        Added to.
    """
    tables = outlines.tables
    above = np.empty((tables.shape[1], 2))
    for light in range(lights.which.size):
        x, y = lights.place[light, 0], lights.place[light, 1]
        header = outlines.psf_headers[lights.which[light]]
        unit = max(unit_px(header, lights.radius[light], 1.0), LEAST_UNIT_PX)
        reach = int(math.ceil(unit)) + 1
        side = 2 * reach + 1
        column0, row0 = int(math.floor(x + 0.5)) - reach, int(math.floor(y + 0.5)) - reach
        if row0 + side <= rows[0] or row0 >= rows[1] or column0 >= out.shape[1] or column0 + side <= 0:
            continue
        per_unit, used = 1.0 / unit, int(header[USED])
        line = np.zeros(side + 1)
        for row in range(max(row0, rows[0]), min(row0 + side, rows[1])):
            line[:] = 0.0
            begin_at(tables, at_height(header, (row - 0.5 - y) * per_unit), used, above)
            for strip in range(strips):
                place = at_height(header, (row - 0.5 + (strip + 1) / strips - y) * per_unit)
                _add_strip(tables, place, used, above, x, unit, column0, line)
            _add_line(line, per_unit, lights, light, masks, channels, row, column0, out)
