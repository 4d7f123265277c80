"""Outlines by rays: the light of a point, row by row, where the rays through the pupil land."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .outline import FIRST, GROWTH, OFFSET, PER_HEIGHT, ROWS, SHARP, TOP, USED
from .pupil import (
    APODISATION,
    COMA,
    OBSTRUCTION,
    RADIUS,
    RIPPLE,
    SPHERICAL,
    STOP,
    ZONAL,
    hole_at,
    landing,
    line_at,
    passed,
)
from .rays import Landed, find_seam, land, open_rays, rim, seam_at
from .rows import along, deposit, fill_pieces, join, place_edges, sort_by_place, widened

# So often light of one line of the pupil may turn back on its way over the picture.
BRANCHES = 4

# An outline is even when its densities differ by less than this share of the largest, and more where it is so small
# that the pixels hide its inside: this many pixels by its radius.
ALIKE, ALIKE_PX = 0.08, 1.0

# No light is packed into less than this share of an outline's unit.
LEAST_WIDTH = 2e-3

# The densities of a row that the outline crosses by no less than this are compared.
CROSSED = 0.99


class _Rows(NamedTuple):
    """What lands in the rows of an outline.

    Attributes
    ----------
    top, per_height : float
        y of the first, pixels, and rows per pixel.
    weights, moments : float64 (rows, 2 * BRANCHES * lines)
        Light of each branch of each line, and that times its x, pixels; about an obstruction, in the second half of the
        columns what is right of it.
    sides, side_moments : float64 (4, rows)
        How much of each row a side crosses, and that times its x: the outer sides, left and right, then those about
        the obstruction.
    """

    top: float
    per_height: float
    weights: NDArray[np.float64]
    moments: NDArray[np.float64]
    sides: NDArray[np.float64]
    side_moments: NDArray[np.float64]


class _Pieces(NamedTuple):
    """How rows are cut into pieces of even density.

    Attributes
    ----------
    flanks : int
        2 with a hole in the outline: left and right of it; else 1.
    is_even : bool
        Whether a flank of a row is one piece, between its sides.
    total : float
        All light, in the unit of the rows'.
    least : float
        Least width of a flank, pixels.
    size : float
        The outline's unit, pixels.
    edges : float64 (pieces + 1,)
    densities : float64 (pieces,)
        Of the flank in hand.
    places, energies : float64 (n,)
        The lines of the flank in hand.
    """

    flanks: int
    is_even: bool
    total: float
    least: float
    size: float
    edges: NDArray[np.float64]
    densities: NDArray[np.float64]
    places: NDArray[np.float64]
    energies: NDArray[np.float64]


@jit(inline="always")
def _bend(job):
    """By how much the pupil's image changes its density from place to place, in units of the blur's own, px per radius.

    0 where it is no more than moved and stretched: then it is as evenly bright as the pupil.
    """
    stop = job[STOP]
    slope = 12.0 * stop**3 * abs(job[SPHERICAL]) + 30.0 * stop**5 * abs(job[ZONAL]) + 6.0 * stop**2 * abs(job[COMA])
    return slope + 1e3 * (abs(job[RIPPLE]) + job[APODISATION])


@jit(allocates=False)
def _light_of_lines(rays, seam, landed, rows):
    """Share the light of every line out among the rows, whose weights and moments are overwritten; return all light."""
    job, lines = rays.job, landed.spans.shape[0]
    own = rows.weights.shape[1] if job[OBSTRUCTION] > 0.0 else BRANCHES * lines
    rows.weights[:, :own] = 0.0
    rows.moments[:, :own] = 0.0
    total = 0.0
    for line in range(lines):
        u, width = line_at(rays.first, rays.last, line, lines)
        upwards, turns = landed.places[line, 0, 1, 1] < landed.places[line, 0, 0, 1], 0
        for half in range(2):
            lower, upper = landed.spans[line, half, 0], landed.spans[line, half, 1]
            if upper <= lower:
                continue
            step = (upper - lower) / lines
            for k in range(lines):
                v = lower + (k + 0.5) * step
                energy = width * step * passed(job, u, v)
                total += energy
                x0, y0 = landed.places[line, half, k, 0], landed.places[line, half, k, 1]
                x1, y1 = landed.places[line, half, k + 1, 0], landed.places[line, half, k + 1, 1]
                # Where a line turns back, what lands in a row comes from two places of it.
                if (y1 < y0) != upwards:
                    upwards = not upwards
                    turns = min(turns + 1, BRANCHES - 1)
                branch = BRANCHES * line + turns
                if job[OBSTRUCTION] > 0.0 and u > seam_at(job, seam, v):
                    branch += BRANCHES * lines
                a, b = (y0 - rows.top) * rows.per_height, (y1 - rows.top) * rows.per_height
                deposit(x0, a, x1, b, energy, branch, rows.weights, rows.moments)
    return total


@jit(inline="always")
def _add_side(rows, side, start, end):
    """Add a piece of a side, from one place to another, to the rows."""
    a, b = (start[1] - rows.top) * rows.per_height, (end[1] - rows.top) * rows.per_height
    along(start[0], a, end[0], b, rows.sides[side], rows.side_moments[side])


@jit(allocates=False)
def _outer_side(rays, seam, rows, side, nodes):
    """Add the image's left or right side to the rows: from where it begins and where it ends, until both meet.

    Parameters
    ----------
    rays : Rays
    seam : Seam
    rows : _Rows
        Added to.
    side : int
        0 for the left, 1 for the right.
    nodes : int
        Pieces of a full turn.
    """
    end = rays.first if side == 0 else rays.last
    for branch in range(2):
        turn = seam.turn[branch]
        before = rim(rays, turn, branch)
        for k in range(1, nodes // 4 + 1):
            place = rim(rays, turn + (end - turn) * math.sin(2.0 * math.pi * k / nodes), branch)
            _add_side(rows, side, before, place)
            before = place
        if branch == 0:
            _add_side(rows, side, before, rim(rays, end, 1))


@jit(allocates=False)
def _hole_side(rays, seam, rows, side, nodes):
    """Add what bounds the image towards its hole to the rows, and the seam above and below it.

    Parameters
    ----------
    rays : Rays
    seam : Seam
    rows : _Rows
        Added to.
    side : int
        2 left of the hole, 3 right of it.
    nodes : int
        Pieces from top to bottom.
    """
    before = rim(rays, seam.turn[0], 0)
    for k in range(1, nodes + 1):
        v = seam.bottom + (seam.top - seam.bottom) * 0.5 * (1.0 - math.cos(math.pi * k / nodes))
        gap = hole_at(rays.job, v)
        u = (-gap if side == 2 else gap) if gap > 0.0 else seam_at(rays.job, seam, v)
        place = landing(rays.job, u, v)
        _add_side(rows, side, before, place)
        before = place


@jit(allocates=False)
def _find_sides(rays, seam, rows, nodes):
    """Find what bounds the image in each row: the sides of the rows and their moments are overwritten."""
    rows.sides[:] = 0.0
    rows.side_moments[:] = 0.0
    for side in range(2):
        _outer_side(rays, seam, rows, side, nodes)
        if rays.job[OBSTRUCTION] > 0.0:
            _hole_side(rays, seam, rows, 2 + side, nodes)


@jit(inline="always")
def _sides_of(flank, flanks):
    """Which two sides a flank of a row lies between."""
    return (flank, 2 + flank) if flanks == 2 else (0, 1)


@jit(inline="always")
def _area(rows, row, flank, flanks):
    """Area between the two sides of a flank."""
    one, other = _sides_of(flank, flanks)
    return abs(rows.side_moments[other, row] - rows.side_moments[one, row])


@jit(allocates=False)
def _whole_area(rows, flanks):
    """Area of all flanks."""
    total = 0.0
    for row in range(rows.sides.shape[1]):
        for flank in range(flanks):
            total += _area(rows, row, flank, flanks)
    return total


@jit(inline="always")
def _side_x(rows, row, side):
    """Mean x of a side in a row that it crosses, pixels."""
    return rows.side_moments[side, row] / rows.sides[side, row]


@jit(allocates=False)
def _even_piece(rows, row, flank, pieces):
    """Make one piece of a flank, between its sides; return whether it is crossed at all."""
    one, other = _sides_of(flank, pieces.flanks)
    if min(rows.sides[one, row], rows.sides[other, row]) <= 0.0:
        return False
    a, b = _side_x(rows, row, one), _side_x(rows, row, other)
    pieces.edges[0] = min(a, b)
    pieces.edges[1] = max(max(a, b), pieces.edges[0] + pieces.least)
    light = _area(rows, row, flank, pieces.flanks) / max(pieces.total, 1e-30)
    pieces.densities[0] = light / (pieces.edges[1] - pieces.edges[0])
    return True


@jit(inline="always")
def _gather_lines(rows, row, flank, pieces):
    """Write the lines that land in a flank, and their light; return how many these are."""
    branches, count = rows.weights.shape[1] // 2, 0
    for branch in range(flank * branches, (flank + 1) * branches):
        if rows.weights[row, branch] > 0.0:
            pieces.energies[count] = rows.weights[row, branch] / max(pieces.total, 1e-30)
            pieces.places[count] = rows.moments[row, branch] / rows.weights[row, branch]
            count += 1
    return count


@jit(allocates=False)
def _cut(rows, row, flank, pieces):
    """Cut a flank's light into pieces of even density; return whether there is any.

    A row that the outline does not cross is as wide as its light.
    """
    places, energies = pieces.places, pieces.energies
    count = _gather_lines(rows, row, flank, pieces)
    if count == 0:
        return False
    low = high = places[0]
    for side in _sides_of(flank, pieces.flanks):
        if rows.sides[side, row] > 0.0:
            low, high = min(low, _side_x(rows, row, side)), max(high, _side_x(rows, row, side))
    total = sort_by_place(places, energies, count)
    low, high = widened(min(low, places[0]), max(high, places[count - 1]), pieces.least)
    pieces.edges[0], pieces.edges[-1] = low, high
    place_edges(places, energies, count, total, pieces.edges)
    fill_pieces(pieces.edges, total, pieces.least, pieces.densities)
    return True


@jit(inline="always")
def _write_flank(table, row, flank, pieces):
    """Write the steps of a flank's pieces, each one up and one down, into the table's row below."""
    own = pieces.densities.size
    for piece in range(own):
        for side in range(2):
            step = pieces.densities[piece] if side == 0 else -pieces.densities[piece]
            edge = 2 * (flank * own + piece) + side
            table[row + 1, edge, 0] = step * pieces.size
            table[row + 1, edge, 1] = step * pieces.edges[piece + side]


@jit(allocates=False)
def _write_rows(table, rows, pieces):
    """Write each row's steps; return the smallest and largest density of the rows that are crossed all the way."""
    thinnest, densest = np.inf, 0.0
    for row in range(rows.sides.shape[1]):
        for flank in range(pieces.flanks):
            if pieces.is_even:
                written = _even_piece(rows, row, flank, pieces)
            else:
                written = _cut(rows, row, flank, pieces)
            if not written:
                continue
            _write_flank(table, row, flank, pieces)
            one, other = _sides_of(flank, pieces.flanks)
            if min(rows.sides[one, row], rows.sides[other, row]) > CROSSED:
                for density in pieces.densities:
                    thinnest, densest = min(thinnest, density), max(densest, density)
    return thinnest, densest


