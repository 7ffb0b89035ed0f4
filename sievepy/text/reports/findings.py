"""What a report is made of, and what names a finding when the lines around it move."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sievepy.text.codes import Code
from sievepy.text.diagnostic import Diagnostic, Severity


@dataclass(frozen=True, slots=True)
class Findings:
    """`diagnostics` in the order of their places; `files` are the names of all that were checked, the entry file first:
    a finding about no place is put there by formats that must have one. `codes` by their ids; `version` is sievepy's;
    `failing`: the severities that make the status 1."""

    diagnostics: Sequence[Diagnostic]
    files: Sequence[str]
    codes: Mapping[str, Code] = field(default_factory=dict)
    version: str = ""
    failing: frozenset[Severity] = frozenset({Severity.ERROR})


def fingerprints(diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """A name for each finding that stays while the file is edited elsewhere: of its code, its file, the words of its
    line, and of how many before it share these. It does not hold the message, which a new version may put better."""
    seen: Counter[tuple[str, ...]] = Counter()
    for diagnostic in diagnostics:
        key = _identity(diagnostic)
        seen[key] += 1
        yield hashlib.sha256("\0".join((*key, str(seen[key]))).encode(errors="surrogatepass")).hexdigest()[:40]


def _identity(diagnostic: Diagnostic) -> tuple[str, ...]:
    span = diagnostic.span
    if span is None:
        return diagnostic.code, "", diagnostic.message
    line = " ".join(span.source.line(span.location[0]).split())
    return diagnostic.code, span.source.name, line
