"""Codes by time: the vectors of RFC 6238, the window, and what an app is told."""

import datetime as dt
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

from survey.services.accounts import totp

RFC_SECRET = b"12345678901234567890"
NOON = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
USER = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("seconds", "expected"),  # RFC 6238, appendix B, the rows of SHA-1
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_the_rfc(seconds, expected):
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    step = totp.step_at(at)
    assert totp.code(RFC_SECRET, step, digits=8) == expected
    assert totp.matching_step(RFC_SECRET, expected[2:], at) == step


@pytest.mark.parametrize(
    ("off", "known"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_counts_one_step_before_and_after_its_own(off, known):
    step = totp.step_at(NOON)
    found = totp.matching_step(RFC_SECRET, totp.code(RFC_SECRET, step + off), NOON)
    assert found == (step + off if known else None)


def test_the_secret_hangs_on_installation_person_and_number():
    nonce = totp.new_nonce()
    secret = totp.secret_of("key", USER, nonce)
    assert len(secret) == 20
    assert secret == totp.secret_of("key", USER, nonce)
    others = {
        totp.secret_of("other key", USER, nonce),
        totp.secret_of("key", uuid.UUID(int=8), nonce),
        totp.secret_of("key", USER, totp.new_nonce()),
    }
    assert len(others | {secret}) == 4


def test_an_app_is_told_what_it_needs():
    address = totp.address(RFC_SECRET, "kári+x@vik.no", "Vík & co: north")
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    told = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert told == {
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "issuer": "Vík & co: north",
        "digits": "6",
        "period": "30",
    }
