"""Who may talk to the studio: pages that this run has opened, on this machine, and nobody else."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

TOKEN_HEADER = "x-rebokeh-token"

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Guarded:
    """Lets requests through to an ASGI application, or answers them.

    A page of another site can have a browser send requests here, but not under our name (`Host`, which a name that
    leads here by its own DNS gets wrong), not without telling where it is from (`Origin`), and not with the token.

    Parameters
    ----------
    app : ASGI application
    port : int
    token : str
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], port: int, token: str) -> None:
        self._app, self._token = app, token
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                more = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        why = self._refused(scope)
        if why is None:
            await self._app(scope, receive, with_headers)
            return
        body = json.dumps({"code": "Refused", "error": why}).encode()
        await with_headers({
            "type": "http.response.start", "status": 403,
            "headers": [(b"content-type", b"application/json"), (b"connection", b"close")],
        })  # fmt: skip
        await with_headers({"type": "http.response.body", "body": body})

    def _refused(self, scope: Scope) -> str | None:
        """Say why a request is refused; None when it is not."""
        found: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        if found.get("host", [""]) != [host for host in found.get("host", []) if host in self._hosts][:1]:
            return "this is not the address that the studio has printed"
        origins = {f"http://{host}" for host in self._hosts}
        if any(origin not in origins for origin in found.get("origin", [])):
            return "another site's page has asked; open the address that the studio has printed"
        if scope["path"].startswith("/api/"):
            token = found.get(TOKEN_HEADER, [""])[0]
            if not hmac.compare_digest(token.encode(), self._token.encode()):
                return "the token is missing or of another session; open the address that the studio has printed"
        return None
