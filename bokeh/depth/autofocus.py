"""Where to focus when no distance is given: a point, eyes, a face, the autofocus area, the subject, what is near."""

from __future__ import annotations

import numpy as np

from ..core.arrays import FloatArray
from ..core.errors import UsageError
from ..core.text import in_metres
from ..optics.lens import FocusTarget, Lens, mount
from ..photo.metadata import UnitRect
from ..photo.photo import Photo
from .face_regions import eyes_of, face_of

POINT_SHARE = 0.01
"""Half side of the square that is read around a focus point, as a share of the picture's shorter side."""

LARGE_SHARE = 0.02
"""What stands nearer than everything else and fills less of the picture than this is not meant: a fly, a wrong code."""

CHOSEN_SHARE = 0.15
"""An autofocus area up to this share of the picture was chosen: a face, a finger's tap. Phones report a quarter of
the picture when nobody chose, and what is meant is what stands in front there."""

SEEN_PX, SHARP_SHARE = 2.0, 1e-4
"""A radius that is not yet seen as blur, and the share of a picture in focus that has no larger one, at least."""

FARTHEST_FOCUS_M = 1e6
"""Stands for infinity: no lens tells the difference."""


def find_focus(lens: Lens, photo: Photo, dioptres: FloatArray, matte: FloatArray | None) -> tuple[float, str]:
    """Find the focus distance.

    Parameters
    ----------
    lens : Lens
        Its `focus_m`, its `focus_point` or its `focus_on`, else automatic.
    photo : Photo
        For the autofocus area and the kind of depth.
    dioptres : float32 (H, W)
    matte : float32 (H, W), optional

    Returns
    -------
    focus_m : float
    source : str
        How it was found, in words.

    Raises
    ------
    UsageError
        When a distance is given for a depth map that knows no metres.
    """
    if lens.focus_m is not None:
        if photo.depth_kind == "unitless":
            raise UsageError(
                "this depth map has no metres, so a focus distance means nothing; give a point as `focus_point`, or "
                "the distances of two points as `anchors`"
            )
        return min(lens.focus_m, FARTHEST_FOCUS_M), f"as given{_trust(photo)}"
    if lens.focus_point is not None:
        x, y = lens.focus_point
        return _metres(_median_around(dioptres, x, y)), f"at the point {x:g},{y:g}"
    if lens.focus_on is not None:
        found = _on_target(lens.focus_on, photo, dioptres, matte)
        if found is not None:
            return _metres(found[0]), found[1]
    area = photo.meta.af_area
    if area is not None:
        x, y, width, height = area
        crop = window(dioptres, x, y, x + width, y + height)
        if width * height <= CHOSEN_SHARE:
            return _metres(float(np.median(crop))), "autofocus area"
        return _metres(nearest_large_surface(crop)), "nearest large surface in the autofocus area"
    subject = _median_of_matte(dioptres, matte)
    if subject is not None:
        return _metres(subject), "subject's matte"
    return _metres(nearest_large_surface(dioptres)), "nearest large surface"


def _on_target(
    target: FocusTarget, photo: Photo, dioptres: FloatArray, matte: FloatArray | None
) -> tuple[float, str] | None:
    """Find dioptres of what is to be focused on, and what that is; None where neither file nor mattes show it."""
    face = face_of(photo)
    if target != "subject" and face is not None:
        if target == "face":
            return _median_in(dioptres, face.box, matte), f"face ({face.source})"
        # Of a head that is turned one eye's place may show what is behind it; and the nearer eye is to be sharp.
        return max(_median_in(dioptres, eye, matte) for eye in eyes_of(face)), f"eyes ({face.source})"
    subject = _median_of_matte(dioptres, matte)
    if subject is not None:
        return subject, "subject's matte"
    return None if face is None else (_median_in(dioptres, face.box, None), f"face ({face.source})")


def _median_of_matte(dioptres: FloatArray, matte: FloatArray | None) -> float | None:
    subject = np.empty(0, np.float32) if matte is None else dioptres[matte > 0.5]
    return float(np.median(subject, overwrite_input=True)) if subject.size else None


def _median_in(dioptres: FloatArray, box: UnitRect, matte: FloatArray | None) -> float:
    """Median in a box, of the subject's pixels where there are any."""
    x, y, width, height = box
    corners = x, y, x + width, y + height
    values = window(dioptres, *corners)
    if matte is not None and (inside := window(matte, *corners) > 0.5).any():
        values = values[inside]
    return float(np.median(values))


