"""What lies beside a picture in its file: depth, mattes, gain map, and the picture before the phone's own blur.

Every adapter returns one `FoundMaps`; a reader merges them, the likeliest first, and `Decoded.photo` makes the photo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from numpy.typing import NDArray

from ..colour.profile import Profile
from ..core.arrays import FloatArray
from ..photo.metadata import DepthKind, UnitRect
from ..photo.photo import GainMap


class UnusableMapError(Exception):
    """A map cannot be used; the message is the note that says why. It never costs the picture."""


class UnusableGainMapError(UnusableMapError):
    """A gain map cannot be used: where there is no other, what it tells of light above white is lost."""


class IdleMapError(UnusableMapError):
    """A map is of nothing: nothing is lost without it."""


@dataclass(frozen=True, eq=False)
class DepthMap:
    """A depth map and what is known of it.

    Attributes
    ----------
    dioptres : float32 (h, w)
        Inverse depth in 1/m; 0 = infinity, NaN = hole.
    kind : {"absolute", "anchored", "relative", "unitless"}
        As `Photo.depth_kind`.
    source : str
        Where it comes from, in words.
    xmp : mapping of str to str
        Values of the XMP that describes it, by "prefix:Name".
    warnings : tuple of str
        What was guessed, for `Metadata.warnings`.
    """

    dioptres: FloatArray
    kind: DepthKind
    source: str
    xmp: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Matte:
    """Coverage of the subject, float32 (h, w) in 0..1; where it comes from, and what of it was no number, in words."""

    coverage: FloatArray
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SharpOriginal:
    """The picture before the phone blurred it: codes (H, W, 3), uint8 or uint16, upright.

    `profile` is None where the file does not say one of its own: it is then that of the picture that viewers show.
    """

    codes: NDArray
    profile: Profile | None = None


@dataclass(frozen=True, eq=False)
class FoundMaps:
    """What one adapter, or several, found beside the picture; None or empty = nothing.

    Attributes
    ----------
    depth : DepthMap, optional
    matte : Matte, optional
        Of the subject.
    mattes : mapping of str to float32 (h, w)
        Further coverages in 0..1, by the names of `Photo.mattes`.
    gain_map : GainMap, optional
    original : SharpOriginal, optional
        Takes the place of the picture.
    af_area : (x, y, width, height), optional
        Where the phone focused, in 0..1 of the upright picture; EXIF and XMP come first.
    notes : tuple of str
        What was found and what cannot be used, in the order in which it was seen, for `Metadata.notes`.
    lost_light : tuple of str
        What is wrong with gain maps, for `Metadata.warnings` where there is no other.
    """

    depth: DepthMap | None = None
    matte: Matte | None = None
    mattes: Mapping[str, FloatArray] = field(default_factory=dict)
    gain_map: GainMap | None = None
    original: SharpOriginal | None = None
    af_area: UnitRect | None = None
    notes: tuple[str, ...] = ()
    lost_light: tuple[str, ...] = ()

    def filled(self, other: FoundMaps) -> FoundMaps:
        """Take from `other` what is not here yet; its notes follow these."""
        return FoundMaps(
            depth=self.depth or other.depth,
            matte=self.matte or other.matte,
            mattes={**other.mattes, **self.mattes},
            gain_map=self.gain_map or other.gain_map,
            original=self.original or other.original,
            af_area=self.af_area or other.af_area,
            notes=(*self.notes, *other.notes),
            lost_light=(*self.lost_light, *other.lost_light),
        )

    def noted(self, *notes: str) -> FoundMaps:
        """Add notes."""
        return replace(self, notes=(*self.notes, *notes))


def attempt(find: Callable[[], FoundMaps]) -> FoundMaps:
    """Return what `find` finds; a note alone where it raises `UnusableMapError`."""
    try:
        return find()
    except UnusableMapError as err:
        return FoundMaps(notes=(str(err),), lost_light=(str(err),) if isinstance(err, UnusableGainMapError) else ())


@contextmanager
def of_gain_map() -> Iterator[None]:
    """Make `UnusableMapError` one of a gain map, whoever raises it, while this lasts."""
    try:
        yield
    except IdleMapError:
        raise
    except UnusableMapError as err:
        raise UnusableGainMapError(f"{err}: light above white is lost") from err
