"""What else blurs a photo by its depth: the usual ways, on the same pixels, in linear light, with exact depth.

sharp      nothing at all
gaussian   one Gaussian for all that is out of focus, the matte between it and the sharp rest
gather     each pixel averages what is around it, as far as the others' discs reach it; what lies farther away may not
           spread onto it more than it is blurred itself (the depth test of real-time post-processing)
scatter    each pixel spreads over its disc, and the sums are divided by their weights; nothing hides anything
layered    the picture is cut into LAYERS by depth; each, and its mask, is convolved by the aperture's image at the
           layer's mean radius through the FFT, and they are laid over each other from back to front

Free parameters are set once, to what is best on average over this set and one of another maker.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

import rebokeh as rk

from .pictures import Picture

FloatArray = NDArray[np.float32]

GAUSSIAN_SIGMA = 0.5
"""Of the mean blur radius of what is out of focus: the second moment of a disc is half its radius."""
SAME_DEPTH_PX = 0.5
"""Blur radii of two pixels that differ by less are of one depth, for the depth test."""
LAYERS = 24
"""Of even steps in blur radius."""


def sharp(picture: Picture) -> FloatArray:
    """Leave the photo as it is."""
    return picture.rgb


def gaussian(picture: Picture) -> FloatArray:
    """Blur what is out of focus evenly, as the portrait modes of old."""
    radius, matte = np.abs(picture.radius), picture.matte
    inside, outside = _mean(radius, matte), _mean(radius, 1.0 - matte)
    kept = (matte if inside < outside else 1.0 - matte)[..., None]
    sigma = GAUSSIAN_SIGMA * max(inside, outside)
    blurred = np.asarray(ndimage.gaussian_filter(picture.rgb, (sigma, sigma, 0.0)), np.float32)
    return (kept * picture.rgb + (1.0 - kept) * blurred).astype(np.float32)


def gather(picture: Picture) -> FloatArray:
    """Average what reaches each pixel, with a depth test."""
    return spread_all(picture.rgb, picture.radius, picture.lens.aperture, SAME_DEPTH_PX)


def scatter(picture: Picture) -> FloatArray:
    """Spread every pixel, whatever stands before it."""
    return spread_all(picture.rgb, picture.radius, picture.lens.aperture)


def layered_fft(picture: Picture) -> FloatArray:
    """Convolve layer by layer."""
    return layered(picture.rgb, picture.radius, picture.lens.aperture)


PEERS: dict[str, Callable[[Picture], FloatArray]] = {
    "sharp": sharp,
    "gaussian": gaussian,
    "gather": gather,
    "scatter": scatter,
    "layered FFT": layered_fft,
}


def gauge(blades: int, rotation_deg: float, reach: int) -> FloatArray:
    """For every offset, of how large a radius it lies on the edge of the aperture's image.

    Parameters
    ----------
    blades : int
        0 = a circle.
    rotation_deg : float
        Corners at rotation + (2k + 1) * 180 / blades degrees, counter-clockwise from the right.
    reach : int

    Returns
    -------
    float32 (2 * reach + 1, 2 * reach + 1)
        For a light behind focus; in front of it the offsets' signs change.
    """
    step = np.arange(-reach, reach + 1, dtype=np.float64)
    right, up = np.meshgrid(step, -step)
    if not blades:
        return np.hypot(right, up).astype(np.float32)
    turns = math.radians(rotation_deg) + 2.0 * np.pi * np.arange(blades) / blades
    to_edges = [math.cos(turn) * right + math.sin(turn) * up for turn in turns]
    return (np.maximum.reduce(to_edges) / math.cos(math.pi / blades)).astype(np.float32)


def spread_all(
    rgb: FloatArray, radius: FloatArray, aperture: rk.Aperture, same_depth_px: float = math.inf
) -> FloatArray:
    """Spread every pixel, one at a time, and divide the sums by their weights.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    radius : float32 (H, W)
        Signed, pixels.
    aperture : rebokeh.Aperture
        With straight blades, or a circle.
    same_depth_px : float
        A pixel that lies farther than another by more may not spread onto it more than that is blurred itself.

    Returns
    -------
    float32 (H, W, 3)
    """
    reach = math.ceil(float(np.abs(radius).max())) + 1
    edge = gauge(aperture.blades, aperture.rotation_deg, reach)
    area = aperture.blades / 2 * math.sin(2 * math.pi / aperture.blades) if aperture.blades else math.pi
    out = np.empty((*radius.shape, 3), np.float32)
    _spread_rows(rgb, radius, edge, area, same_depth_px, out)
    return out


def layered(rgb: FloatArray, radius: FloatArray, aperture: rk.Aperture, layers: int = LAYERS) -> FloatArray:
    """Blur by the FFT, a layer of the depth at a time, and lay the layers over each other.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
    radius : float32 (H, W)
        Signed, pixels; larger is farther.
    aperture : rebokeh.Aperture
        With straight blades, or a circle.
    layers : int

    Returns
    -------
    float32 (H, W, 3)
        Divided by the coverage of all layers, which falls below 1 behind edges, where nothing is known.
    """
    least, most = float(radius.min()), float(radius.max())
    width_px = max((most - least) / layers, 1e-6)
    layer_of = np.minimum(((radius - least) / width_px).astype(np.int32), layers - 1)
    reach = math.ceil(max(abs(least), abs(most))) + 1
    padded = tuple(fft.next_fast_len(side + 2 * reach, real=True) for side in radius.shape)
    light, coverage = np.zeros_like(rgb), np.zeros_like(radius)
    for layer in range(layers - 1, -1, -1):
        mask = (layer_of == layer).astype(np.float32)
        if not mask.any():
            continue
        kernel = aperture_kernel(aperture, _mean(radius, mask), reach)
        transfer = np.asarray(fft.rfft2(kernel, padded, workers=-1))

        def blurred(plane: FloatArray, transfer: NDArray[np.complex64] = transfer) -> FloatArray:
            spectrum = np.asarray(fft.rfft2(plane, padded, workers=-1))
            spectrum *= transfer
            whole = np.asarray(fft.irfft2(spectrum, padded, workers=-1, overwrite_x=True))
            return whole[reach : reach + plane.shape[0], reach : reach + plane.shape[1]]

        own = np.clip(blurred(mask), 0.0, 1.0)
        for channel in range(3):
            light[..., channel] *= 1.0 - own
            light[..., channel] += blurred(mask * rgb[..., channel])
        coverage *= 1.0 - own
        coverage += own
    light /= np.maximum(coverage, 1e-6)[..., None]
    return light


def aperture_kernel(aperture: rk.Aperture, radius: float, reach: int) -> FloatArray:
    """Image of the aperture at a signed radius in pixels, float32 (2 * reach + 1, 2 * reach + 1), its sum 1."""
    edge = gauge(aperture.blades, aperture.rotation_deg, reach)
    covered = np.clip(max(abs(radius), 0.5) - edge + 0.5, 0.0, 1.0)
    return np.ascontiguousarray(covered if radius >= 0.0 else covered[::-1, ::-1]) / covered.sum()


def _mean(values: FloatArray, weight: FloatArray) -> float:
    return float((values * weight).sum() / max(float(weight.sum()), 1e-6))


@numba.njit(cache=True, parallel=True)
def _spread_rows(rgb, radius, edge, area, same_depth_px, out):
    """Average over what reaches each pixel; the signed radius grows with distance, so it tells what is farther."""
    height, width = radius.shape
    reach = edge.shape[0] // 2
    for y in numba.prange(height):
        sums = np.zeros((width, 4), np.float64)
        for v in range(max(y - reach, 0), min(y + reach + 1, height)):
            for u in range(width):
                own = radius[v, u]
                r = max(abs(own), np.float32(0.5))
                if abs(y - v) > r + 0.5:
                    continue
                side = 1 if own >= 0.0 else -1
                row = reach + side * (y - v)
                span = int(r + 0.5)
                for x in range(max(u - span, 0), min(u + span + 1, width)):
                    size = r
                    if own > radius[y, x] + same_depth_px:
                        size = min(size, max(abs(radius[y, x]), np.float32(0.5)))
                    covered = size - edge[row, reach + side * (x - u)] + np.float32(0.5)
                    if covered <= 0.0:
                        continue
                    weight = min(covered, np.float32(1.0)) / max(area * size * size, 1.0)
                    sums[x, 0] += weight * rgb[v, u, 0]
                    sums[x, 1] += weight * rgb[v, u, 1]
                    sums[x, 2] += weight * rgb[v, u, 2]
                    sums[x, 3] += weight
        for x in range(width):
            for k in range(3):
                out[y, x, k] = sums[x, k] / max(sums[x, 3], 1e-12)
