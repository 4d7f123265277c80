"""Lines through a pixel of a gap, and where they end: at the first known pixels to both sides.

Known are those whose `KnownPixels.order` is the least that the pixel asks for, or more. So a pixel can ask for what is
far enough to lie behind it.

A place is (y, x, least).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .fragments import MIXED
from .jit import jit

DIRECTIONS = 24
"""Over a half turn."""

STRIDE = 4
"""So many steps of a line are skipped at once where nothing around can end it."""

STEPS = np.array([(math.sin(math.pi * k / DIRECTIONS), math.cos(math.pi * k / DIRECTIONS)) for k in range(DIRECTIONS)])
"""Step of length 1 in each of the directions: (dy, dx)."""


class LineSteps(NamedTuple):
    """The pixels that the lines through a pixel meet, one after the other.

    Attributes
    ----------
    down, across : int16 (2, DIRECTIONS, 2 reach)
        Rows and columns from the pixel, for one in an even row (column), and in an odd one: half a pixel is rounded to
        even ones. First of all steps forward, then of those back.
    """

    down: NDArray[np.int16]
    across: NDArray[np.int16]


def line_steps(reach):
    """Make `LineSteps` of so many steps."""
    steps = np.concatenate([np.arange(1, reach + 1), -np.arange(1, reach + 1)])
    away = STEPS.T[:, None, :, None] * steps
    # Even or odd, and large enough that all places round as these do.
    at = np.array([1024.0, 1025.0])[None, :, None, None]
    landed = np.asarray(np.rint(at + away) - at, np.int16)
    return LineSteps(landed[0], landed[1])


class KnownPixels(NamedTuple):
    """Where lines may end.

    Attributes
    ----------
    order : float32 (H, W)
        How far back what is known there lies.
    most : float32 (ceil(H / STRIDE), ceil(W / STRIDE))
        The most of it in each block of `STRIDE` pixels and `STRIDE` pixels around: what a line can meet in so many
        steps from there.
    """

    order: NDArray[np.float32]
    most: NDArray[np.float32]


@jit(allocates=False)
def order_seen(seen, per_class, order, known):
    """Tell how far back what is seen lies, and which pixels show one surface alone.

    Parameters
    ----------
    seen : SeenRows, (H, W)
    per_class : float32
        What a class counts, in dioptres.
    order : float32 (H, W), overwritten
        Classes before depths; -inf where two surfaces are seen.
    known : bool (H, W), overwritten
    """
    for y in range(order.shape[0]):
        for x in range(order.shape[1]):
            kinds = seen.kinds[y, x]
            known[y, x] = kinds < MIXED
            back = per_class * np.float32(kinds) - seen.dioptres[y, x]
            order[y, x] = back if kinds < MIXED else np.float32(-np.inf)


@jit()
def most_around(order, most):
    """Find `KnownPixels.most`, which is overwritten."""
    blocks = np.full(most.shape, -np.inf, np.float32)
    for y in range(order.shape[0]):
        for x in range(order.shape[1]):
            at = y // STRIDE, x // STRIDE
            blocks[at] = max(blocks[at], order[y, x])
    rows, columns = most.shape
    for row in range(rows):
        for column in range(columns):
            largest = np.float32(-np.inf)
            for v in range(max(row - 1, 0), min(row + 2, rows)):
                for u in range(max(column - 1, 0), min(column + 2, columns)):
                    largest = max(largest, blocks[v, u])
            most[row, column] = largest


@jit(inline="always")
def _end_within(known, place, away, reach):
    """Count the steps to the first known pixel along a line that stays within the picture; as `_end`.

    `away` are rows and columns of the steps from the place, int16 (2, n); the first comes after the place itself.
    """
    row, column, least = place
    down, across = away
    y, x = row, column
    for first in range(0, reach, STRIDE):
        last = min(first + STRIDE, reach)
        if known.most[np.uint64(y // STRIDE), np.uint64(x // STRIDE)] >= least:
            for step in range(first, last):
                if known.order[np.uint64(row + down[step]), np.uint64(column + across[step])] >= least:
                    return step + 1
        y, x = row + down[last - 1], column + across[last - 1]
    return 0


@jit(inline="always")
def _end(known, place, rays, k, back):
    """Count the steps to the first known pixel in a direction, or back; 0 when there is none within reach.

    Parameters
    ----------
    known : KnownPixels
    place : (int, int, float)
    rays : LineSteps
    k : int
        Number of the direction.
    back : bool
    """
    (height, width), (row, column, least) = known.order.shape, place
    reach = rays.down.shape[2] // 2
    steps = slice(reach, 2 * reach) if back else slice(0, reach)
    down, across = rays.down[row & 1, k, steps], rays.across[column & 1, k, steps]
    if row >= reach and column >= reach and row + reach < height and column + reach < width:
        return _end_within(known, place, (down, across), reach)
    for step in range(reach):
        y, x = row + down[step], column + across[step]
        if y < 0 or x < 0 or y >= height or x >= width:
            return 0
        if known.order[y, x] >= least:
            return step + 1
    return 0


@jit(inline="always")
def find_ends(known, place, rays, k):
    """Count the steps to both ends of a line, forward and back; the second is 0 when there is no line."""
    forward = _end(known, place, rays, k, False)
    return forward, (_end(known, place, rays, k, True) if forward > 0 else 0)


@jit(inline="always")
def find_landings(place, rays, k, ends):
    """Find the pixels at both ends of a line."""
    down, across = rays.down[place[0] & 1, k], rays.across[place[1] & 1, k]
    one, two = ends[0] - 1, rays.down.shape[2] // 2 + ends[1] - 1
    return (place[0] + down[one], place[1] + across[one]), (place[0] + down[two], place[1] + across[two])
