"""`sievepy check --fix`: what can safely be mended, round after round, until nothing more can.

Nothing here writes. Every round checks the text that the round before made, and a result that is worse than what there
was is never handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sievepy.cli.checking import FAILING_TEST, Checked, Read, all_findings
from sievepy.text import Diagnostic, Fix, SourceFile
from sievepy.text.edits import compatible, edited

MOST_ROUNDS = 50
"""Fixes that call one another for longer than this do not end."""

Check = Callable[[Read], Sequence[Checked]]


@dataclass(frozen=True, slots=True)
class Fixed:
    """`texts`: the new text of each file that changes, by its name; `before` their old ones. `fixed`: the findings that
    were mended. `programs`: what is to be said now. Nothing is to be written where there is something `worse` (what
    speaks against the result), or where it has not `settled`: there is always one more to mend."""

    programs: Sequence[Checked]
    texts: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    fixed: Sequence[Diagnostic] = ()
    worse: Sequence[Diagnostic] = ()
    settled: bool = True


def fix_all(check: Check, read: Read) -> Fixed:
    """Carry out all safe fixes. `check` checks the programs with the reader it is given."""
    texts: dict[str, str] = {}
    before: dict[str, str] = {}
    fixed: list[Diagnostic] = []

    def overlaid(path: str) -> bytes:
        return texts[path].encode() if path in texts else read(path)

    first = programs = check(overlaid)
    for _ in range(MOST_ROUNDS):
        chosen = _safe_fixes(programs)
        if not chosen:
            break
        together = compatible(chosen)
        edits = [edit for fix in together for edit in fix.edits]
        fixed += [chosen[fix] for fix in together]
        for source in _sources(programs):
            text = edited(source, edits)
            if text != source.text:
                before.setdefault(source.name, source.text)
                texts[source.name] = text
        programs = check(overlaid)
    settled = not _safe_fixes(programs)
    return Fixed(programs, texts, before, fixed, _worse(first, programs) if texts else (), settled)


def _safe_fixes(programs: Sequence[Checked]) -> dict[Fix, Diagnostic]:
    """The safe fixes of what is found, and found in every program that the file is a part of."""
    everywhere = (d for d in all_findings(programs) if _found_in_all(d, programs))
    return {fix: d for d in everywhere for fix in d.fixes if fix.safe}


def _found_in_all(finding: Diagnostic, programs: Sequence[Checked]) -> bool:
    if finding.span is None:
        return False
    holding = [p for p in programs if finding.span.source.name in p.files]
    same = (finding.sort_key, finding.message)
    return bool(holding) and all(any((d.sort_key, d.message) == same for d in p.findings) for p in holding)


def _sources(programs: Sequence[Checked]) -> list[SourceFile]:
    """Each file once, whichever programs it is in."""
    return list({tree.source.name: tree.source for p in programs for tree in p.compilation.trees}.values())


def _worse(before: Sequence[Checked], after: Sequence[Checked]) -> list[Diagnostic]:
    """The errors that speak against a result: rules that had a meaning have none, declarations that could be read
    cannot, tests that passed fail. An error in what could not be read before is found, not made."""
    errors = [d for d in all_findings(after) if d.severity == "error"]
    failed = {d.message for d in all_findings(before) if d.code == FAILING_TEST.id}
    if all(p.compilation.ok for p in before) and not all(p.compilation.ok for p in after):
        return errors
    if _broken(after) > _broken(before):
        return errors
    return [d for d in errors if d.code == FAILING_TEST.id and d.message not in failed and _were_run(before)]


def _broken(programs: Sequence[Checked]) -> int:
    return sum(len(tree.broken) for p in programs for tree in p.compilation.trees)


def _were_run(programs: Sequence[Checked]) -> bool:
    return all(p.compilation.ok for p in programs)
