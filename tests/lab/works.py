"""Work that both clients are made to do, the same for each: what was asked, and step by step how.

Package managers are stand-ins that print what the real ones do and write lock files: nothing is
fetched. Files, edits, commands and how they end are real. `label` was written before anything was
classified, by the definitions in `tests/data/labels/TAXONOMY.md`.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lab.responses import Step
from lab.scenario import Json


class Action(NamedTuple):
    """One step: a file is read, edited or written, or a command run."""

    do: str  # "read", "edit", "write", "run"
    what: str  # the path in the project, or the command
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A prompt and what the agent does."""

    label: str
    prompt: str
    actions: tuple[Action, ...]
    says: str  # at last
    files: Mapping[str, str] = field(default_factory=dict)  # in the project before


def read(path: str) -> Action:
    """Look at a file."""
    return Action("read", path)


def edit(path: str, old: str, new: str) -> Action:
    """Change lines of a file that was read."""
    return Action("edit", path, old, new)


def write(path: str, content: str) -> Action:
    """Make a file."""
    return Action("write", path, new=content)


def run(command: str) -> Action:
    """Run a command."""
    return Action("run", command)


# A project whose tests and builds pass once its code calls what the new version has.
_STAND_IN = """#!/bin/sh
case "$1" in
  test|build|check)
    if grep -rqs {old} src; then echo "error: {error}"; exit 1; fi
    echo "ok, 12 passed" ;;
  install|get|mod|update|i) echo "{name} {version}" > {lock}; echo "updated {name} to {version}" ;;
  list|outdated) echo "{name} {version} is newer" ;;
esac
"""


def _manager(lock: str, old: str, error: str, name: str, version: str) -> str:
    return _STAND_IN.format(lock=lock, old=old, error=error, name=name, version=version)


