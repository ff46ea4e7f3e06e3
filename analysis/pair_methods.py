"""How partners were compared two by two and with the rest, for the methods of a report."""

from analysis.all_pairs import MOST_PARTNERS
from analysis.pairwise import FEW
from analysis.scale_assessment import Choices


def pair_methods(choices: Choices) -> str:
    """Describe the tests of pairs, of equality, and the bars, as they were chosen.

    Parameters
    ----------
    choices
        Options of the statistics.

    Returns
    -------
    str
        One paragraph.
    """
    level = f"{100 * choices.level:.10g}\u00a0%"
    within = "1/16 of the range of the scale"
    if choices.equal_within is not None:
        within = f"{choices.equal_within:.10g} points"
    few = MOST_PARTNERS if choices.pairs else FEW
    return (
        "Do partners differ at all: Welch's (1951) F with partners weighted by n/s², and "
        "Kruskal-Wallis with ties corrected for; η² and H/(N − 1) are the shares explained. Two by "
        f"two, here of up to {few} partners: Games & Howell (1976), each partner with a variance "
        f"of its own, p and the {level} intervals for all pairs together by the studentized range; "
        "where a partner has fewer than 8 raters this and Welch's F find too much. "
        f"Equal: surely less than {within} apart, by two one-sided t tests (Schuirmann 1987), "
        "Holm over the pairs, or over the partners against the rest. The limit was fixed before "
        "the data were seen, so it is no share of their standard deviation. Comparison bars are "
        "mean ± c standard errors (pooled variance), with c such that the bars of two equal "
        f"partners overlap in {level} of pairs on average (Goldstein & Healy 1995)."
    )
