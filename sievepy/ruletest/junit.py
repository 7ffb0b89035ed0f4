"""The results of tests and labelled letters as JUnit XML: a suite a file, a case a test or letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sievepy.ruletest.labelled import Scored
from sievepy.ruletest.run import CaseResult
from sievepy.text.reports.suites import CaseReport, Failed, Suite, document


def junit(cases: Iterable[CaseResult], letters: Iterable[Scored]) -> str:
    """Titles, ids, and what was expected; never a word of a letter."""
    suites: defaultdict[str, list[CaseReport]] = defaultdict(list)
    for result in cases:
        origin = result.case.origin
        file = origin.source.name if origin is not None else "tests"
        suites[file].append(_case(file, result))
    for letter in letters:
        suites[letter.file].append(_letter(letter))
    return document("sievepy test", [Suite(name, reports) for name, reports in suites.items()])


def _case(file: str, result: CaseResult) -> CaseReport:
    origin = result.case.origin
    failed = None
    if not result.passed:
        message = result.problem or f"want {', '.join(result.want) or 'nothing more'}; got {', '.join(result.got)}"
        failed = Failed("problem" if result.problem else "expectation", message, details(result), bool(result.problem))
    line = None if origin is None else origin.location[0]
    return CaseReport(result.case.title, file, None if origin is None else file, line, failed)


def details(result: CaseResult) -> str:
    """What differs, line by line, and which rules fired."""
    lines = [] if result.problem is None else [result.problem]
    lines += [f"want  {line}" for line in result.want]
    lines += [f"got   {line}" for line in result.got]
    if result.plan is not None:
        lines.append("rules " + (", ".join(f'"{title}"' for title in result.plan.rules) or "none"))
    return "\n".join(lines)


def _letter(scored: Scored) -> CaseReport:
    failed = None if scored.passed else Failed(str(scored.score), where(scored), where(scored))
    return CaseReport(scored.letter.id, scored.file, scored.file, None, failed)


def where(scored: Scored) -> str:
    """Where the letter should go, where it goes, and by which rules."""
    want, got = ", ".join(sorted(scored.letter.expect)), ", ".join(sorted(scored.got))
    return f"want {want}  got {got}  by {', '.join(repr(title) for title in scored.rules)}"
