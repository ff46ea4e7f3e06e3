"""The kinds of messages: what each carries, and whom it may reach."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message; its words stand in ``texts/<name>.toml``.

    Parameters
    ----------
    name
        Of the kind, and of its texts.
    values
        What must be given when it is queued.
    about_study
        Whether it belongs to a wave.
    of_card
        Whether it is about a card that was let out, named by the value ``release``; the link
        to it is made when it is sent, and takes the place of any before.
    asks
        Whether it asks for answers, and so says by which day.
    links
        Whether a personal link is made for it when it is sent.
    sealed
        Those of the values that must not be readable in the database.
    kept
        Those of the values that stay when the message is sent.
    """

    name: str
    values: tuple[str, ...] = ("name",)
    about_study: bool = True
    of_card: bool = False
    asks: bool = False
    links: bool = False
    sealed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def can_stop(self) -> bool:
        """Whether nobody asked for it: mail about a study or a card.

        Such mail can be stopped by who gets it, is not sent to addresses that bounced, and keeps
        to quiet hours and to the limit per hour; other mail goes at once.
        """
        return self.about_study or self.of_card


INVITATION: Final = Kind("invitation", asks=True, links=True)
REMINDER: Final = Kind("reminder", asks=True, links=True)
ROUND: Final = "round"
GENERAL_REMINDER: Final = Kind("general_reminder", values=("name", ROUND), asks=True, kept=(ROUND,))
THANKS: Final = Kind("thanks")
PASSWORD_RESET: Final = Kind(
    "password_reset", values=("name", "link"), about_study=False, sealed=("link",)
)
# What a message of a study will look like, to whoever writes it; see `trying`.
TRIAL: Final = Kind("trial", values=("name", "study", "of", "subject", "lead"), about_study=False)
REPLY_INVITATION: Final = Kind(
    "reply_invitation", values=("name", "release"), about_study=False, of_card=True
)
REPLY_ANSWERED: Final = Kind(
    "reply_answered", values=("name", "release"), about_study=False, of_card=True
)
KINDS: Final = {
    kind.name: kind
    for kind in (
        *(INVITATION, REMINDER, GENERAL_REMINDER, THANKS, PASSWORD_RESET, TRIAL),
        *(REPLY_INVITATION, REPLY_ANSWERED),
    )
}
OF_A_STUDY: Final = tuple(name for name, kind in KINDS.items() if kind.about_study)
SEALED_KINDS: Final = tuple(name for name, kind in KINDS.items() if kind.sealed)
OF_CARDS: Final = tuple(name for name, kind in KINDS.items() if kind.of_card)
AT_ONCE: Final = tuple(name for name, kind in KINDS.items() if not kind.can_stop)
