"""OpenEXR: scene-linear light as it stands, and the channel `Z` in metres from the camera."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from ...colour.icc import LINEAR_CURVE, BrokenProfileError
from ...colour.profile import Profile, linear_profile
from ...core.arrays import FloatArray
from ...core.errors import InputError
from ...core.foreign import decoding, silence
from ...photo.photo import Photo
from ..decoded import Decoded, check_size
from ..found_maps import DepthMap, FoundMaps

# Renderers write infinity as inf, or as a distance nothing has.
FAR_M = 1e5
# A 4K frame may hold a render region of any size.
_LARGE_FRAME, _MOST_EMPTY = 4096 * 2160, 16
_REC709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)


def read(data: bytes, name: str) -> Photo:
    """Read an EXR: R, G, B (or Y) and, when there is one, Z = metres from the camera.

    Raises
    ------
    InputError
        When it is truncated, damaged, too large, or holds no colour.
    """
    channels, header = read_channels(data, name)
    notes: list[str] = []
    layer = _colour_layer(channels)
    if layer is None:
        raise InputError(f"{name}: the EXR holds no R, G, B (channels: {_listed(channels)}); it may serve as `depth`")
    planes = [channels[c] for c in layer]
    if layer[0] != "R":
        notes.append(f"colour from the channels {', '.join(dict.fromkeys(layer))}")
    rgb = np.stack(planes, axis=-1).astype(np.float32)
    decoded = Decoded(
        codes=np.nan_to_num(rgb, nan=0.0, posinf=65504.0, neginf=0.0),
        name=name,
        format="exr",
        bit_depth=16 if all(p.dtype == np.float16 for p in planes) else 32,
        profile=_profile(header, notes),
        notes=notes,
        xmp=header["xmp"].encode() if isinstance(header.get("xmp"), str) else None,
    )
    return decoded.photo(_depth(channels))


def _depth(channels: dict[str, NDArray]) -> FoundMaps:
    """Find the depth map in the channel Z, in metres."""
    key = depth_channel(channels, ("Z",))
    if key is None:
        return FoundMaps()
    dioptres = metres_to_dioptres(channels[key])
    if np.isnan(dioptres).all():
        return FoundMaps(notes=(f"the channel {key} holds no usable distance, so it is not used",))
    depth = DepthMap(dioptres, "absolute", f"EXR channel {key}, metres")
    return FoundMaps(depth=depth, notes=(f"depth: {depth.source}",))


def read_channels(data: bytes, name: str, what: str = "picture") -> tuple[dict[str, NDArray], dict]:
    """Channels (h, w) of the display window by name, over all parts, and the first part's header.

    A data window smaller than the display window leaves black, and NaN in channels of depth.
    """
    channels: dict[str, NDArray] = {}
    with decoding(name, what):
        for part in _parts(data, header_only=True):
            check_size(*_window(part.header["displayWindow"])[2:], name, what)
            check_size(*_window(part.header["dataWindow"])[2:], name, what)
        parts = _parts(data)
        header = dict(parts[0].header)
        frame = _window(header["displayWindow"])
        _check_frame(frame, _window(header["dataWindow"]), name, what)
        for part in parts:
            window = _window(part.header["dataWindow"])
            for key, channel in part.channels.items():
                pixels = np.asarray(channel.pixels)
                if pixels.shape != (window[3], window[2]):
                    continue  # subsampled chroma; what is not full size is not read
                channels.setdefault(key, _placed(pixels, window, frame, _is_depth(key)))
    return channels, header


def _parts(data: bytes, header_only: bool = False) -> list:
    """Read the file's parts; raises where OpenEXR would only print that it left some out."""
    said = io.StringIO()
    with silence(), contextlib.redirect_stdout(said):
        parts = OpenEXR.File(io.BytesIO(data), separate_channels=True, header_only=header_only).parts
    if said.getvalue() or not parts:
        raise ValueError(said.getvalue() or "no parts")
    return parts


