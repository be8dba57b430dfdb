"""Kills a run at chosen moments and repeats it. A program of its own: it forks, and what it forks dies by SIGKILL.

`python crash_driver.py stages|runs SETTINGS.json` prints what it found as JSON. A moment is an act that changes the
disk or the ledger: a file opened to be written, a rename, link or removal (as Python's audit events announce them, so
before the act), a statement or commit of a database transaction. A child process counts the acts up to the one it dies
before.

`stages`: stage after stage as Airflow runs them, each in a process of its own. For each of some moments of the stage
HOME is put back to what it was before it, the stage is killed there and repeated; HOME must then be what one
undisturbed attempt leaves. `runs`: the command line, killed at some moments of each stage, and repeated whole; what it
publishes and keeps must then be the same (the work files of a run that had committed already tell of the repetition).
"""

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from command_line import Outcome, pregon
from disk import trusting_the_system
from publication_files import differences, tree
from put_back import Before
from sqlalchemy import Engine, event

from pregon import pipeline

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.mkdir", "os.utime", "os.truncate")
STATEMENTS = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE")


class Moments:
    """Counts the acts of this process from now on, by stage, and kills it before a given one."""

    def __init__(self, home: Path, deadly: int | None) -> None:
        self.home = str(home)
        self.deadly = deadly
        self.stage = ""
        self.seen: list[str] = []
        sys.addaudithook(self._audit)
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", lambda _: self.act("commit"))

    def act(self, name: str) -> None:
        if len(self.seen) == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen.append(f"{self.stage} {name}")

    def _audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "open":
            path, _, flags = arguments
            if isinstance(path, str | bytes) and flags & WRITING:
                self._touch("open", os.fsdecode(path))
        elif name in CHANGES:
            path = arguments[0]
            if isinstance(path, str | bytes | os.PathLike):
                # A relative name is one of a folder that is being removed.
                self._touch(name, os.fsdecode(path))

    def _touch(self, name: str, path: str) -> None:
        if path.startswith(self.home) or not path.startswith("/"):
            self.act(f"{name} {path.removeprefix(self.home)}")

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        word = statement.split(None, 1)[0].upper()
        if word in STATEMENTS:
            self.act(f"{word} {statement[:60]!r}")


class Killed(Exception):
    """The child died where it was told to."""


