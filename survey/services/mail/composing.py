"""A message as the mail server gets it: headers, plain text and HTML."""

from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Final

from survey.errors import BadMail
from survey.mail_settings import CODE, Mailbox
from survey.services.mail.wording import Words, as_html, as_text, subject_of
from survey.settings import Settings
from survey.storage.base import now

_CODED: Final = "quoted-printable"


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready for the mail server: from and to whom, and all of its bytes."""

    sender: str
    recipient: str
    content: bytes


def compose(settings: Settings, words: Words, *, to: str, message_id: str, person: str) -> Composed:
    """Put a message together.

    Parameters
    ----------
    settings
        Checked by `Settings.for_mailing`.
    words
        Of the message.
    to
        The address; its name is the fact ``name``.
    message_id
        What stands before the @ of the Message-ID; it was made when the message was queued,
        so a message that is sent again has the same one.
    person
        Code of the person, for the address to which a server reports.

    Raises
    ------
    BadMail
        The address has letters that not every server takes.
    """
    sender = settings.mail_from
    if sender is None:
        raise BadMail(kind=words.subject[:30], problem="TILLIT_MAIL_FROM is not set")
    recipient = _plain(to)
    body = EmailMessage(policy=SMTP)
    body.set_content(as_text(words), cte=_CODED)
    body.add_alternative(as_html(words), subtype="html", cte=_CODED)
    lines = {
        "Message-ID": f"<{message_id}@{sender.domain}>",
        "Date": format_datetime(now()),
        "From": _mailbox(sender.name, sender.address),
        "To": _mailbox(words.facts.get("name", ""), recipient),
        **_reply_to(settings.mail_reply_to),
        "Subject": _encoded(subject_of(words), "Subject"),
        "Auto-Submitted": "auto-generated",
        "Content-Language": words.language,
        **_unsubscribe(words.stop_link),
    }
    # Written here: Python's own folding breaks long addresses and some names.
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return_path = settings.mail_return_path or sender.address
    return Composed(
        sender=return_path.replace(CODE, person),
        recipient=recipient,
        content=head.encode("ascii") + body.as_bytes(),
    )


def _reply_to(box: Mailbox | None) -> dict[str, str]:
    return {"Reply-To": _mailbox(box.name, box.address)} if box else {}


def _unsubscribe(link: str) -> dict[str, str]:
    """Let mail programs show a button that stops this mail at once (RFC 8058)."""
    if not link:
        return {}
    return {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _mailbox(name: str, address: str) -> str:
    if name.isascii():
        return formataddr((name, address))
    return f"{_encoded(name, 'To')} <{address}>"


def _encoded(text: str, header: str) -> str:
    """Give a text for a header, in encoded words where it is not plain; it has no line break."""
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, header_name=header).encode(linesep="\r\n")


def _plain(address: str) -> str:
    """Give an address in ASCII: a host in its coded form; the rest must be plain already."""
    local, _, host = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{host.encode('idna').decode()}"
    except UnicodeError:
        raise BadMail(
            kind="any", problem="the address has letters that mail servers do not take"
        ) from None
