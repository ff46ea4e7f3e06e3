"""Bad input: a page in the visitor's language that says what happened, and nothing is lost."""

import gettext

import pytest
from sqlalchemy.exc import OperationalError

from survey import errors as survey_errors
from survey.pages import refusals
from survey.pages.explanations import EXPLANATIONS
from survey.pages.languages import compile_catalogues
from survey.services import respond

P1 = "p1@vik.no"
WORDS = {
    "unknown": {
        "en": "This link is not known",
        "nb": "Denne lenken er ukjent",
        "nn": "Denne lenkja er ukjend",
        "is": "Þessi hlekkur er óþekktur",
    },
    "closed": {
        "en": "The survey is closed",
        "nb": "Undersøkelsen er avsluttet",
        "nn": "Undersøkinga er avslutta",
        "is": "Könnuninni er lokið",
    },
    "used": {
        "en": "Everything is submitted",
        "nb": "Alt er sendt inn",
        "nn": "Alt er sendt inn",
        "is": "Allt hefur verið sent inn",
    },
}
LANGUAGES = ("en", "nb", "nn", "is")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_link_is_answered_in_the_browser_s_language(make_visitor, language):
    page = make_visitor(language).get("/r/" + "x" * 22)
    assert (page.status, page.lang) == (404, language)
    assert page.headings == [WORDS["unknown"][language]]
    assert make_visitor("fr").get("/r/nonsense").lang == "en"
    assert make_visitor("no").get("/r/nonsense").lang == "nb"
    assert make_visitor("fr").get(f"/r/nonsense?lang={language}").lang == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_keeps_its_language_when_used_up_and_when_closed(
    make_visitor, survey, invite, close, language
):
    token = invite(survey, language)
    visitor = make_visitor("fr")
    receipt = visitor.complete(token).path
    page = make_visitor("fr").get(f"/r/{token}")
    assert (page.status, page.lang) == (410, language)
    assert page.headings == [WORDS["used"][language]]
    assert receipt in page.links
    assert make_visitor().post(f"/r/{token}", {}).status == 410
    close(survey)
    page = make_visitor("fr").get(f"/r/{token}")
    assert (page.status, page.lang) == (410, language)
    assert page.headings == [WORDS["closed"][language]]
    assert "Our suppliers" in page.text


def test_a_wave_that_is_not_open_yet(visitor, make_study):
    survey = make_study(opened=False)
    page = visitor.get(f"/r/{survey.tokens[P1]}")
    assert (page.status, page.headings) == (409, ["The survey has not opened yet"])


def test_a_study_that_closes_while_someone_answers(visitor, make_study, close):
    survey = make_study(people=2)
    visitor.open(survey.tokens[P1])
    survey.complete("p2@vik.no")
    close(survey)
    page = visitor.press(t1="1")
    assert (page.status, page.headings) == (410, ["The survey is closed"])


def test_a_post_to_a_later_page_leads_to_the_right_one(visitor, survey, token):
    page = visitor.open(token)
    page = visitor.post("/respond/1/2", {**page.form["fields"], "o1": "3", "go": "next"})
    assert (page.status, page.headings) == (409, ["An earlier page comes first"])
    assert "/respond/1/1" in page.links
    assert survey.answers(P1) == {}
    page = visitor.get("/respond/1/1")
    page = visitor.post("/respond/1/review", {**page.form["fields"], "go": "submit"})
    assert page.status == 409
    assert "/respond/1/1" in page.links


def test_an_item_that_the_instrument_does_not_have(visitor, survey, token):
    visitor.open(token)
    visitor.fill("5")
    for answers in ({"o1": "1", "bogus": "4"}, {"o1": "1", "t1": "4"}, {"clear": "bogus"}):
        visitor.get("/respond/1/2")
        page = visitor.press(**answers)
        assert (page.status, page.headings) == (400, ["This page has no such question"])
        assert "/respond/" in page.links
    assert survey.answers(P1) == {"t1": 5, "t2": 5, "t3": 5}


