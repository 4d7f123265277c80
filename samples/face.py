"""The sitter's shapes as signed distances: head and neck, coat, scarf; and the colours of the skin.

Head coordinates: metres, the origin between the ears, the face towards -y, z up.
"""

from __future__ import annotations

import numpy as np
from sdf import capsule, carve, ellipsoid, join, sphere, torus

EYE = np.array([0.0308, -0.0700, 0.003])  # centre of one eyeball; the other is its mirror image
EYE_RADIUS = 0.0156
MOUTH = -0.065  # height of the line between the lips


def mirrored(p: np.ndarray, soft: float = 0.0) -> np.ndarray:
    """Fold the points onto x >= 0, so that one side's shapes make both; `soft` rounds the fold (metres)."""
    return np.stack([np.sqrt(p[..., 0] ** 2 + soft**2), p[..., 1], p[..., 2]], -1)


def almond(p: np.ndarray) -> np.ndarray:
    """Signed distance, seen from the front, to the opening between the lids (of a folded point)."""
    x, z = p[..., 0] - EYE[0], p[..., 2] - EYE[2]
    z = z - 0.14 * (x + 0.002)  # the outer corner stands higher
    upper = np.hypot(x, z + 0.01085) - 0.01835
    lower = np.hypot(x, z - 0.01715) - 0.02265
    return np.maximum(upper, lower)


def head_field(p: np.ndarray) -> np.ndarray:
    """Signed distance to the head and neck."""
    m, f = mirrored(p), mirrored(p, 0.005)
    d = ellipsoid(m, (0, 0.014, 0.036), (0.0735, 0.092, 0.086))
    d = join(d, ellipsoid(m, (0, -0.026, -0.036), (0.0525, 0.060, 0.078)), 0.035)
    d = join(d, ellipsoid(m, (0, -0.0705, -0.0965), (0.0125, 0.0140, 0.0120)), 0.032)  # chin
    d = join(d, capsule(m, (0.045, 0.000, -0.044), (0.010, -0.064, -0.099), 0.010, 0.006), 0.036)  # jaw
    d = join(d, sphere(f, (0.036, -0.060, -0.027), 0.0235), 0.028)  # cheek
    d = join(d, capsule(f, (0.012, -0.0825, 0.0225), (0.044, -0.066, 0.0225), 0.005, 0.004), 0.020)  # brow
    d = carve(d, ellipsoid(m, (EYE[0], -0.100, 0.003), (0.0200, 0.0150, 0.0140)), 0.020)  # socket
    # lids: a shell around the eyeball, open where the almond is
    lids = carve(sphere(m, EYE, EYE_RADIUS + 0.0017), np.maximum(almond(m), m[..., 1] - EYE[1]), 0.0012)
    d = join(carve(d, np.maximum(almond(m) - 0.001, m[..., 1] - EYE[1]), 0.004), lids, 0.0055)
    d = carve(d, sphere(m, EYE, EYE_RADIUS - 0.0002), 0.0004)
    # nose
    d = join(d, capsule(m, (0, -0.079, 0.012), (0, -0.1035, -0.0285), 0.0058, 0.0068), 0.014)
    d = join(d, sphere(m, (0, -0.1070, -0.0305), 0.0080), 0.008)
    d = join(d, ellipsoid(m, (0.0085, -0.0960, -0.0340), (0.0056, 0.0085, 0.0052)), 0.007)
    d = carve(d, ellipsoid(m, (0.0048, -0.1010, -0.0400), (0.0024, 0.0042, 0.0030)), 0.003)
    # mouth, in coordinates bent into a smile
    s = np.stack([f[..., 0], m[..., 1], m[..., 2] - 7.0 * m[..., 0] ** 2], -1)
    d = join(d, ellipsoid(s, (0, -0.066, MOUTH), (0.031, 0.026, 0.026)), 0.020)  # muzzle
    d = carve(d, capsule(s, (0.0, -0.0985, -0.0480), (0.0, -0.0970, -0.055), 0.0022, 0.003), 0.005)
    d = join(d, ellipsoid(s, (0.0070, -0.0900, MOUTH + 0.0036), (0.0155, 0.0072, 0.0046)), 0.0045)
    d = join(d, ellipsoid(s, (0.0, -0.0895, MOUTH - 0.0054), (0.0170, 0.0080, 0.0062)), 0.0050)
    # the line between the lips: a cut 2 mm deep, wherever the skin is
    cut = np.abs(s[..., 2] - MOUTH + 0.0004) - 0.0008 * (1.02 - (m[..., 0] / 0.0240) ** 2)
    cut = np.maximum(np.maximum(cut, -(d + 0.0022)), np.maximum(m[..., 0] - 0.0240, m[..., 1] + 0.05))
    d = carve(d, cut, 0.0018)
    d = carve(d, ellipsoid(s, (0, -0.097, MOUTH - 0.0165), (0.014, 0.005, 0.0035)), 0.008)
    # neck; the hair covers the ears
    return join(d, capsule(m, (0, 0.022, -0.07), (0, 0.042, -0.26), 0.043, 0.049), 0.030)


