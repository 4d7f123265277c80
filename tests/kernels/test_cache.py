"""The cache of compiled loops: it saves time, and nothing that happens to it can stop a run."""

from __future__ import annotations

import ast
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.paths import ROOT

from rebokeh.kernels.cache import _NO_LOOPS, store

# A loop that compiles quickly. Its file has to be one that can be hashed like any module's.
LOOP = """
from rebokeh.kernels.jit import jit

@jit()
def total(values):
    result = 0.0
    for value in values:
        result += value
    return result

@jit()
def more(values):
    return total(values) + 1.0
"""

CALL = """
{first}
import sys, warnings
warnings.simplefilter("always")
import numpy as np
from loop import total
from rebokeh.kernels.cache import store
{then}
assert total(np.full(4, 2.0)) == 8.0
hits, misses = total.stats[1:]
print(sum(hits.values()), sum(misses.values()), store().folder)
"""


@pytest.fixture(scope="module", autouse=True)
def loop(tmp_path_factory):
    """Put the loop where a process of its own finds it."""
    folder = tmp_path_factory.mktemp("loop")
    (folder / "loop.py").write_text(LOOP)
    with pytest.MonkeyPatch.context() as patch:
        paths = [str(folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        yield


def call(
    first: str = "", then: str = "", package: Path | str | None = None, **environment: str
) -> tuple[bool, str, str]:
    """Run the loop in a process of its own; whether it was found compiled, in which folder, and what was said."""
    variables = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "TMPDIR")}
    if package is not None:
        variables["PYTHONPATH"] = os.pathsep.join([str(package), variables["PYTHONPATH"]])
    result = subprocess.run(
        [sys.executable, "-c", CALL.format(first=first, then=then)],
        capture_output=True,
        text=True,
        timeout=120,
        env=variables | environment,
    )
    assert result.returncode == 0, result.stderr
    hits, misses, folder = result.stdout.split(maxsplit=2)
    assert int(hits) + int(misses) == 1
    return hits == "1", folder.strip(), result.stderr


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """Return a cache folder, as NUMBA_CACHE_DIR names it, in which the loop is kept."""
    home = tmp_path_factory.mktemp("cache")
    assert not call(NUMBA_CACHE_DIR=str(home))[0]
    return home


@pytest.fixture
def cache(kept, tmp_path) -> Path:
    """Return a copy of it, to break."""
    return shutil.copytree(kept, tmp_path / "cache")


def entries(cache: Path, ending: str) -> list[Path]:
    return sorted(cache.rglob(f"loop.total*.{ending}"))


def test_what_the_user_names_is_used(kept):
    found, folder, said = call(NUMBA_CACHE_DIR=str(kept))
    assert found and said == ""
    assert Path(folder).parent == kept


def test_a_loop_is_linked_with_one_that_was_loaded(cache):
    found, _, said = call(then="from loop import more; assert more(np.full(4, 2.0)) == 9.0", NUMBA_CACHE_DIR=str(cache))
    assert found and said == ""


def test_where_it_is_kept_by_itself(tmp_path):
    # Linux's names; elsewhere only the last parts are as here.
    home = tmp_path / "home"
    home.mkdir()
    _, folder, said = call(HOME=str(home), LOCALAPPDATA=str(home))
    assert said == ""
    assert Path(folder).parent.name == "rebokeh" and home in Path(folder).parents
    if sys.platform == "linux":
        assert Path(folder).parent == home / ".cache" / "rebokeh"
    if os.name == "posix":
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert call(HOME=str(home), LOCALAPPDATA=str(home))[0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no HOME")
def test_without_a_home_that_can_be_written(tmp_path):
    # A file for a home is as unwritable for root as for anyone.
    (tmp_path / "home").write_text("no folder")
    (tmp_path / "tmp").mkdir()
    places = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    _, folder, said = call(**places)
    assert said == ""
    assert (tmp_path / "tmp") in Path(folder).parents
    assert call(**places)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no HOME")
def test_an_installation_that_cannot_be_written(tmp_path):
    # Where numba itself would look: beside the sources, and then in a home. A file stands where its folder would.
    package = tmp_path / "site"
    shutil.copytree(ROOT / "kernels", package / "rebokeh" / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "rebokeh" / "__init__.py").write_text("")
    (package / "rebokeh" / "kernels" / "__pycache__").write_text("no folder")
    _, folder, said = call(package=package, HOME="/dev/null/home", TMPDIR=str(tmp_path))
    assert said == "" and tmp_path in Path(folder).parents


@pytest.mark.skipif(sys.platform == "win32", reason="there is no HOME")
def test_with_no_folder_at_all_it_compiles_and_says_so_once():
    found, folder, said = call(NUMBA_CACHE_DIR="/dev/null/cache")
    assert not found and folder == "None"
    assert said.count("compiled code could not be kept") == 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no owners")
def test_a_temporary_folder_that_others_can_write_is_not_trusted(tmp_path):
    # Compiled code is run: whoever can write it can do what we can.
    planted = tmp_path / f"rebokeh-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    found, folder, said = call(HOME="/dev/null/home", TMPDIR=str(tmp_path))
    assert not found and folder == "None"
    assert said.count("compiled code could not be kept") == 1


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "harm", ["truncated", *(pytest.param(harm, marks=pytest.mark.slow) for harm in ("emptied", "garbage", "one byte"))]
)
def test_a_broken_file_is_removed_and_made_again(cache, ending, harm):
    (file,) = entries(cache, ending)
    whole = file.read_bytes()
    at = len(whole) * 3 // 4
    broken = {
        "emptied": b"",
        "truncated": whole[:at],
        "garbage": bytes(range(256)) * 16,
        "one byte": whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :],
    }[harm]
    file.write_bytes(broken)
    found, _, said = call(NUMBA_CACHE_DIR=str(cache))
    assert not found and said == ""
    assert len(entries(cache, ending)) == 1
    assert call(NUMBA_CACHE_DIR=str(cache))[0]


