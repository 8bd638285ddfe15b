"""What the fake OpenAI API answers: scripted steps, as the Responses API streams them. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_MARK = re.compile(r"\[\[(\w+)\]\]")
_TITLE = re.compile(r"^Generate a concise, single-line task title")
_SUMMARY = re.compile(
    r"CONTEXT CHECKPOINT COMPACTION|handoff summary for another LLM", re.IGNORECASE
)
_PROMPTS = ("message", "agent_message", "inter_agent_communication")  # kinds of input items


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a response says it consumed, as the API counts: parts lie within their whole."""

    input: int
    cached: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0

    def as_usage(self) -> Json:
        """Return the `usage` of a response."""
        details = {"cached_tokens": self.cached, "cache_write_tokens": self.cache_write}
        return {
            "input_tokens": self.input,
            "input_tokens_details": details,
            "output_tokens": self.output,
            "output_tokens_details": {"reasoning_tokens": self.reasoning},
            "total_tokens": self.input + self.output,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One scripted answer: a tool call if one is named, else a text."""

    say: str = "OK."
    command: str = ""  # for the shell
    script: str = ""  # JavaScript, for models that ask for scripts
    patch: str = ""  # of files, as the client's own tool takes it
    call: tuple[str, str, Mapping[str, object]] | None = None  # namespace, name, arguments
    tokens: Tokens | None = None  # None: other ones for each response
    delay_s: float = 0.0  # before the first byte
    tail_delay_s: float = 0.0  # between the content and the usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the API says of the account's limits."""

    primary_percent: float = 12.5
    secondary_percent: float = 40.0
    credits: str = ""  # "": it says nothing of credits

    def headers(self, now_s: int) -> dict[str, str]:
        """Return the headers that go with each response."""
        head = {
            "x-codex-primary-used-percent": str(self.primary_percent),
            "x-codex-primary-window-minutes": "300",
            "x-codex-primary-reset-at": str(now_s + 3_600),
            "x-codex-secondary-used-percent": str(self.secondary_percent),
            "x-codex-secondary-window-minutes": "10080",
            "x-codex-secondary-reset-at": str(now_s + 86_400),
        }
        if self.credits:
            head["x-codex-credits-has-credits"] = "true"
            head["x-codex-credits-unlimited"] = "false"
            head["x-codex-credits-balance"] = self.credits
        return head


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Steps by the mark in a prompt: `[[name]]`, the last one in a request, counts."""

    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    obeys: Mapping[str, Step] = field(default_factory=dict)  # the answer to a tool's result with it
    plan: Plan = Plan()

    def obeyed(self, body: Json) -> Step | None:
        """Return the answer to the newest result of a tool, where there is one of its own."""
        newest = (body.get("input") or [{}])[-1]
        if not str(newest.get("type", "")).endswith("_call_output"):
            return None
        text = json.dumps(newest.get("output"), ensure_ascii=False)
        return next((step for said, step in self.obeys.items() if said in text), None)

    def step(self, lane: str, number: int) -> Step:
        """Return the answer to the n-th request of a lane (from 0); they begin anew at the end."""
        steps = self.steps.get(lane) or _OWN.get(lane, (Step(),))
        return steps[number % len(steps)]


_OWN = {"title": (Step(say=json.dumps({"title": "A task"})),)}  # else it is asked again


def lane_of(body: Json) -> str:
    """Name the lane of a request: "title", "summary", or the last mark in its texts."""
    texts = list(_texts(body))
    if texts and _TITLE.search(texts[-1]):
        return "title"
    if texts and _SUMMARY.search(texts[-1]):
        return "summary"
    marks = [mark for text in texts for mark in _MARK.findall(text)]
    return marks[-1] if marks else ""


def _texts(body: Json) -> Iterator[str]:
    """Yield what a user, or another agent, said, oldest first."""
    for item in body.get("input") or []:
        if item.get("type", "message") in _PROMPTS and item.get("role") != "assistant":
            content = item.get("content") or []
            if isinstance(content, str):
                yield content
            else:
                yield from (
                    part.get("text") or part.get("encrypted_content") or "" for part in content
                )


def item_of(step: Step, number: int) -> Json:
    """Return the one output item of a step."""
    if step.command:
        return _function(number, "exec_command", {"cmd": step.command})
    if step.call is not None:
        namespace, name, arguments = step.call
        return _function(number, name, arguments) | ({"namespace": namespace} if namespace else {})
    if step.script:
        return _custom(number, "exec", step.script)
    if step.patch:
        return _custom(number, "apply_patch", step.patch)
    text = [{"type": "output_text", "text": step.say, "annotations": []}]
    return {
        "type": "message",
        "id": f"msg_{number}",
        "role": "assistant",
        "status": "completed",
        "content": text,
    }


def _custom(number: int, name: str, text: str) -> Json:
    script = {"id": f"ctc_{number}", "call_id": f"call_{number}", "name": name}
    return {"type": "custom_tool_call", **script, "input": text, "status": "completed"}


def _function(number: int, name: str, arguments: Mapping[str, object]) -> Json:
    return {
        "type": "function_call",
        "id": f"fc_{number}",
        "call_id": f"call_{number}",
        "name": name,
        "arguments": json.dumps(arguments),
        "status": "completed",
    }


def encoded(kind: str, number: int, **fields: object) -> bytes:
    """Return an event as a server sends it."""
    data = json.dumps({"type": kind, "sequence_number": number, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()
