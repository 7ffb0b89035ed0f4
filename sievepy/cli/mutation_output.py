"""What `sievepy test --mutate` shows: the changes that no test notices, where an editor can jump to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sievepy.cli.coverage_output import place
from sievepy.ruletest.coverage import percent
from sievepy.ruletest.mutants import Mutant
from sievepy.ruletest.mutate import Mutation
from sievepy.text import Span

if TYPE_CHECKING:
    from sievepy.rules_lang.symbols import Symbols


def as_lines(mutation: Mutation, symbols: Symbols, verbose: bool) -> Iterator[str]:
    """`verbose`: say of which lists phrases can be left out, too."""
    for mutant in mutation.survivors:
        yield f"{mutant.span}: {mutant.change}: no test notices ({_where(mutant)})"
    if verbose:
        yield from _by_list(mutation, symbols)
    if mutation.survivors or (verbose and mutation.unnoticed):
        yield ""
    sampled = f", a sample of {mutation.all}" if mutation.tried < mutation.all else ""
    yield f"changes noticed: {_of(mutation.tried - len(mutation.survivors), mutation.tried)}{sampled}"
    if mutation.phrases:
        yield f"phrases noticed when left out: {_of(mutation.phrases - len(mutation.unnoticed), mutation.phrases)}"
    if mutation.failing:
        failing = ", ".join(f'"{name}"' for name in mutation.failing)
        yield f"not asked, because they fail as it is: {failing}"


def _where(mutant: Mutant) -> str:
    first, *more = mutant.titles
    return f'rule "{first}"' if not more else f"{len(mutant.titles)} rules"


def _of(noticed: int, tried: int) -> str:
    return f"{noticed} of {tried} ({percent(noticed, tried):.1f} %)"


def _by_list(mutation: Mutation, symbols: Symbols) -> Iterator[str]:
    """One line a list; a phrase in a test has a line of its own."""
    home = {written.span: symbol for symbol in symbols.phrases.values() for written in symbol.value}
    counts = Counter(home[w.span].span if w.span in home else w.span for w in mutation.unnoticed)
    sizes = {symbol.span: len(symbol.value) for symbol in symbols.phrases.values()}
    for span in sorted(counts, key=lambda span: (span.source.name, span.start)):
        yield f"{span}: {_left_out(span, counts[span], sizes.get(span))}"


def _left_out(span: Span, count: int, of: int | None) -> str:
    return (
        f"without {span.text}: no test notices" if of is None else f"{count} of {of} phrases of @{span.text} unnoticed"
    )


def as_object(mutation: Mutation) -> dict[str, Any]:
    return {
        "changes": mutation.all,
        "tried": mutation.tried,
        "letters": mutation.letters,
        "judged": mutation.judged,
        "survivors": [{"change": m.change, "rules": m.titles, **place(m.span)} for m in mutation.survivors],
        "phrases": {
            "tried": mutation.phrases,
            "survivors": [{"text": written.text, **place(written.span)} for written in mutation.unnoticed],
        },
        "failing": mutation.failing,
    }
