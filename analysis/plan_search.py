"""What a study of partners would find: formulas where there are some, simulation where not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri, ndtr

from analysis.data import Floats
from analysis.parallel import Progress, run_jobs
from analysis.simultaneous import cheap_limits

MOST_RATERS = 1_000
GRID = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 500, 1_000)
_BATCH = 2_000  # simulated studies in one job, if partners are few
_SCORES = 1_000_000  # scores held at a time
_LIMIT_DRAWS = 4_000
_AT_ONCE = 20  # numbers of raters tried at a time between two that enclose the answer
_PAYS_FROM = 200_000_000  # scores from which starting other processes pays

Shares = dict[int, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Study:
    """Partners, the shares of the variance of one rating, partners per rater, the top group."""

    partners: int
    icc: float
    severity: float
    each: int
    top: int

    def error(self, raters: float) -> float:
        """Return the variance of a partner's mean about its true score, one rating's being 1.

        Notes
        -----
        Each rater is a block of `each` partners. In a balanced design the share
        E = partners (each − 1)/(each (partners − 1)) of what a rating tells about differences
        lies within raters, with variance e = 1 − icc − severity, the rest between them, with
        e + each · severity: n raters tell n (E/e + (1 − E)/(e + each · severity)).

        References
        ----------
        Cochran & Cox (1957), Experimental designs, section 11.

        Examples
        --------
        >>> round(Study(12, 0.2, 0, 1, 4).error(10), 6)
        0.08
        >>> round(Study(4, 0.2, 0.3, 4, 1).error(10), 6)  # all rate all: severity cancels
        0.05
        """
        rest = max(1 - self.icc - self.severity, 1e-12)
        within = self.partners * (self.each - 1) / (self.each * (self.partners - 1))
        told = within / rest + (1 - within) / (rest + self.each * self.severity)
        return 1 / (raters * told)

    def reliability(self, raters: float) -> float:
        """Return the reliability of a partner's mean."""
        return self.icc / (self.icc + self.error(raters))

    def raters_for(self, reliability: float) -> int | None:
        """Return the fewest raters that give a reliability; None where 1,000 do not."""
        if self.icc == 0:
            return None
        exact = reliability / (1 - reliability) * self.error(1) / self.icc
        needed = max(1, math.ceil(exact - 1e-9))
        return needed if needed <= MOST_RATERS else None

    def pairs_apart(self, raters: int, level: float, seed: int) -> float:
        """Return the share of pairs that Tukey's limit would tell apart, all together.

        Notes
        -----
        A difference of two means is N(0, 2 icc + 2 v); it is told from 0 beyond c √(2 v).
        """
        freedom = self.partners * (raters - 1)
        if freedom == 0 or self.icc == 0:
            return 0.0
        source = np.random.default_rng(seed)
        limit, _ = cheap_limits(self.partners, freedom, level, _LIMIT_DRAWS, source)
        error = self.error(raters)
        return float(2 * ndtr(-limit * math.sqrt(error / (self.icc + error))))

    def icc_interval(self, raters: int, level: float) -> tuple[float, float] | None:
        """Return the interval of ICC(1) that a nested study with a typical F would give."""
        if raters < 2 or self.icc == 1:
            return None
        df1, df2 = self.partners - 1, self.partners * (raters - 1)
        f = 1 + raters * self.icc / (1 - self.icc)
        ends = (f / float(fdtri(df1, df2, (1 + side * level) / 2)) for side in (1, -1))
        low, high = ((end - 1) / (end + raters - 1) for end in ends)
        return max(low, 0.0), high


@dataclass(frozen=True, slots=True)
class Search:
    """How the shares are simulated: studies, seed, processes, and who is told how far it is."""

    study: Study
    draws: int
    seed: int
    workers: int | None = None
    progress: Progress | None = None

    def shares(self, raters: Sequence[int], done: float = 0.0, part: float = 1.0) -> Shares:
        """Simulate for numbers of raters how sure the top group is, and the best one.

        Returns
        -------
        dict
            Raters to the share of those named in the top group that belong there, and the share
            of studies whose highest mean is that of the truly best.
        """
        errors = tuple(self.study.error(n) for n in raters)
        size = max(20, min(_BATCH, _SCORES // self.study.partners))
        sizes = [min(size, self.draws - start) for start in range(0, self.draws, size)]
        seeds = np.random.SeedSequence(self.seed).spawn(len(sizes))
        jobs = [(self.study, errors, *job) for job in zip(sizes, seeds, strict=True)]
        work = self.draws * self.study.partners * len(errors)
        workers = self.workers if self.workers or work >= _PAYS_FROM else 1
        told = self.progress
        found = run_jobs(
            _tops,
            jobs,
            workers=workers,
            progress=(lambda share: told(done + part * share)) if told else None,
        )
        total = np.sum(found, axis=0) / self.draws
        return {n: (float(top), float(best)) for n, (top, best) in zip(raters, total, strict=True)}

    def least(self, known: Shares, wanted: float) -> tuple[int | None, Shares]:
        """Find the fewest raters that make the top group as sure as is wanted.

        Returns
        -------
        raters : int or None
            None where the most that are known do not suffice.
        known : dict
            With what was simulated on the way.
        """
        enough = [n for n in sorted(known) if known[n][0] >= wanted]
        if not enough:
            return None, known
        high = enough[0]
        low = max((n for n in known if n < high), default=0)
        if high - low <= 1:
            return high, known
        tried = sorted({int(n) for n in np.linspace(low + 1, high - 1, _AT_ONCE)})
        return self.least({**known, **self.shares(tried, 0.9, 0.1)}, wanted)


Job = tuple[Study, tuple[float, ...], int, np.random.SeedSequence]


def _tops(job: Job) -> Floats:
    """Simulate some studies: per error, the sums of both shares; the same draws for all."""
    study, errors, draws, seed = job
    source = np.random.default_rng(seed)
    true = math.sqrt(study.icc) * source.standard_normal((draws, study.partners))
    noise = source.standard_normal(true.shape)
    rest = study.partners - study.top
    is_top = np.zeros(true.shape, dtype=bool)
    np.put_along_axis(is_top, np.argpartition(true, rest, axis=1)[:, rest:], values=True, axis=1)
    best = true.argmax(axis=1)
    found = np.empty((len(errors), 2))
    for index, error in enumerate(errors):
        seen = true + math.sqrt(error) * noise
        named = np.argpartition(seen, rest, axis=1)[:, rest:]
        hits = np.take_along_axis(is_top, named, axis=1)
        found[index] = hits.sum() / study.top, (seen.argmax(axis=1) == best).sum()
    return found
