"""EXR: which channels are the picture and its depth, whose primaries it has, and what it says of the shot."""

from __future__ import annotations

import io
import math
import shutil
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import OpenEXR
import pytest
from support.command import rebokeh
from support.paths import SHARED
from support.raster import exr

import rebokeh as rk
from rebokeh.bokeh.core.errors import DepthError, InputError, NoDepthError, UsageError
from rebokeh.bokeh.depth.existing_blur import CellBlur, existing_blur_of
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.metadata import Rendering

H, W = 24, 32
RNG = np.random.default_rng(21)
LIGHT = (RNG.random((H, W, 3)) * 3).astype(np.float16)
OTHER = (RNG.random((H, W, 3)) * 3).astype(np.float16)
BALL = np.hypot(*np.mgrid[-12:12, -16:16]) < 6
Z = np.where(BALL, 1.5, 6.0).astype(np.float32)
FAULTS = SHARED / "faults"


def colours(light: np.ndarray, layer: str = "", leaves: str = "RGB") -> dict[str, np.ndarray]:
    return {layer + c: np.ascontiguousarray(light[..., k]) for k, c in enumerate(leaves)}


def vector(layer: str) -> dict[str, np.ndarray]:
    return {f"{layer}.{c}": np.ascontiguousarray(RNG.normal(size=(H, W)).astype(np.float32)) for c in "XYZ"}


def parts(*several: tuple[str, dict[str, np.ndarray], dict[str, Any]]) -> bytes:
    head = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    file = io.BytesIO()
    OpenEXR.File([OpenEXR.Part({**head, **more}, channels, name) for name, channels, more in several]).write(file)
    return file.getvalue()


def assert_metres(photo: rk.Photo) -> None:
    assert photo.depth is not None and photo.depth_kind == "absolute"
    assert np.allclose(1.0 / photo.depth, Z, rtol=1e-3)


MIST = {"ViewLayer.Mist.Z": ((Z - 1.5) / 4.5).astype(np.float32)}
COMBINED = colours(LIGHT, "ViewLayer.Combined.")


def test_what_is_no_number_in_a_file_is_made_one_and_said():
    light = LIGHT.copy()
    light[3, 4], light[5, 6], light[7, 8] = np.nan, np.inf, -np.inf
    photo = load(exr(colours(light)))
    assert [float(photo.rgb[place].max()) for place in ((3, 4), (5, 6), (7, 8))] == [0.0, 65504.0, 0.0]
    assert any("NaN or infinity in 3 pixels" in said for said in photo.meta.warnings)
    whole = np.isfinite(light.astype(np.float32)).all(axis=2)
    assert np.array_equal(photo.rgb[whole], light[whole].astype(np.float32))


# --- depth: by name, layer and type ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "called"),
    [
        ({**colours(LIGHT), **vector("N"), **vector("P"), "Z": Z}, "Z"),
        ({**colours(LIGHT), **vector("N"), "depth.Z": Z}, "depth.Z"),
        ({**colours(LIGHT), **vector("N"), "depth": Z}, "depth"),
        ({**COMBINED, "ViewLayer.Depth.Z": Z, **vector("ViewLayer.Normal")}, "ViewLayer.Depth.Z"),
        ({**COMBINED, "ViewLayer.Depth.V": Z, **MIST}, "ViewLayer.Depth.V"),
        ({**colours(LIGHT), **vector("Pworld"), "Pz": Z}, "Pz"),
        ({**colours(LIGHT), **colours(np.dstack([Z] * 3), "VRayZDepth.")}, "VRayZDepth.R"),
        ({**colours(LIGHT, "beauty."), **colours(OTHER, "AO."), "zdepth.Y": Z}, "zdepth.Y"),
        ({**COMBINED, "A.Depth.Z": Z + 3, "ViewLayer.Depth.Z": Z}, "ViewLayer.Depth.Z"),
        ({**colours(LIGHT), "Z": Z, "ZBack": Z + 1}, "Z"),
        ({**colours(LIGHT), "a.Z": (Z + 4).astype(np.float16), "Z": Z}, "Z"),
        ({"Y": np.ascontiguousarray(LIGHT[..., 0]), "Z": Z}, "Z"),
    ],
)
def test_depth_is_the_channel_of_distance(channels, called):
    photo = load(exr(channels))
    assert_metres(photo)
    assert photo.meta.depth_source == f"EXR channel {called}, metres"
    assert np.array_equal(photo.rgb[..., 0], LIGHT[..., 0].astype(np.float32))


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ({**colours(LIGHT), **vector("N"), **vector("P")}, None),
        ({**COMBINED, **vector("ViewLayer.Normal")}, None),
        ({**COMBINED, **MIST}, "Mist.Z is no distance in metres"),
        ({**colours(LIGHT), "depth_normalized.Z": MIST["ViewLayer.Mist.Z"]}, "is no distance in metres"),
        ({**colours(LIGHT), "crypto.Z": Z}, None),
        ({**colours(LIGHT), "Z": Z.astype(np.uint32)}, None),
    ],
)
def test_what_is_no_distance_is_not_taken_for_one(channels, said):
    photo = load(exr(channels))
    assert photo.depth is None
    assert said is None or any(said in warning and "`depth_channel`" in warning for warning in photo.meta.warnings)


