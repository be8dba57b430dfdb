import pytest

from pregon.links.asking import host_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.City.example/a", "www.city.example"),
        ("http://city.example:80/a", "city.example"),
        ("https://city.example:80/a", "city.example:80"),
        ("https://user:secret@city.example:8443/", "city.example:8443"),
        ("ftp://city.example/a", None),
        ("file:///etc/passwd", None),
        ("city.example/a", None),
        ("https://", None),
        ("https://city.example:port/", None),
        ("https://[broken/", None),
    ],
)
def test_a_host_is_known_by_its_name_and_an_unusual_port(url: str, host: str | None) -> None:
    assert host_of(url) == host
