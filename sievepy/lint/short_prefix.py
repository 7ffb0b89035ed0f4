"""W306: a prefix that unrelated words share."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import written_phrases
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning
from sievepy.words.phrase import read_phrase

CODE = Code(
    "W306",
    "short-prefix",
    """\
## What it does
Finds one-word phrases in Russian that are the beginning of a word, of three letters: `акт*`.

## Why it is bad
Unrelated words begin so: «акт», «актив», «актуальный», «актёр».

## Example
```rules
department buh { email buh@x-com.kz }
rule "Акты" { when subject mentions "акт*"; assign buh }
otherwise { triage }
```

## Use instead
The word itself, which matches in all its forms, or a longer beginning.

```rules
department buh { email buh@x-com.kz }
rule "Акты" { when subject mentions "акт", "оплат*"; assign buh }
otherwise { triage }
```
""",
)

_SHORT = 3  # letters; the language itself refuses fewer


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for written in written_phrases(compilation):
        words = read_phrase(written.text).words if "ru" in written.languages else ()
        if len(words) == 1 and words[0].prefix and len(words[0].text) <= _SHORT:
            message = f"`{written.text}` takes every word that begins with `{words[0].text}`"
            advice = f'write "{words[0].text}" for all forms of the word, or a longer beginning'
            yield warning(CODE.id, message, written.span, help=advice)
