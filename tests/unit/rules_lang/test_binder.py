"""Names: declared once, found where they are used, with a suggestion where they are not, and never reported twice."""

from __future__ import annotations

import pytest

from tests.unit.rules_lang.programs import ABON, OTHERWISE, compiled, errors, sound


def finding(text: str):  # type: ignore[no-untyped-def]
    (found,) = (d for d in compiled(text + OTHERWISE).diagnostics if d.severity == "error")
    return found


@pytest.mark.parametrize(
    "declarations",
    [
        "list a { x-com.kz }\nlist a { y-com.kz }",
        'list a { x-com.kz }\nphrases a { "акт" }',
        "department a { email a@x-com.kz }\nperson a { email b@x-com.kz }",
        "condition a when empty\ncondition a when bounce",
        "hours ａ { mon 09:00-10:00 }\nhours a { mon 09:00-10:00 }",
    ],
)
def test_a_name_is_declared_once_in_its_space(declarations: str) -> None:
    found = finding(declarations)
    assert found.code == "E102"
    assert found.labels[0].text.startswith("first declared here, as ")
    assert found.span.location[0] == 2


def test_the_three_spaces_of_names_do_not_meet() -> None:
    sound("list a { x-com.kz }\ndepartment a { email a@x-com.kz }\ncondition a when empty")


def test_an_unknown_name_comes_with_the_one_that_was_meant_and_a_fix() -> None:
    found = finding(ABON + 'rule "R" { when empty; assign abom }')
    assert (found.code, found.span.text, found.help) == ("E101", "abom", "did you mean `abon`?")
    assert [edit.replacement for edit in found.fixes[0].edits] == ["abon"]


def test_an_unknown_name_unlike_all_others_lists_them() -> None:
    assert finding(ABON + 'rule "R" { when empty; assign warehouse }').help == "declared are abon"
    assert finding('rule "R" { when from is @staff; tag t }').help == "declare it: `list NAME …`; there is none yet"


def test_a_suggestion_is_of_the_kind_that_is_needed() -> None:
    found = finding('phrases stuff { "акт" }\nlist staff { x-com.kz }\nrule "R" { when from is @stafff; tag t }')
    assert found.help == "did you mean `staff`?"


def test_a_name_of_the_wrong_kind_points_at_its_declaration() -> None:
    found = finding('phrases staff { "акт" }\nrule "R" { when from is @staff; tag t }')
    assert found.code == "E103"
    assert found.message == "`staff` is phrases; a list is needed here"
    assert found.labels[0].span.text == "staff"


def test_a_domain_with_the_sign_of_a_name_is_offered_without_it() -> None:
    found = finding('rule "R" { when from is @x-com.kz; tag t }')
    assert (found.code, found.span.text, found.fixes[0].edits[0].replacement) == ("E051", "@x-com.kz", "x-com.kz")
    found = finding("list staff { @x-com.kz }")
    assert (found.code, found.fixes[0].edits[0].replacement) == ("E051", "x-com.kz")


def test_uses_of_a_broken_declaration_are_not_reported_again() -> None:
    codes = errors('department abon { emall abon@x-com.kz }\nrule "R" { when empty; assign abon }')
    assert len(codes) == 1
    assert codes[0].startswith("E0")
    assert errors('list staff { x_com.kz }\nrule "R" { when from is @staff; tag t }') == ["E051"]


def test_a_broken_rule_is_known_by_its_title() -> None:
    codes = errors('rule "R" { when subjekt mentions "a"; triage }\ntest "T" { subject "a"; expect rule "R" }')
    assert len(codes) == 1


def test_uses_are_recorded_wherever_names_stand() -> None:
    text = """
list staff { x-com.kz }
hours office { mon-fri 09:00-18:00 }
condition ours when from is @staff
person boss { email boss@x-com.kz }
department abon { email abon@x-com.kz; sla 4h in office; notify boss }
rule "R" { when condition ours unless from is @staff; assign abon; notify boss; sla 1wd in @office }
rule "W" { when assigned abon; propose abon }
test "T" { subject "a"; known abon; expect assign abon }
"""
    symbols = sound(text).symbols
    assert [span.location[0] for span in symbols.lists["staff"].uses] == [4, 7]
    assert [span.location[0] for span in symbols.hours["office"].uses] == [6, 7]
    assert [span.location[0] for span in symbols.conditions["ours"].uses] == [7]
    assert [span.location[0] for span in symbols.persons["boss"].uses] == [6, 7]
    assert [span.location[0] for span in symbols.departments["abon"].uses] == [7, 8, 8, 9, 9]
    assert symbols.lists["staff"].span.text == "staff"


def test_what_nobody_uses_has_no_uses() -> None:
    assert sound("list staff { x-com.kz }").symbols.lists["staff"].uses == ()


def test_phrases_of_blocks_and_tests_are_both_known() -> None:
    symbols = sound('phrases act ru translit { "акт" }\nrule "R" { when text mentions "счёт", @act; tag t }').symbols
    assert [(w.text, w.languages) for w in symbols.phrases["act"].value] == [("акт", ("ru", "translit"))]
    assert [(w.text, w.span.text, w.languages) for w in symbols.inline] == [("счёт", '"счёт"', ("ru",))]
    assert symbols.inline[0].phrases[0].slots


def test_conditions_may_use_each_other_in_any_order_and_length() -> None:
    chain = "\n".join(f"condition c{i} when condition c{i + 1}" for i in range(3000))
    sound(f'{chain}\ncondition c3000 when empty\nrule "R" {{ when condition c0; tag t }}')


def test_a_circle_of_conditions_is_reported_once() -> None:
    found = finding("condition a when condition b\ncondition b when any { empty; condition a }")
    assert found.code == "E105"
    assert found.message == "conditions use one another: `a` -> `b` -> `a`"


def test_conditions_that_double_are_refused() -> None:
    doubling = "\n".join(f"condition c{i} when any {{ condition c{i + 1}; condition c{i + 1} }}" for i in range(40))
    assert errors(f"{doubling}\ncondition c40 when empty") == ["E106"]


def test_many_unknown_names_are_all_reported_in_time() -> None:
    rules = "\n".join(f'rule "R{i}" {{ when empty; assign gone{i} }}' for i in range(400))
    assert errors(ABON + rules) == ["E101"] * 400
