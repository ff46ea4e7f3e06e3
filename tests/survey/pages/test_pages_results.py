"""The results of a closed wave: on this machine, with the key, nobody below the threshold."""

import json
import re
import types

import numpy as np
import pytest

import questionnaires
from analysis.report.ranking import verdict
from questionnaires import LANGUAGES
from survey.pages import comparison, findings
from survey.pages.compared import digits_of
from survey.pages.comparison import Comparison
from survey.pages.languages import compile_catalogues
from survey.pages.voice import Voice
from survey.services import closing, invitations, respond, studies
from survey.services.accounts import sessions, users
from survey.services.accounts.users import NewUser
from survey.services.audit import COMMAND_LINE
from survey.services.partners import NewPartner
from survey.services.published import results_key, results_link
from survey.services.studies import NewStudy
from survey.storage.base import now

RATERS = {"Fjord & Co": 8, "Nord": 6, "Sund": 3}  # Sund is below the threshold
VOICES = {language: Voice(language, texts) for language, texts in compile_catalogues().items()}


def make_study(storage, settings, slug, sides=("ours",)):
    """Let eight people rate three partners; of Sund only three say anything."""
    instrument = questionnaires.load("berg4")
    partners = tuple(NewPartner(name) for name in RATERS)
    rows = [f"P{n},p{n}@vik.no,en,,ours" for n in range(8)]
    if "theirs" in sides:
        rows += [f"Q{n},q{n}@nord.no,en,Nord,theirs" for n in range(6)]
    sheet = "\n".join(("name,email,language,partners,side", *rows)).encode()
    with storage.write() as session:
        new = NewStudy(slug, "Our <suppliers>", instrument, partners, sides=sides)
        studies.create(session, new)
        links = invitations.invite(session, slug, sheet, "p.csv", base_url=settings.base_url)
        studies.open_wave(session, slug, accept=LANGUAGES, by="a test")
        for number, link in enumerate(links):
            answer(session, link.link.rpartition("/")[2], number)
    return settings, slug


def answer(session, token, number):
    person = respond.by_token(session, token)
    for entry in person.roster:
        if person.side == "ours" and number >= RATERS[entry.partner]:
            continue
        for page, items in enumerate(person.instrument.pages, 1):
            given = {
                item.id: 1 + (place + number + 2 * entry.place) % 4 + (number > 3)
                for place, item in enumerate(items.items)
                if item.scale
            }
            respond.save_page(session, person, entry.place, page, given)
        respond.submit(session, person, entry.place)


@pytest.fixture
def closed(storage, settings, played_once):
    def play():
        make_study(storage, settings, "suppliers")
        closing.close(storage, settings, "suppliers")
        return types.SimpleNamespace(slug="suppliers", tokens={})

    played_once("results", play)
    return results_link(settings, "suppliers", 1).removeprefix(settings.base_url)


@pytest.mark.parametrize(
    ("language", "reason", "title"),
    [
        ("en", "too few answers (fewer than 5)", "Results – Our <suppliers> – Wave 1"),
        ("nb", "for få svar (færre enn 5)", "Resultater – Our <suppliers> – Runde 1"),
        ("nn", "for få svar (færre enn 5)", "Resultat – Our <suppliers> – Runde 1"),
        ("is", "of fá svör (færri en 5)", "Niðurstöður – Our <suppliers> – Umferð 1"),
    ],
)
def test_the_page_shows_charts_tables_and_what_made_them(
    make_visitor, closed, language, reason, title
):
    page = make_visitor("fr").get(f"{closed}&lang={language}")
    assert (page.status, page.lang, page.title) == (200, language, title)
    assert page.html.count('class="chart caterpillar') == 5
    assert page.html.count('class="chart petals"') == 2  # Sund has no flower
    assert page.html.count("<table>") == 5 + 2 + 2
    assert reason in page.text
    assert "Fjord & Co" in page.text
    assert re.search(r"[0-9a-f]{64}", page.text)
    assert "<suppliers>" not in page.html
    assert " style=" not in page.html
    decimals = re.findall(r'<td class="num">\d(.)\d\d</td>', page.html)
    assert set(decimals) == ({"."} if language == "en" else {","})
    assert f"{closed.replace('?', '?').split('?')[0]}?key=" in " ".join(page.links)