def test_a_channel_can_be_asked_for_and_what_it_is():
    data = exr({**COMBINED, **MIST, "ViewLayer.Depth.Z": Z, "Other.Depth.Z": Z * 100})
    assert_metres(load(data, depth_channel="Other.Depth.Z", depth_scale=0.01))
    assert_metres(load(data, depth_channel="viewlayer.depth"))
    mist = load(data, depth_channel="Mist.Z")
    assert mist.depth_kind == "unitless" and mist.depth is not None
    assert mist.depth[12, 16] == 2.0 and mist.depth[0, 0] == 0.0  # the ball is nearer than the wall
    assert any("black is near" in warning for warning in mist.meta.warnings)
    white = load(data, depth_channel="Mist.Z", depth_unit="relative", depth_near="white").depth
    assert white is not None and white[12, 16] == 0.0
    with pytest.raises(UsageError, match="several channels are called 'Depth.Z'"):
        load(data, depth_channel="Depth.Z")
    with pytest.raises(UsageError, match="no channel is called 'nope'; it has .*ViewLayer.Mist.Z"):
        load(data, depth_channel="nope")


def test_a_channel_of_a_depth_file_can_be_asked_for():
    data = exr({**colours(OTHER), "far": (Z * 2), "near.D": Z})
    photo = exr(colours(LIGHT))
    assert_metres(load(photo, depth=data, depth_channel="near.D", depth_unit="metres"))
    with pytest.raises(DepthError, match="no channel Z, and more than one other; `depth_channel` says which"):
        load(photo, depth=data)
    guessed = load(photo, depth=exr({"near.Z": Z, "far.Z": Z * 2}))
    assert any("<bytes>: depth is taken from far.Z, not near.Z; `depth_ch" in said for said in guessed.meta.warnings)
    with pytest.raises(UsageError, match="`depth_channel` chooses among what an EXR holds"):
        load(encode(rk.Photo(rgb=LIGHT.astype(np.float32)), "png"), depth_channel="Z")
    with pytest.raises(UsageError, match="`layer` chooses among what an EXR holds"):
        load(encode(rk.Photo(rgb=LIGHT.astype(np.float32)), "png"), layer="beauty", depth=data)


def test_distances_behind_the_camera_are_turned_and_a_scaled_map_is_told():
    photo = load(exr({**colours(LIGHT), "Z": -Z}))
    assert_metres(photo)
    assert any("negative" in warning for warning in photo.meta.warnings)
    photo = load(exr({**colours(LIGHT), "Z": MIST["ViewLayer.Mist.Z"]}))
    assert any("lies between 0 and 1: taken for metres" in warning for warning in photo.meta.warnings)


