"""Which passwords are taken, how they are kept, and how many comparisons a guess costs."""

import pytest
from argon2 import PasswordHasher, extract_parameters

from survey.errors import WeakPassword
from survey.services.accounts import passwords
from survey.services.accounts.common_passwords import is_common

ABOUT = ("Kari Nordmann", "kari.n@fjordkraft.no", "Midtbyen Energi")


@pytest.mark.parametrize(
    "password",
    [
        *(
            "password1234",
            "Password12345!",
            "p4ssw0rd2026!",
            "passwordpassword",
            "PasswordPassword",
        ),
        *("123456789012", "1234567891011", "qwertyuiop12", "1qaz2wsx3edc", "qwerty123456"),
        *("iloveyou1234", "aaaaaaaaaaaa", "abcabcabcabc", "abcdefghijkl", "zyxwvutsrqpo"),
        *("Sommer2026!!", "Velkommen123", "passord12345", "lykilorð1234", "fotball12345"),
        *("letmeinletmein", "administrator", "admin1234567", "qazwsxedcrfv", "q1w2e3r4t5y6"),
        *("111122223333", "121212121212", "987654321098", "Welcome@2026", "changeme1234"),
        *("000000000000", "!!!!!!!!!!!!", "            ", "liverpool2026", "Sumar2026vetur"),
    ],
)
def test_what_many_people_use_is_refused(password):
    assert is_common(password)
    with pytest.raises(WeakPassword) as refused:
        passwords.require_good(password, about=ABOUT)
    assert refused.value.reason == "too_common"
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password",
    [
        *("blue lamp on a quiet stair", "correct horse battery staple", "vår båt ligger i naustet"),
        *("kvk8-Rhtq-2mzB", "húsið á sléttunni", "9381Trondheim-fish", "☂ regnhlíf og ☕ kaffi"),
        *("x" * 3 + "hvalreki í fjöru", "grasklippar bak fjoset", "lærerens grønne sykkel"),
    ],
)
def test_what_is_one_s_own_is_taken_whatever_it_is_made_of(password):
    passwords.require_good(password, about=ABOUT)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short lamp", "too_short"),
        ("blue lamp o", "too_short"),
        ("ab " * 86, "too_long"),
        ("a Tillit lamp on a stair", "tells_whose"),
        ("a T1ll1t lamp on a stair", "tells_whose"),
        ("lamp of nordmann on stair", "tells_whose"),
        ("lamp at fjordkraft stair", "tells_whose"),
        ("the midtbyen lamp stair", "tells_whose"),
        ("lamp of KARI on a stair", "tells_whose"),
    ],
)
def test_what_is_refused_is_said_by_its_rule(password, reason):
    with pytest.raises(WeakPassword) as refused:
        passwords.require_good(password, about=ABOUT)
    assert refused.value.reason == reason
    assert (refused.value.status, refused.value.exit_code) == (400, 2)
    assert password not in str(refused.value)


def test_twelve_characters_are_enough_and_256_are_not_too_many():
    passwords.require_good("blue lamp on", about=ABOUT)
    passwords.require_good(("quiet stair ofz " * 16)[:256], about=ABOUT)


def test_a_password_is_kept_with_argon2id_under_owasp_s_parameters(password_hash):
    kept = extract_parameters(password_hash)
    assert (kept.memory_cost, kept.time_cost, kept.parallelism) == (19 * 1024, 2, 1)
    assert password_hash.startswith("$argon2id$")
    assert (kept.salt_len, kept.hash_len) == (16, 32)


def test_letters_count_the_same_however_a_keyboard_composes_them():
    kept = passwords.hashed("b\u00e5ten ligger i fj\u00f8ra")
    assert passwords.fits(kept, "ba\u030aten ligger i fj\u00f8ra")
    assert not passwords.fits(kept, "baten ligger i fj\u00f8ra")


def test_nobody_s_password_opens_nothing_and_costs_as_much(monkeypatch):
    compared = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, *each: compared.append(1) or verify(self, *each)
    )
    assert not passwords.fits(None, "anything at all")
    assert len(compared) == 1


def test_a_hash_of_weaker_parameters_is_outdated(password_hash):
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("x")
    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(password_hash)
    assert not passwords.fits("not a hash", "x")
