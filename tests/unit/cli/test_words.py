"""`sievepy words` prints what a phrase matches."""

from __future__ import annotations

import json

from click.testing import CliRunner

from sievepy.cli.words import words


def _run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(words, args)
    return result.exit_code, result.output


def test_forms_are_grouped_by_lemma_and_gaps_shown() -> None:
    status, output = _run("акт … сверки")
    assert status == 0
    assert "акт (noun)" in output
    assert "сверка (noun)" in output
    assert "… at most 4 words" in output


def test_surprising_lemmas_are_marked() -> None:
    _, output = _run("моя")
    assert "! мыть (verb)" in output


def test_texts_are_tried_and_decide_the_status() -> None:
    status, output = _run("акт … сверки", "Акты взаимной сверки", "контактный телефон")
    assert status == 1
    assert "yes   Акты взаимной сверки   (Акты взаимной сверки)" in output
    assert "no    контактный телефон" in output
    assert _run("акт … сверки", "акту сверки")[0] == 0


def test_json_holds_every_language() -> None:
    status, output = _run("шот", "--kk", "--translit", "--ru", "--json", "шотымды")
    answer = json.loads(output)
    (word,) = answer["words"]
    assert status == 0
    assert "шотымды" in word["kazakh"]
    assert "Sotimdi" in word["latin"]
    assert answer["texts"] == [{"text": "шотымды", "match": "шотымды"}]


def test_a_phrase_that_cannot_be_read_is_shown_with_a_caret() -> None:
    status, output = _run("акт …")
    assert status == 2
    assert "    ^" in output
    assert "must stand between two words" in output
