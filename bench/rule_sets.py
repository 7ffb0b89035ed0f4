"""Equivalent rule sets for sievepy and for Sieve, and what a letter must hold to match a rule of them.

Header rules: half `Subject contains one of 3 words`, 30 % `From is of domain X`, 20 % `List-Id matches a regex`. Body
rules: the decoded text contains one of 3 words. Every fourth rule is of English words. No rule ends the run: each is
judged for each letter, by both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.vocabulary import Language, common, keywords, unrelated

Kind = Literal["header", "body"]
WORDS = 3
_SHAPES = ("subject", "from", "subject", "list-id", "subject", "from", "subject", "list-id", "subject", "from")
_DEPARTMENTS = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """`words`: any of them makes it match; for `from` a domain, for `list-id` the number in the list's name."""

    title: str
    field: Literal["subject", "from", "list-id", "body"]
    words: tuple[str, ...]
    language: Language


def rule_set(kind: Kind, count: int) -> list[Rule]:
    """The rules in their order. The same rules for the same count."""
    russian = iter(keywords("ru", count * WORDS))
    english = iter(keywords("en", count * WORDS // 4 + WORDS))
    rules = []
    for number in range(count):
        field = "body" if kind == "body" else _SHAPES[number % len(_SHAPES)]
        language: Language = "en" if number % 4 == 3 else "ru"
        if field == "from":
            words: tuple[str, ...] = (f"client{number}.example",)
        elif field == "list-id":
            words = (f"list{number}.example",)
        else:
            words = tuple(next(english if language == "en" else russian) for _ in range(WORDS))
        rules.append(Rule(f"R{number}", field, words, language))  # type: ignore[arg-type]
    return rules


def phrase_rules(count: int) -> list[Rule]:
    """Rules of three phrases of two Russian words each: one that letters hold in no form, one that they are full
    of."""
    rare = unrelated(keywords("ru", count * WORDS * 4))  # more than are unrelated
    frequent = common("ru")
    rules = []
    for number in range(count):
        seconds = (frequent[(number * WORDS + place) % len(frequent)] for place in range(WORDS))
        rules.append(Rule(f"R{number}", "body", tuple(f"{next(rare)} {second}" for second in seconds), "ru"))
    return rules


# ---------------------------------------------------------------- sievepy


def as_rules(rules: Sequence[Rule], operator: Literal["contains", "mentions"] = "contains") -> str:
    """A rules file. Titles are those of the rules; each assigns a department and lets the next ones add theirs."""
    lines = [f'department d{number} "D" {{ email d{number}@bench.example }}' for number in range(_DEPARTMENTS)]
    for number, rule in enumerate(rules):
        test = _test(rule, operator)
        lines.append(f'rule "{rule.title}" {{ when {test}; assign d{number % _DEPARTMENTS}; continue }}')
    lines.append("otherwise { triage }")
    return "\n".join(lines) + "\n"


def _test(rule: Rule, operator: str) -> str:
    match rule.field:
        case "from":
            return f"from is {rule.words[0]}"
        case "list-id":
            return f'header "List-Id" matches /<(news|digest)-[0-9]+\\.{_escaped(rule.words[0])}>/'
    return f"{rule.field} {operator} {', '.join(_quoted(rule.words))}"


# ---------------------------------------------------------------- Sieve


def as_sieve(rules: Sequence[Rule]) -> str:
    """A Sieve script (RFC 5228) that files into a mailbox of the rule's title."""
    lines = ['require ["fileinto", "regex", "body"];']
    lines += [f'if {_condition(rule)} {{ fileinto "{rule.title}"; }}' for rule in rules]
    return "\n".join(lines) + "\n"


def _condition(rule: Rule) -> str:
    match rule.field:
        case "from":
            return f'address :domain :is "from" "{rule.words[0]}"'
        case "list-id":
            pattern = f"<(news|digest)-[0-9]+\\.{_escaped(rule.words[0])}>"
            return f'header :regex "list-id" "{pattern}"'.replace("\\", "\\\\")
        case "subject":
            return f'header :contains "subject" [{", ".join(_quoted(rule.words))}]'
    return f"body :text :contains [{', '.join(_quoted(rule.words))}]"


def _escaped(domain: str) -> str:
    return domain.replace(".", "\\.")


def _quoted(words: Sequence[str]) -> Iterator[str]:
    return (f'"{word}"' for word in words)
