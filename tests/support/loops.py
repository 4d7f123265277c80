"""Which compiled loops are called, and that every test that calls some carries the marker ``kernels``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from numba.core.registry import CPUDispatcher

CALLED: set[str] = set()
"""Names of rebokeh's loops that Python has called since the last test ended."""

_call = CPUDispatcher.__call__


def _noted(self: Any, *words: Any, **more: Any) -> Any:
    loop = self.py_func
    if loop.__module__.startswith("rebokeh.kernels."):
        CALLED.add(f"{loop.__module__}.{loop.__name__}")
    return _call(self, *words, **more)


CPUDispatcher.__call__ = _noted


@pytest.fixture(autouse=True)
def loops_are_announced(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that calls compiled loops, itself or by its fixtures, and does not carry the marker.

    `.ci/run` runs what carries it once more with every index checked; nothing else tells it which tests these are.
    """
    yield
    called = sorted(CALLED)
    CALLED.clear()
    if called and not request.node.get_closest_marker("kernels"):
        loops = f"{len(called)} compiled loops ({', '.join(called[:3])}{', ...' if len(called) > 3 else ''})"
        pytest.fail(f"calls {loops} and lacks `pytest.mark.kernels`", pytrace=False)
