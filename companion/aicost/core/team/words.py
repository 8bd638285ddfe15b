"""How a call is named in a day document: by closed words alone. Pure.

A model that the shipped price list does not know is "other": the name of a deployment may be that
of a project.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aicost.core.model_ids import parse_model_id
from aicost.core.tariffs import LIST_TIERS, ModelPrice
from aicost.core.team.checking import PATTERNS
from aicost.core.team.documents import (
    CATEGORIES,
    OTHER_MODEL,
    PROVIDERS,
    TIERS,
    Billing,
    Category,
    Provider,
    Tier,
    Tool,
)
from aicost.core.team.pseudonyms import project_label

Known = Callable[[str], ModelPrice | None]  # a model as logged -> what a public list says of it
_TOOLS: Mapping[str, Tool] = {"claude": "claude-code", "codex": "codex"}
_TIERS: Mapping[str, Tier] = {tier: tier for tier in TIERS}
_PROVIDERS: Mapping[str, Provider] = {name: name for name in PROVIDERS}
_CATEGORIES: Mapping[str, Category] = {name: name for name in CATEGORIES}
_BY_INVOICE = frozenset({"bedrock", "vertex", "azure"})  # no plan covers what a cloud sells


@dataclass(frozen=True, slots=True)
class ModelWords:
    """Who served a model, and its public name."""

    provider: Provider
    model: str


def model_words(model: str, known: Known) -> ModelWords:
    """Return the words of a model as logged; only what the public list knows keeps its name."""
    price = known(model)
    if price is None or not PATTERNS["model"].fullmatch(price.id):
        return ModelWords("other", OTHER_MODEL)
    if parse_model_id(model).is_bedrock:
        return ModelWords("bedrock", price.id)
    if "@" in model:  # as Vertex dates its models
        return ModelWords("vertex", price.id)
    if model.lower().startswith("azure"):
        return ModelWords("azure", price.id)
    return ModelWords(_PROVIDERS.get(price.provider, "other"), price.id)


def tool_word(agent: str) -> Tool:
    """Return the word of an agent. Raises KeyError for one that is none of ours."""
    return _TOOLS[agent]


def tier_word(speed: str, service_tier: str) -> Tier:
    """Return the tier of a call; the speed that served it decides first."""
    for asked in (speed, service_tier):
        if asked and asked not in LIST_TIERS:
            return _TIERS.get(asked, "other")
    return "standard"


def category_word(category: str) -> Category:
    """Return what a turn was for."""
    return _CATEGORIES.get(category, "unknown")


def billing_word(provider: Provider, *, has_plan: bool, otherwise: Billing) -> Billing:
    """Return how a call is paid, as far as logs tell; `otherwise` is the user's own word."""
    if provider in _BY_INVOICE:
        return "api"
    return "subscription" if has_plan and otherwise == "unknown" else otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Projects:
    """What repositories are called, if anything: by labels that the user allows, or a hash."""

    labels: Mapping[str, str] = field(default_factory=dict)  # repository, or project -> label
    team_key: bytes = field(default=b"", repr=False)  # b"": nothing is hashed

    def label(self, repo_key: str, project: str) -> str | None:
        """Return the label of a repository (`host/path`) or of what the user calls it."""
        for name in (repo_key, project):
            if name and name in self.labels:
                return self.labels[name]
        return project_label(self.team_key, repo_key) if self.team_key and repo_key else None


def is_label(text: str) -> bool:
    """Say whether a text can be a project's label."""
    return PATTERNS["project"].fullmatch(text) is not None
