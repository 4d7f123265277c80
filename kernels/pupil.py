"""The pupil: which rays a lens lets through to a point of the picture, and where they land.

A job says which point, and through which lens; lengths in the pupil are in units of its wide open radius.
"""

import math

from .jit import jit

# Columns of a job. The direction of the field, a unit vector; the blur radius, with all that the wavefront's defocus
# adds; the wavefront's other coefficients, in pixels.
FIELD_X, FIELD_Y, RADIUS, SPHERICAL, ZONAL, COMA, ASTIGMATISM, TILT, RIPPLE, RINGS = range(10)
# Stop and squeeze; the rims: distance of each centre along the field, and radius; obstruction; apodisation.
STOP, SQUEEZE, FRONT, FRONT_RADIUS, REAR, REAR_RADIUS, OBSTRUCTION, APODISATION, JOB = range(10, 19)

# The pupil's ends are looked for in so many steps, and then in so many halves of one.
SCAN, BISECTIONS = 256, 20


@jit(inline="always")
def landing(job, u, v):
    """Where the ray from (u, v) of the pupil lands beside the point's place: pixels, x and y.

    Notes
    -----
    Minus the slope of the wavefront of defocus, spherical aberration of third and fifth order, coma, astigmatism and a
    ripple of zones: Welford, Aberrations of Optical Systems; the ripple is the onion rings of a moulded asphere.
    """
    ex, ey = job[FIELD_X], job[FIELD_Y]
    squared = u * u + v * v
    along = u * ex + v * ey
    radial = (
        job[RADIUS] / job[STOP]
        - squared * (4.0 * job[SPHERICAL] + 6.0 * squared * job[ZONAL])
        - 2.0 * along * job[COMA]
    )
    if job[RIPPLE] != 0.0:
        turns = 2.0 * math.pi * job[RINGS]
        radial += 2.0 * turns * job[RIPPLE] * math.sin(turns * squared)
    tangential = -squared * job[COMA] - 2.0 * along * job[ASTIGMATISM] - job[TILT]
    return (radial * u + tangential * ex) / job[SQUEEZE], radial * v + tangential * ey


@jit(inline="always")
def _half_chord(radius, across):
    """Half the height of a circle at a distance from its middle; 0 outside."""
    return math.sqrt(max(radius**2 - across * across, 0.0))


@jit(inline="always")
def chord(job, iris, u):
    """Lowest and highest v of the pupil at u; the first is larger where there is none. `iris` is a table of those."""
    samples = iris.shape[0] - 1
    position = (u / job[STOP] + 1.0) * 0.5 * samples
    if position < 0.0 or position > samples:
        return 1.0, -1.0
    before = min(int(position), samples - 1)
    t = position - before
    low = job[STOP] * (iris[before, 0] + t * (iris[before + 1, 0] - iris[before, 0]))
    high = job[STOP] * (iris[before, 1] + t * (iris[before + 1, 1] - iris[before, 1]))
    for rim in range(2):
        shift = job[FRONT] if rim == 0 else job[REAR]
        radius = job[FRONT_RADIUS] if rim == 0 else job[REAR_RADIUS]
        half = _half_chord(radius, u - shift * job[FIELD_X])
        if half == 0.0:
            return 1.0, -1.0
        low = max(low, shift * job[FIELD_Y] - half)
        high = min(high, shift * job[FIELD_Y] + half)
    return low, high


@jit(inline="always")
def _is_open(job, iris, u):
    """Whether the pupil has a chord at u."""
    low, high = chord(job, iris, u)
    return low < high


@jit(inline="always")
def passed(job, u, v):
    """Share of the light that the apodisation lets through."""
    return math.exp(-job[APODISATION] * (u * u + v * v)) if job[APODISATION] > 0.0 else 1.0


@jit(allocates=False)
def extent(job, iris):
    """First and last u of the pupil; the first is larger where it is closed. By steps, and then by bisection."""
    first, last = 1.0, -1.0
    for k in range(SCAN + 1):
        u = job[STOP] * (2.0 * k / SCAN - 1.0)
        if _is_open(job, iris, u):
            first, last = min(first, u), max(last, u)
    if first > last:
        return first, last
    step = 2.0 * job[STOP] / SCAN
    for _ in range(BISECTIONS):
        step *= 0.5
        first = first - step if _is_open(job, iris, first - step) else first
        last = last + step if _is_open(job, iris, last + step) else last
    return first, last


@jit(allocates=False)
def light(job, iris, lines):
    """Light that the pupil lets through, in units of what a wide open one without rims, filter or mirror does."""
    first, last = extent(job, iris)
    if first > last:
        return 0.0
    total = 0.0
    for line in range(lines):
        u, width = line_at(first, last, line, lines)
        for half in range(2):
            bottom, top = span(job, iris, u, half)
            if top <= bottom:
                continue
            if job[APODISATION] == 0.0:
                total += width * (top - bottom)
                continue
            step = (top - bottom) / lines
            for k in range(lines):
                total += width * step * passed(job, u, bottom + (k + 0.5) * step)
    return total / math.pi


@jit(inline="always")
def line_at(first, last, line, lines):
    """Place and width of one of the lines that the pupil is cut into: narrower towards its ends, where it is round."""
    middle, half = 0.5 * (first + last), 0.5 * (last - first)
    u = middle - half * math.cos(math.pi * (line + 0.5) / lines)
    return u, half * (math.cos(math.pi * line / lines) - math.cos(math.pi * (line + 1) / lines))


@jit(inline="always")
def hole_at(job, u):
    """Half the height of the obstruction at u."""
    return _half_chord(job[OBSTRUCTION], u)


@jit(inline="always")
def span(job, iris, u, half):
    """Lowest and highest v of a half of the pupil at u: below and above the obstruction, else the chord's middle."""
    low, high = chord(job, iris, u)
    hole = hole_at(job, u)
    if hole == 0.0:
        middle = 0.5 * (low + high)
        return (low, middle) if half == 0 else (middle, high)
    return (low, min(high, -hole)) if half == 0 else (max(low, hole), high)
