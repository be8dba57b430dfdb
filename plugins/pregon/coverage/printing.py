"""Coverage on the terminal: which indicators can be computed and what stands in the way, then the fields."""

from collections.abc import Iterator, Sequence
from typing import Literal

from expectations.coverage import Counts, Coverage, FieldCount, Missing, Verdict, computable
from pregon.coverage.publication import AgainstMapping, PublicationCoverage
from pregon.printing import line, print_table
from transforms.counting import counted

SECTIONS = ("planning", "tender", "bids", "awards", "contracts", "contracts/implementation", "parties", "buyer")

_STATUS = {"computable": "yes", "partly": "partly", "not": "no"}
_WHY = {
    "no_rows": "its table has no rows",
    "source_empty": "the column is empty",
    "withheld": "withheld by the disclosure rules",
    "between": "lost on the way: see the findings of a run",
}
_MOST_CODES = 8
_MOST_MISSING = 3


def print_coverage(
    found: PublicationCoverage, *, by: Literal["year", "department"] | None = None, everything: bool = False
) -> None:
    """Print the coverage of a publication."""
    coverage = found.coverage
    line(f"{found.subject}: {counted(coverage.documents, 'process', 'processes')}{_spans(coverage)}")
    for problem in found.problems:
        line(f"  not counted: {problem}")
    if coverage.unreadable:
        line(f"  not counted: {counted(coverage.unreadable, 'line')} without a JSON object")
    if not coverage.documents:
        return
    if by is not None:
        _print_groups(coverage, by)
        return
    _print_fields(coverage, everything=everything)
    _print_codes(coverage)
    _print_indicators(computable(coverage))
    if found.against is not None:
        _print_against(found.against)


def _spans(coverage: Coverage) -> str:
    years = [year for year in coverage.by_year if year is not None]
    if not years:
        return ""
    departments = len(coverage.departments) + coverage.rest_departments
    span = str(years[0]) if len(years) == 1 else f"{years[0]} to {years[-1]}"
    return f" of {span}, {'' if coverage.exact else 'more than '}{counted(departments, 'department')}"


def share(count: FieldCount) -> str:
    """Write the share of a field: never 0 % if it is filled somewhere, nor 100 % if it lacks somewhere."""
    if count.share is None:
        return ""
    percent = 100 * count.share
    if 0 < percent < 1:
        return "< 1 %"
    return "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def _print_fields(coverage: Coverage, *, everything: bool) -> None:
    from transforms.ocds import field_table

    rows = []
    for path, count in coverage.all.fields(field_table(coverage.extensions)):
        if everything or count.present:
            misfits = f"{count.misfits:,} of another type" if count.misfits else ""
            rows.append([path, share(count), f"{count.filled:,}", f"{count.parents:,}", misfits])
    print_table(["field", "filled", "in", "of", "remarks"], rows)


def _print_codes(coverage: Coverage) -> None:
    rows = []
    for path, counts in coverage.codes.items():
        listed = [f"{code} {counts.total(code):,}" for code in counts.listed]
        more = f", … {len(listed) - _MOST_CODES} more" if len(listed) > _MOST_CODES else ""
        unlisted = [f"{code!r} {counts.total(code):,}" for code in list(counts.unlisted)[:_MOST_CODES]]
        others = len(counts.unlisted) - len(unlisted)
        far = f", … {others} more" if others or counts.further else ""
        rows.append([path, ", ".join(listed[:_MOST_CODES]) + more, ", ".join(unlisted) + far])
    if rows:
        line("")
        print_table(["codes at", "of the code list", "not in it"], rows)


def _print_indicators(verdicts: Sequence[Verdict]) -> None:
    line("")
    rows = [[one.indicator.id, one.indicator.title.en, _verdict(one), _lacks(one)] for one in verdicts]
    print_table(["", "indicator or red flag", "computable", "what is missing"], rows)
    for kind, name in (("kpi", "indicators"), ("red flag", "red flags")):
        found = [one for one in verdicts if one.indicator.kind == kind]
        full = sum(one.status == "computable" for one in found)
        partly = sum(one.status == "partly" for one in found)
        line(f"Of {len(found)} {name} {full} can be computed, {partly} for a part, {len(found) - full - partly} not.")
    line("Shares are the most that can be: fields are counted one by one.")
    for path, ids in _levers(verdicts):
        line(f"  {path} alone stands in the way of {', '.join(ids)}")


