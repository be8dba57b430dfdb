"""Earlier states in stage 3: which processes get them, and where they go (`history: events` in `city.yaml`)."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from transforms.mapping.assemble import Columns, PartyRows, State
from transforms.mapping.disclosure import DisclosureRules
from transforms.mapping.history import PastState, earlier_states, timelines
from transforms.mapping.plan import Plan


def earlier_key(work: str, bucket: int) -> str:
    """Key of the earlier states of a bucket: one line each, in the order of the states and of their events."""
    return f"{work}/earlier/{bucket:03d}.jsonl.zst"


@dataclass
class Rebuilding:
    """Rebuilds the earlier states of processes that were never released.

    `as_of` is the run's clock as the ledger writes it; `released` tells of local ids those that have a release;
    `earlier` takes the earlier states of a process, oldest first, before map gives its present one.
    """

    as_of: str
    released: Callable[[Sequence[str]], Container[str]]
    earlier: Callable[[PastState], None]
    known: Container[str] = field(default=(), init=False)

    def begin(self, local_ids: Sequence[str]) -> None:
        """Ask once for a bucket which of its processes have a release: of those the past is never told anew."""
        self.known = self.released(list(dict.fromkeys(local_ids)))

    def rebuild(
        self,
        plan: Plan,
        tables: Mapping[str, Columns],
        parties: Mapping[str, PartyRows],
        rules: DisclosureRules,
        states: Sequence[State],
        cancelled: Container[str],
    ) -> Iterator[State]:
        """Give the states back, those of new processes dated by their last event; `tables` hold all versions.

        That a process is cancelled because its row is gone has no time of its own: it follows the last event.
        """
        new = [state for state in states if state.local_id not in self.known]
        histories = timelines(plan, tables, new)
        for past in earlier_states(plan, tables, parties, rules, histories, all_of=cancelled):
            self.earlier(past)
        for timeline in histories:
            if timeline.state.process not in cancelled:
                timeline.state.modified = timeline.events[-1]
        return iter(states)
