"""Noise that is the same on every machine: of each pixel's place alone."""

import math

import numpy as np

from .jit import jit

TWO_PI = 2.0 * math.pi


@jit(inline="always")
def _hashed(value):
    """Mix the bits of a uint32 (Wellons' lowbias32)."""
    value = np.uint32(value)
    value ^= value >> np.uint32(16)
    value = np.uint32(value * np.uint32(0x7FEB352D))
    value ^= value >> np.uint32(15)
    value = np.uint32(value * np.uint32(0x846CA68B))
    return np.uint32(value ^ (value >> np.uint32(16)))


@jit(inline="always")
def _uniform(y, x, which):
    """Return a number of 0..1, exclusive, of a place and a number."""
    seed = np.uint32(np.uint32(y) * np.uint32(0x9E3779B1) + np.uint32(x) * np.uint32(0x85EBCA77))
    bits = _hashed(np.uint32(_hashed(seed) + np.uint32(which) * np.uint32(0xC2B2AE3D)))
    return (np.float64(bits) + 0.5) / 4294967296.0


@jit(inline="always")
def _normal(y, x, which):
    """Return a normally distributed number of a place and a number (Box and Muller)."""
    return math.sqrt(-2.0 * math.log(_uniform(y, x, 2 * which))) * math.cos(TWO_PI * _uniform(y, x, 2 * which + 1))


@jit(inline="always")
def _with_noise(light, sigma, channel, noise):
    """Add so many standard deviations to the square root of light: `sigma` (K, 3) at even steps of it."""
    last = sigma.shape[0] - 1
    root = math.sqrt(light)
    step = min(int(root * last), last - 1)
    beyond = root * last - step
    deviation = sigma[step, channel] + beyond * (sigma[step + 1, channel] - sigma[step, channel])
    noisy = min(max(root + deviation * noise, 0.0), 1.0)
    return noisy * noisy


@jit()
def add(picture, dioptres, lens, sigma, shared, rows):
    """Put back the noise that blur took.

    Parameters
    ----------
    picture : float32 (H, W, 3)
        Changed in place. Above 1 there is none.
    dioptres : float32 (H, W)
    lens : (float, float)
        Focus in dioptres, and pixels of blur radius per dioptre.
    sigma : float64 (K, 3)
        Standard deviation of a photo's noise, in square roots of light, at even steps of it from 0 to 1.
    shared : float
        Share of the noise's variance that all channels have in common.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    """
    width = picture.shape[1]
    for y in range(rows[0], rows[1]):
        for x in range(width):
            radius = abs(lens[0] - dioptres[y, x]) * lens[1]
            # The mean of so many pixels keeps one part in as many of their variance.
            lost = 1.0 - 1.0 / max(math.pi * radius * radius, 1.0)
            if lost <= 0.0:
                continue
            common = math.sqrt(shared * lost) * _normal(y, x, 0)
            own = math.sqrt((1.0 - shared) * lost)
            for c in range(3):
                light = picture[y, x, c]
                if 0.0 < light < 1.0:
                    picture[y, x, c] = _with_noise(light, sigma, c, common + own * _normal(y, x, c + 1))
