"""The pages of a partner's record and of the right of reply, as people use them."""

import re

import pytest
import sqlalchemy as sa

from survey.services.accounts import users
from survey.services.audit import COMMAND_LINE
from survey.services.record import letting_out, releases, replies
from survey.services.record.kinds import KINDS
from survey.services.record.letting_out import LetOut
from survey.storage.models import CardRelease, CardReply, Partner, RecordEntry
from tests.survey.pages.test_access import NOON
from tests.survey.record.cards import card, let_out
from tests.survey.record.examples import GIVEN

HOST = "http://127.0.0.1:8000"


@pytest.fixture
def fjord(make_study):
    """Give the address of the record of Fjord, about which a study asks."""
    survey = make_study(partners=("Fjord",))
    with survey.storage.read() as session:
        return f"/partners/{session.scalars(sa.select(Partner.id)).one()}/record"


def write(visitor, root, kind, **given):
    """Add an entry by its form; gives the page that follows."""
    here = f"{root}/new/{kind}"
    visitor.get(here)
    return visitor.send(here, **(GIVEN[kind] | given))


def key_of(storage, kind):
    """Give the key of the one entry of a kind."""
    with storage.read() as session:
        return session.scalars(sa.select(RecordEntry.id).where(RecordEntry.kind == kind)).one()


def test_every_kind_is_written_down_read_and_handed_out(staff, fjord):
    manager = staff()
    assert manager.get(fjord).status == 200
    for kind in KINDS:
        page = write(manager, fjord, kind)
        assert (page.status, page.path) == (200, fjord), kind
        assert GIVEN[kind]["text"] in page.text
    assert "trust_keeps_promises" not in page.text, "an item is shown by its text"
    assert "Fjord" in page.text
    assert "Fjord keeps" in page.text
    assert "overdue since 1 September 2026" in page.text
    assert "1 thing should be over by now" in page.text
    assert "Working together" in page.text
    form = next(each for each in page.forms if each["action"] == f"{fjord}/export")
    response = manager.client.post(f"{fjord}/export", data=form["fields"], base_url=HOST)
    assert response.mimetype == "text/csv"
    assert response.text.count("\r\n") == 1 + len(KINDS)
    line = manager.get(f"{fjord}/timeline")
    assert line.html.count('class="lane"') == len(KINDS) + 1
    chosen = manager.get(f"{fjord}/timeline?kind=incident&kind=none")
    assert chosen.html.count('class="lane"') == 1
    assert GIVEN["action"]["text"] not in chosen.text
    assert "<script>" not in line.html


def test_what_is_wrong_is_told_at_its_field_and_kept(staff, fjord, storage):
    manager = staff(language="nb")
    page = write(manager, fjord, "expectation", party="", items=["no_item"], day="x")
    assert page.status == 400
    assert "dette trengs" in page.text
    assert "velg en dag" in page.text
    assert "no_item" in page.text
    assert page.title.startswith("Feil: ")
    assert GIVEN["expectation"]["text"] in page.text
    with storage.read() as session:
        assert session.scalars(sa.select(RecordEntry)).all() == []
    form = manager.page.forms[-1]["fields"]
    here = f"{fjord}/new/incident"
    typed = {**form, **GIVEN["incident"]}
    assert manager.post(here, {**typed, "key": "none"}).status == 404
    assert manager.post(here, {**typed, "csrf_token": "1##2"}).status == 400
    assert manager.post(f"{fjord}/new/none", typed).status == 404


