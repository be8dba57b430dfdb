"""What benchmarks that write one table share: a work folder, going on after an interruption, and the results."""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kept import AnotherRun, Kept
from measure import CommandFailed
from runs import ROOT, Bench

Results = dict[str, Any]


def carry_out(
    options: argparse.Namespace,
    identity: Mapping[str, Any],
    measure: Callable[[Bench, Kept, argparse.Namespace], Results],
    markdown: Callable[[Results], str],
) -> int:
    """Measure, or go on with it, and write the results as JSON and Markdown; give the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be ended is to be interrupted
    work = (options.work or ROOT / ".pregon" / "bench" / options.name).absolute()
    if options.fresh:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    reference = Path(os.environ.get("PREGON_REFERENCE", ROOT.parent / "shared")).absolute()
    bench = Bench(Path(sys.executable), work, ROOT / ".venv-bench", reference, options.seed, 0.0)
    try:
        kept = Kept(work / "measured.json", dict(identity))
        results = measure(bench, kept, options)
    except AnotherRun as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except CommandFailed as error:
        print(f"error: {error}\nWhat was measured before is kept in {work}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted; the same command goes on with what is measured in {work}.", file=sys.stderr)
        return 130
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / f"{options.name}.json"
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = markdown(results)
    file.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)
    if not options.keep:
        shutil.rmtree(work)
    return 0
