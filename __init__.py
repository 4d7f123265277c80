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
    from .bokeh.aberration import Wavefront
    from .bokeh.anchor import Anchor
    from .bokeh.aperture import Aperture
    from .bokeh.errors import RebokehError
    from .bokeh.glass import Glass
    from .bokeh.io import load, save
    from .bokeh.lens import Lens
    from .bokeh.lens_file import lens_named
    from .bokeh.photo import Photo
    from .bokeh.pupil import Pupil, Rim
    from .bokeh.render import RenderSettings, prepare, render

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
    "Anchor": "anchor",
    "Aperture": "aperture",
    "Glass": "glass",
    "Lens": "lens",
    "Photo": "photo",
    "Pupil": "pupil",
    "RebokehError": "errors",
    "RenderSettings": "render",
    "Rim": "pupil",
    "Wavefront": "aberration",
    "lens_named": "lens_file",
    "load": "io",
    "prepare": "render",
    "render": "render",
    "save": "io",
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
