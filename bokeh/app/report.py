"""What was done, as one plain object (``--json``) and in words (``-v``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..core.jsonable import plain
from ..core.memory import peak_bytes

if TYPE_CHECKING:
    from ..core.progress import Clock
    from ..develop import Picture
    from ..photo.metadata import Metadata
    from ..settings.outputs import Output

FAR_M = 1e5
"""Distances from here on are called infinity in words."""


def to_json(source: str, output: Output, picture: Picture, clock: Clock, steps: str | None = None) -> dict[str, Any]:
    """Gather what was done to one photo.

    Parameters
    ----------
    source : str
        The photo's name as it was given.
    output : Output
    picture : Picture
    clock : Clock
        Knows the time of each stage.
    steps : str, optional
        Folder of the steps, as it was given.

    Returns
    -------
    dict
        Of strings, numbers, booleans, None, lists and dicts only: strict JSON.
    """
    photo, recipe, scene = picture.photo, picture.recipe, picture.report
    height, width = photo.size
    return plain(
        {
            "input": source,
            "output": "-" if output.path is None else str(output.path),
            "steps": steps,
            "format": output.format,
            "width": width,
            "height": height,
            "lens": recipe.lens.glass.name or None,
            "lens_source": recipe.lens_source,
            **scene,
            **_camera(photo.meta),
            "notes": list(dict.fromkeys([*photo.meta.notes, *scene.get("notes", ())])),
            "warnings": picture.warnings,
            "settings": {"lens": asdict(recipe.lens), **asdict(recipe.settings)},
            "seconds": {**clock.seconds, "total": round(sum(clock.seconds.values()), 3)},
            "parts_seconds": clock.substages,
            "beside_seconds": clock.beside,
            "peak_bytes": peak_bytes(),
            "source_sha256": picture.digests[0],
            "recipe": picture.digests[1],
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


def summary_line(facts: Mapping[str, Any]) -> str:
    """Say in one line what was written and where the lens was focused, and why there."""
    target = "the picture to standard output" if facts["output"] == "-" else facts["output"]
    style = "" if facts["settings"]["style"] == "lens" else f", {facts['settings']['style']}"
    lens = f"{facts['lens']} at " if facts["lens"] else ""
    line = f"wrote {target}: {lens}f/{_text(facts['f_number'])}{style}"
    if "nearest_m" not in facts:  # no depth, so nothing to focus on
        return line
    where = f"{facts['focus_m']:.3g} m" if facts["focus_m"] < FAR_M else "infinity"
    return f"{line}, focus {where}, {facts['focus_source']}"


def report_lines(facts: Mapping[str, Any]) -> list[str]:
    """Say the same in lines of ``name: value``; what is empty, or was said before, and the settings are left out."""
    lines = [
        f"{name.replace('_', ' ')}: {_text(value)}"
        for name, value in facts.items()
        if name not in ("settings", "notes", "warnings", "intrinsics", "anchoring") and value not in (None, "", [], {})
    ]
    return lines + [f"note: {note}" for note in facts.get("notes", ()) if note not in facts.get("warnings", ())]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
