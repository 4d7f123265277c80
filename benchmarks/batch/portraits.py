"""A library of portraits: cut from the sample by a die, in every family that holds depth, some of them broken."""

from __future__ import annotations

import io
import itertools
import random
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from support import android, heic, iphone, mutations
from support.paths import SAMPLES

from rebokeh.bokeh.colour.profile import Profile  # noqa: E402
from rebokeh.bokeh.io.writers.exr import exr  # noqa: E402

Codes = NDArray[np.uint8]

BROKEN = 0.05
MEGAPIXELS = (0.05, 0.5)
"""From the smallest to the largest; the logarithm is spread evenly between."""

_NEAR, _FAR = 0.3, 5.0
_SUFFIXES = {"png": "png", "tiff": "tif", "exr": "exr", "heic": "heic", "tiled heic": "heic"}
_LAYOUTS = {"heic": "heif", "tiled heic": "heif", "png": "png", "tiff": "tiff", "exr": "exr"}
_CUT, _CHANGED = 0.5, 0.9


@dataclass(frozen=True)
class DepthSlice:
    """A portrait before it is packed: codes (H, W, 3), disparity in dioptres (h, w), matte 0..1 (h, w), EXIF."""

    codes: Codes
    dioptres: NDArray[np.float32]
    matte: NDArray[np.float32]
    exif: bytes

    @property
    def disparity(self) -> Codes:
        """Disparity as codes between `_FAR` and `_NEAR` metres."""
        low, high = 1 / _FAR, 1 / _NEAR
        return heic.to_codes((self.dioptres - low) / (high - low))


@dataclass(frozen=True)
class Portrait:
    """One file of the library.

    Attributes
    ----------
    name : str
        Below the library's folder.
    family : str
    megapixels : float
    seed : str
        What the rest is drawn from.
    broken : bool
    """

    name: str
    family: str
    megapixels: float
    seed: str
    broken: bool


def library(count: int, seed: int = 0, megapixels: tuple[float, float] = MEGAPIXELS) -> list[Portrait]:
    """Say what there is in a library, in the order of its names."""
    die = random.Random(seed)
    broken = set(die.sample(range(count), round(BROKEN * count)))
    families = list(FAMILIES)
    shares = [_SHARES.get(family, 1.0) for family in families]
    found = []
    for k in range(count):
        family = die.choices(families, shares)[0]
        low, high = megapixels
        size = low * (high / low) ** die.random()
        name = f"{k // 100:02d}/portrait {k:05d}.{_SUFFIXES.get(family, 'jpg')}"
        found.append(Portrait(name, family, size, f"{seed} {k}", k in broken))
    return found


def every_family(megapixels: float) -> list[Portrait]:
    """One whole portrait of each family."""
    return [
        Portrait(f"{family}.{_SUFFIXES.get(family, 'jpg')}", family, megapixels, family, False) for family in FAMILIES
    ]


def write(portraits: list[Portrait], folder: Path, processes: int = 2) -> None:
    """Write those that are not there yet."""
    missing = [p for p in portraits if not (folder / p.name).exists()]
    for parent in {(folder / p.name).parent for p in missing}:
        parent.mkdir(parents=True, exist_ok=True)
    if len(missing) < 4 * processes:
        for portrait in missing:
            write_one(portrait, folder)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(write_one, missing, itertools.repeat(folder), chunksize=8):
            pass


def write_one(portrait: Portrait, folder: Path) -> None:
    """Write one file, whole or not at all."""
    data = bytes_of(portrait)
    part = (folder / portrait.name).with_suffix(".new")
    part.write_bytes(data)
    part.rename(folder / portrait.name)


def bytes_of(portrait: Portrait) -> bytes:
    """Make one file."""
    die = random.Random(portrait.seed)
    data = FAMILIES[portrait.family](_cut(portrait.megapixels, die))
    return _broken(portrait.family, data, die) if portrait.broken else data


def with_comment(jpeg: bytes, words: bytes) -> bytes:
    """Put a comment into a JPEG."""
    return android.with_segments(jpeg, android.segment(0xFE, words))


def _broken(family: str, data: bytes, die: random.Random) -> bytes:
    """Break a file: cut at a border of its parts, with a wrong number, with a picture beyond all measure, or empty."""
    from support import fields

    kind, layout = _LAYOUTS.get(family, "jpeg"), fields.of(_LAYOUTS.get(family, "jpeg"), data)
    fate = die.random()
    if fate < _CUT:
        found = list(mutations.truncated(data, layout))
    elif fate < _CHANGED:
        few = fields.Layout(fields=die.sample(layout.fields, min(12, len(layout.fields))), cuts={})
        found = list(mutations.misread(kind, data, few))
    else:
        found = [*mutations.giants(kind, data, layout), ("empty", b"")]
    return die.choice(found)[1] if found else b""


# --- what they are cut from ------------------------------------------------------------------------------------------


@lru_cache
def _sample() -> tuple[Image.Image, Image.Image, Image.Image]:
    """Return the sample's picture, its disparity in dioptres and its matte."""
    import pillow_heif

    from rebokeh.bokeh.load import load

    path = SAMPLES / "portrait.heic"
    photo = load(path)
    assert photo.depth is not None and photo.matte is not None
    dioptres = np.clip(1 / photo.depth, 1 / _FAR, 1 / _NEAR).astype(np.float32)
    matte = np.asarray(photo.matte, np.float32)
    return pillow_heif.open_heif(path).to_pillow().convert("RGB"), Image.fromarray(dioptres), Image.fromarray(matte)


