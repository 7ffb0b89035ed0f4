"""The pages for those who come from elsewhere: our column compiles, and Sieve's and procmail's is theirs.

Where two programs stand side by side, both judge the letters of the tests in ours, and must come to the same.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sievepy.ir.cases import Case
from sievepy.plan import Assign, Copy, FileInto, Forward, Plan
from sievepy.ruletest.compose import compose
from sievepy.text import Severity
from tests.documents.pages import DOCS, ROOT, Block, Page, code_spans, run_tests

PAGES = {name: Page.of(DOCS / f"migrate/{name}.md") for name in ("sieve", "procmail", "gmail", "bitrix24")}
NAMES = """
person dispatcher { email dispatcher@x-com.kz }
department buh { email buh@x-com.kz }
"""
TEXTS = {"away.txt": "Я в отпуске.", "accepted.txt": "Приняли."}
NONE = "—"
_WHOLE = re.DOTALL | re.MULTILINE


def rows(page: Page, column: str) -> Iterator[tuple[str, str]]:
    """Their cell and ours of each row of the tables whose second column is called so."""
    for head, body in page.tables():
        if head[1] == column and head[0] != "rule in the portal":
            yield from ((row[0], row[1]) for row in body)


def code(cell: str) -> str:
    (found,) = code_spans(cell)
    return found


OURS = [
    pytest.param(column, code(ours), id=f"{name} {ours}")
    for name, page in PAGES.items()
    for column in ("condition", "action")
    for _, ours in rows(page, column)
    if ours != NONE
]


@pytest.mark.parametrize(("column", "ours"), OURS)
def test_our_column_compiles(column: str, ours: str) -> None:
    body = f"when {ours}; tag x" if column == "condition" else f"when empty; {ours}"
    compilation = Page("row", "".join(f"```text {n}\n{t}\n```\n" for n, t in TEXTS.items())).compile(
        f'{NAMES}rule "x" {{ {body} }}'
    )
    assert [d.message for d in compilation.diagnostics if d.severity is Severity.ERROR] == []


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_what_has_no_counterpart_is_told_why(page: Page) -> None:
    found = list(rows(page, "condition")) + list(rows(page, "action"))
    assert len(found) >= 15
    for head, body in page.tables():
        if head[1] in ("condition", "action") and len(head) == 3 and head[2] == "":
            assert [row[0] for row in body if row[1] == NONE and not row[2] and "ategor" not in row[0]] == []


def pairs(page: Page, kind: str) -> list[tuple[Block, Block]]:
    """The programs that stand side by side; ours with the tests that stand below them."""
    found = []
    for part in re.findall(r'<div class="beside" markdown>\n.*?</div>\n\n```rules tests.*?^```$', page.text, _WHOLE):
        theirs, ours, tests = Page("pair", part).blocks
        assert (theirs.kind, ours.kind) == (kind, "rules")
        found.append((theirs, replace(ours, text=ours.text + tests.text)))
    assert len(found) == page.text.count('<div class="beside"')
    return found


def judged(ours: Block) -> Iterator[tuple[Case, Plan]]:
    """The tests of a program, each with what it comes to."""
    page = Page("pair", "")
    compilation = page.compile(ours.text)
    for result in run_tests(page, ours.text, compilation):
        assert result.passed and result.plan is not None
        yield result.case, result.plan


def places(plan: Plan, inbox: str) -> set[str]:
    """Where the letter lies afterwards, in their words: a department's folder, a folder, an address."""
    found = set()
    for planned in plan.actions:
        match planned.action:
            case Assign(department=name) | FileInto(folder=name):
                found.add(name)
            case Forward(address=address) | Copy(address=address):
                found.add(f"to {address}")
    return found if any(not place.startswith("to ") for place in found) else found | {inbox}


def letter(case: Case, path: Path) -> None:
    """Write the letter of a test, as a mail server stores it."""
    made = compose(case.letter, zone=dt.UTC, hops=1, to="info@test.example", read=lambda _: b"")
    envelope = f"Return-Path: <{made.envelope.sender}>\n".encode()
    path.write_bytes(envelope + made.data.replace(b"\r\n", b"\n"))


def program(name: str, package: str) -> str:
    """Installed where it is missing."""
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        command = ["bash", "-c", '. tools/apt.sh && apt_install "$1"', "bash", package]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert found is not None
    return found


# ---------------------------------------------------------------- Sieve

