"""From a phone's disparity codes to dioptres at the photo's resolution.

A phone's map is small, in 256 steps, full of small holes, and its edges are soft and lie some pixels beside the
picture's. `upsample` is the way from there to one clean depth per photo pixel; a map that is exact
already passes through it untouched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..core.arrays import FloatArray
from ..image.inpaint import inpaint_at
from ..image.regions import dilate
from ..image.resize import resize
from .deband import deband, find_code_step

# A map whose sharpest steps take fewer pixels than this was never softened.
EXACT_WIDTH = 1.75
# Map pixels beside an outline that ramps and misalignment make uncertain.
MARGIN = 5
# Which side of an edge a pixel is on is decided at this length of the photo, and refined from there.
GUIDE_LENGTH = 2048
# Rounds of agreement among neighbours at an edge.
AGREEMENT_STEPS = 12


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
    size = rgb.shape[:2]
    whole = repair_holes(depth)
    step = find_code_step(whole) if code_step is None else code_step
    ramp_px = measure_ramp_px(whole)
    if whole.shape == size and ramp_px < EXACT_WIDTH:
        return deband(whole, step)
    plain = deband(condense(whole, ramp_px), step)
    colour = _perceptual(rgb)
    guide = PhotoGuide(colour, None if matte is None else resize(matte, colour.shape[:2]))
    small = guide.at_map(plain)
    aligned = align(plain, small.colour, small.matte, round(10 * plain.shape[1] / colour.shape[1]))
    if small.matte is not None:
        aligned = agree_with_matte(aligned, small.matte, step)
    edge_px = measure_ramp_px(plain)
    edged = sharpen_edges(aligned, rgb, guide, small, step, edge_px)
    return edged if matte is None else settle_fringe(edged, matte, round(edge_px * size[1] / plain.shape[1]))


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


def measure_ramp_px(depth: FloatArray) -> float:
    """Measure how many pixels a map takes from one surface to the next: 1 = exact, 3 to 6 = a phone's.

    The sharpest quarter decides: a soft map has nearly no step of one pixel, an exact one has many.
    Returns 1 when the map has no edges.
    """
    least = _least_jump(depth, 0.0)
    widths = []
    for lines in (depth[:: max(1, depth.shape[0] // 512)], depth.T[:: max(1, depth.shape[1] // 512)]):
        lines = np.ascontiguousarray(lines)
        reach = max(9, lines.shape[1] // 40) | 1
        if lines.shape[1] <= reach:
            continue
        step = np.abs(np.diff(lines, axis=1))
        window = reach - 1
        steepest = ndimage.maximum_filter1d(step, window, axis=1, mode="nearest")
        jump = (ndimage.maximum_filter1d(lines, reach, axis=1) - ndimage.minimum_filter1d(lines, reach, axis=1))[:, 1:]
        edge = (step == steepest) & (jump > least) & (jump < 0.5 * window * step)
        # Beside the border the window is cut short, and any slope looks like an edge.
        edge[:, : reach // 2] = edge[:, -(reach // 2) :] = False
        widths.append(jump[edge] / step[edge])
    found = np.concatenate(widths) if widths else np.zeros(0)
    return float(np.quantile(found, 0.25)) if found.size else 1.0


def condense(depth: FloatArray, ramp_px: float) -> FloatArray:
    """Reduce a map that was only enlarged or blurred to the size at which its ramps are a few pixels wide."""
    factor = ramp_px / 4.0
    if factor < 1.5:
        return depth
    h, w = depth.shape
    return resize(depth, (max(2, round(h / factor)), max(2, round(w / factor))))


def align(depth: FloatArray, colour: FloatArray, matte: FloatArray | None, reach: int) -> FloatArray:
    """Shift a map as a whole so that its edges lie on the picture's and the matte's.

    Parameters
    ----------
    depth : float32 (h, w)
    colour : float32 (3, h, w)
        The photo at the map's size, perceptual.
    matte : float32 (h, w) or None
    reach : int
        The farthest that is looked, in map pixels; 3 at least.

    Notes
    -----
    Its camera looks from a little beside the one that took the picture. The shift is where the edges of
    both agree best, found by correlation; it is only believed when it is clearly better than none.
    """
    h, w = depth.shape
    if min(h, w) < 32:
        return depth
    reach = max(3, reach)
    least = _least_jump(depth, 0.0)
    pictures = [(channel, 0.1, 1.0) for channel in colour]
    if matte is not None:
        pictures.append((matte, 0.5, 6.0))
    agreement = np.zeros((2 * reach + 1, 2 * reach + 1))
    for axis in (0, 1):
        edge = np.abs(ndimage.gaussian_filter1d(depth, 1.0, axis=axis, order=1))
        edge = np.minimum(edge / least, 1.0)
        seen = np.zeros_like(edge)
        for picture, full, weight in pictures:
            strength = np.abs(ndimage.gaussian_filter1d(picture, 1.0, axis=axis, order=1))
            seen += np.float32(weight) * np.minimum(strength / full, 1.0)
        seen -= seen.mean()
        agreement += _correlate(edge, seen, reach)
    dy, dx = np.unravel_index(np.argmax(agreement), agreement.shape)
    best, here = agreement[dy, dx], agreement[reach, reach]
    if best <= 0 or here > 0.95 * best:
        return depth
    shift = [_peak(agreement[:, dx], int(dy)) - reach, _peak(agreement[dy, :], int(dx)) - reach]
    return np.ascontiguousarray(ndimage.shift(depth, shift, order=1, mode="nearest"), np.float32)


def agree_with_matte(depth: FloatArray, covered: FloatArray, step: float) -> FloatArray:
    """Give the whole of the subject the subject's depth, and what is beside it the background's.

    Depth cameras miss hair, and draw the subject too large elsewhere. What lies well inside or well outside
    the outline is trusted and continued towards it; a depth on the wrong side of the two is replaced.
    `covered` is the matte at the map's size.
    """
    inside = covered >= 0.5
    sure_in = ndimage.binary_erosion(covered > 0.9, iterations=MARGIN, border_value=1)
    sure_out = ndimage.binary_erosion(covered < 0.1, iterations=MARGIN, border_value=1)
    if not sure_in.any() or not sure_out.any():
        return depth
    behind = _continue(depth, sure_out)
    usual = np.median(depth[sure_in])
    # A hole in the subject shows what is behind it, and its rim something in between: trust neither.
    trusted = sure_in & (depth > behind + 0.6 * (usual - behind))
    trusted = ndimage.binary_erosion(trusted, iterations=3, border_value=1)
    if not trusted.any():
        return depth
    subject = _continue(depth, trusted)
    gap = subject - behind
    apart = gap > _least_jump(depth, step)
    height = (depth - behind) / np.where(apart, gap, 1.0)
    lost = apart & inside & (height < 0.5)
    lost = ndimage.binary_dilation(lost, iterations=MARGIN, mask=apart & inside & (height < 0.85))
    beside = apart & ~inside & ~sure_out & (height > 0.15) & (height < 1.5)
    extra = ndimage.binary_dilation(beside & (height > 0.5), iterations=MARGIN, mask=beside)
    return np.where(lost, subject, np.where(extra, behind, depth)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class PhotoGuide:
    """The photo as edges of depth are sought in it.

    Attributes
    ----------
    colour : float32 (H, W, 3); (3, h, w) at a map's size
        Perceptual, and perhaps reduced.
    matte : float32 (H, W), or None
        Coverage of the subject at the same size.
    """

    colour: FloatArray
    matte: FloatArray | None

    def at_map(self, depth: FloatArray) -> PhotoGuide:
        """Bring it to the size of a map (h, w); its channels come first there."""
        colour = np.stack([resize(self.colour[..., c], depth.shape) for c in range(3)])
        return PhotoGuide(colour, None if self.matte is None else resize(self.matte, depth.shape))


def sharpen_edges(
    depth: FloatArray,
    rgb: FloatArray,
    guide: PhotoGuide,
    small: PhotoGuide,
    step: float,
    ramp_px: float,
) -> FloatArray:
    """Enlarge a map to the photo and turn each soft ramp into one step where the photo has its edge.

    Parameters
    ----------
    depth : float32 (h, w)
        Dioptres, without holes.
    rgb : float32 (H, W, 3)
        The photo, scene-linear.
    guide, small : PhotoGuide
        What decides, at its resolution, and at the map's size.
    step : float
        Size of one code in dioptres, 0 = continuous.
    ramp_px : float
        Usual width of this map's ramps, map pixels; what is much wider is no edge.

    Returns
    -------
    float32 (H, W)
    """
    from ...kernels import edges as kernels

    size = guide.colour.shape[:2]
    nothing = np.empty((0, 0), np.float32)
    coarse, fine = (nothing if matte is None else matte for matte in (small.matte, guide.matte))
    radius = 4 + round(min(2.0, 4 * depth.shape[1] / size[1]))
    slope = _slope(depth)
    low = np.asarray(ndimage.minimum_filter(depth, 2 * radius + 1, mode="nearest"), np.float32)
    high = np.asarray(ndimage.maximum_filter(depth, 2 * radius + 1, mode="nearest"), np.float32)
    jump = high - low
    # A plane or a cheek has its range spread over the window, an edge in as few pixels as this map's edges do.
    steep = np.clip(0.6 / ramp_px, 0.13, 0.2)
    steepest = ndimage.maximum_filter(slope, 2 * radius + 1, mode="nearest")
    np.copyto(high, low, where=(jump < _least_jump(depth, step)) | (steepest < steep * jump))
    coarse_map = kernels.CoarseMap(depth, slope, low, high, small.colour, coarse)
    near, far, data = (np.empty(size, np.float32) for _ in range(3))
    rows, columns = (_first_in_each(map_px, px) for map_px, px in zip(depth.shape, size, strict=True))
    surfaces = kernels.Surfaces(near, far, data)
    kernels.two_surfaces(coarse_map, kernels.FineGuide(guide.colour, fine), radius, (rows, columns), surfaces)
    edge = np.flatnonzero(near != far)
    weights = np.empty((edge.size, 8), np.float32)
    kernels.likeness_of_neighbours(guide.colour, near, far, edge, weights)
    odds, leaning, other = data.copy(), (data / np.sqrt(4.0 + data * data)).ravel(), np.zeros(data.size, np.float32)
    for _ in range(AGREEMENT_STEPS):
        kernels.agree(edge, weights, data.ravel(), leaning, odds.ravel(), other, size[1])
        leaning, other = other, leaning
    surfaces = kernels.Surfaces(near, far, odds)
    del data, leaning, other, weights, edge, coarse_map
    out = np.empty(rgb.shape[:2], np.float32)
    kernels.resolve(depth, guide.colour, surfaces, rgb, depth.min(), depth.max(), out)
    return out


def settle_fringe(depth: FloatArray, matte: FloatArray, ramp_px: int) -> FloatArray:
    """Among strands, give every pixel the depth of the subject or of what lies behind, as the matte says.

    Parameters
    ----------
    depth : float32 (H, W)
        Dioptres.
    matte : float32 (H, W)
        Coverage of the subject.
    ramp_px : int
        Pixels beside an outline in which a soft map holds mixtures of both sides.

    Returns
    -------
    float32 (H, W)
    """
    mixed = dilate((matte > 0.1) & (matte < 0.9), ramp_px)
    settled = np.array(depth)
    # Which side a mixed pixel is on, and which pixels are surely on that side.
    for own, sure in ((matte >= 0.5, matte >= 0.9), (matte < 0.5, matte <= 0.1)):

        def rows_of(rows: slice, sure: NDArray[np.bool_] = sure) -> tuple[FloatArray, NDArray[np.bool_]]:
            return depth[rows][..., None], sure[rows] & ~mixed[rows]

        rows_at, columns_at = np.nonzero(mixed & own)
        filled = inpaint_at(rows_of, (depth.shape[0], depth.shape[1]), 1, (rows_at, columns_at))
        if filled is None:
            return depth
        settled[rows_at, columns_at] = filled[:, 0]
    return settled


def resize_matte(matte: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Resize a matte (h, w) to `size` = (H, W), smoothly and without ringing; values stay in 0..1."""
    if matte.shape == tuple(size):
        return np.ascontiguousarray(matte, np.float32)
    if matte.shape[0] <= size[0] and matte.shape[1] <= size[1]:
        from ...kernels.enlarge import bilinear

        large = np.empty(size, np.float32)
        bilinear(np.ascontiguousarray(matte, np.float32), large)
    else:
        large = resize(matte, size)
    return np.clip(large, 0.0, 1.0, out=large)


