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

LOYALTY = """
construct = "loyalty"

[items.loyalty_again]
scale = "likely5"
status = { en = "draft", nb = "draft", nn = "draft", is = "draft" }
[items.loyalty_again.ours.direct]
en = "How likely or unlikely are you to choose {partner} again?"
nb = "Hvor sannsynlig er det at du velger {partner} igjen?"
nn = "Kor sannsynleg er det at du vel {partner} igjen?"
is = "Hversu líklegt er að þú veljir {partner} aftur?"
[items.loyalty_again.theirs.direct]
en = "How likely or unlikely are you to choose {organisation} again?"
nb = "Hvor sannsynlig er det at du velger {organisation} igjen?"
nn = "Kor sannsynleg er det at du vel {organisation} igjen?"
is = "Hversu líklegt er að þú veljir {organisation} aftur?"
"""

LOYALTY_CONSTRUCT = """
[loyalty]
kind = "outcome"
label = { en = "Loyalty", nb = "Lojalitet", nn = "Truskap", is = "Tryggð" }
[loyalty.description]
en = "Both stay together."
nb = "Begge holder sammen."
nn = "Begge held saman."
is = "Báðir halda saman."
"""

LIKELY5 = """
[likely5]
low = 0
high = 4
[[likely5.points]]
value = 0
label = { en = "Unlikely", nb = "Usannsynlig", nn = "Usannsynleg", is = "Ólíklegt" }
[[likely5.points]]
value = 4
label = { en = "Likely", nb = "Sannsynlig", nn = "Sannsynleg", is = "Líklegt" }
"""

WAYS = """
[items.wish]
kind = "choice"
only_named = false
options = ["yes", "no", "later"]
status = { en = "draft", nb = "draft", nn = "draft", is = "draft" }
[items.wish.labels]
yes = { en = "Yes", nb = "Ja", nn = "Ja", is = "Já" }
no = { en = "No", nb = "Nei", nn = "Nei", is = "Nei" }
later = { en = "Later", nb = "Senere", nn = "Seinare", is = "Síðar" }
[items.wish.ours.direct]
en = "May {partner} call you?"
nb = "Kan {partner} ringe deg?"
nn = "Kan {partner} ringje deg?"
is = "Má {partner} hringja í þig?"
[items.wish.theirs.direct]
en = "May {organisation} call you?"
nb = "Kan {organisation} ringe deg?"
nn = "Kan {organisation} ringje deg?"
is = "Má {organisation} hringja í þig?"

[items.matters]
kind = "pick"
pick = 2
options = ["price", "speed", "advice"]
status = { en = "draft", nb = "draft", nn = "draft", is = "draft" }
[items.matters.labels]
price = { en = "Price", nb = "Pris", nn = "Pris", is = "Verð" }
speed = { en = "Speed", nb = "Fart", nn = "Fart", is = "Hraði" }
advice = { en = "Advice", nb = "Råd", nn = "Råd", is = "Ráð" }
[items.matters.hint]
en = "Choose two at most."
nb = "Velg høyst to."
nn = "Vel høgst to."
is = "Veldu í mesta lagi tvennt."
[items.matters.ours.direct]
en = "What matters most to you with {partner}?"
nb = "Hva er viktigst for deg hos {partner}?"
nn = "Kva er viktigast for deg hos {partner}?"
is = "Hvað skiptir þig mestu hjá {partner}?"
[items.matters.theirs.direct]
en = "What matters most to you with {organisation}?"
nb = "Hva er viktigst for deg hos {organisation}?"
nn = "Kva er viktigast for deg hos {organisation}?"
is = "Hvað skiptir þig mestu hjá {organisation}?"
"""

GUESSES = """
[items.trust_promises.ours.meta]
en = "{partner} would say that we keep our promises."
nb = "{partner} ville si at vi holder det vi lover."
nn = "{partner} ville seie at vi held det vi lovar."
is = "{partner} segði að við stæðum við loforð okkar."
[items.trust_promises.theirs.meta]
en = "{organisation} would say that we keep our promises."
nb = "{organisation} ville si at vi holder det vi lover."
nn = "{organisation} ville seie at vi held det vi lovar."
is = "{organisation} segði að við stæðum við loforð okkar."
"""

BRANCHING = (
    MINI[: MINI.index("[[pages]]")]
    .replace('"mini"', '"branching"')
    .replace('perspectives = ["direct"]', 'perspectives = ["direct", "meta"]')
    + """
[[pages]]
shuffle = true
items = ["trust_promises", "trust_risk", "wish", "overall_good"]

[[pages]]
show_if = { item = "trust_promises", at_most = 2 }
items = [
  "matters",
  { id = "loyalty_again", show_if = { item = "wish", is = ["yes", "later"] } },
]

[[pages]]
items = [
  { id = "open_change", show_if = [
    { item = "matters", includes = "price" },
    { item = "trust_risk", is = [3, "dont_know"] },
  ] },
]

[[pages]]
perspective = "meta"
items = ["trust_promises"]

[groups]
overall = ["overall_good", "trust_risk"]
"""
)

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

    def append(self, name: str, content: str) -> None:
        self.write(name, self.path(name).read_text(encoding="utf-8") + content)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "library")


@pytest.fixture
def branches(shelf):
    """Give the library with an instrument that uses every key besides: `branching`."""
    shelf.append("bank/constructs.toml", LOYALTY_CONSTRUCT)
    shelf.append("bank/scales.toml", LIKELY5)
    shelf.append("bank/items/trust.toml", GUESSES)
    shelf.write("bank/items/loyalty.toml", LOYALTY)
    shelf.write("bank/items/ways.toml", WAYS)
    shelf.write("instruments/branching.toml", BRANCHING)
    return shelf
