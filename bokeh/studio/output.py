"""What leaves the studio: pictures as the command would save them, presets, folders of pictures, focus pulls."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..api import Scene
from ..batch.library import Library
from ..core.errors import InputError, OutputError, UsageError
from ..core.progress import Progress
from ..core.text import printable
from ..develop import coded, heard
from ..io.files.atomic import check_output, write_atomic
from ..photo.photo import Photo
from ..settings.options import Options
from ..settings.preset import Preset, lines_of
from ..settings.units import parse_f_number
from ..tools.focus_pull import SUFFIXES, Pull, rack
from .asked import inside, output_of, plain_name
from .desk import SAVE, Desk
from .errors import Superseded
from .gallery import Entry, Gallery, stamp_of
from .jobs import BackgroundJob, Jobs
from .view import View

FRAMES_PER_S, FRAME_PX = 24.0, 1280


class StudioOutput:
    """Writes what pages ask for: beside the photos, or into the folder that the studio was started for; no input.

    Parameters
    ----------
    gallery : Gallery
    desk : Desk
    jobs : Jobs
    """

    def __init__(self, gallery: Gallery, desk: Desk, jobs: Jobs) -> None:
        self._gallery, self._desk, self._jobs = gallery, desk, jobs

    def out_word(self, entry: Entry, name: str) -> str:
        """Say what ``-o`` is when the command does the same; "" when it need not say."""
        beside = os.path.dirname(entry.shown) if entry.folder == entry.path.parent else os.fspath(entry.folder)
        if name:
            return os.path.join(beside, plain_name(name))
        return "" if entry.folder == entry.path.parent else f"{beside}{os.sep}"

    def save(self, entry: Entry, look: Options, saving: Options, name: str, overwrite: bool) -> BackgroundJob:
        """Save the picture of a photo that is prepared.

        Raises
        ------
        UsageError, OutputError
            At once, when it could not be written.
        """
        view = entry.view
        if view is None:
            raise InputError(f"{entry.name} is not prepared; look at it again")
        options = look.overridden(saving)
        path, kind = output_of(entry.path, entry.folder, options, view.photo.meta.format, name)
        self._checked(path, entry.folder, overwrite)
        recipe = replace(Preset(flags=options).recipe_for(view.photo), format=kind).settled(view.photo.meta.format)
        if entry.stamp != stamp_of(entry.path):
            self._gallery.again(entry)
            raise InputError(f"{entry.name} has changed since it was opened; it is opened again")

        def work(job: BackgroundJob) -> None:
            job.is_at(0.0, 1.0, printable(path.name))

            def render(progress: Progress) -> Photo:
                def told(name: str, share: float) -> None:
                    progress(name, share)
                    job.is_at(0.6 * share if name == "blur" else job.done)

                scene = Scene(view.scene_for(recipe.settings, told), recipe.settings)
                return scene.render(recipe.lens, progress=told)

            picture = self._desk.submit(render, SAVE).result()
            job.is_at(0.7)
            with heard(job.warnings.append):
                data = coded(picture, recipe)
            job.is_at(0.95)
            write_atomic(self._checked(path, entry.folder, overwrite), data)
            job.outputs.append(printable(path.name))

        return self._jobs.begin("save", work)

    def save_preset(self, look: Options, name: str) -> Path:
        """Write the settings as a preset into the studio's folder.

        Raises
        ------
        OutputError
        """
        file = plain_name(name if name.endswith(".toml") else f"{name or 'studio'}.toml")
        path = inside(self._gallery.home / file, self._gallery.home)
        lines = lines_of(look)
        write_atomic(self._checked(path, self._gallery.home, False), ("\n".join(lines) + "\n").encode())
        return path

    def apply(self, entries: Sequence[Entry], options: Options, overwrite: bool) -> BackgroundJob:
        """Render photos with the same settings, each beside itself, by the batch's engine.

        Raises
        ------
        UsageError
            At once, when two would become one file, or one would take an input's place.
        """
        if not entries:
            raise UsageError("no photos are chosen")
        folders = {os.fspath(entry.path): entry for entry in entries}

        def name_of(photo: str, kind: str) -> str:
            entry = folders[photo]
            return os.fspath(output_of(entry.path, entry.folder, options, kind)[0])

        preset = Preset(flags=options)
        library = Library(list(folders), "", preset, overwrite=overwrite, name_of=name_of)

        def work(job: BackgroundJob) -> None:
            total = len(library.plan.jobs) + len(library.plan.known)
            failed: list[str] = []
            job.is_at(0.0, float(total), "")
            for number, outcome in enumerate(library.run(), 1):
                if outcome.status in ("done", "already"):
                    job.outputs.append(printable(os.path.basename(outcome.output)))
                elif outcome.status == "failed":
                    failed.append(outcome.reason)
                elif outcome.reason:
                    job.warnings.append(outcome.reason)
                job.warnings += outcome.warnings
                if job.cancelled.is_set():
                    library.stop()
                else:
                    job.is_at(float(number), message=printable(os.path.basename(outcome.source)))
            if job.cancelled.is_set():
                raise Superseded
            if failed:
                raise OutputError(f"{len(failed)} of {total} failed: {failed[0]}")

        return self._jobs.begin("apply", work)

    def rack(self, entry: Entry, view: View, look: Options, asked: Mapping[str, Any]) -> BackgroundJob:
        """Write a focus pull between two planes: distances with their units, or points of the picture.

        Raises
        ------
        UsageError, OutputError
        """
        ends = [self._plane(view, look, asked.get(key), key) for key in ("from", "to")]
        seconds, kind = asked.get("seconds", 3.0), asked.get("format", "mp4")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise UsageError("`seconds` is a number, like 3")
        if f".{kind}" not in SUFFIXES:
            raise UsageError(f"a focus pull is written as {', '.join(one[1:] for one in SUFFIXES)}")
        lens = view.look(replace(look, focus=None)).lens
        stops = look.fstop if look.fstop is None else parse_f_number(look.fstop)
        f_number = lens.f_number if stops is None else stops
        pull = Pull(ends[0], ends[1], (f_number, f_number), float(seconds), FRAMES_PER_S, FRAME_PX)
        words = [f"{m:.3g}m" if math.isfinite(m) else "inf" for m in ends]
        path = inside(entry.folder / f"{entry.path.stem}_rack_{words[0]}-{words[1]}.{kind}", entry.folder)
        overwrite = asked.get("overwrite") is True
        self._checked(path, entry.folder, overwrite)
        settings = look.render_settings()

        def work(job: BackgroundJob) -> None:
            job.is_at(0.0, float(pull.frames), printable(path.name))

            def told(name: str, share: float) -> None:
                job.is_at(share * pull.frames if name == "frames" else job.done)

            done = rack(view.photo, path, pull, lens, settings, overwrite=overwrite, progress=told)
            job.warnings += done["warnings"]
            job.outputs.append(printable(path.name))

        return self._jobs.begin("rack", work)

    def _plane(self, view: View, look: Options, value: object, name: str) -> float:
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            raise UsageError(f"`{name}` is a distance, like 2.1m, or a point of the picture, like 0.4,0.6")
        words = value if isinstance(value, str) else f"{value}m"
        return view.look(replace(look, focus=words)).thin.focus_m

    def _checked(self, path: Path, folder: Path, overwrite: bool) -> Path:
        """Refuse a place that must not be written to, with the inputs among them."""
        inputs = [one.path for one in self._gallery.all()]
        return check_output(inside(path, folder), overwrite=overwrite, inputs=inputs)
