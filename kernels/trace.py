"""Outlines by rays: the light of a point, row by row, where the rays through the pupil land."""

import math

import numpy as np

from .jit import jit
from .outline import FIRST, GROWTH, OFFSET, PER_HEIGHT, ROWS, SHARP, TOP, USED
from .pupil import (
    APODISATION,
    COMA,
    OBSTRUCTION,
    RADIUS,
    RIPPLE,
    SPHERICAL,
    SQUEEZE,
    STOP,
    ZONAL,
    chord,
    extent,
    hole_at,
    landing,
    line_at,
    passed,
    span,
)
from .rows import along, cut, deposit, join

# So often light of one line of the pupil may turn back on its way over the picture.
BRANCHES = 4

# An outline is even when its densities differ by less than this share of the largest, and more where it is so small
# that the pixels hide its inside: this many pixels by its radius.
ALIKE, ALIKE_PX = 0.08, 1.0

# No light is packed into less than this share of an outline's unit.
LEAST_WIDTH = 2e-3


@jit(inline="always")
def _rim(job, iris, u, branch):
    """Where light from the pupil's edge at u lands: its lower edge or its upper."""
    bottom, top = chord(job, iris, u)
    if bottom > top:
        bottom = top = 0.5 * (bottom + top)
    return landing(job, u, bottom if branch == 0 else top)


@jit()
def _turn(job, iris, first, last, branch, nodes):
    """Find the u at which the image of the pupil's lower or upper edge turns back: where the image begins or ends."""
    middle = 0.5 * (first + last)
    upwards = _rim(job, iris, middle, branch)[1] < _rim(job, iris, middle, 1 - branch)[1]
    best, turn = np.inf, middle
    for k in range(nodes + 1):
        u = middle - 0.5 * (last - first) * math.cos(math.pi * k / nodes)
        y = _rim(job, iris, u, branch)[1]
        y = y if upwards else -y
        if y < best:
            best, turn = y, u
    return turn


@jit(inline="always")
def _seam(job, turn, bottom, top, v):
    """Find the u at which the left part of a pupil with a hole meets the right: from the image's ends to the hole."""
    if v < 0.0:
        return turn[0] * max((v + job[OBSTRUCTION]) / min(bottom + job[OBSTRUCTION], -1e-9), 0.0)
    return turn[1] * max((v - job[OBSTRUCTION]) / max(top - job[OBSTRUCTION], 1e-9), 0.0)


@jit(inline="always")
def _bend(job):
    """By how much the pupil's image changes its density from place to place, in units of the blur's own, px per radius.

    0 where it is no more than moved and stretched: then it is as evenly bright as the pupil.
    """
    stop = job[STOP]
    slope = 12.0 * stop**3 * abs(job[SPHERICAL]) + 30.0 * stop**5 * abs(job[ZONAL]) + 6.0 * stop**2 * abs(job[COMA])
    return slope + 1e3 * (abs(job[RIPPLE]) + job[APODISATION])


@jit(inline="always")
def _between(moments, part, parts, row):
    """Area between the two sides of a part of a row."""
    one, other = (part, 2 + part) if parts == 2 else (0, 1)
    return abs(moments[other, row] - moments[one, row])


@jit()
def _land(job, iris, first, last, landed, spans):
    """Follow the rays of every line: where they land, and the v that each part of a line begins and ends at.

    Returns the smallest and largest x and y of the image, and how far from its middle the pupil reaches in x or y.
    """
    lines = spans.shape[0]
    left, right, high, low, widest = np.inf, -np.inf, np.inf, -np.inf, 0.0
    for line in range(lines):
        u, _ = line_at(first, last, line, lines)
        for part in range(2):
            bottom, top = span(job, iris, u, part)
            spans[line, part, 0], spans[line, part, 1] = bottom, top
            if top <= bottom:
                continue
            step = (top - bottom) / lines
            widest = max(widest, abs(u) / job[SQUEEZE], abs(bottom), abs(top))
            for k in range(lines + 1):
                x, y = landing(job, u, bottom + k * step)
                landed[line, part, k, 0], landed[line, part, k, 1] = x, y
                left, right, high, low = min(left, x), max(right, x), min(high, y), max(low, y)
    for u in (first, last):
        for branch in range(2):
            x, y = _rim(job, iris, u, branch)
            left, right, high, low = min(left, x), max(right, x), min(high, y), max(low, y)
    return left, right, high, low, widest