@pytest.mark.parametrize("value", ["6", "0", "-1", "1.0", "four", "skipped", "not_reached", "１"])
def test_a_value_off_the_scale_keeps_the_other_answers_of_the_page(visitor, survey, token, value):
    visitor.open(token)
    page = visitor.press(t1="2", t2=value, t3="dont_know")
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert page.given == {"t1": "2", "t2": "", "t3": "dont_know"}
    assert "1 answer must be changed" in page.text
    assert "#t2" in page.links
    assert page.ids["t2"][1]["type"] == "radio"
    assert page.ids["q-t2"][1]["aria-describedby"] == "e-t2"
    assert "Choose one of the answers shown." in page.text
    assert survey.answers(P1) == {}
    assert visitor.press(t2="3").path == "/respond/1/2"
    assert survey.answers(P1) == {"t1": 2, "t2": 3, "t3": "dont_know"}


def test_a_text_that_is_too_long_is_given_back_whole(visitor, survey, token):
    visitor.open(token)
    visitor.fill()
    text = "x\r\n" * 21  # the last line's end does not count
    page = visitor.fill("1", say=text)
    assert page.status == 400
    assert page.form["texts"]["say"].strip().split() == ["x"] * 21
    assert "The text has 41 characters; at most 40 can be stored." in " ".join(page.text.split())
    assert page.ids["say"][1]["aria-invalid"] == "true"
    assert "e-say" in page.ids["say"][1]["aria-describedby"]
    assert "say" not in survey.answers(P1)
    assert visitor.press(say="x" * 40).path == "/respond/1/review"
    assert survey.answers(P1)["say"] == "x" * 40


def test_the_service_has_the_last_word_on_a_page(visitor, token, monkeypatch):
    """What the form lets through and the service refuses is a page too, not a crash."""

    def refuse(*_args, **_options):
        raise survey_errors.OffScale(item="t1", allowed="1")

    visitor.open(token)
    monkeypatch.setattr(respond, "save_page", refuse)
    page = visitor.press(t1="1")
    assert (page.status, page.headings) == (400, ["The request was not understood"])


@pytest.mark.parametrize("size", [257 * 1024, 5 * 1024 * 1024])
def test_a_body_that_is_too_large(visitor, survey, token, size):
    visitor.open(token)
    visitor.fill("5")
    visitor.language = "fr"  # the person's language counts, not the browser's
    page = visitor.press(say="x" * size)
    assert (page.status, page.headings, page.lang) == (413, ["Too much was sent"], "en")
    assert survey.answers(P1) == {"t1": 5, "t2": 5, "t3": 5}


def test_a_large_body_without_a_session_is_answered_too(make_visitor):
    page = make_visitor().post("/respond/1/1", {"t1": "x" * 300_000})
    assert (page.status, page.headings, page.forms) == (413, ["Too much was sent"], [])


def test_a_page_sent_after_the_end_leads_to_the_receipt(visitor, survey, token):
    page = visitor.open(token)
    fields = page.form["fields"]
    visitor.fill("5")
    visitor.fill("5")
    receipt = visitor.press().path
    page = visitor.post("/respond/1/1", {**fields, "t1": "1"})
    assert (page.status, page.headings) == (409, ["These answers have already been submitted"])
    assert receipt in page.links
    assert survey.answers(P1)["t1"] == 5


def test_without_a_session_one_is_told_to_open_the_link_and_loses_nothing(
    visitor, make_visitor, survey, token
):
    for path in ("/respond/", "/respond/about", "/respond/1/1", "/respond/1/review"):
        page = make_visitor().get(path)
        assert (page.status, page.headings) == (403, ["Open your personal link again"])
    visitor.open(token)
    visitor.client.delete_cookie("tillit", domain="127.0.0.1")
    page = visitor.press(t1="2", t2="3")
    assert page.status == 403
    assert page.given["t1"] == "2"
    again = page.form
    visitor.open(token)  # in another tab
    page = visitor.post("/respond/1/1", {**again["fields"], "go": "next"})
    assert page.status == 400  # the token of the old session: the answers are there to send again
    assert page.given == {"t1": "2", "t2": "3", "t3": ""}
    assert visitor.press().path == "/respond/1/2"
    assert survey.answers(P1) == {"t1": 2, "t2": 3, "t3": "skipped"}


