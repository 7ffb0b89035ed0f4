"""The language's reference against the grammar and the tables in the code: each word of the language stands in it, with
an example, and it has no word that the language lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import pytest

from sievepy.rules_lang import ast, keywords
from sievepy.rules_lang import language_tables as tables
from sievepy.rules_lang.binder import AT_NAMES
from sievepy.words.expander import LANGUAGES
from tests.documents.pages import DOCS, ROOT, Page, code_spans

GRAMMAR = (ROOT / "grammar/rules.lark").read_text(encoding="utf-8")
_NO_WORDS = re.compile(r'"(?:[^"\\\n]|\\.)*"|«[^»\n]*»|/(?:[^/\\\n]|\\.)+/i?|#[^\n]*')
_WORD = re.compile(r"(?<![\w@.-])[a-z]+(?:-[a-z]+)*(?![\w.@-])")


def terminals() -> frozenset[str]:
    """The keywords of the grammar, each as it is spelt."""
    return frozenset(re.findall(r"^[A-Z_]+\.1: +/([a-z-]+)\(\?!\[\\w-\]\)/$", GRAMMAR, re.MULTILINE))


def words_of(rule: str) -> frozenset[str]:
    """The keywords that a rule of the grammar names."""
    (body,) = re.findall(rf"^{rule}: (.*?)(?=^\S)", GRAMMAR, re.MULTILINE | re.DOTALL)
    return frozenset(word.lower().replace("_", "-") for word in re.findall(r"\b[A-Z_]{2,}\b", body)) & terminals()


# ---------------------------------------------------------------- what the page says, and what there is


def told(page: Page) -> frozenset[str]:
    """Every word in a code span of the page."""
    return frozenset(word for span in code_spans(page.prose) for word in re.findall(r"[a-z]+(?:-[a-z]+)*", span))


def shown(page: Page) -> frozenset[str]:
    """Every bare word in the page's programs."""
    return frozenset(
        word for b in page.blocks if b.kind == "rules" for word in _WORD.findall(_NO_WORDS.sub("", b.text))
    )


def column(page: Page, head: str) -> frozenset[str]:
    """The words that a table of the page lists in its first column."""
    return frozenset(word for row in page.rows(head) for word in code_spans(row[0]))


LISTED: dict[str, Callable[[], Iterable[str]]] = {
    "declaration": lambda: keywords.HEADERS,
    "language": lambda: LANGUAGES,
    "line": lambda: (
        words_of("_department_line") | _DEPARTMENT_LINES | words_of("letter") - {"type", "text", "untrusted"}
    ),
    "modifier": lambda: ("observe", "off", "priority"),
    "word": lambda: (*keywords.BLOCKS, "not", "every", "condition", "attachment"),
    "field": lambda: tables.FIELDS,
    "kind": lambda: tables.KINDS,
    "source": lambda: tables.SOURCES,
    "fact": lambda: tables.FACTS,
    "operator": lambda: (o for spec in tables.FIELDS.values() for o in spec.operators),
    "action": lambda: tables.ACTIONS,
}
"""What a table whose first column is called so lists, and from where in the code."""
_DEPARTMENT_LINES = frozenset(
    words_of("channel") | words_of("_channel") - {"with"} | words_of("department_sla") - {"in"}
    | words_of("department_notify") | words_of("restricted") | {"bitrix"}
)  # fmt: skip


def faults(page: Page) -> list[str]:
    """What the page lacks of the language, and what it says that the language lacks."""
    found = [f"`{word}` is nowhere told of" for word in sorted(terminals() - told(page))]
    found += [f"`{word}` has no example" for word in sorted(terminals() - shown(page))]
    for head, source in LISTED.items():
        real, written = frozenset(source()), column(page, head)
        found += [f"`{word}` is missing in the table of each {head}" for word in sorted(real - written)]
        found += [f"there is no {head} `{word}`" for word in sorted(written - real)]
    return found


@cache
def reference() -> Page:
    return Page.of(DOCS / "reference.md")


def test_the_reference_has_every_word_and_no_other() -> None:
    assert faults(reference()) == []


def test_the_words_come_from_the_code() -> None:
    assert terminals() == keywords.KEYWORDS
    assert {"envelope-from", "at", "known", "verified"} <= words_of("letter")


# ---------------------------------------------------------------- planted words