def coat_field(p: np.ndarray) -> np.ndarray:
    """Signed distance to the shoulders and the coat (arms hang below the frame)."""
    m = mirrored(p)
    d = ellipsoid(m, (0, 0.050, -0.420), (0.165, 0.105, 0.215))
    d = join(d, capsule(m, (0.05, 0.052, -0.222), (0.168, 0.050, -0.275), 0.052, 0.062), 0.06)
    d = join(d, capsule(m, (0.182, 0.050, -0.290), (0.225, 0.055, -0.62), 0.060, 0.056), 0.05)
    lapel = capsule(m, (0.075, -0.004, -0.235), (0.016, -0.070, -0.42), 0.020, 0.018)
    d = join(d, lapel, 0.012)
    return carve(d, capsule(p, (0.0, -0.10, -0.30), (0.0, -0.085, -0.62), 0.006, 0.004), 0.012)


def scarf_field(p: np.ndarray) -> np.ndarray:
    """Signed distance to a chunky knitted scarf: two turns around the neck and a hanging end."""
    fold = 0.004 * np.sin(9 * np.arctan2(p[..., 1] - 0.03, p[..., 0]) + 40 * p[..., 2])
    d = torus(p, (0.002, 0.026, -0.168), (0.078, 0.084), 0.029, 0.34) + fold
    d = join(d, torus(p, (-0.004, 0.022, -0.206), (0.098, 0.100), 0.031, 0.22) - fold, 0.010)
    end = ellipsoid(p, (0.052, -0.092, -0.330), (0.046, 0.024, 0.125)) + 0.5 * fold
    return join(d, end, 0.022)


def smoothstep(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the usual cubic step from 0 at `low` to 1 at `high`."""
    t = ((x - low) / (high - low)).clip(0, 1)
    return t * t * (3 - 2 * t)


def skin_tint(p: np.ndarray) -> np.ndarray:
    """Linear skin colour (n, 3) at points: lips, blush, lids, warm nose."""
    m = mirrored(p)
    tint = np.tile(np.array([0.58, 0.330, 0.225]), (len(p), 1))

    def blend(weight: np.ndarray, colour) -> None:
        tint[:] += (np.asarray(colour) - tint) * weight[:, None]

    blend(0.55 * np.exp(-(((m - [0.044, -0.075, -0.028]) / 0.022) ** 2).sum(-1)), (0.60, 0.20, 0.15))
    blend(0.40 * np.exp(-(((m - [0, -0.115, -0.033]) / 0.014) ** 2).sum(-1)), (0.60, 0.22, 0.16))
    s = m[:, 2] - 7.0 * m[:, 0] ** 2 - MOUTH
    bow = 0.0078 - 0.0022 * np.exp(-((m[:, 0] / 0.0035) ** 2))
    lips = np.hypot(m[:, 0] / 0.0265, np.where(s > 0, s / bow, s / 0.0110))
    blend(0.85 * (1 - smoothstep(lips, 0.80, 1.05)) * (m[:, 1] < -0.075), (0.44, 0.090, 0.085))
    rim = almond(m)
    front = (m[:, 1] < EYE[1]) & (np.abs(m[:, 0] - EYE[0]) < 0.03)
    blend(0.45 * np.exp(-((rim / 0.006) ** 2)) * front, (0.40, 0.16, 0.11))
    lash_line = np.exp(-((rim / 0.0011) ** 2)) * front * (m[:, 2] > EYE[2] - 0.003)
    blend(0.9 * lash_line, (0.03, 0.015, 0.012))
    return tint
