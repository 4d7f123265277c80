"""A photo as the studio looks at it: prepared once, at its own size and at those of drafts; a lens before it."""

from __future__ import annotations

import io
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..colour.profile import Profile
from ..core.arrays import FloatArray
from ..core.progress import Clock, Progress, unseen
from ..core.text import in_metres
from ..core.threads import ONE_AT_A_TIME
from ..depth.calibrate import trust
from ..depth.existing_blur import existing_blur_of
from ..optics.lens import FULL_FRAME_DIAGONAL_MM, Lens, ThinLens, mount
from ..optics.lens_file import LensFile, read_lens
from ..photo.edits import Edits
from ..photo.photo import Photo
from ..render.parts import PictureParts
from ..render.pipeline import picture_of
from ..render.report import mount_on, warnings_of
from ..render.settings import RenderSettings
from ..scene.prepared import (
    Maps,
    PreparedScene,
    ToldByPicture,
    painted,
    prepare_scene,
    told_by_picture,
    unpainted,
)
from ..scene.reduced import reduced_scene
from ..settings.flags import with_flags
from ..settings.options import Options
from ..settings.units import point_of_pixels

DRAFT_PIXELS = (1_000_000, 650_000, 420_000, 270_000)
"""Sizes of drafts: the largest at rest, and what they fall back to while something moves."""

MOVING_S = 0.07
"""What a draft may take while something moves: with its way to the screen, and half as long again that an input waits
for the draft before it, that makes 150 ms."""

PACE_SHARE = 0.4
"""How much of what is expected of the next draft is what the last one took."""

SHARP_MM = 0.015
"""Blur radius on full frame that is not yet seen as blur."""

DRAFT_QUALITY, TILE_QUALITY = 88, 93


@dataclass(frozen=True, eq=False)
class Look:
    """A lens before a photo, as it is asked for.

    Attributes
    ----------
    lens : Lens
    thin : ThinLens
        Mounted on the photo at its own size.
    source : str
        How the focus was found.
    settings : RenderSettings
    """

    lens: Lens
    thin: ThinLens
    source: str
    settings: RenderSettings


@dataclass(frozen=True, eq=False)
class Draft:
    """A picture at the screen's size.

    Attributes
    ----------
    jpeg : bytes
    facts : mapping
        What there is to say of it.
    seconds : mapping of str to float
        What it took.
    """

    jpeg: bytes
    facts: Mapping[str, Any]
    seconds: Mapping[str, float]


