"""The public read-only server."""

from pregon.web.app import create_app

__all__ = ["create_app"]