def _verdict(verdict: Verdict) -> str:
    if verdict.status != "partly" or not verdict.missing:
        return _STATUS[verdict.status]
    return f"partly, {share(FieldCount(10_000, 0, round(10_000 * verdict.share)))}"


def _lacks(verdict: Verdict) -> str:
    told = [_missing(one) for one in verdict.missing[:_MOST_MISSING]]
    more = len(verdict.missing) - len(told)
    told += [f"{more} more"] if more > 0 else []
    told += [verdict.beyond.en] if verdict.beyond is not None else []
    return "; ".join(told)


def _missing(missing: Missing) -> str:
    codes = f" {' or '.join(missing.codes)}" if missing.codes else ""
    extension = f" ({missing.extension})" if missing.extension and not missing.share else ""
    part = f" {share(FieldCount(10_000, 0, round(10_000 * missing.share)))}" if missing.share else ""
    return f"{missing.path}{codes}{extension}{part}"


def _levers(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, list[str]]]:
    """Give the fields that alone keep something from being computable, those of most of them first."""
    found: dict[str, list[str]] = {}
    for one in verdicts:
        if len(one.missing) == 1 and one.beyond is None:
            found.setdefault(one.missing[0].path, []).append(one.indicator.id)
    yield from sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))


def _print_groups(coverage: Coverage, by: Literal["year", "department"]) -> None:
    groups: list[tuple[str, Counts]]
    if by == "year":
        groups = [("undated" if year is None else str(year), counts) for year, counts in coverage.by_year.items()]
    else:
        groups = [(_department(one.id, one.name), one.counts) for one in coverage.departments]
        if coverage.rest_departments:
            groups.append((f"{coverage.rest_departments:,} others", coverage.rest))
    # Fields that the publication knows at all: another year's lack of them is what is looked for.
    known = {
        section: [path for path in coverage.all.values if f"{path}/".startswith(f"{section}/") and path != section]
        for section in SECTIONS
    }
    shown = [section for section in SECTIONS if known[section]]
    rows = []
    for name, counts in groups:
        cells = [_mean(counts, [path for path in known[section] if _own(section, path)]) for section in shown]
        rows.append([name, f"{counts.documents:,}", *cells])
    print_table([by, "processes", *shown], rows)
    line("Mean share of the fields of a section that are filled anywhere in the publication. All counts: --json")


def _own(section: str, path: str) -> bool:
    return section != "contracts" or not path.startswith("contracts/implementation/")


def _department(identifier: str | None, name: str | None) -> str:
    if identifier is None and name is None:
        return "no buyer"
    return name if identifier is None or name == identifier else f"{identifier} {name or ''}".strip()  # type: ignore[return-value]


def _mean(counts: Counts, paths: Sequence[str]) -> str:
    shares = [one for path in paths if (one := counts.field(path).share) is not None]
    return f"{100 * sum(shares) / len(shares):.0f} %" if shares else ""


def _print_against(against: AgainstMapping) -> None:
    line("")
    line("Mapping and sources (internal: names tables and columns)")
    if against.empty:
        rows = [[one.path, one.source, f"{one.filled:,} of {one.parents:,}", _WHY[one.why]] for one in against.empty]
        print_table(["mapped, hardly ever filled", "from", "filled", "why"], rows)
    if against.unused:
        rows = [
            [f"{one.table}.{one.column}", "prepare.sql" if one.prepared else "source",
             share(FieldCount(one.rows, one.filled, one.filled)), f"{one.filled:,} of {one.rows:,}"]
            for one in against.unused
        ]  # fmt: skip
        print_table(["filled, not mapped", "column of", "filled", "rows"], rows)
    for name, rows_there in against.never.items():
        line(f"  {name}: no prepared table and no binding reads this source table ({counted(rows_there, 'row')})")
    if not (against.empty or against.unused or against.never):
        line("  Every mapped path is filled, and every filled column is mapped.")
