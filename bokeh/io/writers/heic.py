"""HEIC, with depth, mattes and gain map beside the picture."""

from __future__ import annotations

from functools import partial

from ..encode_job import EncodeJob
from ..heif import graft, hevc
from ..metadata.gain_map import apple_gain
from ..raster import pq


def write(job: EncodeJob) -> bytes:
    """Write a HEIC."""
    codes, cicp = pq.codes(job.photo) if job.hdr == "pq" else (job.codes(), None)
    code = partial(hevc.coded, bits=job.bits, quality=job.quality, profile=job.profile, cicp=cicp)
    apple = apple_gain(job.photo) if job.hdr == "gain-map" else None
    gain = (apple[0], apple[2]) if apple else None
    metadata = graft.PictureMetadata(
        job.exif(), job.xmp, job.exif_as_stored, job.xmp_as_stored, is_rendered=job.rendered is not None
    )
    return graft.portrait(job.photo, codes, code, metadata, gain=gain, name=job.name)
