"""CKAN's action API, as far as publishing needs it: https://docs.ckan.org/en/2.12/api/."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pregon.publishers.base import TargetFailed
from pregon.publishers.portal_access import PortalAccess, portal_access
from pregon.publishers.portal_http import PortalClient, PortalRefused, ReadBack

_ROWS_AT_ONCE = 5_000
_DELETED_AT_ONCE = 1_000
_TOO_LARGE = (
    "the file is larger than the portal takes: ask its operator to raise ckan.max_resource_size (and what stands "
    "before CKAN, such as nginx's client_max_body_size), or write files: link, so that the portal leads to base_url"
)


class CkanApi:
    """Actions of one portal. Every method raises `TargetFailed`; `resource` says in messages what it was about."""

    def __init__(self, access: PortalAccess) -> None:
        token = access.fields.password
        if not token:
            raise access.misconfigured(
                "has no password, which is the API token of an account that may edit the organization",
                "make a token on the account's page of the portal, and write it as the connection's password",
            )
        self._client = PortalClient(access, credentials={"Authorization": token})
        self._target = access.target

    @classmethod
    def of(cls, target: str, connection: str) -> "CkanApi":
        """Find the portal by its connection; raises `TargetMisconfigured`."""
        return cls(portal_access(target, connection))

    def dataset(self, name: str) -> dict[str, Any] | None:
        """Give a dataset with its resources; None where there is none, or none that the account may know of."""
        found = self._asked("package_show", {"id": name}, f"dataset {name}", missing=True)
        return found if found is None else dict(found)

    def create_dataset(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Create a dataset."""
        return dict(self.action("package_create", fields, f"dataset {fields['name']}"))

    def patch_dataset(self, identity: str, fields: Mapping[str, Any], name: str) -> None:
        """Change some fields of a dataset and keep the rest."""
        self.action("package_patch", {"id": identity, **fields}, f"dataset {name}")

    def write_resource(
        self, fields: Mapping[str, str], *, dataset: str, identity: str | None, file: Path | None = None
    ) -> None:
        """Create a resource, or change fields of it and keep the rest; with `file` that is sent along."""
        action = "resource_patch" if identity else "resource_create"
        sent = {**fields, **({"id": identity} if identity else {"package_id": dataset})}
        about = fields.get("name") or str(identity)
        if file is None:
            self.action(action, sent, about)
            return
        with file.open("rb") as stream:
            files = {"upload": (file.name, stream, fields.get("mimetype", "application/octet-stream"))}
            self._result(action, about, form=sent, files=files)

    def delete_resource(self, resource: Mapping[str, Any]) -> None:
        """Delete a resource; of a file that was uploaded nothing stays."""
        about = str(resource.get("name"))
        if resource.get("url_type") == "upload":
            # A deleted resource's file would stay in the portal's storage.
            cleared = {"id": resource["id"], "clear_upload": "true", "url": "about:blank", "url_type": ""}
            self.action("resource_patch", cleared, about)
        self._asked("resource_delete", {"id": resource["id"]}, about, missing=True)

    def create_views(self, identity: str, about: str) -> None:
        """Let the portal make the views that it makes for every resource with rows.

        Only loaders ask for these, so a table whose resource is new would have no preview.
        """
        resource = self.action("resource_show", {"id": identity}, about)
        self.action(
            "resource_create_default_resource_views", {"resource": resource, "create_datastore_views": True}, about
        )

    def order_resources(self, identity: str, order: Sequence[str], name: str) -> None:
        """Put resources at the beginning of a dataset, in this order; the others follow as they were."""
        self.action("package_resource_reorder", {"id": identity, "order": list(order)}, f"dataset {name}")

    def table(self, resource: str, about: str) -> dict[str, Any] | None:
        """Give `fields` and `total` of the rows that a resource has in the datastore; None where it has none."""
        asked = {"resource_id": resource, "limit": 0, "include_total": True}
        found = self._asked("datastore_search", asked, about, missing=True)
        return found if found is None else dict(found)

    def rows(self, resource: str, columns: Sequence[str], about: str) -> Iterator[list[Any]]:
        """Give all rows of a resource as lists of `_id` and these columns; numbers with a fraction are `Decimal`."""
        start = 0
        while True:
            asked = {
                "resource_id": resource, "fields": ["_id", *columns], "sort": "_id", "limit": _ROWS_AT_ONCE,
                "offset": start, "records_format": "lists", "include_total": False,
            }  # fmt: skip
            found = self.action("datastore_search", asked, about)["records"]
            yield from found
            if not found:
                return
            start += len(found)

    def datastore(self, action: str, resource: str, about: str, **parameters: Any) -> Any:
        """Change the rows of a resource. `force`: whoever may edit it may do so however it came to be."""
        return self.action(f"datastore_{action}", {"resource_id": resource, "force": True, **parameters}, about)

    def write_rows(self, resource: str, method: str, records: Sequence[Mapping[str, Any]], about: str) -> None:
        """Insert rows, or write over those that have the same key (`upsert`)."""
        self.datastore("upsert", resource, about, method=method, records=list(records))

    def delete_rows(self, resource: str, numbers: Sequence[int], about: str) -> None:
        """Delete rows by `_id`."""
        for start in range(0, len(numbers), _DELETED_AT_ONCE):
            # Without a filter the whole table would go.
            some = list(numbers[start : start + _DELETED_AT_ONCE])
            self.datastore("delete", resource, about, filters={"_id": some})

    def count_rows(self, resource: str, about: str) -> None:
        """Let the portal count the rows, once after all changes.

        It is a request of its own, without rows: CKAN 2.12 forgets a count with every change that doesn't ask for one,
        and with a change that does it keeps the count that it has.
        """
        self.datastore("upsert", resource, about, method="insert", records=[], calculate_record_count=True)

    def read(self, address: str, about: str, size: int) -> ReadBack:
        """Read a file back and say what it is."""
        return self._client.read(address, resource=about, size=size, accepted={404})

    def action(self, name: str, parameters: Mapping[str, Any], about: str) -> Any:
        """Do something and give its result."""
        return self._result(name, about, json=dict(parameters))

    def close(self) -> None:
        """Close what connections are open."""
        self._client.close()

    def _asked(self, name: str, parameters: Mapping[str, Any], about: str, *, missing: bool) -> Any:
        try:
            return self.action(name, parameters, about)
        except PortalRefused as refused:
            # A page of another server says 404, too.
            if missing and refused.status == 404 and isinstance(refused.document, dict):
                return None
            raise

    def _result(self, name: str, about: str, **what: Any) -> Any:
        try:
            answer = self._client.ask("POST", f"api/3/action/{name}", resource=about, **what)
        except PortalRefused as refused:
            raise self._told(refused, name) from None
        document = answer.json()
        if not isinstance(document, dict) or document.get("success") is not True:
            raise TargetFailed(self._target, about, f"{name} is answered by something other than CKAN", retryable=True)
        return document.get("result")

    def _told(self, refused: PortalRefused, action: str) -> PortalRefused:
        """Say what CKAN says, which is in its answer's `error`."""
        document = refused.document
        error = document.get("error") if isinstance(document, dict) else None
        said = self._client.told(_plain(error)) if error else refused.said
        reason = f"{action} is refused ({refused.status}): {said}" if said else f"{action}: {refused.reason}"
        if refused.status == 413 or "upload too large" in said.lower():
            reason = f"{reason}; {_TOO_LARGE}"
        elif refused.status == 403:
            reason += "; the account of the token has to be an editor of the organization, and the token still valid"
        elif refused.status in (404, 405) and error is None:
            reason = f"{action}: nothing of CKAN is at this address; its connection's host is the portal's own page"
        return PortalRefused(
            refused.target, refused.resource, reason, status=refused.status, said=said, document=document, wait=None
        )


def _plain(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    found = {name: value for name, value in error.items() if not name.startswith("__")}
    if set(found) == {"message"}:
        return str(found["message"])
    return "; ".join(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else json.dumps(value, ensure_ascii=False)}"
        for name, value in found.items()
    )
