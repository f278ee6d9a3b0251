"""How the site is built: `tox -e docs`. Its pages are the repository's Markdown, so that links are the same in both."""

from archbench import __version__

project = "archbench"
version = release = __version__
copyright = ""  # noqa: A001  # the name that Sphinx reads
html_show_copyright = False

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "docs/guides/*.md"]
exclude_patterns = [".*", "build", "tests", "src"]
templates_path = ["templates"]

myst_heading_anchors = 3
#: Docstrings write code as Markdown does.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autoclass_content = "class"

html_theme = "furo"
html_title = "archbench"
html_additional_pages = {"index": "redirect.html"}

_CONTENTS = """

```{toctree}
:hidden:
:caption: Guides
docs/guides/run-benchmarks
docs/guides/gate-a-repository
docs/guides/how-far-to-trust-it
docs/guides/count-instead-of-timing
docs/guides/judge-an-upgrade
docs/guides/look-back
docs/guides/your-own-model
docs/guides/where-the-time-goes
docs/guides/choose-channels
docs/guides/whole-networks
docs/guides/accuracy-in-8-bits
docs/guides/search
docs/guides/predict
docs/guides/add-a-pattern
docs/guides/add-a-backend
docs/guides/add-an-instrument
```

```{toctree}
:hidden:
:caption: Reference
docs/commands
docs/api
METHODOLOGY
BIAS
CHANGELOG
```
"""


def setup(app):
    """Put the table of contents below the front page, where GitHub does not show it."""
    app.connect("source-read", _add_contents)


def _add_contents(_app, page, source):
    if page == root_doc:
        source[0] += _CONTENTS
