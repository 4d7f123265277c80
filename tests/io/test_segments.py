"""The walk over a JPEG's segments, extended XMP, the gain image; and all of them under attack."""

from __future__ import annotations

import base64
import random
import struct
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import android, iphone

from rebokeh.bokeh.core.errors import InputError
from rebokeh.bokeh.io.decoded import Decoded
from rebokeh.bokeh.io.jpeg import segments
from rebokeh.bokeh.io.jpeg.embedded import Jpeg
from rebokeh.bokeh.io.jpeg.ultra_hdr import gain_frame
from rebokeh.bokeh.io.metadata.xmp import Xmp
from rebokeh.bokeh.load import load

ROWS, COLUMNS = np.mgrid[:72, :96]
RGB = np.stack([COLUMNS, ROWS, COLUMNS + ROWS], axis=-1).astype(np.uint8)
GREY = (ROWS + COLUMNS).astype(np.uint8)
PICTURE = android.coded(RGB)
GAIN = android.coded(GREY[::2, ::2].copy())
HDRGM = {"Version": "1.0", "GainMapMax": "2"}


def parsed(data: bytes) -> Jpeg:
    found = segments.walk(data)
    assert found is not None
    return Jpeg(data, Decoded(RGB, "x", "jpeg"), found, Xmp(found.xmp, found.extended))


@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_the_end_of_the_picture_is_found_whatever_its_coding(more):
    picture = android.coded(RGB, **more)
    for trailer in (b"", b"SEFT", bytes(100), picture, b"\xff" * 50):
        found = segments.walk(picture + trailer)
        assert found is not None and found.end == len(picture)


def test_a_picture_without_an_end_reaches_the_file_s():
    found = segments.walk(PICTURE[:-2])
    assert found is not None and found.end == len(PICTURE) - 2
    assert segments.walk(b"\x89PNG") is None and segments.walk(b"") is None


def test_extended_xmp_is_put_together_in_the_order_of_its_offsets():
    words = bytes(range(256)) * 1000
    pieces = android.extended_segments(words, 9000)
    said = android.packet(attributes=f'xmpNote:HasExtendedXMP="{pieces[0][39:71].decode()}"')
    mixed = list(pieces)
    random.Random(1).shuffle(mixed)
    foreign = android.extended_segments(b"another picture's")
    found = segments.walk(android.with_segments(PICTURE, *foreign, android.xmp_segment(said), *mixed, pieces[3]))
    assert found is not None and found.extended == words and found.xmp == said


@pytest.mark.parametrize("gone", [0, 3, -1])
def test_extended_xmp_with_a_hole_is_not_read_and_said_so(gone):
    pieces = android.extended_segments(bytes(90_000), 9000)
    del pieces[gone]
    found = segments.walk(android.with_segments(PICTURE, *pieces))
    assert found is not None and found.extended is None and "not whole" in found.notes[0]


def test_extended_xmp_that_claims_to_be_huge_takes_no_memory():
    claim = android.segment(
        0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", 4_000_000_000, 0) + b"x"
    )
    found = segments.walk(android.with_segments(PICTURE, claim))
    assert found is not None and found.extended is None and "4000 MB" in found.notes[0]


def test_a_million_segments_are_not_walked_for_ever():
    begun = time.process_time()
    found = segments.walk(b"\xff\xd8" + b"\xff\xe5\0\2" * 1_000_000)
    assert found is not None and time.process_time() - begun < 1
    assert segments.walk(b"\xff\xd8" + b"\xff" * 20_000_000) is not None and time.process_time() - begun < 2


@given(st.binary(max_size=400))
def test_no_bytes_make_the_walk_fail(junk):
    for data in (junk, b"\xff\xd8" + junk, PICTURE[:20] + junk, PICTURE + junk):
        found = segments.walk(data)
        assert found is None or 0 <= found.end <= len(data)
    assert all(0 <= at < len(junk) for at in segments.images(junk, 0))
    Xmp(junk, b"<x>" + junk + b"</x>")


