"""A studio on a folder of photos, and tabs that have its page open."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import CHROMIUM, studio
from support.page import PATIENCE_S, WIDE, Tab
from support.paths import ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two photos."""
    where = tmp_path_factory.mktemp("photos")
    for name in ("one.heic", "two.heic"):
        shutil.copy(ROOT / "samples" / "portrait.heic", where / name)
    return where


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Return the address of a studio that shows the folder."""
    with studio(folder, cwd=folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=1000 * PATIENCE_S)
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def new_tab(browser: Any, address: str) -> Iterator[Callable[..., Tab]]:
    """Return what makes a tab; each is held to silence on its console, and to its own server."""
    made = []

    def make(size: tuple[int, int] = WIDE, **more: Any) -> Tab:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB", **more)
        context.set_default_timeout(1000 * PATIENCE_S)
        made.append((context, Tab(context.new_page(), address)))
        return made[-1][1]

    yield make
    for context, tab in made:
        context.close()
        unforeseen = [text for text in tab.trouble if not any(re.search(one, text) for one in tab.allowed)]
        assert unforeseen == []
        elsewhere = [url for url in tab.asked if not url.startswith((address.split("#")[0], "blob:"))]
        assert elsewhere == []


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    """Return a wide page with the first photo."""
    return new_tab().open()
