"""W302: a word in capitals, which stays as it is, although it is no abbreviation."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import Written, written_phrases
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning
from sievepy.words import Expander
from sievepy.words.phrase import Word, read_phrase

CODE = Code(
    "W302",
    "literal-capitals",
    """\
## What it does
Finds words in capitals in Russian phrases. They count as abbreviations (`ЭСФ`) and are not inflected; case itself does
not matter. Reported are long words that the dictionary knows as ordinary ones, and pronouns, particles and the like
(`ТО`, `НАС`), which would be found in nearly every letter.

## Why it is bad
`СЧЁТ` does not match «счета»; `ТО`, meant as an abbreviation, matches every «то».

## Example
```rules
department buh { email buh@x-com.kz }
rule "Договоры" { when subject mentions "ДОГОВОР"; assign buh }
otherwise { triage }
```

## Use instead
Small letters where all forms are meant, `mentions exact` for an abbreviation that is also a word.

```rules
department buh { email buh@x-com.kz }
rule "Договоры" { when any { subject mentions "договор"; subject mentions exact "ТО" }; assign buh }
otherwise { triage }
```
""",
)

_ABBREVIATION = 3  # letters
_SMALL_WORDS = frozenset({"NPRO", "PREP", "CONJ", "PRCL", "INTJ"})


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    expander = Expander()
    for written in written_phrases(compilation):
        if "ru" in written.languages:
            yield from _check(written, expander)


def _check(written: Written, expander: Expander) -> Iterator[Diagnostic]:
    words = read_phrase(written.text).words
    for word in words:
        if not word.literal or word.prefix:
            continue
        lexemes = expander.lexemes(Word(word.text, word.text))
        if len(word.text) > _ABBREVIATION and any(len(lexeme.forms) > 1 for lexeme in lexemes):
            message = f"`{word.written}` is matched in this form only: a word in capitals is not inflected"
            yield warning(CODE.id, message, written.span, help=f"write `{word.text}` to match all its forms")
        elif len(words) == 1 and any(lexeme.kind in _SMALL_WORDS for lexeme in lexemes):
            message = f"`{word.written}` matches every «{word.text}»: capitals do not matter to `mentions`"
            yield warning(CODE.id, message, written.span, help=f'write `mentions exact "{word.written}"`')
