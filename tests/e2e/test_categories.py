"""The real client upgrades dependencies on a fake API: what a turn is said to be for, and how soon.

Package managers are stand-ins that print what the real ones do: nothing is fetched. Files and
commands, and how the commands end, are real. A guess is shown while the turn runs.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from e2e.at_work import BYPASS, bash, finished, new_session, none_left_behind, pipes
from e2e.running import Aicost
from lab.fake_anthropic import FakeAnthropic
from lab.homes import make_home
from lab.scenario import Json, Scenario
from lab.waiting import until

MODEL = "claude-opus-4-5"
SAID = {"type": "text", "text": "Done. All tests pass with the new version."}
LAST = {"blocks": [SAID], "delay_s": 3}  # meanwhile it is live
MANAGER = """#!/bin/sh
case "$1" in
  test) test -f migrated || { echo "error: pool is no longer exported"; exit 1; } ;;
  build) test -f migrated || { echo "error[E0432]: unresolved import"; exit 101; } ;;
esac
echo "ok $*"
"""


def tool(name: str, **asked: Any) -> Json:
    return {"type": "tool_use", "name": name, "input": asked}


def wrote(path: str, content: str) -> Json:
    return {"blocks": [tool("Write", file_path=f"${{PROJ}}/{path}", content=content)]}


def edited(path: str, old: str, new: str) -> Json:
    look = tool("Read", file_path=f"${{PROJ}}/{path}")
    change = {"file_path": f"${{PROJ}}/{path}", "old_string": old, "new_string": new}
    return {"blocks": [look, tool("Edit", **change)]}


def ran(command: str) -> Json:
    return {"blocks": [bash(command)]}


UPGRADES: dict[str, tuple[str, list[Json]]] = {
    "pip": (
        "Please upgrade requests to the latest version",
        [
            ran("./pip list --outdated"),
            edited("requirements.txt", "requests==2.28", "requests==2.32"),
            ran("./pip install -r requirements.txt && ./pip test"),
            edited("app.py", "pool()", "session_pool()"),
            ran("touch migrated && ./pip test"),
        ],
    ),
    "npm": (
        "bump react to 19 and fix what breaks",
        [
            edited("package.json", '"react": "18.2.0"', '"react": "19.0.0"'),
            ran("./npm install"),
            wrote("package-lock.json", '{"lockfileVersion": 3}'),
            ran("./npm test"),
            edited("app.js", "render(", "createRoot("),
            ran("touch migrated && ./npm test"),
        ],
    ),
    "go": (
        "can you update golang.org/x/net, there is a vulnerability in ours",
        [
            ran("./go get golang.org/x/net@v0.33.0 && ./go mod tidy"),
            edited("go.mod", "golang.org/x/net v0.17.0", "golang.org/x/net v0.33.0"),
            wrote("go.sum", "golang.org/x/net v0.33.0 h1:abc=\n"),
            ran("touch migrated && ./go test ./..."),
        ],
    ),
    "cargo": (
        "Upgrade serde to 2.0 and migrate our derives",
        [
            edited("Cargo.toml", 'serde = "1.0"', 'serde = "2.0"'),
            ran("./cargo build"),
            edited("main.rs", "#[derive(Old)]", "#[derive(New)]"),
            ran("touch migrated && ./cargo build && ./cargo test"),
            ran("git add -A && git commit -qm 'chore(deps): bump serde to 2.0'"),
        ],
    ),
}
FILES = {
    "requirements.txt": "requests==2.28\n",
    "package.json": '{"dependencies": {"react": "18.2.0"}}\n',
    "go.mod": "module shop\n\nrequire golang.org/x/net v0.17.0\n",
    "Cargo.toml": '[dependencies]\nserde = "1.0"\n',
    "app.py": "pool()\n",
    "app.js": "render(page)\n",
    "main.rs": "#[derive(Old)]\nstruct Order;\n",
}


@pytest.mark.parametrize("manager", UPGRADES)
def test_an_upgrade_is_told_while_it_runs_and_after(
    client: Path, tmp_path: Path, manager: str
) -> None:
    prompt, steps = UPGRADES[manager]
    home = make_home(tmp_path / "home")
    aicost = Aicost(tmp_path / "profile", home)
    for name, content in FILES.items():
        (home.project / name).write_text(content)
    script = home.project / manager
    script.write_text(MANAGER)
    script.chmod(0o755)
    text = json.dumps({"main": [*steps, LAST]}).replace("${PROJ}", str(home.project))
    session_id, named = new_session()
    with (
        FakeAnthropic(Scenario({"lanes": json.loads(text)})) as served,
        none_left_behind(home),
        aicost.daemon(),
    ):
        argv = [str(client), "-p", prompt, *BYPASS, "--model", MODEL, *named]
        process = pipes(argv, home, home.environment(served.url))
        try:

            def guess() -> str | None:
                found = aicost.ask("sessions", "--live")["sessions"]
                return next((str(one["category"]) for one in found), None)

            until(lambda: guess() == "dependency-upgrade", "a guess of it", timeout_s=60)
        finally:
            finished(process)
        aicost.wait_until_read()
        (turn,) = aicost.ask("turns", "--session", session_id)["turns"]
        told = aicost.run("explain", turn["prompt_uuid"])
    print(f"\n{manager}: {turn['category']}: {turn['category_evidence']}")
    assert (turn["category"], turn["corrected"]) == ("dependency-upgrade", False)
    assert "task: dependency-upgrade" in told
