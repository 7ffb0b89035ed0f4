"""What `sievepy test` says of tests and labelled letters: those that fail, and how many there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sievepy.cli.coverage_output import place
from sievepy.ruletest.junit import details, where
from sievepy.ruletest.labelled import Score, Scored
from sievepy.ruletest.run import CaseResult


def case_lines(results: Sequence[CaseResult], verbose: bool) -> Iterator[str]:
    for result in results:
        if not result.passed:
            yield f'FAIL  "{result.case.title}"  ({result.case.origin})'
            yield from (f"  {line}" for line in details(result).splitlines())
        elif verbose:
            yield f'ok    "{result.case.title}"'
    failed = sum(not result.passed for result in results)
    yield f"{len(results) - failed} passed, {failed} failed"


def letter_lines(letters: Sequence[Scored], verbose: bool) -> Iterator[str]:
    for scored in letters:
        if verbose or not scored.passed:
            yield f"{scored.score:9}{scored.letter.id}  {where(scored)}"
    counts = Counter(scored.score for scored in letters)
    yield f"{len(letters)} letters: " + ", ".join(f"{counts[score]} {score}" for score in Score)


def case_object(result: CaseResult) -> dict[str, Any]:
    return {
        "title": result.case.title,
        "passed": result.passed,
        "want": result.want,
        "got": result.got,
        "problem": result.problem,
        "rules": () if result.plan is None else result.plan.rules,
        **({} if result.case.origin is None else place(result.case.origin)),
    }


def letter_object(scored: Scored) -> dict[str, Any]:
    return {
        "filename": scored.file,
        "id": scored.letter.id,
        "score": scored.score,
        "expect": sorted(scored.letter.expect),
        "accept": sorted(scored.letter.accept),
        "got": sorted(scored.got),
        "rules": scored.rules,
    }
