"""What a publication says about itself: the metadata that packages, catalogue and pages share."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from transforms.ocds import extension_urls

DOCUMENTATION_PREFIX = "ocds-213czf"
"""The prefix that the standard reserves for examples: https://standard.open-contracting.org/1.1/en/schema/identifiers/"""


@dataclass(frozen=True)
class Publication:
    """A city as its readers see it. Nothing here is secret.

    `base_url` is the public address of the folder `current/`, with or without a final slash. `extensions` are
    the registry ids of exactly those that the city uses; packages declare the addresses of their pinned versions.
    `languages` are those of the public pages, the first one being the language of `index.html`. `code_titles` are
    those of the city's own codes: by codelist, code and language. `hub` is the address of the WebSub hub that tells
    subscribers of feeds what is new, None without one.
    """

    slug: str
    name: Mapping[str, str]
    publisher_name: str
    publisher_uri: str
    licence_name: str
    licence_uri: str
    publication_policy: str
    base_url: str
    ocid_prefix: str
    country: str
    languages: tuple[str, ...] = ("en", "es")
    source_language: str = "en"
    time_zone: str = "UTC"
    publisher_scheme: str | None = None
    publisher_uid: str | None = None
    extensions: tuple[str, ...] = ()
    synthetic: bool = False
    contact_name: str = ""
    contact_email: str = ""
    accrual_periodicity: str = "R/P1D"
    code_titles: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    hub: str | None = None

    @property
    def official(self) -> bool:
        """Whether the ocid prefix was issued to the city by the Open Contracting Partnership."""
        return self.ocid_prefix != DOCUMENTATION_PREFIX

    @property
    def extension_urls(self) -> tuple[str, ...]:
        """Addresses of the `extension.json` files; raises `UnknownExtension`."""
        return tuple(extension_urls(self.extensions))

    def name_in(self, language: str) -> str:
        """Name of the city in `language`, else in the first language that has one."""
        if language in self.name:
            return self.name[language]
        return next((self.name[one] for one in self.languages if one in self.name), next(iter(self.name.values())))

    def url(self, path: str = "") -> str:
        """Public address of a file, given its path within the publication."""
        return f"{self.base_url.rstrip('/')}/{path}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything above: it changes when any published metadata would."""
        text = json.dumps({**asdict(self), "name": dict(self.name)}, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()
