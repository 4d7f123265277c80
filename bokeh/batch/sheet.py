"""The contact sheet of a batch: some of its photos, each before and after."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..colour.profile import named_profile, rgb_from_xyz
from ..core.arrays import CodeArray
from ..core.errors import RebokehError
from ..core.text import printable
from ..image.resize import block_means
from ..load import opened
from ..tools.drawing.montage import GAP_PX, TEXT_PX, below, beside, check_montage, padded, save_montage, text_block

MOST = 48
"""Pairs on a sheet; of more photos, these many from the first to the last."""

SIDE_PX = 320
COLUMNS = 3
_OURS = "contact sheet by rebokeh"


@dataclass(frozen=True)
class BeforeAfter:
    """A photo and what became of it: what reads each of the two files, and their name."""

    name: str
    before: Callable[[], bytes]
    after: Callable[[], bytes]


def check_sheet(path: str) -> Path:
    """Refuse, before any work, a sheet that cannot be written; an older sheet may be replaced.

    Raises
    ------
    UsageError, OutputError
    """
    try:
        with open(path, "rb") as file:
            older = _OURS.encode() in file.read(512)
    except OSError:
        older = False
    return check_montage(path, overwrite=older)


def save_sheet(pairs: Sequence[BeforeAfter], total: int, path: Path) -> None:
    """Draw the sheet and write it, whole or not at all.

    Parameters
    ----------
    pairs : sequence of BeforeAfter
    total : int
        Photos of the batch.
    path : Path
        As `check_sheet` returns it.

    Raises
    ------
    OutputError
    """
    save_montage(lambda: sheet(pairs, total), path, overwrite=True, comment=_OURS)


def sheet(pairs: Sequence[BeforeAfter], total: int) -> CodeArray:
    """Draw some pairs of a batch.

    Returns
    -------
    uint8 (H, W, 3)
        sRGB codes.
    """
    count = min(len(pairs), MOST)
    some = [pairs[round(k * (len(pairs) - 1) / max(count - 1, 1))] for k in range(count)]
    cells = [_cell(pair) for pair in some]
    rows = [beside(cells[k : k + COLUMNS], 3 * GAP_PX) for k in range(0, len(cells), COLUMNS)]
    width = COLUMNS * (2 * SIDE_PX + GAP_PX) + (COLUMNS - 1) * 3 * GAP_PX
    shown = f"{count} of {len(pairs)} pictures" if count < len(pairs) else f"{len(pairs)} pictures"
    heading = text_block(f"{shown} of {total} photos, before and after", width, size=TEXT_PX + 4)
    return padded(below([heading, *rows], 3 * GAP_PX), GAP_PX)


def _cell(pair: BeforeAfter) -> CodeArray:
    thumbs = [_thumb(read) for read in (pair.before, pair.after)]
    return below([beside(thumbs), text_block(printable(pair.name), 2 * SIDE_PX + GAP_PX)])


def _thumb(read: Callable[[], bytes]) -> CodeArray:
    """Show a picture small, in the middle of a square; what can no longer be read is said there."""
    try:
        photo = opened(read())
    except RebokehError as error:
        return _centred(text_block(str(error), SIDE_PX))
    by = max(1, math.ceil(max(photo.size) / SIDE_PX))
    if min(photo.size) < by:
        return _centred(text_block("too narrow to be shown", SIDE_PX))
    light = np.clip(block_means(photo.rgb, by), 0.0, None)
    to_srgb = rgb_from_xyz("sRGB") @ np.linalg.inv(rgb_from_xyz(photo.profile))
    codes = named_profile("sRGB").to_codes(np.clip(light @ to_srgb.T.astype(np.float32), 0.0, 1.0), 8)
    return _centred(codes.astype(np.uint8))


def _centred(picture: CodeArray) -> CodeArray:
    cut = picture[:SIDE_PX, :SIDE_PX]
    top, left = (SIDE_PX - cut.shape[0]) // 2, (SIDE_PX - cut.shape[1]) // 2
    square = np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)
    square[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    return square
