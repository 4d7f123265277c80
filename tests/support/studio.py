"""A studio that listens, in this process, and what asks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from rebokeh.bokeh.studio.run import Session
from support import iphone
from support.portrait import portrait_arrays

PATIENCE_S = 120.0
"""How long is waited for what must come: on a busy machine it comes late."""


def wait_until(look: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE_S
    while not look():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)


def small_portrait(size: tuple[int, int] = (96, 128)) -> bytes:
    codes, metres, _ = portrait_arrays(*size)
    return iphone.heic(codes, depth=(80 / metres).astype(np.uint8))


class Page:
    """Asks as a page does."""

    def __init__(self, session: Session, name: str = "page") -> None:
        self.session = session
        headers = {"X-Rebokeh-Token": session.studio.token, "X-Page": name}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{session.port}", headers=headers, timeout=PATIENCE_S)

    def photos(self) -> list[dict[str, Any]]:
        return self.http.get("/api/session").json()["photos"]

    def id(self, name: str = "") -> str:
        return next(one["id"] for one in self.photos() if name in one["name"])

    def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.http.post(path, json={} if body is None else body, **more)

    def photo(self, id: str) -> dict[str, Any]:
        """Wait until a photo is prepared, and return what is said of it."""
        found: dict[str, Any] = {}

        def is_there() -> bool:
            found.update(self.http.get(f"/api/photos/{id}").json())
            return found["state"] in ("ready", "failed")

        wait_until(is_there)
        return found

    def job(self, answer: httpx.Response) -> dict[str, Any]:
        """Wait for the end of a job."""
        assert answer.status_code == 200, answer.text
        key = answer.json()["job"]
        found: dict[str, Any] = {}

        def has_ended() -> bool:
            found.update(self.http.get(f"/api/jobs/{key}").json())
            return found["state"] != "going"

        wait_until(has_ended)
        return found


@contextmanager
def studio(*words: str | Path, keep: bool = True) -> Iterator[Page]:
    """Run a studio of some photos and folders."""
    session = Session([str(word) for word in words], keep=keep)
    thread = threading.Thread(target=session.run, args=(False, print), daemon=True)
    thread.start()
    page = Page(session)
    try:
        yield page
    finally:
        page.http.close()
        session.stop()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
