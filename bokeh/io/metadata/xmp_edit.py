"""XMP packets for what is written: properties taken out and put in, and everything else left byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from .apple import turn_of_frame, turned
from .xmp import sequences

_END = b"</rdf:RDF>"
_ALONE = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
)
_ABOUT = re.compile(rb"<rdf:Description\s[^>]{0,4000}?rdf:about\s*=\s*[\"']([^\"'<>]{0,200})[\"']")

# Of bytes that the source's file held beside its picture: depth map, original, gain map, sound, film, further XMP,
# thumbnails. Some makers name Google's properties by prefixes of their own.
_GONE = {
    "http://ns.adobe.com/xmp/note/": rb"HasExtendedXMP",
    "http://ns.google.com/photos/1.0/depthmap/": rb"\w+",
    "http://ns.google.com/photos/1.0/image/": rb"\w+",
    "http://ns.google.com/photos/1.0/audio/": rb"\w+",
    "http://ns.google.com/photos/1.0/container/": rb"Directory",
    "http://ns.google.com/photos/dd/1.0/container/": rb"Directory",
    "http://ns.google.com/photos/dd/1.0/device/": rb"\w+",
    "http://ns.adobe.com/hdr-gain-map/1.0/": rb"\w+",
    "http://ns.apple.com/HDRGainMap/1.0/": rb"\w+",
    "http://ns.adobe.com/xap/1.0/": rb"Thumbnails",
    "": rb"(?:MotionPhoto|MicroVideo)\w*",
}
# By what editors take a picture for one that they may blur.
_PORTRAIT = {
    "http://ns.google.com/photos/1.0/camera/": rb"(?:Portrait\w*|SpecialTypeID)",
    "http://ns.google.com/photos/1.0/focus/": rb"\w+",
    "http://ns.apple.com/depthBlurEffect/1.0/": rb"\w+",
    "http://ns.adobe.com/tiff/1.0/": rb"Software",
}
_PLACE = {
    "": rb"(?i:GPS)\w*",
    "http://ns.adobe.com/photoshop/1.0/": rb"(?:City|State|Country)",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": rb"(?:Location|CountryCode)",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": rb"Location(?:Created|Shown)?",
    "http://purl.org/dc/elements/1.1/": rb"coverage",
}
_ORIENTATION = {"http://ns.adobe.com/tiff/1.0/": rb"Orientation"}
# Where things are in the picture as it lay; the Metadata Working Group's regions are turned with it.
_LAID = {
    "http://ns.adobe.com/tiff/1.0/": rb"Image(?:Width|Length)",
    "http://ns.adobe.com/exif/1.0/": rb"(?:Pixel[XY]Dimension|Subject(?:Area|Location))",
}
_IMAGE_REGIONS = {"http://iptc.org/std/Iptc4xmpExt/2008-02-29/": rb"ImageRegion"}
_REGIONS_URI = "http://www.metadataworkinggroup.com/schemas/regions/"
_OTHER_UNIT = re.compile(rb":unit\s*(?:=\s*[\"']|>)\s*(?!normalized)\w")
_AREA_URI, _SIZE_URI = "http://ns.adobe.com/xmp/sType/Area#", "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
_EVENT = 'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'
_STEPS_END = re.compile(rb"(<xmpMM:History\s*>\s*<rdf:Seq\s*>.*?)(?=</rdf:Seq>\s*</xmpMM:History\s*>)", re.DOTALL)
_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}
_LANGUAGES = {"dc:title", "dc:description", "dc:rights", "exif:UserComment"}
_BAGS = {"dc:subject", "photoshop:SupplementalCategories", "Iptc4xmpCore:SubjectCode"}
_SEQUENCES = {"dc:creator"}


class Laid(NamedTuple):
    """How a picture lies: its size (height, width), upright, and the EXIF orientation that made it so."""

    size: tuple[int, int]
    turn: int


def for_output(
    xmp: bytes | None,
    *,
    keep_place: bool = True,
    laid: Laid | None = None,
    upright: bool = True,
    rendered: bool = False,
) -> bytes | None:
    """Return XMP as an output carries it, in UTF-8, without what describes bytes that are gone.

    Parameters
    ----------
    xmp : bytes or None
    keep_place : bool
        False takes out where the photo was taken and what it shows: coordinates, and names of places.
    laid : Laid, optional
        How the picture lies, where that is otherwise than XMP has it: regions are turned with it, and what else says
        where things are in it is taken out.
    upright : bool
        Whether the picture is stored upright: the orientation is taken out.
    rendered : bool
        Whether the picture has its blur: what makes others add theirs is taken out.
    """
    if not xmp:
        return None
    xmp = _in_utf8(xmp)
    is_turned = laid is not None and laid.turn != 1
    if laid is not None and is_turned:
        xmp = _turned_regions(xmp, laid)[0]
    placed = {**_LAID, **_IMAGE_REGIONS} if is_turned else {}
    sets = [_GONE, _ORIENTATION if upright else {}, placed, _PORTRAIT if rendered else {}]
    for patterns in [*sets, {} if keep_place else _PLACE]:
        xmp = _without(xmp, patterns)
    return xmp


def loses_regions(xmp: bytes | None, laid: Laid) -> bool:
    """Whether XMP says where things are in the picture, as faces by name, in a way that cannot be turned with it."""
    if not xmp or laid.turn == 1:
        return False
    xmp = _in_utf8(xmp)
    return _without(xmp, _IMAGE_REGIONS) != xmp or _turned_regions(xmp, laid)[1]


def of_blurred_depth(xmp: bytes) -> bytes:
    """Return a depth map's XMP without the aperture and the settings by which an editor would blur the picture."""
    uri = "http://ns.apple.com/depthBlurEffect/1.0/"
    return _without(xmp, {uri: _PORTRAIT[uri]})


