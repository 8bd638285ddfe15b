"""What a member of a team does: look, join, send, look back, have deleted, leave."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime

from aicost.cli import ask
from aicost.core.errors import ConfigError, ExitCode, SyncRejected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aicost.daemon.joining import Offer
    from aicost.daemon.sending import Round
    from aicost.platform.dirs import Dirs

_LOCK_WAIT_S, _LOCK_LOOK_S = 30.0, 0.05
_NOT_FOR_AGENTS = "an agent cannot say what leaves this machine"


def run(args: Namespace, env: Mapping[str, str]) -> int:
    """Carry out one action. Raises AicostError."""
    from aicost.platform.agent_shells import refuse_agents
    from aicost.platform.dirs import load_dirs

    if args.action not in ("preview", "log"):
        refuse_agents(env, _NOT_FOR_AGENTS)
    actions = {
        "join": _join, "preview": _preview, "sync": _sync, "resync": _resync, "log": _log,
        "forget": _forget, "leave": _leave, "export-key": _export, "import-key": _import,
    }  # fmt: skip
    return actions[args.action](args, env, load_dirs(env))


def _join(args: Namespace, env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.daemon.joining import Wish, join, offer

    wish = Wish(
        sink=args.sink,
        team=args.team,
        cohort=args.cohort,
        since=date.fromisoformat(args.since) if args.since else None,
        billing=args.billing,
        labels=dict(args.label),
        hashes_projects=args.hash_projects,
    )
    found = offer(dirs, wish, _now)
    _show_offer(found)
    _show_first(env, dirs, found)
    _agree(args, "Send days like this one from now on?", "nothing was joined")
    code = ""
    if found.about is not None:
        code = args.code or env.get("AICOST_TEAM_CODE") or _typed("Your invite code: ")
    in_keyring = join(dirs, found, code.strip(), _now)
    _say(f"joined {found.member.membership.team}; each day goes 6 to 12 hours after it ended")
    if not in_keyring:
        _say(f"there is no keyring: key and token are in {dirs.team_secret_file}, for you alone")
    _say("aicost team log shows what left, aicost team leave ends it")
    return ExitCode.OK


def _preview(args: Namespace, env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.core.team.schedule import closed_days
    from aicost.daemon.joining import default_since
    from aicost.daemon.teamwork import load_member, previewed

    _read_logs(env)
    member, now = load_member(dirs), _now()
    if member is not None and member.membership.left:
        member = None
    since = member.membership.since if member else default_since(now)
    found = [
        one for one in previewed(dirs, member, since, now) if args.day in (None, one.place.day)
    ]
    for one in found:
        sys.stdout.buffer.write(one.body + b"\n")
    sys.stdout.flush()
    days = sum(1 for _ in closed_days(since, now.date()))
    which = "would be sent" if member else "would be sent if you joined a team now"
    _say(f"{len(found)} of the {days} days since {since} {which}")
    return ExitCode.OK


def _sync(_args: Namespace, env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.daemon.teamwork import load_member, send

    member = load_member(dirs)
    if member is None or member.membership.left:
        raise ConfigError("no team was joined", hint="aicost team join --help")
    _read_logs(env)
    with _sending(dirs):
        return _told(send(dirs, member, now=_now, at_once=True))


def _resync(args: Namespace, env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.daemon.joining import send_since

    with _sending(dirs):
        send_since(dirs, date.fromisoformat(args.since) if args.since else date.min, _now)
    return _sync(args, env, dirs)


def _told(done: "Round") -> int:
    from aicost.daemon.sending import MOST_SKEW_S

    if abs(done.skew_s) > MOST_SKEW_S:
        _say(f"this clock is {done.skew_s / 60:+,.0f} min off the server's: days may end wrongly")
    for day, why in done.parked.items():
        _say(f"{day} was not taken: {why}")
    if done.sent:
        _say(f"sent {len(done.sent)} of {len(done.sent) + len(done.waiting)} days")
    if done.stopped:
        raise SyncRejected("nothing more is sent", why=done.stopped, hint="aicost team join --help")
    if done.failed:
        raise SyncRejected(
            "the team's server does not answer as it should",
            why=f"{len(done.waiting)} days wait; they are sent later",
            hint="aicost team sync",
        )
    if not done.sent and not done.parked:
        _say("nothing is left to send")
    return ExitCode.SYNC if done.parked else ExitCode.OK


def _log(args: Namespace, _env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.sync.receipts import Receipts

    for one in Receipts(dirs.receipts_file).read():
        at = f"{one.at:%Y-%m-%dT%H:%M:%SZ}"
        if args.json:
            said = {"time": at, "url": one.url, "sha256": one.sha256, "body": json.loads(one.body)}
            print(json.dumps(said, separators=(",", ":"), ensure_ascii=False))
            continue
        print(f"{at}  {one.sha256}  {one.url}")
        if args.bodies:
            print(f"  {one.body}")
    return ExitCode.OK


def _forget(args: Namespace, _env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.daemon.joining import forget

    _agree(args, "Have all deleted that was ever sent, by all your devices?", "nothing is deleted")
    with _sending(dirs):
        forget(dirs, _now)
    _say("deleted; published reports of weeks that are over may still count it")
    return ExitCode.OK


def _leave(args: Namespace, _env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.daemon.joining import forget, leave

    _agree(args, "Send nothing any more, from any of your devices?", "nothing changed")
    with _sending(dirs):
        trouble = leave(dirs, _now)
        if args.delete:
            forget(dirs, _now)
    _say("left: nothing is sent any more" + (", and all is deleted" if args.delete else ""))
    if trouble:
        _say(f"the token could not be given back: {trouble}")
    if not args.delete:
        _say("what was sent stays: aicost team forget has it deleted")
    return ExitCode.OK


def _export(_args: Namespace, _env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.daemon.joining import exported

    print(exported(dirs))
    _say("whoever has this can send and delete as you: on the other device, import-key")
    return ExitCode.OK


def _import(args: Namespace, env: Mapping[str, str], dirs: "Dirs") -> int:
    from aicost.daemon.joining import accept, imported

    text = _typed("The key: ") if sys.stdin.isatty() else sys.stdin.readline()
    found = imported(dirs, text, _now)
    if found is None:
        _say("the key is kept; now aicost team join ADDRESS, with a code of its own")
        return ExitCode.OK
    _show_offer(found)
    _show_first(env, dirs, found)
    _agree(args, "Send this device's days, too?", "only the key is kept")
    accept(dirs, found)
    _say(f"this device sends to {found.member.membership.team}, as the same person")
    return ExitCode.OK


def _show_offer(found: "Offer") -> None:
    from aicost.core.text import clean
    from aicost.daemon.joining import told_promise

    _say(f"the team {found.member.membership.team}")
    for label, text in told_promise(found).items():
        if text:
            _say(f"  {label:10}{clean(text)[:400]}")
    _say("A day goes under a name made from a random key: a pseudonym, which is personal data.")


def _show_first(env: Mapping[str, str], dirs: "Dirs", found: "Offer") -> None:
    """Show the very first document, as it would be."""
    from aicost.daemon.teamwork import previewed

    _read_logs(env)
    since = found.member.membership.since
    days = previewed(dirs, found.member, since, _now(), is_joined=False)
    if not days:
        _say(f"Nothing happened on the days since {since}: the first document is still to come.")
        return
    _say(f"{len(days)} days since {since} would be sent; the first, byte by byte:")
    sys.stdout.buffer.write(days[0].body + b"\n")
    sys.stdout.flush()
    if found.member.membership.hashes_projects:
        _say("Repositories without a label are hashed once the server gave the team's key.")


def _agree(args: Namespace, question: str, otherwise: str) -> None:
    """Raise ConfigError unless the user says yes."""
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(
            otherwise, why="there is no terminal to ask on", hint=f"aicost team {args.action} --yes"
        )
    if _typed(f"{question} Type yes: ").strip().lower() != "yes":
        raise ConfigError(otherwise, why="you did not say yes")


def _typed(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


def _read_logs(env: Mapping[str, str]) -> None:
    """Bring the ledger up to what is on disk, evidence too: a day that is half read is none."""
    from aicost.sources.homes import home_folders

    today = _now().date().isoformat()
    asked = {"by": "day", "since": today, "format": "json", "homes": home_folders(env)}
    ask.answer(env, "report", {**asked, "tz": env.get("TZ", ""), "wait": True})


@contextmanager
def _sending(dirs: "Dirs") -> Iterator[None]:
    """Be the only one who sends. Raises ConfigError where another goes on for long."""
    import time

    from aicost.daemon.sending import sending_lock

    until = time.monotonic() + _LOCK_WAIT_S
    while True:
        with sending_lock(dirs.data_dir / "team.lock") as is_ours:
            if is_ours:
                yield
                return
        if time.monotonic() > until:
            raise ConfigError("another aicost is sending", hint="aicost team sync")
        time.sleep(_LOCK_LOOK_S)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _now() -> datetime:
    return datetime.now(UTC)
