"""Depth from two pictures: textured planes at known distances, seen from two places."""

from __future__ import annotations

import io
import math
import struct

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from scipy.spatial.transform import Rotation

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile
from rebokeh.bokeh.core.errors import DepthError, UsageError
from rebokeh.bokeh.depth.stereo import match, measure_depth, most_disparity, settle
from rebokeh.bokeh.io.heif import hevc, spatial_write
from rebokeh.bokeh.io.jpeg.mpo import find as find_mpo
from rebokeh.bokeh.photo.metadata import Metadata

SIZE = (240, 320)
F35_MM, BASELINE_M = 26.0, 0.05
FOCAL_PX = F35_MM / 43.27 * math.hypot(*SIZE)
NEAR_M, FAR_M = 0.7, 3.0

cv2 = pytest.importorskip("cv2")


def texture(seed: int) -> np.ndarray:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(SIZE[0], SIZE[1] + 200)), 1.2)
    return (noise - noise.min()) / np.ptp(noise)


def seen_from(right_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Codes 0..1 of a wall with a square before it, and where the square is, from a place further right."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    wall, square = (
        ndimage.map_coordinates(texture(seed), [y, x + 100 + FOCAL_PX * right_m / metres], order=3)
        for seed, metres in ((1, FAR_M), (2, NEAR_M))
    )
    inside = (np.abs(y - 120) < 60) & (np.abs(x + FOCAL_PX * right_m / NEAR_M - 160) < 60)
    return np.where(inside, square, wall), inside


def photo_of(codes: np.ndarray, f35_mm: float | None = F35_MM) -> rk.Photo:
    three = np.repeat(np.clip(codes, 0, 1)[..., None], 3, axis=2).astype(np.float32)
    return rk.Photo(rgb=rk.Photo(rgb=three).profile.to_linear(three), meta=Metadata(path="x.jpg", f35_mm=f35_mm))


def within(region: np.ndarray) -> np.ndarray:
    """Leave a region's rim out."""
    return np.asarray(ndimage.binary_erosion(region, iterations=20), bool)


@pytest.fixture(scope="module")
def pair() -> tuple[rk.Photo, rk.Photo, np.ndarray]:
    (left, inside), (right, _) = seen_from(0.0), seen_from(BASELINE_M)
    return photo_of(left), photo_of(right), inside


def test_distances_are_focal_length_times_baseline_over_disparity(pair):
    left, right, inside = pair
    photo = measure_depth(left, right, BASELINE_M)
    assert photo.depth is not None and photo.depth_kind == "absolute" and photo.depth.shape == SIZE
    for region, metres in ((inside, NEAR_M), (~inside, FAR_M)):
        middle = within(region)
        found = photo.depth[middle]
        assert np.isfinite(found).mean() > 0.98
        assert 1 / np.nanmedian(found) == pytest.approx(metres, rel=0.02)
        error_px = np.abs(found * FOCAL_PX * BASELINE_M - FOCAL_PX * BASELINE_M / metres)
        assert np.nanquantile(error_px, 0.9) < 0.25


def test_what_only_one_of_them_sees_is_a_hole(pair):
    left, right, inside = pair
    depth = measure_depth(left, right, BASELINE_M).depth
    assert depth is not None
    # The square hides a strip of wall on its left from the camera on the right.
    hidden_px = FOCAL_PX * BASELINE_M * (1 / NEAR_M - 1 / FAR_M)
    start = int(np.flatnonzero(inside[120])[0])
    strip = depth[80:160, start - int(hidden_px) + 2 : start - 2]
    assert np.isnan(strip).mean() > 0.8


def test_settling_takes_disparities_to_a_few_hundredths():
    flat = texture(3)
    left, right = (
        np.rint(255 * ndimage.map_coordinates(flat, np.mgrid[: SIZE[0], : SIZE[1]] + np.array([[[0]], [[s]]]), order=3))
        for s in (60.0, 67.3)
    )
    left, right = left.astype(np.uint8), right.astype(np.uint8)
    coarse = match(cv2, left, right, 32)
    error = settle(cv2, left, right, coarse)[20:-20, 40:-20] - 7.3
    assert np.nanquantile(np.abs(error), 0.9) < 0.1
    assert np.nanmedian(np.abs(error)) < np.nanmedian(np.abs(coarse[20:-20, 40:-20] - 7.3))


def test_without_a_focal_length_distances_are_nominal(pair):
    left, right, _ = pair
    photo = measure_depth(rk.Photo(rgb=left.rgb), right, BASELINE_M)
    assert photo.depth_kind == "relative" and any("nominal" in note for note in photo.meta.notes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: ndimage.rotate(a, 40, reshape=False, mode="reflect"), "hardly a point in common|rows apart"),
        (lambda a: np.random.default_rng(9).random(a.shape), "hardly a point in common"),
        (lambda a: a[:-10], "other sizes"),
    ],
)
def test_what_is_no_pair_is_refused(pair, change, says):
    with pytest.raises(DepthError, match=says):
        measure_depth(pair[0], photo_of(change(seen_from(BASELINE_M)[0])), BASELINE_M)


