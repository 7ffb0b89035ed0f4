"""The generated letters match what they are said to match, and nothing else."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes, policy
from itertools import chain
from typing import get_args

import pytest

from bench import corpus
from bench.rule_sets import Kind, Rule, as_rules, as_sieve, phrase_rules, rule_set
from sievepy.compiler import build_program, compile_file
from sievepy.engine import EvalContext, Program
from sievepy.mail.message import Message

NOW = EvalContext(now=dt.datetime(2026, 1, 15, tzinfo=dt.UTC), zone=dt.UTC)


def program(text: str) -> Program:
    return build_program(compile_file("main.rules", {"main.rules": text.encode()}.__getitem__))


def naively(rule: Rule, data: bytes) -> bool:
    """What the rule means, by the standard library."""
    letter = message_from_bytes(data, policy=policy.default)
    match rule.field:
        case "subject":
            return any(word in str(letter["subject"]) for word in rule.words)
        case "from":
            return str(letter["from"]).endswith(f"@{rule.words[0]}>")
        case "list-id":
            return f".{rule.words[0]}>" in str(letter.get("list-id", ""))
    texts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
    return any(word in text for word in rule.words for text in texts)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_truth_about_the_letters(kind: Kind) -> None:
    rules = rule_set(kind, 20)
    made = list(corpus.letters(rules, 60))
    for letter in made:
        assert [rule.title for rule in rules if naively(rule, letter.data)] == ([letter.title] if letter.title else [])
    assert {rule.title for rule in rules} > {letter.title for letter in made if letter.title}
    assert any(letter.title is None for letter in made)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_rules_find_it(kind: Kind) -> None:
    rules = rule_set(kind, 20)
    judge = program(as_rules(rules))
    for letter in corpus.letters(rules, 60):
        assert judge.evaluate(Message(letter.data), NOW).rules == (letter.title or "otherwise",)


def test_word_forms_find_the_same_as_literal_phrases() -> None:
    rules = phrase_rules(20)
    literal, forms = program(as_rules(rules)), program(as_rules(rules, "mentions"))
    for letter in corpus.letters(rules, 60):
        message = Message(letter.data)
        assert literal.evaluate(message, NOW).rules == (letter.title or "otherwise",)
        assert forms.evaluate(message, NOW).rules == (letter.title or "otherwise",)


def test_no_keyword_is_part_of_another() -> None:
    words = list(chain.from_iterable(rule.words for rule in rule_set("body", 200)))
    assert not [(one, other) for one in words for other in words if one is not other and one in other]


def test_kinds_and_sizes_of_letters_are_mixed_from_the_start() -> None:
    made = list(corpus.letters(rule_set("body", 10), 20))
    types = [message_from_bytes(letter.data).get_content_type() for letter in made]
    assert (types.count("text/plain"), types.count("multipart/alternative"), types.count("multipart/mixed")) == (
        14,
        4,
        2,
    )
    rich = sorted(len(letter.data) for letter, kind in zip(made, types, strict=True) if kind == "multipart/alternative")
    assert 9_000 < rich[0] < 20_000 and 30_000 < rich[-1] < 42_000


def test_sieve_scripts_quote_what_a_string_may_not_hold() -> None:
    """RFC 5228 2.4.2: a backslash in a quoted string is written twice."""
    [line] = [line for line in as_sieve(rule_set("header", 4)).splitlines() if "list-id" in line]
    assert r"<(news|digest)-[0-9]+\\.list3\\.example>" in line
