"""How much of a picture lies at which distance: even steps of dioptres, as blur has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...core.arrays import FloatArray

BINS = 32

OUTLIERS = 0.001
"""Share of the map at each end that may lie beyond the histogram's range; it counts in the last bin."""


@dataclass(frozen=True)
class Histogram:
    """Shares of a depth map's pixels by depth.

    Attributes
    ----------
    edges : tuple of float
        Dioptres, from near to far: one more than there are bins.
    shares : tuple of float
        Of the pixels that are no holes; their sum is 1.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def merged(self, bins: int) -> Histogram:
        """Return it with fewer bins, of which `BINS` is a multiple."""
        by = len(self.shares) // bins
        sums = np.asarray(self.shares).reshape(bins, by).sum(axis=1)
        return Histogram(self.edges[::by], tuple(float(s) for s in sums))


def histogram(dioptres: FloatArray, bins: int = BINS) -> Histogram:
    """Count a depth map's pixels by depth.

    Parameters
    ----------
    dioptres : float32 (h, w)
        NaN = hole; at least one is none.
    bins : int
        All as wide, in dioptres.
    """
    known = dioptres[np.isfinite(dioptres)].astype(np.float64)
    far, near = (float(v) for v in np.quantile(known, (OUTLIERS, 1.0 - OUTLIERS)))
    if near - far <= 1e-6 * near:
        far, near = far - max(0.01 * far, 1e-3), near + max(0.01 * near, 1e-3)
    far = max(far, 0.0)
    counts, edges = np.histogram(np.clip(known, far, near), bins, (far, near))
    return Histogram(tuple(float(e) for e in edges[::-1]), tuple(float(c) / known.size for c in counts[::-1]))
