"""Announcing what readers see: to a WebSub hub, which tells subscribers of feeds, and to webhooks."""

from pregon.announcing.due import Due, due
from pregon.announcing.posting import RecipientFailed, RecipientMisconfigured
from pregon.announcing.told import Told, read_told, write_told
from pregon.announcing.webhook import WebhookRecipient
from pregon.announcing.websub import HubRecipient

__all__ = [
    "Due",
    "HubRecipient",
    "RecipientFailed",
    "RecipientMisconfigured",
    "Told",
    "WebhookRecipient",
    "due",
    "read_told",
    "write_told",
]
