"""What a render uses, and what will look wrong: how a lens is focused on a scene, warnings, and a report."""

from __future__ import annotations

from typing import Any

from ..depth.autofocus import find_focus, focus_warnings
from ..depth.calibrate import trust
from ..depth.existing_blur import exceeds
from ..depth.flat_map import flat_map_warnings
from ..optics.lens import Lens, ThinLens, mount
from ..scene.prepared import PreparedScene
from .settings import RenderSettings


def mount_on(scene: PreparedScene, lens: Lens, settings: RenderSettings) -> tuple[ThinLens, str]:
    """Focus a lens on a scene; also says how the focus was found.

    Raises
    ------
    UsageError
        When the focus is impossible with this lens or this depth.
    """
    photo, existing_blur = scene.photo, scene.existing_blur
    if scene.dioptres is None:
        return mount(lens, photo.size, photo.meta.f35_mm, lens.focus_m or 2.0), "no depth"
    focus_m, source = find_focus(lens, photo, scene.dioptres, scene.matte)
    if existing_blur is not None and settings.baked == "auto" and not lens.is_focused:
        if existing_blur.is_blurred_at(1.0 / focus_m):
            focus_m, source = existing_blur.focus_m, "where the photo is sharp"
    rendition = scene.rendition_blur
    if rendition is not None and settings.baked == "auto" and not lens.is_focused:
        if rendition.is_blurred_at(1.0 / focus_m):
            focus_m, source = rendition.focus_m, "where the phone's own picture is sharp"
    return mount(lens, photo.size, photo.meta.f35_mm, focus_m), source


def warnings_of(scene: PreparedScene, lens: Lens, settings: RenderSettings) -> tuple[str, ...]:
    """Say what will look wrong with a lens: a nominal focus, a flat depth map, blur that is there already."""
    photo = scene.photo
    said = (*focus_warnings(lens, photo, scene.dioptres, scene.matte), *flat_map_warnings(photo))
    mark = photo.meta.rendered
    said = *said, *_of_rendition(scene, lens, settings)
    if scene.existing_blur is not None and scene.dioptres is not None:
        adds_all, (thin, _) = settings.baked == "ignore", mount_on(scene, lens, settings)
        return *said, *scene.existing_blur.warnings(lens, thin, photo, scene.dioptres, adds_all=adds_all)
    again = (f"this photo is rendered by rebokeh already, {mark}; blur is added to it",) if mark else ()
    return *said, *again


def _of_rendition(scene: PreparedScene, lens: Lens, settings: RenderSettings) -> tuple[str, ...]:
    """Say where the phone's own picture is blurred more than a lens does."""
    least, (thin, _) = scene.rendition_blur, mount_on(scene, lens, settings)
    if least is None or scene.dioptres is None or not exceeds(least, thin, scene.dioptres):
        return ()
    phone = (
        f"the phone's own picture, which this file holds beside its original, is blurred more than f/{lens.f_number:g}"
    )
    if settings.baked == "ignore" or least.is_blurred_at(thin.focus_dioptres):
        return (f"{phone}; the render is less blurred than it",)
    return (f"{phone}; its blur is the least that is rendered (`baked` ignore renders f/{lens.f_number:g} alone)",)


def report_of(scene: PreparedScene, lens: Lens, settings: RenderSettings) -> dict[str, Any]:
    """Say what a render uses: numbers with their units, and where each came from."""
    thin, focus_source = mount_on(scene, lens, settings)
    photo, f35_mm = scene.photo, scene.photo.meta.f35_mm
    said: dict[str, Any] = {
        "f_number": thin.f_number,
        "focal_mm": thin.focal_mm,
        "focal_source": _focal_source(lens, f35_mm),
        "focus_m": thin.focus_m,
        "focus_source": focus_source,
        "px_per_mm": thin.px_per_mm,
        "radius_at_infinity_px": thin.radius_px(0.0),
        "hyperfocal_m": thin.hyperfocal_m(0.03),
        **scene.sources,
    }
    if scene.dioptres is not None:
        far, near = scene.depth_range
        said["nearest_m"] = 1.0 / near if near > 0 else float("inf")
        said["farthest_m"] = 1.0 / far if far > 0 else float("inf")
        said["largest_radius_px"] = max(abs(thin.radius_px(near)), abs(thin.radius_px(far)))
        said["depth_kind"] = photo.depth_kind
        said["distances"] = trust(photo)
        said["warnings"] = list(warnings_of(scene, lens, settings))
    if settings.style == "lens":
        said["quality"] = settings.quality
        said["lights_source"] += f"; {'no lights' if scene.lights is None else scene.lights.summary}"
    if scene.existing_blur is not None:
        said["baked"] = settings.baked
        said["baked_f_number"] = photo.meta.rendered and photo.meta.rendered.f_number
        said["baked_confidence"] = scene.existing_blur.confidence
    said["lights"] = 0 if scene.lights is None else len(scene.lights.sure)
    return said


def _focal_source(lens: Lens, f35_mm: float | None) -> str:
    if lens.focal_mm is not None:
        return "as given"
    return "the photo's 35 mm equivalent" if f35_mm else "assumed: the photo names none"
