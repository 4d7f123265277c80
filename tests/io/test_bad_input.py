"""Bad input: one line, one family of errors, and not a word from the decoders."""

from __future__ import annotations

import io
import os
import random

import numpy as np
import pytest
from PIL import Image
from support import iphone
from support.raster import DEEP, exr, png16, saved, tif

from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.core.errors import InputError, RebokehError, UnknownFormatError
from rebokeh.bokeh.io import decoded
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.io.formats import READABLE, WRITTEN
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.photo import Photo

ROWS, COLUMNS = np.mgrid[:96, :128]
RGB = np.stack([COLUMNS, ROWS, COLUMNS + ROWS], axis=-1).astype(np.uint8)
GREY = (ROWS + COLUMNS).astype(np.uint8)
ICC = named_profile("Display P3").icc


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    block = iphone.exif(6, (64, 48, 20, 10), (128, 96), {33: (1, 2)}, gps=True)
    disparity = iphone.xmp(apdi_AuxiliaryImageType="disparity", apdi_FloatMinValue="0.5", apdi_FloatMaxValue="2.5")
    image = Image.fromarray(RGB)
    own = {kind: encode(Photo(rgb=named_profile("sRGB").to_linear(RGB)), kind) for kind in WRITTEN}
    return own | {
        "heic": iphone.heic(
            RGB,
            depth=GREY,
            depth_xmp=iphone.xmp(depthData_Accuracy="absolute"),
            auxiliaries={iphone.MATTE_URN: (GREY, None)},
            icc=ICC,
            exif_block=block,
        ),
        "jpeg": iphone.jpeg(RGB, [(GREY, disparity)], block, ICC),
        "cmyk": saved(image.convert("CMYK"), "JPEG"),
        "png": saved(image, "PNG", exif=block[6:], icc_profile=ICC),
        "png16": png16(DEEP, 2),
        "tiff": tif(DEEP),
        "deflate": tif(DEEP, compression="zlib"),
        "lzw": saved(image, "TIFF", compression="tiff_lzw"),
        "avif": saved(image, "AVIF", exif=block[6:], icc_profile=ICC),
        "exr": exr({"RGB": RGB.astype(np.float16), "Z": GREY.astype(np.float32) + 1}),
    }


KINDS = [*WRITTEN, "cmyk", "png16", "deflate", "lzw"]


def attempt(data: bytes) -> Photo | None:
    """Return the photo, or None after an `InputError` of one line; anything else fails the test."""
    try:
        return load(data)
    except InputError as err:
        assert str(err).isprintable() and len(str(err)) < 400
        return None


@pytest.mark.parametrize("kind", KINDS)
def test_truncation_anywhere(files, kind, capfd):
    data = files[kind]
    assert attempt(data) is not None
    ends = sorted({*range(1, 64), *range(64, len(data), max(1, len(data) // 120)), len(data) - 1})
    for end in ends:
        photo = attempt(data[:end])
        # A file may do without its very last bytes (padding, an end marker), not without its pixels; a JPEG
        # without the frames that came after it is a JPEG, as messengers send it on.
        assert photo is None or end > 0.8 * len(data) or any("cut off" in note for note in photo.meta.notes)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_bytes_anywhere(files, kind, capfd, recwarn):
    random_ = random.Random(kind)
    for _ in range(150):
        data = bytearray(files[kind])
        reach = len(data) if random_.random() < 0.4 else min(len(data), 700)
        for _ in range(random_.choice((1, 1, 2, 5))):
            data[random_.randrange(reach)] = random_.choice((0, 127, 128, 255, random_.randrange(256)))
        attempt(bytes(data))
    assert capfd.readouterr() == ("", "") and not recwarn.list


@pytest.mark.parametrize(
    "data",
    [b"\0", b"x", b"GIF89a" + bytes(40), b"RIFF\0\0\0\0WEBPVP8 ", b"%PDF-1.7\n", b"<html>", bytes(1000),
     b"PK\3\4" + bytes(60),
     b"\0\0\0\x18ftypqt  \0\0\0\0qt  " + bytes(50), b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(50)],
)  # fmt: skip
def test_foreign_files_are_named_as_such(data):
    with pytest.raises(UnknownFormatError, match=READABLE):
        load(data)


@pytest.mark.parametrize(
    "head",
    [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"\x76\x2f\x31\x01",
     b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"],
)  # fmt: skip
@pytest.mark.parametrize("tail", [b"", bytes(100), b"\xff" * 100, bytes(range(256)) * 4])
def test_a_right_beginning_and_nothing_behind_it(head, tail, capfd):
    assert attempt(head + tail) is None
    assert capfd.readouterr() == ("", "")


def test_files_that_are_no_files(tmp_path):
    (tmp_path / "empty.heic").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, word in (
        ("none.heic", "no such file"),
        (".", "folder"),
        ("empty.heic", "empty"),
        ("loop", "cannot be read"),
        ("x" * 300, "cannot be read"),
        ("a\nb", "no such"),
        ("nul\0l", "cannot be read"),
    ):
        with pytest.raises(InputError, match=word) as caught:
            load(tmp_path / name)
        assert str(caught.value).isprintable() and str(tmp_path) in str(caught.value)
    with pytest.raises(InputError, match="empty"):
        load(b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(InputError, match="permissions"):
        load(path)


def test_the_content_decides_not_the_name(tmp_path, files):
    path = tmp_path / "picture.heic"
    path.write_bytes(files["png"])
    assert load(path).meta.format == "png"


def test_our_own_mistakes_are_not_called_damage(monkeypatch):
    def mistake(*_args, **_more):
        raise AttributeError("a bug")

    monkeypatch.setattr(decoded.Decoded, "photo", mistake)
    with pytest.raises(AttributeError):
        load(saved(Image.fromarray(RGB), "PNG"))


def test_running_out_of_memory_is_said(monkeypatch):
    from rebokeh.bokeh.io.raster import pillow

    def full(*_):
        raise MemoryError

    monkeypatch.setattr(pillow, "_codes", full)
    with pytest.raises(InputError, match="memory"):
        load(saved(Image.fromarray(RGB), "PNG"))


def test_every_error_knows_its_exit_code():
    with pytest.raises(RebokehError) as caught:
        load(io.BytesIO(b"junk").getvalue())
    assert caught.value.exit_code == 4
