"""The parser's tables: the same parser comes back, and what is broken or foreign is not used."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from sievepy.rules_lang import parser, tables
from sievepy.rules_lang.grammar_file import grammar_text
from sievepy.rules_lang.tables import cache_path, dump_tables, read_tables, tables_key, write_tables

ROOT = Path(__file__).parents[3]
LANGUAGE = (ROOT / "tests" / "corpus" / "language.rules").read_text(encoding="utf-8")
GRAMMAR = grammar_text(parser.GRAMMAR)


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    return parser.build_tables(GRAMMAR)


def test_a_parser_from_tables_parses_as_the_built_one(built: dict[str, Any]) -> None:
    reread = json.loads(dump_tables(built))
    assert parser.from_tables(reread).parse(LANGUAGE) == parser.build_parser(GRAMMAR).parse(LANGUAGE)


def test_tables_are_known_by_grammar_and_generator(built: dict[str, Any]) -> None:
    assert built["key"] == tables_key(GRAMMAR, version("lark"))
    assert len({tables_key(GRAMMAR, "1"), tables_key(GRAMMAR, "2"), tables_key(GRAMMAR + "\n", "2")}) == 3


def test_written_tables_are_read_back(built: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "deep" / "tables.json"
    write_tables(path, built)
    assert read_tables(path, built["key"]) == json.loads(dump_tables(built))
    assert [p.name for p in path.parent.iterdir()] == ["tables.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"key": "k"}', "\x00", '{"key": ["k"]}'], ids=repr)
def test_broken_tables_are_not_used(content: str, tmp_path: Path) -> None:
    path = tmp_path / "tables.json"
    path.write_text(content, encoding="utf-8")
    assert read_tables(path, "k") is None


def test_tables_of_another_grammar_are_not_used(built: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "tables.json"
    write_tables(path, built)
    assert read_tables(path, "another") is None
    assert read_tables(tmp_path / "missing.json", built["key"]) is None
    assert read_tables(None, built["key"]) is None


def test_a_cache_that_cannot_be_written_is_no_error(built: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    write_tables(tmp_path / "file" / "tables.json", built)
    write_tables(None, built)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_path("k") == tmp_path / "sievepy" / "rules-k.json"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_path("k") is None


def test_the_first_start_builds_and_later_ones_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    builds: list[str] = []
    build = parser.build_tables

    def counted(grammar: str) -> dict[str, Any]:
        builds.append(grammar)
        return build(grammar)

    monkeypatch.setattr(parser, "build_tables", counted)
    for _ in range(2):
        parser.load_parser.cache_clear()
        assert parser.load_parser().parse(LANGUAGE)
    parser.load_parser.cache_clear()
    assert len(builds) == 1


def test_tables_know_nothing_of_lark() -> None:
    assert "import lark" not in Path(tables.__file__).read_text(encoding="utf-8")


def test_lark_has_one_door() -> None:
    sources = (ROOT / "sievepy").rglob("*.py")
    doors = [p.name for p in sources if "lark" in [w.split(".")[0] for w in _imports(p.read_text(encoding="utf-8"))]]
    assert doors == ["parser.py"]


def _imports(text: str) -> list[str]:
    lines = (line.split() for line in text.splitlines())
    return [words[1] for words in lines if len(words) > 1 and words[0] in ("import", "from")]
