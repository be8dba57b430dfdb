"""A source profile as data: what the JSON of `pregon source profile` holds, and what later reports read again.

The shape is stable: a field may be added; what is there keeps its name and meaning within one `version`. Counts are of
rows, shares are 0 to 1, values are texts as the source has them. Examples of what may be personal data are masked here
already, so that no reader of a profile can show them.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

VERSION = 1

Kind = Literal[
    "empty",
    "boolean",
    "integer",
    "decimal",
    "money",
    "percent",
    "range",
    "date",
    "timestamp",
    "timestamptz",
    "email",
    "url",
    "identifier",
    "code",
    "text",
]
"""What values look like: `code` is a short list of repeated values, `identifier` names things, `range` is from … to."""

PersonalData = Literal["person", "email", "phone", "address", "tax_id", "bank_account", "sensitive", "network"]
Confidence = Literal["high", "medium", "low"]


class Model(BaseModel):
    """What all parts of a profile share: nothing changes after it is made, nothing unknown is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(Model):
    """A value and how many rows have it. `masked`: every letter and digit was replaced, since it may be personal."""

    value: str
    rows: int
    masked: bool = False


class Distinct(Model):
    """Number of different values; not `exact`: an estimate, some per cent off."""

    count: int
    exact: bool


class Range(Model):
    """Smallest and largest value as they are read (numbers, ISO dates); and how many rows could be read so."""

    lowest: str
    highest: str
    rows: int


class Lengths(Model):
    """Characters of the filled values."""

    shortest: int
    longest: int
    mean: float


class DateFormat(Model):
    """One way in which dates are written. `strptime` is for `local_ts` in prepare.sql.

    `ambiguous`: rows in which day and month could be exchanged. `decided`: how that was told: nothing to decide
    ("unambiguous"), some values allow one order only ("values"), or nobody knows ("undecided"; `strptime` is a guess).
    `exchanged`: rows with day and month in the other order; `impossible`: rows of this form that are no date at all.
    """

    form: str
    strptime: str
    rows: int
    ambiguous: int = 0
    exchanged: int = 0
    impossible: int = 0
    decided: Literal["unambiguous", "values", "undecided"] = "unambiguous"


class NullWord(Model):
    """A value that means that there is none. `declared`: `null_values` of the table has it already.

    `family`: a word (`None`), a date (`1900-01-01`), or a placeholder (`99999999999`, `000-0000`).
    """

    value: str
    rows: int
    family: Literal["word", "date", "placeholder"]
    declared: bool = False


class Suspicion(Model):
    """Why a column may hold personal data. `where`: told by its name, by its values, or found inside longer texts.

    `share` is of the different values that were looked at; `rows` counts the rows found inside texts.
    """

    data: PersonalData
    where: Literal["name", "values", "text"]
    share: float | None = None
    rows: int | None = None


class Finding(Model):
    """Something that a mapping has to deal with; `code` is explained by the texts of the report."""

    code: str
    rows: int
    examples: tuple[str, ...] = ()


class Reason(Model):
    """Why a path is proposed: `name` (detail: the words that matched), `values`, `type` or `table`."""

    code: Literal["name", "values", "type", "table"]
    detail: str


class Proposal(Model):
    """An OCDS path for a column. `extension`: what the path needs, None for the standard itself.

    `declared`: the city declares that extension, or none is needed.
    """

    path: str
    confidence: Confidence
    reasons: tuple[Reason, ...]
    extension: str | None = None
    declared: bool = True


class ColumnProfile(Model):
    """A declared column. `missing` rows have no value, `blank` ones white space only; null words are counted apart.

    `looks`: what the values look like → rows, most frequent first; `kind` is the sum of it. `misfits`: rows that look
    like something else than the kind says. `currencies` are codes and signs found in the values.
    """

    name: str
    source_name: str
    declared_type: str
    source_type: str | None = None
    kind: Kind
    looks: dict[str, int]
    rows: int
    filled: int
    missing: int
    blank: int
    distinct: Distinct
    unique: bool
    lengths: Lengths | None = None
    range: Range | None = None
    frequent: tuple[Example, ...] = ()
    random: tuple[Example, ...] = ()
    misfits: int = 0
    misfit_examples: tuple[Example, ...] = ()
    currencies: dict[str, int] = {}
    date_formats: tuple[DateFormat, ...] = ()
    null_words: tuple[NullWord, ...] = ()
    personal: tuple[Suspicion, ...] = ()
    findings: tuple[Finding, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    @property
    def filled_share(self) -> float:
        """Share of rows with a value, null words not counted as one."""
        return (self.filled - sum(word.rows for word in self.null_words)) / self.rows if self.rows else 0.0

    @property
    def new_null_words(self) -> tuple[NullWord, ...]:
        """Null words that the city does not declare yet."""
        return tuple(word for word in self.null_words if not word.declared)

    @property
    def noted(self) -> bool:
        """Whether there is anything to deal with."""
        return bool(self.new_null_words or self.findings or self.misfits or self.personal)


class UndeclaredColumn(Model):
    """A column that the source has and the city does not list. Its values were not read; its name says this much."""

    source_name: str
    source_type: str | None = None
    personal: tuple[Suspicion, ...] = ()
    proposals: tuple[Proposal, ...] = ()


class KeyCandidate(Model):
    """Columns that together have another value in every row, and are never empty."""

    columns: tuple[str, ...]


class KeyProfile(Model):
    """How the declared key holds, and what else could be one.

    `repeated`: rows whose key an earlier row has; `empty`: rows with an empty part of it. `made`: the declared key is
    none of the source's columns, but the row's number or made of its content, so it says nothing of the rows.
    """

    declared: tuple[str, ...]
    holds: bool
    repeated: int
    empty: int
    made: Literal["number", "content"] | None = None
    candidates: tuple[KeyCandidate, ...] = ()

    @property
    def wanting(self) -> bool:
        """Whether another key would be better."""
        return self.made is not None or not self.holds


class TableProfile(Model):
    """A table. `expected`: its rows by the source's own count. `sampled`: only its first `rows` rows were read.

    `rejected`: rows that could not be read, by reason. `cursors`: columns that look like a time of change.
    `absent`: declared columns that this variant of the source does not have. `undeclared_known`: whether the source
    names its columns. `city_yaml`, `prepare_sql` and `mapping_yaml` are ready to paste, after reading.
    """

    name: str
    rows: int
    sampled: bool
    expected: int | None
    rejected: dict[str, int]
    files: tuple[str, ...] = ()
    stage: str | None
    key: KeyProfile
    cursors: tuple[str, ...]
    columns: tuple[ColumnProfile, ...]
    undeclared: tuple[UndeclaredColumn, ...]
    undeclared_known: bool
    absent: tuple[str, ...] = ()
    city_yaml: str = ""
    prepare_sql: str = ""
    mapping_yaml: str = ""


class Link(Model):
    """Values of a column that occur in a column of another table, `source.table.column` each.

    `share` is that of the different values. `key`: in the other table every value occurs once.
    """

    column: str
    other: str
    values: int
    found: int
    share: float
    key: bool


class SourceProfile(Model):
    """A source with its tables."""

    name: str
    kind: str
    tables: tuple[TableProfile, ...]


class Profile(Model):
    """What a city's sources hold. `sample`: rows read of each table at most, None where all were."""

    version: int = VERSION
    city: str
    name: dict[str, str]
    language: str
    as_of: str
    sample: int | None
    sources: tuple[SourceProfile, ...]
    links: tuple[Link, ...]