def without(word: str) -> Page:
    """The page as if nobody had written of that word."""
    return Page("planted", re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", "gone", reference().text))


@pytest.mark.parametrize("word", ["mime", "untrusted", "substitute", "propose", "heic", "client-ip"])
def test_a_word_missing_in_the_reference_is_noticed(word: str) -> None:
    missing = [fault for fault in faults(without(word)) if f"`{word}`" in fault]
    assert bool(missing) == (word in terminals())


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("| action | destination | needs | does |\n|---|---|---|---|\n", "| `erase` | | | |\n"),
        ("| fact | session | holds if |\n|---|---|---|\n", "| `urgent` | | |\n"),
        ("| kind | a file whose first bytes are |\n|---|---|\n", "| `font` | |\n"),
    ],
)
def test_a_word_missing_in_the_code_is_noticed(head: str, row: str) -> None:
    assert head in reference().text
    planted = Page("planted", reference().text.replace(head, head + row))
    (word,) = code_spans(row)
    assert faults(planted) == [f"there is no {head.split()[1]} `{word}`"]


# ---------------------------------------------------------------- the columns beside the words


def operators(cell: str, groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    group = re.fullmatch(r"\*(\w+)\*", cell)
    return groups[group[1]] if group else tuple(code_spans(cell))


def test_what_stands_behind_a_field_is_what_the_tables_say() -> None:
    page = reference()
    groups = {row[0].strip("*"): tuple(code_spans(row[1])) for row in page.rows("group")}
    rows = {code_spans(row[0])[0]: row for row in page.rows("field")}
    for name, spec in tables.FIELDS.items():
        _, behind, every, session, _ = rows[name]
        assert sorted(operators(behind, groups)) == sorted(spec.operators), name
        assert (every, session) == ("yes" * spec.several, "yes" * spec.session), name


def test_which_facts_a_session_rule_knows() -> None:
    said = {code_spans(row[0])[0]: row[1] == "yes" for row in reference().rows("fact")}
    assert said == {fact: fact in tables.SESSION_FACTS for fact in tables.FACTS}


def test_what_is_a_destination_and_what_an_action_needs() -> None:
    for row in reference().rows("action"):
        spec = tables.ACTIONS[code_spans(row[0])[0]]
        assert (row[1] == "yes", row[2].strip("`") or None) == (spec.destination, spec.place), row[0]


# ---------------------------------------------------------------- examples


def nodes(value: object) -> Iterator[object]:
    """A part of a tree and everything below it."""
    yield value
    if isinstance(value, tuple | list):
        for item in value:
            yield from nodes(item)
    elif hasattr(type(value), "__dataclass_fields__") and type(value).__module__ == ast.__name__:
        for name in type(value).__dataclass_fields__:
            yield from nodes(getattr(value, name))


@cache
def examples() -> tuple[object, ...]:
    """All nodes of the programs of the reference."""
    page = reference()
    compiled = [page.compile(block.text) for block in page.programs]
    return tuple(n for c in compiled for tree in c.trees for d in tree.declarations for n in nodes(d))


def test_every_field_operator_fact_and_action_has_an_example() -> None:
    found = examples()
    fields = {n.words for n in found if isinstance(n, ast.FieldRef)}
    inside = {f"attachment {words}" for words in fields}
    assert set(tables.FIELDS) - fields - inside == set()
    used = {n.operator for n in found if isinstance(n, ast.FieldTest)}
    assert {o for spec in tables.FIELDS.values() for o in spec.operators} - used == set()
    assert set(tables.FACTS) - {n.words for n in found if isinstance(n, ast.FactTest)} == set()
    assert set(tables.ACTIONS) - {n.word for n in found if isinstance(n, ast.ActionStatement)} == set()


def test_every_kind_of_operand_has_an_example() -> None:
    used = {
        tables.FIELDS[words].operators[test.operator]
        for test in examples()
        if isinstance(test, ast.FieldTest)
        and (words := test.field.words if test.field.words in tables.FIELDS else f"attachment {test.field.words}")
    }
    assert used == {kind for spec in tables.FIELDS.values() for kind in spec.operators.values()}


def test_every_name_that_at_can_refer_to_has_an_example() -> None:
    kinds = {type(n) for n in examples()}
    assert {ast.ListDecl, ast.NetworkDecl, ast.HoursDecl, ast.PhrasesDecl, ast.Reference} <= kinds
    assert len(AT_NAMES) == 4
