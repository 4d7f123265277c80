"""Hold a render against what must be true of any picture: nothing that is solid glows through, no light appears."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...core.arrays import FloatArray
from ...core.errors import NoDepthError
from ...core.progress import Progress, unseen
from ...core.text import printable
from ...optics.elements import Glass
from ...optics.lens import Lens, ThinLens
from ...photo.photo import Photo
from ...render.pipeline import prepare_for, render_scene
from ...render.report import mount_on
from ...render.settings import RenderSettings
from ...scene.prepared import PreparedScene
from ..measures.blur import iris_radius, reduction
from .figures import Beside, Worst, beside_outline, brightest_kept, focused_change, light_kept, solidity

STOPPED_DOWN = 16.0
"""F-number at which next to all is in focus."""

MOST_TRANSLUCENT, MOST_CODES, MOST_GROWN = 0.02, 2.0, 1.02
LIGHT_RANGE = (0.95, 1.05)
MOST_LEAK, MOST_HALO = 0.75, 3.0
"""The largest values that are in range. Leak and halo: pixels of the picture at which they are measured."""


@dataclass(frozen=True)
class CheckFigure:
    """One figure of a check.

    Attributes
    ----------
    name : str
        "solid", "sharp", "sharp_stopped_down", "brightest", "light", "leak" or "halo".
    value : float or None
        None where the photo has nothing that it could be measured by.
    low, high : float
        What is in range.
    unit : str
        "share", "codes" (of 255), "ratio" or "px" (of the photo).
    place : (int, int) or None
        Column and row of the worst pixel, where one is known and out of range.

    Examples
    --------
    >>> import rebokeh as rk
    >>> rk.CheckFigure("solid", 0.36, 0.0, 0.02, "share", (1950, 650)).in_range
    False
    """

    name: str
    value: float | None
    low: float
    high: float
    unit: str
    place: tuple[int, int] | None = None

    @property
    def in_range(self) -> bool:
        """Whether nothing is wrong: what cannot be measured shows no fault."""
        return self.value is None or self.low <= self.value <= self.high


@dataclass(frozen=True)
class PictureCheck:
    """Whether a picture can be trusted.

    Attributes
    ----------
    f_number, focus_m : float
        Of the lens that it was checked with.
    figures : tuple of CheckFigure

    Examples
    --------
    >>> import rebokeh as rk
    >>> found = rk.PictureCheck(1.8, 2.0, (rk.CheckFigure("sharp", 0.3, 0.0, 2.0, "codes"),))
    >>> found.passed, found["sharp"].value
    (True, 0.3)
    """

    f_number: float
    focus_m: float
    figures: tuple[CheckFigure, ...]

    @property
    def passed(self) -> bool:
        """Whether every figure is in its range."""
        return all(figure.in_range for figure in self.figures)

    def __getitem__(self, name: str) -> CheckFigure:
        """Return the figure of a name."""
        return {figure.name: figure for figure in self.figures}[name]

    def to_json(self) -> dict[str, Any]:
        """Return the check as plain values, the figures by name."""
        return {
            "f_number": self.f_number,
            "focus_m": self.focus_m,
            "passed": self.passed,
            "figures": {figure.name: _plain(figure) for figure in self.figures},
        }


def check(
    photo: Photo, lens: Lens | None = None, settings: RenderSettings | None = None, progress: Progress = unseen
) -> PictureCheck:
    """Render a photo and measure what must hold of any picture, whatever is on it; no truth is needed.

    Parameters
    ----------
    photo : Photo
    lens : Lens, optional
        Of it count f-number, focus, focal length, sensor and iris: what its glass does on purpose is no fault.
    settings : RenderSettings, optional
        Its style, rendition and grain are not used.
    progress : Progress, optional
        Is told what is being done, and the share of it that is done.

    Returns
    -------
    PictureCheck
        "solid": the largest share by which something solid is seen through, in a picture of 1.2 megapixels; "sharp":
        the change of what is in focus, in 8-bit codes, 99.9th percentile, and "sharp_stopped_down" the same at f/16;
        "brightest": the brightest 0.01 % of all light, over that of the photo, and "light" all of it; "leak" and
        "halo": how much of a sharp subject's light lies beside it, and how far, in pixels of the photo.

    Raises
    ------
    NoDepthError
        When the photo holds no depth.
    UsageError
        When the lens cannot focus there.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> dioptres = np.where(np.arange(120) < 60, 1.0, 0.25) * np.ones((80, 1))
    >>> rgb = np.random.default_rng(0).random((80, 120, 3), np.float32)
    >>> found = rk.check(rk.Photo(rgb=rgb, depth=dioptres.astype(np.float32)), rk.Lens(f_number=1.8, focus_m=1.0))
    >>> found.passed, found["solid"].in_range
    (True, True)
    """
    if photo.depth is None:
        name = printable(photo.meta.path) if photo.meta.path else "the photo"
        raise NoDepthError(
            f"{name} holds no depth, so there is no render to check; give a map with `depth`, or a model with "
            "`depth_model`"
        )
    settings = checked_settings(settings or RenderSettings())
    return check_scene(prepare_for(photo, settings, progress), lens or Lens(), settings, progress)


def checked_settings(settings: RenderSettings) -> RenderSettings:
    """Return settings for what is checked: a lens's picture in SDR, with its gain map, and without grain."""
    return replace(settings, style="lens", rendition="sdr", grain="off")


