"""The front door: load, prepare, render, save; what `import rebokeh` gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .core.arrays import FloatArray
from .core.checks import expect
from .core.progress import Progress, unseen
from .core.threads import ONE_AT_A_TIME
from .depth.existing_blur import ExistingBlur
from .image.resize import resize, size_within
from .io.encode import save
from .load import load
from .optics.lens import Lens, ThinLens
from .photo.photo import SHOWN_PX, Photo, png_of
from .render.pipeline import prepare_for, render_scene
from .render.report import mount_on, report_of, warnings_of
from .render.settings import RenderSettings
from .scene.lights import Lights
from .scene.prepared import PreparedScene
from .tools.steps.steps import StepsLike, as_steps, recording

__all__ = ["Scene", "load", "prepare", "render", "save"]


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo made ready for any number of lenses; made by `prepare`.

    Attributes
    ----------
    prepared : PreparedScene
        What it holds for any lens: depth, matte, lights.
    settings : RenderSettings

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> scene = rk.prepare(rk.Photo(rgb=np.ones((40, 60, 3), np.float32), depth=np.full((40, 60), 0.5, np.float32)))
    >>> lens, source = scene.mount(rk.Lens(f_number=2.0, focus_m=2.0))
    >>> lens.focus_m, scene.report(rk.Lens(f_number=2.0))["lights"]
    (2.0, 0)
    """

    prepared: PreparedScene
    settings: RenderSettings

    @property
    def photo(self) -> Photo:
        """The photo it was made of."""
        return self.prepared.photo

    @property
    def dioptres(self) -> FloatArray | None:
        """Depth at the photo's resolution, float32 (H, W); None when the style needs none and there is none."""
        return self.prepared.dioptres

    @property
    def matte(self) -> FloatArray | None:
        """Coverage of the subject, float32 (H, W), 0..1."""
        return self.prepared.matte

    @property
    def extra(self) -> FloatArray | None:
        """Radiance above the clip, float32 (H, W, 3); reckoned anew each time."""
        return None if self.prepared.extra is None else self.prepared.extra.whole()

    @property
    def lights(self) -> Lights | None:
        """The small bright things in it."""
        return self.prepared.lights

    @property
    def sources(self) -> dict[str, str]:
        """Where depth, matte and highlights came from, in words."""
        return self.prepared.sources

    @property
    def baked(self) -> ExistingBlur | None:
        """Blur that is in the photo already."""
        return self.prepared.existing_blur

    def _repr_png_(self) -> bytes:
        """Show itself in a notebook, small: the photo, and beside it its depth, what is near bright."""
        photo = self.photo
        size = size_within(photo.size, min(SHOWN_PX, max(photo.size)))
        panels = [photo.srgb8(size)]
        if self.dioptres is not None:
            far, near = self.prepared.depth_range
            share = (resize(self.dioptres, size, "nearest") - far) / max(near - far, 1e-6)
            panels.append(np.repeat(np.rint(share * 255.0).astype(np.uint8)[..., None], 3, axis=2))
        return png_of(np.concatenate(panels, axis=1))

    def mount(self, lens: Lens) -> tuple[ThinLens, str]:
        """Focus a lens on the scene; also says how the focus was found."""
        return mount_on(self.prepared, lens, self.settings)

    def render(self, lens: Lens, steps: StepsLike = None, progress: Progress = unseen, last: bool = False) -> Photo:
        """Render the picture that a lens takes of the scene.

        Parameters
        ----------
        lens : Lens
        steps : path-like or StepRecorder, optional
            A folder to fill with pictures of each step; empty, or not there yet. The render is the same without.
        progress : Progress, optional
            Is told what is being done, and the share of it that is done.
        last : bool, optional
            Whether no other lens follows. The picture is the same, and takes less memory; another lens would have the
            scene taken apart again.

        Returns
        -------
        Photo
            The photo with its rgb replaced; scene-linear, same primaries. Its gain map is what the rendition withholds
            of highlights in focus.

        Raises
        ------
        UsageError
            When the focus is impossible with this lens or this depth.
        OutputError
            When the folder of the steps is not empty, or cannot be written; it is then left as it was.
        """
        expect("lens", lens, Lens)
        with ONE_AT_A_TIME, recording(steps) as recorder:
            return render_scene(self.prepared, lens, self.settings, recorder, progress, last)

    def warnings(self, lens: Lens) -> tuple[str, ...]:
        """Say what will look wrong with a lens: a nominal focus, a flat depth map, blur that is there already."""
        thin, _ = self.mount(lens)
        return warnings_of(self.prepared, lens, thin, self.settings)

    def report(self, lens: Lens) -> dict[str, Any]:
        """Say what a render with this lens uses: numbers with their units, and where each came from."""
        return report_of(self.prepared, lens, self.settings)


