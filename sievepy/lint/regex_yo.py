"""W404: a regex with ё, which most letters write as е."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.program import regexes
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W404",
    "regex-yo",
    """\
## What it does
Finds regexes with a `ё` that does not stand in a class with `е`.

## Why it is bad
To `matches`, alone among the operators, ё and е are two letters: `/счёт №\\d+/i` misses «счет №5».

## Example
```rules
department buh { email buh@x-com.kz }
rule "Счёт" { when subject matches /счёт №\\d+/i; assign buh }
otherwise { triage }
```

## Use instead
```rules
department buh { email buh@x-com.kz }
rule "Счёт" { when subject matches /сч[её]т №\\d+/i; assign buh }
otherwise { triage }
```
""",
)

_CLASS_WITH_BOTH = re.compile(r"\[[^\]]*(?:[её][^\]]*){2}\]", re.IGNORECASE)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for _, regex in regexes(compilation):
        if "ё" in _CLASS_WITH_BOTH.sub("", regex.pattern).lower() and "е|ё" not in regex.pattern:
            message = "this regex misses the word where it is written with `е`"
            yield warning(CODE.id, message, regex.span, help="write `[её]`")
