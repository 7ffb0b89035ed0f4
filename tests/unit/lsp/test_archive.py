"""What rules match in an archive: the same as `explain` says, and no letter read or judged more often than needed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from sievepy.compiler import build_program, compile_file
from sievepy.engine.context import EvalContext
from sievepy.lsp import archive as archives
from sievepy.lsp.archive import Archive, Counts, lenses
from sievepy.mail.message import Message
from sievepy.sources.folder import FolderSource
from sievepy.sources.opening import open_source
from sievepy.sources.port import Letter, SourceError
from tests.unit.lsp.desks import CONFIG, CONFIGURED, MAIN, OTHERWISE, Desk, desk

ROOT = Path(__file__).parents[3]
NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
RULES = """\
rule "Акты" { when subject mentions "акт"; triage }
rule "Решено выше" { when subject mentions "акт"; triage }
rule "После" { when subject mentions "погода"; tag a; triage }
"""


def counting(read: Counter[str]) -> type[FolderSource]:
    """A source that counts what is read."""

    class Counting(FolderSource):
        def read(self, letter: Letter) -> bytes:
            read[letter.name] += 1
            return super().read(letter)

    return Counting


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, subject in enumerate(["Акт", "Погода", "актов", "Прочее"]):
        (tmp_path / f"{number}.eml").write_bytes(f"From: a@b.example\r\nSubject: {subject}\r\n\r\nx\r\n".encode())
    return tmp_path


def configured(folder: Path, rules: str = RULES) -> Desk:
    return desk(rules + OTHERWISE, {CONFIG: f'{CONFIGURED}[editor]\narchive = "{folder}"\n'})


def count(archive: Archive, at: Desk) -> Counts | None:
    return archive.count(at.state.analyses[0], at.snapshot)


def test_a_rule_matches_whatever_rules_above_it_decide(folder: Path) -> None:
    counts = count(Archive(lambda: NOW), configured(folder))
    assert counts == Counts({"Акты": 2, "Решено выше": 2, "После": 1}, 4)


def test_each_letter_is_read_once(folder: Path) -> None:
    read: Counter[str] = Counter()
    archive = Archive(lambda: NOW, counting(read))
    count(archive, configured(folder))
    count(archive, configured(folder, RULES.replace("акт", "счёт")))
    assert set(read.values()) == {1} and len(read) == 4


def test_rules_that_mean_the_same_ask_no_letter_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = Counter[str]()
    monkeypatch.setattr(archives, "build_program", lambda c: built.update(["program"]) or build_program(c))
    archive = Archive(lambda: NOW)
    first = count(archive, configured(folder))
    assert count(archive, configured(folder, "# a comment\n" + RULES)) == first
    assert built["program"] == 1
    count(archive, configured(folder, RULES.replace("акт", "счёт")))
    assert built["program"] == 2


def test_a_letter_that_cannot_be_read_does_not_count(folder: Path) -> None:
    class Without(FolderSource):
        def read(self, letter: Letter) -> bytes:
            if letter.name.startswith("0"):
                raise FileNotFoundError(2, "gone")
            return super().read(letter)

    counts = count(Archive(lambda: NOW, Without), configured(folder))
    assert counts is not None and (counts.total, counts.matches["Акты"]) == (3, 1)


def test_of_a_large_archive_the_last_letters_are_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_LETTERS", 2)
    counts = count(Archive(lambda: NOW), configured(folder))
    assert counts is not None and counts.total == 2


def test_without_an_archive_or_with_errors_nothing_is_counted(folder: Path) -> None:
    assert count(Archive(lambda: NOW), desk(RULES + OTHERWISE)) is None
    assert count(Archive(lambda: NOW), configured(folder, "x\n" + RULES)) is None
    with pytest.raises(SourceError):
        count(Archive(lambda: NOW), configured(folder / "none"))


def test_a_rule_that_was_not_counted_has_no_lens() -> None:
    tree = desk(RULES + OTHERWISE).state.analyses[0].compilation.trees[-1]
    texts = [lens.text for lens in lenses(tree, Counts({"Акты": 1, "После": 0}, 1))]
    assert texts == ["matches 1 of 1 letter", "matches 0 of 1 letter"]
    assert lenses(tree, None) == []


def test_what_holds_is_what_explain_says() -> None:
    compilation = compile_file(str(ROOT / "rules/x-com.rules"), lambda path: Path(path).read_bytes())
    program = build_program(compilation)
    source = open_source(ROOT / "examples/inbox")
    messages: Sequence[Message] = [Message(source.read(letter)) for letter in source.letters()[::6]]
    held = 0
    for message in messages:
        context = EvalContext(NOW, dt.UTC, source.envelope(message))
        expected = [each.rule.title for each in program.trace(message, context).rules if each.truth is True]
        assert [rule.title for rule in program.holding(message, context)] == expected
        held += len(expected)
    assert held > 10


def test_the_configured_path_begins_at_the_configuration(tmp_path: Path) -> None:
    at = desk(OTHERWISE, {CONFIG: f'{CONFIGURED}[editor]\narchive = "mail"\n'}, path=MAIN)
    assert at.state.analyses[0].config.archive == "/site/mail"
