"""Next addresses are read as RFC 8288 writes them, and lead to no host that nobody named."""

import pytest

from pregon.sources.rest.addresses import below, followed, next_link


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://x.example/a?page=2>; rel="next"', "https://x.example/a?page=2"),
        ("</a?page=2>; rel=next", "/a?page=2"),
        ('<a>; rel="prev", <b>; rel="next", <c>; rel="last"', "b"),
        ('<a,b;c>; rel="next"', "a,b;c"),
        ('<a>; title="x, <z>; rel=next"; rel="prev", <b>; REL="last Next"', "b"),
        (r'<a>; title="\"x\", <y>"; rel="next"', "a"),
        ('<a>; rel="prev"; rel="next", <b>; rel="next"', "b"),
        ("<a> ; rel = next", "a"),
        ('<a>; rel="nextish"', None),
        ('<a>; title="next"', None),
        ("<>; rel=next", ""),
        ("nonsense", None),
        ("", None),
        ('<a>; rel="next', None),
    ],
)
def test_the_link_to_the_next_page_is_found(header: str, target: str | None) -> None:
    assert next_link(header) == target


BASE = "https://api.example/v1"


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("https://api.example/v1/awards?page=2", "https://api.example/v1/awards?page=2"),
        ("https://API.example:443/v1?p=2#x", "https://API.example:443/v1?p=2"),
        ("awards?page=2", "https://api.example/v1/awards?page=2"),
        ("?page=2", "https://api.example/v1/awards?page=2"),
        ("/awards", "https://api.example/awards"),
        ("//api.example/awards", "https://api.example/awards"),
        ("http://api.example/awards", "https://api.example/awards"),
        ("https://files.example/awards", "https://files.example/awards"),
    ],
)
def test_an_address_of_the_api_or_of_a_named_host_is_followed(target: str, address: str) -> None:
    assert followed(target, f"{BASE}/awards", BASE, ["Files.example"]) == (address, None)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://other.example/awards", "other.example"),
        ("//other.example/awards", "other.example"),
        ("https://api.example:8443/awards", "api.example:8443"),
        ("https://api.example.other.example/", "api.example.other.example"),
        ("https://api.example@other.example/", "other.example"),
        ("https://me:word@api.example/", "api.example"),
        ("http://files.example/", "http://files.example"),
        ("http://api.example:8080/", "http://api.example"),
        ("file:///etc/passwd", "file://None"),
        ("javascript:alert(1)", "javascript://None"),
    ],
)
def test_another_host_is_named_not_followed(target: str, host: str) -> None:
    assert followed(target, f"{BASE}/awards", BASE, ["files.example"])[1] == host


def test_a_path_lies_below_the_address_of_the_api() -> None:
    assert below("https://api.example/v1/", "/awards") == "https://api.example/v1/awards"
    assert below("https://api.example/v1", "awards?x=1") == "https://api.example/v1/awards?x=1"
    assert below("https://api.example/awards.json", "/") == "https://api.example/awards.json"
