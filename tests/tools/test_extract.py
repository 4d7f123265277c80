"""What extract writes: all that a photo has, as readers of each format find it; the folder whole or not at all."""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import numpy as np
import OpenEXR
import pillow_heif
import pytest
from PIL import Image
from scipy import ndimage
from support.command import check_refused, rebokeh
from support.portrait import PortraitFiles

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile
from rebokeh.bokeh.core.errors import NoDepthError, OutputError, UsageError
from rebokeh.bokeh.io.heif import boxes, container, spatial
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.tools.extract import extract as extracting
from rebokeh.bokeh.tools.extract.extract import ExtractSettings, extract
from rebokeh.bokeh.tools.extract.kinds import KINDS
from rebokeh.bokeh.tools.extract.sources import NEEDS_DEPTH

pytestmark = pytest.mark.kernels

SIZE = (72, 96)
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
SOFT = np.clip(0.5 + (20 - np.hypot(Y - 36, X - 48)) / 4, 0, 1).astype(np.float32)
HALF = SOFT.reshape(36, 2, 48, 2).mean(axis=(1, 3))
DIOPTRES = np.where(Y < 4, 0.0, np.where(SOFT > 0.5, 1.25, 0.3)).astype(np.float32)
STOPS = np.where((Y < 6) & (X < 8), 2.0, 0.0)[: SIZE[0] // 2, : SIZE[1] // 2].astype(np.float32)
SUBJECT, BEHIND = np.array([0.6, 0.2, 0.1], np.float32), np.array([0.05, 0.4, 0.7], np.float32)


def photo() -> rk.Photo:
    """Make a red disc with a soft edge before a blue wall, with all that a file may hold."""
    shown = SOFT[..., None] * SUBJECT + (1 - SOFT[..., None]) * BEHIND
    return rk.Photo(
        # Codes, so that the lossless picture is.
        rgb=Profile().to_linear(Profile().to_codes(shown, 8)),
        depth=DIOPTRES,
        matte=SOFT,
        mattes={"hair": HALF * 0.5, "Sky!": 1 - SOFT},
        gain_map=GainMap(STOPS, 4.0),
        meta=Metadata(f35_mm=26.0),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("made") / "all"
    extract(photo(), made)
    return made


@pytest.fixture(scope="module")
def listed(folder) -> dict:
    def refuse(constant: str):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads((folder / "extract.json").read_text("utf-8"), parse_constant=refuse)


def facts(listed: dict, name: str) -> dict:
    (found,) = (entry for entry in listed["files"] if entry["file"] == name)
    return found


def channels(path: Path) -> dict[str, np.ndarray]:
    parts = OpenEXR.File(str(path), separate_channels=True).parts
    return {f"{part.name()}.{key}": channel.pixels for part in parts for key, channel in part.channels.items()}


def test_the_list_names_every_file_and_its_size(folder, listed):
    pytest.importorskip("trimesh")
    assert {f.name for f in folder.iterdir()} == {"extract.json", *(entry["file"] for entry in listed["files"])}
    assert [kind for kind in KINDS if kind in {entry["kind"] for entry in listed["files"]}] == list(KINDS)
    assert listed["left_out"] == {}
    for entry in listed["files"]:
        assert entry["bytes"] == (folder / entry["file"]).stat().st_size
        assert entry["shows"]
        if entry["file"].endswith(".png") and "width" in entry:
            assert Image.open(folder / entry["file"]).size == (entry["width"], entry["height"])
    assert listed["depth_kind"] == "absolute" and "26 mm" in listed["camera"]["source"]


def test_depth_is_the_same_in_every_file(folder, listed):
    away = np.load(folder / "depth.npy")
    assert away.dtype == np.float32 and away.shape == SIZE
    assert (away[:4] == 1e10).all()
    assert away[36, 48] == pytest.approx(0.8) and away[36, 4] == pytest.approx(1 / 0.3)
    (z,) = channels(folder / "depth.exr").values()
    assert z.dtype == np.float32
    np.testing.assert_array_equal(z, away)
    image = Image.open(folder / "depth.png")
    assert image.mode == "I;16"
    scale = float(image.info["Scale"])
    assert (image.info["Unit"], scale) == ("dioptre", facts(listed, "depth.png")["scale"])
    assert np.abs(np.asarray(image) * scale - 1 / away).max() <= scale / 2 + 1e-7
    np.testing.assert_allclose(np.load(folder / "depth_as_read.npy")[4:], 1 / DIOPTRES[4:])


def test_depth_reads_back(folder, listed):
    read = {
        "png": rk.load(
            folder / "original.png", depth=folder / "depth.png", depth_unit="dioptre",
            depth_scale=facts(listed, "depth.png")["scale"],
        ),
        "exr": rk.load(folder / "original.png", depth=folder / "depth.exr"),
        "npy": rk.load(folder / "original.png", depth=folder / "depth.npy"),
        "layers": rk.load(folder / "layers.exr"),
    }  # fmt: skip
    wanted = np.minimum(1 / np.load(folder / "depth.npy"), 1.25)
    for name, loaded in read.items():
        assert np.abs(loaded.depth - wanted).max() < 2e-5, name
        assert loaded.depth_kind == "absolute", name


def test_mattes_and_gain_map(folder, listed):
    for name, plane in (("subject", SOFT), ("hair", HALF * 0.5), ("sky", 1 - SOFT)):
        codes = np.asarray(Image.open(folder / f"matte_{name}.png"))
        assert codes.dtype == np.uint8
        assert np.abs(codes / 255 - plane).max() <= 0.5 / 255 + 1e-6
    said = facts(listed, "gain_map.png")
    codes = np.asarray(Image.open(folder / "gain_map.png"))
    stops = said["low"][0] + (said["high"][0] - said["low"][0]) * codes / 255.0
    np.testing.assert_allclose(stops, STOPS, atol=0.01)
    (exact,) = channels(folder / "gain_map.exr").values()
    np.testing.assert_array_equal(exact, STOPS)
    assert said["headroom"] == 4.0


def test_radiance_has_what_the_gain_map_adds(folder, listed):
    light = rk.load(folder / "hdr.exr").rgb
    shown = photo().rgb
    np.testing.assert_allclose(light[:9, :12], 4 * shown[:9, :12], rtol=2e-3)
    np.testing.assert_allclose(light[20:], shown[20:], rtol=2e-3)
    assert facts(listed, "hdr.exr")["largest"] == pytest.approx(float(light.max()), rel=2e-3)


def test_the_original_is_lossless(folder):
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "original.png")), Profile().to_codes(photo().rgb, 8))


