"""Diagnostics as text: the caret stands under what it points at, whatever the letters; nothing steers the terminal."""

from __future__ import annotations

import json
import re

import pytest

from sievepy.text import Diagnostic, Edit, Fix, Label, Severity, SourceFile, Span
from sievepy.text.render import as_json, concise, full, render
from sievepy.text.width import width

RULES = SourceFile.of("rules/x.rules", 'rule "A" {\n    when subjeсt mentions @act\n    assign buh\n}\n')


def span_of(source: SourceFile, text: str) -> Span:
    start = source.text.index(text)
    return source.span(start, start + len(text))


def found(span: Span | None, **more: object) -> Diagnostic:
    return Diagnostic("E010", Severity.ERROR, "unexpected `subjeсt`", span, **more)  # type: ignore[arg-type]


def marked(frame: str, sign: str = "^") -> str:
    """What stands above the signs of a frame, by columns."""
    lines = frame.splitlines()
    row = next(i for i, line in enumerate(lines) if re.match(rf"^\s*\| \s*{re.escape(sign)}", line))
    start = lines[row].index(sign)
    end = start + lines[row].count(sign)
    column, picked = 0, ""
    for char in lines[row - 1]:
        if start <= column < end or (width(char) == 0 and start < column <= end):
            picked += char
        column += width(char)
    return picked


def test_the_frame_is_that_of_the_language_page() -> None:
    help_text = "`subjeсt` holds Cyrillic letters that look Latin; write `subject`"
    assert full(found(span_of(RULES, "subjeсt"), help=help_text)) == (
        "error[E010]: unexpected `subjeсt`\n"
        " --> rules/x.rules:2:10\n"
        "  |\n"
        "2 |     when subjeсt mentions @act\n"
        "  |          ^^^^^^^\n"
        "  |\n"
        "help: `subjeсt` holds Cyrillic letters that look Latin; write `subject`"
    )


def test_the_gutter_is_as_wide_as_the_widest_row_number() -> None:
    source = SourceFile.of("x", "first\n" + "\n" * 120 + "last\n")
    frame = full(found(span_of(source, "last"), labels=(Label(span_of(source, "first"), "here"),)))
    assert "\n    |\n  1 | first\n    | ----- here\n...\n122 | last\n    | ^^^^\n    |" in frame


@pytest.mark.parametrize(
    "line",
    [
        "ab bad cd",
        "\tsubject\tbad",
        "日本語 bad",
        "е\u0301е\u0301 bad",
        "сүт bad",
        "x\u200by bad",
        "\x1b[31m bad",
        "x" * 1000 + " bad " + "y" * 1000,
        "日" * 1000 + " bad " + "本" * 1000,
    ],
)
def test_the_caret_stands_under_the_word(line: str) -> None:
    source = SourceFile.of("x", f"first\n{line}\n")
    assert marked(full(found(span_of(source, "bad")))) == "bad"


@pytest.mark.parametrize("word", ["сч\u0301ёт", "日本", "a\u0300b"])
def test_as_many_carets_as_the_word_has_columns(word: str) -> None:
    source = SourceFile.of("x", f"on {word} and on")
    assert full(found(span_of(source, word))).count("^") == width(word)


def test_long_lines_are_cut_to_what_matters() -> None:
    source = SourceFile.of("x", "x" * 5000 + " bad " + "y" * 5000)
    assert max(width(line) for line in full(found(span_of(source, "bad"))).splitlines()) < 180


def test_an_empty_span_still_has_a_caret() -> None:
    end = len(RULES.text)
    assert marked(full(found(RULES.span(5, 5)))) == '"'
    assert "^" in full(found(RULES.span(end, end)))


def test_a_span_of_several_lines_is_underlined_on_its_first() -> None:
    frame = full(found(RULES.span(0, len(RULES.text))))
    assert marked(frame) == 'rule "A" {'
    assert "assign" not in frame


def test_nothing_of_a_file_steers_the_terminal() -> None:
    source = SourceFile.of("a\x1b[2Jb", "bad \x1b[31m\u202e\x07")
    fix = Fix("\x1b[0m", (Edit(span_of(source, "bad"), "\x1b[1m"),))
    label = Label(span_of(source, "bad"), "\x1bc")
    shown = Diagnostic("E1", Severity.ERROR, "\x1b[5m\nnext", span_of(source, "bad"), (label,), "\x07", (fix,))
    for text in (full(shown), concise(shown)):
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)


