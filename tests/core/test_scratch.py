"""Memory that is lent: arrays that are there at once share none of it, and what is given back is lent again."""

from __future__ import annotations

import numpy as np
import pytest

from rebokeh.bokeh.core import scratch as module
from rebokeh.bokeh.core.scratch import Room, Scratch


@pytest.mark.parametrize("block_bytes", [64, 1000, 1 << 20])
def test_arrays_that_are_there_at_once_share_no_memory(block_bytes, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", block_bytes)
    rng, room = np.random.default_rng(0), Room()
    for _ in range(3):
        with room.passing():
            kept = [room.empty((n, 3), dtype) for n, dtype in zip(rng.integers(0, 40, 6), "fdBfdB", strict=True)]
            for number, one in enumerate(kept):
                one[:] = number
            with room.passing():
                room.empty((500,), np.float64)[:] = 99.0
            room.empty((7,), np.uint8)[:] = 98
            for number, one in enumerate(kept):
                assert one.flags.c_contiguous and one.flags.aligned
                np.testing.assert_array_equal(one, number)


def test_a_room_is_lent_to_one_at_a_time_and_then_again():
    scratch = Scratch()
    with scratch.room() as one, scratch.room() as other:
        first = one.empty((10,), np.float32)
        assert one is not other and not np.shares_memory(first, other.empty((10,), np.float32))
    with scratch.room() as again:
        assert again in (one, other)
    lost = []
    with pytest.raises(ValueError, match="spoilt"), scratch.room() as room:
        lost.append(room.empty((4,), np.float32))
        raise ValueError("spoilt")
    with scratch.room() as room:
        assert np.shares_memory(lost[0], room.empty((4,), np.float32))
