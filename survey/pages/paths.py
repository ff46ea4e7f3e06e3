"""Addresses of the respondent's pages. They are stable: links in invitations and bookmarks last."""

from typing import Final

START: Final = "/"
ROSTER: Final = "/respond/"
ABOUT: Final = "/respond/about"


def page(place: int, number: int) -> str:
    """Address of a page of the questionnaire about the partner at a place of the list."""
    return f"/respond/{place}/{number}"


def review(place: int) -> str:
    """Address of the review page for the partner at a place of the list."""
    return f"/respond/{place}/review"


def receipt(code: str) -> str:
    """Address of a receipt."""
    return f"/receipt/{code}"
