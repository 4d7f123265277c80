"""Measure what each extra adds to an installation, and print it: `python docs/weigh_extras.py [EXTRA ...]`.

Each is installed with the package into a folder of its own, by pip, which needs a package index. torch comes from where
pip finds it: its CUDA wheels weigh ten times its CPU wheel.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def installed(extra: str, folder: Path) -> dict[str, int]:
    """Install the package with an extra ('' for none) into a folder; bytes by top-level name."""
    what = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "install"]
    subprocess.run([*pip, "--no-compile", "--target", str(folder), what], check=True)
    return {
        path.name: sum(f.lstat().st_size for f in ([path] if path.is_file() else path.rglob("*")) if f.is_file())
        for path in folder.iterdir()
    }


def main() -> None:
    """Print a line for each extra: megabytes, distributions, names of the largest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    chosen = sys.argv[1:] or [name for name in project["optional-dependencies"] if name != "dev"]
    with tempfile.TemporaryDirectory() as scratch:
        base = installed("", Path(scratch, "none"))
        print(f"none: {sum(base.values()) / 1e6:.0f} MB", flush=True)
        for extra in chosen:
            found = installed(extra, Path(scratch, extra))
            added = {name: size for name, size in found.items() if name not in base}
            largest = sorted(added, key=lambda name: added[name], reverse=True)[:4]
            print(f"{extra}: {sum(added.values()) / 1e6:.0f} MB ({', '.join(largest)})", flush=True)


if __name__ == "__main__":
    main()
