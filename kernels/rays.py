"""Rays of a point of light through the pupil, line by line: where they land."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .pupil import OBSTRUCTION, SQUEEZE, chord, extent, landing, line_at, span


class Rays(NamedTuple):
    """The rays of one job.

    Attributes
    ----------
    job : float64 (JOB,)
    iris : float64 (n, 2)
        As in `outlines`.
    first, last : float
        First and last u of the pupil.
    """

    job: NDArray[np.float64]
    iris: NDArray[np.float64]
    first: float
    last: float


class Seam(NamedTuple):
    """Where the left half of the pupil meets the right.

    Attributes
    ----------
    turn : (float, float)
        The u at which the images of the lower and of the upper edge turn back.
    bottom, top : float
        The edges' v there.
    """

    turn: tuple[float, float]
    bottom: float
    top: float


class Landed(NamedTuple):
    """Where the lines of the pupil land.

    Attributes
    ----------
    places : float64 (lines, 2, lines + 1, 2)
        x and y along each half of each line, pixels.
    spans : float64 (lines, 2, 2)
        Lowest and highest v of the halves.
    """

    places: NDArray[np.float64]
    spans: NDArray[np.float64]


@jit(inline="always")
def open_rays(job, iris):
    """Take the rays of a job; those of a closed pupil all go through its middle."""
    first, last = extent(job, iris)
    return Rays(job, iris, 0.0, 0.0) if first > last else Rays(job, iris, first, last)


@jit(allocates=False)
def rim(rays, u, branch):
    """Where light from the pupil's edge at u lands: its lower edge or its upper."""
    bottom, top = chord(rays.job, rays.iris, u)
    if bottom > top:
        bottom = top = 0.5 * (bottom + top)
    return landing(rays.job, u, bottom if branch == 0 else top)


@jit(allocates=False)
def _turn(rays, branch, nodes):
    """Find the u at which the image of the pupil's lower or upper edge turns back: where the image begins or ends."""
    middle = 0.5 * (rays.first + rays.last)
    upwards = rim(rays, middle, branch)[1] < rim(rays, middle, 1 - branch)[1]
    best, turn = np.inf, middle
    for k in range(nodes + 1):
        u = middle - 0.5 * (rays.last - rays.first) * math.cos(math.pi * k / nodes)
        y = rim(rays, u, branch)[1]
        y = y if upwards else -y
        if y < best:
            best, turn = y, u
    return turn


@jit(allocates=False)
def find_seam(rays, nodes):
    """Find where the left half of the pupil meets the right."""
    turn = _turn(rays, 0, nodes), _turn(rays, 1, nodes)
    return Seam(turn, chord(rays.job, rays.iris, turn[0])[0], chord(rays.job, rays.iris, turn[1])[1])


@jit(inline="always")
def seam_at(job, seam, v):
    """Find the u at which the left half of a pupil with a hole meets the right: from the image's ends to the hole."""
    hole = job[OBSTRUCTION]
    if v < 0.0:
        return seam.turn[0] * max((v + hole) / min(seam.bottom + hole, -1e-9), 0.0)
    return seam.turn[1] * max((v - hole) / max(seam.top - hole, 1e-9), 0.0)


@jit(inline="always")
def _grown(box, place):
    """Smallest and largest x, then y, of a box and a place."""
    x, y = place
    return min(box[0], x), max(box[1], x), min(box[2], y), max(box[3], y)


@jit(inline="always")
def _land_half(job, u, line, half, landed, box):
    """Follow the rays of half a line, which `landed.spans` holds; return the box (4,), grown by where they land.

    Parameters
    ----------
    job : float64 (JOB,)
    u : float
        Of the line.
    line, half : int
    landed : Landed
        Its places are written.
    box : (float, float, float, float)
        Smallest and largest x, then y, pixels.

    Returns
    -------
    (float, float, float, float)
    """
    count = landed.places.shape[2] - 1
    bottom, top = landed.spans[line, half, 0], landed.spans[line, half, 1]
    step = (top - bottom) / count
    for k in range(count + 1):
        place = landing(job, u, bottom + k * step)
        landed.places[line, half, k, 0], landed.places[line, half, k, 1] = place
        box = _grown(box, place)
    return box


@jit(allocates=False)
def land(rays, landed):
    """Follow the rays of every line: where they land, and the v that each half of a line begins and ends at.

    Returns the smallest and largest x, then y, of the image, and how far from its middle the pupil reaches in x or y.
    """
    job, lines = rays.job, landed.spans.shape[0]
    box, widest = (np.inf, -np.inf, np.inf, -np.inf), 0.0
    for line in range(lines):
        u, _ = line_at(rays.first, rays.last, line, lines)
        for half in range(2):
            bottom, top = span(job, rays.iris, u, half)
            landed.spans[line, half, 0], landed.spans[line, half, 1] = bottom, top
            if top <= bottom:
                continue
            widest = max(widest, abs(u) / job[SQUEEZE], abs(bottom), abs(top))
            box = _land_half(job, u, line, half, landed, box)
    for u in (rays.first, rays.last):
        for branch in range(2):
            box = _grown(box, rim(rays, u, branch))
    return box, widest
