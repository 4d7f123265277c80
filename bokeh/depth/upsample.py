"""From a phone's disparity codes to dioptres at the photo's resolution.

A phone's map is small, in 256 steps, full of small holes, and its edges are soft and lie some pixels beside the
picture's. `upsample` is the way from there to one clean depth per photo pixel; a map that is exact
already passes through it untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ..core.arrays import FloatArray
from ..core.threads import beside, each
from ..image.inpaint import inpaint_in_place
from ..image.regions import between, dilate
from ..image.resize import resize, resize_planes
from .align import agree_with_matte, align
from .deband import deband, find_code_step
from .edges import PhotoGuide, measure_ramp_px, sharpen_edges
from .fences import Fences
from .light_strings import LightStrings
from .perceptual import perceptual
from .small_lights import BrightPlaces, SmallLights
from .wires import Wires

# A map whose sharpest steps take fewer pixels than this was never softened.
EXACT_WIDTH = 1.75
# Rows that are made together; the result does not depend on it.
BAND_ROWS = 128


def upsample(
    depth: FloatArray, rgb: FloatArray, matte: FloatArray | None, *, code_step: float | None = None
) -> FloatArray:
    """Bring a depth map to the photo's resolution: no holes, no bands, edges where the picture has them.

    Parameters
    ----------
    depth : float32 (h, w)
        Inverse depth in dioptres, >= 0, NaN = hole; at least one value is finite.
    rgb : float32 (H, W, 3)
        The photo, scene-linear.
    matte : float32 (H, W) or None
        Coverage of the subject at the photo's resolution, 0..1.
    code_step : float, optional
        Size of one code in dioptres; None = found from the values, 0 = the map is continuous.

    Returns
    -------
    float32 (H, W)
        Dioptres, finite, within the range of the finite values of `depth`.
    """
    return CleanMap.of(depth, rgb, code_step).at_photo(matte)


@dataclass(frozen=True, eq=False)
class CleanMap:
    """A map without holes and bands beside its photo: what can be done before the subject is known.

    Attributes
    ----------
    rgb : float32 (H, W, 3)
        The photo, scene-linear.
    dioptres : float32 (h, w)
        The map.
    step : float
        Size of one of its codes in dioptres, 0 = continuous.
    ramp_px : float
        Width of its ramps, map pixels.
    guide, small : PhotoGuide, or None
        The photo to seek edges in, and at the map's size, without a matte; None where the map is exact as it is.
    """

    rgb: FloatArray
    dioptres: FloatArray
    step: float
    ramp_px: float
    guide: PhotoGuide | None
    small: PhotoGuide | None

    @classmethod
    def of(
        cls,
        depth: FloatArray,
        rgb: FloatArray,
        code_step: float | None = None,
        picture: Callable[[], FloatArray] | None = None,
    ) -> CleanMap:
        """Take holes and bands out of a map; as of `upsample`. `picture` gives the photo's `perceptual`, if at hand."""
        whole = repair_holes(depth)
        step = find_code_step(whole) if code_step is None else code_step
        ramp_px = measure_ramp_px(whole)
        if whole.shape == rgb.shape[:2] and ramp_px < EXACT_WIDTH:
            return cls(rgb, deband(whole, step), step, ramp_px, None, None)
        plain = deband(condense(whole, ramp_px), step)
        # Which side of an edge a pixel is on is decided in this, and refined from there.
        guide = PhotoGuide(perceptual(rgb) if picture is None else picture(), None)
        return cls(rgb, plain, step, measure_ramp_px(plain), guide, guide.at_map(plain))

    def at_photo(self, matte: FloatArray | None) -> FloatArray:
        """Bring it to the photo's resolution; as of `upsample`."""
        assert matte is None or matte.shape == self.rgb.shape[:2]  # loops read it at the photo's places
        plain, step = self.dioptres, self.step
        if self.guide is None or self.small is None:
            return plain
        guide, small = self.guide, self.small
        if matte is not None:
            size = guide.colour.shape[0], guide.colour.shape[1]
            guide = replace(guide, matte=resize_planes(matte[..., None], size)[0])
            small = replace(small, matte=guide.matte_at(plain))
        aligned = align(plain, small.colour, small.matte, round(10 * plain.shape[1] / guide.colour.shape[1]))
        agreed = aligned if small.matte is None else agree_with_matte(aligned, small.matte, step)
        with beside(lambda: _thin_and_small(aligned, small.colour, guide.colour, step)) as found:
            edged = sharpen_edges(agreed, self.rgb, guide, small, step, self.ramp_px)
            if matte is not None:
                edged = settle_fringe(edged, matte, round(self.ramp_px * self.rgb.shape[1] / plain.shape[1]))
            wires, fences, lights, strings = found()
        wires.draw(edged)
        fences.draw(edged)
        lights.draw(edged)
        strings.draw(edged)
        return edged


