"""W301: a word that is also a form of a quite different word."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import written_phrases
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning
from sievepy.words import Expander

CODE = Code(
    "W301",
    "surprising-form",
    """\
## What it does
Finds one-word phrases that are forms of more than one word: `белки` is of «белка» and of «белок», and `mentions`
matches all forms of both.

## Why it is bad
The rule takes letters about something else. In a longer phrase the other words say which one is meant.

## Example
```rules
department lab { email lab@x-com.kz }
rule "Белки" { when subject mentions "белки"; assign lab }
otherwise { triage }
```

## Use instead
A longer phrase, or `mentions exact` where only this spelling is meant.

```rules
department lab { email lab@x-com.kz }
rule "Белки" { when subject mentions "белки и жиры"; assign lab }
otherwise { triage }
```
""",
)

_MOST_NAMED = 4


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    expander = Expander()
    for written in written_phrases(compilation):
        if "ru" not in written.languages and written.languages != ("translit",):
            continue
        odd = expander.expand(written.text, ("ru",)).surprising
        if odd:
            words = ", ".join(f"«{lemma}»" for lemma in odd[:_MOST_NAMED])
            yield warning(
                CODE.id,
                f"`{written.text}` also matches every form of {words}",
                written.span,
                help="write a longer phrase, or `mentions exact`; `sievepy words` shows what a phrase matches",
            )