_EXTENSIONS = (
    "fileinto", "envelope", "body", "regex", "relational", "comparator-i;ascii-numeric", "date", "imap4flags",
    "mailbox", "copy", "reject", "vacation", "enotify",
)  # fmt: skip


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Path]:
    """A configuration of our own, so that none of this machine's is read, in a folder that an ordinary user reads."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield _configured(Path(name))


def _configured(folder: Path) -> Path:
    (folder / "dovecot.conf").write_text(
        f"mail_location = maildir:{folder}/mail\npostmaster_address = postmaster@test.example\nssl = no\n"
        "mail_uid = nobody\nmail_gid = nogroup\n"
        f"log_path = /dev/stderr\nbase_dir = {folder}/run\n",
        encoding="utf-8",
    )
    return folder / "dovecot.conf"


def sieve(name: str, configuration: Path, *arguments: str | Path) -> str:
    done = subprocess.run(
        [program(name, "dovecot-sieve"), "-c", configuration, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_their_column_is_sieve(dovecot: Path, tmp_path: Path) -> None:
    """All rows in one script: each is a line, so that an error names it."""
    page = PAGES["sieve"]
    wanted = ", ".join(f'"{name}"' for name in _EXTENSIONS)
    script = [f"require [{wanted}];"]
    script += [f"if {code(theirs)} {{ keep; }}" for theirs, _ in rows(page, "condition")]
    script += [f"if false {{ {code(theirs)}; }}" for theirs, _ in rows(page, "action")]
    (tmp_path / "rows.sieve").write_text("\n".join(script), encoding="utf-8")
    sieve("sievec", dovecot, tmp_path / "rows.sieve", tmp_path / "rows.svbin")
    assert len(script) > 30


def test_a_row_that_is_no_sieve_is_noticed(dovecot: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.sieve").write_text('if header :contians "subject" "x" { keep; }', encoding="utf-8")
    with pytest.raises(AssertionError, match="contians"):
        sieve("sievec", dovecot, tmp_path / "bad.sieve", tmp_path / "bad.svbin")


def sieve_places(output: str) -> set[str]:
    """What `sieve-test` says it would do."""
    found = set(re.findall(r"store message in folder: (.*)", output))
    return found | {f"to {address}" for address in re.findall(r"redirect message to: <?([^>\s]+)>?", output)}


@pytest.mark.parametrize(("theirs", "ours"), [pytest.param(*p, id=p[0].id) for p in pairs(PAGES["sieve"], "sieve")])
def test_both_scripts_come_to_the_same(theirs: Block, ours: Block, dovecot: Path) -> None:
    script, path = dovecot.parent / "script.sieve", dovecot.parent / "letter.eml"
    script.write_text(theirs.text, encoding="utf-8")
    for case, plan in judged(ours):
        letter(case, path)
        output = sieve("sieve-test", dovecot, script, path)
        assert sieve_places(output) == places(plan, "INBOX"), case.title


# ---------------------------------------------------------------- procmail


def procmail(recipes: str, path: Path, folder: Path, *options: str) -> tuple[set[str], str]:
    """The folders that a letter goes to, and what is said about the recipes."""
    folder.mkdir()
    head = f"MAILDIR={folder}\nDEFAULT={folder}/INBOX\nORGMAIL={folder}/INBOX\nLOGFILE=\nSHELL=/bin/sh\nVERBOSE=no\n"
    (folder / "rc").write_text(head + recipes, encoding="utf-8")
    (folder / "rc").chmod(0o600)
    with path.open("rb") as letter:
        done = subprocess.run(
            [program("procmail", "procmail"), *options, folder / "rc"], stdin=letter, capture_output=True, check=False
        )
    assert done.returncode == 0, done.stderr
    return {p.name for p in folder.iterdir()} - {"rc"}, done.stderr.decode()


@pytest.mark.parametrize(
    ("theirs", "ours"), [pytest.param(*p, id=p[0].id) for p in pairs(PAGES["procmail"], "procmail")]
)
def test_both_files_come_to_the_same(theirs: Block, ours: Block, tmp_path: Path) -> None:
    for number, (case, plan) in enumerate(judged(ours)):
        letter(case, tmp_path / "letter.eml")
        found, _ = procmail(theirs.text, tmp_path / "letter.eml", tmp_path / str(number))
        assert found == places(plan, "INBOX"), case.title
