"""What the fake API answers: lanes of scripted turns, and which lane a request belongs to. Pure.

A scenario file (JSON):

    {"name": "01_plain",
     "drive": [STEP, …],               # what the client is made to do, see driver.py
     "settings": {…},                  # the client's settings.json
     "lanes": {"main": [TURN, …],      # answered in order, one turn a request
               "subagent": […],        # any subagent
               "subagent:alpha": […],  # a subagent whose task holds "[[alpha]]"
               "compact": […],         # the request for a summary
               "title": […],           # the request for a session's title
               "websearch": […],       # the inner request of the WebSearch tool
               "side": […]}}           # everything else

A lane that runs out answers "OK.". `TURN` is a `Turn` without `_s` fields that are 0; `"repeat": n`
stands for n equal turns. In `drive`, `settings` and lanes `${NAME}` is replaced by a variable.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedUsage:
    """What one response says it consumed. Tokens; the cache fields are disjoint."""

    input_tokens: int = 10
    output_tokens: int = 20
    cache_read_input_tokens: int = 0
    cache_5m: int = 0
    cache_1h: int = 0
    web_search_requests: int = 0
    start_output_tokens: int = 1  # of message_start: a guess that the end corrects
    service_tier: str = "standard"
    speed: str | None = None
    inference_geo: str | None = None

    def at_start(self) -> Json:
        """Return the usage of `message_start`."""
        usage: Json = {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_5m + self.cache_1h,
            "cache_read_input_tokens": self.cache_read_input_tokens,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache_5m,
                "ephemeral_1h_input_tokens": self.cache_1h,
            },
            "output_tokens": self.start_output_tokens,
            "service_tier": self.service_tier,
        }
        optional = {"inference_geo": self.inference_geo, "speed": self.speed}
        return usage | {key: value for key, value in optional.items() if value is not None}

    def at_end(self) -> Json:
        """Return the usage of `message_delta`."""
        usage: Json = {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_5m + self.cache_1h,
            "cache_read_input_tokens": self.cache_read_input_tokens,
            "output_tokens": self.output_tokens,
        }
        if self.web_search_requests:
            usage["server_tool_use"] = {"web_search_requests": self.web_search_requests}
        return usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One scripted answer."""

    blocks: tuple[Json, ...] = ({"type": "text", "text": "OK."},)  # "chunks": n splits a block
    usage: ServedUsage = ServedUsage()
    stop_reason: str | None = None  # default: by the blocks
    delay_s: float = 0.0  # before the first byte
    chunk_delay_s: float = 0.0  # between content deltas
    tail_delay_s: float = 0.0  # between the last block and the final usage
    error: Json | None = None  # {"status", "type", "message", "headers"} instead of an answer
    stream_error: Json | None = None  # an error event after the blocks
    cut_after_blocks: int | None = None  # drop the connection after so many blocks
    model: str | None = None  # answer in another model's name
    headers: Mapping[str, str] = field(default_factory=dict)


class Scenario:
    """Hands out each lane's turns in order. Not thread-safe: the server holds a lock."""

    def __init__(self, data: Json) -> None:
        self.name: str = data.get("name", "unnamed")
        self._lanes = {
            lane: [_turn(turn) for turn in turns for _ in range(turn.get("repeat", 1))]
            for lane, turns in data.get("lanes", {}).items()
        }
        self._served: Counter[str] = Counter()

    def next_turn(self, lanes: list[str]) -> tuple[str, Turn]:
        """Return (lane, turn) of the first of `lanes` that the scenario has."""
        lane = next((lane for lane in lanes if lane in self._lanes), lanes[-1])
        turns, index = self._lanes.get(lane, []), self._served[lane]
        self._served[lane] += 1
        return lane, turns[index] if index < len(turns) else Turn()


def _turn(data: Json) -> Turn:
    fields = {key: value for key, value in data.items() if key != "repeat"}
    if "blocks" in fields:
        fields["blocks"] = tuple(fields["blocks"])
    return Turn(**{**fields, "usage": ServedUsage(**data.get("usage", {}))})


def expanded(value: Any, variables: Mapping[str, str]) -> Any:
    """Replace `${NAME}` in every string of a JSON value; an unknown name stays."""
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda name: variables.get(name[1], name[0]), value)
    if isinstance(value, list):
        return [expanded(part, variables) for part in value]
    if isinstance(value, dict):
        return {key: expanded(part, variables) for key, part in value.items()}
    return value


def lanes_of(body: Json, headers: Mapping[str, str]) -> list[str]:
    """Name the lanes that a request to the Messages API may be answered from, best first."""
    system = _text(body.get("system", ""))
    messages = body.get("messages") or []
    tools = body.get("tools") or []
    if len(tools) == 1 and str(tools[0].get("type", "")).startswith("web_search"):
        return ["websearch", "side"]
    if _asks_for_summary(system, messages):
        return ["compact", "side"]
    if not tools and "title" in system.lower()[:1500]:
        return ["title", "side"]
    if not tools or body.get("max_tokens") == 1:
        return ["side"]
    if "x-claude-code-agent-id" in headers or _is_subagent(system):
        task = next((_text(m["content"]) for m in messages if m.get("role") == "user"), "")
        return [*(f"subagent:{key}" for key in re.findall(r"\[\[(\w+)\]\]", task)), "subagent"]
    return ["main"]


def _asks_for_summary(system: str, messages: list[Json]) -> bool:
    last = _text(messages[-1].get("content", "")) if messages else ""
    return "detailed summary of the conversation" in last or "summarizing conversations" in system


def _is_subagent(system: str) -> bool:
    return re.search(r"you are an agent for|cc_is_subagent=true", system, re.IGNORECASE) is not None


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content or [] if isinstance(block, dict))
