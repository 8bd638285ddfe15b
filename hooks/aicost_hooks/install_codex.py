"""What Codex says of our hooks: it runs none that its user has not looked at and trusted."""

import hashlib
import json
import re
import subprocess
import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from aicost.core.errors import ConfigError
from aicost.core.hook_files import is_hook_command
from aicost_hooks.install_entries import entries_in

Trust = Literal["trusted", "untrusted", "modified", "managed", "off"]

ANSWER_S = 10.0  # a cold start took 0.3 s
_PLAIN = ("--disable", "plugins")  # else a start of it looks for plugins on the network
_INITIALIZE = {"clientInfo": {"name": "aicost", "title": "aicost", "version": "1"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One hook of ours as Codex knows it."""

    event: str  # as in the settings: "PreToolUse"
    key: str  # what its trust is kept under in config.toml
    hash: str  # what the user trusts
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Our hooks in one file, and what Codex had to say against its settings."""

    hooks: tuple[Hook, ...]
    warnings: tuple[str, ...] = ()


def ask_codex(
    program: str, path: Path, cwd: Path, env: Mapping[str, str], *, timeout_s: float = ANSWER_S
) -> Listing | None:
    """Ask Codex about the hooks in a file; None if it cannot say.

    Starts `codex app-server` for a moment, in the file's home.
    """
    messages = (
        {"id": 0, "method": "initialize", "params": _INITIALIZE},
        {"method": "initialized"},
        {"id": 1, "method": "hooks/list", "params": {"cwds": [str(cwd)]}},
    )
    try:
        with _running([program, "app-server", *_PLAIN], cwd, env, timeout_s) as (to, out):
            to.write("".join(f"{json.dumps(message)}\n" for message in messages))
            to.flush()
            answer = _answer(out)
    except (OSError, ValueError):  # it does not start, ended early, or speaks otherwise
        return None
    return None if answer is None else _listing(answer, path)


@contextmanager
def _running(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], timeout_s: float
) -> Iterator[tuple[IO[str], IO[str]]]:
    process = subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    end = threading.Timer(timeout_s, process.kill)
    end.start()
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdin, process.stdout
    finally:
        end.cancel()
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            _close(stream)


def _close(stream: IO[str] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except OSError:  # it ended before it took what we wrote
        return


def _answer(lines: Iterable[str]) -> object:
    for line in lines:
        message = json.loads(line)
        if isinstance(message, dict) and message.get("id") == 1:
            return message.get("result")
    return None


def _listing(answer: object, path: Path) -> Listing | None:
    try:
        (found,) = answer["data"]  # type: ignore[index]
        hooks = tuple(_hook(hook) for hook in found["hooks"] if _is_ours(hook, path))
        warnings = [*found["warnings"], *(error["message"] for error in found["errors"])]
    except (TypeError, ValueError, LookupError):  # another version's answer
        return None
    return Listing(hooks=hooks, warnings=tuple(map(str, warnings)))


def _is_ours(hook: Mapping[str, Any], path: Path) -> bool:
    command = hook["command"]
    is_here = Path(hook["sourcePath"]).resolve() == path.resolve()
    return isinstance(command, str) and is_hook_command(command) and is_here


def _hook(found: Mapping[str, Any]) -> Hook:
    event = str(found["eventName"])
    said = found["trustStatus"]
    trust: Trust = said if said in ("trusted", "modified", "managed") else "untrusted"
    return Hook(
        event=event[:1].upper() + event[1:],
        key=str(found["key"]),
        hash=str(found["currentHash"]),
        trust="off" if found.get("enabled") is False else trust,
    )


def work_out(path: Path, settings: Mapping[str, Any], config: Mapping[str, Any]) -> Listing:
    """Return what Codex would say, by its own way to make hashes; `path` is that of the hooks."""
    state = _table(_table(config.get("hooks")).get("state"))
    hooks = list[Hook]()
    for entry in entries_in(settings):
        event = _snake(entry.event)
        group = settings["hooks"][entry.event][entry.group]
        current = hook_hash(event, entry.handler, group.get("matcher"))
        place = f"{event}:{entry.group}:{entry.position}"
        keys = [f"{known}:{place}" for known in (path, path.parent.resolve() / path.name)]
        key = next((key for key in keys if key in state), keys[0])
        trust = _trust(_table(state.get(key)), current)
        hooks.append(Hook(event=entry.event, key=key, hash=current, trust=trust))
    return Listing(hooks=tuple(hooks))


def _trust(known: Mapping[str, Any], current: str) -> Trust:
    if known.get("enabled") is False:
        return "off"
    trusted = known.get("trusted_hash")
    return "untrusted" if trusted is None else "trusted" if trusted == current else "modified"


def hook_hash(event: str, handler: Mapping[str, object], matcher: str | None = None) -> str:
    """Return the hash by which Codex knows a hook; `event` in its small letters: pre_tool_use."""
    fields = {name: handler.get(name) for name in ("type", "command", "timeout")}
    identity: dict[str, object] = {"event_name": event, "hooks": [{**fields, "async": False}]}
    if matcher is not None:
        identity["matcher"] = matcher
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _snake(event: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event).lower()


def parse_config(content: bytes | None, name: str) -> dict[str, Any]:
    """Return the values of Codex's config.toml. Raises ConfigError."""
    try:
        return tomllib.loads((content or b"").decode())
    except (ValueError, RecursionError) as error:  # (no UTF-8 is a ValueError, too)
        raise ConfigError(
            f"{name} is not valid TOML", why=str(error), hint=f"mend {name}"
        ) from error


def are_hooks_off(config: Mapping[str, Any]) -> bool:
    """Say whether the config switches hooks off altogether."""
    return _table(config.get("features")).get("hooks") is False


def with_trust(content: bytes | None, hashes: Mapping[str, str], name: str) -> bytes:
    """Return config.toml with these hashes trusted, and all else as it was. Raises ConfigError."""

    def change(state: dict[str, Any]) -> None:
        for key, value in hashes.items():
            known = _table(state.get(key))
            if known:
                state[key]["trusted_hash"] = value
            else:
                state[key] = {"trusted_hash": value}

    return _changed(content, change, name)


def without_trust(content: bytes, keys: Iterable[str], name: str) -> bytes:
    """Return config.toml without what it says of these hooks. Raises ConfigError."""
    gone = set(keys)

    def change(state: dict[str, Any]) -> None:
        for key in gone & set(state):
            del state[key]

    return _changed(content, change, name)


def _changed(content: bytes | None, change: Any, name: str) -> bytes:  # noqa: ANN401
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    wanted = parse_config(content, name)
    try:
        change(_state(wanted, dict))
        _drop_empty(wanted)
        document = tomlkit.parse((content or b"").decode())
        change(_state(document, lambda: tomlkit.table(is_super_table=True)))
        _drop_empty(document)
        text = tomlkit.dumps(document)
        found = tomllib.loads(text)
    except (TOMLKitError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise _not_in_place(name, str(error)) from error
    if found != wanted:
        raise _not_in_place(name, "the change would not be what it should")
    return text.encode()


def _state(config: Any, new_table: Any) -> Any:  # noqa: ANN401 - tomlkit's or plain
    for part in ("hooks", "state"):
        if part not in config:
            config[part] = new_table()
        config = config[part]
        if not isinstance(config, Mapping):
            raise TypeError(f"{part} is no table")
    return config


def _drop_empty(config: Any) -> None:  # noqa: ANN401
    """Take the tables away that nothing is left in."""
    if not config["hooks"]["state"]:
        del config["hooks"]["state"]
    if not config["hooks"]:
        del config["hooks"]


def _not_in_place(name: str, why: str) -> ConfigError:
    return ConfigError(
        f"{name} cannot be changed", why=why, hint="run /hooks in Codex and press t there"
    )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
