"""What is painted on the page: kept beside the photo, undone without end, and rendered as the command renders it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest
from support.command import rebokeh
from support.studio import Page, small_portrait, studio

pytestmark = pytest.mark.kernels

SIDECAR = Path("photos/a.rebokeh.json")
WIDE_OPEN = {"width": 128, "settings": {"fstop": "0.2", "focus": "4m"}}


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    Path("photos/a.heic").write_bytes(small_portrait())
    with studio("photos") as page:
        yield page


def stroke(kind: str = "nearer", at: tuple[float, float] = (0.2, 0.2), **more):
    return {"kind": kind, "points": [at, (at[0] + 0.1, at[1])], "radius": 0.1, "softness": 0.5, **more}


def test_strokes_change_the_draft_and_lie_beside_the_photo(page: Page):
    id = page.id()
    before = Path("photos/a.heic").read_bytes()
    assert page.photo(id)["edits"] == {"count": 0, "painted": False, "can_undo": False, "can_redo": False}
    plain = page.post(f"/api/photos/{id}/draft", WIDE_OPEN).content
    answer = page.post(f"/api/photos/{id}/strokes", stroke(amount=1.0)).json()
    assert answer["edits"] == {"count": 1, "painted": True, "can_undo": True, "can_redo": False}
    assert SIDECAR.is_file()
    drawn = page.post(f"/api/photos/{id}/draft", WIDE_OPEN).content
    assert drawn != plain
    for kind in ("farther", "subject", "not-subject", "lamp", "no-lamp"):
        assert page.post(f"/api/photos/{id}/strokes", stroke(kind, (0.5, 0.5))).status_code == 200
    assert page.post(f"/api/photos/{id}/strokes", stroke("same", dioptres=2.0)).json()["edits"]["count"] == 7
    for _ in range(7):
        answer = page.post(f"/api/photos/{id}/undo").json()
    assert answer["edits"] == {"count": 0, "painted": False, "can_undo": False, "can_redo": True}
    assert not SIDECAR.exists()
    assert page.post(f"/api/photos/{id}/draft", WIDE_OPEN).content == plain
    page.post(f"/api/photos/{id}/redo")
    assert page.post(f"/api/photos/{id}/draft", WIDE_OPEN).content == drawn
    assert page.post(f"/api/photos/{id}/undo").json()["edits"]["can_redo"]
    assert page.post(f"/api/photos/{id}/undo").status_code == 200  # nothing more to undo
    assert Path("photos/a.heic").read_bytes() == before


def test_reset_is_a_step_too(page: Page):
    id = page.id()
    page.photo(id)
    page.post(f"/api/photos/{id}/strokes", stroke())
    assert page.post(f"/api/photos/{id}/edits/reset").json()["edits"] == {
        "count": 2, "painted": False, "can_undo": True, "can_redo": False,
    }  # fmt: skip
    assert not SIDECAR.exists()
    page.post(f"/api/photos/{id}/undo")
    assert SIDECAR.is_file()


def test_saved_with_edits_is_what_the_command_gives(page: Page):
    id = page.id()
    page.photo(id)
    page.post(f"/api/photos/{id}/strokes", stroke(amount=1.0))
    page.post(f"/api/photos/{id}/strokes", stroke("subject", (0.5, 0.4)))
    settings = {"fstop": "1.4", "focus": "0.5,0.5"}
    command = page.post("/api/command", {"photo": id, "settings": settings}).json()["command"]
    done = page.job(page.post(f"/api/photos/{id}/save", {"settings": settings, "save": {}}))
    assert done["state"] == "done", done
    made = Path("photos", done["outputs"][0])
    saved = made.read_bytes()
    made.unlink()
    assert rebokeh(*shlex.split(command)[1:]).exit_code == 0
    assert made.read_bytes() == saved
    made.unlink()
    assert rebokeh(*shlex.split(command)[1:], "--edits", "off").exit_code == 0
    assert made.read_bytes() != saved


def test_edits_are_there_when_the_photo_is_opened_again(page: Page):
    id = page.id()
    page.photo(id)
    page.post(f"/api/photos/{id}/strokes", stroke(amount=1.0))
    drawn = page.post(f"/api/photos/{id}/draft", WIDE_OPEN).content
    with studio("photos") as other:
        assert [one["name"] for one in other.photos()] == ["a.heic"]
        again = other.id()
        assert other.photo(again)["edits"]["count"] == 1
        assert other.post(f"/api/photos/{again}/draft", WIDE_OPEN).content == drawn
        other.post(f"/api/photos/{again}/strokes", stroke())
        assert other.post(f"/api/photos/{again}/undo").json()["edits"]["count"] == 1
        assert SIDECAR.is_file()


@pytest.mark.parametrize(
    "asked",
    [
        {}, stroke("eraser"), {**stroke(), "radius": "x"}, {**stroke(), "radius": -1}, {**stroke(), "points": []},
        {**stroke(), "points": "x"}, {**stroke(), "points": [[0.1]]}, {**stroke(), "points": [[None, 1]]},
        {**stroke(), "softness": 2}, stroke(amount=1e9), stroke("same"), stroke(path="/etc"), stroke(amount=True),
        {**stroke(), "points": [[1e308, -1e308]]},
    ],
)  # fmt: skip
def test_a_stroke_that_makes_no_sense_changes_nothing(page: Page, asked):
    answer = page.post(f"/api/photos/{page.id()}/strokes", asked)
    assert answer.status_code == 400, answer.text
    assert "\n" not in answer.json()["error"]
    assert os.listdir("photos") == ["a.heic"]
