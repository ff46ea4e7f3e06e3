"""Rows for analysis in the browser: the same bytes as the command line's, noted with their hash."""

import hashlib
import io
import json
import sys
import zipfile

import polars as pl
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from survey.cli import main
from survey.errors import BadSettings
from survey.services import closing, export, formats
from survey.services.formats import FORMATS
from survey.storage.account_models import AuditEntry

PATH = "/research/suppliers/1/export"
HOST = "http://127.0.0.1:8000"


@pytest.fixture
def closed(make_study):
    """Freeze a study of one partner with enough answers and one with too few."""
    survey = make_study(13, partners=("Fjord", "Nord"))
    survey.fill_in((10, 3))
    with survey.storage.write() as session:
        closing.freeze(session, survey.settings, survey.slug)
    return survey


def download(visitor, file_format):
    fields = visitor.get(PATH).forms[-1]["fields"]
    data = {**fields, "format": file_format}
    return visitor.client.post(PATH, data=data, base_url=HOST)


def by_command(survey, monkeypatch, tmp_path, *words):
    """Give what the command line writes."""
    for name, value in survey.settings.as_environment().items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "by-command"
    found = CliRunner().invoke(main, ["export", survey.slug, *words, str(out)])
    assert found.exit_code == 0, found.output
    return out.read_bytes()


def test_the_files_are_the_command_lines_and_stand_in_the_log(staff, closed, monkeypatch, tmp_path):
    researcher = staff("researcher")
    given = {each: download(researcher, each) for each in FORMATS}
    with closed.storage.read() as session:
        noted = session.scalars(sa.select(AuditEntry.object)).all()
    log = staff("admin", "ada").get("/log")
    for file_format, response in given.items():
        expected = by_command(closed, monkeypatch, tmp_path, "--format", file_format, "--out")
        assert response.data == expected
        assert int(response.headers["Content-Length"]) == len(expected)
        digest = hashlib.sha256(expected).hexdigest()
        assert f"study/suppliers/1/suppliers-w1.{file_format}/{digest}" in noted
        assert f"suppliers, wave 1: file suppliers-w1.{file_format}" in log.text
    for kind in ("csv", "json"):
        book = tmp_path / f"book.{kind}"
        by_command(closed, monkeypatch, tmp_path, "--codebook", str(book), "--out")
        response = researcher.client.get(f"{PATH}/codebook.{kind}", base_url=HOST)
        assert response.data == book.read_bytes()


@pytest.mark.usefixtures("closed")
def test_other_programs_open_it(staff):
    pandas = pytest.importorskip("pandas")
    researcher = staff("researcher")
    table = pandas.read_csv(io.BytesIO(download(researcher, "csv").data))
    typed = pl.read_parquet(io.BytesIO(download(researcher, "parquet").data))
    stata = pandas.read_stata(
        io.BytesIO(download(researcher, "dta").data), convert_categoricals=False
    )
    rows = json.loads(download(researcher, "json").data)
    assert rows["about"]["study"] == "suppliers"
    others = (pandas.DataFrame(typed.to_dicts()), stata, pandas.DataFrame(rows["rows"]))
    for other in others:
        assert list(other.columns) == list(table.columns)
        assert other["t1"].tolist() == table["t1"].tolist()
        assert other["say"].tolist() == table["say"].tolist()


@pytest.mark.usefixtures("closed")
def test_spss_reads_words_and_excel_no_formula(staff, tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    path, researcher = tmp_path / "rows.sav", staff("researcher")
    path.write_bytes(download(researcher, "sav").data)
    frame, meta = pyreadstat.read_sav(path)
    assert meta.column_names_to_labels["t1"] == "{partner} t1."
    assert meta.variable_value_labels["t1"][5.0] == "Strongly agree"
    assert meta.column_names_to_labels["t1_missing"] == "why there is no answer"
    assert frame["t1"].between(1, 5).all()
    book = zipfile.ZipFile(io.BytesIO(download(researcher, "xlsx").data))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 11
    assert "<f>" not in sheet
    assert "2000-01-01" in book.read("docProps/core.xml").decode()


def test_a_format_whose_program_is_missing_is_not_offered(staff, closed, monkeypatch):
    monkeypatch.setitem(formats.NEEDS, "xlsx", "no_such_program")
    page = staff("researcher").get(PATH)
    assert page.forms[-1]["radios"]["format"] == [name for name in FORMATS if name != "xlsx"]
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with closed.storage.read() as session:
        exported = export.prepare(session, closed.settings, closed.slug)
    with pytest.raises(BadSettings):
        export.write(exported, "xlsx", io.BytesIO())


def test_the_page_says_what_is_withheld_and_how_much_there_is(staff, closed):
    closing.close(closed.storage, closed.settings, closed.slug)
    researcher, manager = staff("researcher"), staff("manager", "mia")
    assert PATH in researcher.get("/studies/suppliers").links
    assert PATH not in manager.get("/studies/suppliers").links
    page = researcher.get(PATH)
    assert "10 rows can be handed out" in page.text
    assert "3 rows of 1 partners with fewer than 5 rows" in page.text


def test_of_an_open_wave_or_few_people_there_are_no_rows(staff, make_study):
    survey = make_study(6)
    researcher = staff("researcher")
    page = researcher.get(PATH)
    assert (page.status, "once the wave is closed" in page.text) == (409, True)
    survey.fill_in((2,))
    with survey.storage.write() as session:
        closing.freeze(session, survey.settings, survey.slug)
    page = researcher.get(PATH)
    assert (page.status, "Nothing can be handed out" in page.text) == (409, True)
    assert researcher.get(f"{PATH}/codebook.csv").status == 409


@pytest.mark.usefixtures("closed")
def test_a_format_that_there_is_not_and_an_old_form_are_refused(staff):
    researcher = staff("researcher")
    assert download(researcher, "exe").status_code == 400
    assert researcher.post(PATH, {"format": "csv"}).status == 400
    assert researcher.get(f"{PATH}/codebook.exe").status == 404
