"""The course of judging one letter: which rules have their turn, what they ask for, when the deciding run ends.

Adding-only rules are judged for every letter wherever they stand; deciding rules in order until the first that
decides. Both ways of building predicates, the lean one and the traced one, go through here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Literal

from sievepy.engine.context import EvalContext
from sievepy.engine.notices import notified
from sievepy.engine.reading import Progress
from sievepy.engine.settle import Proposal, settle
from sievepy.ir.conditions import Truth
from sievepy.ir.script import Rule, Script
from sievepy.mail.letter import Letter
from sievepy.plan import (
    DESTINATIONS,
    Action,
    Assign,
    AssignSame,
    Fired,
    Hit,
    Note,
    NoteKind,
    Plan,
    Tag,
    Triage,
)

OTHERWISE = "otherwise"
Standing = Literal["judged", "decided above", "off"]


class Judging:
    """One letter's judgment while it is made. `decided`: the deciding run has ended."""

    def __init__(self, script: Script, context: EvalContext) -> None:
        self._script = script
        self._context = context
        self._today: dt.date | None = None
        self._proposals: list[Proposal] = []
        self._fired: list[Fired] = []
        self._notes: list[Note] = []
        self.progress = Progress()
        self.decided = False

    def standing(self, rule: Rule, deciding: bool) -> Standing:
        """Whether it is the rule's turn, or why not."""
        if rule.off_until is not None and self._day() < rule.off_until:
            return "off"
        return "decided above" if deciding and self.decided else "judged"

    def _day(self) -> dt.date:
        if self._today is None:
            self._today = self._context.now.astimezone(self._context.zone).date()
        return self._today

    # ------------------------------------------------------------ one rule

    def take(self, rule: Rule, truth: Truth, hits: Callable[[], Sequence[Hit]], unknown: Callable[[], str]) -> None:
        """A rule was judged. `hits` are asked for where it held, `unknown` (what it could not be told) where that is
        not known. A rule that is only observed leaves nothing but its name."""
        if truth is None:
            if not rule.observe:
                self._doubt(rule, unknown())
        elif truth:
            self._fired.append(Fired(rule.title, tuple(dict.fromkeys(hits())), rule.observe))
            if not rule.observe:
                self._do(rule)

    def _do(self, rule: Rule) -> None:
        for action in rule.actions:
            self._propose(action, rule.title)
        if rule.deciding and not rule.carry_on:
            self.decided = True

    def _doubt(self, rule: Rule, what: str) -> None:
        if not rule.deciding:
            self._notes.append(Note(NoteKind.UNKNOWN_ADDING, f"not known: {what}; the rule did not act", rule.title))
            return
        reason = f'rule "{rule.title}" could not be answered: {what} is not known'
        self._notes.append(Note(NoteKind.UNKNOWN, reason, rule.title))
        self._propose(Triage(reason), rule.title)
        self.decided = True

    def _propose(self, action: Action, title: str) -> None:
        match action:
            case AssignSame():
                self._assign_same(title)
                return
            case Assign(department, also):
                self.progress.assigned |= not also
                self.progress.departments.add(department)
            case Tag(name):
                self.progress.tags.add(name)
        self._proposals.append(Proposal(action, title))

    def _assign_same(self, title: str) -> None:
        known = self._context.known or ()
        if known:
            self._notes.append(Note(NoteKind.THREAD, f"the thread lives in {', '.join(known)}", title))
        else:
            self._notes.append(Note(NoteKind.THREAD, "nobody knows where the thread lives", title))
        for department in known:
            self._propose(Assign(department), title)

    # ------------------------------------------------------------ the end

    def plan(self, letter: Letter, program: str) -> Plan:
        """All rules have had their turn: `otherwise` if there is no destination, then the settled plan."""
        if not self._has_destination():
            self._notes.append(Note(NoteKind.NO_DESTINATION, "no rule names a destination: otherwise"))
            self._fired.append(Fired(OTHERWISE))
            for action in self._script.otherwise:
                self._propose(action, OTHERWISE)
        if not self._has_destination():  # `assign same` there, of a thread that nobody knows
            self._propose(Triage("no destination"), OTHERWISE)
        settled = settle(self._proposals, self._script.restricted)
        settled = notified(settled, self._script.departments, letter)
        return Plan(
            actions=settled.actions,
            kept=settled.kept,
            fired=tuple(self._fired),
            notes=(*self._notes, *settled.notes),
            flags=letter.flags,
            program=program,
        )

    def _has_destination(self) -> bool:
        return any(isinstance(proposal.action, DESTINATIONS) for proposal in self._proposals)
