"""The standard's worked examples, told again from edits of a source: rows → mapping → states → releases.

Of each example the facts after each of its releases are put into the tables of a source, which are prepared, mapped and
released like any city's. After each step the merge of our releases must be the merge of theirs. Where it is not, the
example breaks a rule that we keep; each such difference is named here with its reason.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from ocdsmerge import Merger
from source_of_releases import LINKS, Source
from unit.pregon.stages.town import Town

from transforms.ocds import release_schema
from transforms.releases import MergeRules, Previous, make_release
from transforms.releases.merging import sections

FOLDER = "conformance/standard-examples"


@dataclass(frozen=True)
class Example:
    """Releases of one process in the order of their dates.

    `tags` are ours, with the reason, at the steps where they are others than theirs. `left_out` are fields that the
    schema does not have, neither the standard's nor that of an extension that we support, and references without id;
    `altered` are paths at which we say something else, and why.
    """

    files: tuple[str, ...]
    tags: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    left_out: Set[str] = frozenset()
    altered: Mapping[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()

    @property
    def exceptions(self) -> set[str]:
        """Paths at which the merges differ."""
        return {*self.left_out, *self.altered}

    def releases(self, reference: Path) -> list[dict[str, Any]]:
        """The releases, without their packages."""
        found = []
        for file in self.files:
            document = json.loads((reference / FOLDER / file).read_bytes())
            found += document.get("releases") or document["records"][0]["releases"]
        assert [release["date"] for release in found] == sorted(release["date"] for release in found)
        return found


def steps(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}.json" for name in names)


FIRST = "a first release has the plain tag of every section that it holds"
STATUS = "the tender's status changed too"
ROLES = "roles are those in which the process refers to the organization, all of them"
UNREFERRED = "an organization to which nothing in the process refers is not among its parties"

EXAMPLES: dict[str, Example] = {
    "change history": Example(
        steps("change_history", "tender", "tenderUpdate", "award", "contract", "implementation", "contractAmendment"),
        tags={
            1: ("tenderAmendment", "it brings an entry of `amendments`, so it is no mere update"),
            2: ("tenderUpdate award", STATUS),
            3: ("awardUpdate contract", "the award gets its documents"),
            5: ("awardUpdate contractAmendment", "the date of the award changes"),
        },
        altered={"parties/roles": ROLES},
    ),
    "updates": Example(steps("merging/updates", "tender1", "tender2", "tender3", "award1", "award2")),
    "deleted field": Example(steps("merging/deletions", "field_tender", "field_tenderUpdate")),
    "deleted object": Example(
        steps("merging/deletions", "object_tender", "object_tenderAmendment"),
        left_out={"tender/amendments/amendsReleaseId"},
    ),
    "deleted entries": Example(
        steps("merging/deletions", "array_award", "array_awardAmendment"),
        tags={1: ("awardUpdate", "the code list has no awardAmendment")},
        altered={"parties/address/postalCode": "an empty text is no value (1.5)"},
    ),
    "amended tender": Example(steps("amendments", "tender")),
    "amended contract": Example(steps("amendments", "contract"), altered={"parties": UNREFERRED}),
    "amended contract of an easy release": Example(
        steps("amendments", "easy_releases"),
        tags={2: ("contractAmendment", "the contract was released before")},
        left_out={"parties/identifiers"},
        altered={"parties": UNREFERRED, "contracts/value/amount": "an amount is a number"},
    ),
    "milestones": Example(
        steps("milestones", *(f"implementation_milestones_{name}" for name in ("scheduled", "met", "partially_met"))),
        tags={0: ("contract implementation", FIRST)},
    ),
    "planned milestone": Example(steps("milestones", "planning_milestone")),
    "financial milestones": Example(
        steps(
            "milestones",
            *(f"implementation_financial_milestones_{name}" for name in ("not_met", "partially_met", "transaction")),
        ),
        altered={"parties/roles": ROLES},
    ),
    "framework of one supplier": Example(
        steps("frameworks", "closed_single_first_stage", "closed_single_supplier"),
        tags={1: ("tenderUpdate award", STATUS)},
        left_out={"tender/techniques"},
    ),
    "call of that framework": Example(
        steps("frameworks", "closed_single_award"),
        tags={0: ("tender award", FIRST)},
        left_out={"tender/competitive"},
    ),
    "framework of several suppliers": Example(
        steps("frameworks", "open_multiple_first_stage", "open_multiple_supplier"),
        left_out={"tender/techniques"},
        altered={"parties": UNREFERRED, "parties/identifier/id": "white space around a text is no part of it"},
    ),
    "competition of that framework": Example(
        steps("frameworks", "open_multiple_second_stage", "open_multiple_award"),
        tags={1: ("tenderUpdate award", STATUS)},
        left_out={"tender/competitive"},
    ),
    "qualified suppliers": Example(
        steps("pre-qualification", "pre-selection_tender"),
        left_out={"tender/classification", "tender/selectionCriteria", "buyer"},
    ),
    "planning of a failed tender": Example(steps("unsuccessful_tender", "planning"), left_out={"planning/identifier"}),
    "failed tender": Example(
        steps("unsuccessful_tender", "tender"),
        left_out={"tender/statusDetails", "tender/mainProcurementCategoryDetails", "tender/enquiriesAddress"},
        extensions=("lots",),
    ),
    "tender after a failed one": Example(
        steps("unsuccessful_tender", "related_process"),
        left_out={"tender/datePublished", "tender/mainProcurementCategoryDetails", "tender/enquiriesAddress"},
        altered={"parties/roles": ROLES},
        extensions=("lots",),
    ),
    "easy releases with dates": Example(
        steps("easy_releases/worked_example1", "tender", "tender_update", "award", "contract"),
        tags={
            1: ("tenderUpdate", "an easy release tells all stages so far, ours what changed"),
            2: ("award", "the same"),
            3: ("award contract", "the same; the award got another id"),
        },
        altered={"parties/roles": ROLES},
    ),
    "easy releases with hashes": Example(
        steps("easy_releases/worked_example2", "tender", "tender_update", "award", "contract"),
        tags={
            1: ("tenderUpdate", "an easy release tells all stages so far, ours what changed"),
            2: ("award", "the same"),
            3: ("award contract", "the same; the award got another id"),
        },
        altered={"parties/roles": ROLES},
    ),
}


@dataclass
class Told:
    """The releases that our source led to, and theirs, with the merges after each step."""

    ours: list[dict[str, Any]]
    theirs: list[dict[str, Any]]
    left_out: set[str]


@pytest.fixture(scope="module")
def tell(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Told]:
    """Tell an example again; each is told once for all tests."""
    return cache(
        lambda name: _told(EXAMPLES[name], EXAMPLES[name].releases(reference), tmp_path_factory.mktemp("town"))
    )


def _told(example: Example, theirs: list[dict[str, Any]], folder: Path) -> Told:
    merged = [merger(example).create_compiled_release(theirs[: number + 1]) for number in range(len(theirs))]
    source = Source([sections(one) for one in merged], [release["date"] for release in theirs], example.extensions)
    town = Town(
        folder,
        mapping=source.mapping,
        prepare_sql=source.prepare_sql,
        tables=source.tables,
        extensions=example.extensions,
        withhold_contact_points=False,
    )
    found = Told([], theirs, source.left_out)
    previous: Previous | None = None
    for step, release in enumerate(theirs):
        (state,) = town.prepare(source.rows(step)).states().values()
        assert state.findings == []
        as_of = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=step)
        made = make_release(release["ocid"], state.document, state.modified, previous, as_of, rules(example), "en")
        assert made is not None
        found.ours.append(made.release)
        tags = frozenset(made.release["tag"]) | (previous.tags if previous else frozenset())
        previous = Previous(
            made.release["id"], made.release["date"], made.state_hash, tags, orjson.dumps(made.compiled)
        )
    return found


def rules(example: Example) -> MergeRules:
    return _rules(example.extensions)


def merger(example: Example) -> Merger:
    return Merger(merge_rules=rules(example).for_ocdsmerge())


@cache
def _rules(extensions: tuple[str, ...]) -> MergeRules:
    return MergeRules.from_schema(release_schema(extensions))


every_example = pytest.mark.parametrize("name", EXAMPLES)


@every_example
def test_after_each_step_the_merge_of_our_releases_is_that_of_theirs(name: str, tell: Callable[[str], Told]) -> None:
    example, told = EXAMPLES[name], tell(name)
    assert told.left_out == set(example.left_out)
    different: set[str] = set()
    for step in range(1, len(told.theirs) + 1):
        merged = (merger(example).create_compiled_release(releases[:step]) for releases in (told.ours, told.theirs))
        different |= set(differences(*map(sections, merged)))
    assert different == example.exceptions


@every_example
def test_each_release_has_the_date_of_its_change_and_the_tags_of_what_changed(
    name: str, tell: Callable[[str], Told]
) -> None:
    example, told = EXAMPLES[name], tell(name)
    for step, (ours, theirs) in enumerate(zip(told.ours, told.theirs, strict=True)):
        assert said(ours["date"]) == said(theirs["date"])
        exception, _ = example.tags.get(step, ("", ""))
        assert ours["tag"] == (exception.split() or theirs["tag"])
        assert exception.split() != theirs["tag"]


@every_example
def test_the_versioned_history_is_theirs(name: str, tell: Callable[[str], Told]) -> None:
    example, told = EXAMPLES[name], tell(name)
    versions = []
    for releases in (told.ours, told.theirs):
        steps = {release["id"]: step for step, release in enumerate(releases)}
        versions.append(by_step(sections(merger(example).create_versioned_release(releases)), steps))
    different = set(differences(*versions))
    # Below an exception the steps differ too: what we leave out at first may come with a later release.
    assert {
        path for path in different if not any(f"{path}/".startswith(f"{one}/") for one in example.exceptions)
    } == set()


@every_example
def test_an_amendment_leads_to_the_releases_with_the_new_and_the_old_values(
    name: str, tell: Callable[[str], Told]
) -> None:
    told = tell(name)
    steps = [{release["id"]: step for step, release in enumerate(releases)} for releases in (told.ours, told.theirs)]
    ours = dict(amendments(merger(EXAMPLES[name]).create_compiled_release(told.ours)))
    theirs = dict(amendments(merger(EXAMPLES[name]).create_compiled_release(told.theirs)))
    assert ours.keys() == theirs.keys()
    for key, amendment in ours.items():
        new, old = (steps[0][amendment[link]] for link in LINKS)
        assert old == new - 1
        if "releaseID" in theirs[key]:
            assert new == steps[1][theirs[key]["releaseID"]]
        if "amendsReleaseID" in theirs[key] and name not in AMENDS_AN_EARLIER_ONE:
            assert old == steps[1][theirs[key]["amendsReleaseID"]]


AMENDS_AN_EARLIER_ONE = {
    # Theirs leads past the update of the description to the release before. Ours is always the one just before: it is
    # merged with all that came earlier, and nobody has to judge which of the values before were those amended.
    "updates",
    "amended tender",
}


def amendments(compiled: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for section in ("tender", "awards", "contracts"):
        holders = compiled.get(section, [])
        for holder in holders if isinstance(holders, list) else [holders]:
            for amendment in holder.get("amendments", ()):
                yield (f"{section}/{holder['id']}", amendment["id"]), amendment


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Paths without ids at which two documents differ; the order of parties and roles counts for nothing."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {*ours, *theirs} - set(LINKS):
            below = f"{path}/{key}" if path else key
            if key not in ours or key not in theirs:
                yield below
            else:
                yield from differences(ours[key], theirs[key], below)
    elif isinstance(ours, list) and isinstance(theirs, list) and path.rpartition("/")[2] in ORDERLESS:
        yield from differences(*({json.dumps(said(one)) for one in several} for several in (ours, theirs)), path)
    elif isinstance(ours, list) and isinstance(theirs, list) and (mine := by_id(ours)) and (others := by_id(theirs)):
        if mine.keys() != others.keys():
            yield path
        elif path != "parties" and list(mine) != list(others):
            yield f"{path} (order)"
        for key in mine.keys() & others.keys():
            yield from differences(mine[key], others[key], path)
    elif said(ours) != said(theirs) or isinstance(ours, str) is not isinstance(theirs, str):
        yield path


ORDERLESS = ("roles",)


def by_id(entries: list[Any]) -> dict[str, Any]:
    if all(isinstance(entry, dict) and "id" in entry and isinstance(entry["id"], str) for entry in entries):
        return {entry["id"]: entry for entry in entries}
    return {}


def by_step(value: Any, steps: Mapping[str, int]) -> Any:
    """A versioned release with each version as the number of its step and the value."""
    if isinstance(value, list):
        return [
            {"step": steps[one["releaseID"]], "value": said(one["value"])}
            if isinstance(one, dict) and "releaseID" in one and "value" in one
            else by_step(one, steps)
            for one in value
        ]
    if isinstance(value, dict):
        return {key: by_step(member, steps) for key, member in value.items()}
    return value


def said(value: Any) -> Any:
    """A value with times in UTC and roles in order."""
    if isinstance(value, list):
        several = [said(one) for one in value]
        return sorted(several) if all(isinstance(one, str) for one in several) else several
    if isinstance(value, str) and value[10:11] == "T" and value[:4].isdecimal():
        return datetime.fromisoformat(value).astimezone(UTC).replace(microsecond=0).isoformat()
    return value
