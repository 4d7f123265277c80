"""A tab of a browser with the studio's page in it, for tests that use it as people do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

WIDE, NARROW = (1280, 800), (390, 844)

PATIENCE_S = 120.0
"""How long a state is waited for: what comes by an event, a frame or an answer comes late on a machine that is busy."""


class Tab:
    """A page, what it asked its server for, and what went wrong in it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.trouble: list[str] = []
        self.allowed: list[str] = []
        self.asked: list[str] = []
        self.drafts: list[dict] = []
        self.strokes: list[dict] = []
        self.flying: set[Any] = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("request", self._request)
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: self.flying.discard(request))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(message.text)

    def _request(self, request: Any) -> None:
        self.asked.append(request.url)
        if request.is_navigation_request():
            self.flying.clear()  # with the page that asked
        if not request.url.endswith("/api/events"):
            self.flying.add(request)
        if request.url.endswith("/draft"):
            self.drafts.append(request.post_data_json)
        if request.url.endswith("/strokes"):
            self.strokes.append(request.post_data_json)

    def open(self) -> Tab:
        self.page.goto(self.address)
        return self.ready()

    def until(self, expression: str) -> None:
        """Wait until something holds: asked from here, as the page's policy lets nothing be evaluated in it."""
        self.holds(lambda: self.page.evaluate(expression), expression)

    def holds(self, look: Callable[[], object], said: str = "") -> None:
        """Wait until something holds that is looked at from here."""
        end = time.monotonic() + PATIENCE_S
        while not look():
            assert time.monotonic() < end, said
            self.page.wait_for_timeout(40)

    def ready(self) -> Tab:
        """Wait until a draft is drawn, and nothing is on its way."""
        self.until(
            "document.querySelector('#reading').textContent.includes('m')"
            " && document.querySelector('#stage').getAttribute('aria-busy') === 'false'"
            " && document.querySelector('#stage-state').hidden"
        )
        return self

    def rest(self) -> Tab:
        """Wait until the full picture is drawn, and all else that was asked for is there."""
        self.until("document.querySelector('#stage').dataset.picture === 'full'")
        return self.still()

    def still(self) -> Tab:
        """Wait until nothing is asked for, nothing moves, and what has come is drawn."""
        self.holds(lambda: not self.flying, "requests on their way")
        self.until("document.getAnimations().every((one) => one.playState !== 'running')")
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self

    def settings(self) -> dict[str, Any]:
        """Return the settings that were asked for last."""
        return self.drafts[-1]["settings"]

    def drafted(self, act: Callable[[], object]) -> dict[str, Any]:
        """Do something, and return the settings of the draft that comes of it, once it rests."""
        with self.page.expect_request(lambda one: one.url.endswith("/full")) as full:
            act()
        self.ready()
        assert full.value.post_data_json["settings"] == self.settings()
        return self.settings()

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text().replace("\xa0", " ")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the picture lies on the page, for a photo that fits: (x, y) in shares."""
        box = self.page.locator(".view-canvas").bounding_box()
        padding = 0 if self.page.viewport_size["width"] < 820 else 20
        scale = min((box["width"] - 2 * padding) / 756, (box["height"] - 2 * padding) / 1008)
        left, top = (box["width"] - 756 * scale) / 2, (box["height"] - 1008 * scale) / 2
        return box["x"] + left + x * 756 * scale, box["y"] + top + y * 1008 * scale

    def pixels(self, x: float, y: float, size: int = 12) -> bytes:
        """Look at the screen around a point of the picture."""
        left, top = self.at(x, y)
        return self.page.screenshot(clip={"x": left, "y": top, "width": size, "height": size})

    def resting_pixels(self, look: Callable[[], bytes]) -> bytes:
        """Return what the screen shows, once it shows the same twice."""
        last, now = b"", self.still() and look()
        while now != last:
            last, now = now, self.still() and look()
        return now
