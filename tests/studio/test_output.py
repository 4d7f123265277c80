"""What leaves the studio: the command's own bytes, nothing over what is there, nothing by halves."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest
from support.command import rebokeh
from support.processes import environment_of
from support.studio import Page, small_portrait, studio, wait_until

pytestmark = pytest.mark.kernels


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for name, size in (("a.heic", (96, 128)), ("b c.heic", (128, 96))):
        Path("photos", name).write_bytes(small_portrait(size))
    return tmp_path


@pytest.fixture
def page(place):
    with studio("photos") as page:
        yield page


SETTINGS = [
    ({"fstop": "1.4", "focus": "0.4000,0.5000"}, {}),
    ({"fstop": 2, "lens": None, "blades": 6, "curvature": 0.25, "rotation": 15, "focus": "auto"}, {"format": "png"}),
    ({"lens": "petzval", "focus": "2m", "grain": "match"}, {"format": "jpeg", "save_quality": 80, "strip": ["gps"]}),
    ({"fstop": "f/1.2", "highlights": "0.5", "starburst": "off", "quality": "best"}, {"format": "exr", "hdr": "auto"}),
    ({"style": "gaussian"}, {"format": "tiff"}),
]


@pytest.mark.parametrize(("settings", "save"), SETTINGS)
def test_saved_is_what_the_command_gives_byte_for_byte(page: Page, place, settings, save):
    id = page.id("a.heic")
    page.photo(id)
    command = page.post("/api/command", {"photo": id, "settings": settings, "save": save}).json()["command"]
    before = set(os.listdir("photos"))
    done = page.job(page.post(f"/api/photos/{id}/save", {"settings": settings, "save": save}))
    assert done["state"] == "done", done
    (name,) = set(os.listdir("photos")) - before
    assert done["outputs"] == [name]
    saved = Path("photos", name).read_bytes()
    Path("photos", name).unlink()
    words = shlex.split(command)
    assert words[0] == "rebokeh"
    assert rebokeh(*words[1:]).exit_code == 0
    assert Path("photos", name).read_bytes() == saved


def test_a_name_and_overwriting_are_in_the_command(page: Page):
    id = page.id("b c")
    page.photo(id)
    save = {"name": "new one.jpg", "format": "jpeg", "overwrite": True}
    command = page.post("/api/command", {"photo": id, "settings": {"fstop": "2"}, "save": save}).json()["command"]
    assert shlex.split(command) == [
        "rebokeh", "photos/b c.heic", "--fstop", "2", "--format", "jpeg", "-o", "photos/new one.jpg", "--overwrite",
    ]  # fmt: skip
    done = page.job(page.post(f"/api/photos/{id}/save", {"settings": {"fstop": "2"}, "save": save}))
    assert done["state"] == "done"
    saved = Path("photos/new one.jpg").read_bytes()
    assert rebokeh(*shlex.split(command)[1:]).exit_code == 0
    assert Path("photos/new one.jpg").read_bytes() == saved


def test_nothing_is_written_over_unasked_and_no_input_ever(page: Page):
    id = page.id("a.heic")
    page.photo(id)
    Path("photos/mine.heic").write_bytes(b"mine")
    answer = page.post(f"/api/photos/{id}/save", {"save": {"name": "mine.heic"}})
    assert answer.status_code == 409 and "--overwrite" in answer.json()["error"]
    assert Path("photos/mine.heic").read_bytes() == b"mine"
    for name in ("a.heic", "b c.heic"):
        before = Path("photos", name).read_bytes()
        answer = page.post(f"/api/photos/{id}/save", {"save": {"name": name, "overwrite": True}})
        assert answer.status_code == 409 and "input" in answer.json()["error"]
        assert Path("photos", name).read_bytes() == before


def test_a_photo_that_has_changed_is_opened_again(page: Page):
    id = page.id("a.heic")
    page.photo(id)
    Path("photos/a.heic").write_bytes(small_portrait((96, 96)))
    answer = page.post(f"/api/photos/{id}/save", {"save": {}})
    assert answer.status_code == 422 and "changed" in answer.json()["error"]
    assert page.photo(id)["size"] == [96, 96]


def test_a_preset_says_the_same(page: Page, place):
    settings = {"fstop": "2", "focus": "0.5,0.5", "blades": 6, "with": None}
    answer = page.post("/api/preset", {"settings": settings, "name": "mine"})
    assert answer.status_code == 200, answer.text
    assert tomllib.loads(Path("photos/mine.toml").read_text()) == {"fstop": "2", "focus": "0.5,0.5", "blades": 6}
    assert page.post("/api/preset", {"settings": settings, "name": "mine.toml"}).status_code == 409
    out = rebokeh("photos/a.heic", "--preset", "photos/mine.toml", "-o", "x.heic")
    assert out.exit_code == 0, out.output


def test_a_folder_is_rendered_by_the_batchs_engine(page: Page):
    Path("photos/torn.heic").write_bytes(b"torn")  # not one of the session's
    done = page.job(page.post("/api/apply", {"settings": {"fstop": "2"}, "photos": "all", "save": {"format": "jpeg"}}))
    assert done["state"] == "done", done
    assert sorted(done["outputs"]) == ["a_f2.jpg", "b c_f2.jpg"] and done["total"] == 2
    made = Path("photos/a_f2.jpg").read_bytes()
    Path("photos/a_f2.jpg").unlink()
    assert rebokeh("photos/a.heic", "--fstop", "2", "--format", "jpeg").exit_code == 0
    assert Path("photos/a_f2.jpg").read_bytes() == made


def test_a_focus_pull_between_two_planes(page: Page):
    id = page.id("a.heic")
    page.photo(id)
    asked = {"settings": {"fstop": "2"}, "from": "1m", "to": "0.1,0.1", "seconds": 0.25, "format": "gif"}
    done = page.job(page.post(f"/api/photos/{id}/rack", asked))
    assert done["state"] == "done", done
    (name,) = done["outputs"]
    assert name.startswith("a_rack_1m-") and Path("photos", name).read_bytes()[:4] == b"GIF8"
    assert page.post(f"/api/photos/{id}/rack", asked).status_code == 409
    assert page.post(f"/api/photos/{id}/rack", {**asked, "from": "nowhere"}).status_code == 400
    assert page.post(f"/api/photos/{id}/rack", {**asked, "format": "exe"}).status_code == 400


def test_a_job_ends_when_it_is_told_to(page: Page):
    id = page.id("a.heic")
    page.photo(id)
    asked = {"settings": {"fstop": "2"}, "from": "1m", "to": "4m", "seconds": 60, "format": "gif"}
    key = page.post(f"/api/photos/{id}/rack", asked).json()["job"]
    page.post(f"/api/jobs/{key}/cancel")
    state = lambda: page.http.get(f"/api/jobs/{key}").json()["state"]  # noqa: E731
    wait_until(lambda: state() != "going")
    assert state() == "cancelled"
    assert sorted(os.listdir("photos")) == ["a.heic", "b c.heic"]


def test_a_server_that_is_killed_while_it_saves_leaves_nothing_by_halves(place):
    before = sorted(os.listdir("photos"))
    server = subprocess.Popen(
        [Path(sys.executable).parent / "rebokeh", "studio", "photos", "--no-open", "--keep"],
        stderr=subprocess.PIPE, env=environment_of(), text=True,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        address = server.stderr.readline().split()[-1]
        base, token = address.split("/#token=")
        with httpx.Client(base_url=base, headers={"X-Rebokeh-Token": token}, timeout=300) as http:
            id = next(one["id"] for one in http.get("/api/session").json()["photos"] if one["name"] == "a.heic")
            assert http.post(f"/api/photos/{id}/draft", json={"width": 100}).status_code == 200
            assert http.post(f"/api/photos/{id}/save", json={"save": {"name": "new.heic"}}).status_code == 200
        server.send_signal(signal.SIGKILL)
    finally:
        server.kill()
        server.wait()
    left = set(os.listdir("photos")) - set(before)
    assert left <= {"new.heic"} | {name for name in left if name.startswith(".rebokeh-")}
    if "new.heic" in left:  # it was done already: then it is whole
        assert rebokeh("inspect", "photos/new.heic").exit_code == 0
    with studio("photos") as page:
        assert {"a.heic", "b c.heic"} <= {one["name"] for one in page.photos()}
