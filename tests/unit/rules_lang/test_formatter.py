"""The canonical layout, as tests/golden/format/ shows it, and when a file is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sievepy.cli.catalogue import ALL
from sievepy.rules_lang.formatter import CODE, Formatted, concrete, faithful, format, format_source
from sievepy.rules_lang.parser import parse
from sievepy.text import SourceFile

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "format"
_FENCE = re.compile(r"^```rules(?! rough\.rules)[^\n]*\n(.*?)^```$", re.M | re.S)  # one shows what `fmt` changes
CASES = sorted(path.stem for path in GOLDEN.glob("*.rules"))


def formatted(text: str) -> Formatted:
    return format_source(SourceFile.of("a.rules", text))


def laid_out(text: str) -> str:
    result = formatted(text)
    assert result.text is not None, result.diagnostics
    return result.text


@pytest.mark.parametrize("name", CASES)
def test_the_golden_layouts(name: str) -> None:
    written = (GOLDEN / f"{name}.rules").read_text(encoding="utf-8")
    canonical = (GOLDEN / f"{name}.out").read_text(encoding="utf-8")
    assert laid_out(written) == canonical
    assert laid_out(canonical) == canonical


def test_there_are_goldens() -> None:
    assert len(CASES) >= 5


@pytest.mark.parametrize("file", sorted((ROOT / "rules").rglob("*.rules")), ids=lambda p: p.name)
def test_the_shipped_rules_are_in_their_canonical_layout(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert laid_out(text) == text


def test_empty_files() -> None:
    assert laid_out("") == laid_out("\n\n ; \n") == ""
    assert laid_out("\n\n# alone") == "# alone\n"


def test_line_ends_of_all_kinds_become_one() -> None:
    assert laid_out("\ufeffotherwise { triage }\r\n\r\r\u2028# x\x0c") == "otherwise { triage }\n\n# x\n"


def examples() -> list[tuple[str, str]]:
    """The rules that documents and the pages of codes show, but for those that show a mistake of the text."""
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    texts = [(path.name, path.read_text(encoding="utf-8")) for path in documents]
    texts += [(code.id, code.page) for code in ALL]
    shown = [(name, match[1]) for name, text in texts for match in _FENCE.finditer(text)]
    return [(name, text) for name, text in shown if not parse(SourceFile.of(name, text))[1]]


@pytest.mark.parametrize(("name", "text"), examples())
def test_what_the_documents_show_is_in_its_canonical_layout(name: str, text: str) -> None:
    assert laid_out(text) == text


# ---------------------------------------------------------------- refusals


def test_a_file_with_mistakes_is_refused_with_all_of_them() -> None:
    result = formatted('rule "a" { whn bounce; triage }\nrule "b" { when subjeсt exists; triage }\n')
    assert result.text is None
    assert [(d.code, d.span and d.span.location) for d in result.diagnostics] == [("E017", (1, 12)), ("E010", (2, 17))]


SPOILT = [
    ('"акт"', '"акта"', (1, 34)),
    ("assign buh", "assign abon", (1, 56)),
    ("# two", "", (3, 1)),
    ("# two", "# too", (3, 1)),
    ("# one", "# one\n# one", (3, 1)),
    ("; assign buh", "", (1, 1)),
]


@pytest.mark.parametrize(("what", "instead", "place"), SPOILT)
def test_a_layout_that_would_not_say_the_same_is_refused(
    what: str, instead: str, place: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'rule "a" { when subject mentions "акт", "счёт"; assign buh }\n# one\n# two\n'
    lay_out = format.lay_out
    monkeypatch.setattr(format, "lay_out", lambda file: lay_out(file).replace(what, instead))
    result = formatted(text)
    assert result.text is None
    (problem,) = result.diagnostics
    assert problem.code == CODE.id
    assert problem.span is not None and problem.span.location == place


def test_any_other_tree_is_another_tree() -> None:
    one = parse(SourceFile.of("a", 'rule "a" { observe; when size > 4MB; assign a, b }'))[0]
    for text in (
        'rule "a" { when size > 4MB; assign a, b }',
        'rule "a" { observe; when size >= 4MB; assign a, b }',
        'rule "a" { observe; when not size > 4MB; assign a, b }',
        'rule "a" { observe; when size > 4MB; assign a }',
        'rule "a" { observe; when size > 4MB; assign a, b; continue }',
        'session rule "a" { observe; when size > 4MB; assign a, b }',
        'rule "a" { observe; when size > 4MB; assign a, b }\nlist a { b.kz }',
    ):
        assert faithful.first_difference(one, parse(SourceFile.of("b", text))[0]) is not None, text
    same = parse(SourceFile.of("b", '\n\nrule "a"\n{\nobserve\nwhen size   > 4MB\nassign a,\nb }'))[0]
    assert faithful.first_difference(one, same) is None


def test_every_comment_has_its_place() -> None:
    text = "# 1\nlist a # 2\n# 3\n{ # 4\n# 5\nb.kz, # 6\n# 7\nc.kz # 8\n# 9\n} # 10\n# 11"
    spans = concrete.read(SourceFile.of("a", text)).comments
    assert [span.text for span in spans] == [f"# {number}" for number in range(1, 12)]
