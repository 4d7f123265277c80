"""Sets of pixels: listed as runs, and put together to connected pieces."""

from numba import prange

from .jit import jit


@jit(parallel=True)
def count_runs(mask, counts):
    """Count the runs of each row of a mask (H, W): `counts` (H,)."""
    height, width = mask.shape
    for y in prange(height):
        count = 0
        inside = False
        for x in range(width):
            if mask[y, x] and not inside:
                count += 1
            inside = mask[y, x]
        counts[y] = count


@jit(parallel=True)
def list_runs(mask, row_starts, first, stop):
    """Write the first column of each run, and the one after its last, from `row_starts` (H + 1,) on."""
    height, width = mask.shape
    for y in prange(height):
        if row_starts[y + 1] == row_starts[y]:
            continue
        n = row_starts[y]
        inside = False
        for x in range(width):
            if mask[y, x] and not inside:
                first[n] = x
            elif inside and not mask[y, x]:
                stop[n] = x
                n += 1
            inside = mask[y, x]
        if inside:
            stop[n] = width


@jit()
def number_runs(row_starts, first, stop, label):
    """Give connected runs one number, from 1 in raster order (corners connect); return how many pieces there are."""
    for n in range(first.size):
        label[n] = n
    for y in range(1, row_starts.size - 1):
        above = row_starts[y - 1]
        for n in range(row_starts[y], row_starts[y + 1]):
            while above < row_starts[y] and stop[above] < first[n]:
                above += 1
            other = above
            while other < row_starts[y] and first[other] <= stop[n]:
                a, b = n, other
                while label[a] != a:
                    label[a] = label[label[a]]
                    a = label[a]
                while label[b] != b:
                    label[b] = label[label[b]]
                    b = label[b]
                # The smaller number is the earlier run: roots come before what hangs on them.
                if a < b:
                    label[b] = a
                else:
                    label[a] = b
                other += 1
    count = 0
    for n in range(first.size):
        if label[n] == n:
            count += 1
            label[n] = -count
        else:
            label[n] = label[label[n]]
    for n in range(first.size):
        label[n] = -label[n]
    return count
