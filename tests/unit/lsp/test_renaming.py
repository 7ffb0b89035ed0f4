"""A name is changed everywhere, or not at all and for a reason."""

from __future__ import annotations

import pytest

from sievepy.compiler import compile_file
from sievepy.lsp.renaming import Refused, prepare, rename
from sievepy.text.edits import edited
from tests.unit.lsp.desks import MAIN, OTHERWISE, Desk, desk, reader
from tests.unit.lsp.test_questions import WORLD, marked

PART = "/site/rules/part.rules"


def texts(at: Desk, new: str) -> dict[str, str]:
    """The files after the renaming."""
    edits = rename(at.state, at.snapshot, at.path, at.offset, new)
    sources = {edit.span.source.name: edit.span.source for edit in edits}
    return {name: edited(source, edits) for name, source in sources.items()}


@pytest.mark.parametrize(
    ("word", "new"),
    [
        ("staff", "наши"),
        ("ours", "ours-2"),
        ("office", "workdays"),
        ("act", "акты"),
        ("boss", "chief"),
        ("buh", "ip2"),
        ("odd", "strange"),
        ("money", "деньги"),
        ("Один", 'Один и «два» и "три" \\'),
    ],
)
def test_the_rules_mean_the_same_after_it(word: str, new: str) -> None:
    at = marked(word)
    (changed,) = texts(at, new).values()
    before = at.state.analyses[0]
    after = compile_file(MAIN, reader({MAIN: changed}), before.config.settings)
    assert before.compilation.script is not None and after.script is not None
    assert [d.message for d in after.diagnostics] == [d.message for d in before.compilation.diagnostics]
    # Back again it is what it was: nothing else was touched.
    place = changed.index(new if word != "Один" else "Один и") + 1
    back = desk(changed[:place] + "|" + changed[place:])
    assert list(texts(back, word).values()) == [WORLD]


def test_a_title_keeps_its_quotes() -> None:
    at = desk(f'rule «Од|ин» {{ when bounce; triage }}\ntest "т" {{ bounce "x"; expect rule "Один" }}\n{OTHERWISE}')
    assert prepare(at.state, at.path, at.offset).span.text == "Один"


def test_all_files_of_the_program_change() -> None:
    part = 'department buh "Б" { email buh@x-com.kz }\n'
    at = desk(f'include "part.rules"\nrule "x" {{ when bounce; assign bu|h }}\n{OTHERWISE}', {PART: part})
    assert texts(at, "b2") == {
        MAIN: f'include "part.rules"\nrule "x" {{ when bounce; assign b2 }}\n{OTHERWISE}',
        PART: part.replace("buh ", "b2 "),
    }


def test_all_programs_that_include_the_file_change() -> None:
    part = 'department bu|h "Б" { email buh@x-com.kz }\n'
    main = f'include "part.rules"\nrule "x" {{ when bounce; assign buh }}\n{OTHERWISE}'
    at = desk(part, {MAIN: main}, path=PART)
    assert set(texts(at, "b2")) == {MAIN, PART}


@pytest.mark.parametrize(
    ("word", "new", "reason"),
    [
        ("buh", "none", "word of the language"),
        ("buh", "a b", "not a name"),
        ("buh", "a,ip", "not a name"),
        ("buh", "42", "not a name"),
        ("buh", "", "not a name"),
        ("buh", "рaz", "mixes"),
        ("buh", "ip", "declared twice"),
        ("buh", "boss", "declared twice"),
        ("staff", "act", "declared twice"),
        ("money", "a, b", "not a name"),
        ("Один", "Два", "two rules are called"),
        ("Один", "a\nb", "one line"),
        ("Один", " ", "one line"),
        ("when", "x", "nothing that can have another name"),
    ],
)
def test_it_is_refused(word: str, new: str, reason: str) -> None:
    at = marked(word)
    with pytest.raises(Refused, match=reason):
        rename(at.state, at.snapshot, at.path, at.offset, new)


def test_two_tags_are_not_made_one() -> None:
    at = desk(f'rule "x" {{ when bounce; tag a|a; tag bb; triage }}\n{OTHERWISE}')
    with pytest.raises(Refused, match="already"):
        rename(at.state, at.snapshot, at.path, at.offset, "bb")


def test_what_cannot_be_read_may_hold_the_name() -> None:
    at = desk(WORLD.replace("department ip", 'rule "x" { when ip }\ndepartment i|p', 1))
    with pytest.raises(Refused, match=r"mend the rules first: /site/rules/main\.rules:7:1"):
        rename(at.state, at.snapshot, at.path, at.offset, "other")


def test_the_name_it_has_needs_no_edit() -> None:
    at = marked("buh")
    assert rename(at.state, at.snapshot, at.path, at.offset, "buh") == ()
