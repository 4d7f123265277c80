"""Faces by YuNet and BlazeFace: tiny graphs, OpenCV's reading of one, real ones where they are."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import replace

import numpy as np
import pytest
from support.command import rebokeh
from support.portrait import write_portrait
from support.tiny_models import YUNET_BOX, YUNET_EYES, save_blazeface, save_onnx, save_tflite, save_yunet

import rebokeh as rk
from rebokeh.bokeh.core.errors import InputError, UsageError
from rebokeh.bokeh.depth.autofocus import find_focus
from rebokeh.bokeh.depth.calibrate import calibrate
from rebokeh.bokeh.depth.face_regions import face_of
from rebokeh.bokeh.depth.models import find_faces, known, store
from rebokeh.bokeh.depth.models.faces import Candidates
from rebokeh.bokeh.photo.metadata import FaceRegion, Metadata

pytestmark = pytest.mark.kernels

LEFT_EYE, RIGHT_EYE = YUNET_EYES[2:], YUNET_EYES[:2]


def red_square(size: tuple[int, int], top: int, left: int, side: int, colour: int = 0) -> rk.Photo:
    rgb = np.zeros((*size, 3), np.float32)
    rgb[top : top + side, left : left + side, colour] = 1.0
    return rk.Photo(rgb=rgb)


@pytest.fixture
def yunet(tmp_path):
    """Return what saves a graph with YuNet's signature, and says where."""
    pytest.importorskip("onnxruntime")

    def save(name: str = "yunet.onnx", **how):
        save_yunet(tmp_path / name, **how)
        return tmp_path / name

    return save


def test_yunet_s_numbers_are_read_as_its_authors_write_them(yunet):
    found = find_faces(red_square((64, 64), 24, 40, 8), yunet())
    (face,) = found.meta.found_faces
    (x, y, across, down), (left, right) = face.box, face.eyes or ((), ())
    # Point (5, 3) of the lattice whose points are 8 pixels apart.
    assert (x + across / 2) * 64 == pytest.approx((5 + YUNET_BOX[0]) * 8, rel=1e-5)
    assert (y + down / 2) * 64 == pytest.approx((3 + YUNET_BOX[1]) * 8, rel=1e-5)
    assert (across * 64, down * 64) == pytest.approx((math.exp(YUNET_BOX[2]) * 8, math.exp(YUNET_BOX[3]) * 8), rel=1e-5)
    assert left == pytest.approx(((5 + LEFT_EYE[0]) / 8, (3 + LEFT_EYE[1]) / 8), rel=1e-5)
    assert right == pytest.approx(((5 + RIGHT_EYE[0]) / 8, (3 + RIGHT_EYE[1]) / 8), rel=1e-5)
    assert face.source == "the model yunet.onnx" and found.meta.notes[-1] == "faces: 1 by the model yunet.onnx"


def test_opencv_reads_the_same_faces_out_of_the_same_graph(yunet):
    cv2 = pytest.importorskip("cv2")
    graph = yunet()
    photo = red_square((64, 64), 24, 40, 8)
    photo.rgb[48:56, 8:16, 0] = 1.0
    own = find_faces(photo, graph).meta.found_faces
    codes = np.ascontiguousarray((photo.rgb[..., ::-1] * 255).astype(np.uint8))
    _, theirs = cv2.FaceDetectorYN.create(str(graph), "", (64, 64), 0.8, 0.3).detect(codes)
    assert len(own) == len(theirs) == 2
    for face, row in zip(sorted(own, key=lambda one: one.box), sorted(theirs.tolist()), strict=True):
        assert [64 * number for number in face.box] == pytest.approx(row[:4], abs=1e-3)
        assert face.eyes is not None
        assert [64 * n for n in (*face.eyes[1], *face.eyes[0])] == pytest.approx(row[4:8], abs=1e-3)


@pytest.mark.parametrize(("side", "size"), [(64, (96, 128)), ("side", (480, 640))], ids=["halved", "open"])
def test_an_oblong_photo_is_shown_in_the_middle_and_found_in_its_place(yunet, side, size):
    """As much black is above as below: an eighth of the square, which a graph that leaves it open has of 640 pixels."""
    shown = 64 if side == 64 else 640
    by, top = size[1] // shown, shown // 8
    row, column = (4 if side == 64 else 30), 5
    photo = red_square(size, (row * 8 - top) * by, column * 8 * by, 8 * by)
    (face,) = find_faces(photo, yunet(side=side)).meta.found_faces
    x, y, across, down = face.box
    assert x + across / 2 == pytest.approx((column + YUNET_BOX[0]) * 8 / shown, rel=1e-5)
    assert y + down / 2 == pytest.approx(((row + YUNET_BOX[1]) * 8 - top) / (0.75 * shown), rel=1e-5)


