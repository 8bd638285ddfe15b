"""What Claude Code says of a shell command that it was asked to run. Pure.

Measured with 2.1.330: the line with the result is on disk 60 to 100 ms after the hook
PostToolBatch began, and the hook's `tool_response` is the same text, without the error flag.
"""

import re
from typing import Final

from aicost.core.endings import Ending, Speaks, ended

SHELL: Final = "Bash"
_EXIT_CODE = re.compile(r"Exit code (\d{1,3})(?:\n|$)")
_INTERRUPTED = "[Request interrupted by user"
_SENT_TO_BACKGROUND = "Command running in background with ID: "  # by the model or the user
_MOVED_TO_BACKGROUND = " was moved to the background (ID: "  # because it took too long
_NOTICE_CHARS = 2_000  # at the end of what it printed so far


def ending_in(text: str, speaks: Speaks, *, is_error: bool) -> Ending | None:
    """Return how a command ended by what the client gave the model as its result.

    None: it did not run to its end. It was refused by the user, a rule or a hook, interrupted, or
    goes on in the background.
    """
    if not is_error:
        goes_on = text.startswith(_SENT_TO_BACKGROUND)
        goes_on = goes_on or _MOVED_TO_BACKGROUND in text[-_NOTICE_CHARS:]
        return None if goes_on else ended(speaks, 0, text)
    said = _EXIT_CODE.match(text)
    if said is None or _INTERRUPTED in text:
        return None
    return ended(speaks, int(said[1]), text[said.end() :])
