"""What a render uses, and what will look wrong: how a lens is focused on a scene, warnings, and a report."""

from __future__ import annotations

from typing import Any

from ..depth.autofocus import find_focus, focus_warnings
from ..depth.calibrate import trust
from ..depth.doubt import doubt_warnings
from ..depth.existing_blur import ExistingBlur, exceeds
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
    photo = scene.photo
    if scene.dioptres is None:
        return mount(lens, photo.size, photo.meta.f35_mm, lens.focus_m or 2.0), "no depth"
    focus_m, source = find_focus(lens, photo, scene.dioptres, scene.matte)
    if settings.baked == "auto" and not lens.is_focused:
        for blur, sharp in (
            (scene.existing_blur, "where the photo is sharp"),
            (scene.rendition_blur, "where the phone's own picture is sharp"),
        ):
            if blur is not None and blur.is_blurred_at(1.0 / focus_m):
                focus_m, source = blur.focus_m, sharp
    return mount(lens, photo.size, photo.meta.f35_mm, focus_m), source


def warnings_of(scene: PreparedScene, lens: Lens, thin: ThinLens, settings: RenderSettings) -> tuple[str, ...]:
    """Say what will look wrong with a lens: a nominal focus, a flat map, doubt in a matte, blur that is there already.

    Parameters
    ----------
    scene : PreparedScene
    lens : Lens
    thin : ThinLens
        The same, as `mount_on` mounts it.
    settings : RenderSettings
    """
    photo, mark = scene.photo, scene.photo.meta.rendered
    said = (*focus_warnings(lens, photo, scene.dioptres, scene.matte), *scene.flatness)
    if scene.existing_blur is None and mark:
        again = (f"this photo is rendered by rebokeh already, {mark}; blur is added to it",)
    else:
        again = ()
    return *said, *doubt_warnings(scene.doubted), *_of_blur(scene, lens, thin, settings), *again


def _of_blur(scene: PreparedScene, lens: Lens, thin: ThinLens, settings: RenderSettings) -> tuple[str, ...]:
    """Say what of a render will look wrong because of blur that is there already, or in the phone's own picture."""
    there, least, dioptres = scene.existing_blur, scene.rendition_blur, scene.dioptres
    if dioptres is None:
        return ()
    said: tuple[str, ...] = ()
    if least is not None and exceeds(least, thin, dioptres):
        said = _of_rendition(least, lens, thin, settings)
    if there is not None:
        said = *said, *there.warnings(lens, thin, scene.photo, dioptres, adds_all=settings.baked == "ignore")
    return said


def _of_rendition(least: ExistingBlur, lens: Lens, thin: ThinLens, settings: RenderSettings) -> tuple[str, ...]:
    """Say that the phone's own picture is blurred more than by a lens, which is mounted as `thin`."""
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
        said["warnings"] = list(warnings_of(scene, lens, thin, settings))
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
