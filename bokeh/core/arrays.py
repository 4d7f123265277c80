"""The arrays that pass between the rooms: each dtype has one name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
"""Pictures (H, W, 3), depth and coverage (H, W)."""

BoolArray = NDArray[np.bool_]
"""Masks (H, W)."""
