"""HDR codings, PQ and HLG: codes <-> scene-linear light, 1.0 = diffuse white at 203 nits (ITU-R BT.2408)."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from .profile import Profile, look_up, rgb_from_xyz

Coding = Literal["sdr", "pq", "hlg"]

WHITE_NITS = 203.0
"""Luminance of 1.0: what BT.2408 has diffuse white at, in PQ and in HLG on a display of 1000 nits."""

PQ_PEAK = 10_000.0 / WHITE_NITS
_HLG_PEAK, _HLG_GAMMA = 1_000.0 / WHITE_NITS, 1.2
# SMPTE ST 2084.
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# ITU-R BT.2100, HLG.
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_STEPS = 1 << 18  # over sqrt(light): a tenth of a 10-bit code at the darkest


def light_of_pq(codes: NDArray) -> NDArray[np.float64]:
    """Light of PQ codes 0..1, 1.0 = diffuse white."""
    power = np.asarray(codes, np.float64) ** (1 / _M2)
    return PQ_PEAK * (np.maximum(power - _C1, 0.0) / (_C2 - _C3 * power)) ** (1 / _M1)


def pq_of_light(light: NDArray) -> NDArray[np.float64]:
    """PQ codes 0..1 of light, 1.0 = diffuse white; clipped to 10 000 nits."""
    power = np.clip(np.asarray(light, np.float64) / PQ_PEAK, 0.0, 1.0) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2


def _scene_of_hlg(codes: NDArray) -> NDArray[np.float64]:
    """Scene light 0..1 of HLG codes 0..1."""
    codes = np.asarray(codes, np.float64)
    return np.where(codes <= 0.5, codes * codes / 3, (np.exp((codes - _C) / _A) + _B) / 12)


@lru_cache(maxsize=4)
def _table(coding: Coding) -> FloatArray:
    codes = np.arange(65536) / 65535
    return (light_of_pq(codes) if coding == "pq" else _scene_of_hlg(codes)).astype(np.float32)


@lru_cache(maxsize=2)
def _codes_table(bits: int) -> NDArray[np.uint16]:
    light = PQ_PEAK * np.linspace(0.0, 1.0, _STEPS) ** 2
    codes = np.rint(pq_of_light(light) * (2**bits - 1)).astype(np.uint16)
    return codes << (16 - bits) | codes >> (2 * bits - 16)


def to_linear(codes: NDArray, coding: Coding, profile: Profile) -> FloatArray:
    """Scene-linear light of HDR codes, 1.0 = diffuse white.

    Parameters
    ----------
    codes : uint8 or uint16 (H, W, 3)
        Full range.
    coding : {"pq", "hlg"}
        HLG is taken as on its reference display of 1000 nits, whose gamma is of luminance.
    profile : Profile
        For the primaries that luminance is of.

    Returns
    -------
    float32 (H, W, 3)
    """
    table = _table(coding)[:: 257 if codes.dtype == np.uint8 else 1]
    light = look_up(codes, [table] * 3)
    if coding == "hlg":
        luminance = light @ np.linalg.inv(rgb_from_xyz(profile))[1].astype(np.float32)
        light *= (_HLG_PEAK * np.maximum(luminance, 1e-9) ** (_HLG_GAMMA - 1))[..., None]
    return light


def to_pq(light: FloatArray, matrix: NDArray | None, bits: int) -> NDArray[np.uint16]:
    """PQ codes of scene-linear light, rounded to `bits` and spread over 16.

    Parameters
    ----------
    light : float32 (H, W, 3)
        1.0 = diffuse white.
    matrix : (3, 3), optional
        To the primaries that are written.
    bits : {10, 12}
    """
    scaled = light * np.float32(1 / PQ_PEAK) if matrix is None else light @ (matrix.T / PQ_PEAK).astype(np.float32)
    return look_up(scaled, [_codes_table(bits)] * 3, float(_STEPS - 1), root=True)
