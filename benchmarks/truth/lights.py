"""Tiny lights in a thin lens, traced from the light: the pupil as the light sees it, laid out on the picture.

A lamp of two pixels that is spread over a thousand makes fireflies in a path tracer. Here each lamp looks
back at the lens once (what part of the pupil does it see past hair, wires, leaves?), and its light goes to
p + u * r: p the lamp's pinhole position, u the point of the pupil, r the signed radius of its disc.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SUPER = 6  # sub-pixels per pixel side


def inside_pupil(u: NDArray, v: NDArray, blades: int, rotation_deg: float) -> NDArray[np.bool_]:
    """Whether pupil points (right, up; 1 = the f-number's circle) are inside the aperture."""
    if not blades:
        return u * u + v * v <= 1
    half = math.pi / blades
    turn = (np.arctan2(v, u) - math.radians(rotation_deg) + half) % (2 * half) - half
    # The corners are at rotation + (2k + 1) * half, so an edge's middle is at rotation + 2k * half.
    return np.hypot(u, v) * np.cos(turn) <= math.cos(half)


def pupil_area(blades: int) -> float:
    """Area of the aperture in units of the radius squared."""
    return math.pi if not blades else blades / 2 * math.sin(2 * math.pi / blades)


def look_up(view: NDArray, u: NDArray, v: NDArray) -> NDArray:
    """Sample the visibility `view` (n, n; row 0 up, covering -1..1) at pupil points, bilinearly."""
    n = view.shape[0]
    x = ((u + 1) / 2 * n - 0.5).clip(0, n - 1.001)
    y = ((1 - v) / 2 * n - 0.5).clip(0, n - 1.001)
    i, j = y.astype(int), x.astype(int)
    a, b = y - i, x - j
    return (
        view[i, j] * (1 - a) * (1 - b)
        + view[i, j + 1] * (1 - a) * b
        + view[i + 1, j] * a * (1 - b)
        + view[i + 1, j + 1] * a * b
    )


def add_light(
    picture: NDArray, place, size_px: float, colour, radius_px: float, view: NDArray, blades: int, rotation_deg: float
) -> None:
    """Add one lamp to a linear picture (H, W, 3), in place.

    Parameters
    ----------
    place : (float, float)
        Pinhole position x, y in pixels; pixel (0, 0) covers 0..1.
    size_px : float
        Radius of the lamp's own image.
    colour : float (3,)
        Radiance.
    radius_px : float
        Signed radius of its disc of confusion, positive behind focus.
    view : float (n, n)
        Visible fraction over the pupil's square.
    """
    reach = abs(radius_px) + size_px + 1.5
    x0, x1 = math.floor(place[0] - reach), math.ceil(place[0] + reach)
    y0, y1 = math.floor(place[1] - reach), math.ceil(place[1] + reach)
    h, w = picture.shape[:2]
    if x1 <= 0 or y1 <= 0 or x0 >= w or y0 >= h:
        return
    # Small discs need finer sub-pixels than large ones.
    fine = SUPER if abs(radius_px) > 4 else 4 * SUPER
    xs = x0 + (np.arange((x1 - x0) * fine) + 0.5) / fine - place[0]
    ys = y0 + (np.arange((y1 - y0) * fine) + 0.5) / fine - place[1]
    x, y = np.meshgrid(xs, ys)
    own = (x * x + y * y <= size_px**2).astype(float)
    flux = math.pi * size_px**2
    if abs(radius_px) < 0.6 / fine:
        spread = own * float(look_up(view, np.zeros(1), np.zeros(1))[0])
        if own.sum() == 0:
            return
        spread *= flux * fine**2 / own.sum()
    else:
        u, v = x / radius_px, -y / radius_px
        inside = inside_pupil(u, v, blades, rotation_deg)
        shape = np.where(inside, look_up(view, u, v), 0.0)
        kernel_half = math.ceil(size_px * fine)
        g = np.arange(-kernel_half, kernel_half + 1) / fine
        kernel = (g[:, None] ** 2 + g[None] ** 2 <= size_px**2).astype(float)
        kernel /= kernel.sum()
        full = [a + b - 1 for a, b in zip(shape.shape, kernel.shape, strict=True)]
        soft = np.fft.irfft2(np.fft.rfft2(shape, full) * np.fft.rfft2(kernel, full), full)
        soft = soft[kernel_half : kernel_half + shape.shape[0], kernel_half : kernel_half + shape.shape[1]].clip(0)
        # Even over the aperture's image, so that what the lamp sends through it all is its flux.
        spread = soft * flux / max(inside.sum() / fine**2, 1e-9)
    box = spread.reshape(y1 - y0, fine, x1 - x0, fine).mean((1, 3))
    ya, yb, xa, xb = max(y0, 0), min(y1, h), max(x0, 0), min(x1, w)
    picture[ya:yb, xa:xb] += box[ya - y0 : yb - y0, xa - x0 : xb - x0, None] * np.asarray(colour, float)
