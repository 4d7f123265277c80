"""Where things lie in the checkout, and beside it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
TRUTH_SET = ROOT / "benchmarks" / "truth" / "set"

SHARED = Path(os.environ.get("REBOKEH_SHARED") or ROOT.parent / "shared")
"""Real photos and truth renders that are no part of the repository; often there is no such folder."""
