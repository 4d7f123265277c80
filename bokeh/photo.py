"""A photo: scene-linear colour, depth in dioptres, mattes, and what the file said about itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .colour import Profile
from .errors import DepthError, InputError
from .lens import FULL_FRAME_DIAGONAL_MM, Lens

if TYPE_CHECKING:
    from .anchor import Anchoring
    from .render import RenderSettings

FloatArray = NDArray[np.float32]

# How far the two sides' ratio of a depth map or matte may be from the photo's before it is
# taken for another picture's (sensor read-outs crop a row or two, phones round to even sizes).
ASPECT_TOLERANCE = 0.03

DepthKind = Literal["absolute", "anchored", "relative", "unitless"]

Box = tuple[float, float, float, float]
"""(x, y, width, height) in 0..1 of the upright picture, from its top left."""


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
    """

    log2_gain: FloatArray
    headroom: float
    offset_base: tuple[float, float, float] = (0.0, 0.0, 0.0)
    offset_alternate: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def planes(self) -> FloatArray:
        """The gain as an array of three axes, float32 (h, w, 1 or 3)."""
        return np.ascontiguousarray(self.log2_gain.reshape(*self.log2_gain.shape[:2], -1), np.float32)

    @property
    def offsets(self) -> tuple[FloatArray, FloatArray]:
        """Offsets of base and alternate, float32 (3,) each."""
        return np.asarray(self.offset_base, np.float32), np.asarray(self.offset_alternate, np.float32)


@dataclass(frozen=True)
class Intrinsics:
    """The camera as the depth map's calibration states it, in pixels of a frame of `width` x `height`, upright.

    Focal lengths and the principal point; `pixel_mm` is the pitch of that frame's pixels, None = not stated.
    """

    focal_x_px: float
    focal_y_px: float
    centre_x_px: float
    centre_y_px: float
    width: float
    height: float
    pixel_mm: float | None = None

    @property
    def f35_mm(self) -> float:
        """35 mm equivalent by the diagonal, as `FULL_FRAME_DIAGONAL_MM` has it."""
        return FULL_FRAME_DIAGONAL_MM / math.hypot(self.width / self.focal_x_px, self.height / self.focal_y_px)

    @property
    def anisotropy(self) -> float:
        """How far the two focal lengths are apart, as a share: 0 for square pixels."""
        return abs(self.focal_x_px / self.focal_y_px - 1.0)


@dataclass(frozen=True)
class DepthFacts:
    """What the depth map says of itself beside its unit; None or "" = silent.

    `quality` is "high" or "low", `filtered` whether holes were filled and noise smoothed, `simulated_f_number` the
    aperture at which the phone showed its own blur.
    """

    quality: str = ""
    filtered: bool | None = None
    simulated_f_number: float | None = None


@dataclass(frozen=True)
class Rendering:
    """How rebokeh rendered a picture: f-number, focus in metres, and by which version ("" = the one that runs).

    `source` and `recipe` are the digests that the mark of a file states, "" where it states none. `how` is what a
    render that was not written yet was made with.
    """

    f_number: float
    focus_m: float
    version: str = ""
    source: str = field(default="", compare=False)
    recipe: str = field(default="", compare=False)
    how: tuple[Lens, RenderSettings] | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """Say it in words, like "f/1.8 at 2.1 m, rebokeh 0.1.0"."""
        where = f"{self.focus_m:.3g} m" if math.isfinite(self.focus_m) else "infinity"
        return f"f/{self.f_number:g} at {where}" + (f", rebokeh {self.version}" if self.version else "")


@dataclass(frozen=True)
class Metadata:
    """What the file said, as far as rendering and writing need it; None = the file is silent.

    `camera` is its make and model, `lens` the lens's name. `exif`, `xmp` are the raw blocks, carried to the output.
    `f35_mm` is the 35 mm equivalent focal length, `clip_cd_m2` the luminance that the exposure clips at, `f_number` the
    aperture it was taken with, as full frame has it. `af_area` is (x, y, w, h) of the autofocus area in 0..1 of the
    upright picture, `af_distance_m` the distance the autofocus measured there.
    `faces` are the faces the phone found, as (x, y, w, h) likewise; `subject_distance_m` is EXIF's SubjectDistance;
    `intrinsics` and `depth_facts` stand with the depth map. `anchoring` is what fixed the depth map's metres.
    `turn` is the EXIF orientation that was applied to make the picture upright.
    `notes` says in words which source of depth, matte, gain map was found (printed by ``-v``); `warnings` says what
    will look wrong because of what the file is (always printed, unless ``-q``). `rendered` is how rebokeh rendered the
    picture already. `original` is the whole input file, where the output takes over parts of it (HEIC), and
    `depth_map` the depth that was rendered with, as it was before it was brought to the photo's resolution.
    `hdr` is how the file held light above white. `source` is the SHA-256 of the file's bytes, in hex, and `asked` what
    `load` was asked for beside the file: both are told by the mark of what is made from it.
    """

    path: str = ""
    format: str = "array"
    bit_depth: int = 8
    camera: str = ""
    lens: str = ""
    exif: bytes | None = None
    xmp: bytes | None = None
    focal_mm: float | None = None
    f35_mm: float | None = None
    clip_cd_m2: float | None = None
    f_number: float | None = None
    af_area: Box | None = None
    af_distance_m: float | None = None
    subject_distance_m: float | None = None
    faces: tuple[Box, ...] = ()
    intrinsics: Intrinsics | None = None
    depth_facts: DepthFacts = field(default_factory=DepthFacts)
    anchoring: Anchoring | None = None
    depth_source: str = ""
    matte_source: str = ""
    turn: int = 1
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rendered: Rendering | None = None
    original: bytes | None = field(default=None, repr=False)
    depth_map: FloatArray | None = field(default=None, repr=False, compare=False)
    hdr: Literal["", "gain-map", "pq", "hlg"] = ""
    source: str = field(default="", compare=False)
    asked: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


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

    Raises
    ------
    InputError, DepthError
        When a shape, a dtype or a value range is not as above.
    """

    rgb: FloatArray
    depth: FloatArray | None = None
    matte: FloatArray | None = None
    mattes: dict[str, FloatArray] = field(default_factory=dict)
    gain_map: GainMap | None = None
    depth_kind: DepthKind = "absolute"
    profile: Profile = field(default_factory=Profile)
    meta: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        """Check shapes and values, once, here."""
        rgb = np.asarray(self.rgb)
        if rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
            raise InputError(f"rgb has shape {rgb.shape}; it must be (height, width, 3)")
        rgb = np.ascontiguousarray(rgb, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            # A sum takes no array of flags; it is finite only when all values are.
            finite = bool(np.isfinite(rgb.sum()))
        if not finite:
            # One NaN would spread over a whole blur disc, or index out of a buffer.
            rgb = np.nan_to_num(rgb, nan=0.0, posinf=65504.0, neginf=0.0)
        object.__setattr__(self, "rgb", rgb)
        if self.depth is not None:
            object.__setattr__(self, "depth", self._checked_depth(np.asarray(self.depth)))
        if self.matte is not None:
            object.__setattr__(self, "matte", self._checked_matte(np.asarray(self.matte), "matte"))
        mattes = {name: self._checked_matte(np.asarray(m), name) for name, m in self.mattes.items()}
        object.__setattr__(self, "mattes", mattes)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.rgb.shape[0], self.rgb.shape[1]

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
        matte = np.nan_to_num(np.array(matte, np.float32, order="C"), copy=False)
        return np.clip(matte, 0.0, 1.0, out=matte)
