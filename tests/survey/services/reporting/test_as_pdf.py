"""A report's PDF: the same bytes everywhere, every text in order, tagged, and nothing executed."""

import datetime as dt
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from html import escape
from itertools import chain

import msgspec
import pytest
import reports
import typst
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from survey.errors import BadSettings
from survey.services.reporting.as_pdf import as_pdf
from survey.services.reporting.blocks import (
    ABOVE,
    BELOW,
    LEAD,
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
from survey.services.reporting.glyphs import _KNOWN, BOX, drawable

DOCUMENT = reports.document()
EMPTY = reports.document(blocks=())
NASTY = "#panic() $x^2$ *b* _i_ `c` <l> @ref \\ = // /* [x] {y} ~ -- ' \" #[x] \\u{41}"
CHILD = """
import hashlib, sys, msgspec
from survey.services.reporting.as_pdf import as_pdf
from survey.services.reporting.blocks import Document
document = msgspec.json.decode(sys.stdin.buffer.read(), type=Document)
print(hashlib.sha256(as_pdf(document)).hexdigest())
"""


@pytest.fixture(scope="module")
def pdf():
    return as_pdf(DOCUMENT)


def poppler(pdf, tool, *options):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed (Debian: apt-get install poppler-utils)")
    command = [tool, *options, "-", *(["-"] if tool == "pdftotext" else [])]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def squeezed(text):
    return re.sub(r"\s", "", text)


def told(block):
    """Yield the texts of a block in the order in which it is read."""
    match block:
        case Heading() | Text():
            yield block.text
        case Bullets():
            yield from block.items
        case Facts():
            yield from chain.from_iterable(block.rows)
        case Table():
            yield block.caption
            yield from (column.text for column in block.head)
            yield from (cell.text for row in block.rows for cell in row.cells)
        case Figure():
            yield block.title


def assert_in_order(texts, said):
    place = 0
    for text in texts:
        found = said.find(squeezed(text), place)
        assert found >= 0, text
        place = found + len(squeezed(text))


def inflated(pdf):
    """Return what is in the streams of a PDF, which typst packs."""
    packed = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return b"".join(zlib.decompress(part) for part in packed if part[:1] == b"x")


def test_the_same_document_gives_the_same_bytes_in_another_time_zone_and_language(pdf):
    elsewhere = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "HOME": "/nowhere"}
    command = [sys.executable, "-c", CHILD]
    given_ = msgspec.json.encode(DOCUMENT)
    done = subprocess.run(command, input=given_, capture_output=True, check=True, env=elsewhere)
    assert done.stdout.decode().strip() == hashlib.sha256(pdf).hexdigest()
    other = structs.replace(DOCUMENT, day=dt.date(2026, 11, 23))
    assert as_pdf(other) != pdf


def test_it_says_that_it_is_tagged_and_whose_it_is(pdf):
    about = poppler(pdf, "pdfinfo", "-isodates")
    for line in (
        r"Title: +Fjord Logistikk AS", r"Subject: +Report of a relationship",
        r"Author: +Vik kommune", r"Tagged: +yes", r"Suspects: +no", r"JavaScript: +no",
        r"CreationDate: +2026-11-22T00:00:00Z", r"ModDate: +2026-11-22T00:00:00Z",
    ):  # fmt: skip
        assert re.search(line, about), line
    meta = poppler(pdf, "pdfinfo", "-meta")
    assert "<pdfuaid:part>1</pdfuaid:part>" in meta
    assert "<rdf:li>en-GB</rdf:li>" in meta
    assert b"/DisplayDocTitle true" in pdf + inflated(pdf)


@pytest.mark.parametrize(("language", "region"), [("nb", "NO"), ("nn", "NO"), ("is", "IS")])
def test_it_has_the_language_and_region_of_its_document(language, region):
    made = as_pdf(structs.replace(EMPTY, language=language))
    assert f"<rdf:li>{language}-{region}</rdf:li>" in made.decode("latin-1")


def test_every_text_is_there_in_the_order_of_the_blocks(pdf):
    texts = [DOCUMENT.organisation, DOCUMENT.written, DOCUMENT.subtitle, DOCUMENT.title]
    for block in (*DOCUMENT.blocks, DOCUMENT.stamp):
        texts.extend(told(block))
    said = poppler(pdf, "pdfinfo", "-struct-text")
    assert_in_order(texts, squeezed("".join(re.findall(r'^ +"(.*)"$', said, re.MULTILINE))))


