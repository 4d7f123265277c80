"""What an installation puts where: `rebokeh` and nothing else, beside PyPI's plotting library `bokeh` too."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.paths import ROOT

import rebokeh

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]


def test_links_for_editable_installs():
    links = {f.name: f for f in (ROOT / ".editable" / "rebokeh").iterdir() if f.name != "__pycache__"}
    assert set(links) == set(WHEEL["only-include"])
    assert all(link.is_symlink() and link.resolve() == ROOT / name for name, link in links.items())


def test_the_version_stands_in_one_place():
    assert "version" in PROJECT["project"]["dynamic"]
    titles = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [(version, date) for version, date in titles if version != "Unreleased"]
    assert released[0][0] == rebokeh.__version__
    assert all(date for _, date in released) and released == sorted(released, key=lambda one: one[1], reverse=True)


def run(*command: object, **options) -> str:
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@dataclass
class Venv:
    """An environment with nothing in it, and what lies in it."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    @property
    def site(self) -> Path:
        return self.root / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"

    def install(self, *what: object) -> None:
        pip(self, "install", "--no-deps", "--no-compile", *what)

    def top(self) -> set[str]:
        """Names at the top of site-packages."""
        return {path.name for path in self.site.glob("*")}  # pip removes the folder with its last package

    def scripts(self) -> set[str]:
        return {path.name for path in (self.root / "bin").iterdir()}

    def digest(self, name: str) -> dict[str, str]:
        """Hash of every file of one top-level package."""
        files = sorted(path for path in (self.site / name).rglob("*") if path.is_file() and path.suffix != ".pyc")
        return {str(f.relative_to(self.site)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def pip(venv: Venv, *arguments: object) -> None:
    run(sys.executable, "-m", "pip", "--python", venv.python, "--disable-pip-version-check", *arguments)


@pytest.fixture
def venv(tmp_path):
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    return Venv(tmp_path / "venv")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Return the wheel, and the one that an editable install makes, each built by the project's own backend."""
    built = {}
    for hook in ("wheel", "editable"):
        folder = tmp_path_factory.mktemp(hook)
        code = f"from hatchling.build import build_{hook} as build; build({str(folder)!r})"
        run(sys.executable, "-c", code, cwd=ROOT)
        (built[hook],) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def plotting_bokeh(tmp_path_factory):
    """Return the wheel of the real `bokeh` where a package index answers, else of a small one built alike."""
    folder = tmp_path_factory.mktemp("bokeh")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-qd", folder, "bokeh"]
    try:
        subprocess.run([*map(str, command), "--retries", "0"], capture_output=True, timeout=120, check=True)
        return next(folder.glob("*.whl"))
    except (subprocess.SubprocessError, StopIteration):
        wheel = folder / "bokeh-3.0.0-py3-none-any.whl"
        files = {f"bokeh/{n}": f"# plotting: {n}\n" for n in ("__init__.py", "io/__init__.py", "models.py", "py.typed")}
        info = "bokeh-3.0.0.dist-info"
        files[f"{info}/METADATA"] = "Metadata-Version: 2.1\nName: bokeh\nVersion: 3.0.0\n"
        files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return wheel


def where(venv: Venv) -> list[str]:
    """Ask a fresh interpreter, away from the checkout, where it would import each name from."""
    names = ("rebokeh", "bokeh", "kernels", "cli", "tests", "samples")
    code = f"import importlib.util as u; print(*(getattr(u.find_spec(n), 'origin', None) for n in {names}), sep='\\n')"
    return run(venv.python, "-c", code, cwd=venv.root).split("\n")[: len(names)]


def check_alone(venv: Venv) -> None:
    place, *others = where(venv)
    assert place.endswith("rebokeh/__init__.py")
    assert others == ["None"] * len(others)
    assert "rebokeh" in venv.scripts()
    code = "import rebokeh.bokeh.core.errors, rebokeh.kernels; print(rebokeh.__version__)"
    assert run(venv.python, "-c", code, cwd=venv.root).strip() == rebokeh.__version__


@pytest.mark.slow
def test_wheel_holds_the_package_and_nothing_else(wheels):
    names = zipfile.ZipFile(wheels["wheel"]).namelist()
    assert {name.split("/")[0] for name in names} == {"rebokeh", f"rebokeh-{rebokeh.__version__}.dist-info"}
    inside = {name.split("/")[1] for name in names if name.startswith("rebokeh/")}
    assert inside == set(WHEEL["only-include"])
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".nbi", ".nbc"))]
    sources = {str(p.relative_to(ROOT)) for d in ("bokeh", "kernels") for p in (ROOT / d).rglob("*.py")}
    sources |= {str(p.relative_to(ROOT)) for p in (ROOT / "bokeh" / "lenses").glob("*.toml")}
    assert {f"rebokeh/{name}" for name in sources} <= set(names)


