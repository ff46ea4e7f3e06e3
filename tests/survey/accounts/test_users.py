"""Accounts and the log: who may be what, and that everything done is written down for good."""

import datetime as dt
import logging

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from survey.errors import BadInput, LastAdmin, SeveralUsers, UnknownUser, UserDisabled, UserExists
from survey.services import audit
from survey.services.accounts import resets, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.storage.models import Partner

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)


def add(cast, *details):
    with cast.storage.write() as session:
        return users.add(session, COMMAND_LINE, NewUser(*details)).id


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (("", "x@vik.no", "viewer"), "name is empty"),
        (("X", "no address", "viewer"), "is not an e-mail address"),
        (("X", "x@vik.no", "boss"), "role 'boss' is none of admin, researcher, manager, viewer"),
        (("X", "x@vik.no", "viewer", "fr"), "language 'fr' is none of"),
    ],
)
def test_what_is_no_account_is_refused_with_every_reason(cast, details, said):
    with pytest.raises(BadInput, match=said):
        add(cast, *details)


def test_an_e_mail_address_has_one_account_however_it_is_spelled(cast):
    with pytest.raises(UserExists):
        add(cast, "Other", " Mona@VIK.no ", "viewer")
    for email in ("mona@vik.no", "Mona@vik.no"):
        with cast.storage.write() as session, pytest.raises(IntegrityError):
            session.execute(
                sa.text("UPDATE user_account SET email = :e WHERE email = 'rune@vik.no'"),
                {"e": email},
            )


def test_a_user_is_found_by_address_and_by_a_name_that_is_one_s_own(cast):
    add(cast, "Mona Vik", "mona2@vik.no", "viewer")
    with cast.storage.read() as session:
        assert users.find(session, "MONA@vik.no").id == cast.ids["mona"]
        assert users.find(session, "Rune  Vik").id == cast.ids["rune"]
        with pytest.raises(SeveralUsers, match="2 users"):
            users.find(session, "Mona Vik")
        with pytest.raises(UnknownUser):
            users.find(session, "Nobody")


def test_someone_can_always_let_people_in(cast):
    with cast.storage.write() as session:
        anna = cast.row(session, "anna")
        for act in (users.disable, lambda *each: users.set_role(*each[:3], "viewer", each[3])):
            with pytest.raises(LastAdmin):
                act(session, COMMAND_LINE, anna, NOON)
        users.set_role(session, COMMAND_LINE, cast.row(session, "rune"), "admin", NOON)
        users.disable(session, COMMAND_LINE, cast.row(session, "rune"), NOON)
        with pytest.raises(LastAdmin):
            users.disable(session, COMMAND_LINE, anna, NOON)
        users.enable(session, COMMAND_LINE, cast.row(session, "rune"), NOON)
        users.disable(session, COMMAND_LINE, anna, NOON)
        with pytest.raises(UserDisabled):
            resets.make(session, COMMAND_LINE, anna, NOON, base_url="")


def test_only_a_viewer_has_partners_and_keeps_them_no_longer(cast):
    with cast.storage.write() as session:
        session.add_all(
            (Partner(name="Fjord", kind="supplier"), Partner(name="Nord", kind="other"))
        )
        session.flush()
        vera, mona = cast.row(session, "vera"), cast.row(session)
        for user, names, said in ((mona, ["Fjord"], "only a viewer"), (vera, ["Sund"], "'Sund'")):
            with pytest.raises(BadInput, match=said):
                users.set_partners(session, COMMAND_LINE, user, names, NOON)
        for names in (["Fjord"], ["nord", "FJORD"], ["Nord", "Fjord"]):
            users.set_partners(session, COMMAND_LINE, vera, names, NOON)
        (listed,) = users.listing(session, vera.id)
        assert listed.partners == ("Fjord", "Nord")
        users.set_role(session, COMMAND_LINE, vera, "manager", NOON)
        users.set_role(session, COMMAND_LINE, vera, "manager", NOON)
        (listed,) = users.listing(session, vera.id)
        assert listed.partners == ()
        log = [entry.action for entry in audit.page(session, 1).entries]
    assert (log.count("partners changed"), log.count("role manager")) == (2, 1)


def test_the_list_says_what_an_admin_needs_to_know(cast):
    cast.log_in()
    with cast.storage.read() as session:
        listed = {each.name: each for each in users.listing(session)}
    assert list(listed) == ["Anna Vik", "Mona Vik", "Rune Vik", "Vera Vik"]
    assert (listed["Mona Vik"].last_seen, listed["Rune Vik"].last_seen) == (NOON, None)
    assert listed["Mona Vik"].has_password
    assert not listed["Mona Vik"].has_second_factor


# The log -------------------------------------------------------------------------------


def test_the_log_tells_who_did_what_to_whom_newest_first_by_page(cast):
    with cast.storage.write() as session:
        anna = audit.by(cast.ids["anna"])
        for n in range(audit.ON_A_PAGE):
            at = NOON + dt.timedelta(days=365, minutes=n)
            audit.note(session, anna, "wave opened", audit.of_study("suppliers", 1), at=at)
        users.disable(session, anna, cast.row(session), NOON + dt.timedelta(days=700))
    with cast.storage.read() as session:
        first, last = audit.page(session, 1), audit.page(session, 99)
        assert (first.pages, last.number, len(first.entries)) == (2, 2, audit.ON_A_PAGE)
        newest = first.entries[0]
        assert (newest.who, newest.action, newest.whom) == ("Anna Vik", "user disabled", "Mona Vik")
        assert first.entries[1].what == "study/suppliers/1"
        only = audit.page(session, 1, who=cast.ids["anna"].hex, action="user disabled")
        assert [entry.whom for entry in only.entries] == ["Mona Vik"]
        terminal = audit.page(session, 1, who="command line").entries
        assert {(entry.who, entry.action) for entry in terminal} == {("", "user added")}
        assert audit.actions(session) == ["user added", "user disabled", "wave opened"]


@pytest.mark.parametrize("change", ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log"])
def test_the_database_lets_nobody_change_the_log(cast, change):
    with cast.storage.write() as session, pytest.raises(DBAPIError, match="audit log"):
        session.execute(sa.text(change))


def test_an_ended_session_and_a_used_link_do_not_come_back(cast):
    cast.log_in()
    with cast.storage.write() as session:
        users.disable(session, COMMAND_LINE, cast.row(session), NOON)
    with cast.storage.write() as session, pytest.raises(DBAPIError, match="has ended"):
        session.execute(sa.text("UPDATE user_session SET ended_at = NULL"))
    with cast.storage.write() as session:
        link = resets.make(session, COMMAND_LINE, cast.row(session, "rune"), NOON, base_url="")
    resets.use(cast.storage, link.rpartition("/")[2], "a lantern over the quay", NOON)
    with cast.storage.write() as session, pytest.raises(DBAPIError, match="used"):
        session.execute(sa.text("UPDATE password_reset SET used_at = NULL"))


def test_neither_log_holds_a_secret_or_an_address(cast, caplog):
    caplog.set_level(logging.DEBUG)
    token = cast.log_in().token
    with cast.storage.write() as session:
        link = resets.make(session, COMMAND_LINE, cast.row(session), NOON, base_url="")
        lines = session.execute(sa.text("SELECT origin, action, object FROM audit_log")).all()
    told = caplog.text + repr(lines)
    for secret in (token, link.rpartition("/")[2], "blue lamp", "@vik.no", "192.0.2", "Mona"):
        assert secret not in told
