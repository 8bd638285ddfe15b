"""A user's prompt: is it a word to aicost, and where is it kept when it is not sent."""

import os
import re
import time

from aicost.platform.kept_prompts import tidy
from aicost.platform.rundir import make_private

_MAX_ALLOW = 1000  # characters of what follows `aicost allow`
_MOST_TRIES = 10  # prompts of one session in one microsecond


def allow_words(prompt: object) -> str | None:
    """Return what follows in a prompt of one line that begins `aicost allow`; None for others."""
    if not isinstance(prompt, str):
        return None
    text = prompt.strip()
    first, *more = text.split(maxsplit=2)[:2] or [""]
    is_word = first == "aicost" and more == ["allow"]
    if not is_word or len(text) > _MAX_ALLOW or len(text.splitlines()) > 1:
        return None
    return "".join(text.split(maxsplit=2)[2:])


def keep_prompt(folder: str, session_id: str, prompt: str, *, now_s: float) -> str:
    """Write a prompt into a file that only the user can read; return its path.

    `now_s` is seconds since 1970 UTC. Files too old or too many are deleted. Raises OSError, and
    ConfigError if the folder is not the user's own.
    """
    make_private(folder)
    session = re.sub(r"[^0-9A-Za-z_-]", "", session_id)[:80] or "session"
    seconds, micros = divmod(round(now_s * 10**6), 10**6)
    at = time.strftime("%Y%m%dT%H%M%S", time.gmtime(seconds))
    for number in range(_MOST_TRIES):
        path = f"{folder}/{session}-{at}.{(micros + number) % 10**6:06}Z.txt"
        try:
            _write_new(path, prompt.encode("utf-8", "surrogatepass"))
        except FileExistsError:
            continue
        tidy(folder, now_s, keep=path)
        return path
    raise FileExistsError


def _write_new(path: str, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        while content:
            content = content[os.write(file, content) :]
    except OSError:
        os.unlink(path)  # noqa: PTH108 - half a prompt is none
        raise
    finally:
        os.close(file)
