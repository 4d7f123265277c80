"""Code points of ITU-T H.273, by which HEIC, AVIF and PNG say what their colours are."""

from __future__ import annotations

from ...colour.icc import LINEAR_CURVE, SRGB_CURVE, gamma_curve
from ...colour.pq_hlg import Coding
from ...colour.profile import Profile, named_profile

_PRIMARIES = {1: "sRGB", 9: "Rec.2020", 12: "Display P3"}
_HDR: dict[int, Coding] = {16: "pq", 18: "hlg"}
# The camera curves (Rec.709 and its kin) are shown as sRGB's by every program, and so not told apart from it.
_CURVES = {4: gamma_curve(2.2), 5: gamma_curve(2.8), 8: LINEAR_CURVE}


def cicp_profile(primaries: int, transfer: int) -> tuple[Profile, Coding]:
    """Profile and coding of H.273 code points (HEIC and AVIF ``nclx``, PNG ``cICP``).

    An HDR coding's profile has the sRGB curve, for SDR pictures that are made of it.
    """
    known = _PRIMARIES.get(primaries, "sRGB")
    curve = _CURVES.get(transfer, SRGB_CURVE)
    profile = Profile() if known == "sRGB" and curve == SRGB_CURVE else named_profile(known, curve)
    return profile, _HDR.get(transfer, "sdr")
