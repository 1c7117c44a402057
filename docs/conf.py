"""Settings of the documentation site: `python -m sphinx -W -b html docs build/docs`.

Nothing is fetched: no inventories of other sites, no fonts, no scripts. Formulas are set as
plain code, as in the docstrings. What is written at build time is told in building.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import building
from numpydoc.xref import DEFAULT_LINKS

import klasternet

DEFAULT_LINKS.clear()  # types of Python and NumPy lead to other sites

project = "klasternet"
author = "The klasternet developers"
copyright = "The klasternet developers, BSD-3-Clause"
version = release = klasternet.__version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "building",
]
exclude_patterns = ["generated/examples", "gallery/*.py", "**/sg_execution_times.rst"]
exclude_patterns += ["sg_execution_times.rst"]  # times of one machine
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
templates_path = ["_templates"]
default_role = "code"  # `name` in a docstring; building.py makes links of those that are ours
highlight_language = "none"  # formulas; Python says so itself
nitpicky = True

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_typehints = "none"  # numpydoc tells them in words
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # only our own types are linked
numpydoc_xref_aliases = building.types()

sphinx_gallery_conf = {
    "examples_dirs": ["generated/examples"],
    "gallery_dirs": ["gallery"],
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 10_000,
    "remove_config_comments": True,
    "within_subsection_order": "FileNameSortKey",
}

html_theme = "pydata_sphinx_theme"
html_title = f"klasternet {version}"
html_static_path = ["_static"]
html_css_files = ["klasternet.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "klasternet"},
    "header_links_before_dropdown": 7,
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "tutorial": [], "tutorial.id": [], "gallery/index": []}
