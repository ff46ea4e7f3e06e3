"""Invitations: a sheet of people, read whole or refused with every problem by row and column."""

import csv
import io
import re

import pytest
import sqlalchemy as sa

from survey.errors import BadInput, UnknownStudy, WaveState
from survey.services import closing, invitations, respond, studies
from survey.services.invitations import links_csv
from survey.services.people import Link
from survey.services.tokens import new_token
from survey.storage.models import Invitation, Participant, Roster

BASE = "http://127.0.0.1:8000"
HEADER = "name,email,language,partners"


@pytest.fixture
def study(make_study):
    """Make a draft of two partners in two languages, with nobody invited but P1."""
    return make_study(1, partners=("Fjord", "Nord"), languages=("nb", "en"), opened=False)


def invite(survey, sheet, slug=None):
    data = sheet if isinstance(sheet, bytes) else sheet.encode()
    with survey.storage.write() as session:
        return invitations.invite(session, slug or survey.slug, data, "p.csv", base_url=BASE)


def people(survey):
    with survey.storage.read() as session:
        return session.scalars(sa.select(Participant.email).order_by(Participant.email)).all()


def refused(survey, sheet):
    before = people(survey)
    with pytest.raises(BadInput) as error:
        invite(survey, sheet)
    assert people(survey) == before
    assert error.value.exit_code == 2
    return error.value.problems


def test_people_get_links_in_the_order_of_the_sheet(study):
    links = invite(study, f"{HEADER}\nKari,Kari@Vik.no,EN,nord\nOla,ola@vik.no,,\n")
    assert [(link.name, link.email, link.language) for link in links] == [
        ("Kari", "kari@vik.no", "en"),
        ("Ola", "ola@vik.no", "nb"),
    ]
    assert all(re.fullmatch(rf"{BASE}/r/[0-9A-Za-z]{{22}}", link.link) for link in links)
    with study.storage.write() as session:
        studies.open_wave(session, study.slug)
    with study.storage.read() as session:
        found = [respond.by_token(session, link.link.rpartition("/")[2]) for link in links]
    rosters = [[(entry.place, entry.partner) for entry in each.roster] for each in found]
    assert rosters == [[(1, "Nord")], [(1, "Fjord"), (2, "Nord")]]


def test_only_the_hash_of_a_token_is_kept(study):
    (link,) = invite(study, f"{HEADER}\nKari,kari@vik.no,,\n")
    token = link.link.rpartition("/")[2]
    with study.storage.read() as session:
        hashes = session.scalars(sa.select(Invitation.token_sha256)).all()
    assert token not in hashes
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in hashes)


def test_tokens_are_128_random_bits():
    tokens = {new_token() for _ in range(10_000)}
    assert len(tokens) == 10_000
    assert {len(token) for token in tokens} == {22}
    # 62^21 < 2^128 ≤ 62^22: every bit finds room, and every digit occurs in the last but one
    assert len({token[-2] for token in tokens}) == 62


