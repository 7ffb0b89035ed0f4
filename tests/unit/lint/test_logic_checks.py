"""W2xx beyond the pages: what each check must see, and above all what it must leave alone."""

from __future__ import annotations

import pytest

from sievepy.lint import suppress
from sievepy.text import Severity
from tests.unit.lint.programs import DEPARTMENTS, REST, codes, codes_of_rules, linted


@pytest.mark.parametrize(
    "rules",
    [
        """rule "A" { when subject mentions "счёт"; assign buh }
           rule "B" { when all { subject mentions "счёт"; size > 1MB }; assign abon }""",
        """rule "A" { when any { subject mentions "счёт"; from is x.kz }; assign buh }
           rule "B" { when from is a@x.kz; assign abon }""",
        """rule "A" { when from is x.kz unless assigned; assign buh }
           rule "B" { when from is a@x.kz unless assigned; assign abon }""",
        """rule "A" { when size > 5MB; assign buh }
           rule "B" { when size > 25MB; file "Большие" }""",
        # Two rules together take what the third could.
        """rule "A" { when from is a.kz; assign buh }
           rule "A2" { when from is b.kz; assign buh }
           rule "B" { when any { from is x@a.kz; from is y@b.kz }; assign abon }""",
        # A rule that is only observed is never reached either.
        """rule "A" { when from is x.kz; assign buh }
           rule "B" { observe; when from is a@x.kz; assign abon }""",
        """rule "A" { when from is x.kz; quarantine "x" }
           rule "B" { when from is a@x.kz; assign abon; continue }""",
    ],
)
def test_unreachable(rules: str) -> None:
    found = [d for d in linted(DEPARTMENTS + rules + REST) if d.code == "W201"]
    assert [d.span.text for d in found if d.span] == ['rule "B"']
    assert found[0].labels[0].span.text == 'rule "A"'


@pytest.mark.parametrize(
    "rules",
    [
        # It lets the run go on.
        """rule "A" { when from is x.kz; assign buh; continue }
           rule "B" { when from is a@x.kz; assign abon }""",
        # It adds, and decides nothing.
        """rule "A" { when from is x.kz; tag x; also assign buh }
           rule "B" { when from is a@x.kz; assign abon }""",
        # What only adds is judged wherever it stands.
        """rule "A" { when from is x.kz; assign buh }
           rule "B" { when from is a@x.kz; tag y }""",
        """rule "A" { observe; when from is x.kz; assign buh }
           rule "B" { when from is a@x.kz; assign abon }""",
        """rule "A" { off until 2030-01-01; when from is x.kz; assign buh }
           rule "B" { when from is a@x.kz; assign abon }""",
        # The thread may be unknown: then nothing is decided.
        """rule "A" { when reply to known; assign same }
           rule "B" { when all { reply to known; size > 1MB }; assign abon }""",
        # When the upper rule was judged nothing may have been assigned yet.
        """rule "Z" { when size > 1MB; assign buh; continue }
           rule "A" { when all { assigned; from is x.kz }; assign buh; continue }
           rule "Y" { when size > 2MB; assign abon; continue }
           rule "B" { when all { assigned; from is a@x.kz }; assign abon }""",
        """rule "A" { when subject mentions "счёт"; assign buh }
           rule "B" { when body mentions "счёт"; assign abon }""",
        """rule "A" { when every to is x.kz; assign buh }
           rule "B" { when to is a@x.kz; assign abon }""",
        # A letter may hold both words without being about the first.
        """rule "A" { when subject mentions "счёт" unless subject mentions "спам"; assign buh }
           rule "B" { when subject mentions "счёт на оплату"; assign abon }""",
    ],
)
def test_reachable(rules: str) -> None:
    assert "W201" not in codes_of_rules(rules)


