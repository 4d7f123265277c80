"""What a catalogued photo says of itself beside EXIF and XMP: it is kept, or it is said that it is not."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image
from support import android, iphone

from rebokeh.bokeh.core.errors import RebokehWarning
from rebokeh.bokeh.io.decoded import upright
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.io.formats import WRITTEN
from rebokeh.bokeh.io.metadata import captions, exif, exif_edit, ifd, iptc, xmp_edit
from rebokeh.bokeh.io.metadata.xmp import sequences
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.metadata import Rendering
from rebokeh.bokeh.photo.photo import Photo

pytestmark = pytest.mark.kernels

CODES = np.full((48, 64, 3), 120, np.uint8)
WORDS = {
    5: "A title",
    25: "harbour",
    80: "Jo Doe",
    90: "Bergen",
    101: "Norway",
    116: "(c) Jo",
    120: "Boats, \u00e5 la carte",
}
SAID = [(1, 90, b"\x1b%G"), (2, 0, b"\0\4"), *((2, k, v.encode()) for k, v in sorted(WORDS.items()))]
SAID.insert(4, (2, 25, b"boats"))
SAID.append((2, 55, b"20240131"))
IPTC = iptc.records(SAID) or b""
COPYRIGHTED, URL = (0x040A, b"\1"), (0x040B, b"https://example.org/rights")
THUMBNAIL, PATH = (0x040C, bytes(40)), (0x07D0, bytes(26))
HOLDS_IPTC = ["jpeg", "png", "tiff"]
PICTURES = [name for name in WRITTEN if name != "exr"]


def resource(number: int, value: bytes) -> bytes:
    return (
        b"8BIM" + struct.pack(">H", number) + bytes(2) + struct.pack(">I", len(value)) + value + bytes(len(value) % 2)
    )


def catalogued(orientation: int = 1, xmp: bytes | None = None, paths: bool = False) -> bytes:
    """JPEG with IPTC, two comments, 300 x 240 pixels an inch, a thumbnail in EXIF and one of Photoshop's."""
    block = b"".join(
        resource(*one) for one in ((0x0404, IPTC), COPYRIGHTED, URL, THUMBNAIL, *([PATH] if paths else []))
    )
    file = io.BytesIO()
    more = {"xmp": xmp} if xmp else {}
    Image.fromarray(CODES).save(file, "JPEG", dpi=(300, 240), exif=iphone.exif(orientation, size=(64, 48)), **more)
    data = file.getvalue().replace(b"JFIF\0\1\1\0\0\1\0\1", b"JFIF\0\1\1\1\1\x2c\0\xf0")
    assert data.count(b"JFIF\0\1\1\1\1\x2c\0\xf0") == 1
    return android.with_segments(
        data,
        android.segment(0xED, b"Photoshop 3.0\0" + block),
        android.segment(0xFE, b"first"),
        android.segment(0xFE, "zweiter \u00fc".encode()),
    )


def words_in(xmp: bytes | None) -> dict[str, tuple[str, ...]]:
    return {name: texts for name, texts in sequences(xmp).items() if name.partition(":")[0] in ("dc", "photoshop")}


def silently(photo: Photo, kind: str, **more) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RebokehWarning)
        return encode(photo, kind, **more)


