"""Why a redaction is refused; nothing was changed then, unless the message says so."""

from collections.abc import Sequence

from pregon.errors import PregonError


class UnknownTarget(PregonError):
    """What is to be redacted is no process that was published, and no path; `target` is as it was given."""

    def __init__(self, target: str, problem: str, hint: str) -> None:
        super().__init__(f"{target!r}: {problem}", hint=hint)
        self.target = target


class Irremovable(PregonError):
    """The standard has no release without this field."""

    def __init__(self, target: str, path: str) -> None:
        super().__init__(
            f"{target!r}: a release can't be without {path}",
            hint="redact the values that should not have been published, or the whole process: pregon redact CITY OCID",
        )
        self.target = target
        self.path = path


class BreaksStructure(PregonError):
    """Without the value a release would no longer obey the standard; `around` is the path that can go as a whole."""

    def __init__(self, ocid: str, path: str, problem: str) -> None:
        around = path.rpartition("/")[0]
        super().__init__(
            f"{ocid}: without what is to be redacted {path or 'the release'} would break the standard: {problem}",
            hint=f"redact what is around it: {ocid}:{around}" if around else f"redact the whole process: {ocid}",
        )
        self.ocid = ocid
        self.path = path
        self.around = around


class TellingReason(PregonError):
    """The public reason quotes what is to be redacted."""

    def __init__(self) -> None:
        super().__init__(
            "the reason holds the very text that is to be redacted, and reasons are published",
            hint="say why without quoting it, such as: home address of a private person",
        )


class UnfinishedRedaction(PregonError):
    """Another redaction was begun and did not end; `command` finishes it."""

    def __init__(self, slug: str, command: str) -> None:
        super().__init__(
            f"{slug}: another redaction was begun and has not been completed", hint=f"complete it first: {command}"
        )
        self.slug = slug
        self.command = command


class NothingHeld(PregonError):
    """No release of the city holds what is named: probably a mistake in a path or id."""

    def __init__(self, slug: str, targets: Sequence[str]) -> None:
        super().__init__(
            f"{slug}: no release holds {', '.join(targets)}",
            hint="look at the process in the published files: a path is written as there, with / between names and, "
            "in arrays, the id of the entry; --anyway puts the rule on record for what may come",
        )
        self.slug = slug
        self.targets = tuple(targets)


class AlreadyRedacted(PregonError):
    """All of it was taken back before, and no release holds it any more."""

    def __init__(self, slug: str, numbers: Sequence[int]) -> None:
        listed = ", ".join(str(number) for number in dict.fromkeys(numbers))
        super().__init__(
            f"{slug}: this was taken back before, by redaction {listed}, and no release holds it",
            hint="--anyway goes through lake and copies again, as is right after a backup was restored",
        )
        self.slug = slug
        self.numbers = tuple(numbers)
