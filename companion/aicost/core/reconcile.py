"""Our calls against what the client says that a session used, and why the two differ. Pure.

A client counts requests that no log line shows (compaction, searches, hooks). It says so only per
session and model, so this spend is *hidden*: it is kept apart and counted in no turn and no day.
A fork's total goes on from its parent's, so what the client counts again there is taken off first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from aicost.core.facts import ClientTotal, HiddenKind, HiddenSeen
from aicost.core.model_ids import normalise_model_id
from aicost.core.spent import (
    NOTHING,
    ByModel,
    Spent,
    by_id,
    difference,
    more_than,
    smaller,
    split_like,
    summed,
)

WHOLE_SESSION = ""  # the model of a total that names none


class Cause(StrEnum):
    """Why our figure and the client's differ, or why nothing can be said."""

    COMPACTION = "compaction"
    WEB_SEARCH = "web_search"
    HOOK = "hook"
    CUT_STREAM = "cut_stream"
    NO_TRACE = "no_trace"
    NO_LOG = "no_log"
    FORK = "fork"
    LOST_RUN = "lost_run"
    NO_TOTAL = "no_total"
    PRICE = "price"
    UNKNOWN_MODEL = "unknown_model"
    TITLE = "title"
    AT_LEAST = "at_least"

    @property
    def sentence(self) -> str:
        """What it means, for users."""
        return _SENTENCES[self]


