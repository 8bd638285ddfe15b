"""Lists of prices as the library publishes them, and a server on this machine that has them."""

import copy
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from genai_prices import data_snapshot
from genai_prices import types as genai

from aicost.prices.library import Fetched

FETCHED_AT = datetime(2026, 11, 26, 11, 30, 5, tzinfo=UTC)
PROVIDERS = ("anthropic", "openai", "aws")


def small_list() -> list[dict[str, Any]]:
    """A list with one model a provider."""
    prices = {"input_mtok": 3, "cache_read_mtok": 0.25, "output_mtok": 15}
    models = ("claude-opus-5-5", "gpt-6-sol", "regional.anthropic.claude-opus-5-5")
    return [
        {
            "id": name,
            "name": name,
            "api_pattern": name,
            "models": [{"id": model, "match": {"equals": model}, "prices": prices}],
        }
        for name, model in zip(PROVIDERS, models)
    ]


def whole_list(*, dearer: str = "", factor: str = "2", without: str = "") -> Fetched:
    """The installed list as if it was fetched; one model's output `dearer`, one left out."""
    listed = [p for p in data_snapshot.get_snapshot().providers if p.id in PROVIDERS]
    providers: Sequence[genai.Provider] = copy.deepcopy(listed)
    for provider in providers:
        provider.models = [model for model in provider.models if model.id != without]
        for model in provider.models:
            if model.id == dearer:
                _raise_price(model.prices, "output_mtok", Decimal(factor))
    return Fetched(providers, FETCHED_AT)


def _raise_price(prices: object, unit: str, factor: Decimal) -> None:
    setattr(prices, unit, getattr(prices, unit) * factor)  # (its fields are no attributes to mypy)


@contextmanager
def serving(body: object, status: int = 200, asked: list[str] | None = None) -> Iterator[str]:
    """Answer every request on this machine with a body (bytes, or what becomes JSON).

    What is asked for is added to `asked`.
    """
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if asked is not None:
                asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/data.json"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