def test_an_entry_is_changed_taken_on_and_struck_out(staff, fjord, storage):
    manager = staff()
    write(manager, fjord, "dispute")
    here = f"{fjord}/{key_of(storage, 'dispute')}"
    page = manager.get(here)
    page = manager.send(f"{here}/step", state="clarified", on="2026-03-01")
    assert (page.status, "before the step before it" in page.text) == (400, True)
    page = manager.send(f"{here}/step", state="clarified", on="2026-03-09", note="By phone")
    assert "Saved." in page.text
    assert "By phone" in page.text
    page = manager.send(here, text="Who pays\n<b>half</b>", day="2026-03-04")
    assert "Saved." in page.text
    assert "&lt;b&gt;half" in page.html
    assert page.html.count("<del") == 3, "state, text and day as they were before"
    seen = next(each for each in manager.page.forms if each["action"] == here)["fields"]
    manager.send(here, text="Somebody else", day="2026-03-04")
    page = manager.post(here, {**seen, "text": "Late", "day": "2026-03-04"})
    assert (page.status, "somebody else changed this" in page.text) == (400, True)
    page = manager.send(f"{here}/strike", why="")
    assert page.status == 400
    page = manager.send(f"{here}/strike", why="Not ours")
    assert "struck out on 5 October 2026" in page.text
    assert {form["action"] for form in page.forms} == {"/logout"}
    assert "Not ours" in manager.get(fjord).text


def test_a_viewer_reads_the_record_of_their_own_partners_alone(staff, make_study, storage):
    make_study(partners=("Fjord", "Nord"))
    with storage.read() as session:
        keys = {row.name: row.id for row in session.scalars(sa.select(Partner))}
    fjord, nord = (f"/partners/{keys[name]}/record" for name in ("Fjord", "Nord"))
    manager, viewer = staff(), staff("viewer", "vera")
    write(manager, nord, "incident")
    foreign = key_of(storage, "incident")
    write(manager, fjord, "action")
    with storage.write() as session:
        users.set_partners(session, COMMAND_LINE, users.find(session, "vera@vik.no"), ["Fjord"],
                           NOON)  # fmt: skip
        _, card_of_nord = let_out(session, "Nord")
        own = session.scalars(
            sa.select(RecordEntry.id).where(RecordEntry.partner_id == keys["Fjord"])
        ).one()
        token = users.sessions.begin(session, users.find(session, "vera@vik.no").id, NOON)
    viewer.client.set_cookie("tillit-login", token, domain="127.0.0.1")
    assert fjord in viewer.get("/studies").links
    assert nord not in viewer.page.links
    page = viewer.get(fjord)
    assert (page.status, GIVEN["action"]["text"] in page.text) == (200, True)
    assert "/new/" not in page.html
    assert viewer.get(f"{fjord}/{own}").status == 200
    assert "Our suppliers" not in viewer.get(f"{fjord}/timeline").text
    assert "Our suppliers" in manager.get(f"{fjord}/timeline").text
    replies_of = fjord.replace("record", "replies")
    for path in (nord, f"{nord}/timeline", f"{fjord}/{foreign}", f"{replies_of}/{card_of_nord}"):
        assert viewer.get(path).status == 404, path
    assert manager.get(f"{fjord}/{foreign}").status == 404, "an entry of another record"


def test_what_could_not_be_chosen_anew_stays_chosen(staff, fjord, storage):
    manager, _ = staff(), staff("researcher", "rune")
    write(manager, fjord, "expectation")
    rule = key_of(storage, "expectation")
    with storage.read() as session:
        rune = users.find(session, "rune@vik.no").id
    write(manager, fjord, "action", owner=f"user/{rune.hex}", party="")
    write(manager, fjord, "incident", touches=rule.hex)
    with storage.write() as session:
        users.disable(session, COMMAND_LINE, users.find(session, "rune@vik.no"), NOON)
    manager.get(f"{fjord}/{rule}")
    manager.send(f"{fjord}/{rule}/strike", why="Never agreed")
    for kind, value in (("action", f"user/{rune.hex}"), ("incident", rule.hex)):
        chosen = f'<option value="{value}" selected>'
        assert chosen in manager.get(f"{fjord}/{key_of(storage, kind)}").html
        assert chosen.replace(" selected", "") not in manager.get(f"{fjord}/new/{kind}").html


@pytest.fixture
def link(fjord, storage):
    """Give the link of somebody at Fjord to its card, and the card's key."""
    assert fjord
    with storage.write() as session:
        token, key = let_out(session, language="nb")
    return f"/reply/{token}", key


def replied(storage):
    with storage.read() as session:
        return session.scalars(sa.select(CardReply)).one_or_none()


