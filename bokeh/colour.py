"""ICC profiles and transfer curves: the file's code values <-> scene-linear, in the photo's own primaries.

Matrix profiles are done here, in float: what a renderer needs of them is the tone curve alone, since
light adds up in any linear RGB and the primaries go back out as they came in.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

FloatArray = NDArray[np.float32]

# A profile larger than this is no camera's; 16 MB holds even a dense printer table.
MAX_ICC_BYTES = 16_000_000

_FORWARD = 65536  # one entry per 16-bit code
_INVERSE = 1 << 18  # over sqrt(linear): fine enough near black for one 16-bit code of a gamma 2.6 curve
_BLOCK = 1 << 21  # values converted at once, so that temporaries stay in cache and small

# xy chromaticities (red, green, blue) of the primaries that pictures are tagged with; white is D65.
PRIMARIES = {
    "sRGB": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "Display P3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "Adobe RGB": ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
    "Rec.2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}
D65 = (0.3127, 0.3290)


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
        return not self.table and self.params[0] == 1.0 and self.params[1:3] == (1.0, 0.0) and self.params[4:] == (0.0,) * 3

    def __call__(self, codes: NDArray) -> NDArray[np.float64]:
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
    """The curve ``x**gamma``."""
    return Curve((float(gamma), 1.0, 0.0, 0.0, 0.0, 0.0, 0.0))


@lru_cache(maxsize=32)
def _forward_table(curve: Curve) -> FloatArray:
    return curve(np.arange(_FORWARD) / (_FORWARD - 1)).astype(np.float32)


@lru_cache(maxsize=32)
def _inverse_table(curve: Curve) -> FloatArray:
    """Codes 0..1 over equal steps of sqrt(linear): near black a power curve is nearly straight there."""
    codes = np.arange(_FORWARD) / (_FORWARD - 1)
    linear = np.maximum.accumulate(curve(codes))
    rises = np.concatenate(([True], np.diff(linear) > 0))
    root = np.linspace(0.0, 1.0, _INVERSE)
    return np.interp(root * root, linear[rises], codes[rises]).astype(np.float32)


@dataclass(frozen=True)
class Profile:
    """Tone curves of a file's RGB, and the ICC profile that says which primaries they belong to.

    Attributes
    ----------
    icc : bytes or None
        The ICC profile to write into outputs; None = untagged.
    name : str
        What the profile calls itself.
    curves : tuple of three Curve
        Red, green, blue.
    """

    icc: bytes | None = field(default=None, repr=False)
    name: str = "sRGB"
    curves: tuple[Curve, Curve, Curve] = (SRGB_CURVE, SRGB_CURVE, SRGB_CURVE)

    @property
    def is_linear(self) -> bool:
        """True when codes are scene-linear as they stand."""
        return all(c.is_linear for c in self.curves)

    def to_linear(self, codes: NDArray) -> FloatArray:
        """Scene-linear light of code values.

        Parameters
        ----------
        codes : float (..., 3), 0..1; or uint8/uint16 (..., 3) full range
            Code values. A linear profile passes floats through unclipped.

        Returns
        -------
        float32 (..., 3)
        """
        codes = np.asarray(codes)
        if codes.dtype == np.uint8:
            index_scale, table_step = None, 257
        elif codes.dtype == np.uint16:
            index_scale, table_step = None, 1
        else:
            if self.is_linear:
                return np.array(codes, np.float32, order="C")
            index_scale, table_step = float(_FORWARD - 1), 1
        tables = [_forward_table(c)[::table_step] for c in self.curves]
        return _look_up(codes, tables, index_scale, root=False)

    def from_linear(self, linear: NDArray) -> FloatArray:
        """Code values 0..1 (not rounded) of scene-linear light; clips to 0..1.

        Parameters
        ----------
        linear : float (..., 3)

        Returns
        -------
        float32 (..., 3)
        """
        if self.is_linear:
            return np.clip(np.nan_to_num(np.asarray(linear, np.float32)), 0.0, 1.0)
        tables = [_inverse_table(c) for c in self.curves]
        return _look_up(np.asarray(linear, np.float32), tables, float(_INVERSE - 1), root=True)

    @classmethod
    def from_icc(cls, icc: bytes | None) -> Profile:
        """Read a matrix/TRC or grey ICC profile.

        Parameters
        ----------
        icc : bytes or None
            None gives sRGB, untagged. A grey profile gives RGB primaries with the grey curve.

        Raises
        ------
        LutProfileError
            When the profile works by tables (CMYK, LUT RGB) and has no tone curves.
        BrokenProfileError
            When it is damaged.
        """
        if not icc:
            return cls()
        try:
            return _parse_icc(bytes(icc))
        except (struct.error, IndexError, OverflowError) as err:
            raise BrokenProfileError("the ICC profile is damaged") from err

    @classmethod
    def from_primaries(
        cls,
        name: str,
        red: tuple[float, float],
        green: tuple[float, float],
        blue: tuple[float, float],
        white: tuple[float, float] = D65,
        curve: Curve = SRGB_CURVE,
    ) -> Profile:
        """Make a profile, ICC included, from xy chromaticities and one tone curve.

        Raises
        ------
        BrokenProfileError
            When the chromaticities span no triangle.
        """
        return cls(_make_icc(name, _matrix(red, green, blue, white), curve), name, (curve, curve, curve))


    def with_curve(self, curve: Curve) -> Profile:
        """The same primaries under another tone curve."""
        matrix = None if self.icc is None else _icc_matrix(self.icc)
        if matrix is None:
            return Profile(None, "sRGB" if curve == SRGB_CURVE else self.name, (curve, curve, curve))
        return Profile(_make_icc(self.name, matrix, curve), self.name, (curve, curve, curve))

    def chromaticities(self) -> tuple[float, ...] | None:
        """xy of red, green, blue and white (8 numbers), white taken as D65; None when untagged."""
        matrix = None if self.icc is None else _icc_matrix(self.icc)
        if matrix is None:
            return None
        columns = np.linalg.solve(_adaptation(D65), matrix).T
        return tuple(round(float(v), 5) for c in columns for v in c[:2] / c.sum()) + D65


class LutProfileError(InputError):
    """The ICC profile works by tables: colours must be converted by a colour engine."""


class BrokenProfileError(InputError):
    """The ICC profile is damaged."""


def linear_profile() -> Profile:
    """Scene-linear as it stands, untagged (EXR)."""
    return Profile(None, "linear", (LINEAR_CURVE,) * 3)


def named_profile(name: str, curve: Curve = SRGB_CURVE) -> Profile:
    """Profile of a key of `PRIMARIES`, ICC included."""
    return Profile.from_primaries(name, *PRIMARIES[name], curve=curve)


def _look_up(values: NDArray, tables: list[FloatArray], index_scale: float | None, root: bool) -> FloatArray:
    """Table values of `values`, per channel; sqrt first when `root`. Nearest entry: the tables are dense enough."""
    values = np.ascontiguousarray(values)
    same = all(t is tables[0] or np.array_equal(t, tables[0]) for t in tables[1:])
    out = np.empty(values.shape, np.float32)
    lanes = [(values.reshape(-1), out.reshape(-1), tables[0])] if same else [
        (values[..., k].reshape(-1), out[..., k], tables[k]) for k in range(3)
    ]
    for source, target, table in lanes:
        flat = np.empty(source.size, np.float32) if target.ndim > 1 or not target.flags.c_contiguous else target
        table = np.ascontiguousarray(table)
        for start in range(0, source.size, _BLOCK):
            part = source[start : start + _BLOCK]
            if index_scale is not None:
                part = np.clip(np.nan_to_num(part.astype(np.float32)), 0.0, 1.0)
                if root:
                    part = np.sqrt(part)
                part = (part * np.float32(index_scale) + np.float32(0.5)).astype(np.int32)
            flat[start : start + _BLOCK] = table[part]
        if flat is not target:
            target[...] = flat.reshape(target.shape)
    return out


def _icc_tags(icc: bytes) -> dict[bytes, bytes]:
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


def _icc_matrix(icc: bytes) -> NDArray[np.float64] | None:
    """RGB -> XYZ under D50 (3, 3) of a matrix profile, or None."""
    try:
        tags = _icc_tags(icc)
        columns = [np.array(struct.unpack_from(">3i", tags[k + b"XYZ"], 8)) / 65536 for k in (b"r", b"g", b"b")]
    except (BrokenProfileError, KeyError, struct.error):
        return None
    matrix = np.stack(columns, axis=1)
    return matrix if abs(np.linalg.det(matrix)) > 1e-6 else None


def _parse_icc(icc: bytes) -> Profile:
    tags, space = _icc_tags(icc), icc[16:20]
    title = _icc_title(tags.get(b"desc", b""))
    if space == b"GRAY" and b"kTRC" in tags:
        curve = _parse_curve(tags[b"kTRC"])
        return Profile.from_primaries(title or "grey", *PRIMARIES["sRGB"], curve=curve)
    # A profile with both kinds prefers its tables; they describe more than a matrix can.
    if space != b"RGB " or b"A2B0" in tags or not all(k + b"TRC" in tags for k in (b"r", b"g", b"b")):
        raise LutProfileError(f"the ICC profile {title or space.decode('latin-1').strip()!r} works by tables")
    red, green, blue = (_parse_curve(tags[k + b"TRC"]) for k in (b"r", b"g", b"b"))
    return Profile(icc, title or "ICC", (red, green, blue))


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
            curve = Curve(table=tuple(x / 65535 for x in struct.unpack_from(f">{n}H", tag, 12)))
    else:
        raise BrokenProfileError("the ICC profile is damaged")
    _check_invertible(curve)
    return curve


def _general_form(kind: int, v: list[float]) -> tuple[float, float, float, float, float, float, float]:
    """The parameters of ICC's function types 0..3 written as type 4, which contains them."""
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


