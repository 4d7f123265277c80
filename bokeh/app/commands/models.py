"""``rebokeh models``: what predicts depth and mattes, and whether its weights are here."""

from __future__ import annotations

from typing import Annotated

import typer

from ...core.errors import UsageError
from ...settings.flags import with_flags
from ..flags import print_json
from ..guard import say
from ..parser import AsJson, Debug, Help, Quiet

models_app = typer.Typer(rich_markup_mode=None, add_help_option=False)


@models_app.callback(invoke_without_command=True)
def _models(ctx: typer.Context, help: Help = False) -> None:
    """List the models that predict depth and mattes, or fetch one."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())
        raise typer.Exit(UsageError.exit_code)


@models_app.command("list", add_help_option=False)
def _models_list(as_json: AsJson = False, debug: Debug = False, help: Help = False) -> None:
    """List the models by name: what for, under which licence, how large, and where the weights are."""
    from ...depth.models import KNOWN, store

    here = {model.name: store.find(model) for model in KNOWN}
    if as_json:
        listed = [
            {
                "name": model.name,
                "use": model.use,
                "licence": model.licence,
                "megabytes": model.megabytes,
                "folder": None if here[model.name] is None else str(here[model.name]),
            }
            for model in KNOWN
        ]
        print_json({"models": listed})
        return
    for model in KNOWN:
        where = here[model.name] or "not here"
        print(with_flags(f"{model.name:15} {model.use}; {model.licence}; {model.megabytes:g} MB; {where}"))


@models_app.command("pull", add_help_option=False)
def _models_pull(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model of rebokeh models list.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Fetch a model's weights; needs a network. Nothing else ever fetches any."""
    from ...depth.models import known, store

    model = known(name)
    folder = store.pull(model)
    if as_json:
        print_json({"name": model.name, "folder": str(folder)})
    elif not quiet:
        say(f"{model.name} is in {folder}; licence of the weights: {model.licence}")
