"""The pages that people read: plain HTML, without scripts or anything from elsewhere."""

from transforms.site.index import Catalogued, Followed, index_pages
from transforms.site.names import page_name
from transforms.site.texts import texts

__all__ = ["Catalogued", "Followed", "index_pages", "page_name", "texts"]
