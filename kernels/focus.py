"""What is in focus, and what no blur reaches."""

import numpy as np

from .jit import jit


@jit(inline="always")
def _is_blurred(dioptres, lens):
    """Whether a depth is blurred by more than a radius: `lens` is focus, pixels to a dioptre, and the radius."""
    return abs((lens[0] - dioptres) * lens[1]) > lens[2]


@jit(allocates=False)
def mark_blurred(dioptres, lens, reach, corner, marks):
    """Mark the pixels of a box that lie no more than so many columns beside one of it that is blurred.

    Parameters
    ----------
    dioptres : float32 (H, W)
    lens : (float32, float32, float32)
        Focus in dioptres, pixels to a dioptre, and the blur radius up to which a pixel is in focus.
    reach : int
    corner : (int, int)
        Row and column where the box begins.
    marks : uint8 (h, w), overwritten
        1 for those.
    """
    width = marks.shape[1]
    for row in range(marks.shape[0]):
        line, own, last = marks[row], dioptres[corner[0] + row], -reach - 1
        for x in range(width):
            if _is_blurred(own[corner[1] + x], lens):
                last = x
            line[x] = x - last <= reach
        last = width + reach
        for x in range(width - 1, -1, -1):
            if _is_blurred(own[corner[1] + x], lens):
                last = x
            line[x] |= last - x <= reach


@jit()
def keep_sharp(marks, reach, at, corner, rgb, extra, kept, picture):
    """Show what of a box no blur reaches as the photo does.

    Parameters
    ----------
    marks : uint8 (h', w')
        As of `mark_blurred`, of the box and what is around.
    reach : int
        Rows above and below from which blur may reach.
    at, corner : (int, int)
        Row and column where the box begins, of the marks and of the picture.
    rgb : float32 (H, W, 3)
    extra : float32 (h, w, 3)
        What a gain map adds to the box; of shape (0, 0, 3) for none.
    kept : bool (h, w), overwritten
        Where that is.
    picture : float32 (H, W, 3)
        Changed in place there.
    """
    height, width = kept.shape
    count, adds = np.zeros(width, np.int32), extra.shape[0] > 0
    for row in range(max(at[0] - reach - 1, 0), min(at[0] + reach, marks.shape[0])):
        for x in range(width):
            count[x] += marks[row, at[1] + x]
    for row in range(height):
        below, above, y = at[0] + row + reach, at[0] + row - reach - 1, corner[0] + row
        if below < marks.shape[0]:
            for x in range(width):
                count[x] += marks[below, at[1] + x]
        if above >= 0:
            for x in range(width):
                count[x] -= marks[above, at[1] + x]
        for column in range(width):
            kept[row, column] = count[column] == 0
            if count[column] == 0:
                x = corner[1] + column
                for c in range(3):
                    picture[y, x, c] = rgb[y, x, c] + extra[row, column, c] if adds else rgb[y, x, c]
