"""What all readers share: how large a picture may be, how it is made upright, how its codes become a `Photo`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..colour import pq_hlg
from ..colour.icc import BrokenProfileError, LutProfileError
from ..colour.profile import Profile
from ..core.arrays import MOST_HALF, FloatArray
from ..core.errors import InputError, UsageError
from ..core.text import printable
from ..image.resize import resize, size_within
from ..photo.load_options import FileOrBytes
from ..photo.metadata import Metadata, Rendering
from ..photo.photo import ASPECT_TOLERANCE, Photo
from .found_maps import FoundMaps, SharpOriginal
from .metadata import apple, intrinsics, render_mark
from .metadata.captions import Captions
from .metadata.exif import Facts
from .metadata.xmp import unread

# Twice the largest phone sensor; above it a picture is an attack or belongs to another tool.
MAX_PIXELS = 200_000_000

# Longer side at which the phone's own picture is kept beside its sharp original, to measure its blur.
RENDITION_PX = 800

# Fewer, where whoever reads says so: adapters call each other, and none but `check_size` need know.
_at_most: ContextVar[int | None] = ContextVar("at_most", default=None)
_on_size: ContextVar[Callable[[int], object] | None] = ContextVar("on_size", default=None)


@contextmanager
def at_most(max_pixels: int | None) -> Iterator[None]:
    """Refuse pictures and maps of more pixels than this while it lasts; None: as many as `MAX_PIXELS`.

    Raises
    ------
    UsageError
        When it is no positive number.
    """
    if max_pixels is not None and max_pixels < 1:
        raise UsageError(f"max_pixels is {max_pixels}; it must be 1 or more")
    token = _at_most.set(max_pixels)
    try:
        yield
    finally:
        _at_most.reset(token)


@contextmanager
def announced(tell: Callable[[int], object]) -> Iterator[None]:
    """Have the number of pixels told, while this lasts, of whatever is about to be decoded."""
    token = _on_size.set(tell)
    try:
        yield
    finally:
        _on_size.reset(token)


def check_size(width: int, height: int, name: str, what: str = "picture", most: int | None = None) -> None:
    """Refuse what is larger than `MAX_PIXELS` or `at_most`, or than its file can hold, before it is decoded.

    Parameters
    ----------
    width, height : int
        As the file states them.
    name, what : str
        For messages.
    most : int, optional
        Pixels that the file's bytes can hold.

    Raises
    ------
    InputError
    """
    if width < 1 or height < 1:
        raise InputError(f"{name}: the {what} is empty ({width}x{height})")
    limit = _at_most.get() or MAX_PIXELS
    if width * height > limit:
        raise InputError(
            f"{name}: the {what} has {width * height / 1e6:.3g} megapixels ({width}x{height}), more than the "
            f"{limit / 1e6:.3g} that are taken; make it smaller first"
        )
    if most is not None and width * height > most:
        raise InputError(
            f"{name}: the {what} is truncated or damaged (it claims {width}x{height} pixels, its bytes hold at most "
            f"{most}); get a fresh copy of the file"
        )
    tell = _on_size.get()
    if tell is not None:
        tell(width * height)


def upright(array: NDArray, orientation: int) -> NDArray:
    """Turn an array (H, W, ...), of any dtype, as EXIF orientation 1..8 says."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return np.ascontiguousarray(array)


def same_aspect(shape: tuple[int, ...], size: tuple[int, int]) -> bool:
    """Whether a map (h, w) can be of a picture (H, W)."""
    return min(shape) >= 2 and abs(np.log((shape[1] / shape[0]) / (size[1] / size[0]))) <= ASPECT_TOLERANCE


