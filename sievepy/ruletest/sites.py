"""The places in conditions where something can be changed, and the conditions after such a change.

Tests are known by where they are written. A named condition stands in every rule that uses it, so one place may be met
in many rules, and a change there is a change of all of them. Where a block uses a condition by name, that use is a
place of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from sievepy.ir.conditions import AllOf, AnyOf, Attachment, MentionsNear, Not, Test
from sievepy.ir.script import Rule
from sievepy.rules_lang.symbols import Symbol
from sievepy.text import Span

_LONGEST = 70  # characters of a test in the words of a change

Named = Mapping[Span | None, Symbol[Test]]
"""The named conditions, by where their tests are written."""


@dataclass(frozen=True, slots=True)
class Site:
    """`kind`: `drop` (out of its block), `negate`, or `without N` (a phrase of `mentions all of`). `around`: the block
    it must stand in, where one use of a condition is meant."""

    kind: str
    at: Span
    around: Span | None = None


def sites(rule: Rule, named: Named) -> Iterator[Site]:
    """A place may come several times."""
    for test in (rule.test, rule.unless):
        if test is not None:
            yield from _sites(test, None, named)


def _sites(test: Test, around: Test | None, named: Named) -> Iterator[Site]:
    at = test.origin
    if at is None:
        return
    use = around.origin if around is not None and _use(at, around.origin, named) is not None else None
    if isinstance(around, AllOf | AnyOf) and at != around.origin and len(around.tests) > 1:
        yield Site("drop", at, use)
    if isinstance(around, AllOf | AnyOf) and sum(each.origin == at for each in around.tests) > 1:
        return  # several that were written as one: `size > 1MB, 2MB`
    if _is_single(test) or isinstance(test, Not | Attachment):
        yield Site("negate", at, use)
    if isinstance(test, MentionsNear):
        yield from (Site(f"without {number}", at) for number in range(len(test.phrases)))
    elif not _is_single(test):
        yield from _inside(test, named)


def _inside(test: Test, named: Named) -> Iterator[Site]:
    match test:
        case Not(inner) if isinstance(inner, AllOf | AnyOf):  # `none`, or `not` before a block
            for each in inner.tests:
                yield from _sites(each, inner, named)
        case Attachment(inner):
            yield from _sites(inner, test, named)
        case AllOf(tests) | AnyOf(tests):
            for each in tests:
                yield from _sites(each, test, named)


def _is_single(test: Test) -> bool:
    """One test as written, though several nodes may stand for it: `every attachment …`, `header "X" absent`."""
    match test:
        case AllOf(tests) | AnyOf(tests):
            return all(each.origin == test.origin for each in tests)
        case Not(inner) | Attachment(inner):
            return inner.origin == test.origin and _is_single(inner)
    return True


def _use(at: Span, around: Span | None, named: Named) -> Span | None:
    """Where the condition written at `at` is named inside a block."""
    if around is None or at not in named:
        return None
    uses = named[at].uses
    return next((use for use in uses if use.source is around.source and around.start <= use.start < around.end), None)


# ---------------------------------------------------------------- after a change

_Edit = Callable[[Test, Test | None], Test | None]
"""What stands in a test's place, given the block around it: itself where nothing changes, None where it is left out."""


def edited(rule: Rule, site: Site) -> Rule:
    """The rule after the change; the same object where it has no such place, or nothing would be left of it."""
    edit = _edit(site)
    test = _rewritten(rule.test, edit, None)
    unless = None if rule.unless is None else _rewritten(rule.unless, edit, None)
    if test is None or (test is rule.test and unless is rule.unless):
        return rule
    return replace(rule, test=test, unless=unless)


def _edit(site: Site) -> _Edit:
    def edit(test: Test, around: Test | None) -> Test | None:
        if test.origin != site.at or (site.around is not None and (around is None or around.origin != site.around)):
            return test
        if site.kind == "drop":
            return None if isinstance(around, AllOf | AnyOf) and around.origin != site.at else test
        if site.kind == "negate":
            return test.test if isinstance(test, Not) else Not(test, test.origin)
        return _without(test, int(site.kind.removeprefix("without ")))

    return edit


def _without(test: Test, number: int) -> Test:
    if not isinstance(test, MentionsNear):
        return test
    return replace(test, phrases=test.phrases[:number] + test.phrases[number + 1 :])


def _rewritten(test: Test, edit: _Edit, around: Test | None) -> Test | None:
    """The test after an edit; the same object where nothing changes. A block of which nothing would be left stays."""
    new = edit(test, around)
    if new is not test:
        return new
    match test:
        case Not(inner) | Attachment(inner):
            changed = _rewritten(inner, edit, test)
            return test if changed is inner or changed is None else type(test)(changed, test.origin)
        case AllOf(tests) | AnyOf(tests):
            parts = [_rewritten(each, edit, test) for each in tests]
            kept = tuple(part for part in parts if part is not None)
            same = len(kept) == len(tests) and all(a is b for a, b in zip(kept, tests, strict=True))
            return test if same or not kept else type(test)(kept, test.origin)
    return test


# ---------------------------------------------------------------- in words


def told(site: Site, named: Named) -> tuple[Span, str]:
    """Where the change is, and what it is in the words of the language."""
    symbol = named.get(site.at)
    use = _use(site.at, site.around, named)
    if symbol is not None and use is None and len(symbol.uses) == 1:
        use = symbol.uses[0]
    if symbol is None or use is None:
        return site.at, _change(site.kind, written(site.at))
    return use, _change(site.kind, f"condition {symbol.name}")


def _change(kind: str, words: str) -> str:
    match kind:
        case "drop":
            return f"without `{words}`"
        case "negate" if words.startswith("not "):
            return f"without the `not` of `{words}`"
        case "negate" if words.startswith("none "):
            return f"`any` for the `none` of `{words}`"
        case "negate" if words.endswith(" absent"):
            return f"`exists` for the `absent` of `{words}`"
        case "negate":
            return f"`not` before `{words}`"
    return f"without phrase {int(kind.removeprefix('without ')) + 1} of `{words}`"


_LINE_END = re.compile(r"(?<![{,;\s])\s*\n\s*(?!\})")


def written(span: Span) -> str:
    """What stands there, on one line and not too long."""
    text = " ".join(_LINE_END.sub("; ", span.text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
