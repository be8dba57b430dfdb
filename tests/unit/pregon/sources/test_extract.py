import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from made_up_sources import AS_OF, CITY, content, database, files, image, run, table

from pregon.lake import Lake
from pregon.manifest import Manifest, ManifestError, Mark, latest
from pregon.sources.base import SourceConfigurationError, SourceError, SourceSpec
from pregon.sources.extract import Extraction, extract


class Killed(BaseException):
    """Stands for a kill: nothing but the interpreter's own clean-up runs after it."""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def sources(folder: Path) -> list[SourceSpec]:
    return [
        files(table("awards", file="awards.csv"), table("vendors", file="vendors.json", deletions="mark")),
        database(
            folder / "erp.sqlite",
            table("orders", columns=("id", "title", "changed"), types={"changed": "timestamp"}, cursor="changed"),
        ),
    ]


def fill(folder: Path, day: int) -> None:
    """Write the sources as they are on a day: most rows as before, a few changed, wrong ones among them."""
    rows = [f"{number},{'other' if number < day else 'same'}" for number in range(60)]
    (folder / "awards.csv").write_text("\n".join(["id,title", *rows, ",empty", "1,a,ragged", "7,twice"]) + "\n")
    (folder / "vendors.json").write_text(str([{"id": f"v{number}"} for number in range(day, 30)]).replace("'", '"'))
    with sqlite3.connect(folder / "erp.sqlite") as erp:
        erp.execute("CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, title TEXT, changed TEXT)")
        for number in range(40):
            erp.execute(
                "INSERT OR REPLACE INTO orders VALUES (?, ?, ?)",
                (f"o{number}", f"day {day}" if number <= day else "same", f"2026-02-{max(day, 1):02d} 10:00:00"),
            )
    erp.close()


def extracted(lake: Lake, folder: Path, day: int) -> Manifest:
    return extract(Extraction(lake, CITY, sources(folder), AS_OF + timedelta(days=day), folder, from_dir=folder))


def points(lake: Lake, monkeypatch: pytest.MonkeyPatch, kill_at: int | None) -> Callable[[], int]:
    """Count the moments just before and just after each write to the lake, and kill at one of them."""
    count = 0
    publish = lake._publish
    remove = lake.remove_prefix

    def moment() -> None:
        nonlocal count
        if count == kill_at:
            raise Killed
        count += 1

    def publishing(temporary: Path, target: Path) -> None:
        moment()
        publish(temporary, target)
        moment()

    def removing(prefix: str) -> None:
        moment()
        remove(prefix)

    monkeypatch.setattr(lake, "_publish", publishing)
    monkeypatch.setattr(lake, "remove_prefix", removing)
    return lambda: count


def test_killed_at_any_moment_and_repeated_the_bytes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    undisturbed = Lake(tmp_path / "undisturbed")
    fill(folder, 1)
    extracted(undisturbed, folder, 1)
    shutil.copytree(undisturbed.root, tmp_path / "day1")
    fill(folder, 3)
    with monkeypatch.context() as patch:
        moments = points(undisturbed, patch, None)
        expected = extracted(undisturbed, folder, 3)
    wanted = content(undisturbed.root)
    assert expected.tables["vendors"].changed == {"deleted": 2}
    assert expected.tables["awards"].rejected == {"duplicate_key": 1, "empty_key": 1, "ragged_row": 1}
    assert moments() > 15
    for moment in range(moments()):
        root = tmp_path / f"killed-{moment}"
        shutil.copytree(tmp_path / "day1", root)
        killed = Lake(root)
        with monkeypatch.context() as patch:
            points(killed, patch, moment)
            with pytest.raises(Killed):
                extracted(killed, folder, 3)
        again = Lake(root)
        assert extracted(again, folder, 3) == expected
        assert content(root) == wanted, f"killed at moment {moment}"


def test_a_run_that_never_came_back_leaves_nothing_to_the_next_one(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, 1)
    with monkeypatch.context() as patch:
        points(lake, patch, 8)
        with pytest.raises(Killed):
            extracted(lake, tmp_path, 1)
    left = lake.root / CITY / "raw/portal/awards/000001/part-00009.parquet"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"left behind")
    manifest = extracted(lake, tmp_path, 2)
    other = Lake(tmp_path / "other")
    assert extracted(other, tmp_path, 2) == manifest
    assert content(other.root) == content(lake.root)


