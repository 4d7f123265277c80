"""The committed samples, read by pillow-heif and Pillow alone, and the packer that made them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from support import heic
from support.paths import SAMPLES

PORTRAIT, TABLE, TABLE_DEPTH = SAMPLES / "portrait.heic", SAMPLES / "table.jpg", SAMPLES / "table_depth.png"
CAFE = SAMPLES / "cafe.heic"
URNS = {
    "portrait": "urn:com:apple:photo:2018:aux:portraiteffectsmatte",
    "hair": "urn:com:apple:photo:2019:aux:semantichairmatte",
    "gain": "urn:com:apple:photo:2020:aux:hdrgainmap",
}


@pytest.fixture(scope="module")
def portrait():
    """Open the portrait's primary image."""
    heif = pillow_heif.open_heif(PORTRAIT)
    return heif[heif.primary_index]


def aux(image, name: str) -> np.ndarray:
    """Codes of an auxiliary image as 0..1."""
    (number,) = image.info["aux"][URNS[name]]
    return np.asarray(image.get_aux_image(number)).astype(np.float32) / 255


def test_sizes_fit_the_repository():
    """Git keeps every version for ever."""
    assert PORTRAIT.stat().st_size < 2_000_000 and CAFE.stat().st_size < 600_000
    assert TABLE.stat().st_size + TABLE_DEPTH.stat().st_size < 700_000


def test_portrait_depth(portrait):
    """768x576 8-bit disparity from the far street to the leaves in front."""
    (depth,) = portrait.info["depth_images"]
    limits = depth.info["metadata"]
    assert sorted(depth.size) == [576, 768]
    codes = np.asarray(depth)
    assert codes.dtype == np.uint8 and codes.min() <= 3 and codes.max() >= 252
    dioptres = limits["d_min"] + codes / 255.0 * (limits["d_max"] - limits["d_min"])
    assert 0 <= limits["d_min"] < 0.05 and 1.2 < limits["d_max"] < 1.8
    subject = np.asarray(Image.fromarray(aux(portrait, "portrait")).resize(depth.size)) > 0.95
    assert 1 / np.median(dioptres[subject]) == pytest.approx(1.6, abs=0.12)


