"""Links as QR codes, for posters and slides."""

import io
from collections.abc import Mapping
from typing import Final

import segno

FORMATS: Final[Mapping[str, str]] = {"svg": "image/svg+xml", "png": "image/png"}
_LOOKS: Final = {"scale": 8, "border": 4, "light": "white"}


def picture(link: str, file_format: str) -> bytes:
    """Draw a link as a QR code that stands a torn corner; ``file_format`` is one of ``FORMATS``."""
    stream = io.BytesIO()
    segno.make(link, error="m", micro=False).save(stream, kind=file_format, **_LOOKS)
    return stream.getvalue()


def as_address(link: str) -> str:
    """Give the picture as an address that a page can show without asking for it."""
    code = segno.make(link, error="m", micro=False)
    return str(code.svg_data_uri(scale=4, border=4, light="white"))
