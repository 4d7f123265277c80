"""Where the subject stands in depth."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.scene.subject_range import subject_range


def test_a_matte_of_nothing_is_no_subject():
    depth = np.full((64, 64), 0.5, np.float32)
    assert subject_range(depth, np.zeros((64, 64), np.float32)) is None
    assert subject_range(depth, None) is None
    few = np.zeros((64, 64), np.float32)
    few[0, :3] = 1
    assert subject_range(depth, few) is None


def test_the_subject_s_depths_are_those_of_its_bulk():
    matte = np.zeros((100, 100), np.float32)
    matte[20:80, 20:80] = 1.0
    depth = np.where(matte > 0, np.linspace(0.45, 0.55, 100)[None], 0.1).astype(np.float32)
    depth[20:22, 20:60] = 0.1  # holes in the hair
    found = subject_range(depth, matte)
    assert found is not None
    assert 0.1 < found.far < 0.5 < found.near <= 0.55
    assert found.margin == pytest.approx(0.05 * 0.5, rel=0.1)