def test_the_same_run_again_gives_the_manifest_that_is_there(lake: Lake, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    first = extracted(lake, tmp_path, 1)
    before = content(lake.root)
    fill(tmp_path, 2)
    assert extracted(lake, tmp_path, 1) == first
    assert content(lake.root) == before
    second = extracted(lake, tmp_path, 2)
    assert (second.number, second.previous) == (2, 1)


def test_the_clock_never_goes_back(lake: Lake, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    extracted(lake, tmp_path, 2)
    with pytest.raises(ManifestError, match="is later than"):
        extracted(lake, tmp_path, 1)


def test_numbers_and_clock_go_on_after_what_the_ledger_took(lake: Lake, tmp_path: Path) -> None:
    fill(tmp_path, 1)

    def extracted_after(mark: Mark, day: int) -> Manifest:
        as_of = AS_OF + timedelta(days=day)
        return extract(Extraction(lake, CITY, sources(tmp_path), as_of, tmp_path, from_dir=tmp_path, used=mark))

    with pytest.raises(ManifestError, match=r"manifest 7: was made as of .* later than"):
        extracted_after(Mark(7, AS_OF + timedelta(days=2)), 1)
    first = extracted_after(Mark(7, AS_OF + timedelta(days=2)), 2)
    assert (first.number, first.previous) == (8, None)
    assert extracted_after(Mark(8, first.as_of), 2) == first
    second = extracted_after(Mark(7, AS_OF + timedelta(days=2)), 3)
    assert (second.number, second.previous) == (9, 8)
    assert second.tables["awards"].mode == "unchanged"


def test_the_same_run_under_another_configuration_is_refused(lake: Lake, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    run(lake, files(table("awards", file="awards.csv")), tmp_path)
    with pytest.raises(ManifestError, match="another configuration"):
        run(lake, files(table("awards", file="awards.csv", key=("title",))), tmp_path)


def test_an_error_leaves_everything_as_it_was_and_the_next_run_goes_on(lake: Lake, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    first = extracted(lake, tmp_path, 1)
    fill(tmp_path, 2)
    (tmp_path / "vendors.json").write_text("[")
    with pytest.raises(SourceError, match=r"portal\.vendors: vendors\.json"):
        extracted(lake, tmp_path, 2)
    assert latest(lake, CITY) == first
    assert len(image(lake, first, "awards")) == 60
    fill(tmp_path, 2)
    assert extracted(lake, tmp_path, 3).number == 2
    assert lake.list(f"{CITY}/runs") == []


def test_every_row_is_accounted_for(lake: Lake, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    for entry in extracted(lake, tmp_path, 1).tables.values():
        assert entry.rows_read == sum(part.rows for part in entry.parts) + sum(entry.rejected.values())
        assert (entry.rejects.rows if entry.rejects else 0) == sum(entry.rejected.values())
        assert lake.sha256(entry.parts[0].key) == entry.parts[0].sha256


def test_a_file_with_the_bytes_of_before_is_not_read_unless_asked(lake: Lake, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    first = extracted(lake, tmp_path, 1)
    second = extracted(lake, tmp_path, 2)
    assert second.tables["awards"].mode == "unchanged"
    assert second.tables["awards"].parts == first.tables["awards"].parts
    assert second.tables["awards"].rejected == first.tables["awards"].rejected
    again = run(lake, sources(tmp_path)[0], tmp_path, day=3, full=True)
    assert again.tables["awards"].mode == "full"
    assert again.tables["awards"].changed == {}


def test_progress_is_told_by_table(lake: Lake, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    told: list[tuple[str, int]] = []
    progress = lambda name, rows: told.append((name, rows))  # noqa: E731
    extract(Extraction(lake, CITY, sources(tmp_path), AS_OF, tmp_path, from_dir=tmp_path, progress=progress))
    assert told == [("awards", 63), ("vendors", 29), ("orders", 40)]


def configurations() -> Iterator[tuple[SourceSpec, str]]:
    yield SourceSpec("portal", "file", ()), "no kind of source 'file'"
    yield files(table(file="f.csv"), table(file="g.csv")), "a table of this name"
    yield files(table(file="f.csv", key=("nr",))), "'nr' is not one of its columns"
    yield files(table(file="f.csv", key=())), "has no key"
    yield files(table(file="f.csv", absent=["titel"])), "'titel' is not one of its columns"
    yield files(table(file="f.csv", types={"title": "decimal"})), "values of files arrive as text"
    yield files(table()), "has no file"
    yield files(table(file="f.unknown")), "format can't be told"
    yield files(table(file="f.csv", delimiter=";;")), "one character each"
    yield files(table(file="f.csv", encoding="utf-9")), "'utf-9' is not known"


@pytest.mark.parametrize(("source", "problem"), list(configurations()))
def test_a_configuration_that_cannot_work_is_refused(
    lake: Lake, tmp_path: Path, source: SourceSpec, problem: str
) -> None:
    for name in ("f.csv", "f.unknown"):
        (tmp_path / name).write_text("id,title\n1,a\n")
    with pytest.raises(SourceConfigurationError, match=problem) as caught:
        run(lake, source, tmp_path)
    assert caught.value.source == "portal"


def test_a_local_file_needs_a_folder(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no folder is given") as caught:
        extract(Extraction(lake, CITY, [files(table(file="f.csv"))], AS_OF, tmp_path))
    assert caught.value.hint is not None
    assert "--from" in caught.value.hint


def test_a_file_of_the_home_folder_needs_none(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("id,title\n1,a\n")
    manifest = extract(Extraction(lake, CITY, [files(table(file="{home}/f.csv"))], AS_OF, tmp_path))
    assert manifest.tables["things"].notes["files"][0]["name"] == "f.csv"


def test_what_a_dag_file_may_import_stays_light() -> None:
    modules = "pregon.lake, pregon.manifest, pregon.images, pregon.sources.base, pregon.sources.extract"
    heavy = "{'pandas', 'duckdb', 'pyarrow', 'sqlalchemy', 'httpx', 'openpyxl', 'airflow'}"
    code = f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
