"""Headers that every response carries, and compression."""

import gzip
from typing import Final

from flask import Response, request

from survey.settings import Settings

_CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS: Final = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
_HSTS: Final = "max-age=63072000; includeSubDomains"
_ZIPPED: Final = ("text/html", "application/json")
_WORTH_ZIPPING: Final = 500
_LEVEL: Final = 3


def add_headers(response: Response, settings: Settings) -> Response:
    """Set what a browser must be told with every response, whatever page made it."""
    headers = response.headers
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if settings.secure:
        headers["Strict-Transport-Security"] = _HSTS
    headers.setdefault("Cache-Control", "no-store")
    return compress(response)


def compress(response: Response) -> Response:
    """Send text with gzip where the browser takes it.

    Only pages answered with 200 are compressed. They repeat nothing that came with
    the request; pages that show typed answers again have another status, or say
    ``no-transform``. So nobody can learn the form's token from the length of a response to
    chosen input.
    """
    if response.status_code != 200 or response.mimetype not in _ZIPPED or response.is_streamed:
        return response
    if response.cache_control.no_transform:
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) >= _WORTH_ZIPPING and takes_gzip():
        response.set_data(gzip.compress(body, _LEVEL, mtime=0))
        response.content_encoding = "gzip"
    return response


def takes_gzip() -> bool:
    """Whether this browser said that it takes gzip."""
    return request.accept_encodings["gzip"] > 0
