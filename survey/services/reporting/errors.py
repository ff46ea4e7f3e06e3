"""What can be wrong with a report."""

# ruff: noqa: N818 (each name says what is wrong, as in survey.errors)

from survey.errors import SurveyError


class NoSuchReport(SurveyError):
    """The study has no such report."""

    status = 404
    text = "there is no such report of this study"


class ReportEmptied(SurveyError):
    """A report whose numbers went when the data of a wave in it were deleted."""

    status = 410
    text = "what was in this report was deleted together with the data of a wave, on its last day"


class ReportUnreadable(SurveyError):
    """A report whose bytes are damaged, or that another edition of this program has kept."""

    status = 503
    text = "this report cannot be read: it is damaged, or another version of tillit made it"


class ReportOvertaken(SurveyError):
    """What a report rests on was deleted or changed while the report was composed."""

    status = 409
    text = "what this report rests on was changed while it was made: nothing was kept"
