"""One form of the releases or records of a publication: a file for each segment, and one of everything."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pregon.publication.bulk import JsonLinesFile, PackageFiles
from pregon.publication.deflate import Compressor
from pregon.publication.draft import Draft, whole
from pregon.publication.feeding import EntriesFile, Strand
from pregon.publication.kept_pieces import KnownPieces
from pregon.publication.source import Segment
from transforms.packages import Kind
from transforms.snapshot import Content, is_yearly

Item = TypeVar("Item")


class Form(Generic[Item]):
    """Lines, or packages if the `awards` of an item can be counted; `text` gives an item as it stands there.

    `fingerprint` names what else decides what stands there. Files that are the same as before are taken over.
    """

    def __init__(
        self,
        draft: Draft,
        content: Content,
        text: Callable[[Item], bytes],
        awards: Callable[[Item], int] | None = None,
        *,
        fingerprint: str = "",
    ) -> None:
        self._draft, self._content, self._fingerprint = draft, content, fingerprint
        self._text, self._awards = text, awards
        self._format = "JSON Lines" if awards is None else "JSON"
        self._whole: EntriesFile | None = None
        self._own: EntriesFile | None = None
        self._known = KnownPieces()

    def begin(self, segments: Sequence[Segment]) -> None:
        """Begin the file of everything that these segments hold."""
        for one in whole(segments):
            self._whole = self._file(one)

    def strand(self, segment: Segment, compressor: Compressor) -> Strand[Item] | None:
        """Give what takes the entries of a segment; None if no file wants them."""
        kept = self._draft.kept
        # What is not known of a file that could be taken over would not be known tomorrow either.
        anew = self._whole is not None and kept.enabled
        anew = anew and not kept.covers(self._content, segment.name, self._format)
        self._own = self._file(segment, anew=anew)
        if not self._own and not self._whole:
            return None
        self._known = kept.known(self._content, segment.name, self._format)
        return Strand(compressor, self._content, (self._own, self._whole), self._known, self._text, self._awards)

    def strand_of_month(self, month: Segment, compressor: Compressor) -> Strand[Item] | None:
        """Give what takes the entries of a month, which are in its year already; None if its file is taken over."""
        self._own = self._file(month)
        if not self._own:
            return None
        return Strand(compressor, self._content, (self._own, None), KnownPieces(), self._text, self._awards)

    def finish(self, segment: Segment) -> None:
        """Finish the file of a segment, or of a month, if it was not taken over."""
        self._known.close()
        if self._own is None:
            return
        self._draft.files += self._own.finish()
        if is_yearly(segment.name):
            self._draft.kept.keep(self._content, segment.name, self._format, self._own.kept)
        self._own = None

    def end(self) -> None:
        """Finish the file of everything."""
        if self._whole:
            self._draft.files += self._whole.finish()
            self._whole = None

    def _file(self, segment: Segment, *, anew: bool = False) -> EntriesFile | None:
        """Begin the file of a segment; None if it could be taken over."""
        draft = self._draft
        publication = [] if self._awards is None else [draft.publication.fingerprint]
        fingerprint = draft.fingerprint(self._content, segment, *publication) + self._fingerprint
        if not anew and draft.reuse(self._content, segment.name, self._format, fingerprint):
            return None
        if self._awards is None:
            return JsonLinesFile(
                draft.folder, self._content, segment.name, published=segment.published, fingerprint=fingerprint
            )
        kind: Kind = "releases" if self._content == "releases" else "records"
        return PackageFiles(
            draft.folder,
            kind,
            segment.name,
            draft.publication,
            published=segment.published,
            fingerprint=fingerprint,
        )
