"""The evidence of warnings on a card: the numbers of the report, with where each rule warns."""

import pytest
from two_waves import SLUG, installation

from survey.pages.compared import COMPOSITE, RULES, Compared
from survey.pages.rendering import load_renderer
from survey.pages.voice import Voice
from survey.pages.warned import warned
from survey.services.comparing.desk import desk
from survey.services.comparing.model import Sign


@pytest.fixture(scope="module")
def found(tmp_path_factory, empty_sqlite, instrument):
    storage, settings = installation(tmp_path_factory.mktemp("site"), empty_sqlite, instrument)
    with storage.read() as session:
        yield desk(session, settings, SLUG)
    storage.close()


def view_of(found, language="en"):
    voice = Voice(language, load_renderer().catalogues[language])
    return Compared(found, voice, COMPOSITE, found.chosen({}))


def test_each_warning_of_a_partner_is_told_with_its_numbers(found):
    view = view_of(found)
    signs = found.workspace.warnings
    assert signs
    for place, name in enumerate(found.workspace.names):
        own = [sign for sign in signs if sign.partner == place]
        rows = warned(view, place)
        assert len(rows) == len(own), name
        assert sorted(row.found for row in rows) == sorted(
            view.number(s.value, 1 if s.high - s.low > 0.2 else 2) for s in own
        )
        states = [row.state for row in rows]
        assert states == sorted(states, key=lambda state: state != "stands")


@pytest.mark.parametrize("language", ["en", "nb", "nn", "is"])
def test_every_rule_says_where_it_warns_in_every_language(found, language):
    signs = [Sign("trust", 0, rule, 1.5, 1.1, 1.9, 0.5, "", 0.025, sure=False) for rule in RULES]
    workspace = found.workspace
    changed = type(workspace)(
        **{name: getattr(workspace, name) for name in workspace.__struct_fields__}
        | {"warnings": signs}
    )
    wave = type(found)(changed, found.waves, found.partners, found.kinds)
    rows = warned(view_of(wave, language), 0)
    assert len({row.limit for row in rows}) == len(RULES)
    assert [row.alone.rstrip("% \xa0") for row in rows] == ["3"] * len(
        RULES
    )  # never less than it is
    point = "." if language == "en" else ","
    assert {row.interval for row in rows} == {f"1{point}1 – 1{point}9"}
