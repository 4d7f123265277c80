"""What must hold of any render, measured: solid things stay solid, what is in focus stays as it was, light is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...colour.profile import named_profile
from ...core.arrays import BoolArray, FloatArray
from ...hdr.restore import gained
from ...image.resize import block_means
from ...optics.lens import Lens, ThinLens
from ...photo.metadata import Metadata
from ...photo.photo import Photo
from ...render.pipeline import prepare_for, render_scene
from ...render.report import mount_on
from ...render.settings import RenderSettings
from ...scene.prepared import PreparedScene
from ..measures.blur import BlurCurve, DepthBlur, reduction
from ..measures.figures import LEAK_SHARE, edge_figures, reach_of, strip_of
from ..measures.ladder import luminance

Renderer = Callable[[PreparedScene, Lens, RenderSettings], FloatArray]
"""Gives the picture, scene-linear (H, W, 3), that a lens takes of a scene."""

SOLID_PIXELS = 1.2e6
"""Solid things are looked at in a picture of about this size."""

BORDERS = np.linspace(0.12, 0.88, 6)
"""Quantiles of the depth at which it is cut in two."""

MARGIN_PX = 6.0
"""A pixel sees one side only if the border is farther than the largest blur and this."""

UNBLURRED_PX, FARTHEST_PX, BEYOND_PX = 0.3, 200.0, 2.0
"""What is blurred by no more than the first is in focus; blur reaches as far as its largest radius and the last, and
none farther than the second."""

LEAST_FOCUSED = 1000
"""Pixels in focus, and out of reach of all blur, from which on they are held against the photo."""

SURELY, ALONG_PX = 0.9, 4.0
"""The subject along its outline: where its matte is more than the first, in a strip as wide as the second, in pixels of
the picture at which leaks are measured."""

RADII = np.linspace(0.05, 0.95, 10)
"""Quantiles of the blur along the outline."""

MOST_FOCUSED_CHANGE = 99.9
BRIGHTEST = 99.99
"""Percentiles: of the change of what is in focus, and of light."""


@dataclass(frozen=True)
class Worst:
    """How much is wrong, and where.

    Attributes
    ----------
    value : float
    place : (int, int)
        Column and row of the worst pixel in the photo.
    """

    value: float
    place: tuple[int, int]


@dataclass(frozen=True)
class Beside:
    """Light of the subject beside its outline that no lens would put there, in pixels of the photo.

    Attributes
    ----------
    leak_px : float
        Width of the strip of background that it would fill.
    halo_px : float
        How far from the outline it is a tenth of the light.
    due_leak_px, due_halo_px : float
        The same of what the lens puts there: a subject out of focus is told less closely.
    """

    leak_px: float
    halo_px: float
    due_leak_px: float
    due_halo_px: float


def rendered(scene: PreparedScene, lens: Lens, settings: RenderSettings) -> FloatArray:
    """Render a scene."""
    return render_scene(scene, lens, settings).rgb


def solidity(scene: PreparedScene, lens: Lens, thin: ThinLens, render: Renderer = rendered) -> Worst | None:
    """Look for solid things that turn translucent.

    Parameters
    ----------
    scene : PreparedScene
    lens : Lens
        Without flaws.
    thin : ThinLens
        That lens on the scene.
    render : Renderer, optional

    Returns
    -------
    Worst or None
        None where no pixel sees one side only.

    Notes
    -----
    The photo is replaced by an indicator: light where it is nearer than some distance, none elsewhere, with the depth
    and the matte of the photo. A pixel farther from the border between the two than any blur of what is nearer sees one
    of them only, so it must stay as it is. Six distances; the value is the share of the wrong one.
    """
    assert scene.dioptres is not None
    by = max(1, int(np.sqrt(scene.dioptres.size / SOLID_PIXELS)))
    height, width = (side // by * by for side in scene.dioptres.shape)
    depth = np.ascontiguousarray(scene.dioptres[:height, :width][by // 2 :: by, by // 2 :: by])
    matte = None if scene.matte is None else block_means(scene.matte, by)
    # Its own size has the same blur in shares of the picture.
    fixed = Lens(
        f_number=lens.f_number,
        focus_m=thin.focus_m,
        focal_mm=thin.focal_mm,
        sensor_mm=lens.sensor_mm,
        aperture=lens.aperture,
        starburst=0.0,
    )
    settings = RenderSettings(highlights="off", baked="ignore")
    worst: Worst | None = None
    meta = Metadata(f35_mm=scene.photo.meta.f35_mm)
    for border in np.unique(np.quantile(depth, BORDERS)):
        near = depth >= border
        if near.all():
            continue
        light = np.repeat((0.5 * near)[..., None], 3, axis=2).astype(np.float32)
        flat = prepare_for(Photo(rgb=light, depth=depth, matte=matte, meta=meta), settings)
        seen = render(flat, fixed, settings)[..., 0] / 0.5
        lens_px, _ = mount_on(flat, fixed, settings)
        reach = float(np.abs(lens_px.radius_px(np.array([border, depth.max()], np.float32))).max()) + MARGIN_PX
        inside, outside = _away(near) > reach, _away(~near) > reach
        error = np.where(inside, 1.0 - seen, np.where(outside, seen, 0.0))
        if not (inside | outside).any():
            continue
        row, column = np.unravel_index(int(error.argmax()), error.shape)
        value = max(float(error.max()), 0.0)
        if worst is None or value > worst.value:
            worst = Worst(value, (int(column) * by + by // 2, int(row) * by + by // 2))
    return worst


def _away(mask: BoolArray) -> FloatArray:
    """Distance of each pixel of a mask from the nearest outside; 0 outside."""
    return np.asarray(ndimage.distance_transform_edt(mask), np.float32)


def focused_change(before: FloatArray, after: FloatArray, radius_px: FloatArray) -> Worst | None:
    """Difference of a picture from the photo where nothing blurs it, in 8-bit codes.

    Parameters
    ----------
    before, after : float32 (H, W, 3)
        Scene-linear.
    radius_px : float32 (H, W)
        Blur of the lens, of either sign.

    Returns
    -------
    Worst or None
        The 99.9th percentile; None when hardly anything is in focus and out of reach of blur.
    """
    radius = np.abs(radius_px)
    blurred = radius > UNBLURRED_PX
    if blurred.all():
        return None
    if blurred.any():
        reach = min(float(radius.max()), FARTHEST_PX) + BEYOND_PX
        free = ~blurred & (_away(~blurred) > reach)
    else:
        free = ~blurred
    if int(free.sum()) < LEAST_FOCUSED:
        return None
    codes = (named_profile("sRGB").from_linear(x[free]) for x in (after, before))
    change = np.abs(np.subtract(*codes)) * np.float32(255.0)
    most = change.max(axis=1)
    row, column = np.unravel_index(np.flatnonzero(free.ravel())[int(most.argmax())], free.shape)
    value = float(np.percentile(change, MOST_FOCUSED_CHANGE))
    return Worst(value, (int(column), int(row)))


def scene_radiance(scene: PreparedScene) -> FloatArray:
    """All the light of a scene, (H, W, 3): the photo's, what is restored above the clip, and that of the lights."""
    photo = scene.photo
    radiance = photo.rgb if scene.extra is None else photo.rgb + scene.extra.whole()
    if scene.lights is not None:
        radiance = np.array(radiance)
        np.maximum.at(radiance, scene.lights.pixels, scene.lights.radiance)
    return radiance


