"""Render a photo as a lens does and as a phone does, take the phone's own picture along, and measure all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...colour.profile import rgb_from_xyz
from ...core.arrays import FloatArray
from ...core.errors import NoDepthError
from ...core.progress import Progress, unseen
from ...core.text import printable
from ...depth.existing_blur import ExistingBlur
from ...optics.lens import Lens, ThinLens
from ...photo.photo import Photo
from ...render.gaussian import gaussian_style
from ...render.pipeline import prepare_for, render_scene
from ...render.report import mount_on, report_of
from ...render.settings import RenderSettings
from ...scene.prepared import PreparedScene
from ..check.check import PictureCheck, check_scene, checked_settings
from ..check.figures import all_light, scene_radiance
from ..measures.blur import BlurCurve, DepthBlur, blur_curves, iris_radius
from ..measures.figures import EdgeFigures, edge_figures, highlight_energy, sharpness
from .register import Placement, register

OURS, PHONE, GAUSSIAN = "rebokeh", "phone", "gaussian"
ORIGINAL = "original"


@dataclass(frozen=True, eq=False)
class Shown:
    """One of the pictures that are compared.

    Attributes
    ----------
    title : str
        What it is, in words.
    rgb : float32 (H, W, 3)
        Scene-linear, on the original's pixels; 0 where it does not reach.
    curve : BlurCurve or None
        Its blur against distance; None for the original.
    highlights : float or None
        Share of the light above white that it holds.
    edge : EdgeFigures or None
    sharpness : float or None
        Of what is in focus, against the original.
    """

    title: str
    rgb: FloatArray
    curve: BlurCurve | None = None
    highlights: float | None = None
    edge: EdgeFigures | None = None
    sharpness: float | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """All that the page shows.

    Attributes
    ----------
    scene : PreparedScene
        The original.
    lens : ThinLens
    pictures : dict of str to Shown
        "original", "rebokeh", "phone" (where there is one) and "gaussian".
    iris : float
        Radius of the disc that spreads light as far as the iris does, in units of the f-number's.
    placement : Placement or None
        Where the phone's picture lies on the original.
    covered : bool (H, W)
        Where all the pictures show the scene.
    notes : tuple of str
    report : dict
        The scene's own, of this lens.
    check : PictureCheck
        Whether our render can be trusted.
    """

    scene: PreparedScene
    lens: ThinLens
    pictures: dict[str, Shown]
    iris: float
    placement: Placement | None
    covered: NDArray[np.bool_]
    notes: tuple[str, ...]
    report: dict[str, Any]
    check: PictureCheck

    @property
    def facts(self) -> dict[str, Any]:
        """All figures, by picture."""
        blurred = {name: shown for name, shown in self.pictures.items() if name != ORIGINAL}
        return {
            "width": self.scene.photo.size[1],
            "height": self.scene.photo.size[0],
            **{key: value for key, value in self.report.items() if key != "warnings"},
            "iris_radius": self.iris,
            "placement": self.placement and asdict(self.placement),
            "pictures": {name: self._figures(shown) for name, shown in blurred.items()},
            "check": self.check.to_json(),
            "notes": list(self.notes),
        }

    def expected_px(self, dioptres: float) -> float:
        """Radius that the lens's blur has at some depth, pixels of the photo."""
        return abs(self.lens.radius_px(dioptres)) * self.iris

    def _figures(self, shown: Shown) -> dict[str, Any]:
        curve = shown.curve or BlurCurve("disc", False, ())
        return {
            "title": shown.title,
            "blur": {
                "shape": curve.shape,
                "clipped_before_blur": curve.clipped,
                "bins": [
                    {
                        "distance_m": 1.0 / b.dioptres if b.dioptres > 0.0 else math.inf,
                        **asdict(b),
                        "thin_lens_px": self.expected_px(b.dioptres),
                    }
                    for b in curve.bins
                ],
            },
            "highlight_energy_kept": shown.highlights,
            "edge": shown.edge and asdict(shown.edge),
            "sharpness_in_focus": shown.sharpness,
        }