def test_priority_decides_what_stands_above() -> None:
    rules = """rule "A" { when from is x.kz; assign buh }
               rule "B" { priority 50; when from is a@x.kz; assign abon }"""
    assert codes_of_rules(rules) == []


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("all { bounce; not bounce }", "W202"),
        ("all { language is ru; language is kk }", "W202"),
        ("all { not size > 5MB; size > 6MB }", "W202"),
        ('all { subject mentions "счёт на оплату"; not subject mentions "счёт" }', "W202"),
        ("attachment { kind is pdf; kind is image }", "W202"),
        ("all { received day is sat, sun; received day is mon }", "W202"),
        ("any { from is x.kz; all { bounce; not bounce } }", "W202"),
        ("bounce unless any { bounce; from is x.kz }", "W202"),
        ("any { size < 5MB; size > 1MB }", "W203"),
        ("any { bounce; not bounce }", "W203"),
        ("all { from is x.kz; not all { bounce; not bounce } }", "W203"),
        ("any { received time is 09:00-18:00; received time is 18:00-09:00; received time is 17:00-20:00 }", "W203"),
        ("all { from is a@x.kz; from is b@x.kz }", None),
        ("all { from is a@x.kz; not from is b@x.kz }", None),
        ("all { attachment kind is pdf; attachment kind is image }", None),
        ('all { subject mentions "счёт"; not subject mentions "счёт на оплату" }', None),
        ("all { size > 5MB; size < 6MB }", None),
    ],
)
def test_constant_conditions(condition: str, code: str | None) -> None:
    found = codes_of_rules(f'rule "A" {{ when {condition}; assign buh }}')
    assert [c for c in found if c in ("W202", "W203")] == ([code] if code else [])


@pytest.mark.parametrize(
    ("second", "is_duplicate"),
    [
        ('rule "B" { when subject mentions "счёт"; tag x }', True),
        ('rule "B" { when subject mentions "счёт"; tag y }', False),
        ('rule "B" { when subject mentions "счёт" unless bounce; tag x }', False),
        ('rule "B" { observe; when subject mentions "счёт"; tag x }', False),
        ('rule "B" { when body mentions "счёт"; tag x }', False),
    ],
)
def test_duplicates(second: str, is_duplicate: bool) -> None:
    found = codes_of_rules(f'rule "A" {{ when subject mentions "счёт"; tag x }}\n{second}')
    assert found == (["W204"] if is_duplicate else [])


@pytest.mark.parametrize(
    ("phrases", "covered"),
    [
        ('"счёт на оплату"; "счета на оплату"', ["счета на оплату"]),
        ('"счёт на оплату"; "счёт"', ["счёт на оплату"]),
        ('"акт сверки"; "акт … сверки"', ["акт сверки"]),
        ('"оплата"; "оплат*"', ["оплата"]),
        ('"акт … сверки"; "акт взаимной сверки"', ["акт взаимной сверки"]),
        ('"подключить"; "подключать"', []),
        ('"акт сверки"; "сверка актов"', []),
        ('"ЭСФ"; "счёт-фактура"', []),
        ('"белка"; "зверь"', []),
    ],
)
def test_covered_phrases(phrases: str, covered: list[str]) -> None:
    text = f'phrases p {{ {phrases} }}\nrule "A" {{ when text mentions @p; tag x }}{REST}'
    found = [d for d in linted(text) if d.code == "W205"]
    assert [d.span.text.strip('"') for d in found if d.span] == covered


def test_a_phrase_of_a_test_may_be_covered_by_a_list_beside_it() -> None:
    lists = 'phrases p { "счёт" }\nphrases q { "акт" }\n'
    rule = 'rule "A" { when text mentions @p, "счёт на оплату"; tag x }\nrule "B" { when body mentions @q; tag y }'
    assert codes(lists + rule + REST) == ["W205"]


@pytest.mark.parametrize(
    ("condition", "redundant"),
    [
        ('any { subject mentions "счёт"; content mentions "счёт" }', 1),
        ('all { subject mentions "счёт"; content mentions "счёт" }', 1),
        ("all { from is x.kz; from is a@x.kz }", 1),
        ("any { size > 1MB; size > 2MB }", 1),
        ("any { bounce; bounce }", 1),
        ("any { bounce; all { bounce; size > 1MB } }", 1),
        ('any { attachment { name mentions "акт"; kind is pdf }; attachment { kind is pdf } }', 1),
        ('any { subject mentions "счёт"; body mentions "счёт" }', 0),
        ("any { from is x.kz; to is x.kz }", 0),
        ('all { subject mentions "счёт"; not subject mentions "счёт на оплату" }', 0),
        ('attachment { name mentions "акт"; kind is pdf }', 0),
    ],
)
def test_redundant_tests(condition: str, redundant: int) -> None:
    assert codes_of_rules(f'rule "A" {{ when {condition}; tag x }}').count("W206") == redundant


SOFT = 'rule "F" { when mailing-list; file "Рассылки" }'


