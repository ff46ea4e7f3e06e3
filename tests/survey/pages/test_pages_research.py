"""The report for researchers: as it was kept, for whoever may see the results, never computed."""

import gzip
import json
import re
from importlib.metadata import version

import pytest
import sqlalchemy as sa

from analysis import report as reports
from survey.pages.assets import REPORT_STYLES, report_folder
from survey.services import closing, researched, revising, studies
from survey.services.published import (
    research_link,
    research_paths,
    results_key,
    snapshot_path,
)

HOST = "http://127.0.0.1:8000"


@pytest.fixture
def survey(make_study):
    """Make a study of which Sund, the third partner, is below the threshold."""
    survey = make_study(16, partners=("Fjord", "Nord", "Sund"))
    survey.fill_in((7, 6, 3))
    return survey


@pytest.fixture
def closed(survey, close):
    close(survey)
    return survey


@pytest.fixture
def link(survey):
    """Give the address of the page, key and all."""
    return research_link(survey.settings, survey.slug, 1).removeprefix(HOST)


def change(survey, **made):
    """Alter what the kept numbers say of how they were made."""
    numbers = research_paths(survey.settings, survey.slug, 1)[0]
    document = json.loads(numbers.read_text("utf-8"))
    document |= {name: made.pop(name) for name in ("tillit",) if name in made}
    document["research"] |= made
    numbers.write_text(json.dumps(document), "utf-8")


TITLES = {
    "en": "Report for researchers – Our suppliers – Wave 1",
    "nb": "Rapport for forskere – Our suppliers – Runde 1",
    "nn": "Rapport for forskarar – Our suppliers – Runde 1",
    "is": "Skýrsla fyrir rannsakendur – Our suppliers – Umferð 1",
}


def test_the_report_stands_in_the_frame_of_the_house(make_visitor, closed, link):
    _, _, kept = research_paths(closed.settings, closed.slug, 1)
    for language, title in TITLES.items():
        page = make_visitor().get(f"{link}&lang={language}")
        assert (page.status, page.lang, page.title) == (200, language, title)
        assert page.headings == ["Our suppliers"]
        assert {"main", "problems", "summary", "methods"} <= set(page.ids)
        assert kept.read_text("utf-8") in page.html
        assert ('<div class="report" lang="en">' in page.html) == (language != "en")
        assert page.html.count('href="/static/') == 1
        assert "research.css" in page.html
        for foreign in (" style=", "<style", "<meta http-equiv", "<h1 class"):
            assert foreign not in page.html
        assert "http" not in page.html.replace("http://www.w3.org/2000/svg", "")
    says_what_the_report_rests_on(make_visitor().get(link), closed)
    packed = make_visitor().client.get(link, base_url=HOST, headers={"Accept-Encoding": "gzip"})
    assert len(packed.data) < 60 * 1024
    assert "save each table" not in gzip.decompress(packed.data).decode()


def says_what_the_report_rests_on(page, survey):
    facts = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd[^>]*>([^<]+)</dd>", page.html))
    assert facts["Answers counted"] == "13"  # without the three about Sund
    assert facts["Smallest group shown"] == "5"
    digest = closing_hash(survey)
    assert facts["Wave 1: frozen copy suppliers-w1.parquet (SHA-256)"] == digest
    path = snapshot_path(survey.settings, survey.slug, 1)
    assert f">tillit analyse {path} --outcome overall --composite</code>" in page.html
    assert "tillit study research suppliers --wave 1</code>" in page.html


def closing_hash(survey):
    with survey.storage.read() as session:
        return studies.find(session, survey.slug)[1].snapshot_sha256


def test_the_page_says_what_is_in_the_report_and_who_made_it(visitor, closed, link):
    assert "made by tillit" not in visitor.get(link).text
    change(closed, saves_tables=False)
    assert "lets you save each table as CSV" in visitor.get(link).text
    change(closed, weight=70 * 1024, thorough=True)
    text = visitor.get(link).text
    assert "Even so it weighs 70 kB, so it is not shown here" in text
    assert visitor.get(link).html.count("<svg") == 1  # the mark of the house
    assert "The parts that take long to compute are in this report." in text
    change(closed, tillit="0.0.9")
    text = visitor.get(link).text
    assert f"made by tillit 0.0.9; this server runs {version('tillit')}" in text
    assert "tillit study research suppliers --wave 1" in text
    change(closed, tillit=version("tillit"), edition=researched.EDITION - 1)
    assert "This command makes it anew" in visitor.get(link).text


def test_the_latest_closed_wave_is_shown_if_none_is_named(visitor, closed, link):
    kept = {file: file.read_bytes() for file in research_paths(closed.settings, closed.slug, 1)}
    closing.publish(closed.storage, closed.settings, closed.slug)
    assert {file: file.read_bytes() for file in kept} == kept
    named = visitor.get(link)
    path, _, query = link.partition("?")
    latest = path.rpartition("/")[0]
    assert visitor.get(f"{latest}?{query}").html.split("<h1>")[1] == named.html.split("<h1>")[1]
    with closed.storage.write() as session:
        studies.next_wave(session, closed.slug)
    assert visitor.get(f"{latest}?{query}").status == 200
    key = results_key(closed.settings, closed.slug, 2)
    page = visitor.get(f"/research/{closed.slug}/2?key={key}")
    assert "tillit study open suppliers --wave 2</code>" in page.html


