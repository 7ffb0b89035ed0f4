"""What tests reach: each unit of coverage with a letter that covers it, and one that does not."""

from __future__ import annotations

import datetime as dt

import pytest

from sievepy.compiler import Compilation, compile_file
from sievepy.rules_lang.settings import Settings
from sievepy.ruletest.coverage import Coverage, measure
from sievepy.ruletest.run import Conditions
from sievepy.ruletest.trial import trials_of

HEAD = """\
department buh { email buh@x-com.kz }
department tech { email tech@x-com.kz }
phrases act ru kk { "акт сверки"; "счёт"; "салыстыру актісі" }
"""
FOOT = "\notherwise { triage }\n"


def compiled(rules: str, *tests: str) -> Compilation:
    cases = "\n".join(f'test "{number}" {{ {test}; expect not tag nothing }}' for number, test in enumerate(tests))
    text = HEAD + rules + FOOT + cases
    compilation = compile_file("a.rules", {"a.rules": text.encode()}.__getitem__, Settings(edge=True))
    assert compilation.ok, [d.message for d in compilation.diagnostics if d.severity == "error"]
    return compilation


def coverage(rules: str, *tests: str) -> Coverage:
    compilation = compiled(rules, *tests)
    return measure(compilation, trials_of(compilation.cases, Conditions(dt.UTC), lambda path: b""))


def uncovered(found: Coverage) -> list[str]:
    return [test.span.text for test in found.tests if not test.covered]


def test_a_rule_is_covered_by_a_letter_for_which_it_fires() -> None:
    rules = 'rule "Акты" { when subject contains "акт"; assign buh }\nrule "Сеть" { when bounce; assign tech }'
    found = coverage(rules, 'subject "акт"', 'subject "акт и ещё"')
    assert [(rule.title, rule.letters) for rule in found.rules] == [("Акты", 2), ("Сеть", 0)]
    assert uncovered(found) == ["bounce"]
    assert found.counted == (2, 4) and found.percent == 50.0 and found.letters == 2
    assert [(file.name, file.rules, file.tests) for file in found.files] == [("a.rules", (1, 2), (1, 2))]
    assert str(found.rules[1].span) == "a.rules:5:1"


@pytest.mark.parametrize(
    ("rule", "letter", "left"),
    [
        ('any { subject contains "a"; subject contains "b" }', 'subject "a"', ['subject contains "b"']),
        ('any { subject contains "a"; subject contains "b" }', 'subject "a b"', []),
        # True where the rule does not fire says nothing.
        (
            'all { subject contains "a"; subject contains "b" }',
            'subject "a"',
            ['subject contains "a"', 'subject contains "b"'],
        ),
        # An exception counts where it alone kept the rule from firing.
        ('all { subject contains "a"; not subject contains "b" }', 'subject "a"', ['subject contains "b"']),
        ('all { subject contains "a"; not subject contains "b" }', 'subject "a b"', ['subject contains "a"']),
        (
            'all { subject contains "a"; not subject contains "b" }',
            'subject "b"',
            ['subject contains "a"', 'subject contains "b"'],
        ),
        ('none { subject contains "a"; subject contains "b" }', 'subject "b"', ['subject contains "a"']),
        ('subject contains "a"\nunless subject contains "b"', 'subject "a b"', ['subject contains "a"']),
        ('subject contains "a"\nunless subject contains "b"', 'subject "a"', ['subject contains "b"']),
        # Behind two of them a test stands for its rule again.
        (
            'subject contains "a"\nunless all { subject contains "b"; not subject contains "c" }',
            'subject "a b c"',
            ['subject contains "b"'],
        ),
        ('attachment { name contains "x"; kind is pdf }', 'attachment "x.pdf"', []),
        ('attachment { name contains "x"; kind is pdf }', 'attachment "x.png"', ['name contains "x"', "kind is pdf"]),
        ('every attachment name contains "x"', 'attachment "x.pdf"', []),
        ("received time is 10:00-11:00, 11:30-13:00", 'subject "at noon"', []),
    ],
)
def test_single_tests(rule: str, letter: str, left: list[str]) -> None:
    assert uncovered(coverage(f'rule "r" {{ when {rule}\nassign buh }}', letter)) == left


