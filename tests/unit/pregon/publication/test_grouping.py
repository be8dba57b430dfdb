"""Borders of groups depend on what stands near them alone, and a fingerprint on all that decides compressed bytes."""

from hypothesis import given
from hypothesis import strategies as st

from pregon.publication.grouping import NEIGHBOURS, RELEASES, Group, groups_of_records, groups_of_releases
from pregon.publication.source import Listed

ocids = st.lists(st.integers(0, 10**6).map(lambda number: f"ocds-213czf-{number:07d}"), min_size=1, unique=True)


def listed(ocids: list[str], versions: dict[str, int] | None = None) -> list[Listed]:
    versions = versions or {}
    return [Listed(place, ocid, f"{ocid} {versions.get(ocid, 1)}") for place, ocid in enumerate(sorted(ocids), 1)]


def records(ocids: list[str], base: str = "", **versions: int) -> list[Group]:
    return list(groups_of_records(listed(ocids, versions), base))


@given(ocids)
def test_every_process_is_in_one_group_in_order(ocids: list[str]) -> None:
    groups = records(ocids)
    assert [key for group in groups for key in group.keys] == sorted(ocids)
    assert all(group.keys for group in groups)
    assert groups[0].alone
    assert len({group.fingerprint for group in groups}) == len(groups)


@given(ocids, st.data())
def test_a_process_that_changes_changes_its_group_and_the_one_that_sees_it(
    ocids: list[str], data: st.DataObject
) -> None:
    changed = data.draw(st.sampled_from(ocids))
    before, after = records(ocids), list(groups_of_records(listed(ocids, {changed: 2}), ""))
    assert [group.keys for group in before] == [group.keys for group in after]
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        sees = place > 0 and not old.alone and changed in before[place - 1].keys
        assert (old.fingerprint != new.fingerprint) == (changed in old.keys or sees)


@given(ocids, st.data())
def test_a_process_that_comes_moves_no_border_far_away(ocids: list[str], data: st.DataObject) -> None:
    new = data.draw(st.integers(0, 10**6).map(lambda number: f"ocds-213czf-{number:07d}x"))
    order = sorted([*ocids, new])
    place = order.index(new)
    near = set(order[max(0, place - NEIGHBOURS) : place + NEIGHBOURS + 1])
    starts_before = {str(group.keys[0]) for group in records(ocids)}
    starts_after = {str(group.keys[0]) for group in records([*ocids, new])}
    assert starts_before ^ starts_after <= near


def test_groups_are_of_about_the_same_length() -> None:
    groups = records([f"ocds-213czf-{number:07d}" for number in range(5_000)])
    lengths = [len(group.keys) for group in groups]
    assert 4 < sum(lengths) / len(lengths) < 6
    # The chance to meet a process in a group grows with its length: so much is made anew for a change.
    assert sum(length**2 for length in lengths) / sum(lengths) < 6
    assert 20 < sum(group.alone for group in groups) < 80


def test_the_same_entries_of_other_make_have_other_fingerprints() -> None:
    names = [f"ocds-213czf-{number:07d}" for number in range(100)]
    one, other = ({group.fingerprint for group in records(names, base)} for base in ("1", "2"))
    assert not one & other
    seen, alone = (list(groups_of_releases(listed(names[:length]), "")) for length in (100, 99))
    assert seen[0].fingerprint != alone[0].fingerprint


@given(st.integers(0, 500), st.integers(0, 300))
def test_releases_that_come_change_the_last_group_only(known: int, new: int) -> None:
    names = [f"ocds-213czf-{number:07d}" for number in range(known + new)]
    before, after = (list(groups_of_releases(listed(names[:number]), "")) for number in (known, known + new))
    assert before[: known // RELEASES] == after[: known // RELEASES]
    assert [key for group in after for key in group.keys] == list(range(1, known + new + 1))
    assert all(group.alone for group in after)
