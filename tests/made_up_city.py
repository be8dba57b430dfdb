"""A city of four small CSV files, for tests that spoil a source or a configuration: quick to run, easy to read."""

import shutil
from dataclasses import dataclass
from pathlib import Path

CITY = """\
name: {en: Hamlet, es: Aldea}
synthetic: true
ocid_prefix: ocds-213czf
country: US
publisher: {name: Hamlet, uri: "https://hamlet.example"}
licence: {name: CC0 1.0, uri: "https://creativecommons.org/publicdomain/zero/1.0/"}
publication_policy: https://hamlet.example/policy
base_url: https://hamlet.example/data
language: en
time_zone: America/Chicago
currency: USD
schedule: "0 5 * * *"
contacts: {owner: Purchasing, email: data@hamlet.example}
sources:
  files:
    kind: files
    tables:
      tenders:
        file: tenders.csv
        key: [number]
        columns: [number, title, status, estimate, changed]
      documents:
        file: documents.csv
        key: [number, document]
        columns: [number, document, address]
      firms:
        file: firms.csv
        key: [firm]
        lookup: true
        columns: [firm, name]
      awards:
        file: awards.csv
        key: [award]
        columns: [award, number, firm, amount]
disclosure: {persons: {}, contact_points: withhold}
quality: {quarantine_stop: 1}
expectations: {enabled: false}   # the library's import would take longer than the run
"""

MAPPING = """\
process: {table: tenders, key: number, ocid: "{number}", modified: changed}
bindings:
  tender/id: {from: tenders.number}
  tender/title: {from: tenders.title}
  tender/status: {from: tenders.status, codelist: status}
  tender/value/amount: {from: tenders.estimate}
  tender/value/currency: {value: USD}
  tender/documents/url: {from: documents.address}
  awards/status: {value: active}
  awards/value/amount: {from: awards.amount}
  awards/value/currency: {value: USD}
tables:
  documents: {array: tender/documents, parent: tenders, on: number, id: document}
  awards: {array: awards, parent: tenders, on: number, id: award}
parties:
  firm:
    table: firms
    key: firm
    id: "HAMLET-{firm}"
    bindings: {name: {from: firms.name}}
    references:
      - {path: awards/suppliers, from: awards.firm, role: supplier}
"""

CODELIST = "source,code\nO,active\nC,complete\n"

SOURCES = {
    "tenders.csv": (
        "number,title,status,estimate,changed\n"
        "T1,Benches,C,1200.50,2026-01-05 09:00:00\n"
        "T2,Lamps,O,800,2026-02-01 10:30:00\n"
        "T3,Paint,O,,2026-02-02 11:00:00\n"
    ),
    "documents.csv": "number,document,address\nT1,D1,https://hamlet.example/d1\nT2,D2,https://hamlet.example/d2\n",
    "firms.csv": "firm,name\nF1,Carpenters\nF2,Painters\n",
    "awards.csv": "award,number,firm,amount\nA1,T1,F1,1150\n",
}

MOMENT = "2026-03-01T12:00:00Z"
LATER = "2026-03-02T12:00:00Z"


@dataclass(frozen=True)
class Hamlet:
    """The folders of one copy of the city."""

    root: Path

    @property
    def cities(self) -> Path:
        """What PREGON_CITIES is set to."""
        return self.root / "cities"

    @property
    def folder(self) -> Path:
        """The city's own folder."""
        return self.cities / "hamlet"

    @property
    def sources(self) -> Path:
        """The folder for --from."""
        return self.root / "sources"

    @property
    def home(self) -> Path:
        """The folder for --home."""
        return self.root / "home"

    @property
    def public(self) -> Path:
        """What readers see."""
        return self.home / "public"

    def arguments(self, as_of: str = LATER) -> tuple[object, ...]:
        """Arguments of the command line that run the city."""
        return ("run", "hamlet", "--from", self.sources, "--home", self.home, "--as-of", as_of)


def write_hamlet(root: Path) -> Hamlet:
    """Write the city and its sources below a folder."""
    hamlet = Hamlet(root)
    (hamlet.folder / "codelists").mkdir(parents=True)
    (hamlet.folder / "city.yaml").write_text(CITY, encoding="utf-8")
    (hamlet.folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    (hamlet.folder / "codelists" / "status.csv").write_text(CODELIST, encoding="utf-8")
    hamlet.sources.mkdir()
    for name, text in SOURCES.items():
        (hamlet.sources / name).write_text(text, encoding="utf-8")
    return hamlet


def copy_hamlet(original: Hamlet, root: Path) -> Hamlet:
    """Copy a city with all that was published."""
    shutil.copytree(original.root, root, symlinks=True, dirs_exist_ok=True)
    return Hamlet(root)