def _turned_regions(xmp: bytes, laid: Laid) -> tuple[bytes, bool]:
    """Turn regions with the picture, numbers alone; take those out that cannot be, and say whether there were any."""
    lost = False
    for prefix in _prefixes(xmp, _REGIONS_URI):
        parts, at = [], 0
        pattern = rb"<(" + prefix + rb":Regions)(?:\s[^>]*)?(?:/>|(?<!/)>.*?</\1\s*>)"
        for found in re.finditer(pattern, xmp, re.DOTALL):
            made = _turned_areas(found[0], prefix, xmp, laid)
            lost = lost or made is None
            parts += [xmp[at : found.start()], made or b""]
            at = found.end()
        xmp = b"".join([*parts, xmp[at:]])
    return xmp, lost


def _turned_areas(regions: bytes, prefix: bytes, xmp: bytes, laid: Laid) -> bytes | None:
    """Turn the areas of a Regions property and the size that they apply to; None where they are in no known numbers."""
    width, height = (_numbers(regions, _prefixes(xmp, _SIZE_URI), key) for key in "wh")
    frame = (float(width[0][2]), float(height[0][2])) if len(width) == len(height) == 1 else None
    by = turn_of_frame(frame, laid.size, laid.turn)
    areas = list(re.finditer(rb"<(" + prefix + rb":Area)\b(?:[^>]*/>|.*?</\1\s*>)", regions, re.DOTALL))
    edits: list[tuple[int, int, float]] = []
    for area in areas:
        found = {key: _numbers(area[0], _prefixes(xmp, _AREA_URI), key) for key in "xywh"}
        if (
            _OTHER_UNIT.search(area[0])
            or any(len(found[key]) != 1 for key in "xy")
            or len(found["w"]) != len(found["h"])
            or len(found["w"]) > 1
        ):
            return None
        x, y, w, h = (float(found[key][0][2]) if found[key] else 0.0 for key in "xywh")
        box = turned((x - w / 2, y - h / 2, w, h), by)
        values = {"x": box[0] + box[2] / 2, "y": box[1] + box[3] / 2, "w": box[2], "h": box[3]}
        edits += [(area.start() + n.start(2), area.start() + n.end(2), values[k]) for k in "xywh" for n in found[k]]
    if frame is not None and by >= 5:
        edits += [(*width[0].span(2), frame[1]), (*height[0].span(2), frame[0])]
    for start, end, value in sorted(edits, reverse=True):
        regions = regions[:start] + f"{value:.9g}".encode() + regions[end:]
    return regions


def _numbers(text: bytes, prefixes: list[bytes], key: str) -> list[re.Match[bytes]]:
    """Find the numbers, as group 2, that stand under a name: as an attribute's value, or as an element's text."""
    names = b"|".join(prefix + b":" + key.encode() for prefix in prefixes)
    number = rb"([-+]?\d+\.?\d*(?:[eE][-+]?\d+)?)"
    return list(re.finditer(rb"\b(?:" + names + rb")(\s*=\s*[\"']|\s*>)\s*" + number, text)) if prefixes else []


