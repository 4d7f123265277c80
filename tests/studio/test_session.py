"""A session: its events, the photo after the one that is looked at, how it ends, and the command that begins it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from support.command import check_refused, rebokeh
from support.processes import environment_of
from support.studio import PATIENCE_S, Page, small_portrait, studio, wait_until

from rebokeh.bokeh.studio import gallery, run

pytestmark = pytest.mark.kernels


@pytest.fixture
def photos(tmp_path) -> Path:
    for name in ("a", "b", "c", "d", "e"):
        (tmp_path / f"{name}.heic").write_bytes(small_portrait())
    return tmp_path


def listen(page: Page, until, act=None) -> list[dict]:
    """Return what is told until something is; `act` is done once it is listened."""
    told: list[dict] = []
    with page.http.stream("GET", "/api/events", timeout=PATIENCE_S) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                if act is not None and not told:
                    threading.Thread(target=act).start()
                told.append(json.loads(line[6:]))
                if until(told[-1]):
                    return told
    return told


def test_pages_are_told_what_goes_on(photos):
    with studio(photos / "a.heic") as page:
        id = page.id()
        told = listen(
            page, lambda event: event.get("state") == "ready", lambda: page.http.get(f"/api/photos/{id}")
        )  # fmt: skip
        assert told[0]["photos"][0]["id"] == id
        assert [event["state"] for event in told[1:]] == ["loading", "preparing", "ready"]
        assert told[-1]["size"] == [128, 96] and told[-1]["photo"] == id


def test_the_next_photo_is_prepared_meanwhile_and_old_ones_are_let_go(photos, monkeypatch):
    monkeypatch.setattr(gallery, "REST_S", 0.01)
    with studio(photos) as page:
        ids = [one["id"] for one in page.photos()]
        page.photo(ids[0])

        def states() -> list[str]:
            return [one["state"] for one in page.photos()]

        wait_until(lambda: states() == ["ready", "ready", "waiting", "waiting", "waiting"])
        page.photo(ids[3])
        wait_until(lambda: states() == ["ready", "waiting", "waiting", "ready", "ready"])
        assert page.post(f"/api/photos/{ids[1]}/draft", {"width": 100}).status_code == 200
        assert states().count("ready") <= gallery.KEPT + 1


def test_large_photos_are_let_go_sooner(photos, monkeypatch):
    monkeypatch.setattr(gallery, "REST_S", 0.01)
    monkeypatch.setattr(gallery, "KEPT_PIXELS", 2 * 96 * 128)
    with studio(photos) as page:
        for one in page.photos()[::2]:
            page.photo(one["id"])
        wanted = ["waiting", "waiting", "ready", "waiting", "ready"]
        wait_until(lambda: [one["state"] for one in page.photos()] == wanted)


def test_it_ends_when_its_last_page_is_gone_for_a_while(photos, monkeypatch):
    monkeypatch.setattr(run, "LINGER_S", 0.0)
    session = run.Session([str(photos / "a.heic")])
    thread = threading.Thread(target=session.run, args=(False, print), daemon=True)
    thread.start()
    page = Page(session)
    time.sleep(1.5)
    assert thread.is_alive()  # nobody has come yet
    monkeypatch.setattr(run, "LINGER_S", PATIENCE_S)
    for _ in range(2):  # loaded again, it is away for a moment only
        listen(page, lambda event: True)
        time.sleep(1.0)
        assert thread.is_alive()
    monkeypatch.setattr(run, "LINGER_S", 0.5)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_kept_it_goes_on(photos, monkeypatch):
    monkeypatch.setattr(run, "LINGER_S", 0.0)
    with studio(photos / "a.heic") as page:
        listen(page, lambda event: True)
        time.sleep(1.5)
        assert page.http.get("/api/session").status_code == 200


def test_a_broken_photo_fails_alone(photos):
    (photos / "b.heic").write_bytes(small_portrait()[:900])
    with studio(photos) as page:
        broken = page.photo(page.id("b.heic"))
        assert broken["state"] == "failed" and "b.heic" in broken["error"] and "\n" not in broken["error"]
        answer = page.post(f"/api/photos/{broken['id']}/save", {"save": {}})
        assert answer.status_code == 422 and answer.json()["error"] == broken["error"]
        assert page.photo(page.id("a.heic"))["state"] == "ready"


def test_two_pages_at_once(photos):
    with studio(photos / "a.heic", photos / "b.heic") as page:
        other = Page(page.session, "another")
        answers: dict[str, httpx.Response] = {}

        def ask(who: Page, name: str) -> None:
            answers[name] = who.post(f"/api/photos/{page.id(name)}/draft", {"width": 100, "settings": {"fstop": "2"}})

        threads = [threading.Thread(target=ask, args=one) for one in ((page, "a.heic"), (other, "b.heic"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.status_code for one in answers.values()] == [200, 200]


def test_the_command(photos):
    """It says its address, serves a page, and ends by a signal without a trace."""
    words = ["studio", "a.heic", "--no-open"]
    server = subprocess.Popen(
        [Path(sys.executable).parent / "rebokeh", *words],
        cwd=photos, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment_of(), text=True,
    )  # fmt: skip
    assert server.stderr is not None
    first = server.stderr.readline()
    assert first.startswith("rebokeh studio: http://127.0.0.1:") and "/#token=" in first
    base = first.split()[-1].split("/#")[0]
    assert httpx.get(base + "/api/session").status_code == 403
    server.send_signal(signal.SIGINT)
    out, err = server.communicate(timeout=PATIENCE_S)
    assert server.returncode == 130 and out == ""
    assert err.splitlines()[-1] == "rebokeh: interrupted" and "Traceback" not in err
    assert sorted(path.name for path in photos.iterdir()) == [f"{name}.heic" for name in "abcde"]


def test_the_commands_refusals(tmp_path):
    check_refused(rebokeh("studio", tmp_path / "none.heic", "--no-open"), 4, "none.heic")
    (tmp_path / "x.txt").write_text("x")
    check_refused(rebokeh("studio", tmp_path / "x.txt", "--no-open"), 4, "x.txt", "not a picture")
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        check_refused(rebokeh("studio", "--no-open", "--port", port), 2, str(port), "--port")