_PIP = _manager(
    "requirements.lock", "old_pool", "module has no attribute old_pool", "requests", "2.32"
)
UPGRADES: Mapping[str, Work] = {
    "pip": Work(
        label="dependency-upgrade",
        prompt="Please upgrade requests to the latest version",
        files={
            "requirements.txt": "requests==2.28\nrich==13.7\n",
            "src/app.py": "import requests\n\npage = requests.old_pool().get('/')\n",
            "pip": _PIP,
            "pytest": _PIP,
        },
        actions=(
            run("./pip list --outdated"),
            read("requirements.txt"),
            edit("requirements.txt", "requests==2.28", "requests==2.32"),
            run("./pip install -r requirements.txt"),
            run("./pytest test"),
            read("src/app.py"),
            edit("src/app.py", "requests.old_pool()", "requests.Session()"),
            run("./pytest test"),
        ),
        says="Done. requests is at 2.32, and all tests pass.",
    ),
    "npm": Work(
        label="dependency-upgrade",
        prompt="bump react to 19 and fix what breaks",
        files={
            "package.json": '{\n  "dependencies": {\n    "react": "18.2.0"\n  }\n}\n',
            "package-lock.json": '{"lockfileVersion": 3, "react": "18.2.0"}\n',
            "src/app.js": "import { oldRender } from 'react-dom';\noldRender(page);\n",
            "npm": _manager("npm.log", "oldRender", "oldRender is not exported", "react", "19.0.0"),
        },
        actions=(
            read("package.json"),
            edit("package.json", '"react": "18.2.0"', '"react": "19.0.0"'),
            read("package-lock.json"),
            edit("package-lock.json", '"react": "18.2.0"', '"react": "19.0.0"'),
            run("./npm install"),
            run("./npm test"),
            read("src/app.js"),
            edit("src/app.js", "oldRender(page)", "createRoot(page)"),
            edit("src/app.js", "{ oldRender }", "{ createRoot }"),
            run("./npm test"),
        ),
        says="React is at 19 now. Its root API changed; app.js uses createRoot.",
    ),
    "go": Work(
        label="dependency-upgrade",
        prompt="can you update golang.org/x/net, there is a vulnerability in ours",
        files={
            "go.mod": "module shop\n\ngo 1.24\n\nrequire golang.org/x/net v0.17.0\n",
            "go.sum": "golang.org/x/net v0.17.0 h1:abc=\n",
            "src/main.go": "package main\n\nfunc main() { http2.OldServe() }\n",
            "go": _manager("go.sum", "OldServe", "undefined: http2.OldServe", "x/net", "v0.33.0"),
        },
        actions=(
            run("./go get golang.org/x/net@v0.33.0 && ./go mod tidy"),
            read("go.mod"),
            edit("go.mod", "golang.org/x/net v0.17.0", "golang.org/x/net v0.33.0"),
            run("./go build ./..."),
            read("src/main.go"),
            edit("src/main.go", "http2.OldServe()", "http2.Serve()"),
            run("./go build ./... && ./go test ./..."),
        ),
        says="golang.org/x/net is at v0.33.0, which closes the vulnerability.",
    ),
    "cargo": Work(
        label="dependency-upgrade",
        prompt="Upgrade serde to 2.0 and migrate our derives",
        files={
            "Cargo.toml": '[dependencies]\nserde = "1.0"\n',
            "Cargo.lock": 'name = "serde"\nversion = "1.0"\n',
            "src/main.rs": "#[derive(OldDerive)]\nstruct Order;\n",
            "cargo": _manager(
                "Cargo.lock", "OldDerive", "E0432: unresolved import", "serde", "2.0"
            ),
        },
        actions=(
            read("Cargo.toml"),
            edit("Cargo.toml", 'serde = "1.0"', 'serde = "2.0"'),
            run("./cargo update -p serde"),
            run("./cargo build"),
            read("src/main.rs"),
            edit("src/main.rs", "#[derive(OldDerive)]", "#[derive(Serialize)]"),
            run("./cargo build && ./cargo test"),
            run("git add -A && git commit -qm 'chore(deps): bump serde to 2.0'"),
        ),
        says="serde is at 2.0. The derives have other names there; all of ours are migrated.",
    ),
}
_CART = """class Cart:
    def total(self, prices, coupons):
        return sum(prices) / len(coupons)

    def count(self, prices):
        return len(prices)
"""
_TEST = "from src.cart import Cart\n\n\ndef test_total():\n    assert Cart().total([4], [1]) == 4\n"
_CHECK = """#!/bin/sh
if grep -qs '{red}' {where}; then echo "FAILED tests/test_cart.py - {why}"; exit 1; fi
echo "4 passed"
"""
OTHERS: Mapping[str, Work] = {
    "exploration": Work(
        label="exploration",
        prompt="How does the cart count its total, and where do coupons come in?",
        files={"src/cart.py": _CART},
        actions=(run("grep -rn coupons src"), read("src/cart.py")),
        says="The total is the sum of the prices, shared by the coupons, in `Cart.total`.",
    ),
    "docs": Work(
        label="docs",
        prompt="Update the README with the new --retries flag",
        files={"README.md": "# Shop\n\nRun `shop`.\n"},
        actions=(
            read("README.md"),
            edit("README.md", "Run `shop`.", "Run `shop`, or `shop --retries 3`."),
        ),
        says="Updated the README: it explains --retries now.",
    ),
    "bugfix": Work(
        label="bugfix",
        prompt="The total crashes with a ZeroDivisionError when there is no coupon. Please fix it",
        files={
            "src/cart.py": _CART,
            "pytest": _CHECK.format(
                red="/ len(coupons)", where="src/cart.py", why="ZeroDivisionError"
            ),
        },
        actions=(
            run("./pytest -q"),
            read("src/cart.py"),
            edit("src/cart.py", "sum(prices) / len(coupons)", "sum(prices) / max(1, len(coupons))"),
            run("./pytest -q"),
        ),
        says="Fixed: without a coupon the total is the plain sum. The root cause was a division.",
    ),
    "feature": Work(
        label="feature",
        prompt="Add a --json option to the export command, so that scripts can read it",
        files={
            "src/export.py": "def export(rows):\n    return ', '.join(rows)\n",
            "tests/test_export.py": "def test_plain():\n    assert True\n",
            "pytest": _CHECK.format(red="nothing", where="src/export.py", why=""),
        },
        actions=(
            read("src/export.py"),
            edit(
                "src/export.py",
                "def export(rows):\n    return ', '.join(rows)\n",
                "import json\n\n\ndef export(rows, as_json=False):\n    if as_json:\n"
                "        return to_json(rows)\n    return ', '.join(rows)\n\n\n"
                "def to_json(rows):\n    return json.dumps({'rows': rows})\n",
            ),
            read("tests/test_export.py"),
            edit(
                "tests/test_export.py",
                "def test_plain():\n    assert True\n",
                "def test_plain():\n    assert True\n\n\ndef test_json():\n"
                "    assert export(['a'], as_json=True) == '{\"rows\": [\"a\"]}'\n",
            ),
            run("./pytest -q"),
        ),
        says="Added `--json` to export, with a test.",
    ),
    "refactor": Work(
        label="refactor",
        prompt="Rename Cart to Basket and extract the sum into a helper, no change of behaviour",
        files={"src/cart.py": _CART, "src/shop.py": "from src.cart import Cart\n\ncart = Cart()\n"},
        actions=(
            read("src/cart.py"),
            edit("src/cart.py", "class Cart:", "class Basket:"),
            edit(
                "src/cart.py",
                "        return sum(prices) / len(coupons)",
                "        return self._sum(prices) / len(coupons)",
            ),
            read("src/shop.py"),
            edit("src/shop.py", "from src.cart import Cart", "from src.cart import Basket"),
            edit("src/shop.py", "cart = Cart()", "cart = Basket()"),
            run("grep -rn 'Cart\\b' src"),
        ),
        says="Renamed Cart to Basket everywhere, and moved the sum to a helper.",
    ),
    "test-writing": Work(
        label="test-writing",
        prompt="Write unit tests for the cart, it has no test coverage yet",
        files={
            "src/cart.py": _CART,
            "pytest": _CHECK.format(red="nothing", where="src/cart.py", why=""),
        },
        actions=(
            read("src/cart.py"),
            write(
                "tests/test_cart.py",
                _TEST + "\n\ndef test_count():\n    assert Cart().count([1, 2]) == 2\n\n\n"
                "def test_count_of_nothing():\n    assert Cart().count([]) == 0\n",
            ),
            run("./pytest -q tests/test_cart.py"),
        ),
        says="Added three unit tests for the cart; all pass.",
    ),
    "test-repair": Work(
        label="test-repair",
        prompt="CI is red: test_total is flaky since it depends on the time zone. Fix the test",
        files={
            "tests/test_cart.py": "def test_total():\n    assert now().hour == 12\n",
            "pytest": _CHECK.format(red="now()", where="tests/test_cart.py", why="assert 11 == 12"),
        },
        actions=(
            run("./pytest -q"),
            read("tests/test_cart.py"),
            edit("tests/test_cart.py", "assert now().hour == 12", "assert FIXED.hour == 12"),
            run("./pytest -q"),
        ),
        says="The test has a fixed clock now; the tests pass in every time zone.",
    ),
    "review": Work(
        label="review",
        prompt="Please review the last commit and give me your feedback: any concerns or nits?",
        files={"src/cart.py": _CART},
        actions=(run("git show --stat HEAD"), run("git diff HEAD~1"), read("src/cart.py")),
        says="## Review\n\n- **High**: `total` divides by zero without coupons.\n- Nit: no test.",
    ),
    "ops": Work(
        label="ops",
        prompt="commit this and push the branch",
        files={"src/cart.py": _CART},
        actions=(
            run("git status --short && git diff --stat"),
            run("git add -A && git commit -qm 'feat: add the cart'"),
            run("git push -u origin HEAD"),
        ),
        says="Committed. The push failed: there is no remote called origin.",
    ),
}
WORKS: Mapping[str, Work] = {**UPGRADES, **OTHERS}


