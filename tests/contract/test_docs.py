"""README and the pages: short, linked rightly, and every command that they show is one."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import from_code
import pytest
import typer
import typer.main
from support.command import rebokeh
from support.paths import ROOT, SAMPLES

from rebokeh.bokeh.core.errors import UsageError
from rebokeh.bokeh.optics.lens_file import LensFile
from rebokeh.bokeh.settings.options import Options
from rebokeh.cli import app

DOCS = ROOT / "docs"
BUILT = DOCS / "_build"
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for page in DOCS.rglob("*.md") if BUILT not in page.parents)]
    + [*ROOT.glob("samples/*.md"), *ROOT.glob("benchmarks/*.md")]
)
MOST_WORDS = 700
# Programs of others; their words are theirs to check.
FOREIGN = {"uv", "pipx", "dask", "python3.11"}


def blocks(page: Path, language: str) -> Iterator[str]:
    """Yield the blocks of code of one language."""
    yield from re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def shown() -> Iterator[tuple[str, list[str]]]:
    """Yield every command line that README and the pages show, as it stands and in words, without its comment."""
    for page in PAGES:
        for block in blocks(page, "bash"):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    yield f"{page.relative_to(ROOT)}: {line.partition(' #')[0].strip()}", words


SHOWN = dict(shown())


def of_rebokeh(words: list[str]) -> list[str] | None:
    """Return what is said to rebokeh, without the environment before it and redirections behind; None: another's."""
    while words and re.fullmatch(r"[A-Z_]+=\S+", words[0]):
        words = words[1:]
    if words[:1] != ["rebokeh"]:
        return None
    end = next((k for k, word in enumerate(words) if word in ("<", ">")), len(words))
    return words[1:end]


def given_to(words: list[str]) -> dict[str, Any]:
    """Parse a command line of rebokeh, without doing what it says.

    Raises
    ------
    typer's errors
        When there is no such command or option, or a value is none.
    """
    root: Any = typer.main.get_command(app)
    context = root.make_context("rebokeh", list(words))
    name, command, rest = root.resolve_command(context, [*context._protected_args, *context.args])
    while hasattr(command, "commands"):
        context = command.make_context(name, rest, parent=context)
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
    return command.make_context(name, rest, parent=context).params


def test_readme_is_read_in_a_minute_or_two():
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= MOST_WORDS


def test_tables_of_readme_are_rows_of_the_pages():
    """Each figure stands in one place; README repeats some rows of it."""
    pages = "\n".join(page.read_text("utf-8") for page in (DOCS / "explanation").glob("*.md")).splitlines()
    rows = [row for row in (ROOT / "README.md").read_text("utf-8").splitlines() if re.match(r"\|.*\d\.\d", row)]
    assert len(rows) > 6
    assert not set(rows) - set(pages)


def anchors(page: Path) -> set[str]:
    """Names of a page's headings, as links have them."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    for link in links:
        if re.match(r"https?://", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.is_relative_to(ROOT) and target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_commands_are_shown():
    assert len(SHOWN) > 100
    assert sum(of_rebokeh(words) is not None for words in SHOWN.values()) > 80


@pytest.mark.parametrize("line", SHOWN)
def test_a_command_that_is_shown_is_one(line, tmp_path, monkeypatch):
    words = SHOWN[line]
    ours = of_rebokeh(words)
    if ours is None:
        check_other(words)
        return
    if ours in (["--version"], ["--help"]):
        return
    # A lens of one's own is looked for when options are read.
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text('title = "Mine"\nsource = "made up"\nf_number = 2.0\n')
    params = given_to(ours)
    assert params.get("command") is None or given_to(params["command"] + ["--help"])
    known = {one.name for one in fields(Options)} - {"strip"}
    said = {name: value for name, value in params.items() if name in known and value is not None}
    if ours[0] == "rack":
        assert re.fullmatch(r"[\d.]+(\.\.[\d.]+)?", said.pop("fstop", None) or "1.8")
    if "changes" in said:
        said["changes"] = tuple(said["changes"])
    Options(**said).chosen_lens()


def check_other(words: list[str]) -> None:
    """Check a command that is not rebokeh's: what it names must be here."""
    program, *rest = [word for word in words if not re.fullmatch(r"[A-Z_]+=\S+", word)]
    program = Path(program).name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    if program == "pip":
        for extra in re.findall(r"\.\[([\w,]+)\]", " ".join(rest)):
            assert set(extra.split(",")) <= set(project["optional-dependencies"])
    elif program == "make":
        assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    elif program.startswith("python") and rest[0] != "-m":
        script = next(word for word in rest if word.endswith(".py"))
        code = (ROOT / script).read_text("utf-8")
        # A loop may make flags of names.
        looped = set(re.findall(r'"(\w+)"', code)) if 'f"--{' in code else set()
        assert all(f'"{word}"' in code or word[2:] in looped for word in rest if word.startswith("--"))
    else:
        assert program in FOREIGN or (ROOT / words[0]).is_file()


