"""Stylesheets and scripts: read once, addressed by their content, kept for ever by browsers.

The icon travels inside each page, so that it is no request of its own.
"""

import gzip
import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

FOLDER: Final = Path(__file__).with_name("static")
ICON: Final = FOLDER / "petal.svg"
REPORT_STYLES: Final = ("report.css", "charts.css", "part_charts.css")
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_PLAIN_IN_DATA: Final = " /:=(),;'"  # what an address in an attribute may hold as it is


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent; ``path`` changes whenever the content does."""

    path: str
    media_type: str
    body: bytes
    zipped: bytes


def report_folder() -> Path:
    """Find the charts of the analysis package, without importing any statistics."""
    spec = find_spec("analysis")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package `analysis` is not installed: install tillit whole")
    return Path(spec.submodule_search_locations[0]) / "report"


def load_assets() -> dict[str, Asset]:
    """Read all assets: name → asset.

    ``results.css`` is our own stylesheet and the charts'; ``workspace.css``
    has those of both sides and waves too, ``report.css`` besides how they are printed;
    ``record.css`` is our own with what the record of a partner needs besides, ``reply.css``
    the same with charts; ``research.css`` is our own and the whole report's, which holds
    within the element of class ``report`` only.
    """
    files = (path for path in sorted(FOLDER.iterdir()) if path.suffix in _TYPES)
    bodies = {path.name: path.read_bytes() for path in files}
    own, report = bodies["tillit.css"], report_folder()
    bodies["results.css"] = own + b"\n" + (report / "charts.css").read_bytes()
    charts = [bodies["results.css"], (report / "part_charts.css").read_bytes()]
    bodies["workspace.css"] = b"\n".join((*charts, bodies["workspace.css"]))
    bodies["report.css"] = b"\n".join((bodies["workspace.css"], bodies["report.css"]))
    bodies["record.css"] = own + b"\n" + bodies["record.css"]
    bodies["reply.css"] = bodies["record.css"] + (report / "charts.css").read_bytes()
    styles = "".join((report / name).read_text("utf-8") for name in REPORT_STYLES)
    bodies["research.css"] = b"\n".join((own, bodies["research.css"], within(styles).encode()))
    return {name: _asset(name, body) for name, body in bodies.items()}


def within(styles: str) -> str:
    """Give the stylesheet of the report for its part of a page.

    What it says of the whole document (its palette, its margins) meets nothing there: the
    page's own holds. What it says of the sections in ``main`` holds for those of the part.
    """
    return f".report {{\n{styles.replace('main > ', '& > ')}}}\n"


def load_icon() -> str:
    """Give the petal as an address that holds the whole picture."""
    drawing = ICON.read_text("utf-8").strip().replace('"', "'")
    return f"data:image/svg+xml,{quote(drawing, safe=_PLAIN_IN_DATA)}"


def _asset(name: str, body: bytes) -> Asset:
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(
        path=f"/static/{digest}/{name}",
        media_type=_TYPES[Path(name).suffix],
        body=body,
        zipped=gzip.compress(body, mtime=0),
    )
