"""What the sessions of the demo say and do: made up, and put around recorded times and tokens."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

_LINE = "  {number:4}  export function part{number}(cart: Cart): Money {{ return total(cart) }}\n"
_MOST_CHARS = 40_000  # of one result
_CHARS_PER_TOKEN = 3.6
_RESULT_AFTER_S = 1.5


@dataclass(frozen=True)
class Story:
    """The prompts of a repository's session, each with how the agent works on it."""

    prompts: Sequence[tuple[str, str]]  # what is asked, and the kind of work it makes
    files: Sequence[str]
    test: str


STORIES: Mapping[str, Story] = {
    "web": Story(
        (
            (
                "Add a login page with email and password, and send the form to /api/session",
                "build",
            ),
            ("Validate the email field and show the message below it", "build"),
            ("Add a 'remember me' checkbox that keeps the session for 30 days", "build"),
            ("The redirect after login goes to / instead of the page one came from, fix it", "fix"),
            ("Write tests for the session cookie", "tests"),
            ("Commit this with a good message and push the branch", "git"),
        ),
        ("src/pages/login.tsx", "src/session.ts", "src/form.tsx", "tests/session.test.ts"),
        "npm test",
    ),
    "infra": Story(
        (
            ("Upgrade terraform to 6 and all providers with it", "upgrade"),
            ("Which modules still use the old provider syntax?", "ask"),
            ("Move them to the new syntax", "upgrade"),
            ("Review the plan output before I apply it", "review"),
        ),
        ("versions.tf", ".terraform.lock.hcl", "modules/network/main.tf", "modules/db/main.tf"),
        "terraform validate",
    ),
    "docs": Story(
        (
            ("Write a getting started page for new developers", "write"),
            ("Shorten the installation section and fix its links", "write"),
            ("Explain how the release process works, I want to document it", "ask"),
            ("Add a troubleshooting page", "write"),
        ),
        ("docs/getting-started.md", "docs/install.md", "docs/troubleshooting.md", "README.md"),
        "npm run docs",
    ),
    "api": Story(
        (
            ("Add an endpoint that exports orders as CSV", "build"),
            ("Stream the rows instead of collecting them in memory", "refactor"),
            ("Export takes 40 seconds for big shops, find out why", "ask"),
            ("Use a server side cursor and add an index on orders.created_at", "build"),
            ("Tests for the export fail in CI since the rebase, repair them", "repair"),
        ),
        ("app/export.py", "app/orders.py", "app/db.py", "tests/test_export.py"),
        "pytest tests/test_export.py",
    ),
    "shop": Story(
        (
            ("Customers with two addresses get the same order twice, fix the dedup", "fix"),
            ("Also handle orders that were paid twice", "fix"),
            ("Look over my change in cart.ts, is anything missing?", "review"),
        ),
        ("src/cart.ts", "src/orders.ts", "src/address.ts", "tests/cart.test.ts"),
        "npm test",
    ),
    "stuck": Story(
        (("Make the totals test in cart.test.ts green", "stuck"),),
        ("src/cart.ts", "src/orders.ts", "src/address.ts", "tests/cart.test.ts"),
        "npm test",
    ),
}
_WORK: Mapping[str, Sequence[str]] = {
    "build": ("search", "read", "read", "edit", "edit", "test ok"),
    "fix": ("test red", "read", "search", "read", "edit", "test ok"),
    "repair": ("test red", "read", "edit test", "test red", "edit test", "test ok"),
    "stuck": ("read", "search", "test red"),
    "refactor": ("read", "edit", "read", "edit", "test ok"),
    "tests": ("read", "edit test", "test ok", "edit test", "test ok"),
    "upgrade": ("read", "upgrade", "edit", "test red", "edit", "test ok"),
    "write": ("read", "search", "edit", "edit"),
    "ask": ("search", "read", "read", "search", "read"),
    "review": ("diff", "read", "read", "search"),
    "git": ("status", "commit", "push"),
}
_ANSWERS = {
    "build": "Done: it works, and the tests pass.",
    "fix": "Fixed. The cause was a key without the address id; a test holds it now.",
    "repair": "All green again: the expectation was of the old rounding.",
    "ask": "Here is how it works, and where the time goes.",
    "review": "Two remarks, nothing that blocks.",
}


