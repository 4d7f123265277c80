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
from ...scene.prepared import PreparedScene
from .album import STEPS, Album
from .drawn_layers import DrawnLayer, LayerPieces
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
        self._subject = 0
        self._pieces: dict[int, LayerPieces] = {}
        self._behind: LayerPieces | None = None
        self._lock = threading.Lock()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Put the folder in its place; after an error, leave nothing."""
        try:
            if kind is None:
                pictures = self._pictures
                for layer in pictures.layers:
                    pictures.sections[layer["section"]]["title"] = self._title(layer)
                listing = plain(
                    {**self._about, "sheets": pictures.layers, "sections": pictures.sections, "steps": pictures.steps}
                )
                self._album.finish(listing, page(listing))
        finally:
            self._album.discard()
            self._pieces, self._behind = {}, None

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

    def piece(self, piece: Piece) -> None:
        """Keep a piece of a layer until all are there."""
        with self._lock:
            pieces = self._pieces.setdefault(piece.number, LayerPieces(self._pictures.frame, self._lens))
        pieces.add(piece)

    def without_lights(self, rgb: FloatArray) -> None:
        """Show what layers are extracted from."""
        shows = "what is taken apart into sheets: the radiance with the lights taken out"
        self._pictures.photo_light("without_lights", rgb, shows)

    def behind_subject(self, piece: Piece) -> None:
        """Keep a piece of what was inpainted behind the subject."""
        with self._lock:
            self._behind_number = piece.number
            self._behind = self._behind or LayerPieces(self._pictures.frame, self._lens)
        self._behind.add(piece)

    def all_pieces(self) -> None:
        """Show the layers from near to far, and what is behind the subject after it."""
        transmittance = np.ones(self._pictures.frame.size, np.float32)
        numbers = {*self._pieces, *([] if self._behind is None else [self._behind_number])}
        for number in sorted(numbers):
            if number in self._pieces:
                layer = self._pieces.pop(number).layer()
                self._show_layer(layer)
                if layer.drawn is not None:
                    self._show_through_lens(layer.drawn, transmittance)
            if self._behind is not None and number == self._behind_number:
                self._show_behind_subject(self._behind.layer())

    def lights(self, rgb: FloatArray) -> None:
        """Show the images of the lights."""
        self._pictures.section("The lights")
        shows = "the images of the lights, cut by what stands before them"
        self._pictures.photo_light("lights_drawn", rgb, shows)

    def picture(self, rgb: FloatArray) -> None:
        """Show the picture."""
        self._pictures.section("The picture")
        self._pictures.photo_light("picture", rgb, "all sheets as they are seen, and the lights")

    # How it is shown

    def _show_layer(self, layer: DrawnLayer) -> None:
        """Show a layer's colour, coverage, blur, and where the colour comes from."""
        pictures = self._pictures
        pictures.layer_section(
            {
                "nearest_m": metres(layer.near),
                "farthest_m": metres(layer.far),
                "radius_px": [self._lens.radius_px(layer.near), self._lens.radius_px(layer.far)],
                "reduced_by": 2**layer.level,
                "share_of_light": 0.0,
            }
        )
        colour = layer.light / np.maximum(layer.coverage, 1e-6)[..., None]
        pictures.colour("colour", colour, layer.coverage, "its colour, over checks where it does not cover")
        pictures.grey("coverage", layer.coverage, "how much of each pixel it covers", SHARE)
        shows = "how far the lens spreads it; paler where it covers nothing and only goes on"
        pictures.radius("radius", layer.radius, shows, layer.inside * (0.5 + 0.5 * layer.coverage))
        pictures.origins("origin", layer.origins)

    def _show_through_lens(self, drawn: FloatArray, transmittance: FloatArray) -> None:
        """Show a layer through the lens (h, w, 4) and how much of it is seen; it dims the transmittance, in place."""
        pictures, light, coverage = self._pictures, drawn[..., :3], drawn[..., 3]
        pictures.layers[-1]["share_of_light"] = float((transmittance * coverage).mean(dtype=np.float64))
        shows = "its coverage through the lens; not drawn where nothing gets through"
        pictures.grey("spread_coverage", coverage, shows, SHARE)
        pictures.light("light", light, "its light through the lens, nothing before it")
        shows = "what the nearer sheets let through of that: the picture is the sum of these"
        pictures.light("seen", transmittance[..., None] * light, shows)
        transmittance *= 1.0 - coverage
        pictures.grey("clear", transmittance, "how much light still gets through, from what lies behind", SHARE)

    def _show_behind_subject(self, layer: DrawnLayer) -> None:
        """Show what was inpainted behind the subject."""
        pictures = self._pictures
        self._subject = len(pictures.layers)
        pictures.section("Behind the subject: what is left of the picture when it is off, filled where it hid it")
        pictures.light("behind_subject", layer.light, "the colour of what is left")
        pictures.radius("behind_subject_radius", layer.radius, "how far the lens spreads it")
        pictures.origins("behind_subject_origin", layer.origins)

    def _title(self, layer: dict[str, Any]) -> str:
        number, (near_px, far_px) = layer["sheet"], layer["radius_px"]
        if number == self._subject:
            where = ", the subject"
        elif number == len(self._pictures.layers):
            where = ", all the rest"
        elif not self._subject:
            where = ""
        else:
            where = ", before the subject" if number < self._subject else ", behind the subject"
        share = layer["share_of_light"]
        seen = f"{share:.1%} of the picture" if share >= 0.0005 else "hardly seen" if share else "not seen"
        between = f"{distance_text(layer['nearest_m'])} to {distance_text(layer['farthest_m'])}"
        made = f", made at 1/{layer['reduced_by']} size" if layer["reduced_by"] > 1 else ""
        return f"Sheet {number}{where}: {between}, blur radius {near_px:+.1f} to {far_px:+.1f} px{made}; {seen}"


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
