"""What several tests share: small portraits made on the spot, and where real photos lie when there are any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.command import Folder
from support.loops import loops_are_announced
from support.paths import SHARED
from support.portrait import PortraitFiles, write_portrait

__all__ = ["loops_are_announced"]

# The first call of a kernel compiles it: no deadline. In CI the same examples every time.
_slow_start = [HealthCheck.too_slow]
settings.register_profile("dev", deadline=None, suppress_health_check=_slow_start)
settings.register_profile("ci", deadline=None, suppress_health_check=_slow_start, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture
def portrait(tmp_path: Path) -> PortraitFiles:
    """Return a PNG portrait with its depth and matte, in a folder of its own."""
    return write_portrait(tmp_path)


@pytest.fixture
def folder(portrait: PortraitFiles) -> Folder:
    """Return the folder that the portrait lies in, as it is before anything is done."""
    return Folder(portrait.photo.parent)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real photos and truth renders that are not part of the repository; skip without it."""
    if not (SHARED / "real").is_dir():
        pytest.skip("no folder of real photos (REBOKEH_SHARED names one)")
    return SHARED
