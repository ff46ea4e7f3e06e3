"""The register: what a sheet would change, taken in whole or not at all; archived, forgotten."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from survey.cli import main
from survey.errors import BadInput, ChangedMeanwhile, NoPartnerNamed, PartnerInUse
from survey.services import audit, closing, studies
from survey.services.audit import COMMAND_LINE
from survey.services.partners import NewPartner
from survey.services.register import (
    archiving,
    contact_import,
    editing,
    listing,
    partner_import,
)
from survey.services.studies import NewStudy
from survey.storage import schema
from survey.storage.engine import Storage, leave_no_trace
from survey.storage.models import Participant, Partner

PARTNERS = """name,kind,category,region,class,share,groups
Fjord Logistics,,Transport,West,strategic,"12,5 %",Key partners; Transport
Nord IT,supplier,IT,,Leverage,7.25,
Sund Shop,customer,,,,,
"""
CONTACTS = """partner,name,email,language,position
Fjord Logistics,Kari Lie,KARI@fjord.no,nb,Head of sales
fjord logistics,Jón Ása,jon@fjord.no,is,
Nord IT,Kari Lie,kari@fjord.no,,Adviser
"""


@pytest.fixture
def register(storage):
    return Register(storage)


class Register:
    def __init__(self, storage):
        self.storage = storage

    def plan(self, text, kind=partner_import):
        with self.storage.read() as session:
            return kind.plan(session, text.encode(), "sheet.csv")

    def take_in(self, text, kind=partner_import, seen=None):
        with self.storage.write() as session:
            return kind.carry_out(session, COMMAND_LINE, text.encode(), "sheet.csv", seen=seen)

    def listed(self, **options):
        with self.storage.read() as session:
            return {row.name: row for row in listing.partners(session, **options)}

    def people(self, name):
        with self.storage.read() as session:
            return listing.partner(session, name)[1]

    def act(self, do, name):
        with self.storage.write() as session:
            return do(session, COMMAND_LINE, name)


def test_a_sheet_of_partners_says_what_it_would_do_and_then_does_it(register):
    plan = register.plan(PARTNERS)
    assert plan.counts == {"new": 3, "changed": 0, "same": 0}
    assert register.listed() == {}
    register.take_in(PARTNERS, seen=plan.digest)
    fjord = register.listed()["Fjord Logistics"]
    assert (fjord.kind, fjord.category, fjord.region) == ("supplier", "Transport", "West")
    assert (fjord.kraljic, fjord.share) == ("strategic", 12.5)
    assert fjord.groups == ("Key partners", "Transport")
    nord = register.listed()["Nord IT"]
    assert (nord.kraljic, nord.share, nord.region, nord.groups) == ("leverage", 7.25, None, ())
    assert register.listed()["Sund Shop"].kind == "customer"
    assert register.plan(PARTNERS).counts == {"new": 0, "changed": 0, "same": 3}


def test_a_column_that_is_not_there_changes_nothing_and_an_empty_cell_empties(register):
    register.take_in(PARTNERS)
    sheet = "name,share,groups\nFjord Logistics,,Transport\nNord IT,7.25,\n"
    (fjord, nord) = register.plan(sheet).changes
    assert [(f.name, f.before, f.after) for f in fjord.fields] == [
        ("share", "12.5", ""),
        ("groups", "Key partners; Transport", "Transport"),
    ]
    assert (nord.kind, nord.row) == ("same", 3)
    register.take_in(sheet)
    fjord = register.listed()["Fjord Logistics"]
    assert (fjord.share, fjord.groups, fjord.category) == (None, ("Transport",), "Transport")


def test_every_problem_is_told_by_row_and_nothing_is_taken_in(register):
    register.take_in("name\nNord IT\n")
    sheet = """name,kind,class,share,groups