@jit()
def _light_of_lines(job, first, last, landed, spans, turn, bottom, top, high, per_height, weights, moments):
    """Share the light of every line out among the rows; return all light.

    `weights` and `moments` (rows, 2 * BRANCHES * lines) are overwritten: the light of each branch of each line that
    lands in a row, and that times its x; about an obstruction, in the second half of the columns what is right of it.
    """
    rows, lines = weights.shape[0], spans.shape[0]
    weights[:] = 0.0
    moments[:] = 0.0
    total = 0.0
    for line in range(lines):
        u, width = line_at(first, last, line, lines)
        upwards, turns = landed[line, 0, 1, 1] < landed[line, 0, 0, 1], 0
        for part in range(2):
            lower, upper = spans[line, part, 0], spans[line, part, 1]
            if upper <= lower:
                continue
            step = (upper - lower) / lines
            for k in range(lines):
                v = lower + (k + 0.5) * step
                energy = width * step * passed(job, u, v)
                total += energy
                x0, y0 = landed[line, part, k, 0], landed[line, part, k, 1]
                x1, y1 = landed[line, part, k + 1, 0], landed[line, part, k + 1, 1]
                # Where a line turns back, what lands in a row comes from two places of it.
                if (y1 < y0) != upwards:
                    upwards = not upwards
                    turns = min(turns + 1, BRANCHES - 1)
                branch = BRANCHES * line + turns
                if job[OBSTRUCTION] > 0.0 and u > _seam(job, turn, bottom, top, v):
                    branch += BRANCHES * lines
                deposit(x0, y0, x1, y1, energy, high, per_height, rows, branch, weights, moments)
    return total


