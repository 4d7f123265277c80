"""Loops over depth maps: holes, bands of the 8-bit code, and the choice between two surfaces at an edge."""

import math

import numpy as np
from numba import prange

from .jit import jit

# Perceptual colours (square root of light) that differ by 0.07 are a third as likely to be one surface.
COLOUR_SHARPNESS = 200.0
COLOUR_TRUST = 0.8
PRIOR_TRUST = 1.0
NEIGHBOUR_TRUST = 0.8


@jit()
def first_seen(depth, step_y, step_x, value, distance):
    """Carry the last known depth along one direction: `value` and its `distance` (px), per pixel.

    `depth` holds NaN where it is unknown; `distance` stays 0 where the border is met before any depth.
    """
    h, w = depth.shape
    length = math.sqrt(step_y * step_y + step_x * step_x)
    for i in range(h):
        y = i if step_y >= 0 else h - 1 - i
        for j in range(w):
            x = j if step_x >= 0 else w - 1 - j
            py = y - step_y
            px = x - step_x
            distance[y, x] = 0.0
            if py < 0 or py >= h or px < 0 or px >= w:
                continue
            if not math.isnan(depth[py, px]):
                value[y, x] = depth[py, px]
                distance[y, x] = length
            elif distance[py, px] > 0.0:
                value[y, x] = value[py, px]
                distance[y, x] = distance[py, px] + length


@jit()
def fill_holes(depth, values, distances, reach, spread):
    """Fill the NaN of `depth` in place from what was seen in eight directions, the farther side first.

    `values`, `distances`: (8, h, w). A direction counts within three times the nearest one plus `reach`
    (px). Depths within `spread` dioptres of the farthest belong to its surface and are averaged.
    """
    h, w = depth.shape
    for y in range(h):
        for x in range(w):
            if not math.isnan(depth[y, x]):
                continue
            nearest = np.inf
            for k in range(8):
                if distances[k, y, x] > 0.0:
                    nearest = min(nearest, distances[k, y, x])
            limit = 3.0 * nearest + reach
            far = np.inf
            for k in range(8):
                if 0.0 < distances[k, y, x] <= limit:
                    far = min(far, values[k, y, x])
            total = 0.0
            weight = 0.0
            for k in range(8):
                if 0.0 < distances[k, y, x] <= limit and values[k, y, x] <= far + spread:
                    wk = 1.0 / (distances[k, y, x] * distances[k, y, x])
                    total += wk * values[k, y, x]
                    weight += wk
            if weight > 0.0:
                depth[y, x] = total / weight


@jit()
def next_codes(code, linked, down, up):
    """Measure how far each pixel is from the next lower and the next higher code of its surface.

    Parameters
    ----------
    code : int32 (h, w)
    linked : int
        Neighbours that differ by more codes than this lie on two surfaces.
    down, up : float32 (h, w), written
        Pixels to the line between the codes, along the plateau; inf where there is none.
    """
    h, w = code.shape
    down[:] = np.inf
    up[:] = np.inf
    for sweep in range(4):
        step = 1 if sweep % 2 == 0 else -1
        for j in range(h):
            y = j if step > 0 else h - 1 - j
            for i in range(w):
                x = i if step > 0 else w - 1 - i
                lower = down[y, x]
                higher = up[y, x]
                for v in range(max(y - 1, 0), min(y + 2, h)):
                    for u in range(max(x - 1, 0), min(x + 2, w)):
                        away = np.float32(1.4142135) if v != y and u != x else np.float32(1.0)
                        rise = code[v, u] - code[y, x]
                        if rise == 0:
                            lower = min(lower, down[v, u] + away)
                            higher = min(higher, up[v, u] + away)
                        elif 0 < rise <= linked:
                            higher = min(higher, np.float32(0.5) * away)
                        elif -linked <= rise < 0:
                            lower = min(lower, np.float32(0.5) * away)
                down[y, x] = lower
                up[y, x] = higher


@jit(parallel=True)
def smooth_rows(values, codes, jump, keep):
    """Smooth each row of `values` in place, forth and back, never across a jump of `codes`.

    `keep` (0..1) is how much of the value before stays per pixel: exp(-1/length).
    """
    h, w = values.shape
    for y in prange(h):
        for x in range(1, w):
            if abs(codes[y, x] - codes[y, x - 1]) <= jump:
                values[y, x] += keep * (values[y, x - 1] - values[y, x])
        for x in range(w - 2, -1, -1):
            if abs(codes[y, x + 1] - codes[y, x]) <= jump:
                values[y, x] += keep * (values[y, x + 1] - values[y, x])


