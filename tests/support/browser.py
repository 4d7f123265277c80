"""The Chromium of this machine, a page or a studio for it to open, and what axe-core finds there."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.command import REBOKEH

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")


@contextmanager
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


@contextmanager
def studio(*words: str | Path, cwd: Path) -> Iterator[str]:
    """Run `rebokeh studio`; gives the address that it prints."""
    process = subprocess.Popen(
        [REBOKEH, "studio", "--no-open", "--keep", *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "http://" in line:
                break
        assert said and "http://" in said[-1], "".join(said)
        yield "http://" + said[-1].split("http://")[1].strip()
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.stdout.close()
