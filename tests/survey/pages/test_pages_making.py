"""Making a study in the browser, step by step: kept however wrong, made whole or not at all."""

import re

from survey.services import drafts, studies
from survey.services.audit import COMMAND_LINE
from survey.services.register import partner_import

STEPS = {
    "name": {"title": "Our suppliers", "slug": "suppliers", "contact": "Kari, 55 55"},
    "questions": {"instruments": ["berg4", "pulse"]},
    "partners": {"partners": ["Fjord"], "added": "Sund  Shop"},
    "people": {"sides": ["ours", "theirs"], "languages": ["nb", "is"]},
    "privacy": {"privacy_mode": "identified", "min_group": "4", "min_group_text": "8",
                "retention_days": "365"},
    "weights": {"weight-accuracy": "2", "weight-advising": "0,5", "weight-trust": ""},
}  # fmt: skip


def begin(visitor):
    visitor.get("/studies")
    return visitor.send("/studies/making").path.rpartition("/")[0]


def fill(visitor, here, steps=STEPS):
    for step, given in steps.items():
        visitor.get(f"{here}/{step}")
        visitor.send(f"{here}/{step}", **given)
    return visitor.page


def test_a_study_is_made_step_by_step(staff, storage):
    with storage.write() as session:
        partner_import.carry_out(session, COMMAND_LINE, b"name\nFjord\nNord\n", "p.csv")
    manager = staff()
    here = begin(manager)
    page = fill(manager, here)
    assert page.path == f"{here}/review"
    assert "Fjord, Sund Shop" in page.text
    assert "Accuracy 2, Advising 0.5" in page.text
    page = manager.send(f"{here}/review", do="make")
    assert page.path == "/studies/suppliers"
    with storage.read() as session:
        made = studies.status(session, "suppliers")
        assert drafts.drafts(session) == []
    assert (made.instrument, made.privacy_mode) == ("berg4+pulse", "identified")
    assert (made.sides, made.languages) == (("ours", "theirs"), ("nb", "is"))
    assert (made.min_group, made.min_group_text, made.retention_days) == (4, 8, 365)
    assert made.weights == {"accuracy": 2.0, "advising": 0.5}
    assert manager.get(f"{here}/name").status == 404


def test_what_is_wrong_is_kept_and_said_in_the_language_of_the_page(staff):
    manager = staff(language="nb")
    here = begin(manager)
    manager.get(f"{here}/name")
    page = manager.send(f"{here}/name", title="", slug="Våre leverandører!", contact="")
    assert page.path == f"{here}/name"
    assert "Det du valgte, er lagret" in page.text
    assert "kan ikke være kortnavn på en undersøkelse" in page.text
    assert 'value="Våre leverandører!"' in page.html
    manager.get(f"{here}/privacy")
    page = manager.send(f"{here}/privacy", min_group="many", privacy_mode="confidential")
    assert "«many» er ikke et tall som kan stå her" in page.text
    assert 'value="many"' in page.html
    assert page.ids["min_group"][1]["aria-describedby"] == "h-min_group e-min_group"
    assert "-1" not in page.text
    page = manager.get(f"{here}/review")
    assert "Før den kan lages, må du se en gang til på" in page.text
    assert manager.send(f"{here}/review", do="make").status == 400


def test_what_was_typed_in_place_of_a_number_is_shown_again_with_the_error_by_its_field(staff):
    manager = staff()
    here = begin(manager)
    given = {"min_group": "5 people", "min_group_text": "2.5", "retention_days": "-1"}
    fill(manager, here, {**STEPS, "privacy": {"privacy_mode": "identified", **given}})
    page = manager.get(f"{here}/privacy?wrong=1")
    for field, typed in given.items():
        assert page.forms[-1]["texts"][field] == typed
        assert page.ids[field][1]["aria-invalid"] == "true"
    assert "“2.5” is no number that can stand here" in page.text
    assert "the data are kept -1 days" in page.text  # a number, and it was typed
    fill(manager, here, {"weights": {"weight-trust": "much <b>", "weight-accuracy": "nan"}})
    page = manager.get(f"{here}/weights?wrong=1")
    assert page.forms[-1]["texts"]["weight-trust"] == "much <b>"
    assert "“nan” is no number that can stand here" in page.text
    assert page.ids["weight-trust"][1]["aria-invalid"] == "true"
    assert "much" in manager.get(f"{here}/review").text
    assert manager.send(f"{here}/review", do="make").status == 400


def test_a_taken_name_is_said_and_a_study_can_be_given_up(staff, make_study):
    make_study()
    manager = staff()
    here = begin(manager)
    fill(manager, here, {**STEPS, "partners": {"added": "Fjord"}})
    page = manager.send(f"{here}/review", do="make")
    assert (page.status, "this short name already" in page.text) == (409, True)
    assert re.search(r'href="(/studies/making/[^"]+/review)"', manager.get("/studies").html)
    manager.get(f"{here}/review")
    assert manager.send(f"{here}/review", do="drop").path == "/studies"
    assert "In the making" not in manager.page.text


def test_no_step_that_is_not_there_and_no_form_without_its_token(staff):
    manager = staff()
    here = begin(manager)
    assert manager.get(f"{here}/shoes").status == 404
    manager.get(f"{here}/name")
    assert manager.send(f"{here}/name", csrf_token="", title="X").status == 400
    assert 'value="X"' not in manager.get(f"{here}/name").html
    assert manager.post("/studies/making", {"csrf_token": ""}).status == 400
    assert "Make a study" not in staff("researcher", "eva").get("/studies").text


def test_every_step_is_drawn_with_nothing_chosen_yet(staff):
    manager = staff("admin")
    here = begin(manager)
    for step in (*drafts.STEPS, drafts.LAST):
        assert manager.get(f"{here}/{step}").status == 200
