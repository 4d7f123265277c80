"""The pictures of the steps as they are written, and the list of what each shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...colour.icc import SRGB_CURVE
from ...colour.profile import Profile
from ...core.arrays import FloatArray
from ...photo.photo import Photo
from ..drawing.false_colour import WHITE, Colour, Scale, blur, blur_scale, grey, grey_scale, over_checks
from .album import Album
from .frame import StepFrame

ORIGINS: tuple[tuple[Colour, str], ...] = (
    ((165, 165, 165), "as photographed"),
    ((230, 80, 160), "un-mixed: the pixel shows another surface too"),
    ((0, 190, 190), "filled: hidden, and continued from where it is seen"),
)
"""Where a slice's colour comes from."""

LIGHT = Scale(
    "scene-linear light, through the photo's tone curve; more than 1 looks like 1", (((0, 0, 0), 0.0), (WHITE, 1.0))
)
SHARE = grey_scale("share", 0.0, 1.0)


class StepPictures:
    """Writes the pictures of the steps in their order, each in the section that was begun last.

    Parameters
    ----------
    album : Album
        Where they go.
    photo : Photo
        Gives their frame and the colours of light.

    Attributes
    ----------
    frame : StepFrame
    profile : Profile
    steps, sections, slices : list of dict
        What the album's list says of them.
    most_px : float
        Largest blur radius, which the colours of radii reach to.
    """

    def __init__(self, album: Album, photo: Photo) -> None:
        """Begin with none."""
        self._album = album
        self.frame = StepFrame.of(photo.size)
        self.profile: Profile = photo.profile.with_curve(SRGB_CURVE) if photo.profile.is_linear else photo.profile
        self.steps: list[dict[str, Any]] = []
        self.sections: list[dict[str, Any]] = []
        self.slices: list[dict[str, Any]] = []
        self.most_px = 0.0

    def section(self, title: str) -> None:
        """Begin a section."""
        self.sections.append({"title": title})

    def slice_section(self, facts: dict[str, Any]) -> None:
        """Begin the section of a slice, whose title comes when all is known of it."""
        self.slices.append({"sheet": len(self.slices) + 1, "section": len(self.sections), **facts})
        self.section("")

    def photo_light(self, name: str, rgb: FloatArray, shows: str) -> None:
        """Show light (H, W, 3) that fills the photo's frame."""
        self.light(name, self.frame.whole(rgb), shows)

    def light(self, name: str, rgb: FloatArray, shows: str) -> None:
        """Show light (h, w, 3)."""
        self.codes(name, self.profile.from_linear(rgb), shows, LIGHT, self.profile.icc)

    def colour(self, name: str, rgb: NDArray[np.floating], alpha: FloatArray, shows: str) -> None:
        """Show light (h, w, 3) over checks, where it does not cover."""
        self.codes(name, over_checks(self.profile.from_linear(rgb), alpha), shows, LIGHT, self.profile.icc)

    def radius(self, name: str, radius: FloatArray, shows: str, alpha: NDArray[np.floating] | None = None) -> None:
        """Show signed blur radii (h, w) in colours; over checks, where there is an alpha."""
        colours = blur(radius, self.most_px)
        self.codes(name, colours if alpha is None else over_checks(colours, alpha), shows, blur_scale(self.most_px))

    def origins(self, name: str, shares: FloatArray) -> None:
        """Show where a slice's colour comes from: its coverage by ORIGINS, (h, w, 3)."""
        alpha = shares.sum(axis=2)
        colours = np.asarray([colour for colour, _ in ORIGINS], np.float32) / np.float32(255.0)
        codes = shares @ colours / np.maximum(alpha, 1e-6)[..., None]
        scale = Scale("origin", ORIGINS, smooth=False)
        self.codes(name, over_checks(codes, alpha), "where its colour comes from", scale)

    def grey(self, name: str, values: FloatArray, shows: str, scale: Scale) -> None:
        """Show values (h, w) in 16-bit grey."""
        (_, black), (_, white) = scale.stops
        assert not isinstance(black, str) and not isinstance(white, str)
        self._add(name, grey(values, black, white), shows, scale)

    def codes(self, name: str, codes: FloatArray, shows: str, scale: Scale, icc: bytes | None = None) -> None:
        """Show colours (h, w, 3), 0..1."""
        self._add(name, np.rint(np.clip(codes, 0.0, 1.0) * 255.0).astype(np.uint8), shows, scale, icc)

    def _add(self, name: str, codes: NDArray, shows: str, scale: Scale, icc: bytes | None = None) -> None:
        section = len(self.sections) - 1
        number = self.slices[-1]["sheet"] if self.slices and self.slices[-1]["section"] == section else None
        full = name if number is None else f"sheet_{number:02d}_{name}"
        file = f"{len(self.steps) + 1:03d}_{full}.png"
        self._album.add(file, codes, icc)
        stops = [{"colour": "#{:02x}{:02x}{:02x}".format(*colour), "value": value} for colour, value in scale.stops]
        self.steps.append(
            {
                "file": file,
                "step": name,
                "kind": "light" if scale is LIGHT else "map",
                "sheet": number,
                "section": section,
                "shows": shows,
                "unit": scale.unit,
                "scale": stops,
                "smooth": scale.smooth,
            }
        )
