"""What in a HEIF or AVIF file does not fit together, and would be passed over in silence by its decoder."""

from __future__ import annotations

from ...core.errors import InputError
from ...core.text import one_line
from ..metadata import apple, exif
from .boxes import BoxError, Item, Meta

_CODED = {"hvc1", "av01", "grid", "iovl", "iden", "tmap", "jpeg", "unci"}
_METADATA = {"Exif", "mime", "uri "}
_COLOURS = (b"prof", b"rICC", b"nclx", b"nclc")
MAX_METADATA_BYTES = 32_000_000
_SEQUENCE_HEADER = 1  # type of a unit (OBU) of AV1
# Auxiliary images that are read besides Apple's, or that say nothing of light and depth.
_DEPTH_OR_ALPHA = ("hevc:2015:auxid:1", "hevc:2015:auxid:2", "auxiliary:depth", "auxiliary:alpha")


def doubts(meta: Meta | None) -> list[str]:
    """Say what the file holds that is not used, and what it lacks.

    Parameters
    ----------
    meta : Meta or None
        None: the boxes could not be walked.

    Returns
    -------
    list of str
        For `Metadata.notes`.
    """
    if meta is None:
        return ["the file's boxes are damaged: read as far as they are whole"]
    found: list[str] = []
    used = {meta.primary, *meta.referring("auxl", meta.primary), *meta.referring("thmb", meta.primary)}
    used |= {target for kind, _, targets in meta.references if kind == "dimg" for target in targets}
    used |= set(meta.referring("dimg", meta.primary))  # the picture with its gain map
    used |= {source for kind, source, _ in meta.references if kind == "cdsc"}
    lost = sorted(item for item, entry in meta.items.items() if item not in used and not entry.hidden)
    if lost:
        found.append(f"items that do not belong to the picture are not used: {', '.join(map(str, lost[:8]))}")
    missing = sorted({s for _, s, _ in meta.references if s not in meta.items})
    missing += sorted({t for _, _, targets in meta.references for t in targets if t not in meta.items})
    if missing:
        found.append(f"items that are not there are referred to: {', '.join(map(str, missing[:8]))}")
    strange = sorted({i.kind for i in meta.items.values() if i.kind not in _CODED | _METADATA and not i.hidden})
    if strange:
        found.append(f"items of a kind that is not read: {', '.join(map(repr, strange[:8]))}")
    if any(item.missing for item in meta.items.values()):
        found.append("properties that are not there are referred to")
    for urn, ids in meta.auxiliaries().items():
        if not _is_known(urn):
            found.append(f"the auxiliary image {urn!r} is not known, so it is not used")
        elif len(ids) > 1:
            found.append(f"of {len(ids)} auxiliary images {urn!r} one is used")
        if any(meta.items[k].kind not in _CODED for k in ids):
            found.append(f"the auxiliary image {urn!r} is no picture, so it is not used")
    if meta.primary in meta.items and (meta.found(meta.primary, "colr") or b"")[:4] not in _COLOURS:
        found.append("the picture does not say what its colours are: taken as sRGB")
    return [one_line(note) for note in found]


def contradicted_turn(meta: Meta | None, turn: int) -> tuple[str, ...]:
    """Say, for `Metadata.warnings`, that EXIF would have the picture turned otherwise than its file has.

    Parameters
    ----------
    meta : Meta or None
    turn : int
        What the file's own boxes (irot, imir) do, as an EXIF orientation. They count, by the standard; not every
        program knows.
    """
    for number in meta.referring("cdsc", meta.primary) if meta else ():
        item = meta.items.get(number) if meta else None
        if meta is None or item is None or item.kind != "Exif":
            continue
        try:
            stated = exif.read(meta.payload(item)[4:]).orientation
        except BoxError:
            continue
        if stated in (1, turn):
            continue
        own = "turns nothing" if turn == 1 else f"says {turn}"
        return (
            f"EXIF says orientation {stated}, the file itself {own}, which counts: other programs may show it turned",
        )
    return ()


def check_metadata_size(meta: Meta | None, name: str) -> None:
    """Refuse a file whose metadata no program wrote in earnest: its decoder copies them several times.

    Raises
    ------
    InputError
    """
    for item in meta.items.values() if meta else ():
        size = sum(size for _, size in item.extents)
        if item.kind in _METADATA and size > MAX_METADATA_BYTES:
            raise InputError(f"{name}: the picture has {size / 1e6:.0f} MB of metadata; strip its XMP and EXIF first")


def _is_known(urn: str) -> bool:
    short = urn.rpartition(":")[2]
    return (
        urn in (apple.GAIN_MAP_URN, apple.MATTE_URN) or short in apple.SEMANTIC_MATTES or urn.endswith(_DEPTH_OR_ALPHA)
    )


def check_av1_size(meta: Meta | None, name: str) -> None:
    """Refuse an AVIF whose boxes state another size than its stream: its decoder would enlarge it, for minutes.

    Raises
    ------
    InputError
    """
    item = meta.items.get(meta.primary) if meta else None
    if meta is None or item is None or item.kind != "av01":
        return
    stated, coded = item.find("ispe"), av1_size(item.find("av1C") or b"") or av1_size(_start(meta, item))
    if stated is None or coded is None or len(stated) < 12:
        return
    size = int.from_bytes(stated[4:8], "big"), int.from_bytes(stated[8:12], "big")
    if size != coded:
        raise InputError(
            f"{name}: the picture is damaged (its boxes say {size[0]}x{size[1]}, its stream {coded[0]}x{coded[1]}); "
            "get a fresh copy of the file"
        )


def _start(meta: Meta, item: Item) -> bytes:
    try:
        return bytes(4) + meta.payload(item)[:200]
    except BoxError:
        return b""


def av1_size(units: bytes) -> tuple[int, int] | None:
    """(width, height) of the first sequence header in AV1 units behind four bytes of ``av1C``, or None.

    AV1 specification, 5.5.1; a header with timing information, which no still picture has, is not read.
    """
    at = 4
    while at + 2 < len(units):
        kind, extended, sized = units[at] >> 3 & 15, units[at] >> 2 & 1, units[at] >> 1 & 1
        at += 1 + extended
        size, shift = 0, 0
        while sized and at < len(units) and shift < 56:
            size |= (units[at] & 127) << shift
            at, shift, more = at + 1, shift + 7, units[at] >> 7
            if not more:
                break
        if kind == _SEQUENCE_HEADER:
            return _sequence_size(units[at : at + size] if sized else units[at:])
        if not sized:
            return None
        at += size
    return None


def _sequence_size(header: bytes) -> tuple[int, int] | None:
    bits, at = int.from_bytes(header[:64].ljust(64, b"\0"), "big"), 512

    def number(count: int) -> int:
        nonlocal at
        at -= count
        return bits >> at & ((1 << count) - 1)

    number(4)  # profile, still picture
    if number(1):  # reduced header
        number(5)
    else:
        if number(1):
            return None
        delayed = number(1)
        for _ in range(number(5) + 1):
            number(12)
            if number(5) > 7:
                number(1)
            if delayed and number(1):
                number(4)
    wide, high = number(4) + 1, number(4) + 1
    return number(wide) + 1, number(high) + 1
