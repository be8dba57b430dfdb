"""Checks the OCDS documents of one JSON text: what each is, what it breaks, and what holds between them."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pregon.checking.containers import Part, Unreadable
from pregon.checking.content import Add, Steps, steps_to, without_surrogates
from pregon.checking.dates import moment_of
from pregon.checking.extensions import Declared, declared_extensions
from pregon.checking.identities import FileIdentities
from pregon.checking.places import Place
from pregon.checking.reading import Document, JsonText
from pregon.checking.report import Report
from pregon.checking.rules import Rules, rules_for, schema_errors
from transforms.mapping.upgrade import upgraded
from transforms.ocds import extensions as known_extensions

if TYPE_CHECKING:
    from pregon.checking.quality import Quality

_OCID = re.compile(r"ocds-[a-z0-9]{6}.")

_RECORD_PARTS = ("releases", "compiledRelease", "versionedRelease")

_TOO_DEEP = object()
"""Stands for a document that is nested too deeply to be walked through."""

EVERY = 500
"""Releases and records between two signs of life."""


class TextChecker:
    """Checks one JSON text and adds to the report of its file."""

    def __init__(
        self,
        report: Report,
        part: Part,
        identities: FileIdentities,
        *,
        extensions: tuple[str, ...],
        progress: Callable[[str, int], None] | None,
        quality: "Quality | None" = None,
    ) -> None:
        self.quality = quality
        self.report = report
        self.part = part
        self.identities = identities
        self.extensions = extensions
        self.progress = progress
        self.prefix = f"{part.name}: " if part.name else ""
        self.done = 0
        self.lacking: set[str] = set()

    def run(self) -> None:
        """Check all documents; what can't be read becomes one finding."""
        try:
            with self.part.open() as stream:
                text = JsonText(stream)
                documents = text.documents()
                while True:
                    try:
                        for document in documents:
                            self._document(text, document)
                        break
                    except Unreadable as error:
                        self._unreadable(error)
                        if not text.skip_line():
                            break
                        documents = text.rest()
        except Unreadable as error:
            self._unreadable(error)
            return
        if text.marked:
            self.report.add(
                "unreadable", "", f"{self.prefix}line 1", "the file begins with a byte order mark (RFC 8259)"
            )
        self.report.form = text.form
        if self.progress:
            self.progress("releases and records", self.report.documents)

    def _unreadable(self, error: Unreadable) -> None:
        self.report.add("unreadable", "", f"{self.prefix}{error.where}".removesuffix(": "), error.problem)

    # Documents --------------------------------------------------------------------------------------------------------

    def _document(self, text: JsonText, document: Document) -> None:
        prefix = self.prefix + (f"line {document.line}: " if text.form == "JSON Lines" else "")
        place = Place(prefix, () if document.index is None else (document.index,))
        add = self._adder(place)
        # Of a large package the head is not complete yet.
        head = document.head if document.entries is not None else self._plain(text, document.head, add)
        if head is _TOO_DEEP:
            return
        kind = kind_of(head, document.entries_key)
        if kind is None:
            keys = ", ".join(list(head)[:5]) if isinstance(head, dict) else type(head).__name__
            add("not_ocds", (), f"is no OCDS release, record or package: {keys or 'an empty object'}")
            return
        self.report.counts[kind] += 1
        if kind in ("release package", "record package"):
            self._package(text, document, head, kind, place)
            return
        rules = rules_for(self.extensions)
        if kind == "versioned release":
            self._schema(rules.versioned, head, add)
        else:
            self._entry(head, rules, add, place, version=None, kind=kind)
        self.report.lacks = tuple(sorted(self.lacking | set(self.report.lacks)))
        self._tick()

    def _entry(self, entry: dict[str, Any], rules: Rules, add: Add, place: Place, **told: Any) -> None:
        try:
            self._sound_entry(entry, rules, add, place, **told)
        except RecursionError:
            add("unreadable", (), "is nested too deeply")

    def _sound_entry(
        self, entry: dict[str, Any], rules: Rules, add: Add, place: Place, *, version: str | None, kind: str
    ) -> None:
        """Check a record, release or compiled release, as one of OCDS 1.1."""
        for inner, release in _releases_in(entry, kind):
            self._upgrade(release, version, _below(add, inner))
        if kind == "record":
            self._record(entry, rules, add)
            if self.quality is not None:
                self.quality.record(entry, place, rules.extensions)
            return
        compiled = kind == "compiled release"
        self._release(entry, rules, add, compiled=compiled)
        if self.quality is not None:
            self.quality.release(entry, place, rules.extensions, compiled=compiled)

    def _upgrade(self, release: dict[str, Any], version: str | None, add: Add) -> None:
        for code, problem in upgraded(release, version):
            if code == "upgraded":
                add("ocds_1_0", (), "is OCDS 1.0: it was upgraded as ocdskit does, and checked as OCDS 1.1")
            elif code == "not_upgraded":
                add("ocds_1_0", (), f"is OCDS 1.0, but can't be upgraded: {problem}")
            else:
                add("ocds_1_0", ("parties",), "describes an organization in several ways: the upgrade kept one of them")

    def _adder(self, place: Place) -> Add:
        outer = len(place.steps)

        def add(code: str, inner: Steps, message: str) -> None:
            path = "/".join(step for step in (*place.steps, *inner)[outer:] if isinstance(step, str))
            self.report.add(code, path, place.where(inner), message)

        return add

    def _plain(self, text: JsonText, value: Any, add: Add) -> Any:
        """Tell what was odd about the text of a value, and give the value so that everybody can work with it."""
        try:
            return self._told(text, value, add)
        except RecursionError:
            add("unreadable", (), "is nested too deeply")
            return _TOO_DEEP
        finally:
            text.repeated.clear()
            text.escaped = False

    def _told(self, text: JsonText, value: Any, add: Add) -> Any:
        for holder, key in text.repeated:
            steps = steps_to(holder, value)
            if steps is not None:
                add(
                    "repeated_key",
                    (*steps, key),
                    "stands more than once in this object: readers differ in which they take",
                )
        return without_surrogates(value, (), add) if text.escaped else value

    def _tick(self) -> None:
        self.done += 1
        if self.progress and not self.done % EVERY:
            self.progress("releases and records", self.report.documents)

    def _package(self, text: JsonText, document: Document, head: dict[str, Any], kind: str, place: Place) -> None:
        key = "releases" if kind == "release package" else "records"
        add = self._adder(place)
        known = head if "extensions" in head or document.entries is None else self._later_head()
        declared = declared_extensions(known.get("extensions"))
        version = known.get("version")
        rules = rules_for(declared.ids, declared.unknown)
        self.report.extensions = tuple(dict.fromkeys((*self.report.extensions, *declared.ids)))
        latest = ""
        number = 0
        for number, (entry, inner) in enumerate(self._entries(text, document, head, key, place), start=1):  # noqa: B007 - told after the loop
            entry_add = self._adder(inner)
            if entry is _TOO_DEEP:
                continue
            if not isinstance(entry, dict):
                entry_add("type", (), "is not an object")
                continue
            self.report.entries[key.removesuffix("s")] += 1
            self._entry(
                entry, rules, entry_add, inner,
                version=version if isinstance(version, str) else None,
                kind="record" if key == "records" else "compiled release" if _is_compiled(entry) else "release",
            )  # fmt: skip
            latest = max(latest, *_moments(entry))
            self._tick()
        if document.entries is not None:
            text.escaped = True
            head = self._plain(text, head, add)
            if head is _TOO_DEEP:
                return
        self._head(head, kind, key, number, rules, declared, latest, add)

    def _entries(
        self, text: JsonText, document: Document, head: dict[str, Any], key: str, place: Place
    ) -> Iterator[tuple[Any, Place]]:
        found = document.entries
        if found is None:
            held = head[key]
            for index, entry in enumerate(held if isinstance(held, list) else ()):
                yield entry, place.below(key, index)
            return
        for index, entry in enumerate(found):
            inner = place.below(key, index)
            yield self._plain(text, entry, self._adder(inner)), inner

    def _later_head(self) -> dict[str, Any]:
        """Look at what a large package says of itself after its entries."""
        with self.part.open() as stream:
            again = next(JsonText(stream).documents())
            # What breaks off will be told when the entries are checked.
            with suppress(Unreadable):
                deque(again.entries or (), maxlen=0)
        head: dict[str, Any] = again.head
        return head

    def _head(
        self,
        head: dict[str, Any],
        kind: str,
        key: str,
        entries: int,
        rules: Rules,
        declared: Declared,
        latest: str,
        add: Add,
    ) -> None:
        """Check what a package says of itself."""
        schema = rules.release_package if kind == "release package" else rules.record_package
        held = head[key] if not isinstance(head[key], list) else [None] * min(entries, 1)
        self._schema(schema, {**head, key: held}, add)
        definition = "ReleasePackage" if kind == "release package" else "RecordPackage"
        rules.content.head(head, definition, add, (key,))
        for index, problem in declared.problems:
            add("unknown_extension", ("extensions", index), problem)
        version = head.get("version")
        if isinstance(version, str) and re.fullmatch(r"\d+\.\d+", version) and version != "1.1":
            add("version", ("version",), f"the package says OCDS {version}; it was checked as OCDS 1.1")
        published = moment_of(head.get("publishedDate"))
        if published and latest > published:
            add("published_date", ("publishedDate",), f"is earlier than the newest release, which is of {latest}")

    # Records and releases ---------------------------------------------------------------------------------------------

    def _record(self, record: dict[str, Any], rules: Rules, add: Add) -> None:
        self.identities.record(record, add)
        self._ocid(record, add)
        self._schema(rules.record, record, add)
        rules.content.head(record, "Record", add, _RECORD_PARTS)
        releases = record.get("releases")
        releases = releases if isinstance(releases, list) else []
        linked = _linked(releases)
        if any(linked) and not all(linked):
            add("mixed_record", ("releases",), "a record either links all its releases or embeds them all")
        for index, entry in enumerate(releases):
            inner = _below(add, ("releases", index))
            if linked[index]:
                self._schema(rules.linked_release, entry, inner)
                rules.content.head(entry, "LinkedRelease", inner, ())
            elif isinstance(entry, dict):
                self._release(entry, rules, inner, compiled=False)
                self._same_process(record, entry, inner)
                if _is_compiled(entry):
                    inner("tag", ("tag",), "a compiled release is not one of the releases of a record")
            else:
                inner("type", (), "is not an object")
        if record.get("releases") == []:
            add("empty_field", ("releases",), "is set but empty: leave the field out")
        self._order(releases, add)
        self._compiled(record, releases, rules, add)
        versioned = record.get("versionedRelease")
        if isinstance(versioned, dict):
            inner = _below(add, ("versionedRelease",))
            self._schema(rules.versioned, versioned, inner)
            self._same_process(record, versioned, inner)

    def _compiled(self, record: dict[str, Any], releases: Sequence[Any], rules: Rules, add: Add) -> None:
        compiled = record.get("compiledRelease")
        if compiled is None:
            add(
                "incomplete_record",
                ("compiledRelease",),
                "is not there, so readers have to merge the releases themselves",
            )
        if not isinstance(compiled, dict):
            return
        inner = _below(add, ("compiledRelease",))
        self._release(compiled, rules, inner, compiled=True)
        self._same_process(record, compiled, inner)
        if "tag" in compiled and not _is_compiled(compiled):
            inner("tag", ("tag",), "the tag of a compiled release is compiled")
        dates = [moment for entry in releases if isinstance(entry, dict) and (moment := moment_of(entry.get("date")))]
        date = moment_of(compiled.get("date"))
        if dates and date and date != max(dates):
            inner("incomplete_record", ("date",), f"is not the date of the newest release in the record, {max(dates)}")

    def _order(self, releases: Sequence[Any], add: Add) -> None:
        before = ""
        for index, entry in enumerate(releases):
            moment = moment_of(entry.get("date")) if isinstance(entry, dict) else None
            if moment is None:
                continue
            if moment < before:
                add("order", ("releases", index, "date"), "is earlier than that of the release before: oldest first")
            before = moment

    def _same_process(self, record: dict[str, Any], release: dict[str, Any], add: Add) -> None:
        if isinstance(record.get("ocid"), str) and release.get("ocid", record["ocid"]) != record["ocid"]:
            add("foreign_release", ("ocid",), f"{release['ocid']!r} is not the ocid of the record")

    def _release(self, release: dict[str, Any], rules: Rules, add: Add, *, compiled: bool) -> None:
        self.identities.release(release, add, compiled=compiled)
        self._ocid(release, add)
        identifier = release.get("id")
        if isinstance(identifier, str) and "#" in identifier:
            add("release_id", ("id",), "holds #, which separates the package from the release in links")
        tags = release.get("tag")
        if isinstance(tags, list) and "compiled" in tags and len(tags) > 1:
            add("tag", ("tag",), "compiled stands beside other tags")
        self.lacking |= rules.content.release(release, add, compiled=compiled)
        self._schema(rules.release, release, add)

    def _ocid(self, document: dict[str, Any], add: Add) -> None:
        ocid = document.get("ocid")
        if isinstance(ocid, str) and ocid and not _OCID.match(ocid):
            add("ocid_prefix", ("ocid",), f"{ocid!r} does not begin with ocds- and six lower-case letters or digits")

    def _schema(self, compiled: Any, document: Any, add: Add) -> None:
        try:
            for code, steps, message in schema_errors(compiled, document):
                add(code, steps, message)
        except ValueError:
            add("unreadable", (), "is nested too deeply")


