"""What a file said of its photo, and what was found out since."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..core.arrays import FloatArray
from ..core.text import in_metres
from ..optics.lens import FULL_FRAME_DIAGONAL_MM

DepthKind = Literal["absolute", "anchored", "relative", "unitless"]

UnitRect = tuple[float, float, float, float]
"""(x, y, width, height) in 0..1 of the upright picture, from its top left."""


Density = tuple[float, float, Literal["inch", "cm"]]
"""Pixels per inch or centimetre, across and down, at which the picture is to be printed."""


@dataclass(frozen=True)
class Evidence:
    """A distance known beside the map: of what, where in the picture, and how sure (relative, one sigma).

    `map_m` is what the map says there.

    Examples
    --------
    >>> import rebokeh as rk
    >>> seen = rk.Evidence("autofocus", (0.4, 0.4, 0.2, 0.2), distance_m=0.42, uncertainty=0.1, map_m=0.47)
    >>> seen.distance_m < seen.map_m
    True
    """

    source: str
    box: UnitRect
    distance_m: float
    uncertainty: float
    map_m: float


@dataclass(frozen=True)
class Anchoring:
    """How a map's dioptres were made true: `scale` * d + `offset`, by what evidence.

    `uncertainty` is the relative one, one sigma, of distances near the evidence; what is farther is less sure.

    Examples
    --------
    >>> import rebokeh as rk
    >>> seen = rk.Evidence("autofocus", (0.4, 0.4, 0.2, 0.2), distance_m=0.42, uncertainty=0.1, map_m=0.47)
    >>> rk.Anchoring(scale=1.0, offset=0.25, evidence=(seen,), uncertainty=0.1).summary_line
    'anchored by autofocus (0.42 m, the map said 0.47 m): good to about 10 %'
    """

    scale: float
    offset: float
    evidence: tuple[Evidence, ...]
    uncertainty: float

    @property
    def summary_line(self) -> str:
        """Like "anchored by the autofocus (0.42 m, the map said 0.47): good to about 10 %"."""
        known = [f"{e.source} ({in_metres(e.distance_m)}, the map said {in_metres(e.map_m)})" for e in self.evidence]
        return f"anchored by {', '.join(known)}: good to about {100 * self.uncertainty:.0f} %"


@dataclass(frozen=True)
class Intrinsics:
    """The camera as the depth map's calibration states it, in pixels of a frame of `width` x `height`, upright.

    Focal lengths and the principal point; `pixel_mm` is the pitch of that frame's pixels, None = not stated.

    Examples
    --------
    >>> import rebokeh as rk
    >>> camera = rk.Intrinsics(2400.0, 2400.0, 1500.0, 1000.0, width=3000.0, height=2000.0)
    >>> round(camera.f35_mm, 1)
    28.8
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

    Examples
    --------
    >>> import rebokeh as rk
    >>> said = rk.DepthFacts(quality="high", simulated_f_number=4.5)
    >>> said.filtered is None
    True
    """

    quality: str = ""
    filtered: bool | None = None
    simulated_f_number: float | None = None


@dataclass(frozen=True)
class Rendering:
    """How rebokeh rendered a picture: f-number, focus in metres, and by which version ("" = the one that runs).

    `source` and `recipe` are the digests that the mark of a file states, "" where it states none. `how` is what a
    render that was not written yet was made with, `lens` and `settings` as plain values: the render fills it.

    Examples
    --------
    >>> import rebokeh as rk
    >>> print(rk.Rendering(f_number=1.8, focus_m=2.1))
    f/1.8 at 2.1 m
    >>> print(rk.Rendering(f_number=4.0, focus_m=float("inf"), version="0.1.0"))
    f/4 at infinity, rebokeh 0.1.0
    """

    f_number: float
    focus_m: float
    version: str = ""
    source: str = field(default="", compare=False)
    recipe: str = field(default="", compare=False)
    how: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """Say it in words, like "f/1.8 at 2.1 m, rebokeh 0.1.0"."""
        where = f"{self.focus_m:.3g} m" if math.isfinite(self.focus_m) else "infinity"
        return f"f/{self.f_number:g} at {where}" + (f", rebokeh {self.version}" if self.version else "")


@dataclass(frozen=True)
class FaceRegion:
    """A face.

    Attributes
    ----------
    box : (float, float, float, float)
        (x, y, w, h) in 0..1 of the upright picture.
    source : str
        What shows it, in words.
    eyes : ((float, float), (float, float)), optional
        (x, y) of the pupils likewise, the left one in the picture first, where they were seen.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> face = rk.FaceRegion((0.4, 0.2, 0.2, 0.2), "a detector of mine", eyes=((0.46, 0.28), (0.54, 0.28)))
    >>> photo = rk.Photo(rgb=np.full((30, 40, 3), 0.18, np.float32), meta=rk.Metadata(found_faces=(face,)))
    """

    box: UnitRect
    source: str
    eyes: tuple[tuple[float, float], tuple[float, float]] | None = None


@dataclass(frozen=True)
class Metadata:
    """What the file said, as far as rendering and writing need it; None = the file is silent.

    `camera` is its make and model, `lens` the lens's name. `exif`, `xmp` are the raw blocks, carried to the output;
    so are `iptc`, the IPTC records (caption, keywords, by-line, copyright), `resources`, what else of Photoshop's image
    resources is of the photo, `comment`, a JPEG's comments or a PNG's, and `density`, the pixels per inch of a print.
    `unkept` says in words what of the file no picture made of it has, like a film.
    `f35_mm` is the 35 mm equivalent focal length, `clip_cd_m2` the luminance that the exposure clips at, `f_number` the
    aperture it was taken with, as full frame has it. `af_area` is (x, y, w, h) of the autofocus area in 0..1 of the
    upright picture, `af_distance_m` the distance the autofocus measured there.
    `faces` are the faces the phone found, as (x, y, w, h) likewise, `found_faces` those that a model found;
    `subject_distance_m` is EXIF's SubjectDistance;
    `intrinsics` and `depth_facts` stand with the depth map. `anchoring` is what fixed the depth map's metres.
    `turn` is the EXIF orientation that was applied to make the picture upright.
    `notes` says in words which source of depth, matte, gain map was found (printed by ``-v``); `warnings` says what
    will look wrong because of what the file is (always printed, unless ``-q``). `rendered` is how rebokeh rendered the
    picture already. `original` is the whole input file, where the output takes over parts of it (HEIC), and
    `depth_map` the depth that was rendered with, as it was before it was brought to the photo's resolution.
    `attributes` is what an EXR's header says of scene, camera and shot, by OpenEXR's names; `is_cg` says that a
    renderer made the picture, so that no blur of a camera is looked for. `hdr` is how the file held light above white.
    `source` is the SHA-256 of the file's bytes, in hex, and `asked` what `load` was asked for beside the file: both are
    told by the mark of what is made from it. `rendition` is what the phone made of the picture, blurred, where the file
    holds that beside the sharp original: scene-linear, small, float32 (h, w, 3).

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> meta = rk.Metadata(camera="Acme Phone", f35_mm=52.0)  # what no file says of a photo from arrays
    >>> photo = rk.Photo(rgb=np.full((30, 40, 3), 0.18, np.float32), meta=meta)
    >>> photo.meta.f35_mm
    52.0
    """

    path: str = ""
    format: str = "array"
    bit_depth: int = 8
    camera: str = ""
    lens: str = ""
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    resources: bytes | None = field(default=None, repr=False)
    comment: tuple[bytes, ...] = ()
    density: Density | None = None
    unkept: tuple[str, ...] = ()
    focal_mm: float | None = None
    f35_mm: float | None = None
    clip_cd_m2: float | None = None
    f_number: float | None = None
    af_area: UnitRect | None = None
    af_distance_m: float | None = None
    subject_distance_m: float | None = None
    faces: tuple[UnitRect, ...] = ()
    found_faces: tuple[FaceRegion, ...] = ()
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
    rendition: FloatArray | None = field(default=None, repr=False, compare=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    is_cg: bool = False
    hdr: Literal["", "gain-map", "pq", "hlg"] = ""
    source: str = field(default="", compare=False)
    asked: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
