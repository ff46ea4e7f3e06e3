import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.alpha import alpha
from analysis.errors import UnknownChoice
from analysis.pingouin_bridge import pingouin_alpha
from analysis.scale import Scale

TRUST = Scale("trust", ("t1", "t2", "t3"), 1, 5, reverse=("t2",))


def likert(seed, n, gaps=0.0):
    source = np.random.default_rng(seed)
    latent = source.standard_normal((n, 1)) + source.standard_normal((n, 3))
    values = np.clip(np.round(3 + latent * [1, -1, 1]), 1, 5)
    values[source.random(values.shape) < gaps] = np.nan
    return pd.DataFrame(values, columns=list(TRUST.items))


@pytest.mark.parametrize("gaps", [0, 0.2])
def test_pingouin_agrees_on_complete_rows(gaps):
    frame = likert(1, 80, gaps)
    ours = alpha(frame, TRUST, missing="listwise", ci="feldt")
    theirs = pingouin_alpha(frame, TRUST)
    assert theirs.estimate == pytest.approx(ours.estimate, abs=1e-12)
    assert theirs.ci_low == pytest.approx(ours.ci_low, abs=5.1e-4)
    assert theirs.ci_high == pytest.approx(ours.ci_high, abs=5.1e-4)
    assert (theirs.n_used, theirs.n_total) == (ours.n_used, 80)
    assert "rounded" in theirs.notes[0]


def test_pingouin_is_not_asked_what_is_not_computable():
    found = pingouin_alpha(likert(2, 40).assign(t1=3), TRUST)
    assert found.estimate is None
    assert "constant item" in found.notes[0]
    with pytest.raises(UnknownChoice, match="level is 95"):
        pingouin_alpha(likert(2, 40), TRUST, level=95)


def test_pingouin_is_imported_only_when_called():
    program = "import sys, analysis.pingouin_bridge; sys.exit('pingouin' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