@jit(parallel=True, fastmath={"contract", "reassoc", "arcp", "nsz"})
def two_surfaces(depth, slope, low, high, colour, matte, fine_colour, fine_matte, radius, near, far, odds):
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
    near, far : float32 (H, W), written
        The two depths; equal where there is no edge.
    odds : float32 (H, W), written
        Log-odds of the near surface.
    """
    h, w = depth.shape
    H, W = near.shape
    scale_y = h / H
    scale_x = w / W
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
    for Y in prange(H):
        cy = min(int((Y + 0.5) * scale_y), h - 1)
        y0 = max(cy - radius, 0)
        y1 = min(cy + radius + 1, h)
        for X in range(W):
            cx = min(int((X + 0.5) * scale_x), w - 1)
            lo = low[cy, cx]
            jump = high[cy, cx] - lo
            near[Y, X] = depth[cy, cx]
            far[Y, X] = depth[cy, cx]
            odds[Y, X] = none
            if jump <= none:
                continue
            x0 = max(cx - radius, 0)
            x1 = min(cx + radius + 1, w)
            per_jump = one / jump
            steep = one / (np.float32(0.025) * jump)
            near_sum = far_sum = near_weight = far_weight = none
            near_like = far_like = near_calm = far_calm = none
            near_matte = far_matte = prior = prior_weight = none
            r = fine_colour[Y, X, 0]
            g = fine_colour[Y, X, 1]
            b = fine_colour[Y, X, 2]
            for y in range(y0, y1):
                fall_y = falloff[y - cy + radius]
                prior_y = prior_falloff[y - cy + radius]
                for x in range(x0, x1):
                    u = (depth[y, x] - lo) * per_jump
                    s = slope[y, x] * steep
                    # Bell curves as powers of 1 / (1 + x^2): much cheaper than exponentials, as good here.
                    bell = one / (one + s * s)
                    calm = fall_y * falloff[x - cx + radius] * bell * bell * bell
                    dr = colour[0, y, x] - r
                    dg = colour[1, y, x] - g
                    db = colour[2, y, x] - b
                    bell = one / (one + (dr * dr + dg * dg + db * db) * sharpness)
                    bell *= bell
                    like = calm * bell * bell
                    p = prior_y * prior_falloff[x - cx + radius]
                    prior += p * u
                    prior_weight += p
                    is_near = one if u > half else none
                    is_far = one - is_near
                    extreme = u * is_near + (one - u) * is_far
                    extreme *= extreme
                    extreme *= extreme
                    # The foot of a ramp is flat too, but not yet there; and a thin thing has no flat top: its
                    # highest point stands in for it.
                    weight = calm * extreme
                    extreme *= extreme
                    weight += spare * extreme * extreme
                    near_weight += is_near * weight
                    near_sum += is_near * weight * u
                    near_like += is_near * like
                    near_calm += is_near * calm
                    far_weight += is_far * weight
                    far_sum += is_far * weight * u
                    far_like += is_far * like
                    far_calm += is_far * calm
                    if has_matte:
                        near_matte += is_near * weight * matte[y, x]
                        far_matte += is_far * weight * matte[y, x]
            n = near_sum / near_weight
            f = far_sum / far_weight
            near[Y, X] = lo + jump * n
            far[Y, X] = lo + jump * f
            if has_matte:
                near_matte /= near_weight
                far_matte /= far_weight
                if abs(near_matte - far_matte) > 0.5:
                    # One side is the subject: the matte knows the outline better than any colour does.
                    sign = 1.0 if near_matte > far_matte else -1.0
                    odds[Y, X] = sign * 40.0 * (fine_matte[Y, X] - 0.5)
                    continue
            mean = (prior / prior_weight - f) / max(n - f, 1e-6)
            mean = min(max(mean, 0.02), 0.98)
            log_prior = PRIOR_TRUST * math.log(mean / (1.0 - mean))
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
                    weights[i, k] = NEIGHBOUR_TRUST * math.exp(-d * COLOUR_SHARPNESS)
                    if v != y and u != x:
                        weights[i, k] *= 0.7
                k += 1


@jit(parallel=True)
def agree(edge, weights, data, before, after, width):
    """One step of agreement: each pixel of an edge leans to the side of neighbours that look alike.

    `data`, `before`, `after` are log-odds (H * W,); `after` is written at the pixels of `edge`.
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
                q = before[min(max(p + dy * width + dx, 0), last)]
                total += weights[i, k] * q / math.sqrt(4.0 + q * q)
                k += 1
        after[p] = total