def without_paths(photo: Photo, kind: str, **more) -> bytes:
    """Return the coded picture; that the paths are lost, and nothing else, is said."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", RebokehWarning)
        data = encode(photo, kind, **more)
    assert [str(one.message) for one in said] == ["output: Photoshop's paths are not taken over"]
    return data


def rights_in(xmp: bytes | None) -> dict[str, tuple[str, ...]]:
    found = sequences(xmp).items()
    return {name.removeprefix("xmpRights:"): texts for name, texts in found if name.startswith("xmpRights:")}


@pytest.mark.parametrize("kind", PICTURES)
def test_captions_comments_and_density_are_kept(kind):
    photo = load(catalogued(paths=True))
    assert photo.meta.iptc == IPTC and photo.meta.comment == (b"first", "zweiter \u00fc".encode())
    if kind in HOLDS_IPTC:
        again = load(silently(photo, kind)).meta
        assert again.iptc == IPTC and again.resources == resource(*COPYRIGHTED) + resource(*URL) + resource(*PATH)
    else:
        again = load(without_paths(photo, kind)).meta
        said = words_in(again.xmp)
        assert said["dc:title"] == ("A title",) and said["dc:subject"] == ("harbour", "boats")
        assert said["dc:creator"] == ("Jo Doe",) and said["dc:rights"] == ("(c) Jo",)
        assert said["dc:description"] == ("Boats, \u00e5 la carte",) and said["photoshop:City"] == ("Bergen",)
        assert said["photoshop:DateCreated"] == ("2024-01-31",)
        assert rights_in(again.xmp) == {"Marked": ("True",), "WebStatement": ("https://example.org/rights",)}
    if kind == "jpeg":
        assert again.comment == photo.meta.comment
    elif kind == "png":
        assert again.comment == ("first\nzweiter \u00fc".encode(),)
    else:
        assert sequences(again.xmp)["exif:UserComment"] == ("first\nzweiter \u00fc",)
    if kind in HOLDS_IPTC:
        assert again.density == (300, 240, "inch")
    else:
        found = Image.Exif()
        found.load(again.exif or b"")
        assert (found[0x011A], found[0x011B], found[0x0128]) == (300, 240, 2)


@pytest.mark.parametrize("kind", HOLDS_IPTC)
@pytest.mark.parametrize("via", HOLDS_IPTC)
def test_and_from_every_format_that_has_them(via, kind):
    photo = load(silently(load(catalogued()), via))
    again = load(silently(photo, kind)).meta
    assert again.iptc == IPTC and again.density == (300, 240, "inch") and again.resources == photo.meta.resources


def test_exr_says_them_in_its_xmp():
    photo = load(catalogued(xmp=iphone.xmp(tiff_Make="Apple")))
    photo = replace(photo, meta=replace(photo.meta, density=None))
    again = load(silently(photo, "exr")).meta
    said = words_in(again.xmp)
    assert said["dc:description"] == ("Boats, \u00e5 la carte",) and said["dc:subject"] == ("harbour", "boats")
    assert sequences(again.xmp)["exif:UserComment"] == ("first\nzweiter \u00fc",) and b"Apple" in (again.xmp or b"")
    place = silently(photo, "exr", strip=("location",))
    assert b"Bergen" not in place


def test_what_of_exif_an_exr_has_no_place_for_is_said_by_name():
    block = iphone.exif(area=(41, 23, 8, 6), size=(64, 48), maker={33: (1, 2)}, gps=True, custom=8)
    found = Image.Exif()
    found.load(block)
    found[0x013B] = "Jo Doe"
    found.get_ifd(0x8769).update({0x9209: 16, 0xA403: 0, 0xA406: 0, 0xA408: 1, 0x927C: iphone.maker_note({33: (1, 2)})})
    found.get_ifd(0x8825).update({17: 214.5})
    photo = load(jpeg_with(found.tobytes()))
    names = "Artist, Flash, SubjectArea, MakerNote, WhiteBalance, SceneCaptureType and 2 more"
    with pytest.warns(RebokehWarning) as said:
        data = encode(photo, "exr")
    assert [str(one.message) for one in said] == [
        f"output: what its EXIF says as {names} is not taken over: EXR has no place for it"
    ]
    again = load(data).meta
    assert (again.camera, again.f35_mm, again.focal_mm) == ("Apple iPhone X", 52.0, 6.0)
    with pytest.warns(RebokehWarning, match="SceneCaptureType and 1 more is not"):  # no direction of the place
        encode(photo, "exr", strip=("gps",))
    assert load(silently(photo, "exr", strip=("all",))).meta.f35_mm is None


@pytest.mark.parametrize(("density", "per_inch"), [((300, 300, "inch"), 300.0), ((100, 100, "cm"), 254.0)])
def test_exr_keeps_the_density_of_square_pixels(density, per_inch):
    photo = load(catalogued())
    data = silently(replace(photo, meta=replace(photo.meta, density=density)), "exr")
    with OpenEXR.File(io.BytesIO(data)) as file:
        assert file.header()["xDensity"] == per_inch
        assert file.header().get("pixelAspectRatio", 1.0) == 1.0
    back = load(silently(load(data), "jpeg")).meta
    assert back.density == (per_inch, per_inch, "inch")


def test_a_density_that_would_make_an_exr_oblong_is_said():
    with pytest.warns(RebokehWarning, match="300 x 240 pixels per inch, is not taken over: EXR"):
        data = encode(load(catalogued()), "exr")
    assert load(data).meta.density is None


def test_an_exrs_density_is_read_with_its_aspect():
    file = io.BytesIO()
    header = {"type": OpenEXR.scanlineimage, "xDensity": 300.0, "pixelAspectRatio": 0.5}
    OpenEXR.File(header, {"RGB": np.full((48, 64, 3), 0.5, np.float16)}).write(file)
    assert load(file.getvalue()).meta.density == (300.0, 150.0, "inch")


def test_a_picture_that_is_turned_has_its_density_turned_and_no_paths():
    again = load(without_paths(load(catalogued(6, paths=True)), "jpeg"))
    assert again.size == (64, 48) and again.meta.density == (240, 300, "inch")
    assert again.meta.resources == resource(*COPYRIGHTED) + resource(*URL)


FACE = {"x": 0.25, "y": 0.4, "w": 0.1, "h": 0.2}
ELEMENTS = (
    "<mwg-rs:Area rdf:parseType='Resource'>{}<stArea:unit>normalized</stArea:unit></mwg-rs:Area>".format(
        "".join(f"<stArea:{key}>{value}</stArea:{key}>" for key, value in FACE.items())
    ),
    '<mwg-rs:AppliedToDimensions rdf:parseType="Resource"><stDim:h>48</stDim:h><stDim:w>64</stDim:w>'
    "<stDim:unit>pixel</stDim:unit></mwg-rs:AppliedToDimensions>",
)
ATTRIBUTES = (
    "<mwg-rs:Area {}/>".format(" ".join(f'stArea:{key}="{value}"' for key, value in FACE.items())),
    '<mwg-rs:AppliedToDimensions stDim:w="64" stDim:h="48" stDim:unit="pixel"/>',
)


def regions(name: str, area: str = ELEMENTS[0], dimensions: str = ELEMENTS[1]) -> bytes:
    """XMP with a face that has a name, in a picture of 64 x 48 pixels as it is stored."""
    face = f"<rdf:li rdf:parseType='Resource'><mwg-rs:Name>{name}</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type>{area}"
    held = f"{dimensions}<mwg-rs:RegionList><rdf:Bag>{face}</rdf:li></rdf:Bag></mwg-rs:RegionList>"
    spaces = {
        "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
        "stArea": "http://ns.adobe.com/xmp/sType/Area#",
        "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    }
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
    body = f"<mwg-rs:Regions rdf:parseType='Resource'>{held}</mwg-rs:Regions><tiff:Make>"
    words = iphone.xmp(tiff_Make="Apple").replace(b"<tiff:Make>", body.encode())
    return words.replace(b'rdf:about=""', f'rdf:about="" {declared}'.encode())


def with_faces(orientation: int, xmp: bytes) -> Photo:
    photo = load(catalogued(orientation, xmp))
    return replace(photo, meta=replace(photo.meta, density=None))


@pytest.mark.parametrize("form", [ELEMENTS, ATTRIBUTES], ids=["elements", "attributes"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_faces_are_turned_with_the_picture(orientation, form):
    """The pixel that a face's middle was on is the one that it is on."""
    photo = with_faces(orientation, regions("Ann", *form))
    again = load(silently(photo, "jpeg")).meta
    ((x, y, w, h),) = again.faces
    assert (x, y, w, h) == pytest.approx(photo.meta.faces[0], abs=1e-6) and b"Ann" in (again.xmp or b"")
    marked = np.zeros((48, 64))
    marked[19, 15] = 1
    row, column = np.argwhere(upright(marked, orientation))[0]
    shape = upright(marked, orientation).shape
    assert abs((x + w / 2) * shape[1] - column - 0.5) < 1 and abs((y + h / 2) * shape[0] - row - 0.5) < 1
    assert (w, h) == pytest.approx((0.2, 0.1) if orientation >= 5 else (0.1, 0.2))


