"""What `sievepy test` runs: the tests beside the rules, and labelled letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sievepy.cli.wiring import Unusable

if TYPE_CHECKING:
    from sievepy.cli.wiring import Project
    from sievepy.ir.cases import Case
    from sievepy.ruletest.labelled import Labelled, Scored
    from sievepy.ruletest.run import CaseResult
    from sievepy.ruletest.trial import Trial

LABEL_FILES = ("letters.jsonl", "labels.jsonl")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tests and the labelled letters (each with its file) that are to be run."""

    cases: Sequence[Case]
    letters: Sequence[tuple[str, Labelled]]


def choose(project: Project, paths: Sequence[Path], select: str | None, *, cases: bool) -> Chosen:
    """`select`: only tests whose title, and letters whose id, holds it. `cases`: the tests beside the rules, too."""
    wanted = [c for c in project.cases if select is None or select.casefold() in c.title.casefold()]
    return Chosen(wanted if cases else (), list(_labelled(project, paths, select)))


def _labelled(project: Project, paths: Sequence[Path], select: str | None) -> Iterator[tuple[str, Labelled]]:
    from sievepy.ruletest.labelled import LabelError, read_labelled

    conditions = project.conditions
    for path in map(_label_file, paths):
        try:
            for letter in read_labelled(str(path), project.read, conditions.zone, conditions.recipient):
                if select is None or select in letter.id:
                    yield str(path), letter
        except (LabelError, OSError) as problem:
            raise Unusable(str(problem)) from None


def _label_file(path: Path) -> Path:
    if path.is_file():
        return path
    for name in LABEL_FILES:
        if (path / name).is_file():
            return path / name
    raise Unusable(f"{path} holds no {' or '.join(LABEL_FILES)}")


def run_tests(project: Project, chosen: Chosen) -> list[CaseResult]:
    from sievepy.ruletest.run import run_cases

    return list(run_cases(project.program, chosen.cases, project.conditions, project.read))


def score_letters(project: Project, chosen: Chosen) -> list[Scored]:
    from sievepy.ruletest.labelled import scored

    return [scored(file, letter, project.judge(letter.data)) for file, letter in chosen.letters]


def trials(project: Project, chosen: Chosen) -> Iterator[Trial]:
    """All of them as letters that say something about the rules."""
    from sievepy.mail.message import Message
    from sievepy.ruletest.trial import labelled_trial, trials_of
    from sievepy.sources import envelope_of

    yield from trials_of(chosen.cases, project.conditions, project.read)
    for _, letter in chosen.letters:
        message = Message(letter.data)
        yield labelled_trial(letter, message, project.context(envelope_of(message)))
