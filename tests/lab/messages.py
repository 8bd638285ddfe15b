"""The Messages API's answers as values: a message, and the events that stream it. Pure."""

import json
from collections.abc import Iterator
from uuid import uuid4

from lab.scenario import Json, Turn

Event = tuple[str, Json]


def new_id(prefix: str) -> str:
    """Return an id as the API makes them, e.g. `msg_01…`."""
    return f"{prefix}_01{uuid4().hex[:22]}"


def opened_message(turn: Turn, model: str) -> Json:
    """Return the message that a stream starts with: no content yet, usage as guessed."""
    return {
        "id": new_id("msg"),
        "type": "message",
        "role": "assistant",
        "model": turn.model or model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": turn.usage.at_start(),
    }


def finished_message(message: Json, turn: Turn) -> Json:
    """Return the message as an answer that does not stream has it."""
    blocks = content_blocks(turn)
    usage = turn.usage.at_start() | turn.usage.at_end()
    return message | {"content": blocks, "stop_reason": stop_reason(turn), "usage": usage}


def stop_reason(turn: Turn) -> str:
    """Return the scripted reason, else the one that fits the blocks."""
    calls_tool = any(block["type"] == "tool_use" for block in turn.blocks)
    return turn.stop_reason or ("tool_use" if calls_tool else "end_turn")


def content_blocks(turn: Turn) -> list[Json]:
    """Return a turn's blocks with the ids and signatures that the API would give them."""
    blocks: list[Json] = []
    search_id = ""
    for scripted in turn.blocks:
        block = {key: value for key, value in scripted.items() if key != "chunks"}
        if block["type"] == "tool_use":
            block.setdefault("id", new_id("toolu"))
        elif block["type"] == "server_tool_use":
            search_id = block.setdefault("id", new_id("srvtoolu"))
        elif block["type"] == "web_search_tool_result":
            block.setdefault("tool_use_id", search_id)
        elif block["type"] == "thinking":
            block.setdefault("signature", "RmFrZVNpZ25hdHVyZQ==")
        blocks.append(block)
    return blocks


def block_events(index: int, block: Json, chunks: int) -> Iterator[Event]:
    """Yield the events of one content block, its text in `chunks` deltas."""
    start, deltas = _opened(block, chunks)
    yield "content_block_start", {"index": index, "content_block": start}
    for delta in deltas:
        yield "content_block_delta", {"index": index, "delta": delta}
    yield "content_block_stop", {"index": index}


def closing_events(turn: Turn) -> Iterator[Event]:
    """Yield what ends a stream: the final usage, and the end."""
    delta = {"stop_reason": stop_reason(turn), "stop_sequence": None}
    yield "message_delta", {"delta": delta, "usage": turn.usage.at_end()}
    yield "message_stop", {}


def encoded(event: Event) -> bytes:
    """Return an event as a server sends it."""
    name, data = event
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def _opened(block: Json, chunks: int) -> tuple[Json, list[Json]]:
    """Return (the block as it starts, the deltas that fill it)."""
    match block["type"]:
        case "text":
            parts = _split(block["text"], chunks)
            return block | {"text": ""}, [{"type": "text_delta", "text": p} for p in parts]
        case "thinking":
            parts = _split(block["thinking"], chunks)
            deltas = [{"type": "thinking_delta", "thinking": part} for part in parts]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
            return block | {"thinking": "", "signature": ""}, deltas
        case "tool_use" | "server_tool_use":
            parts = _split(json.dumps(block.get("input", {})), chunks)
            return block | {"input": {}}, [
                {"type": "input_json_delta", "partial_json": part} for part in parts
            ]
        case _:
            return block, []


def _split(text: str, chunks: int) -> list[str]:
    size = max(1, -(-len(text) // max(1, chunks)))
    return [text[start : start + size] for start in range(0, len(text), size)] or [""]