class View:
    """A photo, prepared.

    Parameters
    ----------
    scene : PreparedScene
        With lights by the evidence that there is ("auto").
    maps : Maps
        What `unpainted` makes of the photo.
    exact : bool
        Whether the scene is what `prepare_scene` makes; after a stroke on a photo with a phone's own blur not at once.
    """

    def __init__(self, scene: PreparedScene, maps: Maps, exact: bool = True) -> None:
        self.photo, self._maps = scene.photo, maps
        self._exact = exact
        self._lock = threading.RLock()
        self._scenes: dict[Any, PreparedScene] = {"auto": scene}
        self._drafts: dict[Any, PreparedScene] = {}
        self._focused: dict[Any, tuple[ThinLens, str]] = {}
        self._pace_s = 0.3  # of a draft of a megapixel
        self._told: ToldByPicture | None = None  # what strokes do not change, from the first of them on

    @classmethod
    def of(cls, photo: Photo, progress: Progress = unseen) -> View:
        """Prepare a photo: all that does not depend on the lens, at all the sizes that will be asked for.

        Raises
        ------
        NoDepthError
            When there is no depth.
        """
        progress("prepare", 0.0)
        maps = unpainted(photo)
        progress("prepare", 0.3)
        view = cls(prepare_scene(photo, "auto", progress, maps), maps)
        progress("layers", 0.0)
        with ONE_AT_A_TIME:
            view.scene.layered(keeps_extra=False, dense=False)
        view._draft_scenes(progress)
        return view

    def edited(self, edits: Edits) -> View:
        """Return the photo as it looks with what is painted over it, at once: its blur and its lights follow.

        How far a phone blurred a picture of its own takes seconds to measure: that is made anew when a full picture is
        wanted.
        """
        photo = self.photo.with_edits(edits)
        with self._lock:
            told = self._told = self._told or told_by_picture(self.photo, "auto")
        exact = photo.meta.rendition is None
        if exact:
            scene = prepare_scene(photo, "auto", maps=self._maps, by_picture=told)
        else:
            dioptres, matte = painted(photo, self._maps)
            blur = None if dioptres is None else existing_blur_of(photo, dioptres, told[0])
            scene = replace(self.scene, photo=photo, dioptres=dioptres, matte=matte, existing_blur=blur)
            scene = scene.with_highlights("auto", told[1])
        view = View(scene, self._maps, exact)
        view._pace_s, view._told = self._pace_s, told
        return view

    @property
    def scene(self) -> PreparedScene:
        """The scene, for the usual highlights."""
        return self._scenes["auto"]

    def look(self, options: Options) -> Look:
        """Put a lens before the photo.

        Raises
        ------
        UsageError
            When the focus is impossible with this lens or this depth.
        """
        if options.focus is not None:
            options = replace(options, focus=point_of_pixels(options.focus, self.photo.size))
        lens, _ = options.chosen_lens(_lens_file)
        settings = options.render_settings()
        key = lens.focus_m, lens.focus_point, lens.focus_on, settings.baked
        with self._lock:
            found = self._focused.get(key)
        if found is None:
            found = mount_on(self.scene, lens, settings)
            with self._lock:
                if len(self._focused) > 64:
                    self._focused.clear()
                self._focused[key] = found
        return Look(lens, mount(lens, self.photo.size, self.photo.meta.f35_mm, found[0].focus_m), found[1], settings)

    def draft(self, options: Options, width: int, moving: bool, progress: Progress = unseen) -> Draft:
        """Render a draft.

        Parameters
        ----------
        options : Options
        width : int
            Of the screen; what is larger is of no use.
        moving : bool
            Whether the next one is to be expected at once: it is then no larger than it can be rendered in time.
        progress : Progress, optional
            May raise, to end it.
        """
        clock = Clock(time.perf_counter())
        with clock.stage("look"):
            look = self.look(options)
            scene = self._draft_scene(look.settings, self._pixels(width, moving))
            size = scene.photo.size
            thin = mount(look.lens, size, scene.photo.meta.f35_mm, look.thin.focus_m)
        with clock.stage("render"):
            rgb, _ = picture_of(scene, look.lens, thin, look.settings, progress=progress, withholds=False)
        with clock.stage("code"):
            jpeg = jpeg_of(rgb, self.photo.profile, DRAFT_QUALITY)
        with clock.stage("facts"):
            facts = {"size": [size[1], size[0]], **self.facts(look), "warnings": self._warnings(scene, look, thin)}
        pace_s = sum(clock.seconds[stage] for stage in ("render", "code", "facts")) * 1e6 / (size[0] * size[1])
        self._pace_s += PACE_SHARE * (pace_s - self._pace_s)
        return Draft(jpeg, facts, clock.seconds)

    def full(self, look: Look, progress: Progress = unseen, parts: PictureParts | None = None) -> FloatArray:
        """Render the picture at the photo's own size, float32 (H, W, 3); `parts` are told of as they are finished."""
        was_exact = self._exact
        scene = self.scene_for(look.settings, progress)
        rgb, _ = picture_of(
            scene, look.lens, look.thin, look.settings, progress=progress, withholds=False, parts=parts
        )  # fmt: skip
        if not was_exact:
            self._draft_scenes(progress)
        return rgb

    def scene_for(self, settings: RenderSettings, progress: Progress = unseen) -> PreparedScene:
        """Return the scene as `prepare_scene` makes it for these settings."""
        if not self._exact:
            scene = prepare_scene(self.photo, "auto", progress, self._maps)
            with self._lock:
                self._scenes, self._drafts, self._focused = {"auto": scene}, {}, {}
                self._exact = True
        return self._scene_now(settings)

    def _scene_now(self, settings: RenderSettings) -> PreparedScene:
        """Return the scene as it is known now."""
        key = None if settings.style == "gaussian" else settings.highlights
        with self._lock:
            if key not in self._scenes:
                for other in [one for one in self._scenes if one != "auto"]:
                    del self._scenes[other]  # one beside the usual is all that is kept
                self._scenes[key] = self.scene.with_highlights(key)
            return self._scenes[key]

    def facts(self, look: Look) -> dict[str, Any]:
        """Say where a lens is focused, and what is sharp."""
        thin, scene = look.thin, self.scene
        limit_px = SHARP_MM / FULL_FRAME_DIAGONAL_MM * math.hypot(*self.photo.size)
        depth = limit_px / thin.px_per_dioptre
        sharp = max(thin.focus_dioptres - depth, 0.0), thin.focus_dioptres + depth
        most_px = 0.0
        if scene.dioptres is not None:
            most_px = max(abs(thin.radius_px(end)) for end in scene.depth_range)
        return {
            "focus_m": thin.focus_m,
            "focus_dioptres": thin.focus_dioptres,
            "f_number": look.lens.f_number,
            "text": self.distance(thin.focus_m),
            "source": look.source,
            "sharp_m": [1.0 / sharp[1], 1.0 / sharp[0] if sharp[0] > 0.0 else math.inf],
            "sharp_dioptres": list(sharp),
            "radius_px_max": most_px,
        }

    def distance(self, focus_m: float) -> str:
        """Say a distance, and how far it can be trusted: "0.49 m, nominal"."""
        if self.photo.depth_kind == "unitless":
            return "no metres in this depth map"
        far = in_metres(focus_m if focus_m < 1e5 else math.inf)
        return f"{far}, nominal" if self.photo.depth_kind == "relative" else far

    @property
    def trust(self) -> str:
        """How far the depth map's metres can be trusted."""
        return trust(self.photo)

    def warnings(self, look: Look) -> list[str]:
        """Say what will look wrong."""
        scene = self._draft_scene(look.settings, DRAFT_PIXELS[-1])
        return self._warnings(
            scene, look, mount(look.lens, scene.photo.size, scene.photo.meta.f35_mm, look.thin.focus_m)
        )

    def _warnings(self, scene: PreparedScene, look: Look, thin: ThinLens) -> list[str]:
        said = warnings_of(replace_kind(scene, self.photo), look.lens, thin, look.settings)
        return [with_flags(one) for one in dict.fromkeys((*self.photo.meta.warnings, *said))]

    def _pixels(self, width: int, moving: bool) -> int:
        """Choose the size of a draft."""
        aspect = self.photo.size[0] / self.photo.size[1]
        enough = [one for one in DRAFT_PIXELS if one >= width * width * aspect] or [DRAFT_PIXELS[0]]
        if not moving:
            return enough[-1]
        in_time = [one for one in DRAFT_PIXELS if one * 1e-6 * self._pace_s <= MOVING_S] or [DRAFT_PIXELS[-1]]
        return min(enough[-1], in_time[0])

    def _draft_scenes(self, progress: Progress) -> None:
        """Make the scenes of all sizes of drafts."""
        for pixels in DRAFT_PIXELS:
            progress("layers", 0.9)
            self._draft_scene(RenderSettings(), pixels)

    def _draft_scene(self, settings: RenderSettings, pixels: int) -> PreparedScene:
        key = None if settings.style == "gaussian" else settings.highlights, pixels
        with self._lock:
            found = self._drafts.get(key)
            if found is None:
                for other in [one for one in self._drafts if one[0] not in ("auto", key[0])]:
                    del self._drafts[other]
                # Each from the scene itself: of a smaller one it would be softer.
                found = reduced_scene(self._scene_now(settings), draft_size(self.photo.size, pixels))
                if settings.style == "lens":
                    with ONE_AT_A_TIME:
                        found.layered(keeps_extra=False, dense=settings.quality == "best")
                self._drafts[key] = found
        return found


