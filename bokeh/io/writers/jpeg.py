"""JPEG, and Ultra HDR JPEG where there is light above white to keep."""

from __future__ import annotations

import io

from numpy.typing import NDArray
from PIL import Image

from ...colour.profile import Profile
from ...hdr.gain_map import over_sdr
from ..encode_job import EncodeJob
from ..jpeg import ultra_hdr_write
from ..metadata.gain_map import coded

_SEGMENT = 65_533  # the most a JPEG marker holds, its two bytes of length not counted
_XMP = _SEGMENT - 29  # less its label
_OF_PARTS = 1000  # what an Ultra HDR file's XMP says of its parts


def write(job: EncodeJob) -> bytes:
    """Write a JPEG."""
    block, xmp, keeps_gain = job.exif(), job.xmp, job.hdr == "gain-map"
    if xmp and len(xmp) > _XMP - _OF_PARTS * keeps_gain:
        xmp = job.mark_alone
    codes = job.codes()
    found = over_sdr(job.photo) if keeps_gain else None
    if found is None:
        return _jpeg(codes, job.quality, job.profile, block, xmp)
    gain_codes, metadata = coded(found)
    gain = _jpeg(gain_codes, job.quality, Profile(), None, None)
    return ultra_hdr_write.joined(_jpeg(codes, job.quality, job.profile, block, None), gain, metadata, xmp)


def _jpeg(codes: NDArray, quality: int, profile: Profile, block: bytes | None, xmp: bytes | None) -> bytes:
    more: dict = {}
    if block and len(block) + 6 <= _SEGMENT:
        more["exif"] = b"Exif\0\0" + block
    if xmp and len(xmp) <= _XMP:
        more["xmp"] = xmp
    if profile.icc:
        more["icc_profile"] = profile.icc
    file = io.BytesIO()
    # Tables made to measure or a progressive scan save 3 to 6 % and take two to four times as long. 4:2:0 saves 18 %,
    # and costs the edges of red things.
    Image.fromarray(codes).save(file, "JPEG", quality=quality, subsampling=0, optimize=False, **more)
    return file.getvalue()