# --- the picture: by layer and view ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "channels",
    [
        {**colours(LIGHT, "beauty."), **colours(OTHER, "AO.")},
        {**colours(LIGHT, "rgba."), **colours(OTHER, "albedo."), **colours(OTHER, "diffuse_direct.")},
        {**colours(LIGHT), **colours(OTHER, "A_first.")},
        {**COMBINED, **colours(OTHER, "ViewLayer.AO."), **colours(OTHER, "ViewLayer.DiffCol.")},
        {**colours(LIGHT, "zebra."), **colours(OTHER, "AO.")},
        {**colours(LIGHT, "", "rgb"), **colours(OTHER, "AO.")},
        {**colours(LIGHT, "beauty."), **colours((OTHER * 100).astype(np.uint32), "id.")},
    ],
)
def test_the_picture_is_the_layer_that_is_called_so_and_not_the_first(channels):
    photo = load(exr(channels))
    assert np.array_equal(photo.rgb, LIGHT.astype(np.float32))
    assert not any("several pictures" in warning for warning in photo.meta.warnings)


def test_layers_can_be_asked_for_and_several_pictures_are_told():
    data = exr({**colours(LIGHT, "Back.Combined."), **colours(OTHER, "Front.Combined."), "Front.Depth.Z": Z})
    photo = load(data)
    assert np.array_equal(photo.rgb, LIGHT.astype(np.float32))
    assert any("Back.Combined.R,G,B is taken, not Front.Combined.R,G,B" in warning for warning in photo.meta.warnings)
    assert any("depth is taken from Front.Depth.Z, colour from Back" in warning for warning in photo.meta.warnings)
    photo = load(data, layer="Front.Combined")
    assert np.array_equal(photo.rgb, OTHER.astype(np.float32)) and photo.meta.asked["layer"] == "Front.Combined"
    assert not any("taken" in warning for warning in photo.meta.warnings)
    assert np.array_equal(load(exr({**colours(LIGHT), **colours(OTHER, "AO.")}), layer="ao").rgb, OTHER)
    with pytest.raises(UsageError, match="no layer is called 'nope'; it has Back.Combined"):
        load(data, layer="nope")


def test_passes_alone_are_no_picture_unless_they_are_asked_for():
    data = exr({**colours(OTHER, "AO."), **colours(LIGHT, "normal.")})
    with pytest.raises(InputError, match="none of the EXR's layers is sure to be the picture: .*AO.*; say which by"):
        load(data)
    assert np.array_equal(load(data, layer="AO").rgb, OTHER.astype(np.float32))


def test_parts_are_layers():
    photo = load(parts(("AO", colours(OTHER), {}), ("beauty", colours(LIGHT), {}), ("depth", {"Z": Z}, {})))
    assert np.array_equal(photo.rgb, LIGHT.astype(np.float32))
    assert_metres(photo)
    assert photo.meta.depth_source == "EXR channel depth.Z, metres"


def eyes() -> list[bytes]:
    """Files of two eyes: the left is LIGHT with Z, the right OTHER with 2 Z."""
    left, right = {**colours(LIGHT), "Z": Z}, {**colours(OTHER), "Z": 2 * Z}
    prefixed = {f"right.{key}": value for key, value in right.items()}
    both = {f"left.{key}": value for key, value in left.items()} | prefixed
    return [
        exr({**left, **prefixed}, multiView=["left", "right"]),
        exr(both),
        parts(("rgba.left", left, {"view": "left"}), ("rgba.right", right, {"view": "right"})),
        parts(("rgba_left", left, {}), ("rgba_right", right, {})),
    ]


@pytest.mark.parametrize("data", eyes())
def test_colour_and_depth_are_of_one_eye(data):
    photo = load(data)
    assert np.array_equal(photo.rgb, LIGHT.astype(np.float32))
    assert_metres(photo)
    assert any("several views: left is taken, not right" in warning for warning in photo.meta.warnings)
    photo = load(data, layer="right")
    assert np.array_equal(photo.rgb, OTHER.astype(np.float32)) and photo.depth is not None
    assert np.allclose(1 / photo.depth, 2 * Z)


def test_the_other_eye_s_depth_is_not_taken():
    data = exr({**colours(LIGHT), **colours(OTHER, "right."), "right.Z": Z}, multiView=["left", "right"])
    photo = load(data)
    assert photo.depth is None and any("of another view" in warning for warning in photo.meta.warnings)


# --- colours ---------------------------------------------------------------------------------------------------------