@pytest.mark.parametrize("kind", WRITTEN)
def test_faces_by_name_are_kept_in_every_format(kind):
    photo = with_faces(6, regions("Ann"))
    again = load(silently(photo, kind)).meta
    assert again.faces[0] == pytest.approx(photo.meta.faces[0], abs=1e-6) and b"Ann" in (again.xmp or b"")


@pytest.mark.parametrize(
    "words",
    [
        regions("Ann", ELEMENTS[0].replace("normalized", "pixel")),
        regions("Ann", "<mwg-rs:Area stArea:x='0.5'/>"),
        iphone.xmp(tiff_Make="Apple").replace(
            b"<tiff:Make>",
            b'<Iptc4xmpExt:ImageRegion xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Bag>'
            b'<rdf:li Iptc4xmpExt:Name="Ann"/></rdf:Bag></Iptc4xmpExt:ImageRegion><tiff:Make>',
        ),
    ],
    ids=["in pixels", "without a place", "of IPTC"],
)
def test_regions_that_cannot_be_turned_are_said(words):
    photo = with_faces(6, words)
    with pytest.warns(
        RebokehWarning, match="its XMP's regions, of the picture as it lay before it was turned, are not"
    ):
        data = encode(photo, "jpeg")
    kept = load(data).meta.xmp or b""
    assert b"Ann" not in kept and b"Apple" in kept
    assert b"Ann" in (load(silently(with_faces(1, words), "jpeg")).meta.xmp or b"")


