"""The states of a side: what is, what it believes, and whether it is wrong."""

from analysis.gaps import APART, CLOSE, Gap

TRUE_CONSENSUS = "true consensus"
TRUE_DISSENSUS = "true dissensus"
FALSE_CONSENSUS = "false consensus"
FALSE_CONFLICT = "false conflict"
CANNOT_BE_TOLD = "cannot be told"
STATES = (TRUE_CONSENSUS, TRUE_DISSENSUS, FALSE_CONSENSUS, FALSE_CONFLICT, CANNOT_BE_TOLD)
_STATE = {
    (CLOSE, CLOSE): TRUE_CONSENSUS,
    (APART, APART): TRUE_DISSENSUS,
    (APART, CLOSE): FALSE_CONSENSUS,
    (CLOSE, APART): FALSE_CONFLICT,
}


def state(agreement: Gap, congruency: Gap, accuracy: Gap) -> str | None:
    """Name the state of a side: whether views are close, whether it believes so, and is wrong.

    Examples
    --------
    >>> agree, believe = Gap(verdict="close"), Gap(-1.3, verdict="apart")
    >>> state(agree, believe, Gap(1.2, ci_low=0.4, ci_high=2.0))
    'false conflict'
    >>> state(agree, believe, Gap(0.3, ci_low=-0.1, ci_high=0.7))
    'cannot be told'
    """
    if congruency.verdict is None:
        return None
    told = _STATE.get((agreement.verdict or "", congruency.verdict), CANNOT_BE_TOLD)
    if told in (FALSE_CONSENSUS, FALSE_CONFLICT) and told != _error(congruency, accuracy):
        return CANNOT_BE_TOLD
    return told


def _error(congruency: Gap, accuracy: Gap) -> str | None:
    """Say how a side is surely wrong: it takes the gap to be smaller than it is, or larger."""
    low, high = accuracy.ci_low, accuracy.ci_high
    if low is None or high is None or low <= 0 <= high:
        return None
    believed = congruency.estimate or 0.0
    real = believed + (accuracy.estimate or 0.0)
    return FALSE_CONSENSUS if abs(believed) < abs(real) else FALSE_CONFLICT