def luminance_chroma(rgb: np.ndarray, weights: tuple[float, float, float], corners: Any = None) -> bytes:
    """Write luminance and half as many chroma samples each way, uncompressed and by hand: OpenEXR's module cannot."""
    h, w = rgb.shape[:2]
    luma = rgb @ np.array(weights)
    planes = {"BY": ((rgb[..., 2] - luma) / luma)[::2, ::2], "RY": ((rgb[..., 0] - luma) / luma)[::2, ::2], "Y": luma}
    steps = {"BY": 2, "RY": 2, "Y": 1}
    listed = b"".join(key.encode() + b"\0" + struct.pack("<iB3xii", 1, 0, n, n) for key, n in steps.items()) + b"\0"
    box = struct.pack("<4i", 0, 0, w - 1, h - 1)
    fields = [
        ("channels", "chlist", listed), ("compression", "compression", b"\0"), ("dataWindow", "box2i", box),
        ("displayWindow", "box2i", box), ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1)), ("screenWindowCenter", "v2f", bytes(8)),
        ("screenWindowWidth", "float", struct.pack("<f", 1)),
    ]  # fmt: skip
    if corners is not None:
        fields.append(("chromaticities", "chromaticities", struct.pack("<8f", *corners)))
    head = struct.pack("<II", 20000630, 2)
    for key, kind, value in fields:
        head += key.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value
    head += b"\0"
    lines = []
    for y in range(h):
        held = [plane[y // steps[key]] for key, plane in planes.items() if y % steps[key] == 0]
        row = b"".join(values.astype("<f2").tobytes() for values in held)
        lines.append(struct.pack("<ii", y, len(row)) + row)
    starts = len(head) + 8 * h + np.cumsum([0, *map(len, lines[:-1])])
    return head + starts.astype("<u8").tobytes() + b"".join(lines)


def test_luminance_and_chroma_are_colours():
    y, x = np.mgrid[:H, :W] / 32
    smooth = np.stack([0.2 + x, 0.4 + 0 * x, 1.1 - y], axis=-1)
    photo = load(luminance_chroma(smooth, (0.2126, 0.7152, 0.0722)))
    assert np.abs(photo.rgb - smooth)[:-1, :-1].max() < 0.01 and np.abs(photo.rgb - smooth).max() < 0.1
    p3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)
    photo = load(luminance_chroma(smooth, (0.22897, 0.69174, 0.07929), p3))
    assert np.abs(photo.rgb - smooth)[:-1, :-1].max() < 0.01 and np.abs(photo.rgb - smooth).max() < 0.1


def test_what_is_no_number_in_luminance_and_chroma_is_made_one_and_said():
    light = np.full((H, W, 3), 0.5)
    light[4, 6] = np.nan  # the luminance there, and the chroma sample that stands there
    photo = load(luminance_chroma(light, (0.2126, 0.7152, 0.0722)))
    assert photo.rgb[4, 6].max() == 0.0 and np.allclose(np.delete(photo.rgb[4], 6, axis=0), 0.5, atol=1e-3)
    assert any("NaN or infinity in 1 pixels" in said for said in photo.meta.warnings)
    assert any("in 2 samples of chroma: taken for grey" in said for said in photo.meta.warnings)


@pytest.mark.skipif(not FAULTS.exists(), reason="the files of others are not here")
def test_a_file_of_luminance_and_chroma_by_others_has_colours():
    rgb = load(FAULTS / "Chromaticities_Rec709_YC.exr").rgb
    assert np.abs(rgb[..., 0] - rgb[..., 2]).mean() > 0.05 * rgb.mean()


AP1 = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
AP0 = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)


@pytest.mark.parametrize("corners", [AP1, AP0])
def test_aces_comes_out_with_the_chromaticities_it_came_with(corners):
    photo = load(exr(colours(LIGHT), chromaticities=corners))
    assert photo.profile.chromaticities() == pytest.approx(corners, abs=1e-6)
    held = OpenEXR.File(io.BytesIO(encode(photo, "exr"))).header()["chromaticities"]
    assert np.allclose(np.ravel(held), corners, atol=1e-6)
    again = load(encode(photo, "exr"))
    assert np.array_equal(again.rgb, photo.rgb)
    # Its grey is grey in sRGB, and its red is redder than sRGB's can be.
    grey = replace(photo, rgb=np.full((H, W, 3), 0.18, np.float32)).srgb8()
    assert np.ptp(grey[0, 0].astype(int)) <= 1