def test_what_rules_above_have_done_counts_as_it_was_at_the_turn() -> None:
    rules = (
        'rule "a" { when subject contains "a"; assign buh; continue }\n'
        'rule "b" { when subject contains "b"; unless assigned; assign tech; continue }\n'
        'rule "c" { when assigned tech; tag late }'
    )
    assert uncovered(coverage(rules, 'subject "a b"')) == ['subject contains "b"', "assigned tech"]
    assert uncovered(coverage(rules, 'subject "a b"', 'subject "b"')) == []


def test_a_rule_that_has_no_turn_covers_nothing() -> None:
    rules = (
        'rule "a" { when subject contains "a"; assign buh }\n'
        'rule "b" { when subject contains "b"; assign tech }\n'
        'rule "c" { off until 2027-01-01; when subject contains "c"; tag late }\n'
        'rule "d" { observe; when subject contains "d"; tag late }'
    )
    found = coverage(rules, 'subject "a b c d"')
    assert uncovered(found) == ['subject contains "b"', 'subject contains "c"']
    assert [rule.title for rule in found.rules if rule.letters] == ["a", "d"]


def test_a_named_condition_is_one_place_whoever_uses_it() -> None:
    rules = (
        'condition both when any { subject contains "a"; subject contains "b" }\n'
        'rule "x" { when condition both; tag seen }\n'
        'rule "y" { when not condition both; tag other }'
    )
    found = coverage(rules, 'subject "a"')
    assert [(test.span.text, test.rules) for test in found.tests] == [
        ('subject contains "a"', ("x", "y")),
        ('subject contains "b"', ("x", "y")),
    ]
    assert uncovered(found) == ['subject contains "b"']


def test_session_rules_are_asked_until_one_refuses() -> None:
    rules = (
        'session rule "s" { when helo contains "bad"; reject "no" }\n'
        'session rule "t" { when helo contains "host"; unless helo contains "our"; defer "later" }\n'
    )
    found = coverage(rules, "helo bad.host")
    assert [(rule.title, rule.letters) for rule in found.rules] == [("s", 1), ("t", 0)]
    assert uncovered(coverage(rules, "helo our.host", "helo x.host", "helo bad")) == []


def test_phrases_are_counted_apart_in_every_language_of_theirs() -> None:
    rules = 'rule "a" { when text mentions @act, "прочее", "иное"; assign buh }\nrule "b" { when bounce; tag x }'
    found = coverage(rules, 'subject "О счетах"', 'subject "салыстыру актісін, иного нет"')
    (test, _) = found.tests
    assert (test.phrases, [phrase.text for phrase in test.unmet]) == (5, ["акт сверки", "прочее"])
    assert [file.phrases for file in found.files] == [(3, 5)]
    assert found.counted == (2, 4)


def test_a_phrase_of_a_list_nobody_asks_for_does_not_count() -> None:
    found = coverage('rule "a" { when text contains @act; assign buh }', 'subject "акт сверки"')
    assert [file.phrases for file in found.files] == [(0, 0)]


def test_of_all_of_phrases_all_are_met_or_none() -> None:
    rules = 'rule "a" { when text mentions all of "счёт", "оплата" within 6; assign buh }'
    assert [t.unmet for t in coverage(rules, 'body "счёт и оплата"').tests] == [()]
    assert [len(t.unmet) for t in coverage(rules, 'body "счёт"').tests] == [2]


def test_of_no_rules_all_is_covered() -> None:
    found = coverage("")
    assert (found.percent, found.counted, found.files) == (100.0, (0, 0), ())
