"""W304: a phrase with Kazakh letters that is inflected as Russian."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import written_phrases
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W304",
    "kazakh-as-russian",
    """\
## What it does
Finds phrases with letters that only Kazakh has (ә і ң ғ ү ұ қ ө һ) in lists without `kk`, and inside tests, where
phrases are Russian.

## Why it is bad
The phrase matches this one form: no Kazakh endings, and not the spelling without specific letters.

## Example
```rules
department buh { email buh@x-com.kz }
rule "Акт" { when subject mentions "салыстыру актісі"; assign buh }
otherwise { triage }
```

## Use instead
```rules
phrases act_kk kk { "салыстыру актісі" }
department buh { email buh@x-com.kz }
rule "Акт" { when subject mentions @act_kk; assign buh }
otherwise { triage }
```
""",
)

_SPECIFIC = re.compile("[әіңғүұқөһӘІҢҒҮҰҚӨҺ]")


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for written in written_phrases(compilation):
        letter = _SPECIFIC.search(written.text)
        if letter is not None and "kk" not in written.languages:
            yield warning(
                CODE.id,
                f"`{written.text}` holds the Kazakh letter `{letter[0]}`, but gets no Kazakh endings",
                written.span,
                help="put it into a list of its own: `phrases NAME kk { … }`",
            )
