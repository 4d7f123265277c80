"""What is asked of a photo beside its file: the options of `load`, spelt, explained and checked here alone.

Nothing heavy is imported, for the command line checks its flags by these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..core.checks import check_fields
from ..core.errors import UsageError
from ..core.jsonable import plain

FileOrBytes = str | Path | bytes | BinaryIO
"""A file's name, its content, or an open file."""

UNITS = ("m", "dioptre", "disparity", "relative")
"""What a depth map's values may be."""

_UNITS_ALSO = {
    "metre": "m", "metres": "m", "meter": "m", "meters": "m",
    "dioptres": "dioptre", "diopter": "dioptre", "diopters": "dioptre",
}  # fmt: skip

NO_EDITS = "off"
"""What `edits` is where none are wanted, not even those beside the photo."""

EDITS_ENDING = ".rebokeh.json"
"""How the file beside a photo is called that holds what is painted over it."""

_PICTURE = {"picture": True}  # what stands in a recipe by its content's digest, not by its name
_MODEL = {"model": True}


def known_unit(word: str) -> str:
    """Return the one of `UNITS` that is meant.

    Raises
    ------
    UsageError
        When none is.
    """
    found = _UNITS_ALSO.get(word, word)
    if found not in UNITS:
        raise UsageError(f"depth unit {word!r} is none of {', '.join(UNITS)}")
    return found


@dataclass(frozen=True)
class Anchor:
    """A point of the picture whose distance is known.

    Parameters
    ----------
    x, y : float
        To the right and down, 0..1.
    distance_m : float
        Metres from the camera, > 0; infinity for the sky.

    Raises
    ------
    UsageError
        When it lies outside the picture, or its distance is not above 0.

    Examples
    --------
    >>> import rebokeh as rk
    >>> face = rk.Anchor(0.5, 0.4, distance_m=1.2)  # for `load(path, anchors=[face])`
    >>> face.distance_m
    1.2
    """

    x: float
    y: float
    distance_m: float

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_fields(self)
        if not (0.0 <= self.x <= 1.0 and 0.0 <= self.y <= 1.0):
            raise UsageError(f"anchor {self.x:g},{self.y:g} lies outside the picture; x and y go from 0 to 1")
        if not self.distance_m > 0:
            raise UsageError(f"anchor {self.x:g},{self.y:g} is at {self.distance_m:g} m; it must lie before the camera")


@dataclass(frozen=True)
class SharedOptions:
    """Those of `LoadOptions` that may be asked of any photo, and so by a preset: models, an EXR's names, edits."""

    depth_model: str | Path | None = field(default=None, metadata=_MODEL)
    depth_unit: str | None = None
    depth_near: str | None = None
    depth_channel: str | None = None
    layer: str | None = None
    matte_model: str | Path | None = field(default=None, metadata=_MODEL)
    face_model: str | Path | None = field(default=None, metadata=_MODEL)
    edits: FileOrBytes | None = field(default=None, metadata=_PICTURE)


