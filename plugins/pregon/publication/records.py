"""The records of a snapshot: their releases embedded or linked, with versioned releases or without.

The ledger keeps compiled releases, each made once, when its process was released. Versioned releases are not kept
there: with them a commit would take twice its time, for a form that few cities publish. A record whose process has not
changed is taken as it stands in the promoted snapshot, so that only processes that changed are merged.
"""

import gzip
import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path

import orjson

from pregon.publication.draft import Draft, digest
from pregon.publication.manifest import is_intact
from pregon.publication.source import PublicationSource, StoredRecord, StoredRelease
from transforms.packages import count_awards, segment_of
from transforms.publication import Publication
from transforms.records import LinkedRelease, RecordForm, record_json, versioned_json
from transforms.releases import MergeRules
from transforms.snapshot import PublishedFile, is_yearly

_BEGINNING = re.compile(rb'\{"ocid":("(?:[^"\\]|\\.)*"),')
"""Of a record on a line: its ocid, in JSON."""


class PackageLinks:
    """Where the releases of a snapshot are: in the packages of the year of their date.

    A year's packages hold its releases in the order of their commit. So a release keeps its package for ever, but for
    the name of the only one, which gets a number when a second one is begun; all links are written anew then. (In the
    packages of all years, a late release of an early year would move every later one.)
    """

    def __init__(self, publication: Publication, files: Iterable[PublishedFile], source: PublicationSource) -> None:
        """Read the places of packages from their descriptions; those of releases in parts are asked of `source`."""
        packages: dict[str, list[PublishedFile]] = defaultdict(list)
        for file in sorted(files, key=lambda file: (len(file.path), file.path)):
            if (file.content, file.format) == ("releases", "JSON") and is_yearly(file.segment):
                packages[file.segment].append(file)
        self._urls: dict[str, list[str]] = {}
        self._starts: dict[str, list[int]] = {}
        for segment, parts in packages.items():
            place, starts = 0, [0]
            for part in parts[:-1]:
                place += part.rows or 0
                starts.append(source.sequence_at(segment, place))
            self._urls[segment] = [publication.url(part.path) for part in parts]
            self._starts[segment] = starts

    @property
    def fingerprint(self) -> str:
        """Hash of everything that decides which package a release is in."""
        return digest(json.dumps([self._urls, self._starts], sort_keys=True))

    def to(self, release: StoredRelease) -> LinkedRelease:
        """Give the link to a release."""
        segment = segment_of(release.date)
        part = bisect_right(self._starts[segment], release.sequence) - 1
        return LinkedRelease(f"{self._urls[segment][part]}#{release.id}", release.date, release.tags)


class Records:
    """Writes the records of a snapshot in the form that the city has chosen."""

    def __init__(self, form: RecordForm, draft: Draft, source: PublicationSource, rules: MergeRules | None) -> None:
        """Prepare for a draft in which the files of releases are done; `rules` are needed for versioned releases."""
        if form.versioned and rules is None:
            raise ValueError("versioned releases need the merge rules")
        self._form, self._rules, self._draft = form, rules, draft
        linked = form.releases == "linked"
        self._links = PackageLinks(draft.publication, draft.files, source) if linked else None

    @property
    def fingerprint(self) -> str:
        """Hash of what decides the bytes of a record beside the process: it stands in the manifest with the files."""
        rules = json.dumps(sorted(self._draft.publication.extensions)) if self._form.versioned else ""
        links = self._links.fingerprint if self._links else ""
        return digest(self._draft.code_version, repr(self._form), rules, links)

    def texts(
        self, segment: str, records: Iterable[StoredRecord], ocids: Container[str]
    ) -> Iterator[tuple[StoredRecord, bytes]]:
        """Give each record with its JSON; `records` are those of these ocids of a segment, by ocid."""
        known = KnownRecords(self._promoted(segment), ocids)
        for one in records:
            yield one, self.text(one, known)

    def text(self, one: StoredRecord, known: "KnownRecords | None" = None) -> bytes:
        """Give the JSON of a record; `known` are those of the promoted snapshot, if they are read along."""
        releases = self._releases(one)
        text = record_json(one.ocid, releases, one.compiled)
        if self._rules is None or not self._form.versioned:
            return text
        return (known.continued(one.ocid, text) if known else None) or record_json(
            one.ocid,
            releases,
            one.compiled,
            versioned=versioned_json([release.body for release in one.releases], self._rules),
        )

    def awards(self, one: StoredRecord) -> int:
        """Count the awards and contracts of a record: each release may repeat those of the compiled one."""
        return count_awards(one.compiled) * self._form.copies(len(one.releases))

    def _releases(self, one: StoredRecord) -> Sequence[bytes]:
        if self._links is None:
            return [release.body for release in one.releases]
        return [orjson.dumps(self._links.to(release).entry()) for release in one.releases]

    def _promoted(self, segment: str) -> Path | None:
        """Give the records of the segment as lines of the promoted snapshot, if they are in the same form.

        A record that links its releases does not show what they say, so what became of them (a redaction) is not seen.
        """
        if not self._form.versioned or self._links is not None or self._draft.previous is None:
            return None
        folder, manifest = self._draft.previous
        for file in manifest.files_of("records", segment):
            if file.format == "JSON Lines" and file.fingerprint.endswith(self.fingerprint):
                return folder / file.path if is_intact(folder, file) else None
        return None


class KnownRecords:
    """Records of the promoted snapshot, read along with those of the ledger, which are in the same order.

    Those of other processes than `ocids` are passed over.
    """

    def __init__(self, file: Path | None, ocids: Container[str]) -> None:
        self._lines = (line for line in _lines(file) if _ocid(line) in ocids) if file else iter(())
        self._line = next(self._lines, b"")

    def continued(self, ocid: str, text: bytes) -> bytes | None:
        """Give the known record that begins as `text`, a record without its versioned release, None if there is none.

        The same releases make the same versioned release; and `text` holds all of them.
        """
        if not self._line.startswith(b'{"ocid":%b,' % orjson.dumps(ocid)):
            return None
        line, self._line = self._line, next(self._lines, b"")
        return line if line.startswith(text[:-1] + b',"versionedRelease":') else None


def _lines(file: Path) -> Iterator[bytes]:
    with gzip.open(file) as opened:
        for line in opened:
            yield line.rstrip(b"\n")


def _ocid(line: bytes) -> str | None:
    found = _BEGINNING.match(line)
    return orjson.loads(found[1]) if found else None
