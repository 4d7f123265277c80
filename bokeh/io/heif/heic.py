"""HEIC, iPhone portraits first: picture, depth, mattes, gain map."""

from __future__ import annotations

from functools import partial

import numpy as np
import pillow_heif
from numpy.typing import NDArray

from ...colour.pq_hlg import Coding
from ...colour.profile import Profile
from ...core.errors import InputError
from ...core.foreign import decoding
from ...photo.metadata import Rendering
from ...photo.photo import Photo
from ..decoded import Decoded, check_size, profile_or_note, same_aspect, upright
from ..found_maps import FoundMaps, UnusableMapError, attempt, of_gain_map
from ..lut import to_srgb
from ..metadata import apple, exif, render_mark
from ..metadata.captions import Captions
from ..metadata.cicp import cicp_profile
from ..metadata.xmp import MAX_BYTES, REBOKEH_URI, unread
from . import boxes, integrity, spatial, tone_map


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
        When it, or a map in it, is truncated, damaged or too large.
    """
    try:
        meta = boxes.read_meta(data)
    except boxes.BoxError:
        meta = None  # libheif may know better
    if meta and not meta.is_whole():
        raise InputError(f"{name}: the picture is truncated; get a fresh copy of the file")
    integrity.check_metadata_size(meta, name)
    image, decoded = _decode(data, meta, name)
    found = attempt(partial(tone_map.find, meta, decoded, partial(_gain_codes, name=name)))
    found = found.filled(attempt(partial(depth_of, image, meta, decoded)))
    # The gain map of a ``tmap`` item says more about itself than Apple's.
    found = found.filled(auxiliaries_of(image, meta, decoded, with_gain_map=found.gain_map is None))
    return spatial.described(decoded.photo(found), data, meta)


def _decode(data: bytes, meta: boxes.Meta | None, name: str) -> tuple[pillow_heif.HeifImage, Decoded]:
    with decoding(name):
        image = opened(data)
        codes, info, bits = _pixels(image, name)
    notes = integrity.doubts(meta)
    profile, coding, codes = _profile(info, codes, name, notes)
    if image.mode.split(";")[0] in ("L", "LA", "La", "I"):
        notes.append("grey picture: taken as RGB")
    if image.has_alpha:
        notes.append("transparency is ignored")
    block, turn = info.get("exif") or None, _turn(meta)
    return image, Decoded(
        codes=codes,
        name=name,
        format="heic",
        bit_depth=min(bits, 16),
        profile=profile,
        coding=coding,
        exif=block,
        xmp=info.get("xmp") or None,
        captions=Captions(unkept=tuple(f"the film of a motion photo ({n / 1e6:.2g} MB)" for n in boxes.films(data))),
        turn=turn,
        facts=exif.read(block),
        notes=notes,
        warnings=integrity.contradicted_turn(meta, turn),
        rendered=_rendered(meta),
        original=data,
    )


def _pixels(image: pillow_heif.HeifImage, name: str) -> tuple[NDArray, dict, int]:
    """Decode: codes (H, W, 3), what the decoder says beside them, and the file's bits."""
    check_size(*image.size, name)  # known before pixels are decoded
    info = dict(image.info)
    bits = int(info.get("bit_depth", 8))
    return _whole_range(_rgb(np.asarray(image), image.mode), bits), info, bits


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
    """Find rebokeh's mark in an item of its own, where the picture had XMP before."""
    for number in meta.referring("cdsc", meta.primary) if meta else ():
        item = meta.items.get(number) if meta else None
        if meta and item and item.kind == "uri " and REBOKEH_URI.encode() in item.info:
            try:
                return render_mark.read(meta.payload(item))
            except boxes.BoxError:
                return None
    return None


def opened(data: bytes, index: int | None = None) -> pillow_heif.HeifImage:
    """Open the picture, or the one of this place in the file; nothing is decoded yet. 10 and 12 bit come as 16."""
    file = pillow_heif.open_heif(data, convert_hdr_to_8bit=False, hdr_to_16bit=True)
    return file[file.primary_index if index is None else index]


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


def depth_of(image: pillow_heif.HeifImage, meta: boxes.Meta | None, decoded: Decoded) -> FoundMaps:
    """Find the depth map.

    Raises
    ------
    UnusableMapError
        When it is another picture's.
    InputError
        When it is damaged.
    """
    depths = image.info.get("depth_images") or []
    if not depths:
        return FoundMaps()
    with decoding(decoded.name, "depth map"):
        check_size(depths[0].size[0], depths[0].size[1], decoded.name, "depth map")
        codes = np.asarray(depths[0])
        codes = codes if codes.ndim == 2 else codes[..., 0]
        limits = depths[0].info.get("metadata") or {}
    if not same_aspect(codes.shape, decoded.size):
        raise UnusableMapError("the depth map has another shape than the picture, so it is not used")
    values, notes = _xmp_of_depth(meta)
    low, high = limits.get("d_min"), limits.get("d_max")
    if low is None or high is None:
        low, high = apple.number(values, "apdi:FloatMinValue"), apple.number(values, "apdi:FloatMaxValue")
    return FoundMaps(notes=notes).filled(apple.depth_map(codes, (low, high), values, "HEIC"))


