"""The pipeline: a photo and a lens -> the picture that the lens would have taken."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .anchor import trust
from .baked import Baked, baked_into
from .depth import resize_matte, upsample
from .errors import NoDepthError, UsageError
from .exposure import Exposure
from .focus import find_focus, focus_warnings
from .gaussian import gaussian_style
from .grain import add_grain, noise_of
from .highlights import Mode, above_clip
from .io.common import printable
from .lens import Lens, ThinLens, mount
from .levels import Levels, SharedLight, at_level, spread_share
from .lights import Lights, lights_of
from .matting import refine
from .optics import Optics
from .outline import MOST_ROWS, SMALL_ROWS, Outlines
from .photo import GainMap, Photo, Rendering
from .plan import SUBJECT_SHARE, plan
from .planar import planar_warnings
from .progress import Progress, unseen
from .residual import SURFACE_HALVINGS, kept_share, surface_levels, withheld_by_map, withheld_of_lights
from .sprites import draw_lights
from .stars import add_stars, star_light
from .steps import StepsLike, as_steps, watching
from .tiles import GUIDE_LEVELS
from .vignetting import vignette
from .watch import Watcher

FloatArray = NDArray[np.float32]

# numba's simplest threading layer aborts the process when two threads start kernels at once. A render uses all cores
# anyway, so the renders of one process take turns.
_ONE_AT_A_TIME = threading.RLock()


@dataclass(frozen=True)
class RenderSettings:
    """How to render, whatever the lens.

    Parameters
    ----------
    style : {"lens", "gaussian"}
        "gaussian" is the phone-like baseline: one soft kernel around the subject, clipped before it is blurred.
    highlights : {"auto", "gain-map", "estimate", "off"} or float
        Where radiance above the clip comes from. A number is "auto", and scales what lights are given back: 0 is "off".
    rendition : {"sdr", "hdr"}
        "sdr": sharp highlights stay as the photo shows them, so that what is in focus comes out as it went in;
        "hdr": they too carry their radiance (for EXR).
    quality : {"fast", "best"}
        "fast": what is blurred is made at the size that its blur leaves; "best": all at the photo's own size.
    baked : {"auto", "ignore"}
        What becomes of a photo that is blurred already. "auto": only the blur that is missing is added; "ignore": all
        of it, blur upon blur.
    grain : {"match", "off"} or float
        The photo's noise, put back where blur took it. A number is "match" of that strength.

    Raises
    ------
    UsageError
        When a word is none of these.
    """

    style: Literal["lens", "gaussian"] = "lens"
    highlights: Mode | float = "auto"
    rendition: Literal["sdr", "hdr"] = "sdr"
    quality: Literal["fast", "best"] = "fast"
    baked: Literal["auto", "ignore"] = "auto"
    grain: Literal["match", "off"] | float = "off"

    def __post_init__(self) -> None:
        """Check the words."""
        for name, value, words in (
            ("style", self.style, ("lens", "gaussian")),
            ("highlights", _word_of("highlights", self.highlights, "auto"), ("auto", "gain-map", "estimate", "off")),
            ("rendition", self.rendition, ("sdr", "hdr")),
            ("quality", self.quality, ("fast", "best")),
            ("baked", self.baked, ("auto", "ignore")),
            ("grain", _word_of("grain", self.grain, "match"), ("match", "off")),
        ):
            if value not in words:
                raise UsageError(f"{name} is {value!r}; it is one of {', '.join(words)}")

    @property
    def grain_strength(self) -> float:
        """How strong grain is put back; 1 = as the photo's."""
        return {"match": 1.0, "off": 0.0}[self.grain] if isinstance(self.grain, str) else float(self.grain)


