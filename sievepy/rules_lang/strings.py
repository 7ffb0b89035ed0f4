"""The four kinds of quotes, escapes, and triple-quoted text.

Each opener closes with its own closer. Escapes are `\\" \\\\ \\n \\t \\u{…}` and the string's own closer behind a
backslash; between `\"\"\"` there are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CLOSERS = {'"': '"', "«": "»", "“": "”", "„": "“"}
"""What closes a string, by what opens it."""

_ESCAPE = re.compile(r"\\(?:u\{([^}\"«»“”„\n]*)\}?|(.))")
_SIMPLE = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_MAX_CODE_POINT = 0x10FFFF
_LEADING_SPACE = re.compile(r"[^\S\n]*")


@dataclass(frozen=True, slots=True)
class BadEscape:
    """An escape that means nothing: its offsets in the string as written, and its text."""

    start: int
    end: int
    text: str


def unquote(written: str) -> tuple[str, tuple[BadEscape, ...]]:
    """The value of a one-line string, quotes included in `written`, and the escapes it should not hold; they are kept
    in the value as written."""
    if "\\" not in written:
        return written[1:-1], ()
    bad: list[BadEscape] = []

    def replace(match: re.Match[str]) -> str:
        value = _escaped(match, CLOSERS[written[0]])
        if value is None:
            bad.append(BadEscape(match.start() + 1, match.end() + 1, match[0]))
            return match[0]
        return value

    return _ESCAPE.sub(replace, written[1:-1]), tuple(bad)


def quoted(value: str, opener: str = '"') -> str:
    """A one-line string of this value, in the quotes that `opener` opens; `unquote` is the inverse."""
    closer = CLOSERS[opener]
    text = value.replace("\\", "\\\\").replace("\n", "\\n").replace(closer, "\\" + closer)
    if opener != closer:  # a string holds its opener only as its number
        text = text.replace(opener, f"\\u{{{ord(opener):X}}}")
    return opener + text + closer


def _escaped(match: re.Match[str], closer: str) -> str | None:
    """What an escape stands for; None for an unknown one, a surrogate, or no code point at all."""
    if match[2] is not None:
        return closer if match[2] == closer else _SIMPLE.get(match[2])
    digits = match[1]
    if not match[0].endswith("}") or not re.fullmatch("[0-9A-Fa-f]{1,6}", digits):
        return None
    code = int(digits, 16)
    return chr(code) if code <= _MAX_CODE_POINT and not 0xD800 <= code <= 0xDFFF else None


def dedent(written: str) -> str:
    """The value of a triple-quoted string: what stands behind its first newline, without the indentation that all its
    lines share. Lines of white space alone do not count, but for the last one, on which the closing quotes stand."""
    return "\n".join(_dedented(written))


def reindent(written: str, indentation: str) -> str:
    """A triple-quoted string of the same value whose lines, and so its closing quotes, share this indentation."""
    *lines, last = _dedented(written)
    shifted = [indentation + line if line else "" for line in lines]
    return "\n".join(('"""', *shifted, indentation + last + '"""'))


def _dedented(written: str) -> list[str]:
    lines = written[3:-3].split("\n")[1:]
    counted = [line for line in lines[:-1] if line.strip()] + lines[-1:]
    indents = [_LEADING_SPACE.match(line)[0] for line in counted]  # type: ignore[index]
    common = _common_prefix(indents)
    return [line.removeprefix(common) if line.strip() else "" for line in lines]


def _common_prefix(indents: list[str]) -> str:
    shortest, longest = min(indents), max(indents)
    for i, char in enumerate(shortest):
        if longest[i] != char:
            return shortest[:i]
    return shortest


def unescape_regex(written: str) -> tuple[str, str]:
    """Pattern and flags of a regex as written; `\\/` is a plain slash, every other escape is the regex's own."""
    end = written.rindex("/")
    return re.sub(r"\\(.)", lambda m: "/" if m[1] == "/" else m[0], written[1:end]), written[end + 1 :]