def test_texts_stand_on_the_paper_in_that_order_too(pdf):
    said = squeezed(poppler(pdf, "pdftotext", "-raw"))
    for block in DOCUMENT.blocks:
        assert_in_order(told(block), said)


def test_it_has_the_structure_of_its_blocks(pdf):
    said = poppler(pdf, "pdfinfo", "-struct")
    kinds = re.findall(r"^ +(\w+)", said, re.MULTILINE)
    blocks = DOCUMENT.blocks
    tables = [block for block in blocks if isinstance(block, Table)]
    assert kinds.count("H1") == 1
    for level in (2, 3):
        wanted = [block for block in blocks if isinstance(block, Heading) and block.level == level]
        assert kinds.count(f"H{level}") == len(wanted)
    assert kinds.count("Table") == kinds.count("THead") == len(tables)
    assert kinds.count("TH") == said.count("/Scope /Column") == sum(len(t.head) for t in tables)
    assert kinds.count("TR") == sum(len(table.rows) + 1 for table in tables)
    assert kinds.count("TD") == sum(len(row.cells) for table in tables for row in table.rows)
    figures = [block for block in blocks if isinstance(block, Figure)]
    assert kinds.count("Caption") == len(tables) + len(figures)
    assert kinds.count("L") == 3  # bullets, facts, stamp
    assert kinds.count("LI") == 2 + 2 + len(DOCUMENT.stamp.rows)


def test_pictures_and_marks_are_told_in_words(pdf):
    objects = inflated(pdf)
    for figure in DOCUMENT.blocks:
        if isinstance(figure, Figure):
            wanted = f"{figure.title} – {figure.description}".encode("utf-16-be").hex().upper()
            assert wanted.encode() in objects, figure.title
    tables = [block for block in DOCUMENT.blocks if isinstance(block, Table)]
    signs = [cell.beyond for table in tables for row in table.rows for cell in row.cells]
    for sign, word in ((1, ABOVE), (-1, BELOW)):
        alts = re.findall(rb"/Alt ?\(" + DOCUMENT.words[word].encode(), objects)
        assert len(alts) == signs.count(sign) > 0


def test_only_fonts_that_come_along_are_in_it(pdf):
    rows = poppler(pdf, "pdffonts").splitlines()[2:]
    assert rows
    for row in rows:
        assert "LibertinusSerif" in row
        assert row.split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, in part, with its letters


def test_pages_are_numbered_and_carry_the_start_of_the_fingerprint(pdf):
    pages = poppler(pdf, "pdftotext").rstrip("\f").split("\f")
    for number, page in enumerate(pages, 1):
        assert f"page {number} of {len(pages)}" in page
        assert reports.HASH[:16] in page
    unstamped = as_pdf(structs.replace(EMPTY, stamp=Facts((("Threshold", "5"),))))
    assert reports.HASH[:16] not in poppler(unstamped, "pdftotext")


def test_a_long_table_has_its_head_on_every_page():
    partners = tuple(f"Partner {number:03}" for number in range(90))
    made = as_pdf(reports.document(blocks=(reports.scores(partners),)))
    pages = poppler(made, "pdftotext").rstrip("\f").split("\f")
    assert len(pages) > 2
    assert all("What it means" in page for page in pages if "Partner 0" in page)
    assert poppler(made, "pdfinfo", "-struct").count("THead") == 1


def test_a_table_of_very_many_columns_has_a_page_on_its_side_with_its_heading():
    wide = reports.heat(reports.ASPECTS + reports.ASPECTS[:8])
    made = as_pdf(reports.document(blocks=(Heading("Wide"), wide, Text("After."))))
    sizes = re.findall(r"size: +(\d+).* x (\d+)", poppler(made, "pdfinfo", "-l", "9"))
    assert [int(width) > int(height) for width, height in sizes] == [False, True, False]
    pages = poppler(made, "pdftotext").split("\f")
    assert "Wide" in pages[1]
    assert "After." in pages[2]


def test_two_small_pictures_stand_side_by_side_and_a_short_table_whole():
    flowers = (reports.figure("petals"), reports.figure("petals"))
    pages = {}
    for name, blocks in (("one", flowers[:1]), ("two", flowers)):
        made = as_pdf(reports.document(blocks=(*blocks, *[reports.scores()] * 6)))
        pages[name] = poppler(made, "pdftotext").rstrip("\f").split("\f")
        assert all(page.count("Scores of the partners") == page.count("What it means")
                   for page in pages[name])  # fmt: skip
    assert len(pages["one"]) == len(pages["two"]) > 1


