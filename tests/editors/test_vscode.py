"""The VS Code extension names what there is, and its idea of a word is the language's."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from sievepy.cli.main import COMMANDS
from sievepy.rules_lang.strings import CLOSERS
from tests.editors.rules_texts import ROOT, documented, parses, stored

FOLDER = ROOT / "editors" / "vscode"
PACKAGE: dict[str, Any] = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
LANGUAGE: dict[str, Any] = json.loads((FOLDER / "language-configuration.json").read_text(encoding="utf-8"))
GRAMMAR: dict[str, Any] = json.loads((FOLDER.parent / "textmate" / "rules.tmLanguage.json").read_text(encoding="utf-8"))
VALID = {name: text for name, text in {**documented(), **stored()}.items() if parses(text)}


def test_every_file_that_it_names_is_there_once_it_is_packed() -> None:
    (copied,) = re.findall(r"^cp (\S+) \.$", PACKAGE["scripts"]["vscode:prepublish"])
    assert (FOLDER / copied).is_file()
    (language,), (grammar,) = PACKAGE["contributes"]["languages"], PACKAGE["contributes"]["grammars"]
    assert (FOLDER / PACKAGE["main"]).is_file() and (FOLDER / language["configuration"]).is_file()
    assert grammar["path"].removeprefix("./") == copied.rpartition("/")[2]


def test_it_speaks_of_one_language() -> None:
    (language,), (grammar,) = PACKAGE["contributes"]["languages"], PACKAGE["contributes"]["grammars"]
    assert grammar["language"] == language["id"] and grammar["scopeName"] == GRAMMAR["scopeName"]
    assert language["extensions"] == [f".{kind}" for kind in GRAMMAR["fileTypes"]]
    assert f'language: "{language["id"]}"' in (FOLDER / PACKAGE["main"]).read_text(encoding="utf-8")


def test_it_starts_a_command_that_there_is() -> None:
    program, command = PACKAGE["contributes"]["configuration"]["properties"]["sievepy.command"]["default"]
    assert program == "sievepy" and command in COMMANDS


def test_its_quotes_are_the_language_s() -> None:
    pairs = {pair["open"]: pair["close"] for pair in LANGUAGE["autoClosingPairs"]}
    assert pairs == {"{": "}", **CLOSERS}
    assert dict(LANGUAGE["surroundingPairs"]) == pairs


@pytest.mark.parametrize("word", ["reply-to", "x-com.kz", "91.235.177.0/24", "@act", "список", "25MB", "auto-reply"])
def test_a_word_is_one_word(word: str) -> None:
    assert re.findall(LANGUAGE["wordPattern"], f"is {word}; ") == ["is", word]


@pytest.mark.parametrize("name", [name for name in VALID if name.startswith("rules/")])
def test_lines_are_indented_as_the_canonical_layout_has_them(name: str) -> None:
    """Line for line, where nothing goes on from the line before: one level deeper behind a line that opens a brace."""
    more, less = (LANGUAGE["indentationRules"][f"{way}IndentPattern"] for way in ("increase", "decrease"))
    lines = [line for line in VALID[name].splitlines() if line.strip()]
    for before, line in pairwise(lines):
        if not before.rstrip().endswith("{") or "#" in before:
            continue
        step = 0 if re.search(less, line) else 4
        assert re.search(more, before)
        assert _indent(line) == _indent(before) + step, (before, line)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
