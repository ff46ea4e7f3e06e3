"""How long a report as PDF takes, beside a browser that prints the same report's page.

    python benchmarks/report_pdf.py [--chromium /usr/bin/chromium]

The report is the sample that the tests draw, with longer tables: six pages, seven pictures, four
tables. The ways, each in a process of its own:

- first: the first report of a process, which loads typst and its fonts.
- another: a report with other texts, in a process that has set one.
- pictures: only what makes the pictures stand alone.
- browser: headless Chromium, started for it, prints the page of the report.

CPU seconds are those of this process, without the browser's. Prints the pages and the size of what
each wrote, too; the browser's PDF is tagged, but no PDF/UA, and other bytes each time.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import Figures, measured, run, table

sys.path.append(str(Path(__file__).parents[1] / "tests" / "helpers"))

import reports
from msgspec import structs

from survey.pages.rendering import load_renderer
from survey.services.reporting.as_pdf import as_pdf
from survey.services.reporting.blocks import Document, Figure, Heading
from survey.services.reporting.figures import stand_alone

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
CSS = ("tillit.css", "report.css")


def main() -> None:
    """Measure each way in a process of its own and print seconds, memory and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--way")
    given = parser.parse_args()
    document = sample()
    if given.way:
        if given.way == "another":
            as_pdf(structs.replace(document, title="Nord", blocks=document.blocks[::2]))
        load_renderer()
        run(lambda each: WAYS[given.way](each, given.chromium), document)
        return
    ways = [way for way in WAYS if way != "browser" or Path(given.chromium).exists()]
    found = {way: measured(__file__, way, ["--chromium", given.chromium]) for way in ways}
    table(found, "first")
    for way, each in found.items():
        if each.figures:
            print(f"{way}: {each.figures['pages'][0]:.0f} pages, {each.figures['kB'][0]:.0f} kB")


def sample() -> Document:
    """Make a report as long as one on a partner is."""
    partners = tuple(f"Partner {number}" for number in range(24))
    longer = (Heading("All partners"), reports.scores(partners), reports.heat(partners=partners))
    return reports.document(blocks=(*reports.blocks(), *longer))


def ours(document: Document, _: str) -> Figures:
    """Set the report."""
    return told(as_pdf(document))


def pictures(document: Document, _: str) -> Figures:
    """Let the pictures stand alone."""
    for block in document.blocks:
        if isinstance(block, Figure):
            stand_alone(block.svg)
    return {}


def browser(document: Document, chromium: str) -> Figures:
    """Print the report's page."""
    with tempfile.TemporaryDirectory() as folder:
        paper = Path(folder) / "report.pdf"
        (page := Path(folder) / "report.html").write_text(_page(document), encoding="utf-8")
        command = [chromium, *FLAGS, f"--print-to-pdf={paper}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)
        return told(paper.read_bytes())


def told(pdf: bytes) -> Figures:
    """Give pages and size of a PDF."""
    pages = max(map(int, re.findall(rb"/Count (\d+)", pdf)), default=0)
    return {"pages": [pages], "kB": [len(pdf) / 1000]}


def _page(document: Document) -> str:
    frame = {"languages": (), "here": "/", "nav": None}
    renderer = load_renderer()
    drawn = renderer.draw("report_printed.html", document.language, document=document, **frame)
    style = "".join(renderer.assets[name].body.decode() for name in CSS)
    return drawn.replace("</head>", f"<style>{style}</style></head>")


WAYS = {"first": ours, "another": ours, "pictures": pictures, "browser": browser}


if __name__ == "__main__":
    main()
