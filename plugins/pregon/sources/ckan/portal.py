"""A portal's action API: https://docs.ckan.org/en/latest/api/.

Addresses are built here and never taken from `_links`, which may be relative, carry another path, and go on for ever.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregon.sources.base import SourceConfigurationError, SourceSpec, TableSpec, nearest
from pregon.sources.ckan.errors import DatasetNotFound, NoApi, ResourceNotFound, UnexpectedAnswer
from pregon.sources.http.errors import AddressNotFound, RequestRefused

if TYPE_CHECKING:
    from pregon.sources.http.client import HttpClient

ID = "_id"
"""CKAN's own number of a row. Each load of a table gives it anew: it orders pages, and identifies nothing."""

_LONG = 4_000
"""Parameters of more characters are posted: servers and what stands before them refuse long addresses."""
_ALIKE = 50

_BASE = "/api/3/action"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a dataset. `revision` is what the portal says of its last load: time, and hash where it has one."""

    id: str
    name: str
    format: str
    url: str
    in_datastore: bool
    revision: str


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of `datastore_search`.

    `columns` gives name → type (what a person has overridden it with, if so) without CKAN's own columns, `kept` the
    type that the database compares by. `total` is None where it is not told or only estimated, `limit` where it is not
    told. `ranges`: the site takes ranges in filters.
    """

    columns: Mapping[str, str]
    kept: Mapping[str, str]
    records: Sequence[Mapping[str, Any]]
    total: int | None
    limit: int | None
    ranges: bool


