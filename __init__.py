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
    from .bokeh.api import Scene, prepare, render
    from .bokeh.colour.profile import Profile
    from .bokeh.core.errors import (
        DepthError,
        InputError,
        NoDepthError,
        OutputError,
        RebokehError,
        RebokehWarning,
        UnknownFormatError,
        UsageError,
    )
    from .bokeh.io.edits_file import save_edits
    from .bokeh.io.encode import save
    from .bokeh.load import load
    from .bokeh.optics.aperture import Aperture
    from .bokeh.optics.elements import Glass, Pupil, Rim, Wavefront
    from .bokeh.optics.lens import Lens, ThinLens
    from .bokeh.optics.lens_file import lens_named
    from .bokeh.photo.edits import Edits
    from .bokeh.photo.load_options import Anchor, LoadOptions
    from .bokeh.photo.metadata import Anchoring, DepthFacts, Evidence, Intrinsics, Metadata, Rendering
    from .bokeh.photo.photo import GainMap, Photo
    from .bokeh.render.settings import RenderSettings
    from .bokeh.studio.notebook import widget
    from .bokeh.tools.check.check import CheckFigure, PictureCheck, check
    from .bokeh.tools.steps.steps import StepRecorder

__version__ = "0.2.0"

__all__ = [
    "Anchor",
    "Anchoring",
    "Aperture",
    "CheckFigure",
    "DepthError",
    "DepthFacts",
    "Edits",
    "Evidence",
    "GainMap",
    "Glass",
    "InputError",
    "Intrinsics",
    "Lens",
    "LoadOptions",
    "Metadata",
    "NoDepthError",
    "OutputError",
    "Photo",
    "PictureCheck",
    "Profile",
    "Pupil",
    "RebokehError",
    "RebokehWarning",
    "RenderSettings",
    "Rendering",
    "Rim",
    "Scene",
    "StepRecorder",
    "ThinLens",
    "UnknownFormatError",
    "UsageError",
    "Wavefront",
    "__version__",
    "check",
    "lens_named",
    "load",
    "prepare",
    "render",
    "save",
    "save_edits",
    "widget",
]

# Where each name lives. NumPy, numba and the decoders take a second to import: `import rebokeh` and
# `rebokeh --help` do without them until a name is first used.
_HOME = {
    "Anchor": "photo.load_options",
    "Anchoring": "photo.metadata",
    "Aperture": "optics.aperture",
    "CheckFigure": "tools.check.check",
    "DepthError": "core.errors",
    "DepthFacts": "photo.metadata",
    "Edits": "photo.edits",
    "Evidence": "photo.metadata",
    "GainMap": "photo.photo",
    "Glass": "optics.elements",
    "InputError": "core.errors",
    "Intrinsics": "photo.metadata",
    "Lens": "optics.lens",
    "LoadOptions": "photo.load_options",
    "Metadata": "photo.metadata",
    "NoDepthError": "core.errors",
    "OutputError": "core.errors",
    "Photo": "photo.photo",
    "PictureCheck": "tools.check.check",
    "Profile": "colour.profile",
    "Pupil": "optics.elements",
    "RebokehError": "core.errors",
    "RebokehWarning": "core.errors",
    "RenderSettings": "render.settings",
    "Rendering": "photo.metadata",
    "Rim": "optics.elements",
    "Scene": "api",
    "StepRecorder": "tools.steps.steps",
    "ThinLens": "optics.lens",
    "UnknownFormatError": "core.errors",
    "UsageError": "core.errors",
    "Wavefront": "optics.elements",
    "check": "tools.check.check",
    "lens_named": "optics.lens_file",
    "load": "load",
    "prepare": "api",
    "render": "api",
    "save": "io.encode",
    "save_edits": "io.edits_file",
    "widget": "studio.notebook",
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