def test_pictures_are_lifted_out_of_xmp_before_it_is_parsed():
    data = bytes(range(256)) * 20_000  # five times what is parsed
    text = base64.b64encode(data).decode()
    broken = "&#xA;".join(text[k : k + 76] for k in range(0, len(text), 76))
    for words in (
        android.packet(attributes=f'GDepth:Near="1" GDepth:Data="{text}"'),
        android.packet(attributes=f"GDepth:Near='1' GDepth:Data='{broken}'"),
        android.packet(f"<GDepth:Near>1</GDepth:Near><GDepth:Data>\n{text}\n</GDepth:Data>"),
        android.packet(f"<GDepth:Near>1</GDepth:Near><GDepth:Data>{text.rstrip('=')}</GDepth:Data>"),
    ):
        xmp = Xmp(words)
        assert xmp.number("GDepth:Near") == 1 and xmp.data("GDepth:Data") == data and xmp.has("GDepth")
    assert Xmp(android.packet(attributes='GDepth:Data="@7"')).data("GDepth:Data") is None
    assert Xmp(android.packet(attributes='GDepth:Data="a"')).data("GDepth:Data") is None


def test_padding_of_megabytes_is_not_parsed():
    words = android.packet(attributes='GDepth:Near="1"')
    begun = time.process_time()
    assert Xmp(words + b" " * 20_000_000 + b'<?xpacket end="w"?>').number("GDepth:Near") == 1
    assert time.process_time() - begun < 2


def test_a_few_bytes_that_stand_for_gigabytes_are_refused_at_once():
    small = android.coded(RGB[:24, :32].copy())
    values = {"GDepth:Near": "1", "GDepth:Far": "2"}
    huge = np.zeros((4800, 6400), np.uint8)
    begun = time.process_time()
    for data, words in (
        (android.gdepth(small, android.coded(huge, "PNG"), values), "depth map is damaged or too large"),
        (
            android.gdepth(small, android.coded(GREY[:24, :32].copy()), values, android.coded(huge)),
            "blurred one is used",
        ),
        (android.dynamic_depth(small, android.coded(huge, "PNG"), {"Near": "1"}), "damaged or too large"),
        (android.huawei(small, huge, small), "damaged or too large"),
        (android.with_segments(small, *android.extended_segments(b"<a>" * 300_000)), ""),
    ):
        notes = load(data).meta.notes
        assert not words or any(words in note for note in notes), notes
    assert time.process_time() - begun < 6  # encoding them here takes most of it


@pytest.mark.parametrize("directory", [True, False])
@pytest.mark.parametrize("index", [None, 0, 999, -5_000])
@pytest.mark.parametrize("metadata", ["xmp", "iso"])
@pytest.mark.parametrize("before", [b"", b"camera's notes"])
def test_the_gain_image_is_found_however_it_is_listed(directory, index, metadata, before):
    values, iso = (HDRGM, None) if metadata == "xmp" else (None, b"\0\0\0\0payload")
    if metadata == "xmp" and index is None and not directory:
        pytest.skip("nothing says that there is one")
    data = android.ultra_hdr(PICTURE, GAIN, directory=directory, index=index, before=before, values=values, iso=iso)
    frame = gain_frame(parsed(data))
    assert frame is not None and frame.image.endswith(GAIN[2:]) and frame.image[:3] == b"\xff\xd8\xff"
    assert frame.iso == (b"\0\0\0\0payload" if metadata == "iso" else None)
    assert Xmp(frame.xmp).has("hdrgm") == (metadata == "xmp")


