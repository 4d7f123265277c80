"""What docstrings and pages show is so: every example runs, and every public name has one."""

from __future__ import annotations

import doctest
import re
import threading
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.paths import ROOT

import rebokeh as rk
from rebokeh.bokeh.photo.edits import CHANNELS

pytestmark = pytest.mark.kernels


def needs_an_example(name: str) -> bool:
    """Whether a public name is called or made by its user: errors and warnings are not, but for what catches them."""
    public = getattr(rk, name)
    raised = isinstance(public, type) and issubclass(public, (Exception, Warning))
    return callable(public) and (not raised or public is rk.RebokehError)


@pytest.mark.parametrize("name", [name for name in rk.__all__ if needs_an_example(name)])
def test_a_public_name_has_an_example_that_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    doc = getattr(rk, name).__doc__
    assert doc and re.search(r"^ *Examples\n *-{8}$", doc, re.MULTILINE)
    said: list[str] = []
    example = doctest.DocTestParser().get_doctest(doc, {}, name, None, None)
    ran = doctest.DocTestRunner().run(example, out=said.append)
    assert ran.attempted > 1 and ran.failed == 0, "".join(said)


def test_the_python_of_the_reference_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "reference" / "api.md"
    (code,) = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    dioptres = np.where(np.arange(60) < 30, 0.5, 0.2).astype(np.float32) * np.ones((40, 1), np.float32)
    rk.save(rk.Photo(rgb=np.full((40, 60, 3), 0.18, np.float32), depth=dioptres), "photo.heic")
    exec(compile(code, "api.md", "exec"), {})
    made = {path.name for path in Path().iterdir()} - {"photo.heic"}
    assert made == {"picture.heic", "picture_f1.2.heic", "picture_f1.8.heic", "picture_f2.8.heic", "steps"}


def test_the_python_of_the_notebook_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dioptres = np.where(np.arange(60) < 30, 0.5, 0.2).astype(np.float32) * np.ones((40, 1), np.float32)
    rk.save(rk.Photo(rgb=np.full((40, 60, 3), 0.18, np.float32), depth=dioptres), "photo.heic")
    page = ROOT / "docs" / "how-to" / "notebook.md"
    cells = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(cells) == 4
    for cell in cells:
        exec(compile(cell, "notebook.md", "exec"), {})
    with Image.open("apertures.png") as beside:
        assert beside.size == (180, 40)


def test_the_python_of_the_docs_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dioptres = np.where(np.arange(60) < 30, 0.5, 0.2).astype(np.float32) * np.ones((40, 1), np.float32)
    rk.save(rk.Photo(rgb=np.full((40, 60, 3), 0.18, np.float32), depth=dioptres), "photo.heic")
    text = (ROOT / "docs" / "python.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    held: list[dict] = [{} for _ in blocks]
    for names, block in zip(held, blocks, strict=True):
        exec(compile(block, "python.md", "exec"), names)
    assert held[0]["jpeg"][:2] == b"\xff\xd8" and held[0]["codes"].shape == (40, 60, 3)
    assert {path.name for path in Path().iterdir()} == {
        "photo.heic", "thread_f1.2.jpg", "thread_f2.0.jpg", "thread_f4.0.jpg", "async.jpg"
    }  # fmt: skip
    server = held[-1]["server"]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        with urllib.request.urlopen(urllib.request.Request(address, Path("photo.heic").read_bytes())) as answer:
            assert answer.status == 200 and rk.load(answer.read()).size == (40, 60)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(address, b"no picture"))
        assert refused.value.code == 422 and b"not a picture that rebokeh reads" in refused.value.read()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_python_of_the_page_on_edits_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dioptres = np.where(np.arange(60) < 30, 0.5, 0.2).astype(np.float32) * np.ones((40, 1), np.float32)
    rk.save(rk.Photo(rgb=np.full((40, 60, 3), 0.18, np.float32), depth=dioptres), "photo.heic")
    text = (ROOT / "docs" / "edits.md").read_text("utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    exec(compile(block, "edits.md", "exec"), {})
    assert {path.name for path in Path().iterdir()} == {"photo.heic", "photo.rebokeh.json"}
    assert rk.load("photo.heic").edits is not None


def test_the_page_on_edits_tells_the_channels_as_they_are():
    rows = re.findall(
        r"^\| `(\w+)` \| [^|]* \| (\d+) \| 1/(\d+) \|", (ROOT / "docs" / "edits.md").read_text(), re.MULTILINE
    )
    assert {name: (int(zero), 1 / int(part)) for name, zero, part in rows} == {
        name: (channel.zero, channel.scale) for name, channel in CHANNELS.items()
    }