@jit(parallel=True)
def perceive(light, out):
    """Area means of `light` (HH, WW, 3), scene-linear, as square roots clipped at 1.5: `out` (H, W, 3)."""
    HH, WW, _ = light.shape
    H, W, _ = out.shape
    for y in prange(H):
        y0 = y * HH // H
        y1 = (y + 1) * HH // H
        for x in range(W):
            x0 = x * WW // W
            x1 = (x + 1) * WW // W
            for c in range(3):
                total = np.float32(0.0)
                for v in range(y0, y1):
                    for u in range(x0, x1):
                        total += min(max(light[v, u, c], np.float32(0.0)), np.float32(2.25))
                out[y, x, c] = math.sqrt(total / ((y1 - y0) * (x1 - x0)))


@jit(parallel=True)
def resolve(depth, colour, near, far, odds, light, out):
    """Write the depth of each photo pixel: the chosen surface at an edge, the map itself elsewhere.

    Parameters
    ----------
    depth : float32 (h, w)
        The map, dioptres.
    colour, near, far, odds : float32 (H, W, 3), (H, W)
        As from `two_surfaces`.
    light : float32 (HH, WW, 3)
        The photo, scene-linear.
    out : float32 (HH, WW), written
        Dioptres.
    """
    h, w = depth.shape
    H, W = near.shape
    HH, WW = out.shape
    for Y in prange(HH):
        fy = min(max((Y + 0.5) * h / HH - 0.5, 0.0), h - 1.0)
        iy = min(int(fy), max(h - 2, 0))
        ty = np.float32(fy - iy)
        jy = min(iy + 1, h - 1)
        cy = min(int((Y + 0.5) * H / HH), H - 1)
        oy = (Y + 0.5) * H / HH - 0.5
        for X in range(WW):
            fx = min(max((X + 0.5) * w / WW - 0.5, 0.0), w - 1.0)
            ix = min(int(fx), max(w - 2, 0))
            tx = np.float32(fx - ix)
            jx = min(ix + 1, w - 1)
            top = depth[iy, ix] + tx * (depth[iy, jx] - depth[iy, ix])
            bottom = depth[jy, ix] + tx * (depth[jy, jx] - depth[jy, ix])
            value = top + ty * (bottom - top)
            out[Y, X] = value
            cx = min(int((X + 0.5) * W / WW), W - 1)
            if near[cy, cx] == far[cy, cx]:
                continue
            n = near[cy, cx]
            f = far[cy, cx]
            lean = odds[cy, cx]
            if HH != H:
                ox = (X + 0.5) * W / WW - 0.5
                r = math.sqrt(max(light[Y, X, 0], 0.0))
                g = math.sqrt(max(light[Y, X, 1], 0.0))
                b = math.sqrt(max(light[Y, X, 2], 0.0))
                n = f = lean = total = np.float32(0.0)
                for v in range(max(cy - 1, 0), min(cy + 2, H)):
                    for u in range(max(cx - 1, 0), min(cx + 2, W)):
                        if near[v, u] == far[v, u]:
                            continue
                        dr = min(r, 1.5) - colour[v, u, 0]
                        dg = min(g, 1.5) - colour[v, u, 1]
                        db = min(b, 1.5) - colour[v, u, 2]
                        away = (v - oy) * (v - oy) + (u - ox) * (u - ox)
                        weight = math.exp(-(dr * dr + dg * dg + db * db) * COLOUR_SHARPNESS - away) + 1e-6
                        total += weight
                        n += weight * near[v, u]
                        f += weight * far[v, u]
                        lean += weight * min(max(odds[v, u], -5.0), 5.0)
                n /= total
                f /= total
            # On the flat beside the ramp the map itself is right, to the last bit of its slope.
            t = (value - f) / max(n - f, 1e-9)
            if lean > 0.0:
                own = min(max((t - 0.95) / 0.05, 0.0), 1.0)
                out[Y, X] = n + own * (value - n)
            else:
                own = min(max((0.05 - t) / 0.05, 0.0), 1.0)
                out[Y, X] = f + own * (value - f)
