"""Mattes of what stands out, by ONNX graphs with U2-Net's signature: a tiny one, and the real one where it is."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from support.tiny_models import save_onnx, save_salient, save_tflite

import rebokeh as rk
from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.depth.models import estimate_matte

pytestmark = pytest.mark.kernels


def food(size: tuple[int, int] = (96, 144), dish: float = 0.8, table: float = 0.05) -> tuple[rk.Photo, np.ndarray]:
    """Return a dish on a table that it is brighter than, and where it is."""
    y, x = np.mgrid[: size[0], : size[1]]
    inside = np.hypot(y - size[0] / 2, x - size[1] / 3) < size[0] / 4
    return rk.Photo(rgb=np.repeat(np.where(inside, dish, table)[..., None], 3, axis=2).astype(np.float32)), inside


@pytest.fixture
def graph(tmp_path):
    """Return what saves a graph and says where."""
    pytest.importorskip("onnxruntime")

    def save(name: str = "u2netp.onnx", **how):
        save_salient(tmp_path / name, **how)
        return tmp_path / name

    return save


@pytest.mark.parametrize("side", [320, 64, "side"], ids=str)
def test_the_first_map_is_the_matte_stretched_and_in_place(graph, side):
    photo, inside = food()
    found = estimate_matte(photo, graph(side=side))
    assert found.matte is not None and found.matte.shape == photo.size
    # The other maps are dark where the first is bright.
    assert np.abs(found.matte - inside).mean() < 0.02
    assert found.meta.matte_source == "model u2netp.onnx"
    assert "unsure" not in found.meta.notes[-1]


def test_a_dark_photo_is_shown_at_its_full_range(graph):
    photo, inside = food(dish=0.02, table=0.0)
    found = estimate_matte(photo, graph())
    assert found.matte is not None and np.abs(found.matte - inside).mean() < 0.02


def test_where_nothing_stands_out_there_is_no_matte(graph):
    even, _ = food(dish=0.3, table=0.3)
    found = estimate_matte(even, graph())
    assert found.matte is None and "finds nothing that stands out" in found.meta.notes[-1]


def test_it_comes_through_load_and_replaces_the_file_s_matte(graph, portrait, tmp_path):
    loaded = rk.load(portrait.photo, depth=portrait.depth, matte_model=graph())
    assert loaded.matte is not None and loaded.meta.matte_source == "model u2netp.onnx"
    with pytest.raises(UsageError, match="`matte` and `matte_model`"):
        rk.load(portrait.photo, matte=portrait.matte, matte_model=graph())


def test_a_graph_is_known_by_its_content_and_by_its_name(graph, tmp_path, monkeypatch):
    photo, inside = food()
    plain = graph("no_ending")
    assert estimate_matte(photo, plain).matte is not None
    monkeypatch.setenv("REBOKEH_MODELS", str(tmp_path / "models"))
    with pytest.raises(InputError, match="u2netp.onnx"):
        estimate_matte(photo, "salient")
    (tmp_path / "models" / "salient").mkdir(parents=True)
    plain.rename(tmp_path / "models" / "salient" / "u2netp.onnx")
    found = estimate_matte(photo, "salient").matte
    assert found is not None and np.abs(found - inside).mean() < 0.02


def test_what_is_no_salient_object_model_is_refused(graph, tmp_path):
    photo, _ = food()
    save_onnx(tmp_path / "depth.onnx")
    with pytest.raises(InputError, match=r"depth.onnx: the model returns .*`depth_model`"):
        estimate_matte(photo, tmp_path / "depth.onnx")
    save_onnx(tmp_path / "last.onnx", size=(48, 64), last=True)
    with pytest.raises(InputError, match="not a picture"):
        estimate_matte(photo, tmp_path / "last.onnx")
    with pytest.raises(InputError, match="not mattes"):
        estimate_matte(photo, graph(planes=2))
    torn = tmp_path / "torn.onnx"
    torn.write_bytes(graph().read_bytes()[:200])
    with pytest.raises(InputError, match="torn.onnx: the model is truncated or damaged"):
        estimate_matte(photo, torn)


def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch):
    (tmp_path / "u2netp.onnx").write_bytes(b"\x08" * 20)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UsageError, match=r"onnxruntime.*pip install 'onnxruntime\S+' \(rebokeh's extra onnx\)"):
        estimate_matte(food()[0], tmp_path / "u2netp.onnx")


def test_a_tflite_file_goes_to_the_model_of_people_still(tmp_path):
    pytest.importorskip("ai_edge_litert.interpreter")
    save_tflite(tmp_path / "people.onnx")  # whatever it is called
    found = estimate_matte(rk.Photo(rgb=np.zeros((40, 40, 3), np.float32)), tmp_path / "people.onnx")
    assert "nobody" in found.meta.notes[-1]


def test_the_real_network_finds_a_pug(shared):
    pytest.importorskip("onnxruntime")
    named = os.environ.get("REBOKEH_SALIENT_MODEL")
    if named is None:
        pytest.skip("no salient-object model (REBOKEH_SALIENT_MODEL names one)")
    found = estimate_matte(rk.load(shared / "real" / "ip13pro_pug.heic"), named)
    assert found.matte is not None and 0.05 < (found.matte > 0.5).mean() < 0.7