def _check_frame(frame: tuple[int, int, int, int], window: tuple[int, int, int, int], name: str, what: str) -> None:
    """Refuse a huge frame of which the pixels fill next to nothing: black is made without a byte in the file."""
    whole, filled = frame[2] * frame[3], window[2] * window[3]
    if whole > max(_LARGE_FRAME, _MOST_EMPTY * filled):
        raise InputError(
            f"{name}: the {what} is {window[2]}x{window[3]} in a display window of {frame[2]}x{frame[3]}; "
            "crop the display window to it first"
        )


def _window(box) -> tuple[int, int, int, int]:
    """(x, y, width, height) of an EXR window."""
    (x0, y0), (x1, y1) = (tuple(int(v) for v in corner) for corner in box)
    return x0, y0, x1 - x0 + 1, y1 - y0 + 1


def _placed(pixels: NDArray, window, frame, depth: bool) -> NDArray:
    if window == frame:
        return pixels
    full = np.full((frame[3], frame[2]), np.nan if depth else 0, np.float32 if depth else pixels.dtype)
    x0, y0 = max(window[0], frame[0]), max(window[1], frame[1])
    x1 = min(window[0] + window[2], frame[0] + frame[2])
    y1 = min(window[1] + window[3], frame[1] + frame[3])
    if x1 > x0 and y1 > y0:
        inner = pixels[y0 - window[1] : y1 - window[1], x0 - window[0] : x1 - window[0]]
        full[y0 - frame[1] : y1 - frame[1], x0 - frame[0] : x1 - frame[0]] = inner
    return full


def _is_depth(key: str) -> bool:
    return key.rpartition(".")[2] in ("Z", "depth", "Depth")


def _colour_layer(channels: dict[str, NDArray]) -> tuple[str, str, str] | None:
    """Names of red, green and blue: the plain ones, else those of the first layer that has all three."""
    prefixes = dict.fromkeys(["", *(key.rpartition(".")[0] + "." for key in channels if "." in key)])
    for prefix in prefixes:
        if all(prefix + c in channels for c in "RGB"):
            return (prefix + "R", prefix + "G", prefix + "B")
    return ("Y", "Y", "Y") if "Y" in channels and "RY" not in channels else None


def depth_channel(channels: dict[str, NDArray], names: tuple[str, ...]) -> str | None:
    """Return the first channel of one of these names, in any layer."""
    for wanted in names:
        for key in channels:
            if key.rpartition(".")[2] == wanted:
                return key
    return None


def metres_to_dioptres(z: NDArray) -> FloatArray:
    """1/z; infinity and beyond 1e5 m become 0, zero, negative and NaN become holes (NaN)."""
    z = np.asarray(z, np.float64)
    with np.errstate(all="ignore"):
        dioptres = np.where(z >= FAR_M, 0.0, np.where(z > 0, 1.0 / z, np.nan))
    # Nearer than a tenth of a millimetre is no distance of a scene; 1/z would overflow or swamp everything.
    dioptres[dioptres > 1e4] = np.nan
    return dioptres.astype(np.float32)


def _profile(header: dict, notes: list[str]) -> Profile:
    corners = header.get("chromaticities")
    try:
        flat = tuple(float(v) for v in np.asarray(corners, float).reshape(-1)) if corners is not None else _REC709
        if len(flat) != 8 or np.allclose(flat, _REC709, atol=2e-3):
            return linear_profile()
        r, g, b, w = (flat[k : k + 2] for k in (0, 2, 4, 6))
        profile = Profile.from_primaries("EXR chromaticities", r, g, b, w, LINEAR_CURVE)  # type: ignore[arg-type]
    except (TypeError, ValueError, BrokenProfileError):
        return linear_profile()
    notes.append("primaries from the EXR's chromaticities")
    return profile


def _listed(channels: dict[str, NDArray]) -> str:
    names = [c if c.isprintable() else "?" for c in list(channels)[:8]]
    return ", ".join(names) or "none"
