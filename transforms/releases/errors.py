"""What can be wrong with a state, so that no release can be made of it."""

from transforms.errors import TransformError


class UnmergeableState(TransformError):
    """A state the standard's merge routine would not reproduce; `path` (with entry ids) says where, `problem` why.

    The process belongs in quarantine: publishing it would make the record differ from its releases.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class NoStage(TransformError):
    """A process about which nothing of planning, tender, award or contract is known: no release tag fits it."""

    def __init__(self, ocid: str) -> None:
        super().__init__(f"{ocid} has no planning, tender, bids, awards or contracts, so no release tag fits it")
        self.ocid = ocid


class NotJson(TransformError):
    """A value that JSON as OCDS uses it (I-JSON) can't hold, such as NaN or an integer beyond 64 bits."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
