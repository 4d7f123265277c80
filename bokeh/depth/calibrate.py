"""True distances for a depth map that only knows them up to D = a d + b, from whatever else is known.

Why one known distance fixes `b` and leaves `a` alone: a dual camera's map is f B / Z plus an offset, in pixels. The
baseline B is a part of the phone, and its focal length f is known to a few percent, which is all that `a` can be
wrong by. The offset comes from the principal points, which a stabilised lens moves: 0.05 mm of it are a dioptre on a
phone's long lens. In real files faces and buildings are off by 0.8 to 1.4 dioptres. It also is the careful choice: blur
depends on differences of dioptres, which an offset does not touch, so the picture keeps its blur and only
metres become true. Two known distances fix both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import FloatArray
from ..core.errors import UsageError
from ..core.text import in_metres
from ..optics.lens import FULL_FRAME_DIAGONAL_MM
from ..photo.load_options import Anchor
from ..photo.metadata import Anchoring, Evidence
from .autofocus import POINT_SHARE, window

if TYPE_CHECKING:
    from ..photo.metadata import Metadata, UnitRect
    from ..photo.photo import Photo


AF_UNCERTAINTY = 0.1
"""Of the autofocus distance in Apple's maker note: 3 % off in the two real files where the map shows one surface."""

SUBJECT_DISTANCE_UNCERTAINTY = 0.2
"""Of EXIF's SubjectDistance: phones derive it from the lens's position."""

FACE_REGION_M = 0.125
"""Side of the square that an iPhone draws around a face, forehead to below the lips: twice the distance between the
pupils in a real file, which is 63 mm in adults, 50 to 75 (Dodgson 2004, Proc. SPIE 5291)."""

FACE_UNCERTAINTY = 0.2
"""Of a distance from that square: faces differ by a tenth, squares and children by more."""

GIVEN_UNCERTAINTY = 0.03
"""Of a distance that somebody measured."""

FLAT = 0.25
"""An area whose dioptres differ by more than this share from one end to the other shows more than one thing."""

FACTOR = 4.0
"""A map that is farther off than this at the place of some evidence is not believed to show the same thing."""

SCALES = (0.5, 2.0)
"""What the map's own scale can be wrong by before evidence that asks for more is disbelieved."""

FAR_DIOPTRES = 0.02
"""A map whose far end is farther than 50 m already has its infinity right."""


def calibrate(photo: Photo, anchors: Sequence[Anchor] = ()) -> Photo:
    """Make the distances of a photo's depth map true, as far as something is known that fixes them.

    Parameters
    ----------
    photo : Photo
    anchors : sequence of Anchor
        Known distances. They overrule everything else, an absolute map's own metres too.

    Returns
    -------
    Photo
        With `depth_kind` "anchored" and `meta.anchoring` set; or as it was, when nothing fixes its distances. What was
        looked at and disbelieved stands in `meta.notes`.

    Raises
    ------
    UsageError
        When the anchors contradict each other or the map, lie in its holes, or are too few for it.
    """
    if photo.depth is None:
        return photo
    if anchors:
        evidence = [_explicit(photo.depth, anchor) for anchor in anchors]
        scale, offset = _fit_explicit(evidence, photo)
        notes = [f"the map's own metres ({photo.depth_kind}) are overruled"] if photo.depth_kind == "absolute" else []
        found = Anchoring(scale, offset, tuple(evidence), _misfit(scale, offset, evidence))
    elif photo.depth_kind == "relative":
        found, notes = _fit_found(photo)
    else:
        return photo
    meta = replace(
        photo.meta, notes=(*photo.meta.notes, *notes, *([f"distances {found.summary_line}"] if found else []))
    )
    if found is None:
        return replace(photo, meta=meta)
    depth = np.maximum(np.float32(found.scale) * photo.depth + np.float32(found.offset), np.float32(0.0))
    return replace(photo, depth=depth, depth_kind="anchored", meta=replace(meta, anchoring=found))


def _explicit(depth: FloatArray, anchor: Anchor) -> Evidence:
    height, width = depth.shape
    half = POINT_SHARE * min(height, width)
    dx, dy = half / width, half / height
    box = (anchor.x - dx, anchor.y - dy, 2 * dx, 2 * dy)
    values = _values(depth, box)
    if not values.size:
        raise UsageError(f"anchor {anchor.x:g},{anchor.y:g} lies in a hole of the depth map; choose another point")
    place = f"{anchor.x:g},{anchor.y:g}"
    return Evidence(place, box, anchor.distance_m, GIVEN_UNCERTAINTY, _distance(float(np.median(values))))


def _fit_explicit(evidence: list[Evidence], photo: Photo) -> tuple[float, float]:
    """Scale and offset (dioptres) by least squares in dioptres; one depth of the map fixes only one of them."""
    assert photo.depth is not None
    known = sorted((1.0 / e.map_m, 1.0 / e.distance_m) for e in evidence)
    read, true = (np.array(values) for values in zip(*known, strict=True))
    near, far = (float(np.nanquantile(photo.depth, q)) for q in (0.99, 0.01))
    if read[-1] - read[0] > max(0.02 * (near - far), 1e-6):
        centred = read - read.mean()
        scale = float((centred * (true - true.mean())).sum() / (centred * centred).sum())
        if scale <= 0:
            raise UsageError("the anchors call farther what the depth map shows nearer; check their points and order")
        return scale, float(true.mean() - scale * read.mean())
    if true[-1] > 0 and true.min() < 0.9 * true.max():
        said = " and ".join(f"{in_metres(e.distance_m)} at {e.source}" for e in evidence)
        raise UsageError(f"the anchors contradict each other: {said} lie at one depth of the map; give one of them")
    d, known_d = float(read.mean()), float(true.mean())
    if photo.depth_kind == "unitless":
        raise UsageError(
            "this depth map has no metres, and one known distance does not give it any; "
            "give a second one of `anchors`, at another depth"
        )
    if photo.depth_kind == "absolute":
        # What states metres has its infinity at 0; it can only have the wrong unit.
        if not (d > 0 and known_d > 0):
            raise UsageError("an anchor at infinity says nothing of a map in metres; give a point that is near")
        return known_d / d, 0.0
    return _fit_one(d, known_d, far)