def everywhere(text):
    """Make a document that says a text in every kind of block."""
    head = (Column(text), Column(text, is_number=True))
    rows = (Row((Cell(text), Cell(text, beyond=1))), Row((Cell(text), Cell(text)), is_off=True))
    svg = '<svg class="chart matrix" height="3em">'
    svg += "".join(f'<text class="{kind}">{escape(text)}</text>' for kind in ("remark", "corner"))
    blocks = (
        Heading(text), Heading(text, 3), Text(text, LEAD), Text(text), Bullets((text,)),
        Facts(((text, text),)), Table(text, text, head, rows), Figure(text, text, svg + "</svg>"),
    )  # fmt: skip
    return reports.document(title=text, subtitle=text, organisation=text, blocks=blocks)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(codec=None), min_size=1, max_size=60).filter(str.strip))
@example("\ud800 a lone half")
@example("e\u0301\u0338\u0651 <\u0338 \u202egnp.exe 👩‍👩‍👧 ❤️ שלום العربية 株式会社")
@example("".join(map(chr, range(1, 0x20))) + "x\x7f\x85\u2028")
@example("\u0301")
def test_any_letters_make_a_sound_document(text):
    assert as_pdf(everywhere(text)).startswith(b"%PDF-1.7")


def test_signs_of_markup_are_text():
    made = as_pdf(everywhere(NASTY))
    assert squeezed(poppler(made, "pdftotext", "-raw")).count(squeezed(NASTY)) >= 9


def test_words_of_our_languages_stay_whole_in_a_line():
    word = "Samarbeidspartnarane"
    drawn = reports.document(blocks=(Text(" ".join([word] * 40)),))
    assert poppler(as_pdf(drawn), "pdftotext", "-raw").split().count(word) == 40


@pytest.mark.parametrize("word", ["Donaudampf" * 20, "W" * 200, "מ" * 200])
def test_a_word_of_two_hundred_letters_stays_on_the_paper(word):
    drawn = everywhere(word)
    others = tuple(block for block in drawn.blocks if not isinstance(block, Figure))
    made = as_pdf(structs.replace(drawn, blocks=others))
    boxes = poppler(made, "pdftotext", "-bbox")
    words = re.findall(r'<word xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.-]+)"', boxes)
    assert words
    assert all(float(left) > 70 and float(right) < 526 for left, right in words)


def test_letters_that_the_font_has_not_are_boxes():
    assert drawable("Ærø 株x") == f"Ærø {BOX}x"
    assert drawable("a\u0301\u200b\u202eb\x07c\nd") == "áb c\nd"
    made = as_pdf(reports.document(blocks=(Text("Ærø 株x Þór Ћ ω"),)))
    assert f"Ærø {BOX}x Þór Ћ ω" in poppler(made, "pdftotext")


def test_every_letter_that_is_set_is_in_each_style_of_the_font():
    letters = " ".join(sorted(letter for letter in _KNOWN if drawable(letter) == letter))
    styles = ("font-weight='400'", "font-weight='600'", "font-style='italic'")
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
    svg += "".join(f"<text font-family='Libertinus Serif' {style}>{escape(letters)}</text>"
                   for style in styles) + "</svg>"  # fmt: skip
    source = b"""#set document(title: "Letters")
    #set text(font: "Libertinus Serif", fallback: false)
    #let all = sys.inputs.letters
    #all #text(weight: "semibold", all) #text(style: "italic", all)
    #image(bytes(sys.inputs.svg), format: "svg", alt: "Letters")"""
    inputs = {"letters": letters, "svg": svg}
    typst.compile(
        source, format="pdf", pdf_standards=["ua-1"], sys_inputs=inputs, ignore_system_fonts=True
    )


def test_reports_of_a_process_are_set_one_after_the_other(monkeypatch):
    at_work, most = [], []

    class Slow:
        def compile(self, *_, **__):
            at_work.append(1)
            most.append(len(at_work))
            time.sleep(0.01)
            at_work.pop()
            return b""

    monkeypatch.setattr("survey.services.reporting.as_pdf._fonts", lambda: None)
    monkeypatch.setattr("survey.services.reporting.as_pdf._typst", Slow)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(as_pdf, [EMPTY] * 4))
    assert max(most) == 1


def test_without_the_program_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(BadSettings, match=r"tillit\[report\]"):
        as_pdf(EMPTY)
