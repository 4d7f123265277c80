"""Mattes by TFLite models: a tiny one whose matte is the mean of the channels, and the real one where it is."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from support.tiny_models import save_tflite

import rebokeh as rk
from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.depth.models import estimate_depth, estimate_matte, known, store
from rebokeh.bokeh.depth.models.coarse_matte import along_edges
from rebokeh.bokeh.depth.upsample import resize_matte

pytestmark = pytest.mark.kernels


@pytest.fixture
def model(tmp_path) -> Path:
    pytest.importorskip("ai_edge_litert.interpreter")
    save_tflite(tmp_path / "mean.tflite")
    return tmp_path / "mean.tflite"


def disc(size: tuple[int, int] = (96, 128)) -> tuple[rk.Photo, np.ndarray]:
    y, x = np.mgrid[: size[0], : size[1]]
    inside = np.hypot(y - size[0] / 2, x - size[1] / 2) < size[0] / 3
    return rk.Photo(rgb=np.repeat(inside[..., None], 3, axis=2).astype(np.float32)), inside


def test_the_matte_is_what_the_model_says(model, capfd):
    photo, inside = disc()
    found = estimate_matte(photo, model)
    assert found.matte is not None and found.matte.shape == photo.size
    assert np.abs(found.matte - inside).mean() < 0.02
    assert found.meta.matte_source == "model mean.tflite"
    assert capfd.readouterr() == ("", "")


def test_nobody_in_the_picture_is_said(model):
    photo = rk.Photo(rgb=np.zeros((40, 40, 3), np.float32))
    found = estimate_matte(photo, model)
    assert found.matte is None and "nobody" in found.meta.notes[-1]


def test_a_matte_that_is_neither_nor_is_said_to_be_unsure(model):
    grey = rk.Photo(rgb=np.full((40, 40, 3), 0.2, np.float32))
    assert "unsure in 100%" in estimate_matte(grey, model).meta.notes[-1]
    assert "unsure" not in estimate_matte(disc()[0], model).meta.notes[-1]


def test_a_model_replaces_the_file_s_matte_and_says_so(model, portrait):
    photo, inside = disc()
    own = rk.Photo(rgb=photo.rgb, matte=np.ones(photo.size, np.float32))
    assert any("not used" in note for note in estimate_matte(own, model).meta.notes)
    with pytest.raises(UsageError, match="`matte` and `matte_model`"):
        rk.load(portrait.photo, matte=portrait.matte, matte_model=model)


def test_a_coarse_matte_follows_the_picture_s_edges():
    photo, inside = disc((240, 320))
    codes = (photo.rgb * 200 + 20).astype(np.uint8)
    coarse = resize_matte(inside.astype(np.float32), (24, 32))
    plain = np.abs(resize_matte(coarse, photo.size) - inside).mean()
    assert np.abs(along_edges(coarse, codes) - inside).mean() < 0.35 * plain


def test_what_is_no_selfie_model_is_refused(model, tmp_path, monkeypatch):
    photo, _ = disc()
    monkeypatch.setenv("REBOKEH_MODELS", str(tmp_path / "none"))
    with pytest.raises(InputError, match="selfie: its weights are not here.*npm pack"):
        estimate_matte(photo, "selfie")
    with pytest.raises(UsageError, match="neither selfie, salient nor a file"):
        estimate_matte(photo, "self")
    with pytest.raises(InputError, match="`matte_model`"):
        estimate_depth(photo, model)
    torn = tmp_path / "torn.tflite"
    torn.write_bytes(model.read_bytes()[:100])
    with pytest.raises(InputError, match="torn.tflite: the model is truncated or damaged"):
        estimate_matte(photo, torn)
    torn.write_bytes(b"GIF89a")
    with pytest.raises(InputError, match="neither a TFLite model nor an ONNX graph"):
        estimate_matte(photo, torn)


def test_the_name_finds_the_file_in_the_folder_of_models(model, tmp_path, monkeypatch):
    monkeypatch.setenv("REBOKEH_MODELS", str(tmp_path))
    (tmp_path / "selfie").mkdir()
    model.rename(tmp_path / "selfie" / "selfie_segmentation.tflite")
    assert estimate_matte(disc()[0], "selfie").matte is not None


def test_the_real_model_agrees_with_apple_s_matte(shared):
    pytest.importorskip("ai_edge_litert.interpreter")
    named = os.environ.get("REBOKEH_SELFIE_MODEL")
    if named is None and store.find(known("selfie")) is None:
        pytest.skip("no selfie model (REBOKEH_SELFIE_MODEL names one)")
    photo = rk.load(shared / "real" / "ip14_truedepth_mattes_b.heic")
    found = estimate_matte(photo, named or "selfie")
    assert photo.matte is not None and found.matte is not None
    size = (512, 384)
    apple, own = (resize_matte(matte, size) > 0.5 for matte in (photo.matte, found.matte))
    assert (apple & own).sum() / (apple | own).sum() > 0.97
