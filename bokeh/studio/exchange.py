"""What goes between a page and the studio: questions read with suspicion, answers in the shapes that browsers take."""

from __future__ import annotations

import asyncio
import json
import os
import traceback
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from importlib.resources import files
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ..core.errors import UsageError
from ..core.jsonable import plain
from .errors import NotThereError, TooLargeError, said

Found = TypeVar("Found")
Answer = Callable[[Request], Awaitable[Response]]

MOST_JSON_BYTES, MOST_WIDE = 4 << 20, 16_384
_TYPES = {
    ".html": "text/html", ".css": "text/css", ".mjs": "text/javascript", ".json": "application/json",
    ".svg": "image/svg+xml", ".png": "image/png",
}  # fmt: skip


def answering(answer: Answer) -> Answer:
    """Tell a page in one line what cannot be done."""

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            status, told = said(error)
            if status == 500:  # a fault of ours: the page has its line, and whoever started the studio the rest
                traceback.print_exc()
            # What is too large is not read to its end either.
            return JSONResponse(told, status, {"connection": "close"} if isinstance(error, TooLargeError) else None)

    return guarded


async def done(future: Future[Found]) -> Found:
    """Wait for what is being rendered."""
    return await asyncio.wrap_future(future)


async def body_of(request: Request) -> Mapping[str, Any]:
    """Read a page's question: a JSON object."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_JSON_BYTES:
            raise TooLargeError(f"a question has at most {MOST_JSON_BYTES >> 20} MB")
    try:
        body = json.loads(bytes(data) or b"{}")
    except ValueError as error:
        raise UsageError("the question is no JSON") from error
    if not isinstance(body, dict):
        raise UsageError("the question must be a JSON object")
    return body


def page_of(request: Request) -> str:
    """Name the page that asks; empty when it does not say."""
    return request.headers.get("x-page", "")[:64]


def width_of(value: object) -> int:
    """Read a width in pixels."""
    try:
        width = int(str(value))
    except ValueError as error:
        raise UsageError(f"width {value!r} is no number of pixels") from error
    if not 16 <= width <= MOST_WIDE:
        raise UsageError(f"width {width} is out of range; 16 to {MOST_WIDE}")
    return width


def number_of(body: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """Read a number within bounds."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise UsageError(f"`{name}` is a number from {low:g} to {high:g}")
    return float(value)


def number_in(words: str, name: str) -> float:
    """Read a number from 0 to 1 out of an address."""
    try:
        value = float(words)
    except ValueError as error:
        raise UsageError(f"`{name}` is a number from 0 to 1") from error
    return number_of({name: value}, name, 0.0, 1.0)


def point_of(value: object, name: str) -> tuple[float, float]:
    """Read a point of the picture."""
    if not (isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(v, (int, float)) for v in value)):
        raise UsageError(f"`{name}` is a point of the picture, like [0.5, 0.5]")
    return float(value[0]), float(value[1])


def json_answer(value: Mapping[str, Any]) -> Response:
    """Answer with a JSON object."""
    return JSONResponse(plain(value))


def jpeg_answer(data: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a picture."""
    return Response(data, media_type="image/jpeg", headers=dict(headers or {}))


def timing_headers(seconds: Mapping[str, float]) -> dict[str, str]:
    """Say what something took, as browsers show it among their tools."""
    return {"Server-Timing": ", ".join(f"{name};dur={1000.0 * taken:.1f}" for name, taken in seconds.items())}


def page_file(name: str) -> Response:
    """Return a file of the page, which lies in the package: by its name alone, as it is listed there."""
    folder = files(__name__.rpartition(".")[0]) / "page"
    listed = {one.name: one for one in folder.iterdir() if one.is_file()} if folder.is_dir() else {}
    if name not in listed or os.path.splitext(name)[1] not in _TYPES:
        raise NotThereError(f"the page has no {name!r}")
    return Response(listed[name].read_bytes(), media_type=_TYPES[os.path.splitext(name)[1]])
