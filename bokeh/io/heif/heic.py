"""HEIC, iPhone portraits first: picture, depth, mattes, gain map."""

from __future__ import annotations

import numpy as np
import pillow_heif
from numpy.typing import NDArray

from ...colour.pq_hlg import Coding
from ...colour.profile import Profile
from ...core.arrays import FloatArray
from ...core.errors import InputError
from ...core.foreign import decoding
from ...photo.metadata import Rendering
from ...photo.photo import Photo
from ..decoded import Decoded, check_size, profile_or_note, same_aspect, upright
from ..metadata import apple, exif
from ..metadata import render_mark as mark
from ..metadata.xmp import MAX_BYTES, REBOKEH_URI, unread
from ..raster.lut import to_srgb
from ..raster.raster import cicp_profile
from . import boxes, integrity, tone_map


def read(data: bytes, name: str) -> Photo:
    """Read a HEIC or HEIF picture with everything an iPhone put beside it.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        For messages.

    Raises
    ------
    InputError
        When it is truncated, damaged or too large.
    """
    try:
        meta = boxes.read_meta(data)
    except boxes.BoxError:
        meta = None  # libheif may know better
    if meta and not meta.is_whole():
        raise InputError(f"{name}: the picture is truncated; get a fresh copy of the file")
    integrity.check_metadata_size(meta, name)
    with decoding(name):
        # Sizes are known before pixels are decoded; 10 and 12 bit come as 16.
        image = opened(data)
        check_size(*image.size, name)
        info = dict(image.info)
        codes = _rgb(np.asarray(image), image.mode)
        codes = _whole_range(codes, int(info.get("bit_depth", 8)))
    notes = integrity.doubts(meta)
    profile, coding, codes = _profile(info, codes, name, notes)
    block = info.get("exif") or None
    decoded = Decoded(
        codes=codes,
        name=name,
        format="heic",
        bit_depth=min(int(info.get("bit_depth", 8)), 16),
        profile=profile,
        coding=coding,
        exif=block,
        xmp=info.get("xmp") or None,
        turn=_turn(meta),
        facts=exif.read(block),
        notes=notes,
        rendered=_rendered(meta),
        original=data,
    )
    if image.mode.split(";")[0] in ("L", "LA", "La", "I"):
        notes.append("grey picture: taken as RGB")
    if image.has_alpha:
        notes.append("transparency is ignored")

    found = tone_map.read(meta, decoded, lambda alone: _gain_codes(alone, name))
    return decoded.photo(**depth_of(image, meta, decoded), **auxiliaries_of(image, meta, decoded, found))


def _turn(meta: boxes.Meta | None) -> int:
    """Tell the rotation and mirroring that the decoder has applied, as one EXIF orientation."""
    stored = seen = np.arange(6).reshape(2, 3)
    for kind, body in turns_of(meta) if meta else ():
        if kind == "irot":
            seen = np.rot90(seen, body[0] & 3)
        else:
            seen = seen[:, ::-1] if body[0] & 1 else seen[::-1]
    return next(turn for turn in range(1, 9) if np.array_equal(upright(stored, turn), seen))


def turns_of(meta: boxes.Meta) -> list[tuple[str, bytes]]:
    """Rotation and mirroring (irot, imir) of the picture, in the order in which they are applied."""
    item = meta.items.get(meta.primary)
    return [(kind, body) for kind, body in item.properties if kind in ("irot", "imir") and body] if item else []


def _rendered(meta: boxes.Meta | None) -> Rendering | None:
    """Find the mark that rebokeh left in an item of its own, where the picture had XMP before."""
    for number in meta.referring("cdsc", meta.primary) if meta else ():
        item = meta.items.get(number) if meta else None
        if meta and item and item.kind == "uri " and REBOKEH_URI.encode() in item.info:
            try:
                return mark.read(meta.payload(item))
            except boxes.BoxError:
                return None
    return None


def opened(data: bytes) -> pillow_heif.HeifImage:
    """Open the picture; nothing is decoded yet."""
    file = pillow_heif.open_heif(data, convert_hdr_to_8bit=False, hdr_to_16bit=True)
    return file[file.primary_index]


def _whole_range(codes: NDArray, bits: int) -> NDArray:
    """Spread codes of 9 to 15 bits, which come shifted, over all 16: white is 65535."""
    return codes | codes >> bits if codes.dtype == np.uint16 and 8 < bits < 16 else codes


def _rgb(codes: NDArray, mode: str) -> NDArray:
    """Code values as (H, W, 3)."""
    if codes.ndim == 2:
        codes = codes[..., None]
    return np.ascontiguousarray(codes[..., :3] if codes.shape[2] >= 3 else codes[..., :1].repeat(3, axis=2))


