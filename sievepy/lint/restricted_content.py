"""W505: a rule for a restricted department that hands the letter's content to somebody else, too."""

from __future__ import annotations

from collections.abc import Iterator

from sievepy.compiler import Compilation
from sievepy.lint.content_abroad import own_domains
from sievepy.plan import ACTION_NAMES, Assign, Bitrix, Copy, FileInto, Forward
from sievepy.text import Diagnostic
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning

CODE = Code(
    "W505",
    "restricted-content",
    """\
## What it does
Finds rules that assign a restricted department and, in the same breath, `copy`, `forward`, `file` or `bitrix` it
`with content`.

## Why it is bad
The department is restricted so that personal documents lie in one place. `with content` makes a second one, with
readers and a retention of its own.

## Example
```rules
department activ { email activ@x-com.kz; restricted }
rule "Удостоверения" {
    when text mentions "удостоверение личности"
    assign activ
    copy chief@x-com.kz with content
}
otherwise { triage }
```

## Use instead
```rules
department activ { email activ@x-com.kz; restricted }
rule "Удостоверения" {
    when text mentions "удостоверение личности"
    assign activ
    copy chief@x-com.kz
}
otherwise { triage }
```
""",
)


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    script = compilation.script
    if script is None or not script.restricted:
        return
    own = own_domains(script, compilation.settings.intake)
    for rule in script.rules:
        assigned = [a.department for a in rule.actions if isinstance(a, Assign) and a.department in script.restricted]
        for action in rule.actions if assigned else ():
            match action:
                case Copy(address=address, with_content=True) | Forward(address=address, with_content=True):
                    if address.rpartition("@")[2] not in own:
                        continue  # W504 says more
                case FileInto(with_content=True) | Bitrix(with_content=True):
                    pass
                case _:
                    continue
            word = ACTION_NAMES[type(action)]
            message = f"`{word} … with content` gives the letters of restricted `{assigned[0]}` to others"
            yield warning(CODE.id, message, rule.origin, help="leave `with content` out: a reference goes there")
