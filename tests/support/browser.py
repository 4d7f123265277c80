"""A browser, and a studio for it to look at."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.command import REBOKEH

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def studio(*words: str | Path, cwd: Path) -> Iterator[str]:
    """Run `rebokeh studio`; gives the address that it prints."""
    process = subprocess.Popen(
        [REBOKEH, "studio", "--no-open", "--keep", *words],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "http://" in line:
                break
        assert said and "http://" in said[-1], "".join(said)
        yield "http://" + said[-1].split("http://")[1].strip()
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            process.stdout.close()