def _in_utf8(xmp: bytes) -> bytes:
    """Return a packet of UTF-16 in UTF-8, which all formats take and which is edited here; any other as it is."""
    order = {b"\xff\xfe": "le", b"<\0": "le", b"\xfe\xff": "be", b"\0<": "be"}.get(xmp[:2])
    if order is None:
        return xmp
    text = xmp.decode(f"utf-16-{order}", "replace").removeprefix("\ufeff")
    return re.sub(r"^<\?xml\s[^>]*>\s*", "", text).encode()  # it names the coding


def _without(xmp: bytes, patterns: Mapping[str, bytes]) -> bytes:
    """Take properties, given by patterns of their names in each namespace ("" is any), out of XMP."""
    for uri, pattern in patterns.items():
        for prefix in _prefixes(xmp, uri):
            name = prefix + b":" + pattern
            xmp = re.sub(rb"\s" + name + rb"\s*=\s*(\"[^\"]*\"|'[^']*')", b"", xmp)
            xmp = re.sub(rb"<(" + name + rb")(?:\s[^>]*)?(?:/>|(?<!/)>.*?</\1\s*>)", b"", xmp, flags=re.DOTALL)
    return xmp


def _prefixes(xmp: bytes, uri: str) -> list[bytes]:
    """Patterns of the prefixes that stand for a namespace in a packet."""
    if not uri:
        return [rb"[\w.-]+"]
    found = re.findall(rb"xmlns:([\w.-]+)\s*=\s*[\"']" + re.escape(uri.encode()) + rb"[\"']", xmp)
    return [re.escape(prefix) for prefix in dict.fromkeys(found)]


def with_description(xmp: bytes | None, attributes: str, body: str = "") -> bytes:
    """Return XMP with a description of the picture more; a packet of its own when there is none to add it to.

    XMP that is no plain UTF-8 packet is left as it is, without.

    Parameters
    ----------
    xmp : bytes or None
    attributes, body : str
        Of the description, in XML.
    """
    if xmp and _END not in xmp:
        return xmp
    before, _, after = (xmp or _ALONE).rpartition(_END)
    about = _ABOUT.search(before)
    head = f'<rdf:Description rdf:about="{about[1].decode("utf-8", "replace") if about else ""}" {attributes}'
    made = head + (f">{body}</rdf:Description>" if body else "/>")
    return before + made.encode() + _END + after


def with_words(xmp: bytes | None, words: Mapping[str, tuple[str, ...]]) -> bytes | None:
    """Return XMP that also says these words, by "prefix:Name"; what it says already stays as it says it."""
    said = sequences(xmp)
    missing = {name: texts for name, texts in words.items() if not any(said.get(name, ()))}
    if not missing:
        return xmp
    spaces = sorted({name.partition(":")[0] for name in missing})
    declared = " ".join(f'xmlns:{prefix}="{_NAMESPACES[prefix]}"' for prefix in spaces)
    return with_description(xmp, declared, "".join(_property(name, texts) for name, texts in sorted(missing.items())))


def _property(name: str, texts: tuple[str, ...]) -> str:
    texts = tuple(escape(text) for text in texts)
    if name in _LANGUAGES:
        value = f'<rdf:Alt><rdf:li xml:lang="x-default">{texts[0]}</rdf:li></rdf:Alt>'
    elif name in _BAGS | _SEQUENCES:
        kind = "Bag" if name in _BAGS else "Seq"
        value = f"<rdf:{kind}>{''.join(f'<rdf:li>{text}</rdf:li>' for text in texts)}</rdf:{kind}>"
    else:
        value = texts[0]
    return f"<{name}>{value}</{name}>"


def with_history(xmp: bytes | None, agent: str, done: str) -> bytes | None:
    """Return XMP whose history has a step more: who did what to the picture.

    Without a time: the same photo and recipe make the same bytes.
    """
    words = f'stEvt:action="filtered" stEvt:softwareAgent={quoteattr(agent)} stEvt:parameters={quoteattr(done)}'
    if xmp and (old := _STEPS_END.search(xmp)):
        space = "" if b"xmlns:stEvt=" in xmp else _EVENT + " "
        return xmp[: old.end(1)] + f"<rdf:li {space}{words}/>".encode() + xmp[old.end(1) :]
    attributes = f'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" {_EVENT}'
    return with_description(xmp, attributes, f"<xmpMM:History><rdf:Seq><rdf:li {words}/></rdf:Seq></xmpMM:History>")
