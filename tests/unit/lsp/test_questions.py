"""What is answered about a place: names, definitions, hovers, completion, actions, layout."""

from __future__ import annotations

import pytest

from sievepy.lsp.actions import quick_fixes, safe_fixes
from sievepy.lsp.completion import complete
from sievepy.lsp.diagnostics import by_file
from sievepy.lsp.formatting import layout
from sievepy.lsp.hover import hover
from sievepy.lsp.navigation import Target, definition, name_at, references
from sievepy.rules_lang import keywords
from sievepy.text import SourceFile
from sievepy.text.edits import edited
from tests.unit.lsp.desks import MAIN, OTHERWISE, Desk, desk

PART = "/site/rules/part.rules"

WORLD = """\
list staff { x-com.kz }
network ours { 10.0.0.0/8 }
hours office { mon-fri 09:00-18:00 }
phrases act ru { "акт" }
person boss "Шеф" { email boss@x-com.kz }
department buh "Бухгалтерия" { email buh@x-com.kz; also email copy@x-com.kz; restricted; notify boss; sla 4h in office }
department ip { email ip@x-com.kz }
condition odd when any { bounce; from is @staff }
rule "Один" {
    when any { subject mentions @act; condition odd; client ip in @ours; received in @office }
    assign buh, ip
    tag money
}
rule "Два" { when tagged money; also assign ip; notify boss }
otherwise { triage }
test "т" { from a@x-com.kz; known buh; expect not rule "Один"; expect tag money; expect assign ip }
"""


def marked(word: str, number: int = 1) -> Desk:
    """The world, with the place in the middle of the `number`-th occurrence of a word."""
    at = -1
    for _ in range(number):
        at = WORLD.index(word, at + 1)
    middle = at + len(word) // 2
    return desk(WORLD[:middle] + "|" + WORLD[middle:])


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("word", "kind", "count"),
    [
        ("staff", "list", 2),
        ("ours", "network", 2),
        ("office", "hours", 3),
        ("act", "phrases", 2),
        ("boss", "person", 3),
        ("buh", "department", 3),
        ("ip {", "department", 4),
        ("odd", "condition", 2),
        ("money", "tag", 3),
        ("Один", "rule", 2),
        ("Два", "rule", 1),
    ],
)
def test_a_name_has_all_its_places(word: str, kind: str, count: int) -> None:
    at = marked(word)
    name = name_at(at.state, at.path, at.offset)
    assert name is not None
    assert (name.kind, len(name.spans)) == (kind, count)
    assert len({span.text.strip('"') for span in name.spans}) == 1


@pytest.mark.parametrize("word", ["when", "x-com.kz", "ip in", "email", "mon-fri"])
def test_what_is_no_name_has_none(word: str) -> None:
    at = marked(word)
    assert name_at(at.state, at.path, at.offset) is None


def test_every_use_leads_to_the_declaration() -> None:
    at = marked("buh", 1)
    for span in references(at.state, at.path, at.offset, declaration=True):
        for offset in (span.start, span.end):
            found = definition(at.state, at.path, offset)
            assert found is not None and found.span is not None and found.span.start == WORLD.index("buh")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('include "par|t.rules"\n', PART),
        ('list a from "../sta|ff.txt"\n', "/site/staff.txt"),
        ('test "т" { message "letters/|a.eml"; expect triage }\n', "/site/rules/letters/a.eml"),
    ],
)
def test_a_file_is_gone_to_by_its_path(text: str, path: str) -> None:
    at = desk(text + OTHERWISE)
    assert definition(at.state, at.path, at.offset) == Target(path)


