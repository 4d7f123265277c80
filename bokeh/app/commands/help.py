"""``rebokeh help``: what there is to say, and how each command is called."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ...core.errors import UsageError
from ..parser import Debug, Help, PhotoFirst, did_you_mean


def help_command(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]", help="Whose help to show, like batch or lens show.")
    ] = None,
    man: Annotated[bool, typer.Option("--man", help="Print a manual page of all commands, for man.")] = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Show this overview, or the help of a command."""
    if man:
        print(_manual(ctx))
        return
    print(_found(ctx, command or ["render"]).get_help())


def _found(ctx: typer.Context, words: list[str]) -> Any:
    """Find the context of a command, by the words that name it."""
    above: Any = ctx.parent
    for name in words:
        found = above.command.get_command(above, name) if hasattr(above.command, "get_command") else None
        if found is None:
            known = [*getattr(above.command, "commands", ())]
            raise UsageError(f"there is no command {name!r}{did_you_mean(name, known)}; rebokeh --help lists them")
        shown = name if not (name == "render" and isinstance(above.command, PhotoFirst)) else None
        above = type(ctx)(found, info_name=shown, parent=above)
    return above


def _manual(ctx: typer.Context) -> str:
    """Write a manual page: the help of each command as it stands, in man's own format."""
    from ...io.metadata.render_mark import version

    commands: dict[str, Any] = getattr(ctx.parent and ctx.parent.command, "commands", {})
    names = [["render"], *([name] for name in sorted(commands) if name not in ("render", "help"))]
    for name, command in sorted(commands.items()):
        names += [[name, below] for below in getattr(command, "commands", ())]
    lines = [f'.TH REBOKEH 1 "" "rebokeh {version()}"', ".SH NAME"]
    lines.append("rebokeh \\- a phone portrait as a fast lens takes it")
    for words in names:
        lines += [f'.SH "{" ".join(["rebokeh", *words]).replace(" render", "").upper()}"', ".nf"]
        lines += [_roff(line) for line in _found(ctx, words).get_help().splitlines()] + [".fi"]
    return "\n".join(lines)


def _roff(line: str) -> str:
    r"""Escape what man takes for its own: backslashes, hyphens, and a dot or quote that begins a line."""
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line