def test_a_command_that_is_none_is_told():
    for words in (["photo.heic", "--nonsense"], ["lens", "sow", "petzval"], ["rack", "a.heic"], ["inspect"]):
        with pytest.raises(Exception, match=r".") as raised:
            given_to(words)
        assert type(raised.value).__name__ in {"NoSuchOption", "UsageError", "MissingParameter", "BadParameter"}
    with pytest.raises(UsageError):
        Options(focus="nowhere")


ON_SAMPLES = [
    line for line, words in SHOWN.items() if of_rebokeh(words) and any(w.startswith("samples/") for w in words)
]


@pytest.mark.slow
@pytest.mark.kernels
@pytest.mark.parametrize("line", ON_SAMPLES)
def test_a_command_on_a_sample_runs(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SAMPLES, "samples", ignore=shutil.ignore_patterns("*.py", "build"))
    result = rebokeh(*(of_rebokeh(SHOWN[line]) or ()))
    assert result.exit_code == 0, result.stderr


def test_every_place_in_the_pages_is_filled_from_the_code():
    asked = [name for page in PAGES for name in from_code.PLACE.findall(page.read_text("utf-8"))]
    assert sorted(asked) == sorted(from_code.TABLES)
    for table in from_code.TABLES.values():
        assert table().count("\n") > 6


def test_every_option_is_in_the_reference():
    reference = from_code.commands()
    for words, command in from_code.tree():
        section = reference.partition(f"`rebokeh {' '.join(words)}`")[2] if words != ("render",) else reference
        for one in command.params:
            if one.param_type_name == "option":
                assert f"`{one.opts[0]}`" in section.partition("\n## ")[0] or one.hidden


def test_every_variable_of_the_environment_is_explained():
    page = (DOCS / "reference" / "environment.md").read_text("utf-8")
    read = {
        name
        for folder in ("bokeh", "kernels")
        for file in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"""environ(?:\.get\(|\[)\s*"(\w+)"|"(\w+)" in os\.environ""", file.read_text("utf-8"))
        for name in name
        if name
    }
    assert {"REBOKEH_THREADS", "REBOKEH_MODELS"} <= read
    assert {name for name in read if f"`{name}`" not in page} == set()


def keys_of(kind: type, above: str = "") -> Iterator[str]:
    """Name the keys of a lens file."""
    hints = get_type_hints(kind)
    for one in fields(kind):
        inner = next((k for k in [hints[one.name], *getattr(hints[one.name], "__args__", ())] if is_dataclass(k)), None)
        if isinstance(inner, type):
            yield from keys_of(inner, f"{above}{one.name}.")
        else:
            yield above + one.name


def test_every_key_of_a_lens_file_is_explained():
    page = (DOCS / "lens_files.md").read_text("utf-8")
    keys = set(keys_of(LensFile)) - {"name", "where"}
    # The two rims have the same fields.
    missing = {key for key in keys if f"`{key}`" not in page}
    assert len(keys) > 15 and not missing
