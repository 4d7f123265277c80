"""The quick tests under every Python that rebokeh is made for, and with the oldest dependencies that it allows.

With nox and uv at hand, ``nox`` runs all of it, as far as the Pythons are installed; ``nox -s tests-3.13`` one of them,
and ``nox -s floors -- tests/io`` some of the tests.
"""

from __future__ import annotations

import nox

PYTHONS = ("3.11", "3.12", "3.13", "3.14")

nox.options.default_venv_backend = "uv"


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run them with the newest dependencies."""
    session.install("--editable", ".[dev]")
    run(session)


@nox.session(python=PYTHONS[0])
def floors(session: nox.Session) -> None:
    """Run them with the oldest dependencies that pyproject.toml allows."""
    session.install("--resolution", "lowest-direct", "--editable", ".[dev]")
    run(session)


def run(session: nox.Session) -> None:
    """Run the quick tests, or those that were named."""
    session.run("pytest", "-m", "not slow", "-n", "2", "--dist", "loadfile", *session.posargs)