def _word_of(name: str, value: str | float, number: str) -> str:
    """Return the word that a setting says, or that a number of it stands for."""
    if isinstance(value, str):
        return value
    if not 0.0 <= value < math.inf:
        raise UsageError(f"{name} is {value!r}; a strength is 0 or more")
    return number


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo made ready for any number of lenses.

    Attributes
    ----------
    photo : Photo
    settings : RenderSettings
    dioptres : float32 (H, W), or None
        Depth at the photo's resolution; None when the style needs none and there is none.
    matte : float32 (H, W), or None
    extra : float32 (H, W, 3), or None
        Radiance above the clip.
    lights : Lights, or None
    sources : dict
        Where depth, matte and highlights came from, in words.
    baked : Baked, optional
        Blur that is in the photo already.
    """

    photo: Photo
    settings: RenderSettings
    dioptres: FloatArray | None
    matte: FloatArray | None
    extra: FloatArray | None
    lights: Lights | None
    sources: dict[str, str]
    baked: Baked | None = None

    def mount(self, lens: Lens) -> tuple[ThinLens, str]:
        """Focus a lens on the scene; also says how the focus was found."""
        if self.dioptres is None:
            return mount(lens, self.photo.size, self.photo.meta.f35_mm, lens.focus_m or 2.0), "no depth"
        focus_m, source = find_focus(lens, self.photo, self.dioptres, self.matte)
        chosen = lens.focus_m is not None or lens.focus_point is not None
        if self.baked is not None and self.settings.baked == "auto" and not chosen:
            if self.baked.is_blurred_at(1.0 / focus_m):
                focus_m, source = self.baked.focus_m, "where the photo is sharp"
        return mount(lens, self.photo.size, self.photo.meta.f35_mm, focus_m), source

    def render(self, lens: Lens, steps: StepsLike = None, progress: Progress = unseen) -> Photo:
        """Render the picture that a lens takes of the scene.

        Parameters
        ----------
        lens : Lens
        steps : path-like or Steps, optional
            A folder to fill with pictures of each step; empty, or not there yet. The render is the same without.
        progress : Progress, optional
            Is told what is being done, and the share of it that is done.

        Returns
        -------
        Photo
            The photo with its rgb replaced; scene-linear, same primaries. Its gain map is what the rendition withholds
            of highlights in focus.

        Raises
        ------
        UsageError
            When the focus is impossible with this lens or this depth.
        OutputError
            When the folder of the steps is not empty, or cannot be written; it is then left as it was.
        """
        progress("render", 0.0)
        thin, _ = self.mount(lens)
        scene = self._missing(thin)
        with _ONE_AT_A_TIME, watching(steps) as watch:
            if watch is not None:
                watch.scene(scene, thin)
            withheld = None
            if self.settings.style == "gaussian":
                picture = gaussian_style(self.photo.rgb, scene.dioptres, self.matte, thin)
            else:
                picture, shared = scene._through(thin, lens, progress, watch)
                withheld = scene._withheld(picture, shared, thin, lens)
                scene._add_grain(picture, thin)
            if watch is not None:
                watch.picture(picture)
        meta = replace(
            self.photo.meta,
            warnings=(*self.photo.meta.warnings, *self.warnings(lens)),
            rendered=Rendering(lens.f_number, thin.focus_m, how=self._how(lens)),
            depth_map=self.photo.depth,
        )
        depth = self.photo.depth if self.dioptres is None else self.dioptres
        return replace(self.photo, rgb=picture, depth=depth, gain_map=withheld, meta=meta)

    def _how(self, lens: Lens) -> tuple[Lens, RenderSettings] | None:
        """Tell what the mark's recipe is of; None for a render of a render, which no one recipe makes."""
        before = self.photo.meta.rendered
        return None if before is not None and before.how is not None else (lens, self.settings)

    def warnings(self, lens: Lens) -> tuple[str, ...]:
        """Say what will look wrong with a lens: a nominal focus, a flat depth map, blur that is there already."""
        said, mark = (*focus_warnings(lens, self.photo), *planar_warnings(self.photo)), self.photo.meta.rendered
        if self.baked is not None:
            adds_all = self.settings.baked == "ignore"
            return *said, *self.baked.warnings(lens, self.mount(lens)[0], self.photo, adds_all=adds_all)
        again = (f"this photo is rendered by rebokeh already, {mark}; blur is added to it",) if mark else ()
        return *said, *again

    def _missing(self, thin: ThinLens) -> Scene:
        """Return the scene whose depths a lens blurs by what is missing to its blur."""
        if self.baked is None or self.dioptres is None or self.settings.baked == "ignore":
            return self
        lights = self.lights
        if lights is not None:
            lights = replace(lights, dioptres=self.baked.without(lights.dioptres, thin))
        return replace(self, dioptres=self.baked.without(self.dioptres, thin), lights=lights)

    def _through(
        self, thin: ThinLens, lens: Lens, progress: Progress, watch: Watcher | None
    ) -> tuple[FloatArray, SharedLight | None]:
        """Follow the light: sheets from near to far, each seen through what stands before it; then the lights."""
        levels = self.levels
        exposure = self._exposure(levels, thin, lens, watch)
        picture = exposure.picture(progress)
        levels.keep_in_focus(picture, thin)
        optics = exposure.outlines.optics
        shared, stars = None, None
        if levels.lights is not None:
            progress("lights", 0.0)
            place = np.stack([levels.lights.columns, levels.lights.rows], axis=1).astype(np.float64)
            pieces = sorted(exposure.silhouettes, key=lambda p: (p.number, p.inner[0].start, p.inner[1].start))
            shared, stars = star_light(levels.lights, levels.shared_light(thin), lens, thin, self.photo)
            unlit = None if watch is None else np.array(picture)
            draw_lights(place, shared.spread, levels.lights.dioptres, pieces, thin, optics, picture)
            if watch is not None and unlit is not None:
                watch.lights(picture - unlit)
            if stars is not None:
                add_stars(stars, place, levels.lights.dioptres, pieces, thin, optics, picture)
        vignette(optics, picture)
        return picture, shared

    def _exposure(self, levels: Levels, thin: ThinLens, lens: Lens, watch: Watcher | None) -> Exposure:
        """Put a lens before a scene's levels."""
        far, near = self.depth_range
        size = levels.sizes[0]
        most = 0 if self.settings.quality == "best" else len(levels.sizes) - 1 - GUIDE_LEVELS
        optics = Optics(lens, size, math.hypot(*size))
        cuts = plan(far, near, levels.subject, thin, max(most, 0))
        outlines = Outlines(optics, MOST_ROWS if self.settings.quality == "best" else SMALL_ROWS)
        return Exposure(levels, cuts, levels.subject, thin, outlines, watch)

    def _withheld(self, picture: FloatArray, shared: SharedLight | None, thin: ThinLens, lens: Lens) -> GainMap | None:
        """Return what an SDR rendition cannot show of a render, as a gain map; None when there is nothing."""
        levels = self.levels
        if levels.keeps_extra:
            return None
        if levels.extra is None:
            if levels.lights is None or shared is None:
                return None
            return withheld_of_lights(picture, levels.rgb, levels.lights, shared)
        spread = spread_share(levels.dioptres, thin)
        surface = None
        if self._surface_levels is not None and spread.any():
            coarse = self._exposure(self._surface_levels, at_level(thin, SURFACE_HALVINGS), lens, None)
            surface = coarse.picture(unseen)
        kept = kept_share(levels, shared, spread)
        assert self.photo.gain_map is not None
        return withheld_by_map(picture, levels, kept, surface, self.photo.gain_map)

    def _add_grain(self, picture: FloatArray, thin: ThinLens) -> None:
        strength = self.settings.grain_strength
        noise = None if strength == 0.0 else noise_of(self.photo.rgb)
        if noise is not None and self.dioptres is not None:
            add_grain(picture, noise, self.dioptres, thin, strength)

    @cached_property
    def _surface_levels(self) -> Levels | None:
        """What the gain map adds to surfaces, as a smaller scene."""
        return surface_levels(self.levels)

    @cached_property
    def levels(self) -> Levels:
        """The photo without its lights, halved again and again."""
        assert self.dioptres is not None
        keeps = self.settings.rendition == "hdr"
        return Levels(self.photo.rgb, self.dioptres, self.matte, self.extra, self.lights, keeps)

    @cached_property
    def depth_range(self) -> tuple[float, float]:
        """Smallest and largest dioptres."""
        assert self.dioptres is not None
        return float(self.dioptres.min()), float(self.dioptres.max())

    def report(self, lens: Lens) -> dict[str, Any]:
        """Say what a render with this lens uses: numbers with their units, and where each came from."""
        thin, focus_source = self.mount(lens)
        f35_mm = self.photo.meta.f35_mm
        said: dict[str, Any] = {
            "f_number": thin.f_number,
            "focal_mm": thin.focal_mm,
            "focal_source": _focal_source(lens, f35_mm),
            "focus_m": thin.focus_m,
            "focus_source": focus_source,
            "px_per_mm": thin.px_per_mm,
            "radius_at_infinity_px": thin.radius_px(0.0),
            "hyperfocal_m": thin.hyperfocal_m(0.03),
            **self.sources,
        }
        if self.dioptres is not None:
            near, far = float(self.dioptres.max()), float(self.dioptres.min())
            said["nearest_m"] = 1.0 / near if near > 0 else float("inf")
            said["farthest_m"] = 1.0 / far if far > 0 else float("inf")
            said["largest_radius_px"] = max(abs(thin.radius_px(near)), abs(thin.radius_px(far)))
            said["depth_kind"] = self.photo.depth_kind
            said["distances"] = trust(self.photo)
            said["warnings"] = list(self.warnings(lens))
        if self.settings.style == "lens":
            said["quality"] = self.settings.quality
        if self.baked is not None:
            said["baked"] = self.settings.baked
            said["baked_f_number"] = self.baked.f_number(self.photo.size, f35_mm)
            said["baked_confidence"] = self.baked.confidence
        said["lights"] = 0 if self.lights is None else len(self.lights.sure)
        return said


