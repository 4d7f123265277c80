"""What was done, as one plain object (``--json``) and in words (``-v``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..core.jsonable import plain

if TYPE_CHECKING:
    from ..optics.lens import Lens
    from ..photo.metadata import Metadata
    from ..photo.photo import Photo
    from ..render.settings import RenderSettings
    from .outputs import Output

FAR_M = 1e5
"""Distances from here on are called infinity in words."""


def facts(
    source: str,
    output: Output,
    photo: Photo,
    lens: Lens,
    settings: RenderSettings,
    scene: Mapping[str, Any],
    seconds: Mapping[str, float],
    steps: str | None = None,
    parts: Mapping[str, Mapping[str, float]] | None = None,
    lens_source: str | None = None,
) -> dict[str, Any]:
    """Gather what was done to one photo.

    Parameters
    ----------
    source : str
        The photo's name as it was given.
    output : Output
    photo : Photo
    lens : Lens
    settings : RenderSettings
        As asked for.
    scene : mapping
        As used: the scene's own report.
    seconds : mapping of str to float
        Time of each stage.
    steps : str, optional
        Folder of the steps, as it was given.
    parts : mapping of str to mapping of str to float, optional
        Time of the parts of each stage that has any.
    lens_source : str, optional
        Where a named lens's values come from.

    Returns
    -------
    dict
        Of strings, numbers, booleans, None, lists and dicts only: strict JSON.
    """
    height, width = photo.size
    notes = dict.fromkeys([*photo.meta.notes, *scene.get("notes", ())])
    warnings = dict.fromkeys([*photo.meta.warnings, *scene.get("warnings", ())])
    return plain(
        {
            "input": source,
            "output": "-" if output.path is None else str(output.path),
            "steps": steps,
            "format": output.format,
            "width": width,
            "height": height,
            "lens": lens.glass.name or None,
            "lens_source": lens_source,
            **scene,
            **_camera(photo.meta),
            "notes": list(notes),
            "warnings": list(warnings),
            "settings": {"lens": asdict(lens), **asdict(settings)},
            "seconds": {**seconds, "total": round(sum(seconds.values()), 3)},
            "parts_seconds": parts or {},
        }
    )


def _camera(meta: Metadata) -> dict[str, Any]:
    """Gather what is known of the camera's angle of view, and what made the depth map's metres true."""
    camera = meta.intrinsics
    return {
        "f35_mm": meta.f35_mm,
        "intrinsics": camera and {**asdict(camera), "f35_mm": camera.f35_mm},
        "anchoring": meta.anchoring and asdict(meta.anchoring),
    }


def in_short(facts: Mapping[str, Any]) -> str:
    """Say in one line what was written and where the lens was focused, and why there."""
    target = "the picture to standard output" if facts["output"] == "-" else facts["output"]
    style = "" if facts["settings"]["style"] == "lens" else f", {facts['settings']['style']}"
    lens = f"{facts['lens']} at " if facts["lens"] else ""
    line = f"wrote {target}: {lens}f/{_value_in_words(facts['f_number'])}{style}"
    if "nearest_m" not in facts:  # no depth, so nothing to focus on
        return line
    where = f"{facts['focus_m']:.3g} m" if facts["focus_m"] < FAR_M else "infinity"
    return f"{line}, focus {where}, {facts['focus_source']}"


def in_words(facts: Mapping[str, Any]) -> list[str]:
    """Say the same in lines of ``name: value``; what is empty, or was said before, and the settings are left out."""
    lines = [
        f"{name.replace('_', ' ')}: {_value_in_words(value)}"
        for name, value in facts.items()
        if name not in ("settings", "notes", "warnings", "intrinsics", "anchoring") and value not in (None, "", [], {})
    ]
    return lines + [f"note: {note}" for note in facts.get("notes", ())]


def _value_in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value_in_words(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_value_in_words(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
