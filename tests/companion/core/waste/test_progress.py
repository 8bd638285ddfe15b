"""What a session brought, part by part."""

from waste_builders import call, edit, ran, step, work

from aicost.core.waste.progress import Progress, progress_of


def test_nothing_done_is_no_progress() -> None:
    assert progress_of(work()) == Progress()
    assert Progress().score == 0


def test_edits_that_stay_count_by_file() -> None:
    edits = [edit(1), edit(2), edit(3, target=8), edit(4, target=9, failed=True)]
    found = progress_of(work(steps=edits))
    assert (found.edits, found.kept_edits, found.files) == (3, 3, 2)
    assert found.score == 4


def test_an_edit_that_a_later_one_took_back_does_not_count() -> None:
    there, back = edit(1, part=1, content=2), edit(2, part=2, content=1)
    found = progress_of(work(steps=[there, back]))
    assert (found.edits, found.kept_edits, found.files) == (2, 0, 0)
    other = progress_of(work(steps=[there, back._replace(target=8)]))
    assert other.kept_edits == 2
    again = progress_of(work(steps=[there, back, there._replace(key=9)]))
    assert (again.edits, again.kept_edits) == (3, 1)
    whole = progress_of(work(steps=[edit(1, part=0, content=0), edit(2, part=0, content=0)]))
    assert whole.kept_edits == 2


def test_a_test_that_failed_and_passes_at_last_turned_green() -> None:
    assert progress_of(work(steps=[ran(1, 1), ran(2)])).turned_green == 1
    assert progress_of(work(steps=[ran(1), ran(2, 1)])).turned_green == 0
    assert progress_of(work(steps=[ran(1), ran(2)])).turned_green == 0
    assert progress_of(work(steps=[ran(1, 1, kind="run"), ran(2, kind="run")])).turned_green == 0


def test_commits_and_answers_count() -> None:
    commits = [step(1, "commit"), step(2, "commit", failed=True)]
    calls = [call(1), call(2, tools=0), call(3, turn_id="t-2"), call(4, thread="a", tools=0)]
    found = progress_of(work(steps=commits, calls=calls))
    assert (found.commits, found.answers) == (1, 1)
    assert found.score == 4
