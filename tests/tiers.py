"""Which tiers of tests ran, which could not, and the Debian package that would enable them.

As a pytest plugin (`-p tiers`, by bin/test) it closes the run with that summary, and with CI=true makes a skip a
failure. As a program, `python tests/tiers.py --missing` prints the Debian packages to install; it runs before the
project's environment exists, so it needs nothing but the standard library.
"""

import os
import shutil
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class SystemNeed:
    """A program that a tier runs, under one of several names, and the Debian package that brings it."""

    tier: str
    programs: tuple[str, ...]
    package: str
    folders: tuple[str, ...] = ()

    def found(self) -> bool:
        path = os.pathsep.join([os.environ.get("PATH", ""), *self.folders])
        return any(shutil.which(program, path=path) for program in self.programs)


NEEDS = (
    SystemNeed("browser", ("chromium", "chromium-browser", "google-chrome"), "chromium"),
    SystemNeed("contract", ("soffice",), "libreoffice-calc-nogui"),
    # Debian keeps the server's programs out of PATH.
    SystemNeed("integration", ("postgres",), "postgresql", tuple(map(str, Path("/usr/lib/postgresql").glob("*/bin")))),
    SystemNeed("integration", ("sshd",), "openssh-server", ("/usr/sbin", "/usr/local/sbin")),
    SystemNeed("integration", ("redis-server",), "redis-server"),
    SystemNeed("integration", ("file",), "file"),  # for its libmagic, which CKAN loads
)


def missing() -> list[SystemNeed]:
    """Give what the tiers of this checkout need and the machine lacks."""
    return [need for need in NEEDS if (Path(__file__).parent / need.tier).is_dir() and not need.found()]


@dataclass
class Tier:
    """Outcomes of the tests below one folder of tests/."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


class Tiers:
    """Counts outcomes while pytest runs."""

    def __init__(self) -> None:
        self.tiers: dict[str, Tier] = {}

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        if report.when == "call" or report.outcome != "passed":
            self._add(report.nodeid, report)

    def pytest_collectreport(self, report: "pytest.CollectReport") -> None:
        if report.outcome != "passed":
            self._add(report.nodeid, report)

    def _add(self, nodeid: str, report: Any) -> None:
        parts = nodeid.split("/")
        tier = self.tiers.setdefault(parts[1] if len(parts) > 2 else parts[0], Tier())
        outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
        tier.outcomes[outcome] += 1
        if outcome == "skipped":
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            tier.reasons[reason.removeprefix("Skipped: ")] += 1

    def total(self, outcome: str) -> int:
        return sum(tier.outcomes[outcome] for tier in self.tiers.values())

    def pytest_sessionfinish(self, session: "pytest.Session") -> None:
        passed, failed, skipped = (self.total(outcome) for outcome in ("passed", "failed", "skipped"))
        if file := os.environ.get("PREGON_TEST_SUMMARY"):
            Path(file).write_text(f"{passed} {failed} {skipped}\n", encoding="utf-8")
        if skipped and in_ci() and session.exitstatus == 0:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        write = terminalreporter.write_line
        terminalreporter.section("tiers")
        for name, tier in sorted(self.tiers.items()):
            counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(tier.outcomes.items()))
            write(f"{name:<12} {counts}")
            for reason, number in tier.reasons.most_common():
                write(f"{'':<12} {number} skipped: {reason}")
        for need in missing():
            write(f"{need.tier:<12} needs the Debian package {need.package} (bin/test --system installs it)")
        if self.total("skipped") and in_ci():
            write("A skipped test is a failure here, because CI=true.", red=True)


def in_ci() -> bool:
    """Tell whether a skip counts as a failure."""
    return os.environ.get("CI", "").lower() in ("true", "1")


def pytest_configure(config: "pytest.Config") -> None:
    # Of several processes the one that gathers the reports counts.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tiers(), "pregon-tiers")


if __name__ == "__main__":
    if sys.argv[1:] != ["--missing"]:
        sys.exit(__doc__)
    sys.stdout.write("\n".join(need.package for need in missing()) + "\n")
