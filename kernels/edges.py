"""Loops over a depth map's edges: the choice between two surfaces, and the depth of each photo pixel."""

import math

import numpy as np
from numba import prange

from .enlarge import placed
from .jit import jit

# Perceptual colours (square root of light) that differ by 0.07 are a third as likely to be one surface.
COLOUR_SHARPNESS = 200.0
COLOUR_TRUST = 0.8
PRIOR_TRUST = 1.0
NEIGHBOUR_TRUST = 0.8


@jit(parallel=True, fastmath={"contract", "reassoc", "arcp", "nsz"})
def two_surfaces(
    depth, slope, low, high, colour, matte, fine_colour, fine_matte, radius, rows, columns, near, far, odds
):
    """Where two surfaces meet: the depth of each, and to which of them a pixel belongs.

    Parameters
    ----------
    depth, slope : float32 (h, w)
        Dioptres, and the size of their gradient (dioptres per map pixel).
    low, high : float32 (h, w)
        The smallest and largest depth within `radius`; equal where there is no edge.
    colour : float32 (3, h, w)
        The photo at the map's resolution, perceptual.
    matte : float32 (h, w)
        Coverage at the map's resolution; one of shape (0, 0) when there is none.
    fine_colour, fine_matte : float32 (H, W, 3), (H, W)
        The same at the resolution of the answer.
    radius : int
        Half width of the window of map pixels that is searched.
    rows, columns : int64 (h + 1,), (w + 1,)
        First row and column of the answer that lie in each map pixel.
    near, far : float32 (H, W), written
        The two depths; equal where there is no edge.
    odds : float32 (H, W), written
        Log-odds of the near surface.
    """
    h, w = depth.shape
    has_matte = matte.shape[0] > 0
    side = 2 * radius + 1
    falloff = np.empty(side, np.float32)
    prior_falloff = np.empty(side, np.float32)
    for k in range(side):
        falloff[k] = math.exp(-0.5 * ((k - radius) / (0.6 * radius)) ** 2)
        prior_falloff[k] = math.exp(-0.5 * ((k - radius) / (0.25 * radius)) ** 2)
    one = np.float32(1.0)
    none = np.float32(0.0)
    half = np.float32(0.5)
    spare = np.float32(1e-3)
    sharpness = np.float32(COLOUR_SHARPNESS / 4)
    for cy in prange(h):
        # What the window holds is the same for every pixel of the answer in this map pixel: the near surface's
        # colours from the front of these, the far one's from the back.
        reds = np.empty(side * side, np.float32)
        greens = np.empty(side * side, np.float32)
        blues = np.empty(side * side, np.float32)
        calms = np.empty(side * side, np.float32)
        y0 = max(cy - radius, 0)
        y1 = min(cy + radius + 1, h)
        for cx in range(w):
            if rows[cy] == rows[cy + 1] or columns[cx] == columns[cx + 1]:
                continue
            lo = low[cy, cx]
            jump = high[cy, cx] - lo
            if jump <= none:
                for Y in range(rows[cy], rows[cy + 1]):
                    for X in range(columns[cx], columns[cx + 1]):
                        near[Y, X] = depth[cy, cx]
                        far[Y, X] = depth[cy, cx]
                        odds[Y, X] = none
                continue
            x0 = max(cx - radius, 0)
            x1 = min(cx + radius + 1, w)
            per_jump = one / jump
            steep = one / (np.float32(0.025) * jump)
            near_sum = far_sum = near_weight = far_weight = near_calm = far_calm = none
            near_matte = far_matte = prior = prior_weight = none
            front, back = 0, side * side
            for y in range(y0, y1):
                fall_y = falloff[y - cy + radius]
                prior_y = prior_falloff[y - cy + radius]
                for x in range(x0, x1):
                    u = (depth[y, x] - lo) * per_jump
                    s = slope[y, x] * steep
                    # Bell curves as powers of 1 / (1 + x^2): much cheaper than exponentials, as good here.
                    bell = one / (one + s * s)
                    calm = fall_y * falloff[x - cx + radius] * bell * bell * bell
                    p = prior_y * prior_falloff[x - cx + radius]
                    prior += p * u
                    prior_weight += p
                    is_near = u > half
                    extreme = u if is_near else one - u
                    extreme *= extreme
                    extreme *= extreme
                    # The foot of a ramp is flat too, but not yet there; and a thin thing has no flat top: its
                    # highest point stands in for it.
                    weight = calm * extreme
                    extreme *= extreme
                    weight += spare * extreme * extreme
                    covered = weight * matte[y, x] if has_matte else none
                    if is_near:
                        k = front
                        front += 1
                        near_weight += weight
                        near_sum += weight * u
                        near_calm += calm
                        near_matte += covered
                    else:
                        back -= 1
                        k = back
                        far_weight += weight
                        far_sum += weight * u
                        far_calm += calm
                        far_matte += covered
                    reds[k] = colour[0, y, x]
                    greens[k] = colour[1, y, x]
                    blues[k] = colour[2, y, x]
                    calms[k] = calm
            n = near_sum / near_weight
            f = far_sum / far_weight
            by_matte = False
            sign = none
            if has_matte:
                # Where one side is the subject, the matte knows the outline better than any colour does.
                contrast = near_matte / near_weight - far_matte / far_weight
                by_matte = abs(contrast) > 0.5
                sign = np.float32(40.0) if contrast > 0.0 else np.float32(-40.0)
            mean = (prior / prior_weight - f) / max(n - f, 1e-6)
            mean = min(max(mean, 0.02), 0.98)
            log_prior = PRIOR_TRUST * math.log(mean / (1.0 - mean))
            for Y in range(rows[cy], rows[cy + 1]):
                for X in range(columns[cx], columns[cx + 1]):
                    near[Y, X] = lo + jump * n
                    far[Y, X] = lo + jump * f
                    if by_matte:
                        odds[Y, X] = sign * (fine_matte[Y, X] - half)
                        continue
                    r = fine_colour[Y, X, 0]
                    g = fine_colour[Y, X, 1]
                    b = fine_colour[Y, X, 2]
                    near_like = far_like = none
                    for k in range(front):
                        dr, dg, db = reds[k] - r, greens[k] - g, blues[k] - b
                        bell = one / (one + (dr * dr + dg * dg + db * db) * sharpness)
                        bell *= bell
                        near_like += calms[k] * bell * bell
                    for k in range(back, side * side):
                        dr, dg, db = reds[k] - r, greens[k] - g, blues[k] - b
                        bell = one / (one + (dr * dr + dg * dg + db * db) * sharpness)
                        bell *= bell
                        far_like += calms[k] * bell * bell
                    likeness = math.log((near_like + 0.02 * near_calm + 1e-6) / (near_calm + 1e-4)) - math.log(
                        (far_like + 0.02 * far_calm + 1e-6) / (far_calm + 1e-4)
                    )
                    odds[Y, X] = log_prior + COLOUR_TRUST * likeness


