"""Cells of which spreadsheets would compute some, and what is written instead."""

import csv
import io
import random
import unicodedata

import polars as pl
import pytest

from survey.services.cells import neutral
from survey.services.formats import FORMATS
from survey.services.snapshots import Snapshot

SIGNS = "=+-@\u2212\u30fc"
PLAIN = "aÅþ1.'’\"<\u0301🌸–—_~/|"
UNSEEN = " \t\n\r\x00\x0b\x1c\x85\xa0\u00ad\u200b\u2060\u3000\ufeff\U000e0041"
WIDE = "＝＋－＠﹢﹣﹦﹫⁺₊⁻₌"


def plainly(text):
    """Read a text as the most willing of the programs would: in plain forms, without the unseen."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        each for each in plain if not each.isspace() and unicodedata.category(each)[0] != "C"
    )


def made(count):
    """Draw cells that begin with blanks and signs of every form, or with neither."""
    chance = random.Random(7)  # noqa: S311 (the same cells in each run)
    for _ in range(count):
        blanks = "".join(chance.choices(UNSEEN, k=chance.choice((0, 0, 1, 3))))
        first = chance.choice((*SIGNS, *WIDE, *PLAIN))
        rest = "".join(chance.choices(PLAIN + SIGNS + WIDE + UNSEEN, k=chance.randrange(8)))
        yield blanks + first + rest


def test_no_cell_is_a_formula_and_every_other_one_stays_as_it_is():
    neutralised = 0
    for text in made(10_000):
        cell, lines = neutral(text), text.replace("\r\n", "\n").replace("\r", "\n")
        computed = plainly(text).startswith(tuple(SIGNS)) or lines.startswith(("\t", "\x00"))
        assert cell == ("'" + lines if computed else lines), repr(text)
        neutralised += computed
    assert 4_000 < neutralised < 9_000


def test_a_whole_file_holds_no_formula_and_its_numbers_stay_numbers():
    texts = list(made(2_000))
    numbers = [(-1) ** place * place / 8 for place in range(len(texts))]
    frame = pl.DataFrame({"say": texts, "number": numbers, "count": range(-1_000, 1_000)})
    stream = io.BytesIO()
    FORMATS["csv"](Snapshot(frame, {}), stream)
    rows = csv.DictReader(io.StringIO(stream.getvalue().decode(), newline=""))
    read = [(row["say"], float(row["number"]), int(row["count"])) for row in rows]
    assert read == list(zip(map(neutral, texts), numbers, range(-1_000, 1_000), strict=True))
    assert not any(plainly(say).startswith(tuple(SIGNS)) for say, *_ in read)


@pytest.mark.parametrize("letter", [*SIGNS, *WIDE])
def test_each_sign_is_known_in_every_form(letter):
    assert neutral(f"{letter}cmd|' /C calc'!A0").startswith("'")
    assert neutral(f"\u200b\u3000{letter}1") == f"'\u200b\u3000{letter}1"
    assert neutral(f"a{letter}1") == f"a{letter}1"


def test_the_table_of_signs_is_what_unicode_says():
    for code in (*range(0x3200), *range(0xF900, 0x10000)):
        letter = chr(code)
        if unicodedata.normalize("NFKC", letter)[:1] in set(SIGNS):
            assert neutral(f"{letter}1").startswith("'"), hex(code)
        elif unicodedata.category(letter)[0] in "LNMPS":
            assert neutral(f"{letter}1") == f"{letter}1", hex(code)