_SENTENCES = {
    Cause.COMPACTION: "the request that summarises a conversation is in no log line",
    Cause.WEB_SEARCH: "the search tool asks a model of its own, in no log line",
    Cause.HOOK: "prompt and agent hooks ask a model, in no log line",
    Cause.CUT_STREAM: "of an answer that was cut short, the client estimates what it cost",
    Cause.NO_TRACE: "the client counts requests that left no trace in the log",
    Cause.NO_LOG: "the client counts this session, but no log of it is here",
    Cause.FORK: "the client counts what was used before the fork again; it was taken off",
    Cause.LOST_RUN: "the client's total lacks a run that was killed or goes on",
    Cause.NO_TOTAL: "the client wrote no total: it was killed, still runs, or is an older one",
    Cause.PRICE: "the tokens agree; the client computes another price than the list's",
    Cause.UNKNOWN_MODEL: "no list price is known; the client takes its default model's",
    Cause.AT_LEAST: "Codex writes no total; its titles and unlogged runs are billed, and not seen",
    Cause.TITLE: "titles of background sessions are billed, and counted nowhere",
}
_OF_HINT: Mapping[HiddenKind, Cause] = {
    "compaction": Cause.COMPACTION,
    "web_search": Cause.WEB_SEARCH,
    "hook": Cause.HOOK,
    "cut_stream": Cause.CUT_STREAM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAccount:
    """All that is known of one session's spend."""

    session_id: str
    ours: ByModel = field(default_factory=dict)  # calls that count for it, by model as logged
    totals: tuple[ClientTotal, ...] = ()  # all that the client ever said of it
    hints: tuple[HiddenSeen, ...] = ()
    copied_from: frozenset[str] = frozenset()  # sessions whose calls its log repeats: a fork
    first_own_at: datetime | None = None  # its first call that is no copy


SpentBefore = Callable[[str, datetime | None], ByModel]
"""What the calls that count for a session used before a time (None: all of them), by model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One session and model: ours, the client's, and what lies between them."""

    session_id: str
    model: str  # as logged, else as the client names it; WHOLE_SESSION: all of them
    ours: Spent
    client: Spent | None = None  # less what it inherited; None: it says nothing
    inherited: Spent = NOTHING  # what a fork's client counted again, hidden spend included
    hidden: Spent = NOTHING  # client's minus ours, field by field, where positive
    missing: Spent = NOTHING  # ours minus the client's, where positive
    cost_difference_nusd: int | None = None  # client's minus ours; None: one is not known
    causes: tuple[Cause, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether client and ledger agree to the token and the nano-dollar's rounding."""
        return self.client is not None and not set(self.causes) - {Cause.FORK, Cause.TITLE}


def reconcile(accounts: Iterable[SessionAccount], spent_before: SpentBefore) -> tuple[Finding, ...]:
    """Compare each session with what its client says, model by model; sorted by both."""
    books = _Books(accounts, spent_before)
    return tuple(sorted(books.findings(), key=lambda one: (one.session_id, one.model)))


def largest_totals(totals: Iterable[ClientTotal]) -> dict[str, ClientTotal]:
    """Return by model (as named) the largest of one session's totals: they only ever grow."""
    found: dict[str, ClientTotal] = {}
    for total in totals:
        known = found.get(total.model)
        if known is None or total.size > known.size:
            found[total.model] = total
    return found


class _Books:
    """All sessions, compared one by one, each after those that it was forked from."""

    def __init__(self, accounts: Iterable[SessionAccount], spent_before: SpentBefore) -> None:
        self._accounts = {account.session_id: account for account in accounts}
        self._spent_before = spent_before
        self._found: dict[str, dict[str, Finding]] = {}
        self._family: dict[str, set[str]] = {}
        for account in self._accounts.values():
            for parent in account.copied_from - {account.session_id}:
                self._family.setdefault(parent, set()).add(account.session_id)
                self._family.setdefault(account.session_id, set()).add(parent)

    def findings(self) -> list[Finding]:
        """Compare all. Whoever a session goes on from has fewer sessions before it."""
        cuts = {name: self._cuts(account) for name, account in self._accounts.items()}
        for name in sorted(cuts, key=lambda name: (len(cuts[name]), name)):
            self._found[name] = self._compared(self._accounts[name], cuts[name])
        return [one for found in self._found.values() for one in found.values()]

    def _cuts(self, account: SessionAccount) -> dict[str, datetime | None]:
        """Return when each session that this one goes on from was left (None: not known).

        Its own parents were left when it began, theirs when they did.
        """
        cuts: dict[str, datetime | None] = {}
        seen, left = {account.session_id}, [account]
        while left:
            fork = left.pop()
            for parent in fork.copied_from - {account.session_id}:
                known = (cuts.get(parent), fork.first_own_at)
                cuts[parent] = min((at for at in known if at is not None), default=None)
                if parent not in seen and parent in self._accounts:
                    left.append(self._accounts[parent])
                seen.add(parent)
        return cuts

    def _compared(
        self, account: SessionAccount, cuts: Mapping[str, datetime | None]
    ) -> dict[str, Finding]:
        before: dict[str, Spent] = {}
        for parent, cut in cuts.items():
            before = summed(before, by_id(self._spent_before(parent, cut)))
        session = _Session(
            account=account,
            before=before,
            parents_hidden=self._hidden_before(cuts),
            hints=frozenset(hint.kind for hint in self._hints(account.session_id)),
        )
        return session.findings()

    def _hidden_before(self, cuts: Mapping[str, datetime | None]) -> dict[str, Spent]:
        """Return the hidden spend that these sessions had when they were left."""
        hidden: dict[str, Spent] = {}
        for parent, cut in cuts.items():
            hints = self._hints(parent)
            if not hints or cut is None or any(hint.at < cut for hint in hints):
                found = self._found.get(parent, {})
                hidden = summed(hidden, {model: one.hidden for model, one in found.items()})
        return hidden

    def _hints(self, session_id: str) -> list[HiddenSeen]:
        """Return a session's hints; if it has none, its forks' and parents'.

        A fork's log repeats its parent's hints under their own keys: who read it first has them.
        """
        own = self._accounts.get(session_id)
        if own and own.hints:
            return list(own.hints)
        family = (self._accounts.get(other) for other in self._family.get(session_id, ()))
        return [hint for other in family if other for hint in other.hints]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """One session with what it inherited, to be compared with what its client says."""

    account: SessionAccount
    before: ByModel  # calls of the sessions that it goes on from
    parents_hidden: ByModel
    hints: frozenset[HiddenKind]

    def findings(self) -> dict[str, Finding]:
        """Compare model by model, then the session as a whole if a total names no model."""
        ours, names = by_id(self.account.ours), _names(self.account)
        said = largest_totals(self.account.totals)
        whole = said.pop(WHOLE_SESSION, None)
        client = by_id({model: _spent(total) for model, total in said.items()})
        found = {
            model: self._of_model(names[model], ours.get(model, NOTHING), client)
            for model in {*ours, *client}
        }
        by_model_nusd = sum(total.cost_nusd for total in said.values())
        if whole and whole.cost_nusd > by_model_nusd + len(said):  # (each was rounded by itself)
            found[WHOLE_SESSION] = self._as_a_whole(whole.cost_nusd, found)
        elif not client:
            found = {model: self._with(one, Cause.NO_TOTAL) for model, one in found.items()}
        return found

    def _of_model(self, name: str, ours: Spent, client: ByModel) -> Finding:
        found = Finding(session_id=self.account.session_id, model=name, ours=ours)
        if not client:
            return self._with(found)
        model = normalise_model_id(name)
        before = self.before.get(model, NOTHING)
        said = split_like(client.get(model, NOTHING), before + ours)
        again = smaller(self.parents_hidden.get(model, NOTHING), more_than(said, before + ours))
        own = more_than(said, before + again)
        found = replace(
            found,
            client=own,
            inherited=before + again,
            hidden=_counted(more_than(own, ours)),
            missing=_counted(more_than(ours, own)),
            cost_difference_nusd=difference(own.cost_nusd, ours.cost_nusd),
        )
        return self._with(found, *self._causes(found))

    def _causes(self, found: Finding) -> list[Cause]:
        is_hidden, is_missing = found.hidden.has_counts, found.missing.has_counts
        causes = self._of_hidden(found.hidden) if is_hidden else []
        if is_missing:
            causes.append(Cause.LOST_RUN)
        nusd = found.cost_difference_nusd
        if nusd is None:
            causes.append(Cause.UNKNOWN_MODEL)
        elif not is_missing and (nusd <= 0 if is_hidden else abs(nusd) > _rounding(found)):
            causes.append(Cause.PRICE)
        return causes

    def _of_hidden(self, hidden: Spent) -> list[Cause]:
        """Return what may explain hidden spend."""
        if not self.account.ours and not self.account.copied_from:
            return [Cause.NO_LOG]
        causes = {cause for kind, cause in _OF_HINT.items() if kind in self.hints}
        if hidden.web_searches:
            causes.add(Cause.WEB_SEARCH)
        return list(causes) or [Cause.NO_TRACE]

    def _as_a_whole(self, said_nusd: int, by_model: Mapping[str, Finding]) -> Finding:
        """Compare dollars only; what the models' own findings explain is no difference here."""
        ours = sum((one.ours for one in by_model.values()), start=NOTHING)
        before = sum(self.before.values(), start=NOTHING)
        known = sum((one.hidden for one in by_model.values()), start=ours + before).cost_nusd
        found = Finding(session_id=self.account.session_id, model=WHOLE_SESSION, ours=ours)
        if known is None:
            return self._with(found, Cause.UNKNOWN_MODEL)
        parents = sum(self.parents_hidden.values(), start=NOTHING).cost_nusd or 0
        again = min(parents, max(0, said_nusd - known))
        inherited = before + Spent(cost_nusd=again)
        own_nusd, more = said_nusd - (inherited.cost_nusd or 0), said_nusd - known - again
        found = replace(
            found,
            client=Spent(cost_nusd=own_nusd),
            inherited=inherited,
            cost_difference_nusd=more,
        )
        if more > _rounding(found):
            hidden = Spent(cost_nusd=more)
            return self._with(replace(found, hidden=hidden), *self._of_hidden(hidden))
        if more < -_rounding(found):
            missing = Spent(cost_nusd=-more)
            return self._with(replace(found, missing=missing), Cause.LOST_RUN, Cause.PRICE)
        return self._with(found)

    def _with(self, found: Finding, *causes: Cause) -> Finding:
        """Add causes, and those that hold of the whole session."""
        inherited = found.inherited
        more = [Cause.FORK] if inherited.has_counts or inherited.cost_nusd != 0 else []
        more += [Cause.TITLE] if "title" in self.hints else []
        known = {*found.causes, *causes, *more}
        return replace(found, causes=tuple(cause for cause in Cause if cause in known))


def _counted(spent: Spent) -> Spent:
    """Drop money without a token or search that it is for."""
    return spent if spent.has_counts else NOTHING


def _rounding(found: Finding) -> int:
    """Return by how many nano-dollars two sums may differ: each call was rounded by itself."""
    return max(1, found.ours.calls + found.inherited.calls)


def _spent(total: ClientTotal) -> Spent:
    return Spent(tokens=total.tokens, web_searches=total.web_searches, cost_nusd=total.cost_nusd)


def _names(account: SessionAccount) -> dict[str, str]:
    """Return by normalised model the name to show: the log's, else the client's."""
    names = [*account.ours, *sorted(total.model for total in account.totals)]
    return {normalise_model_id(name): name for name in reversed(names)}
