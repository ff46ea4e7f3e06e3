"""What is said about each refusal: what happened, and what to do now."""

from dataclasses import dataclass
from typing import Final


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for «translate this later»)
    """Mark a text for the catalogues; it is translated when it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a page says about an error: what happened, and what to do now."""

    title: str
    happened: str
    advice: str


_OPEN_LINK: Final = N_(
    "Open your personal link again, from the invitation. You continue where you left off."
)
_BACK: Final = N_("Go back to the page you came from and try again.")

EXPLANATIONS: Final[dict[str | int, Explanation]] = {
    "unknown_invitation": Explanation(
        N_("This link is not known"),
        N_("No survey belongs to the link that was opened."),
        N_(
            "Check that the whole link was copied from the invitation, without a full stop at the "
            "end. If it still does not work, ask the person who invited you for a new one."
        ),
    ),
    "wave_not_open": Explanation(
        N_("The survey has not opened yet"),
        N_("Your link is right, but “%(title)s” does not take answers yet."),
        N_("Keep the link and open it again later."),
    ),
    "wave_closed": Explanation(
        N_("The survey is closed"),
        N_("“%(title)s” has ended and takes no more answers. What you submitted counts."),
        N_("There is nothing more to do."),
    ),
    "used_link": Explanation(
        N_("Everything is submitted"),
        N_("Everything that belongs to this link has been submitted. It can no longer be changed."),
        N_("There is nothing more to do. Your receipts:"),
    ),
    "nothing_left": Explanation(
        N_("Everything is submitted"),
        N_("Everything that belongs to this link has been submitted. It can no longer be changed."),
        N_("There is nothing more to do. The receipt was shown in the browser that submitted."),
    ),
    "no_session": Explanation(
        N_("Open your personal link again"),
        N_("This browser does not know who is answering: the session has ended, or never began."),
        _OPEN_LINK,
    ),
    "other_link": Explanation(
        N_("Another personal link was opened in this browser"),
        N_("The page you sent belongs to a different link, so nothing of it was stored."),
        _OPEN_LINK,
    ),
    "page_too_early": Explanation(
        N_("An earlier page comes first"),
        N_("This page cannot be saved before page %(allowed)d. Nothing that was saved is lost."),
        N_("Continue with page %(allowed)d."),
    ),
    "already_submitted": Explanation(
        N_("These answers have already been submitted"),
        N_("The answers were submitted earlier. They are stored and cannot be changed."),
        N_("The receipt says that they are stored."),
    ),
    "unknown_partner": Explanation(
        N_("There is no such partner on your list"),
        N_("Your list has partners 1 to %(last)d."),
        N_("Continue from the list of partners."),
    ),
    "unknown_page": Explanation(
        N_("There is no such page"),
        N_("The questionnaire has pages 1 to %(last)d."),
        N_("Continue where you left off."),
    ),
    "unknown_item": Explanation(
        N_("This page has no such question"),
        N_("An answer to a question that is not on this page was sent. Nothing of it was stored."),
        _BACK,
    ),
    "unknown_language": Explanation(
        N_("This language is not offered"),
        N_("The survey cannot be shown in that language."),
        N_("Go back and choose one of the languages at the top of the page."),
    ),
    "unknown_receipt": Explanation(
        N_("This receipt is not known"),
        N_("No stored answers belong to this receipt."),
        N_("Check the code. It has letters and digits in groups of four."),
    ),
    "wave_state": Explanation(
        N_("There are no results yet"),
        N_("The wave is still open. Until it is closed, no one sees any result."),
        N_("Close the wave, then open the link again."),
    ),
    "results_missing": Explanation(
        N_("The results are not computed yet"),
        N_("The wave is closed, but its results were never finished."),
        N_("Run “tillit study close” once more, then open the link again."),
    ),
    "comparison_outdated": Explanation(
        N_("The comparison must be made anew"),
        N_("What partners of wave %(wave)d are compared by was kept by another version of tillit."),
        N_("Run “tillit study research %(slug)s --wave %(wave)d”, then open the page again."),
    ),
    "comparison_unreadable": Explanation(
        N_("The comparison cannot be shown"),
        N_("What partners of wave %(wave)d are compared by is damaged and cannot be read."),
        N_("Run “tillit study research %(slug)s --wave %(wave)d”, then open the page again."),
    ),
    "report_missing": Explanation(
        N_("The report is not made yet"),
        N_("The wave is closed, but its report for researchers was never made, or was deleted."),
        N_("Run “tillit study research %(slug)s --wave %(wave)d”, then open the link again."),
    ),
    "results_held_back": Explanation(
        N_("The report cannot be made now"),
        N_(
            "Answers were withdrawn after the results were published. A report made now would show "
            "which."
        ),
        N_("The published results stay as they are until enough answers differ."),
    ),
    "wave_purged": Explanation(
        N_("The data were deleted"),
        N_("The answers to this wave and all results were deleted on %(day)s, as was promised."),
        N_("There is nothing more to do."),
    ),
    "form_too_old": Explanation(
        N_("Please press the button once more"),
        N_(
            "The page had been open for too long, or the browser did not send its cookie. Nothing "
            "was stored yet."
        ),
        _BACK,
    ),
    "report_emptied": Explanation(
        N_("The report is empty"),
        N_(
            "What was in this report was deleted together with the data of a wave, on its last day."
        ),
        N_("Make a new report of a wave whose data are still kept."),
    ),
    "report_overtaken": Explanation(
        N_("The report was not made"),
        N_("What it rests on was changed while it was made. Nothing was kept."),
        N_("Go back and make it once more."),
    ),
    "report_unreadable": Explanation(
        N_("The report cannot be read"),
        N_("It is damaged, or another version of this program made it."),
        N_("Make it anew, or ask who runs this server for the last backup."),
    ),
    "sign_in_first": Explanation(
        N_("Please log in"),
        N_("Nobody is logged in in this browser, or not any more. Nothing was changed."),
        N_("Log in, then do it once more."),
    ),
    "unknown_reset": Explanation(
        N_("This link does not work any more"),
        N_("A link for a password works once, and for a short time only."),
        N_("Ask for a new one."),
    ),
    "unknown_reply": Explanation(
        N_("This link does not work"),
        N_("It belongs to nothing that can be seen now: it was never right, or its time is over."),
        N_("Ask the person who sent it to you for a new one."),
    ),
    "entry_struck": Explanation(
        N_("This was struck out"),
        N_("What is struck out of a record stays to be read and is not changed any more."),
        N_("Go back to the record, and write it down anew if it is needed."),
    ),
    "untrusted_host": Explanation(
        N_("This is not our address"),
        N_("The server does not answer under the name that was asked for."),
        N_("Open the address exactly as it stands in your invitation."),
    ),
    400: Explanation(
        N_("The request was not understood"),
        N_("What the browser sent cannot be right, so nothing of it was stored."),
        _BACK,
    ),
    404: Explanation(
        N_("There is no page here"),
        N_("No page belongs to this address."),
        N_("Check the address. If you were answering a survey, open your personal link again."),
    ),
    405: Explanation(
        N_("This cannot be done here"),
        N_("The page does not take this kind of request. Nothing was changed."),
        _BACK,
    ),
    413: Explanation(
        N_("Too much was sent"),
        N_(
            "A page may be at most 256 kB. Nothing of it was stored; what was saved before is safe."
        ),
        N_("Go back, shorten the text, and send the page again."),
    ),
    429: Explanation(
        N_("Too many wrong links"),
        N_("More than 20 wrong links or receipts were tried within a minute."),
        N_("Wait a minute. A correct link always works."),
    ),
    500: Explanation(
        N_("Something went wrong on our side"),
        N_("The page could not be made. Every answer that was confirmed as saved is safe."),
        N_("Try again in a moment. If it happens again, tell the person who invited you."),
    ),
    503: Explanation(
        N_("Nothing can be stored right now"),
        N_("The last page could not be saved. Every answer that was confirmed as saved is safe."),
        N_("Wait a moment and try again."),
    ),
}
