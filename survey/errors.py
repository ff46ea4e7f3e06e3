"""Everything that can be refused, by name.

Each error carries the HTTP status a page answers with, a ``message_id`` (the
class name in snake_case) under which pages translate it, and the ``params``
that fill the message. The English message, for the command line and the log,
stands beside the name. No message contains a token, an answer or a person's
name, except where a command reports on the file it was just given.
"""

# ruff: noqa: N818 (each name says what is wrong; "Error" at the end would say it twice)

import re
from typing import ClassVar


class SurveyError(Exception):
    """Base of every refusal of the survey package."""

    status: ClassVar[int] = 400
    exit_code: ClassVar[int] = 1
    message_id: ClassVar[str] = "survey_error"
    text: ClassVar[str] = "the request was refused"

    def __init_subclass__(cls) -> None:
        """Give every error the message id that its name spells."""
        super().__init_subclass__()
        cls.message_id = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.text.format(**params))


class BadInput(SurveyError):
    """Input that was refused whole, with every reason found in it."""

    exit_code = 2
    text = "{where}: nothing was stored, because of {count}"

    def __init__(self, where: str, problems: tuple[str, ...]) -> None:
        plural = "" if len(problems) == 1 else "s"
        super().__init__(where=where, count=f"{len(problems)} problem{plural}")
        self.problems = problems

    def __str__(self) -> str:
        return "\n  ".join((super().__str__(), *self.problems))


# Installation and database -------------------------------------------------------------


class BadSettings(SurveyError):
    """The environment does not describe a server that may run."""

    status = 500
    exit_code = 2
    text = "{problem}"


class NotSetUp(SurveyError):
    """The database has no tables yet."""

    status = 503
    text = "the database has not been set up: run `tillit init --organisation NAME`"


class AlreadySetUp(SurveyError):
    """`tillit init` was run a second time."""

    status = 409
    text = "this installation is already set up, for {organisation!r}: nothing was changed"


class OldSchema(SurveyError):
    """The database is older than the program."""

    status = 503
    text = (
        "the database is at schema {found}, this program needs {expected}: "
        "run `tillit upgrade` (it backs up an SQLite database first)"
    )


class UnknownSchema(SurveyError):
    """The database was written by a newer program, or is no tillit database."""

    status = 503
    text = (
        "the database is at schema {found!r}, which this program does not know (it knows {known}): "
        "install the version of tillit that wrote it, or restore a backup; nothing was changed"
    )


class StorageUnreachable(SurveyError):
    """The database does not answer."""

    status = 503
    text = "the database cannot be used: {reason}; nothing was stored"


class StorageBusy(SurveyError):
    """Another writer held the database for too long."""

    status = 503
    text = "the database was busy for {seconds} seconds: nothing was stored, try again"


# Studies, partners, people -------------------------------------------------------------


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


# Snapshots -----------------------------------------------------------------------------


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


# The respondent's way ------------------------------------------------------------------


class UnknownInvitation(SurveyError):
    """The link leads to no invitation; the same for a wrong and a withdrawn one."""

    status = 404
    text = "this link is not known"


class WaveNotOpen(SurveyError):
    """The survey behind the link has not been opened yet."""

    status = 409
    text = "the survey {title!r} is not open yet"


class WaveClosed(WaveNotOpen):
    """The survey behind the link is closed for good."""

    status = 410
    text = "the survey {title!r} is closed"


class UnknownLanguage(SurveyError):
    """A language in which this study is not offered."""

    text = "language {language!r} is not offered; choose one of {allowed}"


class UnknownPartner(SurveyError):
    """A place that is not on this person's list."""

    status = 404
    text = "there is no place {place} on this list; places are 1 to {last}"


class UnknownPage(SurveyError):
    """A page number that the questionnaire does not have."""

    status = 404
    text = "there is no page {page}; pages are 1 to {last}"


class PageTooEarly(SurveyError):
    """A later page, or the end, before the pages before it."""

    status = 409
    text = "page {allowed} comes first"

    def __init__(self, *, allowed: int) -> None:
        super().__init__(allowed=allowed)
        self.allowed = allowed


class AlreadySubmitted(SurveyError):
    """These answers were handed in; they do not change any more."""

    status = 409
    text = "these answers were already submitted"

    def __init__(self, *, receipt: str | None) -> None:
        super().__init__(receipt=receipt)
        self.receipt = receipt


class UnknownItem(SurveyError):
    """An answer to something that this page does not ask."""

    text = "page {page} has no question {item!r}; nothing was stored"


class OffScale(SurveyError):
    """An answer that is not among those offered."""

    text = "{item}: the answer is not on the scale; allowed are {allowed}; nothing was stored"