def _cut(megapixels: float, die: random.Random) -> DepthSlice:
    """Cut a part out of the sample, mirrored or not, brighter or darker, and scale it to a size."""
    picture, dioptres, matte = _sample()
    share = die.uniform(0.7, 1.0)
    left, top = die.uniform(0, 1 - share), die.uniform(0, 1 - share)
    wide = die.choice([3 / 4, 3 / 4, 1.0, 9 / 16])
    height = (megapixels * 1e6 / wide) ** 0.5
    size = _in_blocks(height * wide), _in_blocks(height)
    half = tuple(side // 2 for side in size)
    mirrored = die.random() < 0.5

    def scaled(image: Image.Image, to: tuple[int, ...]) -> NDArray:
        w, h = image.size
        box = (left * w, top * h, (left + share) * w, (top + share) * h)
        array = np.asarray(image.resize((to[0], to[1]), Image.Resampling.BILINEAR, box))
        return np.ascontiguousarray(array[:, ::-1] if mirrored else array)

    codes = np.clip(scaled(picture, size) * die.uniform(0.6, 1.2), 0, 255).astype(np.uint8)
    exif = iphone.exif(size=size, f35=die.choice([26, 52, 77]), camera=die.choice(_CAMERAS))
    return DepthSlice(codes, scaled(dioptres, half), np.clip(scaled(matte, half), 0, 1), exif)


def _in_blocks(side: float) -> int:
    """Round such that HEVC codes both the picture and maps of half its size without cutting them afterwards."""
    return max(round(side / 32), 4) * 32


_CAMERAS = [("Apple", "iPhone X"), ("Apple", "iPhone 13 Pro"), ("Google", "Pixel 7"), ("samsung", "SM-G998B")]


# --- families --------------------------------------------------------------------------------------------------------


def _heic(cut: DepthSlice) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        gain = (cut.codes.max(axis=2) > 250).astype(np.float32)[::2, ::2]
        path = heic.pack_heic(
            cut.codes,
            cut.dioptres,
            {"portrait": cut.matte},
            gain,
            4.0,
            cut.exif,
            Path(folder, "portrait.heic"),
            disparity_range=(1 / _FAR, 1 / _NEAR),
        )
        return path.read_bytes()


def _apdi(kind: str) -> bytes:
    return iphone.xmp(
        apdi_AuxiliaryImageType=kind, apdi_FloatMinValue=str(1 / _FAR), apdi_FloatMaxValue=str(1 / _NEAR)
    )  # fmt: skip


def _tiled_heic(cut: DepthSlice) -> bytes:
    return iphone.heic(
        cut.codes,
        depth=cut.disparity,
        depth_range=(1 / _FAR, 1 / _NEAR),
        depth_xmp=_apdi("disparity"),
        exif_block=cut.exif,
        tile=256,
    )


def _apple_jpeg(cut: DepthSlice) -> bytes:
    return iphone.jpeg(cut.codes, [(cut.disparity, _apdi("disparity"))], cut.exif)


_RANGE = {"Near": str(_NEAR), "Far": str(_FAR), "Format": "RangeInverse", "Units": "Meters"}


def _gdepth(cut: DepthSlice) -> bytes:
    values = {f"GDepth:{key}": value for key, value in _RANGE.items() if key != "Units"} | {"GDepth:Mime": "image/png"}
    return android.gdepth(_primary(cut), android.coded(cut.disparity, "PNG"), values)


def _dynamic_depth(cut: DepthSlice) -> bytes:
    return android.dynamic_depth(_primary(cut), android.coded(cut.disparity, "PNG"), _RANGE)


def _hdr_depth(cut: DepthSlice) -> bytes:
    values = {"Version": "1.0", "GainMapMax": "2", "HDRCapacityMax": "2"}
    gain = android.gain_image(android.coded(np.ascontiguousarray(cut.codes[::2, ::2].max(axis=2))), values)
    return android.dynamic_depth(_primary(cut), android.coded(cut.disparity, "PNG"), _RANGE, _primary(cut), gain=gain)


def _huawei(cut: DepthSlice) -> bytes:
    return android.huawei(_primary(cut), cut.disparity, _primary(cut))


def _samsung(cut: DepthSlice) -> bytes:
    return android.samsung(_primary(cut), cut.disparity, _primary(cut))


def _exr(cut: DepthSlice) -> bytes:
    height, width = cut.codes.shape[:2]
    metres = np.asarray(Image.fromarray(1 / cut.dioptres).resize((width, height), Image.Resampling.BILINEAR))
    channels = {"RGB": ((cut.codes / 255.0) ** 2.2).astype(np.float16), "Z": metres.astype(np.float32)}
    return exr([("rgb", channels)], Profile())


def _plain(kind: str) -> Callable[[DepthSlice], bytes]:
    def packed(cut: DepthSlice) -> bytes:
        file = io.BytesIO()
        Image.fromarray(cut.codes).save(file, kind)
        return file.getvalue()

    return packed


def _primary(cut: DepthSlice) -> bytes:
    return android.coded(cut.codes, "JPEG", exif=cut.exif)


FAMILIES: Mapping[str, Callable[[DepthSlice], bytes]] = {
    "heic": _heic,
    "tiled heic": _tiled_heic,
    "apple jpeg": _apple_jpeg,
    "gdepth": _gdepth,
    "dynamic depth": _dynamic_depth,
    "ultra hdr": _hdr_depth,
    "huawei": _huawei,
    "samsung": _samsung,
    "exr": _exr,
    "png": _plain("PNG"),
    "tiff": _plain("TIFF"),
}
"""How each family is packed; the last two hold no depth."""

_SHARES = {"heic": 4.0, "png": 0.3, "tiff": 0.3}
WITHOUT_DEPTH = ("png", "tiff")