@dataclass(frozen=True, eq=False)
class Decoded:
    """A picture as its file holds it, upright: code values and what they mean.

    Attributes
    ----------
    codes : uint8, uint16 or float32 (H, W, 3)
        Integers over their full range.
    name : str
        The file, for messages.
    format : str
        As `Metadata.format`.
    bit_depth : int
        Of the file.
    profile : Profile
    exif, xmp : bytes, optional
        The raw blocks.
    captions : Captions
        What the file says in other ways.
    turn : int
        EXIF orientation, 1..8, that was applied; maps are turned by it too.
    facts : Facts
        Of the EXIF block.
    notes : list of str
        For `Metadata.notes`; the reader that made this adds to them.
    warnings : tuple of str
        For `Metadata.warnings`.
    rendered : Rendering, optional
        rebokeh's mark, where it stands outside the XMP.
    original : bytes, optional
        The whole file, where an output takes over parts of it.
    coding : {"sdr", "pq", "hlg"}
        What the codes are of.
    """

    codes: NDArray
    name: str
    format: str
    bit_depth: int = 8
    profile: Profile = field(default_factory=Profile)
    exif: bytes | None = None
    xmp: bytes | None = None
    captions: Captions = field(default_factory=Captions)
    turn: int = 1
    facts: Facts = field(default_factory=Facts)
    notes: list[str] = field(default_factory=list)
    warnings: tuple[str, ...] = ()
    rendered: Rendering | None = None
    original: bytes | None = None
    coding: pq_hlg.Coding = "sdr"

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.codes.shape[0], self.codes.shape[1]

    def photo(self, maps: FoundMaps | None = None) -> Photo:
        """Make the Photo of the picture and of what was found beside it.

        The sharp original, where there is one, takes the picture's place; EXIF and XMP stay the picture's.

        Raises
        ------
        InputError, DepthError
            As `Photo`.
        """
        maps = maps or FoundMaps()
        picture = self if maps.original is None else self._replaced_by(maps.original)
        meta = picture._metadata(maps)
        if maps.original is not None and self.coding == "sdr":
            size = size_within(self.size, min(RENDITION_PX, max(self.size)))
            meta = replace(meta, rendition=resize(self.profile.to_linear(self.codes), size, "area"))
        if picture.coding == "sdr":
            rgb = picture.profile.to_linear(picture.codes)
        else:
            rgb = pq_hlg.to_linear(picture.codes, picture.coding, picture.profile)
        return Photo(
            rgb=rgb,
            depth=None if maps.depth is None else maps.depth.dioptres,
            matte=None if maps.matte is None else maps.matte.coverage,
            mattes=dict(maps.mattes),
            gain_map=maps.gain_map,
            depth_kind="absolute" if maps.depth is None else maps.depth.kind,
            profile=picture.profile,
            meta=meta,
        )

    def _replaced_by(self, original: SharpOriginal) -> Decoded:
        return replace(self, codes=original.codes, profile=original.profile or self.profile)

    def _metadata(self, maps: FoundMaps) -> Metadata:
        """Gather what EXIF, XMP and the maps say, and note what was chosen."""
        notes = [*self.notes, *maps.notes]
        depth_xmp = {} if maps.depth is None else maps.depth.xmp
        area, where = apple.af_area(self.facts, self.xmp, self.size, self.turn)
        if area:
            notes.append(f"AF area from {where}")
        if self.facts.damaged:
            notes.append("the EXIF block is damaged: read as far as it is whole")
        if why := unread(self.xmp):
            notes.append(f"the XMP {why}")
        camera = intrinsics.read(depth_xmp)
        camera = camera and intrinsics.turned(camera, self.size, self.turn)
        f35_mm, said = intrinsics.equivalent(camera, self.facts.f35_mm, self.facts.zoom)
        if said:
            notes.append(said)
        rendered = self.rendered or render_mark.read(self.xmp)
        if rendered:
            notes.append(f"rendered by rebokeh: {rendered}")
        if self.coding != "sdr":
            notes.append(f"{self.coding.upper()}: 1.0 is diffuse white at {pq_hlg.WHITE_NITS:g} nits")
        return Metadata(
            path=self.name,
            format=self.format,
            bit_depth=self.bit_depth,
            camera=self.facts.camera,
            lens=self.facts.lens,
            exif=self.exif,
            xmp=self.xmp,
            iptc=self.captions.iptc,
            resources=self.captions.resources,
            comment=self.captions.comment,
            density=self.captions.density,
            unkept=self.captions.unkept,
            focal_mm=self.facts.focal_mm,
            f35_mm=f35_mm,
            clip_cd_m2=self.facts.clip_cd_m2,
            f_number=self.facts.equivalent_f_number,
            af_area=area or maps.af_area,
            af_distance_m=apple.af_distance(self.facts),
            subject_distance_m=self.facts.subject_distance_m,
            faces=apple.faces(self.xmp, self.size, self.turn),
            intrinsics=camera,
            depth_facts=intrinsics.depth_facts(depth_xmp),
            depth_source="" if maps.depth is None else maps.depth.source,
            matte_source="" if maps.matte is None else maps.matte.source,
            turn=self.turn,
            notes=tuple(notes),
            warnings=(*self.warnings, *(maps.lost_light if maps.gain_map is None else ())),
            rendered=rendered,
            original=self.original,
            hdr="gain-map" if maps.gain_map is not None else "" if self.coding == "sdr" else self.coding,
        )


