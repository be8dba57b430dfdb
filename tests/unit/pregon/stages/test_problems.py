"""What the checks found is told by kind, with the source row to look at."""

from pathlib import Path
from typing import Any

from pregon.lake import Lake
from pregon.stages.problems import EXAMPLES, problem_lines, problems_found


def finding(number: int, path: str | None = "tender/value/amount", **changed: Any) -> dict[str, Any]:
    found = {
        "ocid": f"ocds-213czf-{number}",
        "table": "calls",
        "row": f"C{number}",
        "reason": "structure",
        "path": path,
        "value": f"-{number}",
        "message": f"-{number} is less than 0",
    }
    return {**found, **changed}


def checked(lake: Lake, *buckets: list[dict[str, Any]]) -> list[str]:
    keys = [f"checked/{number:03d}.json" for number in range(len(buckets))]
    for key, findings in zip(keys, buckets, strict=True):
        lake.put_json(key, {"findings": findings})
    return keys


def test_problems_of_all_buckets_are_counted_by_kind_with_a_few_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    odd = finding(9, None, reason="NoStage", table="", row="", value=None, message="has no stage")
    keys = checked(lake, [finding(number) for number in (1, 2)], [odd, *(finding(number) for number in (3, 4, 5))])
    amounts, stage = problems_found(lake, keys)
    assert (amounts["path"], amounts["reason"], amounts["count"]) == ("tender/value/amount", "structure", 5)
    assert [example["row"] for example in amounts["examples"]] == ["calls:C1", "calls:C2", "calls:C3"][:EXAMPLES]
    assert amounts["examples"][0]["value"] == "-1"
    assert stage == {
        "path": None,
        "reason": "NoStage",
        "count": 1,
        "examples": [{"ocid": "ocds-213czf-9", "row": None, "value": None, "message": "has no stage"}],
    }


def test_a_line_says_how_often_where_what_and_which_row(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    problems = problems_found(lake, checked(lake, [finding(1), finding(2), finding(3, "tender/title")]))
    assert problem_lines(problems, most=1) == [
        "2 × tender/value/amount: -1 is less than 0 (calls:C1, calls:C2)",
        "… and 1 more kind",
    ]
    (line,) = problem_lines(problems_found(lake, checked(lake, [finding(number) for number in range(9)])))
    assert line.endswith("(calls:C0, calls:C1, calls:C2 …)")


def test_nothing_found_is_nothing_to_say(tmp_path: Path) -> None:
    assert problem_lines(problems_found(Lake(tmp_path), [])) == []