def test_an_original_of_more_than_codes_hold_is_kept_as_floats(tmp_path):
    rgb = np.random.default_rng(1).uniform(0, 40, (*SIZE, 3)).astype(np.float32)
    rk.save(rk.Photo(rgb=rgb), tmp_path / "in.exr")
    source = rk.load(tmp_path / "in.exr")
    extract(source, tmp_path / "out", ExtractSettings(("original",)))
    np.testing.assert_array_equal(rk.load(tmp_path / "out" / "original.exr").rgb, source.rgb)


def test_the_cut_out_has_none_of_the_background(folder, listed):
    image = Image.open(folder / "cutout.png")
    assert image.mode == "RGBA"
    codes = np.asarray(image)
    alpha, rgb = codes[..., 3] / 255.0, Profile().to_linear(codes[..., :3])
    assert np.abs(alpha - SOFT).max() < 0.02
    edge = (SOFT > 0.15) & (SOFT < 0.85)
    # The photo itself is half blue there.
    assert np.abs(photo().rgb - SUBJECT)[edge].mean() > 0.15
    assert np.abs(rgb - SUBJECT)[edge].mean() < 0.01
    # Beyond the outline its colour goes on, for whoever scales it.
    around = ndimage.binary_dilation(alpha > 0, iterations=3) & (alpha == 0)
    assert np.abs(rgb - SUBJECT)[around].max() < 0.05
    left, top, right, bottom = facts(listed, "cutout.png")["box_px"]
    assert (alpha[top:bottom, left:right] > 0).sum() == (alpha > 0).sum()


def test_the_layers_open_in_openimageio(folder, listed):
    oiio = pytest.importorskip("OpenImageIO")
    names, planes = [], {}
    opened = oiio.ImageInput.open(str(folder / "layers.exr"))
    while opened.seek_subimage(len(names), 0):
        spec = opened.spec()
        names.append(spec.getattribute("oiio:subimagename") or spec.getattribute("name"))
        planes[names[-1]] = (list(spec.channelnames), opened.read_image("float"))
    opened.close()
    assert names == facts(listed, "layers.exr")["parts"] == ["rgba", "Z", "subject", "hair", "sky", "cutout"]
    kinds = {name: [c.rpartition(".")[2] for c in channels] for name, (channels, _) in planes.items()}
    assert kinds["rgba"] == kinds["cutout"] == list("RGBA")
    assert kinds["Z"] == ["Z"] and kinds["hair"] == ["A"]
    np.testing.assert_array_equal(planes["Z"][1].reshape(SIZE), np.load(folder / "depth.npy"))
    np.testing.assert_allclose(planes["subject"][1].reshape(SIZE), SOFT, atol=0.02)
    np.testing.assert_allclose(planes["hair"][1].reshape(SIZE), SOFT * 0.5, atol=0.06)
    assert (planes["rgba"][1][..., 3] == 1).all()
    premultiplied = planes["cutout"][1]
    np.testing.assert_allclose(premultiplied[..., :3], premultiplied[..., 3:] * SUBJECT, atol=0.012)