def test_somebody_there_sees_the_card_and_replies(make_visitor, staff, storage, link, fjord):
    path, key = link
    visitor = make_visitor("fr")
    page = visitor.get(path)
    assert (page.status, page.lang) == (200, "nb")
    assert "Trust (nb)" in page.text
    assert "3,4" in page.text
    assert "for få svar (færre enn 5)" in page.text
    assert replied(storage) is None
    page = visitor.send(path, stance="contest", text=" ")
    assert (page.status, "dette trengs" in page.text) == (400, True)
    page = visitor.send(path, stance="contest", text="=We <i>told</i> you", **{"about-trust": "No"})
    assert (page.status, page.path) == (200, path)
    assert replied(storage).aspects == {"trust": "No"}
    assert replied(storage).stance == "contest"
    assert "=We &lt;i&gt;told" in page.html
    visitor.send(path, stance="comment", text="Thank you")
    assert (replied(storage).stance, replied(storage).times) == ("comment", 2)
    manager = staff()
    here = f"{fjord.replace('record', 'replies')}/{key}"
    assert "Thank you" in manager.get(fjord).text
    assert "Thank you" in manager.get(here).text
    assert "Eva Strand" in manager.page.text
    assert manager.send(f"{here}/answer", answer="").status == 400
    assert "Saved." in manager.send(f"{here}/answer", answer="We look into it").text
    assert "We look into it" in make_visitor().get(path).text
    assert "Saved." in manager.send(f"{here}/revoke").text
    assert make_visitor().get(path).status == 404
    assert {"reply received", "card taken back"} <= noted(storage)


def noted(storage):
    with storage.read() as session:
        return set(releases.audit.actions(session))


def test_a_link_that_is_wrong_over_or_taken_back_is_unknown(make_visitor, storage, link):
    path, _ = link

    def shown(address):
        page = make_visitor().get(address)
        return page.status, page.headings, re.sub(r"/reply/\w+", "", page.text)

    unknown = shown(f"/reply/{'x' * 22}")
    assert unknown[0] == 404
    assert unknown[1] == ["This link does not work"]
    form = make_visitor().get(path).form["fields"]
    for values in ({"reply_by": NOON.date().replace(year=2026, month=10, day=2)},
                   {"revoked_on": NOON.date()}, {"document": None}):  # fmt: skip
        with storage.write() as session:
            session.execute(sa.update(CardRelease).values(**values))
        if "reply_by" not in values:
            assert shown(path) == unknown
            assert make_visitor().post(path, {**form, "text": "x"}).status == 404
    assert replied(storage) is None
    assert [make_visitor().get(f"/reply/{n:022}").status for n in range(25)][-1] == 429


def test_a_card_is_let_out_by_its_form_and_the_link_is_shown_once(
    staff, fjord, storage, monkeypatch
):
    manager = staff()
    here = fjord.replace("record", "replies")
    assert "Nobody is known there yet" in manager.get(here).text
    with storage.write() as session:
        _, key = let_out(session)
    assert "no closed wave" in manager.get(here).text
    form = {"csrf_token": manager.page.forms[0]["fields"]["csrf_token"], "until": "2026-10-20",
            "key": "0" * 32}  # fmt: skip
    for given in ({}, {"wave": "suppliers/1"}, {"wave": "x/y", "contact": "z"}, {"until": "no"}):
        page = manager.post(here, {**form, **given})
        assert page.status == 400
    monkeypatch.setattr(letting_out, "choices", lambda *_: [("suppliers", 1, "Our suppliers")])
    monkeypatch.setattr(letting_out, "release", lambda *_, **__: LetOut(key, "t" * 22))
    manager.get(here)
    contact = re.search(r'option value="([0-9a-f]{32})"', manager.page.html)[1]
    page = manager.send(here, wave="suppliers/1", contact=contact, until="2026-10-20")
    assert f"{HOST}/reply/{'t' * 22}" in page.text
    assert replies.LONGEST_REMARK == 1000
    assert card("Fjord")["least"] == 5
