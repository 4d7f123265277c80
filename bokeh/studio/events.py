"""What a session tells its pages while it goes on, and how many of them there are."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from ..core.jsonable import plain

BEAT_S = 10.0
"""A page that is gone is noticed after so long at most."""


class Events:
    """Carries what happens, in whatever thread, to all pages that listen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[asyncio.Queue[str], asyncio.AbstractEventLoop] = {}
        self.last_page_left: float | None = None

    def tell(self, event: Mapping[str, Any]) -> None:
        """Tell all pages."""
        line = f"data: {json.dumps(plain(event), allow_nan=False)}\n\n"
        with self._lock:
            for queue, loop in self._pages.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(queue.put_nowait, line)

    @property
    def pages(self) -> int:
        """How many pages listen."""
        with self._lock:
            return len(self._pages)

    async def stream(self, first: Mapping[str, Any]) -> AsyncIterator[str]:
        """Yield what happens, as server-sent events, until the page is gone."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        with self._lock:
            self._pages[queue] = asyncio.get_running_loop()
            self.last_page_left = None
        try:
            yield f"data: {json.dumps(plain(first), allow_nan=False)}\n\n"
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), BEAT_S)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            with self._lock:
                del self._pages[queue]
                if not self._pages:
                    self.last_page_left = time.monotonic()