def test_a_page_of_another_link_is_not_stored_under_this_one(visitor, make_study):
    survey = make_study(people=2)
    visitor.open(survey.tokens[P1])
    mine = visitor.page.form["fields"]
    visitor.open(survey.tokens["p2@vik.no"])
    page = visitor.post("/respond/1/1", {**mine, "t1": "1"})
    assert page.status == 409
    assert page.headings == ["Another personal link was opened in this browser"]
    assert page.given["t1"] == "1"
    assert survey.assessments() == []


def test_places_pages_and_languages_that_do_not_exist(visitor, roster_token):
    visitor.open(roster_token)
    fields = visitor.page.form["fields"]
    assert visitor.get("/respond/4/1").headings == ["There is no such partner on your list"]
    assert visitor.get("/respond/0/1").status == 404
    assert visitor.get("/respond/1/3").headings == ["There is no such page"]
    assert visitor.get("/respond/1/0").status == 404
    assert visitor.post("/respond/1/9", fields).status == 404
    assert visitor.get("/respond/99999999999999999999/1").status == 404
    for path in ("/respond/", "/respond/about", "/respond/1/1"):
        page = visitor.post(path, {**fields, "language": "fr"})
        assert (page.status, page.headings) == (400, ["This language is not offered"])
    assert visitor.get("/receipt/0000-0000-0000-0000-0000").status == 404


def test_addresses_and_methods_that_do_not_exist(visitor, token):
    assert visitor.get("/nowhere").headings == ["There is no page here"]
    assert visitor.get("/static/0/tillit.css").status == 404
    assert visitor.get("/static/0/../app.py").status == 404
    response = visitor.client.put(f"/r/{token}", base_url="http://127.0.0.1:8000")
    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))
    assert b"This cannot be done here" in response.data
    visitor.open(token)
    assert "/respond/" in visitor.get("/nowhere").links


def test_a_foreign_host_is_refused(app):
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:8000", "[::2]"):
        response = app.test_client().get("/", headers={"Host": host})
        assert response.status_code == 400
        assert b"This is not our address" in response.data
        assert host.encode() not in response.data


