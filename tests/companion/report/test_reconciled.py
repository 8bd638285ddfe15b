"""How `aicost reconcile` shows what lies between our figures and the client's."""

from builders import usd
from log_builders import tokens

from aicost.core.reconcile import Cause, Finding
from aicost.core.spent import Spent
from aicost.report.reconciled import reconcile_document, reconcile_rows, reconcile_table
from aicost.report.tables import Style

EXACT = Finding(
    session_id="s-1",
    model="claude-a",
    ours=Spent(tokens=tokens(100, 10), cost_nusd=usd(0.5), calls=2),
    client=Spent(tokens=tokens(100, 10), cost_nusd=usd(0.5)),
    cost_difference_nusd=0,
)
HIDDEN = Finding(
    session_id="s-2",
    model="claude-a",
    ours=Spent(tokens=tokens(100, 10), cost_nusd=usd(0.5), calls=2),
    client=Spent(tokens=tokens(1100, 10), cost_nusd=usd(1.5)),
    hidden=Spent(tokens=tokens(1000), cost_nusd=usd(1)),
    cost_difference_nusd=usd(1),
    causes=(Cause.COMPACTION,),
)
UNKNOWN = Finding(
    session_id="s-2",
    model="",
    ours=Spent(tokens=tokens(7), cost_nusd=None, calls=1),
    causes=(Cause.NO_TOTAL,),
)


def test_sessions_hold_their_models_and_what_is_not_known_is_null() -> None:
    document = reconcile_document([EXACT, HIDDEN, UNKNOWN], complete=False)
    assert (document["schema"], document["complete"]) == (1, False)
    assert [len(session["models"]) for session in document["sessions"]] == [1, 2]
    exact, (hidden, unknown) = (
        document["sessions"][0]["models"][0],
        document["sessions"][1]["models"],
    )
    assert (exact["exact"], exact["difference_usd"], exact["causes"]) == (True, 0.0, [])
    assert (hidden["exact"], hidden["hidden"]["cost_usd"]) == (False, 1.0)
    assert hidden["causes"][0]["why"] == Cause.COMPACTION.sentence
    assert (unknown["model"], unknown["client"], unknown["ours"]["cost_usd"]) == (None, None, None)


def test_the_table_has_a_line_each_and_says_what_its_words_mean() -> None:
    lines = reconcile_table([EXACT, HIDDEN, UNKNOWN], Style(140)).splitlines()
    assert lines[0].split() == [
        "Session", "Model", "Tokens", "Agent's", "tokens", "Cost", "Agent's", "cost", "Hidden",
        "Why",
    ]  # fmt: skip
    assert lines[-2:] == [
        f"compaction: {Cause.COMPACTION.sentence}",
        f"no total: {Cause.NO_TOTAL.sentence}",
    ]
    assert any("exact" in line for line in lines)
    assert any("all models" in line for line in lines)
    assert "No sessions." in reconcile_table([], Style(80))


def test_the_table_says_that_the_agents_word_may_still_come() -> None:
    said = "not all is read yet: what the agent says may be in the rest\n"
    assert reconcile_table([UNKNOWN], Style(140), complete=False).endswith(said)
    assert said not in reconcile_table([UNKNOWN], Style(140))


def test_a_narrow_table_keeps_the_money() -> None:
    text = reconcile_table([HIDDEN], Style(40))
    assert all(len(line) <= 40 for line in text.splitlines()[:2])
    assert "$1.00" in text


def test_lines_of_csv_have_what_can_be_added_up() -> None:
    rows = reconcile_rows([EXACT, HIDDEN, UNKNOWN])
    assert [row["hidden_usd"] for row in rows] == [0.0, 1.0, 0.0]
    assert [row["causes"] for row in rows] == [[], ["compaction"], ["no_total"]]
