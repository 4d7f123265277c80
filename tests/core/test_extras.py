"""What is said of a package that is not there."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from rebokeh.bokeh.core import extras
from rebokeh.bokeh.core.errors import UsageError

ASKED = ["numpy>=2", "imageio[ffmpeg]>=2.37; extra == 'video'", 'a>=1; extra == "two"', "b; extra == 'two'"]


def test_the_command_names_the_packages_and_so_works_without_an_index_that_has_rebokeh(monkeypatch):
    monkeypatch.setattr("importlib.metadata.requires", lambda name: ASKED)
    assert extras.how_to_install("video") == "pip install 'imageio[ffmpeg]>=2.37' (rebokeh's extra video)"
    assert extras.how_to_install("two") == "pip install 'a>=1' 'b' (rebokeh's extra two)"
    with pytest.raises(UsageError, match=r"^A film needs the package no_such; pip install 'imageio\[ffmpeg\]>=2\.37'"):
        extras.needed("no_such", "video", "A film")


def test_the_command_where_rebokeh_runs_uninstalled(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", absent)
    assert extras.how_to_install("video") == "pip install 'rebokeh[video]' (rebokeh's extra video)"


def test_a_package_that_is_there_is_imported():
    assert extras.needed("json", "video", "A film").loads("1") == 1
