"""The state of translations, and passes recorded in the files of a bank."""

import hashlib
import json
import stat

import pytest

from questionnaires import (
    LANGUAGES,
    InstrumentError,
    available,
    combine,
    from_canonical,
    load,
    load_file,
    record_pass,
    translations,
)
from questionnaires.loader import SHIPPED, bank_and_items

MINI = "instruments/mini.toml"
TRUST = "bank/items/trust.toml"
OPEN = "bank/items/open.toml"
WAYS = "bank/items/ways.toml"
BRANCHING = "instruments/branching.toml"
RISK_EN = "Working with {partner} is a risk for us."
SUBTABLE = """[items.trust_promises.status]
en = "pretested"
nb = "reviewed"
nn = "draft"
is = "draft"
"""
STATUS = 'status = { en = "draft", nb = "draft", nn = "draft", is = "draft" }'


@pytest.fixture
def bank(branches):
    """Give the library with every status on one line."""
    branches.edit(TRUST, SUBTABLE, "")
    branches.edit(
        TRUST,
        'kind = "rating"\n',
        'kind = "rating"\n'
        'status = { en = "pretested", nb = "reviewed", nn = "draft", is = "draft" }'
        "  # so far {1}\n",
    )
    return branches


def read(shelf, name):
    return shelf.path(name).read_text(encoding="utf-8")


def record(shelf, name, language, status, *items):
    return record_pass(str(shelf.path(name)), language=language, status=status, items=items)


def sha(texts):
    text = json.dumps(texts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


RISK_SHA = sha(
    {
        "ours": {"direct": RISK_EN},
        "theirs": {"direct": RISK_EN.replace("partner", "organisation")},
    }
)


def test_a_pass_changes_status_and_source_and_nothing_else(bank):
    before = read(bank, TRUST)
    assert record(bank, TRUST, "nb", "reviewed", "trust_risk") == {
        bank.path(TRUST): ("trust_risk",)
    }
    line = STATUS.replace('nb = "draft"', 'nb = "reviewed"')
    changed = f'{line}\nsource = {{ nb = "{RISK_SHA}" }}'
    assert read(bank, TRUST) == before.replace(STATUS, changed)
    record(bank, TRUST, "is", "draft", "trust_risk")
    changed = f'{line}\nsource = {{ nb = "{RISK_SHA}", is = "{RISK_SHA}" }}'
    assert read(bank, TRUST) == before.replace(STATUS, changed)
    assert bank.check() == ()


def test_a_pass_over_an_instrument_reaches_every_file_of_its_items(bank):
    changed = record(bank, MINI, "nn", "draft")
    assert {path.name: ids for path, ids in changed.items()} == {
        "trust.toml": ("trust_promises", "trust_risk"),
        "overall.toml": ("overall_good",),
        "open.toml": ("open_change",),
    }
    state = load_file(bank.path(MINI)).translation_status()
    assert state["nn"].unrecorded == ()
    assert len(state["nb"].unrecorded) == 4
    assert state["en"].unrecorded == ()


def test_a_guess_and_its_item_are_recorded_as_one(bank):
    changed = record(bank, BRANCHING, "nn", "draft")
    assert changed[bank.path(TRUST)] == ("trust_promises", "trust_risk")


def test_the_comment_the_line_endings_and_the_rights_of_a_file_stay(bank):
    path = bank.path(TRUST)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o640)
    record(bank, TRUST, "nb", "adjudicated", "trust_promises")
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b'nb = "adjudicated", nn = "draft", is = "draft" }  # so far {1}\r\nsource' in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in path.parent.iterdir() if "tmp" in each.name] == []
    assert bank.check() == ()


def test_a_link_to_a_file_stays_a_link(bank):
    path, elsewhere = bank.path(TRUST), bank.folder / "elsewhere.toml"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    record(bank, TRUST, "nb", "reviewed", "trust_risk")
    assert path.is_symlink()
    assert RISK_SHA in elsewhere.read_text(encoding="utf-8")


