"""Studies, partners, people."""

# ruff: noqa: N818 (as in survey.errors.base)

from survey.errors.base import SurveyError


class UnknownStudy(SurveyError):
    """No study has this name."""

    status = 404
    text = "there is no study {slug!r}; there are: {known}"


class UnknownWave(SurveyError):
    """The study has no such wave."""

    status = 404
    text = "study {slug!r} has no wave {wave}; it has: {known}"


class UnknownSide(SurveyError):
    """A side that the study did not ask."""

    status = 404
    text = "study {slug!r} has no side {side!r}; it has: {allowed}"


class StudyExists(SurveyError):
    """The name of a new study is taken."""

    status = 409
    text = "there is a study {slug!r} already: choose another name"


class WaveState(SurveyError):
    """The wave is not in the state that the command needs."""

    status = 409
    text = "wave {wave} of {slug!r} is {state}, but must be {needed} to {act}{hint}"


class TranslationsNotReady(SurveyError):
    """Translations that no second person has read, or that are older than the English text."""

    status = 409
    text = (
        "study {slug!r} was not opened, because of its translations:{problems}\n"
        "Have them reviewed and make the study anew (`tillit instruments translations`), "
        "or take the responsibility: tillit study open {slug} {flags}"
    )


class NothingSubmitted(SurveyError):
    """A wave without submitted answers cannot be closed."""

    status = 409
    text = (
        "wave {wave} of {slug!r} has no submitted answers ({started} started): "
        "it stays open, because an empty snapshot could never be filled"
    )


class NoUpload(SurveyError):
    """A sheet that was handed in, looked at, and is gone."""

    status = 404
    text = "this sheet is not here any more: it was taken in, given up, or left for a day"


class NoDraft(SurveyError):
    """A study in the making that was made meanwhile, or given up."""

    status = 404
    text = "this study is not in the making any more: it was made, or given up"


class NoOpenLink(SurveyError):
    """An open link to a study whose answers belong to persons."""

    status = 409
    text = (
        "study {slug!r} is {mode}: an open link leads to nobody in particular, so only an "
        "anonymous study has one; invite people with `tillit invite {slug} PEOPLE.csv`"
    )


class NoSuchPartner(SurveyError):
    """A partner that the study does not ask about, or none where one is needed."""

    exit_code = 2
    text = "--partner: {given}; the link must be for one of {known}"


class NoPartnerNamed(SurveyError):
    """No organisation in the register has this name."""

    status = 404
    exit_code = 2
    text = "there is no partner {name!r}; there are: {known}"


class PartnerInUse(SurveyError):
    """A partner that a study asks about right now."""

    status = 409
    text = "{name!r} cannot be {act}: {where}; close it first"


class ChangedMeanwhile(SurveyError):
    """What a sheet would do is no longer what somebody agreed to."""

    status = 409
    text = "{file} would now change something else than what was shown: look at it again"


class FileExists(SurveyError):
    """A command would have overwritten a file that cannot be made again."""

    status = 409
    text = "{path} exists: links are shown only once, so it is not overwritten; name another file"
