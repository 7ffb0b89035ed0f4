"""The driver: from a path to a compilation and a program."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sievepy.compiler import build_program, compile_file
from sievepy.engine.context import EvalContext
from sievepy.ir.dump import digest
from sievepy.mail.message import Message
from sievepy.rules_lang.keywords import KEYWORDS
from tests.unit.rules_lang.programs import ABON, ENTRY, OTHERWISE, compiled, errors, findings, reader, sound

PROGRAM = f"""{ABON}
rule "Акты" {{ when subject mentions "акт сверки"; assign abon; tag money }}
otherwise {{ triage; tag unsorted }}
test "Форма" {{ subject "Об актах сверки"; expect assign abon }}
"""


def test_a_program_judges_letters() -> None:
    compilation = sound(PROGRAM)
    program = build_program(compilation)
    context = EvalContext(now=dt.datetime(2026, 1, 15, tzinfo=dt.UTC), zone=dt.UTC)
    letter = "Subject: Об актах сверки\n\nДобрый день\n".encode()
    assert program.evaluate(Message(letter), context).departments == ("abon",)
    assert program.evaluate(Message(b"Subject: hello\n\nhello\n"), context).tags == ("unsorted",)
    assert [case.title for case in compilation.cases] == ["Форма"]


def test_rules_with_errors_have_symbols_and_cases_and_no_script() -> None:
    compilation = compiled(PROGRAM + 'rule "R" { when size > 5; tag t }')
    assert findings(compilation) == ["E053"]
    assert not compilation.ok
    assert "abon" in compilation.symbols.departments
    assert len(compilation.cases) == 1
    with pytest.raises(ValueError, match="rules with errors"):
        build_program(compilation)


def test_every_mistake_of_a_program_is_found_in_one_run_sorted_by_place() -> None:
    text = """
list staff { x_com.kz; y-com.kz }
department d { restricted }
rule "A" { when subject is Акт unless size > 5; assign dd; continue }
rule "B" { when from is @stafff; tag t; continue }
rule "A" { when tagged u; reject "no" }
"""
    compilation = compiled(text)
    places = [(d.code, d.span.location[0]) for d in compilation.diagnostics if d.severity == "error" and d.span]
    assert places == [
        ("E051", 2), ("E130", 3), ("E116", 4), ("E053", 4), ("E101", 4), ("E101", 5), ("E120", 5),
        ("E104", 6), ("E101", 6), ("E125", 6), ("E126", 6),
    ]  # fmt: skip


def test_syntax_errors_and_others_stand_together() -> None:
    codes = errors('rule "A" { when subjekt mentions "a"; triage }\nrule "B" { when size > 5; triage }')
    assert len(codes) == 2
    assert codes[1] == "E053"


def test_the_same_program_has_the_same_meaning_however_it_is_laid_out() -> None:
    script = sound(PROGRAM).script
    moved = sound(
        "# a comment\n\n" + PROGRAM.replace("{ when", "{\n    when").replace("; tag money", "\n    tag money")
    ).script
    assert script is not None
    assert script == moved
    assert moved is not None
    assert digest(script) == digest(moved)
    assert script.dictionary


def test_a_thousand_uses_of_a_phrase_expand_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from sievepy.words import Expander

    expanded: list[str] = []
    expand = Expander.expand

    def counted(self: Expander, phrase: str, languages: tuple[str, ...] = ("ru",)):  # type: ignore[no-untyped-def]
        expanded.append(phrase)
        return expand(self, phrase, languages)

    monkeypatch.setattr(Expander, "expand", counted)
    sound("\n".join(f'rule "R{i}" {{ when text mentions "акт", "счёт"; tag t }}' for i in range(1000)))
    assert sorted(expanded) == ["акт", "счёт"]


_WORDS = st.sampled_from([
    *sorted(KEYWORDS), "{", "}", "\n", ";", ",", '"акт"', '"…"', '""', "@a", "@x-com.kz", "a@b.kz", "x-com.kz", "*.kz",
    "10.0.0.1/8", "5MB", "5", "4h", "1wd", "mon-fri", "09:00-18:00", "2026-12-31", "..", "/a\\b/i", "/(/", "abon", "<>",
])  # fmt: skip
_LINES = st.lists(_WORDS, max_size=12).map(" ".join)
_PROGRAMS = st.lists(
    st.tuples(
        st.sampled_from(['rule "R" {{ when {} ; tag t }}', 'rule "S" {{ when empty; {} }}', "list a {{ {} }}",
                         "department abon {{ {} }}", 'test "T" {{ {} }}', "condition c when {}", "{}"]),
        _LINES,
    ),
    max_size=4,
).map(lambda parts: "\n".join(shape.format(line) for shape, line in parts))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_PROGRAMS)
def test_no_text_makes_the_compiler_raise(text: str) -> None:
    compilation = compile_file(ENTRY, reader({ENTRY: text + OTHERWISE}))
    assert compilation.ok != bool(findings(compilation))