nord it,,,,
,supplier,,,
Sund,shop,vital,120,
Sund,,,-3,
Vest,,,12 NOK,bad\x07group
A;B,,,,
Fjord,,,,
"""
    with pytest.raises(BadInput) as refused:
        register.take_in(sheet)
    told = "\n".join(refused.value.problems)
    for part in (
        "row 2, column name: 'nord it' is already spelled 'Nord IT': keep that",
        "row 3, column name: the name is empty",
        "row 4, column kind: 'shop' is none of supplier, customer, distributor, other",
        "row 4, column class: 'vital' is none of strategic, leverage, bottleneck, routine",
        "row 4, column share: '120' is no share; allowed is 0 to 100 per cent, such as 12.5",
        "row 5, column name: 'Sund' stands in row 4 already",
        "row 5, column share: '-3' is no share",
        "row 6, column share: '12 NOK' is no share",
        "row 6, column groups: 'bad\\x07group' has invisible control characters",
        "row 7, column name: 'A;B' has a semicolon",
    ):
        assert part in told
    assert list(register.listed()) == ["Nord IT"]


def test_what_was_agreed_to_is_done_or_nothing(register):
    seen = register.plan(PARTNERS).digest
    register.take_in("name,category\nNord IT,Hosting\n")
    with pytest.raises(ChangedMeanwhile):
        register.take_in(PARTNERS, seen=seen)
    assert list(register.listed()) == ["Nord IT"]


def test_people_are_known_by_partner_and_address(register):
    register.take_in(PARTNERS)
    plan = register.plan(CONTACTS, contact_import)
    assert plan.counts["new"] == 3
    register.take_in(CONTACTS, contact_import, seen=plan.digest)
    jon, kari = register.people("Fjord Logistics")
    assert (kari.email, kari.language, kari.position) == ("kari@fjord.no", "nb", "Head of sales")
    assert (jon.language, jon.position) == ("is", None)
    assert register.people("Nord IT")[0].language == "en"
    moved = "partner,name,email\nNord IT,Kari Lie Berg,kari@fjord.no\n"
    (change,) = register.plan(moved, contact_import).changes
    assert [(f.name, f.after) for f in change.fields] == [("name", "Kari Lie Berg")]
    register.take_in(moved, contact_import)
    assert register.people("Nord IT")[0].position == "Adviser"
    assert register.listed()["Fjord Logistics"].contacts == 2


def test_every_problem_with_people_is_told(register):
    register.take_in(PARTNERS)
    register.act(archiving.archive, "Sund Shop")
    sheet = """partner,name,email,language