@jit(parallel=True)
def likeness_of_neighbours(colour, near, far, edge, weights):
    """How much each edge pixel looks like its eight neighbours, as far as these are edge pixels too.

    `edge` holds flat indices into (H, W); `weights` float32 (n, 8) is written, row by row around the pixel.
    """
    H, W = near.shape
    for i in prange(edge.size):
        y = edge[i] // W
        x = edge[i] % W
        k = 0
        for v in range(y - 1, y + 2):
            for u in range(x - 1, x + 2):
                if v == y and u == x:
                    continue
                weights[i, k] = 0.0
                if 0 <= v < H and 0 <= u < W and near[v, u] != far[v, u]:
                    d = np.float32(0.0)
                    for c in range(3):
                        e = colour[v, u, c] - colour[y, x, c]
                        d += e * e
                    weights[i, k] = NEIGHBOUR_TRUST * math.exp(-d * np.float32(COLOUR_SHARPNESS))
                    if v != y and u != x:
                        weights[i, k] *= 0.7
                k += 1


@jit(parallel=True)
def agree(edge, weights, data, leaning, odds, next_leaning, width):
    """One step of agreement: each pixel of an edge leans to the side of neighbours that look alike.

    `data`, `odds` are log-odds (H * W,); `leaning` is q / sqrt(4 + q^2) of the odds q before, 0 where there is no edge.
    `odds` and `next_leaning` are written at the pixels of `edge`.
    """
    last = data.size - 1
    for i in prange(edge.size):
        p = edge[i]
        total = data[p]
        k = 0
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                if dy == 0 and dx == 0:
                    continue
                total += weights[i, k] * leaning[min(max(p + dy * width + dx, 0), last)]
                k += 1
        odds[p] = total
        next_leaning[p] = total / math.sqrt(np.float32(4.0) + total * total)


