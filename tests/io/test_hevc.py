"""Coding HEVC from several threads at once."""

from __future__ import annotations

import threading
import time

import numpy as np
import pillow_heif
import pytest

from rebokeh.bokeh.colour.profile import Profile
from rebokeh.bokeh.core.threads import each
from rebokeh.bokeh.io.heif import hevc


@pytest.mark.parametrize("bits", [8, 10])
def test_nobody_codes_beside_the_first_picture_of_a_process(monkeypatch, bits):
    # x265 fills its table of functions when it is opened first; whoever comes meanwhile calls one that is not there.
    encode, lock, ends, begins = pillow_heif.encode, threading.Lock(), [], []

    def noted(*words, **more):
        with lock:
            begins.append(time.monotonic())
            is_first = len(begins) == 1
        if is_first:
            time.sleep(0.2)
        encode(*words, **more)
        ends.append(time.monotonic())

    monkeypatch.setattr(pillow_heif, "encode", noted)
    hevc._open_encoder.cache_clear()
    codes = np.zeros((64, 64, 3), np.uint8 if bits == 8 else np.uint16)
    threads = [threading.Thread(target=hevc.coded, args=(codes, bits, 80, Profile())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begins) == 4 and min(begins[1:]) >= ends[0]
    each(lambda _: hevc.coded(codes, bits, 80, Profile()), range(2))
    assert len(begins) == 6  # the encoder is opened once
