"""What a batch has left in its output folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

from rebokeh.bokeh.batch.stores.url import STATE_FOLDER
from rebokeh.bokeh.io.files.atomic import is_part


def records(out: Path) -> list[dict]:
    """Read the journal."""
    return [json.loads(line) for line in (out / STATE_FOLDER / "journal.jsonl").read_text().splitlines()]


def parts(out: Path) -> list[str]:
    """Names of files that were begun and not finished."""
    return [name for _, _, names in os.walk(out) for name in names if is_part(name)]
