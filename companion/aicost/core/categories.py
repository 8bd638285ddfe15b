"""The names of what the money of a turn can have been spent on. Pure."""

from enum import StrEnum


class TaskCategory(StrEnum):
    """What a turn was for. Append only: features name one by its place."""

    FEATURE = "feature"
    BUGFIX = "bugfix"
    REFACTOR = "refactor"
    TEST_REPAIR = "test-repair"
    TEST_WRITING = "test-writing"
    DEPENDENCY_UPGRADE = "dependency-upgrade"
    EXPLORATION = "exploration"
    REVIEW = "review"
    DOCS = "docs"
    OPS = "ops"
    OTHER = "other"


MEANINGS = {
    TaskCategory.FEATURE: "adds behaviour that did not exist",
    TaskCategory.BUGFIX: "makes wrong behaviour of product code right",
    TaskCategory.REFACTOR: "changes structure, names or speed, not what the product does",
    TaskCategory.TEST_REPAIR: "makes failing tests, CI or lint green again",
    TaskCategory.TEST_WRITING: "adds tests for behaviour that exists",
    TaskCategory.DEPENDENCY_UPGRADE: "bumps, swaps, adds or removes dependencies or toolchains",
    TaskCategory.EXPLORATION: "asks, plans or investigates; no lasting change is the goal",
    TaskCategory.REVIEW: "reads a change to judge it",
    TaskCategory.DOCS: "writes documents or comments",
    TaskCategory.OPS: "git work, releases, CI, set-up, running things",
    TaskCategory.OTHER: "none of these, or cannot be told",
}
