"""Mixed pixels: where two surfaces meet, and which colours and which coverage explain what a pixel shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import BoolArray, FloatArray
from ..image.regions import dilate


def unmix(colour: FloatArray, alpha: FloatArray, front: FloatArray, back: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Split a mixed pixel into the two colours it is made of: the inverse of alpha compositing.

    Parameters
    ----------
    colour : float32 (N, 3)
        What the pixel shows.
    alpha : float32 (N,)
        Coverage of the front.
    front, back : float32 (N, 3)
        What the two colours are expected to be.

    Returns
    -------
    front, back : float32 (N, 3)
        Not negative, and alpha * front + (1 - alpha) * back = colour.

    Notes
    -----
    The error of the expected mixture goes to the two colours by their shares: the pair nearest to what was expected
    (least squares). The less is seen of what lies behind, the less the pixel may say about it.
    """
    alpha = alpha[:, None]
    rest = 1.0 - alpha
    error = colour - alpha * front - rest * back
    likely = np.maximum(back + rest * rest / np.maximum(alpha**2 + rest**2, 1e-6) * error, 0.0)
    before = (colour - rest * likely) / np.maximum(alpha, 1e-6)
    # Where the front has to be clipped, the back takes what is left; a front that is black is none of it.
    behind = np.where(before >= 0.0, likely, np.maximum(colour / np.maximum(rest, 1e-6), 0.0))
    return np.maximum(before, 0.0).astype(np.float32), behind.astype(np.float32)


def mixing_share(colour: FloatArray, front: FloatArray, back: FloatArray, centre: FloatArray) -> FloatArray:
    """Coverage that explains a colour best as a mixture of two.

    Parameters
    ----------
    colour, front, back : float32 (N, 3)
    centre : float32 (N,)
        1 where the pixel's middle shows the front, 0 where it shows the back: at least a quarter of it is that.

    Returns
    -------
    float32 (N,)
        What the middle shows, where the two colours are alike, or where no mixture of them gives the pixel's: then the
        back was guessed wrong, and what is seen of it must not be taken for the front.
    """
    from ...kernels.unmix import mixing_shares

    share = np.empty(len(centre), np.float32)
    mixing_shares(*map(np.ascontiguousarray, (colour, front, back, centre)), share)
    return share


def edge_band(front: BoolArray, dioptres: FloatArray, jump: float) -> BoolArray:
    """Pixels on either side of the outline of `front` where depth jumps: they may show both surfaces."""
    outline = dilate(front, 1) & dilate(~front, 1)
    ys, xs = np.nonzero(outline)
    lowest, highest = np.full(len(ys), np.inf, np.float32), np.full(len(ys), -np.inf, np.float32)
    for window in _neighbours(ys, xs, front.shape, 1):
        lowest, highest = np.minimum(lowest, dioptres[window]), np.maximum(highest, dioptres[window])
    jumps = highest - lowest > jump
    band = np.zeros(front.shape, bool)
    band[ys[jumps], xs[jumps]] = True
    return band


def mean_of_neighbours(known: BoolArray, rgb: FloatArray, at: tuple[NDArray, ...]) -> tuple[FloatArray, BoolArray]:
    """Mean colour of the known pixels in the 5 x 5 around each pixel of `at`, and whether there are any."""
    colour: FloatArray = np.zeros((len(at[0]), 3), np.float32)
    count: FloatArray = np.zeros(len(at[0]), np.float32)
    for window in _neighbours(at[0], at[1], known.shape, 2):
        weight = known[window].astype(np.float32)
        colour += weight[:, None] * rgb[window]
        count += weight
    colour /= np.maximum(count, np.float32(1.0))[:, None]
    return colour, count > 0


def _neighbours(ys: NDArray, xs: NDArray, shape: tuple[int, ...], reach: int) -> Iterator[tuple[NDArray, NDArray]]:
    """Yield the indices of every pixel of the window around the pixels (ys, xs); the border repeats."""
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            yield np.clip(ys + dy, 0, shape[0] - 1), np.clip(xs + dx, 0, shape[1] - 1)
