"""How to render, whatever the lens."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args, get_type_hints

from ..core.errors import UsageError
from ..hdr.restore import Mode
from ..optics.lens import Lens

Style = Literal["lens", "gaussian"]


@dataclass(frozen=True)
class RenderSettings:
    """How to render, whatever the lens.

    Parameters
    ----------
    style : {"lens", "gaussian"}
        "gaussian" is the phone-like baseline: one soft kernel around the subject, clipped before it is blurred.
    highlights : {"auto", "gain-map", "estimate", "off"}
        Where radiance above the clip comes from.
    rendition : {"sdr", "hdr"}
        "sdr": sharp highlights stay as the photo shows them, so that what is in focus comes out as it went in;
        "hdr": they too carry their radiance (for EXR).
    quality : {"fast", "best"}
        "fast": what is blurred is made at the size that its blur leaves; "best": all at the photo's own size.
    baked : {"auto", "ignore"}
        What becomes of a photo that is blurred already. "auto": only the blur that is missing is added; "ignore": all
        of it, blur upon blur.

    Raises
    ------
    UsageError
        When a word is none of these.

    Examples
    --------
    >>> import rebokeh as rk
    >>> rk.RenderSettings(quality="best").rendition
    'sdr'
    """

    style: Style = "lens"
    highlights: Mode = "auto"
    rendition: Literal["sdr", "hdr"] = "sdr"
    quality: Literal["fast", "best"] = "fast"
    baked: Literal["auto", "ignore"] = "auto"

    def __post_init__(self) -> None:
        """Check the words."""
        for name, hint in get_type_hints(type(self)).items():
            value, words = getattr(self, name), get_args(hint)
            if words and value not in words:
                raise UsageError(f"{name} is {value!r}; it is one of {', '.join(words)}")


def how_rendered(lens: Lens, settings: RenderSettings) -> dict[str, Any]:
    """Say as plain values what a render is made with: what `Rendering.how` holds and the recipe's digest covers.

    The keys are the fields' names: who renames a field keeps its key here, or every mark and journal is of another
    recipe.
    """
    return {"lens": asdict(lens), "settings": asdict(settings)}
