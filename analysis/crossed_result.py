"""The result of a model with raters and partners: variances, scores, severities."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from analysis.data import Label
from analysis.readable import Readable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class CrossedPartner:
    """One partner: ratings, raters, raw mean, and the score freed from its raters' severity.

    `effect` is score − mu, `se` its conditional standard deviation given the variances;
    `raters_effect` the mean effect of those who rated it, above 0 if they are mild, with its
    interval: None where it was not asked for, or cannot be.
    """

    partner: Label
    n: int
    raters: int
    mean: float
    score: float
    effect: float
    se: float
    ci_low: float | None
    ci_high: float | None
    reliability: float
    raters_effect: float | None = None
    raters_effect_low: float | None = None
    raters_effect_high: float | None = None


@dataclass(frozen=True, slots=True)
class RaterSeverity:
    """One rater: how far above (mild) or below (severe) all raters it rates the same partners."""

    rater: Label
    n: int
    partners: int
    effect: float
    se: float


@dataclass(frozen=True, slots=True, repr=False)
class Crossed(Readable):
    """Partners and raters in the order of their labels, and the variances between them.

    Variances in squared scale points. `components` are the groups of partners that common raters
    link. `raters` tells of single people: it is for the model's user, not for publication, and
    neither `to_dict` nor `to_frame` has it. `severity_low` and `severity_high` are the interval of
    `severity`, None as `raters_effect` is.
    """

    rows: tuple[CrossedPartner, ...]
    raters: tuple[RaterSeverity, ...]
    mu: float
    mu_se: float
    partner_variance: float
    rater_variance: float
    residual_variance: float
    log_likelihood: float
    components: tuple[tuple[Label, ...], ...]
    level: float
    method: str
    n_used: int
    n_total: int
    notes: tuple[str, ...] = ()
    severity_low: float | None = None
    severity_high: float | None = None

    @property
    def shares(self) -> dict[str, float]:
        """Share of the variance of one rating that lies with partners, raters, and the rest."""
        parts = {
            "partner": self.partner_variance,
            "rater": self.rater_variance,
            "residual": self.residual_variance,
        }
        return {name: value / sum(parts.values()) for name, value in parts.items()}

    @property
    def severity(self) -> float:
        """Share of severity in the differences between the ratings of one partner."""
        return self.rater_variance / (self.rater_variance + self.residual_variance)

    @property
    def sentence(self) -> str:
        """Say how much the severity of raters matters."""
        share = self.shares
        return (
            f"Of the differences between ratings {100 * share['partner']:.0f}\u00a0% lie between "
            f"partners and {100 * share['rater']:.0f}\u00a0% between severe and mild raters; the "
            "scores are freed from the latter."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all but the raters as plain dictionaries and lists."""
        plain = {**asdict(self), "shares": self.shares, "notes": list(self.notes)}
        plain["rows"] = [asdict(row) for row in self.rows]
        plain["components"] = [list(group) for group in self.components]
        plain["n_raters"] = len(plain.pop("raters"))
        return plain

    def to_frame(self) -> "pd.DataFrame":
        """Return one row per partner as a pandas data frame."""
        import pandas as pd  # noqa: PLC0415 - pandas takes a third of a second to import

        return pd.DataFrame([asdict(row) for row in self.rows])
