"""Every mistake is one good diagnostic; no text at all makes the front end raise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sievepy.rules_lang.codes_syntax import CODES
from sievepy.rules_lang.keywords import KEYWORDS
from sievepy.rules_lang.parser import parse
from sievepy.text import Diagnostic, Fix, Severity, SourceFile

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "syntax"
GOLDENS = sorted(GOLDEN.glob("*.rules"))
LANGUAGE = (ROOT / "tests" / "corpus" / "language.rules").read_text(encoding="utf-8")
_FENCE = re.compile(r"```rules\n(.*?)\n```", re.S)
_QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def diagnose(text: str) -> tuple[Diagnostic, ...]:
    return parse(SourceFile.of("a.rules", text))[1]


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in diagnose(text)]


def listing(diagnostic: Diagnostic) -> str:
    """A diagnostic as the goldens show it."""
    assert diagnostic.span is not None
    (row, column), (end_row, end_column) = diagnostic.span.location, diagnostic.span.end_location
    lines = [f"{diagnostic.code} {row}:{column}-{end_row}:{end_column} {diagnostic.message}"]
    lines += [f"  label {label.span.location[0]}:{label.span.location[1]} {label.text}" for label in diagnostic.labels]
    lines += [f"  help {diagnostic.help}"] if diagnostic.help else []
    for fix in diagnostic.fixes:
        lines.append(f"  fix {fix.message}{' (safe)' if fix.safe else ''}")
        for edit in fix.edits:
            start, end = edit.span.location, edit.span.end_location
            lines.append(f"    {start[0]}:{start[1]}-{end[0]}:{end[1]} {edit.replacement!r}")
    return "\n".join(lines) + "\n"


def identity(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.code, diagnostic.message, diagnostic.span and diagnostic.span.location


def apply(text: str, fix: Fix) -> str:
    for edit in sorted(fix.edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


# ---------------------------------------------------------------- the catalogue


def test_there_are_goldens_for_at_least_forty_mistakes() -> None:
    assert sum(path.with_suffix(".out").read_text(encoding="utf-8").count("\nE") + 1 for path in GOLDENS) >= 40


def test_codes_are_in_order_and_unique() -> None:
    assert [code.id for code in CODES] == [f"E{number:03}" for number in range(1, len(CODES) + 1)]
    assert len({code.name for code in CODES}) == len(CODES)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.id)
def test_the_examples_of_a_page_are_true(code: object) -> None:
    """The example is reported under the page's code and no other; what to use instead is not reported at all."""
    assert hasattr(code, "page") and hasattr(code, "id")
    *examples, instead = _FENCE.findall(code.page)
    assert codes(instead) == []
    for example in examples:
        assert codes(example) == [code.id]
    assert examples or code.id in ("E001", "E003"), "only examples of megabytes are left to a test of their own"


# ---------------------------------------------------------------- goldens


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "".join(map(listing, diagnose(text))) == path.with_suffix(".out").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_each_fix_removes_its_diagnostic(path: Path) -> None:
    """A fixed file has that diagnostic no more. Its declaration may have a second mistake behind it, but one only."""
    text = SourceFile.of("a.rules", path.read_text(encoding="utf-8")).text
    before = diagnose(text)
    for diagnostic in before:
        for fix in diagnostic.fixes:
            after = diagnose(apply(text, fix))
            assert identity(diagnostic) not in map(identity, after), listing(diagnostic)
            assert len(after) <= len(before)


def test_the_frame_of_the_language_page() -> None:
    """Cyrillic `с` in `subject`: found, named, and fixed."""
    text = LANGUAGE.replace("subject mentions @act, @act_kk", "subjeсt mentions @act, @act_kk")
    (diagnostic,) = diagnose(text)
    assert (diagnostic.code, diagnostic.message) == ("E010", "unexpected `subjeсt`")
    assert diagnostic.help == "`subjeсt` holds Cyrillic letters that look Latin; write `subject`"
    assert diagnostic.span is not None and diagnostic.span.text == "subjeсt"
    assert apply(text, diagnostic.fixes[0]) == LANGUAGE


# ---------------------------------------------------------------- one run finds all


def test_every_declaration_may_be_wrong_and_each_is_reported_once() -> None:
    rules = [f'rule "R{i}" {{ when subjekt mentions "x"; triage }}' for i in range(20)]
    text = "\n".join([*rules, 'rule "good" { when empty; triage }', *rules[:1]])
    tree, diagnostics = parse(SourceFile.of("a.rules", text))
    assert [d.span.location[0] for d in diagnostics if d.span] == [*range(1, 21), 22]
    assert len(tree.declarations) == 1
    assert len(tree.broken) == 21


def test_a_missing_brace_costs_one_declaration() -> None:
    text = LANGUAGE.replace("    tag money\n}", "    tag money\n")
    tree, diagnostics = parse(SourceFile.of("a.rules", text))
    assert [d.code for d in diagnostics] == ["E018"]
    assert len(tree.broken) == 1
    assert len(tree.declarations) == len(parse(SourceFile.of("a.rules", LANGUAGE))[0].declarations) - 1


def test_all_syntax_errors_are_errors_in_the_order_of_the_file() -> None:
    text = (GOLDEN / "many.rules").read_text(encoding="utf-8")
    found = diagnose(text)
    assert {diagnostic.severity for diagnostic in found} == {Severity.ERROR}
    assert list(found) == sorted(found, key=lambda d: d.sort_key)


