"""Releases and records by query, out of the promoted snapshot."""

from pregon.web.api.app import API, api_app

__all__ = ["API", "api_app"]
