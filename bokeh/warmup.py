"""The machine code of the loops: whether it is there, where it is kept, and how to have all of it beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..kernels import ahead
from ..kernels.ahead import Compilers, listed
from ..kernels.cache import SAVING, store
from .api import prepare
from .core.progress import Progress, unseen
from .core.threads import cores
from .hdr.gain_map import over_sdr
from .optics.aperture import Aperture
from .optics.elements import Glass, Pupil, Rim, Wavefront
from .optics.lens import Lens
from .photo.edits import Edits
from .photo.metadata import Metadata, Rendering
from .photo.photo import GainMap, Photo
from .render.settings import RenderSettings

PICTURE = "picture"
"""The part of the work that any picture needs."""

FIRST_RUN = "compiling once for this machine; this takes up to a minute, later runs start at once"


@contextmanager
def compilers(say: Callable[[str], object] | None = None, progress: Progress = unseen) -> Iterator[Compilers]:
    """Have all cores compile what is missing, from the first loop that a picture has to wait for.

    Parameters
    ----------
    say : callable, optional
        Is told so, once.
    progress : Progress, optional
        Is told how far they are.
    """
    told: list[str] = []

    def tell(done: int, number: int) -> None:
        if not told and say is not None:
            say(FIRST_RUN)
        told.append(FIRST_RUN)
        progress(f"compiling {done + 1} of {number}", done / max(number, 1))

    found = Compilers(0 if cores() == 1 else cores(), tell)
    store().on_miss = found.missed
    try:
        yield found
    finally:
        store().on_miss = None
        found.end()


@contextmanager
def loading() -> Iterator[Callable[[Photo], object]]:
    """Load the loops that any picture needs while the body runs, as far as they are compiled.

    Yields
    ------
    callable
        Has those loaded that a photo needs besides, when it is opened.
    """
    with ahead.loading(PICTURE) as load:

        def load_for(photo: Photo) -> None:
            for part, needed in (("matte", photo.matte), ("gain map", photo.gain_map), ("lights", photo.rgb)):
                if needed is not None:
                    load(part)

        yield load_for


def is_warm() -> bool:
    """Whether the loops that any picture needs are compiled."""
    return {loop.name for loop in listed() if loop.part == PICTURE} <= store().held()


def kept_in() -> Path | None:
    """Name the folder that compiled loops are kept in; None when they are not kept."""
    return None if store().trouble else store().folder


def trouble() -> str:
    """Say why compiled loops could not be kept; empty when they could."""
    return store().trouble


def stop_saving(patience_s: float = 0.2) -> None:
    """Let no further loop be saved: the process must end at once, and leave no half of one."""
    SAVING.acquire(timeout=patience_s)


def warm_up(progress: Progress = unseen, begin: Callable[[str], object] | None = None) -> list[str]:
    """Compile all that a render of any style needs, by rendering a small photo that has something of everything.

    Parameters
    ----------
    progress : Progress, optional
    begin : callable, optional
        Is told each part of the work as it begins: what a loop is listed under, see `kernels.ahead`.

    Returns
    -------
    list of str
        The styles.
    """
    rounds = _rounds()
    with compilers(progress=progress) as ahead:
        if store().folder is not None and begin is None:
            ahead.begin()
            ahead.wait()
        for done, (part, settings, photo, lens) in enumerate(rounds):
            progress(f"compiling for {part}", done / len(rounds))
            if begin is not None:
                begin(part)
            over_sdr(prepare(photo, settings).render(lens))
    return sorted({settings.style for _, settings, *_ in rounds})


def _rounds() -> list[tuple[str, RenderSettings, Photo, Lens]]:
    """Name the parts of the work, those before which others come first, and what needs them."""
    photo = _something_of_everything()
    lamps = replace(photo, gain_map=None, matte=None)
    plain = replace(lamps, rgb=np.minimum(lamps.rgb, np.float32(0.5)))
    rendered = replace(plain, meta=replace(plain.meta, rendered=Rendering(4.0, 1.0)))
    sharp = Lens(f_number=1.4, focus_m=1.0, focal_mm=50.0)
    # What is all sharp, what is blurred much at the photo's own size, and a lens with all flaws.
    stopped = replace(sharp, f_number=100.0, aperture=Aperture(6))
    return [
        (PICTURE, RenderSettings(), plain, sharp),
        ("matte", RenderSettings(), replace(plain, matte=photo.matte), sharp),
        ("lights", RenderSettings(), lamps, sharp),
        ("gain map", RenderSettings(), photo, sharp),
        ("glow", RenderSettings(), _something_that_glows(), sharp),
        ("grain", RenderSettings(grain="match"), photo, sharp),
        ("blades", RenderSettings(), lamps, stopped),
        ("best", RenderSettings(quality="best"), lamps, sharp),
        ("flaws", RenderSettings(), lamps, _lens_with_everything()),
        ("flaws", RenderSettings(), lamps, _lens_of_one_colour()),
        ("flaws", RenderSettings(quality="best"), plain, _lens_with_everything()),
        ("existing blur", RenderSettings(), rendered, sharp),
        ("gaussian", RenderSettings(style="gaussian"), photo, sharp),
        ("edits", RenderSettings(), photo.with_edits(_every_brush(photo)), sharp),
    ]


def _every_brush(photo: Photo) -> Edits:
    """Paint over all that can be painted."""
    edits = Edits.of_size(photo.size)
    for brush in ("nearer", "subject", "lamp"):
        edits = edits.with_stroke(brush, [(0.2, 0.4), (0.7, 0.6)], radius=0.05, softness=0.0)
    return edits


def _lens_with_everything() -> Lens:
    """Make a lens whose colours land apart, and whose every point has an image and a star of its own."""
    pupil = Pupil(front=Rim(1.1, 0.4), apodisation=1.0)
    wave = Wavefront(spherical_um=2.0, coma_um=2.0, axial_um=(20.0, 0.0, -20.0), lateral_um=(10.0, 0.0, -10.0))
    return Lens(f_number=2.0, focus_m=1.0, focal_mm=50.0, aperture=Aperture(7), glass=Glass(1.4, pupil, wave))


def _lens_of_one_colour() -> Lens:
    """Make a lens whose colours land together, and whose corners are dark."""
    flawed = _lens_with_everything()
    return replace(flawed, glass=Glass(1.4, Pupil(front=Rim(1.0, 0.8)), Wavefront(spherical_um=2.0, coma_um=2.0)))


def _something_that_glows(height: int = 130, width: int = 260) -> Photo:
    """Make a photo of a bright bar that a phone's blur smeared over the dark wall behind it."""
    away = np.abs(np.arange(width, dtype=np.float32) - width // 2) - width // 8
    share = np.where(away > 0.0, 0.4 * np.exp(-0.7 * away), 1.0)
    rgb = np.broadcast_to((0.02 + 0.48 * share)[:, None], (height, width, 3))
    depth = np.broadcast_to(np.where(away > 0.0, 0.5, 1.0), (height, width))
    return Photo(rgb=np.array(rgb, np.float32), depth=np.array(depth, np.float32))


def _something_of_everything(height: int = 130, width: int = 780) -> Photo:
    """Make what a phone gives: a subject with a soft matte of half size, a banded depth map with holes, and lamps.

    It is more than a tile wide, so that it is looked at in tiles, and its blur made at half size.
    """
    y, x = np.mgrid[:height, :width].astype(np.float32)
    subject = np.clip(height / 4 - np.hypot(y - height / 2, x - width / 2), -4.0, 4.0) / 8.0 + 0.5
    wall = np.where((y // 9 + x // 9) % 2 == 0, 0.02, 0.2)
    rgb = np.repeat((subject * 0.5 + (1.0 - subject) * wall)[..., None], 3, axis=2).astype(np.float32)
    rgb *= 1.0 + 0.05 * np.sin(y * 1.7 + x * 2.3)[..., None]
    twig = (np.abs(x - width / 5) < 1.5) | (np.abs(y - height / 6) < 1.0)
    rgb[twig] = 0.05
    log2_gain = np.zeros((height // 2, width // 2), np.float32)
    for row, column in ((10, 100), (30, 14), (76, 110), (16, 26)):
        rgb[row : row + 4, column : column + 4] = 1.0
        log2_gain[row // 2 : row // 2 + 2, column // 2 : column // 2 + 2] = 3.0
    dioptres = np.where(subject > 0.5, 1.0 + y / height, 0.1 + 0.2 * x / width)[::2, ::2]
    dioptres[twig[::2, ::2]] = 2.5
    dioptres = np.round(dioptres * 100.0) / 100.0
    dioptres[20:25, 10:15] = np.nan
    return Photo(
        rgb=rgb,
        depth=dioptres,
        matte=subject[::2, ::2],
        gain_map=GainMap(log2_gain, 8.0),
        depth_kind="relative",
        meta=Metadata(format="heic", f35_mm=50.0),
    )