# ---------------------------------------------------------------- hovering


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ('"акт"', ["**акт** · ru", "*акт* (noun)", "актами"]),
        ("buh", ["department `buh`", "Бухгалтерия", "→ email `buh@x-com.kz`", "→ also email `copy@x-com.kz`"]),
        ("boss", ["person `boss`", "→ email `boss@x-com.kz`"]),
        ("@staff", ["list `staff`", "x-com.kz"]),
        ("odd", ["condition `odd`", "any { bounce"]),
        ("money", ["tag `money`, in 3 places"]),
        ("Один", ['rule "Один"', "used in 1 place", "assign buh, ip"]),
        ("subject", ["field `subject`", "`mentions`", "`every`"]),
        ("client ip", ["field `client ip`: `in`"]),
    ],
)  # fmt: skip
def test_hovering(word: str, said: list[str]) -> None:
    at = marked(word)
    found = hover(at.state, at.path, at.offset)
    assert found is not None
    assert [each for each in said if each not in found.markdown] == []
    assert found.span.start <= at.offset <= found.span.end


def test_text_is_shown_as_it_is() -> None:
    at = desk('phrases a { "сло|во* <b> _x_" }\n' + OTHERWISE)
    found = hover(at.state, at.path, at.offset)
    assert found is not None and r"слово\* \<b\> \_x\_" in found.markdown


def test_many_forms_are_cut() -> None:
    at = desk('phrases a ru kk translit { "рассмот|реть возможность подключения" }\n' + OTHERWISE)
    found = hover(at.state, at.path, at.offset)
    assert found is not None and " more" in found.markdown


def test_nothing_is_said_of_nothing() -> None:
    at = desk("# a com|ment\n" + OTHERWISE)
    assert hover(at.state, at.path, at.offset) is None


# ---------------------------------------------------------------- completion


def offered(text: str) -> set[str]:
    """What is offered at `|`, where the world's names are declared."""
    names = desk(WORLD).state.analyses[0].names
    offset = text.index("|")
    return {item.text for item in complete(SourceFile.of(MAIN, text.replace("|", "", 1)), offset, names).items}


RULE = 'rule "x" { '
_TEXT_OPERATORS = {"mentions", "contains", "starts", "ends", "like", "matches", "is", "has", "exists", "absent"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|", set(keywords.HEADERS)),
        ("ru|", set(keywords.HEADERS)),
        (f"{OTHERWISE}|", set(keywords.HEADERS)),
        (RULE + "|", {"when", "observe", "off", "priority"}),
        (RULE + "observe; |", {"when", "observe", "off", "priority"}),
        (RULE + "when client |", {"ip"}),
        (RULE + "when client ip |", {"in", "exists", "absent"}),
        (RULE + "when client ip in |", {"@ours"}),
        (RULE + "when text has ip in |", {"@ours"}),
        (RULE + "when received in |", {"@office"}),
        (RULE + "when received |", {"in", "is", "day", "time"}),
        (RULE + "when received day is |", {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}),
        (RULE + "when from is |", {"@staff"}),
        (RULE + "when from is a@b.kz, |", {"@staff"}),
        (RULE + "when subject mentions @|", {"@act"}),
        (RULE + 'when subject mentions all of "a", |', {"@act"}),
        (RULE + "when header \"X\" |", _TEXT_OPERATORS),
        (RULE + "when language is |", {"ru", "kk", "en"}),
        (RULE + "when source is |", {"relay", "maildir", "imap", "mbox"}),
        (RULE + "when condition |", {"odd"}),
        (RULE + "when tagged |", {"money"}),
        (RULE + "when bounce; assign |", {"same", "boss", "buh", "ip"}),
        (RULE + "when bounce; assign buh, |", {"boss", "buh", "ip"}),
        (RULE + "when bounce; assign buh |", {"with"}),
        (RULE + "when bounce; tag |", {"money"}),
        (RULE + "when bounce; sla 4h in |", {"office", "@office"}),
        ("list a { |", {"@staff"}),
        ("network a { |", {"@ours"}),
        ("department a { email a@b.kz; notify |", {"boss", "buh", "ip"}),
        ("person a { email a@b.kz; away 2026-01-01 .. 2026-01-02 substitute |", {"boss", "buh", "ip"}),
        ('test "t" { expect not rule |', {'"Один"', '"Два"'}),
        ('test "t" { known |', {"boss", "buh", "ip"}),
        ("department |", set()),
        ("condition |", set()),
        (RULE + 'when subject mentions "ак|', set()),
        ("# com|", set()),
        (RULE + "when when |", set()),
    ],
)  # fmt: skip
def test_completion_offers_what_could_stand_there(text: str, expected: set[str]) -> None:
    assert offered(text) == expected