def all_light(picture: Photo) -> FloatArray:
    """All the light that a picture holds, (H, W, 3): what it shows, and what its gain map adds."""
    extra = None if picture.gain_map is None else gained(picture.rgb, picture.gain_map)
    return picture.rgb if extra is None else picture.rgb + extra


def brightest_kept(scene: PreparedScene, picture: Photo) -> float:
    """Brightest 0.01 % of a picture's light over that of the scene: light spreads, it does not grow."""
    photo = scene.photo
    # What the gain map says is the measure where there is one.
    before = scene_radiance(scene) if scene.extra is None else photo.rgb + scene.extra.whole()
    after, most = (float(np.percentile(x.max(axis=2), BRIGHTEST)) for x in (all_light(picture), before))
    return after / max(most, 1e-6)


def light_kept(scene: PreparedScene, picture: Photo) -> float:
    """Light of a whole picture over that of the scene."""
    after, before = (float(luminance(x).mean(dtype=np.float64)) for x in (all_light(picture), scene_radiance(scene)))
    return after / max(before, 1e-9)


def beside_outline(scene: PreparedScene, picture: Photo, thin: ThinLens, iris: float) -> Beside | None:
    """Measure the light of the subject beside its outline that no lens would put there.

    Parameters
    ----------
    scene : PreparedScene
        At the depths that it is blurred by.
    picture : Photo
    thin : ThinLens
    iris : float
        Radius of the disc that spreads light as far as the iris does, in units of the f-number's.

    Returns
    -------
    Beside or None
        None without an outline, or where its two sides look alike.

    Notes
    -----
    The subject's share of the light at each distance from its outline is that of `compare`. Taken off is what a disc of
    the lens's radius at the outline leaves there: the share of it that lies beyond a straight edge.
    """
    assert scene.dioptres is not None
    if scene.matte is None or not (scene.matte > 0.5).any():
        return None
    depths = sorted({*scene.depth_range, float(np.clip(thin.focus_dioptres, *scene.depth_range))})
    bins = tuple(DepthBlur(d, iris * abs(thin.radius_px(d)), 0, 0.0) for d in depths)
    curve = BlurCurve("disc", False, bins)
    found = edge_figures(scene_radiance(scene), all_light(picture), scene.matte, scene.dioptres, curve)
    if found is None:
        return None
    by = reduction(scene.dioptres.shape)
    inside = block_means(scene.matte, by) > SURELY
    depth = scene.dioptres[by // 2 :: by, by // 2 :: by][: inside.shape[0], : inside.shape[1]]
    away = _away(inside)
    along = depth[inside & (away <= ALONG_PX)]
    if not along.size:
        return None
    radii = np.unique(np.quantile(iris * np.abs(thin.radius_px(along)), RADII))
    at = np.array(found.distances_px)
    due = np.mean([_beyond_edge(at / max(float(radius), 1e-3)) for radius in radii], axis=0)
    excess, due = (np.append(share, 0.0) for share in (np.array(found.leak) - due, due))
    return Beside(*(by * width for of in (excess, due) for width in (strip_of(of), reach_of(of, LEAK_SHARE))))


def _beyond_edge(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a disc of radius 1 that lies beyond a line at this distance from its middle."""
    t = np.clip(distance, 0.0, 1.0)
    return 0.5 - (t * np.sqrt(1.0 - t * t) + np.arcsin(t)) / np.pi