def test_yunet_is_shown_blue_first(yunet):
    assert find_faces(red_square((64, 64), 24, 40, 8, colour=2), yunet()).meta.found_faces == ()


@pytest.mark.parametrize(
    ("level", "at"), [(1.0, (2.5 / 8, 3.5 / 8)), (0.0, (4.5 / 16, 9.5 / 16))], ids=["eight a side", "sixteen a side"]
)
def test_blazeface_s_numbers_are_read_as_mediapipe_writes_them(tmp_path, level, at):
    """Two candidates stand in each of 16 squares a side, then six in each of 8 a side; two on one face are one."""
    pytest.importorskip("ai_edge_litert.interpreter")
    numbers = [4.0, -2.0, 16.0, 24.0, -3.0, 1.0, 5.0, 2.0, *[0.0] * 8]
    white, black = 512 + 6 * (8 * 3 + 2) + 4, 2 * (16 * 9 + 4) + 1
    save_blazeface(tmp_path / "short.tflite", {white: 4.0, white + 1: 3.0, black: -4.0}, numbers)
    photo = rk.Photo(rgb=np.full((200, 200, 3), level, np.float32))
    (face,) = find_faces(photo, tmp_path / "short.tflite").meta.found_faces
    (x, y, across, down), eyes = face.box, face.eyes or ((), ())
    assert (across, down) == pytest.approx((16 / 128, 24 / 128), rel=1e-4)
    assert (x + across / 2, y + down / 2) == pytest.approx((at[0] + 4 / 128, at[1] - 2 / 128), rel=1e-4)
    assert eyes[0] == pytest.approx((at[0] - 3 / 128, at[1] + 1 / 128), rel=1e-4)
    assert eyes[1] == pytest.approx((at[0] + 5 / 128, at[1] + 2 / 128), rel=1e-4)


def test_of_boxes_on_one_another_the_surest_is_the_face():
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [20, 0, 30, 10], [0, 0, 10, 10]], np.float32)
    made = Candidates(np.asarray([0.8, 0.9, 0.7, 0.4], np.float32), boxes, np.zeros((4, 2, 2), np.float32))
    assert made.faces(0.5) == [1, 2] and made.faces(0.75) == [1] and made.faces(0.95) == []


def test_the_focus_is_on_the_eyes_that_the_model_saw():
    """Eyes beside each other in a head that is laid down are not where proportions put them."""
    depth = np.full((100, 100), 0.5, np.float32)
    depth[25:35, 45:55] = 0.8
    face = FaceRegion((0.2, 0.2, 0.4, 0.4), "the model yunet.onnx", ((0.3, 0.5), (0.5, 0.3)))
    photo = rk.Photo(rgb=np.zeros((100, 100, 3), np.float32), depth=depth, meta=Metadata(found_faces=(face,)))
    assert find_focus(rk.Lens(focus_on="eyes"), photo, depth, None) == (
        pytest.approx(1.25),
        "eyes (the model yunet.onnx)",
    )
    assert find_focus(rk.Lens(focus_on="face"), photo, depth, None)[0] == pytest.approx(2.0)


def test_a_model_s_faces_stand_before_the_file_s_and_say_so(yunet):
    own = (0.1, 0.1, 0.2, 0.2)
    photo = red_square((64, 64), 24, 40, 8)
    photo = replace(photo, meta=replace(photo.meta, faces=(own,)))
    found = find_faces(photo, yunet())
    assert (said := face_of(found)) and said.source == "the model yunet.onnx"
    assert "the file's own faces are not used: a model was asked for" in found.meta.notes
    none = find_faces(replace(photo, rgb=np.zeros_like(photo.rgb)), yunet())
    assert face_of(none) == FaceRegion(own, "the file's region")
    assert none.meta.notes[-1] == "faces: the model yunet.onnx finds none, so the file's own hold"


