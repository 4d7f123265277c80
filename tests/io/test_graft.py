"""A HEIC that was a portrait stays one: what is copied bit for bit, what is coded anew, and what is left behind."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from support import iphone

from rebokeh.bokeh.colour.profile import named_profile
from rebokeh.bokeh.core.errors import RebokehWarning
from rebokeh.bokeh.io.decoded import upright
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.io.heif import boxes, disparity, graft, heic, hevc
from rebokeh.bokeh.io.heif.carried_items import PictureMetadata
from rebokeh.bokeh.io.heif.container import NewItem, assemble, info
from rebokeh.bokeh.io.metadata import exif, render_mark
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.metadata import Rendering
from rebokeh.bokeh.photo.photo import Photo

pytestmark = pytest.mark.kernels

W, H = 256, 192
ROWS, COLUMNS = np.mgrid[:H, :W]
RGB = np.stack([COLUMNS, ROWS, (COLUMNS + ROWS) // 2], axis=-1).astype(np.uint8)
RAMP = np.add.outer(np.arange(96) * 1.5, np.arange(128) * 0.8)
RAMP = (RAMP / RAMP.max() * 255).astype(np.uint8)
MATTES = ["hair", "skin", "teeth", "glasses", "sky"]
PICTURE_XMP = iphone.xmp(tiff_Make="Apple", exif_GPSLatitude="52,30.99N")
EXIF = iphone.exif(6, (128, 96, 64, 48), (W, H), {33: (1, 2)}, gps=True)


def auxiliaries(names: list[str] = MATTES) -> dict:
    found = {iphone.MATTE_URN: (RAMP, iphone.xmp(tiff_Make="matte"))}
    for k, name in enumerate(names):
        found[disparity.MATTE_URNS[name]] = (np.roll(RAMP, 9 * (k + 1), axis=1), iphone.xmp(tiff_Make=name))
    found[iphone.GAIN_URN] = (RAMP, iphone.xmp(HDRGainMap_HDRGainMapHeadroom="4.0"))
    return found


def portrait(**more) -> bytes:
    more = {"auxiliaries": auxiliaries(), "exif_block": EXIF, "picture_xmp": PICTURE_XMP, **more}
    return iphone.heic(
        RGB,
        depth=RAMP,
        depth_range=(0.5, 3.5),
        depth_xmp=iphone.xmp(depthData_Accuracy="absolute"),
        icc=named_profile("Display P3").icc,
        **more,
    )


def rendered(photo: Photo, f_number: float = 1.8) -> Photo:
    """Return what a render leaves of a photo, with paler pixels: its depth fills the photo."""
    meta = replace(photo.meta, rendered=Rendering(f_number, 2.1, render_mark.version()), depth_map=photo.depth)
    full = None if photo.depth is None else np.full(photo.size, 0.7, np.float32)
    return replace(photo, rgb=photo.rgb * 0.5 + 0.25, depth=full, gain_map=None, meta=meta)


def belongings(data: bytes) -> dict[str, tuple]:
    """Coded bytes, properties and XMP of each auxiliary image by URN; those of the tiles of a grid likewise."""
    meta = boxes.read_meta(data)
    found = {}
    for urn, numbers in meta.auxiliaries().items():
        (number,) = numbers
        tiles = [
            to for kind, source, targets in meta.references if (kind, source) == ("dimg", number) for to in targets
        ]
        items = [meta.items[n] for n in [number, *tiles]]
        found[urn] = ([(i.kind, meta.payload(i), i.properties) for i in items], meta.xmp(number))
    return found


def same(mine: np.ndarray | None, theirs: np.ndarray | None) -> bool:
    return mine is not None and theirs is not None and np.array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("irot", "imir", "tile"),
    [(0, None, None), (1, None, None), (2, None, 64), (3, None, None), (0, 0, None), (1, 1, 64)],
)
def test_everything_but_the_picture_and_the_gain_map_is_the_sources_bit_for_bit(irot, imir, tile):
    source = portrait(irot=irot, imir=imir, tile=tile)
    photo = load(source)
    data = encode(rendered(photo), "heic")
    before, after = belongings(source), belongings(data)
    assert iphone.GAIN_URN in before and len(before) == 8
    del before[iphone.GAIN_URN]
    assert after == before
    meta = boxes.read_meta(data)
    assert meta.xmp(meta.primary) == render_mark.marked(PICTURE_XMP, rendered(photo).meta.rendered)
    (block,) = [meta.payload(item) for item in meta.items.values() if item.kind == "Exif"]
    # Nothing in the block moves, and all it says is what it said, but for who made the picture and how it lies.
    assert block[:4] == bytes(4) and words_of(block[4:]) == {
        **words_of(EXIF), 0x0112: photo.meta.turn, 0x0131: f"rebokeh {render_mark.version()}",
    }  # fmt: skip
    # All images of the file are turned alike, and the picture comes out upright.
    turns = [("irot", bytes([irot]))] + ([] if imir is None else [("imir", bytes([imir]))])
    assert heic.turns_of(meta) == turns
    again = load(data)
    assert again.size == photo.size and np.abs(again.rgb - rendered(photo).rgb).max() < 0.05
    assert same(again.depth, photo.depth) and again.depth_kind == "absolute" and same(again.matte, photo.matte)
    assert set(again.mattes) == set(MATTES)
    assert all(np.array_equal(again.mattes[name], photo.mattes[name]) for name in MATTES)
    assert again.gain_map is None and again.meta.af_area == photo.meta.af_area
    assert again.meta.rendered == rendered(photo).meta.rendered


def words_of(block: bytes) -> dict[int | tuple[int, int], object]:
    """Values of an EXIF block by tag, as another reader finds them; those below the main directory too."""
    read = Image.Exif()
    read.load(block)
    return {**read.get_ifd(0x8769), **{(0x8825, tag): value for tag, value in read.get_ifd(0x8825).items()},
            **{tag: value for tag, value in read.items() if tag not in (0x8769, 0x8825)}}  # fmt: skip


def test_no_editor_is_told_to_blur_again():
    """By these Apple's and Google's editors take a picture for a portrait whose blur is theirs to add."""
    blur = iphone.xmp(
        depthData_Accuracy="absolute",
        depthBlurEffect_SimulatedAperture="4.5",
        depthBlurEffect_RenderingParameters="UkVO",
    )
    words = iphone.xmp(GCamera_SpecialTypeID="x.SpecialType-PORTRAIT", GCamera_PortraitVersion="1", tiff_Make="Apple")
    block = iphone.exif(1, size=(W, H), custom=8)
    source = iphone.heic(RGB, depth=RAMP, depth_xmp=blur, exif_block=block, picture_xmp=words)
    photo = load(source)
    assert photo.meta.depth_facts.simulated_f_number == 4.5
    plain = load(encode(photo, "heic"))  # not rendered: it is the phone's portrait still
    assert plain.meta.depth_facts.simulated_f_number == 4.5 and words_of(plain.meta.exif or b"")[0xA401] == 8
    done = rendered(photo)
    done = replace(done, meta=replace(done.meta, rendered=Rendering(1.8, 2.1, how={})))
    for kind in ("heic", "jpeg"):
        data = encode(done, kind)
        again = load(data)
        said = words_of(again.meta.exif or b"")
        assert said[0xA401] == 1 and str(said[0x0131]).startswith("rebokeh ")
        assert again.meta.depth_facts.simulated_f_number is None and b"RenderingParameters" not in data
        assert b"PORTRAIT" not in data and b"PortraitVersion" not in data and b"Apple" in (again.meta.xmp or b"")
        history = re.search(rb"<xmpMM:History>.*</xmpMM:History>", again.meta.xmp or b"", re.DOTALL)
        assert history and b"rebokeh " in history[0] and b"f/1.8 at 2.1 m" in history[0]
    assert load(encode(done, "heic")).depth is not None


@pytest.mark.parametrize("irot", range(4))
@pytest.mark.parametrize("imir", [None, 0, 1])
def test_the_turn_is_known_as_an_orientation(irot, imir):
    photo = load(iphone.heic(RGB, irot=irot, imir=imir))
    codes = np.rint(photo.profile.from_linear(photo.rgb) * 255)
    assert np.array_equal(codes, upright(RGB, photo.meta.turn))


def test_turning_back_is_the_inverse_of_turning():
    for turns in ([("irot", b"\1")], [("irot", b"\3"), ("imir", b"\0")], [("imir", b"\1"), ("irot", b"\1")]):
        codes = RGB
        for kind, body in turns:
            codes = np.rot90(codes, body[0]) if kind == "irot" else codes[::-1] if body == b"\0" else codes[:, ::-1]
        assert np.array_equal(graft.stored(codes, turns), RGB)


def test_stripping_the_place_changes_nothing_else():
    data = encode(load(portrait()), "heic", strip=("gps",))
    meta = boxes.read_meta(data)
    assert meta.xmp(meta.primary) == PICTURE_XMP.replace(b"<exif:GPSLatitude>52,30.99N</exif:GPSLatitude>", b"")
    block = load(data).meta.exif or b""
    assert len(block) == len(EXIF) - 6 and exif.read(block) == replace(exif.read(EXIF), orientation=1)
    assert np.array([595, 10], ">u4").tobytes() not in data and np.array([119, 2], ">u4").tobytes() not in data
    assert len(belongings(data)) == 8


@pytest.mark.parametrize("brands", [b"mif1heic", b"mif1miafheic"])
def test_the_file_claims_no_more_than_its_source(brands):
    data = encode(rendered(load(portrait(brands=brands))), "heic")
    assert ("miaf" in boxes.brands(data)) == (b"miaf" in brands) and "mif1" in boxes.brands(data)


# --- what the user has changed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("irot", [0, 1])
def test_another_depth_takes_the_place_of_the_sources(irot):
    photo = load(portrait(irot=irot))
    other = np.rot90(np.linspace(0.2, 5.0, 48 * 64).reshape(48, 64).astype(np.float32), irot)
    data = encode(rendered(replace(photo, depth=other, depth_kind="relative")), "heic")
    again = load(data)
    assert again.depth is not None and again.depth_kind == "relative"
    assert np.abs(again.depth - other).max() <= 0.51 * 4.8 / 255
    assert [urn for urn in belongings(data) if "auxid" in urn] == [iphone.DEPTH_URN]
    before = belongings(portrait(irot=irot))
    assert all(belongings(data)[urn] == before[urn] for urn in before if urn not in (iphone.DEPTH_URN, iphone.GAIN_URN))


def test_an_anchored_depth_is_still_the_sources():
    source = portrait()
    photo = load(source)
    assert photo.depth is not None
    anchored = replace(photo, depth=photo.depth * 0.5 + 0.1, depth_kind="absolute")
    assert belongings(encode(rendered(anchored), "heic"))[iphone.DEPTH_URN] == belongings(source)[iphone.DEPTH_URN]


def test_another_matte_takes_the_place_of_the_sources():
    photo = load(portrait())
    other = np.zeros((48, 64), np.float32)
    other[10:30, 20:40] = 0.8
    again = load(encode(rendered(replace(photo, matte=other, mattes={**photo.mattes, "hair": other})), "heic"))
    for matte in (again.matte, again.mattes["hair"]):
        assert matte is not None and np.abs(matte - other).max() <= 0.5 / 255
    assert np.array_equal(again.mattes["sky"], photo.mattes["sky"])


@pytest.mark.parametrize("kind", ["absolute", "relative", "unitless"])
def test_depth_and_mattes_of_any_photo_are_written(kind):
    depth = np.linspace(0.0, 4.0, 96 * 128).reshape(96, 128).astype(np.float32)
    depth[0, :3] = np.nan
    photo = Photo(
        rgb=np.full((H, W, 3), 0.2, np.float32), depth=depth, matte=(depth > 1).astype(np.float32), depth_kind=kind
    )
    again = load(encode(replace(photo, mattes={"sky": (depth > 3).astype(np.float32)}), "heic"))
    assert again.depth is not None and again.depth_kind == kind
    assert np.abs(again.depth - np.nan_to_num(depth)).max() <= 0.51 * 4 / 255
    assert again.matte is not None and np.array_equal(again.matte, depth > 1) and set(again.mattes) == {"sky"}


def test_libheif_reads_our_range_of_disparities():
    for low, high in [(0.0, 0.04), (0.123, 7.9), (1.0, 1.0)]:
        image = disparity.of_depth(np.array([[low, high]] * 64, np.float32).repeat(32, axis=1), "absolute")
        photo = Photo(
            rgb=np.full((64, 64, 3), 0.2, np.float32),
            depth=np.array([[low, high]] * 2, np.float32).repeat(64, 1).repeat(64, 0)[:64, ::2],
        )
        info_ = pillow_heif.open_heif(encode(photo, "heic"))[0].info["depth_images"][0].info["metadata"]
        assert info_["d_min"] == pytest.approx(low, rel=1e-4) and info_["d_max"] == pytest.approx(high, rel=1e-4)
        assert image.codes.max() == (255 if high > low else 0)


def test_large_maps_are_thinned_and_not_averaged():
    depth = np.where(np.arange(4200) < 2100, 1.0, 3.0).astype(np.float32)[None].repeat(40, 0)
    image = disparity.of_depth(depth, "absolute")
    assert image.codes.shape == (13, 1400) and set(np.unique(image.codes)) == {0, 255}


def test_a_gain_map_is_added(monkeypatch):
    gain, words = np.rot90(RAMP), iphone.xmp(HDRGainMap_HDRGainMapHeadroom="3.0")
    photo = load(portrait(irot=1))
    code = partial(hevc.coded, bits=8, quality=80, profile=photo.profile)
    data = graft.portrait(photo, np.rot90(RGB), code, PictureMetadata(), gain=(gain, words))
    again = load(data)
    assert again.gain_map is not None and again.gain_map.headroom == 3.0
    expected = np.log2(1 + 2.0 * writer_gain(gain / 255))
    assert np.abs(again.gain_map.log2_gain - expected).mean() < 0.03


def writer_gain(code: np.ndarray) -> np.ndarray:
    return np.where(code < 0.081, code / 4.5, ((code + 0.0993) / 1.0993) ** (1 / 0.45))


# --- sources that cannot be taken over -------------------------------------------------------------------------------


def test_a_picture_of_another_size_gets_new_images():
    photo = load(portrait())
    smaller = replace(photo, rgb=photo.rgb[::2, ::2])
    with pytest.warns(RebokehWarning, match="128x96, its source 256x192"):
        data = encode(rendered(smaller), "heic", name="a.heic")
    again = load(data)
    assert again.size == (96, 128) and again.depth is not None and photo.depth is not None and len(again.mattes) == 5
    assert np.abs(again.depth - photo.depth).max() <= 0.51 * 3 / 255


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_source_never_breaks_the_output(seed):
    source = bytearray(portrait(auxiliaries=auxiliaries(["hair"]), tile=64 if seed % 2 else None))
    photo = load(bytes(source))
    rng = np.random.default_rng(seed)
    end = source.find(b"mdat")
    for at in rng.integers(40, end, 6):
        source[at] = rng.integers(0, 256)
    damaged = replace(photo, meta=replace(photo.meta, original=bytes(source)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RebokehWarning)
        data = encode(rendered(damaged), "heic")
    assert np.abs(np.asarray(load(data).rgb) - rendered(photo).rgb).max() < 0.05


def aliased(count: int) -> bytes:
    """Return a HEIC with `count` mattes that all lie on the same bytes."""
    source = boxes.read_meta(portrait(auxiliaries=auxiliaries([])))
    number = source.auxiliaries()[iphone.MATTE_URN][0]
    item = source.items[number]
    picture = source.items[source.primary]
    parts = [NewItem(1, info(1, "hvc1"), source.payload(picture), picture.properties)]
    for k in range(count):
        parts.append(NewItem(k + 2, info(k + 2, "hvc1"), source.payload(item), item.properties, [("auxl", (1,))]))
    data = bytearray(assemble(b"heic" + bytes(4) + b"mif1heic", 1, parts))
    at = data.find(b"iloc") + 4 + 4 + 2 + 2 + 16
    place = bytes(data[at + 8 : at + 16])
    for k in range(count):
        data[at + 16 * k + 8 : at + 16 * k + 16] = place
    mdat = data.find(b"mdat") - 4
    length = 8 + len(parts[0].payload) + len(parts[1].payload)
    struct.pack_into(">I", data, mdat, length)
    return bytes(data[: mdat + length])


def test_items_that_share_their_bytes_do_not_multiply():
    source = aliased(300)
    photo = load(portrait())
    many = replace(photo, meta=replace(photo.meta, original=source))
    with pytest.warns(RebokehWarning, match="larger than the file"):
        data = encode(many, "heic")
    assert len(data) < len(source) and load(data).depth is not None


# --- large pictures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "bits"), [((200, 333), 8), ((150, 140), 10), ((129, 257), 8)])
def test_a_large_picture_is_a_grid_of_tiles(monkeypatch, size, bits):
    monkeypatch.setattr(hevc, "_MOST_PIXELS", 128 * 128)
    y, x = np.mgrid[: size[0], : size[1]]
    rgb = np.stack([x / size[1], y / size[0], (x + y) / sum(size)], axis=-1).astype(np.float32)
    data = encode(Photo(rgb=rgb), "heic", bit_depth=bits)
    meta = boxes.read_meta(data)
    assert meta.items[meta.primary].kind == "grid"
    again = load(data)
    assert again.size == size and again.meta.bit_depth == bits
    assert np.abs(again.profile.from_linear(again.rgb) - again.profile.from_linear(rgb)).mean() < 0.004


@pytest.mark.parametrize("size", [(3024, 4032), (6048, 8064), (16384, 16384), (100, 16384), (3088, 2316), (16384, 428)])
def test_tiles_are_few_equal_and_small_enough(size):
    tile = hevc._tile_size(*size)
    across = -(-size[0] // tile[0]), -(-size[1] // tile[1])
    assert tile[0] * tile[1] <= hevc._MOST_PIXELS
    assert tile == size or (tile[0] % 64 == 0 and tile[1] % 64 == 0)
    assert across[0] * across[1] <= 1.35 * size[0] * size[1] / hevc._MOST_PIXELS + 1


@pytest.mark.slow
def test_48_megapixels_of_grain_are_read_back():
    codes = np.random.default_rng(1).integers(0, 256, (756, 1008, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    codes ^= np.random.default_rng(2).integers(0, 64, (6048, 8064, 1), dtype=np.uint8)
    file = encode(Photo(rgb=named_profile("sRGB").to_linear(codes)), "heic")
    with_pillow = pillow_heif.open_heif(file)[0]
    assert len(file) > 20_000_000 and with_pillow.size == (8064, 6048)
    assert np.abs(np.asarray(with_pillow)[::7, ::7].astype(int) - codes[::7, ::7]).mean() < 20


# --- other programs --------------------------------------------------------------------------------------------------


def said_by(*command: str) -> str:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_exiftool_and_heif_info_see_the_source_in_it(tmp_path):
    source, output = tmp_path / "a.heic", tmp_path / "b.heic"
    source.write_bytes(portrait(irot=1, tile=64))
    photo = rendered(load(source))
    output.write_bytes(encode(photo, "heic"))
    for path in (source, output):
        words = said_by("heif-info", str(path))
        assert "image: 192x256" in words and "depth channel: yes" in words and "d-max:  3.5" in words
    check = ("exiftool", "-validate", "-warning", "-a", "-G1")
    assert said_by(*check, str(output)).splitlines()[1:] == said_by(*check, str(source)).splitlines()[1:]
    tags = ("exiftool", "-a", "-G1", "-XMP-tiff:all", "-IFD0:all", "-ExifIFD:all", "-GPS:all", "-Rotation")
    more, less = ("--Software", "--Orientation"), said_by(*tags, "--Orientation", str(source))
    assert said_by(*tags, *more, str(output)) == less != ""
    assert "rebokeh" in said_by("exiftool", "-Software", str(output))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ip14_truedepth_mattes_b", "ip12pro_gainmap"])
def test_real_photos_keep_what_they_hold(shared, tmp_path, name):
    path, output = shared / "real" / f"{name}.heic", tmp_path / "b.heic"
    photo = load(path)
    output.write_bytes(encode(rendered(photo), "heic"))
    before, after = belongings(path.read_bytes()), belongings(output.read_bytes())
    before.pop(iphone.GAIN_URN, None)
    for found in (before, after):  # the phone's blur is taken out of its XMP
        found.update({urn: (items, None if "auxid" in urn else xmp) for urn, (items, xmp) in found.items()})
    assert after == before
    assert b"SimulatedAperture" not in output.read_bytes()
    again = load(output)
    assert again.size == photo.size and again.meta.rendered == rendered(photo).meta.rendered
    own = {0x0131, 0xA401}
    before_it, after_it = (
        {tag: value for tag, value in words_of(one.meta.exif or b"").items() if tag not in own}
        for one in (photo, again)
    )
    assert after_it == before_it
    assert photo.meta.xmp is None or again.meta.xmp == render_mark.marked(photo.meta.xmp, again.meta.rendered)
    assert photo.depth is None or same(again.depth, photo.depth)
    told = ("heif-info",)
    depth = [line for line in said_by(*told, str(path)).splitlines() if "d-m" in line or "depth" in line]
    assert depth == [line for line in said_by(*told, str(output)).splitlines() if "d-m" in line or "depth" in line]
    problems = [
        line
        for line in said_by("exiftool", "-validate", "-warning", "-a", str(output)).splitlines()
        if "Warning  " in line
    ]
    assert all("Duplicate tag 'auxl'" in line for line in problems)  # as in every file that an iPhone wrote
