"""TIFF of 8 or 16 bits."""

from __future__ import annotations

from ..encode_job import EncodeJob
from ..raster import deep


def write(job: EncodeJob) -> bytes:
    """Write a TIFF."""
    return deep.tiff(job.codes(), job.profile.icc, job.exif(), job.xmp)