def prepare(photo: Photo, settings: RenderSettings | None = None, progress: Progress = unseen) -> Scene:
    """Do all that does not depend on the lens.

    Parameters
    ----------
    photo : Photo
    settings : RenderSettings, optional
    progress : Progress, optional
        Is told what is being done, and the share of it that is done.

    Returns
    -------
    Scene

    Raises
    ------
    NoDepthError
        When the photo holds no depth, and the style needs some.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> dioptres = np.where(np.arange(60) < 30, 1.0, 0.25) * np.ones((40, 1))
    >>> rgb = np.random.default_rng(0).random((40, 60, 3), np.float32)
    >>> scene = rk.prepare(rk.Photo(rgb=rgb, depth=dioptres.astype(np.float32)))
    >>> wide, narrow = (scene.render(rk.Lens(f_number=n, focus_m=1.0, focal_mm=85.0)) for n in (1.4, 16.0))
    >>> bool(wide.rgb[:, 45].std() < narrow.rgb[:, 45].std())
    True
    """
    expect("photo", photo, Photo)
    expect("settings", settings, RenderSettings | None)
    settings = settings or RenderSettings()
    return Scene(prepare_for(photo, settings, progress), settings)


def render(
    photo: Photo,
    lens: Lens | None = None,
    settings: RenderSettings | None = None,
    *,
    steps: StepsLike = None,
    progress: Progress = unseen,
) -> Photo:
    """Render the picture that a lens would have taken.

    Parameters
    ----------
    photo : Photo
    lens : Lens, optional
    settings : RenderSettings, optional
    steps : path-like or StepRecorder, optional
        A folder to fill with pictures of each step, in the order of the light, with `index.html` and `steps.json` that
        say what they show. It must be empty, or not there yet. The render is the same without.
    progress : Progress, optional
        Is told what is being done, and the share of it that is done, 0..1; from any thread.

    Returns
    -------
    Photo
        The photo with its rgb replaced; scene-linear, same primaries.

    Raises
    ------
    NoDepthError
        When the photo holds no depth.
    UsageError
        When the lens cannot focus there.
    OutputError
        When the folder of the steps is not empty, or cannot be written; it is then left as it was.

    Examples
    --------
    >>> import numpy as np
    >>> import rebokeh as rk
    >>> dioptres = np.where(np.arange(60) < 30, 1.0, 0.25) * np.ones((40, 1))
    >>> rgb = np.random.default_rng(0).random((40, 60, 3), np.float32)
    >>> photo = rk.Photo(rgb=rgb, depth=dioptres.astype(np.float32))
    >>> picture = rk.render(photo, rk.Lens(f_number=1.4, focus_m=1.0, focal_mm=85.0))
    >>> bool(picture.rgb[:, 45].std() < photo.rgb[:, 45].std())  # the wall behind
    True
    """
    expect("lens", lens, Lens | None)
    steps = as_steps(steps)
    return prepare(photo, settings, progress).render(lens or Lens(), steps, progress, last=True)
