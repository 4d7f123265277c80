"""What was done, as strict JSON and in words."""

from __future__ import annotations

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rebokeh.bokeh.app.report import report_lines
from rebokeh.bokeh.core.jsonable import plain

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.floats(width=32).map(np.float32),
    st.integers(0, 255).map(np.uint8),
    st.builds(object),
)
names = st.text(max_size=3)
values = st.recursive(
    leaves,
    lambda v: st.one_of(st.lists(v, max_size=3), st.tuples(v, v), st.dictionaries(names, v, max_size=3)),
    max_leaves=6,
)


@given(st.dictionaries(names, values, max_size=4))
def test_anything_becomes_strict_json_and_words(facts):
    reduced = plain(facts)
    assert json.loads(json.dumps(reduced, allow_nan=False)) == reduced
    assert all(isinstance(line, str) for line in report_lines({**reduced, "notes": ["a"]}))


def test_what_json_has_no_number_for():
    assert plain([math.inf, -math.inf, math.nan, np.float32(0.5)]) == ["inf", "-inf", None, 0.5]


def test_words():
    said = report_lines(
        {"focus_m": 2.10004, "on": True, "none": None, "empty": {}, "seconds": {"load": 0.25}, "notes": ["x"]}
    )
    assert said == ["focus m: 2.1", "on: yes", "seconds: load 0.25", "note: x"]
