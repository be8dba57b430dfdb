"""A folder as a target: the same layout as `HOME/public/<city>`, changed by one atomic pointer."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pregon.publication.draft import link_or_copy
from pregon.publication.manifest import MANIFEST, BrokenSnapshot, checksum, read_current, sync_folder, verify
from pregon.publication.promote import Retention, promote, remove_older
from pregon.publishers.base import Plan, Step
from transforms.snapshot import Manifest


class FilesystemPublisher:
    """Copies a snapshot to `<folder>/snapshots/<id>` and points `<folder>/current` to it.

    Files that the target's current snapshot already holds are linked within the target.
    """

    kind: ClassVar[str] = "filesystem"
    remote: ClassVar[bool] = False
    parallel: ClassVar[int] = 1

    def __init__(self, folder: Path | str, *, name: str = "filesystem", retention: Retention = Retention()) -> None:  # noqa: B008
        self.folder = Path(folder)
        self.name = name
        self.retention = retention

    def plan(self, snapshot: Path, manifest: Manifest) -> Plan:
        """Plan to copy what the target's current snapshot doesn't hold."""
        there = read_current(self.folder)
        held = {(one.path, one.sha256) for one in there[1].files} if there else set()
        steps = [
            Step("keep" if (one.path, one.sha256) in held else "put", one.path, one.bytes, one)
            for one in manifest.files
        ]
        steps.append(Step("put", MANIFEST, (snapshot / MANIFEST).stat().st_size))
        return Plan(snapshot, manifest, tuple(steps))

    def begin(self, plan: Plan) -> None:
        """Nothing comes first."""

    def execute(self, plan: Plan, step: Step) -> None:
        """Copy or link one file; a file that is already there is left alone if it is whole."""
        if self._final(plan).is_dir():
            return
        target = self._growing(plan) / step.path
        if step.file and target.is_file() and checksum(target) == step.file.sha256:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        there = read_current(self.folder)
        if step.action == "keep" and there:
            link_or_copy(there[0] / step.path, target)
        else:
            shutil.copy2(plan.snapshot / step.path, target)

    def finish(self, plan: Plan) -> None:
        """Give the copy its name, verify it and flip the pointer."""
        final = self._final(plan)
        if not final.is_dir():
            growing = self._growing(plan)
            verify(growing)
            growing.rename(final)
            sync_folder(final.parent)
        promote(final, retention=self.retention)

    def verify(self, plan: Plan) -> Sequence[str]:
        """Read every file of the target back."""
        try:
            verify(self._final(plan))
        except BrokenSnapshot as broken:
            return broken.problems
        there = read_current(self.folder)
        if not there or there[1].snapshot != plan.manifest.snapshot:
            return ["current points elsewhere"]
        return []

    def remove_older(self, redactions: int) -> Sequence[str]:
        """Remove the snapshots from before a redaction; backups of the folder are out of reach."""
        remove_older(self.folder, redactions)
        return [f"backups of {self.folder}, and whatever copies files from there"]

    def _final(self, plan: Plan) -> Path:
        return self.folder / "snapshots" / plan.manifest.snapshot

    def _growing(self, plan: Plan) -> Path:
        return self.folder / "snapshots" / f".{plan.manifest.snapshot}.partial"