def test_faces_in_a_heic_that_lies_as_its_source_did_stay():
    ramp = np.tile(np.linspace(0, 255, 96), (64, 1)).astype(np.uint8)
    words = regions("Ann", ELEMENTS[0].replace("normalized", "pixel"))
    photo = load(iphone.heic(ramp[..., None].repeat(3, 2), depth=ramp, irot=1, picture_xmp=words))
    assert photo.meta.turn != 1 and b"Ann" in (load(silently(photo, "heic")).meta.xmp or b"")


def test_xmp_keeps_what_it_says_where_iptc_says_otherwise():
    own = iphone.xmp(photoshop_City="Oslo")
    photo = load(catalogued(xmp=own))
    said = words_in(load(silently(photo, "heic")).meta.xmp)
    assert said["photoshop:City"] == ("Oslo",) and said["photoshop:Country"] == ("Norway",)


def test_words_of_a_png_are_captions():
    chunks = [b"tEXt" + k + b"\0" + v for k, v in ((b"Title", b"A title"), (b"Author", b"Jo"), (b"Comment", b"so"))]
    file = io.BytesIO()
    Image.fromarray(CODES).save(file, "PNG")
    data = file.getvalue()
    added = b"".join(struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    photo = load(data[:33] + added + data[33:])
    assert iptc.to_xmp_words(photo.meta.iptc) == {"dc:title": ("A title",), "dc:creator": ("Jo",)}
    assert photo.meta.comment == (b"so",)
    again = load(encode(photo, "jpeg"))
    assert again.meta.iptc == photo.meta.iptc and again.meta.comment == (b"so",)


def test_a_tiffs_iptc_may_be_numbers_in_its_byte_order():
    data = bytearray(encode(load(catalogued()), "tiff"))
    block = IPTC + bytes(-len(IPTC) % 4)
    swapped = struct.pack(f"<{len(block) // 4}I", *struct.unpack(f">{len(block) // 4}I", block))
    order = "<" if data[:2] == b"II" else ">"
    row = data.index(struct.pack(order + "HHI", captions.IPTC_TAG, 7, len(IPTC)))
    struct.pack_into(order + "HHII", data, row, captions.IPTC_TAG, 4, len(block) // 4, len(data))
    found = load(bytes(data) + swapped).meta.iptc or b""
    assert found.startswith(IPTC)


def test_latin_1_is_read_where_the_records_do_not_say_utf_8():
    records = iptc.records([(2, 120, "K\u00f8benhavn".encode("latin-1"))])
    assert iptc.to_xmp_words(records) == {"dc:description": ("K\u00f8benhavn",)}


@pytest.mark.parametrize("end", range(0, len(IPTC), 7))
def test_records_that_are_cut_off_are_read_as_far_as_they_are_whole(end):
    assert list(iptc.datasets(IPTC[:end])) == SAID[: len(list(iptc.datasets(IPTC[:end])))]
    list(iptc.resources_of(resource(0x0404, IPTC)[:end]))


def test_a_long_caption_has_a_longer_length():
    caption = (2, 120, b"x" * 40_000)
    assert list(iptc.datasets(iptc.records([caption]))) == [caption]


def test_xmp_that_is_no_text_costs_an_exr_neither_the_picture_nor_the_captions():
    photo = load(catalogued())
    photo = replace(photo, meta=replace(photo.meta, density=None, xmp=b"<x:xmpmeta>\xe9</x:xmpmeta>"))
    with pytest.warns(RebokehWarning, match=r"^output: its XMP, which is no UTF-8, is not taken over"):
        data = encode(photo, "exr")
    assert words_in(load(data).meta.xmp) == iptc.to_xmp_words(IPTC)


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("comment", (b"c" * 70_000,), "comment"),
        ("iptc", iptc.from_words({iptc.CAPTION: "c" * 70_000}), "IPTC"),
        ("xmp", b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b" " * 70_000 + b"</x:xmpmeta>", "XMP"),
    ],
)
def test_what_a_jpeg_has_no_room_for_is_said(field, value, word):
    photo = load(catalogued())
    photo = replace(photo, meta=replace(photo.meta, **{field: value}))
    with pytest.warns(RebokehWarning, match=f"^output: its {word} is left out: a JPEG holds no more than 64 KB of it"):
        data = encode(photo, "jpeg")
    assert len(data) < 60_000 and load(data).meta.camera == photo.meta.camera


