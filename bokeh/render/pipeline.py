"""The pipeline: a prepared scene and a lens -> the picture that the lens would have taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.arrays import FloatArray
from ..core.progress import Progress, unseen
from ..core.threads import ONE_AT_A_TIME, beside
from ..image.regions import PixelBox
from ..optics.lens import Lens, ThinLens
from ..optics.psf_tables import psf_tables_of
from ..optics.ray_model import darkens, vignette
from ..photo.metadata import Rendering
from ..photo.photo import GainMap, Photo
from ..scene.layered import LayeredScene
from ..scene.light_energy import SHARP_PX, SharedLight
from ..scene.lights import Lights
from ..scene.prepared import PreparedScene, prepare_scene
from ..scene.slices import lens_at_level, plan_slices
from ..scene.withheld import SURFACE_HALVINGS, withheld_by_map, withheld_of_lights
from .exposure import Exposure
from .gaussian import gaussian_style
from .grain import add_grain, noise_of
from .light_cells import PointLights
from .light_sprites import Sprites, sprites_of
from .observer import RenderObserver
from .parts import PictureParts
from .report import mount_on, warnings_of
from .settings import RenderSettings, how_rendered
from .silhouettes import occluders_of
from .slice_light import SliceLight
from .sliced_scene import SlicedScene
from .stars import Stars, StarSource, add_stars, star_light, star_sources

LEAST_LEVELS = 7
"""So many of a layered scene's smallest levels are too small to draw slices at."""


def prepare_for(photo: Photo, settings: RenderSettings, progress: Progress = unseen) -> PreparedScene:
    """Prepare what renders with these settings need of a photo; see `scene.prepared.prepare_scene`."""
    progress("prepare", 0.0)
    if settings.style == "gaussian":
        return prepare_scene(photo, None, progress)
    scene = prepare_scene(photo, settings.highlights, progress)
    progress("layers", 0.0)
    with ONE_AT_A_TIME:
        _layered(scene, settings)
    return scene


