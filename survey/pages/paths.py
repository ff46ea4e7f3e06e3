"""Addresses of the respondent's pages. They are stable: links in invitations and bookmarks last."""

from typing import Final

START: Final = "/"
ROSTER: Final = "/respond/"
ABOUT: Final = "/respond/about"
LINK: Final = "/respond/link"


def page(place: int, number: int) -> str:
    """Address of a page of the questionnaire about the partner at a place of the list."""
    return f"/respond/{place}/{number}"


def autosave(place: int, number: int) -> str:
    """Address that takes the answers of a page while it is filled in."""
    return f"/respond/{place}/{number}/autosave"


def review(place: int) -> str:
    """Address of the review page for the partner at a place of the list."""
    return f"/respond/{place}/review"


def copy(place: int) -> str:
    """Address of the answers about a partner as a page to print, before they are sent."""
    return f"/respond/{place}/copy"


def submitted(place: int) -> str:
    """Address that says that the answers about a partner were sent from another browser."""
    return f"/respond/{place}/submitted"


def receipt(code: str) -> str:
    """Address of a receipt."""
    return f"/receipt/{code}"


def withdrawal(code: str) -> str:
    """Address where the answers behind a receipt are withdrawn."""
    return f"/receipt/{code}/withdraw"
