"""How much of a mixed pixel each of two colours covers."""

import numpy as np

from .jit import jit

# Squared difference of two colours from which a mixture of them tells their shares.
LEAST_DIFFERENCE = np.float32(1e-3)

# A colour off the line between the two by a quarter of its length is half trusted.
UNEXPLAINED = np.float32(16.0)


@jit(inline="always")
def projected(colour, front, back):
    """Where a colour lies along the line from back to front, times the line's squared length; and that."""
    along = length = np.float32(0.0)
    for channel in range(3):
        difference = front[channel] - back[channel]
        length += difference * difference
        along += (colour[channel] - back[channel]) * difference
    return along, length


@jit(inline="always")
def _beside(colour, front, back, along):
    """Squared distance of a colour from the place `along` the line from back to front."""
    beside = np.float32(0.0)
    for channel in range(3):
        off = back[channel] + along * (front[channel] - back[channel]) - colour[channel]
        beside += off * off
    return beside


@jit(inline="always")
def mixing_share(colour, front, back, centre):
    """Share of `front` that explains a colour best as a mixture of it and `back`: float32 (3,) and more, colour first.

    `centre` is 1 where the pixel's middle shows the front, 0 where it shows the back: at least a quarter of it is that,
    and all of it where the two are alike, or where no mixture of them gives the pixel's colour.

    Notes
    -----
    The compositing equation C = alpha F + (1 - alpha) B, solved for alpha by least squares: the projection
    alpha = (C - B) . (F - B) / |F - B|^2 (Porter and Duff 1984; Smith and Blinn 1996).
    """
    zero, quarter, one = np.float32(0.0), np.float32(0.25), np.float32(1.0)
    along, length = projected(colour, front, back)
    share = centre
    if length > LEAST_DIFFERENCE:
        along = min(max(along / length, zero), one)
        beside = _beside(colour, front, back, along)
        share += length / (length + UNEXPLAINED * beside) * (along - centre)
    return min(max(share, quarter * centre), np.float32(0.75) + quarter * centre)


@jit(inline="always")
def not_negative(colour, share, front, back):
    """Keep the two colours of a mixture, of which `front` covers `share`, from being negative: (front, back).

    Where one of them has to be clipped, the other takes what is left: they still make up `colour`.
    """
    zero, one = np.float32(0.0), np.float32(1.0)
    if back < zero:
        return max(colour / share, zero), zero
    if front < zero:
        return zero, max(colour / (one - share), zero)
    return front, back


@jit(inline="always")
def least_share(colour, back):
    """Return the least share of a pixel that something covers: the pixel is no darker than what `back` shows beside it.

    Notes
    -----
    C = alpha F + (1 - alpha) B with F >= 0, so alpha >= 1 - C / B in each channel.
    """
    share = np.float32(0.0)
    for channel in range(3):
        if back[channel] > colour[channel]:
            share = max(share, np.float32(1.0) - max(colour[channel], np.float32(0.0)) / back[channel])
    return share


@jit(inline="always")
def least_change(colour, share, front, back):
    """Mix one channel of a pixel from two colours near to `front` and `back`, and not negative: (front, back).

    Each surface takes of what is left over by its share: what is hardly seen says little.
    """
    one = np.float32(1.0)
    rest = one - share
    error = (colour - share * front - rest * back) / (share * share + rest * rest)
    return not_negative(colour, share, front + share * error, back + rest * error)


@jit(inline="always")
def change(colour, share, front, back):
    """Sum the squared differences of a mixed pixel's colours, as of `least_change`, from those around, (3,) each."""
    total = np.float32(0.0)
    for channel in range(3):
        own, behind = least_change(colour[channel], share, front[channel], back[channel])
        own, behind = own - front[channel], behind - back[channel]
        total += own * own + behind * behind
    return total
