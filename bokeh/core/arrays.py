"""The arrays that pass between the rooms: each dtype has one name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
"""Pictures (H, W, 3), depth and coverage (H, W)."""

DoubleArray = NDArray[np.float64]
"""What is reckoned of a lens: float32 would show in its image."""

CodeArray = NDArray[np.uint8]
"""What a file or a screen is given: 8-bit codes (H, W) or (H, W, 3)."""

BoolArray = NDArray[np.bool_]
"""Masks (H, W)."""

MOST_HALF = 65504.0
"""The largest number of float16."""
