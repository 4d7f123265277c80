"""What one depth slice of a layered scene spreads through the lens."""

import numpy as np

from .jit import jit

# No fragment: pixels whose back is not known.
NONE = np.uint8(255)

# Pixels a side of the cells of which it is known what slices lie there.
CELL = 32


@jit(inline="always")
def _number(table, kind, depth, dioptres):
    """Slice of a fragment: `depth` is where the table begins in dioptres, and its entries to a dioptre."""
    place = int((dioptres - depth[0]) * depth[1])
    return table[kind, min(max(place, 0), table.shape[1] - 1)]


@jit(inline="always")
def _include(ranges, low, high):
    """Widen a slice's range of dioptres, float32 (2,): farthest and nearest."""
    ranges[0], ranges[1] = min(ranges[0], low), max(ranges[1], high)


@jit(allocates=False)
def number_fragments(fragments, table, depth, band, numbers, cells):
    """Find the slice of every fragment of some rows.

    Parameters
    ----------
    fragments : tuple of front, alpha, back, weight, kinds
        As of `scene.fragments.Fragments`, (h, w).
    table : uint8 (3, N)
        The slice of each class at each depth.
    depth : (float32, float32)
        Dioptres where the table begins, and its entries to a dioptre.
    band : (int, int)
        First row, and the one after the last.
    numbers : (uint8 (h, w), uint8 (h, w))
        Of the front and of the back, overwritten there; NONE where there is no back.
    cells : float32 (ceil(h / CELL), ceil(w / CELL), S, 2)
        Farthest and nearest dioptres of each slice in each cell; widened.
    """
    front, _, back, weight, kinds = fragments
    for row in range(band[0], band[1]):
        for cell in range(cells.shape[1]):
            ranges = cells[row // CELL, cell]
            last, low, high = -1, np.float32(0.0), np.float32(0.0)
            for column in range(cell * CELL, min((cell + 1) * CELL, kinds.shape[1])):
                own = front[row, column, 3]
                number = _number(table, kinds[row, column] & 3, depth, own)
                numbers[0][row, column] = number
                # Neighbours mostly lie in one slice: its range is kept at hand.
                if number != last:
                    if last >= 0:
                        _include(ranges[last], low, high)
                    last, low, high = int(number), own, own
                low, high = min(low, own), max(high, own)
                numbers[1][row, column] = NONE
                if weight[row, column] > 0.0:
                    own = back[row, column, 3]
                    number = _number(table, kinds[row, column] >> 2, depth, own)
                    numbers[1][row, column] = number
                    _include(ranges[number], own, own)
            _include(ranges[last], low, high)


@jit(allocates=False)
def survey(cells, spans, support, depths):
    """Find where the slices lie in a box of cells.

    Parameters
    ----------
    cells
        As of `number_fragments`.
    spans : (int, int, int, int)
        First row of cells and the one after the last, and the same of columns.
    support : int64 (S, 4), overwritten
        The same of the cells that each slice lies in; the first row is not before the other where it is nowhere.
    depths : float32 (S, 2), overwritten
        Farthest and nearest dioptres of each; the first is larger where it is nowhere.
    """
    support[:, 0], support[:, 1], support[:, 2], support[:, 3] = spans[1], spans[0], spans[3], spans[2]
    depths[:, 0], depths[:, 1] = np.inf, -np.inf
    for row in range(spans[0], spans[1]):
        for column in range(spans[2], spans[3]):
            for number in range(support.shape[0]):
                low, high = cells[row, column, number, 0], cells[row, column, number, 1]
                if low <= high:
                    own = support[number]
                    own[0], own[1] = min(own[0], row), max(own[1], row + 1)
                    own[2], own[3] = min(own[2], column), max(own[3], column + 1)
                    _include(depths[number], low, high)


@jit(inline="always")
def _ancestor(coarse, numbers, row, column, dioptres):
    """Fragment of a coarser pixel which one of its own belongs to, the one at the more alike depth: slice and depth.

    Parameters
    ----------
    coarse, numbers
        As `fragments` and `numbers` of `number_fragments`.
    row, column : int
        The coarser pixel.
    dioptres : float32
        Of the fragment.
    """
    front, back = coarse[0][row, column, 3], coarse[2][row, column, 3]
    hidden = numbers[1][row, column] != NONE and abs(back - dioptres) < abs(front - dioptres)
    return (int(numbers[1][row, column]), back) if hidden else (int(numbers[0][row, column]), front)


@jit(inline="always")
def _is_left_over(coarse, coarse_numbers, parent, own, number, kept, within):
    """Whether a coarser level's fragment was not made there, as that which it belongs to lies on the cut's other side.

    Parameters
    ----------
    coarse, coarse_numbers, within
        As of `adopt`.
    parent : (int, int)
        Row and column of the coarser pixel.
    own : float32
        Dioptres of the fragment.
    number, kept : int
        Its slice, and the level's own that is next to the coarser ones.
    """
    if not within[0] <= own <= within[1]:
        return False
    other, depth = _ancestor(coarse, coarse_numbers, parent[0], parent[1], own)
    if not within[0] <= depth <= within[1]:
        return False
    return other >= kept if number < kept else other <= kept


@jit(inline="always")
def _is_apart(ranges, bounds, within):
    """Whether a cell, float32 (S, 2), holds what is a coarser level's and may be the same surface; as of `adopt`."""
    for number in range(ranges.shape[0]):
        if (number < bounds[0] or number > bounds[1]) and ranges[number, 0] <= ranges[number, 1]:
            if ranges[number, 0] <= within[1] and ranges[number, 1] >= within[0]:
                return True
    return False


@jit(allocates=False)
def adopt(fragments, numbers, coarse, coarse_numbers, place, bounds, within, band, cells):
    """Give to the first or last slice of a level what belongs to a coarser level's, but was not made there.

    A coarser pixel at a cut lies in one slice; those that it is made of may lie in two.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`; the second is changed in place.
    coarse, coarse_numbers
        The same of the whole coarser level.
    place : (int, int, int)
        Row and column of the level where the fragments begin, and by how many halvings the other is coarser.
    bounds : (int, int)
        Slices before the first and beyond the second are the coarser level's.
    within : (float32, float32)
        Only what lies between these depths, dioptres, may be the same surface.
    band : (int, int)
        First row of cells, and the one after the last.
    cells
        As of `number_fragments`.
    """
    for cell_row in range(band[0], band[1]):
        for cell_column in range(cells.shape[1]):
            ranges = cells[cell_row, cell_column]
            if not _is_apart(ranges, bounds, within):
                continue
            for row in range(CELL * cell_row, min(CELL * (cell_row + 1), numbers[0].shape[0])):
                for column in range(CELL * cell_column, min(CELL * (cell_column + 1), numbers[0].shape[1])):
                    parent = (place[0] + row) >> place[2], (place[1] + column) >> place[2]
                    for side in range(2):
                        number = int(numbers[side][row, column])
                        if number == NONE or bounds[0] <= number <= bounds[1]:
                            continue
                        own = fragments[0][row, column, 3] if side == 0 else fragments[2][row, column, 3]
                        kept = bounds[0] if number < bounds[0] else bounds[1]
                        if _is_left_over(coarse, coarse_numbers, parent, own, number, kept, within):
                            numbers[side][row, column] = kept
                            _include(ranges[kept], own, own)