def test_the_size_of_a_model_s_box_says_no_distance():
    """Apple's regions have one size on every head; another program's box has another."""
    face = FaceRegion((0.4, 0.4, 0.2, 0.2), "the model yunet.onnx")
    meta = Metadata(camera="Apple iPhone 14", f35_mm=26.0, found_faces=(face,))
    photo = rk.Photo(rgb=np.zeros((60, 80, 3), np.float32), depth=np.full((60, 80), 0.5, np.float32), meta=meta)
    photo = replace(photo, depth_kind="relative")
    assert calibrate(photo).meta.anchoring is None
    assert calibrate(replace(photo, meta=replace(meta, faces=(face.box,)))).meta.anchoring is not None


def test_what_finds_no_faces_is_refused(yunet, tmp_path, monkeypatch):
    pytest.importorskip("ai_edge_litert.interpreter")
    photo = red_square((64, 64), 24, 40, 8)
    save_onnx(tmp_path / "depth.onnx")
    with pytest.raises(
        InputError, match=r"depth.onnx: the model returns predicted_depth, not YuNet's faces; use OpenCV"
    ):
        find_faces(photo, tmp_path / "depth.onnx")
    with pytest.raises(InputError, match="not YuNet's faces"):
        find_faces(photo, yunet(drop="kps_16"))
    save_tflite(tmp_path / "people.tflite")
    with pytest.raises(InputError, match=r"people.tflite: the model returns .* not faces; use MediaPipe"):
        find_faces(photo, tmp_path / "people.tflite")
    torn = tmp_path / "torn.onnx"
    torn.write_bytes(yunet().read_bytes()[:200])
    with pytest.raises(InputError, match="torn.onnx: the model is truncated or damaged"):
        find_faces(photo, torn)
    torn.write_bytes(b"GIF89a")
    torn = torn.rename(tmp_path / "torn")
    with pytest.raises(InputError, match="`face_model` OpenCV's YuNet"):
        find_faces(photo, torn)
    monkeypatch.setenv("REBOKEH_MODELS", str(tmp_path / "none"))
    with pytest.raises(InputError, match="yunet: its weights are not here.*2023mar.onnx"):
        find_faces(photo, "yunet")
    with pytest.raises(InputError, match="blazeface: its weights are not here.*npm pack"):
        find_faces(photo, "blazeface")
    with pytest.raises(UsageError, match="neither yunet, blazeface nor a file"):
        find_faces(photo, "retina")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UsageError, match=r"onnxruntime.*pip install 'onnxruntime\S+' \(rebokeh's extra onnx\)"):
        find_faces(photo, yunet())


def test_the_command_line_focuses_on_eyes_that_a_model_finds(yunet, tmp_path, monkeypatch):
    files = write_portrait(tmp_path)
    photo = red_square((48, 64), 16, 40, 8)
    rk.save(photo, files.photo, overwrite=True)
    (tmp_path / "models" / "yunet").mkdir(parents=True)
    yunet().rename(tmp_path / "models" / "yunet" / "yunet.onnx")
    monkeypatch.setenv("REBOKEH_MODELS", str(tmp_path / "models"))
    asked = (files.photo, "--depth", files.depth, "--matte", files.matte, "--focus", "eyes")
    none = rebokeh(*asked)
    assert "give a point with --focus x,y, or a --face-model that finds one" in none.stderr
    result = rebokeh(*asked, "--face-model", "yunet", "--overwrite", "-v")
    assert result.exit_code == 0, result.output
    assert "eyes (the model yunet.onnx)" in result.output and "no face is known" not in result.output


def test_a_real_model_finds_a_man_s_eyes_in_his_face(shared):
    pytest.importorskip("ai_edge_litert.interpreter")
    named = os.environ.get("REBOKEH_FACE_MODEL")
    if named is None and store.find(known("blazeface")) is None:
        pytest.skip("no face model (REBOKEH_FACE_MODEL names one)")
    photo = rk.load(shared / "real" / "ipX_depth_pem.jpg")
    (face,) = find_faces(photo, named or "blazeface").meta.found_faces
    ((x, y, width, height),) = photo.meta.faces
    assert face.eyes is not None
    for pupil, share in zip(face.eyes, (0.27, 0.73), strict=True):
        assert abs(pupil[0] - (x + share * width)) < 0.1 * width and abs(pupil[1] - (y + 0.4 * height)) < 0.15 * height
    assert (
        find_faces(rk.load(shared / "real" / "ip12mini_depth_gainmap.jpg"), named or "blazeface").meta.found_faces == ()
    )
