"""A prepared scene at a smaller size: what a preview is rendered from, by the same code and without a second look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..depth.existing_blur import ExistingBlur
from ..image.resize import resize
from .lights import Lights
from .prepared import PreparedScene


def reduced_scene(scene: PreparedScene, size: tuple[int, int]) -> PreparedScene:
    """Reduce a scene, so that a render of it is the scene's own render, reduced.

    Light and coverage are averaged, depth is that of the pixel in the middle: between two surfaces there is none.
    Lights keep their energy, and blur that is there already its share of the picture. What a gain map adds beyond the
    lights is left out: it is for files, and no screen shows it.

    Parameters
    ----------
    scene : PreparedScene
    size : (int, int)
        Height and width, no more than the scene's, of the same shape but for rounding.

    Returns
    -------
    PreparedScene
        The scene itself where it has that size already.
    """
    photo = scene.photo
    if photo.size == tuple(size):
        return scene
    by = size[1] / photo.size[1]
    rgb = resize(photo.rgb, size, "area")
    meta = replace(photo.meta, original=None, rendition=None)
    # A distance that was found at full size is focused on, even where the map has no metres.
    kind = "absolute" if photo.depth_kind == "unitless" else photo.depth_kind
    small = photo.with_checked(rgb=rgb, gain_map=None, meta=meta, depth_kind=kind)
    return PreparedScene(
        small,
        None if scene.dioptres is None else resize(scene.dioptres, size, "nearest"),
        None if scene.matte is None else resize(scene.matte, size, "area"),
        None,
        None if scene.lights is None else _reduced_lights(scene.lights, photo.rgb, rgb),
        scene.sources,
        _reduced_blur(scene.existing_blur, by),
        _reduced_blur(scene.rendition_blur, by),
    )


def _reduced_blur(blur: ExistingBlur | None, by: float) -> ExistingBlur | None:
    return None if blur is None else replace(blur, radius_px=tuple(by * radius_px for radius_px in blur.radius_px))


def _reduced_lights(lights: Lights, rgb: FloatArray, small: FloatArray) -> Lights:
    """Put the lights' pixels together, where they fall into one: what they add to the picture is kept.

    Parameters
    ----------
    lights : Lights
    rgb, small : float32 (H, W, 3), (h, w, 3)
        The photo, and reduced.
    """
    size = small.shape[0], small.shape[1]
    source, place, share = _shares(lights, size)
    places, at = np.unique(place, return_inverse=True)
    count = len(places)
    energy = share * (lights.radiance - lights.base).sum(axis=1)[source]

    def sums(values: NDArray) -> NDArray[np.float64]:
        columns = [np.bincount(at, share * column[source], count) for column in values.T]
        return np.stack(columns, axis=1).astype(np.float64)

    rows, columns = np.divmod(places, size[1])
    # What is seen without the lights: the reduced photo, less what it holds of them.
    shown = rgb[lights.pixels]
    base = np.maximum(small[rows, columns] - sums(shown - lights.base), 0.0)
    brightest = np.lexsort((energy, at))[np.cumsum(np.bincount(at, minlength=count)) - 1]
    mapped = np.bincount(at, energy * lights.mapped[source], count) / np.maximum(np.bincount(at, energy, count), 1e-30)
    chosen = source[brightest]
    present, label = np.unique(lights.label[chosen], return_inverse=True)
    radiance = base + sums(lights.radiance - lights.base)
    return Lights(
        size, rows, columns, label.ravel().astype(np.int64), radiance.astype(np.float32), base.astype(np.float32),
        mapped.astype(np.float32), lights.dioptres[chosen], lights.sure[present],
        tuple(lights.by[n] for n in present),
    )  # fmt: skip


def _shares(lights: Lights, size: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.float64]]:
    """Say which pixel of the lights falls into which of a smaller picture, by what share of this one's area."""
    found: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
    along = []
    for values, length, wanted in zip(lights.pixels, lights.size, size, strict=True):
        by = wanted / length
        first = np.minimum(np.floor(values * by).astype(np.int64), wanted - 1)
        into_next = np.clip((values + 1) * by - (first + 1), 0.0, by)
        along.append(((first, by - into_next), (np.minimum(first + 1, wanted - 1), into_next)))
    for row, of_row in along[0]:
        for column, of_column in along[1]:
            found.append((row * size[1] + column, of_row * of_column))
    place, share = (np.concatenate([one[n] for one in found]) for n in range(2))
    source = np.tile(np.arange(len(lights.rows)), len(found))
    kept = share > 1e-9
    return source[kept], place[kept].astype(np.int64), share[kept].astype(np.float64)
