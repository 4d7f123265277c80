"""A photo, and what several kinds of extracted files are made of."""

from __future__ import annotations

import io
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...colour.icc import SRGB_CURVE
from ...colour.to_srgb import srgb_codes
from ...core.arrays import FloatArray
from ...core.text import printable
from ...depth.calibrate import trust
from ...image.inpaint import inpaint
from ...photo.camera import Camera, camera_of
from ...photo.edits import SUBJECT_PLANES
from ...photo.photo import Photo
from ...scene.layered import LayeredScene
from ...scene.light_energy import SceneLight
from ...scene.prepared import at_full_size
from ...scene.slices import SUBJECT
from . import mesh
from .stereo_view import StereoPair, comfortable_baseline_m, stereo_pair

_IN, _BEHIND = 1.0, 0.1
"""Dioptres that tell the subject from all else: the matte alone decides."""


NEEDS_DEPTH = ("depth", "cloud", "mesh", "stereo", "spatial", "autostereogram")


class Material:
    """A photo, and what several kinds of files are made of; made when it is first asked for.

    Parameters
    ----------
    photo : Photo
    points : int
        Of the lattice, at most.
    baseline_m : float, optional
        Of the stereo pair; None = what is comfortable.
    """

    def __init__(self, photo: Photo, points: int, baseline_m: float | None) -> None:
        self.photo, self.points, self.baseline_m = photo, points, baseline_m
        self.name = printable(photo.meta.path) if photo.meta.path else "the photo"
        self.profile = photo.profile.with_curve(SRGB_CURVE) if photo.profile.is_linear else photo.profile

    @cached_property
    def _full(self) -> tuple[FloatArray | None, FloatArray | None]:
        return at_full_size(self.photo)

    @property
    def dioptres(self) -> FloatArray:
        """Depth at the photo's size."""
        found = self._full[0]
        assert found is not None
        return found

    @property
    def matte(self) -> FloatArray | None:
        """The subject's matte at the photo's size; None where it is next to nothing."""
        return self._full[1]

    @property
    def paints_subject(self) -> bool:
        """Whether something is painted over the matte."""
        return self.photo.edits is not None and self.photo.edits.paints(*SUBJECT_PLANES)

    @cached_property
    def camera(self) -> Camera:
        """The camera that took the photo."""
        return camera_of(self.photo.meta, self.photo.size)

    @cached_property
    def codes(self) -> NDArray[np.uint8]:
        """The photo in sRGB, which the formats of three dimensions take for granted."""
        return srgb_codes(self.photo.rgb, self.photo.profile, self.photo.size)

    @cached_property
    def lattice(self) -> mesh.Lattice:
        """The photo's points in space."""
        return mesh.lattice(self.dioptres, self.camera, self.points)

    @cached_property
    def pair(self) -> StereoPair:
        """The photo as two eyes would have seen it, by parallel cameras."""
        baseline_m = self.baseline_m or comfortable_baseline_m(self.dioptres, self.camera)
        return stereo_pair(self.photo.rgb, self.dioptres, self.matte, self.camera, baseline_m)

    @property
    def screen_m(self) -> float:
        """Distance of the subject, which is shown in the plane of the screen."""
        dioptres, matte = self.dioptres, self.matte
        subject = dioptres if matte is None or not (matte > 0.5).any() else dioptres[matte > 0.5]
        return 1.0 / max(float(np.median(subject)), 1e-3)

    @cached_property
    def cutout(self) -> tuple[FloatArray, FloatArray]:
        """The subject's own colour, and its coverage."""
        assert self.matte is not None
        return cut_out(self.photo.rgb, self.matte)

    def lacks(self, kind: str) -> str:
        """Say why there is no such file; "" when there is."""
        photo = self.photo
        if kind in NEEDS_DEPTH and photo.depth is None:
            return f"{self.name} holds no depth; give a map with `depth`, or a model with `depth_model`"
        if kind == "mattes" and not photo.has_subject and not photo.mattes:
            return f"{self.name} holds no matte; give one with `matte`"
        if kind == "cutout" and not photo.has_subject:
            return f"{self.name} holds no matte of the subject; give one with `matte`"
        if kind == "gain-map" and photo.gain_map is None:
            return f"{self.name} holds no gain map"
        return ""

    def facts(self) -> dict[str, Any]:
        """Say what holds for all files."""
        photo = self.photo
        said: dict[str, Any] = {
            "photo": self.name, "width": photo.size[1], "height": photo.size[0], "profile": photo.profile.name,
            "camera": asdict(self.camera),
        }  # fmt: skip
        if photo.depth is not None:
            said |= {
                "depth_kind": photo.depth_kind,
                "depth_source": photo.meta.depth_source or "given",
                "distances": trust(photo),
            }
        return said

    def warnings(self) -> list[str]:
        """Say what of the numbers is not known."""
        said = list(self.photo.meta.warnings)
        if self.photo.depth is not None and self.photo.depth_kind in ("relative", "unitless"):
            how = {"relative": "only nominal metres", "unitless": "no metres"}[self.photo.depth_kind]
            said.append(f"the depth map has {how}: distances and sizes are not true; `anchors` make them so")
        if self.photo.depth is not None and not self.photo.meta.f35_mm:
            said.append(f"the photo names no focal length: {self.camera.source}")
        return said

    def picture_png(self, rgb: FloatArray, alpha: FloatArray | None = None) -> bytes:
        """8-bit PNG of scene-linear light in the photo's profile, with straight alpha."""
        codes = self.profile.to_codes(rgb, 8)
        if alpha is not None:
            codes = np.dstack([codes, np.rint(alpha * 255.0).astype(np.uint8)])
        file = io.BytesIO()
        more = {"icc_profile": self.profile.icc} if self.profile.icc else {}
        Image.fromarray(codes).save(file, "PNG", compress_level=3, **more)
        return file.getvalue()


def cut_out(rgb: FloatArray, matte: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cut the subject out of a photo.

    Parameters
    ----------
    rgb : float32 (H, W, 3)
        Scene-linear.
    matte : float32 (H, W)
        Coverage of the subject.

    Returns
    -------
    rgb : float32 (H, W, 3)
        The subject's colour, not premultiplied: pixels that it shares with what lies behind are un-mixed, and beyond
        its outline its colour goes on, so that nothing else shines through when the picture is scaled.
    coverage : float32 (H, W)
        0..1.
    """
    # The matte alone decides: all of the subject is equally far, and all else.
    dioptres = np.where(matte > 0.5, np.float32(_IN), np.float32(_BEHIND))
    scene = LayeredScene.of(SceneLight(rgb, dioptres, matte, None, None, False))
    if scene.subject is None:
        # No pixel is surely its own.
        return inpaint(rgb, matte > 0.0), matte
    height, width = matte.shape
    found = scene.window(0, (slice(0, height), slice(0, width)))
    coverage = np.where(found.kinds & 3 == SUBJECT, found.alpha, np.float32(0.0))
    return inpaint(found.front[..., :3], coverage > 0.0), coverage
