"""The first steps: what a scene holds before the lens, depth, matte, light above the clip, lights."""

from __future__ import annotations

import numpy as np

from ...optics.lens import ThinLens
from ...scene.prepared import PreparedScene
from ..drawing.false_colour import HOLE, NEAR_TO_FAR, Scale, grey, grey_scale, ramp
from .pictures import SHARE, StepPictures


def show_scene(pictures: StepPictures, scene: PreparedScene, lens: ThinLens) -> None:
    """Show what is there before the lens; the lens says how far each depth is blurred."""
    pictures.section("The photo")
    pictures.photo_light("photo", scene.photo.rgb, "the photo as read")
    if scene.dioptres is not None:
        _show_depths(pictures, scene, lens)
    _show_mattes(pictures, scene)
    _show_above_clip(pictures, scene)


def _show_depths(pictures: StepPictures, scene: PreparedScene, lens: ThinLens) -> None:
    assert scene.photo.depth is not None and scene.dioptres is not None
    given = scene.photo.depth
    far, near = float(np.nanmin(given)), float(np.nanmax(given))
    how_true = {"absolute": "", "anchored": ", anchored: distances by evidence"}
    kind = how_true.get(scene.photo.depth_kind, f", {scene.photo.depth_kind}: not true distances")
    scale = grey_scale("dioptres (1/m)", far, near)
    pictures.section(f"Depth: {distance_text(metres(near))} to {distance_text(metres(far))}{kind}")
    holes = np.isnan(given)
    size = f"{given.shape[1]}x{given.shape[0]}"
    if holes.any():
        shades = (grey(np.nan_to_num(given, nan=far), far, near) / np.float32(65535.0)).astype(np.float32)
        codes = np.where(holes[..., None], np.asarray(HOLE, np.float32) / 255.0, shades[..., None])
        words = f"as the file gives it, {size}, near is bright; {holes.mean():.1%} are holes"
        scale = Scale(scale.unit, (*scale.stops, (HOLE, "hole")))
        pictures.codes("depth_given", pictures.frame.coarse(codes), words, scale)
    else:
        pictures.grey(
            "depth_given", pictures.frame.coarse(given), f"as the file gives it, {size}, near is bright", scale
        )
    words = "at the photo's resolution: holes filled, edges where the picture has them"
    pictures.grey("depth", pictures.frame.whole(scene.dioptres), words, grey_scale(scale.unit, far, near))
    radius = lens.radius_px(scene.dioptres)
    pictures.most_px = float(np.abs(radius).max())
    words = "radius of the blur in pixels of the photo: orange in front of focus, blue behind, dark where sharp"
    pictures.radius("radius", pictures.frame.whole(radius), words)


def _show_mattes(pictures: StepPictures, scene: PreparedScene) -> None:
    given = scene.photo.matte
    if given is None:
        return
    unused = "" if scene.matte is not None else "; it covers next to nothing and is not used"
    pictures.section(f"The subject's matte{unused}")
    size = f"{given.shape[1]}x{given.shape[0]}"
    pictures.grey("matte_given", pictures.frame.coarse(given), f"as the file gives it, {size}", SHARE)
    if scene.matte is not None:
        pictures.grey("matte", pictures.frame.whole(scene.matte), "at the photo's resolution, refined", SHARE)


def _show_above_clip(pictures: StepPictures, scene: PreparedScene) -> None:
    if scene.extra is None and scene.lights is None:
        return
    pictures.section(f"Light above the clip: {scene.sources['highlights_source']}")
    if scene.extra is not None:
        stops = np.log2(1.0 + scene.extra.whole().max(axis=2))
        scale = grey_scale("stops: log2(1 + what is added, 1 = the clip)", 0.0, max(float(stops.max()), 1e-6))
        pictures.grey("above_clip", pictures.frame.whole(stops), "what is added to the photo's radiance", scale)
    if scene.lights is not None and scene.dioptres is not None:
        lights, photo = scene.lights, scene.photo
        far, near = float(scene.dioptres.min()), float(scene.dioptres.max())
        energy = np.log2(1.0 + np.maximum(lights.radiance - lights.base, 0.0).max(axis=1))
        share = (near - lights.dioptres) / max(near - far, 1e-9)
        strength = 0.3 + 0.7 * energy / max(float(energy.max()), 1e-6)
        codes = np.repeat(0.3 * pictures.profile.from_linear(photo.rgb).mean(axis=2)[..., None], 3, axis=2)
        codes[lights.pixels] = ramp(share, NEAR_TO_FAR) * strength[:, None]
        ends = np.linspace(near, far, len(NEAR_TO_FAR))
        scale = Scale("dioptres (1/m)", tuple((c, float(d)) for c, d in zip(NEAR_TO_FAR, ends, strict=True)))
        words = f"{lights.summary}: {len(lights.rows)} pixels, coloured by depth, on the dimmed photo"
        pictures.codes("lights", pictures.frame.whole(codes), words, scale)


def metres(dioptres: float) -> float:
    """Return the distance of a depth."""
    return 1.0 / dioptres if dioptres > 0.0 else float("inf")


def distance_text(distance_m: float) -> str:
    """Say a distance, in metres."""
    return f"{distance_m:.3g} m" if distance_m < 1e4 else "infinity"
