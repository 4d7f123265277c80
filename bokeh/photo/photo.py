"""A photo: scene-linear colour, depth in dioptres, mattes, and what the file said about itself."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from ..colour.profile import Profile
from ..colour.to_srgb import srgb_codes
from ..core.arrays import CodeArray, FloatArray
from ..core.checks import check_fields
from ..core.errors import DepthError, InputError
from ..image.resize import size_within
from .edits import Edits, check_aspect
from .metadata import DepthKind, Metadata

# Mean coverage below which a portrait matte holds nobody: compression noise, not a person.
EMPTY_MATTE = 1e-3


# How far the two sides' ratio of a depth map or matte may be from the photo's before it is
# taken for another picture's (sensor read-outs crop a row or two, phones round to even sizes).
ASPECT_TOLERANCE = 0.03

SHOWN_PX = 512
"""Longer side of what notebooks show of a photo."""


@dataclass(frozen=True, eq=False)
class GainMap:
    """What restores the scene's radiance from the photo's SDR rendition.

    Radiance = (rgb + offset_base) * 2**log2_gain - offset_alternate, channel by channel.

    Attributes
    ----------
    log2_gain : float32 (h, w) or (h, w, 3)
        Gain in stops, at the map's own (usually half) resolution; 0 = leave as it is.
    headroom : float
        The largest linear gain the file speaks of, >= 1.
    offset_base, offset_alternate : three float
        Scene-linear light that keeps the gain of black finite; 0 in Apple's maps.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> stops = np.zeros((15, 20), np.float32)
    >>> stops[4, 5] = 3.0  # a lamp that is eight times as bright as the photo shows it
    >>> gain_map = rk.GainMap(stops, headroom=8.0)
    >>> gain_map.planes.shape
    (15, 20, 1)
    """

    log2_gain: FloatArray
    headroom: float
    offset_base: tuple[float, float, float] = (0.0, 0.0, 0.0)
    offset_alternate: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        """Check the types."""
        check_fields(self)
        _numbers(self.log2_gain, "log2_gain", "stops")

    @property
    def planes(self) -> FloatArray:
        """The gain as an array of three axes, float32 (h, w, 1 or 3)."""
        return np.ascontiguousarray(self.log2_gain.reshape(*self.log2_gain.shape[:2], -1), np.float32)

    @property
    def offsets(self) -> tuple[FloatArray, FloatArray]:
        """Offsets of base and alternate, float32 (3,) each."""
        return np.asarray(self.offset_base, np.float32), np.asarray(self.offset_alternate, np.float32)


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture and its depth.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear, row 0 at the top, the photo's own primaries; 1.0 = clip of the SDR rendition.
    depth : float32 (h, w), optional
        Inverse depth in dioptres (1/m), 0 = infinity, NaN = hole. Any resolution, the photo's aspect.
    matte : float32 (h, w), optional
        Coverage of the subject, 0..1. Any resolution, the photo's aspect.
    mattes : dict of float32 (h, w)
        Further mattes by name: hair, skin, glasses, teeth, sky.
    gain_map : GainMap, optional
        Restores radiance above the clip.
    depth_kind : {"absolute", "anchored", "relative", "unitless"}
        Whether `depth` is true metres, metres by some evidence (`Metadata.anchoring`), nominal (a*d + b with unknown
        a, b), or only an order.
    profile : Profile
        Tone curves and ICC of the file, to go back to.
    meta : Metadata
        What the file said about itself.
    edits : Edits, optional
        What is painted over depth, matte and lights; `with_edits` puts them there.

    Raises
    ------
    InputError, DepthError
        When a shape, a dtype or a value range is not as above.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> metres = np.where(np.arange(60) < 30, 1.0, 4.0) * np.ones((40, 1))
    >>> photo = rk.Photo(rgb=np.full((40, 60, 3), 0.18, np.float32), depth=(1 / metres).astype(np.float32))
    >>> photo.size, photo.depth_kind, photo.matte is None
    ((40, 60), 'absolute', True)
    """

    rgb: FloatArray
    depth: FloatArray | None = None
    matte: FloatArray | None = None
    mattes: dict[str, FloatArray] = field(default_factory=dict)
    gain_map: GainMap | None = None
    depth_kind: DepthKind = "absolute"
    profile: Profile = field(default_factory=Profile)
    meta: Metadata = field(default_factory=Metadata)
    edits: Edits | None = None

    def __post_init__(self) -> None:
        """Check types, shapes and values, once, here."""
        check_fields(self)
        if self.depth_kind not in get_args(DepthKind):
            raise InputError(f"`depth_kind` is {self.depth_kind!r}; it is one of {', '.join(get_args(DepthKind))}")
        rgb = _numbers(self.rgb, "rgb", "scene-linear light, 1.0 the clip: Profile().to_linear(codes) makes it")
        if rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
            raise InputError(f"rgb has shape {rgb.shape}; it must be (height, width, 3)")
        rgb = np.ascontiguousarray(rgb, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            # A sum takes no array of flags; it is finite only when all values are.
            finite = bool(np.isfinite(rgb.sum()))
        if not finite:
            # One NaN would spread over a whole blur disc, or index out of a buffer.
            wrong = int((~np.isfinite(rgb)).any(axis=2).sum())
            if wrong:
                raise InputError(f"rgb holds NaN or infinity in {wrong} pixels; put numbers there")
        object.__setattr__(self, "rgb", rgb)
        if self.depth is not None:
            depth = _numbers(self.depth, "depth map", "dioptres: 1 / metres, 0 for infinity, NaN for a hole")
            object.__setattr__(self, "depth", self._checked_depth(depth))
        if self.matte is not None:
            object.__setattr__(self, "matte", self._checked_matte(np.asarray(self.matte), "matte"))
        mattes = {name: self._checked_matte(np.asarray(m), name) for name, m in self.mattes.items()}
        object.__setattr__(self, "mattes", mattes)
        if self.edits is not None:
            check_aspect(self.edits, self.size)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]

    @property
    def has_subject(self) -> bool:
        """Whether it has a matte of a subject, of its own or painted."""
        return self.matte is not None or (self.edits is not None and self.edits.paints("subject_added"))

    def srgb8(self, size: tuple[int, int] | None = None) -> CodeArray:
        """Return the picture as screens show it: sRGB codes, uint8 (H, W, 3).

        Parameters
        ----------
        size : (height, width), optional
            Of what is returned, no larger than the photo.
        """
        return srgb_codes(self.rgb, self.profile, size or self.size)

    def _repr_png_(self) -> bytes:
        """Show itself in a notebook, small."""
        return png_of(self.srgb8(size_within(self.size, min(SHOWN_PX, max(self.size)))))

    def with_edits(self, edits: Edits | None) -> Photo:
        """Return the photo with what is painted over its maps, in place of what was.

        Parameters
        ----------
        edits : Edits or None
            Those that are empty are none.

        Returns
        -------
        Photo
            A picture made of it tells in its mark that it was made with them.

        Raises
        ------
        DepthError
            When they were painted over a picture of another shape.
        """
        edits = None if edits is None or edits.is_empty else edits
        asked = {name: value for name, value in self.meta.asked.items() if name != "edits"}
        if edits is not None:
            check_aspect(edits, self.size)
            asked["edits"] = edits.digest
        return self.with_checked(edits=edits, meta=replace(self.meta, asked=asked))

    def with_checked(self, **values: Any) -> Photo:
        """Return the photo with some fields replaced by values that need no checking: they are known to be sound."""
        photo = copy(self)
        for name, value in values.items():
            object.__setattr__(photo, name, value)
        return photo

    def _check_aspect(self, shape: tuple[int, ...], name: str) -> None:
        h, w = self.size
        if len(shape) != 2 or 0 in shape:
            raise DepthError(f"{name} has shape {shape}; it must be (height, width)")
        if shape == (h, w):
            return
        if min(shape) < 2:
            raise DepthError(f"{name} is {shape[1]}x{shape[0]}: too small to be a map of this photo")
        if abs(np.log((shape[1] / shape[0]) / (w / h))) > ASPECT_TOLERANCE:
            raise DepthError(
                f"{name} is {shape[1]}x{shape[0]}, the photo {w}x{h}: another shape, so another picture's; "
                f"give a {name} of the photo's aspect"
            )

    def _checked_depth(self, depth: NDArray) -> FloatArray:
        self._check_aspect(depth.shape, "depth map")
        depth = np.array(depth, np.float32, order="C")
        depth[~np.isfinite(depth) | (depth < 0)] = np.nan
        if np.isnan(depth).all():
            raise DepthError("depth map holds no usable value (NaN, infinite or negative all over); give another")
        return depth

    def _checked_matte(self, matte: NDArray, name: str) -> FloatArray:
        self._check_aspect(matte.shape, name)
        if matte.dtype != bool:
            matte = _numbers(matte, name, "coverage in 0..1: codes divided by 255")
        matte = np.array(matte, np.float32, order="C")
        if np.isnan(matte).any():
            raise DepthError(f"{name} holds NaN; it must be coverage in 0..1: 0 where nothing is known")
        return np.clip(matte, 0.0, 1.0, out=matte)


def png_of(codes: CodeArray) -> bytes:
    """Code a picture, uint8 (H, W, 3), as notebooks take it."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(codes).save(file, "png")
    return file.getvalue()


def _numbers(values: Any, name: str, meaning: str) -> NDArray:
    """Return an array of floats; other numbers are of some code, and nobody knows which."""
    array = np.asarray(values)
    if array.dtype.kind != "f":
        error = InputError if name in ("rgb", "log2_gain") else DepthError
        raise error(f"{name} holds {array.dtype}; it must be float32, {meaning}")
    return array
