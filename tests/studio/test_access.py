"""Only pages of this run, on this machine, are let in; and nothing is read or written but what was named."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from support.studio import Page, small_portrait, studio

pytestmark = pytest.mark.kernels


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Return a folder with a photo, beside one with a secret that a link leads to."""
    root = tmp_path_factory.mktemp("access")
    (root / "photos").mkdir()
    (root / "secret").mkdir()
    (root / "photos" / "a.heic").write_bytes(small_portrait())
    (root / "secret" / "hidden.heic").write_bytes(small_portrait())
    (root / "photos" / "out.heic").symlink_to(root / "secret" / "hidden.heic")
    (root / "photos" / "inner.heic").symlink_to(root / "photos" / "a.heic")
    (root / "photos" / "elsewhere").symlink_to(root / "secret")
    return root


@pytest.fixture(scope="module")
def page(place):
    with studio(place / "photos") as page:
        yield page


def test_it_listens_to_this_machine_alone(page: Page):
    assert page.session._socket.getsockname()[0] == "127.0.0.1"
    with socket.socket() as other:  # the same port of another address is free
        other.bind(("127.0.0.2", page.session.port))


@pytest.mark.parametrize("path", ["/api/session", "/api/events", "/api/photos/x/source", "/api/jobs/x"])
def test_without_the_token_nothing_is_said(page: Page, path):
    for token in ({"X-Rebokeh-Token": ""}, {"X-Rebokeh-Token": "x" * 32}):
        answer = page.http.get(path, headers=token)
        assert answer.status_code == 403 and answer.json()["code"] == "Refused"
        assert "photos" not in answer.json()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:80", "0.0.0.0:{port}"])
def test_another_host_is_refused(page: Page, host):
    """A name of theirs that leads here."""
    answer = page.http.get("/", headers={"Host": host.format(port=page.session.port)})
    assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_another_origin_is_refused(page: Page, origin):
    headers = {"Origin": origin.format(port=page.session.port)}
    assert page.http.get("/api/session", headers=headers).status_code == 403
    assert page.post("/api/bye", headers=headers).status_code == 403
    own = {"Origin": f"http://127.0.0.1:{page.session.port}"}
    assert page.http.get("/api/session", headers=own).status_code == 200


def test_every_answer_has_its_policy(page: Page):
    for path in ("/", "/api/session", "/nowhere"):
        headers = page.http.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py", "/page/..%2fserver.py", "/page/%2e%2e/server.py", "/page//etc/passwd",
        "/page/%2fetc%2fpasswd", "/page/server.py", "/page/.", "/page/..", "/page/index.html%00.mjs",
        "/api/lens/..%2f..%2fx.png", "/api/photos/..%2f..%2fetc%2fpasswd/source", "/api/photos//etc/passwd/thumb",
        "/api/renders/x/1/0,0,1,1", "/api/renders/..%2fx/1/..", "/api/renders/x", "/api/renders/x/-1/0,0,1,1",
    ],
)  # fmt: skip
def test_no_way_out_of_what_was_named(page: Page, path):
    # By hand: clients tidy such paths up before they ask.
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{page.session.port}\r\nConnection: close\r\n"
    request += f"X-Rebokeh-Token: {page.session.studio.token}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", page.session.port)) as raw:
        raw.sendall(request.encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    status = int(answer.split()[1])
    assert status in (400, 404, 405, 409, 410), answer
    assert b"root:" not in answer and b"starlette" not in answer


def test_a_link_out_of_a_folder_is_no_photo_of_it(page: Page):
    names = sorted(one["name"] for one in page.photos())
    assert names == ["a.heic", "inner.heic"]


@pytest.mark.parametrize(
    "name", ["../x.heic", "/tmp/x.heic", "..", "a/b.heic", "a\\b.heic", ".hidden", "x\n.heic", "\0"]
)
def test_a_name_that_leads_elsewhere_is_refused(page: Page, place, name):
    id = page.id("a.heic")
    before = sorted(os.listdir(place / "photos"))
    for path, body in (
        (f"/api/photos/{id}/save", {"save": {"name": name}}),
        ("/api/preset", {"settings": {"fstop": "2"}, "name": name}),
        ("/api/command", {"photo": id, "save": {"name": name}}),
    ):
        answer = page.post(path, body)
        assert answer.status_code == 409, answer.text
        assert "\n" not in answer.json()["error"]
    assert sorted(os.listdir(place / "photos")) == before


def test_a_link_leads_no_picture_out(page: Page, place):
    """Even where it may be overwritten."""
    target = place / "secret" / "mine.heic"
    (place / "photos" / "linked.heic").symlink_to(target)
    for there in (False, True):
        if there:
            target.write_bytes(b"mine")
        for overwrite in (False, True):
            answer = page.post(
                f"/api/photos/{page.id('a.heic')}/save", {"save": {"name": "linked.heic", "overwrite": overwrite}}
            )
            assert answer.status_code == 409 and answer.json()["code"] == "OutputError"
    assert target.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "settings",
    [
        {"lens": "/etc/passwd"}, {"lens": "x.toml"}, {"lens": "../petzval"}, {"depth_model": "/etc/passwd"},
        {"matte_model": "x.onnx"}, {"edits": "/etc/passwd"}, {"layer": "x"}, {"format": "png"}, {"out": "/tmp/x"},
        {"fstop": "no"}, {"fstop": []}, {"blades": 1.5}, {"focus": "9,9"}, [], "x", {"preset": "x.toml"},
    ],
)  # fmt: skip
def test_settings_name_no_file_and_no_nonsense(page: Page, settings):
    answer = page.post(f"/api/photos/{page.id('a.heic')}/draft", {"settings": settings, "width": 100})
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"code", "error"} and "\n" not in answer.json()["error"]


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b"1", b'"x"'])
def test_a_question_that_is_none(page: Page, data):
    answer = page.http.post(f"/api/photos/{page.id('a.heic')}/focus", content=data)
    assert answer.status_code == 400 and "JSON" in answer.json()["error"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_do_nothing(page: Page, method):
    assert page.http.request(method, "/api/session").status_code == 405
