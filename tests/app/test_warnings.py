"""Warnings that a photo carries are said on standard error, whether asked for or not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.command import rebokeh

import rebokeh.bokeh.load as doors

pytestmark = pytest.mark.kernels


@pytest.fixture
def warned(monkeypatch):
    """Let every photo that is loaded carry a warning."""
    opened = doors.opened

    def open_and_warn(*args, **options):
        photo = opened(*args, **options)
        return replace(photo, meta=replace(photo.meta, warnings=("already soft",)))

    monkeypatch.setattr(doors, "opened", open_and_warn)


@pytest.mark.parametrize(("flags", "lines"), [((), 1), (("-v",), 1), (("-q",), 0)])
def test_a_warning_is_said_once_unless_quiet(portrait, warned, flags, lines):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, *flags)
    assert result.exit_code == 0, result.output
    assert result.stderr.count("already soft") == lines
    assert not lines or "rebokeh: warning: already soft\n" in result.stderr


def test_warnings_stand_in_the_json(portrait, warned):
    result = rebokeh(portrait.photo, "--depth", portrait.depth, "--json")
    assert json.loads(result.stdout)["warnings"] == ["already soft"]
