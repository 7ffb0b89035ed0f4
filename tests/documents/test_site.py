"""The site of the documents: it is built without a warning, has a page a code, and no link in it is broken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sievepy.cli.catalogue import ALL
from tests.documents.pages import DOCS, ROOT
from tools.site_links import broken


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_no_link_is_broken_and_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    assert list(broken(site)) == []


def test_every_document_and_every_code_has_a_page(site: Path) -> None:
    pages = {str(path.parent.relative_to(site)) for path in site.rglob("index.html")}
    documents = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md")}
    assert {re.sub(r"(^|/)README$", "", name) for name in documents} <= pages
    assert {f"codes/{code.id}" for code in ALL} | {"codes", ".", "ru", "contributing", "changelog"} <= pages


def test_the_page_of_a_code_holds_its_text_and_the_index_names_it(site: Path) -> None:
    index = text_of(site / "codes/index.html")
    for code in ALL:
        page = text_of(site / f"codes/{code.id}/index.html")
        assert f">{code.id} {code.name}<" in page.replace("&nbsp;", " ")
        assert f'href="{code.id}/"' in index
    rules = text_of(site / "codes/W510/index.html")
    assert "RFC 3834" in rules and "language-rules" in rules  # its rules are in colour


def test_every_rules_block_is_coloured(site: Path) -> None:
    for path in (DOCS / "reference.md", DOCS / "cookbook.md"):
        page = text_of(site / path.stem / "index.html")
        assert page.count('class="language-rules highlight"') == len(
            re.findall(r"^```rules", path.read_text(encoding="utf-8"), re.MULTILINE)
        )
        assert 'class="err"' not in page


@pytest.mark.parametrize(
    ("planted", "problem"),
    [
        ('<a href="nowhere.html">', "index.html: nowhere.html: no such page"),
        ('<a href="other.html#gone">', "index.html: other.html#gone: no such anchor"),
        ('<a href="#gone">', "index.html: #gone: no such anchor"),
        (
            '<img src="https://fonts.example/x.png">',
            "index.html: https://fonts.example/x.png is fetched from another host",
        ),
        ('<link rel="stylesheet" href="gone.css">', "index.html: gone.css is not there"),
    ],
)
def test_a_broken_link_is_noticed(planted: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'<a href="other.html#here"></a><a href="https://x.example/">x</a>{planted}')
    (tmp_path / "other.html").write_text('<h1 id="here">x</h1>')
    assert list(broken(tmp_path)) == [problem]
