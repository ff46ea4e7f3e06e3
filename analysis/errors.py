"""Everything that can go wrong in an analysis, by name.

Each message says what was wrong, the value given, what is allowed and what to do.
"""

# ruff: noqa: N818 - the names say what is wrong; that it is an error the base class says

from analysis.findings import Diagnostics


class AnalysisError(Exception):
    """Base of all errors of this package."""


class BadFrame(AnalysisError):
    """The data are not a data frame with distinct column names."""


class UnknownColumn(AnalysisError):
    """A column was asked for that the data do not have."""


class NotNumeric(AnalysisError):
    """An item holds something that is not a finite number."""


class OutOfRange(AnalysisError):
    """An item holds numbers that are not on its scale."""


class BadScale(AnalysisError):
    """A scale contradicts itself."""


class BadScalesFile(AnalysisError):
    """A scales file cannot be read as scales."""


class ScaleMismatch(AnalysisError):
    """Sums of different scales were to be added."""


class UnknownChoice(AnalysisError):
    """An option was given a value it does not have."""


class NotComputable(AnalysisError):
    """The data at hand do not determine the statistic; the message is the reason."""


class UnreadableFile(AnalysisError):
    """A data file is not what it should be; the message says where and what to do."""


class RefusedData(AnalysisError):
    """The data must not be analysed as they are; `diagnostics` names each problem."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(f"{f.message} {f.action}" for f in diagnostics.refused))


def refuse(diagnostics: Diagnostics) -> None:
    """Refuse data with a finding that forbids their analysis.

    Raises
    ------
    RefusedData
        With all findings.
    """
    if diagnostics.refused:
        raise RefusedData(diagnostics)
