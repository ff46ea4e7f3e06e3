"""What is true of the suppliers of the demonstration, and who rates them.

- «Nordlys Elektro» and «Vestvind Transport» are equally good and lead: they cannot be told apart.
- «Fjordheim Papir» falls from wave to wave, above all in accuracy.
- «Lyngstad Renhold» is a false consensus: of how well the two understand each other, each side
  thinks otherwise, and each believes that the other thinks as it does itself.
- «Breiddal Bygg» is weak throughout, and both sides know that they see it differently.
- «Havblikk IT» is weak in openness alone.
- «Tindra Data», «Kvitfjell Sikring» and «Bjørkås Kontor» have too few raters to be shown.
- The others are ordinary.
"""

from dataclasses import dataclass, field
from typing import Final

ORGANISATION: Final = "Midtbyen Energi"
CLOSED_STUDY: Final = "suppliers"
OPEN_STUDY: Final = "your-turn"
ANONYMOUS_STUDY: Final = "after-your-purchase"
SHOP: Final = "Midtbyen Strømbutikk"
WAVES: Final = 4
DEPARTMENT: Final = 6  # people in each
DEPARTMENTS: Final = ("Purchasing", "Operations", "Projects", "Finance", "IT", "Customer service")
# How mild each department is, in points: whoever rates many suppliers is mild with all of them.
MILDNESS: Final = (0.1, -0.15, 0.05, -0.1, 0.15, -0.05)
CONTACTS: Final = 8  # people at a supplier who rate us

Levels = dict[str, float]


@dataclass(frozen=True, slots=True)
class Supplier:
    """How a simulated supplier really is, in points from the middle of the scale.

    Parameters
    ----------
    level
        What our raters think of it.
    departments
        Whose people rate it, by their place in `DEPARTMENTS`.
    category, region, kraljic, share
        As the register of partners knows them.
    raters
        How many of those people rate it, if not all of them.
    contacts
        How many people there rate us.
    fall
        Points that it loses from wave to wave.
    aspects
        Points that are added in single aspects.
    theirs
        What the supplier thinks of us, and of itself, beside what we think of it.
    theirs_aspects
        The same for single aspects.
    blind
        Aspects in which each side believes that the other thinks as it does itself.
    """

    level: float
    departments: tuple[int, ...]
    category: str
    region: str
    kraljic: str
    share: float
    raters: int | None = None
    contacts: int = CONTACTS
    fall: float = 0.0
    aspects: Levels = field(default_factory=dict)
    theirs: float = 0.1
    theirs_aspects: Levels = field(default_factory=dict)
    blind: frozenset[str] = frozenset()


PARTNERS: Final = {
    "Nordlys Elektro": Supplier(1.0, (0, 1, 2), "Electrical", "North", "strategic", 18),
    "Vestvind Transport": Supplier(1.0, (0, 1, 5), "Transport", "West", "leverage", 14),
    "Havblikk IT": Supplier(
        0.4, (0, 3, 4), "IT", "West", "strategic", 12, aspects={"openness": -1.3}
    ),
    "Granli Catering": Supplier(0.4, (3, 5), "Facilities", "East", "routine", 3),
    "Sólheimar Prent": Supplier(0.3, (3, 5), "Print", "Iceland", "routine", 2),
    "Elvestad Logistikk": Supplier(0.3, (0, 1, 2), "Transport", "East", "bottleneck", 9),
    "Lyngstad Renhold": Supplier(
        0.3,
        (1, 3, 5),
        "Facilities",
        "East",
        "leverage",
        7,
        aspects={"mutual_understanding": -1.4},
        theirs_aspects={"mutual_understanding": 2.8},
        blind=frozenset({"mutual_understanding"}),
    ),
    "Fjordheim Papir": Supplier(
        0.7, (0, 2, 3), "Print", "West", "bottleneck", 6, fall=0.4, aspects={"accuracy": -0.3}
    ),
    "Breiddal Bygg": Supplier(
        -0.7, (1, 2, 4), "Construction", "North", "strategic", 16, theirs=1.1
    ),
    "Tindra Data": Supplier(0.9, (4,), "IT", "North", "bottleneck", 5, raters=3, contacts=3),
    "Kvitfjell Sikring": Supplier(
        -0.8, (1,), "Facilities", "East", "routine", 4, raters=4, contacts=3
    ),
    "Bjørkås Kontor": Supplier(0.2, (3,), "Facilities", "East", "routine", 4, raters=3, contacts=2),
}
