"""Half and double size, for what is too blurred to need every pixel."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import QUICK, jit
from .unmix import mixing_share


class _Surfaces(NamedTuple):
    """Pixels that show two surfaces.

    Attributes
    ----------
    front, back : float32 (H, W, 4)
        Colour and dioptres.
    alpha : float32 (H, W)
        How much of the pixel the front covers.
    """

    front: NDArray[np.float32]
    back: NDArray[np.float32]
    alpha: NDArray[np.float32]


class _Sorted(NamedTuple):
    """The surfaces that four pixels show, from the nearest to the farthest.

    Attributes
    ----------
    depth : float32 (8,)
        Dioptres.
    weight : float32 (8,)
        Share of the four pixels together.
    source : int64 (8,)
        Twice the number of the pixel, and 1 more for its back.
    """

    depth: NDArray[np.float32]
    weight: NDArray[np.float32]
    source: NDArray[np.int64]


@jit(inline="always", fastmath=QUICK)
def _pixel(row, column, n, shape):
    """Row and column of the n-th of the four pixels that become one; the border repeats."""
    return min(2 * row + (n >> 1), shape[0] - 1), min(2 * column + (n & 1), shape[1] - 1)


@jit(inline="always", fastmath=QUICK)
def _mean_of_four(values, four):
    """Mean of four pixels (H, W): of two rows, and two columns."""
    y0, y1, x0, x1 = four
    return np.float32(0.25) * (values[y0, x0] + values[y0, x1] + values[y1, x0] + values[y1, x1])


@jit(inline="always", fastmath=QUICK)
def _largest(a, b, c, d):
    """Largest of four values."""
    return max(max(a, b), max(c, d))


@jit(inline="always", fastmath=QUICK)
def _is_one_surface(pixels, four):
    """Whether all that four pixels show is equally far."""
    y0, y1, x0, x1 = four
    nearest = _largest(
        pixels.front[y0, x0, 3], pixels.front[y0, x1, 3], pixels.front[y1, x0, 3], pixels.front[y1, x1, 3]
    )
    farthest = -_largest(
        -pixels.back[y0, x0, 3], -pixels.back[y0, x1, 3], -pixels.back[y1, x0, 3], -pixels.back[y1, x1, 3]
    )
    return nearest == farthest


@jit(inline="always", fastmath=QUICK)
def _average_one(pixels, four, row, column, half):
    """Average four pixels that show one surface.

    Parameters
    ----------
    pixels, half : _Surfaces
        Those of full size, and those of half size: written at the pixel.
    four : (int, int, int, int)
        Two rows, and two columns.
    row, column : int
        Of the pixel of half size.
    """
    y0, y1, x0, x1 = four
    for channel in range(4):
        mean = np.float32(0.0)
        for y, x in ((y0, x0), (y0, x1), (y1, x0), (y1, x1)):
            own = pixels.back[y, x, channel]
            mean += np.float32(0.25) * (own + pixels.alpha[y, x] * (pixels.front[y, x, channel] - own))
        half.front[row, column, channel] = half.back[row, column, channel] = mean
    half.alpha[row, column] = np.float32(1.0)


@jit(inline="always", fastmath=QUICK)
def _insert(surfaces, count, depth, weight, source):
    """Insert a surface into those sorted so far, behind what is as far.

    Parameters
    ----------
    surfaces : _Sorted
    count : int
        How many there are.
    depth, weight : float32
    source : int
        See `_Sorted`.
    """
    place = count
    while place > 0 and surfaces.depth[place - 1] < depth:
        surfaces.depth[place] = surfaces.depth[place - 1]
        surfaces.weight[place] = surfaces.weight[place - 1]
        surfaces.source[place] = surfaces.source[place - 1]
        place -= 1
    surfaces.depth[place], surfaces.weight[place], surfaces.source[place] = depth, weight, source


@jit(inline="always", fastmath=QUICK)
def _sort(pixels, row, column, surfaces):
    """Sort what four pixels show by depth; return how many surfaces that are."""
    count = 0
    for n in range(4):
        y, x = _pixel(row, column, n, pixels.alpha.shape)
        for side in range(2):
            weight = pixels.alpha[y, x] if side == 0 else np.float32(1.0) - pixels.alpha[y, x]
            if weight <= 0.0:
                continue
            depth = pixels.front[y, x, 3] if side == 0 else pixels.back[y, x, 3]
            _insert(surfaces, count, depth, np.float32(0.25) * weight, 2 * n + side)
            count += 1
    return count


@jit(inline="always", fastmath=QUICK)
def _widest_gap(depth, count):
    """Index of the first value behind the widest gap of so many sorted ones; `count` where all are alike."""
    cut, widest = count, np.float32(0.0)
    for n in range(1, count):
        if depth[n - 1] - depth[n] > widest:
            cut, widest = n, depth[n - 1] - depth[n]
    return cut


@jit(inline="always", fastmath=QUICK)
def _average(pixels, row, column, surfaces, first, last, out):
    """Average some of the sorted surfaces into one pixel; return their weight.

    Parameters
    ----------
    pixels : _Surfaces
    row, column : int
        Of the pixel of half size.
    surfaces : _Sorted
    first, last : int
        From the one to before the other.
    out : float32 (h, w, 4)
        Written at the pixel.

    Returns
    -------
    float32
    """
    total = red = green = blue = deep = np.float32(0.0)
    for n in range(first, last):
        y, x = _pixel(row, column, surfaces.source[n] >> 1, pixels.alpha.shape)
        source = pixels.front if surfaces.source[n] & 1 == 0 else pixels.back
        total += surfaces.weight[n]
        red += surfaces.weight[n] * source[y, x, 0]
        green += surfaces.weight[n] * source[y, x, 1]
        blue += surfaces.weight[n] * source[y, x, 2]
        deep += surfaces.weight[n] * source[y, x, 3]
    per = np.float32(1.0) / total
    out[row, column, 0], out[row, column, 1] = per * red, per * green
    out[row, column, 2], out[row, column, 3] = per * blue, per * deep
    return total


@jit(inline="always", fastmath=QUICK)
def _average_two(pixels, row, column, surfaces, half):
    """Average what four pixels show into two surfaces.

    Parameters
    ----------
    pixels, half : _Surfaces
        Those of full size, and those of half size: written at the pixel.
    row, column : int
        Of the pixel of half size.
    surfaces : _Sorted
        Overwritten.
    """
    count = _sort(pixels, row, column, surfaces)
    cut = _widest_gap(surfaces.depth, count)
    covered = _average(pixels, row, column, surfaces, 0, cut, half.front)
    if cut == count:
        half.alpha[row, column] = np.float32(1.0)
        for channel in range(4):
            half.back[row, column, channel] = half.front[row, column, channel]
    else:
        half.alpha[row, column] = min(covered, np.float32(1.0))
        _average(pixels, row, column, surfaces, cut, count, half.back)


@jit(fastmath=QUICK, allocates=False)
def _halve(pixels, matte, surfaces, half, half_matte):
    """Average 2 x 2 pixels.

    Parameters
    ----------
    pixels, half : _Surfaces
        Those of full size, and those of half size: written.
    matte, half_matte : float32
        The same.
    surfaces : _Sorted
        Overwritten.
    """
    for row in range(half_matte.shape[0]):
        for column in range(half_matte.shape[1]):
            y0, x0 = _pixel(row, column, 0, matte.shape)
            y1, x1 = _pixel(row, column, 3, matte.shape)
            four = y0, y1, x0, x1
            half_matte[row, column] = _mean_of_four(matte, four)
            if _is_one_surface(pixels, four):
                _average_one(pixels, four, row, column, half)
            else:
                _average_two(pixels, row, column, surfaces, half)


@jit(fastmath=QUICK)
def halve(front, back, alpha, matte, half_front, half_back, half_alpha, half_matte):
    """Average 2 x 2 pixels, each of two surfaces, into one of two surfaces; the border repeats.

    Parameters
    ----------
    front, back : float32 (H, W, 4)
        Colour and dioptres of the nearer and of the farther surface that a pixel shows.
    alpha : float32 (H, W)
        How much of the pixel the nearer one covers.
    matte : float32 (H, W)
    half_front, half_back, half_alpha, half_matte
        The same of size ((H+1)//2, (W+1)//2), overwritten. Two surfaces are separated at the widest gap in depth.
    """
    pixels, half = _Surfaces(front, back, alpha), _Surfaces(half_front, half_back, half_alpha)
    surfaces = _Sorted(np.empty(8, np.float32), np.empty(8, np.float32), np.empty(8, np.int64))
    _halve(pixels, matte, surfaces, half, half_matte)


@jit(inline="always", fastmath=QUICK)
def _cubic(farther, near, own, beyond):
    """Interpolate at 1.75, 0.75, 0.25 and 1.25 pixels from four values in a row, the nearest being `own`."""
    w0, w1, w2, w3 = np.float32(-3 / 128), np.float32(29 / 128), np.float32(111 / 128), np.float32(-9 / 128)
    return w0 * farther + w1 * near + w2 * own + w3 * beyond


@jit(inline="always", fastmath=QUICK)
def _taps(fine, size):
    """Coarse pixels about a fine one, as `_cubic` takes them; the border repeats."""
    own, side = fine // 2, (1 if fine % 2 else -1)
    farther, near = min(max(own + 2 * side, 0), size - 1), min(max(own + side, 0), size - 1)
    return farther, near, own, min(max(own - side, 0), size - 1)


@jit(fastmath=QUICK)
def double(values, top, left, out):
    """Enlarge by two along both sides, by cubic convolution.

    Parameters
    ----------
    values : float32 (h, w, 4)
    top, left : int
        Where the wanted crop begins in the enlarged picture.
    out : float32 (H, W, 4)
        Overwritten. Pixel centres of the fine size lie a quarter of a coarse pixel beside the coarse ones.

    Notes
    -----
    Keys, Cubic convolution interpolation for digital image processing, 1981; a = -1/2.
    """
    height, width = out.shape[0], out.shape[1]
    rows, columns = values.shape[0], values.shape[1]
    first, last = max(left // 2 - 2, 0), min((left + width) // 2 + 3, columns)
    line = np.empty((columns, 4), np.float32)
    for i in range(height):
        a, b, c, d = _taps(top + i, rows)
        for column in range(first, last):
            for channel in range(4):
                line[column, channel] = _cubic(
                    values[a, column, channel], values[b, column, channel],
                    values[c, column, channel], values[d, column, channel],
                )  # fmt: skip
        for j in range(width):
            e, f, g, h = _taps(left + j, columns)
            for channel in range(4):
                out[i, j, channel] = _cubic(line[e, channel], line[f, channel], line[g, channel], line[h, channel])


@jit(fastmath=QUICK, allocates=False)
def _mark_edges(rgbd, jump_dioptres, edge):
    """Mark pixels next to one, straight or diagonally, whose depth differs by more: `edge` bool (H, W)."""
    height, width = edge.shape
    for y in range(height):
        for x in range(width):
            here = rgbd[y, x, 3]
            if x + 1 < width and abs(rgbd[y, x + 1, 3] - here) > jump_dioptres:
                edge[y, x] = edge[y, x + 1] = True
            if y + 1 < height:
                for u in range(max(x - 1, 0), min(x + 2, width)):
                    if abs(rgbd[y + 1, u, 3] - here) > jump_dioptres:
                        edge[y, x] = edge[y + 1, u] = True


@jit(inline="always", fastmath=QUICK)
def _middle_depth(rgbd, y, x):
    """Half way between the nearest and the farthest of 3 x 3 pixels, dioptres."""
    low = high = rgbd[y, x, 3]
    for v in range(max(y - 1, 0), min(y + 2, rgbd.shape[0])):
        for u in range(max(x - 1, 0), min(x + 2, rgbd.shape[1])):
            low, high = min(low, rgbd[v, u, 3]), max(high, rgbd[v, u, 3])
    return np.float32(0.5) * (low + high)


@jit(inline="always", fastmath=QUICK)
def _means_around(rgbd, edge, y, x, middle, front, back):
    """Average what 5 x 5 pixels that are no edge show before a depth, and behind it; return whether both are there.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
    edge : bool (H, W)
    y, x : int
        The pixel in the middle.
    middle : float32
        Dioptres.
    front, back : float32 (4,)
        Overwritten; means only where both are there.

    Returns
    -------
    bool
    """
    fronts = backs = 0
    front[:] = 0.0
    back[:] = 0.0
    for v in range(max(y - 2, 0), min(y + 3, edge.shape[0])):
        for u in range(max(x - 2, 0), min(x + 3, edge.shape[1])):
            if edge[v, u]:
                continue
            if rgbd[v, u, 3] > middle:
                fronts += 1
                for channel in range(4):
                    front[channel] += rgbd[v, u, channel]
            else:
                backs += 1
                for channel in range(4):
                    back[channel] += rgbd[v, u, channel]
    if fronts == 0 or backs == 0:
        return False
    for channel in range(4):
        front[channel] /= np.float32(fronts)
        back[channel] /= np.float32(backs)
    return True


@jit(inline="always", fastmath=QUICK)
def _unmix(rgbd, y, x, middle, front, back, pixels):
    """Write the two surfaces of a mixed pixel: what the mixture leaves unexplained is added to both.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
    y, x : int
        The pixel.
    middle : float32
        Dioptres.
    front, back : float32 (4,)
        Colour and dioptres of the surfaces around.
    pixels : _Surfaces
        Written at the pixel.
    """
    one = np.float32(1.0)
    centre = one if rgbd[y, x, 3] > middle else np.float32(0.0)
    covered = mixing_share(rgbd[y, x], front, back, centre)
    pixels.alpha[y, x] = covered
    for channel in range(3):
        error = rgbd[y, x, channel] - covered * front[channel] - (one - covered) * back[channel]
        pixels.front[y, x, channel] = max(front[channel] + error, np.float32(0.0))
        pixels.back[y, x, channel] = max(back[channel] + error, np.float32(0.0))
    pixels.front[y, x, 3], pixels.back[y, x, 3] = max(front[3], rgbd[y, x, 3]), min(back[3], rgbd[y, x, 3])


@jit(fastmath=QUICK, allocates=False)
def _split_edges(rgbd, edge, front, back, pixels):
    """Split the pixels of an edge.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
    edge : bool (H, W)
    front, back : float32 (4,)
        Overwritten.
    pixels : _Surfaces
        Written where there is an edge between a surface before and one behind.
    """
    for y in range(edge.shape[0]):
        for x in range(edge.shape[1]):
            if not edge[y, x]:
                continue
            middle = _middle_depth(rgbd, y, x)
            if _means_around(rgbd, edge, y, x, middle, front, back):
                _unmix(rgbd, y, x, middle, front, back, pixels)


@jit(fastmath=QUICK)
def split_surfaces(rgbd, jump_dioptres, front, back, alpha):
    """Split the pixels where two surfaces meet into the two.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
        Colour and dioptres.
    jump_dioptres : float
        Neighbours that differ by more lie on two surfaces.
    front, back : float32 (H, W, 4), overwritten
        Colour and dioptres of the nearer and of the farther surface: means of what lies around and shows one of them
        alone, and the same where there is no edge.
    alpha : float32 (H, W), overwritten
        How much of the pixel the nearer one covers: the mixture that comes nearest to the pixel's colour, by at least
        a quarter what its middle shows. 1 where there is no edge.
    """
    edge = np.zeros(alpha.shape, np.bool_)
    _mark_edges(rgbd, jump_dioptres, edge)
    front[:] = rgbd
    back[:] = rgbd
    alpha[:] = np.float32(1.0)
    _split_edges(rgbd, edge, np.empty(4, np.float32), np.empty(4, np.float32), _Surfaces(front, back, alpha))
