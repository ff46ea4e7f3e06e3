"""The data of closed waves, and what is published of them."""

# ruff: noqa: N818 (as in survey.errors.base)

from survey.errors.base import SurveyError


class SnapshotMissing(SurveyError):
    """The file of a closed wave is not where it was written."""

    status = 503
    text = "the file {path} of a closed wave is missing: restore it from a backup"


class SnapshotChanged(SurveyError):
    """The file of a closed wave is not the one that was written."""

    status = 503
    text = (
        "{path} is not what was written when the wave was closed (SHA-256 {found}, expected "
        "{expected}): restore it from a backup; nothing is computed from a changed file"
    )


class WavePurged(SurveyError):
    """The data of the wave, results and all, were deleted when their time had come."""

    status = 410
    text = "the data of wave {wave} of {slug!r} were deleted on {day}, as was promised"


class DataDisagree(SurveyError):
    """The database holds more of a closed wave than its file does."""

    status = 503
    text = (
        "the database has answers of wave {wave} of {slug!r} that its data file does not have: "
        "restore both from the same backup; nothing was changed"
    )


class NotASnapshot(SurveyError):
    """A file that carries no description of a closed wave."""

    exit_code = 2
    text = "{path} is not a snapshot of a closed wave: {problem}"


class ResultsMissing(SurveyError):
    """The wave is closed, but its report was never finished."""

    status = 503
    text = (
        "the results of wave {wave} of {slug!r} are not computed: run `tillit study close {slug}`"
    )


class ComparisonOutdated(SurveyError):
    """What partners are compared by was kept by another edition of this program."""

    status = 503
    text = (
        "what partners of wave {wave} of {slug!r} are compared by was kept by another version of "
        "tillit: run `tillit study research {slug} --wave {wave}` once, and it is made anew"
    )


class ComparisonUnreadable(SurveyError):
    """The file of what partners are compared by is damaged."""

    status = 503
    text = (
        "what partners of wave {wave} of {slug!r} are compared by cannot be read: run "
        "`tillit study research {slug} --wave {wave}`, and it is made anew"
    )


class ReportMissing(SurveyError):
    """The wave is closed, but nobody has made its report for researchers."""

    status = 409
    text = (
        "there is no report of wave {wave} of {slug!r} for researchers: run "
        "`tillit study research {slug} --wave {wave}`"
    )


class ResultsHeldBack(SurveyError):
    """Answers were withdrawn since results were published; what is made now would show them."""

    status = 409
    text = (
        "answers were withdrawn from wave {wave} of {slug!r} since its results were published, and "
        "numbers made anew would show which: they stay as they are until enough answers differ"
    )


class NoAnswersFromSide(SurveyError):
    """One of the sides that were asked has not answered at all."""

    status = 404
    text = "nobody on side {side!r} has answered in wave {wave} of {slug!r}"


class NothingToExport(SurveyError):
    """Every row falls under the threshold."""

    status = 409
    text = (
        "no partner has {min_group} submitted answers in wave {wave} of {slug!r}: "
        "there is nothing that may be exported"
    )