def prepare(photo: Photo, settings: RenderSettings | None = None, progress: Progress = unseen) -> Scene:
    """Do all that does not depend on the lens.

    Parameters
    ----------
    photo : Photo
    settings : RenderSettings, optional
    progress : Progress, optional
        Is told what is being done, and the share of it that is done.

    Returns
    -------
    Scene

    Raises
    ------
    NoDepthError
        When the photo holds no depth, and the style needs some.
    """
    progress("prepare", 0.0)
    settings = settings or RenderSettings()
    _refuse_without_depth(photo, settings)
    with _ONE_AT_A_TIME:
        dioptres, matte = at_full_size(photo)
        baked = None if dioptres is None else baked_into(photo, dioptres)
        if settings.style == "gaussian":
            extra, lights, highlights_source, lights_source = None, None, "clipped", "none"
        else:
            assert dioptres is not None
            found = above_clip(photo, settings.highlights)
            extra, highlights_source = found.extra, found.words
            lights, why = lights_of(photo, dioptres, matte, extra, restores=found.estimates, strength=found.strength)
            lights_source = f"{why}; {'no lights' if lights is None else lights.summary}"
    sources = {
        "depth_source": photo.meta.depth_source or ("given" if photo.depth is not None else "none"),
        "matte_source": (photo.meta.matte_source or "given") if matte is not None else "none",
        "highlights_source": highlights_source,
        "lights_source": lights_source,
    }
    return Scene(photo, settings, dioptres, matte, extra, lights, sources, baked)