@jit(parallel=True)
def perceive(light, out):
    """Area means of `light` (HH, WW, 3), scene-linear, as square roots clipped at 1.5: `out` (H, W, 3)."""
    HH, WW, _ = light.shape
    H, W, _ = out.shape
    none, most = np.float32(0.0), np.float32(2.25)
    for y in prange(H):
        y0 = y * HH // H
        y1 = (y + 1) * HH // H
        for x in range(W):
            x0 = x * WW // W
            x1 = (x + 1) * WW // W
            r = g = b = none
            for v in range(y0, y1):
                for u in range(x0, x1):
                    r += min(max(light[v, u, 0], none), most)
                    g += min(max(light[v, u, 1], none), most)
                    b += min(max(light[v, u, 2], none), most)
            count = (y1 - y0) * (x1 - x0)
            out[y, x, 0] = math.sqrt(r / count)
            out[y, x, 1] = math.sqrt(g / count)
            out[y, x, 2] = math.sqrt(b / count)


@jit(parallel=True)
def resolve(depth, colour, near, far, odds, light, least, most, out):
    """Write the depth of each photo pixel: the chosen surface at an edge, the map itself elsewhere.

    Parameters
    ----------
    depth : float32 (h, w)
        The map, dioptres.
    colour, near, far, odds : float32 (H, W, 3), (H, W)
        As from `two_surfaces`.
    light : float32 (HH, WW, 3)
        The photo, scene-linear.
    least, most : float32
        No answer lies beyond these.
    out : float32 (HH, WW), written
        Dioptres.
    """
    h, w = depth.shape
    H, W = near.shape
    HH, WW = out.shape
    none, one, twentieth = np.float32(0.0), np.float32(1.0), np.float32(0.05)
    bright, even, floor, far_apart = np.float32(1.5), np.float32(5.0), np.float32(1e-6), np.float32(20.0)
    sharpness = np.float32(COLOUR_SHARPNESS)
    left = np.empty(WW, np.int32)
    across = np.empty(WW, np.float32)
    middle = np.empty(WW, np.int32)
    # How much each of the three columns of the guide around a photo pixel counts, by its distance.
    beside = np.empty((WW, 3), np.float32)
    for X in range(WW):
        left[X], across[X] = placed(X, w, WW)
        middle[X] = min(int((X + 0.5) * W / WW), W - 1)
        ox = (X + 0.5) * W / WW - 0.5
        for k in range(3):
            beside[X, k] = math.exp(-((middle[X] + k - 1 - ox) ** 2))
    for Y in prange(HH):
        iy, ty = placed(Y, h, HH)
        jy = min(iy + 1, h - 1)
        cy = min(int((Y + 0.5) * H / HH), H - 1)
        oy = (Y + 0.5) * H / HH - 0.5
        line = np.empty(w, np.float32)
        for x in range(w):
            line[x] = depth[iy, x] + ty * (depth[jy, x] - depth[iy, x])
        for X in range(WW):
            ix = left[X]
            jx = min(ix + 1, w - 1)
            value = line[ix] + across[X] * (line[jx] - line[ix])
            cx = middle[X]
            n = near[cy, cx]
            f = far[cy, cx]
            if n == f:
                out[Y, X] = min(max(value, least), most)
                continue
            side = odds[cy, cx]
            if HH != H:
                r = min(math.sqrt(max(light[Y, X, 0], none)), bright)
                g = min(math.sqrt(max(light[Y, X, 1], none)), bright)
                b = min(math.sqrt(max(light[Y, X, 2], none)), bright)
                n = f = side = total = none
                for v in range(max(cy - 1, 0), min(cy + 2, H)):
                    above = np.float32(math.exp(-((v - oy) ** 2)))
                    for u in range(max(cx - 1, 0), min(cx + 2, W)):
                        if near[v, u] == far[v, u]:
                            continue
                        dr = r - colour[v, u, 0]
                        dg = g - colour[v, u, 1]
                        db = b - colour[v, u, 2]
                        d = (dr * dr + dg * dg + db * db) * sharpness
                        # Colours far apart leave the floor alone; most of the time goes into exponentials.
                        weight = floor
                        if d < far_apart:
                            weight += math.exp(-d) * above * beside[X, u - cx + 1]
                        total += weight
                        n += weight * near[v, u]
                        f += weight * far[v, u]
                        side += weight * min(max(odds[v, u], -even), even)
                n /= total
                f /= total
            # On the flat beside the ramp the map itself is right, to the last bit of its slope.
            t = (value - f) / max(n - f, np.float32(1e-9))
            if side > none:
                own = min(max((t - (one - twentieth)) / twentieth, none), one)
                value = n + own * (value - n)
            else:
                own = min(max((twentieth - t) / twentieth, none), one)
                value = f + own * (value - f)
            out[Y, X] = min(max(value, least), most)