def _least_jump(depth: FloatArray, step: float) -> np.float32:
    """Return the smallest difference in dioptres that is called an edge: below it no blur tells the sides apart."""
    lo, hi = np.quantile(depth[:: max(1, depth.shape[0] // 256)], (0.01, 0.99))
    return np.float32(max(3.0 * step, 0.05 * (hi - lo), 1e-6))


def _first_in_each(map_px: int, px: int) -> NDArray[np.int64]:
    """First of `px` pixels that lies in each of `map_px` map pixels along the same side; int64 (map_px + 1,)."""
    own = np.minimum(((np.arange(px) + 0.5) * (map_px / px)).astype(np.int64), map_px - 1)
    return np.searchsorted(own, np.arange(map_px + 1))


def _slope(depth: FloatArray) -> FloatArray:
    """Size of the gradient, per pixel."""
    down, across = (ndimage.correlate1d(depth, [-0.5, 0, 0.5], axis=axis, mode="nearest") for axis in (0, 1))
    return np.hypot(down, across)


def _perceptual(rgb: FloatArray) -> FloatArray:
    """Square root of light, clipped a little above white, at most 2048 pixels long."""
    from ...kernels import edges as kernels

    factor = -(-max(rgb.shape[:2]) // GUIDE_LENGTH)
    guide = np.empty((max(1, rgb.shape[0] // factor), max(1, rgb.shape[1] // factor), 3), np.float32)
    kernels.perceive(rgb, guide)
    return guide


def _continue(values: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """Continue `values` smoothly from where they are `known` to everywhere: means over ever larger squares."""
    if known.all() or min(values.shape) < 2:
        return np.where(known, values, values[known].mean() if known.any() else 0.0).astype(np.float32)
    half = ((values.shape[0] + 1) // 2, (values.shape[1] + 1) // 2)
    weight = resize(known.astype(np.float32), half)
    total = resize(np.where(known, values, 0).astype(np.float32), half)
    held = weight > 1e-3
    coarse = _continue(np.where(held, total / np.where(held, weight, 1), 0).astype(np.float32), held)
    return np.where(known, values, resize(coarse, values.shape))


def _correlate(edge: FloatArray, seen: FloatArray, reach: int) -> NDArray[np.float64]:
    """Agreement of `edge`, moved by (dy, dx) each within +-`reach`, with `seen`: (2 reach + 1, 2 reach + 1)."""
    # Zeros beyond the border, so that no edge meets one from the other side; sizes that transform fast.
    shape = tuple(-(-(n + reach) // 32) * 32 for n in edge.shape)
    product = np.fft.rfft2(seen, shape) * np.conj(np.fft.rfft2(edge, shape))
    full = np.fft.irfft2(product, shape)
    lags = np.arange(-reach, reach + 1)
    return full[np.ix_(lags, lags)]


def _peak(line: NDArray[np.float64], k: int) -> float:
    """Find where the parabola through the largest value and its two neighbours has its top."""
    if k == 0 or k == len(line) - 1:
        return float(k)
    bend = line[k - 1] - 2 * line[k] + line[k + 1]
    return float(k) if bend >= 0 else k + 0.5 * float((line[k - 1] - line[k + 1]) / bend)