def test_x_forwarded_host_makes_no_foreign_address(visitor, token):
    page = visitor.get(f"/r/{token}", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.html + str(page.headers)


def test_a_crash_says_that_saved_answers_are_safe_and_keeps_the_typed_ones(
    visitor, survey, token, monkeypatch, caplog
):
    visitor.open(token)
    visitor.fill("5")

    def crash(*_args, **_options):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(respond, "save_page", crash)
        page = visitor.press(o1="2", say="typed")
        assert page.status == 500
        assert "Every answer that was confirmed as saved is safe." in page.text
        assert (page.given["o1"], page.given["say"]) == ("2", "typed")
        assert token not in caplog.text
        assert "respond.save" in caplog.text
        broken.setattr(respond, "by_token", crash)
        assert visitor.get(f"/r/{token}").status == 500
        assert token not in caplog.text
    visitor.page = page
    assert visitor.press().path == "/respond/1/review"
    assert survey.answers(P1)["say"] == "typed"


def test_a_database_that_cannot_be_used_is_said_and_answers_stay_in_the_form(
    visitor, survey, token, monkeypatch
):
    visitor.open(token)

    def full(*_args, **_options):
        raise OperationalError("UPDATE", {}, Exception("database or disk is full"))

    def busy(*_args, **_options):
        raise survey_errors.StorageBusy(seconds=30)

    for failure in (full, busy):
        with monkeypatch.context() as broken:
            broken.setattr(respond, "save_page", failure)
            visitor.get("/respond/1/1")
            page = visitor.press(t1="3")
            assert (page.status, page.headings) == (503, ["Nothing can be stored right now"])
            assert page.given["t1"] == "3"
    assert visitor.press().path == "/respond/1/2"
    assert survey.answers(P1)["t1"] == 3


def test_wrong_links_and_receipts_are_limited_and_right_ones_never(visitor, token):
    statuses = [visitor.get(f"/r/{'x' * 22}").status for _ in range(15)]
    statuses += [visitor.get(f"/receipt/{number}").status for number in range(10)]
    assert statuses == [404] * 20 + [429] * 5
    assert visitor.page.headers["Retry-After"] == "60"
    assert visitor.page.headings == ["Too many wrong links"]
    assert visitor.get(f"/r/{token}").status == 200
    assert visitor.complete(token).headings == ["Thank you"]


def test_every_error_that_a_page_can_meet_has_words_in_every_language():
    met = {
        cls.message_id
        for cls in vars(refusals).values()
        if isinstance(cls, type) and cls is not survey_errors.SurveyError
    } | {
        cls.message_id
        for cls in (
            survey_errors.UnknownInvitation,
            survey_errors.WaveNotOpen,
            survey_errors.WaveClosed,
            survey_errors.UnknownLanguage,
            survey_errors.UnknownPartner,
            survey_errors.UnknownPage,
            survey_errors.PageTooEarly,
            survey_errors.AlreadySubmitted,
            survey_errors.UnknownItem,
            survey_errors.UnknownReceipt,
            survey_errors.WaveState,
            survey_errors.ResultsMissing,
        )
    }
    assert met - set(EXPLANATIONS) == {"nothing_here"}  # which is any 404
    values = {"title": "T", "allowed": 1, "last": 2, "slug": "s", "wave": 1, "day": "D"}
    for catalogue in compile_catalogues().values():
        assert isinstance(catalogue, gettext.GNUTranslations)
        for explanation in EXPLANATIONS.values():
            for text in (explanation.title, explanation.happened, explanation.advice):
                assert catalogue.gettext(text) % values


FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
PART = b"--b\r\nContent-Disposition: form-data; name=t1%s\r\n\r\n1\r\n--b--"
ODD_BODIES = [
    (b"", FORM),
    (b"t1=%00&t2=%ff%fe&t3=%ed%a0%80", FORM),
    (b"t1=1&t1=2&t1=", FORM),
    (b"t1[]=1&t1.x=2&=3&&&%=%", FORM),
    (b"language=%00&clear=%00&go=%00", FORM),
    (b"link=%C3%A6&csrf_token=%C3%A6%23%23%C3%A6", FORM),
    (b"&".join(b"x%d=1" % number for number in range(2000)), FORM),
    (b'{"t1": 1}', "application/json"),
    (PART % b"", f"{PARTS}; boundary=b"),
    (PART % b"; filename=x", f"{PARTS}; boundary=b"),
    (b"no boundary at all", PARTS),
    (b"t1=1", "text/plain; charset=nonsense"),
]  # fmt: skip


@pytest.mark.parametrize("with_token", [True, False])
def test_odd_bodies_are_refused_and_never_crash(visitor, survey, token, with_token):
    visitor.open(token)
    fields = visitor.page.form["fields"]
    good = f"&csrf_token={fields['csrf_token'].replace('#', '%23')}" if with_token else ""
    for path in ("/", f"/r/{token}", "/respond/", "/respond/about", "/respond/1/1",
                 "/respond/1/review"):  # fmt: skip
        for body, kind in ODD_BODIES:
            data = body + good.encode() if kind == FORM else body
            response = visitor.client.post(
                path, data=data, content_type=kind, base_url="http://127.0.0.1:8000"
            )
            assert response.status_code < 500, (path, body[:60])
            assert "text/html" in response.content_type or response.status_code == 303
    for row in survey.assessments():
        assert "\x00" not in str(row["answers"])


def test_odd_addresses_are_refused_and_never_crash(visitor, token):
    visitor.open(token)
    for odd in ("%00", "%ff", "%ed%a0%80", "..%2f", "-1", "1e9", "٣", "' OR 1=1", "x" * 5000):
        for path in ("/r/", "/receipt/", "/respond/", "/respond/1/", "/compare/a/", "/static/a/"):
            assert visitor.client.get(path + odd, base_url="http://127.0.0.1:8000").status_code in {
                303, 308, 400, 404, 429,
            }  # fmt: skip
