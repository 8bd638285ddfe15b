"""Answers about one session as values; what is none is an error that a screen can show."""

from typing import Any

import pytest
from session_builders import answer, bare_page, call_fields, codex_page, explanation, session_page

from aicost.core.errors import DaemonDown
from aicost.core.session_page import SessionPage
from aicost.ipc.session_answers import explanation_in, session_page_in, text_in


@pytest.mark.parametrize("page", [session_page(), bare_page(), codex_page()])
def test_a_page_comes_as_it_was_sent(page: SessionPage) -> None:
    assert session_page_in(answer(page)) == page


@pytest.mark.parametrize("found", [{}, {"session_id": 3}, {"text": "x"}])
def test_what_is_no_page_is_an_error(found: dict[str, Any]) -> None:
    with pytest.raises(DaemonDown):
        session_page_in(found)


def test_an_explanation_has_its_calls_with_their_price_rows() -> None:
    found = explanation_in(explanation(call_fields(1), call_fields(2, price=None)))
    assert found.price_book == "1440103efb7a"
    first, second = found.calls
    assert (first.cache_write_1h_tokens, first.cost_usd) == (1_200, 0.08755)
    assert first.price is not None
    assert (first.price.since, first.price.source) == (None, "list prices")
    assert second.price is None


@pytest.mark.parametrize("found", [{}, {"text": 3}, {"text": "no JSON"}, {"text": "{}"}])
def test_what_is_no_explanation_is_an_error(found: dict[str, Any]) -> None:
    with pytest.raises(DaemonDown):
        explanation_in(found)


def test_text_is_text() -> None:
    assert text_in({"text": "a\nb"}) == "a\nb"
    with pytest.raises(DaemonDown):
        text_in({"page": 1})
