"""``rebokeh lens``: the lenses that have a name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ...core.errors import UsageError
from ..flags import print_json
from ..guard import Run, say
from ..parser import AsJson, Changes, Debug, Help, Overwrite, Quiet

lens_app = typer.Typer(rich_markup_mode=None, add_help_option=False)


@lens_app.callback(invoke_without_command=True)
def _lenses(ctx: typer.Context, help: Help = False) -> None:
    """List the lenses, or show what one does."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())
        raise typer.Exit(UsageError.exit_code)


@lens_app.command("list", add_help_option=False)
def _lens_list(as_json: AsJson = False, debug: Debug = False, help: Help = False) -> None:
    """List the lenses that --lens knows by name, each with its widest f-number."""
    from ...optics.lens_file import lens_names, read_lens

    lenses = [read_lens(name) for name in lens_names()]
    if as_json:
        print_json({"lenses": [{"name": x.name, "f_number": x.f_number, "title": x.title} for x in lenses]})
        return
    for one in lenses:
        print(f"{one.name:14}  f/{one.f_number:<4g}  {one.title}")


@lens_app.command("show", add_help_option=False)
def _lens_show(
    ctx: typer.Context,
    lens: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A lens by name, or a lens file.")],
    changes: Changes = None,
    out: Annotated[
        str | None, typer.Option("--output", "-o", metavar="SHEET.png", help="Write its contact sheet to this file.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Print a lens as a lens file with all its values; -o draws it: points of light, iris, starburst."""
    from ...optics.lens_file import lines_of, read_lens, table_of, with_values

    shown = with_values(read_lens(lens), changes or [])
    if out is not None:
        from ...io.files.atomic import abandon
        from ...tools.lens_sheet import save_contact_sheet

        run: Run = ctx.obj
        run.undo.append(lambda: abandon({Path(os.path.realpath(out)).parent}))
        save_contact_sheet(shown, out, inputs=[lens], overwrite=overwrite)
    if as_json:
        print_json({"name": shown.name, "lens_source": shown.where, "output": out, **table_of(shown)})
    elif out is None:
        print("\n".join(lines_of(shown)))
    elif not quiet:
        say(f"wrote {out}: {shown.name}, {shown.title}")