def test_code_without_its_index_and_the_other_way_round(cache):
    for ending in ("nbi", "nbc"):
        # Code that lost its index stays beside the new one.
        for entry in entries(cache, ending):
            entry.unlink()
        assert not call(NUMBA_CACHE_DIR=str(cache))[0]
        assert call(NUMBA_CACHE_DIR=str(cache))[0]


FULL = """
import resource, signal
resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
def test_a_full_disk_is_said_once(tmp_path):
    # Room for the index, none for the code, as on a disk that is nearly full.
    found, folder, said = call(then=FULL, NUMBA_CACHE_DIR=str(tmp_path))
    assert not found
    assert said.count("compiled code could not be kept") == 1
    assert entries(tmp_path, "nbc") == [] and not [f for f in Path(folder).iterdir() if ".tmp" in f.name]
    assert not call(NUMBA_CACHE_DIR=str(tmp_path))[0]
    assert call(NUMBA_CACHE_DIR=str(tmp_path))[0]


def test_a_folder_that_is_taken_away(tmp_path):
    taken = "import os; os.rmdir(store().folder); open(store().folder, 'w').close()"
    found, _, said = call(then=taken, NUMBA_CACHE_DIR=str(tmp_path))
    assert not found
    assert said.count("compiled code could not be kept") == 1


READ_ONLY = """
import tempfile
def refuse(*_, **__): raise OSError(30, "Read-only file system")
tempfile.TemporaryFile = refuse
"""


def test_a_folder_that_can_only_be_read_is_read(kept, tmp_path):
    # As in an image of a system in which `rebokeh warmup` was run when it was made.
    found, _, said = call(READ_ONLY, NUMBA_CACHE_DIR=str(kept))
    assert found and said == ""
    assert call(READ_ONLY, NUMBA_CACHE_DIR=str(tmp_path))[1] == "None"


def test_a_loop_of_other_sources_is_not_taken(tmp_path, kept):
    # numba itself goes by the file that a loop stands in: it would keep a loop whose callees elsewhere have changed.
    # One from elsewhere may call any of the package's.
    package = copied_kernels(tmp_path)
    assert call(package=tmp_path, NUMBA_CACHE_DIR=str(kept))[0]
    with open(package / "scatter.py", "a") as file:
        file.write("# another version\n")
    assert not call(package=tmp_path, NUMBA_CACHE_DIR=str(kept))[0]
    assert call(NUMBA_CACHE_DIR=str(kept))[0]


def copied_kernels(tmp_path: Path) -> Path:
    """Copy the loops into a package that is found first; return its folder."""
    package = tmp_path / "rebokeh"
    shutil.copytree(ROOT / "kernels", package / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").write_text("")
    return package / "kernels"


KEYS = """
import json
from rebokeh.kernels.cache import store
sources = store()._sources
print(json.dumps({name: [sources.key_of_all, sources.key_of_module(name)] for name in sources._texts}))
"""


def keys(package: Path) -> dict[str, tuple[str, str]]:
    """Keys of all and of each module, of a copy of the loops."""
    environment = os.environ | {"PYTHONPATH": str(package.parents[1])}
    result = subprocess.run([sys.executable, "-c", KEYS], capture_output=True, text=True, env=environment, check=True)
    return {name: tuple(both) for name, both in json.loads(result.stdout).items()}


def test_what_is_compiled_again_after_a_change(tmp_path):
    package = copied_kernels(tmp_path)
    before = keys(package)

    def changed_by(file: str, text: str, other: str) -> set[str]:
        whole = (package / file).read_text()
        assert text in whole
        (package / file).write_text(whole.replace(text, other))
        after = keys(package)
        (package / file).write_text(whole)
        return {name for name in before if before[name] != after[name]}

    # What imports it, and what imports that: `resolve` takes its interpolation from `enlarge`.
    assert {"enlarge", "resolve", "withheld", "gained"} <= changed_by("enlarge.py", "one + share", "one - share")
    assert "matting" not in changed_by("enlarge.py", "one + share", "one - share")
    assert changed_by("shade.py", "import math", "import math  # changed") == {"shade"}
    # A loop can be given a structure of a module that it does not import.
    assert changed_by("fragments.py", "    kinds: NDArray[np.uint8]\n", "    classes: NDArray[np.uint8]\n") == set(
        before
    )
    assert changed_by("ahead.py", "import json", "import json  # changed") == set()


def test_all_that_a_module_imports_counts():
    for file in (ROOT / "kernels").glob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        ours = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
        if file.stem not in _NO_LOOPS:
            names = {file.stem} | {str(node.module) for node in ours} - set(_NO_LOOPS)
            assert names <= set(store()._sources.needed_by(file.stem)), file.name


def test_every_loop_is_kept_here():
    for file in (ROOT / "kernels").glob("*.py"):
        if file.name not in ("jit.py", "cache.py", "ahead.py"):
            assert "njit" not in file.read_text("utf-8"), f"{file.name}: the decorator is jit.jit"