def test_a_hidden_partner_has_no_number_anywhere(visitor, closed):
    page = visitor.get(closed)
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">Sund</th>(.*?)</tr>", page.html)
    assert len(rows) == 5
    assert all("too few answers" in row and "num" not in row for row in rows)
    facts = re.findall(r"<dt>([^<]+)</dt>\s*<dd>([^<]+)</dd>", page.html)
    assert ("Answers counted", "14") in facts  # without the three about Sund
    assert ("Partners shown", "2 of 3") in facts


def test_the_kept_files_can_be_downloaded(visitor, closed, settings):
    path, _, query = closed.partition("?")
    for name, kind in (("report.html", "text/html"), ("results.json", "application/json")):
        response = visitor.client.get(f"{path}/{name}?{query}", base_url="http://127.0.0.1:8000")
        assert response.status_code == 200
        assert response.mimetype == kind
        suffix = name.rpartition(".")[2]
        assert response.headers["Content-Disposition"] == (
            f'attachment; filename="suppliers-w1.{suffix}"'
        )
        kept = settings.snapshots_dir / f"suppliers-w1.{suffix}"
        assert response.data == kept.read_bytes()
    assert json.loads(response.data)["format"] == 1


def test_only_this_machine_with_the_key_sees_anything(app, closed, settings):
    client = app.test_client()
    path, _, query = closed.partition("?")
    here = {"base_url": "http://127.0.0.1:8000"}
    refused = [
        client.get(f"{path}?key=x", **here),
        client.get(f"{path}?{query}x", **here),
        client.get(f"/compare/suppliers/2?{query}", **here),
        client.get(f"/compare/other/1?{query}", **here),
        client.get(closed, **here, environ_overrides={"REMOTE_ADDR": "192.0.2.7"}),
        client.get(closed, **here, headers={"X-Forwarded-For": "192.0.2.7"}),
        client.get(closed, **here, headers={"Forwarded": "for=192.0.2.7"}),
        client.get(f"{path}/results.json?key=x", **here),
    ]
    for address in (path, f"{path}?key=", f"{path}/report.html", "/compare/other/1"):
        response = client.get(address, **here)
        assert (response.status_code, response.data) == (303, b"")
        assert response.location.startswith("/login?next=/compare/")
    assert [response.status_code for response in refused] == [404] * len(refused)
    assert not any(b"Fjord" in response.data for response in refused)
    see_logged_in(client, app, path)
    for host in ("127.0.0.1:8000", "127.0.0.1"):
        assert client.get(closed, base_url=f"http://{host}").status_code == 200
    key = results_key(settings, "other", 1)
    assert client.get(f"/compare/other/1?key={key}", **here).status_code == 404


