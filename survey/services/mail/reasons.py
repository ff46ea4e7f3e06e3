"""What became of a message, in plain words: what mail servers answer by number."""

import re
from typing import Final

from survey.services.mail.ending import FORGOTTEN
from survey.services.mail.refusing import BOUNCED, NO_CARD, STOPPED
from survey.words import in_words

REPLACED: Final = "a new link was made instead"
_NUMBERS: Final = re.compile(r"\b([245]\d\d)(?: ([245]\.\d{1,3}\.\d{1,3}))?$")
# The status of RFC 3463 without its class, or its subject alone, → what it means.
_MEANINGS: Final = {
    "1.1": in_words("there is no such mailbox"),
    "1.2": in_words("there is no such mail domain"),
    "1.3": in_words("the address is not written as addresses are"),
    "1.6": in_words("the mailbox has moved"),
    "1.10": in_words("the domain takes no mail"),
    "2.1": in_words("the mailbox is closed"),
    "2.2": in_words("the mailbox is full"),
    "2.3": in_words("the message is too large"),
    "4": in_words("the way there is broken"),
    "7": in_words("a rule of theirs about us, our server or what the message says forbids it"),
}
_BY_CODE: Final = {
    421: in_words("the server is busy"),
    450: in_words("the mailbox cannot be used just now"),
    451: in_words("the server has trouble of its own, or lets strangers wait"),
    452: in_words("the server has no room just now"),
    550: in_words("there is no such mailbox, or it takes no mail from us"),
    551: in_words("the mailbox is somewhere else"),
    552: in_words("the mailbox is full, or the message is too large"),
    553: in_words("the address is not written as addresses are"),
    554: in_words("the server does not want the message, and says no more"),
}
_OTHER: Final = {
    "the worker died while sending it": in_words(
        "the program was stopped while it sent this; nobody knows whether it arrived"
    ),
    STOPPED: in_words("the person asked for no more mail about surveys"),
    BOUNCED: in_words("mail to this address came back"),
    NO_CARD: in_words("the link was taken back, or its last day is over"),
    REPLACED: in_words("a new link was made instead"),
    "dropped": in_words("somebody dropped it"),
    "nobody decided in time": in_words("nobody decided about it within a month"),
    FORGOTTEN: in_words("the person is forgotten"),
    "bad_mail": in_words("the address has letters that mail servers do not take"),
    "seal_broken": in_words(
        "TILLIT_SECRET_KEY has changed since it was written, so it cannot be read"
    ),
    "": in_words("no reason is known"),
}
_SENDING: Final = "while it was sent: "


def in_plain_words(reason: str | None) -> str:
    """Say what became of a message that failed, is doubtful or is tried again.

    Parameters
    ----------
    reason
        As the outbox keeps it; of what a server says that is its numbers, since its words may
        hold an address.

    Returns
    -------
    str
        `Words` that a page can say in its own language.
    """
    found = _NUMBERS.search(reason or "")
    if found:
        code, status = found[1], (found[2] or "")[2:]
        meaning = _MEANINGS.get(status) or _MEANINGS.get(status.partition(".")[0])
        said = meaning or _BY_CODE.get(int(code)) or in_words("it says no more")
        return in_words("the mail server answered %(code)s: %(said)s", code=found[0], said=said)
    if (reason or "").startswith(_SENDING):
        return in_words(
            "the line broke while it was sent (%(what)s); nobody knows whether it arrived",
            what=(reason or "").removeprefix(_SENDING),
        )
    return _OTHER.get(reason or "", reason or "")
