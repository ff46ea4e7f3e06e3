"""Pages on which partners are compared: what they say is what was kept, and no more."""

import datetime as dt
import json
import re
import uuid
from itertools import count

import pytest
import sqlalchemy as sa
from two_waves import SLUG, installation

from survey.app import create_app
from survey.services.accounts import sessions, users
from survey.services.audit import COMMAND_LINE
from survey.services.comparing import kept
from survey.services.published import research_paths
from survey.services.record import entries
from survey.storage.models import Partner

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
_people = count()
VIEWS = ("", "/aspects", "/scorecard", "/scope", "/beside")


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
    return staff("manager", f"manager{next(_people)}")


@pytest.fixture
def viewer(staff, storage):
    """Log in somebody who may see Fjord alone."""
    name = f"viewer{next(_people)}"
    visitor = staff("viewer", name)
    with storage.write() as session:
        user = users.find(session, f"{name}@vik.no")
        users.set_partners(session, COMMAND_LINE, user, ["Fjord"], NOON)
        token = sessions.begin(session, user.id, NOON)
    visitor.client.set_cookie("tillit-login", token, domain="127.0.0.1")
    return visitor


def ids(site):
    with site[0].read() as session:
        return {row.name: str(row.id) for row in session.scalars(sa.select(Partner))}


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_speaks_all_languages_and_tells_of_no_hidden_partner(manager, site, view):
    workspace = kept.read(site[1], SLUG, 2)
    assert workspace.composite.scores[workspace.names.index("Sund")].mean is None
    for language in ("en", "nb", "nn", "is"):
        page = manager.get(f"/compare/{SLUG}{view}?lang={language}")
        assert (page.status, page.lang) == (200, language)
        assert "http" not in page.html.replace("http://www.w3.org/2000/svg", "")
        assert " style=" not in page.html


def test_the_overview_says_who_needs_attention_and_who_is_hidden(manager, site):
    page = manager.get(f"/compare/{SLUG}")
    text = re.sub(r"\s+", " ", page.text)
    assert "Surely below the others" in text
    assert "too few answers (fewer than 5)" in text
    assert "3 of 4" in text
    score = kept.read(site[1], SLUG, 2).composite.scores[3 - 1]
    assert f"{score.score:.1f}" in text


def test_partners_are_chosen_by_what_the_register_says(manager):
    page = manager.get(f"/compare/{SLUG}?region=North&measure=trust")
    assert "Nord" in page.text
    assert "Fjord" not in page.text
    assert manager.get(f"/compare/{SLUG}?measure=nothing&wave=x").status == 200
    assert manager.get(f"/compare/{SLUG}?wave=1").status == 200
    assert manager.get(f"/compare/{SLUG}?wave=9").status == 404
    assert manager.get("/compare/none").status == 404


def test_two_to_eight_partners_stand_side_by_side(manager, site):
    known = ids(site)
    chosen = f"partner={known['Fjord']}&partner={known['Nord']}"
    page = manager.get(f"/compare/{SLUG}/beside?{chosen}")
    assert "Composite: Fjord surely above Nord." in page.text
    assert "beside" in page.ids
    alike = manager.get(f"/compare/{SLUG}/beside?partner={known['Fjord']}&partner={known['Berg']}")
    assert "Composite: cannot be told apart." in alike.text
    wrong = manager.get(f"/compare/{SLUG}/beside?partner={known['Fjord']}")
    assert wrong.status == 400
    assert "Choose two to eight partners" in wrong.text
    assert "beside" not in wrong.ids


def test_a_card_says_what_the_rule_gives_and_why(manager, site):
    known = ids(site)
    text = manager.get(f"/compare/{SLUG}/partners/{known['Nord']}").text
    assert "Act: renegotiate, develop or leave" in text
    falling = manager.get(f"/compare/{SLUG}/partners/{known['Fjord']}")
    assert "Falls by" in falling.text
    assert "Fjord ours 1" in falling.text  # twelve people wrote
    assert {"decision", "course", "aspects", "warnings", "brief", "record"} <= set(falling.ids)
    first = manager.get(f"/compare/{SLUG}/partners/{known['Fjord']}?wave=1").text
    assert "There is no earlier wave to compare with." in first


