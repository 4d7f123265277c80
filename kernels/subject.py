"""The subject, told by its matte, and what lies behind it: both sides continued, mixed pixels unmixed."""

import numpy as np

from .fragments import HARDLY
from .jit import jit
from .sides import FAINT, is_clear, is_whole, look_up
from .splitting import NOISE, TRACE
from .unmix import LEAST_DIFFERENCE, not_negative, projected

COLOUR_SAYS = np.float32(0.25)
"""By so much the colours of a pixel may contradict what a matte says of its share with what stands before it."""

PER_FRONT, LEAST_CONTRAST = np.float32(16.0), np.float32(1e-3)
"""Where what lies behind is not known, a pixel is the subject alone as far as its colour is that: its squared distance
from the mixture that the matte says exceeds so many times that from the subject's own colour, and so much."""

REACH_PX = 4
"""So far around a mixed pixel is looked for what the subject shares it with."""


@jit(inline="always")
def _unmix(colour, share, front, back):
    """Split a channel of a mixed pixel into the subject's and what lies behind it, by the least change to those around.

    Either may come out negative: there they are not a mixture by this share.
    """
    one = np.float32(1.0)
    rest = one - share
    squares = share * share + rest * rest
    error = (colour - share * front - rest * back) / squares
    # Without a division by the share, which may be next to nothing.
    return front + (share + rest * rest) * error, back + rest * rest * error


@jit(inline="always")
def _holds_occluder(rgbd, depths):
    """Whether anything stands before the subject: float32 (H, W, 4), and `SubjectDepths`."""
    found = False
    for y in range(rgbd.shape[0]):
        for x in range(rgbd.shape[1]):
            found |= rgbd[y, x, 3] > depths.near
    return found


@jit(inline="always")
def _is_beside_occluder(rgbd, matte, at, depths, occluder):
    """Whether a mixed pixel's nearest neighbour that is not the subject stands before it, and what that looks like.

    Parameters
    ----------
    rgbd, matte, depths
        As of `unmix_subject`.
    at : (int, int)
        The pixel.
    occluder : float32 (4,)
        Overwritten: means of what stands before the subject there.

    Returns
    -------
    bool
    """
    count, nearest, behind = 0, np.int64(1 << 40), np.int64(1 << 40)
    occluder[:] = 0.0
    for v in range(max(at[0] - REACH_PX, 0), min(at[0] + REACH_PX + 1, matte.shape[0])):
        for u in range(max(at[1] - REACH_PX, 0), min(at[1] + REACH_PX + 1, matte.shape[1])):
            if matte[v, u] >= FAINT:
                continue
            squared = np.int64((v - at[0]) ** 2 + (u - at[1]) ** 2)
            if rgbd[v, u, 3] <= depths.near:
                behind = min(behind, squared)
                continue
            nearest = min(nearest, squared)
            count += 1
            for c in range(4):
                occluder[c] += rgbd[v, u, c]
    for c in range(4):
        occluder[c] /= np.float32(max(count, 1))
    return nearest < behind


@jit(inline="always")
def _split_before(pixel, coverage, occluder, subject, at, pixels):
    """Split a pixel that shows the subject beside what stands before it.

    Parameters
    ----------
    pixel, coverage, at, pixels
        As of `_split`.
    occluder, subject : float32 (4,)
        Of the surfaces around.
    """
    one = np.float32(1.0)
    share = (coverage - TRACE) / (one - TRACE - TRACE)
    along, length = projected(pixel, subject, occluder)
    if length > LEAST_DIFFERENCE:
        # The matte stops at the occluder by chance: where it does, the colours know better.
        share = min(max(along / length, share - COLOUR_SAYS), share + COLOUR_SAYS)
    share = min(max(share, HARDLY), one - HARDLY)
    for c in range(3):
        likely, near = _unmix(pixel[c], share, subject[c], occluder[c])
        likely, near = not_negative(pixel[c], share, likely, near)
        pixels.front[at[0], at[1], c], pixels.back[at[0], at[1], c] = near, likely
    pixels.front[at[0], at[1], 3], pixels.back[at[0], at[1], 3] = occluder[3], subject[3]
    pixels.alpha[at], pixels.weight[at], pixels.kinds[at] = one - share, share, 0 | 1 << 2


@jit(inline="always")
def _doubt(matte, y, x):
    """How far a pixel may hide more than a matte says, 0..1: that knows strands and edges, but not what is wide."""
    least = np.float32(1.0)
    for v in range(max(y - 1, 0), min(y + 2, matte.shape[0])):
        for u in range(max(x - 1, 0), min(x + 2, matte.shape[1])):
            least = min(least, matte[v, u])
    return min(np.float32(2.0) * least * least, np.float32(1.0))


