"""What a spider that follows links collects, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def crawled(first: str, folder: Path) -> list[dict[str, Any]]:
    """Crawl from an address to the end of its links; give the records in the order in which they came.

    The spider must have nothing to say: warnings are failures.
    """
    collected = folder / "collected.jsonl"
    arguments = ["-a", f"first={first}", "-O", collected, "--loglevel", "WARNING"]
    command = [sys.executable, "-m", "scrapy", "runspider", Path(__file__).with_name("links_spider.py"), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, cwd=folder)
    assert done.stderr == ""
    return [json.loads(line) for line in collected.read_text(encoding="utf-8").splitlines()]
