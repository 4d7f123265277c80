"""What a gain map withholds: the radiance of highlights in focus, which the SDR rendition shows clipped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..core.arrays import FloatArray
from ..optics.lens import ThinLens
from ..photo.photo import GainMap
from .light_energy import SHARP_PX, SPREAD_PX, SceneLight

_NO_STOPS: FloatArray = np.empty((0, 0, 1), np.float32)


def withheld_gain(light: SceneLight, picture: FloatArray, lens: ThinLens, source: GainMap | None) -> GainMap | None:
    """Return what a render leaves clipped of what is in focus, as a gain map; None when nothing is.

    Parameters
    ----------
    light : SceneLight
    picture : float32 (H, W, 3)
        The render.
    lens : ThinLens
    source : GainMap, optional
        The photo's, if `light.extra` is of it: its size, channels and offsets are kept. Without one the size is half
        the picture's.
    """
    from ...kernels.gain import withheld

    if light.extra is None or light.keeps_extra:
        return None
    dioptres = light.dioptres
    if light.lights is not None:
        dioptres = np.array(dioptres)
        dioptres[light.lights.mask] = light.lights.dioptres
    if source is None:
        size, stops = ((picture.shape[0] + 1) // 2, (picture.shape[1] + 1) // 2, 1), _NO_STOPS
        source = GainMap(stops[..., 0], 1.0)
    else:
        stops = source.planes
        size = stops.shape
    kept = np.empty(size, np.float32)
    defocus = (lens.focus_dioptres, lens.px_per_dioptre, SHARP_PX, SPREAD_PX)
    withheld(picture, light.rgb, light.extra, dioptres, defocus, light.toned, stops, *source.offsets, kept)
    headroom = max(source.headroom, 2.0 ** float(kept.max()))
    return replace(source, log2_gain=kept[..., 0] if kept.shape[2] == 1 else kept, headroom=headroom)
