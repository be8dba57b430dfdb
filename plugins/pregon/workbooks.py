"""Workbooks (XLSX) whose bytes do not depend on the clock."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


def save_workbook(workbook: Any, target: Path | IO[bytes], moment: datetime) -> None:
    """Save a workbook of openpyxl; it, and every file in its archive, carry `moment` as their time."""
    # What `Workbook.save` does, but for the clock.
    from openpyxl.writer.excel import ExcelWriter

    plain = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    workbook.properties.created = workbook.properties.modified = plain
    with _DatedArchive(target, "w", ZIP_DEFLATED) as archive:
        archive.moment = plain
        ExcelWriter(workbook, archive).save()


class _DatedArchive(ZipFile):
    """An archive whose members have one time."""

    moment: datetime

    def _info(self, name: Any) -> ZipInfo:
        info = ZipInfo(str(name), self.moment.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        return info

    def write(self, filename: Any, arcname: Any = None, *_: Any) -> None:
        with Path(filename).open("rb") as source, self.open(self._info(arcname), "w") as target:
            shutil.copyfileobj(source, target, 1 << 20)

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any) -> None:
        super().writestr(self._info(zinfo_or_arcname), data)
