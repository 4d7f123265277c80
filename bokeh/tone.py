"""Tone curves over whole pictures: a table per channel, in blocks that stay in the cache, on all cores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .cores import cores, each

# Values converted at once. Their temporaries fit a core's cache: 0.17 s of CPU for 12 MP, 0.58 in blocks of millions.
_BLOCK = 3 << 15


def look_up(values: NDArray, tables: list[NDArray], index_scale: float | None = None, root: bool = False) -> NDArray:
    """Table entries of values, per channel. The nearest entry: the tables are dense enough.

    Parameters
    ----------
    values : (..., 3)
        Indices, or with `index_scale` numbers that are clipped to 0..1; NaN is 0.
    tables : list of three arrays (n,) of one dtype
        Red, green, blue.
    index_scale : float, optional
        The index of 1.0.
    root : bool
        Take the square root of the numbers first.

    Returns
    -------
    (..., 3), of the tables' dtype
    """
    values = np.ascontiguousarray(values)
    tables = [np.ascontiguousarray(t) for t in tables]
    out = np.empty(values.shape, tables[0].dtype)
    source, target = values.reshape(-1), out.reshape(-1)
    lanes = 1 if all(np.array_equal(t, tables[0]) for t in tables[1:]) else 3

    def convert(start: int, end: int) -> None:
        for at in range(start, end, _BLOCK):
            to = min(at + _BLOCK, end)
            for lane in range(lanes):
                part = slice(at + lane, to, lanes)
                index = source[part] if index_scale is None else _index(source[part], index_scale, root)
                target[part] = tables[lane][index]

    share = max(-(-source.size // (cores() * _BLOCK)), 1) * _BLOCK
    each(lambda start: convert(start, min(start + share, source.size)), range(0, source.size, share))
    return out


def _index(values: NDArray, scale: float, root: bool) -> NDArray[np.intp]:
    part = np.fmax(values.astype(np.float32), np.float32(0))  # of NaN and a number, the number
    np.fmin(part, np.float32(1), out=part)
    if root:
        np.sqrt(part, out=part)
    part *= np.float32(scale)
    part += np.float32(0.5)
    return part.astype(np.intp)
