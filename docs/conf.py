"""Settings of the pages: `make docs` builds them with warnings as errors, and needs no network."""

from __future__ import annotations

import sys
from pathlib import Path

import rebokeh

sys.path.append(str(Path(__file__).parent))  # where from_code.py is

project = "rebokeh"
author = "the rebokeh authors"
version = release = rebokeh.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinx_design", "from_code"]
exclude_patterns = ["_build"]
root_doc = "index"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

autodoc_typehints = "none"  # the docstrings say types, with shapes and units
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
add_module_names = False

smartquotes = False  # two hyphens begin an option

html_theme = "furo"
html_title = f"rebokeh {version}"
html_copy_source = html_show_sourcelink = False
html_static_path: list[str] = []
