"""The report of an analysis as one HTML file that asks nothing of any other host.

`charts.html` and `charts.css` hold the pictures and are shared with any page that wants them.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analysis.report.view import View

FOLDER = Path(__file__).parent
STYLES = ("report.css", "charts.css", "part_charts.css")
_OPENS, _CLOSES = '<main id="main">', "</main>"  # as they stand in the template


def render(
    assessment: Mapping[str, Any],
    *,
    titles: Mapping[str, str] | None = None,
    command: str | None = None,
    title: str | None = None,
) -> str:
    """Draw an assessment as an HTML page.

    Parameters
    ----------
    assessment
        What `Assessment.to_dict()` gives, or the JSON file read back.
    titles
        Scale to what it is called in the report; a scale without one goes by its own title or
        name.
    command
        The command that made the assessment, to be printed with the methods.
    title
        Heading of the page; without it the name of the data file.

    Returns
    -------
    str
        A self-contained page: one style element, no script, no address of another host. The
        same assessment gives the same text.
    """
    view = View(assessment, titles or {}, command, title)
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(view=view, style=Markup(style), style_hash=digest)  # noqa: S704


def inside(page: str) -> str:
    """Return the inside of a drawn report, for a page that has a frame and a heading of its own.

    Parameters
    ----------
    page
        What `render` gave.

    Returns
    -------
    str
        The sections with their contents, as they stand in the report; `STYLES` gives them their
        looks.
    """
    return page.partition(_OPENS)[2].rpartition(_CLOSES)[0]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("report.html")


@cache
def _style() -> str:
    """Return the style sheet of the page: the report's own and the charts'."""
    return "".join((FOLDER / name).read_text("utf-8") for name in STYLES)
