"""What stands between lights and the lens, ray by ray."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit
from .shade_blocks import blocks_within

# Below this radius one output pixel gathers rays from all over the pupil, and the light is shaded as a whole.
SHARP_RADIUS_PX = 2.0

# Rays are looked at in squares of this side: many cross nothing.
SQUARE_PX = 8

# Of each ray of a row: x and y of the point where it arrives, of where it comes through the pupil, of where it crosses.
RAY_FIELDS = 6

# A coarse piece is looked at by so many rays to a side of its pixel, in steps of so many pixels of the sprite at most.
FINER, MOST_STEP_PX = 4, 4


class BundleArrays(NamedTuple):
    """Lights so close together that the same surfaces cut them alike, and the part of a picture that they reach.

    Attributes
    ----------
    place : float64 (B, 2)
        x, y of the middle of each bundle in the picture.
    radius : float64 (B,)
        Signed blur radius, pixels of the picture.
    behind : float64 (B,)
        A surface's pixel cuts them when its dioptres exceed this.
    reach : float64 (B,)
        Pixels of the picture from the middle to what their sprites may reach.
    scale : int64 (B,)
        They are drawn in a picture so many times smaller.
    corner, shape : int64 (B, 2)
        There: first row and column that they reach, and how many.
    start : int64 (B + 1,)
        Where each bundle begins in `transmitted`, a value for each pixel.
    """

    place: NDArray[np.float64]
    radius: NDArray[np.float64]
    behind: NDArray[np.float64]
    reach: NDArray[np.float64]
    scale: NDArray[np.int64]
    corner: NDArray[np.int64]
    shape: NDArray[np.int64]
    start: NDArray[np.int64]


class OccluderArrays(NamedTuple):
    """A piece of a surface that stands before lights.

    Attributes
    ----------
    coverage, whole, dioptres, back : float32 (h, w)
        What a pixel shows of the piece's slice, of that and all behind it, and its depth; and of some of the surface
        around the piece. The rest of the pixel may show the slice too: farther away, at the last of these.
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
    near : float32 (b, c)
        As of `blocks`, of the piece itself.
    depths : (float, float)
        Dioptres between which lies what it covers.
    """

    coverage: NDArray[np.float32]
    whole: NDArray[np.float32]
    dioptres: NDArray[np.float32]
    back: NDArray[np.float32]
    inner: tuple[int, int, int, int]
    origin: tuple[int, int]
    scale: int
    bounds: tuple[int, int, int, int]
    ray_steps: int
    near: NDArray[np.float32]
    depths: tuple[float, float]


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
    qx, qy, row, column = x, y, -1, -1
    for _ in range(piece.ray_steps):
        down, across = _nearest(qy, height), _nearest(qx, width)
        if down == row and across == column:
            break
        row, column = down, across
        radius = (lens[0] - piece.dioptres[row, column]) * lens[1]
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
            own = piece.coverage[row, column]
            if piece.dioptres[row, column] > behind_dioptres:
                covered += share * own
            if own < piece.whole[row, column] and piece.back[row, column] > behind_dioptres:
                covered += share * (piece.whole[row, column] - own)
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
def _span(place, first, last, one, other):
    """Where the rays of a span of pixels cross surfaces of two depths.

    Parameters
    ----------
    place : float
        The light's, in pixels of the picture.
    first, last : float
        The span, from there.
    one, other : float
        The surfaces' blur, in shares of the light's.

    Returns
    -------
    (float, float)
        Least and most, pixels of the picture.
    """
    a, b, c, d = first * (1.0 - one), first * (1.0 - other), last * (1.0 - one), last * (1.0 - other)
    return place + min(a, b, c, d), place + max(a, b, c, d)


@jit(inline="always", fastmath=QUICK)
def _crosses(piece, lens, light, rows, columns):
    """Whether some ray of a square of pixels may cross what a piece covers.

    Parameters
    ----------
    piece : OccluderArrays
    lens : (float, float)
        Focus in dioptres; pixels of the picture per dioptre.
    light : (float, float, float, float)
        x, y, blur radius, and the dioptres that it is behind.
    rows, columns : (float, float)
        Of the picture, from the light's place: first and last.
    """
    x, y, radius, behind = light
    one, other = (lens[0] - piece.depths[0]) * lens[1] / radius, (lens[0] - piece.depths[1]) * lens[1] / radius
    least, most = _span(y, rows[0], rows[1], one, other)
    own, near = piece.inner, piece.near
    down = blocks_within(least, most, piece.origin[0] + own[0], piece.scale, near.shape[0])
    least, most = _span(x, columns[0], columns[1], one, other)
    across = blocks_within(least, most, piece.origin[1] + own[2], piece.scale, near.shape[1])
    for row in range(down[0], down[1]):
        for column in range(across[0], across[1]):
            if near[row, column] > behind:
                return True
    return False


@jit(inline="always", fastmath=QUICK)
def _cross(piece, lens, rays):
    """Find where the rays of a row cross the piece, to the bit as `_crossing`, but all at once: in wide instructions.

    One that has found its pixel finds it again.

    Parameters
    ----------
    piece : OccluderArrays
    lens : (float, float)
        Focus in dioptres; pixels of the piece's level per dioptre.
    rays : float64 (RAY_FIELDS, SQUARE_PX)
        Points in pixels of the arrays, the pupil in units of its radius; where they cross is overwritten.
    """
    height, width = piece.coverage.shape
    rays[4], rays[5] = rays[0], rays[1]
    for _ in range(piece.ray_steps):
        for k in range(SQUARE_PX):
            down, across = np.uint64(_nearest(rays[5, k], height)), np.uint64(_nearest(rays[4, k], width))
            radius = (lens[0] - piece.dioptres[down, across]) * lens[1]
            rays[4, k], rays[5, k] = rays[0, k] - rays[2, k] * radius, rays[1, k] - rays[3, k] * radius


@jit(inline="always", fastmath=QUICK)
def _shade_square(bundles, light, piece, lens, box, rays, transmitted):
    """Cut a square of a light's sprite pixel by pixel, or by several where the piece is coarse: each is one ray.

    Parameters
    ----------
    bundles, piece, transmitted
        As in `shade`.
    light : int
        Which of the bundles.
    lens : (float, float)
        Focus in dioptres; pixels of the piece's level per dioptre.
    box : (int, int, int, int)
        First and last rows, then columns, of the sprite.
    rays : float64 (RAY_FIELDS, SQUARE_PX)
        Overwritten.
    """
    x, y, r, scale = bundles.place[light, 0], bundles.place[light, 1], bundles.radius[light], bundles.scale[light]
    (row0, column0), width = bundles.corner[light], bundles.shape[light, 1]
    step = int(min(max(piece.scale // (FINER * scale), 1), MOST_STEP_PX))
    limit, behind = (bundles.reach[light] + (step - 1) * scale) ** 2, bundles.behind[light]
    for j in range(box[0], box[1], step):
        dy = (row0 + j + 0.5 * step) * scale - 0.5 - y
        for k in range(SQUARE_PX):
            dx = (column0 + box[2] + k * step + 0.5 * step) * scale - 0.5 - x
            rays[0, k] = (x + dx + 0.5) / piece.scale - 0.5 - piece.origin[1]
            rays[1, k] = (y + dy + 0.5) / piece.scale - 0.5 - piece.origin[0]
            rays[2, k], rays[3, k] = dx / r, dy / r
        _cross(piece, lens, rays)
        for i in range(box[2], box[3], step):
            k = (i - box[2]) // step
            dx = (column0 + i + 0.5 * step) * scale - 0.5 - x
            if dx * dx + dy * dy > limit or not _lies_in(piece.inner, rays[4, k], rays[5, k]):
                continue
            clear = np.float32(1.0) - _covered(piece, rays[4, k], rays[5, k], behind)
            if clear < 1.0:
                for down in range(j, min(j + step, box[1])):
                    at = bundles.start[light] + down * width
                    for across in range(i, min(i + step, box[3])):
                        transmitted[at + across] *= clear


@jit(inline="always", fastmath=QUICK)
def _shade_rays(bundles, light, piece, lens, rays, transmitted):
    """Cut a light's sprite by its rays.

    Parameters
    ----------
    bundles, piece, transmitted
        As in `shade`.
    light : int
        Which of the bundles.
    lens : (float, float)
        Focus in dioptres; pixels of the picture per dioptre.
    """
    x, y, scale = bundles.place[light, 0], bundles.place[light, 1], bundles.scale[light]
    own = x, y, bundles.radius[light], bundles.behind[light]
    row0, column0 = bundles.corner[light]
    level_lens = lens[0], lens[1] / piece.scale
    bounds = piece.bounds
    bottom = min(bounds[1] // scale + SQUARE_PX - row0, bundles.shape[light, 0])
    right = min(bounds[3] // scale + SQUARE_PX - column0, bundles.shape[light, 1])
    # Squares begin at the same pixels for every piece.
    first_row = max(bounds[0] // scale - row0, 0) // SQUARE_PX * SQUARE_PX
    first_column = max(bounds[2] // scale - column0, 0) // SQUARE_PX * SQUARE_PX
    for top in range(first_row, bottom, SQUARE_PX):
        end = min(top + SQUARE_PX, bottom)
        rows = (row0 + top + 0.5) * scale - 0.5 - y, (row0 + end - 0.5) * scale - 0.5 - y
        for left in range(first_column, right, SQUARE_PX):
            stop = min(left + SQUARE_PX, right)
            columns = (column0 + left + 0.5) * scale - 0.5 - x, (column0 + stop - 0.5) * scale - 0.5 - x
            if _crosses(piece, lens, own, rows, columns):
                _shade_square(bundles, light, piece, level_lens, (top, end, left, stop), rays, transmitted)


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
    rays = np.empty((RAY_FIELDS, SQUARE_PX))
    for n in range(chosen.size):
        light = chosen[n]
        if abs(bundles.radius[light]) < SHARP_RADIUS_PX:
            _shade_whole(bundles, light, piece, level_lens, pupil, transmitted)
        else:
            _shade_rays(bundles, light, piece, lens, rays, transmitted)
