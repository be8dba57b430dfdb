"""The pages that people read: plain HTML, without scripts or anything from elsewhere."""

from transforms.site.index import index_pages
from transforms.site.texts import texts

__all__ = ["index_pages", "texts"]
