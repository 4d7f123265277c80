"""Sets of pixels: listed as runs, and put together to connected pieces."""

from .jit import jit
from .pieces import join


@jit()
def count_runs(mask, counts):
    """Count the runs of each row of a mask (H, W): `counts` (H,)."""
    height, width = mask.shape
    for y in range(height):
        count = 0
        inside = False
        for x in range(width):
            if mask[y, x] and not inside:
                count += 1
            inside = mask[y, x]
        counts[y] = count


@jit(inline="always")
def _list_row(row, n, first, stop):
    """Write the runs of one row (W,), the first of which is the n-th of all."""
    inside = False
    for x in range(row.size):
        if row[x] and not inside:
            first[n] = x
        elif inside and not row[x]:
            stop[n] = x
            n += 1
        inside = row[x]
    if inside:
        stop[n] = row.size


@jit()
def list_runs(mask, row_starts, first, stop):
    """Write the first column of each run, and the one after its last, from `row_starts` (H + 1,) on."""
    for y in range(mask.shape[0]):
        if row_starts[y + 1] > row_starts[y]:
            _list_row(mask[y], row_starts[y], first, stop)


@jit()
def list_pixels(runs, before, pixels):
    """Write the pixels of runs: `runs` and `pixels` are rows, first columns and labels, of runs and of pixels.

    The first pixel of each run is the `before`-th of all; `before` (R + 1,) ends with how many there are.
    """
    for run in range(before.size - 1):
        for n in range(before[run], before[run + 1]):
            pixels[0][n] = runs[0][run]
            pixels[1][n] = runs[1][run] + n - before[run]
            pixels[2][n] = runs[2][run]


@jit(inline="always")
def _join_rows(label, first, stop, above, row, end):
    """Join the runs of one row with those of the row above that they touch, corners too.

    Parameters
    ----------
    label : int32 (R,), changed
    first, stop : int32 (R,)
        Columns of the runs, from `first` to before `stop`.
    above, row, end : int
        First run of the row above, of the row, and of the one below.
    """
    for n in range(row, end):
        while above < row and stop[above] < first[n]:
            above += 1
        other = above
        while other < row and first[other] <= stop[n]:
            join(label, n, other)
            other += 1


@jit(inline="always")
def _number_roots(label):
    """Replace each run's link by the number of its piece, from 1 on; return how many there are."""
    count = 0
    for n in range(label.size):
        # Below 0, so that numbers are not taken for links.
        if label[n] == n:
            count += 1
            label[n] = -count
        else:
            label[n] = label[label[n]]
    for n in range(label.size):
        label[n] = -label[n]
    return count


@jit()
def number_runs(row_starts, first, stop, label):
    """Give connected runs one number, from 1 in raster order (corners connect); return how many pieces there are.

    Parameters
    ----------
    row_starts : int64 (H + 1,)
        Number of each row's first run, and of all.
    first, stop : int32 (R,)
        Columns of the runs, from `first` to before `stop`.
    label : int32 (R,), written

    Notes
    -----
    Union and find with halved paths (R. E. Tarjan, J. van Leeuwen, "Worst-case analysis of set union algorithms",
    1984).
    """
    for n in range(label.size):
        label[n] = n
    for y in range(1, row_starts.size - 1):
        _join_rows(label, first, stop, row_starts[y - 1], row_starts[y], row_starts[y + 1])
    return _number_roots(label)