@pytest.mark.parametrize(
    ("rules", "adders"),
    [
        (f'rule "A" {{ when from is x.kz; also assign buh }}\n{SOFT}', ["A"]),
        (f'{SOFT}\nrule "A" {{ when from is x.kz; also assign buh }}', ["A"]),
        (f'rule "A" {{ when from is x.kz; assign buh; continue }}\n{SOFT}', ["A"]),
        (
            'rule "A" { when from is x.kz; tag y; also assign buh }\n'
            f'rule "B" {{ when bounce; assign abon; continue }}\n{SOFT}',
            ["A", "B"],
        ),
        (f'rule "A" {{ when from is x.kz; assign buh }}\n{SOFT}', []),
        (f'{SOFT}\nrule "A" {{ when from is x.kz; assign buh; continue }}', []),
        (f'rule "A" {{ when from is x.kz unless mailing-list; also assign buh }}\n{SOFT}', []),
        (f'rule "A" {{ observe; when from is x.kz; also assign buh }}\n{SOFT}', []),
        (
            'rule "A" { when from is x.kz; assign buh; continue }\n'
            'rule "F" { when mailing-list unless assigned; file "Р" }',
            [],
        ),
        (
            'rule "A" { when from is x.kz; also assign buh }\nrule "F" { when mailing-list unless assigned; file "Р" }',
            ["A"],
        ),
        (f'rule "A" {{ when from is x.kz; tag y }}\n{SOFT}', []),
    ],
)
def test_softened_destinations_name_who_softens_them(rules: str, adders: list[str]) -> None:
    found = [d for d in linted(DEPARTMENTS + rules + REST) if d.code == "W207"]
    assert [label.span.text for d in found for label in d.labels] == [f'rule "{title}"' for title in adders]


@pytest.mark.parametrize(
    ("action", "fate"),
    [
        ("discard", "becomes a quarantine"),
        ("forward x@y.kz", "is skipped"),
        ('file "x"', "is skipped"),
        ("triage", None),
    ],
)
def test_each_soft_destination_has_its_fate(action: str, fate: str | None) -> None:
    rules = f'rule "A" {{ when bounce; also assign buh }}\nrule "F" {{ when from is x.kz; {action} }}'
    found = [d.message for d in linted(DEPARTMENTS + rules + REST) if d.code == "W207"]
    assert len(found) == (fate is not None)
    assert all(fate in message for message in found if fate)


def test_a_rule_may_soften_itself() -> None:
    found = [
        d
        for d in linted(DEPARTMENTS + 'rule "A" { when bounce; file "x"; also assign buh }' + REST)
        if d.code == "W207"
    ]
    assert "where it itself adds a department" in found[0].message


def test_unused_names() -> None:
    text = """
    list l { x.kz }
    network n { 10.0.0.0/8 }
    hours h { mon-fri 09:00-18:00 }
    phrases p { "счёт" }
    condition c when bounce
    rule "A" { when size > 1MB; triage }
    """
    found = [d for d in linted(text + REST) if d.code == "W208"]
    assert [d.message.split("`")[1] for d in found] == ["l", "n", "h", "p", "c"]


def test_names_of_included_files_may_be_unused() -> None:
    assert codes('include "names.rules"\nrule "A" { when bounce; triage }' + REST, names="list l { x.kz }") == []


def test_departments_and_persons_that_nothing_reaches() -> None:
    text = """
    person ann { email ann@x.kz; away 2026-12-01 .. 2026-12-14 substitute bob }
    person bob { email bob@x.kz }
    person eve { email eve@x.kz }
    department a { email a@x.kz; notify ann }
    department b { email b@x.kz }
    department c { email c@x.kz }
    department d { email d@x.kz }
    rule "A" { when bounce; assign a }
    rule "B" { when empty; propose b }
    """
    found = [d for d in linted(text + "otherwise { assign c }") if d.code == "W209"]
    assert sorted(d.message.split("`")[1] for d in found) == ["d", "eve"]


def test_only_primary_channels_must_differ() -> None:
    rules = 'rule "A" { when bounce; assign a, b }' + REST
    shared = "department a { email a@x.kz; also email all@x.kz }\ndepartment b { email b@x.kz; also email all@x.kz }\n"
    assert codes(shared + rules) == []
    assert codes(shared.replace("b@x.kz", "A@X.kz") + rules) == ["W210"]


def untested(rules: str, tests: str) -> list[str]:
    found = [d for d in linted(DEPARTMENTS + rules + REST + tests) if d.code == "W211"]
    assert all(d.severity is Severity.NOTE for d in found)
    return [d.span.text for d in found if d.span]


RULES = 'rule "A" { when bounce; assign buh }\nrule "B" { when from is x.kz; file "Б" }\n'


