"""What a render withholds of the scene's radiance, as a gain map: what an SDR rendition cannot show of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each, each_part
from ..hdr.restore import GainedLight
from ..optics.lens import ThinLens
from ..photo.photo import GainMap
from .light_energy import SHARP_PX, SPREAD_PX, SceneLight, SharedLight
from .lights import Lights

SURFACE_HALVINGS = 2
"""What a gain map adds to surfaces is blurred at the photo's size halved so often: a gain map is coarse."""

BAND_ROWS = 128
"""Rows that are made smaller together: cells are not cut."""

LEAST_RADIANCE = 1e-3
"""Less radiance than this, beyond what a photo shows, is none."""

_NOTHING: FloatArray = np.empty((0, 0, 3), np.float32)


def surface_light(light: SceneLight) -> SceneLight | None:
    """Make a scene of what a gain map adds to another's surfaces, smaller; None where it adds nothing.

    Lights are no part of it: they are spread by themselves.
    """
    if light.extra is None:
        return None
    extra = _smaller_extra(light.extra)
    lights = light.lights
    step = 2**SURFACE_HALVINGS
    if lights is not None:
        taken = lights.mapped[:, None] * light.extra.at(*lights.pixels)
        np.subtract.at(extra, (lights.rows // step, lights.columns // step), taken / np.float32(step * step))
        np.maximum(extra, 0.0, out=extra)
    if float(extra.max()) < LEAST_RADIANCE:
        return None
    matte = None if light.matte is None else np.ascontiguousarray(_smaller(light.matte[..., None])[..., 0])
    return SceneLight(extra, _sampled(light.dioptres), matte, None, None, True)


def _smaller_extra(extra: GainedLight) -> FloatArray:
    """Halve what a gain map adds `SURFACE_HALVINGS` times, as `_smaller`, without a copy as large as the photo."""
    rows = range(0, len(extra.rgb), BAND_ROWS)
    bands = each(lambda top: _smaller(extra.box((slice(top, top + BAND_ROWS), slice(None)))), rows)
    return np.concatenate(bands)


def _smaller(values: FloatArray) -> FloatArray:
    """Halve a picture (H, W, C) `SURFACE_HALVINGS` times; the border repeats."""
    for _ in range(SURFACE_HALVINGS):
        below = values[1::2] if values.shape[0] % 2 == 0 else np.concatenate([values[1::2], values[-1:]])
        rows = values[::2] + below
        right = rows[:, 1::2] if rows.shape[1] % 2 == 0 else np.concatenate([rows[:, 1::2], rows[:, -1:]], axis=1)
        values = np.asarray(np.float32(0.25) * (rows[:, ::2] + right), np.float32)
    return np.ascontiguousarray(values)


def _sampled(values: FloatArray) -> FloatArray:
    """Look at the middle of each cell of a map (H, W)."""
    step = 2**SURFACE_HALVINGS
    rows, columns = (np.minimum(np.arange(-(-n // step)) * step + step // 2, n - 1) for n in values.shape)
    return np.ascontiguousarray(values[rows][:, columns])


def withheld_by_map(
    picture: FloatArray,
    light: SceneLight,
    shared: SharedLight | None,
    lens: ThinLens,
    surface: FloatArray | None,
    source: GainMap,
) -> GainMap:
    """Return what a render withholds of a photo with a gain map.

    Parameters
    ----------
    picture : float32 (H, W, 3)
        The render.
    light : SceneLight
    shared : SharedLight or None
        Of its lights, if it has any.
    lens : ThinLens
    surface : float32 (h, w, 3), optional
        The render of `surface_light`.
    source : GainMap
        The photo's; its size, channels and offsets are kept.
    """
    from ...kernels.withheld import Kept, withheld

    assert light.extra is not None
    height, width, channels = source.planes.shape
    stops = np.empty((height, width, channels), np.float32)
    arrived = _NOTHING if surface is None else np.maximum(surface, 0.0)
    thin = np.float32(lens.focus_dioptres), np.float32(lens.px_per_dioptre)
    kept = Kept(light.dioptres, *thin, np.float32(SHARP_PX), np.float32(SPREAD_PX), *_kept_of_lights(light, shared))
    maps = picture, light.rgb

    def fill(rows: slice) -> None:
        own = rows.start, rows.stop
        withheld(maps, kept, arrived, source.planes, source.offsets, light.brightest, own, stops)

    each_part(fill, height)
    headroom = max(source.headroom, 2.0 ** float(stops.max()))
    return replace(source, log2_gain=stops[..., 0] if channels == 1 else stops, headroom=headroom)


def _kept_of_lights(
    light: SceneLight, shared: SharedLight | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Share of what a gain map adds to the lights' pixels that stays where it is.

    Returns
    -------
    starts : int64 (H + 1,)
        Number of the first pixel of each row, and of all.
    columns : int64 (N,)
    kept : float32 (N,)
    """
    rows = np.arange(light.rgb.shape[0] + 1)
    lights = light.lights
    if lights is None or shared is None:
        return np.zeros(len(rows), np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    own = (lights.radiance - np.minimum(light.rgb[lights.pixels], lights.radiance)).sum(axis=1)
    # Where a light adds nothing its surface's gain stays, as beside it.
    adds = own > LEAST_RADIANCE
    kept = shared.withheld.sum(axis=1)[adds] / own[adds]
    starts = np.searchsorted(lights.rows[adds], rows)
    return starts.astype(np.int64), lights.columns[adds].astype(np.int64), kept.astype(np.float32)


def withheld_of_lights(picture: FloatArray, rgb: FloatArray, lights: Lights, shared: SharedLight) -> GainMap | None:
    """Return what a render withholds of lights whose radiance is an estimate, at half size; None when nothing is.

    What is in front of a light dims what is withheld of it too.

    Parameters
    ----------
    picture, rgb : float32 (H, W, 3)
        The render, and the photo.
    lights : Lights
    shared : SharedLight
        Of these lights.
    """
    if float(shared.withheld.max(initial=0.0)) < LEAST_RADIANCE:
        return None
    height, width = picture.shape[:2]
    half = (height + 1) // 2, (width + 1) // 2
    dims = np.clip(picture[lights.pixels] / np.maximum(rgb[lights.pixels], 1e-6), 0.0, 1.0)
    cell, index = np.unique(lights.rows // 2 * half[1] + lights.columns // 2, return_inverse=True)
    more = np.bincount(index.ravel(), (dims * shared.withheld).sum(axis=1))
    shown = np.zeros(len(cell))
    for down in range(2):
        for across in range(2):
            rows, columns = 2 * (cell // half[1]) + down, 2 * (cell % half[1]) + across
            inside = (rows < height) & (columns < width)
            shown[inside] += np.maximum(picture[rows[inside], columns[inside]], 0.0).sum(axis=1)
    stops = np.zeros(half[0] * half[1], np.float32)
    stops[cell] = np.log2(1.0 + more / np.maximum(shown, 1e-6))
    return GainMap(stops.reshape(half), 2.0 ** float(stops.max()))
