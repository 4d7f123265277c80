"""Depth by ONNX files: a graph that takes the mean of the channels, so that what it was shown can be told."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from support.tiny_models import save_onnx

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile, named_profile
from rebokeh.bokeh.colour.to_srgb import srgb_codes
from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.depth.models import estimate_depth
from rebokeh.bokeh.depth.models.depth_anything import IMAGENET_MEAN, IMAGENET_STD
from rebokeh.bokeh.depth.models.prediction import Intake


def halves(size: tuple[int, int] = (30, 40)) -> rk.Photo:
    """Grey of code 0.25 above, 0.75 below."""
    codes = np.full((*size, 3), 0.25, np.float32)
    codes[size[0] // 2 :] = 0.75
    return rk.Photo(rgb=rk.Photo(rgb=codes).profile.to_linear(codes))


def shown(code: float) -> float:
    """Mean of what a model is shown of a grey."""
    return float(np.mean((round(code * 255) / 255 - np.asarray(IMAGENET_MEAN)) / np.asarray(IMAGENET_STD)))


@pytest.fixture
def graph(tmp_path):
    pytest.importorskip("onnxruntime")

    def save(**how):
        save_onnx(tmp_path / "model.onnx", **how)
        return tmp_path / "model.onnx"

    return save


@pytest.mark.parametrize("how", [{}, {"size": (32, 32)}, {"size": (48, 64), "last": True}, {"kind": "FLOAT16"}])
def test_the_values_are_those_of_the_graph(graph, how):
    photo = estimate_depth(halves(), graph(**how), "dioptre")
    assert photo.depth is not None and photo.depth_kind == "absolute"
    assert photo.depth.shape[0] * 4 == photo.depth.shape[1] * 3 or "size" not in how
    # Nearer than infinity only where the graph's values are above zero.
    assert np.nanmedian(photo.depth[-3:]) == pytest.approx(shown(0.75), abs=2e-3)
    assert shown(0.25) < 0 and np.isnan(photo.depth[:3]).all()


def test_metres_are_inverted_and_silence_is_relative(graph):
    path = graph()
    metres = estimate_depth(halves(), path, "m")
    assert metres.depth is not None and np.nanmedian(metres.depth[-3:]) == pytest.approx(1 / shown(0.75), rel=2e-3)
    relative = estimate_depth(halves(), path)
    assert relative.depth is not None and relative.depth_kind == "unitless"
    assert np.median(relative.depth[:9]) < 0.2 and np.median(relative.depth[-9:]) > 1.8
    assert (relative.depth.min(), relative.depth.max()) == (0.0, 2.0)
    assert any("`depth_unit`" in note for note in relative.meta.notes)


def test_a_graph_of_bytes_is_shown_bytes(graph):
    photo = estimate_depth(halves(), graph(kind="UINT8"), "dioptre")
    assert photo.depth is not None and np.median(photo.depth[-3:]) == 191.0


def test_a_preprocessor_beside_it_says_how_it_is_shown(graph):
    path = graph()
    path.with_name("preprocessor_config.json").write_text(
        '{"image_mean": [0, 0, 0], "image_std": 0.5, "size": {"height": 64, "width": 64}, "ensure_multiple_of": 32}'
    )
    photo = estimate_depth(halves(), path, "dioptre")
    assert photo.depth is not None and photo.depth.shape == (72, 96)
    assert np.median(photo.depth[-3:]) == pytest.approx(2 * 191 / 255, abs=1e-3)
    path.with_name("preprocessor_config.json").write_text('{"size": "large"}')
    with pytest.raises(InputError, match="preprocessor_config.json"):
        estimate_depth(halves(), path)


def test_a_model_sees_srgb_whatever_the_photo_s_primaries():
    red = np.zeros((8, 8, 3), np.float32)
    red[..., 0] = 1.0
    wide = rk.Photo(rgb=red, profile=named_profile("Display P3"))
    assert (srgb_codes(wide.rgb, wide.profile, (4, 4)) == [255, 0, 0]).all()  # outside sRGB: clipped
    grey = rk.Photo(rgb=np.full((8, 8, 3), 0.2140, np.float32), profile=named_profile("Display P3"))
    assert np.abs(srgb_codes(grey.rgb, grey.profile, (8, 8)).astype(int) - 128).max() <= 1
    # sRGB's own red, as P3 writes it.
    inside = rk.Photo(rgb=np.full((8, 8, 3), (0.8225, 0.0332, 0.0171), np.float32), profile=named_profile("Display P3"))
    assert np.abs(srgb_codes(inside.rgb, inside.profile, (4, 4)).astype(int) - [255, 0, 0]).max() <= 3


def test_large_photos_are_shown_whole():
    rgb = np.zeros((401, 603, 3), np.float32)
    rgb[:, 300:] = 1.0
    codes = srgb_codes(rgb, Profile(), (40, 60))
    assert codes.shape == (40, 60, 3) and (codes[:, :28] == 0).all() and (codes[:, 32:] == 255).all()


def test_sizes_keep_the_aspect_in_whole_patches():
    intake = Intake((518, 518), IMAGENET_MEAN, IMAGENET_STD, 14)
    assert intake.size_of((3024, 4032)) == (518, 686)
    assert intake.size_of((1000, 20000)) == (518, 2072)  # squeezed: a panorama at its own aspect takes minutes


def test_what_is_no_depth_model_is_refused(graph, tmp_path):
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"no protobuf " * 50)
    with pytest.raises(InputError, match="junk.onnx: the model is truncated or damaged"):
        estimate_depth(halves(), junk)
    onnx = pytest.importorskip("onnx")
    TensorProto, helper = onnx.TensorProto, onnx.helper
    words = helper.make_tensor_value_info("words", TensorProto.INT64, [1, 8])
    out = helper.make_tensor_value_info("out", TensorProto.INT64, [1, 8])
    other = helper.make_graph([helper.make_node("Identity", ["words"], ["out"])], "no", [words], [out])
    onnx.save(helper.make_model(other, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), junk)
    with pytest.raises(InputError, match="not a picture"):
        estimate_depth(halves(), junk)


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    (tmp_path / "model.onnx").write_bytes(b"x" * 20)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UsageError, match=r"onnxruntime.*pip install 'onnxruntime\S+' \(rebokeh's extra onnx\)"):
        estimate_depth(halves(), tmp_path / "model.onnx")
