"""rebokeh: re-render a phone portrait with the defocus of a real, fast lens.

::

    import rebokeh as rk

    photo = rk.load("photo.heic")
    picture = rk.render(photo, rk.Lens(f_number=1.8, focus_m=2.1))
    rk.save(picture, "picture.heic")

    scene = rk.prepare(photo)  # many lenses, one preparation
    wide = scene.render(rk.Lens(f_number=1.2))
    swirl = scene.render(rk.lens_named("petzval", focus_m=2.1))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bokeh.api import Scene, load, prepare, render, save
    from .bokeh.core.errors import RebokehError
    from .bokeh.depth.calibrate import Anchor
    from .bokeh.optics.aperture import Aperture
    from .bokeh.optics.elements import Glass, Pupil, Rim, Wavefront
    from .bokeh.optics.lens import Lens
    from .bokeh.optics.lens_file import lens_named
    from .bokeh.photo.photo import Photo
    from .bokeh.render.settings import RenderSettings

__version__ = "0.1.0"

__all__ = [
    "Anchor",
    "Aperture",
    "Glass",
    "Lens",
    "Photo",
    "Pupil",
    "RebokehError",
    "RenderSettings",
    "Rim",
    "Scene",
    "Wavefront",
    "__version__",
    "lens_named",
    "load",
    "prepare",
    "render",
    "save",
]

# Where each name lives. NumPy, numba and the decoders take a second to import: `import rebokeh` and
# `rebokeh --help` do without them until a name is first used.
_HOME = {
    "Anchor": "depth.calibrate",
    "Aperture": "optics.aperture",
    "Glass": "optics.elements",
    "Lens": "optics.lens",
    "Photo": "photo.photo",
    "Pupil": "optics.elements",
    "RebokehError": "core.errors",
    "RenderSettings": "render.settings",
    "Rim": "optics.elements",
    "Scene": "api",
    "Wavefront": "optics.elements",
    "lens_named": "optics.lens_file",
    "load": "api",
    "prepare": "api",
    "render": "api",
    "save": "api",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".bokeh.{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported yet or not."""
    return sorted(__all__)
