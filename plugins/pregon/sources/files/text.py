"""From bytes to lines: encodings that are checked or found out, repaired control characters, every kind of line end.

The rules are those of the hazards seen in real exports: what is configured must fit, what is found out is reported,
and no character is dropped but NUL.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO

from pregon.sources.base import SourceConfigurationError, SourceEncodingError
from pregon.sources.files.containers import SourceFile, chunks

MAX_LINE = 64 << 20
"""A line of more characters isn't one: the file is something else."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_C1 = re.compile("[\x80-\x9f]")
_C1_IN_UTF8 = re.compile(rb"\xc2[\x80-\x9f]")
_WINDOWS_1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
"""All 256 bytes; the five that Windows-1252 leaves open stay control characters, as browsers read them."""
_C1_REPAIR = {byte: _WINDOWS_1252[byte] for byte in range(0x80, 0xA0) if _WINDOWS_1252[byte] != chr(byte)}


@dataclass(slots=True)
class Encoding:
    """How a file is decoded, and how that is known.

    `configured`, `mark` (byte order mark), `declared` (by an XML declaration) or `detected`.
    """

    name: str
    origin: str


@dataclass(slots=True)
class TextReport:
    """Counts of `nul_removed`, `control_characters_mapped` and `replacement_characters`."""

    counts: Counter[str] = field(default_factory=Counter)


def find_encoding(file: SourceFile, configured: str | None) -> Encoding | None:
    """Give the configured encoding, else what the bytes show: a mark, strict UTF-8, or else Windows-1252.

    None means that the file holds nothing but white space.
    """
    if configured:
        try:
            codecs.lookup(configured)
            b"a".decode(configured, "replace")  # refuses codecs that are not of text
        except LookupError as error:
            raise SourceConfigurationError(
                f"encoding {configured!r} is not known",
                source=file.source,
                table=file.table,
                hint="use a name such as utf-8, windows-1252 or utf-16",
            ) from error
        blank = all(not chunk.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe") for chunk in chunks(file))
        return None if blank else Encoding(configured, "configured")
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")("strict")
    blank, first = True, True
    for chunk in chunks(file):
        if first:
            for mark, name in _BOMS:
                if chunk.startswith(mark) and chunk.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
                    return Encoding(name, "mark")
        first = False
        blank = blank and not chunk.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe")
        if decoder is not None and not _decodes(decoder, chunk):
            decoder = None
            break
    if blank:
        return None
    if decoder is not None and _decodes(decoder, b"", final=True):
        return Encoding("utf-8", "detected")
    return Encoding("windows-1252", "detected")


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    if not final and chunk.isascii() and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def decoded(file: SourceFile, encoding: Encoding, report: TextReport) -> Iterator[str]:
    """Give a file's text in pieces: no byte order mark, no NUL, C1 control characters as Windows-1252 means them.

    Raises:
        SourceEncodingError: bytes that the encoding does not know.
    """
    decode = _decoder(file, encoding)
    utf8 = codecs.lookup(encoding.name).name in ("utf-8", "utf-8-sig")
    first = True
    split = False
    for chunk in chunks(file):
        text = decode(chunk, False)  # noqa: FBT003 - the codec's own signature
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if text:
            # Looking for them in bytes is many times as fast; only UTF-8 shows them so.
            may_have_c1 = not utf8 or split or _C1_IN_UTF8.search(chunk) is not None
            yield cleaned(text, report, may_have_c1=may_have_c1)
        split = chunk.endswith(b"\xc2")
    if text := decode(b"", True):  # noqa: FBT003
        yield cleaned(text, report)


def _decoder(file: SourceFile, encoding: Encoding) -> Callable[[bytes, bool], str]:
    if encoding.name == "windows-1252" and encoding.origin != "configured":
        return lambda data, _final: codecs.charmap_decode(data, "strict", _WINDOWS_1252)[0]
    decoder = codecs.getincrementaldecoder(encoding.name)("strict")
    fed = 0

    def decode(data: bytes, final: bool) -> str:  # noqa: FBT001
        nonlocal fed
        fed += len(data)
        try:
            return decoder.decode(data, final)
        except UnicodeDecodeError as error:
            offset = fed - len(error.object) + error.start
            raise SourceEncodingError(
                encoding.name,
                error.object[error.start],
                offset,
                _line(file, encoding, offset),
                source=file.source,
                table=file.table,
                file=file.name,
            ) from error

    return decode


def _line(file: SourceFile, encoding: Encoding, offset: int) -> int:
    """Give the number of the line, from 1, in which the byte at an offset stands: only who needs it counts them."""
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    line = 1
    for chunk in chunks(file):
        before = chunk[:offset]
        line += decoder.decode(before).count("\n")
        offset -= len(before)
        if not offset:
            break
    return line


def cleaned(text: str, report: TextReport, *, may_have_c1: bool = True) -> str:
    """Give text without NUL, and C1 control characters as what Windows-1252 means by these bytes; count both."""
    if "\x00" in text:
        report.counts["nul_removed"] += text.count("\x00")
        text = text.replace("\x00", "")
    if not text.isascii():
        if may_have_c1:
            text = without_c1(text, report)
        if "\ufffd" in text:
            report.counts["replacement_characters"] += text.count("\ufffd")
    return text


def without_c1(text: str, report: TextReport) -> str:
    """Give text with C1 control characters as what Windows-1252 means by these bytes, and count them."""
    if found := len(_C1.findall(text)):
        report.counts["control_characters_mapped"] += found
        return text.translate(_C1_REPAIR)
    return text


def lines(pieces: Iterable[str], file: SourceFile) -> Iterator[str]:
    r"""Give lines with their ends, whichever they are: \\n, \\r\\n, \\r, or a mixture; the last line gets one."""
    pending = ""
    for piece in pieces:
        text = pending + piece
        # A \r at the very end stays pending: a \n may follow it.
        cut = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
        if len(text) - cut > MAX_LINE:
            raise file.limit(f"holds a line of more than {MAX_LINE:,} characters")
        pending = text[cut:]
        if cut:
            yield from StringIO(text[:cut], newline="")
    if pending:
        yield from StringIO(pending if pending.endswith(("\n", "\r")) else pending + "\n", newline="")