def test_portrait_mattes_and_gain_map(portrait):
    """Half resolution; the gain map speaks only where the picture is clipped."""
    w, h = portrait.size
    for name in URNS:
        assert aux(portrait, name).shape == (h // 2, w // 2)
    matte, hair, gain = (aux(portrait, name) for name in ("portrait", "hair", "gain"))
    assert 0.25 < matte.mean() < 0.6 and matte.max() > 0.99 and matte.min() < 0.01
    assert 0.04 < hair.mean() < matte.mean()
    assert (hair <= matte + 0.1).mean() > 0.99
    assert gain.max() > 0.9 and (gain > 0.05).mean() < 0.1
    brightest = np.asarray(portrait).max(-1).reshape(h // 2, 2, w // 2, 2).max((1, 3))
    assert np.percentile(brightest[gain > 0.3], 2) > 235


def test_portrait_profile_and_exif(portrait):
    """P3 with the sRGB curve; a 35 mm equivalent; the face where the EXIF says; no one else's name."""
    w, h = portrait.size
    profile: Any = ImageCms.ImageCmsProfile(io.BytesIO(portrait.info["icc_profile"])).profile
    assert "P3" in profile.profile_description
    assert profile.red_primary[1][:2] == pytest.approx((0.680, 0.320), abs=0.003)
    exif = Image.Exif()
    exif.load(portrait.info["exif"])
    inner = exif.get_ifd(0x8769)
    assert (exif[0x010F], exif[0x0112], inner[0xA405]) == ("rebokeh", 1, 65)
    x, y, *_ = inner[0x9214]
    hair = aux(portrait, "hair")
    assert 0.3 * w < x < 0.7 * w and 0.15 * h < y < 0.5 * h
    assert hair[y // 2, x // 2] < 0.1 and aux(portrait, "portrait")[y // 2, x // 2] > 0.95


def test_cafe():
    """Nobody is in it; the cup is at half a metre, the street at infinity, and lamps are above the clip."""
    heif = pillow_heif.open_heif(CAFE)
    image = heif[heif.primary_index]
    w, h = image.size
    (depth,) = image.info["depth_images"]
    limits = depth.info["metadata"]
    dioptres = limits["d_min"] + np.asarray(depth) / 255.0 * (limits["d_max"] - limits["d_min"])
    assert set(image.info["aux"]) == {URNS["gain"]}
    gain = aux(image, "gain")
    assert gain.max() > 0.9 and (gain > 0.05).mean() < 0.1
    exif = Image.Exif()
    exif.load(image.info["exif"])
    inner = exif.get_ifd(0x8769)
    assert inner[0xA405] == 52
    x, y, *_ = inner[0x9214]
    at = dioptres[round(y / h * dioptres.shape[0]), round(x / w * dioptres.shape[1])]
    assert 0.5 < 1 / at < 0.62 and np.median(dioptres[: dioptres.shape[0] // 5]) < 0.1


def test_table():
    """A JPEG with a 35 mm equivalent; its depth in millimetres grows towards the top of the picture."""
    photo = Image.open(TABLE)
    assert photo.getexif().get_ifd(0x8769)[0xA405] == 52
    depth = np.asarray(Image.open(TABLE_DEPTH))
    assert depth.dtype == np.uint16
    assert depth.shape[1] / depth.shape[0] == pytest.approx(photo.width / photo.height, rel=0.01)
    rows = np.median(depth, axis=1)
    assert 500 < rows[-1] < 1200 < 4000 < rows[5]


def test_packer_comes_back(tmp_path):
    """What `pack_heic` writes, pillow-heif reads: sizes, disparity range, codes."""
    h, w = 192, 128
    y, x = np.mgrid[:h, :w]
    rgb = np.stack([x * 255 / w, y * 255 / h, (x + y) * 255 / (h + w)], -1).astype(np.uint8)
    depth = np.linspace(0.1, 2.5, 96 * 64).reshape(96, 64)
    matte = np.clip((50 - np.hypot(y - 96, x - 64)) / 8, 0, 1)[::2, ::2]
    path = heic.pack_heic(rgb, depth, {"portrait": matte}, matte, 8.0, b"", tmp_path / "a.heic")
    heif = pillow_heif.open_heif(path)
    image = heif[heif.primary_index]
    assert image.size == (w, h) and np.abs(np.asarray(image).astype(int) - rgb).mean() < 2
    (found,) = image.info["depth_images"]
    limits = found.info["metadata"]
    assert (limits["d_min"], limits["d_max"]) == pytest.approx((0.1, 2.5), rel=1e-4)
    back = limits["d_min"] + np.asarray(found) / 255 * (limits["d_max"] - limits["d_min"])
    assert np.abs(back - depth).max() < 3 * 2.4 / 255
    assert np.abs(aux(image, "portrait") - matte).mean() < 0.01
    curve = heic.encode_gain(matte)
    assert np.abs(aux(image, "gain") - curve).mean() < 0.01


@pytest.mark.parametrize("ends", [(0.0, 1.5), (0.49365, 3.40234), (0.03, 17.3)])
def test_disparity_sei_rounds_to_16_bits(ends):
    """The message holds each end with 16 bits of mantissa."""
    bits = "".join(f"{b:08b}" for b in heic.disparity_sei(*ends)[12:])
    assert bits[:8] == "00110101"
    for k, value in enumerate(ends):
        part = bits[8 + 29 * k :][:29]
        power, fraction = int(part[1:8], 2), int(part[13:29], 2)
        found = 0.0 if power == 0 else 2.0 ** (power - 31) * (1 + fraction / 65536)
        assert found == pytest.approx(value, rel=2**-16, abs=0)
