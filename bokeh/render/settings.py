"""How to render, whatever the lens."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

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
    highlights : {"auto", "gain-map", "estimate", "off"} or float
        Where radiance above the clip comes from. A number is "auto", and scales what lights are given back: 0 is "off".
    rendition : {"sdr", "hdr"}
        "sdr": sharp highlights stay as the photo shows them, so that what is in focus comes out as it went in;
        "hdr": they too carry their radiance (for EXR).
    quality : {"fast", "best"}
        "fast": what is blurred is made at the size that its blur leaves; "best": all at the photo's own size.
    baked : {"auto", "ignore"}
        What becomes of a photo that is blurred already. "auto": only the blur that is missing is added; "ignore": all
        of it, blur upon blur.
    grain : {"match", "off"} or float
        The photo's noise, put back where blur took it. A number is "match" of that strength.

    Raises
    ------
    UsageError
        When a word is none of these, or a strength less than 0.

    Examples
    --------
    >>> import rebokeh as rk
    >>> rk.RenderSettings(quality="best").rendition
    'sdr'
    """

    style: Style = "lens"
    highlights: Mode | float = "auto"
    rendition: Literal["sdr", "hdr"] = "sdr"
    quality: Literal["fast", "best"] = "fast"
    baked: Literal["auto", "ignore"] = "auto"
    grain: Literal["match", "off"] | float = "off"

    def __post_init__(self) -> None:
        """Check the words."""
        for name, hint in get_type_hints(type(self)).items():
            value, words = getattr(self, name), _words_of(hint)
            if isinstance(value, (int, float)) and float in get_args(hint):
                if not 0.0 <= value < math.inf:
                    raise UsageError(f"{name} is {value!r}; a strength is 0 or more")
            elif words and value not in words:
                raise UsageError(f"{name} is {value!r}; it is one of {', '.join(words)}")

    @property
    def grain_strength(self) -> float:
        """How strong grain is put back; 1 = as the photo's."""
        return {"match": 1.0, "off": 0.0}[self.grain] if isinstance(self.grain, str) else float(self.grain)


def _words_of(hint: Any) -> tuple[str, ...]:
    """Return the words that a setting's type allows; none where it is not of words."""
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(word for part in parts if get_origin(part) is Literal for word in get_args(part))


CAME_LATER = {"grain": "off"}
"""Settings that are newer than marks and journals out there, by what leaves a picture as it was before them: left out
of what is digested while they say that, or all of those would be of another recipe."""


def how_rendered(lens: Lens, settings: RenderSettings) -> dict[str, Any]:
    """Say as plain values what a render is made with: what `Rendering.how` holds and the recipe's digest covers.

    The keys are the fields' names: who renames a field keeps its key here, or every mark and journal is of another
    recipe. Who adds one says so in `CAME_LATER`.
    """
    of_lens = asdict(lens)
    if lens.focus_on is None:  # newer, too
        del of_lens["focus_on"]
    said = {key: value for key, value in asdict(settings).items() if key not in CAME_LATER or value != CAME_LATER[key]}
    return {"lens": of_lens, "settings": said}
