"""The channels of an EXR, over all its parts, each with its layer, view and type."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from ...core.errors import InputError
from ...core.foreign import decoding, silence
from ..decoded import check_size

# A 4K frame may hold a render region of any size.
_LARGE_FRAME, _MOST_EMPTY = 4096 * 2160, 16
_EYES = ("left", "right")

Box = tuple[int, int, int, int]
"""(x, y, width, height)."""


@dataclass(frozen=True, eq=False)
class ChannelPlane:
    """A channel.

    Attributes
    ----------
    name : str
        As the file has it; with its part's name before it where several parts do not tell their channels apart.
    layer : tuple of str
        Words of the name before the last, without the view.
    leaf : str
        Last word of the name.
    view : str
        Which eye's, "" where the file does not say.
    pixels : (h, w)
        float16, float32 or uint32, of the data window; fewer where it is subsampled.
    window, frame : (x, y, width, height)
        Data window and display window.
    """

    name: str
    layer: tuple[str, ...]
    leaf: str
    view: str
    pixels: NDArray
    window: Box
    frame: Box

    @property
    def is_whole(self) -> bool:
        """Whether it has a value for every pixel of the data window."""
        return self.pixels.shape == (self.window[3], self.window[2])

    @property
    def is_number(self) -> bool:
        """Whether it holds measures, not the numbers of objects."""
        return self.pixels.dtype.kind == "f"

    def placed(self, empty: float = 0.0) -> NDArray:
        """Values (H, W) of the display window; `empty` where the data window leaves it bare."""
        if self.window == self.frame:
            return self.pixels
        dtype = np.float32 if np.isnan(empty) else self.pixels.dtype
        full = np.full((self.frame[3], self.frame[2]), empty, dtype)
        (x, y, width, height), (left, top, wide, tall) = self.window, self.frame
        x0, y0, x1, y1 = max(x, left), max(y, top), min(x + width, left + wide), min(y + height, top + tall)
        if x1 > x0 and y1 > y0:
            full[y0 - top : y1 - top, x0 - left : x1 - left] = self.pixels[y0 - y : y1 - y, x0 - x : x1 - x]
        return full


@dataclass(frozen=True)
class ExrContent:
    """What an EXR holds.

    Attributes
    ----------
    planes : tuple of ChannelPlane
        In the file's order.
    views : tuple of str
        The eyes that the file tells apart, the one that it shows first; none where it tells none.
    headers : tuple of dict
        One for each part.
    deep : tuple of str
        Names of parts whose pixels hold lists of samples; their channels are not among the planes.
    """

    planes: tuple[ChannelPlane, ...]
    views: tuple[str, ...]
    headers: tuple[Mapping[str, Any], ...]
    deep: tuple[str, ...]

    def layer(self, plane: ChannelPlane) -> list[ChannelPlane]:
        """List the channels of the same layer and view."""
        return [one for one in self.planes if (one.layer, one.view) == (plane.layer, plane.view)]


def read_planes(data: bytes, name: str, what: str = "picture") -> ExrContent:
    """Read all channels.

    Raises
    ------
    InputError
        When the file is truncated, damaged or too large, or holds deep samples only.
    """
    with decoding(name, what):
        for part in _parts(data, header_only=True):
            check_size(*_box(part.header["displayWindow"])[2:], name, what)
            check_size(*_box(part.header["dataWindow"])[2:], name, what)
        parts = _parts(data)
        deep = [part for part in parts if part.header.get("type") in (OpenEXR.deepscanline, OpenEXR.deeptile)]
        flat = [part for part in parts if part not in deep]
        if not flat:
            raise InputError(f"{name}: the {what} is a deep EXR, whose pixels are lists of samples; flatten it first")
        frame = _box(flat[0].header["displayWindow"])
        planes: list[ChannelPlane] = []
        for part in flat:
            window = _box(part.header["dataWindow"])
            _check_frame(frame, window, name, what)
            stem = _words(part.header.get("name")) if len(parts) > 1 else ()
            for key, channel in part.channels.items():
                planes.append(_plane(key, stem, np.asarray(channel.pixels), window, frame, part.header.get("view")))
    headers = tuple(dict(part.header) for part in flat)
    views, planes = _by_view(planes, headers)
    return ExrContent(_named_apart(planes), views, headers, tuple(str(part.header.get("name", "")) for part in deep))


def _words(name: Any) -> tuple[str, ...]:
    """Split a name at its dots, and before an eye at its end."""
    return tuple(word for word in re.sub(r"_(?=(?:left|right)$)", ".", str(name or ""), flags=re.I).split(".") if word)


def _plane(key: str, stem: tuple[str, ...], pixels: NDArray, window: Box, frame: Box, view: Any) -> ChannelPlane:
    """Make a plane of a channel of a part whose name is `stem`, unless the channel's own name says its layer."""
    words = _words(key) or ("",)
    layer = words[:-1] or stem
    return ChannelPlane(".".join((*layer, words[-1])), layer, words[-1], str(view or ""), pixels, window, frame)


def _by_view(
    planes: list[ChannelPlane], headers: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, ...], list[ChannelPlane]]:
    """Tell the eyes apart: by the parts' views, by `multiView` and the names, or by "left" and "right" in these."""
    stated = [view for header in headers for view in header.get("multiView") or [] if isinstance(view, str)]
    views = tuple(dict.fromkeys([*stated, *(plane.view for plane in planes if plane.view)]))
    if not views:
        said = {word.lower() for plane in planes for word in plane.layer}
        views = tuple(eye for eye in _EYES if set(_EYES) <= said)
    lowered = {view.lower(): view for view in views}
    sorted_planes = []
    for plane in planes:
        found = next((lowered[word.lower()] for word in reversed(plane.layer) if word.lower() in lowered), "")
        layer = tuple(word for word in plane.layer if word.lower() not in lowered)
        # A channel without a layer is the first eye's, where the file lists its eyes.
        view = plane.view or found or (stated[0] if stated and not plane.layer else "")
        sorted_planes.append(replace(plane, view=view, layer=layer))
    return views, sorted_planes


def _named_apart(planes: list[ChannelPlane]) -> tuple[ChannelPlane, ...]:
    """Keep the first of channels of one name, layer and view: a file may repeat a part."""
    kept: dict[tuple, ChannelPlane] = {}
    for plane in planes:
        kept.setdefault((plane.name, plane.view), plane)
    return tuple(kept.values())


def _parts(data: bytes, header_only: bool = False) -> list:
    """Read the file's parts; raises where OpenEXR would only print that it left some out."""
    said = io.StringIO()
    with silence(), contextlib.redirect_stdout(said):
        parts = OpenEXR.File(io.BytesIO(data), separate_channels=True, header_only=header_only).parts
    if said.getvalue() or not parts:
        raise ValueError(said.getvalue() or "no parts")
    return parts


def _check_frame(frame: Box, window: Box, name: str, what: str) -> None:
    """Refuse a huge frame of which the pixels fill next to nothing: black is made without a byte in the file."""
    whole, filled = frame[2] * frame[3], window[2] * window[3]
    if whole > max(_LARGE_FRAME, _MOST_EMPTY * filled):
        raise InputError(
            f"{name}: the {what} is {window[2]}x{window[3]} in a display window of {frame[2]}x{frame[3]}; "
            "crop the display window to it first"
        )


def _box(window: Any) -> Box:
    """(x, y, width, height) of an EXR window."""
    (x0, y0), (x1, y1) = (tuple(int(v) for v in corner) for corner in window)
    return x0, y0, x1 - x0 + 1, y1 - y0 + 1