def _icc_title(tag: bytes) -> str:
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


def _adaptation(white: tuple[float, float]) -> NDArray[np.float64]:
    """Bradford's matrix from this white to D50, where ICC profiles live."""
    gain = (_BRADFORD @ _D50) / (_BRADFORD @ _xyz(white))
    return np.linalg.solve(_BRADFORD, gain[:, None] * _BRADFORD)


def _xyz(xy: tuple[float, float]) -> NDArray[np.float64]:
    return np.array([xy[0] / xy[1], 1.0, (1 - xy[0] - xy[1]) / xy[1]])


def _matrix(red, green, blue, white) -> NDArray[np.float64]:
    """RGB -> XYZ under D50 (3, 3)."""
    try:
        with np.errstate(all="raise"):
            primaries = np.stack([_xyz(c) for c in (red, green, blue)], axis=1)
            matrix = _adaptation(white) @ (primaries * np.linalg.solve(primaries, _xyz(white)))
    except (ZeroDivisionError, FloatingPointError, np.linalg.LinAlgError) as err:
        raise BrokenProfileError("the chromaticities span no triangle") from err
    if not np.isfinite(matrix).all() or np.abs(matrix).max() > 4:
        raise BrokenProfileError("the chromaticities span no triangle")
    return matrix


def _make_icc(name: str, matrix: NDArray[np.float64], curve: Curve) -> bytes:
    """Smallest valid v4 display profile."""

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
