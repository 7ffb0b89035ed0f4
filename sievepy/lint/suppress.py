"""`# sievepy: ignore W201 reason`: findings that somebody has seen and wants to keep. W215: one that keeps nothing.

The comment stands on the line of the finding or on the line above it, and names one code or several, with commas. Only
lint findings can be ignored; what the language refuses stays refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sievepy.text import Diagnostic, Edit, Fix, Severity, SourceFile, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning
from sievepy.text.edits import own_line
from sievepy.text.nearest import nearest

CODE = Code(
    "W215",
    "unused-ignore",
    """\
## What it does
Finds comments `# sievepy: ignore CODE` on or above a line of which there is no such finding.

## Why it is bad
The comment says that something is odd here, which is no longer so; and it would hide the next real finding.

## Example
```rules
department buh { email buh@x-com.kz }
# sievepy: ignore W201 waits for the new contract
rule "Счета" { when subject mentions "счёт"; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject mentions "счёт"; assign buh }
otherwise { triage }
```
""",
)

_TOKENS = re.compile(
    r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|«[^»\n]*»|“[^”\n]*”|„[^“\n]*“|(?P<comment>#[^\n]*)',
)
_DIRECTIVE = re.compile(r"#\s*sievepy:\s*(?P<word>[\w-]+)")
_IGNORE = re.compile(r"#\s*sievepy:\s*ignore\b[ \t]*(?P<codes>[EW]\d{3}(?:\s*,\s*[EW]\d{3})*)?")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment: where it stands, and the codes it names."""

    span: Span
    codes: tuple[str, ...]

    @property
    def rows(self) -> tuple[int, int]:
        row = self.span.location[0]
        return row, row + 1


def ignores(source: SourceFile) -> Iterator[Ignore]:
    """The comments of a file that ask for something to be ignored, in order."""
    for token in _TOKENS.finditer(source.text):
        match = _IGNORE.match(token["comment"] or "")
        if match is not None:
            codes = tuple(re.split(r"\s*,\s*", match["codes"])) if match["codes"] else ()
            yield Ignore(source.span(token.start(), token.end()), codes)


def suppress(
    found: Iterable[Diagnostic], sources: Sequence[SourceFile], unsure: frozenset[str] = frozenset()
) -> Iterator[Diagnostic]:
    """The findings that no comment of the sources wants kept quiet, then one for each comment that quiets nothing.
    `unsure` are codes whose findings need more than was looked at this time: a comment that names one is not idle."""
    yield from (finding for source in sources for finding in _misspelt(source))
    comments = [ignore for source in sources for ignore in ignores(source)]
    wanted = {(c.span.source, row, code): c for c in comments for code in c.codes for row in c.rows}
    used: set[tuple[Span, str]] = set()
    for diagnostic in found:
        comment = _comment(diagnostic, wanted)
        if comment is None:
            yield diagnostic
        else:
            used.add((comment.span, diagnostic.code))
    for comment in comments:
        unused = [code for code in comment.codes if (comment.span, code) not in used and code not in unsure]
        if unused or not comment.codes:
            yield _unused(comment, unused)


def _comment(diagnostic: Diagnostic, wanted: dict[tuple[SourceFile, int, str], Ignore]) -> Ignore | None:
    if diagnostic.span is None or diagnostic.severity is Severity.ERROR:
        return None
    return wanted.get((diagnostic.span.source, diagnostic.span.location[0], diagnostic.code))


def _misspelt(source: SourceFile) -> Iterator[Diagnostic]:
    """Comments that were probably meant to ignore something."""
    for token in _TOKENS.finditer(source.text):
        match = _DIRECTIVE.match(token["comment"] or "")
        if match is not None and match["word"] != "ignore" and nearest(match["word"], ("ignore",)):
            start = token.start("comment")
            word = source.span(start + match.start("word"), start + match.end("word"))
            fix = Fix("write `ignore`", (Edit(word, "ignore"),))
            message = f"`{word.text}` ignores nothing"
            yield warning(CODE.id, message, word, help="did you mean `ignore`?", fixes=(fix,))


def _unused(comment: Ignore, codes: list[str]) -> Diagnostic:
    if not comment.codes:
        advice = "write `# sievepy: ignore W201 reason`"
        return warning(CODE.id, "this comment names no code, so it ignores nothing", comment.span, help=advice)
    message = f"there is no {' or '.join(codes)} here to ignore"
    kept = [code for code in comment.codes if code not in codes]
    fix = _naming(comment, kept) if kept else Fix("remove the comment", (Edit(_whole(comment.span), ""),), safe=True)
    return warning(CODE.id, message, comment.span, fixes=(fix,))


def _naming(comment: Ignore, codes: list[str]) -> Fix:
    """The fix that leaves only these codes in the comment."""
    match = _IGNORE.match(comment.span.text)
    assert match is not None
    start, end = (comment.span.start + offset for offset in match.span("codes"))
    written = ", ".join(codes)
    return Fix(f"ignore only {written}", (Edit(comment.span.source.span(start, end), written),), safe=True)


def _whole(comment: Span) -> Span:
    """A comment with its line, where it stands alone; else with the blanks before it."""
    behind_code = comment.source.span(len(comment.source.text[: comment.start].rstrip()), comment.end)
    return own_line(comment) or behind_code
