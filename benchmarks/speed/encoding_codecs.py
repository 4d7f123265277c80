"""The settings that could be a picture's: each encodes codes, and says how they come back."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import OpenEXR
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

import rebokeh as rk
from rebokeh.bokeh.io.encode import encode
from rebokeh.bokeh.io.writers.png import filtered

Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Candidate:
    """One way to write a picture.

    Attributes
    ----------
    kind : str
        The file format.
    settings : str
        In the codec's words; "rebokeh" is what `save` does, from scene-linear light to the file's bytes.
    encode : callable
        Codes, uint8 (H, W, 3), to the file.
    quick : bool
        Whether `--quick` tries it too.
    lossless : bool
        What is lossless is not decoded to be compared.
    """

    kind: str
    settings: str
    encode: Callable[[Codes], bytes]
    quick: bool = False
    lossless: bool = False


def candidates(photo: rk.Photo) -> Iterator[Candidate]:
    """Yield all candidates; `photo` holds the codes as scene-linear light, for what `save` does."""
    for kind, bits in (("jpeg", 8), ("heic", 8), ("heic", 10), ("avif", 8)):
        yield Candidate(kind, f"rebokeh, {bits} bit", partial(_ours, photo, kind, bits), True)
    for quality, chroma, more in _JPEG:
        name = f"q{quality} {_written(chroma)}{''.join(' ' + word for word in more)}"
        yield Candidate("jpeg", name, partial(_pillow, "JPEG", quality=quality, subsampling=chroma, **more), False)
    for preset, quality, chroma in _HEIC:
        quick = preset == "ultrafast" and chroma == 420
        yield Candidate("heic", f"{preset} q{quality} {chroma}", partial(_heic, preset, quality, chroma), quick)
    for speed, quality, chroma in _AVIF:
        more = {"speed": speed, "quality": quality, "subsampling": chroma}
        yield Candidate("avif", f"speed {speed} q{quality} {chroma}", partial(_pillow, "AVIF", **more), False)
    for kind, bits in (("png", 8), ("png", 16), ("tiff", 8), ("tiff", 16), ("exr", 16)):
        yield Candidate(kind, f"rebokeh, {bits} bit", partial(_ours, photo, kind, bits), True, True)
    for bits in (8, 16):
        for level, strategy in ((1, "Z_DEFAULT_STRATEGY"), (4, "Z_DEFAULT_STRATEGY"), (1, "Z_RLE")):
            pack = partial(_png, photo, bits, level, getattr(zlib, strategy))
            yield Candidate("png", f"{bits} bit paeth, {strategy} {level}, one core", pack, False, True)
    for name in ("NO", "ZIPS", "ZIP", "PIZ", "DWAA"):
        yield Candidate("exr", f"half {name}", partial(_exr, photo, name), False, True)


_JPEG = (
    (90, 0, {}),
    (95, 0, {}),
    (97, 0, {}),
    (95, 2, {}),
    (95, 0, {"optimize": True}),
    (95, 0, {"progressive": True}),
)
_HEIC = (
    *(("ultrafast", quality, 420) for quality in (65, 75, 85, 92)),
    ("ultrafast", 75, 444),
    ("superfast", 75, 420),
)
_AVIF = ((10, 85, "4:4:4"), (10, 90, "4:4:4"), (10, 95, "4:4:4"), (10, 90, "4:2:0"), (8, 90, "4:4:4"))


def _written(chroma: int) -> str:
    return {0: "4:4:4", 2: "4:2:0"}[chroma]


def decoded(kind: str, data: bytes) -> NDArray[np.float32]:
    """Codes 0..255, (H, W, 3), of a file."""
    if kind == "heic":
        heif = pillow_heif.open_heif(data, convert_hdr_to_8bit=False)
        array = np.asarray(heif[heif.primary_index])[..., :3]
        return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max / 255)
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32)


def _ours(photo: rk.Photo, kind: str, bits: int, codes: Codes) -> bytes:
    return encode(photo, kind, bit_depth=bits)


def _pillow(kind: str, codes: Codes, **settings) -> bytes:
    file = io.BytesIO()
    Image.fromarray(codes).save(file, kind, **settings)
    return file.getvalue()


def _heic(preset: str, quality: int, chroma: int, codes: Codes) -> bytes:
    h, w = codes.shape[:2]
    file = io.BytesIO()
    more = {"matrix_coefficients": 6, "full_range_flag": 1, "enc_params": {"preset": preset}}
    pillow_heif.encode("RGB", (w, h), codes.tobytes(), file, quality=quality, bit_depth=8, chroma=chroma, **more)
    return file.getvalue()


def _png(photo: rk.Photo, bits: int, level: int, strategy: int, codes: Codes) -> bytes:
    """Pack the filtered rows as one stream on one core; chunks and header left out."""
    deeper = codes if bits == 8 else photo.profile.to_codes(photo.rgb, bits)
    squeeze = zlib.compressobj(level, strategy=strategy)
    parts = [squeeze.compress(filtered(deeper, top, top + 32).data) for top in range(0, len(deeper), 32)]
    return b"".join([*parts, squeeze.flush()])


def _exr(photo: rk.Photo, compression: str, codes: Codes) -> bytes:
    header = {"compression": getattr(OpenEXR, f"{compression}_COMPRESSION"), "type": OpenEXR.scanlineimage}
    file = io.BytesIO()
    OpenEXR.File(header, {"RGB": photo.rgb.astype(np.float16)}).write(file)
    return file.getvalue()
