"""What a hit says, and one thing to do about it. Pure."""

from aicost.core.text import clean
from aicost.core.waste.hits import Hit, WasteKind
from aicost.core.waste.progress import Progress

_MINUTE_S = 60

ACTIONS: dict[WasteKind, str] = {
    "repeat": "stop it, or narrow the task: name the error or the file",
    "edit-test": "name the error, or another file: the fault may not be in this one",
    "reread": "ask for the change itself; /compact if the context is crowded",
    "search": "name the file or the folder",
    "retry-storm": "wait some minutes, or take another model",
    "stalled": "ask what it found so far, or name the next step",
    "dump": "ask for the lines that matter; /clear once the task is done",
    "thrash": "/clear, and go on with a smaller task",
    "cache": "/compact before a pause, or /clear after it",
    "subagent": "ask for it in the main thread, or name what to return",
}


def evidence_of(hit: Hit) -> str:
    """Return what happened and how often, in one line; not when, and not what it cost."""
    label = clean(hit.label)
    match hit.kind:
        case "repeat":
            return f"`{label}` failed {hit.count:,} times the same way"
        case "edit-test":
            file = clean(hit.cause)
            return f"`{label}` fails as before after {hit.count:,} rounds of edits of {file}"
        case "reread":
            return f"{label} was read {hit.count:,} times, unchanged"
        case "search":
            return f"{hit.count:,} searches in a row found nothing"
        case "retry-storm":
            return f"{hit.count:,} requests in a row refused ({hit.cause}), {_time(hit.size)} lost"
        case "stalled":
            return (
                f"{hit.count:,} calls in {_time(hit.size)}: no edit, nothing that passed, no answer"
            )
        case _:
            return _of_context(hit, label)


def _of_context(hit: Hit, label: str) -> str:
    match hit.kind:
        case "dump":
            share = f"{hit.size:,} tokens ({hit.cause} % of the window)"
            return f"one result ({label}) put about {share} into the context of {_calls(hit.count)}"
        case "thrash":
            return f"compacted {hit.count:,} times with hardly a call in between"
        case "cache":
            why = "a switch of models" if hit.cause == "model switch" else "a pause"
            return f"the cache was written anew {hit.count:,} times, mostly after {why}"
        case _:
            name = f"the subagent {label}" if label else "a subagent"
            return f"{name} made {_calls(hit.count)}, and returned {hit.size:,} bytes"


def progress_text(progress: Progress) -> str:
    """Return a session's progress with its parts."""
    parts = (
        f"{progress.kept_edits:,} of {progress.edits:,} edits kept, in"
        f" {_plural(progress.files, 'file')}",
        f"{_plural(progress.turned_green, 'test or build', 'tests or builds')} turned green",
        _plural(progress.commits, "commit"),
        _plural(progress.answers, "answer"),
    )
    return f"progress {progress.score:,}: {', '.join(parts)}"


def _calls(count: int) -> str:
    return _plural(count, "call")


def _plural(count: int, one: str, many: str = "") -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"


def _time(seconds: int) -> str:
    return f"{seconds} s" if seconds < 2 * _MINUTE_S else f"{seconds // _MINUTE_S:,} min"
