"""Depth Pro and Depth Anything as transformers saves them: small ones of random weights, loaded as the real ones."""

from __future__ import annotations

import json
import math
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from support.tiny_models import VIEW_DEG, save_depth_anything, save_depth_pro

import rebokeh as rk
from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.depth.models import estimate_depth
from rebokeh.bokeh.depth.models.depth_pro import INTAKE, f35_from_field
from rebokeh.bokeh.photo.metadata import Metadata

SIZE = (60, 80)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    save_depth_pro(folder / "pro")
    save_depth_pro(folder / "blind", sees_field=False)
    save_depth_anything(folder / "anything")
    save_depth_anything(folder / "metric", metric=True)
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a model was looked for in the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def scene(f35_mm: float | None = None, size: tuple[int, int] = SIZE) -> rk.Photo:
    rgb = np.random.default_rng(0).random((*size, 3), np.float32)
    return rk.Photo(rgb=rgb, meta=Metadata(path="photo.jpg", f35_mm=f35_mm))


def test_a_field_of_view_is_a_focal_length():
    # 36 mm wide at 36 mm: a field of 2 atan(1/2), on the frame whose diagonal is 43.27 mm.
    assert f35_from_field(math.degrees(2 * math.atan(0.5)), (24, 36)) == pytest.approx(36.0, rel=1e-3)
    assert f35_from_field(-2.0, SIZE) is None
    assert f35_from_field(179.0, SIZE) is None


def test_depth_pro_is_absolute_and_its_focal_length_is_used(saved, capfd):
    photo = estimate_depth(scene(), saved / "pro")
    seen = f35_from_field(VIEW_DEG, SIZE)
    assert photo.depth_kind == "absolute"
    assert photo.meta.f35_mm == pytest.approx(seen)
    assert photo.depth is not None and photo.depth.shape == (192, 256)  # it squeezes all into a square
    assert 0.1 < np.median(photo.depth) < 10 and np.isfinite(photo.depth).all()
    assert any("names no focal length" in note for note in photo.meta.notes)
    assert capfd.readouterr() == ("", "")


def test_depth_pro_is_scaled_by_the_photo_s_own_focal_length(saved):
    free, own = estimate_depth(scene(), saved / "pro"), estimate_depth(scene(100.0), saved / "pro")
    assert free.depth is not None and own.depth is not None and free.meta.f35_mm is not None
    assert own.meta.f35_mm == 100.0
    # Twice the focal length makes everything look as large at twice the distance.
    np.testing.assert_allclose(own.depth * 100.0, free.depth * free.meta.f35_mm, rtol=1e-5)
    assert any("the model sees" in note for note in own.meta.notes)


def test_depth_pro_scales_as_its_own_post_processing(saved):
    torch, transformers = (pytest.importorskip(package) for package in ("torch", "transformers"))
    photo = scene()
    pixels = torch.from_numpy(INTAKE.as_said_in(saved / "pro").tensor(photo))
    with torch.no_grad():
        said = transformers.DepthProForDepthEstimation.from_pretrained(saved / "pro")(pixel_values=pixels)
    focal_px = 0.5 * SIZE[1] / torch.tan(0.5 * torch.deg2rad(said.field_of_view[0]))
    expected = float((said.predicted_depth[0] * SIZE[1] / focal_px).mean())
    found = estimate_depth(photo, saved / "pro").depth
    assert found is not None and found.mean() == pytest.approx(expected, rel=1e-3)


def test_without_any_focal_length_distances_are_nominal(saved):
    photo = estimate_depth(scene(), saved / "blind")
    assert photo.depth_kind == "relative" and photo.meta.f35_mm is None
    assert any("nominal" in note for note in photo.meta.notes)


@pytest.mark.parametrize(("size", "shown"), [((60, 80), (56, 70)), ((80, 60), (70, 56)), ((50, 500), (28, 224))])
def test_depth_anything_keeps_the_aspect_and_has_no_metres(saved, size, shown):
    photo = estimate_depth(scene(size=size), saved / "anything")
    assert photo.depth is not None and photo.depth_kind == "unitless"
    assert max(photo.depth.shape) == max(shown)
    assert (photo.depth.min(), photo.depth.max()) == (0.0, pytest.approx(2.0))


def test_depth_anything_s_metric_kind_returns_metres(saved):
    photo = estimate_depth(scene(), saved / "metric")
    assert photo.depth is not None and photo.depth_kind == "absolute"
    assert np.nanmin(photo.depth) >= 1 / 20


def test_the_model_wins_over_the_file_s_depth_and_says_so(saved, portrait):
    photo = rk.load(portrait.photo, depth_model=saved / "pro", matte=portrait.matte)
    assert photo.meta.depth_source.startswith("Depth Pro")
    lying = rk.Photo(rgb=photo.rgb, depth=np.ones(photo.size, np.float32))
    assert any("not used" in note for note in estimate_depth(lying, saved / "pro").meta.notes)
    with pytest.raises(UsageError, match="`depth` and `depth_model`"):
        rk.load(portrait.photo, depth=portrait.depth, depth_model=saved / "pro")
    with pytest.raises(UsageError, match="leave `depth_unit` out"):
        rk.load(portrait.photo, depth_model=saved / "pro", depth_unit="m")


def test_a_name_finds_what_lies_in_the_folder_of_models(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("REBOKEH_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(InputError, match=r"looked in .*depth-pro.*rebokeh models pull depth-pro"):
        estimate_depth(scene(), "depth-pro")
    shutil.copytree(saved / "pro", tmp_path / "depth-pro")
    assert estimate_depth(scene(), "depth-pro").depth_kind == "absolute"


def test_a_name_finds_what_another_program_has_fetched(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("REBOKEH_MODELS", str(tmp_path / "none"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--depth-anything--Depth-Anything-V2-Small-hf"
    shutil.copytree(saved / "anything", repository / "snapshots" / "abc123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123")
    assert estimate_depth(scene(), "depth-anything").depth_kind == "unitless"


def test_incomplete_and_foreign_models_are_refused(saved, tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    cut = Path(shutil.copytree(saved / "anything", tmp_path / "cut"))
    weights = safetensors.load_file(cut / "model.safetensors")
    safetensors.save_file(
        {k: v for k, v in weights.items() if not k.startswith("head.conv3")}, cut / "model.safetensors"
    )
    with pytest.raises(InputError, match="2 weights of the model are missing"):
        estimate_depth(scene(), cut)
    torn = Path(shutil.copytree(saved / "anything", tmp_path / "torn"))
    (torn / "model.safetensors").write_bytes((torn / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(InputError, match="truncated or damaged"):
        estimate_depth(scene(), torn)
    (torn / "model.safetensors").unlink()
    with pytest.raises(InputError, match="no safetensors weights"):
        estimate_depth(scene(), torn)


@pytest.mark.parametrize(
    ("config", "says"),
    [("{", "cannot be read"), ("[]", "not a model's configuration"), (json.dumps({"model_type": "bert"}), "'bert'")],
)
def test_a_folder_that_holds_something_else_is_refused(tmp_path, config, says):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(InputError, match=says):
        estimate_depth(scene(), tmp_path)


def test_no_model_at_all_is_refused(tmp_path):
    with pytest.raises(UsageError, match="neither depth-pro, depth-anything nor a file"):
        estimate_depth(scene(), "depth-por")
    with pytest.raises(InputError, match="holds no model"):
        estimate_depth(scene(), tmp_path)
