"""``rebokeh inspect``: its facts are the file's, its sheet shows them where they are, its warnings are earned."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import iphone
from support.command import Folder, check_refused, rebokeh, said, shell
from support.portrait import write_portrait

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.photo.photo import GainMap
from rebokeh.bokeh.tools.drawing.montage import BACKGROUND, GAP_PX
from rebokeh.bokeh.tools.inspect import histogram as histograms
from rebokeh.bokeh.tools.inspect.facts import inspect_photo
from rebokeh.bokeh.tools.inspect.report import COLUMNS, ROWS, bars, report_lines
from rebokeh.bokeh.tools.inspect.thumbnails import (
    AUTOFOCUS,
    CLIPPED,
    FACE,
    MARGIN_PX,
    draw_thumbnails,
    seen_shares,
    thumbnail_size,
)

pytestmark = pytest.mark.kernels

H, W = 96, 128
Y, X = np.mgrid[:H, :W]


def photo_of(depth: np.ndarray | None = None, rgb: np.ndarray | float = 0.2, **meta) -> rk.Photo:
    """Return a photo as if from a JPEG of a 26 mm lens."""
    if not isinstance(rgb, np.ndarray):
        rgb = np.full((H, W, 3), rgb, np.float32)
    known = Metadata(**{"path": "photo.jpg", "format": "jpeg", "f35_mm": 26.0, **meta})
    return rk.Photo(rgb=rgb, depth=depth, profile=Profile(), meta=known)


def two_walls(left: float = 2.0, right: float = 0.5) -> np.ndarray:
    """Dioptres of two walls, side by side."""
    return np.where(X < W // 2, left, right).astype(np.float32)


@pytest.fixture(scope="module")
def heic() -> bytes:
    rng = np.random.default_rng(5)
    smooth = (np.add.outer(np.arange(96), np.arange(128)) / 221 * 255).astype(np.uint8)
    gain = np.zeros((96, 128), np.uint8)
    gain[:24] = 255
    blob = np.zeros((96, 128), np.uint8)
    blob[24:72, 32:96] = 255
    return iphone.heic(
        rng.integers(40, 90, (192, 256, 3), np.uint8),
        depth=smooth,
        depth_range=(0.5, 3.5),
        depth_xmp=iphone.xmp(depthData_Accuracy="absolute", depthData_Quality="high", depthData_Filtered="True"),
        auxiliaries={
            iphone.GAIN_URN: (
                gain,
                iphone.xmp(HDRGainMap_HDRGainMapVersion="131072", HDRGainMap_HDRGainMapHeadroom="4.0"),
            ),
            iphone.MATTE_URN: (blob, None),
            iphone.HAIR_URN: (blob // 2, None),
        },
        exif_block=iphone.exif(1, (128, 96, 64, 48), (256, 192), {0x38: (98, 1)}),
    )


def test_facts_of_an_iphone_file(heic):
    found = inspect_photo(rk.load(heic), "IMG.heic")
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["input"], found["format"], found["width"], found["height"]) == ("IMG.heic", "heic", 256, 192)
    assert (found["bit_depth"], found["hdr"], found["camera"]) == (8, "gain-map", "Apple iPhone X")
    assert (found["focal_mm"], found["f35_mm"], found["depth_kind"]) == (6.0, 52.0, "absolute")
    depth = found["depth"]
    assert (depth["width"], depth["height"], depth["quality"], depth["filtered"]) == (128, 96, "high", True)
    assert depth["holes"] == 0.0
    assert found["nearest_m"] == pytest.approx(1 / 3.5, rel=1e-3) and found["farthest_m"] == pytest.approx(2.0, 1e-3)
    assert found["mattes"]["subject"] == {"width": 128, "height": 96, "covers": pytest.approx(0.25)}
    assert found["mattes"]["hair"]["covers"] == pytest.approx(0.25 * 127 / 255)
    gain = found["gain_map"]
    assert (gain["width"], gain["height"], gain["channels"], gain["headroom"]) == (128, 96, 1, 4.0)
    assert gain["most_stops"] == pytest.approx(2.0) and gain["lifts"] == pytest.approx(0.25)
    focus = found["autofocus"]
    assert focus["area"] == pytest.approx([0.375, 0.375, 0.25, 0.25])
    assert focus["distance_m"] == pytest.approx(0.98)
    # In the middle of the ramp.
    assert focus["map_m"] == pytest.approx(1 / 2.0, rel=0.02)
    assert focus["map_nearer_m"] < focus["map_m"] < focus["map_farther_m"]
    # A render looks at the map after it was brought to the matte's outline.
    assert found["focus_source"] == "autofocus area" and found["focus_m"] == pytest.approx(focus["map_m"], rel=0.1)


def test_names_are_those_of_a_render(heic, tmp_path):
    path = tmp_path / "photo.heic"
    path.write_bytes(heic)
    rendered = json.loads(rebokeh(path, "--json", "-o", tmp_path / "out.png").stdout)
    found = json.loads(rebokeh("inspect", path, "--json").stdout)
    for name in ("depth_source", "depth_kind", "distances", "f35_mm", "intrinsics", "focus_source", "width", "height"):
        assert found[name] == rendered[name], name
    for name in ("focus_m", "nearest_m", "farthest_m"):
        assert found[name] == pytest.approx(rendered[name], rel=0.05), name
    assert set(rendered["warnings"]) <= set(found["warnings"])


def test_a_histogram_counts_in_even_dioptres():
    depth = np.repeat(np.linspace(0.5, 4.5, 400), 10).reshape(40, 100).astype(np.float32)
    counted = histograms.histogram(depth)
    assert len(counted.shares) == histograms.BINS and sum(counted.shares) == pytest.approx(1.0)
    assert np.allclose(np.diff(counted.edges), np.diff(counted.edges)[0])
    assert counted.edges[0] > counted.edges[-1] >= 0.0
    assert np.allclose(counted.shares, 1 / histograms.BINS, atol=0.005)
    merged = counted.merged(8)
    assert sum(merged.shares) == pytest.approx(1.0) and merged.edges[0] == counted.edges[0]
    assert merged.edges[-1] == counted.edges[-1] and len(merged.edges) == 9
    # Three quarters at 2 dioptres, one at 0.5; holes count nowhere, and a wrong code does not stretch it.
    walls = np.where(X < 3 * W // 4, 2.0, 0.5).astype(np.float32)
    walls[0, :50], walls[50, 0] = np.nan, 90.0
    shares = histograms.histogram(walls).shares
    assert shares[0] == pytest.approx(0.75, abs=0.01) and shares[-1] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("dioptres", [0.0, 2.0, 1e-7])
def test_a_histogram_of_one_value(dioptres):
    counted = histograms.histogram(np.full((4, 6), dioptres, np.float32))
    assert sum(counted.shares) == pytest.approx(1.0) and max(counted.shares) == 1.0
    assert counted.edges[-1] >= 0.0 and counted.edges[0] > counted.edges[-1]
    assert all(math.isfinite(edge) for edge in counted.edges)


def test_bars_fit_and_are_as_long_as_their_shares():
    lines = bars(histograms.histogram(two_walls()), True)
    assert len(lines) == ROWS and all(len(line) <= COLUMNS for line in lines)
    full = [line.count("█") for line in lines]
    assert full[0] == full[-1] > 20 and not any(full[1:-1])
    assert "0.5 to " in lines[0] and "to 2 m" in lines[-1] and lines[0].endswith(" 50%")


def warned(photo: rk.Photo, words: str) -> bool:
    return any(words in line for line in inspect_photo(photo)["warnings"])


def test_a_sound_photo_warns_of_nothing():
    assert inspect_photo(photo_of(two_walls()))["warnings"] == []


def test_warnings_of_depth():
    assert warned(photo_of(np.full((H, W), 2.0, np.float32)), "one flat surface")
    walls = photo_of(two_walls())
    assert warned(replace(walls, depth_kind="relative"), "nominal")
    assert warned(replace(walls, depth_kind="unitless"), "no metres")
    assert not warned(replace(walls, depth_kind="anchored"), "nominal")
    holes = two_walls()
    holes[: H // 2] = np.nan
    assert warned(photo_of(holes), "holes, 50%")
    assert warned(photo_of(None), "`depth`")
    large = photo_of(two_walls()[::8, ::8], np.full((3 * 96, 4 * 96, 3), 0.2, np.float32))
    assert warned(large, "only 16x12 px")


def test_a_warning_of_an_unknown_focal_length():
    assert warned(photo_of(two_walls(), f35_mm=None), "focal length")


def test_clipped_light_is_warned_of_where_nothing_restores_it():
    rgb = np.full((H, W, 3), 0.2, np.float32)
    rgb[:2, :, 1] = 1.0
    photo = photo_of(two_walls(), rgb)
    assert inspect_photo(photo)["clipped"] == pytest.approx(2 / H)
    assert warned(photo, "is clipped")
    assert not warned(replace(photo, gain_map=GainMap(np.ones((H, W), np.float32), 2.0)), "is clipped")
    # Radiance has no clip.
    linear = replace(photo, meta=replace(photo.meta, format="array"))
    assert inspect_photo(linear)["clipped"] is None and not warned(linear, "is clipped")
    assert not warned(photo_of(two_walls(), 0.97), "is clipped")


def test_blur_and_a_mark_are_said_as_a_render_says_them():
    from support.blurred import halves

    rgb, depth = halves(6.0)
    photo = rk.Photo(rgb=rgb, depth=depth)
    found = inspect_photo(photo)
    assert found["baked"]["focus_m"] == pytest.approx(2.0, rel=0.05)
    assert found["baked"]["largest_radius_px"] == pytest.approx(6.0, rel=0.25)
    assert set(rk.prepare(photo).warnings(rk.Lens())) <= set(found["warnings"])
    assert any("blurred already" in line for line in found["warnings"])
    again = inspect_photo(rk.render(photo_of(two_walls()), rk.Lens(f_number=2.0, focus_m=0.5)))
    assert again["rendered"]["f_number"] == 2.0 and any("by rebokeh already" in line for line in again["warnings"])


def test_no_metres_are_invented():
    found = inspect_photo(replace(photo_of(two_walls(), af_area=(0.1, 0.1, 0.2, 0.2)), depth_kind="unitless"))
    assert "nearest_m" not in found and found["depth"]["percentiles_m"] is None
    assert found["depth"]["histogram"]["edges_m"] is None and "map_m" not in found["autofocus"]
    words = "\n".join(report_lines(found))
    assert " m\n" not in words and "infinity" not in words


def test_infinity_is_strict_json():
    found = inspect_photo(photo_of(two_walls(2.0, 0.0)))
    assert found["farthest_m"] == "inf" and json.dumps(found, allow_nan=False)
    assert "to infinity" in "\n".join(report_lines(found))


# The sheet.

TALL, WIDE = thumbnail_size((H, W))


def cell_of(sheet: np.ndarray, row: int, number: int) -> np.ndarray:
    """Cut the picture out of a cell of the sheet: the rows below its label that are full."""
    left = MARGIN_PX + number * (WIDE + 2 * GAP_PX)
    column = sheet[:, left : left + WIDE]
    full = (column != BACKGROUND).any(axis=2).mean(axis=1) > 0.95
    ends = np.flatnonzero(np.diff(np.r_[False, full, False]))
    tops = [top for top, end in zip(ends[::2], ends[1::2], strict=True) if end - top == TALL]
    return column[tops[row] : tops[row] + TALL]


def test_the_sheet_shows_each_thing_in_its_place():
    rgb = np.full((H, W, 3), 0.2, np.float32)
    rgb[H // 2 :, :, 0] = 0.8
    photo = photo_of(two_walls(), rgb, af_area=(0.25, 0.25, 0.5, 0.5), faces=((0.6, 0.6, 0.2, 0.2),))
    matte = np.zeros((H // 2, W // 2), np.float32)
    matte[:, : W // 4] = 1.0
    photo = replace(photo, matte=matte)
    sheet = draw_thumbnails(photo, inspect_photo(photo))
    assert sheet.dtype == np.uint8 and sheet.shape[2] == 3
    shown = cell_of(sheet, 0, 0)
    codes = Profile().to_codes(np.array([[[0.2, 0.2, 0.2], [0.8, 0.2, 0.2]]], np.float32), 8)[0]
    assert np.abs(shown[10, 10].astype(int) - codes[0]).max() <= 1
    assert np.abs(shown[-10, 10].astype(int) - codes[1]).max() <= 1
    yellow = (shown == AUTOFOCUS).all(axis=2)
    rows, columns = np.nonzero(yellow)
    assert (rows.min(), columns.min()) == (round(TALL / 4), round(WIDE / 4))
    assert rows.max() == pytest.approx(0.75 * TALL, abs=2) and columns.max() == pytest.approx(0.75 * WIDE, abs=2)
    blue = np.argwhere((shown == FACE).all(axis=2))
    assert blue.min(axis=0) == pytest.approx([0.6 * TALL, 0.6 * WIDE], abs=2)
    depth = cell_of(sheet, 0, 1)
    assert tuple(depth[5, 5]) == (255, 60, 40) and tuple(depth[5, -5]) == (130, 90, 255)
    blur = cell_of(sheet, 1, 0)
    assert {tuple(blur[5, 5]), tuple(blur[5, -5])} & {(0, 0, 0)}, "one of the walls is in focus"
    covered = cell_of(sheet, 1, 1)
    assert tuple(covered[9, 9]) == (255,) * 3 and tuple(covered[9, -9]) == (0,) * 3


def test_the_grid_is_read_in_tenths():
    """Lines a little lighter than the photo where x or y is 0.1, 0.2, ... of it, and nowhere else."""
    photo = photo_of(two_walls())
    shown = cell_of(draw_thumbnails(photo, inspect_photo(photo)), 0, 0)
    plain = int(shown[round(0.55 * TALL), round(0.55 * WIDE), 0])
    across = np.flatnonzero(shown[round(0.55 * TALL), round(0.2 * WIDE) + 20 :, 0] > plain) + round(0.2 * WIDE) + 20
    np.testing.assert_array_equal(across, [round(k * WIDE / 10) for k in range(3, 10)])
    down = np.flatnonzero(shown[round(0.2 * TALL) + 20 :, round(0.55 * WIDE), 0] > plain) + round(0.2 * TALL) + 20
    np.testing.assert_array_equal(down, [round(k * TALL / 10) for k in range(3, 10)])
    assert (shown[:20, round(0.5 * WIDE) - 10 : round(0.5 * WIDE) + 10] > 240).any(), "its number"


def test_holes_and_clipped_light_are_seen_on_the_sheet():
    depth, rgb = two_walls(), np.full((H, W, 3), 0.2, np.float32)
    depth[: H // 4] = np.nan
    rgb[-H // 4 :] = 1.0
    photo = photo_of(depth, rgb)
    sheet = draw_thumbnails(photo, inspect_photo(photo))
    assert tuple(cell_of(sheet, 0, 1)[5, 5]) == (255, 0, 255)
    magenta = (sheet == CLIPPED).all(axis=2).sum()
    assert magenta == pytest.approx(TALL * WIDE / 2, rel=0.03)  # a quarter of the depth, a quarter of the photo


def test_a_single_clipped_pixel_is_seen():
    mask = np.zeros((1000, 1500), bool)
    mask[500, 700] = True
    share = seen_shares(mask, (100, 150))
    assert share.shape == (100, 150) and share[50, 70] >= 0.3 and np.count_nonzero(share) <= 4
    assert (seen_shares(~mask, (100, 150)) <= 1.0).all()


def test_the_command_writes_a_sheet_once(tmp_path):
    files = write_portrait(tmp_path)
    folder = Folder(tmp_path)
    sheet = tmp_path / "sheet.png"
    words = ["inspect", files.photo, "--depth", files.depth, "--matte", files.matte, "-o", sheet]
    result = rebokeh(*words)
    assert result.exit_code == 0, result.output
    assert said(result.stderr) == f"wrote {sheet}\n" and "depth: 64x48, absolute" in result.stdout
    assert "automatic focus: 1 m, subject's matte\n" in result.stdout
    assert "subject 64x48, " in result.stdout
    assert folder.new() == {"sheet.png"}
    with Image.open(sheet) as image:
        assert image.format == "PNG" and image.mode == "RGB" and min(image.size) > 500
    check_refused(rebokeh(*words), 2, "--overwrite")
    assert rebokeh(*words, "--overwrite").exit_code == 0
    found = json.loads(rebokeh(*words, "--overwrite", "--json").stdout)
    assert found["output"] == str(sheet)


def test_a_jpeg_sheet_and_refusals(tmp_path):
    files = write_portrait(tmp_path, "photo.jpg")
    folder = Folder(tmp_path)
    for out, mentions in ((files.photo, "an input"), (tmp_path / "sheet.gif", ".png"), (tmp_path, ".png")):
        check_refused(rebokeh("inspect", files.photo, "-o", out, "--overwrite"), 2, mentions)
    inputs = ["inspect", files.photo, "--matte", files.matte]
    check_refused(rebokeh(*inputs, "-o", files.matte, "--overwrite"), 2, "an input")
    check_refused(rebokeh("inspect", files.photo, "-o", tmp_path / "none" / "sheet.png"), 2, "does not exist")
    assert folder.new() == set()
    assert rebokeh("inspect", files.photo, "-o", tmp_path / "sheet.jpg").exit_code == 0
    with Image.open(tmp_path / "sheet.jpg") as image:
        assert image.format == "JPEG"


def test_without_depth_it_says_what_to_do(tmp_path):
    files = write_portrait(tmp_path)
    result = rebokeh("inspect", files.photo, "-o", tmp_path / "sheet.png")
    assert result.exit_code == 0 and "no depth" in result.stdout and "--depth," in result.stdout
    found = json.loads(rebokeh("inspect", files.photo, "--json").stdout)
    assert found["depth"] is None and found["depth_kind"] is None and found["baked"] is None


def test_options_of_depth_are_heard(tmp_path):
    files = write_portrait(tmp_path)
    np.save(files.depth, np.load(files.depth) * 100)
    words = ["inspect", files.photo, "--depth", files.depth, "--depth-unit", "m", "--json"]
    found = json.loads(rebokeh(*words, "--depth-scale", "0.01").stdout)
    assert found["nearest_m"] == pytest.approx(1.0) and found["farthest_m"] == pytest.approx(4.0)
    anchored = json.loads(rebokeh(*words, "--depth-scale", "0.01", "--anchor", "0.5,0.5=2m").stdout)
    assert anchored["nearest_m"] == pytest.approx(2.0) and anchored["depth_kind"] == "anchored"
    assert anchored["depth"]["anchoring"]["evidence"]
    check_refused(rebokeh("inspect", files.photo, "--depth-unit", "m"), 2, "--depth")
    check_refused(rebokeh("inspect", files.photo, "--depth-scale", "2"), 2, "--depth")


@pytest.mark.slow
def test_standard_input(heic, tmp_path):
    sheet = tmp_path / "sheet.jpg"
    done = shell("inspect", "-", "--json", "-o", sheet, input=heic)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["width"] == 256 and sheet.is_file()
    check_refused(rebokeh("inspect", "-", "-o", sheet, input=b"no picture"), 2, "--overwrite")
    check_refused(rebokeh("inspect", Path(tmp_path / "none.heic")), 4, "none.heic")
