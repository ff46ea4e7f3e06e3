"""Logging in: what opens, what does not, and that a guess tells and costs nobody anything."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from survey.errors import TooManyTries, UnknownReset, WeakPassword, WrongLogin
from survey.services import audit
from survey.services.accounts import (
    logging_in,
    passwords,
    resets,
    second_factor,
    sessions,
    throttling,
    totp,
    users,
)
from survey.services.accounts.logging_in import Visitor
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.storage.account_models import LoginAttempt, LoginSalt, UserSession

NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
PASSWORD = "blue lamp on a quiet stair"
HOME, AWAY = Visitor("192.0.2.0/24"), Visitor("198.51.100.0/24")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def cheap(monkeypatch):
    """Compare passwords as texts where a test is about something else; count the comparisons."""
    compared = []

    def fits(kept, password):
        compared.append(kept)
        return kept is not None and password == PASSWORD

    monkeypatch.setattr(passwords, "fits", fits)
    return compared


@pytest.fixture
def factor(cast):
    """Let Mona have a second factor; give a function that makes the code of a moment."""
    nonce = totp.new_nonce()
    secret = totp.secret_of(cast.settings.secret_key, cast.ids["mona"], nonce)

    def code(at=NOON, steps=0):
        return totp.code(secret, totp.step_at(at) + steps)

    with cast.storage.write() as session:
        row = cast.row(session)
        key = cast.settings.secret_key
        code.recovery = second_factor.begin(session, key, row, nonce, code(steps=-1), NOON)
    return code


def found(cast, token, at=NOON, **options):
    with cast.storage.read() as session:
        return sessions.find(session, token, at, **options)


def test_the_right_password_opens_a_session_of_one_s_own(cast):
    first, second = cast.log_in(" MONA@Vik.no "), cast.log_in()
    assert first.token != second.token
    assert len(first.token) >= 43
    assert not first.owes_code
    known = found(cast, first.token)
    assert (known.name, known.role, known.user_id) == ("Mona Vik", "manager", cast.ids["mona"])
    assert found(cast, first.token[:-1] + "x") is None
    with cast.storage.read() as session:
        kept = session.scalars(sa.select(UserSession.token_sha256)).all()
    assert first.token not in kept


def test_a_guess_is_answered_alike_and_costs_one_comparison_whoever_it_is_about(cast, monkeypatch):
    with cast.storage.write() as session:
        users.disable(session, COMMAND_LINE, cast.row(session, "rune"), NOON)
        users.add(session, COMMAND_LINE, NewUser("New", "new@vik.no", "viewer"))
    compared, verify = [], PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, *each: compared.append(1) or verify(self, *each)
    )
    passwords.fits(None, "makes the hash of nobody")
    said = set()
    for name, password in (
        ("mona", "wrong lamp on a stair"),
        ("nobody", PASSWORD),
        ("rune", PASSWORD),  # disabled
        ("new", PASSWORD),  # no password yet
    ):
        compared.clear()
        with pytest.raises(WrongLogin) as refused:
            cast.log_in(name, password)
        said.add((str(refused.value), refused.value.status))
        assert len(compared) == 1, name
    assert len(said) == 1


def test_an_older_hash_is_brought_up_to_date(cast):
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    with cast.storage.write() as session:
        cast.row(session).password_hash = weak.hash(PASSWORD)
    cast.log_in()
    with cast.storage.read() as session:
        kept = cast.row(session).password_hash
    assert not passwords.is_outdated(kept)
    assert passwords.fits(kept, PASSWORD)


# Sessions ------------------------------------------------------------------------------


@pytest.mark.usefixtures("cheap")
def test_a_session_ends_after_half_an_hour_without_use(cast):
    token = cast.log_in().token
    later = NOON + sessions.IDLE
    assert found(cast, token, later - SECOND)
    assert found(cast, token, later) is None
    with cast.storage.write() as session:
        sessions.touch(session, sessions.find(session, token, later - SECOND), later - SECOND)
    assert found(cast, token, later)


@pytest.mark.usefixtures("cheap")
def test_a_session_ends_after_twelve_hours_of_use(cast):
    token, at = cast.log_in().token, NOON
    while at < NOON + sessions.ABSOLUTE - SECOND:
        at = min(at + dt.timedelta(minutes=29), NOON + sessions.ABSOLUTE - SECOND)
        with cast.storage.write() as session:
            known = sessions.find(session, token, at)
            sessions.touch(session, known, at)
    assert found(cast, token, at + SECOND) is None


@pytest.mark.usefixtures("cheap")
def test_sessions_are_listed_ended_one_by_one_and_all_at_once(cast):
    mine, other, foreign = cast.log_in(), cast.log_in(at=NOON + SECOND), cast.log_in("rune")
    now = NOON + 2 * SECOND
    with cast.storage.write() as session:
        listed = sessions.listed(session, cast.ids["mona"], now)
        assert [each.made_at for each in listed] == [NOON + SECOND, NOON]
        of_rune = found(cast, foreign.token).session_id
        assert not sessions.end(session, cast.ids["mona"], of_rune, now)
        assert sessions.end(session, cast.ids["mona"], listed[0].id, now)
        assert not sessions.end(session, cast.ids["mona"], listed[0].id, now)
    assert found(cast, other.token, now) is None
    assert found(cast, mine.token, now)
    with cast.storage.write() as session:
        sessions.end_all(session, cast.ids["mona"], now)
    assert found(cast, mine.token, now) is None
    assert found(cast, foreign.token, now)


@pytest.mark.parametrize("what", ["disable", "role", "password", "link"])
@pytest.mark.usefixtures("cheap")
def test_what_changes_an_account_ends_its_sessions(cast, what):
    token = cast.log_in().token
    if what == "password":
        new = change(cast, PASSWORD)
        assert found(cast, new)
    elif what == "link":
        resets.use(cast.storage, link(cast), "a lantern over the quay", NOON)
    else:
        with cast.storage.write() as session:
            if what == "disable":
                users.disable(session, COMMAND_LINE, cast.row(session), NOON)
            else:
                users.set_role(session, COMMAND_LINE, cast.row(session), "viewer", NOON)
    assert found(cast, token) is None


# Guessing ------------------------------------------------------------------------------


def miss(cast, times, at=NOON, **options):
    for _ in range(times):
        with pytest.raises(WrongLogin):
            cast.log_in(password="wrong", at=at, **options)


@pytest.mark.usefixtures("cheap")
def test_the_wait_grows_and_is_over_after_a_while(cast):
    miss(cast, throttling.FREE)
    at, waits = NOON, []
    for _ in range(9):
        with pytest.raises(TooManyTries) as refused:
            cast.log_in(at=at)
        waits.append(refused.value.seconds - 1)
        at += dt.timedelta(seconds=waits[-1])
        miss(cast, 1, at)
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert cast.log_in(at=at + dt.timedelta(hours=1)).token
    miss(cast, throttling.FREE, at + dt.timedelta(hours=1))


@pytest.mark.usefixtures("cheap")
def test_who_guesses_makes_nobody_else_wait(cast):
    known = cast.log_in(visitor=HOME).device
    miss(cast, throttling.FREE, visitor=AWAY)
    with pytest.raises(TooManyTries):
        cast.log_in(visitor=AWAY)
    assert cast.log_in(visitor=HOME).token, "another network"
    assert cast.log_in("rune", visitor=AWAY).token, "another account"
    assert cast.log_in(visitor=Visitor(AWAY.network, known)).token, "a browser that is known"
    forged = Visitor(AWAY.network, f"{'0' * 32}.{'0' * 64}")
    with pytest.raises(TooManyTries):
        cast.log_in(visitor=forged)
    for _ in range(throttling.FREE):
        with pytest.raises(WrongLogin):
            cast.log_in("nobody", visitor=AWAY)
    with pytest.raises(TooManyTries):
        cast.log_in("nobody", visitor=AWAY)


@pytest.mark.usefixtures("cheap")
def test_a_known_browser_has_a_count_of_its_own(cast):
    device = Visitor(AWAY.network, cast.log_in().device)
    miss(cast, throttling.FREE, visitor=device)
    with pytest.raises(TooManyTries):
        cast.log_in(visitor=device)
    assert cast.log_in(visitor=AWAY).token


@pytest.mark.usefixtures("cheap")
def test_many_at_once_are_all_counted(cast):
    start = threading.Barrier(12)

    def guess(_):
        start.wait()
        try:
            cast.log_in(password="wrong")
        except (WrongLogin, TooManyTries) as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(12) as pool:
        said = list(pool.map(guess, range(12)))
    assert said.count("WrongLogin") == throttling.FREE


@pytest.mark.usefixtures("cheap")
def test_the_counts_name_nobody_and_are_gone_the_next_day(cast):
    miss(cast, 3)
    with cast.storage.read() as session:
        (bucket,) = session.scalars(sa.select(LoginAttempt.bucket))
        (day,) = session.scalars(sa.select(LoginSalt.day))
    assert len(bucket) == 64
    assert day == NOON.date()
    tomorrow = NOON + dt.timedelta(days=1)
    miss(cast, 1, tomorrow)
    with cast.storage.read() as session:
        (other,) = session.scalars(sa.select(LoginAttempt.bucket))
        assert session.scalars(sa.select(LoginSalt.day)).all() == [tomorrow.date()]
    assert other != bucket, "the same account from the same place: nobody can tell"
    with cast.storage.write() as session:
        throttling.forget(session, tomorrow.date() + dt.timedelta(days=1))
    with cast.storage.read() as session:
        assert session.scalars(sa.select(LoginAttempt.bucket)).all() == []


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"),
        ("2001:db8:1:2::9", "2001:db8:1::/48"),
        ("", "unknown"),
        ("evil", "unknown"),
    ],
)
def test_a_network_is_what_neighbours_share(address, network):
    assert throttling.network(address) == network


# The second factor ---------------------------------------------------------------------


def pass_code(cast, token, given, at=NOON):
    return logging_in.pass_code(cast.storage, cast.settings, token, given, visitor=HOME, at=at)


@pytest.mark.usefixtures("cheap")
def test_the_second_factor_stands_between_password_and_session(cast, factor):
    owing = cast.log_in()
    assert owing.owes_code
    assert owing.device == ""
    assert found(cast, owing.token) is None, "it opens nothing yet"
    assert found(cast, owing.token, owes_code=True)
    done = pass_code(cast, owing.token, f" {factor()[:3]} {factor()[3:]} ")
    assert done.token != owing.token
    assert found(cast, done.token)
    assert found(cast, owing.token, owes_code=True) is None
    with pytest.raises(WrongLogin):
        pass_code(cast, done.token, factor(steps=1))
    late = cast.log_in()
    assert found(cast, late.token, NOON + sessions.OWING, owes_code=True) is None


@pytest.mark.usefixtures("cheap")
def test_a_code_works_once_and_never_an_older_one_after_it(cast, factor):
    pass_code(cast, cast.log_in().token, factor())
    for steps in (0, -1):
        with pytest.raises(WrongLogin):
            pass_code(cast, cast.log_in().token, factor(steps=steps))
    assert pass_code(cast, cast.log_in().token, factor(steps=1)).token


@pytest.mark.usefixtures("cheap")
def test_of_two_who_bring_one_code_at_once_one_comes_in(cast, factor):
    tokens = [cast.log_in().token for _ in range(2)]
    assert race(lambda token: pass_code(cast, token, factor()), tokens) == 1
    codes = [factor.recovery[0]] * 2
    tokens = [cast.log_in(at=NOON + SECOND).token for _ in range(2)]
    assert race(lambda pair: pass_code(cast, *pair), list(zip(tokens, codes, strict=True))) == 1


def race(act, cases):
    """Do it in one thread for each case, at the same moment; count those that succeed."""
    start = threading.Barrier(len(cases))

    def run(case):
        start.wait()
        try:
            act(case)
        except (WrongLogin, UnknownReset):
            return 0
        return 1

    with ThreadPoolExecutor(len(cases)) as pool:
        return sum(pool.map(run, cases))


@pytest.mark.usefixtures("cheap")
def test_a_recovery_code_stands_in_once_however_it_is_typed(cast, factor):
    assert len(set(factor.recovery)) == second_factor.RECOVERY_CODES
    code = factor.recovery[3]
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert pass_code(cast, cast.log_in().token, typed).token
    with pytest.raises(WrongLogin):
        pass_code(cast, cast.log_in().token, code)
    with cast.storage.read() as session:
        assert second_factor.left(session, cast.ids["mona"]) == second_factor.RECOVERY_CODES - 1


@pytest.mark.usefixtures("cheap")
def test_five_wrong_codes_and_the_password_is_asked_for_again(cast, factor):
    token = cast.log_in().token
    for _ in range(logging_in.CODES_ALLOWED):
        with pytest.raises(WrongLogin):
            pass_code(cast, token, "000000")
    assert found(cast, token, owes_code=True) is None
    token = cast.log_in().token
    with pytest.raises(TooManyTries):
        pass_code(cast, token, factor())
    later = NOON + dt.timedelta(minutes=1)
    assert pass_code(cast, token, factor(later), later).token


def test_a_second_factor_begins_with_its_first_code_only(cast):
    key, nonce = cast.settings.secret_key, totp.new_nonce()
    with cast.storage.write() as session, pytest.raises(WrongLogin):
        second_factor.begin(session, key, cast.row(session), nonce, "000000", NOON)
    with cast.storage.read() as session:
        assert cast.row(session).totp_nonce is None
        assert not second_factor.fits(session, key, cast.row(session), "000000", NOON)


@pytest.mark.usefixtures("cheap", "factor")
def test_a_second_factor_that_ended_is_not_asked_for(cast):
    with cast.storage.write() as session:
        for _ in range(2):
            second_factor.end(session, COMMAND_LINE, cast.row(session), NOON)
    assert not cast.log_in().owes_code
    with cast.storage.read() as session:
        assert second_factor.left(session, cast.ids["mona"]) == 0
        log = audit.page(session, 1).entries
    assert [entry.action for entry in log].count("second factor ended") == 1


# Links for a password ------------------------------------------------------------------


def link(cast, at=NOON, name="mona"):
    with cast.storage.write() as session:
        row = cast.row(session, name)
        made = resets.make(session, COMMAND_LINE, row, at, base_url="https://vik.no")
    assert made.startswith("https://vik.no/reset/")
    return made.rpartition("/")[2]


def test_a_link_works_once_for_an_hour(cast):
    token, other = link(cast), link(cast)
    for _ in range(2):  # looking uses nothing up
        with cast.storage.read() as session:
            assert resets.owner(session, token, NOON).name == "Mona Vik"
    with cast.storage.read() as session, pytest.raises(UnknownReset):
        resets.owner(session, token, NOON + resets.LIFETIME)
    with pytest.raises(WeakPassword):
        resets.use(cast.storage, token, "mona mona mona lamp", NOON)
    resets.use(cast.storage, token, "a lantern over the quay", NOON)
    assert cast.log_in(password="a lantern over the quay").token
    for used in (token, other, "x" * 43):  # the older link ends with the old password
        with pytest.raises(UnknownReset):
            resets.use(cast.storage, used, "a lantern over the dock", NOON)


def test_of_two_who_use_one_link_at_once_one_chooses(cast, monkeypatch):
    monkeypatch.setattr(passwords, "hashed", lambda password: password)
    token = link(cast)
    words = ["a lantern over the quay", "a lantern over the dock"]
    assert race(lambda word: resets.use(cast.storage, token, word, NOON), words) == 1
    with cast.storage.read() as session:
        assert cast.row(session).password_hash in words


def test_a_link_is_asked_for_by_whoever_has_an_account_and_not_too_often(cast):
    with cast.storage.write() as session:
        users.disable(session, COMMAND_LINE, cast.row(session, "rune"), NOON)
        for name in ("nobody", "rune"):
            assert resets.ask(session, cast.settings, f"{name}@vik.no", NOON) is None
        asked = [resets.ask(session, cast.settings, "Mona@VIK.no", NOON) for _ in range(7)]
    assert [bool(each) for each in asked] == [True] * 5 + [False] * 2
    assert (asked[0].name, asked[0].email, asked[0].language) == ("Mona Vik", "mona@vik.no", "en")
    resets.use(cast.storage, asked[0].link.rpartition("/")[2], "a lantern over the quay", NOON)


@pytest.mark.usefixtures("cheap")
def test_changing_the_password_needs_the_old_one_and_cannot_be_guessed(cast):
    with pytest.raises(WeakPassword):
        change(cast, PASSWORD, "mona mona mona")
    for _ in range(throttling.FREE):
        with pytest.raises(WrongLogin):
            change(cast, "wrong")
    with pytest.raises(TooManyTries):
        change(cast, PASSWORD)


def change(cast, old, new="a lantern over the quay"):
    return resets.change(cast.storage, cast.settings, cast.ids["mona"], old, new, NOON)


@pytest.mark.parametrize("act", ["log in", "change"])
def test_a_password_that_changed_while_it_was_compared_opens_nothing(cast, monkeypatch, act):
    def fits(_kept, _password):
        with cast.storage.write() as session:
            cast.row(session).password_hash = "another"
        return True

    monkeypatch.setattr(passwords, "fits", fits)
    monkeypatch.setattr(passwords, "is_outdated", lambda _kept: False)
    with pytest.raises(WrongLogin):
        cast.log_in() if act == "log in" else change(cast, PASSWORD)
    with cast.storage.read() as session:
        assert cast.row(session).password_hash == "another"
        assert session.scalars(sa.select(UserSession.id)).all() == []
