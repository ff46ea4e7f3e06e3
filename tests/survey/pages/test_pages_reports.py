"""Reports on partners: made in the browser, the same in every form, no more than the desk says."""

import datetime as dt
import re
import uuid
from itertools import count

import pytest
import sqlalchemy as sa
from two_waves import LEVELS, SLUG, installation

from survey.app import create_app
from survey.pages import reports
from survey.services import audit
from survey.services.audit import COMMAND_LINE
from survey.services.comparing import kept
from survey.services.published import workspace_path
from survey.services.record import entries
from survey.services.register import editing
from survey.services.reporting import freezing
from survey.services.reporting.blocks import Table
from survey.storage.models import Contact, Partner, Report

ROOT = f"/compare/{SLUG}/reports"
NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
KARI = uuid.UUID(int=7)
_people = count()


@pytest.fixture(scope="module")
def site(tmp_path_factory, empty_sqlite, instrument):
    storage, settings = installation(tmp_path_factory.mktemp("site"), empty_sqlite, instrument)
    yield storage, settings
    storage.close()


@pytest.fixture
def app(site):
    app = create_app(site[1])
    yield app
    app.extensions["tillit"].storage.close()


@pytest.fixture
def storage(site):
    return site[0]


@pytest.fixture
def manager(staff):
    return staff("manager", f"report{next(_people)}")


def key_of(storage, name):
    with storage.read() as session:
        return str(session.scalars(sa.select(Partner.id).where(Partner.name == name)).one())


def make(visitor, about="all", address=ROOT, **more):
    visitor.get(address)
    return visitor.send(ROOT, about=about, **more)


def plain(page):
    return re.sub(r"\s+", " ", page.text)


def test_a_report_on_a_partner_says_what_its_card_says(manager, storage):
    key = key_of(storage, "Nord")
    report = make(manager, key)
    assert report.status == 200
    assert report.path.startswith(f"{ROOT}/")
    assert report.headings == ["Nord"]
    told, card = plain(report), plain(manager.get(f"/compare/{SLUG}/partners/{key}"))
    for cell in re.findall(r"\d\.\d – \d\.\d", told):
        assert cell in card
    assert "Act: renegotiate, develop or leave" in told
    assert "Frozen copy (SHA-256)" in told


def test_a_report_on_one_partner_tells_no_median_that_gives_away_another(manager, storage):
    key = key_of(storage, "Nord")
    address = make(manager, key).path
    with storage.read() as session:
        report = session.get_one(Report, uuid.UUID(address.rpartition("/")[2]))
        blocks = freezing.document(report, "en").blocks
    (aspects,) = (each for each in blocks if isinstance(each, Table) and each.name == "Aspects")
    at = [column.text for column in aspects.head].index("Median of all")
    assert {row.cells[at].text for row in aspects.rows} == {"–"}


def test_every_partner_of_the_portfolio_has_the_number_of_the_overview(manager, site):
    told = plain(make(manager))
    workspace = kept.read(site[1], SLUG, 2)
    for name, score in zip(workspace.names, workspace.composite.scores, strict=True):
        if score.mean is None:
            assert re.search(rf"{name}\s*too few answers", told)
        else:
            assert re.search(rf"{name}\s*{score.n}\s*{score.score:.1f}\b", told)


def test_the_report_on_a_hidden_partner_has_no_number_of_it(manager, storage):
    report = make(manager, key_of(storage, "Sund"))
    told = plain(report)
    assert "No number of Sund is shown: too few answers (fewer than 5)." in told
    assert "<svg" not in report.html.partition("<main")[2]
    assert not re.search(r"\d\.\d – \d\.\d", told)


@pytest.mark.parametrize(("ending", "begins"), [("pdf", b"%PDF-1.7"), ("xlsx", b"PK")])
def test_files_are_the_same_bytes_whenever_and_speak_every_language(manager, ending, begins):
    address = make(manager).path
    found = {}
    for language in ("en", "nb", "nn", "is"):
        first, again = (
            manager.client.get(
                f"{address}.{ending}?lang={language}", base_url="http://127.0.0.1:8000"
            )
            for _ in range(2)
        )
        assert first.status_code == 200
        assert first.data == again.data
        assert first.data.startswith(begins)
        assert f"-{language}.{ending}" in first.headers["Content-Disposition"]
        found[language] = first.data
    assert len(set(found.values())) == 4


def test_a_report_stays_as_it_was_when_the_register_changes(manager, storage):
    address = make(manager).path
    before = manager.get(address).html.partition("<main")[2].partition("csrf_token")[0]
    with storage.write() as session:
        partner = session.scalars(sa.select(Partner).where(Partner.name == "Berg")).one()
        share, partner.revenue_share = partner.revenue_share, 77
    try:
        assert manager.get(address).html.partition("<main")[2].partition("csrf_token")[0] == before
        assert make(manager).path != address
    finally:
        with storage.write() as session:
            session.merge(partner).revenue_share = share


def test_making_it_twice_makes_one(manager, storage):
    first, second = make(manager, key_of(storage, "Fjord")), make(manager, key_of(storage, "Fjord"))
    assert first.path == second.path


