"""ICC profiles built byte for byte: grey, tables for RGB and CMYK, every kind of curve."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rebokeh.bokeh.colour.icc import primaries_matrix

D50 = np.array([0.9642, 1.0, 0.8249])
SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), (0.3127, 0.3290))


def fixed(*values: float) -> bytes:
    """Numbers as s15Fixed16."""
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def profile(
    space: bytes, tags: dict[bytes, bytes], pcs: bytes = b"XYZ ", kind: bytes = b"mntr", version: int = 2
) -> bytes:
    """Return a profile of these tags, with what every profile must have."""
    desc = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    every = {b"desc": desc, b"cprt": b"text" + bytes(4) + b"CC0\0", b"wtpt": b"XYZ " + bytes(4) + fixed(*D50), **tags}
    table, body, start = b"", b"", 132 + 12 * len(every)
    for key, value in every.items():
        table += key + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), version << 24, kind, space, pcs)
    head += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(every)) + table + body


def curve(values: NDArray | float | None) -> bytes:
    """``curv``: of a table of light 0..1, of a gamma, or the identity."""
    if values is None:
        return b"curv" + bytes(8)
    if isinstance(values, (int, float)):
        return b"curv" + bytes(4) + struct.pack(">IH", 1, round(values * 256))
    codes = np.round(np.asarray(values) * 65535).astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">I", len(codes)) + codes.tobytes()


def parametric(kind: int, *values: float) -> bytes:
    """``para`` of function type 0..4."""
    return b"para" + bytes(4) + struct.pack(">HH", kind, 0) + fixed(*values)


def matrix(tone: bytes, corners=SRGB, version: int = 2) -> bytes:
    """RGB profile of primaries and one tone curve."""
    columns = primaries_matrix(*corners)
    tags = {k + b"XYZ": b"XYZ " + bytes(4) + fixed(*columns[:, i]) for i, k in enumerate((b"r", b"g", b"b"))}
    return profile(b"RGB ", tags | {k + b"TRC": tone for k in (b"r", b"g", b"b")}, version=version)


def grey(tone: bytes) -> bytes:
    """Grey profile."""
    return profile(b"GRAY", {b"kTRC": tone})


def to_lab(xyz: NDArray) -> NDArray:
    """CIE Lab under D50 of XYZ (..., 3)."""
    t = xyz / D50
    f = np.where(t > 216 / 24389, np.cbrt(np.maximum(t, 1e-12)), (24389 / 27 * t + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def srgb_lab(codes: NDArray) -> NDArray:
    """CIE Lab of sRGB codes 0..1 (..., 3)."""
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return to_lab(linear @ primaries_matrix(*SRGB).T)


def tables(space: bytes, grid: int, lab_of: Callable[[NDArray], NDArray]) -> bytes:
    """Profile that works by a table (``mft2``) of `grid` points a side: Lab of codes 0..1 (..., n)."""
    n = {b"RGB ": 3, b"CMYK": 4}[space]
    at = np.stack(np.meshgrid(*[np.linspace(0, 1, grid)] * n, indexing="ij"), axis=-1)
    lab = lab_of(at)
    codes = np.stack([lab[..., 0] / 100 * 0xFF00, (lab[..., 1] + 128) * 256, (lab[..., 2] + 128) * 256], axis=-1)
    ramp = struct.pack(">2H", 0, 65535)
    body = b"mft2" + bytes(4) + bytes([n, 3, grid, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + struct.pack(">2H", 2, 2)
    body += ramp * n + np.clip(np.round(codes), 0, 65535).astype(">u2").tobytes() + ramp * 3
    return profile(space, {b"A2B0": body}, b"Lab ", b"prtr")


def cmyk_as_rgb(codes: NDArray) -> NDArray:
    """SRGB codes 0..1 of ink 0..1 (..., 4): each ink takes its light away, black all."""
    return 0.1 + 0.8 * (1 - codes[..., :3]) * (1 - codes[..., 3:])