@pytest.mark.parametrize(
    ("tests", "left"),
    [
        ("", ['rule "A"']),
        ('test "t" { subject "x"; expect assign buh }', ['rule "B"']),
        ('test "t" { subject "x"; expect rule "A" }\ntest "u" { subject "x"; expect file "Б" }', []),
        (
            'test "t" { subject "x"; expect not assign buh }\ntest "u" { subject "y"; expect triage }',
            ['rule "A"', 'rule "B"'],
        ),
    ],
)
def test_untested_rules(tests: str, left: list[str]) -> None:
    assert untested(RULES, tests) == left


def test_an_observed_rule_needs_no_test() -> None:
    assert untested('rule "A" { observe; when bounce; assign buh }', 'test "t" { subject "x"; expect triage }') == []


WEAK = 'rule "W" { when text mentions "тариф*" unless assigned; assign abon }'


@pytest.mark.parametrize(
    ("rules", "is_above"),
    [
        ('rule "S" { when bounce; assign buh; continue }\n' + WEAK, False),
        (WEAK + '\nrule "S" { when bounce; assign buh; continue }', True),
        (WEAK.replace("{ when", "{ priority 200; when", 1) + '\nrule "S" { when bounce; assign buh; continue }', False),
        (WEAK + '\nrule "S" { when bounce; tag x }', False),
        (WEAK + '\nrule "S" { when bounce unless assigned; assign buh; continue }', False),
        (WEAK + '\nrule "S" { when bounce unless text mentions "тариф*"; assign buh; continue }', False),
    ],
)
def test_weak_rules_stand_below_strong_ones(rules: str, is_above: bool) -> None:
    above = 'rule "Z" { when size > 20MB; assign buh; continue }\n'
    assert codes_of_rules(above + rules) == (["W212"] if is_above else [])


def test_priorities_that_order_nothing() -> None:
    both = 'rule "A" { priority 5; when bounce; tag x }\nrule "B" { priority 5; when empty; tag y }'
    assert codes_of_rules(both) == ["W213", "W213"]
    assert codes_of_rules(both.replace("priority 5", "priority 6", 1)) == []


def test_the_default_priority_is_removed_by_the_fix() -> None:
    text = 'rule "A" { priority 100; when bounce; tag x }' + REST
    (finding,) = [d for d in linted(text) if d.code == "W213"]
    (edit,) = finding.fixes[0].edits
    assert (
        text[: edit.span.start] + edit.replacement + text[edit.span.end :] == 'rule "A" { when bounce; tag x }' + REST
    )


@pytest.mark.parametrize(
    ("rules", "is_idle"),
    [
        ('rule "A" { when bounce unless assigned; assign buh }', True),
        ('rule "Z" { when empty; assign abon }\nrule "A" { when bounce unless assigned; assign buh }', True),
        ('rule "Z" { when empty; assign abon; continue }\nrule "A" { when bounce unless assigned; assign buh }', False),
        (
            'rule "Z" { when empty; assign abon; continue }\nrule "A" { when bounce unless assigned buh; tag x }',
            True,
        ),
        ('rule "Z" { when empty; also assign buh }\nrule "A" { when bounce unless assigned buh; assign buh }', False),
        ('rule "Z" { when empty; also assign buh }\nrule "A" { when bounce unless assigned; assign buh }', True),
        # What only adds is judged after any decision, too.
        ('rule "Z" { when empty; assign abon }\nrule "A" { when all { bounce; assigned }; tag x }', False),
    ],
)
def test_assigned_sees_only_rules_above(rules: str, is_idle: bool) -> None:
    assert codes_of_rules(rules) == (["W214"] if is_idle else [])


# ---------------------------------------------------------------- comments that ignore


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("# sievepy: ignore W208 used by a script\nlist l { x.kz }", []),
        ("list l { x.kz } # sievepy: ignore W208", []),
        ("list l { x.kz } # sievepy:ignore W201, W208 both", ["W215"]),
        ("# sievepy: ignore W208\n\nlist l { x.kz }", ["W215", "W208"]),
        ("list l { x.kz } # sievepy: ignore", ["W208", "W215"]),
        ("list l { x.kz } # sievepy: ignore W201", ["W208", "W215"]),
        ('list l { x.kz }\ntest "# sievepy: ignore W208" { subject "x"; expect triage }', ["W208"]),
    ],
)
def test_comments_that_ignore(text: str, left: list[str]) -> None:
    assert codes(f'{text}\nrule "A" {{ when bounce; triage }}{REST}') == left


def test_removing_an_unused_comment_is_safe() -> None:
    test = 'test "t" { subject "x"; expect rule "A" }'
    (finding,) = linted(f'rule "A" {{ when bounce; triage }} # sievepy: ignore W208 x{REST}{test}')
    assert finding.code == suppress.CODE.id
    assert finding.fixes[0].safe