def profile_or_note(icc: bytes | None, notes: list[str], codes: NDArray | None = None) -> Profile | None:
    """Return the profile; sRGB with a note when it is broken, or grey and the codes are not; None for tables."""
    try:
        if icc and icc[16:20] == b"GRAY" and codes is not None and (codes != codes[..., :1]).any():
            raise BrokenProfileError("the ICC profile is of a grey picture, and this has colours")
        return Profile.from_icc(icc)
    except LutProfileError:
        return None
    except BrokenProfileError as err:
        notes.append(f"{err}: taken as sRGB")
        return Profile()


def finite_light(light: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """Put numbers where light has none, and say so, for `Metadata.warnings`.

    Parameters
    ----------
    light : float32 (H, W, n)
    """
    broken = int((~np.isfinite(light)).any(axis=2).sum())
    if not broken:
        return light, ()
    said = f"NaN or infinity in {broken} pixels: taken for black, or for the brightest that half floats hold"
    return np.nan_to_num(light, nan=0.0, posinf=MOST_HALF, neginf=0.0), (said,)


def read_file(path: FileOrBytes, what: str = "photo") -> tuple[bytes, str]:
    """(bytes, name for messages) of a file.

    Raises
    ------
    InputError
        When it is missing, a folder, empty or unreadable.
    UsageError
        When it is none of what names or holds a file.
    """
    if isinstance(path, (bytes, bytearray, memoryview)):
        data, name = bytes(path), "<bytes>"
    elif not isinstance(path, (str, Path)) and hasattr(path, "read"):
        data, name = _content(path, what)
    elif not isinstance(path, (str, os.PathLike)):
        raise UsageError(
            f"the {what} is given as {type(path).__name__}; give its file's name, its bytes or an open file"
        )
    else:
        path = Path(path)
        name = printable(path)
        try:
            data = path.read_bytes()
        except FileNotFoundError as err:
            raise InputError(f"{name}: there is no such file; check the name of the {what}") from err
        except IsADirectoryError as err:
            raise InputError(f"{name}: this is a folder; give the {what}, a file") from err
        except PermissionError as err:
            raise InputError(f"{name}: the {what} may not be read; check the file's permissions") from err
        except (OSError, ValueError) as err:
            said = getattr(err, "strerror", None) or str(err)
            raise InputError(f"{name}: the {what} cannot be read ({said})") from err
    if not data:
        raise InputError(f"{name}: the {what} is an empty file; get a fresh copy")
    return data, name


def _content(file: BinaryIO, what: str) -> tuple[bytes, str]:
    """Read an open file to its end."""
    called = getattr(file, "name", None)
    name = printable(called) if isinstance(called, (str, os.PathLike)) else "<file>"
    try:
        data = file.read()
    except (OSError, ValueError) as err:
        raise InputError(f"{name}: the {what} cannot be read ({err})") from err
    if not isinstance(data, bytes):
        raise UsageError(f"{name}: the {what} is open as text; open it as binary, by mode 'rb'")
    return data, name
