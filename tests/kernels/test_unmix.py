"""How much of a mixed pixel each of two colours covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebokeh.kernels.jit import jit
from rebokeh.kernels.unmix import mixing_share, not_negative

pytestmark = pytest.mark.kernels

colours = st.lists(st.floats(0, 4), min_size=3, max_size=3).map(lambda values: np.array(values, np.float32))


@jit()
def share_of(colour, front, back, centre):
    """Call what is inlined where it is used."""
    return mixing_share(colour, front, back, centre)


@jit()
def kept(colour, share, front, back):
    """Call what is inlined where it is used."""
    return not_negative(colour, share, front, back)


def colour(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@given(colours, colours, st.floats(0, 1))
def test_a_true_mixture_tells_its_share(front, back, share):
    mixed = (share * front + (1 - share) * back).astype(np.float32)
    if ((front - back) ** 2).sum() > 0.01:
        middle = np.float32(1.0 if share >= 0.5 else 0.0)
        assert share_of(mixed, front, back, middle) == pytest.approx(share, abs=2e-3)


def test_a_stripe_beside_a_wire_is_not_the_wire():
    """Behind the wire white was guessed; the pixel's middle shows the red that is really there."""
    red, wire, white = colour(0.5, 0.05, 0.05), colour(0.3, 0.25, 0.2), colour(0.7, 0.68, 0.65)
    assert share_of(red, wire, white, np.float32(0.0)) < 0.3
    assert share_of(red, wire, white, np.float32(1.0)) > 0.7


def test_alike_colours_tell_no_share():
    same = colour(0.5, 0.5, 0.5)
    assert share_of(same, same, same, np.float32(0.25)) == 0.25


@given(st.floats(0, 4), st.floats(0.02, 0.98), st.floats(-2, 4))
def test_unmixed_colours_mix_to_what_was_seen_and_are_not_negative(seen, share, front):
    back = (seen - share * front) / (1 - share)
    one, other = kept(*map(np.float32, (seen, share, front, back)))
    assert one >= 0 and other >= 0
    if not (front < 0 and back < 0):
        assert share * one + (1 - share) * other == pytest.approx(seen, abs=2e-3)
