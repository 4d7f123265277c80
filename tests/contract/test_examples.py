"""What docstrings and README show is so: every example runs, and every public name has one."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest
from support.paths import ROOT

import rebokeh as rk

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


def test_the_python_of_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    dioptres = np.where(np.arange(60) < 30, 0.5, 0.2).astype(np.float32) * np.ones((40, 1), np.float32)
    rk.save(rk.Photo(rgb=np.full((40, 60, 3), 0.18, np.float32), depth=dioptres), "photo.heic")
    exec(compile(code, "README.md", "exec"), {})
    made = {path.name for path in Path().iterdir()} - {"photo.heic"}
    assert made == {"picture.heic", "picture_f1.2.heic", "picture_f1.8.heic", "picture_f2.8.heic", "steps"}
