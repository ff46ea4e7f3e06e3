"""A report's workbook, read back from its own XML: what it says, and that nothing is computed."""

import io
import random
import re
import sys
import zipfile
from xml.etree import ElementTree as ET

import pytest
import reports
from msgspec import structs

from survey.errors import BadSettings
from survey.services.cells import neutral
from survey.services.reporting.as_xlsx import as_xlsx
from survey.services.reporting.blocks import (
    ASIDE,
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
GENERATED = 300
INTERVAL = "−0.4 – 0.2"
PIECES = (
    "Trust", "n", "=1+1", "+47 22", "-3", INTERVAL, "@home", "\t=cmd", "Ærlig Þór", "3.25",
    "\u200b=A1", "<b>&amp;", "'", '"quoted"', "https://example.org", "[a]:*?/\\b", "x" * 40,
    "History", "–", "12 %", "linje\r\nskift", "🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸🌸", "a\x07b",
)  # fmt: skip
EMPTY = reports.document(blocks=())
NUMBERS = {"3.25": 3.25, "12 %": 12.0}
HEX = re.compile(r"_x([0-9A-F]{4})_")


def letter(found):
    return chr(int(found[1], 16))


class Read:
    """A workbook as another program would see it: sheets by tab, cells by place."""

    def __init__(self, book):
        self.files = zipfile.ZipFile(io.BytesIO(book))
        shared = self._xml("xl/sharedStrings.xml")
        self.strings = [HEX.sub(letter, si.findtext(f"{MAIN}t")) for si in shared]
        styles = self._xml("xl/styles.xml")
        codes = {f.get("numFmtId"): f.get("formatCode") for f in styles.iter(f"{MAIN}numFmt")}
        cells = styles.find(f"{MAIN}cellXfs")
        self.written = [codes.get(xf.get("numFmtId"), "") for xf in cells]
        tabs = [sheet.get("name") for sheet in self._xml("xl/workbook.xml").iter(f"{MAIN}sheet")]
        self.xml = {
            tab: self._xml(f"xl/worksheets/sheet{number}.xml") for number, tab in enumerate(tabs, 1)
        }
        self.sheets = {tab: self._cells(sheet) for tab, sheet in self.xml.items()}

    def _xml(self, name):
        return ET.fromstring(self.files.read(name))  # noqa: S314 (our own file)

    def _cells(self, sheet):
        found = {}
        for row in sheet.iter(f"{MAIN}row"):
            for place in row:
                value = place.find(f"{MAIN}v")
                if value is not None:
                    is_text = place.get("t") == "s"
                    number = float(value.text)
                    found[place.get("r")] = self.strings[int(number)] if is_text else number
        return found

    def formulas(self):
        return [tab for tab, sheet in self.xml.items() if next(sheet.iter(f"{MAIN}f"), None)]

    def number_format(self, tab, place):
        cell = next(c for c in self.xml[tab].iter(f"{MAIN}c") if c.get("r") == place)
        return self.written[int(cell.get("s"))]


def texts(chance):
    return " ".join(chance.choices(PIECES, k=chance.choice((1, 1, 2))))


def cell(chance):
    if chance.random() < 0.5:
        return Cell(texts(chance), beyond=chance.choice((0, 0, 1, -1)))
    value, digits = chance.uniform(-120, 120), chance.randrange(4)
    text = f"{value:.{digits}f}{chance.choice(('', ' %', ' points'))}"
    return Cell(text.replace("-", "−"), value, digits, chance.choice((0, 0, 1, -1)))


def table(chance):
    width = chance.randrange(2, 6)
    rows = [
        Row((Cell(texts(chance)), *(cell(chance) for _ in range(width - 1))))
        for _ in range(chance.randrange(4))
    ]
    rows.append(Row((Cell(texts(chance)), Cell(texts(chance))), is_off=True))
    head = tuple(Column(texts(chance), chance.random() < 0.5) for _ in range(width))
    return Table(texts(chance), texts(chance), head, tuple(rows))


def document(chance):
    said = (
        Heading(texts(chance), chance.randrange(2, 5)), Text(texts(chance), ASIDE),
        Bullets((texts(chance),)), Facts(((texts(chance), texts(chance)),)),
        Figure(texts(chance), texts(chance), "<svg/>"),
    )  # fmt: skip
    tables = tuple(table(chance) for _ in range(chance.randrange(1, 3)))
    return structs.replace(
        EMPTY, title=texts(chance), organisation=texts(chance), blocks=(*said, *tables)
    )


def tables_of(document):
    return [block for block in document.blocks if isinstance(block, Table)]


def stands(cell, *, is_read):
    """Give what stands for a cell: its number, that of its text, or its text with its mark."""
    if cell.value is not None:
        return round(cell.value, cell.digits)
    if is_read and cell.text in NUMBERS:
        return NUMBERS[cell.text]
    marked = f"{cell.text} {'▲' if cell.beyond > 0 else '▼'}" if cell.beyond else cell.text
    return marked if marked == INTERVAL else neutral(marked)


def expected(each):
    """Give what the sheet of a table holds, in order: rounded numbers, and texts as texts."""
    yield neutral(each.caption)
    yield from (neutral(column.text) for column in each.head)
    for row in each.rows:
        for column, (place, one) in zip(each.head, enumerate(row.cells), strict=False):
            yield stands(one, is_read=column.is_number and place > 0 and not row.is_off)
    used = {one.beyond for row in each.rows for one in row.cells}
    yield from (f"▲ {reports.FIXED['above']}" for _ in used & {1})
    yield from (f"▼ {reports.FIXED['below']}" for _ in used & {-1})


def test_generated_documents_stand_in_their_books_number_by_number_and_no_cell_is_a_formula():
    chance = random.Random(6)  # noqa: S311 (the same documents in each run)
    for _ in range(GENERATED):
        drawn = document(chance)
        read = Read(as_xlsx(drawn))
        assert read.formulas() == []
        tabs = list(read.sheets)
        assert len({tab.lower() for tab in tabs}) == len(tabs) == 1 + len(tables_of(drawn))
        assert all(0 < len(tab.encode("utf-16-le")) <= 2 * 31 for tab in tabs)
        for tab, each in zip(tabs[1:], tables_of(drawn), strict=True):
            assert list(read.sheets[tab].values()) == list(expected(each))


def test_the_first_sheet_says_all_but_the_tables_in_order():
    sample = reports.document()
    read = Read(as_xlsx(sample))
    said = [sample.organisation, sample.title, sample.subtitle, sample.written]
    for block in sample.blocks:
        match block:
            case Bullets(items):
                said += [f"• {item}" for item in items]
            case Facts(rows):
                said += [text for row in rows for text in row]
            case Table():
                said.append(block.caption)
            case Figure():
                said += [block.title, block.description]
            case _:
                said.append(block.text)
    said += [text for row in sample.stamp.rows for text in row]
    assert list(read.sheets[sample.title].values()) == said
    assert list(read.sheets) == [sample.title, "Scores", "Aspects"]


def test_numbers_are_written_as_in_the_report_and_stay_numbers():
    cells = (
        Cell("3.3", 3.26, 1, 1), Cell("3,2", 3.24, 1), Cell("62\xa0%", 61.7, 0, -1),
        Cell("−0.4", -0.4, 1), Cell("−0.0", -0.04, 1), Cell("< 0.01", 0.003, 2),
        Cell("+0.5", 0.5, 1), Cell(INTERVAL), Cell("-0.4 – 0.2"), Cell("–", None, 1),
        Cell("–", float("nan"), 1),
    )  # fmt: skip
    rows = tuple(Row((Cell("Trust"), each)) for each in cells)
    only = Table("One", "Caption", (Column("Aspect"), Column("Score", is_number=True)), rows)
    read = Read(as_xlsx(reports.document(blocks=(only,))))
    sheet = read.sheets["One"]
    places = [f"B{number}" for number in range(3, 14)]
    assert [sheet[place] for place in places] == [
        3.3, 3.2, 62, -0.4, 0, 0, 0.5, INTERVAL, "'-0.4 – 0.2", "–", "–"
    ]  # fmt: skip
    assert [read.number_format("One", place) for place in places[:7]] == [
        '0.0" ▲"', "0.0_ _▲", '0"\xa0% ▼"', "0.0_ _▲", "0.0_ _▲", "0.00_ _▲", '"+"0.0_ _▲'
    ]  # fmt: skip


def test_what_is_a_number_in_a_column_of_numbers_is_one_in_the_book():
    texts = ("61%", "61\xa0%", "−0.3 *", "0,25", "–", "2 – 5", "1.2.3")
    rows = tuple(Row((Cell(text), Cell(text))) for text in texts)
    only = Table("One", "Caption", (Column("Aspect"), Column("Share", is_number=True)), rows)
    read = Read(as_xlsx(reports.document(blocks=(only,))))
    sheet = read.sheets["One"]
    first, second = ([sheet[f"{column}{n}"] for n in range(3, 10)] for column in "AB")
    assert first == [neutral(text) for text in texts]
    assert second == [61, 61, -0.3, 0.25, "–", "2 – 5", "1.2.3"]
    written = [read.number_format("One", f"B{n}") for n in range(3, 7)]
    assert written == ['0"%"', '0"\xa0%"', '0.0" *"', "0.00"]


def test_the_same_document_gives_the_same_bytes_and_says_what_it_is():
    sample = reports.document(language="nn", title="Berg & Sønn\n", organisation="Vik <1>")
    book = as_xlsx(sample)
    assert book == as_xlsx(sample)
    about = zipfile.ZipFile(io.BytesIO(book)).read("docProps/core.xml").decode()
    for said in ("title>Berg &amp; Sønn<", "language>nn<", "creator>Vik &lt;1&gt;<", "2026-11-22T"):
        assert said in about
    others = zipfile.ZipFile(io.BytesIO(as_xlsx(reports.document()))).infolist()
    assert {entry.date_time for entry in others} == {(1980, 1, 1, 0, 0, 0)}


def test_many_rows_can_be_filtered_and_the_names_of_columns_stay_in_sight():
    head = (Column("Partner"), Column("n", is_number=True))
    rows = tuple(Row((Cell(f"Partner {n}"), Cell(str(n), n))) for n in range(12))
    few, many = Table("Few", "Few", head, rows[:3]), Table("Many", "Many", head, rows)
    read = Read(as_xlsx(reports.document(blocks=(few, many))))
    filters = {
        tab: [f.get("ref") for f in xml.iter(f"{MAIN}autoFilter")] for tab, xml in read.xml.items()
    }
    assert filters == {"Fjord Logistikk AS": [], "Few": [], "Many": ["A2:B14"]}
    pane = next(read.xml["Many"].iter(f"{MAIN}pane"))
    assert (pane.get("topLeftCell"), pane.get("state")) == ("B3", "frozen")


def test_without_its_program_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(BadSettings, match=r"tillit\[report\]"):
        as_xlsx(reports.document())
