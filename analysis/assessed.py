"""What `assess` found: one object, its document for JSON, and its sections as data frames."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.errors import UnknownChoice
from analysis.factor_section import FactorSection
from analysis.findings import Finding
from analysis.htmt import Matrix
from analysis.partner_assessment import PartnerAssessment, guessed_dicts
from analysis.partners import PartnerTable
from analysis.report.notebook import framed, in_short
from analysis.scale_assessment import Choices, ScaleAssessment
from analysis.sections import PROBLEM, SECTIONS, frame_of, present
from analysis.study_parts import StudyParts
from analysis.version import __version__

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data came from: the name of the file and the SHA-256 of its bytes."""

    file: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Assessment:
    """Everything that `assess` found; each section of it is a data frame of the same name.

    `found.scales`, `found.items`, `found.partners`, `found.ranks` … are pandas data frames, one
    row per scale, item, or partner of a scale: all names that `sections.SECTIONS` has.

    Parameters
    ----------
    n_rows
        Rows that were analysed.
    source
        Where the data came from.
    choices
        Options of the statistics.
    findings
        What is wrong with the data, the worst first; none of it forbids the analysis.
    by_scale
        Scale name to its statistics.
    by_partner
        Scale name to the statistics of the partners; empty without a partner column.
    guesses
        Scale of guesses of the other side's view to the means of the partners.
    ratios
        HTMT ratios between the scales; None with fewer than two scales of two items.
    factors
        The model with one factor per scale.
    methods
        How the numbers were computed, in paragraphs.
    notes
        What a reader must know of the whole, in sentences.
    parts
        What is there on request: sides, waves, drivers, careless rows.
    """

    n_rows: int
    source: Source
    choices: Choices
    findings: tuple[Finding, ...]
    by_scale: dict[str, ScaleAssessment]
    by_partner: dict[str, PartnerAssessment]
    ratios: Matrix | None
    factors: FactorSection
    methods: tuple[str, ...]
    notes: tuple[str, ...]
    parts: StudyParts = field(default_factory=StudyParts)
    guesses: dict[str, PartnerTable] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the assessment as the JSON has it: unrounded, None where not computable."""
        document = {
            "format": FORMAT,
            "tillit": __version__,
            "n_rows": self.n_rows,
            "data": asdict(self.source),
            "settings": asdict(self.choices),
            "problems": [{name: getattr(f, name) for name in PROBLEM} for f in self.findings],
            "scales": {name: scale.to_dict() for name, scale in self.by_scale.items()},
            "distinctness": _distinctness(self.ratios),
            "factors": self.factors.to_dict(),
            "methods": list(self.methods),
            "notes": list(self.notes),
        }
        if self.choices.partner is not None:
            parts = self.by_partner.items()
            document["aggregation"] = {name: part.aggregation_dict() for name, part in parts}
            document["partners"] = {name: part.partner_dicts() for name, part in parts}
            document["pooling"] = {name: part.pooling_dict() for name, part in parts}
            document["comparisons"] = {name: part.tests.to_dict() for name, part in parts}
            document["chances"] = {name: part.chances.to_dict() for name, part in parts}
        if self.guesses:
            document["guesses"] = {n: guessed_dicts(table) for n, table in self.guesses.items()}
        return document | self.parts.to_dict()

    def to_frame(self, section: str) -> "pd.DataFrame":
        """Return one part of the assessment as a pandas data frame.

        Parameters
        ----------
        section
            A name that `sections.SECTIONS` has: "scales", "items", "loadings", "distinctness",
            "problems"; with partners "partners", "ranks", "aggregation" and "comparisons"; where
            they were asked for "two_sides", "waves", "warnings", "drivers" and "quality".

        Raises
        ------
        UnknownChoice
            If there is no such part, or it was not asked for.
        """
        document = self.to_dict()
        names = present(document)
        if section not in names:
            raise UnknownChoice(f"section is {section!r}; choose one of {', '.join(names)}.")
        return frame_of(section, document)

    def __repr__(self) -> str:
        """Return what a reader in a hurry must know, and where the rest is."""
        document = self.to_dict()
        return in_short(document, present(document))

    def _repr_html_(self) -> str:
        """Return the report for a notebook."""
        return framed(self.to_dict())

    def __getattr__(self, name: str) -> "pd.DataFrame":
        """Return the section of this name as a data frame, so that it need not be asked for."""
        if name not in SECTIONS:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return self.to_frame(name)

    def __dir__(self) -> list[str]:
        """Return the names of the sections too, for those who press the tabulator."""
        return [*object.__dir__(self), *present(self.to_dict())]


def _distinctness(found: Matrix | None) -> dict[str, Any]:
    if found is None:
        return {"htmt": {}, "sentences": [], "n_used": None, "notes": []}
    return {
        "htmt": found.to_dict(),
        "sentences": list(found.sentences()),
        "n_used": found.n_used,
        "notes": list(found.notes),
    }