def test_a_colour_space_by_name_is_followed_and_an_unknown_one_is_told():
    photo = load(exr(colours(LIGHT), colorInteropID="lin_ap1_scene"))
    assert photo.profile.chromaticities() == pytest.approx(AP1) and photo.profile.name == "ACEScg"
    photo = load(exr(colours(LIGHT), colorInteropID="g22_rec709_scene"))
    assert any("'g22_rec709_scene' is not known" in warning for warning in photo.meta.warnings)


XYZ = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3)


def test_xyz_is_turned_into_colours():
    to_xyz = np.array(
        [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
    )
    rgb = LIGHT.astype(np.float32) / 3
    xyz = (rgb @ to_xyz.T).astype(np.float32)
    photo = load(exr(colours(xyz), chromaticities=XYZ))
    assert any("CIE XYZ" in warning for warning in photo.meta.warnings)
    plain = load(exr(colours(rgb)))
    assert np.abs(photo.srgb8().astype(int) - plain.srgb8()).max() <= 1
    white = load(exr(colours(np.full((H, W, 3), [0.95046, 1.0, 1.08906], np.float32)),
                     chromaticities=XYZ))  # fmt: skip
    assert np.allclose(white.rgb, 1.0, atol=2e-3)


def test_chromaticities_that_are_none_are_told():
    photo = load(exr(colours(LIGHT), chromaticities=(0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3127, 0.329)))
    assert any("span no triangle" in warning for warning in photo.meta.warnings)


# --- what is left out ------------------------------------------------------------------------------------------------


def test_other_channels_are_told():
    alpha = np.ones((H, W), np.float16)
    photo = load(exr({**colours(LIGHT), "A": alpha, "Z": Z}))
    assert not photo.meta.warnings  # opaque: nothing is lost
    alpha[:4] = 0.5
    photo = load(exr({**colours(LIGHT), "A": alpha, "Z": Z, **vector("N")}))
    assert photo.meta.warnings == ("the EXR's other channels are not rendered, and not written: A, N.X, N.Y, N.Z",)


def test_overscan_is_told():
    window = lambda x, y, w, h: (np.array([x, y], np.int32), np.array([x + w - 1, y + h - 1], np.int32))  # noqa: E731
    photo = load(exr({**colours(LIGHT), "Z": Z}, dataWindow=window(-4, -2, W, H), displayWindow=window(0, 0, 24, 20)))
    assert photo.size == (20, 24) and np.array_equal(photo.rgb, LIGHT[2:22, 4:28].astype(np.float32))
    (said,) = photo.meta.warnings
    assert said.endswith(
        "cropped to its display window: 4 px at the left, 2 px at the top, 4 px at the right, 2 px at the bottom"
    )


def deep() -> dict[str, np.ndarray]:
    samples = np.empty((H, W), object)
    for place in np.ndindex(H, W):
        samples[place] = np.array([0.5, 1.0], np.float32)
    return {"R": samples, "G": samples, "B": samples, "Z": samples}


def test_deep_pixels_are_refused_with_a_word():
    file = io.BytesIO()
    OpenEXR.File({"type": OpenEXR.deepscanline, "compression": OpenEXR.ZIPS_COMPRESSION}, deep()).write(file)
    with pytest.raises(InputError, match="deep EXR, whose pixels are lists of samples; flatten it first"):
        load(file.getvalue())


# --- the shot --------------------------------------------------------------------------------------------------------


def test_an_exr_says_camera_lens_focus_and_date(tmp_path):
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x8298] = "Acme", "Phone 3", "(c) A. Nyone"
    exif.get_ifd(0x8769).update({0x829A: 0.01, 0x829D: 1.8, 0x8827: 200, 0x920A: 6.9, 0x9003: "2024:05:06 07:08:09",
                                 0x9011: "+02:00", 0xA434: "Acme lens 6.9mm", 0xA405: 26})  # fmt: skip
    exif.get_ifd(0x8825).update({1: "S", 2: (10.0, 30.0, 0.0), 3: "E", 4: (20.0, 0.0, 36.0)})
    Image.fromarray(np.full((H, W, 3), 90, np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    photo = load(tmp_path / "a.jpg")
    header = OpenEXR.File(io.BytesIO(encode(photo, "exr"))).header()
    expected = {
        "cameraMake": "Acme", "cameraModel": "Phone 3", "lensModel": "Acme lens 6.9mm", "owner": "(c) A. Nyone",
        "capDate": "2024:05:06 07:08:09", "utcOffset": -7200.0, "expTime": 0.01, "aperture": 1.8, "isoSpeed": 200.0,
        "nominalFocalLength": 6.9, "latitude": -10.5, "longitude": 20.01,
    }  # fmt: skip
    for name, value in expected.items():
        assert header[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-5)), name
    assert not {"latitude", "longitude"} & set(OpenEXR.File(io.BytesIO(encode(photo, "exr", strip="gps"))).header())
    rendered = replace(photo, meta=replace(photo.meta, rendered=Rendering(1.2, 2.5, "0.1.0")))
    data = encode(rendered, "exr")
    header = OpenEXR.File(io.BytesIO(data)).header()
    assert header["aperture"] == pytest.approx(1.2) and header["focus"] == pytest.approx(2.5)
    again = load(data)  # and an EXR that is read says it again
    assert again.meta.camera == "Acme Phone 3" and again.meta.lens == "Acme lens 6.9mm" and again.meta.focal_mm
    header = OpenEXR.File(io.BytesIO(encode(again, "exr"))).header()
    assert header["capDate"] == "2024:05:06 07:08:09" and header["latitude"] == pytest.approx(-10.5)
    oiiotool = shutil.which("oiiotool")
    if oiiotool:
        (tmp_path / "a.exr").write_bytes(data)
        said = subprocess.run([oiiotool, "--info", "-v", tmp_path / "a.exr"], capture_output=True, text=True).stdout
        assert "Acme" in said and "2024:05:06 07:08:09" in said and "2.5" in said


def test_what_an_exr_says_of_its_shot_is_kept():
    code = OpenEXR.TimeCode()
    code.hours = 1
    header = {"timeCode": code, "owner": "us", "framesPerSecond": Fraction(24000, 1001),
              "worldToCamera": np.eye(4, dtype=np.float32), "focus": math.inf}  # fmt: skip
    photo = load(exr({**colours(LIGHT), "Z": Z}, **header))
    again = OpenEXR.File(io.BytesIO(encode(photo, "exr"))).header()
    assert again["owner"] == "us" and again["timeCode"].hours == 1 and again["framesPerSecond"] == Fraction(24000, 1001)
    assert np.array_equal(again["worldToCamera"], np.eye(4)) and again["focus"] == math.inf
    bare = OpenEXR.File(io.BytesIO(encode(photo, "exr", strip="all"))).header()
    assert not header.keys() & bare.keys()


def _blur_of(photo):
    return existing_blur_of(photo, photo.depth, CellBlur.asked_of(photo))


def test_what_a_renderer_made_is_not_held_to_be_blurred():
    soft = np.repeat(np.repeat(LIGHT, 8, axis=0), 8, axis=1)
    far = np.repeat(np.repeat(Z, 8, axis=0), 8, axis=1)
    photo = load(exr({**colours(soft), "Z": far}))
    assert photo.meta.is_cg and photo.depth is not None and _blur_of(photo) is None
    assert not load(exr({**colours(soft), "Z": far}, cameraMake="Acme")).meta.is_cg


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.mark.kernels
def test_the_command_line_takes_layers_and_channels(tmp_path):
    file = tmp_path / "a.exr"
    file.write_bytes(exr({**colours(OTHER, "AO."), **COMBINED, **MIST, "depthish": Z}))
    result = rebokeh("inspect", file, "--depth-channel", "Mist.Z")
    assert result.exit_code == 0 and "ViewLayer.Mist.Z" in result.output
    result = rebokeh("inspect", file, "--layer", "nope")
    assert result.exit_code == 2 and "no layer is called 'nope'" in result.stderr
    result = rebokeh(file, "-o", tmp_path / "b.exr")
    assert result.exit_code == NoDepthError.exit_code and "--depth-channel takes it all the same" in result.stderr