def _profile(info: dict, codes: NDArray, name: str, notes: list[str]) -> tuple[Profile, Coding, NDArray]:
    icc = info.get("icc_profile")
    if icc:
        profile = profile_or_note(icc, notes, codes)
        if profile:
            return profile, "sdr", codes
        profile, codes = to_srgb(codes, icc, name, notes)
        return profile, "sdr", codes
    nclx = info.get("nclx_profile") or {}
    return *cicp_profile(nclx.get("color_primaries", 1), nclx.get("transfer_characteristics", 13)), codes


def _gain_codes(alone: bytes, name: str) -> NDArray:
    with decoding(name, "gain map"):
        image = opened(alone)
        check_size(*image.size, name, "gain map")
        return _rgb(np.asarray(image), image.mode)


def depth_of(image: pillow_heif.HeifImage, meta: boxes.Meta | None, decoded: Decoded) -> dict:
    """Depth of a Photo, by field; notes go to `decoded`."""
    depths = image.info.get("depth_images") or []
    if not depths:
        return {}
    with decoding(decoded.name, "depth map"):
        check_size(depths[0].size[0], depths[0].size[1], decoded.name, "depth map")
        codes = np.asarray(depths[0])
        codes = codes if codes.ndim == 2 else codes[..., 0]
        limits = depths[0].info.get("metadata") or {}
    if not same_aspect(codes.shape, (decoded.codes.shape[0], decoded.codes.shape[1])):
        decoded.notes.append("the depth map has another shape than the picture, so it is not used")
        return {}
    values = _xmp_of_depth(meta, decoded.notes)
    low, high = limits.get("d_min"), limits.get("d_max")
    if low is None or high is None:
        low, high = apple.number(values, "apdi:FloatMinValue"), apple.number(values, "apdi:FloatMaxValue")
    return apple.depth(codes, (low, high), values, "HEIC", decoded.notes)


def _xmp_of_depth(meta: boxes.Meta | None, notes: list[str]) -> dict[str, str]:
    """XMP values of the depth item: of the auxiliary whose XMP speaks of depth data."""
    for ids in meta.auxiliaries().values() if meta else ():
        for item_id in ids:
            values = _item_xmp(meta, item_id, notes)
            if any(key.startswith("depthData:") for key in values):
                return values
    return {}


def _item_xmp(meta: boxes.Meta | None, item_id: int, notes: list[str]) -> dict[str, str]:
    try:
        packet = meta.xmp(item_id, MAX_BYTES) if meta else None
    except boxes.BoxError as err:
        notes.append(f"the XMP of item {item_id} is not read: {err}")
        return {}
    if why := unread(packet):
        notes.append(f"the XMP of item {item_id} {why}")
    return apple.xmp_values(packet)


def auxiliaries_of(
    image: pillow_heif.HeifImage, meta: boxes.Meta | None, decoded: Decoded, found: dict | None = None
) -> dict:
    """Mattes and gain map of a Photo, by field; notes go to `decoded`.

    A gain map that is `found` already is kept: its item says more about itself.
    """
    more = dict(found or {})
    mattes: dict[str, FloatArray] = {}
    for urn, ids in (image.info.get("aux") or {}).items():
        short = urn.rpartition(":")[2]
        if urn == apple.GAIN_MAP_URN:
            if "gain_map" in more:
                continue
            head = apple.headroom(_item_xmp(meta, ids[0], decoded.notes), decoded.facts)
            codes = _aux_codes(image, ids[0], decoded, "gain map") if head and head > 1.0 else None
            more.update(apple.gain_map_or_note(codes, head, decoded.notes))
        elif urn == apple.MATTE_URN:
            codes = _aux_codes(image, ids[0], decoded, "portrait matte")
            more.update(apple.portrait_matte(codes, "HEIC", decoded.notes) if codes is not None else {})
        elif short in apple.SEMANTIC_MATTES:
            label = apple.SEMANTIC_MATTES[short]
            codes = _aux_codes(image, ids[0], decoded, f"{label} matte")
            if codes is not None:
                mattes[label] = codes.astype(np.float32) / 255.0
    if mattes:
        more["mattes"] = mattes
        decoded.notes.append("further mattes: " + ", ".join(sorted(mattes)))
    return more


def _aux_codes(image: pillow_heif.HeifImage, item_id: int, decoded: Decoded, what: str) -> NDArray[np.uint8] | None:
    """8-bit codes (h, w) of an auxiliary image; None, with a note, when it is of another picture."""
    with decoding(decoded.name, what):
        aux = image.get_aux_image(item_id)
        check_size(*aux.size, decoded.name, what)
        codes = np.asarray(aux)
        if codes.dtype != np.uint8:
            codes = (codes >> 8).astype(np.uint8)
        codes = codes if codes.ndim == 2 else codes[..., 0]
    if not same_aspect(codes.shape, decoded.codes.shape[:2]):
        decoded.notes.append(f"the {what} has another shape than the picture, so it is not used")
        return None
    return np.ascontiguousarray(codes)