@pytest.mark.parametrize(
    "sheet",
    [
        b"\xef\xbb\xbfname,email,language,partners\r\nKari,kari@vik.no,nb,Fjord;Nord\r\n",
        b'NAME; Email ;language;partners\nKari;kari@vik.no;nb;"Fjord;Nord"\n',
        b'partners,language,email,name\n"Fjord; Nord;",nb,kari@vik.no,Kari\n\n,,,\n',
        b"name,email,language,partners,side\n Kari ,kari@vik.no,nb,FJORD;nord,ours",
    ],
)
def test_sheets_as_spreadsheets_save_them(study, sheet):
    (link,) = invite(study, sheet)
    assert (link.name, link.email) == ("Kari", "kari@vik.no")


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        ("", "p.csv is empty; its first row must be name,email,language,partners,side"),
        (" \n\n", "p.csv is empty"),
        (HEADER, "p.csv has a header but no rows"),
        ("Kari,kari@vik.no,nb,Fjord\n", "row 1, column kari, kari@vik.no, nb, fjord: this is no"),
        (
            "name,email,language\nKari,k@vik.no,nb\n",
            "row 1, column partners: the column is missing",
        ),
        (f"{HEADER},phone\nKari,k@vik.no,nb,,1\n", "column 'phone': no such column; allowed are"),
        (f"{HEADER},name\nKari,k@vik.no,nb,,K\n", "column name: the column stands there more than"),
        (f"{HEADER}\nKari,k@vik.no,nb\n", "row 2: 3 cells, but the header has 4"),
        (f"{HEADER}\nNordmann, Kari,k@vik.no,nb,\n", "row 2: 5 cells"),
        (f'{HEADER}\n"Kari,k@vik.no,nb,\n', "row 2: this is no CSV (unexpected end of data)"),
        (f"{HEADER}\n,k@vik.no,nb,\n", "row 2, column name: the name is empty"),
        (f"{HEADER}\nKari,,nb,\n", "row 2, column email: '' is not an e-mail address"),
        (f"{HEADER}\nKari,kari,nb,\n", "'kari' is not an e-mail address; allowed is one like"),
        (f"{HEADER}\nKari,kari@vik,nb,\n", "'kari@vik' is not an e-mail address"),
        (f"{HEADER}\nKari,a b@vik.no,nb,\n", "'a b@vik.no' is not an e-mail address"),
        (f"{HEADER}\nKari,k@vik.no\x00,nb,\n", "is not an e-mail address"),
        (
            f"{HEADER}\nA,k@vik.no,,\nB,K@vik.no,,\n",
            "row 3, column email: 'k@vik.no' stands in row",
        ),
        (f"{HEADER}\nP1,P1@vik.no,,\n", "'p1@vik.no' is invited to this wave already"),
        (f"{HEADER}\nKari,k@vik.no,is,\n", "row 2, column language: 'is' is none of nb, en"),
        (f"{HEADER}\nKari,k@vik.no,,Fjord;Sund\n", "'Sund' is no partner of this study (Fjord, No"),
        (f"{HEADER}\nKari,k@vik.no,,Nord;nord\n", "row 2, column partners: 'Nord' is named twice"),
        (
            f"{HEADER},side\nKari,k@vik.no,,,theirs\n",
            "row 2, column side: 'theirs' is none of ours",
        ),
        ("næme".encode("latin-1"), "p.csv, row 1: not UTF-8 text; save it as «CSV UTF-8»"),
        (f"{HEADER}\nK,k@vik.no,,\n\nKåre".encode("latin-1"), "p.csv, row 4: not UTF-8 text"),
    ],
)
def test_a_bad_sheet_is_refused_by_row_column_value_and_what_is_allowed(study, sheet, said):
    assert any(said in problem for problem in refused(study, sheet)), said


def test_every_problem_is_told_and_nothing_is_half_imported(study):
    sheet = f"{HEADER}\nGood,good@vik.no,nb,Fjord\n,bad,se,Sund\nLast,last@vik.no,nb,\n"
    found = refused(study, sheet)
    assert [re.search(r"row (\d), column (\w+)", problem).groups() for problem in found] == [
        ("3", "name"),
        ("3", "email"),
        ("3", "language"),
        ("3", "partners"),
    ]


def test_row_numbers_are_those_of_a_spreadsheet(study):
    sheet = f'{HEADER}\n"Kari\nNordmann",kari@vik.no,nb,\n\nOla,ola,nb,\n'
    (problem,) = refused(study, sheet)
    assert "row 5, column email" in problem


def test_their_people_answer_for_their_own_organisation(make_study):
    survey = make_study(1, partners=("Fjord", "Nord"), sides=("theirs",))
    (problem,) = refused(survey, f"{HEADER}\nKari,k@fjord.no,,\n")
    assert "name one of Fjord, Nord" in problem
    assert "their own organisation" in problem
    (link,) = invite(survey, f"{HEADER}\nKari,k@fjord.no,,Fjord\n")
    with survey.storage.read() as session:
        found = respond.by_token(session, link.link.rpartition("/")[2])
    assert (found.side, [entry.partner for entry in found.roster]) == ("theirs", ["Fjord"])


def test_the_side_may_differ_by_person(make_study):
    survey = make_study(1, sides=("ours", "theirs"))
    links = invite(survey, f"{HEADER},side\nKari,k@vik.no,,,\nOla,o@fjord.no,,Fjord,Theirs\n")
    with survey.storage.read() as session:
        sides = [respond.by_token(session, link.link.rpartition("/")[2]).side for link in links]
    assert sides == ["ours", "theirs"]


