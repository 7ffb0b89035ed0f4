"""The CI examples are of the form their services take, and their steps do what they say: run line by line, by the shell
that the service runs, in a project without a mistake and in projects with one each.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from tests.documents.projects import ROOT, Project, make_project

GITHUB = ROOT / "examples" / "ci" / "github.yml"
GITLAB = ROOT / "examples" / "ci" / "gitlab-ci.yml"
DISTRIBUTION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1}

GITHUB_FORM = {
    "type": "object",
    "required": ["name", "on", "permissions", "jobs"],
    "properties": {
        "name": _TEXT,
        "on": {
            "type": "object",
            "properties": {"push": {"properties": {"branches": _TEXTS}}, "pull_request": {"type": "null"}},
            "additionalProperties": False,
        },
        "permissions": {"additionalProperties": {"enum": ["read", "write", "none"]}},
        "concurrency": {
            "properties": {"group": _TEXT, "cancel-in-progress": {"type": "boolean"}},
            "additionalProperties": False,
        },
        "jobs": {
            "minProperties": 1,
            "additionalProperties": {
                "required": ["runs-on", "steps"],
                "properties": {
                    "runs-on": _TEXT,
                    "timeout-minutes": {"type": "integer", "minimum": 1},
                    "steps": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "oneOf": [{"required": ["uses"]}, {"required": ["run"]}],
                            "properties": {
                                "name": _TEXT,
                                "if": _TEXT,
                                "run": _TEXT,
                                "uses": {"type": "string", "pattern": r"^[\w.-]+/[\w.-]+@v\d+$"},
                                "with": {"type": "object", "additionalProperties": _TEXT},
                            },
                            "additionalProperties": False,
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
GITLAB_FORM = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "required": ["script"],
        "properties": {
            "stage": {"enum": ["build", "test", "deploy"]},
            "image": _TEXT,
            "rules": {
                "type": "array",
                "items": {"required": ["if"], "properties": {"if": _TEXT}, "additionalProperties": False},
            },
            "before_script": _TEXTS,
            "script": _TEXTS,
            "artifacts": {
                "properties": {
                    "when": {"enum": ["always", "on_success", "on_failure"]},
                    "reports": {"additionalProperties": _TEXT},
                },
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("example", [GITHUB, GITLAB])
def test_the_document_shows_the_example_as_it_is(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    assert f"```yaml\n{text}```\n" in (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


MISTAKE = 'rule "Два" { when subjekt contains "x"; assign buh }\n'
FAILING_TEST = 'test "Не то" { subject "Погода"; expect assign buh }\n'
CROOKED = 'list   staff { x-com.kz }\nrule "Свои" { when from is @staff; assign buh }\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


def spoil(project: Project, addition: str) -> None:
    main = project.folder / "rules" / "main.rules"
    project.write("rules/main.rules", main.read_text(encoding="utf-8") + addition)


def read_yaml(path: Path) -> Any:
    """A document; YAML 1.1 reads the key `on` as true, which GitHub's reader does not."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in document.items()}


# ---------------------------------------------------------------- GitHub Actions


def github_run(project: Project) -> list[tuple[str, int, str]]:
    """Each step that runs something, with its status and output. A failed step ends the job but for the steps that say
    they want to run all the same."""
    (job,) = read_yaml(GITHUB)["jobs"].values()
    done: list[tuple[str, int, str]] = []
    for step in job["steps"]:
        failed = any(status for _, status, _ in done)
        if "run" in step and (not failed or "failure()" in step.get("if", "")):
            # `bash -e {0}` is what a step without `shell:` is run by.
            result = project.shell("bash", "-e", "-c", step["run"])
            done.append((step["name"], result.returncode, result.stdout + result.stderr))
    return done


def test_the_workflow_has_the_form_of_one() -> None:
    jsonschema.validate(read_yaml(GITHUB), GITHUB_FORM)


def test_a_workflow_passes_where_nothing_is_wrong(project: Project) -> None:
    steps = github_run(project)
    assert [status for _, status, _ in steps] == [0, 0, 0], steps
    assert steps[0][2] == f"pip install {DISTRIBUTION}\n"


def test_a_mistake_is_annotated(project: Project) -> None:
    spoil(project, MISTAKE)
    *_, (_, status, output) = github_run(project)
    assert status == 1
    assert "::error file=rules/main.rules,line=10," in output


def test_a_failing_test_is_annotated(project: Project) -> None:
    spoil(project, FAILING_TEST)
    *_, (_, status, output) = github_run(project)
    assert status == 1
    assert "::error file=rules/main.rules,line=10," in output and "E161" in output


def test_a_crooked_line_fails_and_hides_no_mistake(project: Project) -> None:
    spoil(project, CROOKED + FAILING_TEST)
    _, (_, layout, shown), (_, status, output) = github_run(project)
    assert layout == 1 and "-list   staff" in shown
    assert status == 1 and "E161" in output


# ---------------------------------------------------------------- GitLab CI


def gitlab_run(project: Project) -> tuple[int, str]:
    """The job's status and output: the runner makes one script of the lines, which ends at the first that fails."""
    (job,) = read_yaml(GITLAB).values()
    lines = [*job["before_script"], *job["script"]]
    result = project.shell("sh", "-c", "\n".join(["set -e", *lines]))
    return result.returncode, result.stdout + result.stderr


def reports(project: Project) -> dict[str, str]:
    (job,) = read_yaml(GITLAB).values()
    named = job["artifacts"]["reports"]
    return {kind: (project.folder / name).read_text(encoding="utf-8") for kind, name in named.items()}


def test_the_pipeline_has_the_form_of_one() -> None:
    jsonschema.validate(read_yaml(GITLAB), GITLAB_FORM)


def test_a_pipeline_passes_where_nothing_is_wrong(project: Project) -> None:
    status, output = gitlab_run(project)
    assert status == 0, output
    assert f"pip install {DISTRIBUTION}" in output
    assert json.loads(reports(project)["codequality"]) == []
    assert ElementTree.fromstring(reports(project)["junit"]).find(".//failure") is None


@pytest.mark.parametrize("addition", [MISTAKE, FAILING_TEST])
def test_a_pipeline_fails_and_its_reports_say_why(project: Project, addition: str) -> None:
    spoil(project, addition)
    status, output = gitlab_run(project)
    assert status == 1
    assert "rules/main.rules:10:" in output
    (finding,) = (f for f in json.loads(reports(project)["codequality"]) if f["severity"] in ("major", "critical"))
    assert finding["location"]["path"] == "rules/main.rules"
    assert ElementTree.fromstring(reports(project)["junit"]).find(".//failure") is not None


def test_a_pipeline_fails_for_a_crooked_line(project: Project) -> None:
    spoil(project, CROOKED)
    status, output = gitlab_run(project)
    assert status == 1 and "-list   staff" in output
