"""The printable page of a report: all of it is there, in its order, and says what a book says."""

import io
import re
import zipfile
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET

import reports

from survey.pages.rendering import load_renderer
from survey.services.reporting.as_xlsx import as_xlsx
from survey.services.reporting.blocks import (
    Bullets,
    Cell,
    Column,
    Facts,
    Figure,
    Heading,
    Row,
    Table,
    Text,
)

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MARKS = {0: "", 1: " ▲", -1: " ▼"}
WORDS = {0: "", 1: f" {reports.FIXED['above']}", -1: f" {reports.FIXED['below']}"}
HEAVIEST = 250 * 1024  # bytes of the page of a report on a partner


class Drawn(HTMLParser):
    """The page as it is read: its texts in order, and its elements with what they are given."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.elements = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if data.strip():
            self.texts.append(" ".join(data.split()))

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def drawn(document, **more):
    frame = {"languages": (), "here": "/", "nav": None}
    template = "report_printed.html"
    return load_renderer().draw(template, document.language, document=document, **frame, **more)


def cells_of(row):
    for cell in row.cells:
        yield cell.text
        if cell.beyond:
            yield from (MARKS[cell.beyond].strip(), WORDS[cell.beyond].strip())


def said(block):
    """Give the texts of a block in the order in which they are read."""
    match block:
        case Heading(text) | Text(text):
            yield text
        case Bullets(items):
            yield from items
        case Facts(rows):
            yield from (text for row in rows for text in row)
        case Figure():
            yield from (block.title, block.description)
        case Table():
            yield block.caption
            yield from (column.text for column in block.head)
            yield from (text for row in block.rows for text in cells_of(row))


def all_of(document):
    yield from (document.organisation, document.title)
    yield f"{document.subtitle} · {document.written}"
    for block in (*document.blocks, document.stamp):
        yield from said(block)


def test_every_text_is_in_the_page_in_its_order():
    document = reports.document()
    found = iter(Drawn(drawn(document)).texts)
    for text in all_of(document):
        assert text in found, text  # looks on from where the last one was


def test_marks_are_explained_to_those_who_see_them_and_said_to_the_others():
    head = (Column("Partner"), Column("Score", is_number=True))
    marked = (Cell("4.1", 4.1, 1, 1), Cell("3.0", 3.0, 1), Cell("2.2", 2.2, 1, -1))
    for used in (marked, marked[:2], marked[1:2]):
        rows = tuple(Row((Cell("Nord"), cell)) for cell in used)
        html = drawn(reports.document(blocks=(Table("T", "Caption", head, rows),)))
        keys = re.findall(r'<p class="aside key" aria-hidden="true">(.*?)</p>', html)
        signs = {cell.beyond for cell in used} - {0}
        assert [set(re.findall("[▲▼]", key)) for key in keys] == (
            [{MARKS[sign].strip() for sign in signs}] if signs else []
        )
        assert html.count('class="unseen"> ') == len([cell for cell in used if cell.beyond])


def test_what_people_typed_is_text():
    typed = "<script>alert(1)</script> & {{ 7 * 7 }}"
    table = Table("T", typed, (Column(typed), Column("n")), (Row((Cell(typed), Cell(typed))),))
    blocks = (Text(typed), Bullets((typed,)), Facts(((typed, typed),)), table)
    html = drawn(reports.document(title=typed, blocks=blocks))
    assert "<script>alert" not in html
    assert Drawn(html).texts.count(typed) == 1 + 1 + 1 + 2 + 4


def test_it_is_built_for_those_who_hear_it():
    page = Drawn(drawn(reports.document()))
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    regions = [given for given in page.all("div") if given.get("role") == "region"]
    captions = [given["id"] for given in page.all("caption")]
    assert [given["aria-labelledby"] for given in regions] == captions
    assert all(given["tabindex"] == "0" for given in regions)
    assert {given["scope"] for given in page.all("th")} == {"col", "row"}
    assert {given["colspan"] for given in page.all("td") if "colspan" in given} == {"12"}
    ids = [given["id"] for _, given in page.elements if "id" in given]
    assert len(ids) == len(set(ids))
    assert not [given for _, given in page.elements if "style" in given or "onclick" in given]


def test_it_weighs_little_and_prints_on_a4():
    renderer = load_renderer()
    styles = renderer.assets["report.css"].body
    document = reports.document()
    assert len(drawn(document).encode()) + len(styles) < HEAVIEST
    printed = styles.decode().rpartition("@media print")[2]
    for rule in ("size: A4", "table-header-group", "break-inside: avoid", "text-decoration: none"):
        assert rule in printed


def test_the_ways_out_are_those_of_a_report_that_is_kept():
    kept = {"report": type("Kept", (), {"id": "7"}), "slug": "suppliers", "token": "t"}
    page = Drawn(drawn(reports.document(), **kept, media=["pdf", "xlsx"], may_destroy=True))
    path = "/compare/suppliers/reports"
    links = [given["href"] for given in page.all("a")]
    assert links[-3:] == [f"{path}/7.pdf?lang=en", f"{path}/7.xlsx?lang=en", path]
    assert [given["action"] for given in page.all("form")] == [f"{path}/7/destroy"]
    without = Drawn(drawn(reports.document(), **kept, media=[], may_destroy=False))
    assert (without.all("form"), without.all("a")[-1]["href"]) == ([], path)


def tables_in_page(html):
    """Give each table of the page: rows of the texts of its cells, as they are seen."""
    body = re.sub(r'<span class="unseen">.*?</span>', "", html)
    for table in re.findall(r"<table.*?</table>", body, re.DOTALL):
        rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
        yield [
            [" ".join(Drawn(cell).texts) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
            for row in rows
        ]


def tables_in_book(book):
    """Give each sheet of a table: its rows, numbers as their formats write them."""
    files = zipfile.ZipFile(io.BytesIO(book))
    shared, styles = (
        ET.fromstring(files.read(f"xl/{name}.xml"))  # noqa: S314 (our own file)
        for name in ("sharedStrings", "styles")
    )
    strings = [text.text for text in shared.iter(f"{MAIN}t")]
    codes = {each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{MAIN}numFmt")}
    formats = [codes.get(each.get("numFmtId"), "0") for each in styles.find(f"{MAIN}cellXfs")]
    sheets = [name for name in files.namelist() if name.startswith("xl/worksheets/sheet")]
    for number in range(2, 1 + len(sheets)):
        sheet = ET.fromstring(files.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314
        rows = [list(row) for row in sheet.iter(f"{MAIN}row")]
        yield [[written(cell, strings, formats) for cell in row] for row in rows]


def written(cell, strings, formats):
    value = cell.findtext(f"{MAIN}v")
    if cell.get("t") == "s":
        return strings[int(value)]
    how = formats[int(cell.get("s"))].replace("_ _▲", "")
    digits = how.partition(".")[2].count("0")
    return re.sub(r"0(\.0+)?", f"{float(value):.{digits}f}", how).replace('"', "")


def test_the_page_and_the_book_carry_the_same_tables():
    document = reports.document()
    in_page = list(tables_in_page(drawn(document)))
    in_book = list(tables_in_book(as_xlsx(document)))
    captions = [block.caption for block in document.blocks if isinstance(block, Table)]
    assert [rows[0][0] for rows in in_book] == captions
    assert [rows[1 : 1 + len(page)] for rows, page in zip(in_book, in_page, strict=True)] == in_page
