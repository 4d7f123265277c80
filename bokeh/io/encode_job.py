"""A picture that is being coded: what every format's writer takes from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from numpy.typing import NDArray

from ..colour.dither import to_dithered_codes
from ..colour.icc import SRGB_CURVE
from ..colour.profile import Profile
from ..photo.metadata import Density, Rendering
from ..photo.photo import Photo
from .metadata import captions, exif_edit, iptc, render_mark, xmp_edit


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
    keep_place : bool
    holds : tuple of {"iptc", "comment", "density"}
        What the format has a place of its own for.
    rendered : Rendering or None
        What the mark says.
    name : str
        For messages.
    is_grafted : bool
        Whether the picture goes into what its source held, stored as that was.
    """

    photo: Photo
    bits: int
    quality: int
    hdr: str
    keep_place: bool
    holds: tuple[str, ...]
    rendered: Rendering | None
    name: str
    is_grafted: bool = False

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

    @property
    def is_turned(self) -> bool:
        """Whether the picture is stored otherwise than its source was."""
        return self.photo.meta.turn != 1

    @property
    def iptc(self) -> bytes | None:
        """The IPTC records."""
        records = self.photo.meta.iptc
        return records if self.keep_place else iptc.without_place(records)

    @property
    def density(self) -> Density | None:
        """Of the upright picture."""
        return captions.turned(self.photo.meta.density, self.photo.meta.turn)

    @property
    def lost(self) -> tuple[str, ...]:
        """What of the photo's metadata neither a place of its own nor XMP takes, in words: several things each."""
        lies_otherwise = self.is_turned and not self.is_grafted
        said = ()
        if iptc.has_paths(self.photo.meta.resources) and (lies_otherwise or "iptc" not in self.holds):
            said += ("Photoshop's paths",)
        if lies_otherwise and xmp_edit.loses_regions(self.photo.meta.xmp, self._laid):
            said += ("its XMP's regions, of the picture as it lay before it was turned,",)
        return said

    @property
    def comment(self) -> str:
        """The comments, as text."""
        return "\n".join(iptc.text_of(one) for one in self.photo.meta.comment)

    def exif(self, says_upright: bool = True) -> bytes | None:
        """Return the EXIF block; `says_upright`: it states an orientation, of a picture that is upright."""
        area = self.photo.meta.af_area
        changes = replace(self._exif_changes, af_area=area, turned=self.is_turned, keep_orientation=says_upright)
        return exif_edit.for_output(self.photo.meta.exif, self.photo.size, changes)

    def exif_as_stored(self, block: bytes) -> bytes | None:
        """Return a source's EXIF block for a picture that is stored as the source's is, under the same rotation."""
        return exif_edit.for_output(
            block, self.photo.size, replace(self._exif_changes, as_stored=True, orientation=self.photo.meta.turn)
        )

    @property
    def _exif_changes(self) -> exif_edit.ExifChanges:
        return exif_edit.ExifChanges(
            keep_place=self.keep_place,
            software=render_mark.signature(self.rendered)[0] if self.rendered else "",
            density=None if "density" in self.holds else self.density,
        )

    @cached_property
    def xmp(self) -> bytes | None:
        """The photo's XMP, with what the format has no other place for, the history and the mark."""
        return self._xmp(self.photo.meta.xmp, self._laid, upright=True)

    def xmp_as_stored(self, packet: bytes) -> bytes | None:
        """Return a source's XMP for a picture that is stored as the source's is, under the same rotation."""
        return self._xmp(packet, None, upright=False)

    @property
    def _laid(self) -> xmp_edit.Laid:
        return xmp_edit.Laid(self.photo.size, self.photo.meta.turn)

    def _xmp(self, packet: bytes | None, laid: xmp_edit.Laid | None, upright: bool) -> bytes | None:
        done = self.rendered
        kept = xmp_edit.for_output(
            packet, keep_place=self.keep_place, laid=laid, upright=upright, rendered=done is not None
        )
        words: dict[str, tuple[str, ...]] = {}
        if "iptc" not in self.holds:
            words = iptc.to_xmp_words(self.iptc) | iptc.rights_in_xmp(self.photo.meta.resources)
        if self.comment and "comment" not in self.holds:
            words["exif:UserComment"] = (self.comment,)
        kept = xmp_edit.with_words(kept, words)
        if done is not None and done.how is not None:
            kept = xmp_edit.with_history(kept, *render_mark.signature(done))
        return render_mark.marked(kept, done)

    @property
    def mark_alone(self) -> bytes | None:
        """The mark, and what the format has no other place for, as XMP of its own: the photo's own is left out."""
        return self._xmp(None, None, upright=True)
