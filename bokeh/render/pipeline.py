"""The pipeline: a prepared scene and a lens -> the picture that the lens would have taken."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..colour.profile import Profile, rgb_from_xyz
from ..core.arrays import FloatArray
from ..core.progress import Progress, unseen
from ..core.threads import ONE_AT_A_TIME
from ..image.tiles import GUIDE_LEVELS
from ..optics.lens import Lens, ThinLens
from ..optics.outlines import MOST_ROWS
from ..optics.psf_tables import SMALL_ROWS, PsfTables
from ..optics.ray_model import RayModel, vignette
from ..photo.metadata import Rendering
from ..photo.photo import GainMap, Photo
from ..scene.light_energy import SceneLight
from ..scene.prepared import PreparedScene, prepare_scene
from ..scene.slicing import plan_slices
from ..scene.withheld import withheld_gain
from .compositor import Compositor
from .gaussian import gaussian_style
from .light_sprites import PointLights, draw_lights
from .observer import RenderObserver
from .report import mount_on, warnings_of
from .settings import RenderSettings, how_rendered


def prepare_for(photo: Photo, settings: RenderSettings, progress: Progress = unseen) -> PreparedScene:
    """Prepare what renders with these settings need of a photo; see `scene.prepared.prepare_scene`."""
    progress("prepare", 0.0)
    return prepare_scene(photo, None if settings.style == "gaussian" else settings.highlights)


def render_scene(
    scene: PreparedScene,
    lens: Lens,
    settings: RenderSettings,
    observer: RenderObserver | None = None,
    progress: Progress = unseen,
) -> Photo:
    """Render the picture that a lens takes of a scene.

    Parameters
    ----------
    scene : PreparedScene
        Prepared for these settings, see `prepare_for`.
    lens : Lens
    settings : RenderSettings
    observer : RenderObserver, optional
        Is shown each step. The render is the same without.
    progress : Progress, optional
        Is told what is being done, and the share of it that is done.

    Returns
    -------
    Photo
        The photo with its rgb replaced; scene-linear, same primaries. Its gain map is what the rendition withholds of
        highlights in focus.

    Raises
    ------
    UsageError
        When the focus is impossible with this lens or this depth.
    """
    progress("render", 0.0)
    photo = scene.photo
    thin, _ = mount_on(scene, lens, settings)
    blurred = scene if settings.baked == "ignore" else scene.less_existing_blur(thin)
    with ONE_AT_A_TIME:
        if observer is not None:
            observer.scene(blurred, thin, settings)
        if settings.style == "gaussian":
            picture, withheld = gaussian_style(photo.rgb, blurred.dioptres, blurred.matte, thin), None
        else:
            picture, withheld = _lens_style(blurred, lens, thin, settings, observer, progress)
        if observer is not None:
            observer.picture(picture)
    meta = replace(
        photo.meta,
        warnings=(*photo.meta.warnings, *warnings_of(scene, lens, settings)),
        rendered=Rendering(lens.f_number, thin.focus_m, how=_how(photo, lens, settings)),
        depth_map=photo.depth,
    )
    depth = photo.depth if scene.dioptres is None else scene.dioptres
    return replace(photo, rgb=picture, depth=depth, gain_map=withheld, meta=meta)


def _lens_style(
    scene: PreparedScene,
    lens: Lens,
    thin: ThinLens,
    settings: RenderSettings,
    observer: RenderObserver | None,
    progress: Progress,
) -> tuple[FloatArray, GainMap | None]:
    """Follow the light: layers from near to far, each seen through what stands before it; then lights and stars.

    Returns
    -------
    float32 (H, W, 3)
        The picture.
    GainMap or None
        What it leaves clipped of what is in focus.
    """
    photo, best = scene.photo, settings.quality == "best"
    pyramid = scene.pyramid(keeps_extra=settings.rendition == "hdr")
    ray_model = RayModel(lens, photo.size, math.hypot(*photo.size))
    psf_tables = PsfTables(ray_model, MOST_ROWS if best else SMALL_ROWS)
    most_halvings = 0 if best else max(len(pyramid.sizes) - 1 - GUIDE_LEVELS, 0)
    slices = plan_slices(*scene.depth_range, pyramid.subject, thin, most_halvings)
    picture, occluders = Compositor(pyramid, slices, thin, psf_tables, observer).compose(progress)
    lights = _points_of(pyramid.light, thin)
    if lights is not None:
        progress("lights", 0.0)
        unlit = None if observer is None else np.array(picture)
        draw_lights(lights, occluders, thin, ray_model, picture)
        if observer is not None and unlit is not None:
            observer.lights(picture - unlit)
    vignette(ray_model, picture)
    if lens.starburst > 0.0:
        _add_stars(picture, pyramid.light, lens, thin, photo.profile)
    source = None if settings.highlights == "estimate" else photo.gain_map
    return picture, withheld_gain(pyramid.light, picture, thin, source)


def _points_of(light: SceneLight, lens: ThinLens) -> PointLights | None:
    """Return every pixel of the lights as a point of light, with the energy that a lens spreads; None without."""
    if light.lights is None:
        return None
    rows, columns = np.nonzero(light.lights.mask)
    place = np.stack([columns, rows], axis=1).astype(np.float64)
    return PointLights(place, light.energy_of_lights(lens), light.lights.dioptres)


def _add_stars(picture: FloatArray, light: SceneLight, lens: Lens, thin: ThinLens, profile: Profile) -> None:
    """Let the pupil's edge diffract the light above the clip: that of the picture, and what stays clipped in it."""
    from ..optics.diffraction import add_starbursts, brightest_light, reach_px, wings

    source = light.above_clip(picture, thin)
    if not source.any():
        return
    pitch_um = 1000.0 / thin.px_per_mm
    reach = reach_px(lens.f_number, pitch_um, lens.starburst * brightest_light(source))
    star = wings(lens, pitch_um, rgb_from_xyz(profile), reach)
    add_starbursts(picture, source, star, lens.starburst, held=light.keeps_extra)


def _how(photo: Photo, lens: Lens, settings: RenderSettings) -> dict[str, Any] | None:
    """Tell what the mark's recipe is of; None for a render of a render, which no one recipe makes."""
    before = photo.meta.rendered
    return None if before is not None and before.how is not None else how_rendered(lens, settings)
