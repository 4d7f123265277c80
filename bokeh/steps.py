"""The steps of a render as pictures, in the order of the light: a folder in which one sees how it flows."""

from __future__ import annotations

import os
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
from .io.album import Album, check_folder
from .io.common import printable
from .io.page import page
from .masks import Box
from .report import plain
from .watch import Watcher

if TYPE_CHECKING:
    from .lens import ThinLens
    from .render import Scene
    from .sheets import Remaining, Sheet
    from .spread import Spread

FloatArray = NDArray[np.float32]

ORIGINS: tuple[tuple[Colour, str], ...] = (
    ((165, 165, 165), "as photographed"),
    ((230, 80, 160), "filled, or un-mixed from its neighbour"),
    ((0, 190, 190), "a guess that only counts where nothing else is"),
)
"""Where a sheet's colour comes from."""

SAME = 0.01
"""A colour that differs by less than this share of itself is as photographed."""

LIGHT = Scale(
    "scene-linear light, through the photo's tone curve; more than 1 looks like 1", (((0, 0, 0), 0.0), (WHITE, 1.0))
)
_NOTHING: FloatArray = np.empty((0, 0, 3), np.float32)
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
        self.folder = check_folder(folder, overwrite, self._inputs)

    def __enter__(self) -> Steps:
        """Begin, out of sight."""
        self._album = Album(check_folder(self._asked, self._overwrite, self._inputs))
        self._steps: list[dict[str, Any]] = []
        self._sections: list[dict[str, Any]] = []
        self._sheets: list[dict[str, Any]] = []
        self._about: dict[str, Any] = {}
        self._subject = 0
        self._dark = _NOTHING
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
                self._album.close(listing, page(listing))
        finally:
            self._album.discard()
            self._dark = _NOTHING

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

    def without_lights(self, rgb: FloatArray) -> None:
        """Show what is taken apart into sheets."""
        self._dark = rgb
        self._colours("without_lights", rgb, "what is taken apart into sheets: the radiance with the lights taken out")

    def sheet(self, sheet: Sheet) -> None:
        """Show a sheet's colour, coverage, blur, and where the colour comes from."""
        support = sheet.coverage > 0.0
        depths = sheet.dioptres[support] if support.any() else sheet.dioptres.ravel()
        far, near = float(depths.min()), float(depths.max())
        self._sheets.append(
            {
                "sheet": len(self._sheets) + 1,
                "section": len(self._sections),
                "nearest_m": _metres(near),
                "farthest_m": _metres(far),
                "radius_px": [self._lens.radius_px(near), self._lens.radius_px(far)],
                "share_of_light": 0.0,
            }
        )
        self._section("")
        box, coverage = sheet.box, self._frame.place(sheet.coverage, sheet.box)
        light = self._frame.place(sheet.rgb * sheet.coverage[..., None], box)
        colour = self._profile.from_linear(light / np.maximum(coverage, 1e-6)[..., None])
        words = "its colour, over checks where it does not cover"
        self._codes("colour", over_checks(colour, coverage), words, LIGHT, self._profile.icc)
        self._grey("coverage", coverage, "how much of each pixel it covers", SHARE)
        inside = self._frame.place(np.ones(sheet.coverage.shape, np.float32), box)
        radius = blur(self._frame.place(self._lens.radius_px(sheet.dioptres), box), self._most_px)
        words = "how far the lens spreads it; paler where it covers nothing and only goes on"
        self._codes("radius", over_checks(radius, inside * (0.5 + 0.5 * coverage)), words, self._blur_scale)
        self._origins("origin", sheet.rgb, sheet.coverage, sheet.weight < 1.0, box)

    def spread(self, drawn: Spread, clear: FloatArray) -> None:
        """Show the sheet through the lens, how much of it is seen, and what it lets through."""
        frame, box = self._frame, drawn.box
        through = clear[box]
        self._sheets[-1]["share_of_light"] = float((through * drawn.coverage).sum(dtype=np.float64)) / clear.size
        self._grey(
            "spread_coverage",
            frame.place(drawn.coverage, box),
            "its coverage through the lens; not drawn where nothing gets through",
            SHARE,
        )
        self._linear("light", frame.place(drawn.light, box), "its light through the lens, nothing before it")
        seen = frame.place(through[..., None] * drawn.light, box)
        self._linear("seen", seen, "what the nearer sheets let through of that: the picture is the sum of these")
        left = frame.whole(clear) - frame.place(through * drawn.coverage, box)
        self._grey("clear", left, "how much light still gets through, from what lies behind", SHARE)

    def behind_subject(self, rest: Remaining) -> None:
        """Show what was made up behind the subject."""
        self._subject = len(self._sheets)
        self._section("Behind the subject: what is left of the picture when it is off, filled where it hid it")
        rgb, dioptres = rest.rgbd[..., :3], rest.rgbd[..., 3]
        self._colours("behind_subject", rgb, "the colour of what is left")
        radius = self._frame.whole(self._lens.radius_px(dioptres))
        self._codes(
            "behind_subject_radius", blur(radius, self._most_px), "how far the lens spreads it", self._blur_scale
        )
        covered = np.ones(dioptres.shape, np.float32)
        self._origins("behind_subject_origin", rgb, covered, rest.weight < 1.0, self._frame.all)

    def lights(self, rgb: FloatArray) -> None:
        """Show the images of the lights."""
        self._section("The lights")
        self._colours("lights_drawn", rgb, "the images of the lights, cut by what stands before them")

    def picture(self, rgb: FloatArray) -> None:
        """Show the picture."""
        self._section("The picture")
        self._colours("picture", rgb, "all sheets as they are seen, and the lights")

    # How it is shown

    def _depths(self, scene: Scene) -> None:
        assert scene.photo.depth is not None and scene.dioptres is not None
        given = scene.photo.depth
        far, near = float(np.nanmin(given)), float(np.nanmax(given))
        kind = "" if scene.photo.depth_kind == "absolute" else f", {scene.photo.depth_kind}: not true distances"
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
            radiance = photo.rgb if scene.extra is None else photo.rgb + scene.extra
            energy = np.log2(1.0 + np.maximum(radiance[lights.mask] - lights.base, 0.0).max(axis=1))
            share = (near - lights.dioptres) / max(near - far, 1e-9)
            strength = 0.3 + 0.7 * energy / max(float(energy.max()), 1e-6)
            codes = np.repeat(0.3 * self._profile.from_linear(photo.rgb).mean(axis=2)[..., None], 3, axis=2)
            codes[lights.mask] = ramp(share, NEAR_TO_FAR) * strength[:, None]
            ends = np.linspace(near, far, len(NEAR_TO_FAR))
            scale = Scale("dioptres (1/m)", tuple((c, float(d)) for c, d in zip(NEAR_TO_FAR, ends, strict=True)))
            words = f"the {np.count_nonzero(lights.mask)} pixels of the lights, coloured by depth, on the dimmed photo"
            self._codes("lights", self._frame.whole(codes), words, scale)

    def _origins(self, name: str, rgb: FloatArray, coverage: FloatArray, guess: NDArray[np.bool_], box: Box) -> None:
        dark = self._dark[box]
        changed = (np.abs(rgb - dark) > SAME * np.maximum(dark, 0.1)).any(axis=2)
        kinds = [coverage * ~(changed | guess), coverage * (changed & ~guess), coverage * guess]
        shares = np.stack([self._frame.place(kind, box) for kind in kinds], axis=2)
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
        return f"Sheet {number}{where}: {metres}, blur radius {near_px:+.1f} to {far_px:+.1f} px; {part}"


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
def watching(steps: StepsLike) -> Iterator[Watcher]:
    """Have a render watched: by the steps, while their folder is filled; by someone who looks away, without."""
    watch = as_steps(steps)
    if watch is None:
        yield Watcher()
    else:
        with watch:
            yield watch


def _metres(dioptres: float) -> float:
    return 1.0 / dioptres if dioptres > 0.0 else float("inf")


def _in_metres(metres: float) -> str:
    return f"{metres:.3g} m" if metres < 1e4 else "infinity"


def _range(near: float, far: float) -> str:
    return f"{_in_metres(_metres(near))} to {_in_metres(_metres(far))}"
