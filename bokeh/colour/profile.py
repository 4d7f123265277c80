"""ICC profiles and transfer curves: the file's code values <-> scene-linear, in the photo's own primaries.

Matrix profiles are done here, in float: what a renderer needs of them is the tone curve alone, since
light adds up in any linear RGB and the primaries go back out as they came in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import cores, each
from .icc import (
    D65,
    LINEAR_CURVE,
    REC709_CURVE,
    SRGB_CURVE,
    BrokenProfileError,
    Curve,
    LutProfileError,
    adaptation,
    gamma_curve,
    make,
    matrix_of,
    primaries_matrix,
    read,
)

# Values converted at once. Their temporaries fit a core's cache: 0.17 s of CPU for 12 MP, 0.58 in blocks of millions.
_BLOCK = 3 << 15


__all__ = [
    "D65",
    "LINEAR_CURVE",
    "PRIMARIES",
    "REC709_CURVE",
    "SRGB_CURVE",
    "BrokenProfileError",
    "Curve",
    "LutProfileError",
    "Profile",
    "gamma_curve",
    "linear_profile",
    "named_profile",
    "rgb_from_xyz",
]


_FORWARD = 65536  # one entry per 16-bit code
_INVERSE = 1 << 18  # over sqrt(linear): fine enough near black for one 16-bit code of a gamma 2.6 curve

# xy chromaticities (red, green, blue) of the primaries that pictures are tagged with; white is D65.
PRIMARIES = {
    "sRGB": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "Display P3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "Adobe RGB": ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)),
    "Rec.2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}


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


@lru_cache(maxsize=32)
def _code_table(curve: Curve, bits: int) -> NDArray:
    return _rounded(_inverse_table(curve), bits)


def _rounded(codes: FloatArray, bits: int) -> NDArray:
    dtype = np.uint8 if bits == 8 else np.uint16
    return np.rint(codes * np.float32(np.iinfo(dtype).max)).astype(dtype)


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
    primaries : tuple of 8 float or None
        xy of red, green, blue and white, where something says them exactly: ICC profiles keep no white but D50.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> profile = rk.Profile()  # sRGB
    >>> light = profile.to_linear(np.array([[[0, 128, 255]]], np.uint8))
    >>> round(float(light[0, 0, 1]), 3)
    0.216
    """

    icc: bytes | None = field(default=None, repr=False)
    name: str = "sRGB"
    curves: tuple[Curve, Curve, Curve] = (SRGB_CURVE, SRGB_CURVE, SRGB_CURVE)
    primaries: tuple[float, ...] | None = None

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
        return look_up(codes, tables, index_scale)

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
        return look_up(linear, [_inverse_table(c) for c in self.curves], float(_INVERSE - 1), root=True)

    def to_codes(self, linear: NDArray, bits: int) -> NDArray:
        """Code values of scene-linear light, rounded: `from_linear` in one pass, without a float copy.

        Parameters
        ----------
        linear : float (..., 3)
        bits : int
            8 gives uint8; more gives uint16 over its full range (10 bits too).

        Returns
        -------
        uint8 or uint16 (..., 3)
        """
        if self.is_linear:
            return _rounded(self.from_linear(linear), bits)
        return look_up(linear, [_code_table(c, bits) for c in self.curves], float(_INVERSE - 1), root=True)

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
        title, grey, curves = read(bytes(icc))
        if grey:  # a grey profile cannot tag the RGB that is written
            return cls.from_primaries(title, *PRIMARIES["sRGB"], curve=curves[0])
        return cls(bytes(icc), title, curves)

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
        icc = make(name, primaries_matrix(red, green, blue, white), curve)
        return cls(icc, name, (curve, curve, curve), (*red, *green, *blue, *white))

    def with_curve(self, curve: Curve) -> Profile:
        """Put the same primaries under another tone curve."""
        matrix = None if self.icc is None else matrix_of(self.icc)
        if matrix is None:
            return Profile(None, "sRGB" if curve == SRGB_CURVE else self.name, (curve, curve, curve))
        return Profile(make(self.name, matrix, curve), self.name, (curve, curve, curve), self.primaries)

    def chromaticities(self) -> tuple[float, ...] | None:
        """Return xy of red, green, blue and white (8 numbers), white D65 where none is stated; None when untagged."""
        if self.primaries is not None:
            return self.primaries
        matrix = None if self.icc is None else matrix_of(self.icc)
        if matrix is None:
            return None
        columns = np.linalg.solve(adaptation(D65), matrix).T
        return tuple(round(float(v), 5) for c in columns for v in c[:2] / c.sum()) + D65


