"""What docs/promises.md promises is shown by tests that exist."""

from __future__ import annotations

import re

import pytest
from support.paths import ROOT

NAMED = re.findall(
    r"`((?:tests|benchmarks)/[\w/]+\.py)::(test_\w+)`", (ROOT / "docs" / "promises.md").read_text("utf-8")
)


def test_promises_are_made():
    assert len(NAMED) > 20


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_a_promise_is_shown_by_a_test(file, test):
    assert re.search(rf"^def {test}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)