# Choice and refusals


def test_only_what_is_asked_for(tmp_path):
    done = extract(photo(), tmp_path / "some", ExtractSettings(("mattes", "depth")))
    assert {entry["kind"] for entry in done["files"]} == {"mattes", "depth"}
    assert done["left_out"] == {}


def test_what_is_not_there_is_said(tmp_path):
    bare = rk.Photo(rgb=photo().rgb)
    done = extract(bare, tmp_path / "bare")
    assert {entry["kind"] for entry in done["files"]} == {"original", "hdr", "layers"}
    assert "holds no depth" in done["left_out"]["stereo"] and "gain map" in done["left_out"]["gain-map"]
    for kind in ("depth", "mesh", "gain-map", "cutout"):
        error = NoDepthError if kind in NEEDS_DEPTH else UsageError
        with pytest.raises(error, match="holds no"):
            extract(bare, tmp_path / "asked", ExtractSettings((kind,)))
    assert not (tmp_path / "asked").exists()


def test_without_trimesh_the_mesh_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "trimesh", None)
    monkeypatch.setattr(extracting, "KINDS", {kind: KINDS[kind] for kind in ("cloud", "mesh")})
    done = extract(photo(), tmp_path / "out")
    assert [entry["file"] for entry in done["files"]] == ["cloud.ply"]
    assert "'trimesh" in done["left_out"]["mesh"]
    with pytest.raises(UsageError, match="pip install 'trimesh"):
        extract(photo(), tmp_path / "asked", ExtractSettings(("mesh",)))


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="files of an extract cannot be written.*No space"):
        extract(photo(), tmp_path / "out", ExtractSettings(("mattes",)))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_anything_else_in_it_is_refused(tmp_path):
    settings = ExtractSettings(("mattes",))
    extract(photo(), tmp_path / "out", settings)
    with pytest.raises(OutputError, match="not empty"):
        extract(photo(), tmp_path / "out", settings)
    extract(photo(), tmp_path / "out", ExtractSettings(("original",)), overwrite=True)
    assert {f.name for f in (tmp_path / "out").iterdir()} == {"extract.json", "original.png"}
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="mine.txt in it is no file of an extract"):
        extract(photo(), tmp_path / "out", settings, overwrite=True)
    assert {f.name for f in (tmp_path / "out").iterdir()} == {"extract.json", "original.png", "mine.txt"}


def test_the_command(portrait: PortraitFiles, tmp_path):
    out = tmp_path / "out"
    words = ["extract", portrait.photo, "--depth", portrait.depth, "--matte", portrait.matte, "-o", out]
    result = rebokeh(*words, "--only", "depth,cutout, cloud", "--points", 100, "--json")
    assert result.exit_code == 0, result.output
    done = json.loads(result.stdout)
    assert done["output"] == str(out)
    assert {entry["kind"] for entry in done["files"]} == {"depth", "cutout", "cloud"}
    assert next(entry for entry in done["files"] if entry["kind"] == "cloud")["vertices"] <= 100
    check_refused(rebokeh(*words), 2, "not empty")
    result = rebokeh(*words, "--only", "mattes", "--overwrite")
    assert "wrote 1 file to" in result.stderr
    assert {f.name for f in out.iterdir()} == {"extract.json", "matte_subject.png"}


@pytest.mark.parametrize(
    ("words", "code", "mentions"),
    [
        (["--only", "depth"], 3, ["holds no depth", "--depth"]),
        (["--only", "dept"], 2, ["cannot extract 'dept'", "stereo"]),
        (["--only", ","], 2, ["--only names nothing"]),
        (["--points", "3"], 2, ["4 or more"]),
        (["--baseline", "65"], 2, ["baseline"]),
    ],
)
def test_one_line_for_what_goes_wrong(portrait: PortraitFiles, tmp_path, words, code, mentions):
    check_refused(rebokeh("extract", portrait.photo, "-o", tmp_path / "out", *words), code, *mentions)
    assert not (tmp_path / "out").exists()