@dataclass(frozen=True)
class LoadOptions(SharedOptions):
    """What gives a photo its depth and its mattes, where that is not its own file.

    Parameters
    ----------
    depth_model : str or Path, optional
        Predict the depth: ``depth-pro``, ``depth-anything``, a folder of theirs, or an ONNX file (what its values
        are, `depth_unit` says). Nothing is fetched.
    depth_unit : {"m", "dioptre", "disparity", "relative"}, optional
        What the depth map's values are; "metres" is "m". "disparity": larger is nearer, 0 is infinity, in no unit;
        "relative": larger is nearer, no more. Left out: relative for 8 bit; for float maps what the evidence says,
        which warns unless it is sure.
    matte_model : str or Path, optional
        Find the people: ``selfie``, or a TFLite file; or what stands out, as a pet or food: ``salient``, or an ONNX
        file as U2-Net's.
    face_model : str or Path, optional
        Find the faces and their eyes, for a focus on them: ``yunet``, or its ONNX file; ``blazeface``, or its TFLite
        file.
    edits : str, Path, bytes or file, optional
        What is painted over depth, matte and lights: a file as `save_edits` writes it; "off" for none. Left out: the
        one beside the photo, ``a.rebokeh.json`` for ``a.heic``, if it is of this very photo.
    depth : str, Path, bytes or file, optional
        Depth map to use instead of the file's own: PNG, TIFF, EXR, NPY, NPZ, PFM.
    depth_scale : float, optional
        Value times scale = metres or dioptres; default 1, and 0.001 for 16-bit integers.
    depth_near : {"white", "black"}, optional
        What is nearest in a relative map; "black" turns it round. Left out: white.
    depth_channel : str, optional
        Channel of an EXR that holds the depth, of `depth` where that is one, else of the photo: its whole name, or the
        end of it, like ``Depth.Z``.
    layer : str, optional
        Layer of the photo, an EXR, that is the picture; its view ("right"); or both.
    matte : str, Path, bytes or file, optional
        Coverage of the subject to use instead of the file's own.
    anchors : sequence of Anchor, optional
        Points whose distance is known, to make the depth map's metres true. Without, what the file knows of
        distances is used on a relative map: autofocus, subject distance, the size of a face.
    stereo : str, Path, bytes or file, optional
        Measure the depth: the picture that a camera to the right of this one's took; or the photo's own file once more,
        where that holds both (spatial HEIC, MPO of stereo cameras).
    baseline_m : float, optional
        How far to the right, in metres; needed unless the file that holds both says it.

    Raises
    ------
    UsageError
        When they contradict each other; nothing is read for that.

    Examples
    --------
    >>> import rebokeh as rk
    >>> rk.LoadOptions(depth="depth.png", depth_unit="m").to_json()
    {'depth_unit': 'm'}
    """

    depth: FileOrBytes | None = field(default=None, metadata=_PICTURE)
    depth_scale: float | None = None
    matte: FileOrBytes | None = field(default=None, metadata=_PICTURE)
    anchors: Sequence[Anchor] = ()
    stereo: FileOrBytes | None = field(default=None, metadata=_PICTURE)
    baseline_m: float | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        check_fields(self)
        if self.depth_unit is not None:
            object.__setattr__(self, "depth_unit", known_unit(self.depth_unit))
        if self.depth_near not in (None, "white", "black"):
            raise UsageError(f"depth_near is {self.depth_near!r}; what is nearest is white or black")
        of_depth = [name for name in ("depth", "depth_model", "stereo") if getattr(self, name) is not None]
        if len(of_depth) > 1:
            raise UsageError(f"`{of_depth[0]}` and `{of_depth[1]}` both give the depth; give one")
        if self.matte is not None and self.matte_model is not None:
            raise UsageError("`matte` and `matte_model` both give the matte; give one")
        if self.depth_channel is not None and (self.depth_model is not None or self.stereo is not None):
            raise UsageError(f"`depth_channel` and `{of_depth[0]}` both give the depth; give one")
        has_map = self.depth is not None or self.depth_channel is not None
        if self.depth_unit is not None and not has_map and self.depth_model is None:
            raise UsageError(
                "`depth_unit` says what a depth map's values are; give a `depth_model`, or the `depth` of one photo"
            )
        for name in ("depth_scale", "depth_near"):
            if getattr(self, name) is not None and not has_map:
                raise UsageError(f"`{name}` speaks of a depth map; give it with `depth`")
        if self.stereo is None and self.baseline_m is not None:
            raise UsageError(
                "`stereo` and `baseline_m` go together: the other picture, and how far apart they were taken"
            )

    @property
    def given(self) -> Mapping[str, Any]:
        """Those that say something, by name."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) not in (None, (), [])}

    @property
    def files(self) -> list[str | Path]:
        """Names of the files that are read for them, or may be: a model's name may be a file's."""
        names = [one.name for one in fields(self) if one.metadata]
        given = {name: value for name, value in self.given.items() if not (name == "edits" and value == NO_EDITS)}
        return [value for name, value in given.items() if name in names and isinstance(value, (str, Path))]

    @property
    def of_layers(self) -> list[str]:
        """Name those that are asked, of `layer` and `depth_channel`."""
        return [name for name in ("layer", "depth_channel") if getattr(self, name) is not None]

    def to_json(self) -> dict[str, Any]:
        """Return what stands of them in a recipe, by name: all but the pictures, whose digests do."""
        pictures = {one.name for one in fields(self) if "picture" in one.metadata}
        return {name: plain(_values(value)) for name, value in self.given.items() if name not in pictures}

    def before(self, others: LoadOptions) -> LoadOptions:
        """Return these, and of others what they leave open; a map of a photo's own stands before any model.

        Parameters
        ----------
        others : LoadOptions
            As a recipe has them for every photo.
        """
        passed_over: set[str] = set()
        if self.depth is not None or self.stereo is not None or self.depth_channel is not None:
            passed_over |= {"depth_model", "depth_unit", "depth_near", "depth_channel"}
        if self.matte is not None:
            passed_over.add("matte_model")
        kept = {name: value for name, value in others.given.items() if name not in passed_over}
        return LoadOptions(**{**kept, **self.given})


def _values(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_values(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
