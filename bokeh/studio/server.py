"""What a page can ask of the studio, as an ASGI application."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ..core.errors import UsageError
from ..core.jsonable import plain
from ..core.text import printable
from ..depth.face_regions import face_of
from ..io.formats import WRITTEN
from ..io.metadata.render_mark import version
from ..optics.lens_file import lens_names, read_lens
from ..settings.options import Options
from .access import Guarded
from .asked import USUAL, command_of, look_of, plain_name, saving_of
from .desk import DRAFT, Desk
from .errors import NotThereError, Superseded, TooLargeError
from .events import Events
from .exchange import (
    MOST_WIDE,
    answering,
    body_of,
    done,
    jpeg_answer,
    json_answer,
    number_in,
    number_of,
    page_file,
    page_of,
    point_of,
    timing_headers,
    width_of,
)
from .gallery import MOST_UPLOAD_BYTES, Entry, Gallery
from .jobs import Jobs
from .output import StudioOutput
from .overlays import doubt_of, overlay
from .pictures import depth_facts, format_facts, lenses, light_of, picture, thumbnail
from .renders import Renders, box_of, pixels_of, reduction, tiles_of
from .repair import Repairs
from .view import View


class Studio:
    """A session: its photos, who looks at them, and what is being made of them.

    Parameters
    ----------
    words : sequence of str
        Photos and folders.
    token : str
        What its pages say to be let in.

    Raises
    ------
    InputError
        When something named is no picture.
    """

    def __init__(self, words: list[str], token: str) -> None:
        self.token = token
        self.events, self.desk = Events(), Desk()
        self.gallery = Gallery(words, self.desk, self.events.tell)
        self.jobs, self.renders = Jobs(self.events.tell), Renders(self.desk)
        self.repairs = Repairs(self.gallery)
        self.output = StudioOutput(self.gallery, self.desk, self.jobs)
        self._pictures: dict[Any, bytes] = {}
        self._small = asyncio.Lock()
        self._newest = _Newest()

    def app(self, port: int) -> Guarded:
        """Return the ASGI application that listens at a port of this machine."""
        get, post = ["GET"], ["POST"]
        photo = "/api/photos/{id}"
        routes = [
            Route("/", answering(self._index), methods=get),
            Route("/page/{name}", answering(self._static), methods=get),
            Route("/api/session", answering(self._session), methods=get),
            Route("/api/events", answering(self._events), methods=get),
            Route("/api/bye", answering(self._bye), methods=post),
            Route("/api/lens/{name}.png", answering(self._lens), methods=get),
            Route("/api/photos", answering(self._upload), methods=post),
            Route(photo, answering(self._photo), methods=get),
            Route(photo + "/thumb", answering(self._thumb), methods=get),
            Route(photo + "/source", answering(self._source), methods=get),
            Route(photo + "/phone", answering(self._phone), methods=get),
            Route(photo + "/overlay", answering(self._overlay), methods=post),
            Route(photo + "/draft", answering(self._draft), methods=post),
            Route(photo + "/full", answering(self._full), methods=post),
            Route(photo + "/focus", answering(self._focus), methods=post),
            Route(photo + "/strokes", answering(self._stroke), methods=post),
            Route(photo + "/undo", answering(self._undo), methods=post),
            Route(photo + "/redo", answering(self._redo), methods=post),
            Route(photo + "/edits/reset", answering(self._reset), methods=post),
            Route(photo + "/save", answering(self._save), methods=post),
            Route(photo + "/rack", answering(self._rack), methods=post),
            Route("/api/renders/{key}", answering(self._tiles), methods=get),
            Route("/api/renders/{key}/{by:int}/{box}", answering(self._tile), methods=get),
            Route("/api/command", answering(self._command), methods=post),
            Route("/api/preset", answering(self._preset), methods=post),
            Route("/api/apply", answering(self._apply), methods=post),
            Route("/api/jobs/{key}", answering(self._job), methods=get),
            Route("/api/jobs/{key}/cancel", answering(self._cancel), methods=post),
        ]
        return Guarded(Starlette(routes=routes), port, self.token)

    def close(self) -> None:
        """End all that is going on; what is being written is left out or whole."""
        self.desk.close()
        self.gallery.close()

    # The page itself.

    async def _index(self, request: Request) -> Response:
        return page_file("index.html")

    async def _static(self, request: Request) -> Response:
        return page_file(request.path_params["name"])

    # The session.

    async def _session(self, request: Request) -> Response:
        return json_answer({
            "version": version(),
            "photos": [entry.to_json() for entry in self.gallery.all()],
            "lenses": await run_in_threadpool(lenses),
            "defaults": {"fstop": "1.8", **USUAL},
            "language_hint": request.headers.get("accept-language", "")[:100],
            "formats": [format_facts(name) for name in WRITTEN],
            "home": printable(self.gallery.home),
        })  # fmt: skip

    async def _events(self, request: Request) -> Response:
        first = {"session": version(), "photos": [entry.to_json() for entry in self.gallery.all()]}
        return StreamingResponse(self.events.stream(first), media_type="text/event-stream")

    async def _bye(self, request: Request) -> Response:
        self.renders.stop(page_of(request))
        return json_answer({})

    async def _lens(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in lens_names():
            raise NotThereError(f"there is no lens {name!r}")
        return Response(await self._kept(("lens", name), lambda: light_of(read_lens(name))), media_type="image/png")

    # A photo.

    def _entry(self, request: Request) -> Entry:
        return self.gallery.get(request.path_params["id"])

    async def _ready(self, entry: Entry) -> View:
        """Wait until a photo is prepared; raises why it cannot be."""
        return await asyncio.shield(asyncio.wrap_future(self.gallery.look_at(entry)))

    async def _photo(self, request: Request) -> Response:
        entry = self._entry(request)
        self.gallery.look_at(entry)
        if (view := entry.view) is None:
            return json_answer(entry.to_json())
        return json_answer(await run_in_threadpool(self._facts, entry, view))

    def _facts(self, entry: Entry, view: View) -> dict[str, Any]:
        look = view.look(Options())
        photo = view.photo
        point = look.lens.focus_point
        return {
            **entry.to_json(),
            "nominal": photo.depth_kind in ("relative", "unitless"),
            "trust": view.trust,
            "warnings": view.warnings(look),
            "has_phone": photo.meta.rendition is not None,
            **_of_maps(view),
            "focus": {**view.facts(look), "point": point},
            "camera": photo.meta.camera,
            "format": photo.meta.format,
            "output_format": photo.meta.format if photo.meta.format in WRITTEN else None,
            "targets": _targets(view),
            "edits": self.repairs.to_json(entry, view),
        }

    async def _thumb(self, request: Request) -> Response:
        entry = self._entry(request)
        return jpeg_answer(await self._kept(("thumb", entry.id), lambda: thumbnail(entry)))

    async def _source(self, request: Request) -> Response:
        entry, width = self._entry(request), width_of(request.query_params.get("width", "1600"))
        photo = (await self._ready(entry)).photo
        return jpeg_answer(await run_in_threadpool(picture, photo, width))

    async def _phone(self, request: Request) -> Response:
        entry, width = self._entry(request), width_of(request.query_params.get("width", "1600"))
        photo = (await self._ready(entry)).photo
        if photo.meta.rendition is None:
            raise NotThereError("this file holds no picture of the phone's own")
        shown = photo.with_checked(rgb=photo.meta.rendition)
        return jpeg_answer(await run_in_threadpool(picture, shown, width))

    async def _overlay(self, request: Request) -> Response:
        body, entry = await body_of(request), self._entry(request)
        look, width = look_of(body.get("settings")), width_of(body.get("width", 1200))
        view = await self._ready(entry)
        kind = str(body.get("kind", ""))
        return Response(
            await run_in_threadpool(lambda: overlay(view, kind, view.look(look), width)), media_type="image/png"
        )

    async def _focus(self, request: Request) -> Response:
        body, entry = await body_of(request), self._entry(request)
        x, y = (number_of(body, name, 0.0, 1.0) for name in ("x", "y"))
        words = f"{x:.4f},{y:.4f}"
        options = look_of({**(body.get("settings") or {}), "focus": words})
        view = await self._ready(entry)

        def found() -> dict[str, Any]:
            look = view.look(options)
            facts = view.facts(look)
            return {
                **facts, "focus": words, "dioptres": facts["focus_dioptres"], "warnings": view.warnings(look),
            }  # fmt: skip

        return json_answer(await run_in_threadpool(found))

    async def _draft(self, request: Request) -> Response:
        body, entry, page = await body_of(request), self._entry(request), page_of(request)
        options, width = look_of(body.get("settings")), width_of(body.get("width", 1200))
        moving, sequence = bool(body.get("moving", False)), int(body.get("sequence", 0))
        self.renders.stop(page)
        # Before it is waited for: of the drafts that wait for a photo, only the newest is rendered, too.
        self.desk.supersede(("draft", page))
        number = self._newest(page)
        view = await self._ready(entry)
        if self._newest.of(page) != number:
            raise Superseded
        made = await done(
            self.desk.submit(lambda progress: view.draft(options, width, moving, progress), DRAFT, ("draft", page))
        )
        facts = json.dumps(plain(made.facts), allow_nan=False)
        return jpeg_answer(made.jpeg, {"X-Sequence": str(sequence), "X-Facts": facts, **timing_headers(made.seconds)})

    async def _full(self, request: Request) -> Response:
        body, entry, page = await body_of(request), self._entry(request), page_of(request)
        options = look_of(body.get("settings"))
        centre = point_of(body.get("centre") or (0.5, 0.5), "centre")
        shown = width_of(body.get("width", MOST_WIDE))
        view = await self._ready(entry)
        look = await run_in_threadpool(view.look, options)
        by = reduction(view.photo.size[1], shown)
        tiles = tiles_of(view.photo.size, centre, by)
        made = self.renders.begin(page, view, look, tiles)
        height, width = view.photo.size
        return json_answer({
            "render": made.key, "size": [width, height], "by": by, "tiles": tiles, "sequence": body.get("sequence", 0),
        })  # fmt: skip

    async def _tiles(self, request: Request) -> Response:
        """List the tiles of a picture for whoever shows it larger, or looks elsewhere."""
        full, asked = self.renders.get(request.path_params["key"]), request.query_params
        size = full.view.photo.size
        by = reduction(size[1], width_of(asked.get("width", "")))
        x, y = (number_in(asked.get(name, ""), name) for name in ("x", "y"))
        return json_answer({"by": by, "tiles": tiles_of(size, (x, y), by)})

    async def _tile(self, request: Request) -> Response:
        full, by = self.renders.get(request.path_params["key"]), request.path_params["by"]
        box = box_of(request.path_params["box"], by, full)
        rgb, seconds = await done(full.arrivals.wait(pixels_of(box)))
        return jpeg_answer(await run_in_threadpool(full.tile, box, by, rgb), timing_headers({"render": seconds}))

    # What is painted over it.

    async def _stroke(self, request: Request) -> Response:
        body = await body_of(request)
        return await self._edited(request, lambda entry, view: self.repairs.paint(entry, view, body))

    async def _undo(self, request: Request) -> Response:
        return await self._edited(request, lambda entry, view: self.repairs.move(entry, view, -1))

    async def _redo(self, request: Request) -> Response:
        return await self._edited(request, lambda entry, view: self.repairs.move(entry, view, 1))

    async def _reset(self, request: Request) -> Response:
        return await self._edited(request, self.repairs.reset)

    async def _edited(self, request: Request, change: Callable[[Entry, View], View]) -> Response:
        entry = self._entry(request)
        view = await self._ready(entry)
        self.renders.stop(page_of(request))

        def made() -> dict[str, Any]:
            edited = change(entry, view)
            return {**_of_maps(edited), "edits": self.repairs.to_json(entry, edited)}

        return json_answer(await run_in_threadpool(made))

    async def _upload(self, request: Request) -> Response:
        name = plain_name(unquote(request.headers.get("x-name", "")) or "photo")
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > MOST_UPLOAD_BYTES:
            raise TooLargeError(_too_large(name))
        part = self.gallery.temporary() / f"{os.urandom(8).hex()}.part"
        size = 0
        try:
            with open(part, "xb") as file:
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > MOST_UPLOAD_BYTES:
                        raise TooLargeError(_too_large(name))
                    file.write(chunk)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        entry = await run_in_threadpool(self.gallery.upload, part, name)
        self.events.tell({"photo": entry.id, "added": True, **entry.to_json()})
        return json_answer(entry.to_json())

    # What is made of it.

    async def _command(self, request: Request) -> Response:
        body = await body_of(request)
        entry = self.gallery.get(str(body.get("photo", "")))
        look = look_of(body.get("settings"))
        saving, name, overwrite = saving_of(body.get("save"))
        options = look.overridden(saving)
        out = self.output.out_word(entry, name)
        return json_answer({"command": command_of(entry.shown, options, out, overwrite)})

    async def _save(self, request: Request) -> Response:
        body, entry = await body_of(request), self._entry(request)
        look, saving = look_of(body.get("settings")), saving_of(body.get("save"))
        await self._ready(entry)
        job = await run_in_threadpool(self.output.save, entry, look, *saving)
        return json_answer({"job": job.key})

    async def _preset(self, request: Request) -> Response:
        body = await body_of(request)
        look = look_of(body.get("settings"))
        path = await run_in_threadpool(self.output.save_preset, look, str(body.get("name", "")))
        return json_answer({"path": printable(path)})

    async def _apply(self, request: Request) -> Response:
        body = await body_of(request)
        look, (saving, _, overwrite) = look_of(body.get("settings")), saving_of(body.get("save"))
        chosen = body.get("photos", "all")
        if chosen != "all" and not isinstance(chosen, list):
            raise UsageError('`photos` is "all" or a list of photos')
        entries = self.gallery.all() if chosen == "all" else [self.gallery.get(str(one)) for one in chosen]
        job = await run_in_threadpool(self.output.apply, entries, look.overridden(saving), overwrite)
        return json_answer({"job": job.key})

    async def _rack(self, request: Request) -> Response:
        body, entry = await body_of(request), self._entry(request)
        look = look_of(body.get("settings"))
        view = await self._ready(entry)
        job = await run_in_threadpool(self.output.rack, entry, view, look, body)
        return json_answer({"job": job.key})

    async def _job(self, request: Request) -> Response:
        return json_answer(self.jobs.get(request.path_params["key"]).to_json())

    async def _cancel(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["key"])
        job.cancelled.set()
        return json_answer(job.to_json())

    async def _kept(self, key: Any, make: Callable[[], bytes]) -> bytes:
        """Return a small picture; it is made once."""
        if key not in self._pictures:
            async with self._small:
                if key not in self._pictures:
                    self._pictures[key] = await run_in_threadpool(make)
        return self._pictures[key]


class _Newest:
    """Numbers what each page asks for."""

    def __init__(self) -> None:
        self._lock, self._numbers = threading.Lock(), dict[str, int]()

    def __call__(self, page: str) -> int:
        with self._lock:
            self._numbers[page] = self._numbers.get(page, 0) + 1
            return self._numbers[page]

    def of(self, page: str) -> int:
        return self._numbers.get(page, 0)


def _of_maps(view: View) -> dict[str, Any]:
    """Say what changes when something is painted."""
    return {
        "depth": depth_facts(view),
        "has_matte": view.scene.matte is not None,
        "has_doubt": doubt_of(view.photo) is not None,
    }


def _targets(view: View) -> list[str]:
    """Name what the photo knows of, to focus on."""
    has_face, has_subject = face_of(view.photo) is not None, view.scene.matte is not None
    return [*(["eyes", "face"] if has_face else []), *(["subject"] if has_subject or has_face else [])]


def _too_large(name: str) -> str:
    return f"{name}: a photo that is dropped here has at most {MOST_UPLOAD_BYTES >> 20} MB; name it when you start"
