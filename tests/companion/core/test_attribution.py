"""Whom a call is charged to: tables of each rule, and what is not known stays unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.core.attribution import (
    DEFAULT_TICKET_PATTERN,
    MAX_BRANCH_CHARS,
    environment_of,
    mcp_server_of,
    project_of,
    project_rules,
    ticket_of,
    workflow_of,
)

HOMES = ("/home/ada", "/data/ada")


def project(pattern: str, *, repo: str = "", cwd: str = "") -> str:
    return project_of(repo, cwd, project_rules([(pattern, "P")], HOMES))


@pytest.mark.parametrize(
    ("pattern", "repo", "is_covered"),
    [
        ("github.com/acme/*", "github.com/acme/shop", True),
        ("github.com/acme/*", "github.com/Acme/Shop", True),
        ("GitHub.com/Acme/*", "github.com/acme/shop", True),
        ("github.com/acme/*", "github.com/acme", False),
        ("github.com/acme/*", "github.com/acme2/shop", False),
        ("github.com/acme", "github.com/acme/shop", True),
        ("github.com/acme/shop", "github.com/acme/shop", True),
        ("github.com/acme/shop", "github.com/acme/shop-api", False),
        ("github.com/acme/shop*", "github.com/acme/shop-api", True),
        ("gitlab.com/acme/*", "gitlab.com/acme/group/sub/app", True),
        ("*/acme", "gitlab.com/acme/app", True),
        ("**/app", "gitlab.com/acme/group/app", True),
        ("**/app", "app", True),
        ("gitlab.com/**/app", "gitlab.com/app", True),
        ("gitlab.com/**/**/app", "gitlab.com/a/b/c/app", True),
        ("shop", "shop", True),
        ("shop", "github.com/acme/shop", False),
        ("sho?", "shop", True),
        ("*", "shop", True),
        ("*", "", False),
        ("**", "", False),
        ("/srv", "srv", False),
    ],
)
def test_a_rule_of_repositories_covers_what_it_names(
    pattern: str, repo: str, is_covered: bool
) -> None:
    assert project(pattern, repo=repo) == ("P" if is_covered else repo)


@pytest.mark.parametrize(
    ("pattern", "cwd", "is_covered"),
    [
        ("~/work/acme/*", "/home/ada/work/acme/shop", True),
        ("~/work/acme/*", "/home/ada/work/acme/shop/src/deep", True),
        ("~/work/acme/*", "/data/ada/work/acme/shop", True),
        ("~/work/acme/*", "/home/ada/work/acme", False),
        ("~/work/acme/", "/home/ada/work/acme", True),
        ("~/work/acme", "/home/ada/work/acme-old", False),
        ("~/work/Acme", "/home/ada/work/acme", False),
        ("~", "/home/ada/x", True),
        ("~", "/home/bob/x", False),
        ("/srv/*/api", "/srv/shop/api/src", True),
        ("/srv/*/api", "/srv/shop/web", False),
        ("/**/api", "/srv/a/b/api", True),
        ("/", "/anything", True),
        ("/", "", False),
        ("home/ada", "/home/ada", False),
    ],
)
def test_a_rule_of_folders_covers_all_below(pattern: str, cwd: str, is_covered: bool) -> None:
    assert project(pattern, repo="repo", cwd=cwd) == ("P" if is_covered else "repo")


def test_a_home_with_signs_of_patterns_in_its_name_is_taken_as_it_is() -> None:
    rules = project_rules([("~/x", "P")], ["/home/[ab]*"])
    assert project_of("r", "/home/[ab]*/x", rules) == "P"
    assert project_of("r", "/home/a/x", rules) == "r"


def test_the_first_rule_that_fits_wins() -> None:
    named = [("github.com/acme/shop", "Shop"), ("~/work", "Work"), ("github.com/acme", "Acme")]
    rules = project_rules(named, HOMES)
    assert project_of("github.com/acme/shop", "/home/ada/work/shop", rules) == "Shop"
    assert project_of("github.com/acme/api", "/home/ada/work/api", rules) == "Work"
    assert project_of("github.com/acme/api", "/tmp/api", rules) == "Acme"
    assert project_of("github.com/other/api", "/tmp/api", rules) == "github.com/other/api"


def test_without_rules_it_is_the_repository() -> None:
    assert project_of("shop", "/src/shop", ()) == "shop"
    assert project_of("", "", ()) == ""


@given(
    st.text(max_size=40), st.text(max_size=40), st.lists(st.sampled_from("/*?[]!~ab"), max_size=12)
)
def test_any_pattern_ends_in_the_project_or_the_repository(
    repo: str, cwd: str, pattern: list[str]
) -> None:
    assert project("".join(pattern), repo=repo, cwd=cwd) in ("P", repo)


@pytest.mark.parametrize(
    ("branch", "ticket"),
    [
        ("ABC-123", "ABC-123"),
        ("feature/ABC-123-add-export", "ABC-123"),
        ("ada/AB2-7_fix", "AB2-7"),
        ("fix/ABC-123-and-DEF-4", "ABC-123"),
        ("abc-123", ""),
        ("A-1", ""),
        ("AB-1", "AB-1"),
        ("ABC-", ""),
        ("main", ""),
        ("", ""),
    ],
)
def test_a_branch_names_its_ticket(branch: str, ticket: str) -> None:
    assert ticket_of(branch, DEFAULT_TICKET_PATTERN) == ticket


@pytest.mark.parametrize(
    ("pattern", "branch", "ticket"),
    [
        (r"(?i)eng-\d+", "ada/eng-42-title", "eng-42"),
        (r"^(?:feature|fix)/(\d+)", "fix/42-title", "42"),
        (r"^(?:feature|fix)/(\d+)", "chore/42-title", ""),
        (r"issue-(\d+)|gh-\d+", "gh-3", ""),
    ],
)
def test_the_group_of_a_pattern_is_the_ticket(pattern: str, branch: str, ticket: str) -> None:
    assert ticket_of(branch, pattern) == ticket


def test_only_the_beginning_of_a_long_branch_is_searched() -> None:
    ticket = "AB-1"
    fits = "x" * (MAX_BRANCH_CHARS - len(ticket)) + ticket
    assert ticket_of(fits, DEFAULT_TICKET_PATTERN) == ticket
    assert ticket_of("x" + fits, DEFAULT_TICKET_PATTERN) == ""


@pytest.mark.parametrize(
    ("entrypoint", "outside_ci", "in_ci"),
    [
        ("cli", "interactive", "interactive"),
        ("claude-vscode", "interactive", "interactive"),
        ("claude-desktop", "interactive", "interactive"),
        ("local_agent", "interactive", "interactive"),
        ("codex-tui", "interactive", "interactive"),
        ("codex_cli_rs", "interactive", "interactive"),
        ("codex_vscode", "interactive", "interactive"),
        ("Codex Desktop", "interactive", "interactive"),
        ("codex_work_desktop", "interactive", "interactive"),
        ("sdk-cli", "headless", "ci"),
        ("sdk-ts", "headless", "ci"),
        ("sdk-py", "headless", "ci"),
        ("mcp", "headless", "ci"),
        ("codex_exec", "headless", "ci"),
        ("codex_sdk_ts", "headless", "ci"),
        ("claude-code-github-action", "ci", "ci"),
        ("multica-agent-sdk", None, "ci"),
        ("remote", None, "ci"),
        ("sdk", None, "ci"),
        ("", None, "ci"),
    ],
)
def test_the_environment_is_told_by_the_way_in(
    entrypoint: str, outside_ci: str | None, in_ci: str
) -> None:
    assert environment_of(entrypoint, "") == outside_ci
    assert environment_of(entrypoint, "CI/test") == in_ci


@pytest.mark.parametrize(
    ("ci_job", "command", "entrypoint", "workflow"),
    [
        ("CI/test", "/review", "sdk-cli", "CI/test"),
        ("", "/review", "cli", "/review"),
        ("", "", "codex_exec", "codex_exec"),
        ("", "", "", ""),
    ],
)
def test_a_workflow_is_what_set_the_turn_going(
    ci_job: str, command: str, entrypoint: str, workflow: str
) -> None:
    assert workflow_of(ci_job, command, entrypoint) == workflow


@pytest.mark.parametrize(
    ("tool", "server"),
    [
        ("mcp__github__create_issue", "github"),
        ("mcp__my_server__do_it", "my_server"),
        ("mcp__plugin_x_y__tool", "plugin_x_y"),
        (
            "mcp__plugin_entire-engineering_context7__query-docs",
            "plugin_entire-engineering_context7",
        ),
        ("mcp__claude_ai_Gmail__search", "claude_ai_Gmail"),
        ("mcp__a__b__c", "a"),
        ("mcp___x__tool", "_x"),
        ("mcp__github", ""),
        ("mcp__github__", ""),
        ("mcp____tool", ""),
        ("mcp__", ""),
        ("Bash", ""),
        ("my_mcp__github__tool", ""),
        ("MCP__github__tool", ""),
        ("", ""),
    ],
)
def test_the_server_of_a_tool_is_in_its_name(tool: str, server: str) -> None:
    assert mcp_server_of(tool) == server


def by_split(tool: str) -> str:
    """Return the server as the client itself tells it."""
    parts = tool.split("__")
    is_tool = tool.startswith("mcp__") and len(parts) >= 3 and parts[1] and "__".join(parts[2:])
    return parts[1] if is_tool else ""


@given(st.lists(st.sampled_from(["mcp", "_", "__", "a", "-"]), max_size=9).map("".join))
def test_servers_are_split_as_the_client_does(tool: str) -> None:
    assert mcp_server_of(tool) == by_split(tool)
