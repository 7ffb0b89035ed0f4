"""W307: a phrase of one or two small letters."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import written_phrases
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning
from sievepy.words.phrase import read_phrase

CODE = Code(
    "W307",
    "short-word",
    """\
## What it does
Finds phrases that are a single word of one or two letters, not in capitals: `"да"`, `"по"`.

## Why it is bad
Such words stand in nearly every letter, and in signatures and addresses besides.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Согласие" { when text mentions "да"; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Согласие" { when text mentions "да, согласны"; assign buh }
otherwise { triage }
```
""",
)

_SHORT = 2  # letters


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for written in written_phrases(compilation):
        words = read_phrase(written.text).words
        if len(words) == 1 and len(words[0].text) <= _SHORT and not words[0].written.isupper():
            message = f"`{written.text}` stands in nearly every letter"
            yield warning(CODE.id, message, written.span, help="write a longer phrase")
