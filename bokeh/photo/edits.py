"""What somebody painted over a photo's maps: depth mended, the subject's outline, what is a lamp and what is none.

It is kept as codes of a small raster, as its file has them (docs/edits.md): what is shown while one paints is what is
rendered from the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import DoubleArray, FloatArray
from ..core.checks import check_fields
from ..core.errors import DepthError, UsageError
from ..image.resize import size_within

LONGEST_PX = 1024
"""The longer side of the raster is no longer."""

ASPECT_TOLERANCE = 0.03
"""How far the raster's aspect may be from the photo's."""

MOST_POINTS = 10_000
"""Of a stroke."""

MOST_DIOPTRES = 16.0
"""Nearer than 6 cm no phone focuses."""

DEFAULT_DIOPTRES = 0.1
"""What a stroke of the brushes "nearer" and "farther" adds or takes, where it is not said."""

Brush = Literal["nearer", "farther", "same", "subject", "not-subject", "lamp", "no-lamp"]
BRUSHES: tuple[Brush, ...] = ("nearer", "farther", "same", "subject", "not-subject", "lamp", "no-lamp")


@dataclass(frozen=True)
class Channel:
    """How a plane of the raster is coded: value = (code - `zero`) * `scale`, 16 bit.

    Attributes
    ----------
    unit : str
    means : str
        In words, for whoever reads the file.
    scale : float
    zero : int
        The code of 0.
    rest : int
        The code of what nobody painted.
    """

    unit: str
    means: str
    scale: float
    zero: int
    rest: int

    def values(self, codes: NDArray[np.uint16]) -> DoubleArray:
        """Values of codes, of any shape."""
        return (codes.astype(np.float64) - self.zero) * self.scale

    def codes(self, values: DoubleArray) -> NDArray[np.uint16]:
        """Codes of values, the nearest there are."""
        return np.clip(np.rint(values / self.scale) + self.zero, 0, 65535).astype(np.uint16)


CHANNELS: Mapping[str, Channel] = {
    "depth_kept": Channel("share", "how much of the map's own depth is kept", 1.0 / 65535.0, 0, 65535),
    "depth_added": Channel("dioptre", "what is added to that", 1.0 / 1024.0, 32768, 32768),
    "subject_kept": Channel("share", "how much of the matte's own coverage is kept", 1.0 / 65535.0, 0, 65535),
    "subject_added": Channel("share", "what is added to that", 1.0 / 65535.0, 0, 0),
    "lamp": Channel("share", "above 0 a lamp, below 0 none", 1.0 / 32767.0, 32768, 32768),
}
"""The planes of the raster, in the order of its file."""

DEPTH_PLANES, SUBJECT_PLANES = ("depth_kept", "depth_added"), ("subject_kept", "subject_added")
"""Those that make new values of a map of old ones: what is kept of them, and what is added."""


@dataclass(frozen=True, eq=False)
class Edits:
    """What is painted over a photo.

    Parameters
    ----------
    size : (int, int)
        Height and width of the raster, of the upright picture's aspect; neither above `LONGEST_PX`.
    planes : mapping of str to uint16 (h, w)
        Codes by the names of `CHANNELS`; where one is missing nothing is painted.

    Raises
    ------
    UsageError
        When a plane is unknown, or of another size.

    Examples
    --------
    >>> import rebokeh as rk
    >>> nothing = rk.Edits.of_size((3024, 4032))
    >>> mended = nothing.with_stroke("nearer", [(0.4, 0.3), (0.5, 0.3)], radius=0.05, amount=0.25)
    >>> mended.size, sorted(mended.planes), nothing.is_empty
    ((768, 1024), ['depth_added'], True)
    """

    size: tuple[int, int]
    planes: Mapping[str, NDArray[np.uint16]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Check names, types and shapes."""
        check_fields(self)
        if min(self.size) < 1 or max(self.size) > LONGEST_PX:
            raise UsageError(f"the raster of edits is {self.size[1]}x{self.size[0]}; it has 1 to {LONGEST_PX} a side")
        for name, codes in self.planes.items():
            if name not in CHANNELS:
                raise UsageError(f"edits know no {name!r}; they have {', '.join(CHANNELS)}")
            if codes.dtype != np.uint16 or codes.shape != tuple(self.size):
                raise UsageError(f"`{name}` of edits is {codes.dtype} {codes.shape}; it must be uint16 {self.size}")

    @classmethod
    def of_size(cls, size: tuple[int, int]) -> Edits:
        """Make those of a photo of some height and width, of which nothing is painted yet."""
        return cls(size_within(size, min(LONGEST_PX, max(size))))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is painted, or all is as if nothing were."""
        return not self.paints(*CHANNELS)

    def paints(self, *names: str) -> bool:
        """Whether anything is painted in some of the channels."""
        found = ((name, self.planes[name]) for name in names if name in self.planes)
        return any(bool((codes != CHANNELS[name].rest).any()) for name, codes in found)

    def painted_share(self, *names: str) -> float:
        """Return the share of the picture over which any of some channels is painted, 0..1."""
        painted = np.zeros(self.size, np.bool_)
        for name in filter(self.paints, names):
            painted |= self.planes[name] != CHANNELS[name].rest
        return float(painted.mean())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is painted, in hex; of whatever looks the same it is the same."""
        found = hashlib.sha256(repr(tuple(map(int, self.size))).encode())
        for name in filter(self.paints, sorted(self.planes)):
            found.update(name.encode() + self.planes[name].astype("<u2").tobytes())
        return found.hexdigest()

    def values(self, name: str) -> FloatArray:
        """Return a channel in its unit, float32 (h, w)."""
        channel = CHANNELS[name]
        codes = self.planes.get(name)
        if codes is None:
            return np.full(self.size, (channel.rest - channel.zero) * channel.scale, np.float32)
        return channel.values(codes).astype(np.float32)

    def with_stroke(
        self,
        brush: Brush,
        points: Sequence[tuple[float, float]],
        radius: float,
        softness: float = 0.5,
        amount: float | None = None,
        dioptres: float | None = None,
    ) -> Edits:
        """Return what it is with one stroke more; these stay as they are, so that undo is to go back to them.

        Parameters
        ----------
        brush : {"nearer", "farther", "same", "subject", "not-subject", "lamp", "no-lamp"}
        points : sequence of (x, y)
            From the left and the top, 0..1 within the picture; a stroke may leave it. One point is a dab.
        radius : float
            Of the brush, as a share of the picture's longer side; above 0, at most 1.
        softness : float
            The outer share of the radius over which the stroke fades, 0..1.
        amount : float, optional
            Of "nearer" and "farther": dioptres, above 0, at most 16; by default 0.1. Of the others: strength, above 0
            and at most 1, which is the default.
        dioptres : float, optional
            Of "same": the depth that is put there, 0..16.

        Raises
        ------
        UsageError
            When a number is out of its range, or something is missing.
        """
        if brush not in BRUSHES:
            raise UsageError(f"brush is {brush!r}; it is one of {', '.join(BRUSHES)}")
        of_depth = brush in ("nearer", "farther")
        amount = (DEFAULT_DIOPTRES if of_depth else 1.0) if amount is None else amount
        most = MOST_DIOPTRES if of_depth else 1.0
        if not 0.0 < amount <= most:
            raise UsageError(f"amount is {amount}; of this brush it lies above 0 and is at most {most:g}")
        if brush == "same" and (dioptres is None or not 0.0 <= dioptres <= MOST_DIOPTRES):
            raise UsageError(f"dioptres is {dioptres}; the depth to put there lies between 0 and {MOST_DIOPTRES:g}")
        box, strength = self._strength(points, radius, softness)
        if not strength.any():
            return self
        kept, weight = 1.0 - amount * strength, amount * strength
        if of_depth:
            sign = 1.0 if brush == "nearer" else -1.0
            return self._with({"depth_added": lambda own: own + sign * weight}, box, strength)
        if brush == "same":
            depth = float(dioptres or 0.0)
            new = {"depth_kept": lambda own: own * kept, "depth_added": lambda own: own * kept + weight * depth}
        elif brush in ("subject", "not-subject"):
            cover = 1.0 if brush == "subject" else 0.0
            new = {"subject_kept": lambda own: own * kept, "subject_added": lambda own: own * kept + weight * cover}
        else:
            lamp = 1.0 if brush == "lamp" else -1.0
            new = {"lamp": lambda own: own * kept + weight * lamp}
        return self._with(new, box, strength)

    def _with(
        self,
        new: Mapping[str, Callable[[DoubleArray], DoubleArray]],
        box: tuple[slice, slice],
        strength: DoubleArray,
    ) -> Edits:
        """Paint a box of some planes, by what each value becomes; where nothing is painted codes stay as they are."""
        planes = dict(self.planes)
        for name, become in new.items():
            channel = CHANNELS[name]
            codes = planes.get(name)
            codes = np.full(self.size, channel.rest, np.uint16) if codes is None else codes.copy()
            own = codes[box]
            codes[box] = np.where(strength > 0.0, channel.codes(become(channel.values(own))), own)
            planes[name] = codes
        return Edits(self.size, planes)

    def _strength(
        self, points: Sequence[tuple[float, float]], radius: float, softness: float
    ) -> tuple[tuple[slice, slice], DoubleArray]:
        """How much a stroke paints, float64 0..1, in the box that it reaches."""
        if not 0 < len(points) <= MOST_POINTS:
            raise UsageError(f"a stroke has 1 to {MOST_POINTS} points, not {len(points)}")
        try:
            at = np.asarray(points, np.float64)
        except (TypeError, ValueError):
            at = np.empty(0)
        if at.shape != (len(points), 2) or not (np.abs(at - 0.5) <= 2.5).all():
            raise UsageError("points of a stroke are pairs x, y of numbers, 0..1 within the picture")
        if not (0.0 < radius <= 1.0 and 0.0 <= softness <= 1.0):
            raise UsageError(f"radius is {radius}, softness {softness}; they lie between 0 and 1, radius above 0")
        height, width = self.size
        at = at * (width, height) - 0.5  # in pixels, whose middles are whole numbers
        reach = radius * max(self.size) + 0.5
        edge = max(softness * radius * max(self.size), 1.0)
        box = _box(at, reach, self.size)
        shape = tuple(side.stop - side.start for side in box)
        nearest = np.full(shape, np.inf)
        if nearest.size:
            for first, last in zip(at, at[1:] if len(at) > 1 else at, strict=False):
                part = _box(np.stack([first, last]), reach, self.size)
                own = tuple(slice(s.start - b.start, s.stop - b.start) for s, b in zip(part, box, strict=True))
                np.minimum(nearest[own], _distance(part, first, last), out=nearest[own])
        share = np.clip((reach - nearest) / edge, 0.0, 1.0)
        return box, share * share * (3.0 - 2.0 * share)


