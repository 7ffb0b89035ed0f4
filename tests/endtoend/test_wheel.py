"""The wheel carries all it needs: outside the checkout it checks rules and routes a letter by the shipped ones."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str | Path, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["XDG_CACHE_HOME"] = str(cwd / "cache")
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel, built from this checkout, was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = ("-m", "pip", "--disable-pip-version-check", "--no-input")
    built = run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", folder / "dist", ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").glob("sievepy_mail-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "sievepy/py.typed" in names
    assert {"sievepy.1", "sievepy-check.1"} <= {n.rpartition("/")[2] for n in names if "/share/man/man1/" in n}
    done = run(*pip, "install", "--no-deps", "-q", "--target", folder / "site", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_it_checks_rules(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text('rule "x" { when subject contains "y"; quarantine }\notherwise { triage }\n')
    done = run("-m", "sievepy", "check", "a.rules", cwd=tmp_path, path=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "a.rules").write_text('rule "x" { when subjekt contains "y"; quarantine }\notherwise { triage }\n')
    done = run("-m", "sievepy", "check", "a.rules", cwd=tmp_path, path=installed)
    assert done.returncode == 1
    assert "subjekt" in done.stdout + done.stderr


def test_it_brings_its_parse_tables(installed: Path, tmp_path: Path) -> None:
    """Nothing is built at the first start, so nothing is left in the cache."""
    (tmp_path / "a.rules").write_text("otherwise { triage }\n")
    done = run("-m", "sievepy", "check", "a.rules", cwd=tmp_path, path=installed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list((tmp_path / "cache").glob("**/*.json"))


def test_it_routes_a_letter_by_the_shipped_rules(installed: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.eml"
    letter.write_bytes("From: a@b.example\nSubject: x\n\nПришлите акт сверки за октябрь\n".encode())
    done = run("-m", "sievepy", "process", letter, "--json", cwd=tmp_path, path=installed)
    assert done.returncode == 0, done.stderr
    assert '"buh"' in done.stdout


def test_it_writes_a_starter_project(installed: Path, tmp_path: Path) -> None:
    done = run("-m", "sievepy", "init", "new", cwd=tmp_path, path=installed)
    assert done.returncode == 0, done.stderr
    done = run("-m", "sievepy", "check", "--strict", "--tests", cwd=tmp_path / "new", path=installed)
    assert done.returncode == 0, done.stdout + done.stderr