# --- what is left out ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "exr"])
@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_place_in_utf_16_is_left_out_and_the_words_beside_it_stay(kind, coding):
    words = iphone.xmp(exif_GPSLatitude="48,8N", dc_source="a shelf").decode()
    photo = load(catalogued())
    said = replace(photo.meta, xmp=f'<?xml version="1.0" encoding="UTF-16"?>\n{words}'.encode(coding), density=None)
    data = silently(replace(photo, meta=said), kind, strip=("gps",))
    assert not any("48,8N".encode(one) in data for one in ("utf-8", "utf-16-le", "utf-16-be"))
    assert "a shelf" in (load(data).meta.xmp or b"").decode()


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("word", ["gps", "location"])
def test_no_name_of_a_place_is_left(kind, word):
    nested = (
        b'<Iptc4xmpExt:LocationCreated xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Bag>'
        b'<rdf:li Iptc4xmpExt:City="Bergen" Iptc4xmpExt:Sublocation="Bryggen"/></rdf:Bag></Iptc4xmpExt:LocationCreated>'
    )
    own = iphone.xmp(photoshop_City="Bergen", photoshop_State="Bergen", Iptc4xmpCore_Location="Bryggen",
                     exif_GPSLatitude="60,23N", tiff_Make="Apple")  # fmt: skip
    own = (
        own.replace(b"</rdf:Description>", nested + b"</rdf:Description>")
        .replace(b"photoshop:City", b"ps:City")
        .replace(b"xmlns:photoshop", b"xmlns:ps")
        .replace(b"photoshop:State", b"ps:State")
    )
    data = silently(load(catalogued(xmp=own)), kind, strip=(word,))
    again = load(data).meta
    text = b"".join(filter(None, (data, again.xmp, again.iptc, again.exif)))
    assert not any(place in text for place in (b"Bergen", b"Norway", b"Bryggen", b"GPSLat"))
    assert b"Apple" in (again.xmp or b"")
    if kind in HOLDS_IPTC:
        assert list(iptc.datasets(again.iptc)) == [one for one in SAID if one[:2] not in ((2, 90), (2, 101))]
    else:
        assert words_in(again.xmp)["dc:title"] == ("A title",)


def test_records_without_a_place_stay_bit_for_bit():
    plain = iptc.records([(2, 120, b"x")])
    assert iptc.without_place(plain) is plain


@pytest.mark.parametrize("kind", WRITTEN)
def test_all_metadata_can_be_left_out(kind):
    ramp = np.tile(np.linspace(0, 255, 96), (64, 1)).astype(np.uint8)
    words = iphone.xmp(tiff_Make="X")
    picture = ramp[..., None].repeat(3, 2)
    source = load(iphone.heic(picture, depth=ramp, exif_block=iphone.exif(gps=True), picture_xmp=words))
    said = load(catalogued()).meta
    meta = replace(source.meta, iptc=said.iptc, comment=said.comment, density=said.density, unkept=("a sound",))
    again = load(silently(replace(source, meta=meta), kind, strip=("all",)))
    assert again.depth is None and again.matte is None
    meta = again.meta
    assert (meta.exif, meta.xmp, meta.iptc, meta.comment, meta.density) == (None, None, None, (), None)
    assert b"rebokeh" in silently(
        replace(source, meta=replace(meta, rendered=Rendering(2.0, 1.0))), kind, strip=("all",)
    )


