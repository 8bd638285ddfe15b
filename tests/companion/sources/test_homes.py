"""The folders of all agents, each once."""

from aicost.sources.homes import home_folders


def test_every_agents_folders_are_named_once() -> None:
    env = {"HOME": "/home/ada", "CLAUDE_CONFIG_DIR": "/srv/one,/srv/one"}
    assert home_folders(env, ("/srv/more", "/srv/one"))[:2] == ["/srv/one", "/srv/more"]


def test_a_plain_environment_has_the_agents_own_defaults() -> None:
    found = home_folders({"HOME": "/home/ada"})
    assert {"/home/ada/.claude", "/home/ada/.codex"} <= set(found)


def test_each_agents_variable_moves_its_own_home() -> None:
    env = {"HOME": "/home/ada", "CODEX_HOME": "/srv/codex"}
    assert home_folders(env) == ["/home/ada/.claude", "/home/ada/.config/claude", "/srv/codex"]