def test_what_is_no_gain_image_is_not_taken_for_one():
    assert gain_frame(parsed(PICTURE)) is None
    assert gain_frame(parsed(PICTURE + GAIN)) is None
    frames = iphone.jpeg(RGB, [(GREY, iphone.xmp(apdi_AuxiliaryImageType="disparity"))])
    assert gain_frame(parsed(frames)) is None
    bare = gain_frame(parsed(android.ultra_hdr(PICTURE, GAIN)))  # listed, but it says nothing of itself
    assert bare is not None and bare.xmp is None and bare.iso is None
    cut = android.ultra_hdr(PICTURE, GAIN, HDRGM)[: len(PICTURE) + 600]
    assert gain_frame(parsed(cut)) is None


FILES = {
    "gdepth": android.gdepth(PICTURE, android.coded(GREY, "PNG"), {"GDepth:Near": "1", "GDepth:Far": "5"}, PICTURE),
    "dynamic": android.dynamic_depth(
        PICTURE, android.coded(GREY), {"Near": "1", "Far": "5", "Units": "Meters"}, PICTURE
    ),
    "huawei": android.huawei(PICTURE, GREY, PICTURE),
    "samsung": android.samsung(PICTURE, GREY, PICTURE),
    "ultra_hdr": android.ultra_hdr(PICTURE, GAIN, HDRGM, index=0),
}


def attempt(data: bytes) -> None:
    try:
        photo = load(data)
    except InputError as err:
        assert str(err).isprintable()
    else:
        assert photo.rgb.shape[2] == 3


@pytest.mark.parametrize("kind", FILES)
def test_truncation_anywhere(kind, capfd):
    data = FILES[kind]
    whole = segments.walk(data)
    assert whole is not None
    for end in sorted({*range(0, len(data), max(1, len(data) // 60)), *range(len(data) - 40, len(data))}):
        attempt(data[:end])
        if end >= whole.end:
            load(data[:end])  # the picture itself is there
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", FILES)
def test_wrong_bytes_anywhere(kind, capfd, recwarn):
    random_ = random.Random(kind)
    for _ in range(120):
        data = bytearray(FILES[kind])
        for _ in range(random_.choice((1, 2, 5))):
            data[random_.randrange(len(data))] = random_.choice((0, 127, 128, 255, random_.randrange(256)))
        attempt(bytes(data))
    assert capfd.readouterr() == ("", "") and not recwarn.list


@pytest.mark.parametrize("what", [b"a comment behind the index", b""])
def test_frames_that_another_program_moved_are_found(what):
    """A comment behind the index moves what the index lists, and exiftool leaves that as it was."""
    ramp = np.tile(np.linspace(0, 255, 96), (64, 1)).astype(np.uint8)
    words = iphone.xmp(apdi_AuxiliaryImageType="disparity", apdi_FloatMinValue="0.5", apdi_FloatMaxValue="2.0")
    whole = iphone.jpeg(ramp[..., None].repeat(3, 2), [(ramp, words)])
    at = next(at for marker, at, stop in segments.markers(whole, 0) if marker == segments.SOS) - 4
    moved = whole[:at] + (android.segment(0xFE, what) if what else b"") + whole[at:]
    plain, again = load(whole), load(moved)
    assert plain.depth is not None and again.depth is not None
    np.testing.assert_array_equal(plain.depth, again.depth)
    said = [note for note in again.meta.notes if "another program moved them" in note]
    assert len(said) == bool(what) and (not what or f"stand +{len(what) + 4} bytes from where their index" in said[0])


def test_frames_that_are_gone_are_said_to_be():
    ramp = np.tile(np.linspace(0, 255, 96), (64, 1)).astype(np.uint8)
    words = iphone.xmp(apdi_AuxiliaryImageType="disparity", apdi_FloatMinValue="0.5", apdi_FloatMaxValue="2.0")
    whole = iphone.jpeg(ramp[..., None].repeat(3, 2), [(ramp, words)])
    end = segments.walk(whole)
    assert end is not None
    photo = load(whole[: end.end] + bytes(len(whole) - end.end))
    assert photo.depth is None and any("cut off or gone" in note for note in photo.meta.notes)
