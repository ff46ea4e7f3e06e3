"""Backups of an installation: made while it works, checked, and brought back."""

from survey.services.backups.making import Made, make
from survey.services.backups.restoring import Restored, restore

__all__ = ["Made", "Restored", "make", "restore"]
