"""The version of tillit, as it stands in every document that an analysis writes."""

__version__ = "0.1.0"
