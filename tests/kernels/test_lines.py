"""Lines that close a gap end at the first pixel that is far enough, however many are skipped at once."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.kernels.lines import DIRECTIONS, STEPS, STRIDE, KnownPixels, _end, line_steps, most_around

pytestmark = pytest.mark.kernels

REACH = 14
EXACT = [k for k in range(DIRECTIONS) if not np.isclose(np.abs(STEPS[k]), 0.5).any()]
"""Directions whose steps never fall half way between two pixels."""


def first_met(order: np.ndarray, place: tuple[int, int, float], step: np.ndarray) -> int:
    for n in range(1, REACH + 1):
        y, x = int(round(place[0] + n * step[0])), int(round(place[1] + n * step[1]))
        if not (0 <= y < order.shape[0] and 0 <= x < order.shape[1]):
            return 0
        if order[y, x] >= place[2]:
            return n
    return 0


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_lines_end_where_a_walk_step_by_step_ends(share: float):
    rng = np.random.default_rng(1)
    order = np.where(rng.random((61, 75)) < share, rng.random((61, 75)), -np.inf).astype(np.float32)
    most = np.empty([-(-n // STRIDE) for n in order.shape], np.float32)
    most_around(order, most)
    known, lines, met = KnownPixels(order, most), line_steps(REACH), 0
    for _ in range(400):
        y, x, least = int(rng.integers(61)), int(rng.integers(75)), float(rng.random() - 0.2)
        for k in rng.choice(EXACT, 3):
            for back, sign in ((False, 1.0), (True, -1.0)):
                expected = first_met(order, (y, x, least), sign * STEPS[k])
                assert _end(known, (y, x, least), lines, k, back) == expected
                met += expected > 0
    assert met > 50
