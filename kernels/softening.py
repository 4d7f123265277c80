"""Symmetric filters, at some pixels of a matte or a picture only.

The pixels are listed as runs, row by row; as of `matting.fit`.
"""

import numpy as np

from .jit import jit


@jit(inline="always")
def mirrored(k, size):
    """Index within 0..size of one beyond it, as in mirrors at both borders."""
    if 0 <= k < size:
        return k
    k %= 2 * size
    return k if k < size else 2 * size - 1 - k


@jit(inline="always")
def add_scaled(line, factor, target):
    """Add a line (n,), times a factor, to another."""
    for i in range(target.size):
        target[i] += factor * line[i]


@jit(inline="always")
def _soften_down(values, taps, run, target):
    """Filter a run, (row, first column, the one after the last), along its columns: added to `target` (n,)."""
    y, first, stop = run
    for k in range(taps.size):
        v = min(max(y + k - taps.size // 2, 0), values.shape[0] - 1)
        add_scaled(values[v, first:stop], taps[k], target)


@jit(inline="always")
def _soften_across(values, taps, run, scratch, target):
    """Filter a run along its row.

    Parameters
    ----------
    values, taps, scratch
        As of `_soften_row`.
    run : (int, int, int)
        Row, first column, the one after the last.
    target : float32 (n,)
        Added to.
    """
    y, first, _ = run
    reach = taps.size // 2
    padded = scratch[: target.size + 2 * reach]
    for i in range(padded.size):
        padded[i] = values[y, min(max(first + i - reach, 0), values.shape[1] - 1)]
    for k in range(taps.size):
        add_scaled(padded[k : k + target.size], taps[k], target)


@jit(error_model="numpy", allocates=False)
def _soften_row(values, taps, y, runs, scratch, out):
    """Filter the runs of one row.

    Parameters
    ----------
    values, taps, runs, out
        As of `soften`.
    y : int
    scratch : float32 (W + T,)
        Overwritten.
    """
    row_starts, first, stop = runs
    for n in range(row_starts[y], row_starts[y + 1]):
        target = out[y, first[n] : stop[n]]
        target[:] = np.float32(0.0)
        _soften_across(values, taps, (y, first[n], stop[n]), scratch, target)


@jit()
def soften(values, taps, runs, rows, out):
    """Filter across with symmetric taps, in the runs of each row only; the border repeats.

    Parameters
    ----------
    values : float32 (H, W)
    taps : float32 (T,)
        All of them; T is odd.
    runs : (int64 (H + 1,), int32 (R,), int32 (R,))
        As of `matting.fit`.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    out : float32 (H, W), written in the runs
    """
    scratch = np.empty(values.shape[1] + taps.size, np.float32)
    for y in range(rows[0], rows[1]):
        _soften_row(values, taps, y, runs, scratch, out)


@jit(error_model="numpy", allocates=False)
def _correct_row(across, taps, y, runs, given, scratch, matte):
    """Correct the runs of one row.

    Parameters
    ----------
    across, taps, runs, given, matte
        As of `correct`.
    y : int
    scratch : float32 (W,)
        Overwritten.
    """
    row_starts, first, stop = runs
    for n in range(row_starts[y], row_starts[y + 1]):
        softened = scratch[: stop[n] - first[n]]
        softened[:] = np.float32(0.0)
        _soften_down(across, taps, (y, first[n], stop[n]), softened)
        for i in range(softened.size):
            x = first[n] + i
            value = matte[y, x] + given[y, x] - softened[i]
            matte[y, x] = min(max(value, np.float32(0.0)), np.float32(1.0))


@jit()
def correct(across, taps, runs, given, rows, matte):
    """Add to the matte what it lacks, softened, of the given one, in the runs of each row only.

    Parameters
    ----------
    across : float32 (H, W)
        The matte, filtered across by `soften`; it is filtered down here.
    taps, runs
        As of `soften`.
    given : float32 (H, W)
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    matte : float32 (H, W), changed
    """
    scratch = np.empty(matte.shape[1], np.float32)
    for y in range(rows[0], rows[1]):
        _correct_row(across, taps, y, runs, given, scratch, matte)


@jit(inline="always")
def _add_exactly(line, factor, total):
    """Add a line float32 (n,), times a factor, to sums float64 (n,)."""
    for i in range(total.size):
        total[i] += np.float64(factor * line[i])


@jit(inline="always")
def _filter_down(picture, taps, y, columns, line):
    """Filter a row of a picture along its columns; beyond the border rows and columns are mirrored.

    Parameters
    ----------
    picture, taps
        As of `soften_picture`.
    y : int
    columns : (int, int)
        The first, and the one after the last.
    line : float32 (n * 3,), overwritten
    """
    height, width, _ = picture.shape
    reach = taps.size // 2
    total = np.zeros(line.size)
    inside = columns[0] >= 0 and columns[1] <= width
    for k in range(-reach, reach + 1):
        v = mirrored(y + k, height)
        if inside:
            _add_exactly(picture[v, columns[0] : columns[1]].reshape(line.size), taps[k + reach], total)
            continue
        for u in range(columns[0], columns[1]):
            source = picture[v, mirrored(u, width)]
            _add_exactly(source, taps[k + reach], total[3 * (u - columns[0]) : 3 * (u - columns[0]) + 3])
    for i in range(line.size):
        line[i] = total[i]


@jit(error_model="numpy")
def _soften_picture_row(picture, taps, y, runs, out):
    """Filter the runs of one row.

    Parameters
    ----------
    picture, taps, runs, out
        As of `soften_picture`.
    y : int
    """
    row_starts, first, stop = runs
    reach = taps.size // 2
    for n in range(row_starts[y], row_starts[y + 1]):
        count = 3 * (stop[n] - first[n])
        line = np.empty(count + 6 * reach, np.float32)
        _filter_down(picture, taps, y, (first[n] - reach, stop[n] + reach), line)
        total = np.zeros(count)
        for k in range(taps.size):
            _add_exactly(line[3 * k : 3 * k + count], taps[k], total)
        for i in range(count):
            out[y, first[n] + i // 3, i % 3] = total[i]


@jit()
def soften_picture(picture, taps, runs, rows, out):
    """Filter down and across with symmetric taps, in the runs of each row only; the border mirrors.

    Parameters
    ----------
    picture : float32 (H, W, 3)
    taps : float32 (T,)
        All of them; T is odd.
    runs : (int64 (H + 1,), int32 (R,), int32 (R,))
        As of `matting.fit`.
    rows : (int, int)
        Those that are made: the first, and the one after the last.
    out : float32 (H, W, 3), written in the runs
    """
    for y in range(rows[0], rows[1]):
        _soften_picture_row(picture, taps, y, runs, out)
