"""Feeds of a publication, in the forms that feed readers and programs take."""

from transforms.feeds.changes import (
    INDEX,
    MOST_ENTRIES,
    ChangedProcess,
    Delta,
    changed_process,
    changes_feed,
    feed_path,
    index_json,
    read_index,
)
from transforms.feeds.model import Category, Entry, Feed, tag_uri

__all__ = [
    "INDEX",
    "MOST_ENTRIES",
    "Category",
    "ChangedProcess",
    "Delta",
    "Entry",
    "Feed",
    "changed_process",
    "changes_feed",
    "feed_path",
    "index_json",
    "read_index",
    "tag_uri",
]