def test_strangers_find_nothing_and_others_the_files_as_they_were_kept(visitor, closed, link):
    path, _, query = link.partition("?")
    get = visitor.client.get
    other = results_key(closed.settings, "other", 1)
    away = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    for ending in ("", "/report.html", "/results.json"):
        with_key = f"{path}{ending}?{query}"
        assert get(with_key, base_url=HOST).status_code == 200
        for address, options in (
            (f"{path}{ending}?key={other}", {}),
            (f"/research/none/1{ending}?{query}", {}),
            (f"/research/suppliers/2{ending}?{query}", {}),
            (with_key, {"headers": {"X-Forwarded-For": "203.0.113.9"}}),
            (with_key, away),
        ):
            assert get(address, base_url=HOST, **options).status_code == 404
        assert get(f"{path}{ending}", base_url=HOST).location.startswith("/login?next=/research/")
    assert get(f"/research/none?{query}", base_url=HOST).status_code == 404
    for address in ("/research/none", "/research/suppliers"):
        assert get(address, base_url=HOST).location == f"/login?next={address}"
    assert visitor.client.post(path, base_url=HOST).status_code == 405
    hands_out_what_was_kept(visitor, closed, link)


def hands_out_what_was_kept(visitor, closed, link):
    path, _, query = link.partition("?")
    kept = research_paths(closed.settings, closed.slug, 1)
    for name, file, kind in (
        ("results.json", kept[0], "application/json"),
        ("report.html", kept[1], "text/html"),
    ):
        response = visitor.client.get(f"{path}/{name}?{query}", base_url=HOST)
        assert response.data == file.read_bytes()
        assert response.mimetype == kind
        disposition = response.headers["Content-Disposition"]
        assert disposition == f'attachment; filename="{file.name}"'
    page = kept[1].read_text("utf-8")
    assert "tillit analyse suppliers-w1.parquet --outcome overall" in page
    assert visitor.get(link).html.count(f'href="{path}/') == 2


def test_an_open_wave_shows_participation_only(visitor, link):
    page = visitor.get(link)
    facts = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd>([^<]+)</dd>", page.html))
    assert page.status == 200
    assert (facts["People invited"], facts["Submitted"]) == ("16", "16")
    assert facts["Questionnaires asked for"] == "48"
    assert "Open since " in page.text
    assert "tillit study close suppliers --wave 1</code>" in page.html
    assert "Fjord" not in page.text
    path, _, query = link.partition("?")
    assert visitor.client.get(f"{path}/results.json?{query}", base_url=HOST).status_code == 409


def test_a_report_that_is_not_there_says_what_to_run(visitor, closed, link):
    for file in research_paths(closed.settings, closed.slug, 1):
        file.unlink()
    page = visitor.get(link)
    assert page.status == 409
    assert "Run “tillit study research suppliers --wave 1”" in page.text
    path, _, query = link.partition("?")
    assert visitor.client.get(f"{path}/report.html?{query}", base_url=HOST).status_code == 409
    with closed.storage.write() as session:
        session.execute(sa.text("UPDATE wave SET purged_on = '2028-11-22'"))
    page = visitor.get(link)
    assert page.status == 410
    assert "were deleted on 2028-11-22, as was promised" in page.text


def withdraw(survey, *people):
    with survey.storage.write() as session:
        study, wave = studies.find(session, survey.slug)
        for number in people:
            session.execute(
                sa.text(
                    "DELETE FROM assessment WHERE participant_id = "
                    "(SELECT id FROM participant WHERE email = :email)"
                ),
                {"email": f"p{number}@vik.no"},
            )
        revising.without(session, survey.settings, study, wave)
    revising.settle(survey.storage, survey.settings, survey.slug)


def test_after_a_withdrawal_the_report_stays_without_a_way_to_compute_it(visitor, closed, link):
    _, _, kept = research_paths(closed.settings, closed.slug, 1)
    body = kept.read_text("utf-8")
    withdraw(closed, 1)
    page = visitor.get(link)
    assert body in page.html
    assert "Answers were withdrawn, or an earlier wave was deleted" in page.text
    assert "tillit analyse" not in page.html.replace(body, "")
    assert "tillit study research" not in page.html
    kept.unlink()
    page = visitor.get(link)
    assert (page.status, page.title.split(" – ")[0]) == (409, "The report cannot be made now")


def test_the_report_keeps_its_looks_inside_the_page(visitor):
    assert REPORT_STYLES == reports.STYLES
    css = visitor.client.application.extensions["tillit"].renderer.assets["research.css"]
    text = css.body.decode()
    own, _, inside = text.rpartition(".report {\n:root")
    assert own
    assert "& > section" in inside
    assert "main >" not in inside
    assert inside.count("{") + 1 == inside.count("}")
    for name in REPORT_STYLES:
        assert (report_folder() / name).exists()


def test_both_sides_can_be_compared_from_the_report(visitor, closed, link):
    path, _, query = link.replace("/research/", "/compare/").partition("?")
    assert f"{path}?{query}&lang=en" in visitor.get(link).links
    change(closed, side="both")
    page = visitor.get(link)
    assert f"{path}?{query}&lang=en&side=theirs" in page.links
    assert "Comparison of the partners: How we see them" in page.text
