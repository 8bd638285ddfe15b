"""CI jobs: named from what each service says of itself, nothing outside of CI."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicost.platform.ci import ci_job


@pytest.mark.parametrize(
    ("env", "job"),
    [
        (
            {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKFLOW": "CI", "GITHUB_JOB": "test"},
            "CI/test",
        ),
        ({"GITHUB_ACTIONS": "true", "GITHUB_JOB": "test"}, "test"),
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"GITLAB_CI": "true", "CI": "true", "CI_JOB_NAME": "review: app"}, "review: app"),
        (
            {
                "BUILDKITE": "true",
                "BUILDKITE_PIPELINE_SLUG": "shop",
                "BUILDKITE_LABEL": ":pytest: unit",
            },
            "shop/:pytest: unit",
        ),
        ({"CIRCLECI": "true", "CIRCLE_JOB": "build"}, "build"),
        ({"JENKINS_URL": "https://ci.example.org/", "JOB_NAME": "shop/main"}, "shop/main"),
        (
            {
                "TF_BUILD": "True",
                "BUILD_DEFINITIONNAME": "shop",
                "SYSTEM_JOBDISPLAYNAME": "Nightly",
            },
            "shop/Nightly",
        ),
        (
            {
                "TEAMCITY_VERSION": "2026.1",
                "TEAMCITY_PROJECT_NAME": "Shop",
                "TEAMCITY_BUILDCONF_NAME": "Tests",
            },
            "Shop/Tests",
        ),
        ({"DRONE": "true", "DRONE_STAGE_NAME": "default", "DRONE_STEP_NAME": "t"}, "default/t"),
        ({"CI": "true"}, "ci"),
        ({"CI": "1", "GITHUB_WORKFLOW": "left over"}, "ci"),
        ({"CI": "woodpecker"}, "ci"),
    ],
)
def test_each_service_names_its_job(env: dict[str, str], job: str) -> None:
    assert ci_job(env) == job


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"CI": "false"},
        {"CI": "0"},
        {"CI": ""},
        {"CI": " No "},
        {"GITHUB_ACTIONS": "false", "GITHUB_JOB": "test"},
        {"JOB_NAME": "not only Jenkins sets this"},
        {"CI_JOB_NAME": "x"},
    ],
)
def test_outside_ci_there_is_no_job(env: dict[str, str]) -> None:
    assert ci_job(env) == ""


@given(st.text(max_size=300))
def test_a_job_is_one_line_of_limited_length(name: str) -> None:
    job = ci_job({"GITLAB_CI": "true", "CI_JOB_NAME": name})
    assert job
    assert job.isprintable()
    assert len(job) <= 300
    assert len(ci_job({"CIRCLECI": "true", "CIRCLE_JOB": "x" * 121})) == 120
