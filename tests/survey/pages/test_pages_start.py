"""The front door takes a personal link, and never leads to another host."""

import datetime as dt

import pytest

from survey.pages import assets
from survey.pages.throttle import Throttle
from survey.services import studies


def test_the_start_page_takes_a_pasted_link(visitor, token):
    for pasted in (f"http://127.0.0.1:8000/r/{token}", f" /r/{token}/?x=1 ", token):
        page = visitor.get("/")
        assert (page.status, page.headings) == (200, ["How do you see the cooperation?"])
        page = visitor.press(link=pasted)
        assert (page.status, page.path) == (200, f"/r/{token}")


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "   ",
        "https://evil.example/",
        "//evil.example",
        "/r/%2e%2e",
        "a b",
        "ø",
        "/r/" + "x" * 9000,
    ],
)
def test_what_is_no_link_is_said_at_the_field(visitor, pasted):
    visitor.get("/")
    page = visitor.press(link=pasted, follow=False)
    assert page.status == 400
    assert "Location" not in page.headers
    assert page.ids["link"][1]["aria-invalid"] == "true"
    assert "e-link" in page.ids["link"][1]["aria-describedby"]
    assert page.form["texts"]["link"] == pasted.strip()


@pytest.mark.parametrize("pasted", ["https://evil.example/r/abc", "//evil.example/abc"])
def test_a_link_of_another_host_leads_to_this_one(visitor, pasted):
    visitor.get("/")
    page = visitor.press(link=pasted, follow=False)
    assert page.headers["Location"] == "/r/abc"


def test_the_start_page_in_four_languages(make_visitor):
    for language in ("en", "nb", "nn", "is"):
        assert make_visitor("fr").get(f"/?lang={language}").lang == language


def test_the_throttle_counts_each_visitor_for_a_minute():
    now = [0.0]
    throttle = Throttle(allowed=3, clock=lambda: now[0])
    assert [throttle.allows("10.0.0.1") for _ in range(5)] == [True] * 3 + [False] * 2
    assert throttle.allows("10.0.0.2")
    now[0] = 59.9
    assert not throttle.allows("10.0.0.1")
    now[0] = 60.1
    assert throttle.allows("10.0.0.1")
    slow = Throttle(allowed=2, clock=lambda: now[0])
    for now[0] in (100, 130, 161, 191):  # never two within a minute
        assert slow.allows("10.0.0.1")
    now[0] = 192
    assert not slow.allows("10.0.0.1")


def test_the_throttle_forgets_and_keeps_no_address():
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    for number in range(12_000):
        throttle.allows(f"10.0.{number >> 8}.{number & 255}")
    assert len(throttle._misses) <= 10_000
    assert not any(b"10.0" in key for key in throttle._misses)
    now[0] = 61.0
    throttle.allows("10.1.0.1")
    assert len(throttle._misses) == 1


def test_without_the_analysis_package_the_server_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(assets, "find_spec", lambda _name: None)
    with pytest.raises(FileNotFoundError, match="install tillit whole"):
        assets.load_assets()


def test_page_one_says_by_which_day_answers_are_wanted(make_visitor, survey, token):
    assert "Please answer by" not in make_visitor("en").get(f"/r/{token}").text
    with survey.storage.write() as session:
        studies.ask_until(session, survey.slug, dt.date(2099, 12, 3))
    assert "Please answer by 3 December 2099" in " ".join(
        make_visitor("en").get(f"/r/{token}").text.split()
    )