def compare(
    photo: Photo,
    other: Photo | None = None,
    lens: Lens | None = None,
    settings: RenderSettings | None = None,
    progress: Progress = unseen,
) -> Comparison:
    """Render a photo and measure it beside the phone's own blur and one plain Gaussian.

    Parameters
    ----------
    photo : Photo
        The sharp original, with depth.
    other : Photo, optional
        The same picture as the phone blurred it: another size, crop, exposure or tone will do. Left out, a photo that
        is blurred already stands for itself.
    lens : Lens, optional
    settings : RenderSettings, optional
        Its style and rendition are not used: SDR is shown, and highlights are measured with their radiance.
    progress : Progress, optional

    Returns
    -------
    Comparison

    Raises
    ------
    NoDepthError
        When the photo holds no depth.
    InputError
        When the other picture is not of this scene.
    UsageError
        When the lens cannot focus there.
    """
    if photo.depth is None:
        raise NoDepthError(
            f"{_name(photo)} holds no depth, so there is no blur to hold against distance; "
            "give a map with `depth`, or a model with `depth_model`"
        )
    lens = lens or Lens()
    registered, notes = None, []
    if other is not None:
        progress("register", 0.0)
        registered = register(photo.rgb, _in_primaries(photo, other), (_name(photo), _name(other)))
    settings = replace(settings or RenderSettings(), style="lens", rendition="sdr")
    scene = prepare_for(photo, settings, progress)
    assert scene.dioptres is not None
    thin, _ = mount_on(scene, lens, settings)
    radiance = scene_radiance(scene)
    ours, as_checked = render_scene(scene, lens, settings, progress=progress), checked_settings(settings)
    covered = np.ones(photo.size, bool) if registered is None else registered.covered
    pictures = {
        ORIGINAL: Shown("the original", photo.rgb),
        OURS: Shown(f"rebokeh, f/{lens.f_number:g}", ours.rgb),
    }
    if registered is not None:
        pictures[PHONE] = Shown("the phone's own blur", registered.rgb)
    pictures[GAUSSIAN] = Shown(
        "one Gaussian around the subject", gaussian_style(photo.rgb, scene.dioptres, scene.matte, thin)
    )
    progress("measure", 0.0)
    blurred = {name: shown.rgb for name, shown in pictures.items() if name != ORIGINAL}
    # Shown is what a screen for SDR shows; measured is all of the light.
    blurred[OURS] = render_scene(scene, lens, replace(settings, rendition="hdr"), progress=progress).rgb
    curves = blur_curves(radiance, blurred, scene.dioptres, thin, covered)
    radius = np.abs(thin.radius_px(scene.dioptres))
    as_it_was = scene.existing_blur if other is None else None
    for name, curve in curves.items():
        picture = blurred[name]
        pictures[name] = replace(
            pictures[name],
            curve=curve if as_it_was is None else _upon(curve, as_it_was),
            highlights=highlight_energy(radiance, picture, scene.dioptres, curve, covered),
            edge=None
            if scene.matte is None
            else edge_figures(radiance, picture, scene.matte, scene.dioptres, curve, covered),
            sharpness=sharpness(photo.rgb, picture, radius, covered),
        )
    if as_it_was is not None:
        title = "the photo as the phone blurred it"
        bins = zip(as_it_was.dioptres, as_it_was.radius_px, strict=True)
        curve = BlurCurve("disc", False, tuple(DepthBlur(d, r, 0, math.nan) for d, r in bins))
        pictures[PHONE] = Shown(title, photo.rgb, curve)
        notes.append(
            "the photo is blurred already, and no sharp original is there to measure it against: its curve is "
            "estimated from its edges, and that of the others is what they add to it, as squares add"
        )
    if scene.matte is None:
        notes.append("the photo has no matte, so there is no outline of a subject to measure a leak beside")
    iris = iris_radius(lens)
    return Comparison(
        scene,
        thin,
        pictures,
        iris,
        registered and registered.placement,
        covered,
        tuple(notes),
        report_of(scene, lens, settings),
        check_scene(scene, lens, as_checked, progress, ours if settings == as_checked else None),
    )


def _upon(curve: BlurCurve, existing: ExistingBlur) -> BlurCurve:
    """Return the curve of blur upon blur: second moments add."""
    whole = (replace(b, radius_px=math.hypot(b.radius_px, float(existing.radius_at(b.dioptres)))) for b in curve.bins)
    return replace(curve, bins=tuple(whole))


def _name(photo: Photo) -> str:
    return printable(photo.meta.path) if photo.meta.path else "the photo"


def _in_primaries(photo: Photo, other: Photo) -> FloatArray:
    """Radiance of another picture, in the primaries of the photo."""
    rgb = all_light(other)
    matrix = rgb_from_xyz(photo.profile) @ np.linalg.inv(rgb_from_xyz(other.profile))
    if np.abs(matrix - np.eye(3)).max() < 1e-3:
        return rgb
    return np.maximum(rgb @ matrix.T.astype(np.float32), 0.0)


def differing(pictures: Mapping[str, Shown]) -> tuple[str, str]:
    """Names of the two pictures that are shown first, and whose difference is mapped: ours, and the phone's if any."""
    return OURS, PHONE if PHONE in pictures else GAUSSIAN
