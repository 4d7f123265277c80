"""Noise that is the same on every machine: of each pixel's place alone."""

import math

import numpy as np
from numba import prange

from .jit import jit

TWO_PI = 2.0 * math.pi


@jit(inline="always")
def mixed(value):
    """Mix the bits of a uint32 (Wellons' lowbias32)."""
    value = np.uint32(value)
    value ^= value >> np.uint32(16)
    value = np.uint32(value * np.uint32(0x7FEB352D))
    value ^= value >> np.uint32(15)
    value = np.uint32(value * np.uint32(0x846CA68B))
    return np.uint32(value ^ (value >> np.uint32(16)))


@jit(inline="always")
def uniform(y, x, which):
    """Return a number of 0..1, exclusive, of a place and a number."""
    seed = np.uint32(np.uint32(y) * np.uint32(0x9E3779B1) + np.uint32(x) * np.uint32(0x85EBCA77))
    bits = mixed(np.uint32(mixed(seed) + np.uint32(which) * np.uint32(0xC2B2AE3D)))
    return (np.float64(bits) + 0.5) / 4294967296.0


@jit(inline="always")
def normal(y, x, which):
    """Return a normally distributed number of a place and a number (Box and Muller)."""
    return math.sqrt(-2.0 * math.log(uniform(y, x, 2 * which))) * math.cos(TWO_PI * uniform(y, x, 2 * which + 1))


@jit(parallel=True)
def add(picture, dioptres, focus_dioptres, px_per_dioptre, sigma, shared):
    """Put back the noise that blur took.

    Parameters
    ----------
    picture : float32 (H, W, 3)
        Changed in place. Above 1 there is none.
    dioptres : float32 (H, W)
    focus_dioptres, px_per_dioptre : float
        The lens.
    sigma : float64 (K, 3)
        Standard deviation of a photo's noise, in square roots of light, at even steps of it from 0 to 1.
    shared : float
        Share of the noise's variance that all channels have in common.
    """
    height, width, _ = picture.shape
    last = sigma.shape[0] - 1
    for y in prange(height):
        for x in range(width):
            radius = abs(focus_dioptres - dioptres[y, x]) * px_per_dioptre
            # The mean of so many pixels keeps one part in as many of their variance.
            lost = 1.0 - 1.0 / max(math.pi * radius * radius, 1.0)
            if lost <= 0.0:
                continue
            common = math.sqrt(shared * lost) * normal(y, x, 0)
            own = math.sqrt((1.0 - shared) * lost)
            for c in range(3):
                light = picture[y, x, c]
                if light <= 0.0 or light >= 1.0:
                    continue
                root = math.sqrt(light)
                step = min(int(root * last), last - 1)
                part = root * last - step
                deviation = sigma[step, c] + part * (sigma[step + 1, c] - sigma[step, c])
                noisy = min(max(root + deviation * (common + own * normal(y, x, c + 1)), 0.0), 1.0)
                picture[y, x, c] = noisy * noisy