def check_scene(
    scene: PreparedScene,
    lens: Lens,
    settings: RenderSettings,
    progress: Progress = unseen,
    picture: Photo | None = None,
) -> PictureCheck:
    """Check what a lens makes of a scene that is prepared for `checked_settings`; see `check`.

    `picture` is what the lens made of the scene at these settings, where that is there already. With flaws in the glass
    it is rendered anew, without.
    """
    thin, _ = mount_on(scene, lens, settings)
    plain = replace(lens.focused_at(thin.focus_m), glass=Glass())
    if picture is None or lens.glass != plain.glass:
        picture = render_scene(scene, plain, settings, progress=progress)
    narrow = replace(plain, f_number=max(STOPPED_DOWN, plain.f_number))
    stopped_down = render_scene(scene, narrow, settings, progress=progress)
    progress("check", 0.0)
    return check_pictures(scene, plain, thin, {plain.f_number: picture, narrow.f_number: stopped_down}, settings)


def check_pictures(
    scene: PreparedScene, lens: Lens, thin: ThinLens, pictures: Mapping[float, Photo], settings: RenderSettings
) -> PictureCheck:
    """Check pictures that are made already.

    Parameters
    ----------
    scene : PreparedScene
    lens : Lens
        Without flaws, focused at a distance.
    thin : ThinLens
        That lens on the scene.
    pictures : mapping of float to Photo
        What the lens made of the scene, by f-number: its own first, then the narrowest.
    settings : RenderSettings
    """
    assert scene.dioptres is not None
    wide, narrow = next(iter(pictures)), max(pictures)
    picture, photo, by = pictures[wide], scene.photo, reduction(scene.photo.size)
    changes = [
        focused_change(photo.rgb, pictures[n].rgb, _radius_px(scene, replace(thin, f_number=n), settings))
        for n in (wide, narrow)
    ]
    edge = beside_outline(_as_blurred(scene, thin, settings), picture, thin, iris_radius(lens))
    return PictureCheck(
        wide,
        thin.focus_m,
        (
            _of_worst("solid", solidity(scene, lens, thin), MOST_TRANSLUCENT, "share"),
            _of_worst("sharp", changes[0], MOST_CODES, "codes"),
            _of_worst("sharp_stopped_down", changes[1], MOST_CODES, "codes"),
            CheckFigure("brightest", brightest_kept(scene, picture), 0.0, MOST_GROWN, "ratio"),
            CheckFigure("light", light_kept(scene, picture), *LIGHT_RANGE, "ratio"),
            *_of_outline(edge, by),
        ),
    )


def _as_blurred(scene: PreparedScene, thin: ThinLens, settings: RenderSettings) -> PreparedScene:
    """Return the scene at the depths that it was blurred by: less where the photo is blurred already."""
    return scene if settings.baked == "ignore" else scene.less_existing_blur(thin)


def _of_outline(edge: Beside | None, by: int) -> tuple[CheckFigure, CheckFigure]:
    """Return leak and halo: in range up to what is nearly nothing, or up to what the subject's own blur is."""
    leak, halo = MOST_LEAK * by, MOST_HALO * by
    if edge is None:
        return CheckFigure("leak", None, 0.0, leak, "px"), CheckFigure("halo", None, 0.0, halo, "px")
    return (
        CheckFigure("leak", edge.leak_px, 0.0, max(leak, edge.due_leak_px), "px"),
        CheckFigure("halo", edge.halo_px, 0.0, max(halo, edge.due_halo_px), "px"),
    )


def _of_worst(name: str, worst: Worst | None, most: float, unit: str) -> CheckFigure:
    if worst is None:
        return CheckFigure(name, None, 0.0, most, unit)
    return CheckFigure(name, worst.value, 0.0, most, unit, worst.place if worst.value > most else None)


def _plain(figure: CheckFigure) -> dict[str, Any]:
    return {
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "unit": figure.unit,
        "in_range": figure.in_range,
        "place": None if figure.place is None else list(figure.place),
    }


def _radius_px(scene: PreparedScene, thin: ThinLens, settings: RenderSettings) -> FloatArray:
    """Blur that a lens adds, float32 (H, W): without what the photo holds, and no less than the phone's own picture."""
    dioptres = _as_blurred(scene, thin, settings).dioptres
    assert dioptres is not None
    return thin.radius_px(dioptres)
