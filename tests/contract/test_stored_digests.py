"""Digests and keys that stand in files and journals of others: renaming a field in here must not change them.

A digest that changes makes a batch render a finished library again; a key that changes breaks a preset, a lens file
or a program that reads ``--json``. Where a change is meant, the value stored here changes with it, in the same commit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support import iphone
from support.command import rebokeh
from support.portrait import portrait_arrays
from typer.main import get_command

import rebokeh as rk
from rebokeh.bokeh.batch.stores.record import key_of
from rebokeh.bokeh.io.metadata import render_mark
from rebokeh.bokeh.settings.options import Options
from rebokeh.bokeh.settings.preset import read_preset
from rebokeh.cli import app

pytestmark = pytest.mark.kernels

VERSION = "0.1.0"  # part of every digest

LENS_FILE = """
title = "A lens that has everything"
source = "made up"
f_number = 1.4
starburst = 0.5
iris.blades = 9
iris.curvature = [[1.4, 1.0], [4.0, 0.25]]
iris.rotation_deg = 10.0
pupil.front.radius = 1.25
pupil.front.shift = 0.5
pupil.rear.radius = 1.5
pupil.rear.shift = 0.75
pupil.squeeze = 1.5
pupil.obstruction = 0.25
pupil.apodisation = 0.5
wavefront.spherical_um = 2.0
wavefront.zonal_um = -1.0
wavefront.coma_um = 1.5
wavefront.astigmatism_um = 0.5
wavefront.field_curvature_um = 0.25
wavefront.axial_um = [4.0, 0.0, -4.0]
wavefront.lateral_um = [3.0, 0.0, -3.0]
wavefront.ripple_um = 0.125
wavefront.ripple_rings = 8.0
"""

PRESET = """
fstop = 2
focus = "2.1m"
focal = "85mm"
sensor = "36x24"
lens = "everything.toml"
with = ["wavefront.coma_um=1", "pupil.squeeze=1.25"]
blades = 7
curvature = 0.25
rotation = 15
starburst = "off"
depth_model = "depth.onnx"
depth_unit = "m"
matte_model = "selfie"
highlights = "estimate"
style = "lens"
quality = "best"
baked = "ignore"
format = "heic"
hdr = "gain-map"
save_quality = 85
strip = ["gps"]

[[rule]]
when = { camera = "*iPhone*", lens = "*", format = ["heic", "jpeg"], f35_mm = ">=50", megapixels = "6..24" }
fstop = 2.8

