"""What the adapters share: the decoder's door, the size limit, orientation, code values -> Photo."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import pq
from ..colour import BrokenProfileError, LutProfileError, Profile
from ..errors import InputError, RebokehError, UsageError
from ..photo import ASPECT_TOLERANCE, Metadata, Photo, Rendering
from . import apple, intrinsics, mark
from .exif import Facts
from .xmp import unread

# Twice the largest phone sensor; above it a picture is an attack or belongs to another tool.
MAX_PIXELS = 200_000_000

# Fewer, where whoever reads says so: adapters call each other, and none but `check_size` need know.
_at_most: ContextVar[int | None] = ContextVar("at_most", default=None)
_on_size: ContextVar[Callable[[int], object] | None] = ContextVar("on_size", default=None)

# Where a map that gives only an order is put: its nearest point at 0.5 m, its farthest at infinity.
NOMINAL_DIOPTRES = 2.0


@contextmanager
def decoding(name: str, what: str = "picture") -> Iterator[None]:
    """Turn whatever a decoder raises on bad bytes into an `InputError`, and keep it from talking.

    Only calls into foreign decoders belong inside: they raise nearly anything on damaged bytes (ValueError,
    EOFError, SyntaxError, struct.error, KeyError, ...), and errors of our own code must not be hidden.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of each damaged tag it steps over
            yield
    except RebokehError:
        raise
    except MemoryError as err:
        raise InputError(f"{name}: the {what} does not fit into memory") from err
    except Exception as err:
        said = " ".join(str(err).split())[:120]
        raise InputError(
            f"{name}: the {what} is truncated or damaged ({said or type(err).__name__}); get a fresh copy of the file"
        ) from err


@contextmanager
def silence() -> Iterator[None]:
    """Send the process's standard error nowhere: libtiff and OpenEXR print to it from C what they also report."""
    try:
        kept = os.dup(2)
    except OSError:  # closed, as under some window systems
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


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
    """Turn an array (H, W, ...) as EXIF orientation 1..8 says."""
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


@dataclass
class Decoded:
    """A picture as its file holds it, upright: code values and what they mean.

    `codes` is uint8 or uint16 (full range) or float32, (H, W, 3). `turn` is the EXIF orientation that was
    applied, for whatever else has to be turned. `coding` is PQ or HLG where the codes are not of SDR.
    """

    codes: NDArray
    name: str
    format: str
    bit_depth: int = 8
    profile: Profile = field(default_factory=Profile)
    exif: bytes | None = None
    xmp: bytes | None = None
    turn: int = 1
    facts: Facts = field(default_factory=Facts)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rendered: Rendering | None = None
    original: bytes | None = None
    coding: pq.Coding = "sdr"

    def photo(self, **more) -> Photo:
        """Make the Photo, with `more` of its fields (depth, matte, ...).

        Into its metadata go depth_source, matte_source, and what depth_xmp, the depth map's XMP values, holds.
        """
        size = self.codes.shape[0], self.codes.shape[1]
        area, where = apple.af_area(self.facts, self.xmp, size, self.turn)
        if area:
            self.notes.append(f"AF area from {where}")
        if self.facts.damaged:
            self.notes.append("the EXIF block is damaged: read as far as it is whole")
        if why := unread(self.xmp):
            self.notes.append(f"the XMP {why}")
        values = more.pop("depth_xmp", {})
        camera = intrinsics.read(values)
        camera = camera and intrinsics.turned(camera, size, self.turn)
        f35_mm, said = intrinsics.equivalent(camera, self.facts.f35_mm, self.facts.zoom)
        if said:
            self.notes.append(said)
        rendered = self.rendered or mark.read(self.xmp)
        if rendered:
            self.notes.append(f"rendered by rebokeh: {rendered}")
        meta = Metadata(
            path=self.name,
            format=self.format,
            bit_depth=self.bit_depth,
            camera=self.facts.camera,
            lens=self.facts.lens,
            exif=self.exif,
            xmp=self.xmp,
            focal_mm=self.facts.focal_mm,
            f35_mm=f35_mm,
            clip_cd_m2=self.facts.clip_cd_m2,
            f_number=self.facts.equivalent_f_number,
            af_area=area,
            af_distance_m=apple.af_distance(self.facts),
            subject_distance_m=self.facts.subject_distance_m,
            faces=apple.faces(self.xmp, size, self.turn),
            intrinsics=camera,
            depth_facts=intrinsics.depth_facts(values),
            depth_source=more.pop("depth_source", ""),
            matte_source=more.pop("matte_source", ""),
            turn=self.turn,
            notes=tuple(self.notes),
            warnings=tuple(self.warnings),
            rendered=rendered,
            original=self.original,
            hdr="gain-map" if "gain_map" in more else "" if self.coding == "sdr" else self.coding,
        )
        if self.coding == "sdr":
            rgb = self.profile.to_linear(self.codes)
        else:
            rgb = pq.to_linear(self.codes, self.coding, self.profile)
            self.notes.append(f"{self.coding.upper()}: 1.0 is diffuse white at {pq.WHITE_NITS:g} nits")
            meta = replace(meta, notes=tuple(self.notes))
        return Photo(rgb=rgb, profile=self.profile, meta=meta, **more)


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


def printable(path: object) -> str:
    """Make a file's name fit for one line of a message, whatever bytes it is made of."""
    words = os.fsencode(str(path)).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in words)


def read_file(path: str | Path | bytes, what: str = "photo") -> tuple[bytes, str]:
    """(bytes, name for messages) of a file.

    Raises
    ------
    InputError
        When it is missing, a folder, empty or unreadable.
    """
    if isinstance(path, (bytes, bytearray, memoryview)):
        data, name = bytes(path), "<bytes>"
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