def nearest_large_surface(dioptres: FloatArray) -> float:
    """Median depth, in dioptres, of what stands in front: the nearer of the two classes the depths fall into.

    Notes
    -----
    The classes are parted where their variance between each other is largest (Otsu 1979).
    """
    every = 4 if min(dioptres.shape) > 64 else 1
    values = np.sort(dioptres[::every, ::every], axis=None).astype(np.float64)
    count = len(values)
    values = np.minimum(values, values[int((1.0 - LARGE_SHARE) * (count - 1))])
    farther = np.arange(1, count)
    below = np.cumsum(values)[:-1]
    spread = farther * (count - farther) * (below / farther - (values.sum() - below) / (count - farther)) ** 2
    first = int(np.argmax(spread)) + 1 if count > 1 and values[-1] > values[0] else 0
    return float(np.median(values[first:]))


def focus_warnings(lens: Lens, photo: Photo, dioptres: FloatArray | None, matte: FloatArray | None) -> tuple[str, ...]:
    """Warn of a focus that is not what was asked for.

    A distance is only as good as a map whose metres nothing vouches for, and may be one at which nothing is; eyes or a
    face may not be known.

    Parameters
    ----------
    lens : Lens
    photo : Photo
    dioptres : float32 (H, W), or None
        The scene's depth; None where it has none.
    matte : float32 (H, W), optional
    """
    if dioptres is None:
        return ()
    if lens.focus_on is not None:
        return _missed_target(lens, photo, dioptres, matte)
    if lens.focus_m is None or photo.depth_kind == "unitless":
        return ()
    return *_nominal(lens.focus_m, photo), *_out_of_reach(lens, photo, dioptres, matte)


def _missed_target(lens: Lens, photo: Photo, dioptres: FloatArray, matte: FloatArray | None) -> tuple[str, ...]:
    """Say that something else is focused on than the word names."""
    has_subject = lens.focus_on == "subject" and matte is not None and bool((matte > 0.5).any())
    if has_subject or face_of(photo) is not None:
        return ()
    _, source = find_focus(lens, photo, dioptres, matte)
    known = "no subject is known" if lens.focus_on == "subject" else "no face is known"
    finds = "" if lens.focus_on == "subject" else ", or a `face_model` that finds one"
    return (f"{known} in this photo, so the focus is on the {source}; give a point with `focus_point`{finds}",)


def _out_of_reach(lens: Lens, photo: Photo, dioptres: FloatArray, matte: FloatArray | None) -> tuple[str, ...]:
    """Say that nothing is where a lens is focused, so that everything is soft."""
    assert lens.focus_m is not None
    thin = mount(lens, photo.size, photo.meta.f35_mm, min(lens.focus_m, FARTHEST_FOCUS_M))
    every = 2 if min(dioptres.shape) > 256 else 1
    seen = dioptres[::every, ::every]
    if float((np.abs(thin.radius_px(seen)) <= SEEN_PX).mean()) > SHARP_SHARE:
        return ()
    far, near = (_metres(float(d)) for d in np.quantile(seen, (SHARP_SHARE, 1.0 - SHARP_SHARE)))
    auto_m, source = find_focus(lens.focused_at(None), photo, dioptres, matte)
    return (
        f"nothing in this photo lies at {in_metres(lens.focus_m)}, so all of it is soft: it reaches from "
        f"{in_metres(near)} to {in_metres(far)}; the automatic focus takes {in_metres(auto_m)} ({source})",
    )


def _nominal(focus_m: float, photo: Photo) -> tuple[str, ...]:
    """Warn of metres that nothing vouches for."""
    if photo.depth_kind != "relative":
        return ()
    return (
        f"the focus distance of {focus_m:.3g} m is nominal: the depth map is relative and nothing in the file "
        "anchors it; give a known distance with `anchors`, or a point with `focus_point`",
    )


def _trust(photo: Photo) -> str:
    """How far the depth map's metres can be trusted, in brackets."""
    if photo.depth_kind == "relative":
        return " (nominal: the depth map is relative)"
    known = photo.meta.anchoring
    return f" (distances {known.summary_line})" if photo.depth_kind == "anchored" and known else ""


def _metres(dioptres: float) -> float:
    return 1.0 / max(dioptres, 1.0 / FARTHEST_FOCUS_M)


def _median_around(dioptres: FloatArray, x: float, y: float) -> float:
    height, width = dioptres.shape
    half = POINT_SHARE * min(height, width)
    return float(np.median(window(dioptres, x - half / width, y - half / height, x + half / width, y + half / height)))


def window(dioptres: FloatArray, left: float, top: float, right: float, bottom: float) -> FloatArray:
    """Part of the map between two corners in 0..1; at least one pixel."""
    height, width = dioptres.shape
    row = min(max(int(top * height), 0), height - 1)
    column = min(max(int(left * width), 0), width - 1)
    last_row, last_column = int(np.ceil(bottom * height)), int(np.ceil(right * width))
    return dioptres[row : max(last_row, row + 1), column : max(last_column, column + 1)]