@jit(inline="always")
def _integrate(table):
    """Sum the steps down from the first row, in place."""
    for row in range(table.shape[0] - 1):
        for edge in range(table.shape[1]):
            for column in range(2):
                table[row + 1, edge, column] += table[row, edge, column]


@jit(inline="always")
def _size(box):
    """How far from the point's place an outline in a box (4,) reaches: its unit, pixels."""
    return max(-box[0], box[1], -box[2], box[3], 1e-3)


@jit(allocates=False)
def _outline(rays, slight, landed, space, header, table):
    """Trace one outline.

    Parameters
    ----------
    rays : Rays
    slight : float
        As in `outlines`.
    landed : Landed
    space : (_Rows, _Pieces)
        Arrays to work in, with no fewer rows than the outline has.
    header : float64 (HEADER,)
        Written, except for `FIRST`, `ROWS` and `SHARP`.
    table : float64 (rows + 1, E, 2)
        Written.
    """
    job, count, lines = rays.job, table.shape[0] - 1, landed.spans.shape[0]
    table[:] = 0.0
    box, widest = land(rays, landed)
    size = _size(box)
    top, bottom = widened(box[2], box[3], LEAST_WIDTH * size)
    per_height = count / (bottom - top)
    work, cuts = space
    rows = _Rows(
        top, per_height, work.weights[:count], work.moments[:count], work.sides[:, :count], work.side_moments[:, :count]
    )
    seam = find_seam(rays, 4 * lines)
    total = _light_of_lines(rays, seam, landed, rows)
    _find_sides(rays, seam, rows, 4 * lines)

    # With a hole in it a row has two flanks, of half the pieces each; where rays keep their order, one piece is enough.
    flanks = 2 if job[OBSTRUCTION] > 0.0 else 1
    is_even = _bend(job) <= (slight if flanks == 2 else 0.0) * abs(job[RADIUS])
    own = 1 if is_even else cuts.densities.size // flanks
    total = _whole_area(rows, flanks) if is_even else total
    pieces = _Pieces(
        flanks, is_even, total, LEAST_WIDTH * size, size, cuts.edges[: own + 1], cuts.densities[:own], cuts.places,
        cuts.energies,
    )  # fmt: skip
    thinnest, densest = _write_rows(table, rows, pieces)
    header[USED] = 2 * flanks * own
    if flanks == 1 and own > 1 and densest - thinnest < (ALIKE + ALIKE_PX / size) * densest:
        join(table)
        header[USED] = 2
    _integrate(table)
    header[TOP], header[PER_HEIGHT] = top / size, per_height * size
    header[GROWTH] = widest / job[STOP]
    header[OFFSET] = size - header[GROWTH] * abs(job[RADIUS])


