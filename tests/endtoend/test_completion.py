"""Completion in real shells: the script is loaded, a line is typed, and what the shell would offer is looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sievepy.cli.main import COMMANDS
from tests.endtoend.test_configuration import ROOT, sievepy

# An interactive shell in all but the terminal: completion as the shell itself calls it.
BASH = """
eval "$(sievepy completion bash)"
function=$(complete -p sievepy | sed -E 's/.* -F ([^ ]+) .*/\\1/')
compopt() { :; }  # it may only be called by the shell's own completion
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
autoload -Uz compinit && compinit -u -D
eval "$(sievepy completion zsh)"
print -r -- "registered ${_comps[sievepy]}"
compadd() { shift $(( $# - 1 )); print -rl -- "${(P@)1}" }
_describe() { print -rl -- "${(P@)3}" }
_path_files() { print -rl -- *(N) }
words=("$@"); CURRENT=$#
${_comps[sievepy]}
"""
FISH = """
sievepy completion fish | source
complete --do-complete "$argv"
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One in which `sievepy` is a program."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "sievepy"
    program.write_text(f"#!{sys.executable}\nfrom sievepy.cli.main import main\nmain()\n")
    program.chmod(0o755)
    home = tmp_path_factory.mktemp("home")
    return {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(home), "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def shells() -> dict[str, str]:
    """The shells of this machine, those that could be installed included."""
    missing = [name for name in ("bash", "zsh", "fish") if shutil.which(name) is None]
    if missing:
        command = ["bash", "-c", f". tools/apt.sh && apt_install {' '.join(missing)}"]
        subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    return {name: path for name in ("bash", "zsh", "fish") if (path := shutil.which(name)) is not None}


def offered(shell: str, line: str, shells: dict[str, str], environment: dict[str, str], cwd: Path) -> set[str]:
    if shell not in shells:
        pytest.skip(f"{shell} is neither here nor could it be installed")
    words = line.split(" ")
    call = {
        "bash": ["--norc", "-c", BASH, "bash", *words],
        "zsh": ["-f", "-c", ZSH, "zsh", *words],
        "fish": ["--no-config", "-c", FISH, line],
    }[shell]
    done = subprocess.run(
        [shells[shell], *call], cwd=cwd, env=environment, check=False, capture_output=True, encoding="utf-8"
    )
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    if shell == "zsh":
        assert lines.pop(0) == "registered _sievepy_completion"
    return {line.partition("\t")[0] if shell == "fish" else line.partition(":")[0] for line in lines if line}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sievepy ", set(COMMANDS)),
        ("sievepy ro", {"routes"}),
        ("sievepy check --output-format s", {"sarif"}),
        ("sievepy completion ", {"bash", "zsh", "fish"}),
        ("sievepy queue re", {"redirect", "release", "retry"}),
        ("sievepy routes --m", {"--mermaid"}),
        ("sievepy zzz", set()),
    ],
)
def test_a_shell_offers_what_fits(
    shell: str,
    line: str,
    expected: set[str],
    shells: dict[str, str],
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    assert offered(shell, line, shells, environment, tmp_path) == expected


def test_a_press_of_a_key_imports_no_command(environment: dict[str, str]) -> None:
    code = (
        "import sys\nfrom sievepy.cli.main import main\n"
        "try: main(prog_name='sievepy')\nexcept SystemExit: pass\n"
        "print(sorted(name for name in sys.modules if name.startswith('sievepy.')))"
    )
    variables = {"_SIEVEPY_COMPLETE": "bash_complete", "COMP_WORDS": "sievepy ", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | variables, check=True, capture_output=True, text=True
    )
    *lines, modules = done.stdout.splitlines()
    assert set(lines) == {f"plain,{name}" for name in COMMANDS}
    assert modules == "['sievepy.cli', 'sievepy.cli.main']"


def test_another_shell_is_refused(tmp_path: Path) -> None:
    done = sievepy("completion", "tcsh", cwd=tmp_path)
    assert done.returncode == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in done.stderr
