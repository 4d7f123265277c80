"""Read a truth set: for each lens setting of each scene the photo, depth and matte, and what the lens made of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rebokeh as rk
from rebokeh.bokeh.colour.profile import Profile
from rebokeh.bokeh.io.writers.exr import exr

FloatArray = NDArray[np.float32]

SENSOR_MM = (36.0, 24.0)
WITH_HAIR = ("o1_portrait", "o2_near", "o6_glasses", "s1_portrait")
"""Scenes where a person's hair is against something blurred: only a matte can tell its strands."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One lens setting of one scene.

    Attributes
    ----------
    scene, config : str
    rgb : float32 (H, W, 3)
        The pinhole photo, scene-linear.
    metres : float32 (H, W)
        Its depth, one ray per pixel.
    matte : float32 (H, W)
        Coverage of the subject.
    truth : float32 (H, W, 3)
        What the lens made of the scene.
    lens : rebokeh.Lens
    radius_per_dioptre : float
        Pixels of blur radius per dioptre away from focus.
    margin_px : int
        Border that is not scored: there the lens saw what lies outside the photo.
    noise_db : float
        PSNR that a perfect picture would have, by the truth's own grain.
    folder : Path
    """

    scene: str
    config: str
    rgb: FloatArray
    metres: FloatArray
    matte: FloatArray
    truth: FloatArray
    lens: rk.Lens
    radius_per_dioptre: float
    margin_px: int
    noise_db: float
    folder: Path

    @property
    def name(self) -> str:
        """Scene and lens setting."""
        return f"{self.scene}/{self.config}"

    @cached_property
    def dioptres(self) -> FloatArray:
        """Inverse depth."""
        return (1.0 / self.metres).astype(np.float32)

    @cached_property
    def radius(self) -> FloatArray:
        """Signed blur radius in pixels; + behind focus."""
        assert self.lens.focus_m is not None
        return (self.radius_per_dioptre * (1.0 / self.lens.focus_m - self.dioptres)).astype(np.float32)

    def sheets(self) -> dict[str, FloatArray] | None:
        """Read what is hidden in the photo, by channel (`back.RGB`, `back.A`, `back.Z`, ...); None if not stored."""
        path = self.folder / f"{self.scene}_sheets.exr"
        return read_exr(path) if path.exists() else None

    @cached_property
    def recorded(self) -> dict[str, float]:
        """Scores of other renderers that came with the set (peers.json), if any."""
        path = self.folder / "peers.json"
        return json.loads(path.read_text()).get(self.name, {}) if path.exists() else {}


def read_exr(path: Path) -> dict[str, FloatArray]:
    """Read the channels of an EXR as float32, R, G and B together as RGB."""
    import OpenEXR

    channels = OpenEXR.File(str(path)).parts[0].channels
    return {name: np.array(channel.pixels, np.float32) for name, channel in channels.items()}


def write_exr(path: Path, channels: dict[str, NDArray[Any]]) -> None:
    """Write channels as an EXR."""
    path.write_bytes(exr([("rgb", channels)], Profile()))


def names(folder: Path, only: str = "") -> list[str]:
    """Return `scene/config` of every picture whose name contains `only`; scenes that are not finished are left out."""
    found = []
    for path in sorted(folder.glob("*_pin.exr")):
        scene = path.name.removesuffix("_pin.exr")
        if (folder / f"{scene}.json").exists():
            found += [f"{scene}/{config['name']}" for config in _facts(folder, scene)["configs"]]
    return [name for name in found if only in name]


def load(folder: Path, name: str) -> Picture:
    """Read one picture.

    Parameters
    ----------
    folder : Path
        The set.
    name : str
        scene/config.

    Returns
    -------
    Picture
    """
    scene, config = name.split("/")
    facts = _facts(folder, scene)
    setting = next(c for c in facts["configs"] if c["name"] == config)
    photo = read_exr(folder / f"{scene}_pin.exr")
    lens = rk.Lens(
        f_number=setting["f_number"],
        focus_m=setting["focus_m"],
        focal_mm=facts["focal_mm"],
        sensor_mm=SENSOR_MM,
        aperture=rk.Aperture(setting["blades"], 0.0, setting["rotation_deg"]),
        starburst=0.0,  # the truth is of rays, and has none
    )
    return Picture(
        scene=scene,
        config=config,
        rgb=photo["RGB"],
        metres=photo["Z"],
        matte=photo["subject"],
        truth=read_exr(folder / f"{scene}_gt_{config}.exr")["RGB"],
        lens=lens,
        radius_per_dioptre=setting["coc_px_per_dioptre"] / 2.0,
        margin_px=setting["margin_px"],
        noise_db=setting["noise_psnr_of_mean_db_est"],
        folder=folder,
    )


def _facts(folder: Path, scene: str) -> dict[str, Any]:
    return json.loads((folder / f"{scene}.json").read_text())
