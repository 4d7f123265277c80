"""A focus pull: focus goes where it is sent, evenly in dioptres, from frame to frame without a jump."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from support.command import check_refused, rebokeh
from support.portrait import PortraitFiles

import rebokeh as rk
from rebokeh.bokeh.core.errors import NoDepthError, OutputError, UsageError
from rebokeh.bokeh.photo.metadata import Metadata
from rebokeh.bokeh.settings.units import parse_f_range
from rebokeh.bokeh.tools import focus_pull as racking
from rebokeh.bokeh.tools.focus_pull import Pull, frames, rack, reduced

pytestmark = pytest.mark.kernels

SIZE = (64, 96)
PULL = Pull(0.5, 4.0, (2.0, 2.0), seconds=1.0, fps=12.0)
LEFT, RIGHT = (slice(8, -8), slice(8, 36)), (slice(8, -8), slice(60, 88))
LENS = rk.Lens(starburst=0.0)


def photo() -> rk.Photo:
    """Make a textured board at 0.5 m on the left, a textured wall at 4 m behind it."""
    noise = ndimage.gaussian_filter(np.random.default_rng(2).normal(size=SIZE), 0.8)
    grey = np.clip(0.4 + 0.4 * noise, 0.02, 0.9).astype(np.float32)
    depth = np.where(np.arange(SIZE[1]) < 48, 2.0, 0.25) * np.ones(SIZE)
    return rk.Photo(
        rgb=np.repeat(grey[..., None], 3, axis=2), depth=depth.astype(np.float32), meta=Metadata(f35_mm=50.0)
    )


def sharpness(picture: np.ndarray, where: tuple[slice, slice]) -> float:
    return float(np.abs(np.diff(picture[where].mean(axis=2), axis=1)).mean())


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return [frame.rgb for frame in frames(rk.prepare(photo()).prepared, rk.RenderSettings(), PULL, LENS)]


def test_focus_moves_evenly_in_dioptres_and_the_iris_in_stops():
    pull = Pull(0.5, math.inf, (1.4, 5.6), seconds=0.5, fps=10.0)
    lenses = list(pull.lenses(rk.Lens()))
    assert len(lenses) == pull.frames == 5
    np.testing.assert_allclose([1.0 / (lens.focus_m or 1.0) for lens in lenses], [2.0, 1.5, 1.0, 0.5, 0.0])
    np.testing.assert_allclose([lens.f_number for lens in lenses], 1.4 * 2.0 ** np.arange(0, 2.1, 0.5))


def test_what_is_in_focus_is_as_it_was_and_the_rest_is_blurred(pictures):
    shown = photo().rgb
    assert len(pictures) == 12
    for picture, sharp, blurred in ((pictures[0], LEFT, RIGHT), (pictures[-1], RIGHT, LEFT)):
        np.testing.assert_allclose(picture[sharp], shown[sharp], atol=2e-3)
        assert sharpness(picture, blurred) < 0.3 * sharpness(shown, blurred)


def test_focus_goes_one_way(pictures):
    left, right = ([sharpness(picture, where) for picture in pictures] for where in (LEFT, RIGHT))
    assert (np.diff(left) < 1e-3 * left[0]).all() and (np.diff(right) > -1e-3 * right[-1]).all()


def test_no_frame_flickers(pictures):
    """Light stays, and each frame lies between its neighbours."""
    light = [picture[8:-8, 8:-8].mean() for picture in pictures]
    assert np.ptp(light) < 0.01 * np.mean(light)
    change = [np.abs(b - a).mean() for a, b in zip(pictures, pictures[1:], strict=False)]
    across = [np.abs(c - a).mean() for a, c in zip(pictures, pictures[2:], strict=False)]
    # A frame that jumps out is far from both neighbours, while they are near each other.
    for k, both in enumerate(across):
        assert change[k] + change[k + 1] < 1.35 * both


def test_far_from_focus_each_frame_changes_as_much_as_the_last():
    """Where the scene is cut into slices depends on the focus, and must not be seen."""
    slope = np.repeat(np.linspace(0.25, 3.0, SIZE[0], dtype=np.float32)[:, None], SIZE[1], axis=1)
    scene = rk.prepare(replace(photo(), depth=slope)).prepared
    pull = Pull(1 / 1.3, 1 / 1.0, (1.0, 1.0), seconds=1.0, fps=16.0)
    pictures = [frame.rgb[8:-8, 8:-8] for frame in frames(scene, rk.RenderSettings(), pull, LENS)]
    change = np.array([np.abs(b - a).mean() for a, b in zip(pictures, pictures[1:], strict=False)])
    assert change.max() < 1.25 * np.median(change)
    bent = [np.abs(a - 2 * b + c).mean() for a, b, c in zip(pictures, pictures[1:], pictures[2:], strict=False)]
    assert max(bent) < 0.5 * np.median(change)


def test_photos_are_reduced_and_never_enlarged():
    source = photo()
    small = reduced(source, 48)
    assert small.size == (32, 48)
    np.testing.assert_allclose(small.rgb, source.rgb.reshape(32, 2, 48, 2, 3).mean(axis=(1, 3)), rtol=1e-5)
    assert small.depth is not None and small.depth.shape == SIZE
    assert reduced(source, 96) is source


def test_the_mp4_decodes_frame_by_frame(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    done = rack(photo(), tmp_path / "pull.mp4", PULL, LENS)
    assert (done["frames"], done["width"], done["height"]) == (12, 96, 64)
    reader = ffmpeg.read_frames(str(tmp_path / "pull.mp4"))
    meta = next(reader)
    assert (meta["size"], meta["fps"], meta["codec"]) == ((96, 64), 12.0, "h264")
    read = [np.frombuffer(data, np.uint8).reshape(*SIZE, 3).astype(float) for data in reader]
    assert len(read) == 12
    wanted = photo().profile.to_codes(photo().rgb, 8).astype(float)
    assert np.abs(read[0][LEFT] - wanted[LEFT]).mean() < 4  # 4:2:0, limited range
    assert sharpness(read[0], LEFT) > 2 * sharpness(read[-1], LEFT)
    assert sharpness(read[-1], RIGHT) > 2 * sharpness(read[0], RIGHT)
    assert [f.name for f in tmp_path.iterdir()] == ["pull.mp4"]


def test_the_gif_has_one_palette_and_the_time_asked_for(tmp_path):
    pull = Pull(0.5, 4.0, seconds=0.5, fps=10.0, size=48)
    rack(photo(), tmp_path / "pull.gif", pull, LENS)
    image = Image.open(tmp_path / "pull.gif")
    assert (image.size, getattr(image, "n_frames", 1), image.info["duration"]) == ((48, 32), 5, 100)


def test_frames_of_a_gif_share_their_colours(tmp_path):
    rack(photo(), tmp_path / "pull.gif", Pull(0.5, 4.0, seconds=0.5, fps=10.0), LENS)
    image = Image.open(tmp_path / "pull.gif")
    colours: set[tuple[int, ...]] = set()
    for frame in range(5):
        image.seek(frame)
        colours |= {tuple(row) for row in np.asarray(image.convert("RGB")).reshape(-1, 3)}
    assert 16 < len(colours) <= 256


@pytest.mark.parametrize("ending", [".apng", ".png"])
def test_the_apng_holds_the_frames_exactly(tmp_path, ending):
    pull = Pull(0.5, 4.0, (2.0, 2.0), seconds=0.5, fps=8.0)
    done = rack(photo(), tmp_path / f"pull{ending}", pull, LENS)
    image = Image.open(tmp_path / f"pull{ending}", formats=["PNG"])
    assert (done["frames"], getattr(image, "n_frames", 1), image.info["loop"]) == (4, 4, 0)
    wanted = [frame.srgb8() for frame in frames(rk.prepare(photo()).prepared, rk.RenderSettings(), pull, LENS)]
    for number, codes in enumerate(wanted):
        image.seek(number)
        assert image.info["duration"] == pytest.approx(125.0)
        assert np.array_equal(np.asarray(image.convert("RGB")), codes)


# Refusals


def test_no_depth(tmp_path):
    with pytest.raises(NoDepthError, match="no depth"):
        rack(rk.Photo(rgb=photo().rgb), tmp_path / "pull.gif", PULL)
    assert list(tmp_path.iterdir()) == []


def test_what_can_not_be_written_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(racking, "prepare_for", lambda *_, **__: pytest.fail("has begun to work"))
    with pytest.raises(UsageError, match=r"\.mp4 or \.gif or \.apng"):
        rack(photo(), tmp_path / "pull.mov", PULL)
    (tmp_path / "pull.gif").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists"):
        rack(photo(), tmp_path / "pull.gif", PULL)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UsageError, match=r"pip install .*\(rebokeh's extra video\)"):
        rack(photo(), tmp_path / "pull.mp4", PULL)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"from_m": 0.0}, "in front of the camera"),
        ({"f_numbers": (1.8, 0.0)}, "f-number is 0"),
        ({"fps": math.nan}, "fps is nan"),
        ({"seconds": 0.01}, "make 0 frames"),
        ({"seconds": 1e4}, "2 to 3600"),
        ({"size": 8}, "16 pixels"),
    ],
)
def test_no_pull(change, says):
    with pytest.raises(UsageError, match=says):
        Pull(**{"from_m": 0.5, "to_m": 4.0, **change})


def test_two_f_numbers():
    assert parse_f_range("1.4..8") == (1.4, 8.0)
    assert parse_f_range("f/2") == (2.0, 2.0)
    for text in ("..", "1.4..", "..8", "1.4..8..2"):
        with pytest.raises(UsageError):
            parse_f_range(text)


def test_the_command(portrait: PortraitFiles, tmp_path):
    out = tmp_path / "pull.gif"
    words = ["rack", portrait.photo, "--depth", portrait.depth, "--from", "1m", "--to", "inf", "-o", out]
    result = rebokeh(*words, "--fstop", "1.4..4", "--seconds", 0.2, "--fps", 10, "--json")
    assert result.exit_code == 0, result.output
    done = json.loads(result.stdout)
    assert (done["frames"], done["to_m"], done["f_numbers"]) == (2, "inf", [1.4, 4.0])
    assert Image.open(out).size == (64, 48)
    check_refused(rebokeh(*words), 2, "exists")
    check_refused(rebokeh(*words[:4], "--from", "1", "--to", "2m", "-o", tmp_path / "x.gif"), 2, "unit")
    check_refused(
        rebokeh("rack", portrait.photo, "--from", "1m", "--to", "2m", "-o", tmp_path / "x.gif"), 3, "no depth"
    )
