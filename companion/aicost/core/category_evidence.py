"""Why a turn has its category, in words. Pure."""

from collections.abc import Mapping
from typing import Final

from aicost.core.category_signals import FIRST_WORD, TOPICAL, name_of, words_of
from aicost.core.turn_features import TurnFeatures
from aicost.core.vocabulary import WORDS

_MOST_REASONS, _MOST_WORDS = 3, 3
_FILES: Final = {
    "code": "code", "test": "tests", "doc": "documents", "conf": "settings",
    "ci": "CI and build files", "manifest": "manifests", "lock": "lock files", "plan": "plans",
    "migration": "database migrations",
}  # fmt: skip
_SAYS: Final = {
    "head": "its prompt begins with",
    "prompt": "its prompt says",
    "closing": "the agent ended with",
    "thought": "the agent first thought of",
    "tasks": "its tasks name",
    "commit": "its commit says",
    "branch": "its branch says",
}
_RAN: Final = {
    "test": "it ran tests", "lint": "it ran linters", "build": "it built", "commit": "it committed",
    "push": "it pushed", "stage": "it staged files", "git_look": "it looked at git's history",
    "git_move": "it moved branches or commits", "release": "it released",
    "pr_make": "it wrote a pull request", "pr_look": "it read a pull request",
    "package": "it ran a package manager", "run": "it ran programs", "look": "it looked around",
    "remove": "it removed files", "ticket": "it worked on tickets", "infra": "it ran containers",
    "http": "it called a server",
}  # fmt: skip
_PLAIN: Final = {
    "no_edit": "it changed no file",
    "no_edit_look": "it changed no file",
    "no_tools": "it used no tool",
    "no_edit_git": "it did git work and changed no file",
    "no_edit_run": "it ran things and changed no file",
    "code_and_test": "it changed code and tests",
    "test_no_code": "it changed tests, no code",
    "red_only_tests": "it changed only tests while they failed",
    "red_only_code": "it changed code while tests failed",
    "code_while_red": "it changed code while tests failed",
    "tests_while_red": "it changed tests while they failed",
    "manifest_any": "it changed manifests or lock files",
    "tests_red_first": "tests failed before it changed anything",
    "tests_red_to_green": "tests failed, then passed",
    "lint_red_to_green": "linters failed, then passed",
    "new_tests": "it added tests",
    "mostly_tests": "it added tests",
    "new_functions": "it added functions",
    "grows": "it added more than it replaced",
    "huge": "it wrote much",
    "tiny": "it changed little",
    "shrinks": "it removed more than it wrote",
    "prompt_plan": "its prompt hands over a plan",
    "prompt_trace": "its prompt shows an error",
    "prompt_severity": "its prompt is a finding of a review",
    "prompt_question": "its prompt asks",
    "prompt_ends_question": "its prompt asks",
    "prompt_review_command": "it is a review command",
    "plan_mode": "it ran in plan mode",
    "plans_made": "it made a plan",
    "web": "it searched the web",
    "searches": "it searched",
    "agents_explore": "a subagent explored",
    "agents_review": "a subagent reviewed",
    "closing_question": "it ended with a question",
}


def evidence_of(features: TurnFeatures, pulls: Mapping[int, float]) -> str:
    """Return the strongest reasons of a category, by how much each signal pulls towards it."""
    strongest = sorted(((pull, number) for number, pull in pulls.items() if pull > 0), reverse=True)
    strengths: dict[str, float] = {}  # by reason; several signals may have the same
    last = 0.0
    for pull, number in strongest:
        if len(strengths) >= _MOST_REASONS and pull < last:
            break  # what is left is weaker than all that is said
        if reason := _reason(features, number, pulls):
            strengths.setdefault(reason, pull)
            last = pull
    ranked = sorted(strengths.items(), key=lambda one: (-one[1], one[0]))
    return "; ".join(reason for reason, _ in ranked[:_MOST_REASONS])


def _reason(features: TurnFeatures, number: int, pulls: Mapping[int, float]) -> str:
    name = name_of(number)
    if number >= FIRST_WORD or "~" in name:
        zone = name.removeprefix("any_").replace("~", ":").partition(":")[0]
        return _words(zone, features, pulls)
    name = name.removeprefix("any_")
    if name in _PLAIN:
        return _PLAIN[name]
    prefix, _, rest = name.partition("_")
    if prefix in ("edit", "only", "share") and rest in _FILES:
        return _edits(features)
    if prefix == "ran":
        return _RAN.get(rest, "")
    if prefix == "commit":
        return f"it committed as “{rest}:”"
    if prefix in ("test", "lint") and rest in ("passed", "failed"):
        return f"{'tests' if prefix == 'test' else 'linters'} {rest}"
    return ""


def _edits(features: TurnFeatures) -> str:
    counts = {kind: features.counts.get(f"edit_{kind}", 0) for kind in _FILES}
    known = sorted(((-n, kind) for kind, n in counts.items() if n))[:_MOST_WORDS]
    return "it edited " + " and ".join(f"{_FILES[kind]} ({-n})" for n, kind in known)


def _words(zone: str, features: TurnFeatures, pulls: Mapping[int, float]) -> str:
    """Return the words of a zone that pull the most, or that its topics are made of."""
    of_zone = words_of(zone)
    pulling = [
        (pull, WORDS[number - of_zone.start])
        for number, pull in pulls.items()
        if pull > 0 and number in of_zone
    ]
    if not pulling:
        found = sorted(TOPICAL & features.words.get(zone, frozenset()))
        pulling = [(0.0, WORDS[number]) for number in found]
    best = sorted(pulling, key=lambda one: (-one[0], one[1]))[:_MOST_WORDS]
    return f"{_SAYS[zone]} {', '.join(f'“{word}”' for _, word in best)}" if best else ""
