"""Writing: round trips, metadata, and files that appear whole or not at all."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image
from support import iphone

from rebokeh.bokeh.colour.icc import SRGB_CURVE
from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.core.errors import OutputError, UsageError
from rebokeh.bokeh.io import encode as writer
from rebokeh.bokeh.io.encode import save
from rebokeh.bokeh.io.files import atomic
from rebokeh.bokeh.io.formats import WRITTEN
from rebokeh.bokeh.io.metadata import exif
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import GainMap, Photo

RNG = np.random.default_rng(3)
H, W = 96, 128
NOISE8 = RNG.integers(0, 256, (H, W, 3)).astype(np.uint8)
NOISE16 = RNG.integers(0, 65536, (H, W, 3)).astype(np.uint16)
SMOOTH = np.stack(np.broadcast_arrays(*np.ogrid[:H, :W], 90), axis=-1).astype(np.uint8)
P3 = named_profile("Display P3")
WITH_EXIF = [name for name in WRITTEN if name != "exr"]


def photo_of(codes: np.ndarray, **meta) -> Photo:
    bits = 8 * codes.dtype.itemsize
    return Photo(rgb=P3.to_linear(codes), profile=P3, meta=Metadata(**{"bit_depth": bits, "format": "png", **meta}))


def codes_of(photo: Photo, top: int = 255) -> np.ndarray:
    return np.rint(photo.profile.from_linear(photo.rgb) * top)


def phone_exif(orientation: int = 6) -> bytes:
    return iphone.exif(orientation, (32, 24, 16, 8), (W, H), {33: (1, 2), 48: (1, 100)}, gps=True)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
@pytest.mark.parametrize("codes", [NOISE8, NOISE16, NOISE8[:1, :1], NOISE16[:3, :257], NOISE8[:, :1]])
def test_lossless_formats_give_the_codes_back(tmp_path, suffix, codes):
    path = save(photo_of(codes), tmp_path / f"a{suffix}")
    again = load(path)
    assert np.array_equal(codes_of(again, np.iinfo(codes.dtype).max), codes)
    assert again.meta.bit_depth == 8 * codes.dtype.itemsize and again.profile.icc == P3.icc


def test_other_readers_agree_on_16_bit(tmp_path):
    cv2 = pytest.importorskip("cv2")
    for suffix in (".png", ".tif"):
        path = save(photo_of(NOISE16), tmp_path / f"a{suffix}")
        assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1], NOISE16)
        with Image.open(path) as image:
            image.load()
            assert image.size == (W, H)


def test_an_untouched_8_bit_picture_survives_load_save_load(tmp_path):
    Image.fromarray(NOISE8).save(tmp_path / "a.png", icc_profile=P3.icc)
    again = load(save(load(tmp_path / "a.png"), tmp_path / "b.png"))
    assert np.array_equal(codes_of(again), NOISE8)


@pytest.mark.parametrize(("kind", "most"), [("heic", 3), ("jpeg", 3), ("avif", 5)])
def test_lossy_formats_are_close(kind, most):
    again = load(writer.encode(photo_of(SMOOTH), kind))
    assert np.abs(codes_of(again) - SMOOTH).max() <= most
    assert again.meta.format == kind


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (65, 67), (2, 130)])
def test_odd_sizes(kind, shape):
    photo = Photo(rgb=np.full((*shape, 3), 0.25, np.float32))
    again = load(writer.encode(photo, kind))
    assert again.size == shape and np.abs(again.rgb - 0.25).max() < 0.02


def test_ten_bit_heic():
    ramp = np.repeat(np.linspace(0, 65535, W * H).reshape(H, W, 1), 3, axis=2).astype(np.uint16)
    photo = photo_of(ramp, format="heic", bit_depth=10)
    again = load(writer.encode(photo, "heic"))
    assert again.meta.bit_depth == 10 and np.abs(codes_of(again, 1023) - ramp / 64.06).max() < 4
    assert load(writer.encode(photo, "heic", bit_depth=8)).meta.bit_depth == 8


@pytest.mark.parametrize("kind", WITH_EXIF)
@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_metadata_is_kept_and_orientation_right_once(kind, orientation):
    source = load(iphone.jpeg(SMOOTH, [], phone_exif(orientation), P3.icc))
    source = replace(
        source, meta=replace(source.meta, xmp=iphone.xmp(tiff_Make="Apple", tiff_Orientation=str(orientation)))
    )
    again = load(writer.encode(source, kind))
    assert again.size == source.size and np.abs(codes_of(again) - codes_of(source)).max() <= 8
    assert again.meta.turn == 1 and again.profile.icc == P3.icc
    assert again.meta.camera == "Apple iPhone X" and again.meta.f35_mm == 52 and again.meta.focal_mm == 6
    facts = exif.read(again.meta.exif)
    assert facts.orientation == 1 and facts.pixel_size == source.size[::-1]
    assert facts.maker == pytest.approx({33: 0.5, 48: 0.01})
    assert again.meta.af_area == pytest.approx(source.meta.af_area, abs=0.02)
    assert again.meta.xmp and b"Apple" in again.meta.xmp and b"Orientation" not in again.meta.xmp
    assert gps_of(again.meta.exif)[2] == pytest.approx((52.0, 30.0, 59.5))


def gps_of(block: bytes | None) -> dict:
    parsed = Image.Exif()
    parsed.load(block or b"")
    return dict(parsed.get_ifd(0x8825))


@pytest.mark.parametrize("kind", WITH_EXIF)
def test_stripping_the_place_leaves_no_trace_of_it(kind):
    source = load(iphone.jpeg(SMOOTH, [], phone_exif()))
    words = iphone.xmp(exif_GPSLatitude="52,30.99N", tiff_Make="Apple").replace(
        b"<rdf:Description", b'<rdf:Description exif:GPSLongitude="13E"'
    )
    source = replace(source, meta=replace(source.meta, xmp=words))
    data = writer.encode(source, kind, strip=("gps",))
    again = load(data)
    assert gps_of(again.meta.exif) == {} and again.meta.camera == "Apple iPhone X"
    assert exif.read(again.meta.exif).maker == pytest.approx({33: 0.5, 48: 0.01})
    assert again.meta.xmp and b"GPS" not in again.meta.xmp and b"Apple" in again.meta.xmp
    place = np.array([595, 10], ">u4").tobytes()  # 59.5 seconds, as a rational
    assert place in (source.meta.exif or b"") or np.array([119, 2], ">u4").tobytes() in (source.meta.exif or b"")
    assert place not in data and np.array([119, 2], ">u4").tobytes() not in data


def test_no_metadata_is_no_metadata():
    for kind in WITH_EXIF:
        again = load(writer.encode(Photo(rgb=P3.to_linear(SMOOTH)), kind))
        assert again.meta.xmp is None and again.meta.f35_mm is None and again.profile.icc is None


def test_too_much_metadata_for_a_jpeg_is_left_out():
    photo = photo_of(SMOOTH, xmp=iphone.xmp(tiff_Make="x" * 70_000), exif=b"II*\0\x08\0\0\0" + bytes(70_000))
    assert load(writer.encode(photo, "jpeg")).meta.xmp is None


def test_damaged_exif_is_left_out():
    for block in (b"junk", b"Exif\0\0", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff" + bytes(9)):
        for kind in WITH_EXIF:
            load(writer.encode(photo_of(SMOOTH, exif=block), kind, strip=("gps",)))


def test_light_above_one_is_clipped_and_nothing_wraps():
    photo = Photo(rgb=np.full((H, W, 3), 40.0, np.float32))
    for bits in (8, 16):
        assert codes_of(load(writer.encode(photo, "png", bit_depth=bits))).min() == 255


# --- EXR -------------------------------------------------------------------------------------------------------------


def test_exr_is_scene_linear_with_z_in_metres():
    depth = np.full((H // 2, W // 2), 0.5, np.float32)
    depth[:, :10] = 0
    depth[:4, -6:] = np.nan
    light = (RNG.random((H, W, 3)) * 30).astype(np.float32)
    photo = Photo(rgb=light, depth=depth, profile=P3, gain_map=GainMap(np.zeros((H, W), np.float32), 2.0))
    again = load(writer.encode(photo, "exr"))
    assert np.array_equal(again.rgb, light.astype(np.float16)) and again.meta.bit_depth == 16
    assert again.depth is not None and again.depth.shape == (H, W)
    assert again.depth[50, 0] == 0 and again.depth[50, 100] == pytest.approx(0.5) and np.isnan(again.depth[0, -1])
    corners = again.profile.chromaticities()
    assert corners is not None and np.allclose(corners[:6], [0.68, 0.32, 0.265, 0.69, 0.15, 0.06], atol=1e-3)
    assert np.array_equal(load(writer.encode(photo, "exr", bit_depth=32)).rgb, light)
    file = OpenEXR.File(io.BytesIO(writer.encode(photo, "exr")), separate_channels=True)
    assert {k: str(c.pixels.dtype) for k, c in file.channels().items()} == {
        "R": "float16", "G": "float16", "B": "float16", "Z": "float32",
    }  # fmt: skip


def test_exr_to_png_gets_a_display_curve():
    light = np.full((H, W, 3), 0.25, np.float32)
    data = writer.encode(Photo(rgb=light), "exr", bit_depth=32)
    again = load(writer.encode(load(data), "png"))
    assert again.meta.bit_depth == 16
    expected = 1.055 * 0.25 ** (1 / 2.4) - 0.055
    assert (
        codes_of(again, 65535)[0, 0, 0] == pytest.approx(expected * 65535, abs=1)
        and again.profile.curves[0] == SRGB_CURVE
    )


# --- choosing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "a.txt", "a.heic.bak"])
def test_an_unknown_suffix_lists_the_formats(tmp_path, name):
    with pytest.raises(UsageError, match=", ".join(WRITTEN)):
        save(photo_of(SMOOTH), tmp_path / name)


def test_format_overrules_the_suffix(tmp_path):
    assert load(save(photo_of(SMOOTH), tmp_path / "a.bin", format="jpg")).meta.format == "jpeg"
    with pytest.raises(UsageError):
        save(photo_of(SMOOTH), tmp_path / "b.png", format="gif")


@pytest.mark.parametrize(
    "more",
    [{"quality": 0}, {"quality": 101}, {"bit_depth": 12}, {"strip": ("exif",)}, {"bit_depth": 16, "format": "jpeg"}],
)
def test_senseless_settings(tmp_path, more):
    with pytest.raises(UsageError):
        save(photo_of(SMOOTH), tmp_path / "a.png", **more)
    assert not list(tmp_path.iterdir())


def test_a_jpeg_too_wide(tmp_path):
    with pytest.raises(OutputError, match="65501"):
        save(Photo(rgb=np.zeros((1, 65501, 3), np.float32)), tmp_path / "a.jpg")


# --- whole or not at all ---------------------------------------------------------------------------------------------


def test_an_existing_output_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match="`overwrite`"):
        save(photo_of(SMOOTH), path)
    assert path.read_bytes() == b"precious"
    save(photo_of(SMOOTH), path, overwrite=True)
    assert load(path).size == (H, W)


def test_the_input_is_never_written(tmp_path):
    path = tmp_path / "a.png"
    save(photo_of(SMOOTH), path)
    before = path.read_bytes()
    photo = load(path)
    (tmp_path / "link.png").symlink_to(path)
    os.link(path, tmp_path / "hard.png")
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "link.png", "hard.png", "sub/../a.png"):
        with pytest.raises(OutputError, match="an input"):
            save(photo, tmp_path / name, overwrite=True)
    assert path.read_bytes() == before


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "deep" / "real.png")
    with pytest.raises(OutputError, match="exists"):  # to nowhere yet: whoever made the link may not mean this
        save(photo_of(SMOOTH), tmp_path / "link.png")
    save(photo_of(SMOOTH), tmp_path / "link.png", overwrite=True)
    assert (tmp_path / "link.png").is_symlink() and load(tmp_path / "deep" / "real.png").size == (H, W)


def test_folders_that_are_not_there_or_not_folders(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "dir.png").mkdir()
    for name in ("none/a.png", "file/a.png", "dir.png", "x" * 300 + ".png", "a\0.png"):
        with pytest.raises(OutputError) as caught:
            save(photo_of(SMOOTH), tmp_path / name)
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(OutputError):
        save(photo_of(SMOOTH), tmp_path / "a.png")
    tmp_path.chmod(0o755)


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_any_failure_leaves_the_old_file_and_no_part(tmp_path, monkeypatch, failure, at):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def fail(*_):
        raise failure

    monkeypatch.setattr(os, at, fail)
    with pytest.raises(OutputError if isinstance(failure, OSError) else type(failure)):
        save(photo_of(SMOOTH), path, overwrite=True)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"] and path.read_bytes() == b"old"


def test_a_full_disk_says_so():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with pytest.raises(OutputError):
        atomic.check_output("/dev/full", overwrite=False)


def test_what_killed_runs_left_is_swept(tmp_path):
    stale, fresh, other = tmp_path / ".rebokeh-1-aa.part", tmp_path / ".rebokeh-2-bb.part", tmp_path / "film.part"
    for file in (stale, fresh, other):
        file.write_bytes(b"x")
    for file in (stale, other):
        os.utime(file, (0, 0))
    save(photo_of(SMOOTH), tmp_path / "a.png")
    assert not stale.exists() and fresh.exists() and other.exists()


@pytest.mark.parametrize("name", ["é ü.png", "[x] [-y].png", "a b\n.png", b"\xff\xfe.exr", b"\xe9.heic", "-.png"])
def test_odd_names(tmp_path, name):
    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name if isinstance(name, bytes) else name.encode())))
    photo = load(save(photo_of(SMOOTH), path))
    assert photo.size == (H, W)
    with pytest.raises(OutputError, match="an input") as caught:
        save(photo, path, overwrite=True)
    assert str(caught.value).isprintable()
    str(caught.value).encode()


# --- into what is open -----------------------------------------------------------------------------------------------


def test_a_picture_goes_into_an_open_file_and_comes_out_of_one(tmp_path):
    photo = Photo(rgb=np.full((H, W, 3), 0.18, np.float32))
    file = io.BytesIO(b"head")
    file.seek(4)
    assert writer.save(photo, file, format="png") is None
    assert file.getvalue() == b"head" + writer.encode(photo, "png") and not file.closed
    file.seek(4)
    assert np.array_equal(load(file).rgb, load(writer.encode(photo, "png")).rgb)
    with (tmp_path / "a.tif").open("wb") as opened:
        writer.save(photo, opened)  # by its name
    with (tmp_path / "a.tif").open("rb") as opened:
        again = load(opened)
    assert again.meta.format == "tiff" and again.meta.path == str(tmp_path / "a.tif")
    with pytest.raises(UsageError, match="an open file says no format; say `format`"):
        writer.save(photo, io.BytesIO())
    text = io.StringIO()
    with pytest.raises(UsageError, match="open as text"):
        writer.save(photo, text, format="png")  # pyright: ignore[reportArgumentType, reportCallIssue]
    with pytest.raises(UsageError, match="open as text; open it as binary, by mode 'rb'"):
        load(text)  # pyright: ignore[reportArgumentType]
    with pytest.raises(OutputError, match="cannot be written"), (tmp_path / "a.tif").open("rb") as opened:
        writer.save(photo, opened)
    depth = io.BytesIO()
    np.save(depth, np.full((H, W), 2.0, np.float32))
    depth.seek(0)
    found = load(writer.encode(photo, "png"), depth=depth, depth_unit="m").depth
    assert found is not None and found[0, 0] == 0.5