def test_depth_alone_can_be_left_out():
    ramp = np.tile(np.linspace(0, 255, 96), (64, 1)).astype(np.uint8)
    photo = load(iphone.heic(ramp[..., None].repeat(3, 2), depth=ramp, exif_block=iphone.exif(), irot=1))
    again = load(silently(photo, "heic", strip=("depth",)))
    assert photo.depth is not None and again.depth is None and again.size == photo.size
    assert again.meta.camera == "Apple iPhone X" and load(silently(photo, "exr", strip=("depth",))).depth is None


# --- stale words -----------------------------------------------------------------------------------------------------


FILM = struct.pack(">I", 24) + b"ftypmp42" + bytes(12) + bytes(5000)
MOTION = (
    '<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary"/></rdf:li>'
    '<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="video/mp4" Item:Semantic="MotionPhoto" '
    'Item:Length="5024"/></rdf:li></rdf:Seq></Container:Directory>'
)


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_film_is_said_to_be_dropped_and_no_word_of_it_stays(kind, is_there):
    spaces = {**android.GOOGLE, "Cam": "http://ns.google.com/photos/1.0/camera/"}
    attributes = 'Cam:MotionPhoto="1" Cam:MotionPhotoVersion="1" Cam:MicroVideoOffset="5024" Cam:BurstID="7"'
    words = android.packet(MOTION + "<Cam:MicroVideo>1</Cam:MicroVideo>", attributes, spaces)
    data = android.with_segments(android.coded(CODES), android.xmp_segment(words))
    photo = load(data + FILM * is_there)
    if is_there:
        with pytest.warns(RebokehWarning, match="the film of a motion photo .* is not taken over"):
            made = encode(photo, kind)
    else:
        made = silently(photo, kind)
    kept = load(made).meta.xmp or b""
    assert not any(word in kept for word in (b"Motion", b"Micro", b"Directory", b"5024")) and b'BurstID="7"' in kept


def test_a_film_in_a_heic_is_said_to_be_dropped():
    photo = load(iphone.heic(np.tile(CODES, (2, 2, 1))) + struct.pack(">I", 8 + len(FILM)) + b"mpvd" + FILM)
    with pytest.warns(RebokehWarning, match="the film of a motion photo"):
        made = encode(photo, "heic")
    assert not load(made).meta.unkept


@pytest.mark.parametrize("kind", ["jpeg", "tiff", "png", "heic"])
def test_no_thumbnail_of_the_old_picture_stays(kind):
    thumbnail = b"\xff\xd8\xff\xdb" + bytes(range(1, 200)) + b"\xff\xd9"
    block = with_thumbnail(iphone.exif(size=(64, 48), gps=True), thumbnail)
    words = iphone.xmp(xmp_Thumbnails="<rdf:Alt><rdf:li>/9j/4AAQ</rdf:li></rdf:Alt>", tiff_Make="Apple")
    photo = load(jpeg_with(block, words))
    data = encode(photo, kind)
    again = load(data).meta
    assert thumbnail[:50] not in (again.exif or b"") and exif.read(again.exif) == exif.read(block)
    assert len(again.exif or b"") < len(block) - len(thumbnail)
    assert b"9j/4AAQ" not in (again.xmp or b"") and b"Apple" in (again.xmp or b"")


def test_a_thumbnail_in_the_middle_of_the_block_is_erased_in_place():
    thumbnail = b"\xff\xd8\xff\xdb" + bytes(range(1, 200)) + b"\xff\xd9"
    block = with_thumbnail(iphone.exif(size=(64, 48)), thumbnail) + b"behind"
    assert second_directory(block) == {0x0201, 0x0202}
    made = exif_edit.for_output(block, (48, 64), exif_edit.ExifChanges()) or b""
    assert second_directory(made) == set()
    assert thumbnail not in made and made.endswith(b"behind") and exif.read(made) == exif.read(block)


