"""A dataset of a CKAN portal as a target: its resources link to what the city publishes, or hold it.

The dataset is found by its name, its resources by a field of their own (`pregon`): what the portal's staff adds beside
them stays, whatever it is called. Fields are changed one by one (`package_patch`, `resource_patch`), because
`package_update` removes what is not sent. A new dataset is private until its first push is whole. Of a resource that is
going to change our hash is taken away first and written last: so what a killed push left is told from what is whole.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from pregon.errors import PregonError
from pregon.publication.tables.reading import NoSuchTable
from pregon.publishers import ckan_datastore
from pregon.publishers.base import Plan, Step, TargetFailed
from pregon.publishers.ckan_api import CkanApi
from transforms.catalog.ckan import (
    CITY_MARK,
    HASH_MARK,
    MARK,
    REDACTIONS_MARK,
    SNAPSHOT_MARK,
    CkanResource,
    CkanSettings,
    ckan_dataset,
    ckan_resources,
    missing_tables,
)
from transforms.catalog.described import Described
from transforms.publication import Publication
from transforms.snapshot import Manifest

LARGEST_USUAL_UPLOAD = 10 << 20
"""Bytes of a file that a portal takes if its operator did not change `ckan.max_resource_size`."""

_LEFT = frozenset({"hash", "hash_algorithm"})
"""Fields of a resource that others may write over: loaders into the datastore do."""

_LISTS = ("extras", "tags", "groups")

Portal = Mapping[str, Any]


class DatasetNotOurs(PregonError):
    """A portal has a dataset of the name already, which Pregón did not make, or not for this city."""

    def __init__(self, target: str, dataset: str, owner: str | None) -> None:
        whose = f"is that of another city ({owner})" if owner else "was not made by Pregón"
        super().__init__(
            f"target {target!r}: the portal's dataset {dataset!r} {whose}",
            hint="set another name as dataset, or adopt: true to take it over; resources that it has stay",
        )
        self.target = target
        self.dataset = dataset


class DatasetDeleted(PregonError):
    """The portal's staff deleted the dataset: bringing it back is for people to decide."""

    def __init__(self, target: str, dataset: str) -> None:
        super().__init__(
            f"target {target!r}: the dataset {dataset!r} was deleted on the portal",
            hint="restore it there, let a sysadmin purge it, set another name as dataset, or adopt: true to restore it",
        )
        self.target = target
        self.dataset = dataset


