"""The optical transfer function, the pupil's overlap with itself shifted; and the image of a point, from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..colour.cie_observer import SHORTEST_UM
from ..core.arrays import DoubleArray
from ..core.threads import cores, each, each_part
from .aperture import Aperture, boundary
from .elements import Pupil

_VERTICES = 4096  # of the iris's outline
_CHORDS, _LEAST_CHORDS = 384, 24  # in all, and between two corners
_SHIFTS = 512
_DIRECTIONS = 49
_LEAST_DIRECTIONS = 256  # once they are interpolated
_FREQUENCIES = 512
_LATTICE = 9.0336  # the sum of 1/r^3 over all points of a square lattice but its origin

PIXEL_SIGMA = 0.4
"""A photo's pixel is softer than its square, by about so many pixels: lens, low-pass filter and demosaicing."""


@dataclass(frozen=True, eq=False)
class Overlap:
    """Light that a pupil and its shifted copy both let through, as a share of the pupil's.

    Attributes
    ----------
    values : float64 (A, B)
        By the shift's direction and length.
    place : float64 (A,)
        The directions, 0..1 over half a period. Lengths are at even steps of their square root, up to the pupil's
        diameter.
    start, period : float
        Of the direction, radians counter-clockwise: the second half of a period mirrors the first, and so on. A
        polygon's spikes come from the kinks that this has in the directions of its edges, where the periods begin.
    """

    values: DoubleArray
    place: DoubleArray
    start: float
    period: float


def overlap(aperture: Aperture, pupil: Pupil, stop: float) -> Overlap:
    """Measure how far a pupil overlaps its shifted copy.

    Parameters
    ----------
    aperture : Aperture
        With one curvature.
    pupil : Pupil
        Its squeeze is left to the caller: it scales frequencies.
    stop : float
        The f-number wide open by that in use.

    Returns
    -------
    Overlap

    Raises
    ------
    UsageError
        When the obstruction hides the iris.

    Notes
    -----
    The iris is convex, so along the shift it is one chord on every line: what two shifted chords share is exact at any
    shift, however small. The far field at hundreds of pixels depends on shifts far finer than any grid of samples.
    With a Gaussian filter the product of both copies is a Gaussian around the middle between them.
    """
    density = pupil.apodisation * stop**2
    values, place = _values(replace(aperture, rotation_deg=0.0), pupil.obstruction / stop, density)
    return Overlap(values, place, math.radians(aperture.rotation_deg) + math.pi / 2.0, _period(aperture))


def _period(aperture: Aperture) -> float:
    if _is_round(aperture):
        return math.pi
    # Shifting the other way is the same, so an odd number of blades has twice the symmetry.
    return (2.0 if aperture.blades % 2 == 0 else 1.0) * math.pi / aperture.blades


def _is_round(aperture: Aperture) -> bool:
    return aperture.blades == 0 or aperture.curvature == 1.0


@lru_cache(maxsize=16)
def _values(aperture: Aperture, hole: float, density: float) -> tuple[DoubleArray, DoubleArray]:
    """Overlap by direction and shift, of an iris that is not turned; and the directions, 0..1 over half a period."""
    shifts = 2.0 * np.linspace(0.0, 1.0, _SHIFTS) ** 2
    # A slightly curved edge turns only a little: the directions lie closer and closer towards it.
    place = np.zeros(1) if _is_round(aperture) else 1.0 - np.cos(np.linspace(0.0, math.pi / 2.0, _DIRECTIONS))
    directions = math.pi / 2.0 + 0.5 * _period(aperture) * place
    values = np.stack(each(lambda turn: _shared(_chords(aperture, hole, turn), hole, density, shifts), directions))
    values.setflags(write=False)
    return values, place