def test_the_same_picture_twice_is_refused(pair):
    with pytest.raises(DepthError, match="the two pictures are the same, and show no depth"):
        measure_depth(pair[0], photo_of(seen_from(0.0)[0]), BASELINE_M)
    noisy = seen_from(0.0)[0] + np.random.default_rng(3).normal(size=SIZE) * 5e-4
    with pytest.raises(DepthError, match="the two pictures are the same"):
        measure_depth(pair[0], photo_of(noisy), BASELINE_M)


def turned(codes: np.ndarray, pitch: float, yaw: float, roll: float, zoom: float) -> np.ndarray:
    """Turn a camera by degrees, by its rays."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    long = FOCAL_PX * (1 + zoom)
    rays = np.stack([(x - (SIZE[1] - 1) / 2) / long, (y - (SIZE[0] - 1) / 2) / long, np.ones(SIZE)], axis=-1)
    seen = rays @ Rotation.from_rotvec(np.radians([pitch, yaw, roll])).as_matrix()
    where = [FOCAL_PX * seen[..., k] / seen[..., 2] + (SIZE[1 - k] - 1) / 2 for k in (1, 0)]
    return ndimage.map_coordinates(codes, where, order=3, mode="reflect")


@pytest.mark.parametrize(
    ("camera", "kind"),
    [
        ((1.0, 0.0, 0.0, 0.0), "absolute"),  # 4 rows
        ((0.5, 0.0, 3.0, 0.0), "absolute"),
        ((-1.0, 0.0, -1.0, 0.01), "absolute"),
        ((0.5, 1.0, 0.5, 0.0), "relative"),  # how far it looked inward, the rows say less surely
        ((0.0, -1.5, 1.0, 0.02), "relative"),
    ],
)
def test_pairs_whose_rows_are_apart_are_rectified(pair, camera, kind):
    left, _, inside = pair
    photo = measure_depth(left, photo_of(turned(seen_from(BASELINE_M)[0], *camera)), BASELINE_M)
    assert photo.depth is not None and photo.depth_kind == kind
    assert any(note.startswith("rectified: the right camera was turned by ") for note in photo.meta.notes)
    for region, metres in ((inside, NEAR_M), (~inside, FAR_M)):
        middle = within(region)
        assert np.isfinite(photo.depth[middle]).mean() > 0.95
        assert 1 / np.nanmedian(photo.depth[middle]) == pytest.approx(metres, rel=0.04)


def test_a_camera_that_stood_higher_is_levelled():
    """Both turned by the slope of the line between them: a pair that is tilted by 4 degrees."""
    (left, inside), (right, _) = seen_from(0.0), seen_from(BASELINE_M)
    left, right = (turned(codes, 0.0, 0.0, 4.0, 0.0) for codes in (left, right))
    photo = measure_depth(photo_of(left), photo_of(right), BASELINE_M)
    assert photo.depth is not None and photo.depth.shape == SIZE and photo.depth_kind == "absolute"
    inside = turned(inside.astype(float), 0.0, 0.0, 4.0, 0.0) > 0.5
    for region, metres in ((inside, NEAR_M), (~inside, FAR_M)):
        middle = within(region)[20:-20, 40:-40]
        found = photo.depth[20:-20, 40:-40][middle]
        assert np.isfinite(found).mean() > 0.95 and 1 / np.nanmedian(found) == pytest.approx(metres, rel=0.02)


def test_swapped_pictures_are_told(pair):
    left, right, _ = pair
    with pytest.raises(DepthError, match="swapped"):
        measure_depth(right, left, BASELINE_M)


@pytest.mark.parametrize("baseline_m", [0.0, -1.0, math.inf, math.nan])
def test_a_baseline_is_a_length(pair, baseline_m):
    with pytest.raises(UsageError, match="baseline"):
        measure_depth(pair[0], pair[1], baseline_m)


def test_the_search_is_bounded():
    assert most_disparity(3.0, 1600) == 16
    assert most_disparity(57.0, 1600) == 64
    assert most_disparity(1e6, 1600) == 400


def test_the_door_asks_for_both(portrait):
    with pytest.raises(UsageError, match="`stereo` and `baseline_m`"):
        rk.load(portrait.photo, stereo=portrait.photo)
    with pytest.raises(UsageError, match="`depth` and `stereo`"):
        rk.load(portrait.photo, stereo=portrait.photo, baseline_m=0.01, depth=portrait.depth)


# --- pairs in one file -----------------------------------------------------------------------------------------------


def coded(codes: np.ndarray) -> np.ndarray:
    return np.repeat(np.rint(np.clip(codes, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)


Entry = tuple[int, int, int, bytes]


def directory(entries: list[Entry], at: int, following: int = 0) -> bytes:
    """Make a directory of TIFF that stands at this offset."""
    rows, values, place = b"", b"", at + 2 + 12 * len(entries) + 4
    for tag, form, count, value in entries:
        if len(value) > 4:
            rows += struct.pack("<HHII", tag, form, count, place + len(values))
            values += value
        else:
            rows += struct.pack("<HHI", tag, form, count) + value.ljust(4, b"\0")
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", following) + values


def mpo(first: bytes, second: bytes, numbers: tuple[int, int] = (1, 2), kind: int = 0x020002) -> bytes:
    """Put two JPEGs into a multi-picture file, as a stereo camera of 50 mm does (CIPA DC-007)."""
    own = [
        [(0xB101, 4, 1, struct.pack("<I", number)), (0xB206, 5, 1, struct.pack("<II", 50, 1000))] for number in numbers
    ]

    def with_segment(picture: bytes, directories: bytes) -> bytes:
        body = b"MPF\0II*\0" + struct.pack("<I", 8) + directories
        return picture[:2] + b"\xff\xe2" + struct.pack(">H", 2 + len(body)) + body + picture[2:]

    def whole(size: int) -> bytes:
        listed = struct.pack("<IIIHH", 0x20000000 | kind, size, 0, 0, 0)
        listed += struct.pack("<IIIHH", kind, len(other), size - 10, 0, 0)  # counted from the segment's own header
        index: list[Entry] = [
            (0xB000, 7, 4, b"0100"), (0xB001, 4, 1, struct.pack("<I", 2)), (0xB002, 7, 32, listed)
        ]  # fmt: skip
        following = 8 + len(directory(index, 8))
        return with_segment(first, directory(index, 8, following) + directory(own[0], following))

    other = with_segment(second, directory(own[1], 8))
    return whole(len(whole(10))) + other


def jpeg(codes: np.ndarray) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0xA405: round(F35_MM)})
    file = io.BytesIO()
    Image.fromarray(coded(codes)).save(file, "JPEG", quality=95, subsampling=0, exif=exif)
    return file.getvalue()


def spatial_heic(codes: list[np.ndarray]) -> bytes:
    left, right = (hevc.coded(coded(one), 8, 95, Profile()) for one in codes)
    return spatial_write.heic(left, right, baseline_m=BASELINE_M, focal_share=FOCAL_PX / SIZE[1], shift_share=0.03)


def check_distances(photo: rk.Photo, inside: np.ndarray) -> None:
    assert photo.depth is not None and photo.depth_kind == "absolute"
    for region, metres in ((inside, NEAR_M), (~inside, FAR_M)):
        middle = within(region)
        assert 1 / np.nanmedian(photo.depth[middle]) == pytest.approx(metres, rel=0.03)


def test_a_multi_picture_file_is_a_pair(tmp_path):
    (left, inside), (right, _) = seen_from(0.0), seen_from(BASELINE_M)
    data = mpo(jpeg(left), jpeg(right))
    pictures = Image.open(io.BytesIO(data))
    assert pictures.format == "MPO" and getattr(pictures, "n_frames", 1) == 2
    (said,) = rk.load(data).meta.warnings
    assert said.startswith("a stereo pair: ") and "`stereo` with the same file" in said
    (tmp_path / "a.mpo").write_bytes(data)
    check_distances(rk.load(tmp_path / "a.mpo", stereo=tmp_path / "a.mpo"), inside)
    check_distances(rk.load(data, stereo=data, baseline_m=BASELINE_M), inside)
    # The number says which is the left one, not the order.
    swapped = mpo(jpeg(right), jpeg(left), numbers=(2, 1))
    check_distances(rk.load(swapped, stereo=swapped), inside)
    plain = mpo(jpeg(left), jpeg(right), kind=0x020003)  # several angles, not a stereo pair
    with pytest.raises(DepthError, match="the same picture twice"):
        rk.load(plain, stereo=plain, baseline_m=0.05)
    with pytest.raises(UsageError, match="holds both pictures of a pair; give it as the photo too"):
        rk.load(jpeg(left), stereo=data, baseline_m=0.05)


def test_a_damaged_multi_picture_file_is_no_pair():
    data = mpo(jpeg(seen_from(0.0)[0]), jpeg(seen_from(BASELINE_M)[0]))
    for cut in (*range(0, 400, 3), len(data) // 2, len(data) - 5):
        assert find_mpo(data[:cut]) is None
    for at in range(2, 200):
        find_mpo(data[:at] + b"\xff" + data[at + 1 :])
        find_mpo(data[:at] + b"\0" + data[at + 1 :])


def test_a_spatial_heic_is_a_pair(tmp_path):
    (left, inside), (right, _) = seen_from(0.0), seen_from(BASELINE_M)
    path = tmp_path / "spatial.heic"
    path.write_bytes(spatial_heic([left, right]))
    photo = rk.load(path)
    assert photo.depth is None and any("`stereo` with the same file" in said for said in photo.meta.warnings)
    photo = rk.load(path, stereo=path)
    check_distances(photo, inside)
    assert any("stereo pair of one file, 50 mm apart" in note for note in photo.meta.notes)


def test_one_file_twice_is_refused(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(seen_from(0.0)[0]))
    with pytest.raises(DepthError, match="the same picture twice shows no depth"):
        rk.load(path, stereo=path, baseline_m=0.05)
    with pytest.raises(UsageError, match="`stereo` and `baseline_m` go together"):
        rk.load(path, stereo=path)