# ---------------------------------------------------------------- bounds


def test_too_long_a_file_is_an_error_with_a_place() -> None:
    (diagnostic,) = diagnose("#" + "x" * (32 * 1024 * 1024))
    assert diagnostic.code == "E001" and diagnostic.span is not None and diagnostic.span.location[0] == 1


@pytest.mark.parametrize(
    "text",
    [
        'rule "' + "x" * 70_000 + '" { when empty; triage }',
        "list a { " + "x" * 70_000 + " }",
        'rule "A" { when subject matches /' + "x" * 70_000 + "/; triage }",
        'test "A" { body """\n' + "x" * 1_100_000 + '\n"""; expect triage }',
    ],
    ids=["string", "word", "regex", "text"],
)
def test_endless_words_are_errors_with_a_place(text: str) -> None:
    (diagnostic,) = diagnose(text)
    assert diagnostic.code == "E003" and diagnostic.span is not None


@pytest.mark.parametrize("depth", [33, 1_000, 100_000])
@pytest.mark.parametrize("opener", ["any {", "not any {", "all {\n", "attachment {", "{"])
def test_nesting_never_exhausts_the_stack(opener: str, depth: int) -> None:
    text = 'rule "A" { when ' + f"{opener} " * depth + "empty" + " }" * depth + "; triage }"
    assert codes(text) == ["E002"]
    assert codes('rule "A" { when ' + f"{opener} " * depth) == ["E002"]


def test_the_deepest_nesting_allowed_parses() -> None:
    assert codes('rule "A" { when ' + "any { " * 32 + "empty" + " }" * 32 + "; triage }") == []


@pytest.mark.parametrize(
    "text",
    [
        "not " * 50_000,
        'rule "A" { when ' + "not " * 50_000,
        'rule "A" { when subject mentions ' + '"x", ' * 20_000,
        'rule "A" { when empty; ' + "unless " * 20_000,
        "}" * 50_000,
        '"' * 50_001,
        "«" * 5_000,
        'body """' * 2_000,
        ",\n" * 20_000,
        "#\n" * 50_000,
        " \n" * 50_000 + "x",
        "matches /" * 5_000,
        "word" + " " * 50_000 + "\n",
        "department x" + " " * 50_000 + "\ny",
        "w " * 50_000 + "\n",
        "w" * 60_000 + "\n" + "w" * 60_000,
        "otherwise" + "\n" * 50_000 + "x",
        "rule " * 20_000,
        'x "a" ' * 20_000,
        "condition x when subject mentions" + "\n" * 50_000,
    ],
)
def test_long_rows_of_anything_end_in_an_answer(text: str) -> None:
    for diagnostic in diagnose(text):
        assert diagnostic.span is not None


# ---------------------------------------------------------------- any text


def check_any(text: str) -> None:
    source = SourceFile.of("a.rules", text)
    tree, diagnostics = parse(source)
    for diagnostic in diagnostics:
        spans = [diagnostic.span, *(label.span for label in diagnostic.labels)]
        spans += [edit.span for fix in diagnostic.fixes for edit in fix.edits]
        for span in spans:
            assert span is not None and 0 <= span.start <= span.end <= len(source.text)
    for declaration in (*tree.declarations, *tree.broken, *tree.includes):
        assert 0 <= declaration.span.start < declaration.span.end <= len(source.text)
    assert diagnostics or not tree.broken, "what is broken has a reason"


_WRITTEN = r'''{ } ; , " « » “ „ "a" «б» @x / /a/i .. < >= <> # """ \ 25MB a@b.kz subjeсt and = ! ( 1 x'''
_PIECES = st.sampled_from([*sorted(KEYWORDS), *_WRITTEN.split(), "\n", "\u200b", "\u00a0", "\ufeff"])


@_QUICK
@given(st.text(max_size=80))
def test_arbitrary_text_never_raises(text: str) -> None:
    check_any(text)


@_QUICK
@given(st.lists(_PIECES, max_size=40).map(" ".join))
def test_words_in_any_order_never_raise(text: str) -> None:
    check_any(text)
    check_any('rule "A" { when ' + text)


@_QUICK
@given(st.data())
def test_mutations_of_a_valid_file_never_raise(data: st.DataObject) -> None:
    """Deletions, swaps and insertions, a few at a time."""
    text = LANGUAGE
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text) - 1))
        end = min(len(text), start + data.draw(st.integers(1, 12)))
        match data.draw(st.sampled_from(["delete", "insert", "swap"])):
            case "delete":
                text = text[:start] + text[end:]
            case "insert":
                text = text[:start] + data.draw(_PIECES) + text[start:]
            case "swap":
                text = text[:start] + text[end : end + 6] + text[start:end] + text[end + 6 :]
    check_any(text)


@_QUICK
@given(st.sampled_from(LANGUAGE.splitlines()), st.integers(0, 60), st.integers(1, 3))
def test_a_damaged_line_hurts_its_own_declaration_only(line: str, at: int, length: int) -> None:
    """What is deleted inside one line costs at most two declarations: its own, and one that it ran into."""
    if not line or '"' in line[at : at + length] or "{" in line[at : at + length] or "}" in line[at : at + length]:
        return
    damaged = line[:at] + line[at + length :]
    whole = len(parse(SourceFile.of("a.rules", LANGUAGE))[0].declarations)
    tree, _ = parse(SourceFile.of("a.rules", LANGUAGE.replace(line, damaged, 1)))
    assert len(tree.declarations) >= whole - 2