@jit()
def _work_space(lines, pieces, rows):
    """Make the arrays that outlines of so many lines, pieces and at most so many rows are traced in."""
    branches = BRANCHES * lines
    landed = Landed(np.empty((lines, 2, lines + 1, 2)), np.empty((lines, 2, 2)))
    weights, moments = np.empty((rows, 2 * branches)), np.empty((rows, 2 * branches))
    work = _Rows(0.0, 0.0, weights, moments, np.empty((4, rows)), np.empty((4, rows)))
    lists = np.empty(branches), np.empty(branches)
    return landed, (work, _Pieces(1, False, 0.0, 0.0, 0.0, np.empty(pieces + 1), np.empty(pieces), *lists))


@jit()
def outlines(trace_jobs, iris, lines, pieces, slight, sharp, psf_headers, tables):
    """Trace each job's rays, and write the outline that they make: the geometric point spread function, row by row.

    Parameters
    ----------
    trace_jobs : float64 (N, JOB)
        What to trace; pixels, and units of the wide open pupil.
    iris : float64 (n, 2)
        Lowest and highest v of the unit iris, at even steps of u from -1 to 1.
    lines : int
        Lines that the pupil is cut into, and pieces of each.
    pieces : int
        Pieces of even density that a row is made of.
    slight : float
        About an obstruction, light that is bent by less than this share of the blur is taken for even.
    sharp : float
        `SHARP` of the headers, pixels.
    psf_headers : float64 (N, HEADER)
        `FIRST` and `ROWS` are read, the others written.
    tables : float64 (R, 2 * pieces, 2)
        Written: all light adds up to 1. Each piece has a step up and one down of its own: where steps that change their
        sign from row to row met in one, it would lie anywhere.
    """
    most_rows = 0
    for n in range(trace_jobs.shape[0]):
        most_rows = max(most_rows, int(psf_headers[n, ROWS]))
    landed, space = _work_space(lines, pieces, most_rows)
    for n in range(trace_jobs.shape[0]):
        rows, first_row = int(psf_headers[n, ROWS]), int(psf_headers[n, FIRST])
        psf_headers[n, SHARP] = sharp
        table = tables[first_row : first_row + rows + 1]
        _outline(open_rays(trace_jobs[n], iris), slight, landed, space, psf_headers[n], table)
