"""ICC profiles: read the tone curves of a matrix profile, write a small one.

Only what scene-linear rendering needs: curves in and out, and the primaries' matrix.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.errors import InputError

# A profile larger than this is no camera's; 16 MB holds even a dense printer table.
MAX_ICC_BYTES = 16_000_000
D65 = (0.3127, 0.3290)


class LutProfileError(InputError):
    """The ICC profile works by tables: colours must be converted by a colour engine."""


class BrokenProfileError(InputError):
    """The ICC profile is damaged."""


@dataclass(frozen=True)
class Curve:
    """One channel's tone curve, code 0..1 -> linear 0..1.

    Attributes
    ----------
    params : tuple of 7 float
        (g, a, b, c, d, e, f) of ``(a*x + b)**g + e`` for x >= d, ``c*x + f`` below; used when `table` is empty.
    table : tuple of float
        Linear light at equal steps of the code, interpolated linearly.
    """

    params: tuple[float, float, float, float, float, float, float] = (1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    table: tuple[float, ...] = ()

    @property
    def is_linear(self) -> bool:
        """True for the identity."""
        g, a, b, _, d, e, _ = self.params
        return not self.table and (g, a, b, e) == (1.0, 1.0, 0.0, 0.0) and d <= 0.0

    def __call__(self, codes: NDArray) -> NDArray:
        """Linear light of `codes` (any shape, 0..1), clipped to 0..1, float64."""
        x = np.asarray(codes, np.float64)
        if self.table:
            y = np.interp(x, np.linspace(0.0, 1.0, len(self.table)), self.table)
        else:
            g, a, b, c, d, e, f = self.params
            y = np.where(x >= d, np.maximum(a * x + b, 0.0) ** g + e, c * x + f)
        return np.clip(y, 0.0, 1.0)


LINEAR_CURVE = Curve()
SRGB_CURVE = Curve((2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0))
# The camera curve of Rec.709, inverted: what Apple encodes its gain map with.
REC709_CURVE = Curve((1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081, 0.0, 0.0))


def gamma_curve(gamma: float) -> Curve:
    """Make the curve ``x**gamma``."""
    return Curve((float(gamma), 1.0, 0.0, 0.0, 0.0, 0.0, 0.0))


def _tags(icc: bytes) -> dict[bytes, bytes]:
    if len(icc) < 132 or len(icc) > MAX_ICC_BYTES or icc[36:40] != b"acsp":
        raise BrokenProfileError("the ICC profile is damaged")
    count = struct.unpack_from(">I", icc, 128)[0]
    if count > 200:
        raise BrokenProfileError("the ICC profile is damaged")
    tags: dict[bytes, bytes] = {}
    for k in range(count):
        name, start, size = struct.unpack_from(">4sII", icc, 132 + 12 * k)
        if start + size > len(icc):
            raise BrokenProfileError("the ICC profile is damaged")
        tags[name] = icc[start : start + size]
    return tags


def matrix_of(icc: bytes) -> NDArray | None:
    """Return a matrix profile's RGB -> XYZ under D50 (3, 3), or None."""
    try:
        tags = _tags(icc)
        columns = [np.array(struct.unpack_from(">3i", tags[k + b"XYZ"], 8)) / 65536 for k in (b"r", b"g", b"b")]
    except (BrokenProfileError, KeyError, struct.error):
        return None
    matrix = np.stack(columns, axis=1)
    return matrix if abs(np.linalg.det(matrix)) > 1e-6 else None


def read(profile: bytes) -> tuple[str, bool, tuple[Curve, Curve, Curve]]:
    """Read a matrix or grey profile: (its name, whether it is grey, the curves of red, green, blue).

    Raises
    ------
    LutProfileError
        When it works by tables and has no tone curves (CMYK, LUT RGB).
    BrokenProfileError
        When it is damaged.
    """
    try:
        return _read(profile)
    except (struct.error, IndexError, OverflowError) as err:
        raise BrokenProfileError("the ICC profile is damaged") from err


def _read(profile: bytes) -> tuple[str, bool, tuple[Curve, Curve, Curve]]:
    tags, space = _tags(profile), profile[16:20]
    title = _title(tags.get(b"desc", b""))
    if space == b"GRAY" and b"kTRC" in tags:
        curve = _parse_curve(tags[b"kTRC"])
        return title or "grey", True, (curve, curve, curve)
    # A profile with both kinds prefers its tables; they describe more than a matrix can.
    if space != b"RGB " or b"A2B0" in tags or not all(k + b"TRC" in tags for k in (b"r", b"g", b"b")):
        raise LutProfileError(f"the ICC profile {title or space.decode('latin-1').strip()!r} works by tables")
    red, green, blue = (_parse_curve(tags[k + b"TRC"]) for k in (b"r", b"g", b"b"))
    return title or "ICC", False, (red, green, blue)


def _parse_curve(tag: bytes) -> Curve:
    if tag[:4] == b"para":
        kind = struct.unpack_from(">H", tag, 8)[0]
        if kind > 4:
            raise BrokenProfileError("the ICC profile is damaged")
        n = (1, 3, 4, 5, 7)[kind]
        v = [x / 65536 for x in struct.unpack_from(f">{n}i", tag, 12)]
        curve = Curve(_general_form(kind, v))
    elif tag[:4] == b"curv":
        n = struct.unpack_from(">I", tag, 8)[0]
        if n == 0:
            return LINEAR_CURVE
        if n == 1:
            curve = gamma_curve(struct.unpack_from(">H", tag, 12)[0] / 256)
        elif n > 65536:
            raise BrokenProfileError("the ICC profile is damaged")
        else:
            curve = Curve(table=_distinct(np.array(struct.unpack_from(f">{n}H", tag, 12), np.float64)))
    else:
        raise BrokenProfileError("the ICC profile is damaged")
    _check_invertible(curve)
    return curve


