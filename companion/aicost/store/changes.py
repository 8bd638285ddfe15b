"""What a batch of calls did to the ledger so far, for all that is derived of calls."""

from aicost.core.facts import Run
from aicost.store.calls import UsageChange
from aicost.store.names import CallNames


class Changes:
    """What one batch did so far."""

    def __init__(self, price_book: int) -> None:
        self.price_book = price_book  # row of the book that prices them
        self.standing: dict[int, str] = {}  # threads of the calls that stand in for one, by key
        self.stand_ins: list[tuple[int, str]] = []
        self.spans: set[int] = set()  # that a call was added to, or taken from
        self.usage = UsageChange()
        self.added: list[tuple[int, int, int | None]] = []  # session, at_us, key on main thread
        self.moved: set[int] = set()  # sessions that had a call which changed
        self.left: set[int] = set()  # spans that lost a call to another
        self.unresolved: set[int] = set()  # sessions with a change to a subagent's calls
        self.names: set[str] = set()
        self.calls = 0

    def take_run(self, run: Run, ids: CallNames) -> None:
        """Note calls that are new, all of a run."""
        is_sidechain = run.names.subagent_id != ""
        self.calls += len(run.calls)
        self.spans.add(ids.span)
        self.usage.add_sums((run.day, ids.span, ids.model, ids.place), run.sums)
        last_key = None if is_sidechain else run.last_key
        self.added += [(ids.session, run.first_us, None), (ids.session, run.last_us, last_key)]
        if is_sidechain:
            self.unresolved.add(ids.session)
        self.names.add(run.names.session_id)