class CkanPublisher:
    """Publishes to one dataset. With `adopt` one that is there already is taken over, or brought back if deleted.

    Every step looks first at what the portal holds, and sends what is not there: it can be repeated. Steps are not
    done beside each other, because CKAN writes all resources of a dataset to change one.
    """

    kind: ClassVar[str] = "ckan"
    remote: ClassVar[bool] = True
    parallel: ClassVar[int] = 1

    def __init__(
        self,
        connection: str,
        settings: CkanSettings,
        publication: Publication,
        *,
        name: str = "ckan",
        adopt: bool = False,
    ) -> None:
        self.settings = settings
        self.publication = publication
        self.name = name
        self.adopt = adopt
        self._connection = connection

    def plan(self, snapshot: Path, manifest: Manifest) -> Plan:
        """Compare the dataset and its resources with the portal's; raises `DatasetNotOurs` and `DatasetDeleted`."""
        described = self._described(manifest)
        missing = missing_tables(described, self.settings)
        if missing:
            parquet = any(one.format == "Parquet" for one in manifest.files)
            names = tuple(one.name for one in manifest.tables)
            raise NoSuchTable(manifest.snapshot, missing[0], parquet=parquet, tables=names)
        there = self._dataset()
        resources = self._resources(manifest)
        changed = there is None or self._changes(there, manifest)
        steps = [Step("put" if changed else "keep", f"dataset {self.settings.dataset}", 0)]
        for one in resources.values():
            same = there is not None and not self._unlike(one, _marked(there, one.key))
            steps.append(Step("keep" if same else "put", one.key, one.bytes, one.file))
        held = dict.fromkeys(one[MARK] for one in _ours(there or {}))
        steps += [Step("remove", key, 0) for key in held if key not in resources or len(_marked(there or {}, key)) > 1]
        return Plan(snapshot, manifest, tuple(steps), notes=tuple(self._notes(list(resources.values()), manifest)))

    def begin(self, plan: Plan) -> None:
        """Create the dataset, hidden from readers until the push is whole."""
        there = self._dataset()
        if there is None:
            fields = ckan_dataset(self._described(plan.manifest), self.settings)
            self.api.create_dataset({**fields, "private": True})

    def execute(self, plan: Plan, step: Step) -> None:
        """Bring the dataset's fields or one resource to what they should be."""
        there = self._known()
        resource = self._resources(plan.manifest).get(step.path)
        if step.path == f"dataset {self.settings.dataset}":
            changes = self._changes(there, plan.manifest)
            if changes:
                self.api.patch_dataset(there["id"], changes, self.settings.dataset)
        elif step.action == "remove":
            marked = _marked(there, step.path)
            for one in marked if resource is None else marked[1:]:
                self.api.delete_resource(one)
        elif step.action == "put" and resource is not None:
            self._write(resource, there, plan)

    def finish(self, plan: Plan) -> None:
        """Let readers see the dataset, its resources in their order; say which snapshot it holds."""
        there = self._known()
        order = [one["id"] for key in self._resources(plan.manifest) for one in _marked(there, key)[:1]]
        if [one["id"] for one in _ours(there)] != order:
            self.api.order_resources(there["id"], order, self.settings.dataset)
        extras = _extras(there)
        said = {SNAPSHOT_MARK: plan.manifest.snapshot, REDACTIONS_MARK: str(plan.manifest.redactions)}
        if any(extras.get(key) != value for key, value in said.items()):
            # Whoever hides a dataset that was public once has a reason.
            first = {} if SNAPSHOT_MARK in extras else {"private": False}
            changes = {"extras": _as_list({**extras, **said}), **first}
            self.api.patch_dataset(there["id"], changes, self.settings.dataset)

    def verify(self, plan: Plan) -> Sequence[str]:
        """Read the dataset back; every file that was uploaded and every row of a table that was loaded now, too."""
        there = self._known()
        problems = [f"the dataset's {name} is not as it was sent" for name in self._changes(there, plan.manifest)]
        if _extras(there).get(SNAPSHOT_MARK) != plan.manifest.snapshot:
            problems.append("the dataset names another snapshot")
        put = {step.path for step in plan.steps if step.action == "put"}
        resources = self._resources(plan.manifest)
        for key, one in resources.items():
            marked = _marked(there, key)
            if len(marked) != 1:
                problems.append(f"{key} is there {len(marked)} times")
            elif unlike := self._unlike(one, marked):
                problems.append(f"{key} is not as it was sent ({', '.join(unlike)})")
            elif key in put:
                problems += self._read_back(one, marked[0], plan)
        problems += [f"{one[MARK]} is still there" for one in _ours(there) if one[MARK] not in resources]
        return problems

    def remove_older(self, redactions: int) -> Sequence[str]:
        """Remove nothing more: a push replaces files and rows in place. Says what is out of reach."""
        left = [
            "the portal's activity stream (names, descriptions and sizes, no data), its backups, its caches, and "
            "whatever harvested or downloaded the dataset"
        ]
        there = self._dataset()
        obeyed = _extras(there).get(REDACTIONS_MARK, "0") if there else ""
        if there and not (obeyed.isdigit() and int(obeyed) >= redactions):
            left.append(f"the dataset {self.settings.dataset}, which is from before the redaction: push again")
        if self.settings.link:
            left.append("what the resources link to: the files at base_url")
        return left

    @cached_property
    def api(self) -> CkanApi:
        """What talks to the portal; raises `TargetMisconfigured`."""
        return CkanApi.of(self.name, self._connection)

    def _described(self, manifest: Manifest) -> Described:
        return Described(manifest, self.publication, {one.path for one in manifest.files})

    def _resources(self, manifest: Manifest) -> dict[str, CkanResource]:
        return {one.key: one for one in ckan_resources(self._described(manifest), self.settings)}

    def _dataset(self) -> dict[str, Any] | None:
        """Find the dataset at the portal; None where there is none."""
        there = self.api.dataset(self.settings.dataset)
        if there is None:
            return None
        owner = _extras(there).get(CITY_MARK)
        if owner != self.publication.slug and not self.adopt:
            raise DatasetNotOurs(self.name, self.settings.dataset, owner)
        if there.get("state") == "deleted" and not self.adopt:
            raise DatasetDeleted(self.name, self.settings.dataset)
        return there

    def _known(self) -> dict[str, Any]:
        there = self._dataset()
        if there is None:
            reason = "the portal does not have it any more"
            raise TargetFailed(self.name, f"dataset {self.settings.dataset}", reason, retryable=True)
        return there

    def _changes(self, there: Portal, manifest: Manifest) -> dict[str, Any]:
        """Give the fields of the dataset that differ, as they are to be; lists with what is there beside ours."""
        wanted = ckan_dataset(self._described(manifest), self.settings)
        owner = there.get("organization") or {}
        changes = {
            name: value
            for name, value in wanted.items()
            if name not in _LISTS and name != "owner_org" and _text(there.get(name)) != _text(value)
        }
        if wanted["owner_org"] not in (owner.get("name"), owner.get("id")):
            changes["owner_org"] = wanted["owner_org"]
        if there.get("state") == "deleted":
            changes["state"] = "active"
        extras = _extras(there)
        ours = {one["key"]: one["value"] for one in wanted["extras"]}
        if any(extras.get(key) != value for key, value in ours.items()):
            changes["extras"] = _as_list({**extras, **ours})
        for name in ("tags", "groups"):
            held = list(there.get(name, ()))
            more = [one for one in wanted[name] if one["name"] not in {known["name"] for known in held}]
            if more:
                changes[name] = [*held, *more]  # whole, because a tag may be one of a vocabulary
        return changes

    def _unlike(self, wanted: CkanResource, marked: Sequence[Portal]) -> list[str]:
        """Name what of the portal's resource is not as it should be; of a table also whether rows got lost."""
        if not marked:
            return ["there"]
        held = marked[0]
        found = [name for name, value in wanted.fields.items() if name not in _LEFT and _text(held.get(name)) != value]
        if wanted.uploaded and held.get("url_type") != "upload":
            found.append("uploaded")
        if wanted.table is not None and not found:
            there = self.api.table(held["id"], wanted.key)
            if there is None or there.get("total") != wanted.table.rows:
                found.append("rows")
        return found

    def _write(self, wanted: CkanResource, there: Portal, plan: Plan) -> None:
        marked = _marked(there, wanted.key)
        if not self._unlike(wanted, marked):
            return  # an earlier try of the same step has done it
        identity = marked[0]["id"] if marked else None
        if wanted.table is None:
            file = plan.snapshot / wanted.key if wanted.uploaded else None
            fields = dict(wanted.fields)
            if file is None and marked and marked[0].get("url_type") == "upload":
                fields |= {"clear_upload": "true", "url_type": ""}  # what was uploaded before is linked now
            if wanted.modified and file is None:  # of what is uploaded CKAN says it itself
                fields["last_modified"] = wanted.modified
            self.api.write_resource(fields, dataset=there["id"], identity=identity, file=file)
            return
        unfinished = {**wanted.fields, HASH_MARK: ""}
        if identity is None:
            placeholder = {"url": "_datastore_only_resource", "url_type": "datastore"}
            self.api.write_resource({**unfinished, **placeholder}, dataset=there["id"], identity=None)
            identity = _marked(self._known(), wanted.key)[0]["id"]
        elif marked[0].get(HASH_MARK):
            self.api.write_resource(unfinished, dataset=there["id"], identity=identity)
        ckan_datastore.load(self.api, identity, wanted.table, plan.snapshot, plan.manifest)
        self.api.write_resource(wanted.fields, dataset=there["id"], identity=identity)
        if not marked:
            self.api.create_views(identity, wanted.key)

    def _read_back(self, wanted: CkanResource, held: Portal, plan: Plan) -> list[str]:
        if wanted.table is not None:
            wrong = ckan_datastore.differences(self.api, held["id"], wanted.table, plan.snapshot, plan.manifest)
            return [f"{wrong} rows of {wanted.key} are not as they were sent"] if wrong else []
        if wanted.uploaded and wanted.file is not None:
            found = self.api.read(held["url"], wanted.key, wanted.file.bytes)
            if wanted.file.sha256 not in found.sha256:
                return [f"{wanted.key} holds something else"]
        return []

    def _notes(self, resources: Sequence[CkanResource], manifest: Manifest) -> list[str]:
        notes = [
            f"{one.key} has {one.bytes:,} bytes: more than a portal takes that keeps CKAN's limit of 10 MB "
            "(ckan.max_resource_size)"
            for one in resources
            if one.uploaded and one.bytes > LARGEST_USUAL_UPLOAD
        ]
        if any("url" in one.fields for one in resources):
            notes.append(f"the portal links to {self.publication.url()}, which has to be served")
        if "tables" in self.settings.resources and not any(one.table for one in resources) and manifest.tables:
            notes.append("no table is loaded: their rows are read from Parquet; add parquet to build.tables")
        return notes


def _ours(there: Portal) -> list[Portal]:
    return [one for one in there.get("resources", ()) if one.get(MARK)]


def _marked(there: Portal, key: str) -> list[Portal]:
    return [one for one in _ours(there) if one[MARK] == key]


def _extras(there: Portal) -> dict[str, str]:
    return {one["key"]: one["value"] for one in there.get("extras", ())}


def _as_list(extras: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in extras.items()]


def _text(value: Any) -> str:
    """Write a field as CKAN compares it: what is not there is an empty text, numbers are texts."""
    return "" if value is None else str(value)