def _distinct(steps: NDArray) -> tuple[float, ...]:
    """Table of light 0..1 whose equal entries rise by less than a step, so that each code has a light of its own.

    Near black a power curve lies below the first of the 65535 steps for hundreds of 16-bit codes, which would all
    come back as one.
    """
    starts = np.flatnonzero(np.append(True, np.diff(steps) != 0))
    lengths = np.diff(np.append(starts, len(steps)))
    place = (np.arange(len(steps)) - np.repeat(starts, lengths) + 0.5) / np.repeat(lengths, lengths) - 0.5
    place[: lengths[0]] = np.arange(lengths[0]) / (2 * lengths[0])
    place[len(steps) - lengths[-1] :] = np.arange(1 - lengths[-1], 1) / (2 * lengths[-1])
    return tuple((np.clip(steps + place, 0, 65535) / 65535).tolist())


def _general_form(kind: int, v: list[float]) -> tuple[float, float, float, float, float, float, float]:
    """Write the parameters of ICC's function types 0..3 as type 4, which contains them."""
    if kind == 0:
        return (v[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    g, a, b = v[:3]
    if kind == 4:
        return (g, a, b, v[3], v[4], v[5], v[6])
    if kind == 3:
        return (g, a, b, v[3], v[4], 0.0, 0.0)
    if a == 0:
        raise BrokenProfileError("the ICC profile is damaged")
    offset = v[3] if kind == 2 else 0.0
    return (g, a, b, 0.0, -b / a, offset, offset)


def _check_invertible(curve: Curve) -> None:
    with np.errstate(all="ignore"):
        y = curve(np.linspace(0.0, 1.0, 256))
    # Rounded parameters may step back a hair where the line meets the power.
    if not np.isfinite(y).all() or y[-1] - y[0] < 0.5 or np.diff(y).min() < -1e-3:
        raise BrokenProfileError("the ICC profile's tone curve cannot be inverted")


def _title(tag: bytes) -> str:
    if tag[:4] == b"mluc" and len(tag) >= 28:
        size, start = struct.unpack_from(">II", tag, 20)
        text = tag[start : start + min(size, 400)].decode("utf-16-be", "replace")
    elif tag[:4] == b"desc" and len(tag) >= 13:
        size = struct.unpack_from(">I", tag, 8)[0]
        text = tag[12 : 12 + min(size, 400)].decode("latin-1")
    else:
        return ""
    return "".join(c for c in text.strip("\0 ") if c.isprintable())


_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D50 = np.array([0.9642, 1.0, 0.8249])


def adaptation(white: tuple[float, float]) -> NDArray:
    """Bradford's matrix from this white to D50, where ICC profiles live."""
    gain = (_BRADFORD @ _D50) / (_BRADFORD @ _xyz(white))
    return np.linalg.solve(_BRADFORD, gain[:, None] * _BRADFORD)


def _xyz(xy: tuple[float, float]) -> NDArray:
    return np.array([xy[0] / xy[1], 1.0, (1 - xy[0] - xy[1]) / xy[1]])


def primaries_matrix(red, green, blue, white) -> NDArray:
    """Return RGB -> XYZ under D50 (3, 3) of xy chromaticities."""
    try:
        with np.errstate(all="raise"):
            primaries = np.stack([_xyz(c) for c in (red, green, blue)], axis=1)
            matrix = adaptation(white) @ (primaries * np.linalg.solve(primaries, _xyz(white)))
    except (ZeroDivisionError, FloatingPointError, np.linalg.LinAlgError) as err:
        raise BrokenProfileError("the chromaticities span no triangle") from err
    if not np.isfinite(matrix).all() or np.abs(matrix).max() > 4:
        raise BrokenProfileError("the chromaticities span no triangle")
    return matrix


def make(name: str, matrix: NDArray, curve: Curve) -> bytes:
    """Make the smallest valid v4 display profile, of an RGB -> XYZ (D50) matrix and one curve."""

    def fixed(values):
        return b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)

    def text(words):
        data = words.encode("utf-16-be")
        return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data

    if curve.table:
        codes = np.round(np.asarray(curve.table) * 65535).astype(">u2").tobytes()
        trc = b"curv" + bytes(4) + struct.pack(">I", len(curve.table)) + codes
    else:
        trc = b"para" + bytes(4) + struct.pack(">HH", 4, 0) + fixed(curve.params)
    tags = {
        b"desc": text(name),
        b"cprt": text("CC0"),
        b"wtpt": b"XYZ " + bytes(4) + fixed(_D50),
        **{k + b"XYZ": b"XYZ " + bytes(4) + fixed(matrix[:, i]) for i, k in enumerate((b"r", b"g", b"b"))},
    }
    table, body, start = b"", b"", 132 + 12 * (len(tags) + 3)
    for key, value in tags.items():
        table += key + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    for key in (b"rTRC", b"gTRC", b"bTRC"):  # one curve, three names
        table += key + struct.pack(">II", start + len(body), len(trc))
    body += trc + bytes(-len(trc) % 4)
    header = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + fixed(_D50)
    return header + bytes(128 - len(header)) + struct.pack(">I", len(tags) + 3) + table + body