def _thin_and_small(
    coarse: FloatArray, small: FloatArray, colour: FloatArray, step: float
) -> tuple[Wires, Fences, SmallLights, LightStrings]:
    """Find what a map shows too little of: wires, those of a fence, small lights, and strings of them."""
    bright = BrightPlaces.of(small)
    return (
        Wires.of(coarse, colour, step),
        Fences.of(coarse, colour, step),
        SmallLights.of(coarse, bright, colour, step),
        LightStrings.of(coarse, bright, small, colour, step),
    )


def repair_holes(depth: FloatArray) -> FloatArray:
    """Fill the NaN of a depth map (dioptres) from their surroundings.

    Of two surfaces beside a hole the farther one goes on behind the nearer: what a stereo pair could not
    match is mostly what one of its cameras could not see.
    """
    from ...kernels import depth as kernels

    holes = ~np.isfinite(depth)
    filled = np.array(depth, np.float32, order="C")
    if not holes.any():
        return filled
    if holes.all():
        return np.zeros_like(filled)
    filled[holes] = np.nan
    values = np.zeros((8, *depth.shape), np.float32)
    distances = np.zeros((8, *depth.shape), np.float32)
    for k, (dy, dx) in enumerate(((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))):
        kernels.first_seen(filled, dy, dx, values[k], distances[k])
    lo, hi = np.nanmin(filled), np.nanmax(filled)
    kernels.fill_holes(filled, values, distances, max(depth.shape) / 32, 0.05 * float(hi - lo))
    unseen = np.isnan(filled)
    if unseen.any():
        # Rare: a pixel none of whose eight directions meets any depth.
        nearest = ndimage.distance_transform_edt(unseen, return_distances=False, return_indices=True)
        filled = filled[tuple(np.asarray(nearest))]
    return filled


def condense(depth: FloatArray, ramp_px: float) -> FloatArray:
    """Reduce a map that was only enlarged or blurred to the size at which its ramps are a few pixels wide."""
    factor = ramp_px / 4.0
    if factor < 1.5:
        return depth
    h, w = depth.shape
    return resize(depth, (max(2, round(h / factor)), max(2, round(w / factor))))


def settle_fringe(depth: FloatArray, matte: FloatArray, ramp_px: int) -> FloatArray:
    """Among strands, give every pixel the depth of the subject or of what lies behind, as the matte says.

    Parameters
    ----------
    depth : float32 (H, W)
        Dioptres; changed in place.
    matte : float32 (H, W)
        Coverage of the subject.
    ramp_px : int
        Pixels beside an outline in which a soft map holds mixtures of both sides.

    Returns
    -------
    float32 (H, W)
        `depth`.
    """
    from ...kernels import depth as kernels

    mixed = dilate(between(matte, 0.1, 0.9), ramp_px)
    half = (depth.shape[0] + 1) // 2, (depth.shape[1] + 1) // 2
    subject, behind = ((np.empty((*half, 1), np.float32), np.empty(half, np.float32)) for _ in range(2))
    bands = [slice(top, top + BAND_ROWS) for top in range(0, depth.shape[0], BAND_ROWS)]

    def push(rows: slice) -> None:
        own = slice(rows.start // 2, (rows.stop + 1) // 2)
        sides = ((values[own], weight[own]) for values, weight in (subject, behind))
        kernels.push_sides(depth[rows], matte[rows], mixed[rows], *sides)

    each(push, bands)
    if not subject[1].any() or not behind[1].any():
        return depth
    each(lambda side: inpaint_in_place(*side), (subject, behind))

    def settle(rows: slice) -> None:
        kernels.settle(matte[rows], mixed[rows], (subject[0], behind[0]), rows.start, depth[rows])

    each(settle, bands)
    return depth


def resize_matte(matte: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Resize a matte (h, w) to `size` = (H, W), smoothly and without ringing; values stay in 0..1."""
    if matte.shape == tuple(size):
        return np.ascontiguousarray(matte, np.float32)
    large = resize_planes(matte[..., None], size)[0]
    return np.clip(large, 0.0, 1.0, out=large)
