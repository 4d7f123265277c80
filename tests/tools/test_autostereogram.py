"""An autostereogram: its dots repeat at the distance that shows the depth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from rebokeh.bokeh.tools.extract.stereo_view import FAR_SHARE, NEAR_SHARE, autostereogram

pytestmark = pytest.mark.kernels

SIZE = (120, 400)
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]


def decoded(codes: np.ndarray, lags: range) -> np.ndarray:
    """Lag of the best autocorrelation around each pixel, the pair of dots lying either side of it."""
    dots = codes.astype(np.float64) - 127.5
    scores = []
    for lag in lags:
        products = np.zeros(codes.shape[:2])
        half = lag // 2
        products[:, half : half + codes.shape[1] - lag] = (dots[:, lag:] * dots[:, :-lag]).mean(axis=2)
        scores.append(ndimage.uniform_filter(products, 9))
    return np.asarray(lags)[np.argmax(scores, axis=0)]


@pytest.mark.parametrize("shape", ["disc", "ramp"])
def test_the_depth_comes_back(shape):
    disc = np.hypot(Y - 60, X - 200) < 40
    ramp = np.broadcast_to(np.linspace(0.2, 2.0, SIZE[0])[:, None], SIZE)
    dioptres = (np.where(disc, 1.5, 0.3) if shape == "disc" else ramp).astype(np.float32)
    drawn = autostereogram(dioptres)
    assert (drawn.far_px, drawn.near_px) == (FAR_SHARE * 400, NEAR_SHARE * 400)
    found = decoded(drawn.codes, range(20, 40))
    sure = np.ones(SIZE, bool)
    sure[:, :45] = sure[:, -45:] = False
    if shape == "disc":
        sure &= np.abs(np.hypot(Y - 60, X - 200) - 40) > 14
    assert (np.abs(found - drawn.separation_px)[sure] <= 1).mean() > 0.98
    read = drawn.far_px + (dioptres - dioptres.min()) / np.ptp(dioptres) * (drawn.near_px - drawn.far_px)
    assert np.abs(np.median(found[sure] - read[sure])) < 0.6


def test_it_is_no_wider_than_asked_and_the_same_each_time():
    dioptres = np.where(X > 200, 1.0, 0.5).astype(np.float32)
    one, other = (autostereogram(dioptres, 200) for _ in range(2))
    assert one.codes.shape == (60, 200, 3)
    np.testing.assert_array_equal(one.codes, other.codes)
    assert autostereogram(np.ones((3, 5), np.float32)).codes.shape == (3, 5, 3)