class Portal:
    """The datasets of one portal."""

    def __init__(self, source: SourceSpec, client: "HttpClient") -> None:
        self._source = source
        self._client = client
        self._base = _base(source, client.credentials.address)

    @property
    def client(self) -> "HttpClient":
        """The connection to the portal."""
        return self._client

    def authorization(self) -> dict[str, str]:
        """Give the header that CKAN takes a token in: the token alone, without a scheme."""
        credentials = self._client.credentials
        return {"Authorization": credentials.token} if credentials.way == "none" and credentials.token else {}

    def is_own(self, address: str) -> bool:
        """Tell whether an address lies below that of the API, so that the token may be sent there."""
        return address.startswith(f"{self._base}/")

    def resource(self, table: TableSpec) -> Resource:
        """Find a table's resource: by package, name and format, since ids change when a resource is made anew.

        Raises:
            DatasetNotFound, ResourceNotFound: there is none, or several; the hint tells what there is.
            NoApi: the address is not that of an API.
        """
        if resource_id := table.option("resource_id"):
            try:
                return self._described(
                    "resource_show", self._act("resource_show", {"id": str(resource_id)}, table), table
                )
            except AddressNotFound:
                self._check_api(table)
                raise ResourceNotFound(
                    f"with the id {resource_id}", (), several=False, source=self._source.name, table=table.name
                ) from None
        package = str(table.option("package") or "")
        try:
            shown = self._act("package_show", {"id": package}, table)
        except AddressNotFound:
            raise self._no_dataset(package, table) from None
        if not isinstance(shown, dict) or not isinstance(shown.get("resources"), list):
            raise self._unexpected("package_show", "lists no resources", table)
        return self._chosen(shown["resources"], table)

    def search(
        self,
        table: TableSpec,
        resource: str,
        *,
        columns: Sequence[str] | None,
        filters: Mapping[str, Any] | None = None,
        descending: bool = False,
        limit: int,
        offset: int = 0,
        ask_ranges: bool = False,
    ) -> Found:
        """Ask the datastore for rows in the order of `_id`; with `ask_ranges` also whether it takes ranges.

        Of no other columns than those given is anything asked; None describes all columns, and is for `limit` 0.

        Raises:
            AddressNotFound: there is no such table in the datastore (any more).
            RequestRefused: a filter or column is refused; with `ask_ranges`, the site may be too old to be asked.
        """
        params: dict[str, Any] = {
            "resource_id": resource,
            "limit": str(limit),
            "sort": f"{ID} desc" if descending else ID,
        }
        if columns is not None:
            params["fields"] = [ID, *columns]
        if filters:
            params["filters"] = dict(filters)
        if offset:
            params["offset"] = str(offset)
        if ask_ranges:
            params["include_next_page"] = "true"
        found = self._act("datastore_search", params, table)
        if not isinstance(found, dict) or not isinstance(found.get("records"), list):
            raise self._unexpected("datastore_search", "holds no records", table)
        if not all(isinstance(record, dict) and _whole(record.get(ID)) is not None for record in found["records"]):
            raise self._unexpected("datastore_search", f"holds rows without {ID}", table)
        declared = set(table.read_columns.values())
        kept = {
            str(field["id"]): str(field.get("type", ""))
            for field in found.get("fields") or ()
            if isinstance(field, dict) and "id" in field and _is_column(str(field["id"]), declared)
        }
        overridden = {
            str(field["id"]): str(field["info"]["type_override"])
            for field in found.get("fields") or ()
            if isinstance(field, dict) and isinstance(field.get("info"), dict) and field["info"].get("type_override")
        }
        return Found(
            columns={name: overridden.get(name, type_) for name, type_ in kept.items()},
            kept=kept,
            records=found["records"],
            total=None if found.get("total_was_estimated") is True else _whole(found.get("total")),
            limit=_whole(found.get("limit")),
            ranges=isinstance(found.get("next_page"), dict),
        )

    def _act(self, action: str, params: Mapping[str, Any], table: TableSpec) -> Any:
        """Give the result of an action."""
        address = f"{self._base}{_BASE}/{action}"
        texts = {name: _parameter(value) for name, value in params.items()}
        headers = self.authorization()
        # CKAN parts a text at every comma: names with a comma can only be posted.
        listed = [name for value in params.values() if isinstance(value, list) for name in value]
        if any("," in name for name in listed) or sum(map(len, texts.values())) > _LONG:
            answer = self._client.post(address, json=dict(params), table=table.name, headers=headers)
        else:
            answer = self._client.get(address, table=table.name, params=texts, headers=headers)
        envelope = answer.json()
        if not isinstance(envelope, dict) or envelope.get("success") is not True or "result" not in envelope:
            raise self._unexpected(action, "is no success, and no error either", table)
        return envelope["result"]

    def _chosen(self, resources: Sequence[Any], table: TableSpec) -> Resource:
        held = [self._described("package_show", one, table) for one in resources]
        name, format_ = table.option("resource"), table.option("resource_format")
        fitting = [
            one
            for one in held
            if (name is None or one.name == name)
            and (format_ is None or one.format.casefold() == str(format_).casefold())
        ]
        if len(fitting) == 1:
            return fitting[0]
        wanted = " ".join([*([repr(name)] if name else []), *([f"of format {format_}"] if format_ else [])])
        raise ResourceNotFound(
            wanted or "without a name to choose by",
            [(one.name, one.format) for one in fitting or held],
            several=bool(fitting),
            source=self._source.name,
            table=table.name,
        )

    def _described(self, action: str, value: Any, table: TableSpec) -> Resource:
        if not isinstance(value, dict) or "id" not in value:
            raise self._unexpected(action, "describes a resource without id", table)
        modified = [str(value.get(name) or "") for name in ("last_modified", "hash")]
        return Resource(
            id=str(value["id"]),
            name=str(value.get("name") or ""),
            format=str(value.get("format") or ""),
            url=str(value.get("url") or ""),
            in_datastore=str(value.get("datastore_active")).lower() == "true",
            revision=" ".join(modified).strip() if modified[0] else "",
        )

    def _no_dataset(self, package: str, table: TableSpec) -> DatasetNotFound:
        """Tell a dataset that is not there from an address that has no API; name datasets that are like it."""
        found = self._check_api(table, words=package.replace("-", " ").replace("_", " "))
        near = nearest(package, found)
        return DatasetNotFound(
            package, dict.fromkeys([*([near] if near else []), *found[:3]]), source=self._source.name, table=table.name
        )

    def _check_api(self, table: TableSpec, words: str = "") -> list[str]:
        try:
            found = self._act("package_search", {"q": words, "rows": str(_ALIKE)}, table)
        except AddressNotFound:
            raise NoApi(self._base, source=self._source.name, table=table.name) from None
        except RequestRefused:
            return []
        results = found.get("results") if isinstance(found, dict) else None
        return [str(one["name"]) for one in results or () if isinstance(one, dict) and one.get("name")]

    def _unexpected(self, action: str, problem: str, table: TableSpec) -> UnexpectedAnswer:
        return UnexpectedAnswer(action, problem, source=self._source.name, table=table.name)


def _base(source: SourceSpec, address: str | None) -> str:
    """Give the address below which the API lies: the connection's, else the source's own."""
    found = address or source.url
    if not found:
        raise SourceConfigurationError(
            "has no address", source=source.name, hint="set `url:` to the base of the portal's API"
        )
    return found.rstrip("/").removesuffix(_BASE).rstrip("/")


def _is_column(name: str, declared: set[str]) -> bool:
    """Tell columns of the table from those that CKAN adds: `_id`, `_full_count`, `rank` and `rank …`."""
    return not name.startswith("_") and (name in declared or (name != "rank" and not name.startswith("rank ")))


def _parameter(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, dict) else str(value)


def _whole(value: Any) -> int | None:
    """Read a number that may be a text, or nothing."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
