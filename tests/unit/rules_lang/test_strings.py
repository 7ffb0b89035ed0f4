"""Strings as language.md section 1 has them: four kinds of quotes, escapes, texts in triple quotes, regexes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sievepy.rules_lang.strings import CLOSERS, dedent, unescape_regex, unquote


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"акт"', "акт"),
        ("«акт»", "акт"),
        ("“акт”", "акт"),
        ("„акт“", "акт"),
        ('""', ""),
        ('"ООО «Ромашка»"', "ООО «Ромашка»"),
        ('«ООО "Ромашка"»', 'ООО "Ромашка"'),
        (r'"a\"b"', 'a"b'),
        (r"«a\»b»", "a»b"),
        (r"«a\"b»", 'a"b'),
        (r"„a\“b“", "a“b"),
        (r'"C:\\Users\\x"', r"C:\Users\x"),
        (r'"a\nb\tc"', "a\nb\tc"),
        (r'"\u{41F}\u{1F600}\u{0}"', "П\U0001f600\0"),
        (r'"\\n"', r"\n"),
    ],
)
def test_values(written: str, value: str) -> None:
    assert unquote(written) == (value, ())


@pytest.mark.parametrize(
    ("written", "bad"),
    [
        (r'"a\qb"', [(2, r"\q")]),
        (r'"\»"', [(1, r"\»")]),
        (r'"\u41F"', [(1, r"\u")]),
        (r'"\u{}"', [(1, r"\u{}")]),
        (r'"\u{xyz}"', [(1, r"\u{xyz}")]),
        (r'"\u{41F"', [(1, r"\u{41F")]),
        (r'"\u{D800}"', [(1, r"\u{D800}")]),
        (r'"\u{110000}"', [(1, r"\u{110000}")]),
        (r'"\d+ \w"', [(1, r"\d"), (5, r"\w")]),
    ],
)
def test_unknown_escapes_are_named_with_their_place_and_kept(written: str, bad: list[tuple[int, str]]) -> None:
    value, found = unquote(written)
    assert [(escape.start, escape.text) for escape in found] == bad
    assert all(written[escape.start : escape.end] == escape.text for escape in found)
    assert all(text in value for _, text in bad)


@given(st.sampled_from(sorted(CLOSERS)), st.text())
def test_whatever_is_escaped_comes_back(opener: str, text: str) -> None:
    closer = CLOSERS[opener]
    escaped = text.replace("\\", "\\\\").replace(closer, "\\" + closer).replace("\n", "\\n")
    assert unquote(opener + escaped + closer) == (text, ())


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"""\n  a\n  b\n  """', "a\nb\n"),
        ('"""\n  a\n    b\n  """', "a\n  b\n"),
        ('"""\n    a\n  """', "  a\n"),
        ('"""\n  a\n\n  b"""', "a\n\nb"),
        ('"""\n  a\n \n  b\n  """', "a\n\nb\n"),
        ('"""   \n  a\n  """', "a\n"),
        ('"""\n\ta\n  b\n"""', "\ta\n  b\n"),
        ('"""\n"""', ""),
        ('"""\n  \\n "quoted" ""\n  """', '\\n "quoted" ""\n'),
    ],
    ids=repr,
)
def test_triple_quoted_text_begins_behind_the_first_newline_and_loses_common_indentation(
    written: str, value: str
) -> None:
    assert dedent(written) == value


@pytest.mark.parametrize(
    ("written", "pattern", "flags"),
    [
        ("/a/", "a", ""),
        ("/a/i", "a", "i"),
        (r"/a\/b/im", "a/b", "im"),
        (r"/\d+\\\/x/", r"\d+\\/x", ""),
        (r"/\\/", r"\\", ""),
    ],
)
def test_only_the_slash_is_unescaped_in_a_regex(written: str, pattern: str, flags: str) -> None:
    assert unescape_regex(written) == (pattern, flags)