def test_labels_of_one_row_share_its_line() -> None:
    labels = (Label(span_of(RULES, "@act"), "this list"),)
    frame = full(found(span_of(RULES, "mentions"), labels=labels))
    assert frame.count("when subjeсt") == 1
    assert marked(frame) == "mentions"
    assert frame.splitlines()[5].endswith("---- this list")


def test_labels_in_another_file_have_a_frame_of_their_own() -> None:
    other = SourceFile.of("lists/common.rules", "\n\nlist staff { x-com.kz }\n")
    frame = full(found(span_of(RULES, "@act"), labels=(Label(span_of(other, "staff"), "declared here"),)))
    assert " --> rules/x.rules:2:27" in frame
    assert " ::: lists/common.rules:3:6" in frame
    assert "3 | list staff { x-com.kz }\n  |      ----- declared here" in frame


def test_a_finding_without_a_place_has_no_frame() -> None:
    assert full(found(None)) == "error[E010]: unexpected `subjeсt`"
    assert concise(found(None)) == "error[E010] unexpected `subjeсt`"


def test_a_fix_is_shown_as_the_line_before_and_after() -> None:
    span = span_of(RULES, "subjeсt")
    frame = full(found(span, fixes=(Fix("write `subject`", (Edit(span, "subject"),), safe=True),)))
    assert frame.endswith(
        "fix: write `subject`\n2 -     when subjeсt mentions @act\n2 +     when subject mentions @act"
    )


def test_a_fix_that_changes_the_meaning_says_so() -> None:
    span = span_of(RULES, "assign")
    frame = full(found(span, fixes=(Fix("write `propose`", (Edit(span, "propose"),)),)))
    assert "fix: write `propose` (changes what the rules mean)\n" in frame


def test_a_fix_may_edit_several_places_and_remove_lines() -> None:
    source = SourceFile.of("x", "one\ntwo\nthree\nfour\n")
    edits = (Edit(span_of(source, "two\n"), ""), Edit(span_of(source, "f"), "F"), Edit(span_of(source, "r\n"), "R\n"))
    frame = full(found(span_of(source, "two"), fixes=(Fix("tidy", edits, safe=True),)))
    assert frame.endswith("fix: tidy\n2 - two\n4 - four\n4 + FouR")


def test_a_fix_may_add_a_line() -> None:
    end = len(RULES.text)
    frame = full(
        found(None, fixes=(Fix("add it", (Edit(RULES.span(end, end), "otherwise { triage }\n"),), safe=True),))
    )
    assert frame.endswith("fix: add it\n5 + otherwise { triage }")


def test_concise_is_one_line() -> None:
    assert concise(found(span_of(RULES, "subjeсt"))) == "rules/x.rules:2:10: error[E010] unexpected `subjeсt`"


def test_json_has_the_promised_keys() -> None:
    span = span_of(RULES, "subjeсt")
    fix = Fix("write it", (Edit(span, "subject"),), safe=True)
    (whole, bare) = json.loads(as_json([found(span, help="h", fixes=(fix,)), found(None)]))
    assert whole == {
        "code": "E010",
        "severity": "error",
        "message": "unexpected `subjeсt`",
        "filename": "rules/x.rules",
        "location": {"row": 2, "column": 10},
        "end_location": {"row": 2, "column": 17},
        "help": "h",
        "fix": {
            "message": "write it",
            "safe": True,
            "edits": [
                {
                    "filename": "rules/x.rules",
                    "location": {"row": 2, "column": 10},
                    "end_location": {"row": 2, "column": 17},
                    "content": "subject",
                }
            ],
        },
    }
    assert bare["location"] is None and bare["filename"] is None and bare["fix"] is None
    assert list(bare) == ["code", "severity", "message", "filename", "location", "end_location", "help", "fix"]


def test_colour_changes_nothing_but_colour() -> None:
    finding = found(span_of(RULES, "subjeсt"), labels=(Label(span_of(RULES, "buh"), "x"),), help="h")
    painted = full(finding, colour=True)
    assert painted != full(finding)
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == full(finding)


def test_render_joins_findings() -> None:
    two = [found(None), found(None)]
    assert render(two, "concise") == "error[E010] unexpected `subjeсt`\nerror[E010] unexpected `subjeсt`"
    assert render(two, "full").count("error[E010]") == 2
    assert render([], "full") == render([], "concise") == ""
    assert json.loads(render([], "json")) == []
