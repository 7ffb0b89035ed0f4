"""`sievepy init` as a new user meets it: the project it writes passes everything that it brings along."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from sievepy import __version__
from tests.endtoend.test_configuration import ROOT, sievepy

FILES = {
    ".github/workflows/rules.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    "rules/letters/invoice.eml",
    "rules/main.rules",
    "rules/tests.rules",
    "sievepy.toml",
}


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new")
    done = sievepy("init", "mail-rules", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert {line.split("/", 1)[1] for line in done.stdout.splitlines() if line.startswith("wrote ")} == FILES
    assert done.stdout.endswith("next: cd mail-rules; sievepy check --tests\n")
    return folder / "mail-rules"


@pytest.mark.parametrize(
    "command",
    ["check --strict --tests", "check --tests", "test", "fmt --check", "routes", "config", "process rules/letters"],
)
def test_the_project_passes_its_own_checks(project: Path, command: str) -> None:
    before = files(project)
    done = sievepy(*command.split(), cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert files(project) == before
    assert set(before) == FILES


def test_every_department_has_a_test_and_a_rule(project: Path) -> None:
    told = sievepy("test", "-v", cwd=project).stdout
    rules = (project / "rules/main.rules").read_text(encoding="utf-8")
    tests = (project / "rules/tests.rules").read_text(encoding="utf-8")
    for department in re.findall(r"^department (\w+)", rules, re.MULTILINE):
        assert re.search(rf"expect assign .*\b{department}\b", tests)
    assert len(re.findall(r"^test ", tests, re.MULTILINE)) == len(re.findall(r"^ok ", told, re.MULTILINE)) > 4
    assert "nobody leads to" not in sievepy("routes", cwd=project).stdout


def test_the_workflow_is_the_documented_one_and_its_commands_pass(project: Path) -> None:
    text = (project / ".github/workflows/rules.yml").read_text(encoding="utf-8")
    assert text == (ROOT / "examples/ci/github.yml").read_text(encoding="utf-8")
    steps: list[dict[str, Any]] = yaml.safe_load(text)["jobs"]["rules"]["steps"]
    commands = [shlex.split(step["run"]) for step in steps if step.get("run", "").startswith("sievepy ")]
    assert len(commands) >= 2
    for words in commands:
        done = sievepy(*words[1:], cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_are_the_published_ones_and_pass(project: Path) -> None:
    """With the files that pre-commit would hand over."""
    published = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    (repo,) = yaml.safe_load((project / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert {hook["id"] for hook in repo["hooks"]} == set(published) == {"sievepy-check", "sievepy-fmt", "sievepy-test"}
    before = files(project)
    for hook in repo["hooks"]:
        assert hook.pop("additional_dependencies") == [f"sievepy-mail=={__version__}"]
        expected = {key: value for key, value in published[hook["id"]].items() if key != "description"}
        assert hook == expected
        names = [name for name in before if re.search(hook["files"], name)] if hook.get("pass_filenames", True) else []
        done = sievepy(*hook["entry"].split()[1:], *names, cwd=project)
        assert done.returncode == 0, done.stdout + done.stderr
    assert files(project) == before


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: []\n")
    done = sievepy("init", cwd=tmp_path)
    assert done.returncode == 0
    assert "kept  .gitignore\n" in done.stdout and "kept  .pre-commit-config.yaml\n" in done.stdout
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert (tmp_path / ".pre-commit-config.yaml").read_text() == "repos: []\n"
    assert set(files(tmp_path)) == FILES


@pytest.mark.parametrize("name", ["sievepy.toml", "rules/main.rules", "rules/tests.rules", "rules/letters/invoice.eml"])
def test_where_a_project_is_nothing_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine\n")
    done = sievepy("init", cwd=tmp_path)
    assert done.returncode == 2
    assert f"there is a project already: {name}" in done.stderr
    assert files(tmp_path) == {name: b"mine\n"}


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "sievepy.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert sievepy("init", cwd=tmp_path).returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["sievepy.toml"]


@pytest.mark.parametrize(("folder", "told"), [("file/below", "file/below"), (".", ".github/workflows")])
def test_where_a_folder_cannot_be_made_nothing_is_written(tmp_path: Path, folder: str, told: str) -> None:
    """Or what is there would pass for a project, and keep the second try from working."""
    (tmp_path / "file").write_text("x")
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "workflows").write_text("x")
    done = sievepy("init", folder, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("", 2)
    assert f"cannot make the folder {told}: " in done.stderr
    assert set(files(tmp_path)) == {"file", ".github/workflows"}


def test_the_next_step_can_be_pasted(tmp_path: Path) -> None:
    done = sievepy("init", "mail rules", cwd=tmp_path)
    assert done.stdout.endswith("next: cd 'mail rules'; sievepy check --tests\n")
