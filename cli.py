"""The command line's entry point. Each command is a file of bokeh/app/commands.

Everything heavy is imported inside functions, so that ``rebokeh --help`` is there at once.
"""

from __future__ import annotations

import typer

from .bokeh.app.commands.batch import batch_command
from .bokeh.app.commands.bench import bench_command
from .bokeh.app.commands.compare import compare_command
from .bokeh.app.commands.extract import extract_command
from .bokeh.app.commands.help import help_command
from .bokeh.app.commands.inspect import inspect_command
from .bokeh.app.commands.lens import lens_app
from .bokeh.app.commands.models import models_app
from .bokeh.app.commands.rack import rack_command
from .bokeh.app.commands.render import render_command
from .bokeh.app.commands.studio import studio_command
from .bokeh.app.commands.warmup import warmup_command
from .bokeh.app.parser import PhotoCommand, PhotoFirst, wants_completion

app = typer.Typer(
    cls=PhotoFirst,
    add_completion=wants_completion(),
    rich_markup_mode=None,  # rich takes longer to import than all of the rest of --help
    pretty_exceptions_enable=False,
    add_help_option=False,
)


@app.callback()
def _rebokeh() -> None:
    """Re-render a phone portrait with the defocus of a real, fast lens."""


app.command("render", cls=PhotoCommand, hidden=True, add_help_option=False)(render_command)
app.command("help", add_help_option=False)(help_command)
app.command("warmup", add_help_option=False)(warmup_command)
app.command("batch", add_help_option=False)(batch_command)
app.command("bench", add_help_option=False)(bench_command)
app.command("compare", add_help_option=False)(compare_command)
app.command("inspect", add_help_option=False)(inspect_command)
app.command("extract", add_help_option=False)(extract_command)
app.command("rack", add_help_option=False)(rack_command)
app.command("studio", add_help_option=False)(studio_command)
app.add_typer(lens_app, name="lens")
app.add_typer(models_app, name="models")
