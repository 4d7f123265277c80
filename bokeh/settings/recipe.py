"""A recipe: all that makes a picture of a photo, as flags, presets and the API say it alike."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ..core.errors import UsageError
from ..io.encode import check_hdr, saved_as
from ..io.formats import STRIPPABLE, SUFFIXES, Hdr
from ..io.metadata.render_mark import recipe_digest
from ..optics.lens import Lens
from ..render.settings import RenderSettings, how_rendered


@dataclass(frozen=True)
class Recipe:
    """What is done to a photo, whichever it is.

    Parameters
    ----------
    lens : Lens
    settings : RenderSettings
        Its rendition is set by `settled`.
    depth_model, matte_model : str, optional
        As for `load`.
    depth_unit : {"m", "dioptre", "relative"}, optional
        What the depth model's values are.
    format : str, optional
        What is written; None = as the photo.
    hdr : {"auto", "off", "gain-map", "pq"}
    quality : int, optional
        1..100, how well the picture is coded.
    strip : tuple of {"gps"}
        Metadata to leave out.
    lens_source : str, optional
        Where a named lens's values come from; for the report only.

    Raises
    ------
    UsageError
        When the format or the quality makes no sense, or the format does not hold such HDR.
    """

    lens: Lens = field(default_factory=Lens)
    settings: RenderSettings = field(default_factory=RenderSettings)
    depth_model: str | None = None
    matte_model: str | None = None
    depth_unit: str | None = None
    format: str | None = None
    hdr: Hdr = "auto"
    quality: int | None = None
    strip: tuple[str, ...] = ()
    lens_source: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Check what needs no photo to be seen wrong."""
        if self.format is not None and self.format not in SUFFIXES:
            raise UsageError(f"format {self.format!r} is not written; one of {', '.join(SUFFIXES)}")
        check_hdr(self.format or "heic", self.hdr)
        if unknown := [word for word in self.strip if word not in STRIPPABLE]:
            raise UsageError(f"cannot strip {unknown[0]!r}; one of {', '.join(STRIPPABLE)}")
        if self.depth_unit is not None and self.depth_model is None:
            raise UsageError("a depth unit says what a depth model's values are; name the model with --depth-model")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise UsageError(f"quality {self.quality} must be 1 to 100")

    def settled(self, source_format: str) -> Recipe:
        """Decide what depends on the photo's format: what is written, and the rendition that goes into it.

        Raises
        ------
        UsageError
            When no picture is written in the photo's own format, or not with such HDR.
        """
        kind = self.format or source_format
        if kind not in SUFFIXES:
            raise UsageError(f"no picture is written in the photo's own format ({kind}); choose one with --format")
        rendition = "hdr" if kind == "exr" or self.hdr == "pq" else "sdr"
        return replace(self, format=kind, settings=replace(self.settings, rendition=rendition))

    @property
    def asked(self) -> dict[str, Any]:
        """The options of `load` that are the recipe's."""
        asked = {"depth_model": self.depth_model, "matte_model": self.matte_model, "depth_unit": self.depth_unit}
        return {key: value for key, value in asked.items() if value is not None}

    @property
    def saved(self) -> dict[str, Any]:
        """The options of `save` that are the recipe's; not its format."""
        return {"hdr": self.hdr, "quality": self.quality, "strip": self.strip}

    @property
    def digest(self) -> str:
        """What the mark of a picture says that it makes of a photo without maps beside it; the recipe is `settled`."""
        if self.format is None:
            raise ValueError("the recipe is not settled")
        return recipe_digest(how_rendered(self.lens, self.settings), self.asked, saved_as(self.format, **self.saved))
