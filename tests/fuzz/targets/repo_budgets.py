"""A repository's own budgets: written by whoever may write to the repository."""

from pathlib import Path

from fuzz.target import Target

from aicost.core.errors import ConfigError
from aicost.platform.repo_budgets import RepoFile, parse_repo_budgets

FILE = Path("/src/shop/.aicost.toml")
MARK = "zqxjk"  # what seeds say, and nobody repeats
SEEDS = (
    b'[[budgets]]\nscope = "day"\namount = 25\nhard = true\n',
    b'[[budgets]]\nscope = "turn"\namount = "3 repeats"\nbranch = "zqxjk/*"\nagent = "c*"\n',
    b'budgets = [{scope = "session", amount = "300k tokens", env = "ci"}]\n',
    b'[[budgets]]\nscope = "plan-5h"\namount = "80%"\n[gate]\nfail = "zqxjk"\n',
    b'[[budgets]]\nscope = "zqxjk"\namount = "zqxjk"\n',
    b'# zqxjk\n[[budgets]]\nrepo = "zqxjk"\n"zqxjk" = 3\n',
)


def check(content: bytes) -> None:
    """Any bytes are budgets of that repository alone, or an error that repeats nothing of them."""
    error = _error_of(content)
    if error is not None:
        assert f"({FILE}:" in error.what
        assert MARK not in error.render()
        return
    for budget in parse_repo_budgets(RepoFile(FILE, content), "shop"):
        assert (budget.origin, budget.root, budget.filter.repo) == ("repo", "/src/shop", "shop")
        assert 0 < budget.limit < 2**63
        assert MARK not in budget.budget_id


def _error_of(content: bytes) -> ConfigError | None:
    try:
        parse_repo_budgets(RepoFile(FILE, content), "shop")
    except ConfigError as error:
        return error
    return None


TARGET = Target(
    name="repo_budgets",
    modules=(
        "aicost.platform.repo_budgets",
        "aicost.platform.config_budgets",
        "aicost.platform.config_lines",
    ),
    seeds=lambda: SEEDS,
    check=check,
)