def test_english_has_a_status_and_no_source(bank):
    record(bank, TRUST, "en", "reviewed", "trust_risk")
    assert STATUS.replace('en = "draft"', 'en = "reviewed"') in read(bank, TRUST)
    assert "source" not in read(bank, TRUST)


def test_a_translation_is_stale_when_its_english_text_changes(bank):
    record(bank, MINI, "nb", "reviewed", "trust_risk", "open_change")
    record(bank, MINI, "is", "draft", "trust_risk")
    bank.edit(TRUST, RISK_EN, "Working with {partner} is dangerous for us.")
    state = load_file(bank.path(MINI)).translation_status()
    assert {language: each.stale for language, each in state.items()} == {
        "en": (),
        "nb": ("trust_risk",),
        "nn": (),
        "is": ("trust_risk",),
    }
    bank.edit(TRUST, "dangerous", "a risk")
    assert load_file(bank.path(MINI)).translation_status()["nb"].stale == ()


@pytest.mark.parametrize(
    ("name", "item", "old", "new"),
    [
        (OPEN, "open_change", "Leave out names of people.", "Leave out all names."),
        (WAYS, "wish", '"Later"', '"Not yet"'),
        (TRUST, "trust_promises", "would say that we keep", "would say that we break"),
        (TRUST, "trust_promises", "{organisation} keeps its", "{organisation} held its"),
    ],
)
def test_hints_labels_and_the_other_texts_of_an_item_count(bank, name, item, old, new):
    record(bank, name, "nn", "draft", item)
    assert load_file(bank.path(BRANCHING)).translation_status()["nn"].stale == ()
    bank.edit(name, old, new)
    asked = {item, f"{item}__meta"} & {each.id for each in load_file(bank.path(BRANCHING)).items}
    assert set(load_file(bank.path(BRANCHING)).translation_status()["nn"].stale) == asked


def test_a_changed_translation_is_not_stale(bank):
    record(bank, TRUST, "nb", "reviewed", "trust_risk")
    bank.edit(TRUST, "en risiko for oss", "farlig for oss")
    assert load_file(bank.path(MINI)).translation_status()["nb"].stale == ()


def test_the_state_is_no_part_of_the_version(bank):
    version = load_file(bank.path(BRANCHING)).version
    record(bank, BRANCHING, "nn", "reviewed")
    bank.edit(TRUST, "{partner} would say", "{partner} might say")
    record(bank, TRUST, "nn", "reviewed", "trust_promises")
    bank.edit(TRUST, "{partner} might say", "{partner} would say")
    assert load_file(bank.path(BRANCHING)).version == version


def refused(shelf, *arguments):
    before = {path: path.read_bytes() for path in shelf.folder.rglob("*.toml")}
    with pytest.raises(InstrumentError) as caught:
        record(shelf, *arguments)
    assert {path: path.read_bytes() for path in shelf.folder.rglob("*.toml")} == before
    return caught.value.problems


def test_a_status_rises_one_step_at_a_time(bank):
    (problem,) = refused(bank, TRUST, "nb", "adjudicated", "trust_risk")
    assert (problem.rule, problem.subject) == ("skipped_status", "trust_risk")
    assert problem.message == "it is «draft»; record it as «reviewed» first"
    for status in ("reviewed", "adjudicated", "pretested", "draft"):
        record(bank, TRUST, "nb", status, "trust_risk")
        bank.check()
    assert load_file(bank.path(MINI)).item("trust_risk").status["nb"] == "draft"


def test_a_stale_translation_does_not_rise(bank):
    record(bank, TRUST, "nb", "reviewed", "trust_risk")
    bank.edit(TRUST, RISK_EN, "Working with {partner} is dangerous for us.")
    (problem,) = refused(bank, TRUST, "nb", "adjudicated", "trust_risk")
    assert "its English text has changed since" in problem.message
    record(bank, TRUST, "nb", "reviewed", "trust_risk")
    record(bank, TRUST, "nb", "adjudicated", "trust_risk")


def test_an_unknown_item_is_refused_with_a_suggestion(bank):
    (problem,) = refused(bank, MINI, "nb", "reviewed", "trust_risc")
    assert (problem.rule, problem.subject) == ("unknown_item", "trust_risc")
    assert "did you mean «trust_risk»?" in problem.message


