"""What the numbers of a depth map are: as they are said to be, else by the evidence, and told when it is a guess."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command import rebokeh

import rebokeh as rk
from rebokeh.bokeh.core.errors import DepthError, UsageError
from rebokeh.bokeh.io.depth_values import guess, which_way
from rebokeh.bokeh.io.sidecar import read_depth
from rebokeh.bokeh.load import load
from rebokeh.bokeh.photo.metadata import Metadata

H, W = 40, 60
SIZE = (H, W)
DOWN = np.linspace(0, 1, H, dtype=np.float32)[:, None] * np.ones((1, W), np.float32)
GROUND_M = 2.0 + 8.0 * (1 - DOWN)  # metres: the foot is near
RGB = np.full((H, W, 3), 0.2, np.float32)
PHOTO = rk.Photo(rgb=RGB)
BALL = (np.hypot(*np.mgrid[-20:20, -30:30]) < 10).astype(np.float32)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def focused(distance_m: float) -> rk.Photo:
    return rk.Photo(rgb=RGB, meta=Metadata(af_area=(0.4, 0.4, 0.2, 0.2), af_distance_m=distance_m))


@pytest.mark.parametrize(
    ("values", "photo", "unit", "known"),
    [
        (GROUND_M, PHOTO, "m", True),  # smaller at the foot
        (GROUND_M * 0 + 3, PHOTO, "m", False),  # nothing says
        (1 / GROUND_M + 1.2, PHOTO, "relative", False),  # larger at the foot
        (1 / GROUND_M - 0.2, PHOTO, "relative", False),  # below zero
        (DOWN, PHOTO, "relative", False),  # fills 0 to 1
        (GROUND_M * 1000, PHOTO, "m", False),  # millimetres
        (2000 - 100 * GROUND_M, PHOTO, "relative", False),  # too far, and larger at the foot
        (GROUND_M, focused(6.1), "m", True),
        (1 / GROUND_M[::-1], focused(6.1), "dioptre", False),
        (np.where(BALL > 0, 1.0, 5.0), rk.Photo(rgb=RGB, matte=BALL), "m", True),
        (np.where(BALL > 0, 5.0, 1.0), rk.Photo(rgb=RGB, matte=BALL), "relative", False),
    ],
)
def test_float_maps_are_what_the_evidence_says(values, photo, unit, known):
    found = guess(np.asarray(values, np.float32), "a.npy", photo)
    assert (found.unit, found.is_known, found.black_is_near) == (unit, known, False), found.why


@pytest.mark.parametrize(
    ("name", "unit"),
    [("a_raw_depth_meter.npy", "m"), ("metric.pfm", "m"), ("a-dpt_large_384.pfm", "relative"), ("disp.npy", "relative"),
     ("x_disparity.npy", "relative"), ("inverse_depth", "relative")],
)  # fmt: skip
def test_names_of_networks_outputs_are_known(name, unit):
    found = guess(GROUND_M, name, None)
    assert (found.unit, found.is_known) == (unit, True)


def test_a_map_of_black_that_is_near_is_turned_round():
    found = guess(1 - DOWN, "a.npy", PHOTO)  # Marigold's: 0 is near, 1 far
    assert (found.unit, found.black_is_near) == ("relative", True)
    assert which_way(1 - DOWN, PHOTO)[1] == -1 and which_way(DOWN, PHOTO)[1] == 1 and which_way(DOWN, None)[1] == 0


def test_floats_of_millimetres_are_told():
    found, _ = read_depth(npy(GROUND_M * 1000), SIZE, photo=PHOTO)
    assert np.allclose(found.dioptres, 1 / GROUND_M, rtol=1e-5) and "millimetres" in found.warnings[0]


def test_holes_of_minus_one_are_no_values_below_zero():
    values = GROUND_M.copy()
    values[:, :20] = -1
    assert guess(values, "a.npy", None).unit == "m"


def test_a_guess_warns_and_what_is_said_or_sure_does_not(tmp_path):
    photo = rk.save(PHOTO, tmp_path / "a.png")
    path = tmp_path / "d.npy"
    np.save(path, 1 / GROUND_M + 1.2)
    (said,) = load(photo, depth=path).meta.warnings
    assert said.startswith(f"{path}: taken for relative, larger is nearer, for its values are larger at the foot")
    assert said.endswith("; `depth_unit` says otherwise")
    assert load(photo, depth=path, depth_unit="dioptre").meta.warnings == ()
    np.save(path, GROUND_M)
    assert load(photo, depth=path).meta.warnings == ()
    np.save(path, np.where(np.arange(W) < 30, 1.0, 3.0) * np.ones((H, 1)))  # nothing tells which way it goes
    found = load(photo, depth=path)
    (said,) = found.meta.warnings
    assert "taken for metres, for nothing in it says otherwise; `depth_unit` says otherwise" in said
    assert found.depth is not None and found.depth[20, 3] == 1.0
    np.save(path, np.where(BALL > 0, 1.0, 3.0))  # the middle stands before the corners
    assert load(photo, depth=path).meta.warnings == ()
    np.save(path, np.where(BALL > 0, 3.0, 1.0))
    assert "larger in the middle than in the upper corners" in load(photo, depth=path).meta.warnings[0]
    matte = np.zeros((H, W), np.float32)
    matte[:, :10] = 1.0
    np.save(tmp_path / "m.npy", matte)
    np.save(path, 3.0 - 2.0 * matte)
    assert load(photo, depth=path).meta.warnings and not load(photo, depth=path, matte=tmp_path / "m.npy").meta.warnings


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("metres", [0.25, 0.5, 1]), ("m", [0.25, 0.5, 1]), ("dioptres", [4, 2, 1]), ("disparity", [2, 1, 0.5]),
     ("relative", [2, 2 / 3, 0])],
)  # fmt: skip
def test_units_by_their_names(unit, expected):
    values = np.repeat(np.array([[4.0, 2.0, 1.0]]), 3, axis=0)
    found, _ = read_depth(npy(values), (40, 40), unit=unit)
    assert np.allclose(found.dioptres[0], expected)
    assert found.warnings == ()


def test_disparity_keeps_infinity_at_zero_and_takes_what_is_below_for_holes():
    found, _ = read_depth(npy(np.array([[10.0, 5.0, 0.0, -1.0]] * 4)), (40, 40), unit="disparity")
    assert np.allclose(found.dioptres[0], [2, 1, 0, np.nan], equal_nan=True) and found.kind == "unitless"


def test_black_may_be_near():
    codes = np.repeat(np.array([[0, 128, 255]], np.uint8), 3, axis=0)
    assert np.allclose(read_depth(npy(codes), (40, 40), near="black")[0].dioptres[0], [2, 2 - 256 / 255, 0], atol=1e-6)
    assert np.allclose(read_depth(npy(codes), (40, 40), near="white")[0].dioptres[0], [0, 256 / 255, 2], atol=1e-6)
    floats, _ = read_depth(npy(codes / 255.0), (40, 40), near="black")
    assert floats.kind == "unitless" and floats.warnings == ()
    for unit in ("dioptre", "disparity"):
        with pytest.raises(UsageError, match=f"`depth_near` black contradicts `depth_unit` {unit}"):
            read_depth(npy(codes), (40, 40), unit=unit, near="black")
    with pytest.raises(UsageError, match="depth_near is 'grey'"):
        rk.LoadOptions(depth="a", depth_near="grey")
    with pytest.raises(UsageError, match="`depth_near` speaks of a depth map"):
        rk.LoadOptions(depth_near="black")


def test_a_grey_picture_that_goes_the_other_way_is_told():
    photo = replace(PHOTO, matte=BALL)
    codes = np.where(BALL > 0, 20, 200).astype(np.uint8)
    found, _ = read_depth(npy(codes), SIZE, photo=photo)
    (said,) = found.warnings
    assert "brighter is taken for nearer, but its values are smaller at the subject than around it" in said
    assert "`depth_near` black" in said
    assert read_depth(npy(255 - codes), SIZE, photo=photo)[0].warnings == ()


# --- archives --------------------------------------------------------------------------------------------------------


def test_an_archive_s_depth_is_found():
    found, notes = read_depth(npz(depth=GROUND_M), SIZE)
    assert np.allclose(found.dioptres, 1 / GROUND_M, rtol=1e-5) and found.warnings == ()  # as Depth Pro writes it
    assert "depth map from the array depth" in notes
    both = npz(depth=GROUND_M, focallength_px=np.array(900.0), rgb=np.zeros((H, W, 3)))
    assert np.allclose(read_depth(both, SIZE)[0].dioptres, 1 / GROUND_M, rtol=1e-5)
    assert read_depth(npz(disparity=GROUND_M, x=GROUND_M), SIZE)[0].kind == "unitless"
    assert read_depth(npz(arr_0=GROUND_M), SIZE)[0].warnings


def test_an_archive_that_is_not_sure_or_no_numbers_is_refused():
    with pytest.raises(DepthError, match=r"is not sure \(a, b\)"):
        read_depth(npz(a=GROUND_M, b=GROUND_M), SIZE)
    for broken in (npz(depth=GROUND_M)[:-40], b"PK\x03\x04" + bytes(60), npz(depth=np.array([object()], dtype=object))):
        with pytest.raises(rk.InputError):
            read_depth(broken, SIZE)


@pytest.mark.kernels
def test_the_command_line_takes_the_words(tmp_path: Path):
    photo = rk.save(PHOTO, tmp_path / "a.png")
    np.save(tmp_path / "d.npy", np.where(BALL > 0, 0.1, 0.9))
    given = ("inspect", photo, "--depth", tmp_path / "d.npy")
    result = rebokeh(*given)
    assert result.exit_code == 0 and "--depth-unit says otherwise" in result.output
    result = rebokeh(*given, "--depth-near", "black", "--depth-unit", "relative")
    assert result.exit_code == 0 and "taken for" not in result.output
    assert rebokeh(*given, "--depth-unit", "metres").exit_code == 0
    assert "disparity" in rebokeh(*given, "--depth-unit", "parsec").output
