"""Random settings of agents for tests: with hooks of others, as some editor would write them."""

import json
from typing import Any

from hypothesis import strategies as st

EVENTS = ("PreToolUse", "PostToolBatch", "Stop", "SessionStart", "Notification")

_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
_handlers = st.fixed_dictionaries(
    {"type": st.just("command"), "command": st.text(max_size=12)},
    optional={"timeout": st.integers(1, 60), "async": st.booleans()},
)
_groups = st.fixed_dictionaries(
    {"hooks": st.lists(_handlers, min_size=1, max_size=2)},
    optional={"matcher": st.sampled_from(["", "*", "Bash", "Edit|Write"])},
)
_lists = st.lists(_groups, min_size=1, max_size=2)
_hooks = st.dictionaries(st.sampled_from(EVENTS), _lists, max_size=3)


@st.composite
def settings(draw: st.DrawFn) -> dict[str, Any]:
    """Return settings of which the hooks are in the usual shape, and all else may be anything."""
    found = draw(st.dictionaries(st.text(max_size=8).filter("hooks".__ne__), _values, max_size=4))
    if draw(st.booleans()):
        found["hooks"] = draw(_hooks)
    return found


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Return settings as text."""
    indent = draw(st.sampled_from([None, 2, 4, "\t"]))
    dense = (",", ":") if draw(st.booleans()) and indent is None else None
    value = draw(settings())
    text = json.dumps(value, indent=indent, separators=dense, ensure_ascii=draw(st.booleans()))
    if indent is not None and draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text + draw(st.sampled_from(["", "\n"]))
