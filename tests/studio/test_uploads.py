"""What is dropped on the page: taken up to a bound, kept apart, and gone with the session."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from support.studio import PATIENCE_S, Page, small_portrait, studio

from rebokeh.bokeh.studio import gallery, server

pytestmark = pytest.mark.kernels


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with studio() as page:
        yield page


def dropped(page: Page, data: bytes, name: str):
    return page.http.post("/api/photos", content=data, headers={"X-Name": name})


def test_a_dropped_photo_is_rendered_and_saved_into_the_studios_folder(page, tmp_path):
    answer = dropped(page, small_portrait(), "Gr%C3%BC%C3%9Fe%20%26%20me.heic")
    assert answer.status_code == 200, answer.text
    entry = answer.json()
    assert entry["name"] == "Grüße & me.heic"
    assert page.post(f"/api/photos/{entry['id']}/draft", {"width": 100}).status_code == 200
    done = page.job(page.post(f"/api/photos/{entry['id']}/save", {"settings": {"fstop": "2"}, "save": {}}))
    assert done["state"] == "done", done
    assert os.listdir(tmp_path) == ["Grüße & me_f2.heic"] == done["outputs"]
    kept = page.session.studio.gallery.get(entry["id"]).path
    assert kept.is_file() and not kept.is_relative_to(tmp_path)
    page.session.studio.close()
    assert not kept.exists() and not kept.parent.parent.exists()


@pytest.mark.parametrize("data", [b"", b"no picture at all", b"\xff\xd8\xff", small_portrait()[:700]])
def test_a_broken_photo_is_said_in_one_line(page, tmp_path, data):
    answer = dropped(page, data, "broken.heic")
    if answer.status_code == 200:  # as far as its first bytes tell
        id = answer.json()["id"]
        found = page.photo(id)
        assert found["state"] == "failed" and "broken.heic" in found["error"] and "\n" not in found["error"]
        answer = page.post(f"/api/photos/{id}/draft", {"width": 100})
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["..%2Fx.heic", "%2Fetc%2Fx.heic", "..", ".x", "a%5Cb.heic", "x%0A.heic"])
def test_a_name_leads_nowhere(page, name):
    answer = dropped(page, small_portrait(), name)
    assert answer.status_code == 409 and page.photos() == []


def test_a_gigabyte_is_not_taken(page):
    """Said beforehand it is refused before any of it is read."""
    head = f"POST /api/photos HTTP/1.1\r\nHost: 127.0.0.1:{page.session.port}\r\nX-Name: big.heic\r\n"
    head += f"X-Rebokeh-Token: {page.session.studio.token}\r\nContent-Length: {1 << 30}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", page.session.port), PATIENCE_S) as raw:
        raw.sendall(head.encode())
        assert raw.recv(4096).split()[1] == b"413"


def test_a_gigabyte_that_is_not_announced_ends_at_the_bound(page, monkeypatch):
    for module in (gallery, server):
        monkeypatch.setattr(module, "MOST_UPLOAD_BYTES", 1 << 20)
    sent = 0

    def endless():
        nonlocal sent
        for _ in range(1 << 14):
            sent += 1 << 16
            yield bytes(1 << 16)

    try:
        answer = page.http.post("/api/photos", content=endless(), headers={"X-Name": "big.heic"})
        assert answer.status_code == 413
    except Exception as error:  # the connection is closed while it sends
        assert type(error).__module__.startswith("httpx")
    assert sent < 1 << 28
    temporary = page.session.studio.gallery.temporary()
    assert list(temporary.iterdir()) == []


def test_a_question_is_bounded_too(page):
    assert page.http.post("/api/command", content=b" " * (5 << 20)).status_code == 413


def test_what_is_named_must_be_there(tmp_path):
    from rebokeh.bokeh.core.errors import InputError
    from rebokeh.bokeh.studio.run import Session

    (tmp_path / "words.txt").write_text("no picture")
    for word in (tmp_path / "none.heic", tmp_path / "words.txt"):
        with pytest.raises(InputError, match=Path(word).name):
            Session([str(word)])