[[rule]]
when = { people = true, depth = true }
style = "gaussian"
"""

# What is asked for in the words of the flags, and the digest that a HEIC's mark carries for it.
RECIPES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "169973823b3149b31c569262baffdcd4d005b235f69837d0ea06cc43714157c9"),
    "f-number": ({"fstop": "2"}, "abff170f1b770ec9b96496621897c1c346b8e0b2a427454031313351113f570a"),
    "distance": ({"fstop": "2.8", "focus": "2.1m"}, "263e658ca12bdfd6f0aa018b9b18ad936b7624cb39924ba850a418c6e1cc2d33"),
    "infinity": ({"focus": "inf"}, "79bfb2d1d07c5dede71c18f64817abb5862fb310163f580d02b6ab1dccd14651"),
    "point": ({"focus": "0.4,0.6"}, "7475dd81f7ced6de920b22525aee13409b9d9e6fe52c492afc18369d1df9946f"),
    "iris": (
        {"blades": 6, "curvature": 0.2, "rotation": 15.0},
        "16d49ffe69963673be0ddeb0df287fb2b2b375205542b4a8f5ccf05171debccf",
    ),
    "literal lens": (
        {"focal": "6.9mm", "sensor": "9.8x7.3", "starburst": "off"},
        "cdf45eba517ace00c456b9e5a124b4d074b61816ed5c0c3460006fb3d18f8727",
    ),
    "lens file": ({"lens": "everything.toml"}, "ec8a9d282abff5e112ae1a1020348b29492359cd1458a0af4690f3ba7ff095d5"),
    "lens file, changed": (
        {"lens": "everything.toml", "changes": ("pupil.squeeze=1.25",), "fstop": "4"},
        "c41c78d1552e9c169c397a5e52eaa07660811a7a45b7d837ee01e648e9ebb304",
    ),
    "gaussian": ({"style": "gaussian"}, "95d503b72622fdb530b4548e24cd62af258fadc68c39f02b6dedef8fc0c8e86f"),
    "settings": (
        {"highlights": "estimate", "quality": "best", "baked": "ignore"},
        "26a02dc116afb4baaf5ddc287a07bad229ddf41bb43abde64229dadfbb2e955b",
    ),
    "models": (
        {"depth_model": "depth.onnx", "depth_unit": "m", "matte_model": "selfie"},
        "d4f213bbbdb9761f74f6f5602c2a8ea6751edf9e5dbd6d396ea361ab619b2bf0",
    ),
    "exr": ({"format": "exr"}, "36266da36801263787314f2c1af5e7219fad36b82ce3f3496690c6f3114610c1"),
    "pq": ({"format": "heic", "hdr": "pq"}, "49a1268da0f1b85f44c57d2018d855da487bbc82607cdaf27ece0dc5a0687b2b"),
    "jpeg": (
        {"format": "jpeg", "hdr": "gain-map", "save_quality": 80, "strip": ("gps",)},
        "94dc937176e213aa3e126dbc4ec3367410d3e6fdd12111542baa211f972bfc0e",
    ),
}

# Of a PNG with a depth map, a matte and a known distance beside it.
MARK_WITH_MAPS = "051ae0f40f81bca43be0fc77542b127ccf85ce5feef6a76a5fec520cda9419d0"
PRESET_DIGEST = "cce83952abc762189a3b846adc09c7935bb8c6272ca5862168c3f7071d352ba0"
BATCH_KEY = "20078c366191c6f2b69522bba47f301c0adee1181141a74612d4032fb0d7ef9c"
PRESET_KEYS = (
    "fstop focus focal sensor lens with blades curvature rotation starburst depth_model depth_unit depth_near "
    "depth_channel layer matte_model face_model edits highlights style quality baked grain format hdr save_quality "
    "strip"
)
CONDITIONS = "camera lens format f35_mm megapixels people depth"
# By command; the words after "a.b.:" are keys of the object a.b.
KEYS: dict[str, str] = {
    "render": """
        depth_kind depth_source distances f35_mm f_number farthest_m focal_mm focal_source focus_m focus_source format
        height highlights_source hyperfocal_m input intrinsics largest_radius_px lens lens_source lights lights_source
        matte_source nearest_m notes output peak_bytes px_per_mm quality radius_at_infinity_px recipe source_sha256
        steps warnings width
        anchoring.evidence[].: box distance_m map_m source uncertainty
        anchoring.: offset scale uncertainty
        beside_seconds.: decode
        parts_seconds.load.: decode imports maps
        parts_seconds.prepare.: baked depth layers lights
        parts_seconds.render.: blur withheld
        parts_seconds.save.: encode write
        seconds.: load prepare render save start total
        settings.: baked grain highlights quality rendition style
        settings.lens.aperture.: blades curvature rotation_deg
        settings.lens.: f_number focal_mm focus_m focus_on focus_point sensor_mm starburst
        settings.lens.glass.: f_number name
        settings.lens.glass.pupil.: apodisation obstruction squeeze
        settings.lens.glass.pupil.front.: radius shift
        settings.lens.glass.pupil.rear.: radius shift
        settings.lens.glass.wavefront.: astigmatism_um axial_um coma_um field_curvature_um lateral_um ripple_rings
        ripple_um spherical_um zonal_um
    """,
    "inspect": """
        baked bit_depth camera clip_cd_m2 clipped depth_kind depth_source distances edits f35_mm faces farthest_m
        focal_mm focus_m focus_source format hdr height input intrinsics matte_source nearest_m notes profile rendered
        subject_distance_m warnings width
        autofocus.: area distance_m map_farther_m map_m map_nearer_m
        depth.anchoring.evidence[].: box distance_m map_m source uncertainty
        depth.anchoring.: offset scale uncertainty
        depth.: filtered height holes quality simulated_f_number width
        depth.histogram.: edges_dioptres edges_m shares
        depth.percentiles_m.: 1 50 99
        edges.as_read.: f1 precision recall
        edges.as_rendered.: f1 precision recall
        gain_map.: channels headroom height lifts most_stops width
        lights.: brightest by count why
        mattes.subject.: covers height width
    """,
    "extract": """
        depth_kind depth_source distances height left_out output photo profile warnings width
        camera.: centre_x_px centre_y_px focal_x_px focal_y_px source
        files[].: axes bytes channel file height infinity kind left_out_beyond_m means scale shows unit vertices width
    """,
    "rack": "f_numbers fps frames from_m height output to_m warnings width",
    "compare": """
        depth_kind depth_source distances f_number farthest_m focal_mm focal_source focus_m focus_source height
        highlights_source hyperfocal_m input iris_radius largest_radius_px lights lights_source matte_source nearest_m
        notes output placement px_per_mm quality radius_at_infinity_px rendered warnings width
        check.: f_number focus_m passed
        check.figures.brightest.: high in_range low place unit value
        check.figures.halo.: high in_range low place unit value
        check.figures.leak.: high in_range low place unit value
        check.figures.light.: high in_range low place unit value
        check.figures.sharp.: high in_range low place unit value
        check.figures.sharp_stopped_down.: high in_range low place unit value
        check.figures.solid.: high in_range low place unit value
        pictures.gaussian.blur.bins[].: dioptres distance_m misfit pixels radius_px thin_lens_px
        pictures.gaussian.blur.: clipped_before_blur shape
        pictures.gaussian.edge.: distances_px leak leak_px leak_width_px rim rim_px
        pictures.gaussian.: highlight_energy_kept sharpness_in_focus title
        pictures.rebokeh.blur.bins[].: dioptres distance_m misfit pixels radius_px thin_lens_px
        pictures.rebokeh.blur.: clipped_before_blur shape
        pictures.rebokeh.edge.: distances_px leak leak_px leak_width_px rim rim_px
        pictures.rebokeh.: highlight_energy_kept sharpness_in_focus title
        seconds.: compare load save start
    """,
    "lens show": """
        f_number lens_source name output source starburst title
        iris.: blades curvature rotation_deg
        pupil.: apodisation obstruction squeeze
        pupil.front.: radius shift
        pupil.rear.: radius shift
        wavefront.: astigmatism_um axial_um coma_um field_curvature_um lateral_um ripple_rings ripple_um spherical_um
        zonal_um
    """,
    "lens list": "lenses[].: f_number name title",
    "batch": "format input output status",
    "models list": "models[].: folder licence megabytes name use",
    "bench": """
        input_bytes megapixels peak_bytes
        commands[].: format largest_radius_px megapixels peak_bytes photo
        commands[].gaussian_s.: OpenCV
        commands[].seconds.: load prepare render save start whole
        machine.: cores numba numpy opencv processor python scipy system
        radii[].: again_s radius_px render_s
        radii[].gaussian_s.: OpenCV SciPy
    """,
    "warmup": "cache seconds styles trouble",
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(render_mark, "version", lambda: VERSION)
    Path("everything.toml").write_text(LENS_FILE)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_keeps_its_digest(name):
    asked, digest = RECIPES[name]
    assert Options(**asked).recipe().settled("heic").digest == digest


def test_a_mark_of_a_photo_with_maps_beside_it_keeps_its_digest():
    codes, metres, matte = portrait_arrays()
    Image.fromarray(codes).save("photo.png")
    Image.fromarray(matte).save("matte.png")
    np.save("depth.npy", metres)
    beside = {"depth": "depth.npy", "depth_unit": "m", "depth_scale": 0.5, "matte": "matte.png"}
    photo = rk.load("photo.png", **beside, anchors=[rk.Anchor(0.5, 0.5, 1.25)])
    data = rk.save(rk.render(photo, rk.Lens(2.0, aperture=rk.Aperture(5))), "picture.png").read_bytes()
    assert re.findall(rb'rebokeh:Recipe="(\w+)"', data) == [MARK_WITH_MAPS.encode()]


def test_a_preset_and_what_a_batch_knows_a_photo_by_keep_their_digests():
    Path("mine.toml").write_text(PRESET)
    assert (digest := read_preset("mine.toml").digest) == PRESET_DIGEST
    assert key_of("ab" * 32, digest, VERSION, "sub/photo.heic") == BATCH_KEY


def test_the_keys_of_a_preset():
    Path("mine.toml").write_text("nonsense = 1")
    assert sorted(known_by_its_refusal()) == sorted(PRESET_KEYS.split())
    Path("mine.toml").write_text("[[rule]]\nwhen = { nonsense = 1 }")
    assert known_by_its_refusal() == CONDITIONS.split()


def known_by_its_refusal() -> list[str]:
    return rebokeh("photo.heic", "--preset", "mine.toml").stderr.rpartition("Known are ")[2].strip().split(", ")


def test_a_lens_is_shown_as_its_file_has_it():
    shown = rebokeh("lens", "show", "everything.toml").stdout
    assert shown.splitlines()[1:] == LENS_FILE.strip().splitlines()


@pytest.fixture
def photo() -> Path:
    codes, metres, matte = portrait_arrays(96, 128)
    said = iphone.xmp(depthData_Accuracy="relative", depthData_Quality="high", depthData_Filtered="True")
    gain = iphone.xmp(HDRGainMap_HDRGainMapVersion="131072", HDRGainMap_HDRGainMapHeadroom="4.0")
    auxiliaries = {iphone.GAIN_URN: (matte // 2, gain), iphone.MATTE_URN: (matte, None)}
    exif = iphone.exif(1, (64, 48, 32, 24), (128, 96), {0x38: (98, 1)})
    depth = (80 / metres).astype(np.uint8)
    path = Path("photo.heic")
    path.write_bytes(iphone.heic(codes, depth=depth, depth_xmp=said, auxiliaries=auxiliaries, exif_block=exif))
    return path


COMMANDS = {
    "render": ("photo.heic", "--lens", "everything.toml", "-o", "out.png"),
    "inspect": ("inspect", "photo.heic", "--edges"),
    "extract": ("extract", "photo.heic", "-o", "out", "--only", "depth,mattes,cloud"),
    "rack": ("rack", "photo.heic", "--from", "1m", "--to", "inf", "--seconds", "0.2", "--fps", "10", "-o", "out.gif"),
    "compare": ("compare", "photo.heic", "-o", "out.html"),
    "lens show": ("lens", "show", "everything.toml"),
    "lens list": ("lens", "list"),
    "batch": ("batch", "photo.heic", "-o", "out", "--dry-run"),
    "models list": ("models", "list"),
    "bench": ("bench", "--size", "0.05", "--rounds", "1"),
    "warmup": ("warmup", "-q"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_keys_of_json(command, photo):
    if command == "bench":
        pytest.importorskip("cv2")
    result = rebokeh(*COMMANDS[command], "--json")
    assert result.exit_code == 0, result.stderr
    assert sorted(set(keys_in(json.loads(result.stdout)))) == sorted(["schema", *spelt_out(KEYS[command])])


@pytest.mark.parametrize("command", KEYS)
def test_every_field_of_json_is_explained(command):
    title = {"render": "PHOTO"}.get(command, command)
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    section = page.partition(f"## `rebokeh {title}`")[2].partition("\n## ")[0]
    explained = set(re.findall(r"`(\w+)`", section))
    assert {re.split(r"[.\[]", key)[0] for key in spelt_out(KEYS[command])} <= explained


WITHOUT_JSON = {"studio"}


def test_every_command_that_prints_json_is_explained():
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    root = get_command(app)
    asked = {name for name in root.commands if name != "help"}  # pyright: ignore[reportAttributeAccessIssue]
    titles = set(re.findall(r"`rebokeh (\w+)", " ".join(re.findall(r"(?m)^## (.*)$", page))))
    assert {"PHOTO" if name == "render" else name for name in asked} - titles == WITHOUT_JSON


def spelt_out(listed: str) -> Iterator[str]:
    """Put before each word what stands before the last colon: "a.: b c" is a.b and a.c."""
    above = ""
    for word in listed.split():
        if word.endswith(":"):
            above = word[:-1]
        else:
            yield above + word


def keys_in(value: Any, above: str = "") -> Iterator[str]:
    """Name the keys of an object and of those in it, with dots; what lies in lists counts as one."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from keys_in(item, f"{above}.{key}" if above else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from keys_in(item, f"{above}[]")
    else:
        yield above
