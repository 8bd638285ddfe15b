"""Which CI job a process runs in, by the variables that CI services set."""

from collections.abc import Mapping
from dataclasses import dataclass

from aicost.core.text import clean, cut

_MAX_CELLS = 120  # of a job's name: people put whole sentences there
_NO = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class _Service:
    sign: str  # the variable that only this service sets
    name: str  # what a job without a name of its own is called
    of_job: tuple[str, ...]  # variables that together name the job


_SERVICES = (
    _Service("GITHUB_ACTIONS", "github", ("GITHUB_WORKFLOW", "GITHUB_JOB")),
    _Service("GITLAB_CI", "gitlab", ("CI_JOB_NAME",)),
    _Service("BUILDKITE", "buildkite", ("BUILDKITE_PIPELINE_SLUG", "BUILDKITE_LABEL")),
    _Service("CIRCLECI", "circleci", ("CIRCLE_JOB",)),
    _Service("JENKINS_URL", "jenkins", ("JOB_NAME",)),
    _Service("TF_BUILD", "azure", ("BUILD_DEFINITIONNAME", "SYSTEM_JOBDISPLAYNAME")),
    _Service("TEAMCITY_VERSION", "teamcity", ("TEAMCITY_PROJECT_NAME", "TEAMCITY_BUILDCONF_NAME")),
    _Service("DRONE", "drone", ("DRONE_STAGE_NAME", "DRONE_STEP_NAME")),
    _Service("CI", "ci", ()),
)


def ci_job(env: Mapping[str, str]) -> str:
    """Return the name of the CI job that an environment is of, on one line; "" outside any.

    `ci` where a service is not known by name.
    """
    for service in _SERVICES:
        if env.get(service.sign, "").strip().lower() not in _NO:
            named = (clean(env.get(name, "")) for name in service.of_job)
            return cut("/".join(filter(None, named)), _MAX_CELLS) or service.name
    return ""
