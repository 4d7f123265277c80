"""What the pixels of a slice spread: their light, their coverage, and the radius of their blur."""

import numpy as np

from .hidden import FADE, HIDDEN_WEIGHT
from .jit import jit
from .scatter import LEAST_WEIGHT, LIGHT_ROUNDING, rounded
from .slices import NONE

# What is hidden weighs no less: it matters only beside what is seen, which weighs 1.
LEAST_SURE = np.float32(1.0 / 256.0)

# What lies behind a pixel that shows only nearer slices is not this one, as far as is known; but that is hardly sure.
GHOST = np.float32(1.0 / 16.0)

# Sums of numbers rounded to multiples of 2^-16 are exact in float64: no tile changes a bit.
ROUNDING = 3.0 * 2.0**35

# A neighbour's own radius counts while the slice's surface may go on in it: by this factor, and so many pixels.
GOES_ON, GOES_ON_PX = np.float32(1.25), np.float32(0.5)


@jit(inline="always")
def _member(fragments, numbers, number, row, column, lens):
    """Whether a pixel shows something of a slice, and its signed blur radius there.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number, row, column : int
        The slice, and the pixel.
    lens : (float32, float32)
        Focus in dioptres, and pixels to a dioptre.
    """
    if numbers[0][row, column] == number:
        return True, (lens[0] - fragments[0][row, column, 3]) * lens[1]
    if numbers[1][row, column] == number:
        return True, (lens[0] - fragments[2][row, column, 3]) * lens[1]
    return False, np.float32(0.0)


@jit(allocates=False)
def sum_radii(fragments, numbers, number, lens, corner, sums):
    """Sum a slice's blur radii, and count its pixels, over every box that begins at a corner (a summed-area table).

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number : int
        Of the slice.
    lens : (float32, float32)
        Focus in dioptres, and pixels to a dioptre.
    corner : (int, int)
        Row and column of the window where the sums begin.
    sums : float64 (h + 1, w + 1, 2)
        Overwritten: radius and count up to before each row and column.
    """
    sums[0] = 0.0
    for row in range(sums.shape[0] - 1):
        radii = count = 0.0
        sums[row + 1, 0, 0] = sums[row + 1, 0, 1] = 0.0
        for column in range(sums.shape[1] - 1):
            there, radius = _member(fragments, numbers, number, corner[0] + row, corner[1] + column, lens)
            if there:
                radii += (float(radius) + ROUNDING) - ROUNDING
                count += 1.0
            sums[row + 1, column + 1, 0] = sums[row, column + 1, 0] + radii
            sums[row + 1, column + 1, 1] = sums[row, column + 1, 1] + count


@jit(inline="always")
def _mean_radius(sums, row, column, reach):
    """Mean radius of a slice within so many rows and columns of a pixel, and how many pixels of it are there."""
    top, bottom = max(row - reach, 0), min(row + reach + 1, sums.shape[0] - 1)
    left, right = max(column - reach, 0), min(column + reach + 1, sums.shape[1] - 1)
    count = sums[bottom, right, 1] - sums[top, right, 1] - sums[bottom, left, 1] + sums[top, left, 1]
    total = sums[bottom, right, 0] - sums[top, right, 0] - sums[bottom, left, 0] + sums[top, left, 0]
    return np.float32(total / max(count, 1.0)), count