def test_partners_can_be_chosen_and_the_list_and_the_stamp_say_so(manager):
    report = make(manager, address=f"{ROOT}?region=West")
    told = plain(report)
    assert "Region: West" in told
    assert "Fjord" in told
    assert "Nord " not in told
    assert "Region: West" in plain(manager.get(ROOT))


def test_the_record_is_in_it_when_asked_for_and_notes_for_a_negotiation_never(manager, storage):
    key = key_of(storage, "Berg")
    with storage.write() as session:
        partner = session.scalars(sa.select(Partner).where(Partner.name == "Berg")).one()
        for kind, form in (
            ("incident", {"sort": "slight", "day": "2026-09-01", "text": "A late delivery"}),
            ("brief", {"day": "2026-09-01", "text": "Our goal", "limits": "Our limit"}),
            ("action", {"day": "2026-09-02", "text": "Call every week", "aspect": "trust"}),
        ):
            problems = entries.make(
                session, COMMAND_LINE, partner, kind, form, key=uuid.uuid4(), today=NOON.date()
            )
            assert problems == {}
    without, whole = make(manager, key), make(manager, key, record="1")
    assert "A late delivery" not in without.text
    told = plain(whole)
    for text in ("A late delivery", "Call every week", "no wave before and after it"):
        assert text in told
    for text in ("Our goal", "Our limit"):
        assert text not in told
    assert "Berg (with the record)" in plain(manager.get(ROOT))


def forget_kari(storage, _settings, key):
    with storage.write() as session:
        editing.remove_contact(session, COMMAND_LINE, uuid.UUID(key), KARI)


def lose_the_wave(_storage, settings, _key):
    workspace_path(settings, SLUG, 2).rename(workspace_path(settings, SLUG, 99))


@pytest.mark.parametrize("meanwhile", [forget_kari, lose_the_wave])
def test_what_is_deleted_while_a_report_is_composed_is_in_none(
    manager, site, monkeypatch, meanwhile
):
    storage, settings = site
    key = key_of(storage, "Nord")
    with storage.write() as session:
        partner = session.get_one(Partner, uuid.UUID(key))
        session.merge(Contact(id=KARI, partner_id=partner.id, name="Kari Nordmann",
                              email="kari@nord.no", language="en"))  # fmt: skip
        form = {"sort": "slight", "day": "2026-09-01", "text": "Kari Nordmann was late"}
        entries.make(session, COMMAND_LINE, partner, "incident", form, key=uuid.uuid4(),
                     today=NOON.date())  # fmt: skip
    compose = reports.on_partner

    def slowly(*given, **named):
        documents = compose(*given, **named)
        meanwhile(storage, settings, key)
        return documents

    monkeypatch.setattr(reports, "on_partner", slowly)
    page = make(manager, key, record="1")
    if workspace_path(settings, SLUG, 99).exists():
        workspace_path(settings, SLUG, 99).rename(workspace_path(settings, SLUG, 2))
    assert page.status == 409
    assert "The report was not made" in page.text
    with storage.read() as session:
        assert "Kari" not in str([freezing.document(each, "en") for each in _reports(session, key)])


def _reports(session, key):
    return session.scalars(sa.select(Report).where(Report.partner_id == uuid.UUID(key))).all()


def test_no_report_repeats_what_people_wrote(manager, storage):
    pages = [make(manager), *(make(manager, key_of(storage, name), record="1") for name in LEVELS)]
    for page in pages:
        assert not re.search(r"\b(ours|theirs) [01]\b", page.text)


@pytest.mark.parametrize("about", ["", "none", "00000000-0000-0000-0000-000000000001"])
def test_a_partner_that_the_wave_did_not_ask_about_is_refused(manager, about):
    page = make(manager, about or "x")
    assert page.status == 400
    assert "No partner of this wave was chosen." in page.text


def test_a_form_without_its_token_makes_and_destroys_nothing(manager):
    address = make(manager).path
    for path in (ROOT, f"{address}/destroy"):
        page = manager.post(path, {"about": "all"})
        assert page.status == 400
        assert "Please press the button once more" in page.text
    assert manager.get(address).status == 200


def test_researchers_read_and_do_not_make(staff, manager):
    address = make(manager).path
    researcher = staff("researcher", f"report{next(_people)}")
    assert researcher.get(address).status == 200
    assert "Destroy" not in researcher.page.text
    assert researcher.get(ROOT).status == 200
    assert "Make the report" not in researcher.page.text


def test_a_destroyed_report_is_gone_and_the_log_says_who_did_it(manager, storage):
    address = make(manager, address=f"{ROOT}?region=North").path
    manager.get(address)
    page = manager.send(f"{address}/destroy")
    assert page.path == ROOT
    assert manager.get(address).status == 404
    with storage.read() as session:
        assert audit.page(session, 1).entries[0].action == "report destroyed"


def test_an_emptied_report_says_why(manager, storage):
    address = make(manager, address=f"{ROOT}?region=North").path
    with storage.write() as session:
        report = session.get_one(Report, uuid.UUID(address.rpartition("/")[2]))
        report.packed = None
    page = manager.get(address)
    assert page.status == 410
    assert "The report is empty" in page.text
    assert "emptied when data were deleted" in plain(manager.get(ROOT))
