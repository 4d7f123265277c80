"""A matte's regression on the picture, pixel by pixel of its soft band."""

from __future__ import annotations

from numba import prange

from .jit import jit


@jit(parallel=True)
def fit(picture, matte, ys, xs, reach, ridge, out):
    """Fit matte = a . colour + b over the square around each pixel.

    Parameters
    ----------
    picture : float32 (H, W, 3)
    matte : float32 (H, W)
    ys, xs : int64 (N,)
        Pixels where a fit is wanted.
    reach : int
        The square has 2 reach + 1 pixels a side; it is cut at the border.
    ridge : float
        Variance that a colour must have before it counts.
    out : float32 (N, 5)
        a (three), b, and what is left of the matte's variance.
    """
    height, width = matte.shape
    for n in prange(ys.size):
        y, x = ys[n], xs[n]
        # Relative to the pixel itself, so that the sums lose no digits.
        r0, g0, b0, m0 = picture[y, x, 0], picture[y, x, 1], picture[y, x, 2], matte[y, x]
        count = 0.0
        sr = sg = sb = sm = srr = srg = srb = sgg = sgb = sbb = srm = sgm = sbm = smm = 0.0
        for v in range(max(y - reach, 0), min(y + reach + 1, height)):
            for u in range(max(x - reach, 0), min(x + reach + 1, width)):
                r, g, b, m = picture[v, u, 0] - r0, picture[v, u, 1] - g0, picture[v, u, 2] - b0, matte[v, u] - m0
                count += 1.0
                sr += r
                sg += g
                sb += b
                sm += m
                srr += r * r
                srg += r * g
                srb += r * b
                sgg += g * g
                sgb += g * b
                sbb += b * b
                srm += r * m
                sgm += g * m
                sbm += b * m
                smm += m * m
        sr, sg, sb, sm = sr / count, sg / count, sb / count, sm / count
        rr, gg, bb = srr / count - sr * sr + ridge, sgg / count - sg * sg + ridge, sbb / count - sb * sb + ridge
        rg, rb, gb = srg / count - sr * sg, srb / count - sr * sb, sgb / count - sg * sb
        rm, gm, bm = srm / count - sr * sm, sgm / count - sg * sm, sbm / count - sb * sm
        # Cofactors of the symmetric 3 x 3.
        crr, crg, crb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
        cgg, cgb, cbb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
        det = rr * crr + rg * crg + rb * crb
        ar = (crr * rm + crg * gm + crb * bm) / det
        ag = (crg * rm + cgg * gm + cgb * bm) / det
        ab = (crb * rm + cgb * gm + cbb * bm) / det
        out[n, 0], out[n, 1], out[n, 2] = ar, ag, ab
        out[n, 3] = sm + m0 - ar * (sr + r0) - ag * (sg + g0) - ab * (sb + b0)
        out[n, 4] = max(smm / count - sm * sm - ar * rm - ag * gm - ab * bm, 0.0)


@jit(parallel=True)
def apply(picture, fits, number, ys, xs, matte):
    """Give the matte (H, W), in place, what the mean of the fits around each pixel says of its colour.

    `number` (H, W) int32 says which of the `fits` a pixel has, -1 for none.
    """
    height, width = matte.shape
    for n in prange(ys.size):
        y, x = ys[n], xs[n]
        count = ar = ag = ab = b = 0.0
        for v in range(max(y - 1, 0), min(y + 2, height)):
            for u in range(max(x - 1, 0), min(x + 2, width)):
                k = number[v, u]
                if k >= 0:
                    count += 1.0
                    ar += fits[k, 0]
                    ag += fits[k, 1]
                    ab += fits[k, 2]
                    b += fits[k, 3]
        value = (ar * picture[y, x, 0] + ag * picture[y, x, 1] + ab * picture[y, x, 2] + b) / count
        matte[y, x] = min(max(value, 0.0), 1.0)


@jit(parallel=True)
def soften(values, taps, ys, xs, axis, out):
    """Filter (H, W) along an axis with symmetric taps, at the pixels (ys, xs) only; the border repeats."""
    height, width = values.shape
    reach = taps.size // 2
    for n in prange(ys.size):
        y, x = ys[n], xs[n]
        total = 0.0
        for k in range(-reach, reach + 1):
            if axis == 0:
                total += taps[k + reach] * values[min(max(y + k, 0), height - 1), x]
            else:
                total += taps[k + reach] * values[y, min(max(x + k, 0), width - 1)]
        out[y, x] = total
