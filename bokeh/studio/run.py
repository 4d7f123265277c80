"""A session from its first photo to its last page."""

from __future__ import annotations

import secrets
import socket
import threading
import time
import webbrowser
from collections.abc import Callable, Sequence

from ..core.errors import OutputError
from ..core.extras import needed

LINGER_S = 20.0
"""How long a session goes on without a page: a page that is loaded again is away for a moment."""


class Session:
    """A studio that listens.

    Parameters
    ----------
    words : sequence of str
        Photos and folders.
    port : int
        0: one that is free.
    keep : bool
        Go on when the last page is gone.

    Raises
    ------
    UsageError
        When what it is made of is not installed.
    OutputError
        When the port is taken.
    InputError
        When something named is no picture.
    """

    def __init__(self, words: Sequence[str], port: int = 0, keep: bool = False) -> None:
        for module in ("starlette", "uvicorn"):
            needed(module, "studio", "the studio")
        import uvicorn

        from .server import Studio

        self._keep = keep
        # The protocol is named, or asyncio leaves answers to wait 40 ms for the page to acknowledge their first packet.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as error:
            raise OutputError(f"port {port} is taken ({error.strerror or error}); leave `port` out") from error
        self.port = self._socket.getsockname()[1]
        self.studio = Studio(list(words), secrets.token_urlsafe(24))
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.studio.app(self.port), log_level="warning", access_log=False, lifespan="off", ws="none",
                server_header=False, timeout_graceful_shutdown=1, loop="asyncio", http="h11",
            )
        )  # fmt: skip

    @property
    def address(self) -> str:
        """What a browser opens."""
        return f"http://127.0.0.1:{self.port}/#token={self.studio.token}"

    def run(self, opened: bool, tell: Callable[[str], object]) -> None:
        """Serve until `stop`, or until the last page is gone.

        Parameters
        ----------
        opened : bool
            Whether to open the page in the browser.
        tell : callable
            Is told when the address is to be opened by hand.
        """
        threading.Thread(target=self._watch, args=(opened, tell), daemon=True).start()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.studio.close()
            self._socket.close()

    def stop(self) -> None:
        """Serve no more; from any thread, and from a signal."""
        self._server.should_exit = True

    def _watch(self, opened: bool, tell: Callable[[str], object]) -> None:
        """Open the page once it can be served, and end when nobody is there any more."""
        while not self._server.started and not self._server.should_exit:
            time.sleep(0.02)
        if opened and not self._server.should_exit and not _open(self.address):
            tell("rebokeh: no browser could be opened; open the address above in one")
        while not self._server.should_exit:
            time.sleep(0.5)
            left = self.studio.events.last_page_left
            if self._keep or left is None or self.studio.jobs.are_going:
                continue
            if time.monotonic() - left > LINGER_S:
                self.stop()


def _open(address: str) -> bool:
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False