def in_child(work: Callable[[], Any]) -> Any:
    """Run `work` in a forked process and give its result, by way of JSON; raises Killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            try:
                json.dump({"result": work()}, pipe)
            except Exception:  # noqa: BLE001 - whatever went wrong is told to the parent, which raises it
                json.dump({"error": traceback.format_exc()}, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        raise Killed
    answer = json.loads(text)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


def warmed(home: Path, elsewhere: Path, work: Callable[[Path], Any]) -> None:
    """Do the work once in this process, on a copy of HOME, and put HOME back, to which a target may belong.

    What is imported, compiled and remembered for whoever comes next need not be made in each of the children. Nothing
    of the work itself is: it was another HOME.
    """
    copy, before = elsewhere / "warm", Before(home, elsewhere / "before")
    shutil.copytree(home, copy, symlinks=True)
    work(copy)
    before.put_back()
    shutil.rmtree(copy)
    before.forget()


def spread(total: int, number: int) -> list[int]:
    """Some numbers below `total`, evenly spread, first and last included."""
    if total <= number or number < 2:
        return list(range(min(total, number)))
    return sorted({round(place * (total - 1) / (number - 1)) for place in range(number)})


def stage_calls(run: pipeline.Run) -> list[tuple[str, Callable[[dict[str, Any]], Any]]]:
    """The stages as tasks: each reads what those before gave, as JSON."""

    def mapped(done: dict[str, Any]) -> list[Any]:
        prepared = pipeline.Prepared.from_json(done["prepare"])
        return [pipeline.map_states(run, prepared, bucket).to_json() for bucket in prepared.buckets]

    def released(done: dict[str, Any]) -> list[Any]:
        return [pipeline.release(run, pipeline.Mapped.from_json(one)).to_json() for one in done["map"]]

    def checked(done: dict[str, Any]) -> list[Any]:
        return [pipeline.check(run, pipeline.Released.from_json(one)).to_json() for one in done["release"]]

    def committed(done: dict[str, Any]) -> Any:
        prepared = pipeline.Prepared.from_json(done["prepare"])
        parts = [pipeline.Checked.from_json(one) for one in done["check"]]
        verdict = pipeline.decide(run, prepared, parts)
        return pipeline.commit(run, prepared, verdict, parts).to_json()

    def pushed(done: dict[str, Any]) -> list[Any]:
        promoted = pipeline.Promoted.from_json(done["promote"])
        return [pipeline.push(run, promoted, target).to_json() for target in run.city.targets]

    return [
        ("extract", lambda _: pipeline.extract(run).to_json()),
        ("prepare", lambda done: pipeline.prepare(run, pipeline.Extracted.from_json(done["extract"])).to_json()),
        ("map", mapped),
        ("release", released),
        ("check", checked),
        ("commit", committed),
        ("build", lambda _: pipeline.build(run).to_json()),
        ("promote", lambda done: pipeline.promote(run, pipeline.Built.from_json(done["build"])).to_json()),
        ("push", pushed),
    ]


def kill_stages(settings: dict[str, Any]) -> Any:
    home, copies = Path(settings["home"]), Path(settings["copies"])
    as_of = datetime.fromisoformat(settings["as_of"])

    def run_through(copy: Path) -> None:
        done: dict[str, Any] = {}
        for name, call in stage_calls(pipeline.Run.start(settings["slug"], home=copy, as_of=as_of)):
            done[name] = call(done)

    warmed(home, copies, run_through)
    run = pipeline.Run.start(settings["slug"], home=home, as_of=as_of)
    done: dict[str, Any] = {}
    report: dict[str, Any] = {}
    known: dict[str, Any] = {}
    before = Before(home, copies / "before-stage")
    for name, call in stage_calls(run):
        before.renew()

        def attempt(
            deadly: int | None, call: Callable[[dict[str, Any]], Any] = call, name: str = name
        ) -> dict[str, Any]:
            moments = Moments(home, deadly)
            moments.stage = name
            result = call(done)
            return {"result": result, "moments": moments.seen}

        whole = in_child(lambda: attempt(None))
        expected = tree(home, known)
        faults = []
        moments = whole["moments"]
        chosen = spread(len(moments), settings["moments"])
        for deadly in chosen:
            before.put_back()
            try:
                in_child(lambda deadly=deadly: attempt(deadly))
            except Killed:
                again = in_child(lambda: attempt(None))
                wrong = differences(expected, tree(home, known))
                if again["result"] != whole["result"]:
                    wrong.append(f"the repetition gave {again['result']} and not {whole['result']}")
            else:
                wrong = ["was not killed"]
            if wrong:
                faults.append({"moment": deadly, "act": moments[deadly], "wrong": wrong})
        # A task that finished, but whose success nobody heard of, is repeated too.
        before.put_back()
        in_child(lambda: attempt(None))
        in_child(lambda: attempt(None))
        if wrong := differences(expected, tree(home, known)):
            faults.append({"moment": None, "act": "after the end", "wrong": wrong})
        done[name] = whole["result"]
        report[name] = {"moments": len(moments), "killed": len(chosen), "faults": faults}
    return report


def arguments(settings: dict[str, Any], home: Path) -> list[str]:
    """Give the arguments of the command line for another HOME."""
    return [str(home) if argument == settings["home"] else argument for argument in settings["arguments"]]


def said(outcome: Outcome) -> None:
    if outcome.code:
        raise RuntimeError(outcome.err)


def command(settings: dict[str, Any], deadly: int | None) -> dict[str, Any]:
    """Run the command line; give the acts with their stages."""
    moments = Moments(Path(settings["home"]), deadly)

    def staged(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            moments.stage = name.partition("_")[0]
            return work(*arguments)

        return call

    for name in ("extract", "prepare", "map_states", "release", "check", "commit", "build", "promote", "push"):
        setattr(pipeline, name, staged(name, getattr(pipeline, name)))
    said(pregon(*settings["arguments"]))
    return {"moments": moments.seen}


def kept(settings: dict[str, Any], known: dict[str, Any]) -> dict[str, str]:
    """HOME without the work files of runs."""
    work = f"lake/{settings['slug']}/runs/"
    found = tree(Path(settings["home"]), known)
    return {name: content for name, content in found.items() if not name.startswith(work)}


def kill_runs(settings: dict[str, Any]) -> Any:
    home, copies = Path(settings["home"]), Path(settings["copies"])
    warmed(home, copies, lambda copy: said(pregon(*arguments(settings, copy))))
    before = Before(home, copies / "runs")
    whole = in_child(lambda: command(settings, None))
    acts = whole["moments"]
    known: dict[str, Any] = {}
    expected = kept(settings, known)
    report: dict[str, Any] = {}
    for name in pipeline.STAGES:
        places = [number for number, act in enumerate(acts) if act.startswith(f"{name} ")]
        chosen = [places[place] for place in spread(len(places), settings["moments"])]
        faults = []
        for deadly in chosen:
            before.put_back()
            try:
                in_child(lambda deadly=deadly: command(settings, deadly))
            except Killed:
                in_child(lambda: command(settings, None))
                wrong = differences(expected, kept(settings, known))
            else:
                wrong = ["was not killed"]
            if wrong:
                faults.append({"moment": deadly, "act": acts[deadly], "wrong": wrong})
        report[name] = {"moments": len(places), "killed": len(chosen), "faults": faults}
    return report


if __name__ == "__main__":
    kind, file = sys.argv[1:]
    given = json.loads(Path(file).read_text(encoding="utf-8"))
    with trusting_the_system():
        json.dump(kill_stages(given) if kind == "stages" else kill_runs(given), sys.stdout)