def test_values_behind_the_thumbnail_are_not_cut_off():
    """A maker note may be the last thing in a block, and end in zeros."""
    plain = iphone.exif(size=(64, 48), maker={33: (1, 2)})
    base, order, _, inner = ifd.directories_of(plain) or pytest.fail("no directories")
    note = inner[0x927C]
    block = bytearray(with_thumbnail(plain, b"\xff\xd8\xff\xdb" + bytes(range(1, 200)) + b"\xff\xd9"))
    value = plain[note.value_at : note.value_at + note.size] + bytes(20)
    struct.pack_into(order + "II", block, note.at + 4, len(value), len(block) - base)
    made = exif_edit.for_output(bytes(block) + value, (48, 64), exif_edit.ExifChanges()) or b""
    assert exif.read(made).maker == {33: 0.5} and made.endswith(value)


def test_a_preview_in_a_maker_note_is_erased_in_place():
    """Whole JPEGs alone: bytes that only begin like one stay, and nothing moves."""
    file = io.BytesIO()
    Image.fromarray(CODES).save(file, "JPEG")
    preview, before, after = file.getvalue(), b"Maker\xff\xd8\xff\xe0\0\x10no", b"behind\xff\xd8\xff\xdb\0"
    found = Image.Exif()
    found[0x010F] = "Maker"
    found.get_ifd(0x8769).update({0x927C: before + preview + after + preview[:200]})
    block = found.tobytes()
    made = exif_edit.for_output(block, (48, 64), exif_edit.ExifChanges()) or b""
    note = before + bytes(len(preview)) + after + preview[:200]
    assert note in made and preview not in made and len(made) == len(block) - len(b"Exif\0\0")
    for kind in ("jpeg", "heic"):
        assert note in (load(silently(load(jpeg_with(block)), kind)).meta.exif or b"")


def test_an_area_stays_where_the_block_states_no_size():
    block = iphone.exif(1, (41, 23, 8, 6))
    made = exif_edit.for_output(block, (48, 64), exif_edit.ExifChanges(af_area=(0.0, 0.0, 0.1, 0.1)))
    assert exif.read(made).subject_area == (41, 23, 8, 6)


def second_directory(block: bytes) -> set[int]:
    """Tags of the directory that the main one leads to."""
    base, order = ifd.header_of(block) or (0, "<")
    first = base + struct.unpack_from(order + "I", block, base + 4)[0]
    end = first + 2 + 12 * struct.unpack_from(order + "H", block, first)[0]
    where = struct.unpack_from(order + "I", block, end)[0]
    return {entry.tag for entry in ifd.entries_of(block, order, base + where, base)} if where else set()


def with_thumbnail(block: bytes, thumbnail: bytes) -> bytes:
    """Return an EXIF block with a second directory, of a JPEG, behind everything."""
    base = len(b"Exif\0\0")
    data = bytearray(block)
    first = base + struct.unpack_from(">I", data, base + 4)[0]
    end = first + 2 + 12 * struct.unpack_from(">H", data, first)[0]
    struct.pack_into(">I", data, end, len(data) - base)
    directory = struct.pack(">H", 2) + struct.pack(">HHII", 0x0201, 4, 1, len(data) - base + 30)
    directory += struct.pack(">HHII", 0x0202, 4, 1, len(thumbnail)) + bytes(4)
    return bytes(data) + directory + thumbnail


def jpeg_with(block: bytes, xmp: bytes | None = None) -> bytes:
    file = io.BytesIO()
    Image.fromarray(CODES).save(file, "JPEG", exif=block, **({"xmp": xmp} if xmp else {}))
    return file.getvalue()


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_the_af_area_is_rewritten_only_where_the_picture_was_turned(orientation):
    area = (41, 23, 8, 6)
    photo = load(jpeg_with(iphone.exif(orientation, area, (64, 48))))
    # A region in the XMP is more exact; EXIF keeps its own all the same.
    photo = replace(
        photo, meta=replace(photo.meta, af_area=(0.1, 0.1, 0.05, 0.05) if orientation == 1 else photo.meta.af_area)
    )
    found = exif.read(load(encode(photo, "jpeg")).meta.exif).subject_area
    turned = {1: area, 3: (64 - 41, 48 - 23, 8, 6), 6: (48 - 23, 41, 6, 8)}
    assert found == pytest.approx(turned[orientation], abs=1)
    assert orientation != 1 or found == area


