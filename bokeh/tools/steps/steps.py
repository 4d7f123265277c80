"""The steps of a render as pictures, in the order of the light: a folder in which one sees how it flows."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ...core.arrays import FloatArray
from ...core.jsonable import plain
from ...core.text import printable
from ...io.files.folder import check_folder
from ...optics.lens import ThinLens
from ...render.observer import Piece, RenderObserver
from ...render.settings import RenderSettings
from ...scene.layered import LayeredScene
from ...scene.prepared import PreparedScene
from ...scene.slices import FRONT, SUBJECT
from .album import STEPS, Album
from .drawn_slices import DrawnSlice, SlicePieces
from .level_steps import show_levels
from .page import page
from .pictures import SHARE, StepPictures
from .scene_steps import distance_text, metres, show_scene


class StepRecorder(RenderObserver):
    """A folder that a render fills with pictures of its steps, `index.html` and `steps.json`.

    Each picture is written as it comes; the folder appears when the last one is there, or not at all. One render fills
    it: hand it to `Scene.render` or `render`.

    Parameters
    ----------
    folder : path-like
        Empty, or not there yet in a folder that is.
    overwrite : bool
        Replace the steps of an earlier render. A folder in which anything else lies is refused even so.
    inputs : iterable of str or Path
        Files of which none may lie in the folder.

    Raises
    ------
    OutputError
        When the folder is a file, cannot be made, or holds something; at once, and again when the render begins.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> photo = rk.Photo(np.full((30, 40, 3), 0.18, np.float32), depth=np.full((30, 40), 0.5, np.float32))
    >>> picture = rk.render(photo, steps=rk.StepRecorder("steps"))
    >>> from pathlib import Path
    >>> Path("steps", "index.html").is_file()
    True
    """

    def __init__(
        self, folder: str | os.PathLike[str], overwrite: bool = False, inputs: Iterable[str | Path] = ()
    ) -> None:
        self._asked, self._overwrite, self._inputs = folder, overwrite, tuple(inputs)
        self.folder = check_folder(folder, STEPS, overwrite, self._inputs)

    def __enter__(self) -> StepRecorder:
        """Begin, out of sight."""
        self._album = Album(check_folder(self._asked, STEPS, self._overwrite, self._inputs))
        self._about: dict[str, Any] = {}
        self._kinds: list[int] = []
        self._has_subject = False
        self._pieces: dict[int, SlicePieces] = {}
        self._lock = threading.Lock()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Put the folder in its place; after an error, leave nothing."""
        try:
            if kind is None:
                pictures = self._pictures
                for shown in pictures.slices:
                    pictures.sections[shown["section"]]["title"] = self._title(shown)
                listing = plain(
                    {**self._about, "sheets": pictures.slices, "sections": pictures.sections, "steps": pictures.steps}
                )
                self._album.finish(listing, page(listing))
        finally:
            self._album.discard()
            self._pieces = {}

    # What it is shown, in the order of the light

    def scene(self, scene: PreparedScene, lens: ThinLens, settings: RenderSettings) -> None:
        """Show what is there before the lens: photo, depth, matte, radiance above the clip, lights."""
        photo = scene.photo
        self._lens, self._pictures = lens, StepPictures(self._album, photo)
        height, width = photo.size
        name = Path(photo.meta.path).name if photo.meta.path and photo.meta.path != "<bytes>" else ""
        frame = self._pictures.frame
        self._about = {
            "photo": {"name": printable(name), "width": width, "height": height},
            "pictures": {"width": frame.size[1], "height": frame.size[0], "reduced_by": frame.by},
            "style": settings.style,
            "f_number": lens.f_number,
            "focal_mm": lens.focal_mm,
            "focus_m": lens.focus_m,
            "px_per_dioptre": lens.px_per_dioptre,
            **scene.sources,
        }
        show_scene(self._pictures, scene, lens)

    def layered(self, layered: LayeredScene) -> None:
        """Show the scene taken apart."""
        self._has_subject = layered.subject is not None
        show_levels(self._pictures, layered)

    def piece(self, piece: Piece) -> None:
        """Keep a piece of a slice until all are there."""
        with self._lock:
            new = SlicePieces(self._pictures.frame, self._lens, piece.kind, piece.level)
            pieces = self._pieces.setdefault(piece.number, new)
        pieces.add(piece)

    def all_pieces(self) -> None:
        """Show the slices from near to far."""
        transmittance = np.ones(self._pictures.frame.size, np.float32)
        for number in sorted(self._pieces):
            shown = self._pieces.pop(number).slice()
            if shown is None:
                continue
            self._show_slice(shown)
            if shown.drawn is not None:
                self._show_through_lens(shown.drawn, transmittance)

    def lights(self, rgb: FloatArray) -> None:
        """Show the images of the lights."""
        self._pictures.section("The lights")
        shows = "the images of the lights, cut by what stands before them"
        self._pictures.photo_light("lights_drawn", rgb, shows)

    def picture(self, rgb: FloatArray) -> None:
        """Show the picture."""
        self._pictures.section("The picture")
        self._pictures.photo_light("picture", rgb, "all slices as they are seen, and the lights")

    # How it is shown

    def _show_slice(self, shown: DrawnSlice) -> None:
        """Show a slice's colour, coverage, blur, and where the colour comes from."""
        pictures = self._pictures
        self._kinds.append(shown.kind)
        pictures.slice_section(
            {
                "nearest_m": metres(shown.near),
                "farthest_m": metres(shown.far),
                "radius_px": [self._lens.radius_px(shown.near), self._lens.radius_px(shown.far)],
                "reduced_by": 2**shown.level,
                "share_of_light": 0.0,
            }
        )
        colour = shown.light / np.maximum(shown.coverage, 1e-6)[..., None]
        pictures.colour("colour", colour, shown.coverage, "its colour, over checks where it does not cover")
        pictures.grey("coverage", shown.coverage, "how much of each pixel it covers", SHARE)
        shows = "how far the lens spreads it; paler where it covers little"
        pictures.radius("radius", shown.radius, shows, shown.inside * (0.5 + 0.5 * shown.coverage))
        pictures.origins("origin", shown.origins)

    def _show_through_lens(self, drawn: FloatArray, transmittance: FloatArray) -> None:
        """Show a slice through the lens (h, w, 4) and how much of it is seen; it dims the transmittance, in place."""
        pictures, light, coverage = self._pictures, drawn[..., :3], drawn[..., 3]
        pictures.slices[-1]["share_of_light"] = float((transmittance * coverage).mean(dtype=np.float64))
        shows = "its coverage through the lens; not drawn where nothing gets through"
        pictures.grey("spread_coverage", coverage, shows, SHARE)
        pictures.light("light", light, "its light through the lens, nothing before it")
        shows = "what the nearer slices let through of that: the picture is the sum of these"
        pictures.light("seen", transmittance[..., None] * light, shows)
        transmittance *= 1.0 - coverage
        pictures.grey("clear", transmittance, "how much light still gets through, from what lies behind", SHARE)

    def _title(self, shown: dict[str, Any]) -> str:
        number, (near_px, far_px) = shown["sheet"], shown["radius_px"]
        where = ""
        if self._has_subject:
            kind = self._kinds[number - 1]
            where = (
                ", before the subject"
                if kind == FRONT
                else ", the subject"
                if kind == SUBJECT
                else ", behind the subject"
            )
        share = shown["share_of_light"]
        seen = f"{share:.1%} of the picture" if share >= 0.0005 else "hardly seen" if share else "not seen"
        between = f"{distance_text(shown['nearest_m'])} to {distance_text(shown['farthest_m'])}"
        made = f", made at 1/{shown['reduced_by']} size" if shown["reduced_by"] > 1 else ""
        return f"Slice {number}{where}: {between}, blur radius {near_px:+.1f} to {far_px:+.1f} px{made}; {seen}"


StepsLike = str | os.PathLike[str] | StepRecorder | None


def as_steps(steps: StepsLike) -> StepRecorder | None:
    """Take a folder's name for its steps.

    Raises
    ------
    OutputError
        When the folder cannot be filled.
    """
    return steps if steps is None or isinstance(steps, StepRecorder) else StepRecorder(steps)


@contextmanager
def recording(steps: StepsLike) -> Iterator[StepRecorder | None]:
    """Fill a folder with the steps of the render within, which its recorder is to be shown; None without a folder."""
    recorder = as_steps(steps)
    if recorder is None:
        yield None
    else:
        with recorder:
            yield recorder
