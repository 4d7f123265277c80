"""OpenEXR: scene-linear light as it stands, and its channel of depth, in metres from the camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...colour.icc import BrokenProfileError
from ...colour.profile import Profile, linear_profile
from ...core.arrays import FloatArray
from ...core.errors import DepthError, InputError
from ...core.text import one_line
from ...photo.load_options import LoadOptions
from ...photo.photo import Photo
from ..decoded import Decoded, finite_light
from ..depth_values import to_dioptres
from ..found_maps import DepthMap, FoundMaps
from ..metadata.captions import Captions
from .attributes import carried, density_in, facts_of
from .choose import DepthChannel, PictureLayer, choose_depth, choose_picture, named_channel
from .planes import ChannelPlane, ExrContent, read_planes
from .primaries import is_xyz, profile_of, rgb_of_luminance, rgb_of_xyz, stated_primaries

_NAMES_SHOWN = 6


def read(data: bytes, name: str, options: LoadOptions | None = None) -> Photo:
    """Read an EXR: its picture, and when there is one its depth.

    Parameters
    ----------
    data : bytes
    name : str
    options : LoadOptions, optional
        `layer` says which layer is the picture, `depth_channel` where its depth is, unless `depth` is a file.

    Raises
    ------
    InputError
        When it is truncated, damaged, too large or deep, or nothing in it is sure to be the picture.
    UsageError
        When it has no layer or channel of the name that is asked for.
    DepthError
        When the channel that is asked for holds no usable depth.
    """
    options = options or LoadOptions()
    content = read_planes(data, name)
    picture, notes, warnings = choose_picture(content, options.layer, name)
    header = content.headers[0]
    rgb, profile = _colours(picture, header, name, notes, warnings)
    depth, channel = _depth(content, picture, options, name)
    if depth.depth is None and options.depth is None:
        warnings += depth.notes
    warnings += [*_not_shown(content, picture, channel), *_beyond(picture.planes[0], header)]
    warnings += [f"its deep part {part!r} is not read: flatten it first" for part in content.deep]
    rgb, broken = finite_light(rgb)
    warnings += broken
    attributes = carried(header)
    xmp = header["xmp"].encode() if isinstance(header.get("xmp"), str) else None
    decoded = Decoded(
        codes=rgb,
        name=name,
        format="exr",
        bit_depth=16 if all(plane.pixels.dtype == np.float16 for plane in picture.planes) else 32,
        profile=profile,
        facts=facts_of(attributes, xmp),
        notes=notes,
        captions=Captions(density=density_in(header)),
        xmp=xmp,
    )
    photo = decoded.photo(depth)
    if depth.depth is not None:
        warnings += depth.depth.warnings
    meta = photo.meta
    # Whoever traces rays writes their lengths; no camera does.
    is_cg = channel is not None and not meta.camera and meta.rendered is None
    said = dict.fromkeys([*meta.warnings, *warnings])
    return replace(photo, meta=replace(meta, warnings=tuple(said), attributes=attributes, is_cg=is_cg))


def _colours(
    picture: PictureLayer, header: Mapping[str, Any], name: str, notes: list[str], warnings: list[str]
) -> tuple[FloatArray, Profile]:
    """Linear RGB (H, W, 3) of the display window, and whose primaries it has."""
    corners, wrong = stated_primaries(header)
    if wrong:
        warnings.append(wrong)
    planes = picture.planes
    if picture.has_chroma:
        if is_xyz(corners):
            raise InputError(f"{name}: luminance and chroma of CIE XYZ have no red, green and blue; convert it to RGB")
        luma, broken = finite_light(planes[0].pixels.astype(np.float32)[..., None])
        warnings += broken
        lost = sum(int((~np.isfinite(plane.pixels)).sum()) for plane in planes[1:])
        if lost:
            warnings.append(f"NaN or infinity in {lost} samples of chroma: taken for grey")
        try:
            whole = rgb_of_luminance(luma[..., 0], planes[1].pixels, planes[2].pixels, corners)
        except BrokenProfileError as err:
            raise InputError(f"{name}: its luminance and chroma cannot be read: {err}; convert it to RGB") from err
        planes = [replace(planes[0], pixels=whole[..., k]) for k in range(3)]
        notes.append("luminance and chroma: made red, green and blue by the EXR's primaries")
    rgb = np.stack([plane.placed() for plane in planes], axis=-1).astype(np.float32)
    if is_xyz(corners):
        if picture.planes[1] is picture.planes[0]:
            return rgb, linear_profile()  # luminance alone
        rgb, profile = rgb_of_xyz(rgb, corners)
        notes.append(f"CIE XYZ: turned into {profile.name}")
        warnings.append(f"the EXR's colours are CIE XYZ: they are turned into {profile.name}, and so written")
        return rgb, profile
    profile, wrong = profile_of(corners)
    if wrong:
        warnings.append(wrong)
    if profile.icc:
        notes.append(f"primaries from the EXR's chromaticities: {profile.name}")
    return rgb, profile


def _depth(
    content: ExrContent, picture: PictureLayer, options: LoadOptions, name: str
) -> tuple[FoundMaps, DepthChannel | None]:
    """Find the depth map, in metres unless something else is asked for."""
    asked = None if options.depth is not None else options.depth_channel
    if asked is not None:
        channel = named_channel(content, asked, picture.view, name)
    else:
        channel, why_not = choose_depth(content, picture)
        if channel is None:
            return FoundMaps(notes=tuple(why_not)), None
    values = channel.plane.placed(np.nan).astype(np.float32)
    unit, warnings = options.depth_unit if asked else "m", [*channel.warnings]
    black_is_near = asked is not None and options.depth_near == "black"
    if unit is None:
        if options.depth_near is not None:
            unit = "relative"
        elif channel.is_fog and options.depth_scale is None:
            unit, black_is_near = "relative", True
            warnings.append(
                f"{channel} is taken for relative, black is near; `depth_unit` and `depth_near` say otherwise"
            )
        else:
            unit = "m"
    if unit == "m":
        values, more = _in_front(values, channel)
        warnings += more
    try:
        found = to_dioptres(values, unit, options.depth_scale if asked else None, black_is_near, name)
    except DepthError:
        if asked is not None:
            raise
        said = f"the channel {channel} holds no usable distance, so it is not used"
        return FoundMaps(notes=(said,)), None
    words = {"m": "metres", "dioptre": "dioptres"}.get(unit, unit)
    depth = DepthMap(found.dioptres, found.kind, f"EXR channel {channel}, {words}", warnings=tuple(warnings))
    return FoundMaps(depth=depth, notes=(f"depth: {depth.source}", *found.notes)), channel


def _in_front(values: FloatArray, channel: DepthChannel) -> tuple[FloatArray, list[str]]:
    """Turn round distances that are counted along an axis that looks back; say what looks like no metres."""
    known = values[np.isfinite(values)]
    if not known.any():
        return values, []
    if (known[known != 0] < 0).mean() > 0.99:
        return -values, [f"{channel} is negative: distances before the camera are counted so, and taken as positive"]
    low, high = float(known.min()), float(known.max())
    if 0 <= low < 0.1 and 0.9 < high <= 1.0:
        return values, [
            f"{channel} lies between 0 and 1: taken for metres; if it is scaled to that, say so by `depth_channel` "
            "with `depth_unit` relative"
        ]
    return values, []


def _not_shown(content: ExrContent, picture: PictureLayer, channel: DepthChannel | None) -> list[str]:
    """Say which channels neither are the picture nor its depth, for a picture that is written does not hold them."""
    used = [*picture.planes, *([] if channel is None else [channel.plane])]
    others = [plane for plane in content.planes if not any(plane is one for one in used) and not _says_nothing(plane)]
    if not others:
        return []
    names = [one_line(plane.name) for plane in others]
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return [f"the EXR's other channels are not rendered, and not written: {', '.join(names[:_NAMES_SHOWN])}{more}"]


def _says_nothing(plane: ChannelPlane) -> bool:
    """Whether it is an alpha that is opaque all over."""
    return plane.leaf in ("A", "a", "alpha", "Alpha") and bool((plane.pixels == 1).all())


def _beyond(plane: ChannelPlane, header: Mapping[str, Any]) -> list[str]:
    """Say what of the file is not as pictures are: pixels beyond the frame, and pixels that are no squares."""
    said = []
    (x, y, width, height), (left, top, wide, tall) = plane.window, plane.frame
    over = (left - x, top - y, x + width - left - wide, y + height - top - tall)
    if max(over) > 0:
        sides = zip(over, ("left", "top", "right", "bottom"), strict=True)
        words = ", ".join(f"{n} px at the {side}" for n, side in sides if n > 0)
        said.append(f"the EXR's overscan is cropped to its display window: {words}")
    aspect = header.get("pixelAspectRatio")
    if isinstance(aspect, float) and np.isfinite(aspect) and abs(aspect - 1.0) > 0.01:
        said.append(f"the EXR's pixels are {aspect:.3g} times as wide as high: they are taken as squares")
    return said
