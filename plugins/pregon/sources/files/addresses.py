"""Where a file lies: on this machine, behind HTTP, in an S3 bucket, on an SFTP server.

Kept light: city.yaml is checked with it.
"""

import re
from urllib.parse import urlsplit

from pregon.sources.files.patterns import Pattern

SCHEMES = ("http", "https", "s3", "sftp")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(file: str) -> str | None:
    """Give the scheme of an address in lower case; None for a path."""
    found = _SCHEME.match(file)
    return found[1].lower() if found else None


def transport_of(file: str) -> str | None:
    """Give what fetches a file: `web`, `s3` or `sftp`; None for a path, and for what nothing fetches."""
    scheme = scheme_of(file)
    return "web" if scheme in ("http", "https") else scheme if scheme in SCHEMES else None


def host_of(file: str) -> str:
    """Give the host, with the port if there is one; the bucket in an address of S3."""
    return file.partition("://")[2].partition("/")[0].rpartition("@")[2]


def path_of(file: str) -> str:
    """Give what comes after the host of an address of S3 or SFTP, where `?`, `#` and `%` mean themselves.

    Without the slash before it for S3, whose keys have none.
    """
    slash, path = file.partition("://")[2].partition("/")[1:]
    return path if scheme_of(file) == "s3" else slash + path


def problem_of(file: str) -> str | None:
    """Say what is wrong with the address or path of a table; None if nothing is."""
    scheme = scheme_of(file)
    if scheme is not None and scheme not in SCHEMES:
        return f"leads to an address that nothing fetches ({scheme}:); there are: a path, {', '.join(SCHEMES)}"
    if scheme is not None and "@" in file.partition("://")[2].partition("/")[0]:
        return "holds a user or password: name an Airflow connection instead (connection: …)"
    if scheme == "s3" and not (host_of(file) and path_of(file)):
        return "has no bucket or no key: an address of S3 is s3://bucket/folder/file.csv"
    if scheme == "sftp" and not path_of(file).strip("/"):
        return "has no path: an address of SFTP is sftp://host/folder/file.csv, or sftp:///… at the connection's host"
    if scheme in ("http", "https"):
        return None if urlsplit(file).hostname else "has no host"
    try:
        Pattern(path_of(file) if scheme else file.replace("{home}", ""))
    except ValueError as error:
        return str(error)
    return None