def test_a_property_that_ends_in_itself_takes_nothing_else_along():
    """Its start tag is its end: what stands between it and another of its name stays."""
    words = (
        iphone.xmp(tiff_Make="Apple")
        .replace(b"<tiff:Make>", b'<GCamera:MotionPhoto rdf:parseType="Resource"/><tiff:Make>')
        .replace(b"</tiff:Make>", b"</tiff:Make><GCamera:MotionPhoto>1</GCamera:MotionPhoto>")
    )
    assert xmp_edit.for_output(words) == iphone.xmp(tiff_Make="Apple")


def test_history_goes_on_where_there_is_one():
    first = xmp_edit.with_history(iphone.xmp(tiff_Make="Apple"), "one", "this")
    both = xmp_edit.with_history(first, "two", 'that & "more"') or b""
    assert both.count(b"<xmpMM:History>") == 1 and both.count(b"<rdf:li") == 2
    assert both.index(b'"one"') < both.index(b'"two"') and b"that &amp; " in both and sequences(both)


def test_a_description_is_about_what_the_others_are_about():
    words = iphone.xmp(tiff_Make="Apple").replace(b'rdf:about=""', b'rdf:about="uuid:1"')
    assert (xmp_edit.with_words(words, {"dc:title": ("a < b",)}) or b"").count(b'rdf:about="uuid:1"') == 2
    assert sequences(xmp_edit.with_words(words, {"dc:title": ("a < b",)}))["dc:title"] == ("a < b",)


# --- other programs --------------------------------------------------------------------------------------------------


def said_by_exiftool(data: bytes, path: Path, *flags: str) -> str:
    if not shutil.which("exiftool"):
        pytest.skip("exiftool is not installed")
    path.write_bytes(data)
    done = subprocess.run(["exiftool", *flags, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("kind", "suffix"), [("jpeg", "jpg"), ("png", "png"), ("tiff", "tif"), ("heic", "heic")])
def test_exiftool_reads_them(tmp_path, kind, suffix):
    photo = load(catalogued())
    photo = replace(photo, meta=replace(photo.meta, rendered=Rendering(1.8, 2.1, how={})))
    data, path = silently(photo, kind), tmp_path / f"a.{suffix}"
    group = "IPTC" if kind in HOLDS_IPTC else "XMP"
    names = (
        ["ObjectName", "Keywords", "By-line", "CopyrightNotice", "Caption-Abstract", "City"]
        if kind in HOLDS_IPTC
        else ["Title", "Subject", "Creator", "Rights", "Description", "City"]
    )
    read = said_by_exiftool(data, path, "-s3", *(f"-{group}:{name}" for name in names)).splitlines()
    assert read == ["A title", "harbour, boats", "Jo Doe", "(c) Jo", "Boats, \u00e5 la carte", "Bergen"]
    assert "first" in said_by_exiftool(data, path, "-s3", "-Comment", "-UserComment")
    density = said_by_exiftool(data, path, "-s3", *(["-PixelsPerUnitX"] if kind == "png" else ["-XResolution"]))
    assert density.split() == ["11811" if kind == "png" else "300"]
    assert said_by_exiftool(data, path, "-s3", "-Software").startswith("rebokeh")
    assert "rebokeh" in said_by_exiftool(data, path, "-s3", "-HistorySoftwareAgent")
    check = "-validate", "-warning", "-error", "-a", "-s3"
    theirs = said_by_exiftool(catalogued(), tmp_path / "source.jpg", *check).splitlines()
    mine = said_by_exiftool(data, path, *check).splitlines()[1:]
    assert [line for line in mine if line not in [*theirs, *_OF_EVERY_TIFF]] == []


_OF_EVERY_TIFF = [
    # Adobe's deflate is no TIFF 6.0; IPTC as bytes, where some write numbers in one of two byte orders; and what the
    # camera's block says of a JPEG.
    "Invalid value for IFD0 tag 0x0103 Compression",
    "Non-standard format (undef) for IFD0 0x83bb IPTC-NAA",
    *(
        f"Missing required TIFF ExifIFD tag {tag}"
        for tag in ("0x9000 ExifVersion", "0xa000 FlashpixVersion", "0xa001 ColorSpace")
    ),
    *(
        f"[minor] ExifIFD tag {tag} is not allowed in TIFF"
        for tag in ("0xa002 ExifImageWidth", "0xa003 ExifImageHeight")
    ),
]
