"""Opens a page in the Chromium of this machine, and asks axe-core what in it shuts somebody out."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")


@contextlib.contextmanager
def opened(page: Path, width_px: int, *, dark: bool = False, script: bool = True) -> Iterator[Any]:
    """Open a file in a tab of its own."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width_px, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        tab = context.new_page()
        tab.goto(page.as_uri())
        yield tab
        browser.close()


def violations(tab: Any) -> list[str]:
    """List what axe-core finds in an open page, a line each: rule, and where."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(tab).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
