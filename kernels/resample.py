"""Half and double size, for what is too blurred to need every pixel."""

import numpy as np

from .jit import QUICK, jit
from .unmix import mixing_share


@jit(fastmath=QUICK)
def halve(near, far, share, matte, half_near, half_far, half_share, half_matte):
    """Average 2 x 2 pixels, each of two surfaces, into one of two surfaces; the border repeats.

    Parameters
    ----------
    near, far : float32 (H, W, 4)
        Colour and dioptres of the nearer and of the farther surface that a pixel shows.
    share : float32 (H, W)
        How much of the pixel the nearer one covers.
    matte : float32 (H, W)
    half_near, half_far, half_share, half_matte
        The same of size ((H+1)//2, (W+1)//2), overwritten. Two surfaces are parted at the widest gap in depth.
    """
    height, width = matte.shape
    quarter = np.float32(0.25)
    depth = np.empty(8, np.float32)
    weight = np.empty(8, np.float32)
    child = np.empty(8, np.int64)
    rows = np.empty(4, np.int64)
    columns = np.empty(4, np.int64)
    for row in range(half_matte.shape[0]):
        for column in range(half_matte.shape[1]):
            y0, y1 = 2 * row, min(2 * row + 1, height - 1)
            x0, x1 = 2 * column, min(2 * column + 1, width - 1)
            highest = max(max(near[y0, x0, 3], near[y0, x1, 3]), max(near[y1, x0, 3], near[y1, x1, 3]))
            lowest = min(min(far[y0, x0, 3], far[y0, x1, 3]), min(far[y1, x0, 3], far[y1, x1, 3]))
            if highest == lowest:
                for channel in range(4):
                    mean = np.float32(0.0)
                    for y, x in ((y0, x0), (y0, x1), (y1, x0), (y1, x1)):
                        own = far[y, x, channel]
                        mean += quarter * (own + share[y, x] * (near[y, x, channel] - own))
                    half_near[row, column, channel] = half_far[row, column, channel] = mean
                half_share[row, column] = np.float32(1.0)
                half_matte[row, column] = quarter * (matte[y0, x0] + matte[y0, x1] + matte[y1, x0] + matte[y1, x1])
                continue
            covered = np.float32(0.0)
            count = 0
            for k in range(4):
                y, x = min(2 * row + k // 2, height - 1), min(2 * column + k % 2, width - 1)
                rows[k], columns[k] = y, x
                covered += quarter * matte[y, x]
                for side in range(2):
                    w = share[y, x] if side == 0 else np.float32(1.0) - share[y, x]
                    if w <= 0.0:
                        continue
                    d = near[y, x, 3] if side == 0 else far[y, x, 3]
                    place = count
                    while place > 0 and depth[place - 1] < d:
                        depth[place], weight[place], child[place] = (
                            depth[place - 1],
                            weight[place - 1],
                            child[place - 1],
                        )
                        place -= 1
                    depth[place], weight[place], child[place] = d, quarter * w, 2 * k + side
                    count += 1
            cut, widest = count, np.float32(0.0)
            for k in range(1, count):
                if depth[k - 1] - depth[k] > widest:
                    cut, widest = k, depth[k - 1] - depth[k]
            for part in range(2):
                first, last = (0, cut) if part == 0 else (cut, count)
                total = red = green = blue = deep = np.float32(0.0)
                for k in range(first, last):
                    source = near if child[k] % 2 == 0 else far
                    y, x = rows[child[k] // 2], columns[child[k] // 2]
                    total += weight[k]
                    red += weight[k] * source[y, x, 0]
                    green += weight[k] * source[y, x, 1]
                    blue += weight[k] * source[y, x, 2]
                    deep += weight[k] * source[y, x, 3]
                if part == 0:
                    half_share[row, column] = min(total, np.float32(1.0)) if cut < count else np.float32(1.0)
                elif cut == count:
                    for channel in range(4):
                        half_far[row, column, channel] = half_near[row, column, channel]
                    continue
                out = half_near if part == 0 else half_far
                per = np.float32(1.0) / total
                out[row, column, 0], out[row, column, 1] = per * red, per * green
                out[row, column, 2], out[row, column, 3] = per * blue, per * deep
            half_matte[row, column] = covered


@jit(fastmath=QUICK)
def double(values, top, left, out):
    """Enlarge by two along both sides, by cubic convolution (Keys 1981, a = -1/2).

    Parameters
    ----------
    values : float32 (h, w, 4)
    top, left : int
        Place of the wanted part in the enlarged picture.
    out : float32 (H, W, 4)
        Overwritten. Pixel centres of the fine size lie a quarter of a coarse pixel beside the coarse ones.
    """
    height, width = out.shape[0], out.shape[1]
    rows, columns = values.shape[0], values.shape[1]
    first, last = max(left // 2 - 2, 0), min((left + width) // 2 + 3, columns)
    # Taps of the cubic at distances 1.75, 0.75, 0.25, 1.25 from the fine pixel.
    w0, w1, w2, w3 = np.float32(-3 / 128), np.float32(29 / 128), np.float32(111 / 128), np.float32(-9 / 128)
    line = np.empty((columns, 4), np.float32)
    for i in range(height):
        y = top + i
        row, side = y // 2, (1 if y % 2 else -1)
        r0, r1 = min(max(row + 2 * side, 0), rows - 1), min(max(row + side, 0), rows - 1)
        r3 = min(max(row - side, 0), rows - 1)
        for column in range(first, last):
            for channel in range(4):
                line[column, channel] = (
                    w0 * values[r0, column, channel]
                    + w1 * values[r1, column, channel]
                    + w2 * values[row, column, channel]
                    + w3 * values[r3, column, channel]
                )
        for j in range(width):
            x = left + j
            column, side = x // 2, (1 if x % 2 else -1)
            c0, c1 = min(max(column + 2 * side, 0), columns - 1), min(max(column + side, 0), columns - 1)
            c3 = min(max(column - side, 0), columns - 1)
            for channel in range(4):
                out[i, j, channel] = (
                    w0 * line[c0, channel] + w1 * line[c1, channel] + w2 * line[column, channel]
                    + w3 * line[c3, channel]
                )  # fmt: skip


@jit(fastmath=QUICK)
def part(rgbd, jump_dioptres, near, far, share):
    """Part the pixels where two surfaces meet into the two.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
        Colour and dioptres.
    jump_dioptres : float
        Neighbours that differ by more lie on two surfaces.
    near, far : float32 (H, W, 4), overwritten
        Colour and dioptres of the nearer and of the farther surface: means of what lies around and shows one of them
        alone, and the same where there is no edge.
    share : float32 (H, W), overwritten
        How much of the pixel the nearer one covers: the mixture that comes nearest to the pixel's colour, by at least
        a quarter what its middle shows. 1 where there is no edge.
    """
    height, width = share.shape
    edge = np.zeros((height, width), np.bool_)
    for y in range(height):
        for x in range(width):
            here = rgbd[y, x, 3]
            if x + 1 < width and abs(rgbd[y, x + 1, 3] - here) > jump_dioptres:
                edge[y, x] = edge[y, x + 1] = True
            if y + 1 < height:
                for u in range(max(x - 1, 0), min(x + 2, width)):
                    if abs(rgbd[y + 1, u, 3] - here) > jump_dioptres:
                        edge[y, x] = edge[y + 1, u] = True
    front, back = np.empty(4, np.float32), np.empty(4, np.float32)
    one = np.float32(1.0)
    near[:] = rgbd
    far[:] = rgbd
    share[:] = one
    for y in range(height):
        for x in range(width):
            if not edge[y, x]:
                continue
            low = high = rgbd[y, x, 3]
            for v in range(max(y - 1, 0), min(y + 2, height)):
                for u in range(max(x - 1, 0), min(x + 2, width)):
                    low, high = min(low, rgbd[v, u, 3]), max(high, rgbd[v, u, 3])
            middle = np.float32(0.5) * (low + high)
            fronts = backs = 0
            front[:] = 0.0
            back[:] = 0.0
            for v in range(max(y - 2, 0), min(y + 3, height)):
                for u in range(max(x - 2, 0), min(x + 3, width)):
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
                continue
            for channel in range(4):
                front[channel] /= np.float32(fronts)
                back[channel] /= np.float32(backs)
            centre = one if rgbd[y, x, 3] > middle else np.float32(0.0)
            covered = mixing_share(rgbd[y, x], front, back, centre)
            share[y, x] = covered
            for channel in range(3):
                error = rgbd[y, x, channel] - covered * front[channel] - (one - covered) * back[channel]
                near[y, x, channel] = max(front[channel] + error, np.float32(0.0))
                far[y, x, channel] = max(back[channel] + error, np.float32(0.0))
            near[y, x, 3], far[y, x, 3] = max(front[3], rgbd[y, x, 3]), min(back[3], rgbd[y, x, 3])