def test_people_can_be_invited_while_the_wave_is_open_but_not_after(make_study):
    survey = make_study(1)
    invite(survey, f"{HEADER}\nKari,k@vik.no,,\n")
    survey.complete("p1@vik.no")
    closing.close(survey.storage, survey.settings, survey.slug)
    with pytest.raises(WaveState, match="is closed, but must be draft or open to invite people"):
        invite(survey, f"{HEADER}\nOla,o@vik.no,,\n")
    with pytest.raises(UnknownStudy):
        invite(survey, f"{HEADER}\nOla,o@vik.no,,\n", slug="other")


def test_links_are_written_so_that_no_spreadsheet_computes_them():
    links = [
        Link("=1+1", "+k@vik.no", "nb", "https://x/r/1"),
        Link(" @SUM(A1)", "o@vik.no", "nb", "https://x/r/2"),
        Link('Kari "K", Vik', "k@vik.no", "nb", "https://x/r/3"),
    ]
    rows = list(csv.reader(io.StringIO(links_csv(links))))
    assert rows == [
        ["name", "email", "language", "link"],
        ["'=1+1", "'+k@vik.no", "nb", "https://x/r/1"],
        ["' @SUM(A1)", "o@vik.no", "nb", "https://x/r/2"],
        ['Kari "K", Vik', "k@vik.no", "nb", "https://x/r/3"],
    ]


def test_ten_thousand_cells_and_never_a_formula():
    starts = ["", " ", "  ", "\n", "\v", "\u00a0", "'", "a"]
    danger = ["=", "+", "-", "@", "\t", "\r", "\x00"]
    cells = [
        f"{start}{sign}{other}{n}"
        for start in starts
        for sign in danger
        for other in ("1+1", "cmd|' /C calc'!A0", "SUM(A1)", "")
        for n in range(50)
    ]
    assert len(cells) > 10_000
    links = [Link(cell, "k@vik.no", "nb", "x") for cell in cells]
    written = [row[0] for row in csv.reader(io.StringIO(links_csv(links), newline=""))][1:]
    first = ("\t", "\r", "\x00")
    assert not [cell for cell in written if cell.startswith(first)]
    assert not [cell for cell in written if cell.lstrip().startswith(("=", "+", "-", "@"))]
    as_lines = [cell.replace("\r", "\n") for cell in cells]
    assert [cell.removeprefix("'") for cell in written] == [
        cell.removeprefix("'") for cell in as_lines
    ]
    assert "\r" not in links_csv(links)


# The next wave -------------------------------------------------------------------------


@pytest.fixture
def second(make_study):
    """Make a study of both sides whose first wave is closed: P1 of ours, Q of theirs."""
    survey = make_study(1, partners=("Fjord", "Nord"), sides=("ours", "theirs"))
    sheet = f"{HEADER},side\nQ,q@fjord.no,,Fjord,theirs\n"
    invite(survey, sheet)
    survey.complete("p1@vik.no")
    closing.close(survey.storage, survey.settings, survey.slug)
    with survey.storage.write() as session:
        studies.next_wave(session, survey.slug)
    return survey


def test_people_of_an_earlier_wave_stay_the_same_people(second):
    before = people(second)
    with second.storage.write() as session:
        session.execute(sa.update(Roster).values(declined=True))
    sheet = f"{HEADER},side\nNew Name,P1@vik.no,is,Nord,ours\nQ,q@fjord.no,,Fjord,theirs\n"
    links = invite(second, sheet)
    assert people(second) == before
    with second.storage.write() as session:
        studies.open_wave(session, second.slug)
    with second.storage.read() as session:
        known = respond.by_token(session, links[0].link.rpartition("/")[2])
        name = session.scalar(sa.select(Participant.name).where(Participant.side == "ours"))
    assert (name, known.language, known.wave_number) == ("New Name", "is", 2)
    assert [(entry.partner, entry.state) for entry in known.roster] == [
        ("Fjord", "declined"),
        ("Nord", "not_started"),
    ]
    (problem,) = refused(second, f"{HEADER}\nP1,p1@vik.no,,\n")
    assert "is invited to this wave already" in problem


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("P1,p1@vik.no,,Fjord,theirs", "column side: 'p1@vik.no' answered on side ours before"),
        ("Q,q@fjord.no,,Nord,theirs", "column partners: 'q@fjord.no' answered for another partner"),
    ],
)
def test_nobody_changes_sides_between_waves(second, row, said):
    (problem,) = refused(second, f"{HEADER},side\n{row}\n")
    assert said in problem
