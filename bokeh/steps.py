"""The steps of a render as pictures, in the order of the light: a folder in which one sees how it flows."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .colour import SRGB_CURVE, Profile
from .false_colour import (
    HOLE,
    NEAR_TO_FAR,
    WHITE,
    Colour,
    Scale,
    blur,
    blur_scale,
    grey,
    grey_scale,
    over_checks,
    ramp,
)
from .frame import Frame
from .io.album import STEPS, Album
from .io.common import printable
from .io.folder import check_folder
from .io.page import page
from .layers import Layer, Pieces
from .report import plain
from .watch import Piece, Watcher

if TYPE_CHECKING:
    from .lens import ThinLens
    from .render import Scene

FloatArray = NDArray[np.float32]

ORIGINS: tuple[tuple[Colour, str], ...] = (
    ((165, 165, 165), "as photographed"),
    ((230, 80, 160), "filled, or un-mixed from its neighbour"),
    ((0, 190, 190), "a guess that only counts where nothing else is"),
)
"""Where a sheet's colour comes from."""

LIGHT = Scale(
    "scene-linear light, through the photo's tone curve; more than 1 looks like 1", (((0, 0, 0), 0.0), (WHITE, 1.0))
)
SHARE = grey_scale("share", 0.0, 1.0)


class Steps(Watcher):
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
    """

    def __init__(
        self, folder: str | os.PathLike[str], overwrite: bool = False, inputs: Iterable[str | Path] = ()
    ) -> None:
        self._asked, self._overwrite, self._inputs = folder, overwrite, tuple(inputs)
        self.folder = check_folder(folder, STEPS, overwrite, self._inputs)

    def __enter__(self) -> Steps:
        """Begin, out of sight."""
        self._album = Album(check_folder(self._asked, STEPS, self._overwrite, self._inputs))
        self._steps: list[dict[str, Any]] = []
        self._sections: list[dict[str, Any]] = []
        self._sheets: list[dict[str, Any]] = []
        self._about: dict[str, Any] = {}
        self._subject = 0
        self._pieces: dict[int, Pieces] = {}
        self._behind: Pieces | None = None
        self._lock = threading.Lock()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Put the folder in its place; after an error, leave nothing."""
        try:
            if kind is None:
                for sheet in self._sheets:
                    self._sections[sheet["section"]]["title"] = self._title(sheet)
                listing = plain(
                    {**self._about, "sheets": self._sheets, "sections": self._sections, "steps": self._steps}
                )
                self._album.finish(listing, page(listing))
        finally:
            self._album.discard()
            self._pieces, self._behind = {}, None

    # What it is shown, in the order of the light

    def scene(self, scene: Scene, lens: ThinLens) -> None:
        """Show what is there before the lens: photo, depth, matte, radiance above the clip, lights."""
        photo = scene.photo
        self._lens, self._frame = lens, Frame.of(photo.size)
        self._profile: Profile = photo.profile.with_curve(SRGB_CURVE) if photo.profile.is_linear else photo.profile
        height, width = photo.size
        name = Path(photo.meta.path).name if photo.meta.path and photo.meta.path != "<bytes>" else ""
        self._about = {
            "photo": {"name": printable(name), "width": width, "height": height},
            "pictures": {"width": self._frame.size[1], "height": self._frame.size[0], "reduced_by": self._frame.by},
            "style": scene.settings.style,
            "f_number": lens.f_number,
            "focal_mm": lens.focal_mm,
            "focus_m": lens.focus_m,
            "px_per_dioptre": lens.px_per_dioptre,
            **scene.sources,
        }
        self._section("The photo")
        self._colours("photo", photo.rgb, "the photo as read")
        if scene.dioptres is not None:
            self._depths(scene)
        self._mattes(scene)
        self._above_clip(scene)

    def piece(self, piece: Piece) -> None:
        """Keep a piece of a sheet until all are there."""
        with self._lock:
            pieces = self._pieces.setdefault(piece.number, Pieces(self._frame, self._lens))
        pieces.add(piece)

    def without_lights(self, rgb: FloatArray) -> None:
        """Show what is taken apart into sheets."""
        self._colours("without_lights", rgb, "what is taken apart into sheets: the radiance with the lights taken out")

    def behind_subject(self, piece: Piece) -> None:
        """Keep a piece of what was made up behind the subject."""
        with self._lock:
            self._behind_number = piece.number
            self._behind = self._behind or Pieces(self._frame, self._lens)
        self._behind.add(piece)

    def all_pieces(self) -> None:
        """Show the sheets from near to far, and what is behind the subject after it."""
        clear = np.ones(self._frame.size, np.float32)
        numbers = {*self._pieces, *([] if self._behind is None else [self._behind_number])}
        for number in sorted(numbers):
            if number in self._pieces:
                layer = self._pieces.pop(number).layer()
                self._sheet(layer)
                if layer.drawn is not None:
                    self._through_lens(layer.drawn, clear)
            if self._behind is not None and number == self._behind_number:
                self._left(self._behind.layer())

    def lights(self, rgb: FloatArray) -> None:
        """Show the images of the lights."""
        self._section("The lights")
        self._colours("lights_drawn", rgb, "the images of the lights, cut by what stands before them")

    def picture(self, rgb: FloatArray) -> None:
        """Show the picture."""
        self._section("The picture")
        self._colours("picture", rgb, "all sheets as they are seen, and the lights")

    # How it is shown

    def _sheet(self, layer: Layer) -> None:
        """Show a sheet's colour, coverage, blur, and where the colour comes from."""
        self._sheets.append(
            {
                "sheet": len(self._sheets) + 1,
                "section": len(self._sections),
                "nearest_m": _metres(layer.near),
                "farthest_m": _metres(layer.far),
                "radius_px": [self._lens.radius_px(layer.near), self._lens.radius_px(layer.far)],
                "reduced_by": 2**layer.level,
                "share_of_light": 0.0,
            }
        )
        self._section("")
        colour = self._profile.from_linear(layer.light / np.maximum(layer.coverage, 1e-6)[..., None])
        words = "its colour, over checks where it does not cover"
        self._codes("colour", over_checks(colour, layer.coverage), words, LIGHT, self._profile.icc)
        self._grey("coverage", layer.coverage, "how much of each pixel it covers", SHARE)
        radius = blur(layer.radius, self._most_px)
        words = "how far the lens spreads it; paler where it covers nothing and only goes on"
        alpha = layer.inside * (0.5 + 0.5 * layer.coverage)
        self._codes("radius", over_checks(radius, alpha), words, self._blur_scale)
        self._origins("origin", layer.origins)

    def _through_lens(self, drawn: FloatArray, clear: FloatArray) -> None:
        """Show a sheet through the lens (h, w, 4), how much of it is seen, and what it lets through, in `clear`."""
        light, coverage = drawn[..., :3], drawn[..., 3]
        self._sheets[-1]["share_of_light"] = float((clear * coverage).mean(dtype=np.float64))
        words = "its coverage through the lens; not drawn where nothing gets through"
        self._grey("spread_coverage", coverage, words, SHARE)
        self._linear("light", light, "its light through the lens, nothing before it")
        words = "what the nearer sheets let through of that: the picture is the sum of these"
        self._linear("seen", clear[..., None] * light, words)
        clear *= 1.0 - coverage
        self._grey("clear", clear, "how much light still gets through, from what lies behind", SHARE)

    def _left(self, layer: Layer) -> None:
        """Show what was made up behind the subject."""
        self._subject = len(self._sheets)
        self._section("Behind the subject: what is left of the picture when it is off, filled where it hid it")
        self._linear("behind_subject", layer.light, "the colour of what is left")
        radius = blur(layer.radius, self._most_px)
        self._codes("behind_subject_radius", radius, "how far the lens spreads it", self._blur_scale)
        self._origins("behind_subject_origin", layer.origins)

    def _depths(self, scene: Scene) -> None:
        assert scene.photo.depth is not None and scene.dioptres is not None
        given = scene.photo.depth
        far, near = float(np.nanmin(given)), float(np.nanmax(given))
        how_true = {"absolute": "", "anchored": ", anchored: distances by evidence"}
        kind = how_true.get(scene.photo.depth_kind, f", {scene.photo.depth_kind}: not true distances")
        scale = grey_scale("dioptres (1/m)", far, near)
        self._section(f"Depth: {_range(near, far)}{kind}")
        holes = np.isnan(given)
        size = f"{given.shape[1]}x{given.shape[0]}"
        if holes.any():
            shades = (grey(np.nan_to_num(given, nan=far), far, near) / np.float32(65535.0)).astype(np.float32)
            codes = np.where(holes[..., None], np.asarray(HOLE, np.float32) / 255.0, shades[..., None])
            words = f"as the file gives it, {size}, near is bright; {holes.mean():.1%} are holes"
            scale = Scale(scale.unit, (*scale.stops, (HOLE, "hole")))
            self._codes("depth_given", self._frame.coarse(codes), words, scale)
        else:
            self._grey("depth_given", self._frame.coarse(given), f"as the file gives it, {size}, near is bright", scale)
        words = "at the photo's resolution: holes filled, edges where the picture has them"
        self._grey("depth", self._frame.whole(scene.dioptres), words, grey_scale(scale.unit, far, near))
        radius = self._lens.radius_px(scene.dioptres)
        self._most_px = float(np.abs(radius).max())
        self._blur_scale = blur_scale(self._most_px)
        words = "radius of the blur in pixels of the photo: orange in front of focus, blue behind, dark where sharp"
        self._codes("radius", blur(self._frame.whole(radius), self._most_px), words, self._blur_scale)

    def _mattes(self, scene: Scene) -> None:
        given = scene.photo.matte
        if given is None:
            return
        unused = "" if scene.matte is not None else "; it covers next to nothing and is not used"
        self._section(f"The subject's matte{unused}")
        size = f"{given.shape[1]}x{given.shape[0]}"
        self._grey("matte_given", self._frame.coarse(given), f"as the file gives it, {size}", SHARE)
        if scene.matte is not None:
            self._grey("matte", self._frame.whole(scene.matte), "at the photo's resolution, refined", SHARE)

    def _above_clip(self, scene: Scene) -> None:
        if scene.extra is None and scene.lights is None:
            return
        self._section(f"Light above the clip: {scene.sources['highlights_source']}")
        if scene.extra is not None:
            stops = np.log2(1.0 + scene.extra.max(axis=2))
            scale = grey_scale("stops: log2(1 + what is added, 1 = the clip)", 0.0, max(float(stops.max()), 1e-6))
            self._grey("above_clip", self._frame.whole(stops), "what is added to the photo's radiance", scale)
        if scene.lights is not None and scene.dioptres is not None:
            lights, photo = scene.lights, scene.photo
            far, near = float(scene.dioptres.min()), float(scene.dioptres.max())
            energy = np.log2(1.0 + np.maximum(lights.radiance - lights.base, 0.0).max(axis=1))
            share = (near - lights.dioptres) / max(near - far, 1e-9)
            strength = 0.3 + 0.7 * energy / max(float(energy.max()), 1e-6)
            codes = np.repeat(0.3 * self._profile.from_linear(photo.rgb).mean(axis=2)[..., None], 3, axis=2)
            codes[lights.rows, lights.columns] = ramp(share, NEAR_TO_FAR) * strength[:, None]
            ends = np.linspace(near, far, len(NEAR_TO_FAR))
            scale = Scale("dioptres (1/m)", tuple((c, float(d)) for c, d in zip(NEAR_TO_FAR, ends, strict=True)))
            words = f"{lights.summary}: {len(lights.rows)} pixels, coloured by depth, on the dimmed photo"
            self._codes("lights", self._frame.whole(codes), words, scale)

    def _origins(self, name: str, shares: FloatArray) -> None:
        alpha = shares.sum(axis=2)
        colours = np.asarray([colour for colour, _ in ORIGINS], np.float32) / np.float32(255.0)
        codes = shares @ colours / np.maximum(alpha, 1e-6)[..., None]
        scale = Scale("origin", ORIGINS, smooth=False)
        self._codes(name, over_checks(codes, alpha), "where its colour comes from", scale)

    def _colours(self, name: str, rgb: FloatArray, shows: str) -> None:
        self._linear(name, self._frame.whole(rgb), shows)

    def _linear(self, name: str, rgb: FloatArray, shows: str) -> None:
        self._codes(name, self._profile.from_linear(rgb), shows, LIGHT, self._profile.icc)

    def _codes(self, name: str, codes: FloatArray, shows: str, scale: Scale, icc: bytes | None = None) -> None:
        self._add(name, np.rint(np.clip(codes, 0.0, 1.0) * 255.0).astype(np.uint8), shows, scale, icc)

    def _grey(self, name: str, values: FloatArray, shows: str, scale: Scale) -> None:
        (_, black), (_, white) = scale.stops
        assert not isinstance(black, str) and not isinstance(white, str)
        self._add(name, grey(values, black, white), shows, scale)

    def _section(self, title: str) -> None:
        self._sections.append({"title": title})

    def _add(self, name: str, codes: NDArray, shows: str, scale: Scale, icc: bytes | None = None) -> None:
        section = len(self._sections) - 1
        sheet = self._sheets[-1]["sheet"] if self._sheets and self._sheets[-1]["section"] == section else None
        full = name if sheet is None else f"sheet_{sheet:02d}_{name}"
        file = f"{len(self._steps) + 1:03d}_{full}.png"
        self._album.add(file, codes, icc)
        stops = [{"colour": "#{:02x}{:02x}{:02x}".format(*colour), "value": value} for colour, value in scale.stops]
        self._steps.append(
            {
                "file": file,
                "step": name,
                "kind": "light" if scale is LIGHT else "map",
                "sheet": sheet,
                "section": section,
                "shows": shows,
                "unit": scale.unit,
                "scale": stops,
                "smooth": scale.smooth,
            }
        )

    def _title(self, sheet: dict[str, Any]) -> str:
        number, (near_px, far_px) = sheet["sheet"], sheet["radius_px"]
        if number == self._subject:
            where = ", the subject"
        elif number == len(self._sheets):
            where = ", all the rest"
        elif not self._subject:
            where = ""
        else:
            where = ", before the subject" if number < self._subject else ", behind the subject"
        share = sheet["share_of_light"]
        part = f"{share:.1%} of the picture" if share >= 0.0005 else "hardly seen" if share else "not seen"
        metres = f"{_in_metres(sheet['nearest_m'])} to {_in_metres(sheet['farthest_m'])}"
        made = f", made at 1/{sheet['reduced_by']} size" if sheet["reduced_by"] > 1 else ""
        return f"Sheet {number}{where}: {metres}, blur radius {near_px:+.1f} to {far_px:+.1f} px{made}; {part}"


StepsLike = str | os.PathLike[str] | Steps | None


def as_steps(steps: StepsLike) -> Steps | None:
    """Take a folder's name for its steps.

    Raises
    ------
    OutputError
        When the folder cannot be filled.
    """
    return steps if steps is None or isinstance(steps, Steps) else Steps(steps)


@contextmanager
def watching(steps: StepsLike) -> Iterator[Watcher | None]:
    """Have a render watched by the steps while their folder is filled; None without."""
    watch = as_steps(steps)
    if watch is None:
        yield None
    else:
        with watch:
            yield watch


def _metres(dioptres: float) -> float:
    return 1.0 / dioptres if dioptres > 0.0 else float("inf")


def _in_metres(metres: float) -> str:
    return f"{metres:.3g} m" if metres < 1e4 else "infinity"


def _range(near: float, far: float) -> str:
    return f"{_in_metres(_metres(near))} to {_in_metres(_metres(far))}"