@jit()
def _sides(job, iris, first, last, turn, bottom, top, nodes, high, per_height, lengths, moments):
    """Find what bounds the image in each row: the outer sides, left and right, then those about the obstruction.

    `lengths` and `moments` (4, rows) are overwritten: how much of each row a side crosses, and that times its x.
    """
    rows = lengths.shape[1]
    lengths[:] = 0.0
    moments[:] = 0.0
    for half in range(2):
        end = first if half == 0 else last
        # From where the image begins and where it ends, until both meet.
        for branch in range(2):
            x0, y0 = _rim(job, iris, turn[branch], branch)
            for k in range(1, nodes // 4 + 1):
                u = turn[branch] + (end - turn[branch]) * math.sin(2.0 * math.pi * k / nodes)
                x1, y1 = _rim(job, iris, u, branch)
                along(x0, y0, x1, y1, high, per_height, rows, lengths[half], moments[half])
                x0, y0 = x1, y1
            if branch == 0:
                x1, y1 = _rim(job, iris, end, 1)
                along(x0, y0, x1, y1, high, per_height, rows, lengths[half], moments[half])
        if job[OBSTRUCTION] == 0.0:
            continue
        x0, y0 = _rim(job, iris, turn[0], 0)
        for k in range(1, nodes + 1):
            v = bottom + (top - bottom) * 0.5 * (1.0 - math.cos(math.pi * k / nodes))
            gap = hole_at(job, v)
            u = (-gap if half == 0 else gap) if gap > 0.0 else _seam(job, turn, bottom, top, v)
            x1, y1 = landing(job, u, v)
            along(x0, y0, x1, y1, high, per_height, rows, lengths[2 + half], moments[2 + half])
            x0, y0 = x1, y1


@jit()
def outlines(jobs, iris, lines, pieces, slight, sharp, frames, tables):
    """Trace each job's rays, and write the outline that they make.

    Parameters
    ----------
    jobs : float64 (N, JOB)
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
        `SHARP` of the frames, pixels.
    frames : float64 (N, FRAME)
        `FIRST` and `ROWS` are read, the others written.
    tables : float64 (R, 2 * pieces, 2)
        Written: all light adds up to 1. Each piece has a step up and one down of its own: where steps that change their
        sign from row to row met in one, it would lie anywhere.
    """
    most_rows = 0
    for n in range(jobs.shape[0]):
        most_rows = max(most_rows, int(frames[n, ROWS]))
    landed = np.empty((lines, 2, lines + 1, 2))
    spans = np.empty((lines, 2, 2))
    branches = BRANCHES * lines
    weights, moments = np.empty((most_rows, 2 * branches)), np.empty((most_rows, 2 * branches))
    sides, side_moments = np.empty((4, most_rows)), np.empty((4, most_rows))
    places, energies = np.empty(branches), np.empty(branches)
    edges, densities = np.empty(pieces + 1), np.empty(pieces)
    turn = np.zeros(2)
    for n in range(jobs.shape[0]):
        job, rows, first_row = jobs[n], int(frames[n, ROWS]), int(frames[n, FIRST])
        table = tables[first_row : first_row + rows + 1]
        table[:] = 0.0
        first, last = extent(job, iris)
        if first > last:
            first, last = 0.0, 0.0
        left, right, high, low, widest = _land(job, iris, first, last, landed, spans)
        size = max(-left, right, -high, low, 1e-3)
        if low - high < LEAST_WIDTH * size:
            high, low = 0.5 * (high + low) - 0.5 * LEAST_WIDTH * size, 0.5 * (high + low) + 0.5 * LEAST_WIDTH * size
        per_height = rows / (low - high)

        # With a hole in it a row has two parts, of half the pieces each; where rays keep their order, one is enough.
        parts = 2 if job[OBSTRUCTION] > 0.0 else 1
        for branch in range(2):
            turn[branch] = _turn(job, iris, first, last, branch, 4 * lines)
        bottom, top = chord(job, iris, turn[0])[0], chord(job, iris, turn[1])[1]
        total = _light_of_lines(
            job, first, last, landed, spans, turn, bottom, top, high, per_height, weights[:rows], moments[:rows]
        )
        crossings = sides[:, :rows], side_moments[:, :rows]
        _sides(job, iris, first, last, turn, bottom, top, 4 * lines, high, per_height, *crossings)

        least = LEAST_WIDTH * size
        even = _bend(job) <= (slight if parts == 2 else 0.0) * abs(job[RADIUS])
        own = 1 if even else pieces // parts
        frame = frames[n]
        frame[USED] = 2 * parts * own
        if even:
            total = 0.0
            for row in range(rows):
                for part in range(parts):
                    total += _between(side_moments, part, parts, row)
        thinnest, densest = np.inf, 0.0
        for row in range(rows):
            for part in range(parts):
                one, other = (part, 2 + part) if parts == 2 else (0, 1)
                crossed = min(sides[one, row], sides[other, row])
                count = 0
                if even:
                    if crossed > 0.0:
                        edges[0] = side_moments[one, row] / sides[one, row]
                        edges[1] = side_moments[other, row] / sides[other, row]
                        edges[0], edges[1] = min(edges[0], edges[1]), max(edges[0], edges[1])
                        edges[1] = max(edges[1], edges[0] + least)
                        light = _between(side_moments, part, parts, row) / max(total, 1e-30)
                        densities[0] = light / (edges[1] - edges[0])
                        count = 1
                else:
                    for branch in range(part * branches, (part + 1) * branches):
                        if weights[row, branch] > 0.0:
                            energies[count] = weights[row, branch] / max(total, 1e-30)
                            places[count] = moments[row, branch] / weights[row, branch]
                            count += 1
                    if count > 0:
                        # A row that the outline does not cross is as wide as its light.
                        low_x = high_x = places[0]
                        for side in (one, other):
                            if sides[side, row] > 0.0:
                                place = side_moments[side, row] / sides[side, row]
                                low_x, high_x = min(low_x, place), max(high_x, place)
                        cut(places, energies, count, low_x, high_x, least, own, edges, densities)
                if count == 0:
                    continue
                for piece in range(own):
                    density = densities[piece]
                    # The first and last rows are not crossed all the way.
                    if crossed > 0.99:
                        thinnest, densest = min(thinnest, density), max(densest, density)
                    for side in range(2):
                        step = density if side == 0 else -density
                        edge = 2 * (part * own + piece) + side
                        table[row + 1, edge, 0] = step * size
                        table[row + 1, edge, 1] = step * edges[piece + side]
        if parts == 1 and own > 1 and densest - thinnest < (ALIKE + ALIKE_PX / size) * densest:
            join(table)
            frame[USED] = 2
        for row in range(rows):
            for edge in range(table.shape[1]):
                for column in range(2):
                    table[row + 1, edge, column] += table[row, edge, column]
        frame[TOP], frame[PER_HEIGHT] = high / size, rows / (low - high) * size
        frame[GROWTH], frame[SHARP] = widest / job[STOP], sharp
        frame[OFFSET] = size - frame[GROWTH] * abs(job[RADIUS])