class TooManyChosen(SurveyError):
    """More options than the question allows."""

    text = "{item}: {chosen} were chosen, at most {allowed} are allowed; nothing was stored"


class TextTooLong(SurveyError):
    """A free text beyond its limit."""

    text = (
        "{item}: the text has {length} characters, at most {allowed} are kept; nothing was stored"
    )


class WrongOrder(SurveyError):
    """An order of questions that the questionnaire does not allow."""

    text = "the questions cannot stand in this order; nothing was stored"


class BadAutosave(SurveyError):
    """A number or a name of a browser tab that no page of ours sends."""

    text = "an autosave has a client of 1 to 40 letters and a number from 1; nothing was stored"


class WeakKey(SurveyError):
    """A browser session without a secret of its own."""

    status = 500
    text = "the session's key has fewer than {least} characters; nothing was stored"


class UnknownReceipt(SurveyError):
    """No answers were submitted under this code."""

    status = 404
    text = "no answers are known under this receipt"


class UnknownReceipts(SurveyError):
    """Some of the codes given to a command are unknown; they are named by line only."""

    text = (
        "no answers are known under the receipt in line {lines} (of {count} receipts): look for "
        "a slip of the pen; all others are erased"
    )


# People who work with the surveys -------------------------------------------------------


class UnknownUser(SurveyError):
    """Nobody has this name or e-mail address."""

    status = 404
    text = "there is no user {given!r}; `tillit user list` shows all"


class SeveralUsers(SurveyError):
    """More than one user has this name."""

    status = 409
    text = "{count} users are called {given!r}: give the e-mail address instead"


class UserExists(SurveyError):
    """An e-mail address that someone logs in with already."""

    status = 409
    text = "there is a user with this e-mail address already: nobody was added"


class LastAdmin(SurveyError):
    """Nobody would be left who can let people in."""

    status = 409
    text = "this is the only admin who may log in: make someone else an admin first"


class UserDisabled(SurveyError):
    """A user who may not log in at present."""

    status = 409
    text = "this user is disabled: run `tillit user enable` first"


class WeakPassword(SurveyError):
    """A password that is not taken; ``reason`` names the rule."""

    exit_code = 2
    text = "the password is not taken: {why}"

    def __init__(self, *, reason: str, why: str) -> None:
        super().__init__(reason=reason, why=why)
        self.reason = reason


class WrongLogin(SurveyError):
    """E-mail address, password or code that do not open anything; which one is not said."""

    text = "the log-in was refused"


class TooManyTries(SurveyError):
    """Someone has tried in vain too often, and has to wait."""

    status = 429
    text = "too many tries: wait {seconds} seconds"

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.seconds = seconds


class UnknownReset(SurveyError):
    """A link for a new password that is wrong, used or too old; which, is not said."""

    status = 404
    text = "this link does not work any more"


# Mail ----------------------------------------------------------------------------------


class BadMail(SurveyError):
    """A message that cannot be queued as it was given."""

    exit_code = 2
    text = "a message of kind {kind!r} was not queued: {problem}"


class SealBroken(SurveyError):
    """What was sealed cannot be read: it was changed, or TILLIT_SECRET_KEY was."""

    text = "the message was sealed with another TILLIT_SECRET_KEY: it is asked for anew"


class MailServerUnreachable(SurveyError):
    """The mail server does not answer, or breaks off again and again."""

    status = 503
    text = "the mail server cannot be used: {reason}; {waiting} messages wait, nothing is lost"


class MailServerRefuses(SurveyError):
    """The mail server takes nothing from us, whomever it is for."""

    status = 503
    text = (
        "the mail server takes nothing from us: {reason}; {waiting} messages wait: look at "
        "TILLIT_SMTP_URL and TILLIT_MAIL_FROM"
    )


class UnknownMessage(SurveyError):
    """No message of this number is in a state in which this can be done to it."""

    status = 404
    text = "no message {number} is doubtful or failed; `tillit send --status` lists those that are"


class LinkMayBeOut(SurveyError):
    """A second link for somebody who may have the first, in a study that can tell no one apart."""

    status = 409
    text = (
        "message {number} belongs to an anonymous study, where a second link could be used for a "
        "second answer: drop it, and give that person the open link (`tillit study link {slug}`)"
    )


class NoReminder(SurveyError):
    """Reminders that would come too soon, or once too often."""

    status = 409
    text = "no one in {slug!r} is reminded: {problem}"


class UnknownPerson(SurveyError):
    """An address that is invited to no wave of the study."""

    status = 404
    text = "--as: nobody with this address is invited to {slug!r}"


class NoLetters(SurveyError):
    """Nobody to write a letter to."""

    status = 409
    text = "there is no letter to write in {slug!r}: {problem}"
