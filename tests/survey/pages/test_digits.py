"""No value is shown to more digits than its interval supports, on any page that compares.

Read from the pages: wherever an interval stands, in a table or in a sentence, itself and the value
before it have one decimal where it is wider than 0.2, at most two otherwise; per cents have none.
"""

import re

import drawn
import pytest
import sqlalchemy as sa
from two_waves import HOST, SLUG, installation

from survey.app import create_app
from survey.services.accounts import sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.published import results_link
from survey.storage.base import now
from survey.storage.models import Partner

VIEWS = ("", "?measure=trust", "/aspects", "/scope", "/scorecard", "?wave=1")
NUMBER = r"(?<![\d.])[-−]?\d+(?:[.]\d+)?%?(?![\d.%]*\d)"
SPAN = re.compile(rf"({NUMBER})[^\d−]{{0,24}}?({NUMBER}) ?– ?({NUMBER})")


def decimals(shown):
    return len(shown.rstrip("%").partition(".")[2])


def value(shown):
    return float(shown.rstrip("%").replace("−", "-"))


def faults(shown, low, high):
    """Say what is wrong with a value and its interval as they are shown."""
    if "." not in low + high and "%" not in low + high:
        return ""  # places
    counts = not re.search("[.%]", shown)  # such as the waves that a sentence speaks of
    digits = {decimals(each) for each in ((low, high) if counts else (shown, low, high))}
    wide = value(high) - value(low) > 0.2 + 10 ** -max(digits)
    most = 0 if high.endswith("%") else (1 if wide else 2)
    return "" if len(digits) == 1 and max(digits) <= most else f"{shown} in {low} – {high}"


def wrong(html):
    """Find the values of a page that have more digits than their intervals."""
    found = []
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL):
            cells = [drawn.text(c) for c in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
            found += [faults(*each) for each in SPAN.findall(" ¦ ".join(cells))]
    prose = drawn.text(re.sub(r"<(table|script|style|select).*?</\1>", " ", html, flags=re.DOTALL))
    found += [faults(*each) for each in SPAN.findall(prose)]
    return [each for each in found if each]


@pytest.fixture(scope="module")
def pages(tmp_path_factory, empty_sqlite, instrument):
    """Give every page that compares, by its address, as a manager gets it."""
    storage, settings = installation(tmp_path_factory.mktemp("site"), empty_sqlite, instrument)
    with storage.write() as session:
        new = NewUser("Kim", "kim@vik.no", "manager", "en")
        token = sessions.begin(session, users.add(session, COMMAND_LINE, new).id, now())
        ids = [str(each) for each in session.scalars(sa.select(Partner.id))]
    app = create_app(settings)
    client = app.test_client()
    client.set_cookie("tillit-login", token, domain="127.0.0.1")
    beside = "/beside?" + "&".join(f"partner={each}" for each in ids)
    ways = [f"/compare/{SLUG}{view}" for view in (*VIEWS, beside)]
    ways += [f"/compare/{SLUG}/partners/{each}" for each in ids]
    ways += [results_link(settings, SLUG, 2).removeprefix(HOST)]
    yield {way: client.get(way, base_url=HOST).get_data(as_text=True) for way in ways}
    app.extensions["tillit"].storage.close()
    storage.close()


def test_no_value_has_more_digits_than_its_interval(pages):
    for way, html in pages.items():
        assert wrong(html) == [], way


def test_pictures_are_told_in_no_more_digits(pages):
    for way, html in pages.items():
        for told in re.findall(r"<desc.*?</desc>", html, re.DOTALL):
            assert not re.search(r"\d[.]\d{3}", told), way


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("<td>3.42</td><td>3.1 – 3.8</td>", True),
        ("<td>3.42</td><td>3.10–3.80</td>", True),
        ("<td>3.4</td><td>3.1 – 3.8</td>", False),
        ("<td>3.42</td><td>3.38 – 3.46</td>", False),
        ("<td>7.5%</td><td>2.1% – 27.3%</td>", True),
        ("<td>7%</td><td>2% – 27%</td>", False),
        ("<td>−0.24 (−0.57 – 0.09)</td>", True),
        ("<td>1–2</td>", False),
    ],
)
def test_too_many_digits_would_be_seen(text, is_wrong):
    found = wrong(f"<table><tr>{text}</tr></table>")
    assert bool(found) == is_wrong