def _xmp_of_depth(meta: boxes.Meta | None) -> tuple[dict[str, str], tuple[str, ...]]:
    """XMP values of the depth item, the auxiliary whose XMP speaks of depth data; and notes on what is not read."""
    notes: tuple[str, ...] = ()
    for ids in meta.auxiliaries().values() if meta else ():
        for item_id in ids:
            values, said = _item_xmp(meta, item_id)
            notes += said
            if any(key.startswith("depthData:") for key in values):
                return values, notes
    return {}, notes


def _item_xmp(meta: boxes.Meta | None, item_id: int) -> tuple[dict[str, str], tuple[str, ...]]:
    """XMP values of an item, and a note when they are not read."""
    try:
        packet = meta.xmp(item_id, MAX_BYTES) if meta else None
    except boxes.BoxError as err:
        return {}, (f"the XMP of item {item_id} is not read: {err}",)
    why = unread(packet)
    return apple.xmp_values(packet), (f"the XMP of item {item_id} {why}",) if why else ()


def auxiliaries_of(
    image: pillow_heif.HeifImage, meta: boxes.Meta | None, decoded: Decoded, with_gain_map: bool = True
) -> FoundMaps:
    """Find mattes and Apple's gain map.

    Parameters
    ----------
    image : HeifImage
        As `opened` gives it.
    meta : Meta or None
        The file's items; None where its boxes are damaged.
    decoded : Decoded
        The picture: its name, size and EXIF.
    with_gain_map : bool
        False leaves a gain map out, and does not decode it.

    Raises
    ------
    InputError
        When one of them is damaged.
    """
    found = FoundMaps()
    for urn, ids in (image.info.get("aux") or {}).items():
        if urn == apple.GAIN_MAP_URN and with_gain_map:
            values, notes = _item_xmp(meta, ids[0])
            found = found.noted(*notes).filled(attempt(partial(_gain_map, image, ids[0], decoded, values)))
        elif urn != apple.GAIN_MAP_URN:
            found = found.filled(attempt(partial(_matte, image, ids[0], decoded, urn)))
    return apple.with_mattes_noted(found)


def _gain_map(image: pillow_heif.HeifImage, item_id: int, decoded: Decoded, values: dict[str, str]) -> FoundMaps:
    with of_gain_map():
        head = apple.usable_headroom(values, decoded.facts)
        return apple.found_gain_map(_aux_codes(image, item_id, decoded, "gain map"), head)


def _matte(image: pillow_heif.HeifImage, item_id: int, decoded: Decoded, urn: str) -> FoundMaps:
    """Find the matte of this URN; nothing, when it is of none."""
    if urn == apple.MATTE_URN:
        return apple.portrait_matte(_aux_codes(image, item_id, decoded, "portrait matte"), "HEIC")
    name = apple.SEMANTIC_MATTES.get(urn.rpartition(":")[2])
    if name is None:
        return FoundMaps()
    codes = _aux_codes(image, item_id, decoded, f"{name} matte")
    return FoundMaps(mattes={name: codes.astype(np.float32) / np.float32(255)})


def _aux_codes(image: pillow_heif.HeifImage, item_id: int, decoded: Decoded, what: str) -> NDArray[np.uint8]:
    """8-bit codes (h, w) of an auxiliary image."""
    with decoding(decoded.name, what):
        auxiliary = image.get_aux_image(item_id)
        check_size(*auxiliary.size, decoded.name, what)
        codes = np.asarray(auxiliary)
        if codes.dtype != np.uint8:
            codes = (codes >> 8).astype(np.uint8)
        codes = codes if codes.ndim == 2 else codes[..., 0]
    if not same_aspect(codes.shape, decoded.size):
        raise UnusableMapError(f"the {what} has another shape than the picture, so it is not used")
    return np.ascontiguousarray(codes)


def picture_at(data: bytes, index: int, name: str) -> Photo:
    """Read the picture of this place in the file, and nothing that lies beside it.

    Raises
    ------
    InputError
        When it is damaged or too large.
    """
    with decoding(name):
        codes, info, bits = _pixels(opened(data, index), name)
    profile, coding, codes = _profile(info, codes, name, [])
    block = info.get("exif") or None
    decoded = Decoded(codes, name, "heic", min(bits, 16), profile, exif=block, facts=exif.read(block), coding=coding)
    return decoded.photo()