Vest,Ola,ola@vest.no,
Sund Shop,Ola,ola@sund.no,
Nord IT,,ola.nord.no,de
Nord IT,Eva,eva@nord.no,
Nord IT,Eva B,EVA@nord.no,
"""
    with pytest.raises(BadInput) as refused:
        register.take_in(sheet, contact_import)
    told = "\n".join(refused.value.problems)
    for part in (
        "row 2, column partner: 'Vest' is no partner that is known here",
        "row 3, column partner: 'Sund Shop' is archived",
        "row 4, column name: the name is empty",
        "row 4, column email: 'ola.nord.no' is not an e-mail address",
        "row 4, column language: 'de' is none of en, nb, nn, is",
        "row 6, column email: 'eva@nord.no' stands in row 5 already",
    ):
        assert part in told
    assert register.people("Nord IT") == []


def test_an_archived_partner_is_in_no_list_and_no_new_study(register, instrument):
    register.take_in(PARTNERS)
    register.act(archiving.archive, "sund shop")
    assert "Sund Shop" not in register.listed()
    assert register.listed(archived=True)["Sund Shop"].archived_on
    new = NewStudy("shops", "Shops", instrument, (NewPartner("Sund Shop"),))
    with register.storage.write() as session, pytest.raises(BadInput, match="is archived"):
        studies.create(session, new)
    register.act(archiving.restore, "Sund Shop")
    with register.storage.write() as session:
        studies.create(session, new)
    assert register.listed()["Sund Shop"].studies == ("shops",)


def test_an_unknown_partner_is_told_with_those_that_there_are(register):
    register.take_in("name\n" + "".join(f"P{n:02}\n" for n in range(12)))
    with pytest.raises(NoPartnerNamed, match=r"P00, .*P09 and 2 more"):
        register.act(archiving.archive, "Nobody")


def test_people_of_an_ended_relationship_are_forgotten(make_study):
    survey = make_study(6, sides=("theirs", "ours"))
    register = Register(survey.storage)
    register.take_in("partner,name,email\nFjord,Tordis Quist,tordis@fjord.no\n", contact_import)
    with pytest.raises(PartnerInUse, match="wave 1 of 'suppliers' is open"):
        register.act(archiving.anonymise, "Fjord")
    assert register.people("Fjord")
    for email in survey.tokens:
        survey.complete(email)
    closing.close(survey.storage, survey.settings, survey.slug)
    assert register.act(archiving.anonymise, "Fjord") == (1, 6)
    assert register.act(archiving.anonymise, "Fjord") == (0, 0)
    with survey.storage.read() as session:
        people = session.scalars(sa.select(Participant)).all()
    assert {person.name for person in people} == {archiving.FORGOTTEN}
    assert len({person.email for person in people}) == 6
    if survey.storage.is_sqlite:
        survey.storage.close()
        left = b"".join(f.read_bytes() for f in survey.storage.path.parent.glob("tillit.sqlite3*"))
        assert not {name for name in (b"Quist", b"tordis", b"p1@vik.no") if name in left}


@pytest.fixture
def tillit(tmp_path, monkeypatch, sqlite_url):  # noqa: ARG001 (where `tillit init` puts it)
    monkeypatch.setenv("TILLIT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments, answer=None):
        return CliRunner().invoke(main, arguments, input=answer, catch_exceptions=False)

    (tmp_path / "partners.csv").write_text(PARTNERS)
    (tmp_path / "contacts.csv").write_text(CONTACTS)
    return run


def test_the_command_shows_asks_and_does(tillit, tmp_path):
    shown = tillit("partners", "import", "partners.csv", "--dry-run").output
    assert "row 3: Nord IT: new, kind supplier, category IT, class leverage, share 7.25" in shown
    assert "3 new, 0 changed, 0 same\nNothing was changed." in shown
    refused = tillit("partners", "import", "partners.csv", answer="n\n")
    assert refused.exit_code == 1
    assert "No partner is registered" in tillit("partners", "list").output
    assert "Done." in tillit("partners", "import", "partners.csv", answer="y\n").output
    assert "Nothing was changed." in tillit("partners", "import", "partners.csv").output
    assert tillit("partners", "contacts", "contacts.csv", "--yes").exit_code == 0
    (tmp_path / "partners.csv").write_text("name,region,share\nNord IT,North,\n")
    changed = tillit("partners", "import", "partners.csv", "--yes").output
    assert "row 2: Nord IT: region nothing → North, share 7.25 → nothing" in changed


def test_the_command_lists_archives_and_forgets(tillit):
    tillit("partners", "import", "partners.csv", "--yes")
    tillit("partners", "contacts", "contacts.csv", "--yes")
    listed = tillit("partners", "list").output
    assert "Transport, West, strategic, 12.5 % of revenue, Key partners, Transport, 2 c" in listed
    shown = json.loads(tillit("partners", "show", "nord it", "--json").output)
    assert shown["share"] == 7.25
    assert "id" not in shown
    assert shown["contacts"][0]["position"] == "Adviser"
    assert (
        "Head of sales, kari@fjord.no, nb" in tillit("partners", "show", "fjord logistics").output
    )
    assert tillit("partners", "anonymise", "Nord IT", answer="n\n").exit_code == 1
    gone = tillit("partners", "anonymise", "Nord IT", "--yes")
    assert "1 contacts deleted, 0 people forgotten" in gone.output
    assert "Nord IT" not in tillit("partners", "list").output
    assert len(json.loads(tillit("partners", "list", "--archived", "--json").output)) == 3
    assert tillit("partners", "restore", "Nord IT").exit_code == 0
    assert tillit("partners", "show", "Nobody").exit_code == 2
    assert tillit("partners", "archive", "Nord IT").exit_code == 0


def test_the_log_names_partners_by_key_so_that_no_name_is_left_in_it(sqlite_url, tmp_path):
    """The raw file, too: what an anonymised partner was called stands in its own row only."""
    storage, told = Storage(sqlite_url), "Olga Planted Enkeltpersonforetak"
    with storage.write() as session:
        key, _ = editing.add(session, COMMAND_LINE, told)
    with storage.write() as session:
        editing.save(session, COMMAND_LINE, key, {"category": "fish"})
        new = editing.NewContact("Olga Planted", "olga@planted.no", "nb")
        editing.add_contact(session, COMMAND_LINE, key, new)
    with storage.write() as session:
        archiving.anonymise(session, COMMAND_LINE, told)
        entries = audit.page(session, 1).entries
    assert {entry.whom for entry in entries} == {told}
    with storage.write() as session:
        leave_no_trace(session)
        session.execute(sa.update(Partner).values(name="Somebody"))
        assert {entry.whom for entry in audit.page(session, 1).entries} == {"Somebody"}
    storage.close()
    raw = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert raw.count(b"Planted") == raw.count(b"planted") == 0


def test_old_lines_of_the_log_get_the_key_of_their_partner(storage):
    with storage.write() as session:
        editing.add(session, COMMAND_LINE, "Fjord")
    schema.migrate(storage, "0006", down=True)
    with storage.read() as session:
        assert session.scalars(sa.text("SELECT object FROM audit_log")).all() == ["partner/Fjord"]
    with storage.write() as session:
        audit.note(session, COMMAND_LINE, "partner changed", "partner/Renamed since")
    schema.migrate(storage, "head")
    with storage.read() as session:
        entries = audit.page(session, 1).entries
        assert {(entry.what, entry.whom) for entry in entries} == {
            ("", "Fjord"),
            ("partner/gone", ""),
        }
    with pytest.raises(sa.exc.DBAPIError), storage.write() as session:
        session.execute(sa.text("UPDATE audit_log SET object = 'x'"))
