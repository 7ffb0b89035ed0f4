"""W303: a word of Cyrillic and Latin letters that look alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import declarations, field_tests
from sievepy.rules_lang import ast
from sievepy.rules_lang.lookalikes import scripts, to_cyrillic, to_latin
from sievepy.text import Diagnostic, Edit, Fix, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W303",
    "mixed-alphabets",
    """\
## What it does
Finds words in phrases and strings whose letters come from two alphabets, one of them by look-alikes only: `cчёт` with
a Latin `c`.

## Why it is bad
It looks right and matches nothing: letters write the word in one alphabet. Mostly a layout was not switched in time.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject contains "cчёт"; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Счета" { when subject contains "счёт"; assign buh }
otherwise { triage }
```
""",
)

_WORD = re.compile(r"[^\W\d_]+")


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for string in _strings(compilation):
        # With escapes or marks inside, offsets in the value are not offsets in the file.
        offset = string.span.text.find(string.value)
        for word in _WORD.finditer(string.value):
            if not {"LATIN", "CYRILLIC"} <= scripts(word[0]):
                continue
            one = to_cyrillic(word[0]) or to_latin(word[0])
            if one is not None:
                start = string.span.start + offset + word.start()
                span = string.span if offset < 0 else Span(string.span.source, start, start + len(word[0]))
                yield _finding(word[0], one, span, offset >= 0)


def _strings(compilation: Compilation) -> Iterator[ast.String]:
    for declaration in declarations(compilation):
        if isinstance(declaration, ast.PhrasesDecl):
            yield from declaration.phrases
    for test in field_tests(compilation):
        yield from (operand for operand in test.operands if isinstance(operand, ast.String))


def _finding(word: str, one: str, span: Span, exact: bool) -> Diagnostic:
    fixes = (Fix(f"write `{one}`", (Edit(span, one),)),) if exact else ()
    strangers = ", ".join(dict.fromkeys(f"`{a}`" for a, b in zip(word, one, strict=True) if a != b))
    alphabet = "Latin" if scripts(one) == {"CYRILLIC"} else "Cyrillic"
    return warning(CODE.id, f"`{word}` mixes alphabets: {strangers} is {alphabet}", span, fixes=fixes)
