"""Depths that move: where a lens finds things, so that it adds only what is missing to the blur of a photo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..core.arrays import FloatArray
from ..core.threads import each

if TYPE_CHECKING:
    from ...kernels.move import DepthTable

MOVED_TOGETHER = 1 << 20
"""So many depths are moved by one thread at a time."""


@dataclass(frozen=True, eq=False)
class DepthMapping:
    """Moves depths: what was nearer than something else is never farther, and nothing crosses the focus.

    Attributes
    ----------
    dioptres, moved : float64 (N,)
        Depths, ascending, and where they move; without any, nothing moves.
    """

    dioptres: NDArray[np.float64]
    moved: NDArray[np.float64]

    def __call__(self, dioptres: FloatArray) -> FloatArray:
        """Move depths, float32 array of any shape."""
        from ...kernels.move import move

        source, out = np.ascontiguousarray(dioptres, np.float32).ravel(), np.empty(dioptres.size, np.float32)
        each(
            lambda run: move(source[run], self.table, out[run]),
            [slice(first, first + MOVED_TOGETHER) for first in range(0, out.size, MOVED_TOGETHER)],
        )
        return out.reshape(dioptres.shape)

    @cached_property
    def table(self) -> DepthTable:
        """As the kernels take it."""
        from ...kernels.move import DepthTable

        steps = np.diff(self.dioptres)
        slopes = np.divide(np.diff(self.moved), steps, out=np.zeros_like(steps), where=steps > 0.0)
        span = float(self.dioptres[-1] - self.dioptres[0]) if len(steps) else 0.0
        return DepthTable(self.dioptres, self.moved, slopes, len(steps) / span if span > 0.0 else 0.0)


STILL = DepthMapping(np.empty(0), np.empty(0))
"""Moves nothing."""