def prepare(work: Work, project: Path) -> None:
    """Write a work's files into a project whose author git knows; programs may be run."""
    for name, value in (("name", "dev"), ("email", "dev@example.com")):
        subprocess.run(["git", "config", f"user.{name}", value], cwd=project, check=True)
    for name, content in work.files.items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        if content.startswith("#!"):
            file.chmod(0o755)


def claude_turns(work: Work, project: Path) -> list[Json]:
    """Return the work as scripted answers for Claude Code, the last word not among them."""
    return [{"blocks": [_claude_block(action, project)]} for action in work.actions]


def _claude_block(action: Action, project: Path) -> Json:
    path = str(project / action.what)
    match action.do:
        case "read":
            return _tool("Read", file_path=path)
        case "edit":
            return _tool("Edit", file_path=path, old_string=action.old, new_string=action.new)
        case "write":
            return _tool("Write", file_path=path, content=action.new)
        case _:
            return _tool("Bash", command=action.what, description="do")


def _tool(name: str, **asked: str) -> Json:
    return {"type": "tool_use", "name": name, "input": asked}


def codex_steps(work: Work) -> tuple[Step, ...]:
    """Return the work as scripted answers for Codex, the last word not among them."""
    contents = dict(work.files)
    return tuple(_codex_step(action, contents) for action in work.actions)


def _codex_step(action: Action, contents: dict[str, str]) -> Step:
    """Return one step; `contents`: of the files before it, and after it."""
    match action.do:
        case "read":
            return Step(command=f"cat {json.dumps(action.what)}")
        case "run":
            return Step(command=action.what)
        case _:
            lines = _patch(action, contents)
            return Step(patch="\n".join(("*** Begin Patch", *lines, "*** End Patch", "")))


def _patch(action: Action, contents: dict[str, str]) -> Iterator[str]:
    """Yield a patch of whole lines, as Codex' tool wants them."""
    before = contents.get(action.what, "")
    after = before.replace(action.old, action.new, 1) if action.do == "edit" else action.new
    contents[action.what] = after
    if action.do == "write":
        yield f"*** Add File: {action.what}"
        yield from (f"+{line}" for line in after.splitlines())
        return
    start = before.rfind("\n", 0, before.index(action.old)) + 1
    tail = before[before.index(action.old) + len(action.old) :]
    end = len(before) - len(tail) + (tail.index("\n") if "\n" in tail else len(tail))
    old, grown = before[start:end], len(after) - len(before)
    yield f"*** Update File: {action.what}"
    yield "@@"
    yield from (f"-{line}" for line in old.splitlines())
    yield from (f"+{line}" for line in after[start : end + grown].splitlines())