def _below(add: Add, steps: Steps) -> Add:
    return lambda code, inner, message: add(code, (*steps, *inner), message)


def kind_of(document: Any, entries_key: str = "") -> str | None:
    """Tell what an OCDS document is; None for what is none."""
    if not isinstance(document, dict):
        return None
    if "records" in document or entries_key == "records":
        return "record package"
    if "releases" in document:
        return "record" if "ocid" in document else "release package"
    if "ocid" in document:
        if "compiledRelease" in document or "versionedRelease" in document:
            return "record"
        if isinstance(document.get("initiationType"), list):
            return "versioned release"
        if _is_compiled(document):
            return "compiled release"
        if len(document.keys() & _RELEASE_KEYS) >= len(("ocid", "one more")):
            return "release"
    return "release" if {"date", "tag", "id"} <= document.keys() else None


_RELEASE_KEYS = {"ocid", "id", "date", "tag", "initiationType", "parties", "planning", "tender", "awards", "contracts"}


def _is_compiled(release: dict[str, Any]) -> bool:
    tags = release.get("tag")
    return isinstance(tags, list) and "compiled" in tags


def _releases_in(entry: dict[str, Any], kind: str) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """Give the releases and the compiled release of a record, or the release itself."""
    if kind != "record":
        yield (), entry
        return
    releases = entry.get("releases")
    for index, release in enumerate(releases if isinstance(releases, list) else ()):
        if isinstance(release, dict):
            yield ("releases", index), release
    if isinstance(compiled := entry.get("compiledRelease"), dict):
        yield ("compiledRelease",), compiled


def _linked(releases: Sequence[Any]) -> list[bool]:
    """Tell which releases of a record are links: all, if none has an id; where some have, those with an address."""
    with_id = any(isinstance(entry, dict) and "id" in entry for entry in releases)
    return [isinstance(entry, dict) and "id" not in entry and (not with_id or "url" in entry) for entry in releases]


def _moments(entry: dict[str, Any]) -> Iterator[str]:
    """Give the dates of a release, or of all releases in a record, as they compare; "" if there is none."""
    yield ""
    releases = entry.get("releases")
    for release in [entry, *(releases if isinstance(releases, list) else ())]:
        if isinstance(release, dict) and (moment := moment_of(release.get("date"))):
            yield moment


def extension_ids() -> list[str]:
    """Give the ids that `--extension` takes."""
    return [extension.id for extension in known_extensions().values() if not extension.unsupported]
