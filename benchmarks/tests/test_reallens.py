"""The real lens benchmark: runs of some methods join to one table, whose means are over what was scored."""

from __future__ import annotations

import json

import pytest
from scored_rows import read, table


def row(view: str, method: str, psnr: float, f: float = 1.8, **more: float) -> dict:
    return {"view": view, "f": f, "method": method, "psnr": psnr, "edge": psnr - 1.0, **more}


def test_a_later_run_takes_the_place_of_an_earlier_ones_rows(tmp_path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps([row("a", "ours", 20.0), row("b", "ours", 21.0), row("a", "gather", 19.0)]))
    second.write_text(json.dumps([row("a", "ours", 25.0), row("a", "ours", 26.0, f=8.0)]))
    found = {(r["view"], r["f"], r["method"]): r["psnr"] for r in read([first, second])}
    assert found == {
        ("a", 1.8, "ours"): 25.0, ("b", 1.8, "ours"): 21.0, ("a", 1.8, "gather"): 19.0, ("a", 8.0, "ours"): 26.0,
    }  # fmt: skip


def test_means_are_over_the_views_that_have_the_figure() -> None:
    rows = [
        row("a", "ours", 20.0, lights=10.0, level=0.5),
        row("b", "ours", 24.0),
        row("b", "ours", 99.0, f=8.0),
        row("b", "no blur", 15.0),
    ]
    heading, _, ours, plain = table(rows, 1.8).splitlines()
    assert heading == "| f/1.8 | PSNR | edges | lights | their brightness |"
    assert ours == "| ours | 22.0 | 21.0 | 10.0 | 0.50 |"
    assert plain == "| no blur | 15.0 | 14.0 | - | - |"


@pytest.mark.parametrize("text", ["{", '[{"view": "a"}]', "[1]"])
def test_a_file_without_rows_is_refused(tmp_path, text) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"wrong\.json holds no rows"):
        read([path])