def test_numbers_that_are_not_known_are_said(tmp_path):
    nominal = rk.Photo(rgb=photo().rgb, depth=DIOPTRES, depth_kind="relative")
    first, second = extract(nominal, tmp_path / "out", ExtractSettings(("depth",)))["warnings"]
    assert "nominal metres" in first and "`anchors`" in first
    assert "26 mm, assumed" in second
    assert extract(photo(), tmp_path / "sure", ExtractSettings(("depth",)))["warnings"] == []


# --- spatial photos --------------------------------------------------------------------------------------------------


def test_a_spatial_photo_is_a_pair_that_readers_find(folder, listed):
    data = (folder / "spatial.heic").read_bytes()
    (facts,) = (file for file in listed["files"] if file["file"] == "spatial.heic")
    file = pillow_heif.open_heif(data)
    groups = file.info["entity_groups"]
    assert [(group["type"], group["images"]) for group in groups] == [("ster", [0, 1])]
    for image, name in zip(file, ("left", "right"), strict=True):
        lossless = np.asarray(Image.open(folder / f"stereo_{name}.png").convert("RGB"), float)
        assert np.abs(np.asarray(image)[..., :3] - lossless).mean() < 4
    left, right = (np.asarray(image, float) for image in file)
    assert np.abs(left - right).mean() > 0.5
    meta = boxes.read_meta(data)
    pair = spatial.find(data, meta)
    assert pair is not None and meta.primary == pair.left
    assert pair.baseline_m is not None and pair.baseline_m == pytest.approx(facts["baseline_m"], abs=1e-6)
    camera = listed["camera"]
    assert pair.focal_share == pytest.approx(camera["focal_x_px"] / SIZE[1], rel=1e-5)
    assert pair.field_of_view_deg == pytest.approx(2 * np.degrees(np.arctan(SIZE[1] / 2 / camera["focal_x_px"])))
    # The subject lies in the plane of the screen: its disparity is taken back.
    disparity = camera["focal_x_px"] * pair.baseline_m * 1.25 / SIZE[1]
    assert pair.shift_share == pytest.approx(disparity, abs=1e-4)
    # By the standard and as headsets look for them: the same numbers.
    for item in (meta.items[pair.left], meta.items[pair.right]):
        held = [body[16:] for kind, body in item.properties if kind == "uuid"]
        assert held[:2] == [item.find("cmex"), item.find("cmin")]
    assert meta.items[pair.left].find("cmex") == bytes(4)
    (place,) = struct.unpack(">i", (meta.items[pair.right].find("cmex") or b"")[4:])
    assert place == round(pair.baseline_m * 1e6)


def test_our_reader_says_that_a_photo_is_spatial(folder, listed):
    found = rk.load(folder / "spatial.heic")
    assert any(note.startswith("spatial photo: two pictures for two eyes, ") for note in found.meta.notes)
    assert any("what is written holds one" in warning for warning in found.meta.warnings)
    assert found.meta.f35_mm == pytest.approx(26.0, rel=1e-3)


def test_a_headset_s_own_numbers_are_read():
    """As a spatial photo of 2024 has them: 63.807 mm, 80 degrees, 2.93 %."""
    uuids = ["4363e9145b7d4aab97aebea69803b434", "22cc04c7d6d94e079d904eb6ecbaf3a3", "de22508536cb436587432f8705e7c78a"]
    bodies = [("00000000", "000000010000f93f"), ("00001e002622d86e2000000020000000",) * 2, ("00000125",) * 2]
    items = [
        container.NewItem(number, container.info(number, "hvc1"), b"picture",
                          [("uuid", bytes.fromhex(uuid + body[eye])) for uuid, body in zip(uuids, bodies, strict=True)])
        for eye, number in enumerate((26, 52))
    ]  # fmt: skip
    group = container.full_box("ster", 0, struct.pack(">IIII", 53, 2, 26, 52))
    data = container.assemble(b"heic" + bytes(4) + b"mif1", 26, items, groups=group)
    pair = spatial.find(data, boxes.read_meta(data))
    assert pair is not None and (pair.left, pair.right) == (26, 52)
    assert pair.baseline_m == pytest.approx(0.063807) and pair.shift_share == pytest.approx(0.0293)
    assert pair.field_of_view_deg == pytest.approx(80.0, abs=1e-6)
    for cut in range(0, len(data), 7):  # damaged: no pair, and no error of ours
        try:
            meta = boxes.read_meta(data[:cut])
        except boxes.BoxError:
            continue
        spatial.find(data[:cut], meta)


def test_spatial_needs_depth(tmp_path):
    with pytest.raises(NoDepthError):
        extract(rk.Photo(rgb=photo().rgb), tmp_path / "a", ExtractSettings(("spatial",)))
