"""The hooks of `.pre-commit-hooks.yaml`: of the form that pre-commit takes, on the files that matter, and with the
verdict that a commit needs. pre-commit calls a hook failed where its status is not 0 or where it changed a file.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from sievepy.cli.main import COMMANDS
from tests.documents.projects import ROOT, Project, make_project

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

# The keys of a manifest that we use; https://pre-commit.com/#new-hooks
FORM = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "name", "entry", "language"],
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z-]+$"},
            "name": {"type": "string"},
            "description": {"type": "string"},
            "entry": {"type": "string"},
            "language": {"const": "python"},
            "files": {"type": "string", "format": "regex"},
            "pass_filenames": {"type": "boolean"},
        },
        "additionalProperties": False,
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


def run_hook(project: Project, name: str, changed: list[str]) -> tuple[bool, str]:
    """Whether the hook lets a commit of the changed files pass, and what it says."""
    (hook,) = (h for h in HOOKS if h["id"] == name)
    files = [file for file in changed if re.search(hook["files"], file)]
    if not files:
        return True, "(no files to check)"
    before = contents(project.folder)
    done = project.shell(*hook["entry"].split(), *(files if hook.get("pass_filenames", True) else []))
    return done.returncode == 0 and contents(project.folder) == before, done.stdout + done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_manifest_has_the_form_of_one() -> None:
    jsonschema.validate(HOOKS, FORM, format_checker=jsonschema.FormatChecker())


def test_the_hooks_are_the_three() -> None:
    assert [hook["id"] for hook in HOOKS] == ["sievepy-check", "sievepy-fmt", "sievepy-test"]


def test_their_programs_are_installed_with_the_project() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    for hook in HOOKS:
        program, command, *options = hook["entry"].split()
        assert program in scripts and command in COMMANDS and not options


@pytest.mark.parametrize("hook", ["sievepy-check", "sievepy-fmt", "sievepy-test"])
def test_a_good_commit_passes(project: Project, hook: str) -> None:
    passed, output = run_hook(project, hook, ["rules/main.rules", "rules/departments.rules", "sievepy.toml"])
    assert passed, output


@pytest.mark.parametrize("file", ["rules/a.rules", "sievepy.toml", "rules/staff.txt", "rules/letters/one.eml"])
@pytest.mark.parametrize("hook", ["sievepy-check", "sievepy-test"])
def test_every_file_that_rules_are_made_of_wakes_the_hook(project: Project, hook: str, file: str) -> None:
    assert run_hook(project, hook, [file])[1] != "(no files to check)"


@pytest.mark.parametrize("hook", ["sievepy-check", "sievepy-fmt", "sievepy-test"])
def test_other_files_do_not(project: Project, hook: str) -> None:
    assert run_hook(project, hook, ["README.md", "src/rules.py", "pyproject.toml"])[1] == "(no files to check)"


def test_a_mistake_is_found_though_only_an_included_file_changed(project: Project) -> None:
    project.write("rules/departments.rules", 'department abon "Абоненты" { email abon@x-com.kz }\n')
    passed, output = run_hook(project, "sievepy-check", ["rules/departments.rules"])
    assert not passed
    assert "rules/main.rules:6:12" in output


def test_a_failing_test_stops_a_commit(project: Project) -> None:
    main = (project.folder / "rules/main.rules").read_text(encoding="utf-8")
    project.write("rules/main.rules", main.replace("Акт сверки", "Погода"))
    assert run_hook(project, "sievepy-check", ["rules/main.rules"])[0]
    passed, output = run_hook(project, "sievepy-test", ["rules/main.rules"])
    assert not passed and "want  assign buh" in output


def test_a_crooked_file_is_laid_out_and_stops_the_commit_once(project: Project) -> None:
    project.write("rules/departments.rules", "department   buh   { email buh@x-com.kz }\n")
    assert not run_hook(project, "sievepy-fmt", ["rules/departments.rules"])[0]
    assert run_hook(project, "sievepy-fmt", ["rules/departments.rules"])[0]
    assert "department buh {" in (project.folder / "rules/departments.rules").read_text(encoding="utf-8")
