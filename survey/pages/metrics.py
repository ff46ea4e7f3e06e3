"""Numbers for a monitor on this machine, or with the token; for nobody else is a page here."""

import hmac
from typing import Final

from flask import Blueprint, Response, make_response, request

from survey.pages.refusals import NothingHere
from survey.pages.results_access import is_here
from survey.pages.site import database, site
from survey.services import metrics

blueprint = Blueprint("metrics", __name__)

_BEARER: Final = "Bearer "


@blueprint.get("/metrics")
def show() -> Response:
    """Write the metrics in the text format of Prometheus."""
    if not (is_here() or _has_token()):
        raise NothingHere
    response = make_response(metrics.exposition(database(), site().settings, site().worker))
    response.content_type = metrics.MEDIA_TYPE
    return response


def _has_token() -> bool:
    """Whether the request carries the token, compared in a time that tells nothing."""
    token, given = site().settings.metrics_token, request.headers.get("Authorization", "")
    if not (token and given.startswith(_BEARER)):
        return False
    return hmac.compare_digest(given.removeprefix(_BEARER).strip().encode(), token.encode())