@jit(inline="always")
def _own_share(fragments, numbers, number, row, column):
    """Coverage by a slice, and what it is a share of: what the pixel shows of this slice and of all behind it.

    Where three surfaces meet, the middle one ends the light that passes the nearest: without a say, it would leave all
    of that to any trace of the farthest. In the slice behind its own a surface may go on.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number, row, column : int
        The slice, and the pixel.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    front, back = numbers[0][row, column], numbers[1][row, column]
    alpha = fragments[1][row, column]
    if front == number:
        return (one, one) if back == number else (alpha, one)
    if front > number:
        return zero, one
    if back == number:
        weight = max(fragments[3][row, column], LEAST_SURE)
        return weight, weight
    if back > number and back != NONE:
        return zero, one - alpha
    last = front if back == NONE else max(front, back)
    return zero, (GHOST if number > last + 1 else zero)


@jit(inline="always")
def _colour(fragments, numbers, number, row, column, channel):
    """Light of a pixel in a slice, not premultiplied; where both fragments are of it, of both.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number, row, column, channel : int
        The slice, the pixel, and the colour.
    """
    front, alpha, back = fragments[0], fragments[1][row, column], fragments[2]
    if numbers[0][row, column] != number:
        return back[row, column, channel]
    if numbers[1][row, column] != number or alpha >= 1.0:
        return front[row, column, channel]
    return alpha * front[row, column, channel] + (np.float32(1.0) - alpha) * back[row, column, channel]


@jit(inline="always")
def _radius_aside(fragments, numbers, number, place, lens, most, mean):
    """Blur radius of a pixel that shows none of a slice: its own where the surface may go on, else as around it.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number : int
        Of the slice.
    place : (int, int)
        The pixel.
    lens, most
        As of `slice_values`.
    mean : float32
        Of the slice around.
    """
    y, x = place
    first, behind = numbers[0][y, x], numbers[1][y, x]
    if first < number and (behind == NONE or behind < number):
        return mean
    seen = fragments[0] if first > number else fragments[2]
    own = (lens[0] - seen[y, x, 3]) * lens[1]
    size = abs(own)
    if own * mean < 0.0 or size > max(GOES_ON * most[1] + GOES_ON_PX, most[1] + most[2]):
        return mean
    if max(GOES_ON * size + GOES_ON_PX, size + most[2]) < most[0]:
        return mean
    return own


@jit(inline="always")
def _apart(radius, other, most):
    """How surely what hides a slice's fragment does not itself go on in the slice, 0..1.

    Where it does, the light that it lets through is what its own surface shows in the slice.

    Parameters
    ----------
    radius, other : float32
        Signed blur radius of what hides, and of what is hidden.
    most
        As of `slice_values`.
    """
    if radius * other < 0.0:
        return np.float32(1.0)
    size = abs(radius)
    gap = max(max(size - most[1], most[0] - size), np.float32(0.0))
    return min(gap / max((GOES_ON - np.float32(1.0)) * size + GOES_ON_PX, most[2]), np.float32(1.0))


@jit(inline="always")
def _within(radius, most):
    """Bound a radius to what a slice's light may reach: at the ends of the scene's depths some may be larger."""
    largest = GOES_ON * most + GOES_ON_PX
    return min(max(radius, -largest), largest)


@jit(allocates=False)
def slice_values(fragments, numbers, number, lens, most, corner, around, values, radius, active):
    """Prepare what a slice's pixels spread, and what those spread that its coverage is a share of.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number : int
        Of the slice.
    lens : (float32, float32)
        Focus in dioptres, and pixels to a dioptre.
    most : (float32, float32, float32)
        Smallest and largest blur radius of the slice, and by how much it may change within a surface, pixels.
    corner : (int, int)
        Row and column of the window where the arrays begin.
    around : tuple of float64 (H + 1, W + 1, 2), (int, int), int
        `sum_radii`; row and column of its arrays where these begin; within how many pixels of the slice its surface
        goes on.
    values : float32 (h, w, 5), overwritten
        Premultiplied colour, coverage, and what that is a share of.
    radius : float32 (h, w), overwritten
        Signed, pixels: its own, where the pixel shows the slice or its surface goes on; else that of the slice around.
    active : bool (h, w), overwritten
        What spreads anything.
    """
    sums, start, reach = around
    for row in range(active.shape[0]):
        y = corner[0] + row
        for column in range(active.shape[1]):
            x = corner[1] + column
            share, whole = _own_share(fragments, numbers, number, y, x)
            active[row, column] = whole > 0.0
            if whole <= 0.0:
                continue
            there, own = _member(fragments, numbers, number, y, x, lens)
            if not there:
                mean, count = _mean_radius(sums, start[0] + row, start[1] + column, reach)
                if count <= 0.0:
                    active[row, column] = False
                    continue
                own = _radius_aside(fragments, numbers, number, (y, x), lens, most, mean)
            elif numbers[0][y, x] < number and fragments[1][y, x] >= 1.0:
                surer = max(share * _apart((lens[0] - fragments[0][y, x, 3]) * lens[1], own, most), LEAST_SURE)
                share, whole = surer, surer
            radius[row, column] = _within(own, most[1])
            for channel in range(3):
                values[row, column, channel] = (
                    share * _colour(fragments, numbers, number, y, x, channel) if share > 0.0 else np.float32(0.0)
                )
            values[row, column, 3] = share
            values[row, column, 4] = whole


@jit(allocates=False)
def weigh_hidden(fragments, numbers, number, halvings, corner, values):
    """Weigh what is hidden as at a smaller size: near is what lies near for the blur, whatever size a slice is made at.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number, halvings : int
        Of the slice; and how much smaller that size is.
    corner : (int, int)
        As of `slice_values`.
    values : float32 (h, w, 5)
        As `slice_values` left them; changed in place.
    """
    times = np.float32(1.0) / FADE**halvings
    for row in range(values.shape[0]):
        y = corner[0] + row
        for column in range(values.shape[1]):
            x = corner[1] + column
            is_seen = fragments[1][y, x] < np.float32(1.0)
            if numbers[0][y, x] >= number or numbers[1][y, x] != number or is_seen:
                continue
            weight = fragments[3][y, x]
            per = max(min(times * weight, HIDDEN_WEIGHT), LEAST_SURE) / max(weight, LEAST_SURE)
            for channel in range(5):
                values[row, column, channel] *= per


@jit(inline="always")
def _nearer_side(fragments, numbers, bridge, row, column):
    """Which fragment of a pixel is the surface of a slice as it goes on in nearer ones: 0 front, 1 back, -1 neither.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    bridge : (int, int, float32, int)
        As of `bridge_levels`.
    row, column : int
    """
    front, back = fragments[0][row, column, 3], fragments[2][row, column, 3]
    if bridge[0] <= numbers[0][row, column] < bridge[1] and front <= bridge[2]:
        return 0
    return 1 if bridge[0] <= numbers[1][row, column] < bridge[1] and back <= bridge[2] else -1


@jit(allocates=False)
def bridge_levels(fragments, numbers, bridge, lens, most, corner, around, values, radius, active):
    """Let a slice go on a little where its surface does in nearer slices, which are made at another level.

    Two slices of one surface share its light by sums over the same footprints. At another level these are blunter: near
    the cut the nearer slice lets some light through where the farther one does not reach any more. What nearer slices
    took weighs next to nothing, and counts where nothing else does.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    bridge : (int, int, float32, int)
        The first of the nearer slices, the slice, the nearest dioptres that may be the same surface, and within how
        many pixels of the slice it goes on.
    lens, most, corner, around
        As of `slice_values`.
    values, radius, active
        As `slice_values` left them; changed where nothing is spread. A mixed pixel is spread as its front is, as it
        would be if that were of the slice.
    """
    sums, start, reach = around
    for row in range(active.shape[0]):
        y = corner[0] + row
        for column in range(active.shape[1]):
            x = corner[1] + column
            side = _nearer_side(fragments, numbers, bridge, y, x)
            if side < 0 or _mean_radius(sums, start[0] + row, start[1] + column, reach)[1] <= 0.0:
                continue
            own = fragments[0][y, x] if side == 0 else fragments[2][y, x]
            radius[row, column] = _within((lens[0] - own[3]) * lens[1], most[1])
            if active[row, column]:
                continue
            if _mean_radius(sums, start[0] + row, start[1] + column, bridge[3])[1] > 0.0:
                for channel in range(3):
                    values[row, column, channel] = LEAST_SURE * own[channel]
                values[row, column, 3] = values[row, column, 4] = LEAST_SURE
                active[row, column] = True


@jit(allocates=False)
def full_values(fragments, lens, most, corner, values, radius):
    """Prepare what a slice spreads where it is all that there is: every pixel is whole.

    Parameters
    ----------
    fragments, lens, most, corner, values, radius
        As of `slice_values`.
    """
    front = fragments[0]
    for row in range(radius.shape[0]):
        for column in range(radius.shape[1]):
            own = front[corner[0] + row, corner[1] + column]
            for channel in range(3):
                values[row, column, channel] = own[channel]
            values[row, column, 3] = values[row, column, 4] = np.float32(1.0)
            radius[row, column] = _within((lens[0] - own[3]) * lens[1], most[1])


@jit(allocates=False)
def sharp_light(fragments, numbers, number, corner, arrived):
    """Light of a slice that is in focus: each pixel stays where it is.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number : int
        Of the slice.
    corner : (int, int)
        Row and column of the window where the picture begins.
    arrived : float32 (h, w, 4), overwritten
        Premultiplied colour, and coverage; to the bit what the scatter makes of it.
    """
    for row in range(arrived.shape[0]):
        for column in range(arrived.shape[1]):
            y, x = corner[0] + row, corner[1] + column
            for channel in range(4):
                arrived[row, column, channel] = 0.0
            if numbers[0][y, x] != number and numbers[1][y, x] != number:
                continue
            share, whole = _own_share(fragments, numbers, number, y, x)
            if share <= 0.0:
                continue
            per = 1.0 / max(rounded(float(whole), LIGHT_ROUNDING), LEAST_WEIGHT)
            for channel in range(3):
                colour = share * _colour(fragments, numbers, number, y, x, channel)
                arrived[row, column, channel] = per * rounded(float(colour), LIGHT_ROUNDING)
            arrived[row, column, 3] = per * rounded(float(share), LIGHT_ROUNDING)


@jit(allocates=False)
def silhouette(fragments, numbers, number, depths, coverage, whole, dioptres, back):
    """Coverage and depth of a slice in a window.

    Parameters
    ----------
    fragments, numbers
        As of `number_fragments`.
    number : int
        Of the slice.
    depths : (float32, float32)
        Farthest and nearest dioptres of the slice: beside it, its surface goes on within them.
    coverage, whole : float32 (h, w), overwritten
        What the pixel shows of the slice, and of this slice and all behind it.
    dioptres : float32 (h, w), overwritten
    back : float32 (h, w), overwritten
        Dioptres of what the rest of the pixel shows of the slice, where that is two surfaces; else -inf.

    Returns
    -------
    bool
        Whether it covers anything.
    """
    found = False
    front, behind = fragments[0], fragments[2]
    for row in range(coverage.shape[0]):
        for column in range(coverage.shape[1]):
            share, all_behind = _own_share(fragments, numbers, number, row, column)
            coverage[row, column], whole[row, column] = share, all_behind
            found |= share > 0.0
            own, back[row, column] = front[row, column, 3], -np.inf
            if numbers[0][row, column] != number:
                if numbers[1][row, column] == number:
                    own = behind[row, column, 3]
                else:
                    own = min(max(own, depths[0]), depths[1])
            elif numbers[1][row, column] == number:
                # A light may be between the two.
                coverage[row, column], back[row, column] = fragments[1][row, column], behind[row, column, 3]
            dioptres[row, column] = own
    return found
