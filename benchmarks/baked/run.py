"""How often blur that a photo holds already is found, and how well it is measured.

`python benchmarks/baked/run.py [PHOTO ...]` prints a table of photos that are blurred and photos that are not: the
path-traced pictures of `benchmarks/truth/set` (through a pinhole and through a lens), and the samples rendered with
both styles at several radii, at their size and enlarged. With photos it prints what is found in each.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import rebokeh as rk
from rebokeh.bokeh.depth.existing_blur import ExistingBlur, find_existing_blur
from rebokeh.bokeh.depth.upsample import resize_matte
from rebokeh.bokeh.tools.bench import in_columns

ROOT = Path(__file__).resolve().parents[2]
FloatArray = NDArray[np.float32]

RADII_PX = (4.0, 8.0, 16.0)
"""Largest blur radius of what is rendered, for a picture of a thousand pixels."""


@dataclass(frozen=True, eq=False)
class Case:
    """A picture, its depth, and the radius of its blur at each depth: None where it must not be found."""

    kind: str
    rgb: FloatArray
    dioptres: FloatArray
    focus_dioptres: float = 0.0
    px_per_dioptre: float | None = None

    def share_of_truth(self, baked: ExistingBlur) -> float:
        """Median, over the depths at which blur was found, of the radius found by the true one."""
        assert self.px_per_dioptre is not None
        true = np.abs(np.asarray(baked.dioptres) - self.focus_dioptres) * self.px_per_dioptre
        told = (np.asarray(baked.radius_px) > 0.0) & (true > 1.0)
        return float(np.median(np.asarray(baked.radius_px)[told] / true[told])) if told.any() else np.nan


def path_traced() -> Iterator[Case]:
    """Yield the pictures of the truth set."""
    from support.pictures import load, names

    folder = ROOT / "benchmarks" / "truth" / "set"
    seen = set()
    for name in names(folder):
        picture = load(folder, name)
        if picture.scene not in seen:
            seen.add(picture.scene)
            yield from spoilt("path-traced", picture.rgb, picture.dioptres)
        assert picture.lens.focus_m is not None
        where = {"back": "the background", "front": "what is in front"}.get(picture.config.split("_")[0], "the subject")
        yield Case(
            f"path-traced, lens on {where}",
            np.clip(picture.truth, 0.0, 1.0),
            picture.dioptres,
            1.0 / picture.lens.focus_m,
            picture.radius_per_dioptre,
        )


def spoilt(kind: str, rgb: FloatArray, dioptres: FloatArray) -> Iterator[Case]:
    """Yield a sharp picture as it is, and with all that is no blur of a lens."""
    rgb = np.clip(rgb, 0.0, 1.0)
    grain = np.random.default_rng(0).normal(0.0, 1.0, rgb.shape).astype(np.float32)
    yield Case(f"{kind}, sharp", rgb, dioptres)
    yield Case(f"{kind}, grain", np.square(np.sqrt(rgb) + 0.02 * grain, dtype=np.float32), dioptres)
    yield Case(
        f"{kind}, night", np.square(np.clip(np.sqrt(0.05 * rgb) + 0.04 * grain, 0.0, 1.0), dtype=np.float32), dioptres
    )
    yield Case(f"{kind}, camera moved", ndimage.uniform_filter1d(rgb, 15, axis=1).astype(np.float32), dioptres)
    yield Case(
        f"{kind}, out of focus all over", ndimage.gaussian_filter(rgb, (4.0, 4.0, 0.0)).astype(np.float32), dioptres
    )


def samples(enlarged: int) -> Iterator[Case]:
    """Yield the project's own photos, sharp and rendered."""
    photos = [rk.load(ROOT / "samples" / "portrait.heic")]
    table = ROOT / "samples" / "table.jpg"
    photos.append(rk.load(table, depth=table.with_name("table_depth.png"), depth_unit="m"))
    for photo in photos:
        if enlarged > 1:
            size = (photo.size[0] * enlarged, photo.size[1] * enlarged)
            rgb = np.stack([resize_matte(np.clip(photo.rgb[..., c], 0.0, 1.0), size) for c in range(3)], axis=2)
            photo = rk.Photo(rgb=rgb, depth=photo.depth, matte=photo.matte, meta=photo.meta)
        kind = f"sample, {photo.size[0] * photo.size[1] / 1e6:.0f} MP"
        for style in ("lens", "gaussian"):
            scene = rk.prepare(photo, rk.RenderSettings(style=style, baked="ignore"))
            assert scene.dioptres is not None
            if style == "lens":
                yield from spoilt(kind, photo.rgb, scene.dioptres)
            whole = scene.mount(rk.Lens(f_number=1.0))[0]
            most = max(abs(whole.radius_px(float(d))) for d in (scene.dioptres.min(), scene.dioptres.max()))
            for radius_px in RADII_PX:
                lens = rk.Lens(f_number=most / (radius_px * max(photo.size) / 1000.0))
                thin = scene.mount(lens)[0]
                rgb = np.clip(scene.render(lens).rgb, 0.0, 1.0)
                known = thin.px_per_dioptre if style == "lens" else None
                title = f"{kind}, {style} {radius_px:g} px"
                yield Case(title, rgb, scene.dioptres, thin.focus_dioptres, known)


def table(cases: Iterator[Case]) -> str:
    """Make a line of each kind: how many, how many were found, and how their radius compares."""
    kinds: dict[str, list[tuple[bool, float]]] = {}
    for case in cases:
        baked = find_existing_blur(case.rgb, case.dioptres)
        share = np.nan if baked is None or case.px_per_dioptre is None else case.share_of_truth(baked)
        kinds.setdefault(case.kind, []).append((baked is not None, share))
    rows = [["pictures", "count", "found", "radius found / true, median"]]
    for kind, found in kinds.items():
        shares = [share for _, share in found if np.isfinite(share)]
        rows.append(
            [kind, str(len(found)), str(sum(yes for yes, _ in found)), f"{np.median(shares):.2f}" if shares else ""]
        )
    return in_columns(rows)


def of_photo(path: str) -> str:
    """Say what is found in a photo."""
    photo = rk.load(path)
    scene = rk.prepare(photo)
    if scene.dioptres is None:
        return f"{path}: no depth"
    begun = time.process_time()
    find_existing_blur(photo.rgb, scene.dioptres)
    took = f"{time.process_time() - begun:.2f} s of one core"
    if scene.baked is None:
        return f"{path}: not blurred ({took})"
    nodes = ", ".join(f"{d:.2f}: {r:.0f}" for d, r in zip(scene.baked.dioptres, scene.baked.radius_px, strict=True))
    return f"{path}: blurred; radius in px at dioptres {nodes} ({took})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", help="photos with depth")
    parser.add_argument("--enlarged", type=int, default=2, help="also enlarge the samples so many times; 1 = do not")
    given = parser.parse_args()
    if given.photos:
        for photo_path in given.photos:
            print(of_photo(photo_path), flush=True)
    else:
        for make in (path_traced(), samples(1), *([samples(given.enlarged)] if given.enlarged > 1 else [])):
            print(table(make), flush=True)