def test_completion_replaces_what_was_typed() -> None:
    text = f"{RULE}when subject mentions @ac"
    assert complete(SourceFile.of(MAIN, text), len(text), ()).start == text.index("@ac")


# ---------------------------------------------------------------- actions


def ignoring(text: str, code: str) -> str:
    """The text after the finding `code` was asked to be ignored."""
    at = desk(text)
    findings = by_file(at.state)[MAIN].findings
    (place,) = [f.span for f in findings if f.code == code and f.span is not None]
    (action,) = [a for a in quick_fixes(findings, place.start, place.end) if a.title == f"Ignore {code} here"]
    return edited(place.source, action.edits)


PRIORITY = 'rule "x" {\n    priority 100\n    when bounce\n    triage\n}\n' + OTHERWISE


def test_a_finding_is_ignored_by_a_comment_above_it() -> None:
    text = ignoring(PRIORITY, "W213")
    assert text == PRIORITY.replace("    priority", "    # sievepy: ignore W213\n    priority")
    assert "W213" not in [f.code for f in by_file(desk(text).state)[MAIN].findings]


def test_a_comment_that_is_there_ignores_this_too() -> None:
    doubled = 'phrases a { "акт"; "акт"; "его" } # sievepy: ignore W205 W301 is not meant\n'
    text = f'{doubled}rule "x" {{ when subject mentions @a; triage }}\n{OTHERWISE}'
    codes = [f.code for f in by_file(desk(text).state)[MAIN].findings]
    assert "W205" not in codes
    (code,) = [code for code in codes if code.startswith("W3")][:1]
    assert f"# sievepy: ignore W205, {code} W301 is not meant" in ignoring(text, code)


def test_what_the_language_refuses_cannot_be_ignored() -> None:
    at = desk(f'rule "x" {{ when subjekt mentions "a"; triage }}\n{OTHERWISE}')
    findings = by_file(at.state)[MAIN].findings
    assert findings and not [a for a in quick_fixes(findings, 0, 999) if a.title.startswith("Ignore")]


def test_a_comment_that_ignores_nothing_is_not_ignored_but_removed() -> None:
    at = desk(f"# sievepy: ignore W205\n{OTHERWISE}")
    findings = [f for f in by_file(at.state)[MAIN].findings if f.code == "W215"]
    assert [action.title for action in quick_fixes(findings, 0, 5)] == ["Remove the comment"]


def test_only_findings_at_the_place_are_spoken_of() -> None:
    at = desk(PRIORITY)
    findings = by_file(at.state)[MAIN].findings
    assert not list(quick_fixes(findings, len(PRIORITY) - 3, len(PRIORITY) - 2))


def test_safe_fixes_go_together() -> None:
    at = desk(PRIORITY.replace("when bounce", "when any { bounce; bounce }"))
    source = at.state.analyses[0].compilation.trees[-1].source
    text = edited(source, safe_fixes(by_file(at.state)[MAIN].findings))
    assert "priority" not in text and text.count("bounce") == 1


# ---------------------------------------------------------------- layout


@pytest.mark.parametrize(
    "text",
    ["", "\n\n\n", "otherwise   {triage}", "# a\n\n\n# b\notherwise{ triage }\n\n", "list a{x-com.kz}\n" + OTHERWISE],
)
def test_the_edit_leads_to_the_layout(text: str) -> None:
    source = SourceFile.of(MAIN, text)
    formatted, edit = layout(source)
    assert formatted.text is not None
    assert edited(source, [edit] if edit is not None else []) == formatted.text


def test_the_edit_leaves_the_rest_alone() -> None:
    text = f"{OTHERWISE}list a   {{ x-com.kz }}\nlist b {{ x-com.kz }}\n"
    _, edit = layout(SourceFile.of(MAIN, text))
    assert edit is not None and edit.span.text.strip() == "" and edit.replacement == ""