def agree(site, partner, items):
    """Note something agreed with a partner, and the items that measure it."""
    with site[0].write() as session:
        row = session.scalars(sa.select(Partner).where(Partner.name == partner)).one()
        day = NOON.date().isoformat()
        expectation = {
            "sort": "expectation", "text": "What was agreed.", "party": "Kim", "day": day,
            "due_on": "", "items": items,
        }  # fmt: skip
        key = uuid.uuid4()
        wrong = entries.make(
            session, COMMAND_LINE, row, "expectation", expectation, key=key, today=NOON.date()
        )
        assert not wrong


def test_a_card_tells_what_items_say_of_what_was_agreed(manager, site):
    known, workspace = ids(site), kept.read(site[1], SLUG, 2)
    for partner, state in (("Nord", "not met"), ("Berg", None), ("Sund", None)):
        agree(site, partner, "t1 accuracy_deadlines")
        page = manager.get(f"/compare/{SLUG}/partners/{known[partner]}")
        score = workspace.items["t1"].scores[workspace.names.index(partner)]
        told = re.sub(r"\s+", " ", page.text.split("What was agreed.")[1])
        if score is None:
            assert "; n " not in told
            continue
        assert f"{score.mean:.1f} ({score.low:.1f} – {score.high:.1f}; n {score.n})" in told
        assert "not asked in this wave, or not shown" in told  # the other item
        assert state is None or state in told
    for language in ("nb", "nn", "is"):
        page = manager.get(f"/compare/{SLUG}/partners/{known['Nord']}?lang={language}")
        assert (page.status, page.lang) == (200, language)


def test_a_card_tells_what_its_numbers_are_worth_as_the_report_does(manager, site):
    document = json.loads(research_paths(site[1], SLUG, 2)[0].read_text("utf-8"))
    way = f"/compare/{SLUG}/partners/{ids(site)['Fjord']}?measure=trust"
    page = manager.get(way)
    assert "worth" in page.ids
    text = re.sub(r"\s+", " ", page.text.split("Reliability of the score")[1])
    (row,) = (r for r in document["partners"]["trust"] if r["partner"] == "Fjord")
    found = document["aggregation"]["trust"]
    low, high = (
        row["n"] * end / (1 + (row["n"] - 1) * end)
        for end in (max(found["icc1_ci_low"], 0), found["icc1_ci_high"])
    )
    digits = 1 if high - low > 0.2 else 2
    assert f"{row['reliability']:.{digits}f} ({low:.{digits}f} – {high:.{digits}f})" in text
    half = (row["ci_high"] - row["ci_low"]) / 2  # three partners: means as they are
    assert f"± {half:.1f}" in text
    assert "How strict people are is not parted from the score" in text
    assert "Careless answers" in text


def test_the_card_of_a_hidden_partner_has_no_number(manager, site):
    page = manager.get(f"/compare/{SLUG}/partners/{ids(site)['Sund']}")
    assert page.status == 200
    assert "No number of Sund is shown: too few answers (fewer than 5)." in page.text
    assert "decision" not in page.ids
    assert not re.search(r"\d[.,]\d", page.text.split("What this rests on")[0])


def test_viewers_reach_the_cards_of_their_partners_and_nothing_else(viewer, site):
    known = ids(site)
    way = f"/compare/{SLUG}/partners/{known['Fjord']}"
    assert way in viewer.get("/studies").links
    page = viewer.get(way)
    assert page.status == 200
    assert "Nord" not in page.text
    assert not [link for link in page.links if link.endswith("/replies")]
    assert viewer.get(f"/compare/{SLUG}/partners/{known['Nord']}").status == 404
    for view in VIEWS:
        assert viewer.get(f"/compare/{SLUG}{view}").status == 404


def medians(page):
    table = page.html.split('id="aspect-table"')[1].split("</table>")[0]
    rows = re.findall(r"<tr><th.*?</tr>", table.split("<tbody>")[1], re.DOTALL)
    return [re.findall(r"<td[^>]*>\s*([^<]*?)\s*<", row)[3] for row in rows]


def test_a_viewer_is_told_no_median_that_would_tell_of_another_partner(viewer, manager, site):
    """Of three partners that are shown two are not the viewer's."""
    way = f"/compare/{SLUG}/partners/{ids(site)['Fjord']}"
    assert set(medians(viewer.get(way))) == {"–"}
    assert all(re.fullmatch(r"\d[.]\d", text) for text in medians(manager.get(way)))
