"""What one block of lines leaves to the next."""

from hypothesis import given
from hypothesis import strategies as st
from log_builders import at

from aicost.core.endings import Command
from aicost.sources.claude.notebook import LONGEST, MOST_COMMANDS, MOST_TASKS, Notebook, Task

TESTS = Command("00ff", "npm test", "summary")
TASK = Task("s-1", "Explore", at(1))


def test_a_notebook_reads_back_as_it_was_written() -> None:
    written = Notebook(turn_id="t\n1", has_command=True, at=at(3))
    written.expect("toolu_1", TASK)
    written.expect_end("toolu_2", "claude:msg_1", TESTS)
    assert Notebook.opened(written.text()) == written


def test_a_log_begins_with_an_empty_notebook_and_no_two_share_their_tasks() -> None:
    one, another = Notebook.opened(""), Notebook.opened("")
    one.expect("toolu_1", TASK)
    assert another == Notebook(turn_id="", has_command=False, at=None, tasks={})


@given(st.text() | st.sampled_from(["[", "[5]", '["t"', "{}", '["t",false,null,{"x":[]}]']))
def test_any_other_text_opens_one_too(text: str) -> None:
    assert Notebook.opened(text).tasks == {}


def test_of_too_many_tasks_the_oldest_is_forgotten() -> None:
    notebook = Notebook()
    for number in range(MOST_TASKS):
        notebook.expect(f"toolu_{number}", TASK)
    assert len(notebook.tasks) == MOST_TASKS
    notebook.expect("toolu_0", TASK)  # known: nothing is forgotten for it
    assert "toolu_1" in notebook.tasks
    notebook.expect("one more", TASK)
    assert len(notebook.tasks) == MOST_TASKS
    assert "toolu_0" not in notebook.tasks
    assert list(notebook.tasks)[-1] == "one more"


def test_what_is_too_long_for_an_id_or_a_kind_is_not_kept() -> None:
    notebook = Notebook()
    long, fits = "x" * (LONGEST + 1), "x" * LONGEST
    for name, task in [
        (long, TASK),
        ("a", Task(long, "Plan", at(1))),
        ("b", Task("s-1", long, at(1))),
    ]:
        notebook.expect(name, task)
    assert notebook.tasks == {}
    notebook.expect(fits, Task(fits, fits, at(1)))
    assert len(notebook.tasks) == 1


def test_of_too_many_commands_the_oldest_is_forgotten() -> None:
    notebook = Notebook()
    for number in range(MOST_COMMANDS + 1):
        notebook.expect_end(f"toolu_{number}", "claude:msg_1", TESTS)
    assert len(notebook.commands) == MOST_COMMANDS
    assert "toolu_0" not in notebook.commands
    notebook.expect_end("x" * (LONGEST + 1), "claude:msg_1", TESTS)
    notebook.expect_end("toolu_x", "x" * (LONGEST + 1), TESTS)
    assert list(notebook.commands)[-1] == f"toolu_{MOST_COMMANDS}"