def replace_kind(scene: PreparedScene, photo: Photo) -> PreparedScene:
    """Return a reduced scene whose photo knows what its metres are."""
    if scene.photo.depth_kind == photo.depth_kind:
        return scene
    return replace(scene, photo=scene.photo.with_checked(depth_kind=photo.depth_kind))


def draft_size(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    """Height and width of about so many pixels, of a photo's shape; the photo's own where that is less."""
    by = min(math.sqrt(pixels / (size[0] * size[1])), 1.0)
    return max(round(size[0] * by), 1), max(round(size[1] * by), 1)


def jpeg_of(rgb: FloatArray, profile: Profile, quality: int) -> bytes:
    """Code scene-linear light as screens show it, clipped at white: JPEG, with the profile of its colours."""
    shown = profile.with_curve(Profile().curves[0]) if profile.is_linear else profile
    return jpeg_of_codes(shown.to_codes(rgb, 8), quality, shown.icc)


def jpeg_of_codes(codes: NDArray[np.uint8], quality: int, icc: bytes | None = None) -> bytes:
    """Code a picture, uint8 (H, W, 3)."""
    file = io.BytesIO()
    subsampling = 0 if quality >= TILE_QUALITY else 2
    Image.fromarray(codes).save(file, "JPEG", quality=quality, subsampling=subsampling, icc_profile=icc)
    return file.getvalue()


@lru_cache(maxsize=64)
def _lens_file(name: str) -> LensFile:
    return read_lens(name)