def linear_profile() -> Profile:
    """Scene-linear as it stands, untagged (EXR)."""
    return Profile(None, "linear", (LINEAR_CURVE, LINEAR_CURVE, LINEAR_CURVE))


def named_profile(name: str, curve: Curve = SRGB_CURVE) -> Profile:
    """Profile of a key of `PRIMARIES`, ICC included."""
    return Profile.from_primaries(name, *PRIMARIES[name], curve=curve)


def rgb_from_xyz(primaries: str | Profile) -> NDArray[np.float64]:
    """Return the matrix from CIE XYZ to linear RGB.

    Parameters
    ----------
    primaries : str or Profile
        A key of `PRIMARIES`; or a profile: its own primaries, else those of its name, else sRGB's.

    Returns
    -------
    float64 (3, 3)
        White is D65.
    """
    name = primaries if isinstance(primaries, str) else primaries.name
    tagged = None if isinstance(primaries, str) else primaries.chromaticities()
    named = (*PRIMARIES.get(name, PRIMARIES["sRGB"]), D65)
    corners = named if tagged is None else (tagged[0:2], tagged[2:4], tagged[4:6], tagged[6:8])
    matrix = np.linalg.solve(adaptation(D65), primaries_matrix(*corners))
    return np.asarray(np.linalg.inv(matrix), np.float64)


def look_up(values: NDArray, tables: list[NDArray], index_scale: float | None = None, root: bool = False) -> NDArray:
    """Table entries of values, per channel. The nearest entry: the tables are dense enough.

    Parameters
    ----------
    values : (..., 3)
        Indices, or with `index_scale` numbers that are clipped to 0..1; NaN is 0.
    tables : list of three arrays (n,) of one dtype
        Red, green, blue.
    index_scale : float, optional
        The index of 1.0.
    root : bool
        Take the square root of the numbers first.

    Returns
    -------
    (..., 3), of the tables' dtype
    """
    values = np.ascontiguousarray(values)
    tables = [np.ascontiguousarray(t) for t in tables]
    out = np.empty(values.shape, tables[0].dtype)
    source, target = values.reshape(-1), out.reshape(-1)
    lanes = 1 if all(t is tables[0] or np.array_equal(t, tables[0]) for t in tables[1:]) else 3

    def convert(start: int, end: int) -> None:
        for at in range(start, end, _BLOCK):
            to = min(at + _BLOCK, end)
            for lane in range(lanes):
                run = slice(at + lane, to, lanes)
                index = source[run] if index_scale is None else _index(source[run], index_scale, root)
                target[run] = tables[lane].take(index, mode="clip")

    share = max(-(-source.size // (cores() * _BLOCK)), 1) * _BLOCK
    each(lambda start: convert(start, min(start + share, source.size)), range(0, source.size, share))
    return out


def _index(values: NDArray, scale: float, root: bool) -> NDArray[np.intp]:
    unit = np.fmax(values.astype(np.float32), np.float32(0))  # of NaN and a number, the number
    np.fmin(unit, np.float32(1), out=unit)
    if root:
        np.sqrt(unit, out=unit)
    unit *= np.float32(scale)
    unit += np.float32(0.5)
    return unit.astype(np.intp)
