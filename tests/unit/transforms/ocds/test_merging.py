from ocdsmerge import Merger

from transforms.ocds import merge_rules


def test_rules_follow_the_extensions_in_use() -> None:
    assert ("tender", "participationFees") not in merge_rules()
    assert merge_rules(["participation_fee"])["tender", "participationFees"] == "wholeListMerge"


def test_nothing_inside_a_whole_list_has_a_rule_of_its_own() -> None:
    rules = merge_rules(["participation_fee"])
    assert not [path for path in rules if path[:2] == ("tender", "participationFees") and len(path) > 2]


def test_what_a_release_says_of_itself_is_omitted() -> None:
    assert {path for path, rule in merge_rules().items() if rule == "omitWhenMerged"} == {("id",), ("date",), ("tag",)}


def test_changing_the_answer_does_not_change_the_next_one() -> None:
    merge_rules().clear()
    assert merge_rules()


def test_withdrawn_fees_leave_the_compiled_release() -> None:
    releases = [
        {"ocid": "o", "id": "1", "date": "2026-01-01T00:00:00Z", "tender": {"participationFees": [{"id": "a"}]}},
        {"ocid": "o", "id": "2", "date": "2026-01-02T00:00:00Z", "tender": {"participationFees": [{"id": "b"}]}},
    ]
    merged = Merger(merge_rules=merge_rules(["participation_fee"])).create_compiled_release(releases)
    assert merged["tender"]["participationFees"] == [{"id": "b"}]