def at_full_size(photo: Photo) -> tuple[FloatArray | None, FloatArray | None]:
    """Bring depth (dioptres) and matte to the photo's resolution, float32 (H, W) each; None for what it lacks.

    A matte of next to nothing is none.
    """
    with _ONE_AT_A_TIME:
        matte = None if photo.matte is None else resize_matte(photo.matte, photo.size)
        if matte is not None:
            matte = None if float((matte > 0.5).mean()) < SUBJECT_SHARE else refine(matte, photo.rgb)[0]
        return None if photo.depth is None else upsample(photo.depth, photo.rgb, matte), matte


def render(
    photo: Photo,
    lens: Lens | None = None,
    settings: RenderSettings | None = None,
    *,
    steps: StepsLike = None,
    progress: Progress = unseen,
) -> Photo:
    """Render the picture that a lens would have taken.

    Parameters
    ----------
    photo : Photo
    lens : Lens, optional
    settings : RenderSettings, optional
    steps : path-like or Steps, optional
        A folder to fill with pictures of each step, in the order of the light, with `index.html` and `steps.json` that
        say what they show. It must be empty, or not there yet. The render is the same without.
    progress : Progress, optional
        Is told what is being done, and the share of it that is done, 0..1; from any thread.

    Returns
    -------
    Photo
        The photo with its rgb replaced; scene-linear, same primaries.

    Raises
    ------
    NoDepthError
        When the photo holds no depth.
    UsageError
        When the lens cannot focus there.
    OutputError
        When the folder of the steps is not empty, or cannot be written; it is then left as it was.
    """
    steps = as_steps(steps)
    return prepare(photo, settings, progress).render(lens or Lens(), steps, progress)


def _focal_source(lens: Lens, f35_mm: float | None) -> str:
    if lens.focal_mm is not None:
        return "as given"
    return "the photo's 35 mm equivalent" if f35_mm else "assumed: the photo names none"


def _refuse_without_depth(photo: Photo, settings: RenderSettings) -> None:
    if photo.depth is not None:
        return
    name = printable(photo.meta.path) if photo.meta.path else "the photo"
    if settings.style != "gaussian":
        why = next((f" ({note})" for note in photo.meta.notes if "depth" in note.lower()), "")
        raise NoDepthError(
            f"{name} holds no depth{why}; give a map with --depth FILE, a model with --depth-model, "
            "or use --style gaussian with a --matte FILE"
        )
    if photo.matte is None:
        raise NoDepthError(f"{name} holds neither depth nor a matte; give --depth FILE or --matte FILE")
