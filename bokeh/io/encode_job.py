"""A picture that is being coded: what every format's writer takes from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from numpy.typing import NDArray

from ..colour.dither import to_dithered_codes
from ..colour.icc import SRGB_CURVE
from ..colour.profile import Profile
from ..photo.metadata import Rendering
from ..photo.photo import Photo
from .metadata import exif_edit, render_mark, xmp_edit


@dataclass(frozen=True, eq=False)
class EncodeJob:
    """A picture, and how it is coded.

    Attributes
    ----------
    photo : Photo
    bits : int
        Of each sample.
    quality : int
        1..100; of no meaning for what is lossless.
    hdr : {"off", "gain-map", "pq"}
        How the file holds light above white.
    keep_gps : bool
    rendered : Rendering or None
        What the mark says.
    name : str
        For messages.
    """

    photo: Photo
    bits: int
    quality: int
    hdr: str
    keep_gps: bool
    rendered: Rendering | None
    name: str

    @cached_property
    def profile(self) -> Profile:
        """The photo's profile; with the sRGB curve where codes of this depth cannot hold linear light."""
        profile, meta = self.photo.profile, self.photo.meta
        holds = profile.icc and meta.format != "exr" and (self.bits > 8 or meta.bit_depth == 8)
        return profile if holds or not profile.is_linear else profile.with_curve(SRGB_CURVE)

    def codes(self) -> NDArray:
        """Return codes (H, W, 3), uint8 or uint16, in the curve of `profile`; those of 8 bits are dithered."""
        if self.bits == 8:
            return to_dithered_codes(self.profile, self.photo.rgb)
        return self.profile.to_codes(self.photo.rgb, self.bits)

    def exif(self, says_upright: bool = True) -> bytes | None:
        """Return the EXIF block; `says_upright`: it states an orientation, of a picture that is upright."""
        meta = self.photo.meta
        return exif_edit.for_output(meta.exif, self.photo.size, meta.af_area, self.keep_gps, says_upright)

    @cached_property
    def xmp(self) -> bytes | None:
        """The photo's XMP, with the mark."""
        meta = self.photo.meta
        return render_mark.marked(xmp_edit.for_output(meta.xmp, self.keep_gps, meta.turn != 1), self.rendered)

    @property
    def mark_alone(self) -> bytes | None:
        """The mark as XMP of its own, where the photo's own is left out."""
        return render_mark.marked(None, self.rendered)