@jit(inline="always")
def _split(pixel, coverage, doubt, front, back, at, pixels):
    """Split a pixel that the subject covers in part.

    Parameters
    ----------
    pixel : float32 (4,)
        Colour and dioptres.
    coverage : float32
        Of the subject.
    doubt : float32
        As of `_doubt`.
    front, back : float32 (4,)
        Of the surfaces around.
    at : (int, int)
        The pixel.
    pixels : FragmentArrays
        Written at the pixel.
    """
    # Colours may have said more than a matte does short of the whole.
    share = min((coverage - TRACE) / (np.float32(1.0) - TRACE - TRACE), np.float32(1.0))
    # Through so much, what is behind may be brighter than the pixel is: then more hides it, as far as a matte may err.
    whole, most = share, share + (np.float32(1.0) - share) * doubt
    for c in range(3):
        own, likely = _unmix(pixel[c], share, front[c], back[c])
        if own < 0.0 < likely:
            whole = max(whole, min(np.float32(1.0) - pixel[c] / likely, most))
    for c in range(3):
        own, likely = _unmix(pixel[c], share, front[c], back[c])
        if whole > share:
            own = (pixel[c] - (np.float32(1.0) - whole) * likely) / whole
        own, likely = not_negative(pixel[c], whole, own, likely)
        pixels.front[at[0], at[1], c], pixels.back[at[0], at[1], c] = own, likely
    share = whole
    pixels.back[at[0], at[1], 3] = back[3]
    known = max(np.float32(1.0) - share, HARDLY)
    pixels.alpha[at], pixels.weight[at], pixels.kinds[at] = share, known, 1 | 2 << 2


@jit(inline="always")
def _covered(pixel, coverage, front, back, far):
    """Coverage by the subject, as a matte says; more of it where the colours are the subject's.

    Parameters
    ----------
    pixel, coverage, front, back
        As of `_split`.
    far : float32
        How far what lies behind is continued to here, 0..1: beyond where it is known, a matte may err.
    """
    off = beside = np.float32(0.0)
    for c in range(3):
        mixture = coverage * front[c] + (np.float32(1.0) - coverage) * back[c]
        off += (pixel[c] - mixture) * (pixel[c] - mixture)
        beside += (pixel[c] - front[c]) * (pixel[c] - front[c])
    return coverage + (np.float32(1.0) - coverage) * far * off / (off + PER_FRONT * beside + LEAST_CONTRAST)


@jit(error_model="numpy", allocates=False)
def _unmix_subject(rgbd, matte, at, depths, sides, around, pixels, changed):
    """Split the pixels that the subject covers in part; see `unmix_subject`.

    Parameters
    ----------
    rgbd, matte, depths, pixels, changed
        As of `unmix_subject`.
    at : (int, int, int)
        The picture's row that the rows begin at, and where the sides begin.
    sides : (float32 (h, w, 4), float32 (h, w, 4), float32 (h, w))
        As of `unmix_subject`.
    around : float32 (2, 4)
        Overwritten.
    """
    front, back = around[0], around[1]
    occluded = _holds_occluder(rgbd, depths)
    for y in range(matte.shape[0]):
        for x in range(matte.shape[1]):
            coverage, dioptres = matte[y, x], rgbd[y, x, 3]
            # Where something stands before the subject, the matte is not known.
            if coverage <= TRACE or (coverage < 0.5 and dioptres > depths.near):
                continue
            inside = depths.far <= dioptres <= depths.near
            whole = is_whole(matte, y, x)
            if whole and inside:
                continue
            if coverage < NOISE and is_clear(matte, y, x, NOISE):
                continue
            changed[y, x] = True
            look_up(sides[0], (at[1], at[2]), at[0] + y, x, front)
            if not (coverage > 0.5 and inside):
                pixels.front[y, x, 3] = front[3]
            if not whole and occluded and _is_beside_occluder(rgbd, matte, (y, x), depths, back):
                front[3] = dioptres if inside else front[3]
                _split_before(rgbd[y, x], coverage, back, front, (y, x), pixels)
            elif not whole:
                look_up(sides[1], (at[1], at[2]), at[0] + y, x, back)
                if coverage < 0.5 and dioptres < depths.far:
                    back[3] = dioptres
                else:
                    far = sides[2][(at[0] + y) // 2 - at[1], x // 2 - at[2]]
                    coverage = _covered(rgbd[y, x], coverage, front, back, far)
                _split(rgbd[y, x], coverage, _doubt(matte, y, x), front, back, (y, x), pixels)


@jit()
def unmix_subject(rgbd, matte, at, depths, sides, pixels, changed):
    """Split the pixels that the subject covers in part, and give all of its pixels a depth of its own.

    Parameters
    ----------
    rgbd : float32 (H, W, 4)
        Colour and dioptres.
    matte : float32 (H, W)
    at : (int, int, int)
        The picture's row that these begin at, and the row and column of half size that the sides begin at.
    depths : SubjectDepths
    sides : (float32 (h, w, 4), float32 (h, w, 4), float32 (h, w))
        The subject, and what lies behind it, at half size and complete; and how far the second is continued, 0..1.
    pixels : FragmentArrays, (H, W)
        Written where the subject is mixed or its depth is mended.
    changed : bool (H, W)
        Set there.
    """
    _unmix_subject(rgbd, matte, at, depths, sides, np.empty((2, 4), np.float32), pixels, changed)