@pytest.mark.slow
def test_the_source_archive_gives_the_same_wheel(wheels, tmp_path):
    code = f"from hatchling.build import build_sdist as build; build({str(tmp_path)!r})"
    run(sys.executable, "-c", code, cwd=ROOT)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    (checkout,) = (path for path in tmp_path.iterdir() if path.is_dir())
    code = f"from hatchling.build import build_wheel as build; build({str(tmp_path)!r})"
    run(sys.executable, "-c", code, cwd=checkout)
    names = [sorted(zipfile.ZipFile(w).namelist()) for w in (next(tmp_path.glob("*.whl")), wheels["wheel"])]
    assert names[0] == names[1]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["wheel", "editable"])
def test_installed_alone(venv, wheels, mode):
    top, scripts = venv.top(), venv.scripts()
    venv.install("--no-index", wheels[mode])
    marker = "rebokeh" if mode == "wheel" else "_rebokeh.pth"
    assert venv.top() - top == {marker, f"rebokeh-{rebokeh.__version__}.dist-info"}
    assert venv.scripts() - scripts == {"rebokeh"}
    check_alone(venv)
    pip(venv, "uninstall", "-y", "rebokeh")
    assert (venv.top(), venv.scripts()) == (top, scripts)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["wheel", "editable"])
@pytest.mark.parametrize("first", ["bokeh", "rebokeh"])
def test_installed_beside_the_plotting_library(venv, wheels, plotting_bokeh, mode, first):
    with zipfile.ZipFile(plotting_bokeh) as archive:
        theirs = {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if name.startswith("bokeh/") and not name.endswith("/")
        }
    pair = [plotting_bokeh, wheels[mode]]
    for wheel in pair if first == "bokeh" else reversed(pair):
        venv.install("--no-index", wheel)
    assert venv.digest("bokeh") == theirs
    ours, plotting, *others = where(venv)
    assert Path(plotting) == venv.site / "bokeh" / "__init__.py"
    home = venv.site / "rebokeh" if mode == "wheel" else ROOT / ".editable" / "rebokeh"
    assert Path(ours) == home / "__init__.py"
    assert others == ["None"] * len(others)
    code = "import rebokeh.bokeh.core.errors as e; print(e.__file__)"
    assert Path(run(venv.python, "-c", code, cwd=venv.root).strip()) == home / "bokeh" / "core" / "errors.py"
    pip(venv, "uninstall", "-y", "rebokeh")
    assert venv.digest("bokeh") == theirs


@pytest.mark.slow
def test_the_console_script_of_the_wheel_runs(venv, wheels):
    venv.install("--no-index", wheels["wheel"])
    # The dependencies come from this environment; rebokeh itself cannot, when it is installed here as links.
    environment = os.environ | {"PYTHONPATH": sysconfig.get_paths()["purelib"]}
    for command in ([venv.root / "bin" / "rebokeh"], [venv.python, "-m", "rebokeh"]):
        said = run(*command, "--version", env=environment, cwd=venv.root)
        assert said.startswith(f"rebokeh {rebokeh.__version__} (numba ")


@pytest.mark.slow
@pytest.mark.parametrize("words", [["."], ["-e", "."]])
def test_pip_install_from_the_checkout(venv, words, monkeypatch, tmp_path):
    asked = [sys.executable, "-m", "pip", "download", "--no-deps", "-qd", tmp_path / "index", "hatchling>=1.27"]
    if subprocess.run(list(map(str, asked)), capture_output=True, timeout=180).returncode:
        pytest.skip("no package index to fetch the build backend from")
    monkeypatch.chdir(ROOT)
    top = venv.top()
    venv.install(*words)
    check_alone(venv)
    assert {name.partition("-")[0] for name in venv.top() - top} <= {"rebokeh", "_rebokeh.pth"}