def see_logged_in(client, app, path):
    """Look from anywhere as a manager, without a key, and log out again."""
    at = now()
    with app.extensions["tillit"].storage.write() as session:
        user = users.add(session, COMMAND_LINE, NewUser("Mona", "mona@vik.no", "manager"))
        token = sessions.begin(session, user.id, at)
    client.set_cookie("tillit-login", token, domain="127.0.0.1")
    away = {"base_url": "http://127.0.0.1:8000", "environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}}
    for address in (path, f"{path}?key=x", f"{path}/report.html", f"{path}/results.json"):
        response = client.get(address, **away)
        assert response.status_code == 200
        assert b"key=" not in response.data
    client.delete_cookie("tillit-login", domain="127.0.0.1")


def test_an_open_wave_shows_no_result(visitor, storage, settings):
    make_study(storage, settings, "open")
    link = results_link(settings, "open", 1).removeprefix(settings.base_url)
    page = visitor.get(link)
    assert (page.status, page.headings) == (409, ["There are no results yet"])


def test_results_that_were_never_finished_say_what_to_do(visitor, closed, settings):
    (settings.snapshots_dir / "suppliers-w1.json").unlink()
    page = visitor.get(closed)
    assert (page.status, page.headings) == (503, ["The results are not computed yet"])


def test_a_study_of_both_sides_shows_one_at_a_time(visitor, storage, settings):
    make_study(storage, settings, "both", sides=("ours", "theirs"))
    closing.close(storage, settings, "both")
    link = results_link(settings, "both", 1).removeprefix(settings.base_url)
    page = visitor.get(link)
    assert "Fjord & Co" in page.text
    theirs = next(href for href in page.links if "side=theirs" in href)
    page = visitor.get(theirs)
    assert page.status == 200
    assert "Fjord & Co" not in page.text
    assert any("side=theirs" in href and "lang=nb" in href for href in page.links)
    report = next(href for href in page.links if "report.html" in href)
    response = visitor.client.get(report, base_url="http://127.0.0.1:8000")
    assert response.headers["Content-Disposition"].endswith('"both-w1-theirs.html"')
    assert visitor.get(f"{link}&side=neither").status == 404


def rows(*ranks):
    return [
        {"partner": name, "shrunken": 5 - place, "rank_low": low, "rank_high": high}
        for place, (name, low, high) in enumerate(ranks)
    ]


@pytest.mark.parametrize(
    ("ranked", "tau2", "said"),
    [
        (rows(("A", 1, 1), ("B", 2, 2)), 0.1, "The order is clear: A › B."),
        (rows(("A", 1, 1), ("B", 2, 3), ("C", 2, 3)), 0.1, "From the highest: A › B, C."),
        (rows(("A", 1, 2), ("B", 1, 2)), 0.1, "do not show which of the two"),
        (rows(*((name, 1, 4) for name in "ABCD")), 0.1, "4 of 4 partners could hold at least 3"),
        (rows(("A", 1, 2), *((str(n), n, n + 2) for n in range(2, 9))), 0.1, "name the ends"),
        (rows(("A", 1, 2), ("B", 1, 2)), 0, "do not rank them"),
        (rows(("A", 1, 1)), 0.1, ""),
        (rows(("A", 1, 1), ("B", None, None)), 0.1, ""),
    ],
)
def test_how_far_partners_may_be_put_in_an_order(ranked, tau2, said):
    sentence = findings.order(ranked, tau2, VOICES["en"])
    assert said in sentence
    assert bool(sentence) == bool(said)


SAID = {
    "": "",
    "none": "by more than chance",
    "no": "do not rank them",
    "ends": "name the ends of the list",
    "bands": "From the highest",
    "clear": "The order is clear",
}


@pytest.mark.parametrize("seed", range(40))
def test_the_page_says_of_the_order_what_the_report_says(seed):
    source = np.random.default_rng(seed)
    partners, reach = int(source.integers(1, 15)), int(source.choice([0, 1, 3, 14]))
    found = rows(*((f"P{n}", n, n) for n in range(1, partners + 1)))
    for place, row in enumerate(found, start=1):
        below, above = source.integers(0, reach + 1, 2).tolist()
        row["rank_high"] = min(partners, place + 1)
        row["simultaneous_low"] = max(1, place - below)
        row["simultaneous_high"] = min(partners, place + above)
    tau2 = float(source.choice([0, 0.1, 0.1]))
    document = {"partners": {"a": found}, "pooling": {"a": {"tau2": tau2}}}
    said = findings.order(found, tau2, VOICES["en"])
    assert SAID[verdict(document, "a")] in said
    assert bool(said) == bool(verdict(document, "a"))


def scale(low, high, *, items=3, estimate=0.8):
    return {"n_items": items, "alpha": {"estimate": estimate, "ci_low": low, "ci_high": high}}


def test_reliability_in_plain_words():
    labels = {name: name.title() for name in "abc"}
    document = {"scales": {"a": scale(0.75, 0.9), "b": scale(0.6, 0.8), "c": scale(None, None)}}
    said = findings.reliability_sentences(document, labels, VOICES["en"])
    enough, rest = said
    assert enough.startswith("1 of 2 aspects was measured well enough to compare groups")
    assert rest == "Take care with B: the interval reaches below 0.70."
    assert findings.reliability_sentences({"scales": {}}, labels, VOICES["en"]) == []
    verdicts = [
        findings._verdict(each, VOICES["en"])
        for each in (
            scale(0.75, 0.9),
            scale(0.6, 0.8),
            scale(0.4, 0.6),
            scale(None, None),
            scale(None, None, items=1),
        )
    ]
    assert verdicts == ["good enough", "uncertain", "too imprecise", "not computable", "one item"]


def test_distinctness_in_plain_words():
    labels = {"a": "Trust", "b": "Openness"}

    def say(ratio):
        table = {"a": {"b": ratio}, "b": {"a": ratio}}
        return findings.distinctness({"distinctness": {"htmt": table}}, labels, VOICES["en"])

    assert "Trust and Openness cannot be told apart" in say(0.93)[0]
    assert "Every HTMT lies below 0.90" in say(0.5)[0]
    assert "Every HTMT lies below 0.90" in say(None)[0]
    only = {"distinctness": {"htmt": {"a": {}}}}
    assert findings.distinctness(only, labels, VOICES["en"]) == []


def test_aggregation_in_plain_words():
    labels = {"a": "Trust", "b": "Openness"}
    found = {"icc1_reml": 0.2, "raters_needed_70": 9.3}
    document = {"aggregation": {"a": found, "b": {"icc1_reml": 0.05, "raters_needed_70": None}}}
    said = findings.aggregation_sentences(document, labels, VOICES["en"])
    assert said[0].startswith("From 5% (Openness) to 20% (Trust)")
    assert said[1] == "A partner's mean needs 10 raters before it is reliable (0.70)."
    several = {name: {**found, "raters_needed_70": 5 + len(name)} for name in ("a", "bb")}
    labels["bb"] = "Balance"
    said = findings.aggregation_sentences({"aggregation": several}, labels, VOICES["en"])
    assert "needs 6 to 7 raters, depending on the aspect" in said[1]
    open_ = {"a": {**found, "icc1_ci_low": 0.02, "icc1_ci_high": 0.5}}
    said = findings.aggregation_sentences({"aggregation": open_}, labels, VOICES["en"])
    assert said[1].endswith("these answers cannot tell: somewhere between 3 and 115.")
    open_["b"] = {**found, "icc1_ci_low": -0.1, "icc1_ci_high": 0.5}
    said = findings.aggregation_sentences({"aggregation": open_}, labels, VOICES["en"])
    assert said[1].endswith("these answers cannot tell: 3 or more.")
    none = {"aggregation": {"a": {"icc1_reml": None, "raters_needed_70": None}}}
    assert findings.aggregation_sentences(none, labels, VOICES["en"]) == []
    unpooled = {"aggregation": {"a": {"icc1_reml": 0.0, "raters_needed_70": None}}}
    (only,) = findings.aggregation_sentences(unpooled, labels, VOICES["en"])
    assert only.startswith("0% of the differences between answers lie between partners")


def test_the_raw_mean_stands_in_where_nothing_could_be_pooled():
    row = {"partner": "Fjord", "n": 6, "mean": 3.0, "ci_low": 2.0, "ci_high": 4.0,
           "shrunken": None, "shrunken_se": None, "rank_low": None, "rank_high": None,
           "suppressed_reason": None}  # fmt: skip
    names = ("a", "b", "c")
    document = {
        "settings": {"min_n": 5, "level": 0.95},
        "snapshot": {"labels": {}},
        "scales": {name: {"n_items": 3, "low": 1, "high": 5} for name in names},
        "partners": {"a": [row], "b": [row], "c": [{**row, "partner": "Nord", "mean": None}]},
        "pooling": {name: {"mu": None, "tau2": None, "shown": "mean"} for name in names},
    }
    view = Comparison(document, VOICES["nb"])
    chart = view.caterpillars[0]
    assert (chart.shown, chart.words["score"]) == ("mean", "Gjennomsnitt")
    (sentence,) = chart.sentences
    assert sentence.startswith("Dette er ujusterte gjennomsnitt: Så få samarbeidspartnere")
    assert view.caterpillars[2].sentences == []  # there is no mean to speak of
    assert view.legend.shown == "mean"
    assert not view.is_pooled
    fjord, nord = view.flowers
    assert [aspect["score"] for aspect in fjord.aspects] == [3.0, 3.0, None]
    assert [aspect["ci_low"] for aspect in fjord.aspects] == [2.0, 2.0, None]
    assert fjord.aspects[2]["suppressed_reason"] == "–"  # Fjord was not asked about c
    assert not nord.is_shown
    assert nord.description == "for få svar (færre enn 5)"
    assert view.hidden == ["Nord"]
    few = Comparison({**document, "partners": {"a": [row]}}, VOICES["nb"])
    assert few.flowers == []


def test_a_shrunken_score_has_the_interval_that_was_kept():
    row = {"partner": "Fjord", "n": 6, "mean": 3.0, "ci_low": 2.0, "ci_high": 4.0,
           "shrunken": 3.2, "shrunken_se": 0.1, "shrunken_ci_low": 2.4, "shrunken_ci_high": 3.7,
           "rank_low": 1, "rank_high": 4, "suppressed_reason": None}  # fmt: skip
    names = ("a", "b", "c")
    pooled, raw = ({"mu": 3.3, "tau2": 0.1, "shown": kind} for kind in ("shrunken", "mean"))
    document = {
        "settings": {"min_n": 5, "level": 0.95},
        "snapshot": {"labels": {}},
        "scales": {name: {"n_items": 3, "low": 1, "high": 5} for name in names},
        "partners": {name: [row] for name in names},
        "pooling": {"a": pooled, "b": pooled, "c": raw},
    }
    view = Comparison(document, VOICES["en"])
    assert view.is_pooled
    assert view.legend is None  # the charts differ, so each has its own
    assert [chart.words["score"] for chart in view.caterpillars] == ["Score", "Score", "Mean"]
    drawn = [(a["score"], a["ci_low"], a["ci_high"]) for a in view.flowers[0].aspects]
    assert drawn == [(3.2, 2.4, 3.7), (3.2, 2.4, 3.7), (3.0, 2.0, 4.0)]


def test_needed_raters_are_whole_people():
    found = {"icc1_reml": 0.25, "raters_needed_70": 0.7 / 0.3 * 0.75 / 0.25}  # 7.000000000000001
    labels = {"a": "A"}
    said = findings.aggregation_sentences({"aggregation": {"a": found}}, labels, VOICES["en"])
    assert "needs 7 raters" in said[1]
    one = {"aggregation": {"a": {"icc1_reml": 1.0, "raters_needed_70": 0.0}}}
    assert "needs 1 rater " in findings.aggregation_sentences(one, labels, VOICES["en"])[1]


def test_two_shown_partners_are_compared_by_raw_means_on_the_page(visitor, closed, settings):
    kept = json.loads((settings.snapshots_dir / "suppliers-w1.json").read_text("utf-8"))
    nord = next(row for row in next(iter(kept["partners"].values())) if row["partner"] == "Nord")
    page = visitor.get(closed)
    assert "These are raw means" in page.text
    assert "drawn towards the mean of all" not in page.text
    assert page.html.count('class="legend"') == 1
    assert 'class="raw"' not in page.html
    (first, *_) = re.findall(r"<tr><th scope=\"row\">Nord</th>(.*?)</tr>", page.html)
    digits = digits_of(nord["ci_low"], nord["ci_high"])
    mean, low, high = (f"{nord[name]:.{digits}f}" for name in ("mean", "ci_low", "ci_high"))
    assert f">{mean}<" in first
    assert f">{low}–{high}<" in first


def test_many_partners_are_shown_a_leaf_at_a_time(visitor, closed, monkeypatch):
    whole = visitor.get(closed).text
    assert "Page 1 of" not in whole
    monkeypatch.setattr(comparison, "MOST_PARTNERS", 2)
    seen = []
    for number in (1, 2):
        page = visitor.get(f"{closed}&page={number}")
        assert f"Page {number} of 2" in page.text
        tables = re.findall(r"<tbody>(.*?)</tbody>", page.html, re.DOTALL)
        seen.append({name for name in ("Fjord &amp; Co", "Nord", "Sund") if name in tables[0]})
    assert [len(names) for names in seen] == [2, 1]
    assert set.union(*seen) == {"Fjord &amp; Co", "Nord", "Sund"}
    assert any(link.endswith("page=1&lang=en") for link in page.links)
