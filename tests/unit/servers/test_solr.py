"""The stand-in for Solr finds what CKAN asks for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers.solr import matches, solr_server

DOCUMENT = {
    "id": ["1"],
    "name": ["trees"],
    "title": ["Trees of the city"],
    "site_id": ["lindenau"],
    "permission_labels": ["public", "member-1"],
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("*:*", True),
        ('name:"trees" OR id:"trees"', True),
        ('name:"1" OR id:"1"', True),
        ('name:"2" OR id:"2"', False),
        ('+site_id:"lindenau" +name:trees', True),
        ('+site_id:"lindenau" +name:lindens', False),
        ('+permission_labels:("creator-9" OR "member-1")', True),
        ('+permission_labels:("creator-9" OR "member-2")', False),
        ('+site_id:lindenau AND +(id:"1" OR name:"1")', True),
        ('+site_id:elsewhere AND +(id:"1" OR name:"1")', False),
        ("city trees", True),
        ("city lindens", False),
        ("state:active", False),
    ],
)
def test_terms_are_joined_as_the_query_says(query: str, found: bool) -> None:
    assert matches(DOCUMENT, query) is found


@pytest.fixture
def solr(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "schema.xml").write_text("<schema/>")
    with solr_server(tmp_path / "schema.xml") as address:
        yield address


def names(solr: str, **asked: Any) -> list[str]:
    answer = httpx.post(f"{solr}/select", data={"q": "*:*", **asked}).json()["response"]
    return [one["name"] for one in answer["docs"]]


def test_documents_come_are_replaced_and_go(solr: str) -> None:
    assert httpx.get(f"{solr}/schema?wt=schema.xml").text == "<schema/>"
    documents = [
        {"index_id": str(number), "id": str(number), "name": f"n{number}", "tags": ["a", "b"], "nothing": None}
        for number in range(3)
    ]
    for _ in range(2):
        httpx.post(f"{solr}/update/?commit=true", content=json.dumps(documents))
    assert names(solr) == ["n0", "n1", "n2"]
    assert names(solr, rows="1", start="1") == ["n1"]
    assert names(solr, fq="+name:n2") == ["n2"]
    httpx.post(f"{solr}/update/", content='<delete><query>+(id:"1" OR name:"1")</query></delete>')
    assert names(solr) == ["n0", "n2"]
