"""Models, stereo pairs and `inspect` on the command line."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from PIL import Image
from support.command import check_refused, rebokeh
from support.portrait import write_portrait
from support.tiny_models import save_onnx

pytestmark = pytest.mark.kernels


@pytest.fixture(autouse=True)
def nothing_here(tmp_path, monkeypatch):
    monkeypatch.setenv("REBOKEH_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def test_list_names_what_there_is(tmp_path):
    (tmp_path / "models" / "depth-pro").mkdir(parents=True)
    (tmp_path / "models" / "depth-pro" / "model.safetensors").write_bytes(b"")
    lines = rebokeh("models", "list").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == ["depth-pro", "depth-anything", "selfie", "salient", "yunet", "blazeface"]
    assert str(tmp_path / "models" / "depth-pro") in lines[0] and "not here" in lines[1]
    listed = json.loads(rebokeh("models", "list", "--json").stdout)["models"]
    assert listed[0]["folder"] == str(tmp_path / "models" / "depth-pro") and listed[1]["folder"] is None
    assert all(model["licence"] and model["use"] and model["megabytes"] > 0 for model in listed)


def test_pull_is_refused_in_one_line(tmp_path, monkeypatch):
    check_refused(rebokeh("models", "pull", "nonsense"), 2, "'nonsense'", "depth-pro")
    check_refused(rebokeh("models", "pull", "selfie"), 2, "npm pack")
    check_refused(rebokeh("models", "pull", "salient"), 2, "u2netp.onnx", "--matte-model")
    check_refused(rebokeh("models", "pull", "yunet"), 2, "face_detection_yunet_2023mar.onnx", "--face-model")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    check_refused(
        rebokeh("models", "pull", "depth-pro"), 2, "huggingface_hub", "pip install 'torch>=", "rebokeh's extra depth"
    )
    assert not (tmp_path / "models").exists()


class Hub:
    """Stands for huggingface_hub: a network that gives, or does not."""

    def __init__(self, *, works: bool) -> None:
        self.works = works

    def snapshot_download(self, repository, local_dir, allow_patterns):
        assert "*.safetensors" in allow_patterns and not any(".bin" in one or ".py" in one for one in allow_patterns)
        if not self.works:
            raise RuntimeError("while talking to the hub") from ConnectionError("Name or service\nnot known")
        (local_dir / "model.safetensors").write_text(repository)


def test_pull_without_a_network_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub(works=False))
    check_refused(rebokeh("models", "pull", "depth-anything"), 4, "Name or service not known", "copy depth-anything/")
    assert not list((tmp_path / "models").iterdir())


def test_pull_puts_the_weights_where_they_are_found(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub(works=True))
    result = rebokeh("models", "pull", "depth-pro")
    assert result.exit_code == 0 and "apple-amlr" in result.stderr
    assert [f.name for f in (tmp_path / "models").iterdir()] == ["depth-pro"]
    assert "not here" not in rebokeh("models", "list").stdout.splitlines()[0]
    again = json.loads(rebokeh("models", "pull", "depth-pro", "--json").stdout)
    assert again["folder"] == str(tmp_path / "models" / "depth-pro")


@pytest.mark.slow
def test_a_model_gives_a_photo_without_depth_its_depth(tmp_path):
    pytest.importorskip("onnxruntime")
    files = write_portrait(tmp_path)
    save_onnx(tmp_path / "mean.onnx")
    refused = rebokeh(files.photo)
    check_refused(refused, 3, "--depth-model")
    result = rebokeh(files.photo, "--depth-model", tmp_path / "mean.onnx", "--json")
    assert result.exit_code == 0, result.output
    done = json.loads(result.stdout)
    assert "mean.onnx" in json.dumps(done) and done["depth_kind"] == "unitless"
    again = (files.photo, "--overwrite", "--depth-model")
    check_refused(rebokeh(*again, "depth-pro"), 4, "rebokeh models pull depth-pro")
    check_refused(rebokeh(*again, tmp_path / "mean.onnx", "--depth", files.depth), 2, "give one")


@pytest.mark.parametrize(
    ("flags", "says"),
    [("--depth --depth-model", "both give the depth"), ("--matte --matte-model", "both give the matte")],
)
def test_two_sources_of_one_thing_are_refused(tmp_path, flags, says):
    files = write_portrait(tmp_path)
    own, model = flags.split()
    check_refused(rebokeh(files.photo, own, files.depth, model, tmp_path / "x.onnx"), 2, says, "give one")


def test_a_stereo_pair_needs_its_baseline(tmp_path):
    pytest.importorskip("cv2")
    files = write_portrait(tmp_path)
    check_refused(rebokeh(files.photo, "--stereo", files.photo), 2, "--baseline")
    check_refused(rebokeh(files.photo, "--stereo", files.photo, "--baseline", "14"), 2, "no unit")
    check_refused(rebokeh(files.photo, "--stereo", files.matte, "--baseline", "14mm"), 4, "too small to be matched")


def test_inspect_says_what_a_photo_holds(tmp_path):
    files = write_portrait(tmp_path)
    words = rebokeh("inspect", files.photo).stdout
    assert "64x48 png" in words and "no depth" in words and "no matte" in words
    found = json.loads(rebokeh("inspect", files.photo, "--depth", files.depth, "--matte", files.matte, "--json").stdout)
    assert (found["width"], found["height"], found["depth_kind"]) == (64, 48, "absolute")
    assert found["matte_source"].startswith("matte.png") and "edges" not in found


def test_inspect_scores_edges(tmp_path):
    files = write_portrait(tmp_path)
    words = ["inspect", files.photo, "--edges", "--depth", files.depth]
    check_refused(rebokeh(*words), 4, "--matte")
    exact = json.loads(rebokeh(*words, "--matte", files.matte, "--json").stdout)["edges"]
    assert exact["as_read"]["f1"] == pytest.approx(1.0) and exact["as_rendered"]["f1"] == pytest.approx(1.0)
    shifted = np.roll(np.asarray(Image.open(files.matte)), 2, axis=1)
    Image.fromarray(shifted).save(files.matte)
    assert "precision 0." in rebokeh(*words, "--matte", files.matte).stdout
    check_refused(rebokeh("inspect", files.photo, "--edges"), 3, "no depth")
