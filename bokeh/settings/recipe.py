"""A recipe: all that makes a picture of a photo, as flags, presets and the API say it alike."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ..io.formats import Hdr, check_saving, saved_as, settled_format, written_format
from ..io.metadata.render_mark import recipe_digest
from ..optics.lens import Lens
from ..photo.edits import Edits
from ..photo.load_options import LoadOptions
from ..render.settings import RenderSettings, how_rendered


@dataclass(frozen=True)
class Recipe:
    """What is done to a photo, whichever it is.

    Parameters
    ----------
    lens : Lens
    settings : RenderSettings
        Its rendition is set by `settled`.
    load_options : LoadOptions
        What is asked of every photo; what a photo has of its own stands before it.
    format : str, optional
        What is written; None = as the photo.
    hdr : {"auto", "off", "gain-map", "pq"}
    save_quality : int, optional
        1..100, how well the picture is coded.
    strip : tuple of {"gps", "location", "depth", "all"}
        What to leave out, as for `save`.
    lens_source : str, optional
        Where a named lens's values come from; for the report only.

    Raises
    ------
    UsageError
        When the format or the quality makes no sense, or the format does not hold such HDR.
    """

    lens: Lens = field(default_factory=Lens)
    settings: RenderSettings = field(default_factory=RenderSettings)
    load_options: LoadOptions = field(default_factory=LoadOptions)
    format: str | None = None
    hdr: Hdr = "auto"
    save_quality: int | None = None
    strip: tuple[str, ...] = ()
    lens_source: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Check what needs no photo to be seen wrong."""
        kind = "heic" if self.format is None else written_format(self.format)
        check_saving(kind, strip=self.strip, quality=self.save_quality, hdr=self.hdr)

    def settled(self, source_format: str) -> Recipe:
        """Decide what depends on the photo's format: what is written, and the rendition that goes into it.

        Raises
        ------
        UsageError
            When no picture is written in the photo's own format, or not with such HDR.
        """
        kind = settled_format(self.format, source_format)
        rendition = "hdr" if kind == "exr" or self.hdr == "pq" else "sdr"
        return replace(self, format=kind, settings=replace(self.settings, rendition=rendition))

    @property
    def save_options(self) -> dict[str, Any]:
        """The options of `save` that are the recipe's; not its format."""
        return {"hdr": self.hdr, "quality": self.save_quality, "strip": self.strip}

    @property
    def digest(self) -> str:
        """What the mark of a picture says that it makes of a photo without maps beside it; the recipe is `settled`."""
        return self.digest_with(None)

    def digest_with(self, edits: Edits | None) -> str:
        """Return that of a photo over which something is painted."""
        if self.format is None:
            raise ValueError("the recipe is not settled")
        saved = saved_as(self.format, **self.save_options)
        asked = self.load_options.to_json() | ({} if edits is None else {"edits": edits.digest})
        return recipe_digest(how_rendered(self.lens, self.settings), asked, saved)
