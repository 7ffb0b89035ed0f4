"""A letter that says something about the rules: what it is judged under, and whether the result is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from sievepy.engine.context import EvalContext
from sievepy.ir.cases import Case
from sievepy.mail.letter import Letter
from sievepy.mail.message import Message
from sievepy.plan import Defer, Plan, Reject
from sievepy.ruletest.compose import Read
from sievepy.ruletest.labelled import Labelled, Score, outcome, score
from sievepy.ruletest.run import Conditions, compare, stage


@dataclass(frozen=True, slots=True)
class Trial:
    """`passes` judges what the letter came to: the plan, and what session rules said."""

    name: str
    message: Message
    context: EvalContext
    passes: Callable[[Plan, Reject | Defer | None], bool]

    @property
    def letter(self) -> Letter:
        """A fresh view: what is read of a letter lives as long as the view does."""
        context = self.context
        return Letter(
            self.message,
            envelope=context.envelope,
            trust=context.trust,
            zone=context.zone,
            known=context.known,
            verified=context.verified,
        )


def trials_of(cases: Iterable[Case], conditions: Conditions, read: Read) -> Iterator[Trial]:
    """The tests beside the rules. One whose letter cannot be read is left out: it fails, and says nothing else."""
    for case in cases:
        try:
            staged = stage(case, conditions, read)
        except OSError:
            continue
        yield Trial(case.title, staged.message, staged.context, partial(_met, case))


def _met(case: Case, plan: Plan, refusal: Reject | Defer | None) -> bool:
    return compare(case, plan, refusal).passed


def labelled_trial(letter: Labelled, message: Message, context: EvalContext) -> Trial:
    """A labelled letter: it passes where the rules do as they should, or tolerably."""
    return Trial(letter.id, message, context, partial(_well_sorted, letter))


def _well_sorted(letter: Labelled, plan: Plan, refusal: Reject | Defer | None) -> bool:
    return score(outcome(plan), letter.expect, letter.accept) in (Score.EXACT, Score.ACCEPTED)
