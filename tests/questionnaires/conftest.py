"""A small sound library to break: two constructs, five items, one instrument."""

from pathlib import Path

import pytest

from questionnaires import Problem, check_file

CONSTRUCTS = """
[trust]
kind = "relationship"
label = { en = "Trust", nb = "Tillit", nn = "Tillit", is = "Traust" }
[trust.description]
en = "Someone can be relied on."
nb = "Noen er til å stole på."
nn = "Nokon er til å stole på."
is = "Einhverjum má treysta."

[overall]
kind = "outcome"
label = { en = "Overall", nb = "Samlet", nn = "Samla", is = "Heildarmat" }
[overall.description]
en = "The relationship as a whole."
nb = "Relasjonen som helhet."
nn = "Relasjonen som heilskap."
is = "Sambandið í heild."
"""

SCALES = """
[agree3]
low = 1
high = 3
[[agree3.points]]
value = 1
label = { en = "Disagree", nb = "Uenig", nn = "Ueinig", is = "Ósammála" }
[[agree3.points]]
value = 2
label = { en = "Neither", nb = "Verken", nn = "Korkje", is = "Hvorki né" }
[[agree3.points]]
value = 3
label = { en = "Agree", nb = "Enig", nn = "Einig", is = "Sammála" }

[yes2]
low = 0
high = 1
[[yes2.points]]
value = 0
label = { en = "No", nb = "Nei", nn = "Nei", is = "Nei" }
[[yes2.points]]
value = 1
label = { en = "Yes", nb = "Ja", nn = "Ja", is = "Já" }

[off_scale.dont_know]
en = "Don't know"
nb = "Vet ikke"
nn = "Veit ikkje"
is = "Veit ekki"
[off_scale.not_applicable]
en = "Not applicable"
nb = "Ikke relevant"
nn = "Ikkje relevant"
is = "Á ekki við"
"""

TRUST = """
construct = "trust"

[items.trust_promises]
kind = "rating"
scale = "agree3"
[items.trust_promises.ours.direct]
en = "{partner} keeps its promises to us."
nb = "{partner} holder det de lover oss."
nn = "{partner} held det dei lovar oss."
is = "{partner} stendur við loforð sín við okkur."
[items.trust_promises.theirs.direct]
en = "{organisation} keeps its promises to us."
nb = "{organisation} holder det de lover oss."
nn = "{organisation} held det dei lovar oss."
is = "{organisation} stendur við loforð sín við okkur."
[items.trust_promises.status]
en = "pretested"
nb = "reviewed"
nn = "draft"
is = "draft"

[items.trust_risk]
scale = "agree3"
reverse = true
status = { en = "draft", nb = "draft", nn = "draft", is = "draft" }
[items.trust_risk.ours.direct]
en = "Working with {partner} is a risk for us."
nb = "Å samarbeide med {partner} er en risiko for oss."
nn = "Å samarbeide med {partner} er ein risiko for oss."
is = "Samstarf við {partner} er áhætta fyrir okkur."
[items.trust_risk.theirs.direct]
en = "Working with {organisation} is a risk for us."
nb = "Å samarbeide med {organisation} er en risiko for oss."
nn = "Å samarbeide med {organisation} er ein risiko for oss."
is = "Samstarf við {organisation} er áhætta fyrir okkur."
"""

OVERALL = """
construct = "overall"

[items.overall_good]
scale = "agree3"
status = { en = "draft", nb = "draft", nn = "draft", is = "draft" }
[items.overall_good.ours.direct]
en = "All in all, we work well with {partner}."
nb = "Alt i alt samarbeider vi godt med {partner}."
nn = "Alt i alt samarbeider vi godt i lag med {partner}."
is = "Þegar á heildina er litið er samstarf okkar við {partner} gott."
[items.overall_good.theirs.direct]
en = "All in all, we work well with {organisation}."
nb = "Alt i alt samarbeider vi godt med {organisation}."
nn = "Alt i alt samarbeider vi godt i lag med {organisation}."
is = "Þegar á heildina er litið er samstarf okkar við {organisation} gott."
"""

OPEN = """
[items.open_change]
kind = "text"
max_length = 500
status = { en = "draft", nb = "draft", nn = "draft", is = "draft" }
[items.open_change.hint]
en = "Leave out names of people."
nb = "Utelat navn på personer."
nn = "Utelat namn på personar."
is = "Slepptu nöfnum fólks."
[items.open_change.ours.direct]
en = "What should {partner} change?"
nb = "Hva bør {partner} endre?"
nn = "Kva bør {partner} endre?"
is = "Hverju ætti {partner} að breyta?"
[items.open_change.theirs.direct]
en = "What should {organisation} change?"
nb = "Hva bør {organisation} endre?"
nn = "Kva bør {organisation} endre?"
is = "Hverju ætti {organisation} að breyta?"
"""

MINI = """
id = "mini"
sides = ["ours", "theirs"]
perspectives = ["direct"]
min_answered = 0.5
off_scale = ["dont_know", "not_applicable"]
sources = ["Our own."]

[title]
en = "A short form"
nb = "Et kort skjema"
nn = "Eit kort skjema"
is = "Stutt eyðublað"

[reference_period]
en = "The last 12 months."
nb = "De siste 12 månedene."
nn = "Dei siste 12 månadene."
is = "Síðustu 12 mánuðir."

[introduction.ours]
en = "Rate {partner}."
nb = "Vurder {partner}."
nn = "Vurder denne: {partner}."
is = "Mettu {partner}."

[introduction.theirs]
en = "Rate {organisation}."
nb = "Vurder {organisation}."
nn = "Vurder denne: {organisation}."
is = "Mettu {organisation}."

[[pages]]
items = ["trust_promises", "trust_risk"]

[[pages]]
items = ["overall_good", "open_change"]
"""

FILES = {
    "bank/constructs.toml": CONSTRUCTS,
    "bank/scales.toml": SCALES,
    "bank/items/trust.toml": TRUST,
    "bank/items/overall.toml": OVERALL,
    "bank/items/open.toml": OPEN,
    "instruments/mini.toml": MINI,
}


class Shelf:
    """A library in a folder of its own, whose files a test rewrites."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, content in FILES.items():
            self.write(name, content)

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, content: str) -> Path:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a passage wherever it stands; it must be there, so that no edit misses."""
        content = self.path(name).read_text(encoding="utf-8")
        assert old in content, f"{old!r} is not in {name}"
        self.write(name, content.replace(old, new))

    def check(self, name: str = "instruments/mini.toml") -> tuple[Problem, ...]:
        return check_file(self.path(name))


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "library")
