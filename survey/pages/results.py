"""The results of a closed wave."""

from flask import Blueprint

blueprint = Blueprint("results", __name__)
