"""The plainest blur there is, a Gaussian, by the libraries that have one; and calls that are timed by turns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from statistics import median

import numpy as np
from scipy import ndimage

from ..core.arrays import FloatArray

Blur = Callable[[FloatArray, float], FloatArray]


def gaussians() -> dict[str, Blur]:
    """Find who blurs float32 (H, W, 3) by a Gaussian of so many pixels: SciPy, and OpenCV when it is installed."""
    found: dict[str, Blur] = {"SciPy": _scipy_gaussian}
    try:
        cv2 = import_module("cv2")
    except ImportError:
        return found
    found["OpenCV"] = lambda rgb, sigma: cv2.GaussianBlur(rgb, (0, 0), sigma)
    return found


def _scipy_gaussian(rgb: FloatArray, sigma: float) -> FloatArray:
    out = np.empty_like(rgb)
    for channel in range(3):
        ndimage.gaussian_filter(rgb[..., channel], sigma, output=out[..., channel])
    return out


def alternately(
    calls: Mapping[str, Callable[[], object]], rounds: int = 3, seconds: float = math.inf
) -> dict[str, list[float]]:
    """Time calls by turns, so that whatever else slows the machine slows all of them.

    Parameters
    ----------
    calls : mapping of str to callable
    rounds : int
        How often each is called.
    seconds : float
        A call that has taken as long in all is not made again.

    Returns
    -------
    dict of str to list of float
        Seconds of each call; one of each at least.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(max(rounds, 1)):
        for name, call in calls.items():
            if taken[name] and sum(taken[name]) + median(taken[name]) > seconds:
                continue
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    return taken