def _fit_one(d: float, true: float, far: float) -> tuple[float, float]:
    """Scale and offset from one known distance: the offset, unless it takes what is far beyond infinity.

    Parameters
    ----------
    d, true : float
        Dioptres of the map and in truth.
    far : float
        Dioptres of the map's far end.
    """
    offset = true - d
    if true > 0 and d > far and (far + offset < 0 or far < FAR_DIOPTRES):
        scale = true / (d - far)
        return scale, -scale * far
    return 1.0, offset


def _fit_found(photo: Photo) -> tuple[Anchoring | None, list[str]]:
    """Anchor by what the file knows; also says why something was not believed."""
    assert photo.depth is not None
    notes: list[str] = []
    believed: list[Evidence] = []
    for source, box, distance_m, uncertainty in _claims(photo.meta, photo.size):
        values = _values(photo.depth, box)
        if not values.size:
            continue
        far, middle, near = (float(v) for v in np.quantile(values, (0.1, 0.5, 0.9)))
        map_m = _distance(middle)
        claim = f"{source} says {in_metres(distance_m)}"
        if near - far > FLAT * middle:
            spread = f"from {in_metres(_distance(near))} to {in_metres(_distance(far))}"
            notes.append(f"{claim}, but the map shows things {spread} there: not used")
        elif not 1.0 / FACTOR <= distance_m / map_m <= FACTOR:
            notes.append(f"{claim}, but the map {in_metres(map_m)} there: too far apart to be used")
        else:
            believed.append(Evidence(source, box, distance_m, uncertainty, map_m))
    if not believed:
        return None, notes
    # Each claims an offset: the mean by their certainty, in dioptres.
    sigma = np.array([e.uncertainty / e.distance_m for e in believed])
    offsets = np.array([1.0 / e.distance_m - 1.0 / e.map_m for e in believed])
    weight = 1.0 / sigma**2
    offset = float((weight * offsets).sum() / weight.sum())
    if (np.abs(offsets - offset) > 2.0 * sigma).any():
        said = ", ".join(
            f"{e.source} {in_metres(e.distance_m)} where the map says {in_metres(e.map_m)}" for e in believed
        )
        return None, [*notes, f"what is known of distances disagrees, so it is not used: {said}"]
    best = min(believed, key=lambda e: e.uncertainty / e.distance_m)
    d = 1.0 / best.map_m
    far = float(np.nanquantile(photo.depth, 0.01))
    scale, offset = _fit_one(d, d + offset, far)
    if not SCALES[0] <= scale <= SCALES[1]:
        no_room = f"{best.source} says {in_metres(best.distance_m)}, which the map has no room for: not used"
        return None, [*notes, no_room]
    uncertainty = max(float(weight.sum() ** -0.5) * best.distance_m, AF_UNCERTAINTY)
    return Anchoring(scale, offset, tuple(believed), uncertainty), notes


def _claims(meta: Metadata, size: tuple[int, int]) -> list[tuple[str, UnitRect, float, float]]:
    """List what the file says of distances: (source, box, metres, relative uncertainty)."""
    claims = []
    if meta.af_area and meta.af_distance_m:
        claims.append(("the autofocus", meta.af_area, meta.af_distance_m, AF_UNCERTAINTY))
    if meta.af_area and meta.subject_distance_m:
        claims.append(("EXIF's subject distance", meta.af_area, meta.subject_distance_m, SUBJECT_DISTANCE_UNCERTAINTY))
    focal = focal_px(meta, size)
    if focal and meta.camera.startswith("Apple"):
        # One person's size says nothing of another's place, but the largest region is best known.
        for box in sorted(meta.faces, key=lambda box: box[2] * box[3])[-1:]:
            distance_m = focal * FACE_REGION_M / (box[3] * size[0])
            claims.append(("the size of a face", box, distance_m, FACE_UNCERTAINTY))
    return claims


def trust(photo: Photo) -> str:
    """Say how far the depth map's metres can be trusted."""
    if photo.depth_kind == "anchored" and photo.meta.anchoring:
        return photo.meta.anchoring.summary_line
    return {"absolute": "as stated", "relative": "nominal", "unitless": "unknown"}.get(photo.depth_kind, "anchored")


def focal_px(meta: Metadata, size: tuple[int, int]) -> float | None:
    """Focal length in pixels of a picture of `size` (height, width), by the diagonal; None when it is not known."""
    return meta.f35_mm * math.hypot(*size) / FULL_FRAME_DIAGONAL_MM if meta.f35_mm else None


def _values(depth: FloatArray, box: UnitRect) -> FloatArray:
    """Dioptres of the map within a box, without holes."""
    x, y, width, height = box
    crop = window(depth, x, y, x + width, y + height)
    return crop[np.isfinite(crop)]


def _misfit(scale: float, offset: float, evidence: list[Evidence]) -> float:
    """Largest relative error of the fit at its own evidence; at least what measuring leaves."""
    errors = [abs((scale / e.map_m + offset) * e.distance_m - 1.0) for e in evidence if math.isfinite(e.distance_m)]
    return max([GIVEN_UNCERTAINTY, *errors])


def _distance(dioptres: float) -> float:
    return 1.0 / dioptres if dioptres > 0 else math.inf
