"""JPEG, and Ultra HDR JPEG where there is light above white to keep."""

from __future__ import annotations

import io
import struct
import warnings

from numpy.typing import NDArray
from PIL import Image

from ...colour.profile import Profile
from ...core.errors import RebokehWarning
from ...hdr.gain_map import over_sdr
from ..encode_job import EncodeJob
from ..jpeg import ultra_hdr_write
from ..jpeg.segments import APP13, COM, MOST_BYTES, XMP_LABEL, jfif_density_at, segment, with_segments
from ..metadata import iptc
from ..metadata.gain_map import coded

_XMP = MOST_BYTES - len(XMP_LABEL)
_OF_PARTS = 1000  # what an Ultra HDR file's XMP says of its parts


def write(job: EncodeJob) -> bytes:
    """Write a JPEG.

    Warns
    -----
    RebokehWarning
        When metadata are longer than a JPEG's segments.
    """
    block, xmp, keeps_gain = job.exif(), job.xmp, job.hdr == "gain-map"
    if xmp and len(xmp) > _XMP - _OF_PARTS * keeps_gain:
        _warn(job, "XMP")
        xmp = job.mark_alone
    if block and len(block) + 6 > MOST_BYTES:
        _warn(job, "EXIF")
        block = None
    codes = job.codes()
    found = over_sdr(job.photo) if keeps_gain else None
    picture = _jpeg(codes, job.quality, job.profile, block, xmp if found is None else None)
    picture = _captioned(picture, job)
    if found is None:
        return picture
    gain_codes, metadata = coded(found)
    gain = _jpeg(gain_codes, job.quality, Profile(), None, None)
    return ultra_hdr_write.joined(picture, gain, metadata, xmp)


def _warn(job: EncodeJob, what: str) -> None:
    said = f"{job.name}: its {what} is left out: a JPEG holds no more than 64 KB of it"
    warnings.warn(said, RebokehWarning, stacklevel=2)


def _captioned(jpeg: bytes, job: EncodeJob) -> bytes:
    """Put IPTC, comments and the density of a print into a JPEG."""
    resources = iptc.joined(job.iptc, job.photo.meta.resources, job.is_turned)
    if resources and len(resources) + len(iptc.JPEG_LABEL) > MOST_BYTES:
        _warn(job, "IPTC")
        resources = None
    segments = segment(APP13, iptc.JPEG_LABEL + resources) if resources else b""
    comments = [one for one in job.photo.meta.comment if len(one) <= MOST_BYTES]
    if len(comments) < len(job.photo.meta.comment):  # a PNG's may be longer
        _warn(job, "comment")
    segments += b"".join(segment(COM, one) for one in comments)
    at = jfif_density_at(jpeg)
    if job.density is not None and at is not None:
        x, y, unit = job.density
        stated = struct.pack(">BHH", 1 if unit == "inch" else 2, *(min(max(round(v), 1), 65_535) for v in (x, y)))
        jpeg = jpeg[:at] + stated + jpeg[at + len(stated) :]
    return with_segments(jpeg, segments)


def _jpeg(codes: NDArray, quality: int, profile: Profile, block: bytes | None, xmp: bytes | None) -> bytes:
    more: dict = {}
    if block:
        more["exif"] = b"Exif\0\0" + block
    if xmp:
        more["xmp"] = xmp
    if profile.icc:
        more["icc_profile"] = profile.icc
    file = io.BytesIO()
    # Tables made to measure or a progressive scan save 3 to 6 % and take two to four times as long. 4:2:0 saves 18 %,
    # and costs the edges of red things.
    Image.fromarray(codes).save(file, "JPEG", quality=quality, subsampling=0, optimize=False, **more)
    return file.getvalue()
