"""The report within a cell of a notebook: a page of its own, so that no style leaks out or in."""

from collections.abc import Mapping
from html import escape
from typing import Any

from analysis.report import render, sentences
from analysis.report.numbers import number_of

_HEIGHT = "36rem"
# Else a link to a section would open the notebook itself within the frame.
_BASE = '<base href="about:srcdoc">'


def framed(assessment: Mapping[str, Any]) -> str:
    """Return the whole report as a frame that a notebook shows below a cell.

    Parameters
    ----------
    assessment
        What `Assessment.to_dict()` gives.

    Returns
    -------
    str
        One element. The page within has no script and asks nothing of any host.
    """
    page = escape(render(assessment).replace("<head>", f"<head>{_BASE}", 1))
    return (
        f'<iframe title="tillit: report" srcdoc="{page}" '
        f'style="inline-size: 100%; block-size: {_HEIGHT}; border: 1px solid #8888"></iframe>'
    )


def in_short(assessment: Mapping[str, Any], sections: list[str]) -> str:
    """Return what a console shows: the sentences that come first, and where the rest is."""
    titles = sentences.titles_of(assessment)
    partners = max(map(len, assessment.get("partners", {}).values()), default=0)
    sizes = {"row": assessment["n_rows"], "scale": len(titles), "partner": partners}
    size = ", ".join(number_of(n, one) for one, n in sizes.items() if n)
    told = sentences.summary(assessment, titles)
    return "\n".join(
        [
            f"Assessment of {size}",
            *(f"  {text}" for text in told),
            f"  Frames: {', '.join(f'.{name}' for name in sections)}",
        ]
    )
