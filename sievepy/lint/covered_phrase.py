"""W205: a phrase whose every hit is a hit of another phrase of the same list or test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sievepy.compiler import Compilation
from sievepy.ir.conditions import Mentions, Phrase
from sievepy.lint.logic.clauses import subtests
from sievepy.lint.logic.index import Index, phrase_asks, phrase_offers
from sievepy.lint.logic.phrases import phrase_implies
from sievepy.lint.program import all_rules, field_tests, inline
from sievepy.text import Diagnostic, Fix, Label, Span
from sievepy.text.codes import Code
from sievepy.text.diagnostic import warning
from sievepy.text.edits import removal

CODE = Code(
    "W205",
    "covered-phrase",
    """\
## What it does
Finds phrases that match nothing beyond what another phrase beside them matches already: other forms of the same words,
or a longer phrase that holds the shorter one.

## Why it is bad
It hides how wide the list really is. Who later removes the longer phrase believes the rule has become narrower.

## Example
```rules
phrases act { "акт сверки"; "акта сверки" }
department buh { email buh@x-com.kz }
rule "Акты" { when text mentions @act; assign buh }
otherwise { triage }
```

## Use instead
```rules
phrases act { "акт сверки" }
department buh { email buh@x-com.kz }
rule "Акты" { when text mentions @act; assign buh }
otherwise { triage }
```
""",
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A written phrase with its forms; `own`: it stands here and is not merely referred to."""

    text: str
    span: Span
    forms: tuple[Phrase, ...]
    own: bool = True


def check(compilation: Compilation) -> Iterator[Diagnostic]:
    for symbol in compilation.symbols.phrases.values():
        yield from _covered([_Entry(w.text, w.span, w.phrases) for w in symbol.value], [w.span for w in symbol.value])
    if compilation.script is not None:
        yield from _in_tests(compilation)


def _in_tests(compilation: Compilation) -> Iterator[Diagnostic]:
    expanded = {test.origin: test for test in _mentions(compilation)}
    for written in field_tests(compilation):
        test = expanded.get(written.span)
        if written.operator != "mentions" or test is None:
            continue
        entries = [
            _Entry(w.text, w.span, tuple(p for p in test.phrases if p.written == w.text)) for w in inline(written)
        ]
        if entries:
            row = [operand.span for operand in written.operands]
            yield from _covered(entries + _referred(compilation, test, entries), row)


def _mentions(compilation: Compilation) -> Iterator[Mentions]:
    for rule in all_rules(compilation):
        for test in (rule.test, rule.unless):
            if test is not None:
                yield from (t for t in subtests(test) if isinstance(t, Mentions))


def _referred(compilation: Compilation, test: Mentions, own: Iterable[_Entry]) -> list[_Entry]:
    """The phrases that a test takes from lists."""
    forms = set(test.phrases)
    listed = (w for symbol in compilation.symbols.phrases.values() for w in symbol.value)
    return [_Entry(w.text, w.span, w.phrases, own=False) for w in listed if w.phrases and forms.issuperset(w.phrases)]


def _covered(entries: Sequence[_Entry], row: Sequence[Span]) -> Iterator[Diagnostic]:
    """`row`: all that stands beside one another in the list or test, referred lists included, in order."""
    index: Index[int] = Index()
    for number, entry in enumerate(entries):
        index.add(frozenset(f for form in entry.forms for f in phrase_offers(form)), number)
    for number, entry in enumerate(entries):
        if not entry.own or not entry.forms:
            continue
        near = index.find(phrase_asks(entry.forms[0]))
        cover = next((entries[n] for n in sorted(near) if _covers(entries, n, number)), None)
        if cover is not None:
            yield _finding(entry, cover, row)


def _covers(entries: Sequence[_Entry], one: int, other: int) -> bool:
    """Whether entry `one` takes all that `other` takes. Of two that take the same, the first covers the second."""
    if one == other or not _implies(entries[other], entries[one]):
        return False
    return one < other or not entries[one].own or not _implies(entries[one], entries[other])


def _implies(narrow: _Entry, wide: _Entry) -> bool:
    return all(any(phrase_implies(q, p) for p in wide.forms) for q in narrow.forms)


def _finding(entry: _Entry, cover: _Entry, row: Sequence[Span]) -> Diagnostic:
    # A phrase written twice can go whatever asks for the list. One that is merely covered cannot: as a piece of text,
    # in `contains @list`, it is not.
    twice = entry.text == cover.text
    edit = removal(row, row.index(entry.span)) if twice else None
    more = "stands twice" if twice else f"matches nothing that `{cover.text}` does not match already"
    return warning(
        CODE.id,
        f"`{entry.text}` {more}",
        entry.span,
        labels=(Label(cover.span, "covers it"),),
        help="remove it; `sievepy words` shows what a phrase matches",
        fixes=(Fix("remove it", (edit,), safe=True),) if edit is not None else (),
    )
