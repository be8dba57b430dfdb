"""The data dictionary of what is published, as CSV that spreadsheets open as it is."""

import csv
import io
from collections.abc import Collection

from transforms.ocds import dictionary
from transforms.publication import Publication
from transforms.texts import texts


def dictionary_csv(publication: Publication, language: str, paths: Collection[str]) -> bytes:
    """Write the dictionary of the OCDS paths that are published, in the standard's order.

    UTF-8 with a byte order mark, without which Excel shows accented letters wrongly.
    """
    words = texts(language)["dictionary"]
    wanted = {"/".join(path.split("/")[:end]) for path in paths for end in range(1, path.count("/") + 2)}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([words[name] for name in ("path", "title", "type", "format", "codelist", "codes", "extension")])
    for row in dictionary(publication.extensions, "es" if language == "es" else "en"):
        if row.path in wanted:
            codes = {True: words["open"], False: words["closed"], None: ""}[row.open_codelist]
            cells = [row.path, row.full_title, row.type, row.format, row.codelist, codes, row.extension]
            writer.writerow(["" if cell is None else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig")