def test_a_broken_bank_is_refused(bank):
    bank.edit(OPEN, "max_length = 500", "max_length = 0")
    for name in (MINI, TRUST):
        assert {problem.rule for problem in refused(bank, name, "nb", "reviewed")} == {
            "out_of_range"
        }
    assert refused(bank, "nowhere.toml", "nb", "reviewed")[0].rule == "unreadable"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"reverse = true\n{STATUS}", f'reverse = true\nsource.nn = "{RISK_SHA}"\n{STATUS}'),
        (STATUS, STATUS.replace(", nb", ",   nb").replace("status =", "'status' =")),
        ("[items.trust_risk]\n", "[items.'trust_risk']\n"),
        (
            f'[items.trust_risk]\nscale = "agree3"\nreverse = true\n{STATUS}\n',
            (
                '[items.trust_risk]\nscale = "agree3"\nreverse = true\n'
                '[items.trust_risk.status]\nen = "draft"\nnb = "draft"\n'
                'nn = "draft"\nis = "draft"\n'
            ),
        ),
    ],
)
def test_what_cannot_be_edited_safely_is_refused(bank, old, new):
    bank.edit(TRUST, old, new)
    assert bank.check() == ()
    (problem,) = refused(bank, MINI, "nb", "reviewed", "overall_good", "trust_risk")
    assert (problem.rule, problem.file) == ("cannot_record", str(bank.path(TRUST)))
    assert problem.subject == "trust_risk"


def test_the_items_of_a_shipped_instrument_are_those_of_the_shipped_bank():
    bank, ids = bank_and_items("grunig7_coorientation")
    assert bank is SHIPPED.bank
    assert {f"{item_id}__meta" for item_id in ids} == {
        item.id for item in load("grunig7_coorientation").items
    }


def test_every_item_has_a_state_in_every_language():
    rows = translations()
    assert {row.instrument for row in rows} == set(available())
    for instrument_id in available():
        own = [row for row in rows if row.instrument == instrument_id]
        assert len(own) == len(load(instrument_id).items) * len(LANGUAGES)


def test_a_state_names_the_english_texts_of_today(bank):
    form = load_file(bank.path(BRANCHING))
    rows = {(row.item, row.language): row for row in translations(form)}
    assert rows["matters", "nb"].english == {
        "ours": "What matters most to you with {partner}?",
        "theirs": "What matters most to you with {organisation}?",
        "hint": "Choose two at most.",
        "price": "Price",
        "speed": "Speed",
        "advice": "Advice",
    }
    assert rows["trust_promises__meta", "nb"].english == {
        "ours": "{partner} would say that we keep our promises.",
        "theirs": "{organisation} would say that we keep our promises.",
    }
    promises = rows["trust_promises", "nb"]
    assert (promises.status, promises.stale, promises.recorded) == ("reviewed", False, False)
    assert rows["trust_promises", "en"].recorded


def test_an_instrument_sums_up_its_lowest_status(bank):
    state = load_file(bank.path(MINI)).translation_status()
    assert {language: each.lowest for language, each in state.items()} == dict.fromkeys(
        LANGUAGES, "draft"
    )
    for status in ("reviewed", "adjudicated"):
        record(bank, MINI, "is", status)
    assert load_file(bank.path(MINI)).translation_status()["is"].lowest == "adjudicated"


def test_a_stored_or_combined_instrument_says_what_it_knows(bank):
    record(bank, MINI, "nb", "reviewed", "trust_risk")
    bank.edit(TRUST, RISK_EN, "Working with {partner} is dangerous for us.")
    form = load_file(bank.path(MINI))
    stored = from_canonical(form.canonical())
    assert stored.translation_status()["nb"].lowest is None
    assert stored.translation_status()["nb"].stale == ()
    assert translations(stored) == ()
    whole = combine(form, load_file(bank.path(BRANCHING)))
    assert whole.translation_status()["nb"].stale == ("trust_risk",)
