"""Clients of S3, and of what speaks its language (MinIO, Ceph, R2 …), out of a connection."""

from typing import TYPE_CHECKING

from pregon.sources.connections import ConnectionFields

if TYPE_CHECKING:
    from botocore.client import BaseClient

KINDS = frozenset({"aws", "s3", "generic"})
WAYS = ("keys", "environment", "anonymous")
REGION = "us-east-1"
"""Where a bucket is taken to be if nobody says: the region that needs no name."""

ANONYMOUS = ConnectionFields("aws", extra={"auth": "anonymous"})
FROM_ENVIRONMENT = ConnectionFields("aws", extra={"auth": "environment"})


class UnusableConnection(ValueError):
    """A connection doesn't say how to reach a bucket; the text goes on after "the connection …"."""

    def __init__(self, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def s3_client(fields: ConnectionFields) -> "BaseClient":
    """Make a client.

    The connection's login and password are the keys; its extra may have `endpoint_url`, `region_name`,
    `session_token`, `addressing_style`, and `auth`: `environment` (what boto3 finds: variables, files, role of the
    machine) or `anonymous`. Raises `UnusableConnection`.
    """
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    if fields.kind not in KINDS:
        raise UnusableConnection(f"is of type {fields.kind}, not aws")
    extra = fields.extra
    way = extra.get("auth") or ("keys" if fields.login else None)
    if way not in WAYS:
        raise UnusableConnection("has no login: give the keys, or say auth: environment or anonymous in its extra")
    if way == "keys" and not (fields.login and fields.password):
        raise UnusableConnection("has no login or no password, which are the access key and the secret key")
    endpoint = extra.get("endpoint_url")
    config = Config(
        signature_version=UNSIGNED if way == "anonymous" else "s3v4",
        # Servers of one's own seldom have a name for each bucket.
        s3={"addressing_style": extra.get("addressing_style") or ("path" if endpoint else "auto")},
        max_pool_connections=32,
    )
    keys = (fields.login, fields.password, extra.get("session_token")) if way == "keys" else (None, None, None)
    session = boto3.Session(
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        aws_session_token=keys[2],
        region_name=extra.get("region_name") or REGION,
    )
    try:
        return session.client("s3", endpoint_url=endpoint, config=config)
    except ValueError as error:
        # Its words repeat the address.
        raise UnusableConnection("has an endpoint_url that is no address", "write it as https://host:port") from error