def render_scene(
    scene: PreparedScene,
    lens: Lens,
    settings: RenderSettings,
    observer: RenderObserver | None = None,
    progress: Progress = unseen,
    last: bool = False,
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
    last : bool, optional
        Whether no other lens follows: see `PreparedScene.uses_up`.

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
    picture, withheld = picture_of(scene, lens, thin, settings, observer, progress, last=last)
    meta = replace(
        photo.meta,
        warnings=(*photo.meta.warnings, *warnings_of(scene, lens, thin, settings)),
        rendered=Rendering(lens.f_number, thin.focus_m, how=_how(photo, lens, settings)),
        depth_map=photo.depth,
        rendition=None,
    )
    depth = photo.depth if scene.dioptres is None else scene.dioptres
    return photo.with_checked(rgb=picture, depth=depth, gain_map=withheld, meta=meta)


def picture_of(
    scene: PreparedScene,
    lens: Lens,
    thin: ThinLens,
    settings: RenderSettings,
    observer: RenderObserver | None = None,
    progress: Progress = unseen,
    withholds: bool = True,
    parts: PictureParts | None = None,
    last: bool = False,
) -> tuple[FloatArray, GainMap | None]:
    """Render light alone, by a lens that is mounted already: what `render_scene` makes, without a word on it.

    Parameters
    ----------
    scene, lens, settings, observer, progress, last
        As for `render_scene`.
    thin : ThinLens
        The lens, mounted on a picture of the scene's size.
    withholds : bool
        Whether what the picture cannot show is wanted; a screen shows none of it.
    parts : PictureParts, optional
        Are told of as they are finished; at the end where something reaches across all of the picture: stars, what
        the rims of a lens keep from it, grain, and more lights than are held in memory together.

    Returns
    -------
    float32 (H, W, 3)
        The picture.
    GainMap or None
        What it cannot show of the scene's radiance.
    """
    blurred = scene if settings.baked == "ignore" else scene.less_existing_blur(thin, uses_up=last)
    with ONE_AT_A_TIME:
        if observer is not None:
            observer.scene(blurred, thin, settings)
        if settings.style == "gaussian":
            picture, withheld = gaussian_style(scene.photo.rgb, blurred.dioptres, blurred.matte, thin), None
        else:
            picture, withheld = _lens_style(blurred, lens, thin, settings, observer, progress, withholds, parts)
        if observer is not None:
            observer.picture(picture)
    return picture, withheld


def _lens_style(
    scene: PreparedScene,
    lens: Lens,
    thin: ThinLens,
    settings: RenderSettings,
    observer: RenderObserver | None,
    progress: Progress,
    withholds: bool,
    parts: PictureParts | None,
) -> tuple[FloatArray, GainMap | None]:
    """Follow the light: slices from near to far, each seen through what stands before it; then lights and stars.

    Returns
    -------
    float32 (H, W, 3)
        The picture.
    GainMap or None
        What it cannot show of the scene's radiance.
    """
    layered = _layered(scene, settings)
    light = layered.light
    if observer is not None:
        observer.layered(layered)
    progress("blur", 0.0)
    slice_light = _slice_light(layered, lens, thin, settings)
    ray_model = slice_light.psf_tables.ray_model
    slice_light.sliced.number_smaller()
    shared, stars = None, None
    if light.lights is not None:
        shared, stars = star_light(light.lights, light.share(thin), lens, thin, scene.photo)
    surfaces = _surfaces(scene, thin, settings) if withholds else None

    def without_picture() -> tuple[_SeenLights | None, FloatArray | None]:
        seen = None
        if light.lights is not None and shared is not None:
            seen = _seen_lights(light.lights, shared, slice_light, stars)
        surface = None if surfaces is None else _surface(surfaces, lens, thin, settings)
        return seen, surface

    if stars is not None or settings.grain_strength > 0.0 or darkens(ray_model):
        parts = None

    def finish(picture: FloatArray, part: PixelBox) -> None:
        light.keep_in_focus(picture, thin, part)
        seen, _ = other()
        if seen is not None and seen.sprites.are_made:
            seen.sprites.draw(picture[part], (part[0].start, part[1].start))
        if parts is not None and (seen is None or seen.sprites.are_made):
            parts.told(picture, part)

    # Much of what lights and gain map need is done one thing after another.
    with beside(without_picture) as other:
        exposure = Exposure(slice_light, observer, light.cells_that_change(thin) if observer is None else None)
        picture = exposure.compose(progress, None if parts is None else parts.then(finish))
        if parts is None:
            light.keep_in_focus(picture, thin)
        seen, surface = other()
    if seen is not None and not (parts is not None and seen.sprites.are_made):
        progress("lights", 0.0)
        unlit = None if observer is None else np.array(picture)
        seen.sprites.draw(picture)
        if observer is not None and unlit is not None:
            observer.lights(picture - unlit)
        if stars is not None:
            add_stars(seen.star_sources, stars.wings, picture)
    vignette(ray_model, picture)
    progress("withheld", 1.0)
    withheld = _withheld(picture, scene, shared, surface, thin, settings) if withholds else None
    noise = None if settings.grain_strength == 0.0 else noise_of(scene.photo.rgb)
    if noise is not None:
        add_grain(picture, noise, light.dioptres, thin, settings.grain_strength)
    return picture, withheld


@dataclass(frozen=True, eq=False)
class _SeenLights:
    """A scene's lights as a lens sees them, all but drawn.

    Attributes
    ----------
    sprites : Sprites
    star_sources : list of StarSource
    """

    sprites: Sprites
    star_sources: list[StarSource]


def _seen_lights(lights: Lights, shared: SharedLight, slice_light: SliceLight, stars: Stars | None) -> _SeenLights:
    """Do for lights all that does not need the picture."""
    ray_model, sliced = slice_light.psf_tables.ray_model, slice_light.sliced
    points = _points_of(lights, shared)
    occluders = occluders_of(sliced, points, ray_model)
    sprites = sprites_of(points, occluders, sliced.lens, ray_model)
    size = sliced.scene.sizes[0]
    sources = [] if stars is None else star_sources(stars, points, occluders, sliced.lens, ray_model, size)
    return _SeenLights(sprites, sources)


def _layered(scene: PreparedScene, settings: RenderSettings) -> LayeredScene:
    """Return the scene taken apart as these settings need it."""
    return scene.layered(keeps_extra=settings.rendition == "hdr", dense=settings.quality == "best")


def _slice_light(layered: LayeredScene, lens: Lens, thin: ThinLens, settings: RenderSettings) -> SliceLight:
    """Put a lens before a layered scene; `thin` is for its largest size."""
    best, size = settings.quality == "best", layered.sizes[0]
    psf_tables = psf_tables_of(replace(lens.focused_at(None), starburst=0.0), size, best)
    most_halvings = max(len(layered.sizes) - LEAST_LEVELS, 0)
    slices = plan_slices(*layered.depth_range, layered.subject, thin, most_halvings, full_size=best)
    return SliceLight(SlicedScene(layered, slices, thin), psf_tables)


def _points_of(lights: Lights, shared: SharedLight) -> PointLights:
    """Return every pixel of the lights as a point of light, with the energy that a lens spreads."""
    place = np.stack([lights.columns, lights.rows], axis=1).astype(np.float64)
    return PointLights(place, shared.spread, lights.dioptres)


def _withheld(
    picture: FloatArray,
    scene: PreparedScene,
    shared: SharedLight | None,
    surface: FloatArray | None,
    thin: ThinLens,
    settings: RenderSettings,
) -> GainMap | None:
    """Return what an SDR rendition cannot show of a render, as a gain map; None when there is nothing."""
    if settings.rendition == "hdr":
        return None
    light = scene.light(keeps_extra=False)
    if light.extra is None:
        if light.lights is None or shared is None:
            return None
        return withheld_of_lights(picture, light.rgb, light.lights, shared)
    assert scene.photo.gain_map is not None
    return withheld_by_map(picture, light, shared, thin, surface, scene.photo.gain_map)


def _surfaces(scene: PreparedScene, thin: ThinLens, settings: RenderSettings) -> LayeredScene | None:
    """Return what a gain map adds to surfaces, where a rendition leaves it out and a lens spreads it; else None."""
    if settings.rendition == "hdr":
        return None
    light = scene.light(keeps_extra=False)
    return None if light.extra is None or light.most_blur_px(thin) <= SHARP_PX else scene.layered_surfaces


def _surface(surfaces: LayeredScene, lens: Lens, thin: ThinLens, settings: RenderSettings) -> FloatArray:
    """Render what a gain map adds to surfaces, smaller."""
    return Exposure(_slice_light(surfaces, lens, lens_at_level(thin, SURFACE_HALVINGS), settings)).compose(unseen)


def _how(photo: Photo, lens: Lens, settings: RenderSettings) -> dict[str, Any] | None:
    """Tell what the mark's recipe is of; None for a render of a render, which no one recipe makes."""
    before = photo.meta.rendered
    return None if before is not None and before.how is not None else how_rendered(lens, settings)