def check_aspect(edits: Edits, size: tuple[int, int]) -> None:
    """Refuse edits that were painted over a picture of another shape than a photo's, (height, width).

    Raises
    ------
    DepthError
    """
    wanted = size_within(size, max(edits.size))
    if any(abs(own - one) > 1 + ASPECT_TOLERANCE * one for own, one in zip(edits.size, wanted, strict=True)):
        raise DepthError(
            f"the edits are {edits.size[1]}x{edits.size[0]}, the photo {size[1]}x{size[0]}: another shape, so another "
            "picture's"
        )


def _box(at: DoubleArray, reach: float, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a raster that lie within reach of points (x, y) and of the lines between them."""
    low, high = np.floor(at.min(axis=0) - reach), np.ceil(at.max(axis=0) + reach) + 1.0
    (left, top), (right, bottom) = low.astype(int), high.astype(int)
    ends = np.clip([[top, bottom], [left, right]], 0, [[size[0]], [size[1]]])
    return slice(int(ends[0, 0]), int(ends[0, 1])), slice(int(ends[1, 0]), int(ends[1, 1]))


def _distance(box: tuple[slice, slice], first: DoubleArray, last: DoubleArray) -> DoubleArray:
    """Distance of the pixels of a box to the line between two points (x, y)."""
    y = np.arange(box[0].start, box[0].stop, dtype=np.float64)[:, None] - first[1]
    x = np.arange(box[1].start, box[1].stop, dtype=np.float64)[None, :] - first[0]
    (along_x, along_y), length = last - first, float(((last - first) ** 2).sum())
    share = 0.0 if length == 0.0 else np.clip((x * along_x + y * along_y) / length, 0.0, 1.0)
    return np.hypot(x - share * along_x, y - share * along_y)
