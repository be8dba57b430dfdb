import pytest

from pregon.sources.files.addresses import host_of, path_of, problem_of, transport_of


@pytest.mark.parametrize(
    ("file", "transport", "host", "path"),
    [
        ("https://portal.example:8443/a.csv?x=1", "web", "portal.example:8443", None),
        ("HTTP://portal.example/a.csv", "web", "portal.example", None),
        ("s3://bucket/drop/awards-*.csv", "s3", "bucket", "drop/awards-*.csv"),
        ("sftp://drop.example:2222/out/awards-?.csv", "sftp", "drop.example:2222", "/out/awards-?.csv"),
        ("sftp:///out/awards 100%.csv", "sftp", "", "/out/awards 100%.csv"),
    ],
)
def test_where_a_file_lies(file: str, transport: str, host: str, path: str | None) -> None:
    assert (transport_of(file), host_of(file), problem_of(file)) == (transport, host, None)
    assert path is None or path_of(file) == path


@pytest.mark.parametrize("file", ["awards.csv", "/data/awards-*.csv", "{home}/x/{date:%Y-%m}.csv", "C:/x.csv"])
def test_a_path_is_no_address(file: str) -> None:
    assert (transport_of(file), problem_of(file)) == (None, None)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("ftp://host/a.csv", "nothing fetches (ftp:); there are: a path, http, https, s3, sftp"),
        ("file:///etc/passwd", "nothing fetches (file:)"),
        ("https://ana:secret@portal.example/a.csv", "holds a user or password: name an Airflow connection"),
        ("sftp://ana@drop.example/a.csv", "holds a user or password"),
        ("https:///a.csv", "has no host"),
        ("s3://bucket", "has no bucket or no key"),
        ("s3:///key", "has no bucket or no key"),
        ("sftp://drop.example/", "has no path"),
        ("s3://bucket/a-{date:%B}.csv", "has %B in its date"),
        ("drop/{date:}.csv", "without a format such as %Y-%m"),
    ],
)
def test_what_is_wrong_with_an_address_is_told(file: str, words: str) -> None:
    problem = problem_of(file)
    assert problem is not None
    assert words in problem
    assert "secret" not in problem