def told(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Return a session's rows with the prompts, tools and results of a story put in."""
    story = STORIES[name]
    prompts = cycle(story.prompts)
    made, kind, step = list[dict[str, Any]](), "ask", 0
    for number, row in enumerate(rows):
        line = row["line"]
        made.append(row)
        if _is_prompt(row):
            line["message"]["content"], kind = next(prompts)
            step = 0
        elif line["type"] == "assistant" and not (
            line["isSidechain"] or line["message"].get("content")
        ):
            following = _next_call(rows, number)
            if following is None:
                text = _ANSWERS.get(kind, "Done.")
                line["message"]["content"] = [{"type": "text", "text": text}]
            else:
                works = _WORK[kind]
                work = works[step % len(works)]
                made.append(_used(row, following, _Use(story, work, step)))
                step += 1
    return made


def _next_call(rows: Sequence[dict[str, Any]], number: int) -> dict[str, Any] | None:
    """Return the next call of the same turn on the main thread."""
    for row in rows[number + 1 :]:
        if _is_prompt(row):
            return None
        if row["line"]["type"] == "assistant" and not row["line"]["isSidechain"]:
            return row
    return None


def _is_prompt(row: dict[str, Any]) -> bool:
    return isinstance(row["line"]["message"].get("content"), str)


@dataclass(frozen=True)
class _Use:
    """One use of a tool."""

    story: Story
    work: str
    step: int

    @property
    def file(self) -> str:
        """The file that it is about."""
        files = self.story.files
        return files[-1] if self.work == "edit test" else files[self.step // 2 % (len(files) - 1)]

    def asked(self) -> tuple[str, dict[str, object]]:
        """Return the tool and what it is asked for."""
        match self.work.split():
            case ["search"]:
                return "Grep", {"pattern": "total|export", "path": "src"}
            case ["read"]:
                return "Read", {"file_path": f"/home/dev/{self.file}"}
            case ["edit", *_]:
                old = f"total(cart, {self.step})"
                new = f"total(cart, {self.step}, address.id)"
                return "Edit", {
                    "file_path": f"/home/dev/{self.file}", "old_string": old, "new_string": new
                }  # fmt: skip
            case ["test", _]:
                return "Bash", {"command": self.story.test}
            case ["upgrade"]:
                return "Bash", {"command": "terraform init -upgrade"}
            case ["diff"]:
                return "Bash", {"command": "git diff main"}
            case ["commit"]:
                return "Bash", {"command": "git commit -qam 'feat: remember who logs in'"}
            case _:
                return "Bash", {"command": f"git {self.work}"}

    def result(self, tokens: int) -> tuple[str, bool]:
        """Return what the tool says in about so many tokens, and whether it failed."""
        if self.work == "test red":
            return "Exit code 1\n FAIL  totals of two addresses\nAssertionError: 3 is not 4", True
        if self.work == "test ok":
            return f"{12 + self.step} passed", False
        chars = min(_MOST_CHARS, round(tokens * _CHARS_PER_TOKEN))
        return "".join(_lines(chars)) or "ok", False


def _lines(chars: int) -> Iterator[str]:
    number = 0
    while chars > 0:
        number += 1
        line = _LINE.format(number=number)
        yield line
        chars -= len(line)


def _used(row: dict[str, Any], following: dict[str, Any], use: _Use) -> dict[str, Any]:
    """Let a call use a tool; return the row of its result, which comes before the next call."""
    line, after = row["line"], following["line"]
    tool_id = f"toolu_{line['uuid'][:18]}"
    name, asked = use.asked()
    line["message"]["content"] = [{"type": "tool_use", "id": tool_id, "name": name, "input": asked}]
    tokens = after["message"]["usage"]["cache_creation_input_tokens"]
    text, failed = use.result(tokens)
    result = {"type": "tool_result", "tool_use_id": tool_id, "content": text, "is_error": failed}
    gap_s = following["at_s"] - row["at_s"]
    kept = ("sessionId", "cwd", "gitBranch", "version", "isSidechain")
    return {
        "at_s": round(row["at_s"] + min(_RESULT_AFTER_S, gap_s / 2), 1),
        "line": {name: line[name] for name in kept}
        | {
            "type": "user",
            "uuid": f"{line['uuid'][:-4]}0000",
            "message": {"role": "user", "content": [result]},
        },
    }
