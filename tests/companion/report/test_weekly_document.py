"""The JSON: dollars as numbers, unknown as null, one schema."""

import json
from dataclasses import replace

from weekly_builders import busy_week, day_use, report, use

from aicost.core.weekly import TeamBand
from aicost.core.weekly_share import shared
from aicost.report.weekly_document import weekly_document


def test_a_busy_week_is_told_in_full() -> None:
    document = weekly_document(busy_week())
    assert json.loads(json.dumps(document)) == document
    assert (document["schema"], document["week"], document["shared"]) == (1, "2026-W47", False)
    assert (document["since"], document["until"]) == ("2026-11-16", "2026-11-22")
    assert document["cost_usd"] == 48.7
    assert document["usual_week"]["cost_usd"] == 21.2
    assert len(document["days"]) == 7
    assert [one["week"] for one in document["weeks"]][-1] == "2026-W47"
    assert document["losses"][0]["evidence"].startswith("the cache was written anew")
    assert document["losses_usd"] == {"repeat": 2.0, "cache": 3.25, "reread": 0.6}
    assert document["brought"]["commits"] == {"count": 4, "cost_usd": 30.0}
    assert document["budgets"] == {"stopped": 1, "refused": 2, "would_stop": 3, "allowed": 1}
    assert [one["kind"] for one in document["suggestions"]] == [
        "large-context",
        "cache",
        "cheaper-model",
    ]


def test_what_is_not_known_is_null() -> None:
    week = report(
        day_use(spent=use(None, unpriced_tokens=5)), mismatches=None, sums=None, hidden=None
    )
    document = weekly_document(week)
    for name in ("cost_usd", "usual_week", "cheaper_models", "brought", "hidden"):
        assert document[name] is None


def test_what_others_read_has_no_places_and_no_dust() -> None:
    document = weekly_document(shared(report(day_use(spent=use(0.2))), lambda _: True))
    assert (document["shared"], document["timezone"], document["cost_usd"]) == (True, None, 0.0)
    busy = weekly_document(shared(busy_week(), lambda _: True))
    assert {(one["session_id"], one["repo"], one["branch"]) for one in busy["losses"]} == {
        (None, None, None)
    }
    assert busy["categories"][0]["cost_usd"] == 47.0  # (at least)


def test_the_team_is_told_if_it_is_known() -> None:
    assert weekly_document(report())["team"] is None
    band = TeamBand(week="2026-W46", sources=14, low_usd=21, middle_usd=38, high_usd=60)
    assert weekly_document(replace(report(), band=band))["team"]["middle_usd"] == 38