def _chords(
    aperture: Aperture, hole: float, direction: float
) -> tuple[DoubleArray, DoubleArray, DoubleArray, DoubleArray]:
    """Return offset, weight, first and last end of the chords along a direction, of an iris that is not turned."""
    angles = np.linspace(0.0, 2.0 * math.pi, _VERTICES, endpoint=False)
    corners = math.pi * (2 * np.arange(aperture.blades) + 1) / max(aperture.blades, 1)
    angles = np.sort(np.concatenate([angles, corners]))
    edge = boundary(aperture, angles)
    along, across = edge * np.cos(angles - direction), edge * np.sin(angles - direction)
    order = np.roll(np.arange(len(angles)), -int(np.argmin(across)))
    along, across = along[order], across[order]
    top = int(np.argmax(across))
    kinks = np.concatenate([np.sin(corners - direction), [-hole, hole, across[0], across[top]]])
    offset, weight = _between(np.unique(np.clip(kinks, across[0], across[top])))
    last = np.interp(offset, across[: top + 1], along[: top + 1])
    first = np.interp(offset, np.append(across[top:], across[0])[::-1], np.append(along[top:], along[0])[::-1])
    return offset, weight, np.minimum(first, last), np.maximum(first, last)


def _between(kinks: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Places and weights to integrate over, from the first of these to the last, by Gauss's rule between each two.

    They lie closer and closer towards a kink, where what is round ends like a square root.
    """
    kinks = kinks[np.append(True, np.diff(kinks) > 1e-9)]
    nodes, weights = np.polynomial.legendre.leggauss(max(_CHORDS // (len(kinks) - 1), _LEAST_CHORDS))
    turn = 0.5 * math.pi * nodes
    half = 0.5 * np.diff(kinks)[:, None]
    places = kinks[:-1, None] + half * (1.0 + np.sin(turn))
    return places.ravel(), (half * 0.5 * math.pi * np.cos(turn) * weights).ravel()


def _shared(
    chords: tuple[DoubleArray, DoubleArray, DoubleArray, DoubleArray], hole: float, density: float, shifts: DoubleArray
) -> DoubleArray:
    """Light that both copies let through at each shift; 1 at none."""
    offset, weight, first, last = chords
    if hole == 0.0 and density == 0.0:
        left = (last - first) - shifts[:, None]
        total = np.maximum(left, 0.0, out=left) @ weight
        return total / total[0]
    open_spans = [(first, last)]
    if hole > 0.0:
        hidden = np.sqrt(np.maximum(hole**2 - offset**2, 0.0))
        open_spans = [(first, np.minimum(last, -hidden)), (np.maximum(first, hidden), last)]
    weight = weight * np.exp(-density * offset**2)
    half = 0.5 * shifts[:, None]
    total = np.zeros(len(shifts))
    for begin, end in open_spans:
        for other_begin, other_end in open_spans:
            low, high = np.maximum(begin + half, other_begin - half), np.minimum(end + half, other_end - half)
            total += _primitive(low, np.maximum(low, high, out=high), density) @ weight
    total *= np.exp(-0.25 * density * shifts**2)
    return total / total[0]


def _primitive(low: DoubleArray, high: DoubleArray, density: float) -> DoubleArray:
    """Integral of exp(-density s^2) from low to high."""
    if density == 0.0:
        return high - low
    from scipy.special import erf

    root = math.sqrt(density)
    return (erf(root * high) - erf(root * low)) * (math.sqrt(math.pi) / (2.0 * root))


def psf_from_otf(
    shared: Overlap,
    wavelengths_um: DoubleArray,
    shares: DoubleArray,
    px_per_um: float,
    squeeze: float,
    radius_px: int,
) -> DoubleArray:
    """Image a point in light of many wavelengths.

    Parameters
    ----------
    shared : Overlap
        Of the pupil.
    wavelengths_um : float64 (N,)
    shares : float64 (3, N)
        What each wavelength gives to each channel.
    px_per_um : float
        f-number by pixel pitch: pixels of the image's scale per micron of wavelength.
    squeeze : float
        The pupil is so many times narrower than `shared` says, >= 1.
    radius_px : int
        R, how far the image goes.

    Returns
    -------
    float64 (2R + 1, 2R + 1, 3)

    Notes
    -----
    The image is the Fourier transform of the pupil's overlap with itself, shifted by frequency x wavelength x f-number
    (Goodman, Introduction to Fourier Optics). So the wavelengths are summed there, in a table of direction and
    frequency, before one transform: it costs the same for one or for hundreds.

    A spike has no end, and beyond the transform's size it would come in again on the other side. It comes from a kink
    over the direction; the kink's k-th harmonic makes what lies k / (period x frequency) pixels away. So it is ended
    where it begins, without touching what lies within the radius.
    """
    from scipy import fft
    from scipy.interpolate import CubicSpline

    from ...kernels.otf import gather

    size = fast_size(math.ceil(radius_px * (1.0 + 2.0 * squeeze)))
    frequency = np.linspace(0.0, 1.0, _FREQUENCIES) ** 2 / (SHORTEST_UM * px_per_um)
    table = _over_wavelengths(shared.values, wavelengths_um, shares)
    if len(table) == 1:
        table = np.repeat(table, 2, axis=0)
    else:
        directions = max(2 * radius_px, _LEAST_DIRECTIONS) + 1
        table = CubicSpline(shared.place, table)(np.linspace(0.0, 1.0, directions))
        harmonic = np.arange(directions)[:, None] / (shared.period * np.maximum(frequency, 1e-9))
        ending = np.cos(0.5 * math.pi * np.clip(harmonic / radius_px - 1.0, 0.0, 1.0)) ** 2
        with fft.set_workers(cores()):
            table = fft.idct(fft.dct(table, type=1, axis=0) * ending[..., None], type=1, axis=0)
    folded = fft.fftfreq(size) + np.arange(-1, 2)[:, None]
    response = np.sinc(folded) * np.exp(-2.0 * (math.pi * PIXEL_SIGMA * folded) ** 2)
    otf = np.empty((3, size, size // 2 + 1))

    def fill(rows: slice) -> None:
        own = rows.start, rows.stop
        gather(table, shared.start, shared.period, squeeze, frequency[-1], response, own, otf)

    each_part(fill, otf.shape[1])
    # What comes in from all sides of the halo, slope / (4 pi^2 r^3) at distance r, adds up to all but a constant.
    slope = 1.0 - 0.5 * (otf[:, 0, 1] + otf[:, 1, 0])
    otf[:, 0, 0] -= _LATTICE / (4.0 * math.pi**2) * slope
    wanted = np.arange(-radius_px, radius_px + 1) % size
    with fft.set_workers(cores()):
        rows = np.asarray(fft.ifft(otf, axis=1))[:, wanted]
        return np.moveaxis(np.asarray(fft.irfft(rows, size, axis=2))[..., wanted], 0, -1)


def _over_wavelengths(shared: DoubleArray, wavelengths_um: DoubleArray, shares: DoubleArray) -> DoubleArray:
    """Sum the overlap over wavelengths: float64 (directions, frequencies, channels)."""
    last = shared.shape[1] - 1
    # The shift grows with frequency x wavelength; both tables step evenly in its square root.
    place = np.sqrt(wavelengths_um / SHORTEST_UM) * np.linspace(0.0, 1.0, _FREQUENCIES)[:, None] * last
    below = np.minimum(place.astype(np.intp), last - 1)
    t = place - below
    weights = np.where(place < last, 1.0 - t, 0.0), np.where(place < last, t, 0.0)
    row = np.broadcast_to(np.arange(_FREQUENCIES)[:, None], below.shape)
    mixes = np.zeros((3, _FREQUENCIES, last + 1))
    for mix, share in zip(mixes, shares, strict=True):
        np.add.at(mix, (row, below), share * weights[0])
        np.add.at(mix, (row, below + 1), share * weights[1])
    return np.einsum("as,cfs->afc", shared, mixes, optimize=True)


def fast_size(least: int) -> int:
    """Return the size from `least` on that is quickest to transform."""
    from scipy import fft

    return int(fft.next_fast_len(least, real=True) or least)
